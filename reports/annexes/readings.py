"""The figures a table rests on, read at once: results, changes, running totals, plans.

A unit that took others over speaks, for the years before, with their figures added to its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from communes.models import Succession, Unit, UnitGroup
from indicators.calc import ratio
from indicators.enums import TermRole
from indicators.figures import Figure, figures
from indicators.models import Indicator
from indicators.periods import Period
from plans.milestones import Planned, planned, planned_of_group, planned_totals
from reports.annexes.spec import Layout, Leaf, Measure, Timing, UnsupportedLayoutError

Demand = tuple[str, Period]
"""An indicator's code and the period it is wanted for."""
UNITS_AT_ONCE = 2000
"""Of which figures are read together; what that takes besides the figures is then given back."""


NO_FIGURE = Figure()


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: figures of a stage, as of a year, within the years of a plan."""

    period: Period
    stage: str
    years: tuple[Period, ...]

    @property
    def due_years(self) -> tuple[Period, ...]:
        """The plan's years up to the one asked for."""
        return tuple(year for year in self.years if year.year <= self.period.year)

    def moment(self, leaf: Leaf) -> Period | None:
        """The period of a column; None for the whole plan."""
        match leaf.period:
            case Timing.YEAR:
                return self.period
            case Timing.OPENING:
                return self.period.shifted(-1)
            case Timing.PLAN_PERIOD:
                return None
            case int() as year:
                return Period(year)
        raise AssertionError(leaf.period)

    def span(self, leaf: Leaf) -> tuple[Period, ...]:
        """The years a running total or a mean of changes covers: none later than the one asked."""
        until = self.moment(leaf) or self.period
        return tuple(year for year in self.due_years if year.year <= until.year)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The indicators of a layout, by code, with what a rate is made of."""

    indicators: dict[str, Indicator]

    def __getitem__(self, code: str) -> Indicator:
        return self.indicators[code]

    @property
    def aggregations(self) -> dict[str, str]:
        return {code: row.aggregation for code, row in self.indicators.items()}

    def codes(self, code: str, role: str) -> list[str]:
        """The inputs of a ratio's numerator or denominator."""
        return [term.input.code for term in self[code].terms.all() if term.role == role]

    def terms(self, code: str) -> tuple[list[str], list[str]]:
        """Numerator and denominator; both empty for what is no ratio."""
        return self.codes(code, TermRole.NUMERATOR), self.codes(code, TermRole.DENOMINATOR)

    def opening(self, code: str, period: Period) -> Demand | None:
        """What a year's change starts from; None across a break of the series.

        Source: indicators.yaml header (opening_indicator).
        """
        indicator = self[code]
        if indicator.opening_indicator is not None:
            return indicator.opening_indicator.code, period
        if any(row.breaks_at(period) for row in indicator.series_breaks.all()):
            return None
        return code, period.shifted(-1)


def catalogue_of(*layouts: Layout) -> Catalogue:
    """Read the indicators of the layouts and the openings of those whose change is shown.

    Raises UnsupportedLayoutError when the catalogue has no such indicator.
    """
    found = _indicators(_codes(layouts))
    check_known(layouts, set(found))
    openings = {row.opening_indicator.code for row in found.values() if row.opening_indicator}
    return Catalogue(found | _indicators(openings - set(found)))


def _codes(layouts: Iterable[Layout]) -> set[str]:
    return {code for layout in layouts for leaf in layout.leaves for code in leaf.codes}


def check_known(layouts: Iterable[Layout], known: Collection[str]) -> None:
    """Raise UnsupportedLayoutError when the layouts speak of an indicator that is not known."""
    if unknown := sorted(_codes(layouts) - set(known)):
        raise UnsupportedLayoutError(_("Danh mục chưa có chỉ số %s") % ", ".join(unknown))


def _indicators(codes: Iterable[str]) -> dict[str, Indicator]:
    rows = Indicator.objects.filter(code__in=list(codes)).select_related("opening_indicator")
    return {row.code: row for row in rows.prefetch_related("terms__input", "series_breaks")}


class Lineage:
    """Which units of an earlier day a unit of today speaks for. One query a generation."""

    def __init__(self, units: Sequence[Unit], until: date) -> None:
        self.takeovers: dict[int, list[Succession]] = defaultdict(list)
        frontier = {unit.pk for unit in units}
        while frontier:
            rows = Succession.objects.filter(successor__in=frontier, date__lte=until)
            found = list(rows.select_related("predecessor"))
            for row in found:
                self.takeovers[row.successor_id].append(row)
            frontier = {row.predecessor_id for row in found} - set(self.takeovers)

    def sources(self, unit: Unit, day: date) -> list[Unit]:
        """The units of `day` whose figures add up to `unit`'s; none where only a share passed."""
        found = [unit] if unit.is_valid_on(day) else []
        for row in self.takeovers.get(unit.pk, ()):
            if row.date <= day:
                continue
            before = self.sources(row.predecessor, day)
            if row.share != 1 or not before:
                return []
            found += before
        return found


class Readings:
    """Every figure of a table, by unit, indicator and period; read once."""

    def __init__(
        self,
        units: Sequence[Unit],
        layouts: Sequence[Layout],
        catalogue: Catalogue,
        request: Request,
        groups: Iterable[UnitGroup] = (),
    ) -> None:
        self.catalogue = catalogue
        self.request = request
        self.lineage = Lineage(units, request.period.end)
        self.merged: dict[int, set[Unit]] = {}
        self.has_sample = self.pending = False
        self._figures: dict[tuple[str, Period], dict[int, Figure]] = defaultdict(dict)
        wanted: dict[Period, set[str]] = defaultdict(set)
        for layout in layouts:
            for code, period in demands(layout, catalogue, request):
                wanted[period].add(code)
        for period, codes in wanted.items():
            for first in range(0, len(units), UNITS_AT_ONCE):
                self._read(units[first : first + UNITS_AT_ONCE], period, codes)
        leaves = [leaf for layout in layouts for leaf in layout.leaves if _is_planned(leaf)]
        self._planned = self._read_plans(units, leaves)
        self._of_groups = self._read_plans_of(groups, leaves)
        self._totals = self._read_totals(units, leaves)

    def _read(self, units: Sequence[Unit], period: Period, codes: set[str]) -> None:
        sources = {unit: self.lineage.sources(unit, period.end) for unit in units}
        asked = {source.pk: source for rows in sources.values() for source in rows}
        indicators = [self.catalogue[code] for code in sorted(codes)]
        found = figures(list(asked.values()), indicators, [period], self.request.stage)
        for unit, rows in sources.items():
            if others := [row for row in rows if row.pk != unit.pk]:
                self.merged.setdefault(unit.pk, set()).update(others)
            for indicator in indicators:
                parts = [found[row.pk, indicator.pk, period.code] for row in rows]
                figure = merge(parts, indicator, whole=True)
                self._figures[indicator.code, period][unit.pk] = figure
                self._mark(figure)

    def _mark(self, figure: Figure) -> None:
        self.has_sample = self.has_sample or figure.has_sample
        self.pending = self.pending or figure.pending

    def _read_plans(
        self, units: Sequence[Unit], leaves: Sequence[Leaf]
    ) -> dict[tuple[int, str, str, str], Planned]:
        indicators, codes = self._planned_for(leaves)
        return {
            (unit_id, codes[indicator_id], period.code, measure): row
            for period in self._planned_in(leaves)
            for (unit_id, indicator_id, measure), row in planned(units, indicators, period).items()
        }

    def _read_plans_of(
        self, groups: Iterable[UnitGroup], leaves: Sequence[Leaf]
    ) -> dict[tuple[int, str, str, str], Planned]:
        indicators, codes = self._planned_for(leaves)
        return {
            (group.pk, codes[indicator_id], period.code, measure): row
            for group in groups
            for period in self._planned_in(leaves)
            for (indicator_id, measure), row in planned_of_group(group, indicators, period).items()
        }

    def _planned_for(self, leaves: Sequence[Leaf]) -> tuple[list[Indicator], dict[int, str]]:
        """The indicators of planned columns, and their codes by pk."""
        found = {leaf.indicator: self.catalogue[leaf.indicator] for leaf in leaves}
        return list(found.values()), {row.pk: code for code, row in found.items()}

    def _planned_in(self, leaves: Sequence[Leaf]) -> set[Period]:
        moments = {self.request.moment(leaf) for leaf in leaves}
        periods = {moment for moment in moments if moment is not None}
        return periods | set(self.request.years) if None in moments else periods

    def _read_totals(
        self, units: Sequence[Unit], leaves: Sequence[Leaf]
    ) -> dict[tuple[int, str], Planned]:
        """What is promised of all the plan's years together."""
        codes = {leaf.indicator for leaf in leaves if self.request.moment(leaf) is None}
        if not codes or not self.request.years:
            return {}
        indicators = [self.catalogue[code] for code in sorted(codes)]
        names = {row.pk: row.code for row in indicators}
        first, last = self.request.years[0], self.request.years[-1]
        found = planned_totals(units, indicators, first, last, as_of=self.request.period.end)
        return {(unit, names[indicator]): row for (unit, indicator), row in found.items()}

    def figure(self, unit: Unit, code: str, period: Period) -> Figure:
        """A unit's figure; without a value for a year that nobody was asked for."""
        return self._figures.get((code, period), {}).get(unit.pk, NO_FIGURE)

    def together(self, units: Sequence[Unit], code: str, period: Period) -> Figure:
        """The figures of several units added up, over those that have one."""
        found = [self.figure(unit, code, period) for unit in units]
        return merge(found, self.catalogue[code], whole=False)

    def change(self, units: Sequence[Unit], code: str, period: Period) -> Decimal | None:
        """The year's cut, opening less closing: over the units that have both, never a mean.

        Like is compared with like: a unit without a closing figure leaves the opening too.
        """
        opening = self.catalogue.opening(code, period)
        if opening is None:
            return None
        pairs = [
            (before, after)
            for unit in units
            if (before := self.figure(unit, *opening)).value is not None
            and (after := self.figure(unit, code, period)).value is not None
        ]
        if not pairs:
            return None
        first = merge([before for before, _ in pairs], self.catalogue[opening[0]], whole=False)
        last = merge([after for _, after in pairs], self.catalogue[code], whole=False)
        if first.value is None or last.value is None:
            return None
        return first.value - last.value

    def planned(self, unit: Unit, code: str, period: Period, measure: str) -> Planned | None:
        return self._planned.get((unit.pk, code, period.code, measure))

    def planned_of_group(
        self, group: UnitGroup, code: str, period: Period, measure: str
    ) -> Planned | None:
        return self._of_groups.get((group.pk, code, period.code, measure))

    def planned_total(self, unit: Unit, code: str) -> Planned | None:
        """What the unit is to reach over all the plan's years together."""
        return self._totals.get((unit.pk, code))


def _is_planned(leaf: Leaf) -> bool:
    return leaf.measure in (Measure.PLAN, Measure.PCT_OF_PLAN)


def demands(layout: Layout, catalogue: Catalogue, request: Request) -> Iterable[Demand]:
    """The results a layout rests on; plans are none."""
    for leaf in layout.leaves:
        for code in leaf.codes:
            for period in _periods(leaf, request):
                yield code, period
                if leaf.measure in (Measure.CHANGE_POINTS, Measure.CHANGE_PER_YEAR):
                    opening = catalogue.opening(code, period)
                    if opening is not None:
                        yield opening


def _periods(leaf: Leaf, request: Request) -> Sequence[Period]:
    """The periods whose results a column needs; years to come are not asked for."""
    if leaf.measure is Measure.PLAN:
        return ()
    moment = request.moment(leaf)
    if moment is None or leaf.measure in (Measure.CUMULATIVE, Measure.CHANGE_PER_YEAR):
        return request.span(leaf)
    return (moment,) if moment.end <= request.period.end else ()


def merge(parts: Sequence[Figure], indicator: Indicator, *, whole: bool) -> Figure:
    """Add figures of one indicator up: sums as sums, rates from both terms.

    With `whole`, a part that is still to come leaves the sum without a value: a unit made of two
    is not told by one of them. Otherwise the sum is that of the parts that have a value.
    """
    if len(parts) == 1:
        return parts[0]
    joined = Figure(
        reported=sum(part.reported for part in parts),
        expected=sum(part.expected for part in parts) if parts else 1,
        has_sample=any(part.has_sample for part in parts),
        pending=any(part.pending for part in parts),
    )
    known = [part for part in parts if part.value is not None]
    if whole and any(part.value is None and part.expected for part in parts):
        return replace(joined, reported=0)
    if not known:
        return joined
    if known[0].denominator is None:
        return replace(joined, value=_sum(part.value for part in known))
    above = _sum(part.numerator for part in known)
    below = _sum(part.denominator for part in known)
    value = ratio(above, below, indicator.scale)
    return replace(joined, value=value, numerator=above, denominator=below)


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))
