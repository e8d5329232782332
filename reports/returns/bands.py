"""What each line of a return is held against: soft limits, last year, the plan, the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from communes.models import Unit
from indicators.bands import band_of_history, band_of_neighbours, bands_of
from indicators.enums import Stage
from indicators.models import Indicator, Rollup, SeriesBreak
from indicators.periods import Period
from reports.returns.pieces import Row

YEARS = 5
Told = dict[int, dict[str, Decimal]]
"""Indicator pk → period code → what the unit told."""


def attach_bands(unit: Unit, period: Period, rows: Sequence[Row]) -> None:
    """Give each row its bands. Four queries, whatever the rows and neighbours."""
    breaks = _breaks(rows)
    years = [period.shifted(-back) for back in range(1, YEARS + 1)]
    inputs = [row.indicator for row in rows if row.kind == "input"]
    own = _told([unit], inputs, years)[unit.pk]
    beside = _beside(unit, period)
    near = _told(beside, inputs, [period, years[0]])
    for row in rows:
        if row.kind == "change":
            continue
        indicator, since = row.indicator, breaks.get(row.indicator.pk, frozenset())
        row.is_comparable = period.year not in since
        previous = row.previous if row.is_comparable else None
        row.bands = bands_of(indicator, previous=previous, planned=row.planned)
        if row.kind != "input" or row.is_locked:
            continue
        told = own.get(indicator.pk, {})
        compared = [
            told[year.code] for year in _unbroken(period, years, since) if year.code in told
        ]
        moves = [
            (pair[years[0].code], pair[period.code])
            for told_near in near.values()
            if len(pair := told_near.get(indicator.pk, {})) == 2
        ]
        found = (
            band_of_history(indicator, compared),
            band_of_neighbours(indicator, previous, moves),
        )
        row.bands += [band for band in found if band is not None]


def _breaks(rows: Sequence[Row]) -> dict[int, frozenset[int]]:
    """The years in which each indicator's series starts anew."""
    found: dict[int, set[int]] = {}
    links = SeriesBreak.objects.filter(indicators__in={row.indicator.pk for row in rows})
    for pk, first in links.values_list("indicators", "first_periods"):
        found.setdefault(pk, set()).update(first)
    return {pk: frozenset(years) for pk, years in found.items()}


def _unbroken(period: Period, years: Sequence[Period], since: frozenset[int]) -> list[Period]:
    """The years before `period` back to the last break of the series."""
    last_break = max((year for year in since if year <= period.year), default=0)
    return [year for year in years if year.year >= last_break]


def _beside(unit: Unit, period: Period) -> list[Unit]:
    """The other units of its tier under the same unit on the period's last day."""
    siblings = Unit.objects.valid_on(period.end).filter(parent=unit.parent_id, tier=unit.tier_id)
    return list(siblings.exclude(pk=unit.pk))


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
