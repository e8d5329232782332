"""What each line of a return is held against: soft limits, last year, the plan, the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q

from communes.models import Unit
from indicators.bands import Band, band_of_history, band_of_neighbours, bands_of
from indicators.enums import Stage
from indicators.models import Indicator, Rollup, SeriesBreak
from indicators.periods import Period
from reports.returns.pieces import Row

YEARS = 5
Told = dict[int, dict[str, Decimal]]
"""Indicator pk → period code → what the unit told."""


class Surroundings:
    """What some units and those beside them have told, and where series break. Four queries."""

    def __init__(
        self,
        units: Sequence[Unit],
        period: Period,
        inputs: Sequence[Indicator],
        lines: Sequence[Indicator],
    ) -> None:
        self._period = period
        self._breaks = _breaks(lines)
        self._years = [period.shifted(-back) for back in range(1, YEARS + 1)]
        self._own = _told(units, inputs, self._years)
        self._beside = _beside(units, period)
        near = {pk: unit for group in self._beside.values() for pk, unit in group.items()}
        self._near = _told(list(near.values()), inputs, [period, self._years[0]])

    def attach(self, unit: Unit, rows: Sequence[Row]) -> None:
        """Give each row of the unit its bands."""
        own = self._own[unit.pk]
        beside = [pk for pk in self._beside.get(_place(unit), {}) if pk != unit.pk]
        for row in rows:
            if row.kind == "change":
                continue
            since = self._breaks.get(row.indicator.pk, frozenset())
            row.is_comparable = self._period.year not in since
            previous = row.previous if row.is_comparable else None
            row.bands = bands_of(row.indicator, previous=previous, planned=row.planned)
            if row.kind == "input" and not row.is_locked:
                row.bands += self._beside_others(row, previous, own, beside, since)

    def _beside_others(
        self,
        row: Row,
        previous: Decimal | None,
        own: Told,
        beside: Sequence[int],
        since: frozenset[int],
    ) -> list[Band]:
        """Held against the unit's own years, and against how its neighbours moved."""
        pk, told = row.indicator.pk, own.get(row.indicator.pk, {})
        years = _unbroken(self._period, self._years, since)
        compared = [told[year.code] for year in years if year.code in told]
        found = (
            band_of_history(row.indicator, compared),
            band_of_neighbours(row.indicator, previous, self._moves(pk, beside)),
        )
        return [band for band in found if band is not None]

    def _moves(self, pk: int, beside: Sequence[int]) -> list[tuple[Decimal, Decimal]]:
        """Last year's figure and this year's of each neighbour that has told both."""
        before, now = self._years[0].code, self._period.code
        pairs = (self._near[unit].get(pk, {}) for unit in beside)
        return [(pair[before], pair[now]) for pair in pairs if len(pair) == 2]


def _breaks(lines: Sequence[Indicator]) -> dict[int, frozenset[int]]:
    """The years in which each indicator's series starts anew."""
    found: dict[int, set[int]] = {}
    links = SeriesBreak.objects.filter(indicators__in={row.pk for row in lines})
    for pk, first in links.values_list("indicators", "first_periods"):
        found.setdefault(pk, set()).update(first)
    return {pk: frozenset(years) for pk, years in found.items()}


def _unbroken(period: Period, years: Sequence[Period], since: frozenset[int]) -> list[Period]:
    """The years before `period` back to the last break of the series."""
    last_break = max((year for year in since if year <= period.year), default=0)
    return [year for year in years if year.year >= last_break]


Place = tuple[int | None, int]
"""(pk of the unit above, tier pk): units of one place stand beside each other."""


def _place(unit: Unit) -> Place:
    return unit.parent_id, unit.tier_id


def _beside(units: Sequence[Unit], period: Period) -> dict[Place, dict[int, Unit]]:
    """The units of each place on the period's last day, by pk. One query."""
    places = {_place(unit) for unit in units}
    rows = Unit.objects.valid_on(period.end).filter(
        Q(parent__in={parent for parent, _ in places if parent is not None})
        | (Q(parent=None) if any(parent is None for parent, _ in places) else Q(pk=None)),
        tier__in={tier for _, tier in places},
    )
    found: dict[Place, dict[int, Unit]] = {place: {} for place in places}
    for unit in rows:
        if _place(unit) in found:
            found[_place(unit)][unit.pk] = unit
    return found


def _told(
    units: Sequence[Unit], inputs: Sequence[Indicator], periods: Sequence[Period]
) -> dict[int, Told]:
    """What units have sent, by unit pk."""
    found: dict[int, Told] = {unit.pk: {} for unit in units}
    kept = Rollup.objects.kept(units, inputs, periods, Stage.PROVISIONAL)
    for (unit_id, code), row in kept.items():
        for pk, cell in row.cells.items():
            if cell.part.reported and cell.part.weight is None:
                found[unit_id].setdefault(pk, {})[code] = cell.part.total
    return found
