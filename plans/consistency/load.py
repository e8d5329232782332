"""Reads what the checks need. The number of queries does not grow with figures or units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import BooleanField, Case, Count, Prefetch, When

from communes.enums import TierCode
from communes.models import Ancestry, GroupMember, Unit, UnitGroup
from indicators.asking import URBAN
from indicators.calc import add, ratio
from indicators.cells import Cell
from indicators.enums import AppliesTo, Stage
from indicators.models import Indicator, IndicatorTerm, Rollup
from indicators.periods import Period
from plans.consistency.check import check
from plans.consistency.definitions import measures_of, relations_on, stated_in
from plans.consistency.findings import Inconsistency
from plans.consistency.stated import (
    Figure,
    Known,
    Measure,
    Opening,
    Step,
)
from plans.enums import PlannedMeasure, TargetKind
from plans.models import Milestone, Plan, Target


def inconsistencies_in(plans: Iterable[Plan]) -> list[Inconsistency]:
    """Return what does not fit inside each of `plans`, in plan order.

    Queries: ten or so, whatever the number of plans, figures and units.
    """
    targets = list(_targets(plans))
    measures = measures_of(targets)
    by_plan: dict[int, list[Target]] = defaultdict(list)
    for target in targets:
        by_plan[target.plan_id].append(target)
    loader = _Loader(targets, measures)
    return [
        found
        for rows in by_plan.values()
        for found in check([stated_in(row, measures) for row in rows], loader.known(rows))
    ]


def _targets(plans: Iterable[Plan]) -> Iterable[Target]:
    terms = IndicatorTerm.objects.select_related("input").order_by("order")
    return (
        Target.objects.filter(plan__in=list(plans))
        .select_related("plan", "unit__tier", "group")
        .prefetch_related(
            Prefetch(
                "indicator",
                Indicator.objects.prefetch_related(Prefetch("terms", terms), "series_breaks"),
            )
        )
        .order_by("plan__order", "order")
    )


# -- what is known beside the figures --------------------------------------------------------------


class _Loader:
    """Everything the checks of several plans need, read at once."""

    def __init__(self, targets: Sequence[Target], measures: dict[int, Measure]) -> None:
        self.measures = measures
        self.relations = relations_on(targets)
        self.members = _members(targets)
        self.reported = _reported(targets, measures, self.members)
        self.counts = _Counts(targets)
        self.steps = _steps(targets)
        self.below = _Below(targets)

    def known(self, targets: Sequence[Target]) -> Known:
        plan = targets[0].plan
        first = plan.year_from or min(row.year_from for row in targets)
        day = date(first, 1, 1)
        return Known(
            plan=plan.code,
            measures=self.measures,
            relations=self.relations,
            reported=self.reported,
            units=self.counts.on(day, targets),
            unit_names={row.unit_id: row.unit.name_in_sentence for row in targets},
            day=day,
            steps=tuple(self.steps[plan.pk]),
            children=self.below.of(targets),
        )


def _members(targets: Iterable[Target]) -> dict[int, list[GroupMember]]:
    found: dict[int, list[GroupMember]] = defaultdict(list)
    groups = {row.group_id for row in targets if row.group_id}
    for member in GroupMember.objects.filter(group__in=groups):
        found[member.group_id].append(member)
    return found


def _is_whole(group: UnitGroup, members: Sequence[GroupMember]) -> bool:
    return group.expected_size is not None and len(members) == group.expected_size


def _reported(
    targets: Iterable[Target],
    measures: dict[int, Measure],
    members: dict[int, list[GroupMember]],
) -> dict[Opening, Figure]:
    """Figures that a change may start from, complete for their unit or group."""
    changes = [row for row in targets if (row.result_shape or row.kind).startswith("change")]
    rows = _rollups(changes, measures, members)
    known = {indicator for _unit, indicator, _period in rows}
    scales = dict(Indicator.objects.filter(pk__in=known).values_list("pk", "scale"))
    found: dict[Opening, Figure] = {}
    for target in changes:
        inside = members.get(target.group_id or 0, [])
        if target.group and not _is_whole(target.group, inside):
            continue
        units = [row.unit_id for row in inside] if target.group_id else [target.unit_id]
        for indicator, year in _asked(target, measures):
            parts = [rows.get((unit, indicator, str(year))) for unit in units]
            told = [part for part in parts if part is not None]
            figure = _figure(told, len(units), scales.get(indicator, Decimal(1)))
            if figure is not None:
                found[target.unit_id, target.group_id, indicator, year] = figure
    return found


def _asked(target: Target, measures: dict[int, Measure]) -> set[tuple[int, int]]:
    """(indicator, year) of all that a change could be held against."""
    own = measures[target.indicator_id]
    sources = [own, *(measures[pk] for pk in own.denominator)]
    first, last = target.year_from, target.year_to
    years = [first, *(year for year in own.breaks if first < year <= last)]
    asked = {(row.opening, year) for row in sources for year in years if row.opening is not None}
    return asked | {(row.pk, year - 1) for row in sources for year in years}


def _rollups(
    changes: Iterable[Target],
    measures: dict[int, Measure],
    members: dict[int, list[GroupMember]],
) -> dict[tuple[int, int, str], Cell]:
    asked = {pair for row in changes for pair in _asked(row, measures)}
    units = {row.unit_id for row in changes}
    units |= {member.unit_id for rows in members.values() for member in rows}
    wanted = {indicator for indicator, _year in asked}
    periods = {Period(year) for _indicator, year in asked}
    found = Rollup.objects.kept(units, wanted, periods, Stage.PROVISIONAL)
    return {
        (unit, indicator, period): cell
        for (unit, period), row in found.items()
        for indicator, cell in row.cells.items()
    }


def _figure(cells: Sequence[Cell], expected: int, scale: Decimal) -> Figure | None:
    """Parts of a place put together; None unless every one is complete."""
    if not cells or len(cells) < expected:
        return None
    if any(not cell.part.reported or cell.part.reported < cell.expected for cell in cells):
        return None
    whole = add(cell.part for cell in cells)
    value = whole.total if whole.weight is None else ratio(whole.total, whole.weight, scale)
    return None if value is None else Figure(value, whole.has_sample)


class _Counts:
    """How many communes stood below a unit, by the days between which each of them did."""

    def __init__(self, targets: Iterable[Target]) -> None:
        counted = {TargetKind.COUNT_OF_UNITS, TargetKind.PER_UNIT, TargetKind.PER_UNIT_PER_YEAR}
        self.rows = list(
            Ancestry.objects.filter(
                ancestor__in={row.unit_id for row in targets if row.kind in counted},
                descendant__tier__code=TierCode.COMMUNE,
            )
            .annotate(
                urban=Case(When(URBAN, then=True), default=False, output_field=BooleanField())
            )
            .order_by()
            .values_list("ancestor", "urban", "descendant__valid_from", "descendant__valid_to")
            .annotate(units=Count("pk"))
        )

    def on(self, day: date, targets: Iterable[Target]) -> dict[tuple[int, int | None, str], int]:
        """By (unit, group, applies_to); a group counts what its document says it has."""
        found: dict[tuple[int, int | None, str], int] = defaultdict(int)
        for unit, is_urban, valid_from, valid_to, units in self.rows:
            if valid_from <= day <= valid_to:
                found[unit, None, AppliesTo.ALL] += units
                found[unit, None, AppliesTo.COMMUNES] += 0 if is_urban else units
        for target in targets:
            if target.group is not None:
                size = target.group.expected_size
                for applies_to in AppliesTo.values:
                    found[target.unit_id, target.group_id, applies_to] = size or 0
        return dict(found)


def _steps(targets: Iterable[Target]) -> dict[int, list[Step]]:
    rows = Milestone.objects.filter(
        plan__in={row.plan_id for row in targets},
        indicator__in={row.indicator_id for row in targets},
    )
    found: dict[int, list[Step]] = defaultdict(list)
    for row in rows:
        period = Period.parse(row.period)
        if period.is_year:
            found[row.plan_id].append(
                Step(
                    row.unit_id,
                    row.indicator_id,
                    period.year,
                    PlannedMeasure(row.measure),
                    row.value,
                    row.is_sample,
                )
            )
    return found


class _Below:
    """The units right below those of the figures."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.units = list(Unit.objects.filter(parent__in={row.unit_id for row in targets}))

    def of(self, targets: Iterable[Target]) -> dict[tuple[int, int], frozenset[int]]:
        """By (unit, year): those that stood on the year's last day, or on the unit's own."""
        spans = {(row.unit, row.year_from, row.year_to) for row in targets}
        return {
            (unit.pk, year): self._on(unit, min(Period(year).end, unit.valid_to))
            for unit, first, last in spans
            for year in range(first, last + 1)
        }

    def _on(self, unit: Unit, day: date) -> frozenset[int]:
        return frozenset(
            child.pk
            for child in self.units
            if child.parent_id == unit.pk and child.is_valid_on(day)
        )
