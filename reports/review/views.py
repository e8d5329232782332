"""One return on a reviewer's desk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from reports.returns import report_of
from reports.review import desk
from reports.review.decisions import decide, question
from reports.review.forms import Decision, DecisionForm, told_in
from reports.review.requests import PageRequest, place_of
from reports.review.words import is_new


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report(request: PageRequest, code: str, period: str) -> HttpResponse:
    found, span = place_of(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    if request.method == "POST":
        told = told_in(request.POST)
        if told["decision"] != Decision.COMMENT:  # the unit itself may answer
            access.require(request.user, Action.REVIEW, unit)
        return _decide(request, unit, span, told)
    opened = request.GET.get("o", "")
    page = _page(request, unit, span, opened)
    context = {"page": page, "is_asking": "y" in request.GET}
    template = "review/partials/_panel.html" if request.htmx else "review/report.html"
    return render(request, template, context)


def _page(request: PageRequest, unit: Unit, span: Period, opened: str) -> desk.Desk:
    showing = request.GET.get("loc", "")
    return desk.desk(unit, span, request.user, showing=showing, opened=opened)


def _decide(request: PageRequest, unit: Unit, span: Period, typed: dict[str, Any]) -> HttpResponse:
    report = report_of(unit, span)
    if is_new(report):
        raise Http404(_("Đơn vị chưa lập báo cáo kỳ này."))
    form = DecisionForm(typed)
    try:
        if not form.is_valid():
            raise DomainError(_problems(form))
        told = form.cleaned_data
        if told["decision"] == Decision.ASK:
            return _ask(request, unit, span, told["indicator"])
        if told["decision"] in (Decision.RETURN, Decision.ENDORSE) and not told["confirmed"]:
            page = _page(request, unit, span, "")
            asking = question(page, told)
            if asking is not None:
                context = {"page": page, "asking": asking}
                return render(request, "review/report.html", context)
        done = decide(report, told, by=request.user)
    except DomainError as error:
        return _refused(request, unit, span, typed, error.problems)
    return _done(request, unit, span, told, done)


def _ask(request: PageRequest, unit: Unit, span: Period, code: str) -> HttpResponse:
    """Nothing is decided yet: the panel of the figure, ready for the reason."""
    if request.htmx:
        page = _page(request, unit, span, code)
        return render(request, "review/partials/_panel.html", {"page": page, "is_asking": True})
    return redirect(f"{_address(request, unit, span, o=code, y='1')}#ben")


def _refused(
    request: PageRequest, unit: Unit, span: Period, typed: dict[str, Any], problems: list[Problem]
) -> HttpResponse:
    page = _page(request, unit, span, typed["indicator"] or request.POST.get("o", ""))
    context = {"page": page, "problems": problems, "typed": typed}
    if request.htmx:
        # htmx leaves a page as it is on an error status, and the reason would not be seen
        return render(request, "review/partials/_decided.html", context)
    return render(request, "review/report.html", context, status=422)


def _done(
    request: PageRequest, unit: Unit, span: Period, told: dict[str, Any], done: str
) -> HttpResponse:
    code = told["indicator"]
    if request.htmx:
        page = _page(request, unit, span, request.POST.get("o", ""))
        context = {"page": page, "done": done, "row": page.row(code)}
        return render(request, "review/partials/_decided.html", context)
    messages.success(request, done)
    return redirect(_address(request, unit, span) + (f"#o-{code}" if code else ""))


def _address(request: PageRequest, unit: Unit, span: Period, **asked: str) -> str:
    if "loc" in request.GET:
        asked = {"loc": request.GET["loc"], **asked}
    address = reverse("review:report", args=[unit.code, span.code])
    return f"{address}?{urlencode(asked)}" if asked else address


def _problems(form: DecisionForm) -> list[Problem]:
    return [Problem(str(text)) for texts in form.errors.values() for text in texts]
