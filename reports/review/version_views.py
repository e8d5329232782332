"""What a return said each time it was sent or approved, and what came to differ."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Action, Policy, policy
from reports.review.editions import as_csv, edition_of, versions_page
from reports.review.requests import PageRequest, place_of


@policy(Policy.BY_UNIT)
@require_safe
def versions(request: PageRequest, code: str, period: str) -> HttpResponse:
    found, span = place_of(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    page = versions_page(
        unit,
        span,
        opened=request.GET.get("xem", ""),
        old=request.GET.get("so", ""),
        new=request.GET.get("voi", ""),
    )
    return render(request, "review/versions.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
def version_file(request: PageRequest, code: str, period: str, key: str) -> HttpResponse:
    found, span = place_of(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    edition = edition_of(unit, span, key)
    if edition is None:
        raise Http404(_("Không có phiên bản này."))
    name = f"bao-cao-{unit.code}-{span.code}-{key}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(as_csv(edition), content_type="text/csv; charset=utf-8", headers=headers)
