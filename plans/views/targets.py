"""One promise with its verdict, and the promises of an agency."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes.access import Policy, policy
from plans.pages.duties import agency_list, agency_page
from plans.pages.targets import target_page
from plans.views.asking import SignedInRequest, filter_of, reader_of, sorting_of


@policy(Policy.SIGNED_IN)
@require_safe
def target(request: SignedInRequest, code: str, target: str) -> HttpResponse:
    page = target_page(code, target, reader_of(request))
    if page is None:
        raise Http404(_("Kế hoạch không có chỉ tiêu này."))
    return render(request, "plans/target.html", {"page": page})


@policy(Policy.SIGNED_IN)
@require_safe
def agencies(request: SignedInRequest) -> HttpResponse:
    return render(request, "plans/agencies.html", {"page": agency_list(reader_of(request))})


@policy(Policy.SIGNED_IN)
@require_safe
def agency(request: SignedInRequest, agency: str) -> HttpResponse:
    wanted, sorting = filter_of(request), sorting_of(request)
    page = agency_page(agency, wanted, reader_of(request), sorting)
    if page is None:
        raise Http404(_("Không có kế hoạch nào giao việc cho cơ quan này."))
    context = {"page": page, "wanted": wanted, "sorting": sorting}
    return render(request, "plans/agency.html", context)
