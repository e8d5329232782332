"""Reading figures: what a unit, or a group of units, comes to for an indicator and a period."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from communes.models import Ancestry, Unit, UnitGroup
from indicators.calc import Part, add, ratio, without_value
from indicators.cells import Ints
from indicators.enums import Aggregation, IndicatorKind
from indicators.models import Indicator, Recompute, Rollup
from indicators.periods import Period
from indicators.rollups import EVERY_PERIOD, Catalogue, own_cells

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One rolled-up figure, ready to show. Values are unrounded, in the indicator's unit.

    `value` is None when nothing can be said: nobody reported, the base is zero, or the
    figure is not put together above the tier that enters it. `reported` of `expected` units
    stand behind it; `pending` says that a newer entry has not been added up yet.
    """

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    reported: int = 0
    expected: int = 0
    not_applicable: bool = False
    has_sample: bool = False
    computed_at: datetime | None = None
    pending: bool = False
    excused: int = 0
    """Units that said "not applicable"; they are not among the expected ones."""

    @property
    def is_complete(self) -> bool:
        return self.reported == self.expected


class FigureBook:
    """The figures of some units, indicators and periods; each is worked out when asked for.

    The number of queries does not grow with units or indicators.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        indicators: Collection[Indicator],
        periods: Sequence[Period],
        stage: str,
    ) -> None:
        # Asked first: a sum that is finished in between may be shown as pending, never as fresh.
        self._waiting = _pending(units, periods)
        self._kept = Rollup.objects.kept(units, indicators, periods, stage)
        self._expected = _Expected(units, periods)

    def figure(self, unit_id: int, indicator: Indicator, period: Period) -> Figure:
        """One figure; every unit and period is one the book was opened for."""
        row = self._kept.get((unit_id, period.code))
        cell = row.cell(indicator.pk) if row else None
        if row is None or cell is None:
            found = Figure(expected=self._expected.count(unit_id, period, indicator))
        else:
            found = _figure(
                indicator,
                cell.part,
                expected=cell.expected,
                computed_at=row.computed_at,
                has_sample=cell.part.has_sample,
                pending=False,
            )
        is_pending = (unit_id, period.code) in self._waiting
        return replace(found, pending=True) if is_pending else found


def figures(
    units: Sequence[Unit], indicators: Sequence[Indicator], periods: Sequence[Period], stage: str
) -> dict[tuple[int, int, str], Figure]:
    """Return every combination, keyed (unit pk, indicator pk, period code).

    The number of queries does not grow with units or indicators.
    """
    book = FigureBook(units, indicators, periods, stage)
    return {
        (unit.pk, indicator.pk, period.code): book.figure(unit.pk, indicator, period)
        for unit in units
        for period in periods
        for indicator in indicators
    }


def group_figures(
    group: UnitGroup, indicators: Sequence[Indicator], periods: Sequence[Period], stage: str
) -> dict[tuple[int, str], Figure]:
    """Return the figures of a group, keyed (indicator pk, period code): its members added up.

    Only members valid on the period's last day count. A sample member marks the figure.
    """
    sample = group.has_sample_members
    found: dict[tuple[int, str], Figure] = {}
    members = [row.unit for row in group.member_rows]
    waiting = _pending(members, periods)  # before the rows, as above
    kept = Rollup.objects.kept(members, indicators, periods, stage)
    catalogue = Catalogue.current()
    for period in periods:
        units = [unit for unit in members if unit.is_valid_on(period.end)]
        rows = [kept[unit.pk, period.code] for unit in units if (unit.pk, period.code) in kept]
        asked = catalogue.asked([unit.pk for unit in units], period).sum(axis=0)
        pending = any((unit.pk, period.code) in waiting for unit in units)
        for indicator in indicators:
            cells = [(row, cell) for row in rows if (cell := row.cell(indicator.pk))]
            whole = add(cell.part for _, cell in cells)
            if indicator.aggregation == Aggregation.NONE:
                whole = without_value(whole)
            found[indicator.pk, period.code] = _figure(
                indicator,
                whole,
                expected=max(int(asked[catalogue.column(indicator)]) - whole.not_applicable, 0),
                computed_at=max((row.computed_at for row, _ in cells), default=None),
                has_sample=whole.has_sample or sample,
                pending=pending,
            )
    return found


def own_figures(
    units: Sequence[Unit], indicators: Sequence[Indicator], period: Period, stage: str
) -> dict[tuple[int, int], Figure]:
    """Return what each unit says itself, without the units below it: {(unit pk, indicator pk): …}.

    For units without a figure of their own the expected count says whether they owe one.
    """
    catalogue = Catalogue.current()
    cells = own_cells([unit.pk for unit in units], period, stage, catalogue)
    found = {}
    for unit in units:
        for indicator in indicators:
            cell = cells[unit.pk].get(indicator.pk)
            if cell is None:
                asked = catalogue.asked([unit.pk], period)[0, catalogue.column(indicator)]
                found[unit.pk, indicator.pk] = Figure(expected=int(asked))
            else:
                found[unit.pk, indicator.pk] = _figure(
                    indicator,
                    cell.part,
                    expected=cell.expected,
                    computed_at=None,
                    has_sample=cell.part.has_sample,
                    pending=False,
                )
    return found


def figure_of(indicator: Indicator, parts: Iterable[Part], expected: int) -> Figure:
    """Return what the parts of some units come to together, as their upper unit would show it."""
    whole = add(parts)
    return _figure(
        indicator,
        whole,
        expected=expected,
        computed_at=None,
        has_sample=whole.has_sample,
        pending=False,
    )


def _figure(
    indicator: Indicator,
    part: Part,
    *,
    expected: int,
    computed_at: datetime | None,
    has_sample: bool,
    pending: bool,
) -> Figure:
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    if part.reported:
        if part.weight is None:
            value = part.total
        elif indicator.aggregation == Aggregation.NONE:
            value = None
        else:
            numerator, denominator = part.total, part.weight
            value = ratio(numerator, denominator, indicator.scale)
    return Figure(
        value=value,
        numerator=numerator,
        denominator=denominator,
        reported=part.reported,
        expected=expected,
        not_applicable=not part.reported and part.not_applicable > 0 and expected == 0,
        has_sample=has_sample,
        computed_at=computed_at,
        pending=pending,
        excused=part.not_applicable,
    )


def _pending(units: Sequence[Unit], periods: Sequence[Period]) -> set[tuple[int, str]]:
    """(unit pk, period) pairs with a newer fact at or below them that is not added up yet."""
    codes = [period.code for period in periods]
    marks: set[tuple[int | None, str]] = set(
        Recompute.objects.filter(period__in=[*codes, EVERY_PERIOD]).values_list("unit_id", "period")
    )
    if not marks:
        return set()
    if (None, EVERY_PERIOD) in marks:
        return {(unit.pk, code) for unit in units for code in codes}
    whole = {code for unit_id, code in marks if unit_id is None}
    above = Ancestry.objects.filter(
        ancestor__in=units, descendant__in={unit_id for unit_id, _ in marks if unit_id}
    ).values_list("ancestor_id", "descendant_id")
    return {(unit.pk, code) for unit in units for code in whole} | {
        (ancestor, code)
        for ancestor, descendant in above
        for code in codes
        if (descendant, code) in marks
    }


class _Expected:
    """How many units are to report, worked out only when a figure has no row of its own.

    Then for every unit at once, so that one gap costs as much as many.
    """

    def __init__(self, units: Sequence[Unit], periods: Sequence[Period]) -> None:
        self.units = [unit.pk for unit in units]
        self.periods = periods

    def count(self, unit_id: int, period: Period, indicator: Indicator) -> int:
        return int(self._counts[period.code][unit_id][self._catalogue.column(indicator)])

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue.current()

    @cached_property
    def _counts(self) -> dict[str, dict[int, Ints]]:
        return {
            period.code: dict(
                zip(self.units, self._catalogue.expected_below(self.units, period), strict=True)
            )
            for period in self.periods
        }


def is_share(indicator: Indicator) -> bool:
    """A figure whose numerator and denominator are worth showing beside it."""
    return indicator.kind != IndicatorKind.INPUT
