"""What was planned for a unit in a period: its milestones, else the plan's own yearly target."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from communes.models import Unit
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure, TargetKind
from plans.models import Milestone, Target

Key = tuple[int, int, str]
"""(unit pk, indicator pk, measure)"""


def planned_figures(
    units: Sequence[Unit], indicators: Sequence[Indicator], period: Period
) -> dict[Key, Decimal]:
    """Return what is planned, keyed (unit pk, indicator pk, measure); absent = not assigned.

    Levels in the indicator's unit, change in points. Two queries. A unit's own milestone
    comes before the target of a plan that speaks of the whole unit.
    """
    found: dict[Key, Decimal] = {}
    for target in _whole_unit_targets(units, indicators, period):
        if target.value is not None:
            measure = (
                PlannedMeasure.CHANGE_POINTS
                if target.kind == TargetKind.CHANGE_PER_YEAR
                else PlannedMeasure.VALUE
            )
            found[target.unit_id, target.indicator_id, measure] = target.value
    milestones = Milestone.objects.filter(
        unit__in=units, indicator__in=indicators, period=period.code
    ).order_by("plan__order")
    for milestone in milestones:
        found[milestone.unit_id, milestone.indicator_id, milestone.measure] = milestone.value
    return found


def _whole_unit_targets(
    units: Sequence[Unit], indicators: Sequence[Indicator], period: Period
) -> list[Target]:
    """Targets on a unit as a whole that say something of this very period.

    A yearly change holds in each year of its span; a level only in its last year.
    """
    rows = Target.objects.promises().filter(
        unit__in=units,
        indicator__in=indicators,
        group__isnull=True,
        each_unit=False,
        kind__in=[TargetKind.CHANGE_PER_YEAR, TargetKind.LEVEL],
        year_from__lte=period.year,
        year_to__gte=period.year,
    )
    return [
        row
        for row in rows.order_by("plan__order", "order")
        if row.kind == TargetKind.CHANGE_PER_YEAR or row.year_to == period.year
    ]


def planned_values(
    units: Sequence[Unit], indicator: Indicator, period: Period, measure: str
) -> dict[int, Decimal]:
    """Return what is planned of one indicator, by unit pk; a unit without a plan is absent."""
    found = planned_figures(units, [indicator], period)
    return {unit_id: value for (unit_id, _, kind), value in found.items() if kind == measure}


def planned_value(unit: Unit, indicator: Indicator, period: Period, measure: str) -> Decimal | None:
    """Return what is planned for one unit, None when nothing is assigned."""
    return planned_values([unit], indicator, period, measure).get(unit.pk)
