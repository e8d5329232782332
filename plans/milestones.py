"""What was planned for a unit in a period: its milestones, else the plan's own yearly target."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from communes.models import Unit, UnitGroup
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure, TargetComparator, TargetKind
from plans.models import Allocation, Amendment, Milestone, Plan, Target

Key = tuple[int, int, str]
"""(unit pk, indicator pk, measure)"""

YEARLY = (TargetKind.CHANGE_PER_YEAR, TargetKind.LEVEL)
"""Kinds of target that state a figure of one year in the indicator's own unit."""
COUNTING = (*YEARLY, TargetKind.SHARE_OF_UNITS, TargetKind.COUNT_OF_UNITS)
"""The same with those that count units."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned figure and what it rests on: a milestone given from above, or a target.

    `comparator` is the document's; a milestone is a plain figure (=). `counts_units`: the value
    is a number of units, where the indicator itself is their share.
    """

    value: Decimal
    plan: Plan
    comparator: str = TargetComparator.EQUAL
    target: Target | None = None
    amendment: Amendment | None = None
    allocation: Allocation | None = None
    is_sample: bool = False
    counts_units: bool = False

    @property
    def decision(self) -> Allocation | Amendment | None:
        """The decision that set the figure, where it was not the plan itself."""
        return self.allocation or self.amendment


def planned_figures(
    units: Sequence[Unit], indicators: Sequence[Indicator], period: Period
) -> dict[Key, Decimal]:
    """Return what is planned, keyed (unit pk, indicator pk, measure); absent = not assigned.

    Levels in the indicator's unit, change in points. Two queries, three where a target holds. A
    unit's own milestone comes before the target of a plan that speaks of the whole unit.
    """
    return {key: row.value for key, row in planned(units, indicators, period).items()}


def planned(
    units: Sequence[Unit],
    indicators: Sequence[Indicator],
    period: Period,
    *,
    kinds: Collection[str] = YEARLY,
    within: Plan | None = None,
) -> dict[Key, Planned]:
    """Return the same figures with what they rest on.

    Milestones come before targets; among each, `within` comes first, then the later plan.
    Targets are read as in force on the period's last day.
    """
    found: dict[Key, Planned] = {}
    of_units = Q(unit__in=units, group__isnull=True)
    for target in _targets_of_wholes(of_units, indicators, period, kinds, within):
        row = in_force(target, period.end)
        if row.value is not None:
            found[target.unit_id, target.indicator_id, _measure(target)] = _of_target(target, row)
    milestones = Milestone.objects.filter(
        unit__in=units, indicator__in=indicators, period=period.code
    ).select_related("plan", "allocation")
    for milestone in sorted(milestones, key=lambda row: _weight(row.plan, within)):
        key = (milestone.unit_id, milestone.indicator_id, milestone.measure)
        found[key] = Planned(
            milestone.value,
            milestone.plan,
            allocation=milestone.allocation,
            is_sample=milestone.is_sample,
            counts_units=True,
        )
    return found


def planned_of_group(
    group: UnitGroup, indicators: Sequence[Indicator], period: Period
) -> dict[tuple[int, str], Planned]:
    """Return what is promised of a group as a whole, keyed (indicator pk, measure); two queries.

    Source: KH 220 (the 10 communes), the Bắc Hà plan, II.2 (communes of 40 % and more).
    """
    rows = _targets_of_wholes(Q(group=group), indicators, period, YEARLY, None)
    stated = [(target, in_force(target, period.end)) for target in rows]
    return {
        (target.indicator_id, _measure(target)): _of_target(target, row)
        for target, row in stated
        if row.value is not None
    }


def in_force(target: Target, day: date) -> Target | Amendment:
    """The target itself, or the amendment that had replaced its figure by `day`."""
    past = [row for row in target.amendments.all() if row.in_force_from <= day]
    return max(past, key=lambda row: row.in_force_from) if past else target


def _of_target(target: Target, row: Target | Amendment) -> Planned:
    amendment = row if isinstance(row, Amendment) else None
    return Planned(
        row.value or Decimal(0),
        target.plan,
        comparator=row.comparator,
        target=target,
        amendment=amendment,
        is_sample=amendment is not None and amendment.is_sample,
        counts_units=target.kind == TargetKind.COUNT_OF_UNITS,
    )


def _measure(target: Target) -> str:
    if target.kind == TargetKind.CHANGE_PER_YEAR:
        return PlannedMeasure.CHANGE_POINTS
    return PlannedMeasure.VALUE


def _weight(plan: Plan, within: Plan | None) -> tuple[bool, int, int]:
    """What is written later in this order overrides what came before."""
    return within is not None and plan.pk == within.pk, plan.order, plan.pk


def _targets_of_wholes(
    of_whom: Q,
    indicators: Sequence[Indicator],
    period: Period,
    kinds: Collection[str],
    within: Plan | None,
) -> list[Target]:
    """Targets on a unit or a group as a whole that say something of this very period.

    A yearly change holds in each year of its span; a level only in its last year.
    """
    lasting = Amendment.objects.filter(year_to__gte=period.year).values("target")
    rows = Target.objects.promises().filter(
        of_whom,
        Q(year_to__gte=period.year) | Q(pk__in=lasting),
        indicator__in=indicators,
        each_unit=False,
        kind__in=kinds,
        year_from__lte=period.year,
    )
    speaking = [
        row
        for row in rows.select_related("plan").prefetch_related("amendments")
        if _speaks_of(row, period)
    ]
    return sorted(speaking, key=lambda row: (*_weight(row.plan, within), row.order))


def _speaks_of(target: Target, period: Period) -> bool:
    last = in_force(target, period.end).year_to
    if target.kind == TargetKind.CHANGE_PER_YEAR:
        return period.year <= last
    return period.year == last


def planned_totals(
    units: Sequence[Unit],
    indicators: Sequence[Indicator],
    first: Period,
    last: Period,
    *,
    as_of: date,
) -> dict[tuple[int, int], Planned]:
    """Return what plans promise of the years `first` to `last` together, as in force on `as_of`:
    {(unit pk, indicator pk): …}. Three queries at most.

    A promise of other years is none of these. Source: targets.yaml (kind: cumulative).
    """
    found = {}
    kinds = (TargetKind.CUMULATIVE,)
    of_units = Q(unit__in=units, group__isnull=True)
    for target in _targets_of_wholes(of_units, indicators, last, kinds, None):
        row = in_force(target, as_of)
        if target.year_from == first.year and row.value is not None:
            found[target.unit_id, target.indicator_id] = _of_target(target, row)
    return found


def planned_values(
    units: Sequence[Unit], indicator: Indicator, period: Period, measure: str
) -> dict[int, Decimal]:
    """Return what is planned of one indicator, by unit pk; a unit without a plan is absent."""
    found = planned_figures(units, [indicator], period)
    return {unit_id: value for (unit_id, _, kind), value in found.items() if kind == measure}


def planned_value(unit: Unit, indicator: Indicator, period: Period, measure: str) -> Decimal | None:
    """Return what is planned for one unit, None when nothing is assigned."""
    return planned_values([unit], indicator, period, measure).get(unit.pk)
