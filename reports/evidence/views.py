"""The files and decisions that one figure rests on, and the files themselves."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.receiving import was_skipped
from reports.attached import file_for
from reports.attaching import take_back
from reports.evidence.page import FigurePage, page_of, script_words, take_in


class PageRequest(HttpRequest):
    """A request as the middleware hands it on: signed in, and telling whether htmx sent it."""

    user: Official
    htmx: HtmxDetails


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def of_figure(request: PageRequest, code: str, period: str, indicator: str) -> HttpResponse:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    action = Action.ENTER if request.method == "POST" else Action.VIEW
    unit = access.require(request.user, action, Unit.objects.named(code, on=span.end))
    page = page_of(unit, span, indicator, request.user)
    if request.method == "POST":
        return _change(request, page)
    return _show(request, page, leaving=page.one(request.GET.get("go", "")))


def _change(request: PageRequest, page: FigurePage) -> HttpResponse:
    if "evidence" in request.POST:
        done, problems = _take_back(request, page)
    else:
        done, problems = _attach(request, page)
    if not problems and not request.htmx:
        messages.success(request, done)
        return redirect(request.path)
    anew = page_of(page.unit, page.period, page.indicator.code, request.user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    typed = request.POST.get("decision", "") if problems else ""
    return _show(request, anew, status, done=done, problems=problems, typed=typed)


def _attach(request: PageRequest, page: FigurePage) -> tuple[str, list[Problem]]:
    taken, problems = take_in(
        page,
        uploads=request.FILES.getlist("file"),
        was_skipped=was_skipped(request),
        decision=request.POST.get("decision", ""),
        by=request.user,
    )
    return _("Đã thêm {n} minh chứng.").format(n=taken) if taken else "", problems


def _take_back(request: PageRequest, page: FigurePage) -> tuple[str, list[Problem]]:
    evidence = page.one(request.POST["evidence"])
    try:
        if evidence is not None:  # else taken back already, from another window
            take_back(evidence=evidence, by=request.user)
    except DomainError as error:
        return "", error.problems
    return _("Đã gỡ. Bản đã gỡ vẫn lưu trong hồ sơ."), []


def _show(
    request: PageRequest, page: FigurePage, status: int = HTTPStatus.OK, **context: object
) -> HttpResponse:
    template = "evidence/partials/_panel.html" if request.htmx else "evidence/figure.html"
    words = script_words() if page.may_type else None
    return render(request, template, {"page": page, "words": words, **context}, status=status)


# What a document may do that came from somebody else: show itself, and nothing more. A browser's
# own reader of PDF does not run in such a box, so a PDF is saved and opened by the office's.
_IN_A_BOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@policy(Policy.BY_UNIT)
@require_safe
@cache_control(private=True, no_store=True)
def file(request: PageRequest, pk: int, name: str) -> HttpResponseBase:
    evidence = file_for(request.user, pk, name)
    try:
        stored = evidence.file.open()
    except FileNotFoundError as error:
        raise Http404(_("Tệp này không còn trên máy chủ.")) from error
    is_picture = evidence.content_type.startswith("image/")
    return FileResponse(
        stored,
        as_attachment=not is_picture,
        filename=evidence.name,
        content_type=evidence.content_type,
        headers={
            "Content-Security-Policy": _IN_A_BOX,
            "X-Content-Type-Options": "nosniff",
            "Content-Encoding": "identity",  # packed already; and its length is told beforehand
        },
    )
