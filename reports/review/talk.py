"""What was said of one figure of one return, for its unit and the desks above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports.attached import Figure, figure_of
from reports.enums import Step
from reports.history import figure_history, steps_of
from reports.models import Comment, Report
from reports.returns import answer_text
from reports.review.desk import FigureChange, changes_sent
from reports.workflow import speaking_post


@dataclass(frozen=True, slots=True)
class Talk:
    """The comments on a figure, oldest first; a request that was not sent is not among them.

    `is_own`: the reader enters for the unit; `value` and `note` are then what the unit has now,
    else sent. `changes`: as on the desk. Read by the template of the desk's panel too.
    """

    unit: Unit
    period: Period
    indicator: Indicator
    value: str
    note: str
    entered_by: str
    entered_at: datetime | None
    comments: tuple[Comment, ...]
    changes: tuple[FigureChange, ...]
    may_comment: bool
    is_own: bool

    @property
    def code(self) -> str:
        return self.indicator.code

    @property
    def is_silent(self) -> bool:
        return not (self.note or self.comments or self.changes)


def talk_of(report: Report, indicator: Indicator, official: Official) -> Talk:
    """A fixed number of queries."""
    is_own = access.can(official, Action.ENTER, report.unit)
    figure = figure_of(report, indicator, as_sent=not is_own)
    comments = (
        report.comments.filter(indicator=indicator).select_related("by").order_by("at", "pk")
        if report.pk
        else []
    )
    note, entered_by, entered_at = _noted(report, indicator, as_sent=not is_own)
    changes = [
        row
        for row in (figure_history(report.unit, report.span) if report.round else [])
        if row.indicator.pk == indicator.pk
    ]
    return Talk(
        unit=report.unit,
        period=report.span,
        indicator=indicator,
        value=_text(indicator, figure),
        note=note,
        entered_by=entered_by,
        entered_at=entered_at,
        changes=changes_sent(changes, report),
        comments=tuple(row for row in comments if row.event_id or not row.asks_for_change),
        may_comment=report.round > 0 and speaking_post(report, official) is not None,
        is_own=is_own,
    )


def _text(indicator: Indicator, figure: Figure) -> str:
    return answer_text(indicator, figure.answer, figure.value)


def _noted(
    report: Report, indicator: Indicator, *, as_sent: bool
) -> tuple[str, str, datetime | None]:
    """What the unit notes beside its figure, which is also how it answers; by whom, when."""
    if as_sent and report.is_editable:
        return _noted_when_sent(report, indicator)
    fact = (
        Result.objects.filter(unit=report.unit_id, period=report.period, indicator=indicator)
        .select_related("entered_by")
        .first()
    )
    return (fact.note, str(fact.entered_by or ""), fact.entered_at) if fact else ("", "", None)


def _noted_when_sent(report: Report, indicator: Indicator) -> tuple[str, str, datetime | None]:
    sendings = [event for event in steps_of(report) if event.step == Step.SUBMIT]
    for code, _kept, *note in sendings[-1].covered if sendings else ():
        if code == indicator.code and note:
            return note[0], str(sendings[-1].by), sendings[-1].at
    return "", "", None
