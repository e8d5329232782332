"""The page where a printed sheet's code is entered."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes.access import Policy, policy
from povertyplan.lib.errors import DomainError
from reports.annexes.checked import check_sheet
from reports.annexes.checking import EXAMPLE, LONGEST


@policy(Policy.SIGNED_IN)  # the unit is named by the code: `find_area` asks for it
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("ma", "").strip()
    context: dict[str, Any] = {"typed": typed[:LONGEST], "example": EXAMPLE}
    status = 200
    if typed:
        try:
            context["found"] = check_sheet(typed, by=request.user)
        except DomainError as error:
            context["problem"] = str(error)
        except Http404:  # the same words for none and for none of theirs
            words = _("Không có đơn vị hoặc nhóm ghi trong mã này trong phạm vi của đồng chí.")
            context["problem"], status = words, 404
    return render(request, "annexes/check.html", context, status=status)
