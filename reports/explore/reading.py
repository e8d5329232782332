"""The figures of a question: read once, never put together here.

A whole is the figure of the unit above, or of a complete group, as `indicators.figures` has it:
no sum and no mean is taken on this page.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from django.db.models import Q

from communes.models import Succession
from indicators.enums import IndicatorKind, ValueType
from indicators.figures import Figure, FigureBook, group_figures
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import planned
from reports.explore.ground import Ground, Place


class State(StrEnum):
    """What a cell says. Missing is not zero, and neither is what does not apply."""

    VALUE = "value"
    MISSING = "missing"
    NOT_APPLICABLE = "na"
    NOT_ADDED_UP = "apart"  # reported below, but not put together above the tier that enters it
    NO_UNIT = "none"  # there was no such unit on the period's last day


class Why(StrEnum):
    """Why no difference to the year before is taken."""

    NOTHING = ""  # there is nothing to take it from
    NEW_STANDARD = "standard"
    NEW_BORDERS = "borders"
    INCOMPLETE = "incomplete"  # not all units stand behind both figures


@dataclass(frozen=True, slots=True)
class Change:
    """The difference to the same period of the year before; None with the reason."""

    value: Decimal | None = None
    why: Why = Why.NOTHING


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned figure. `counts_units`: a number of units, where the indicator is their share."""

    value: Decimal
    counts_units: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One cell. `figure` is None where there was no unit."""

    state: State
    figure: Figure | None = None
    change: Change | None = None
    plan: Plan | None = None

    @property
    def value(self) -> Decimal | None:
        return self.figure.value if self.figure else None


NO_UNIT = Told(State.NO_UNIT)


class Figures:
    """Every figure of a ground, each worked out when asked for.

    The number of queries grows with the periods' plans alone, not with units or indicators.
    """

    def __init__(self, ground: Ground) -> None:
        self.asked = ground.asked
        periods = list(ground.periods)
        if self.asked.with_change:
            periods += [period.shifted(-1) for period in ground.periods]
        spans = list(dict.fromkeys(periods))
        units = ground.units
        self._book = FigureBook(units, ground.indicators, spans, self.asked.stage)
        self._of_group = (
            group_figures(ground.whole.group, list(ground.indicators), spans, self.asked.stage)
            if ground.whole and ground.whole.group
            else {}
        )
        self._breaks = _breaks(ground) if self.asked.with_change else set()
        self._moved = _moved(ground) if self.asked.with_change else set()
        self._plans = _plans(ground) if self.asked.with_plan else {}

    def told(self, place: Place, indicator: Indicator, period: Period) -> Told:
        """One cell with what was asked to stand beside it."""
        figure = self.figure(place, indicator, period)
        if figure is None:
            return NO_UNIT
        return Told(
            _state(figure),
            figure,
            self._change(place, indicator, period, figure) if self.asked.with_change else None,
            self._planned(place, indicator, period),
        )

    def figure(self, place: Place, indicator: Indicator, period: Period) -> Figure | None:
        """None where the place has no unit in the period."""
        if place.group:
            return self._of_group[indicator.pk, period.code]
        unit = place.at.get(period.code)
        return self._book.figure(unit.pk, indicator, period) if unit else None

    def _planned(self, place: Place, indicator: Indicator, period: Period) -> Plan | None:
        unit = place.at.get(period.code)
        return self._plans.get((unit.pk, indicator.pk, period.code)) if unit else None

    def _change(
        self, place: Place, indicator: Indicator, period: Period, figure: Figure
    ) -> Change | None:
        """None where there is no figure to begin with."""
        if figure.value is None or indicator.value_type == ValueType.YES_NO:
            return None
        before = self._before(place, indicator, period)
        if before is None or before.value is None:
            return Change()
        if (indicator.pk, period.year) in self._breaks:
            return Change(why=Why.NEW_STANDARD)
        unit = place.at.get(period.code)
        if unit and (unit.pk, period.code) in self._moved:
            return Change(why=Why.NEW_BORDERS)
        if not (figure.is_complete and before.is_complete):
            return Change(why=Why.INCOMPLETE)
        # Of the figures as they are shown, so that the difference is the one on the paper.
        return Change(rounded(indicator, figure.value) - rounded(indicator, before.value))

    def _before(self, place: Place, indicator: Indicator, period: Period) -> Figure | None:
        """The figure of the same units a year before."""
        last = period.shifted(-1)
        if place.group:
            return self._of_group[indicator.pk, last.code]
        unit = place.at.get(period.code)
        if unit is None or not unit.is_valid_on(last.end):
            return None
        return self._book.figure(unit.pk, indicator, last)


def rounded(indicator: Indicator, value: Decimal) -> Decimal:
    """The figure as it stands on the screen: what is compared, sorted and ranked."""
    return value.quantize(Decimal(1).scaleb(-indicator.decimals), rounding=ROUND_HALF_UP)


def _state(figure: Figure) -> State:
    if figure.value is not None:
        return State.VALUE
    if figure.not_applicable:
        return State.NOT_APPLICABLE
    return State.NOT_ADDED_UP if figure.reported else State.MISSING


def _breaks(ground: Ground) -> set[tuple[int, int]]:
    """(indicator pk, year) pairs whose series starts anew in that year."""
    rows = Indicator.objects.filter(pk__in=[row.pk for row in ground.indicators]).values_list(
        "pk", "series_breaks__first_periods"
    )
    return {(pk, year) for pk, years in rows for year in years or ()}


def _moved(ground: Ground) -> set[tuple[int, str]]:
    """(unit pk, period code) pairs whose territory is another than a year before."""
    rows = Succession.objects.filter(
        Q(successor__in=ground.units) | Q(predecessor__in=ground.units)
    ).values_list("predecessor_id", "successor_id", "date")
    return {
        (unit, period.code)
        for predecessor, successor, day in rows
        for unit in (predecessor, successor)
        for period in ground.periods
        if period.shifted(-1).end < day <= period.end
    }


def _plans(ground: Ground) -> dict[tuple[int, int, str], Plan]:
    """What is planned, by (unit pk, indicator pk, period code). Two or three queries a period."""
    found = {}
    for period in ground.periods:
        rows = planned(ground.units, list(ground.indicators), period)
        for (unit, indicator, measure), row in rows.items():
            if measure == PlannedMeasure.VALUE:
                found[unit, indicator, period.code] = Plan(row.value, row.counts_units)
    shares = {row.pk for row in ground.indicators if row.kind == IndicatorKind.SHARE_OF_UNITS}
    return {
        key: plan if key[1] in shares else Plan(plan.value, counts_units=False)
        for key, plan in found.items()
    }
