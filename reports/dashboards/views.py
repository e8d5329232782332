"""Figures of a unit and of a group, and the page that opens after signing in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.enums import Role
from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.views.asking import SignedInRequest
from povertyplan.lib.slim import slim
from reports.context import overview_address
from reports.dashboards import board as boards
from reports.dashboards import facts, following, pages, sources
from reports.dashboards import overview as overviews
from reports.dashboards.heat_columns import THEME
from reports.returns import latest_period
from reports.versions import of_figures, of_group, of_source, versioned


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404(str(error)) from error


def _stage(request: HttpRequest) -> str:
    """Read ?stage= ; anything but “official” is provisional."""
    asked = request.GET.get("stage")
    return Stage.OFFICIAL if asked == Stage.OFFICIAL else Stage.PROVISIONAL


@policy(Policy.SIGNED_IN)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to where their work is."""
    reviewing = access.reviewing_posts(request.user)
    posts = access.current_posts(request.user)
    if reviewing:
        unit = reviewing[0].unit
        return redirect("review:tracker", unit.code, latest_period(unit).code)
    if any(post.role == Role.OFFICER for post in posts):
        return redirect("entry:owed")
    if posts:
        unit = posts[0].unit
        return redirect(overview_address(unit))
    return redirect("plans:tree")


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_figures)
def overview(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    if not span.is_year:
        raise Http404(_("Chỉ tiêu được đánh giá theo năm; ghi dạng 2024."))
    found = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    screen = overviews.overview(
        found,
        span,
        _stage(request),
        by=request.user,
        plan=request.GET.get("ke-hoach", "")[:60],
        target=request.GET.get("chi-tieu", "")[:80],
    )
    return slim(render(request, "dashboards/overview.html", {"screen": screen}))


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_figures)
def unit(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    found = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    screen = boards.board(found, span, _asked(request), by=request.user)
    asked = request.GET.get("so", "")
    trace = facts.trace(found, span, asked, screen.page.facts) if asked else None
    above = (
        found.parent
        if found.parent and access.can(request.user, Action.VIEW, found.parent)
        else None
    )
    context = {"board": screen, "page": screen.page, "trace": trace, "above": above}
    return slim(render(request, "dashboards/unit.html", context))


def _asked(request: HttpRequest) -> boards.Asked:
    """What the address asks of a dashboard; ?linh-vuc= is how older links ask for a theme."""
    words = {key: _word(request, key) for key in ("bang", "linh-vuc", "sap-xep", "tu")}
    theme = THEME + words["linh-vuc"] if words["linh-vuc"] else ""
    return boards.Asked(
        _stage(request),
        words["bang"] or theme,
        words["sap-xep"],
        words["tu"],
        is_full="du" in request.GET,
    )


def _word(request: HttpRequest, key: str) -> str:
    return request.GET.get(key, "")[:90].replace("\x00", "")


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_group)
def group(request: HttpRequest, slug: str, period: str) -> HttpResponse:
    span = _period(period)
    found = pages.find_group(slug)
    if found is None or not access.can_view_group(request.user, found):
        raise Http404(_("Không có nhóm này trong phạm vi của đồng chí."))
    page = pages.group_page(found, span, _stage(request))
    return render(request, "dashboards/group.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_source)
def source(request: SignedInRequest, code: str, period: str, indicator: str) -> HttpResponse:
    span = _period(period)
    found = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    measured = sources.find_indicator(indicator)
    if measured is None:
        raise Http404(_("Danh mục không có chỉ tiêu này."))
    page = sources.source_page(found, span, _stage(request), measured, by=request.user)
    return render(request, "dashboards/source.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
def freshness(request: SignedInRequest) -> HttpResponse:
    """Answer 204 while figures are being added up, 200 when a page may be read anew."""
    asked = request.GET
    scope = following.scope_of(
        asked.getlist("don-vi"), asked.getlist("nhom"), asked.getlist("ky"), by=request.user
    )
    if scope is None:
        raise Http404(_("Không có đơn vị này trong phạm vi của đồng chí."))
    return HttpResponse(status=204 if scope.freshness().is_pending else 200)
