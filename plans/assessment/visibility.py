"""Whose figures a judged promise shows, and who may see them. The judge is `communes.access`."""

from __future__ import annotations

from collections.abc import Sequence

from communes.access import Action, units_for
from communes.models import GroupMember, Official
from plans.models import Target


def visible_targets(official: Official, targets: Sequence[Target]) -> list[Target]:
    """The targets whose figures `official` may see, in the order given. Two queries.

    Those on a unit of theirs; those on a group when every known member is theirs.
    """
    groups: dict[int, set[int]] = {row.group_id: set() for row in targets if row.group_id}
    members = GroupMember.objects.filter(group__in=groups).values_list("group", "unit")
    for group_id, unit_id in members:
        groups[group_id].add(unit_id)
    named = {row.unit_id for row in targets}.union(*groups.values())
    seen = set(units_for(official, Action.VIEW).filter(pk__in=named).values_list("pk", flat=True))
    return [row for row in targets if _is_open(row, groups, seen)]


def _is_open(target: Target, groups: dict[int, set[int]], seen: set[int]) -> bool:
    members = groups.get(target.group_id or 0)
    return members <= seen if members else target.unit_id in seen
