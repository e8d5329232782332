"""What a unit's figure is split and compared over: the units below with where they start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from communes.models import Succession, Unit
from indicators.calc import Part, add
from indicators.enums import Direction, IndicatorKind, TermRole
from indicators.figures import Figure, figures
from indicators.models import Indicator, IndicatorTerm, Rollup
from indicators.periods import Period
from plans.cascade.combining import Base, Manner, manner_of
from plans.cascade.shares import ZERO
from plans.enums import PlannedMeasure

YEAR_CODE = 4
"""Letters in the code of a period that is a whole year."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one unit stands. Values unrounded, in the unit of the planned figure.

    `start`: the figure of the year before, or the year's own opening figure where the series
    breaks between. `actual`: the figure (or the change) of the period. `base`: what the unit
    weighs when rates are put together; None = not known. `units`: how many units stand behind
    the figure; 0 = the indicator is none of theirs.
    """

    unit: Unit
    start: Decimal | None
    actual: Decimal | None
    base: Base | None
    units: int
    reported: int
    has_sample: bool

    @property
    def is_asked(self) -> bool:
        return self.units > 0 or self.reported > 0


@dataclass(frozen=True, slots=True)
class Ground:
    """A unit, the one above it and those right below it on the period's last day, in order.

    `children` are those that have the indicator; `left_out` the others. `starts_from` says what
    the starting figures are of: năm 2024, or đầu năm 2022.
    """

    unit: Standing
    above: Standing | None
    children: tuple[Standing, ...]
    left_out: tuple[Unit, ...]
    indicator: Indicator
    period: Period
    measure: str
    starts_from: str

    @property
    def bases(self) -> dict[int, Base]:
        return {row.unit.pk: row.base for row in self.children if row.base is not None}

    @property
    def manner(self) -> Manner:
        return manner_of(self.indicator)


def last_day(unit: Unit, period: Period) -> date | None:
    """The last day of the period on which the unit existed; None if it did on none.

    A district abolished on 1 July 2025 was given figures for 2025 all the same: its units are
    those of its last day.
    """
    day = min(period.end, unit.valid_to)
    return day if day >= max(period.start, unit.valid_from) else None


def ground_of(
    *, unit: Unit, indicator: Indicator, period: Period, measure: str, stage: str
) -> Ground:
    """Read where `unit`, its parent and its children stand.

    The number of queries does not grow with the children. A unit that others were merged into
    since the year before starts from all of them together; of a unit that was split nothing is
    known.
    """
    day = last_day(unit, period) or period.end
    below = Unit.objects.filter(parent=unit).valid_on(day)
    children = list(below.select_related("tier").official_order())
    above = [unit.parent] if unit.parent else []
    reading = _Reading([*above, unit, *children], indicator, period, measure, stage, day)
    standings = [reading.standing(row) for row in children]
    return Ground(
        unit=reading.standing(unit),
        above=reading.standing(unit.parent) if unit.parent else None,
        children=tuple(row for row in standings if row.is_asked),
        left_out=tuple(row.unit for row in standings if not row.is_asked),
        indicator=indicator,
        period=period,
        measure=measure,
        starts_from=reading.starts_from,
    )


@dataclass
class _Reading:
    """Everything read at once for one indicator, its year and the year before."""

    units: Sequence[Unit]
    indicator: Indicator
    period: Period
    measure: str
    stage: str
    day: date
    origins: dict[int, list[Unit]] = field(init=False)
    found: dict[tuple[int, int, str], Figure] = field(init=False)
    bases: dict[int, dict[int, Base]] = field(init=False)
    is_broken: bool = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.period.shifted(-1)
        self.opening = self.indicator.opening_indicator
        self.is_broken = any(
            row.breaks_at(self.period) for row in self.indicator.series_breaks.all()
        )
        self.origins = _origins(self.units, self.period, self.day)
        everyone = {row.pk: row for row in self.units}
        everyone |= {row.pk: row for rows in self.origins.values() for row in rows}
        wanted = [self.indicator, *([self.opening] if self.opening else [])]
        self.found = figures(
            list(everyone.values()), wanted, [self.before, self.period], self.stage
        )
        self.bases = _bases(list(everyone), self.indicator, self.period, self.stage)

    @property
    def starts_from(self) -> str:
        if self.is_broken:
            return _("đầu năm {year}").format(year=self.period.year)
        return self.before.label

    def standing(self, unit: Unit) -> Standing:
        now = self.found[unit.pk, self.indicator.pk, self.period.code]
        start, is_sample = self._start(unit)
        return Standing(
            unit=unit,
            start=start,
            actual=self._actual(unit, now),
            base=self._base(unit, now),
            units=self._units(unit, now),
            reported=now.reported,
            has_sample=now.has_sample or is_sample,
        )

    def _units(self, unit: Unit, now: Figure) -> int:
        """How many units stand behind the figure; of a unit since abolished, the year before."""
        if unit.is_valid_on(self.period.end):
            return now.expected
        return self.found[unit.pk, self.indicator.pk, self.before.code].expected

    def _start(self, unit: Unit) -> tuple[Decimal | None, bool]:
        if self.is_broken:
            return self._opening(unit)
        last = self._last_year(unit)
        return last if last[0] is not None else self._opening(unit)

    def _opening(self, unit: Unit) -> tuple[Decimal | None, bool]:
        """The year's own opening figure: by the standard of the year, on its own households."""
        if self.opening is None:
            return None, False
        figure = self.found[unit.pk, self.opening.pk, self.period.code]
        return figure.value, figure.has_sample

    def _last_year(self, unit: Unit) -> tuple[Decimal | None, bool]:
        parts = [
            self.found[row.pk, self.indicator.pk, self.before.code] for row in self.origins[unit.pk]
        ]
        if not parts or any(not part.reported for part in parts):
            return None, False
        whole = parts[0] if len(parts) == 1 else self._together(parts)
        return self._value(whole), whole.has_sample

    def _together(self, parts: Sequence[Figure]) -> Figure:
        """Figures of merged units as one: sums add, ratios by both of their terms."""
        whole = add(
            Part(
                (part.value if part.denominator is None else part.numerator) or ZERO,
                part.denominator,
                part.reported,
                0,
                part.has_sample,
            )
            for part in parts
        )
        value: Decimal | None = whole.total
        if manner_of(self.indicator) is Manner.NONE:
            value = None
        elif whole.weight is not None:
            value = whole.total * self.indicator.scale / whole.weight if whole.weight else None
        return Figure(
            value=value,
            numerator=whole.total,
            reported=whole.reported,
            has_sample=whole.has_sample,
        )

    def _value(self, figure: Figure) -> Decimal | None:
        """A figure in the unit of the planned one: of a share, how many units meet it."""
        if manner_of(self.indicator) is Manner.COUNT:
            return figure.numerator if figure.reported else None
        return figure.value

    def _actual(self, unit: Unit, now: Figure) -> Decimal | None:
        value = self._value(now)
        if self.measure != PlannedMeasure.CHANGE_POINTS or value is None:
            return value
        start = self._opening(unit)[0] if self.opening else None
        start = self._start(unit)[0] if start is None else start
        if start is None:
            return None
        return start - value if _is_lower_better(self.indicator) else value - start

    def _base(self, unit: Unit, now: Figure) -> Base | None:
        """The latest year for which everybody's denominator is known, else the latest in part."""
        if manner_of(self.indicator) is Manner.COUNT:
            units = Decimal(max(self._units(unit, now), now.reported))
            return Base(units, self.period.year) if units else None
        own = self.bases.get(unit.pk, {})
        years = set(own) | {y for row in self.origins[unit.pk] for y in self.bases.get(row.pk, {})}
        known = [found for year in years if (found := self._base_of(unit, year)) is not None]
        return max(known, key=lambda base: (not base.is_partial, base.year), default=None)

    def _base_of(self, unit: Unit, year: int) -> Base | None:
        members = [unit] if year >= self.period.year else self.origins[unit.pk]
        parts = [self.bases.get(row.pk, {}).get(year) for row in members]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            return None
        value = sum((part.value for part in known), ZERO)
        return Base(value, year, any(part.is_partial for part in known))


def _is_lower_better(indicator: Indicator) -> bool:
    return indicator.direction == Direction.LOWER


def _origins(units: Sequence[Unit], period: Period, day: date) -> dict[int, list[Unit]]:
    """Whose figures of the year before make up each unit's; none for what was split.

    Source: design, Ideas 8; prefill in indicators.yaml.
    """
    before = period.shifted(-1)
    changes = list(
        Succession.objects.filter(
            Q(successor__in=units) | Q(predecessor__in=units),
            date__gt=before.end,
            date__lte=day,
        ).select_related("predecessor")
    )
    found: dict[int, list[Unit]] = {}
    for unit in units:
        merged = [row for row in changes if row.successor_id == unit.pk]
        is_split = any(row.predecessor_id == unit.pk for row in changes)
        if is_split or any(row.share != 1 for row in merged):
            found[unit.pk] = []
            continue
        itself = [unit] if unit.is_valid_on(before.end) else []
        found[unit.pk] = [*itself, *(row.predecessor for row in merged)]
    return found


def _bases(
    units: Sequence[int], indicator: Indicator, period: Period, stage: str
) -> dict[int, dict[int, Base]]:
    """Denominators known up to the period's year: {unit pk: {year: base}}. Two queries."""
    inputs = _base_inputs(indicator)
    rows = Rollup.objects.filter(period__lte=str(period.year)).kept(units, inputs, None, stage)
    found: dict[int, dict[int, Base]] = {}
    for (unit_id, code), row in rows.items():
        cells = [cell for cell in row.cells.values() if cell.part.reported]
        if len(code) == YEAR_CODE and len(cells) == len(inputs):
            value = sum((cell.part.total for cell in cells), ZERO)
            is_partial = any(cell.part.reported < cell.expected for cell in cells)
            found.setdefault(unit_id, {})[int(code)] = Base(value, int(code), is_partial)
    return found


def _base_inputs(indicator: Indicator) -> list[int]:
    """The inputs a rate is weighed by: the terms of its denominator, or a mean's weight."""
    if indicator.kind == IndicatorKind.RATIO:
        terms = IndicatorTerm.objects.filter(indicator=indicator, role=TermRole.DENOMINATOR)
        return list(terms.values_list("input", flat=True))
    return [indicator.weight_id] if indicator.weight_id else []
