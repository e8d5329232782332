"""What came back changed: returns sent again since they were returned, only what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from communes.access import Action, units_for
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from reports.enums import UNDER_REVIEW, Step
from reports.models import Comment, Report, ReportEvent
from reports.returns import kept_text
from reports.review.desks import on_desk_of


@dataclass(frozen=True, slots=True)
class ResentFigure:
    """One figure: what it said when it was last sent, and says now. `asked`: what the reviewer
    wanted of it, "" where nobody did; `is_done`: it differs now."""

    code: str
    name: str
    old: str
    new: str
    asked: str
    note: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class ResentReturn:
    unit: Unit
    round: int
    sent_at: datetime | None
    is_mine: bool
    figures: tuple[ResentFigure, ...]

    @property
    def undone(self) -> int:
        """Figures that were sent back and came as they were."""
        return sum(not one.is_done for one in self.figures)


@dataclass(frozen=True, slots=True)
class ResentPage:
    unit: Unit
    period: Period
    returns: tuple[ResentReturn, ...]

    @property
    def figures(self) -> int:
        return sum(one.is_done for row in self.returns for one in row.figures)

    @property
    def undone(self) -> int:
        return sum(row.undone for row in self.returns)


Covered = dict[str, tuple[str, str]]
"""Indicator code → (figure as kept in events, note)."""


def resent_page(unit: Unit, period: Period, official: Official) -> ResentPage:
    """Returns below `unit` that wait for review and are not sent for the first time; those on
    the reader's own desk first. The number of queries does not grow with them."""
    reports = list(
        Report.objects.filter(
            unit__in=units_for(official, Action.VIEW).values("pk"),
            unit__upward__ancestor=unit,
            period=period.code,
            state__in=UNDER_REVIEW,
            round__gt=1,
        )
        .exclude(unit=unit)
        .select_related("unit__tier", "unit__parent", "with_tier")
        .order_by("unit__parent__code", "unit__code")
    )
    mine = on_desk_of(official, reports)
    sent, asked = _sent(reports), _asked(reports)
    names = _names(sent, asked)
    rows = [
        ResentReturn(
            unit=row.unit,
            round=row.round,
            sent_at=row.submitted_at,
            is_mine=row.pk in mine,
            figures=tuple(_figures(*sent[row.pk], asked.get(row.pk, {}), names)),
        )
        for row in reports
    ]
    return ResentPage(unit, period, tuple(sorted(rows, key=lambda row: not row.is_mine)))


def _sent(reports: Iterable[Report]) -> dict[int, tuple[Covered, Covered]]:
    """What was sent the time before the last, and the last time, by report pk. One query."""
    rounds = {row.pk: row.round for row in reports}
    found: dict[int, dict[int, Covered]] = defaultdict(dict)
    events = ReportEvent.objects.filter(report__in=rounds, step=Step.SUBMIT).order_by("at", "pk")
    for event in events:
        if event.round >= rounds[event.report_id] - 1:
            found[event.report_id][event.round] = _covered(event)
    return {pk: (found[pk].get(n - 1, {}), found[pk].get(n, {})) for pk, n in rounds.items()}


def _covered(event: ReportEvent) -> Covered:
    return {row[0]: (row[1], row[2] if len(row) > 2 else "") for row in event.covered}


def _asked(reports: Iterable[Report]) -> dict[int, dict[str, Comment]]:
    """What was sent back the last time, by report pk and indicator code. One query."""
    rounds = {row.pk: row.round for row in reports}
    found: dict[int, dict[str, Comment]] = defaultdict(dict)
    rows = Comment.objects.filter(
        report__in=rounds, asks_for_change=True, event__isnull=False
    ).select_related("indicator")
    for row in rows:
        if row.round == rounds[row.report_id] - 1:
            found[row.report_id][row.indicator.code] = row
    return found


def _names(
    sent: Mapping[int, tuple[Covered, Covered]], asked: Mapping[int, Mapping[str, Comment]]
) -> dict[str, Indicator]:
    """The indicators that anything is said of, in form order. One query."""
    codes = {code for pair in sent.values() for part in pair for code in part}
    codes |= {code for found in asked.values() for code in found}
    rows = Indicator.objects.filter(code__in=codes).order_by("theme__order", "order")
    return {row.code: row for row in rows}


def _figures(
    before: Covered,
    now: Covered,
    asked: Mapping[str, Comment],
    names: Mapping[str, Indicator],
) -> Iterable[ResentFigure]:
    for code, indicator in names.items():
        comment = asked.get(code)
        old = before[code][0] if code in before else comment.value_then if comment else None
        new, note = now.get(code, ("", ""))
        if old is None and not before:
            continue  # what was sent before is not known: only what was asked about is shown
        is_changed = (old or "") != new
        if is_changed or comment is not None:
            yield ResentFigure(
                code=code,
                name=indicator.name,
                old=kept_text(indicator, old or ""),
                new=kept_text(indicator, new),
                asked=comment.body if comment else "",
                note=note,
                is_done=is_changed,
            )
