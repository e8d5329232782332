"""Who asks whether the figures of a page are added up by now, and of what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from communes import access
from communes.access import Action
from communes.models import Official, Unit, UnitGroup
from indicators.freshness import Scope
from indicators.periods import Period

MOST = 100
"""Of units, groups and periods: more than any page rests on."""
_WORD = re.compile(r"[0-9A-Za-z_@-]{1,60}")


def scope_of(
    units: Sequence[str], groups: Sequence[str], periods: Sequence[str], *, by: Official
) -> Scope | None:
    """Return the scope that an address names (`Scope.address`); None unless all of it is `by`'s
    to see. The number of queries does not grow with units.
    """
    words = [*units, *groups, *periods]
    if not periods or not (units or groups) or len(words) > MOST:
        return None
    if not all(_WORD.fullmatch(word) for word in words):
        return None
    found = _units(units)
    if found is None or not _are_open(found, by):
        return None
    named = list(UnitGroup.objects.filter(code__in=groups)) if groups else []
    if len(named) < len(set(groups)) or not all(access.can_view_group(by, row) for row in named):
        return None
    try:
        spans = tuple(Period.parse(code) for code in periods)
    except ValueError:
        return None
    return Scope(tuple(found), spans, tuple(named))


def _units(references: Sequence[str]) -> list[Unit] | None:
    """The units of some references `CODE@2024-12-31`; None when one of them names none."""
    if not references:
        return []
    wanted = Q()
    for reference in references:
        code, _at, day = reference.partition("@")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            return None
        wanted |= Q(code=code, valid_from__lte=on, valid_to__gte=on)
    found = list(Unit.objects.filter(wanted))
    return found if len(found) == len(set(references)) else None


def _are_open(units: Sequence[Unit], by: Official) -> bool:
    seen = access.units_for(by, Action.VIEW).filter(pk__in=[unit.pk for unit in units])
    return not units or seen.count() == len(units)
