"""Looking a return over, signing and sending it; what was sent, as a receipt."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.pdf import pdf_of
from povertyplan.lib.speech import officially
from reports import workflow
from reports.sending.forms import SigningForm
from reports.sending.receipts import Receipt, receipt_of
from reports.sending.summary import summary_of

PRINT_STYLES = Path(__file__).with_name("print.css")


class PageRequest(HttpRequest):
    """A request as the middleware hands it on: signed in."""

    user: Official


def _place(code: str, period: str) -> tuple[Unit | None, Period]:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    return Unit.objects.named(code, on=span.end), span


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: PageRequest, code: str, period: str) -> HttpResponse:
    found, span = _place(code, period)
    unit = access.require(request.user, Action.ENTER, found)
    if request.method == "POST":
        return _sign(request, unit, span)
    return _show(request, unit, span, SigningForm())


def _sign(request: PageRequest, unit: Unit, span: Period) -> HttpResponse:
    form = SigningForm(request.POST)
    problems: list[Problem] = []
    if form.is_valid():
        told = form.cleaned_data
        try:
            sent = workflow.submit(
                unit=unit, period=span, by=request.user, note=told["note"], seen=told["seen"]
            )
        except DomainError as error:
            problems = error.problems
        else:
            text = _("Đã nộp báo cáo lúc {time}. Đồng chí lấy biên nhận ở dưới đây.")
            clock = f"{timezone.localtime(sent.submitted_at):%H:%M}"
            messages.success(request, text.format(time=clock))
            # Else the browser goes on to the cell it came from, past the message.
            return redirect(reverse("entry:report", args=[unit.code, span.code]) + "#noidung")
    return _show(request, unit, span, form, problems, HTTPStatus.UNPROCESSABLE_ENTITY)


def _show(
    request: PageRequest,
    unit: Unit,
    span: Period,
    form: SigningForm,
    problems: list[Problem] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    page = summary_of(unit, span, request.user)
    shown_below = {"rule", "reason", "missing"}
    context = {
        "page": page,
        "form": form,
        "changed": [problem for problem in problems or [] if problem.code == "changed"],
        "refused": [
            problem
            for problem in problems or []
            if problem.code not in {"changed", *shown_below} and str(problem) != page.closed
        ],
    }
    return render(request, "sending/summary.html", context, status=status)


@policy(Policy.BY_UNIT)
@require_safe
def receipt(request: PageRequest, code: str, period: str, number: int) -> HttpResponse:
    found = _receipt(request.user, code, period, number)
    return officially(render)(request, "sending/receipt.html", {"receipt": found})


@policy(Policy.BY_UNIT)
@require_safe
def receipt_pdf(request: PageRequest, code: str, period: str, number: int) -> HttpResponse:
    found = _receipt(request.user, code, period, number)
    page = officially(render_to_string)("sending/receipt_print.html", {"receipt": found})
    try:
        content = pdf_of(page, PRINT_STYLES.read_text(encoding="utf-8"))
    except DomainError as error:
        context = {"receipt": found, "problems": error.problems}
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return render(request, "sending/receipt.html", context, status=status)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.file_name}"',
        "Content-Encoding": "identity",  # packed already
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _receipt(official: Official, code: str, period: str, number: int) -> Receipt:
    """Raises Http404 for a stranger, and where the return was not sent so many times."""
    place, span = _place(code, period)
    unit = access.require(official, Action.VIEW, place)
    found = receipt_of(unit, span, number)
    if found is None:
        raise Http404(_("Báo cáo này không có lần nộp đó."))
    return found
