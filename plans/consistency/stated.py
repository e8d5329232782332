"""What the checks compare: the figures a plan states, and what is known beside them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from indicators.enums import Severity
from plans.consistency.intervals import ZERO, Interval, half_a_step
from plans.enums import PlannedMeasure, TargetComparator, TargetKind

CHANGES = frozenset({TargetKind.CHANGE_TOTAL, TargetKind.CHANGE_PER_YEAR})
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a check needs to know of an indicator. Other indicators are named by their keys.

    `numerator`, `denominator`: inputs of a ratio. `opening`: its value at the start of the same
    year, by the same standard. `breaks`: first years of a new standard.
    """

    pk: int
    name: str
    unit_of_measure: str = ""
    scale: Decimal = Decimal(1)
    is_count: bool = False
    is_flow: bool = False
    adds_up: bool = False
    is_share_of_units: bool = False
    applies_to: str = ""
    of_which: int | None = None
    opening: int | None = None
    numerator: tuple[int, ...] = ()
    denominator: tuple[int, ...] = ()
    breaks: frozenset[int] = frozenset()


class Place(NamedTuple):
    """Over what a figure is stated: only figures over the same place compare."""

    unit: int
    group: int | None = None
    each_unit: bool = False
    applies_to: str = ""
    on_average: bool = False


class Span(NamedTuple):
    first: int
    last: int

    @property
    def years(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Stated:
    """One figure of a plan. `kind` of a reported result is its shape; `tier`, that of its unit."""

    code: str
    label: str
    measure: Measure
    place: Place
    span: Span
    kind: str
    comparator: str
    unit_of_measure: str
    value: Decimal | None = None
    value_min: Decimal | None = None
    value_max: Decimal | None = None
    about_pct: Decimal = Decimal(5)
    scope: str = ""
    scope_label: str = ""
    tier: str = ""
    is_urban: bool = False
    is_result: bool = False
    lower_is_better: bool = False

    @property
    def is_change(self) -> bool:
        return self.kind in CHANGES

    @cached_property
    def bounds(self) -> Interval:
        """What the figure allows. No figure of a plan is below zero, but a change may be."""
        floor = None if self.is_change else ZERO
        value = self.value if self.value is not None else ZERO
        margin = abs(value) * self.about_pct / HUNDRED
        found = {
            TargetComparator.RANGE: Interval(self.value_min, self.value_max),
            TargetComparator.ABOUT: Interval(value - margin, value + margin),
            TargetComparator.EQUAL: Interval.exactly(value),
            TargetComparator.AT_LEAST: Interval(value, None),
            TargetComparator.ABOVE: Interval(value, None, low_open=True),
            TargetComparator.AT_MOST: Interval(floor, value),
            TargetComparator.BELOW: Interval(floor, value, high_open=True),
        }
        return found[TargetComparator(self.comparator)]

    @cached_property
    def rounded_bounds(self) -> Interval:
        """The same, with what rounding hides in “0,8”; a count or a bound hides nothing."""
        is_rounded = self.comparator == TargetComparator.EQUAL and not self.measure.is_count
        if not is_rounded or self.value is None:
            return self.bounds
        return self.bounds.widened(half_a_step(self.value))

    @cached_property
    def over_the_span(self) -> Interval:
        """The whole change that a target asks for, yearly or not."""
        years = self.span.years if self.kind == TargetKind.CHANGE_PER_YEAR else 1
        return self.bounds * Decimal(years)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure known from what units reported, complete for its place."""

    value: Decimal
    has_sample: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What one unit was given to reach in one year."""

    unit: int
    indicator: int
    year: int
    measure: PlannedMeasure
    value: Decimal
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A linear rule over what is planned: Σ coefficient × figure, compared with a constant."""

    name: str
    severity: Severity
    comparator: str
    constant: Decimal
    tolerance: Decimal
    terms: tuple[tuple[Decimal, int], ...]
    tiers: frozenset[str] = frozenset()
    communes_only: bool = False


Opening = tuple[int, int | None, int, int]
"""(unit, group, indicator, year)"""


@dataclass(frozen=True)
class Known:
    """What stands beside the figures of one plan, whose code is `plan`.

    `reported`: figures of whole places by (unit, group, indicator, year). `units`: how many
    communes a place had on `day`, by (unit, group, applies_to). `children`: units right below,
    by (unit, year).
    """

    plan: str = ""
    measures: Mapping[int, Measure] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    reported: Mapping[Opening, Figure] = field(default_factory=dict)
    units: Mapping[tuple[int, int | None, str], int] = field(default_factory=dict)
    unit_names: Mapping[int, str] = field(default_factory=dict)
    day: date | None = None
    steps: tuple[Step, ...] = ()
    children: Mapping[tuple[int, int], frozenset[int]] = field(default_factory=dict)

    def opening(self, place: Place, measure: Measure, year: int) -> Figure | None:
        """The figure a year starts from: its own opening, else last year's by one standard."""
        if measure.opening is not None:
            own = self.reported.get((place.unit, place.group, measure.opening, year))
            if own is not None:
                return own
        if year in measure.breaks:
            return None
        return self.reported.get((place.unit, place.group, measure.pk, year - 1))

    def counted(self, stated: Stated) -> int | None:
        """How many units a figure speaks of; None when it is not known."""
        place, measure = stated.place, stated.measure
        found = self.units.get((place.unit, place.group, place.applies_to or measure.applies_to))
        return found or None
