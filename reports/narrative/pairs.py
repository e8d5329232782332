"""Like with like: a change is told of the units that have told both of its ends.

Figures of as many units need not be of the same ones. Where somebody's is missing, the units
behind each figure are looked at one by one; a unit that took others over stands for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from communes.models import Succession, Unit
from indicators.calc import Part
from indicators.cells import read
from indicators.figures import Figure, FigureBook, figure_of
from indicators.models import Indicator, Rollup
from indicators.periods import Period

Parts = dict[int, Part]
"""What each single unit (pk) put into a figure."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a change: a number of households and which share of all they are, of a period."""

    count: Indicator
    rate: Indicator
    period: Period


@dataclass(frozen=True, slots=True)
class Compared:
    """Both ends, of the same units alone: `units` of the `expected` ones.

    is_all: they are everybody who stands behind the figures of these ends.
    """

    before: Figure
    before_rate: Figure
    after: Figure
    after_rate: Figure
    units: int
    expected: int
    is_all: bool


class Figures:
    """Figures of one unit in some periods; of the single units only where that is asked for."""

    def __init__(
        self, unit: Unit, indicators: Collection[Indicator], periods: Sequence[Period], stage: str
    ) -> None:
        self.unit, self.indicators, self.periods, self.stage = unit, indicators, periods, stage
        self.book = FigureBook([unit], indicators, periods, stage)

    def figure(self, indicator: Indicator | None, period: Period) -> Figure:
        if indicator is None:
            return Figure()
        return self.book.figure(self.unit.pk, indicator, period)

    def compared(self, start: End, end: End) -> Compared | None:
        """None where no unit has told all of both ends. Queries do not grow with units."""
        places = [(row, one.period) for one in (start, end) for row in (one.count, one.rate)]
        found = [self.figure(*place) for place in places]
        if not all(row.reported for row in found):
            return None
        if _is_whole(found[:2]) and _is_whole(found[2:]):
            return _compared(found, found[2].reported, found[2].expected, is_all=True)
        parts = [self._behind(*place) for place in places]
        if any(
            sum(part.reported for part in rows.values()) != figure.reported
            for rows, figure in zip(parts, found, strict=True)
        ):
            return None  # whose the figure is cannot be told
        older = self._older(parts[2].keys() & parts[3].keys(), start.period, end.period)
        pairs = {
            pk: before
            for pk, before in older.items()
            if before and all(one in parts[0] and one in parts[1] for one in before)
        }
        if not pairs:
            return None
        sides = [[one for before in pairs.values() for one in before], list(pairs)]
        alike = [
            figure_of(row, [told[pk] for pk in side], len(side))
            for (row, _period), told, side in zip(
                places, parts, (sides[0], sides[0], sides[1], sides[1]), strict=True
            )
        ]
        is_all = all(set(parts[place]) == set(sides[place // 2]) for place in range(4))
        return _compared(alike, len(pairs), found[2].expected, is_all=is_all)

    def _behind(self, indicator: Indicator, period: Period) -> Parts:
        """Those who told it themselves: below whom nobody told it."""
        told = self._told[indicator.pk, period.code]
        above = {self._units[pk].parent_id for pk in told}
        return {pk: part for pk, part in told.items() if pk not in above}

    def _older(self, units: Collection[int], start: Period, end: Period) -> dict[int, list[int]]:
        """Who spoke at the start for what each unit is at the end; nobody where that is unsure."""
        if start == end:
            return {pk: [pk] for pk in units}
        return {pk: self._sources(pk, start.end) for pk in units}

    def _sources(self, pk: int, day: date, until: date = date.max) -> list[int]:
        """The units of `day` that became this one; none where only a share of one did."""
        unit = self._units.get(pk)
        found = [pk] if unit is not None and unit.is_valid_on(day) else []
        for row in self._takeovers[pk]:
            if not day < row.date < until or row.predecessor_id == pk:
                continue
            before = self._sources(row.predecessor_id, day, row.date)
            if row.share != 1 or not before:
                return []
            found += before
        return found

    @cached_property
    def _told(self) -> dict[tuple[int, str], Parts]:
        wanted = {row.pk for row in self.indicators}
        days = {row.code: row.end for row in self.periods}
        rows = Rollup.objects.filter(
            unit__upward__ancestor=self.unit, period__in=list(days), stage=self.stage
        ).values_list("unit_id", "period", "cells")
        found: dict[tuple[int, str], Parts] = defaultdict(dict)
        for pk, code, cells in rows.iterator():
            if self._units[pk].is_valid_on(days[code]):
                for indicator, cell in read(bytes(cells), wanted).items():
                    if cell.part.reported:
                        found[indicator, code][pk] = cell.part
        return found

    @cached_property
    def _units(self) -> dict[int, Unit]:
        """Every unit, of any day, at or below this one."""
        return {row.pk: row for row in Unit.objects.filter(upward__ancestor=self.unit)}

    @cached_property
    def _takeovers(self) -> dict[int, list[Succession]]:
        """Up to the last period; a predecessor elsewhere is unknown here."""
        last = max(row.end for row in self.periods)
        found: dict[int, list[Succession]] = defaultdict(list)
        rows = Succession.objects.filter(successor__upward__ancestor=self.unit, date__lte=last)
        for row in rows:
            found[row.successor_id].append(row)
        return found


def _compared(figures: Sequence[Figure], units: int, expected: int, *, is_all: bool) -> Compared:
    before, before_rate, after, after_rate = figures
    return Compared(before, before_rate, after, after_rate, units, expected, is_all)


def _is_whole(ends: Sequence[Figure]) -> bool:
    """Is it told by everybody there is? Who said "not applicable" may be another one each time."""
    return len({row.expected for row in ends}) == 1 and all(
        row.is_complete and not row.excused for row in ends
    )
