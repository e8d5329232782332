"""Pages of the official tables: the list with a preview, and the workbook."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Policy, policy
from communes.models import Official
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.batches import batch_box
from reports.annexes.lines import Area
from reports.annexes.office.pages import office_link
from reports.annexes.pages import find_area, list_page
from reports.annexes.paper import annex_pdf
from reports.annexes.workbook import annex_file

Maker = Callable[[str, Area, Period, str, str, Official | None], tuple[str, bytes]]
"""Makes the file of a table: its code, area, period, stage, variant, who asks → (file name,
content)."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404(str(error)) from error


def _stage(request: HttpRequest) -> str:
    """Read ?stage= ; anything but “official” is provisional."""
    asked = request.GET.get("stage")
    return Stage.OFFICIAL if asked == Stage.OFFICIAL else Stage.PROVISIONAL


def _asking(request: HttpRequest) -> Official | None:
    return request.user if isinstance(request.user, Official) else None


@policy(Policy.BY_UNIT)
@require_safe
def annexes(request: HttpRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    area = find_area(request.user, code, span)
    asked, variant = request.GET.get("bieu", ""), request.GET.get("variant", "")
    try:
        page = list_page(area, span, _stage(request), asked, variant, by=request.user)
    except DomainError as error:
        raise Http404(str(error)) from error
    posts = access.reviewing_posts(request.user)
    context = {"page": page, "may_hand_in": any(post.unit == area for post in posts)}
    annexes_shown = [item.annex for item in page.items]
    context["batches"] = batch_box(
        area,
        span,
        annexes_shown,
        request.user,
        reused=request.GET.get("da-co", ""),
        plan=request.GET.get("plan", ""),
        tier=request.GET.get("tier", ""),
    )
    context["office"] = office_link(area, span, page.preview, request.user)
    return render(request, "annexes/list.html", context)


@policy(Policy.BY_UNIT)
@require_safe
def workbook(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    return _file(request, code, period, annex, annex_file, XLSX)


@policy(Policy.BY_UNIT)
@require_safe
def pdf(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    return _file(request, code, period, annex, annex_pdf, "application/pdf")


def _file(
    request: HttpRequest, code: str, period: str, annex: str, make: Maker, kind: str
) -> HttpResponse:
    span = _period(period)
    area = find_area(request.user, code, span)
    variant = request.GET.get("variant", "")
    try:
        name, content = make(annex, area, span, _stage(request), variant, _asking(request))
    except DomainError as error:
        raise Http404(str(error)) from error
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)
