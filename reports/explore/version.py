"""What the page of a question rests on, for its version."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.db.models import Q
from django.http import HttpRequest

from communes.access import current_posts
from communes.models import Ancestry, GroupMember, Official, Unit
from communes.versions import digest, names_of
from plans.versions import added_up, definitions, stated, waiting
from povertyplan.lib.numbers import whole_key
from reports.explore.question import read
from reports.models import SavedView
from reports.versions import PAGES_KEPT, calendar_of


def of_question(request: HttpRequest) -> Iterable[object] | None:
    """Figures and plans of every unit below the one asked for, of any day, and of all groups.

    The kept table that the address names is part of it.
    """
    reader = request.user
    if not isinstance(reader, Official) or request.GET.get("ten"):
        return None  # a name may mean other units as they change
    code = read(request.GET)[0].unit.partition("@")[0]
    posts = current_posts(reader)
    if not code and not posts:
        return None
    named = Unit.objects.filter(code=code) if code else Unit.objects.filter(pk=posts[0].unit_id)
    kept = SavedView.objects.filter(pk=whole_key(request.GET.get("bang", "")) or 0)
    return [
        *_parts(tuple(named.order_by("pk").values_list("pk", flat=True))),
        digest(kept),
        names_of(kept.values("owner")),
    ]


@lru_cache(PAGES_KEPT)
def _parts(named: tuple[int, ...]) -> tuple[object, ...]:
    """The statements, put together once; nothing is read meanwhile."""
    below = Ancestry.objects.filter(ancestor__in=named).values("descendant")
    members = GroupMember.objects.values("unit")
    return (
        *definitions(below),
        *added_up(below, members),
        waiting(),
        *stated(Q(unit__in=below) | Q(unit__in=members)),
        digest(calendar_of(below)),
    )
