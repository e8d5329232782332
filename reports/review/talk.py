"""What was said of one figure of one return, for its unit and the desks above."""

from __future__ import annotations

from dataclasses import dataclass

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from reports.attached import Figure, figure_of
from reports.models import Comment, Report
from reports.returns import answer_text
from reports.workflow import speaking_post


@dataclass(frozen=True, slots=True)
class Talk:
    """The comments on a figure, oldest first; a request that was not sent is not among them.

    `is_own`: the reader enters for the unit; `value` is then what the unit has now, else sent.
    """

    unit: Unit
    period: Period
    indicator: Indicator
    value: str
    comments: tuple[Comment, ...]
    may_comment: bool
    is_own: bool


def talk_of(report: Report, indicator: Indicator, official: Official) -> Talk:
    """A fixed number of queries."""
    is_own = access.can(official, Action.ENTER, report.unit)
    figure = figure_of(report, indicator, as_sent=not is_own)
    comments = (
        report.comments.filter(indicator=indicator).select_related("by").order_by("at", "pk")
        if report.pk
        else []
    )
    return Talk(
        unit=report.unit,
        period=report.span,
        indicator=indicator,
        value=_text(indicator, figure),
        comments=tuple(row for row in comments if row.event_id or not row.asks_for_change),
        may_comment=report.round > 0 and speaking_post(report, official) is not None,
        is_own=is_own,
    )


def _text(indicator: Indicator, figure: Figure) -> str:
    return answer_text(indicator, figure.answer, figure.value)
