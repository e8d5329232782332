"""The tree of documents, and one document with the figures it states.

Documents are open to every official; `plans.pages.sight` decides whose figures are shown.
"""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Policy, policy
from communes.versions import versioned
from plans.pages.document import plan_page
from plans.pages.tree import plan_tree
from plans.versions import of_plan
from plans.views.asking import (
    BY_SECTION,
    SignedInRequest,
    filter_of,
    reader_of,
    sorting_of,
)


@policy(Policy.SIGNED_IN)
@require_safe
def tree(request: SignedInRequest) -> HttpResponse:
    wanted = filter_of(request)
    context = {"tree": plan_tree(wanted, reader_of(request)), "wanted": wanted}
    return render(request, "plans/tree.html", context)


@policy(Policy.SIGNED_IN)
@require_safe
@versioned(of_plan)
def plan(request: SignedInRequest, code: str) -> HttpResponse:
    wanted = filter_of(request)
    by_section = request.GET.get("nhom") == BY_SECTION
    sorting = sorting_of(request)
    page = plan_page(
        code, wanted, reader=reader_of(request), by_section=by_section, sorting=sorting
    )
    if page is None:
        raise Http404(_("Không có kế hoạch này."))
    context = {
        "page": page,
        "wanted": wanted,
        "by_section": by_section,
        "sorting": sorting,
        "may_see_group": page.group is not None
        and access.can_view_group(request.user, page.group.group),
    }
    return render(request, "plans/plan.html", context)
