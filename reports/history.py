"""What happened to a return's figures: who, when, old, new, why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from communes.models import Unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from povertyplan.lib.speech import retold
from reports.enums import Step
from reports.models import Comment, Report, ReportEvent


@dataclass(frozen=True)
class Change:
    """One edit of one figure. An answer is `value`, `na` or empty (nothing told)."""

    at: datetime
    by: str
    indicator: Indicator
    old_answer: str
    old: Decimal | None
    new_answer: str
    new: Decimal | None
    reason: str


def figure_history(unit: Unit, period: Period) -> list[Change]:
    """Every edit of the unit's figures in the period, newest first. One query."""
    records = (
        Result.history.filter(unit=unit, period=period.code)
        .select_related("history_user", "indicator")
        .order_by("history_date", "history_id")
    )
    last: dict[int, tuple[str, Decimal | None]] = {}
    changes = []
    for record in records:
        old = last.get(record.id, ("", None))
        new = (record.answer, record.value)
        if new != old:
            changes.append(
                Change(
                    at=record.history_date,
                    by=str(record.history_user or ""),
                    indicator=record.indicator,
                    old_answer=old[0],
                    old=old[1],
                    new_answer=new[0],
                    new=new[1],
                    reason=retold(record.history_change_reason or ""),
                )
            )
        last[record.id] = new
    return changes[::-1]


def answers_at(
    unit: Unit, period: Period, versions: Mapping[int, int]
) -> dict[int, tuple[str, Decimal | None, str]]:
    """What figures said when they stood at an earlier version: indicator pk → answer, value, note.

    `versions`: indicator pk → version. A version that is not known is absent. One query, none
    without versions.
    """
    if not versions:
        return {}
    records = Result.history.filter(
        unit=unit,
        period=period.code,
        indicator__in=list(versions),
        version__in=set(versions.values()),
    ).order_by("history_date", "history_id")
    return {
        record.indicator_id: (record.answer, record.value, record.note)
        for record in records
        if versions[record.indicator_id] == record.version
    }


def steps_of(report: Report) -> list[ReportEvent]:
    """The steps of a return, first to last."""
    return list(report.events.select_related("by")) if report.pk else []


def why_reopened(report: Report, steps: Iterable[ReportEvent]) -> ReportEvent | None:
    """The step that opened an approved return, while its unit corrects it."""
    if not report.is_editable:
        return None
    return next((row for row in list(steps)[::-1] if row.step == Step.REOPEN), None)


def reopenings(reports: Iterable[Report]) -> dict[int, ReportEvent]:
    """The same of several returns (pk). One query."""
    found = ReportEvent.objects.filter(
        report__in=[report.pk for report in reports if report.is_editable], step=Step.REOPEN
    )
    return {row.report_id: row for row in found.select_related("by").order_by("at", "pk")}


def sent_requests(reports: Iterable[Report]) -> dict[int, list[Comment]]:
    """What was sent back and still waits for the unit: report pk → comments in form order.

    A request that the reviewer has not sent yet is nobody else's to read.
    """
    found: dict[int, list[Comment]] = {}
    for comment in (
        Comment.objects.filter(
            report__in=[report.pk for report in reports],
            asks_for_change=True,
            settled_at__isnull=True,
            event__isnull=False,
        )
        .select_related("indicator__theme")
        .order_by("indicator__theme__order", "indicator__order")
    ):
        found.setdefault(comment.report_id, []).append(comment)
    return found


def already_sent(changes: list[Change], report: Report) -> list[Change]:
    """The edits that have left the unit's desk; while it corrects a return its drafts are its own.

    An empty `report` (nothing sent yet) leaves nothing.
    """
    last = report.submitted_at
    if last is None:
        return []
    if not report.is_editable:
        return changes
    return [row for row in changes if row.at <= last or row.old_answer == Answer.MISSING]
