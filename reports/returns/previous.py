"""Last year's figures of a unit, through mergers, and the openings they lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import Q

from communes.models import Succession, Unit
from indicators.enums import TermRole
from indicators.models import Indicator, IndicatorTerm, Result
from indicators.periods import Period

ZERO = Decimal(0)


def origins(unit: Unit, period: Period) -> list[tuple[Unit, Decimal]]:
    """Whose figures of the year before make up this unit's: itself, and units merged into it since.

    Each with the share that came over, or that it kept. Source: design, Ideas 8; prefill in
    indicators.yaml.
    """
    return origins_of([unit], period)[unit.pk]


def origins_of(units: Sequence[Unit], period: Period) -> dict[int, list[tuple[Unit, Decimal]]]:
    """The same of several units (pk). One query."""
    before = period.shifted(-1)
    changes = Succession.objects.filter(
        Q(successor__in=units) | Q(predecessor__in=units),
        date__gt=before.end,
        date__lte=period.end,
    ).select_related("predecessor")
    merged: dict[int, list[tuple[Unit, Decimal]]] = defaultdict(list)
    kept: dict[int, Decimal] = defaultdict(lambda: Decimal(1))
    for row in changes:
        merged[row.successor_id].append((row.predecessor, row.share))
        if row.successor_id != row.predecessor_id:
            kept[row.predecessor_id] -= row.share
    return {
        unit.pk: [
            *([(unit, kept[unit.pk])] if unit.is_valid_on(before.end) else []),
            *merged[unit.pk],
        ]
        for unit in units
    }


def previous_values(
    unit: Unit, period: Period, indicators: Iterable[Indicator]
) -> dict[int, Decimal]:
    """Last year's figures by indicator pk, official before provisional.

    A figure is there only when every unit it is made up of has one; a missing one is not zero.
    Of a unit that was split nothing is known: a share of a count is no count of households.
    """
    return previous_of([unit], period, indicators)[unit.pk]


def previous_of(
    units: Sequence[Unit], period: Period, indicators: Iterable[Indicator]
) -> dict[int, dict[int, Decimal]]:
    """The same of several units (pk). Two queries."""
    shares = origins_of(units, period)
    rows = Result.objects.filter(
        unit__in={origin.pk for found in shares.values() for origin, _ in found},
        indicator__in=list(indicators),
        period=period.shifted(-1).code,
    )
    told: dict[int, dict[int, Decimal]] = defaultdict(dict)  # unit pk → indicator pk → figure
    for unit, indicator, approved, submitted in rows.values_list(
        "unit", "indicator", "approved_value", "submitted_value"
    ):
        value = submitted if approved is None else approved
        if value is not None:
            told[unit][indicator] = value
    return {pk: _summed(found, told) for pk, found in shares.items()}


def _summed(
    shares: Sequence[tuple[Unit, Decimal]], told: Mapping[int, Mapping[int, Decimal]]
) -> dict[int, Decimal]:
    if not shares or any(share != 1 for _, share in shares):
        return {}
    parts = [told.get(origin.pk, {}) for origin, _ in shares]
    known = set(parts[0]).intersection(*parts[1:])
    return {pk: sum((part[pk] for part in parts), ZERO) for pk in known}


def locked_values(
    inputs: Sequence[Indicator], period: Period, previous: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Figures that are not typed: an opening equals the closing of the year before.

    Not in the first year of a new standard, and not while last year's figure is missing.
    Source: indicators.yaml, prefill and series_breaks.
    """
    return opened(opening_sources(inputs, period), previous)


def opened(sources: Mapping[int, int], previous: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """The openings (indicator pk) whose closing of the year before is known."""
    return {pk: previous[source] for pk, source in sources.items() if source in previous}


def opening_sources(inputs: Sequence[Indicator], period: Period) -> dict[int, int]:
    """Which closing of the year before each opening of the period equals: indicator pks.

    Two queries, none where no form has an opening.
    """
    locked = [row for row in inputs if row.prefill_locked and row.prefill_offset == -1]
    if not locked or not period.is_year:
        return {}
    sources = IndicatorTerm.objects.filter(role=TermRole.PREFILL, indicator__in=locked)
    broken = {
        pk
        for pk, first_periods in Indicator.objects.filter(
            pk__in=[row.pk for row in locked]
        ).values_list("pk", "series_breaks__first_periods")
        if first_periods and period.year in first_periods
    }
    return {
        pk: source for pk, source in sources.values_list("indicator", "input") if pk not in broken
    }
