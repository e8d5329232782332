"""Everything the assessment of some targets rests on, read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from communes.models import Ancestry, GroupMember, Succession, Unit, UnitGroup
from indicators.asking import Profile, profiles_of
from indicators.calc import Part
from indicators.figures import Figure, FigureBook
from indicators.models import Indicator, Rollup, SeriesBreak
from indicators.periods import Period
from indicators.rollups import Catalogue
from plans.assessment.terms import base_year
from plans.enums import AllocationState
from plans.models import AllocationShare, Amendment, Milestone, Target

WHOLE = Decimal(1)
Key = tuple[int, int, int, str, str]
"""(plan pk, unit pk, indicator pk, measure, period code)"""


@dataclass(frozen=True, slots=True)
class Given:
    """A unit's figure for a year, and since when it has been the one to reach."""

    value: Decimal
    is_sample: bool
    decided_on: date = date.min


@dataclass(frozen=True)
class Panel:
    """The single units behind the figures: who there is, who is asked, what each reported."""

    units: dict[int, Unit]
    below: dict[int, tuple[int, ...]]
    profiles: dict[int, Profile]
    parts: dict[tuple[int, int, int], Part]
    origins: dict[int, tuple[tuple[int, bool], ...]]
    catalogue: Catalogue

    def part(self, unit_id: int, indicator: Indicator, year: int) -> Part | None:
        """What one unit reported; None when it did not, or said "not applicable"."""
        found = self.parts.get((unit_id, indicator.pk, year))
        return found if found is not None and found.reported else None

    def asked(self, unit_ids: Iterable[int], indicator: Indicator, year: int) -> list[Unit]:
        """The units among `unit_ids` that are to report the year, without "not applicable"."""
        day = Period(year).end
        known = self.catalogue.indicators[indicator.pk]  # comes with the tier that enters it
        found = []
        for pk in unit_ids:
            unit, part = self.units[pk], self.parts.get((pk, indicator.pk, year))
            profile = self.profiles.get(pk)
            if not unit.is_valid_on(day) or profile is None:
                continue
            excused = part is not None and part.not_applicable
            if self.catalogue.is_asked(known, profile) and not excused:
                found.append(unit)
        return found

    def forebears(self, unit_id: int, year: int) -> tuple[int, ...] | None:
        """The units whose land is this unit's today, as they stood at the end of `year`.

        None where it came out of a split: nobody knows which part of the older figure is its.
        """
        day = Period(year).end
        unit = self.units.get(unit_id)
        own = (unit_id,) if unit is not None and unit.is_valid_on(day) else ()
        found: list[int] = list(own)
        for origin, is_whole in self.origins.get(unit_id, ()):
            if not is_whole:
                return None
            older = self.forebears(origin, year)
            if older is None:
                return None
            found += [pk for pk in older if pk not in found]
        return tuple(found)


class Facts:
    """Figures, milestones, decisions and breaks for `targets` in the years up to `year`.

    `units` asks for the same promises of other units. The number of queries grows with
    neither.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        year: int,
        stage: str,
        units: Sequence[Unit] = (),
        *,
        in_words: bool = True,
    ) -> None:
        self.targets = targets
        self.year = year
        self.in_words = in_words
        self.last_day = Period(year).end
        self.stage = stage
        self.units = units
        first = min((base_year(row) for row in targets), default=year)
        self.years = range(min(first, year), year + 1)
        self.indicators = self._indicators()
        self.members = self._members()
        self.book = self._book()
        self.amendments = self._amendments()
        self.milestones = self._milestones()
        self.breaks = self._breaks()
        self.panel: Panel | None = None
        self._figures: dict[tuple[int, int, int], Figure] = {}

    # -- what every assessment needs

    def figure(self, unit_id: int, indicator: Indicator, year: int) -> Figure:
        """A unit's rolled-up figure of one of the years."""
        key = (unit_id, indicator.pk, year)
        if key not in self._figures:
            self._figures[key] = self.book.figure(unit_id, indicator, Period(year))
        return self._figures[key]

    def planned(self, target: Target, unit_id: int, measure: str, year: int) -> Given | None:
        """What this plan had given the unit for a year, by the end of the year judged."""
        key = (target.plan_id, unit_id, target.indicator_id, measure, str(year))
        rows = self.milestones.get(key)
        if rows is None:
            return None
        known = [row for row in rows if row.decided_on <= self.last_day]
        return max(known, key=lambda row: row.decided_on, default=None)

    def _indicators(self) -> dict[int, Indicator]:
        found: dict[int, Indicator] = {}
        for target in self.targets:
            indicator = target.indicator
            found[indicator.pk] = indicator
            if indicator.opening_indicator is not None:
                found[indicator.opening_indicator.pk] = indicator.opening_indicator
        return found

    def _members(self) -> dict[int, list[GroupMember]]:
        found: dict[int, list[GroupMember]] = {
            row.group_id: [] for row in self.targets if row.group_id is not None
        }
        if found:
            rows = GroupMember.objects.filter(group__in=found).select_related("unit__tier")
            for row in rows.order_by("unit__code"):
                found[row.group_id].append(row)
        return found

    def _book(self) -> FigureBook:
        units = {row.unit_id: row.unit for row in self.targets}
        units |= {row.unit_id: row.unit for rows in self.members.values() for row in rows}
        units |= {unit.pk: unit for unit in self.units}
        periods = [Period(year) for year in self.years]
        return FigureBook(list(units.values()), self.indicators.values(), periods, self.stage)

    def _amendments(self) -> dict[int, list[Amendment]]:
        found: dict[int, list[Amendment]] = defaultdict(list)
        for row in Amendment.objects.filter(target__in=self.targets):
            found[row.target_id].append(row)
        return found

    def _milestones(self) -> dict[Key, list[Given]]:
        """Milestones as they stand, and what earlier allocations had given."""
        units = {row.unit_id for row in self.targets}
        units |= {row.unit_id for rows in self.members.values() for row in rows}
        units |= {unit.pk for unit in self.units}
        plans = {row.plan_id for row in self.targets}
        indicators = {row.indicator_id for row in self.targets}
        found: dict[Key, list[Given]] = defaultdict(list)
        rows = Milestone.objects.filter(plan__in=plans, indicator__in=indicators, unit__in=units)
        # A milestone that no decision issued came with the plan and has been in force all along.
        for row in rows.filter(allocation=None):
            key = (row.plan_id, row.unit_id, row.indicator_id, row.measure, row.period)
            found[key].append(Given(row.value, row.is_sample))
        shares = AllocationShare.objects.filter(
            allocation__state=AllocationState.ISSUED,
            allocation__plan__in=plans,
            allocation__indicator__in=indicators,
            unit__in=units,
            value__isnull=False,
        ).select_related("allocation")
        for share in shares:
            said = share.allocation
            key = (said.plan_id, share.unit_id, said.indicator_id, said.measure, said.period)
            if share.value is not None and said.decided_on is not None:
                found[key].append(Given(share.value, said.is_sample, said.decided_on))
        return found

    def _breaks(self) -> dict[int, frozenset[int]]:
        years: dict[int, set[int]] = defaultdict(set)
        links = SeriesBreak.objects.filter(indicators__in=self.indicators).values_list(
            "indicators", "first_periods"
        )
        for indicator_id, first in links:
            years[indicator_id].update(first)
        return {pk: frozenset(found) for pk, found in years.items()}

    # -- the single units, only where a target cannot be judged by sums alone

    def load_panel(self, targets: Collection[Target]) -> None:
        """Read the units behind `targets`, to count them or to compare like with like."""
        if not targets:
            return
        below = self._below(targets)
        indicators = {row.indicator_id for row in targets}
        indicators |= {
            row.indicator.opening_indicator_id
            for row in targets
            if row.indicator.opening_indicator_id
        }
        units = {unit.pk: unit for row in below.values() for unit in row}
        self.panel = Panel(
            units=units,
            below={pk: tuple(unit.pk for unit in found) for pk, found in below.items()},
            profiles=profiles_of(units, Period(self.year).end),
            parts=self._parts(units, indicators),
            origins=_origins(units),
            catalogue=Catalogue.current(),
        )

    def _below(self, targets: Collection[Target]) -> dict[int, list[Unit]]:
        """Every unit, of any day, at or below the targets' units and the asked ones."""
        tops = {row.unit_id for row in targets if row.group_id is None}
        tops |= {unit.pk for unit in self.units}
        found: dict[int, list[Unit]] = {pk: [] for pk in tops}
        pairs = Ancestry.objects.filter(ancestor__in=found).select_related("descendant__tier")
        for pair in pairs.order_by("descendant__code"):
            found[pair.ancestor_id].append(pair.descendant)
        for group_id in {row.group_id for row in targets if row.group_id}:
            found[-group_id] = [row.unit for row in self.members[group_id]]
        return found

    def _parts(
        self, units: Collection[int], indicators: Collection[int]
    ) -> dict[tuple[int, int, int], Part]:
        periods = [Period(year) for year in self.years]
        kept = Rollup.objects.kept(units, indicators, periods, self.stage)
        return {
            (unit, indicator, int(period)): cell.part
            for (unit, period), row in kept.items()
            for indicator, cell in row.cells.items()
        }


def _origins(units: Collection[int]) -> dict[int, tuple[tuple[int, bool], ...]]:
    """Which units each one took over, and whether whole: {successor: ((predecessor, whole), …)}."""
    found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    rows = Succession.objects.filter(predecessor__in=units, successor__in=units)
    for before, after, share in rows.values_list("predecessor", "successor", "share"):
        if before != after:
            found[after].append((before, share == WHOLE))
    return {pk: tuple(rows) for pk, rows in found.items()}


def is_known(group: UnitGroup, members: Sequence[GroupMember]) -> bool:
    """Are as many members known as the document names? Source: design.md, Meaning."""
    return group.expected_size is not None and len(members) == group.expected_size


def valid(units: Iterable[Unit], day: date) -> list[Unit]:
    return [unit for unit in units if unit.is_valid_on(day)]
