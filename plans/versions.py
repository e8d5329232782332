"""What pages of plans rest on, for their versions; and the parts that pages of figures share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest

from communes.access import current_posts
from communes.models import Ancestry, GroupMember, Official, Succession, Tier, Unit, UnitGroup
from communes.versions import Part, digest, sums, table
from indicators.models import (
    Definitions,
    Indicator,
    IndicatorAlias,
    Recompute,
    Rollup,
    RuleTerm,
    SeriesBreak,
    ValidationRule,
)
from plans.models import (
    Allocation,
    AllocationShare,
    Amendment,
    LinkedDocument,
    Milestone,
    Plan,
    Responsibility,
    Target,
    VerdictChange,
)

Parts = Iterator[object]

PAGES_KEPT = 100
"""Documents whose statements a process keeps, for readers of one office each."""

_WAITING = {
    "n": Count("pk"),
    "last": Max("pk"),
    "first": Min("marked_at"),
    "failed": Count("pk", filter=~Q(problem="")),
}


def of_plan(request: HttpRequest, code: str) -> Iterable[object] | None:
    """A document with what it states, and the figures of every unit that the reader may see.

    Whose figures those are is `plans.pages.sight`'s to decide; none of others are on the page.
    """
    reader = request.user
    if not isinstance(reader, Official):
        return None
    return _plan_parts(tuple(post.unit_id for post in current_posts(reader)), code)


@lru_cache(PAGES_KEPT)
def _plan_parts(own: tuple[int, ...], code: str) -> tuple[object, ...]:
    """The statements, put together once; nothing is read meanwhile."""
    seen = Ancestry.objects.filter(ancestor__in=own).values("descendant")
    return (
        *definitions(seen),
        *rules(),
        *added_up(seen, Unit.objects.none().values("pk")),
        *stated(
            Q(unit__in=seen) | Q(plan__code=code),
            Q(unit__in=seen) | Q(allocation__plan__code=code),
        ),
        waiting(),
    )


# -- parts -------------------------------------------------------------------------------------


def stated(given: Q, shared: Q | None = None) -> Parts:
    """Every document and promise; of milestones and shares those of some units, or plans."""
    yield from _documents()
    yield table(Target)
    yield table(Amendment)
    yield table(Allocation)
    yield from _given(given)
    yield from _shares(shared if shared is not None else given)


def waiting() -> Part:
    """What waits to be added up, of anybody."""
    return sums(Recompute.objects.all(), **_WAITING)


def definitions(below: Any) -> Parts:
    """Units, groups and indicators by their stamp; the rest as it is."""
    yield table(Definitions)
    yield table(Tier)
    yield table(UnitGroup)
    yield table(SeriesBreak)
    yield table(IndicatorAlias)
    yield table(Indicator.series_breaks.through)
    yield digest(Unit.objects.filter(pk__in=below))
    moved = Q(predecessor__in=below) | Q(successor__in=below)
    yield digest(Succession.objects.filter(moved))


def rules() -> Parts:
    yield table(ValidationRule)
    yield table(RuleTerm)
    yield table(ValidationRule.tiers.through)
    yield table(ValidationRule.skip_at_breaks.through)


def figures_of(unit: int, below: Any) -> Parts:
    """Sums of every year: promises and bands look back."""
    members = GroupMember.objects.filter(group__targets__unit=unit).values("unit")
    yield from added_up(below, members)


def added_up(below: Any, members: Any) -> Parts:
    """Sums of some units, those merged into them, and members of groups; and what waits."""
    merged = Succession.objects.filter(successor__in=below).values("predecessor")
    before = Succession.objects.filter(successor__in=merged).values("predecessor")
    units = Q(unit__in=below) | Q(unit__in=members) | Q(unit__in=merged) | Q(unit__in=before)
    yield sums(Rollup.objects.filter(units), n=Count("pk"), at=Max("computed_at"), last=Max("pk"))
    yield sums(
        Recompute.objects.filter(units | Q(unit=None)),
        **_WAITING,
    )


def promised(unit: int, below: Any) -> Parts:
    """Documents, promises, decisions and milestones as they are."""
    yield from _documents()
    above = Ancestry.objects.filter(descendant__in=below).values("ancestor")
    members = GroupMember.objects.filter(unit__in=below).values("group")
    bound = Target.objects.filter(Q(unit__in=above) | Q(unit__in=below) | Q(group__in=members))
    targets = Target.objects.filter(pk__in=bound.values("pk"))
    yield digest(targets)
    yield digest(Amendment.objects.filter(target__in=targets.values("pk")))
    bearers = GroupMember.objects.filter(group__targets__unit=unit).values("unit")
    yield from _given(Q(unit__in=below) | Q(unit__in=bearers))
    decided = Q(unit__in=above) | Q(unit__in=below)
    yield digest(Allocation.objects.filter(decided))
    yield from _shares(Q(unit__in=below) | Q(unit__in=bearers))
    turned = VerdictChange.objects.filter(target__in=targets.values("pk"))
    yield sums(turned, n=Count("pk"), last=Max("pk"))


def _documents() -> Parts:
    yield table(Plan)
    yield table(Plan.also_implements.through)
    yield table(Responsibility)
    yield table(LinkedDocument)
    yield table(LinkedDocument.cited_by.through)


def _given(of: Q) -> Parts:
    yield digest(Milestone.objects.filter(of))


def _shares(of: Q) -> Parts:
    yield digest(AllocationShare.objects.filter(of))
