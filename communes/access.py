"""The one judge of access: from a person's posts, who may do what, where.

Every view, API action, task and export asks here. A view declares its policy with
`@policy(...)`; the middleware refuses a view without one, and a test enumerates
every URL.

- A stranger to a unit gets 404: it is not said that the unit has anything.
- Who may see a unit but not act on it gets 403.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import Role, TierCode
from communes.models import Official, Post, Unit, UnitGroup

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

ViewT = TypeVar("ViewT", bound=Callable[..., object])


class Policy(StrEnum):
    """What a URL asks of whoever opens it, before any unit is named."""

    PUBLIC = "public"  # the sign-in page, health
    SIGNED_IN = "signed_in"  # documents and catalogues every official may read
    BY_UNIT = "by_unit"  # signed in, and the view asks `require` for the unit it shows
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What an official may do to a unit."""

    VIEW = "view"
    ENTER = "enter"
    HAND_IN = "hand_in"  # put figures that came on one table into a unit's draft
    REVIEW = "review"
    ADMINISTER = "administer"


# For each action, the roles that give it: on the post's own unit, and on units below it.
_ON_OWN_UNIT: dict[Action, frozenset[str]] = {
    Action.VIEW: frozenset(Role.values),
    Action.ENTER: frozenset({Role.OFFICER}),
    Action.HAND_IN: frozenset({Role.OFFICER}),
    Action.REVIEW: frozenset(),
    Action.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}
_BELOW: dict[Action, frozenset[str]] = {
    Action.VIEW: frozenset({Role.REVIEWER, Role.LEADER, Role.ADMINISTRATOR}),
    Action.ENTER: frozenset(),
    Action.HAND_IN: frozenset({Role.REVIEWER}),
    Action.REVIEW: frozenset({Role.REVIEWER}),
    Action.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}

# What a post handed on for a while gives: the reviewing, and none of its giver's other powers.
_HANDED_ON = frozenset({Action.VIEW, Action.REVIEW})


def policy(kind: Policy) -> Callable[[ViewT], ViewT]:
    """Declare what a view asks of its visitor. Works on functions and on `as_view()` results."""

    def declare(view: ViewT) -> ViewT:
        view.access_policy = kind  # type: ignore[attr-defined]
        return view

    return declare


def declared_policy(view: Callable[..., object]) -> Policy | None:
    """Return the policy a view declares, looking at class-based views too; None if it has none."""
    for holder in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        found = getattr(holder, "access_policy", None)
        if found is not None:
            return Policy(found)
    return None


def current_posts(official: Official | AnonymousUser) -> list[Post]:
    """The posts an official holds today, highest tier first. Read once per request and person."""
    if not official.is_authenticated or not official.is_active:
        return []
    kept = official._current_posts
    if kept is None:
        kept = list(
            Post.objects.filter(official=official)
            .held_on(timezone.localdate())
            .select_related("unit__tier", "unit__parent")
            .order_by("unit__tier__rank", "unit__code", "role")
        )
        official._current_posts = kept
    return kept


def is_administrator(official: Official | AnonymousUser) -> bool:
    """True for who keeps the catalogue, the units and the accounts of the whole installation.

    Only an administrator's post in a unit with nothing above it: these pages know no borders.
    """
    if not official.is_authenticated or not official.is_active:
        return False
    return official.is_superuser or any(
        post.role == Role.ADMINISTRATOR and post.unit.parent_id is None
        for post in current_posts(official)
    )


def _posts_giving(official: Official | AnonymousUser, action: Action) -> list[Post]:
    posts = current_posts(official)
    if action in _HANDED_ON:
        return posts
    return [post for post in posts if post.delegated_by_id is None]


def units_for(official: Official | AnonymousUser, action: Action) -> QuerySet[Unit]:
    """Every unit, of any day, on which `official` may do `action`. Lists shrink to this."""
    posts = _posts_giving(official, action)
    own = [post.unit_id for post in posts if post.role in _ON_OWN_UNIT[action]]
    above = [post.unit_id for post in posts if post.role in _BELOW[action]]
    if not own and not above:
        return Unit.objects.none()
    reach = Q(pk__in=own)
    if above:
        below = Unit.objects.filter(upward__ancestor__in=above, upward__depth__gt=0)
        reach |= Q(pk__in=below.values("pk"))
    return Unit.objects.filter(reach)


def can(official: Official | AnonymousUser, action: Action, unit: Unit) -> bool:
    """May `official` do `action` on `unit`?"""
    posts = _posts_giving(official, action)
    if any(post.unit_id == unit.pk and post.role in _ON_OWN_UNIT[action] for post in posts):
        return True
    above = {post.unit_id for post in posts if post.role in _BELOW[action]}
    if not above:
        return False
    return unit.upward.filter(ancestor__in=above, depth__gt=0).exists()


def sees_below(official: Official | AnonymousUser, unit: Unit) -> bool:
    """May `official` see the units below `unit` one by one?

    Reviewers, leaders and administrators of the unit or of one above it; its own officer sees the
    unit alone, and what those below come to together.
    """
    posts = {post.unit_id for post in current_posts(official) if post.role in _BELOW[Action.VIEW]}
    if unit.pk in posts or (official.is_authenticated and official.is_superuser):
        return True
    return bool(posts) and unit.upward.filter(ancestor__in=posts).exists()


def can_assign(official: Official | AnonymousUser, unit: Unit) -> bool:
    """May `official` set what the units below `unit` are to reach?

    A reviewer's post on `unit` itself (whose office assigns to those below it) or above it.
    """
    posts = {post.unit_id for post in own_reviewing_posts(official)}
    return bool(posts) and unit.upward.filter(ancestor__in=posts).exists()


def can_schedule(official: Official | AnonymousUser, unit: Unit) -> bool:
    """May `official` set the days on which `unit` reports?

    A reviewer's post on a province that is `unit` or stands above it: the calendar is the
    province's, its districts and the nation do not set it.
    """
    posts = {
        post.unit_id
        for post in own_reviewing_posts(official)
        if post.unit.tier.code == TierCode.PROVINCE
    }
    return bool(posts) and unit.upward.filter(ancestor__in=posts).exists()


def can_view_group(official: Official | AnonymousUser, group: UnitGroup) -> bool:
    """A group's figures are open to who may see every one of its members, and to no one else."""
    members = {row.unit_id for row in group.member_rows}
    if not members:
        return is_administrator(official) or bool(current_posts(official))
    seen = units_for(official, Action.VIEW).filter(pk__in=members).count()
    return seen == len(members)


def require(official: Official | AnonymousUser, action: Action, unit: Unit | None) -> Unit:
    """Return `unit` if `official` may do `action` on it.

    Raises Http404 when the unit does not exist or is none of theirs, PermissionDenied
    when they may see it but not do this.
    """
    if unit is None or not can(official, Action.VIEW, unit):
        raise Http404(_("Không có đơn vị này trong phạm vi của đồng chí."))
    if action is not Action.VIEW and not can(official, action, unit):
        raise PermissionDenied(
            _("Đồng chí được xem đơn vị này nhưng không được thực hiện việc này.")
        )
    return unit


def require_assign(official: Official | AnonymousUser, unit: Unit | None) -> Unit:
    """Return `unit` if `official` may set figures for the units below it.

    Raises as `require` does: Http404 for a stranger, PermissionDenied for a mere reader.
    """
    unit = require(official, Action.VIEW, unit)
    if not can_assign(official, unit):
        raise PermissionDenied(_("Đồng chí được xem đơn vị này nhưng không được giao chỉ tiêu."))
    return unit


def require_schedule(official: Official | AnonymousUser, unit: Unit | None) -> Unit:
    """Return `unit` if `official` may set the days on which it reports.

    Raises as `require` does: Http404 for a stranger, PermissionDenied for a mere reader.
    """
    unit = require(official, Action.VIEW, unit)
    if not can_schedule(official, unit):
        raise PermissionDenied(_("Đồng chí được xem đơn vị này nhưng không được đặt lịch báo cáo."))
    return unit


def reviewing_posts(official: Official | AnonymousUser) -> list[Post]:
    """The reviewer posts held today, highest tier first."""
    return [post for post in current_posts(official) if post.role == Role.REVIEWER]


def own_reviewing_posts(official: Official | AnonymousUser) -> list[Post]:
    """The same without those handed on by somebody for a while."""
    return [post for post in reviewing_posts(official) if post.delegated_by_id is None]


def can_keep_templates(official: Official | AnonymousUser, unit: Unit) -> bool:
    """May `official` change the templates of `unit`'s papers? Its own reviewers, and who
    administers it.
    """
    posts = own_reviewing_posts(official)
    return any(post.unit_id == unit.pk for post in posts) or can(official, Action.ADMINISTER, unit)


def require_keep_templates(official: Official | AnonymousUser, unit: Unit | None) -> Unit:
    """Return `unit` if `official` may change its templates; raises as `require` does."""
    unit = require(official, Action.VIEW, unit)
    if not can_keep_templates(official, unit):
        raise PermissionDenied(_("Đồng chí được xem đơn vị này nhưng không được đổi mẫu báo cáo."))
    return unit


def can_delegate(official: Official | AnonymousUser, unit: Unit) -> bool:
    """May `official` hand the reviewing of `unit` on? Only who holds its desk in their own right.

    Whoever reviews on behalf of somebody does not hand it further.
    """
    return any(post.unit_id == unit.pk for post in own_reviewing_posts(official))


def require_delegate(official: Official | AnonymousUser, unit: Unit | None) -> Unit:
    """Return `unit` if `official` may hand its reviewing on.

    Raises as `require` does: Http404 for a stranger, PermissionDenied for a mere reader.
    """
    unit = require(official, Action.VIEW, unit)
    if not can_delegate(official, unit):
        raise PermissionDenied(
            _(
                "Chỉ người giữ chức trách duyệt của chính đơn vị này được ủy quyền; "
                "người được ủy quyền không ủy quyền lại."
            )
        )
    return unit


def holders(units: Collection[int], roles: Collection[str]) -> dict[int, list[Official]]:
    """Who holds one of `roles` in each unit (pk) today and may sign in, by name. One query.

    For telling people of things: whoever holds a post in a unit may see it.
    """
    posts = (
        Post.objects.filter(unit__in=units, role__in=roles, official__is_active=True)
        .held_on(timezone.localdate())
        .select_related("official")
        .order_by("official__username")
    )
    found: dict[int, dict[int, Official]] = {}
    for post in posts:
        found.setdefault(post.unit_id, {})[post.official_id] = post.official
    return {pk: list(people.values()) for pk, people in found.items()}
