"""The tracker of a unit's returns: who owes, asking them, endorsing together, what came back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import whole_key
from reports.noticing import reminding
from reports.review import clean, resent, tracking
from reports.review.requests import PageRequest, place_of
from reports.review.tracker_file import tracker_file
from reports.versions import of_resent, of_returns, versioned

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _place(request: PageRequest, code: str, period: str) -> tuple[Unit, Period]:
    """The unit, if the visitor may see it, and the period an address names."""
    found, span = place_of(code, period)
    return access.require(request.user, Action.VIEW, found), span


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_returns)
def tracker(request: PageRequest, code: str, period: str) -> HttpResponse:
    unit, span = _place(request, code, period)
    showing = request.GET.get("loc", "")
    page = tracking.tracker_page(unit, span, request.user, showing=showing)
    return render(request, "review/tracker.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
def download(request: PageRequest, code: str, period: str) -> HttpResponse:
    unit, span = _place(request, code, period)
    showing = request.GET.get("loc", "")
    name, content = tracker_file(tracking.tracker_page(unit, span, request.user, showing=showing))
    answer = HttpResponse(content, content_type=_XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def remind(request: PageRequest, code: str, period: str) -> HttpResponse:
    """Ask one unit (`unit`), or all that the page shows under its filter and that can be asked."""
    unit, span = _place(request, code, period)
    if request.method != "POST":
        return redirect("review:tracker", code, period)
    showing, asked = request.POST.get("loc", ""), request.POST.get("unit", "")
    back = reverse("review:tracker", args=[code, period])
    if showing:
        back += "?" + urlencode({"loc": showing})
    try:
        units = _asked(request, unit, span, showing, asked)
        note = request.POST.get("note", "")
        done = reminding.remind_all(units=units, period=span, by=request.user, note=note)
    except DomainError as error:
        messages.error(request, str(error.problems[0].message))
    else:
        _say(request, done)
    return redirect(f"{back}#u-{asked}" if whole_key(asked) is not None else back)


def _asked(request: PageRequest, unit: Unit, span: Period, showing: str, asked: str) -> list[Unit]:
    page = tracking.tracker_page(unit, span, request.user, showing=showing)
    if asked:
        rows = [row for row in page.rows if row.code == asked]
        if not rows:
            raise Http404(_("Không có đơn vị này trong danh sách."))
        return [rows[0].unit]
    if not page.is_reviewer:
        raise PermissionDenied(_("Chỉ cấp trên duyệt báo cáo mới nhắc được."))
    return [row.unit for row in page.to_remind]


def _say(request: PageRequest, done: reminding.Asked) -> None:
    names = [unit.name for unit in done.told]
    if len(names) == 1:
        messages.success(request, _("Đã nhắc {unit}.").format(unit=names[0]))
    elif names:
        messages.success(request, _("Đã nhắc {n} đơn vị.").format(n=len(names)))
    elif not done.left:
        messages.warning(request, _("Không còn đơn vị nào để nhắc."))
    for unit, why in done.left:
        messages.warning(request, _("Chưa nhắc {unit}: {why}.").format(unit=unit.name, why=why))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
@versioned(of_returns)
def endorse(request: PageRequest, code: str, period: str) -> HttpResponse:
    """The returns without flags, and endorsing those that are ticked.

    `?nut`: only the way here, as the tracker shows it, or why there is none; the tracker asks for
    it afterwards, because it takes reading returns.
    """
    unit, span = _place(request, code, period)
    if request.method != "POST" and "nut" in request.GET:
        found = clean.outlook(unit, span, request.user)
        told = {"unit": unit, "period": span, "outlook": found}
        return render(request, "review/partials/_bulk.html", told)
    context: dict[str, object] = {}
    if request.method == "POST":
        try:
            keys = request.POST.getlist("one")
            context["done"] = clean.endorse_all(unit, span, keys, by=request.user)
        except DomainError as error:
            context["problems"] = error.problems
    context["page"] = clean.clean_page(unit, span, request.user)
    status = 422 if "problems" in context else 200
    return render(request, "review/endorse.html", context, status=status)


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_resent)
def changed(request: PageRequest, code: str, period: str) -> HttpResponse:
    unit, span = _place(request, code, period)
    page = resent.resent_page(unit, span, request.user)
    return render(request, "review/resent.html", {"page": page})
