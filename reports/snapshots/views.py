"""Closed periods of a province: shown to who may view the unit, closed by who may schedule."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.periods import Period
from plans.views.asking import SignedInRequest
from povertyplan.lib.errors import DomainError
from reports import freezing
from reports.models import Snapshot
from reports.snapshots import pages
from reports.snapshots.download import snapshot_file
from reports.snapshots.forms import CloseForm
from reports.versions import of_snapshot, versioned

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: SignedInRequest, code: str) -> HttpResponse:
    unit = access.require(request.user, Action.VIEW, Unit.objects.named_ever(code))
    province = pages.province_of(unit)
    if province is None:
        raise Http404(_("Kỳ báo cáo do tỉnh chốt."))
    page = pages.snapshots_page(unit, province, request.user)
    if request.method == "POST":
        return _close(request, page)
    form = CloseForm(periods=list(page.closable)) if page.may_close else None
    return render(request, "snapshots/home.html", {"page": page, "form": form})


def _close(request: SignedInRequest, page: pages.SnapshotsPage) -> HttpResponse:
    unit = access.require_schedule(request.user, page.unit)
    form = CloseForm(request.POST, periods=list(page.closable))
    context: dict[str, object] = {"page": page, "form": form}
    if form.is_valid():
        typed = form.cleaned_data
        try:
            made = freezing.close_period(
                unit=unit, period=form.span, by=request.user, note=typed["note"], sure=typed["sure"]
            )
        except freezing.UnapprovedError as question:
            context["question"] = str(question)
        except DomainError as error:
            context["problems"] = error.problems
        else:
            said = _("Đã chốt số liệu {period}, lần {number}.")
            messages.success(request, said.format(period=form.span.label, number=made.number))
            return redirect("snapshots:snapshot", unit.address, made.period, made.number)
    return render(request, "snapshots/home.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _found(request: SignedInRequest, code: str, period: str, number: int) -> tuple[Snapshot, Unit]:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    unit = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    province = pages.province_of(unit)
    found = pages.find(province, unit, span, number) if province else None
    if found is None:
        raise Http404(_("Không có số liệu chốt mang số này."))
    return found, unit


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_snapshot)
def snapshot(request: SignedInRequest, code: str, period: str, number: int) -> HttpResponse:
    found, unit = _found(request, code, period, number)
    theme = request.GET.get("linh-vuc", "")[:40].replace("\x00", "")
    page = pages.snapshot_page(found, unit, request.user, theme)
    return render(request, "snapshots/snapshot.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
def download(request: SignedInRequest, code: str, period: str, number: int) -> HttpResponse:
    found, unit = _found(request, code, period, number)
    name, content = snapshot_file(found, unit, request.user)
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
