"""Splitting a figure over the units below: the page, its draft, the decision that issues it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from communes import access
from communes.access import Policy, policy
from communes.models import Official
from indicators.periods import Period
from plans.cascade import issue_allocation, obstacles, save_allocation
from plans.enums import AllocationMethod, PlannedMeasure
from plans.forms import DecisionForm, Sheet, Step, read, sheet_of
from plans.models import Allocation
from plans.pages.allocation import AllocationPage, Subject, allocation_page, subject_of
from povertyplan.lib.errors import DomainError, VersionConflict


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def allocate(request: SignedInRequest, code: str, indicator: str, period: str) -> HttpResponse:
    subject = _subject(request, code, indicator, period)
    if request.method == "POST":
        return _post(request, subject)
    page = allocation_page(subject, request.user)
    if "xem" in request.GET and page.draft is not None:
        return _decision_page(request, page, DecisionForm())
    return _page(request, sheet_of(page))


def _subject(request: SignedInRequest, code: str, indicator: str, period: str) -> Subject:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    measure = request.GET.get("do", PlannedMeasure.VALUE)
    found = subject_of(code, indicator, span, request.GET.get("don-vi", ""), measure)
    access.require_assign(request.user, found.unit if found else None)
    if found is None:
        raise Http404
    return found


def _post(request: SignedInRequest, subject: Subject) -> HttpResponse:
    step = request.POST.get("step", "")
    if step == Step.ISSUE:
        return _issue(request, subject)
    sheet = read(allocation_page(subject, request.user), request.POST)
    if step in AllocationMethod.values:
        sheet.fill(step)
        return _page(request, sheet)
    draft = _save(request, sheet)
    if draft is None:
        return _page(request, sheet, HTTPStatus.UNPROCESSABLE_ENTITY)
    if step == Step.REVIEW:
        return redirect(_address(subject) + "&xem=1")
    messages.success(request, _("Đã lưu bản dự thảo. Chưa giao cho đơn vị nào."))
    return redirect(_address(subject))


def _save(request: SignedInRequest, sheet: Sheet) -> Allocation | None:
    """Keep the draft; None with the reasons on the sheet where it was refused."""
    subject = sheet.page.subject
    if sheet.is_refused:
        return None
    try:
        return save_allocation(
            plan=subject.plan,
            unit=subject.unit,
            indicator=subject.indicator,
            period=subject.period,
            measure=subject.measure,
            method=sheet.method,
            total=sheet.need_total(),
            shares=sheet.shares,
            by=request.user,
            version=sheet.version,
        )
    except VersionConflict as conflict:
        sheet.clash(conflict.problems)
    except DomainError as error:
        sheet.refuse(error.problems)
    return None


def _issue(request: SignedInRequest, subject: Subject) -> HttpResponse:
    page = allocation_page(subject, request.user)
    if page.draft is None:
        messages.error(request, _("Không còn bản dự thảo nào để giao: đã giao, hoặc chưa lập."))
        return redirect(_address(subject))
    form = DecisionForm(request.POST)
    try:
        issued = _issued(request, page.draft, form)
    except DomainError as error:
        rest = form.take(error.problems)
        context: dict[str, object] = {"problems": rest}
        return _decision_page(request, page, form, context, HTTPStatus.UNPROCESSABLE_ENTITY)
    if issued is None:
        return _decision_page(request, page, form, {}, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(
        request,
        ngettext(
            "Đã giao chỉ tiêu theo {number} cho {n} đơn vị.",
            "Đã giao chỉ tiêu theo {number} cho {n} đơn vị.",
            len(page.ground.children),
        ).format(number=issued.decision_number, n=len(page.ground.children)),
    )
    return redirect(_address(subject))


def _issued(request: SignedInRequest, draft: Allocation, form: DecisionForm) -> Allocation | None:
    if not form.is_valid():
        return None
    told = form.cleaned_data
    return issue_allocation(
        allocation=draft,
        decision_number=told["decision_number"],
        decided_on=told["decided_on"],
        by=request.user,
        version=told["version"],
    )


def _address(subject: Subject) -> str:
    path = reverse(
        "plans:allocate", args=[subject.plan.code, subject.indicator.code, subject.period.code]
    )
    return path + subject.query


def _page(request: SignedInRequest, sheet: Sheet, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {"page": sheet.page, "sheet": sheet, "measures": PlannedMeasure.choices}
    return render(request, "plans/allocation.html", context, status=status)


def _decision_page(
    request: SignedInRequest,
    page: AllocationPage,
    form: DecisionForm,
    context: dict[str, object] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    sheet = sheet_of(page)
    standing = obstacles(page.draft, page.ground, sheet.shares) if page.draft else []
    told = {"page": page, "sheet": sheet, "form": form, "obstacles": standing, **(context or {})}
    return render(request, "plans/allocation_decision.html", told, status=status)
