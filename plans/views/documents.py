"""The tree of documents, and one document with the figures it states. Open to every official."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes import access
from communes.access import Policy, policy
from plans.pages.document import plan_page
from plans.pages.figures import Filter
from plans.pages.tree import plan_tree

BY_SECTION = "muc"


def _filter(request: HttpRequest) -> Filter:
    """Read ?q= and ?linh-vuc= ; long words are cut, so that a search stays cheap."""
    return Filter(
        words=request.GET.get("q", "").strip()[:80], theme=request.GET.get("linh-vuc", "")[:40]
    )


@policy(Policy.SIGNED_IN)
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    wanted = _filter(request)
    context = {"tree": plan_tree(wanted), "wanted": wanted}
    return render(request, "plans/tree.html", context)


@policy(Policy.SIGNED_IN)
@require_safe
def plan(request: HttpRequest, code: str) -> HttpResponse:
    wanted = _filter(request)
    by_section = request.GET.get("nhom") == BY_SECTION
    page = plan_page(code, wanted, by_section=by_section)
    if page is None:
        raise Http404(_("Không có kế hoạch này."))
    context = {
        "page": page,
        "wanted": wanted,
        "by_section": by_section,
        "may_see_group": page.group is not None
        and access.can_view_group(request.user, page.group.group),
    }
    return render(request, "plans/plan.html", context)
