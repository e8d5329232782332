"""The tracker of a unit's returns, and one return on a reviewer's desk."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from reports.returns import report_of
from reports.review import desk, tracking
from reports.review.decisions import decide
from reports.review.forms import DecisionForm
from reports.review.words import is_new


class PageRequest(HttpRequest):
    """A request as the middleware hands it on: signed in, and telling whether htmx sent it."""

    user: Official
    htmx: HtmxDetails


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404(str(error)) from error


@policy(Policy.BY_UNIT)
@require_safe
def tracker(request: PageRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    unit = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    page = tracking.tracker_page(unit, span, request.user)
    return render(request, "review/tracker.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report(request: PageRequest, code: str, period: str) -> HttpResponse:
    span = _period(period)
    unit = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    if request.method == "POST":
        return _decide(request, access.require(request.user, Action.REVIEW, unit), span)
    opened = request.GET.get("o", "")
    return _show(request, unit, span, {"opened": opened, "is_asking": "y" in request.GET})


def _decide(request: PageRequest, unit: Unit, span: Period) -> HttpResponse:
    found = report_of(unit, span)
    if is_new(found):
        raise Http404(_("Đơn vị chưa lập báo cáo kỳ này."))
    form = DecisionForm(request.POST)
    typed = {key: request.POST.get(key, "") for key in ("indicator", "body", "note")}
    try:
        if not form.is_valid():
            raise DomainError(_problems(form))
        done = decide(found, form.cleaned_data, by=request.user)
    except DomainError as error:
        context: dict[str, object] = {
            "problems": error.problems,
            "typed": typed,
            "opened": typed["indicator"],
        }
        # htmx leaves a page as it is on an error status, and the reason would not be seen
        return _show(request, unit, span, context, status=200 if request.htmx else 422)
    if request.htmx:
        return _show(request, unit, span, {"done": done, "touched": typed["indicator"]})
    messages.success(request, done)
    row = f"#o-{form.cleaned_data['indicator']}" if form.cleaned_data["indicator"] else ""
    return redirect(reverse("review:report", args=[unit.code, span.code]) + row)


def _problems(form: DecisionForm) -> list[Problem]:
    return [Problem(str(text)) for texts in form.errors.values() for text in texts]


def _show(
    request: PageRequest,
    unit: Unit,
    span: Period,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    page = desk.desk(
        unit,
        span,
        request.user,
        showing=request.GET.get("loc", "all"),
        opened=str(context.get("opened", "")),
    )
    template = "review/partials/_desk.html" if request.htmx else "review/report.html"
    return render(request, template, {"page": page, **context}, status=status)
