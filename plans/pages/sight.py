"""Who reads the plans, and whose figures they are shown.

Documents are open to every official, figures are not. Source: design, Ideas 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from communes import access
from communes.access import Action
from communes.models import Ancestry, GroupMember, Official, Unit, UnitGroup
from indicators.enums import Stage
from indicators.periods import Period
from plans.assessment import visible_targets
from plans.cascade.ground import last_day
from plans.enums import TargetKind
from plans.models import Target


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and what the address asks for.

    `year`: None = the latest with figures. `unit`: None = whatever the reader may see.
    """

    official: Official
    year: int | None = None
    stage: str = Stage.PROVISIONAL
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Targets (pks) with figures open to a reader: as promised, or for one `unit` below."""

    whole: frozenset[int] = frozenset()
    below: frozenset[int] = frozenset()
    unit: Unit | None = None

    def __bool__(self) -> bool:
        return bool(self.whole or self.below)


NOTHING = Sight()


def sight_of(reader: Reader, targets: Sequence[Target]) -> Sight:
    """Decide which of `targets` are judged for the reader, and for whom.

    Who may see a target's unit (every member of its group) sees it as promised. Who has a post
    further down sees the same promise judged for the own unit. A unit asked for by address is
    shown to who may see it; to others it does not exist (Http404).
    """
    if reader.unit is not None:
        unit = access.require(reader.official, Action.VIEW, reader.unit)
        return Sight(below=_speaking_of([unit], targets)[unit.pk], unit=unit)
    whole = frozenset(row.pk for row in visible_targets(reader.official, targets))
    hidden = [target for target in targets if target.pk not in whole]
    own = [post.unit for post in access.current_posts(reader.official)]
    spoken = _speaking_of(own, hidden)
    for unit in own:
        if spoken[unit.pk]:
            return Sight(whole, spoken[unit.pk], unit)
    return Sight(whole)


def _speaking_of(units: Sequence[Unit], targets: Sequence[Target]) -> dict[int, frozenset[int]]:
    """Targets that bind each of `units`: theirs, of a unit above, of a group they belong to."""
    above = set(Ancestry.objects.filter(descendant__in=units).values_list("descendant", "ancestor"))
    groups = set(GroupMember.objects.filter(unit__in=units).values_list("unit", "group"))

    def binds(unit: Unit, target: Target) -> bool:
        if target.kind == TargetKind.RESULT:  # a stated figure is one unit's, not a promise to all
            return target.unit_id == unit.pk
        if target.group_id is not None:
            return (unit.pk, target.group_id) in groups
        return (unit.pk, target.unit_id) in above

    return {unit.pk: frozenset(row.pk for row in targets if binds(unit, row)) for unit in units}


def units_to_choose(
    reader: Reader, unit: Unit | None, group: UnitGroup | None, period: Period
) -> tuple[Unit, ...]:
    """Units for which a promise can be looked at: members of its group, or those right below.

    Only what the reader may see, and nothing where that is a single unit.
    """
    if group is None and unit is None:
        return ()
    day = (last_day(unit, period) if unit else None) or period.end
    seen = access.units_for(reader.official, Action.VIEW)
    units = Unit.objects.valid_on(day).filter(pk__in=seen.values("pk"))
    found = units.filter(memberships__group=group) if group else units.filter(parent=unit)
    chosen = tuple(found.select_related("tier").official_order())
    return chosen if len(chosen) > 1 else ()
