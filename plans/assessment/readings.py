"""From rolled-up figures to the yearly readings an evaluator takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from communes.models import Unit
from indicators.calc import Part, ratio
from indicators.enums import Aggregation, AppliesTo, IndicatorKind, Measurement
from indicators.figures import Figure, figure_of
from indicators.models import Indicator
from plans.assessment.facts import Facts, Panel
from plans.assessment.terms import base_year
from plans.enums import PlannedMeasure, TargetKind
from plans.evaluators import Case, Reading, Terms
from plans.models import Target

CHANGES = frozenset({TargetKind.CHANGE_TOTAL, TargetKind.CHANGE_PER_YEAR})
PER_UNIT = frozenset({TargetKind.PER_UNIT, TargetKind.PER_UNIT_PER_YEAR})
STATES = frozenset(
    {
        TargetKind.LEVEL,
        TargetKind.SHARE_OF_UNITS,
        TargetKind.COUNT_OF_UNITS,
        TargetKind.PER_UNIT,
    }
)
ONE = Decimal(1)


def adds_up(indicator: Indicator) -> bool:
    """Is the figure of several units the sum of theirs?"""
    return indicator.is_input and indicator.aggregation == Aggregation.SUM


@dataclass(frozen=True)
class Scope:
    """Whose figures are judged: one unit, or the members of a group (`group_id`)."""

    target: Target
    terms: Terms
    unit: Unit
    group_id: int | None = None
    is_single: bool = False  # one unit that reports by itself
    is_official: bool = False  # approved figures alone

    @property
    def indicator(self) -> Indicator:
        return self.target.indicator

    @property
    def is_change(self) -> bool:
        return self.terms.kind in CHANGES

    @property
    def counts_units(self) -> bool:
        return self.terms.kind == TargetKind.COUNT_OF_UNITS

    @property
    def is_one_by_one(self) -> bool:
        """Must single units be looked at, even when every one has reported?"""
        narrowed = self.target.applies_to == AppliesTo.COMMUNES
        one_by_one = self.target.each_unit or self.target.on_average
        return self.group_id is not None or one_by_one or narrowed

    @property
    def adds_up(self) -> bool:
        return adds_up(self.indicator)

    @property
    def measure(self) -> str:
        return PlannedMeasure.CHANGE_POINTS if self.is_change else PlannedMeasure.VALUE

    def value_of(self, figure: Figure) -> Decimal | None:
        """The figure in the target's terms: how many units meet a condition, or its value."""
        if self.counts_units and self.indicator.kind == IndicatorKind.SHARE_OF_UNITS:
            return figure.numerator
        return figure.value


def needs_panel(scope: Scope, facts: Facts, judged: int) -> bool:
    """Do the sums of the upper unit not say enough?"""
    if scope.is_single:
        return False
    if scope.is_one_by_one:
        return True
    figure = facts.figure(scope.unit.pk, scope.indicator, judged)
    if not figure.reported:
        return False
    if scope.is_change:
        return any(_is_uneven(scope, facts, year) for year in facts.years if year <= judged)
    adds = scope.terms.kind == TargetKind.CUMULATIVE
    return not adds and figure.reported < figure.expected


def _is_uneven(scope: Scope, facts: Facts, year: int) -> bool:
    """Some units gave the opening figure of a change and others the closing one."""
    closing = facts.figure(scope.unit.pk, scope.indicator, year)
    opening = scope.indicator.opening_indicator
    if not closing.reported:
        return False
    if opening is None:
        return closing.reported < closing.expected
    before = facts.figure(scope.unit.pk, opening, year)
    return closing.reported < closing.expected or before.reported < before.expected


def case_of(scope: Scope, facts: Facts, year: int) -> Case:
    """The evaluator's case for one scope. Figures of years after `year` are not looked at."""
    reader = _Whole(scope, facts) if not _has_panel(scope, facts) else _Single(scope, facts)
    judged = min(year, scope.terms.year_to)
    readings = {at: reader.reading(at) for at in facts.years if at <= judged}
    if scope.terms.kind in STATES:
        readings = {at: found if at == judged else _whole(found) for at, found in readings.items()}
    ahead = range(judged + 1, scope.terms.year_to + 1)
    readings |= {at: Reading(planned=planned(scope, facts, at)) for at in ahead}
    indicator = scope.indicator
    case = Case(
        terms=scope.terms,
        year=year,
        base_year=base_year(scope.target),
        readings=readings,
        breaks=facts.breaks.get(indicator.pk, frozenset()),
        complete=readings[judged].is_complete if judged in readings else True,
        is_stock=indicator.is_input and indicator.measurement == Measurement.STOCK,
        adds_up=scope.adds_up,
        lowest=indicator.hard_min,
        highest=indicator.hard_max,
    )
    if case.complete or not readings[judged].reported:
        return case
    return _like_with_like(case, scope, facts, judged)


def _whole(reading: Reading) -> Reading:
    """A state some units did not report is no baseline: it would look like a fall."""
    if reading.is_complete:
        return reading
    return replace(reading, value=None, opening=None, meeting=None)


def _has_panel(scope: Scope, facts: Facts) -> bool:
    judged = min(facts.year, scope.terms.year_to)
    return facts.panel is not None and needs_panel(scope, facts, judged)


class _Whole:
    """Readings of a unit as its rolled-up figures have them."""

    def __init__(self, scope: Scope, facts: Facts) -> None:
        self.scope, self.facts = scope, facts

    def reading(self, year: int) -> Reading:
        scope, facts = self.scope, self.facts
        figure = facts.figure(scope.unit.pk, scope.indicator, year)
        opening = scope.indicator.opening_indicator
        before = facts.figure(scope.unit.pk, opening, year) if opening else Figure()
        return Reading(
            value=scope.value_of(figure),
            opening=before.value,
            counted=_counted(scope, figure),
            planned=planned(scope, facts, year),
            reported=figure.reported,
            expected=figure.expected,
        )


class _Single:
    """Readings put together from the single units the promise is about."""

    def __init__(self, scope: Scope, facts: Facts) -> None:
        self.scope, self.facts = scope, facts
        self.panel = panel_of(facts)

    def reading(self, year: int) -> Reading:
        scope = self.scope
        asked = asked_units(scope, self.panel, year)
        got = [unit for unit in asked if self._has_told(unit, year)]
        figure = figure_of(scope.indicator, self._parts(got, scope.indicator, year), len(asked))
        opening = scope.indicator.opening_indicator
        before = (
            figure_of(opening, self._parts(got, opening, year), len(asked)) if opening else Figure()
        )
        return Reading(
            value=scope.value_of(figure),
            opening=before.value,
            units=len(got) if scope.target.on_average else None,
            meeting=self._meeting(got, year) if scope.terms.kind in PER_UNIT else None,
            counted=_counted(scope, replace(figure, excused=self._excused(year))),
            planned=planned(scope, self.facts, year),
            reported=len(got),
            expected=len(asked),
        )

    def _has_told(self, unit: Unit, year: int) -> bool:
        """Did the unit report the figure, and for a change the opening it starts from?"""
        told = self.panel.part(unit.pk, self.scope.indicator, year) is not None
        opening = self.scope.indicator.opening_indicator
        if self.scope.is_change and opening is not None:
            return told and self.panel.part(unit.pk, opening, year) is not None
        return told

    def _excused(self, year: int) -> int:
        """How many of the scope's units said "not applicable"."""
        scope, panel = self.scope, self.panel
        inside = panel.below[-scope.group_id if scope.group_id else scope.unit.pk]
        parts = (panel.parts.get((pk, scope.indicator.pk, year)) for pk in inside)
        return sum(part.not_applicable for part in parts if part is not None)

    def _parts(self, units: Sequence[Unit], indicator: Indicator, year: int) -> list[Part]:
        found = (self.panel.part(unit.pk, indicator, year) for unit in units)
        return [part for part in found if part is not None]

    def _meeting(self, units: Sequence[Unit], year: int) -> int | None:
        if not units:
            return None
        indicator = self.scope.indicator
        values = (
            figure_of(indicator, self._parts([unit], indicator, year), 1).value for unit in units
        )
        return sum(value is not None and self.scope.terms.reached(value) for value in values)


def panel_of(facts: Facts) -> Panel:
    if facts.panel is None:
        raise LookupError("the panel was not loaded")
    return facts.panel


def asked_units(scope: Scope, panel: Panel, year: int) -> list[Unit]:
    """The units of a scope that are to report the year's figure, in code order."""
    inside = panel.below[-scope.group_id if scope.group_id else scope.unit.pk]
    found = panel.asked(inside, scope.indicator, year)
    if scope.target.applies_to == AppliesTo.COMMUNES:
        found = [unit for unit in found if not unit.is_urban]
    return found


def planned(scope: Scope, facts: Facts, year: int) -> Decimal | None:
    """The year's milestone of the unit judged, in the target's terms; groups are given none.

    A share of units is given on as a number of units: 12 of 16 communes are 75 %.
    """
    if scope.group_id is not None:
        return None
    found = facts.planned(scope.target, scope.unit.pk, scope.measure, year)
    if found is None:
        return None
    is_share = scope.indicator.kind == IndicatorKind.SHARE_OF_UNITS
    if not is_share or scope.counts_units:
        return found.value
    units = facts.figure(scope.unit.pk, scope.indicator, min(year, facts.year)).expected
    return ratio(found.value, Decimal(units), scope.indicator.scale)


def _counted(scope: Scope, figure: Figure) -> int | None:
    """How many units there are to count, where the figure is a number of units."""
    is_share = scope.indicator.kind == IndicatorKind.SHARE_OF_UNITS
    return figure.expected + figure.excused if scope.counts_units and is_share else None


# -- like with like: the units that reported, against their own part of the path


def _like_with_like(case: Case, scope: Scope, facts: Facts, judged: int) -> Case:
    """Narrow every year to the units that reported the one judged.

    A level of a sum: their share of the baseline is their share of the promise. A rate: the
    path is moved by as much as their baseline differs. A count of units: by their number.
    """
    if scope.counts_units:
        share = case.reading(judged).part_of(ONE)
        readings = {
            year: reading
            if year == judged or reading.value is None
            else replace(reading, value=reading.value * share)
            for year, reading in case.readings.items()
        }
        return replace(case, part=share, readings=readings)
    if scope.terms.kind != TargetKind.LEVEL or not _has_panel(scope, facts):
        return case
    return _Part(case, scope, facts, judged).narrowed()


class _Part:
    """The units that reported, and what they were before."""

    def __init__(self, case: Case, scope: Scope, facts: Facts, judged: int) -> None:
        self.case, self.scope, self.judged = case, scope, judged
        self.panel = panel_of(facts)
        asked = asked_units(scope, self.panel, judged)
        self.expected = len(asked)
        self.told = [u for u in asked if self.panel.part(u.pk, scope.indicator, judged)]
        behind = [year for year in case.breaks if case.base_year < year <= judged]
        self.start = max(behind) - 1 if behind else case.base_year
        self.is_bridged = bool(behind)

    def narrowed(self) -> Case:
        """The case of these units; where no baseline is known, only their number counts."""
        whole = self._whole_baseline()
        comparable = [unit for unit in self.told if self._baseline([unit]) is not None]
        if whole is None or not comparable:
            return (
                replace(self.case, part=self.case.reading(self.judged).part_of(ONE))
                if (self.scope.adds_up)
                else self.case
            )
        own = self._baseline(comparable)
        readings = {year: self._reading(comparable, year) for year in self.case.readings}
        narrowed = replace(self.case, readings=readings)
        if own is None:
            return narrowed
        if self.scope.adds_up:
            by_number = self.case.reading(self.judged).part_of(ONE)
            return replace(narrowed, part=own / whole if whole else by_number)
        return replace(narrowed, shift=own - whole)

    def _whole_baseline(self) -> Decimal | None:
        first = self.case.reading(self.start)
        if not self.is_bridged and first.is_complete and first.value is not None:
            return first.value
        following = self.case.reading(self.start + 1)
        return following.opening if following.is_complete else None

    def _baseline(self, units: Sequence[Unit]) -> Decimal | None:
        if not self.is_bridged:
            found = self._value(units, self.scope.indicator, self.start)
            if found is not None:
                return found
        opening = self.scope.indicator.opening_indicator
        return self._value(units, opening, self.start + 1) if opening else None

    def _value(self, units: Sequence[Unit], indicator: Indicator, year: int) -> Decimal | None:
        """What these units came to in a year, through the units they took over; None if unsure."""
        parts: list[Part] = []
        for unit in units:
            older = self.panel.forebears(unit.pk, year)
            if not older:
                return None
            for pk in older:
                part = self.panel.part(pk, indicator, year)
                if part is None:
                    return None
                parts.append(part)
        return figure_of(indicator, parts, len(parts)).value

    def _reading(self, units: Sequence[Unit], year: int) -> Reading:
        opening = self.scope.indicator.opening_indicator
        return replace(
            self.case.reading(year),
            value=self._value(units, self.scope.indicator, year),
            opening=self._value(units, opening, year) if opening else None,
            reported=len(units),
            expected=self.expected,
        )
