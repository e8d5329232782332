"""Reading for the reviewer's desk: one return with its flags, requests, rounds and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from communes.models import Official, Unit
from indicators.periods import Period
from reports.attached import evidence_of
from reports.enums import Step
from reports.history import Change, already_sent, figure_history
from reports.models import Report, ReportEvent
from reports.returns import Return, answer_text, return_of
from reports.review import words
from reports.review.powers import Neighbours, Powers, neighbours_of, powers_of
from reports.review.rows import (
    DeskGroup,
    counted,
    desk_rows,
    grouped,
    is_shown,
    replaced_since,
    show_last_sent,
)
from reports.review.words import Status
from reports.workflow import may_review_now


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One edit of one figure, in words."""

    at: datetime
    by: str
    code: str
    name: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything about one return on a reviewer's desk."""

    unit: Unit
    period: Period
    report: Report
    status: Status
    is_sent: bool
    done: int
    total: int
    previous_label: str
    groups: tuple[DeskGroup, ...]
    counts: dict[str, int]
    showing: str
    opened: str
    events: tuple[ReportEvent, ...]
    changes: tuple[FigureChange, ...]
    has_sample: bool
    powers: Powers
    neighbours: Neighbours | None

    @property
    def pending(self) -> int:
        return self.counts["pending"]


def desk(
    unit: Unit, period: Period, official: Official, *, showing: str = "all", opened: str = ""
) -> Desk:
    """Return one return as `official` may see it.

    `showing` narrows the rows (one of `rows.SHOW`), `opened` is the code of the row unfolded.
    Figures that are still with the unit are not shown: then the last sent ones are. The number
    of queries does not grow with the form.
    """
    found = return_of(unit, period)
    report = found.report
    is_sent = report.round > 0
    events = tuple(_events(report))
    changes = figure_history(unit, period) if is_sent else []
    if not may_review_now(report, official):
        _leave_out_unsent_requests(found)
    sent_at = [event.at for event in events if event.step == Step.SUBMIT]
    if is_sent and report.is_editable:
        show_last_sent(found, replaced_since(changes, sent_at[-1:]))
    attached = evidence_of(found.report, as_sent=True)
    for row in found.inputs:
        row.evidence = attached.get(row.indicator.pk, [])
    rows = desk_rows(found, period, replaced_since(changes, sent_at[-2:-1])) if is_sent else []
    return Desk(
        unit=unit,
        period=period,
        report=report,
        status=words.of_report(report),
        is_sent=is_sent,
        done=found.done,
        total=found.total,
        previous_label=str(period.year - 1),
        groups=grouped([row for row in rows if is_shown(row, showing)], report.round),
        counts=counted(rows),
        showing=showing,
        opened=opened,
        events=events[::-1],
        changes=tuple(_change(row) for row in already_sent(changes, report)),
        has_sample=found.has_sample,
        powers=powers_of(found, official, sum(row.pending is not None for row in rows)),
        neighbours=neighbours_of(unit, period, official),
    )


def _events(report: Report) -> list[ReportEvent]:
    if words.is_new(report):
        return []
    return list(report.events.select_related("by").order_by("at", "pk"))


def _leave_out_unsent_requests(found: Return) -> None:
    """What a reviewer has noted and not sent yet is theirs alone."""
    for row in found.inputs:
        row.comments = [
            comment
            for comment in row.comments
            if comment.event_id is not None or not comment.asks_for_change
        ]
        if row.request is not None and row.request.event_id is None:
            row.request = None


def _change(row: Change) -> FigureChange:
    return FigureChange(
        at=row.at,
        by=row.by,
        code=row.indicator.code,
        name=row.indicator.name,
        old=answer_text(row.indicator, row.old_answer, row.old),
        new=answer_text(row.indicator, row.new_answer, row.new),
        reason=row.reason,
    )
