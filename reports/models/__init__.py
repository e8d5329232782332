"""A unit's return for a period, what happened to it and was said of it; annexes; registers."""

from reports.models.annexes import Annex
from reports.models.batches import AnnexBatch
from reports.models.explore import SavedView
from reports.models.files import Evidence, Upload
from reports.models.narrative import NarrativeTemplate
from reports.models.notices import Letter, Notice, NoticeChoice
from reports.models.office import AnnexTemplate
from reports.models.registers import Register, RegisterBook, RegisterCount, RegisterEntry
from reports.models.returns import Acceptance, Comment, Deadline, Reminder, Report, ReportEvent
from reports.models.snapshots import Snapshot, SnapshotUnit

__all__ = [
    "Acceptance",
    "Annex",
    "AnnexBatch",
    "AnnexTemplate",
    "Comment",
    "Deadline",
    "Evidence",
    "Letter",
    "NarrativeTemplate",
    "Notice",
    "NoticeChoice",
    "Register",
    "RegisterBook",
    "RegisterCount",
    "RegisterEntry",
    "Reminder",
    "Report",
    "ReportEvent",
    "SavedView",
    "Snapshot",
    "SnapshotUnit",
    "Upload",
]
