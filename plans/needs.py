"""What plans need to be reported: the inputs behind their targets, unit by unit, year by year.

Source: indicators.yaml header (a unit is asked only for inputs that a plan in force over it
needs; the scope of a target narrows it further).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from communes.models import Ancestry, GroupMember, Unit
from indicators.enums import Aggregation
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import Catalogue
from plans.models import Plan, Target


@dataclass(frozen=True, slots=True)
class _Need:
    """What one plan needs of a place: the whole of `unit`, or only the members of `group`."""

    unit: int
    group: int | None
    years: range
    inputs: frozenset[int]


class Needs:
    """Which inputs the plans over some units rest on. Four queries, whatever their number.

    `printed`: {plan pk: codes of indicators} that its forms show besides its targets.
    """

    def __init__(self, units: Collection[Unit], printed: Mapping[int, Collection[str]]) -> None:
        self._catalogue = Catalogue.current()
        self._above: dict[int, set[int]] = defaultdict(set)
        pairs = Ancestry.objects.filter(descendant__in=units).values_list("descendant", "ancestor")
        for descendant, ancestor in pairs:
            self._above[descendant].add(ancestor)
        places = {unit for above in self._above.values() for unit in above}
        self._needs = [*self._of_targets(places), *self._of_forms(places, printed)]
        groups = {need.group for need in self._needs if need.group is not None}
        self._members = set(
            GroupMember.objects.filter(group__in=groups, unit__in=units).values_list(
                "group", "unit"
            )
        )

    def of(self, unit: Unit, period: Period) -> set[int]:
        """The inputs (pks) that a plan in force over the unit in the period's year needs."""
        above = self._above[unit.pk]
        return {
            pk
            for need in self._needs
            if period.year in need.years
            and need.unit in above
            and (need.group is None or (need.group, unit.pk) in self._members)
            for pk in need.inputs
        }

    def _of_targets(self, places: Collection[int]) -> Iterable[_Need]:
        rows = Target.objects.promises().filter(unit__in=places, plan__year_from__isnull=False)
        gathered: dict[tuple[int, int | None, int, int], set[int]] = defaultdict(set)
        for *key, indicator in rows.values_list(
            "unit", "group", "plan__year_from", "plan__year_to", "indicator"
        ):
            gathered[tuple(key)].add(indicator)  # type: ignore[index]
        known = self._catalogue.indicators
        for (unit, group, first, last), indicators in gathered.items():
            inputs = self._inputs(known[pk] for pk in indicators)
            yield _Need(unit, group, range(first, last + 1), inputs)

    def _of_forms(
        self, places: Collection[int], printed: Mapping[int, Collection[str]]
    ) -> Iterable[_Need]:
        by_code = {row.code: row for row in self._catalogue.indicators.values()}
        plans = Plan.objects.filter(pk__in=printed, unit__in=places)
        for pk, unit, group, first, last in plans.values_list(
            "pk", "unit", "group", "year_from", "year_to"
        ):
            shown = (by_code[code] for code in printed[pk] if code in by_code)
            if first is not None and last is not None:
                yield _Need(unit, group, range(first, last + 1), self._inputs(shown))

    def _inputs(self, indicators: Iterable[Indicator]) -> frozenset[int]:
        """The inputs these rest on, with the openings and weights they are reckoned by."""
        known = self._catalogue.indicators
        found: set[int] = set()
        for row in indicators:
            for reckoned in (row, known.get(row.opening_indicator_id or 0)):
                if reckoned is not None:
                    found |= {input_.pk for input_ in self._catalogue.inputs_of(reckoned)}
        found |= {
            weight
            for pk in found
            if known[pk].aggregation == Aggregation.WEIGHTED_MEAN
            and (weight := known[pk].weight_id)
        }
        return frozenset(found)
