"""Pages of the official tables: the list with a preview, and the workbook."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.pages import list_page
from reports.annexes.workbook import annex_file

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404(str(error)) from error


def _unit(request: HttpRequest, code: str, period: Period) -> Unit:
    return access.require(request.user, Action.VIEW, Unit.objects.named(code, on=period.end))


def _stage(request: HttpRequest) -> str:
    """Read ?stage= ; anything but “official” is provisional."""
    asked = request.GET.get("stage")
    return Stage.OFFICIAL if asked == Stage.OFFICIAL else Stage.PROVISIONAL


@policy(Policy.BY_UNIT)
@require_safe
def annexes(request: HttpRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    unit = _unit(request, code, span)
    asked, variant = request.GET.get("bieu", ""), request.GET.get("variant", "")
    try:
        page = list_page(unit, span, _stage(request), asked, variant)
    except DomainError as error:
        raise Http404(str(error)) from error
    posts = access.reviewing_posts(request.user)
    context = {"page": page, "may_hand_in": any(post.unit_id == unit.pk for post in posts)}
    return render(request, "annexes/list.html", context)


@policy(Policy.BY_UNIT)
@require_safe
def workbook(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    span = _period(period)
    unit = _unit(request, code, span)
    variant = request.GET.get("variant", "")
    try:
        name, content = annex_file(annex, unit, span, _stage(request), variant)
    except DomainError as error:
        raise Http404(str(error)) from error
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=XLSX, headers=headers)
