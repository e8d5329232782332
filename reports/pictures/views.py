"""Pictures of a unit's figures: a page of them, and each as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.views.asking import SignedInRequest
from povertyplan.lib.slim import slim
from reports.pictures import pages
from reports.pictures.frame import Asked
from reports.versions import of_pictures, versioned


def _asked(request: SignedInRequest, code: str, period: str) -> Asked:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    if not span.is_year:
        raise Http404(_("Hình vẽ theo năm; ghi dạng 2024."))
    unit = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    official = request.GET.get("stage") == Stage.OFFICIAL
    indicator = pages.chosen(pages.drawable(), request.GET.get("chi-tieu", "")[:80])
    if indicator is None:
        raise Http404(_("Không có chỉ tiêu này, hoặc chỉ tiêu không cộng thành số để vẽ."))
    return Asked(unit, span, Stage.OFFICIAL if official else Stage.PROVISIONAL, indicator)


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_pictures)
def home(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    asked = _asked(request, code, period)
    is_full = "du" in request.GET
    page = pages.pictures_page(asked, request.user, pages.drawable(), is_full=is_full)
    return slim(render(request, "pictures/home.html", {"page": page}))


@policy(Policy.BY_UNIT)
@require_safe
def file(request: SignedInRequest, code: str, period: str, kind: str, form: str) -> HttpResponse:
    asked = _asked(request, code, period)
    found = pages.picture(asked, request.user, kind)
    if found is None or form not in ("svg", "csv"):
        raise Http404(_("Không có hình này."))
    if form == "svg":
        response = HttpResponse(found.file, content_type="image/svg+xml; charset=utf-8")
    else:
        response = HttpResponse(
            "".join(pages.csv_of(asked, found)), content_type="text/csv; charset=utf-8"
        )
    name = f"{kind}-{asked.indicator.code}-{asked.unit.code}-{asked.period.code}.{form}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
