"""A later decision that changes a target: read what was promised, record what is promised now."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from communes import access
from communes.access import Policy, policy
from communes.models import Official
from plans.amending import amend_target
from plans.forms import AmendmentForm
from plans.pages.versions import AmendPage, amend_page
from povertyplan.lib.errors import DomainError


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: SignedInRequest, code: str, target: str) -> HttpResponse:
    page = amend_page(code, target, timezone.localdate())
    if page is None:
        raise Http404(_("Không có chỉ tiêu này."))
    access.require_assign(request.user, page.plan.unit)
    if request.method == "POST":
        return _record(request, page)
    return _show(request, page, AmendmentForm(page.says, page.decimals))


def _record(request: SignedInRequest, page: AmendPage) -> HttpResponse:
    form = AmendmentForm(page.says, page.decimals, request.POST)
    if not form.is_valid():
        return _show(request, page, form)
    try:
        amendment = amend_target(target=page.target, by=request.user, **form.cleaned_data)
    except DomainError as error:
        form.take(error.problems)
        return _show(request, page, form)
    messages.success(
        request,
        _("Đã ghi điều chỉnh theo {number}. Mức trong văn bản vẫn được giữ.").format(
            number=amendment.decision_number
        ),
    )
    return redirect("plans:amend", page.plan.code, page.target.code)


def _show(request: SignedInRequest, page: AmendPage, form: AmendmentForm) -> HttpResponse:
    context = {"page": page, "form": form}
    return render(request, "plans/amend.html", context, status=422 if form.errors else 200)
