"""The calendar page: shown to who may view the province, changed by who may schedule."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.periods import Period
from plans.views.asking import SignedInRequest
from povertyplan.lib.errors import DomainError
from reports import scheduling
from reports.calendar import pages
from reports.calendar.forms import ExtensionForm, RoundForm
from reports.calendar.pages import CalendarPage, Round


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: SignedInRequest, code: str) -> HttpResponse:
    unit = access.require(request.user, Action.VIEW, pages.province(code))
    if request.method == "POST":
        return _change(request, access.require_schedule(request.user, unit))
    page = pages.calendar_page(unit, request.user)
    return _show(request, page, _asked_form(request, page) if page.may_schedule else None)


def _asked_form(request: HttpRequest, page: CalendarPage) -> RoundForm | ExtensionForm:
    """The form beside the calendar: of a new round, unless the address names one to change."""
    extended, changed = page.round(_named(request, "gia-han")), page.round(_named(request, "sua"))
    if extended is not None:
        return _extension_form(page, extended, request.GET.get("don-vi", ""))
    if changed is not None:
        return RoundForm(changed=changed.row)
    return RoundForm(year=page.last_year)


def _named(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "")


def _extension_form(page: CalendarPage, of: Round, unit: str) -> ExtensionForm:
    found = next((row.row for row in of.extensions if row.row.issuer.code == unit), None)
    return ExtensionForm(choices=pages.choices(page.province, of.period), extended=found)


def _show(
    request: HttpRequest,
    page: CalendarPage,
    form: RoundForm | ExtensionForm | None,
    extending: Round | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "page": page,
        "form": form,
        "extending": extending or page.round(_named(request, "gia-han")),
    }
    return render(request, "calendar/home.html", context, status=status)


def _change(request: SignedInRequest, unit: Unit) -> HttpResponse:
    match request.POST.get("step"):
        case "round":
            return _set_round(request, unit)
        case "extend":
            return _extend(request, unit)
        case "drop":
            return _drop(request, unit)
        case "end":
            return _end(request, unit)
    raise Http404(_("Không có việc này."))


def _set_round(request: SignedInRequest, unit: Unit) -> HttpResponse:
    page = pages.calendar_page(unit, request.user)
    changed = page.round(request.POST.get("changed", ""))
    form = RoundForm(request.POST, changed=changed.row if changed else None)
    if form.is_valid():
        typed = form.cleaned_data
        if page.round(form.period.code) is not changed:
            form.add_error("part", _("Kỳ này đã có lịch. Bấm “Đổi ngày” ở dòng của kỳ."))
        else:
            days = {name: typed[name] for name in ("opens_on", "due_on", "closes_on")}
            try:
                scheduling.set_round(
                    issuer=unit, period=form.period, by=request.user, sure=typed["sure"], **days
                )
                said = _("Đã đặt lịch báo cáo {period}.").format(period=form.period.label)
                return _done(request, unit, said)
            except scheduling.NeedsAssentError as question:
                form.ask(str(question))
            except DomainError as error:
                form.take(error.problems)
    return _show(request, page, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _extend(request: SignedInRequest, unit: Unit) -> HttpResponse:
    period = _period(request)
    page = pages.calendar_page(unit, request.user)
    form = ExtensionForm(request.POST, choices=pages.choices(unit, period))
    found = pages.unit_below(unit, request.POST.get("unit", ""), period)
    if form.is_valid() and found is not None:
        days = {name: form.cleaned_data[name] for name in ("due_on", "closes_on", "reason")}
        try:
            row = scheduling.extend(unit=found, period=period, by=request.user, **days)
            said = _("Đã gia hạn {period} cho {unit} đến hết {day}.").format(
                period=period.label, unit=found.name_in_sentence, day=f"{row.due_on:%d/%m/%Y}"
            )
            return _done(request, unit, said)
        except DomainError as error:
            form.take(error.problems)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, page, form, page.round(period.code), status=status)


def _drop(request: SignedInRequest, unit: Unit) -> HttpResponse:
    period = _period(request)
    try:
        ended = scheduling.drop_round(issuer=unit, period=period, by=request.user)
    except DomainError as error:
        return _refused(request, unit, error)
    said = _("Đã bỏ kỳ báo cáo {period}.").format(period=period.label)
    if ended:
        said += " " + _("{n} gia hạn của kỳ cũng kết thúc.").format(n=ended)
    return _done(request, unit, said)


def _end(request: SignedInRequest, unit: Unit) -> HttpResponse:
    period = _period(request)
    found = pages.unit_below(unit, request.POST.get("unit", ""), period)
    if found is None:
        raise Http404(_("Không có đơn vị này."))
    try:
        scheduling.end_extension(unit=found, period=period, by=request.user)
    except DomainError as error:
        return _refused(request, unit, error)
    said = _("Đã kết thúc gia hạn {period} của {unit}.").format(
        period=period.label, unit=found.name_in_sentence
    )
    return _done(request, unit, said)


def _period(request: HttpRequest) -> Period:
    try:
        return Period.parse(request.POST.get("period", ""))
    except ValueError as error:
        raise Http404(str(error)) from error


def _done(request: HttpRequest, unit: Unit, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("calendar:home", unit.address)


def _refused(request: HttpRequest, unit: Unit, error: DomainError) -> HttpResponse:
    messages.error(request, str(error))
    return redirect("calendar:home", unit.address)
