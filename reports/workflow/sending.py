"""The unit's side: what its officers type and send up."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Unit
from indicators import recording
from indicators.models import Result
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import recorded
from reports.enums import ReportState, Step
from reports.models import Comment, Report
from reports.returns import (
    Return,
    changed_since,
    deadline_of,
    need_editable,
    need_open,
    nobody_above,
    obstacles,
    return_of,
)
from reports.workflow.desk import way_of
from reports.workflow.steps import label_of, locked_report, post_of, record, save_step

NOTE_LENGTH = 1000
"""Of what the sender tells the reviewer."""


@transaction.atomic
def save_draft(
    *, unit: Unit, period: Period, entries: Sequence[Entry], by: Official
) -> list[Result]:
    """Keep what an officer typed. Counts nowhere until submitted.

    Raises Http404/PermissionDenied for who may not enter here, DomainError with every bad cell.
    """
    access.require(by, Action.ENTER, unit)
    return _keep_draft(unit, period, entries, by)


@transaction.atomic
def hand_in(*, unit: Unit, period: Period, entries: Sequence[Entry], by: Official) -> list[Result]:
    """Keep what came for the unit on a table of its district. As `save_draft`, and as its draft.

    Who hands in for a unit has entered its figures, and so does not review them.
    """
    access.require(by, Action.HAND_IN, unit)
    return _keep_draft(unit, period, entries, by)


def _keep_draft(unit: Unit, period: Period, entries: Sequence[Entry], by: Official) -> list[Result]:
    report = locked_report(unit, period)
    need_editable(report)
    current = return_of(unit, period)
    need_open(report, current.deadline)
    _refuse_locked(current, entries)
    report.save()
    typed = {entry.indicator.pk for entry in entries}
    locked = [
        Entry(unit, row.indicator, period, row.answer, row.value, note=row.note)
        for row in current.inputs
        if row.is_locked and row.indicator.pk not in typed
    ]
    return recording.record_results([*entries, *locked], by=by, reason=_reason(report))


def _reason(report: Report) -> str:
    if report.state == ReportState.RETURNED:
        return recorded("Sửa sau khi bị trả lại lần {round}", round=report.round)
    if report.state == ReportState.REOPENED:
        return recorded("Sửa sau khi mở lại")
    return recorded("Nhập nháp")


def _refuse_locked(current: Return, entries: Sequence[Entry]) -> None:
    locked = {row.indicator.pk: row for row in current.inputs if row.is_locked}
    problems = [
        Problem(
            row.why_locked,
            where=entry.indicator.name,
            key=entry.indicator.code,
        )
        for entry in entries
        if (row := locked.get(entry.indicator.pk))
        and (entry.answer, entry.value) != (row.answer, row.value)
    ]
    if problems:
        raise DomainError(problems)


@transaction.atomic
def submit(
    *, unit: Unit, period: Period, by: Official, note: str = "", seen: str | None = None
) -> Report:
    """Send the return to the tier above; its figures count as provisional from now on.

    `seen` is the state the signer looked at (`returns.seen_in`); None does not check it.
    Raises DomainError listing what stands in the way: what has changed since, cells without an
    answer, rules that do not hold, warnings without a reason.
    """
    access.require(by, Action.ENTER, unit)
    report = locked_report(unit, period)
    need_editable(report)
    _need_short(note)
    save_draft(unit=unit, period=period, entries=[], by=by)
    current = return_of(unit, period)
    problems = changed_since(current, seen) if seen is not None else []
    problems = problems or obstacles(current)
    if problems:
        raise DomainError(problems)
    if not current.reviewers:
        raise DomainError(nobody_above())
    report.round += 1
    report.state = ReportState.SUBMITTED
    report.with_tier = way_of(unit)[0].tier
    report.submitted_at = timezone.now()
    save_step(report)
    asked = [row.indicator for row in current.inputs]
    recording.submit_results(
        unit=unit,
        period=period,
        indicators=asked,
        by=by,
        reason=recorded("Nộp lần {round}", round=report.round),
    )
    open_requests = Comment.objects.filter(
        report=report, asks_for_change=True, settled_at__isnull=True
    )
    open_requests.update(settled_at=timezone.now())
    post = post_of(by, Role.OFFICER, unit)
    record(report, Step.SUBMIT, by=by, post=post, note=note, asked=asked)
    return report


def post_of_signer(by: Official, unit: Unit) -> str:
    """The post in which an official signs for a unit, as events keep it."""
    return label_of(post_of(by, Role.OFFICER, unit))


def _need_short(note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise DomainError(
            Problem(
                _("Lời nhắn dài {length} chữ, không được quá {limit}. Rút gọn lại.").format(
                    length=len(note), limit=NOTE_LENGTH
                ),
                where=_("Lời nhắn cho nơi nhận"),
            )
        )


def report_to_enter(unit: Unit, period: Period) -> Report:
    """The report, locked as for typing: what belongs to its figures is changed with them.

    Raises DomainError while the unit may not write in it. Who asks is the caller's to check.
    """
    report = locked_report(unit, period)
    need_editable(report)
    need_open(report, deadline_of(unit, period))
    return report
