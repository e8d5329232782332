"""Last year's figures of a unit, through mergers, and the openings they lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    before = period.shifted(-1)
    changes = Succession.objects.filter(
        Q(successor=unit) | Q(predecessor=unit), date__gt=before.end, date__lte=period.end
    ).select_related("predecessor")
    merged, kept = [], Decimal(1)
    for row in changes:
        if row.successor_id == unit.pk:
            merged.append((row.predecessor, row.share))
        else:
            kept -= row.share
    return [(unit, kept), *merged] if unit.is_valid_on(before.end) else merged


def previous_values(
    unit: Unit, period: Period, indicators: Iterable[Indicator]
) -> dict[int, Decimal]:
    """Last year's figures by indicator pk, official before provisional.

    A figure is there only when every unit it is made up of has one; a missing one is not zero.
    Of a unit that was split nothing is known: a share of a count is no count of households.
    """
    shares = origins(unit, period)
    if any(share != 1 for _, share in shares):
        return {}
    rows = Result.objects.filter(
        unit__in=[origin.pk for origin, _ in shares],
        indicator__in=list(indicators),
        period=period.shifted(-1).code,
    )
    told: dict[int, dict[int, Decimal]] = {}
    for row in rows:
        value = row.submitted_value if row.approved_value is None else row.approved_value
        if value is not None:
            told.setdefault(row.indicator_id, {})[row.unit_id] = value
    return {
        pk: sum((values[origin.pk] for origin, _ in shares), ZERO)
        for pk, values in told.items()
        if shares and len(values) == len(shares)
    }


def locked_values(
    inputs: Sequence[Indicator], period: Period, previous: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Figures that are not typed: an opening equals the closing of the year before.

    Not in the first year of a new standard, and not while last year's figure is missing.
    Source: indicators.yaml, prefill and series_breaks.
    """
    locked = [row for row in inputs if row.prefill_locked and row.prefill_offset == -1]
    if not locked or not period.is_year:
        return {}
    sources = IndicatorTerm.objects.filter(role=TermRole.PREFILL, indicator__in=locked)
    source_of = dict(sources.values_list("indicator", "input"))
    broken = {
        pk
        for pk, first_periods in Indicator.objects.filter(
            pk__in=[row.pk for row in locked]
        ).values_list("pk", "series_breaks__first_periods")
        if first_periods and period.year in first_periods
    }
    return {
        row.pk: previous[source_of[row.pk]]
        for row in locked
        if row.pk not in broken and source_of.get(row.pk) in previous
    }
