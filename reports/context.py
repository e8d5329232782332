"""What every page needs: who is signed in, in which posts, the menu, whether figures are sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from communes.access import current_posts, is_administrator
from communes.enums import Role, TierCode
from communes.models import Official, Post, Unit
from indicators.models import Audit
from indicators.periods import Period
from reports.noticing.inbox import unread
from reports.returns import latest_period


@dataclass(frozen=True)
class MenuLink:
    label: str
    address: str
    is_current: bool


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the page frame: posts (highest tier first), roles held, menu, demo mode."""
    user = getattr(request, "user", None)
    posts = current_posts(user) if user is not None else []
    roles = {post.role for post in posts}
    may_administer = user is not None and is_administrator(user)
    return {
        "demo_mode": settings.DEMO_MODE,
        "my_posts": posts,
        "may_enter": Role.OFFICER in roles,
        "may_review": Role.REVIEWER in roles,
        "may_administer": may_administer,
        # Asked only for a whole page of an administrator.
        "has_alert": SimpleLazyObject(_has_alert) if may_administer else False,
        # Looked up only by pages that show it: a fragment or a file needs no menu.
        "unread": SimpleLazyObject(lambda: _unread(request)),
        "menu": SimpleLazyObject(lambda: _menu(request, posts, may_administer)),
    }


def _has_alert() -> bool:
    """Has a self-check found figures that differ, which nobody has looked at?"""
    return Audit.objects.filter(differing__gt=0, seen_by=None).exists()


def _unread(request: HttpRequest) -> int:
    """What the bell counts."""
    user = getattr(request, "user", None)
    return unread(user) if isinstance(user, Official) else 0


def _menu(request: HttpRequest, posts: list[Post], may_administer: bool) -> list[MenuLink]:
    here = getattr(request.resolver_match, "namespace", "")
    links = _links(posts, may_administer, _Latest())
    return [
        MenuLink(label, address, is_current=bool(here) and here == namespace)
        for namespace, label, address in links
    ]


class _Latest(dict[int, Period]):
    """The latest period of a unit, looked up once: most links of a menu name the same unit."""

    def of(self, unit: Unit) -> Period:
        if unit.pk not in self:
            self[unit.pk] = latest_period(unit)
        return self[unit.pk]


def _links(
    posts: list[Post], may_administer: bool, latest: _Latest
) -> Iterator[tuple[str, str, str]]:
    """(namespace of the address, label, address), in the order of the bar."""
    if any(post.role == Role.OFFICER for post in posts):
        yield "entry", _("Báo cáo của đơn vị"), reverse("entry:owed")
        yield "registers", _("Sổ theo dõi"), reverse("registers:mine")
    yield from _unit_links(posts, latest)
    if posts or may_administer:
        yield "plans", pgettext("several", "Kế hoạch"), reverse("plans:tree")
    if posts:
        yield "annexes", _("Biểu"), _of_unit("annexes:list", posts[0], latest)
    provinces = [post for post in posts if _may_schedule(post)]
    if provinces:
        unit = provinces[0].unit
        yield "calendar", _("Lịch báo cáo"), reverse("calendar:home", args=[unit.address])
    if may_administer:
        yield "rules", _("Quy tắc"), reverse("rules:list")
        yield "operations", _("Vận hành"), reverse("operations:home")
        yield "admin", _("Quản trị"), reverse("admin:index")


def _unit_links(posts: list[Post], latest: _Latest) -> Iterator[tuple[str, str, str]]:
    above = [post for post in posts if post.role != Role.OFFICER]
    if above:
        yield "overview", _("Tổng quan"), overview_address(above[0].unit, latest.of(above[0].unit))
        yield "review", _("Tiến độ nộp"), _of_unit("review:tracker", above[0], latest)
    if posts:
        yield "dashboards", _("Số liệu"), _of_unit("dashboards:unit", posts[0], latest)
        yield "explore", _("Tra cứu"), reverse("explore:home")


def _may_schedule(post: Post) -> bool:
    """As the judge has it, without a query: every page has a menu."""
    is_own = post.role == Role.REVIEWER and post.delegated_by_id is None
    return is_own and post.unit.tier.code == TierCode.PROVINCE


def overview_address(unit: Unit, latest: Period | None = None) -> str:
    """The overview of a unit: of a year, whatever shorter period was asked for last.

    `latest`: the unit's latest period, where it is known already.
    """
    year = Period((latest or latest_period(unit)).year)
    while not unit.is_valid_on(year.end) and year.start > unit.valid_from:
        year = year.shifted(-1)
    return reverse("overview:unit", args=[unit.code, year.code])


def _of_unit(view_name: str, post: Post, latest: _Latest) -> str:
    """The page of a post's unit for the latest period asked of it."""
    return reverse(view_name, args=[post.unit.code, latest.of(post.unit).code])
