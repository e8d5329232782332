"""The officer's pages: what is owed, the form of one return, its history."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.middleware import HtmxDetails

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, VersionConflict
from reports import workflow
from reports.entry import page
from reports.entry.arriving import arrived
from reports.entry.forms import Sheet, read, sheet_of, shown
from reports.entry.page import context_of, owed_rows
from reports.history import already_sent, figure_history
from reports.returns import report_of, return_of


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on: signed in, and telling whether htmx sent it."""

    user: Official
    htmx: HtmxDetails


def _place(code: str, period: str) -> tuple[Unit | None, Period]:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    return Unit.objects.named(code, on=span.end), span


@policy(Policy.SIGNED_IN)
@require_safe
def owed(request: SignedInRequest) -> HttpResponse:
    return render(request, "entry/owed.html", {"rows": owed_rows(request.user)})


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    found, span = _place(code, period)
    action = Action.ENTER if request.method == "POST" else Action.VIEW
    unit = access.require(request.user, action, found)
    if request.method == "POST":
        return _post(request, unit, span)
    if not access.can(request.user, Action.ENTER, unit):
        # A draft is its unit's own; the review page shows what has been sent.
        return redirect("review:report", code, period)
    return _page(request, sheet_of(return_of(unit, span)))


def _page(request: SignedInRequest, sheet: Sheet, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(request, "entry/report.html", context_of(sheet, request.user), status=status)


def _post(request: SignedInRequest, unit: Unit, period: Period) -> HttpResponse:
    sheet = _save(request, unit, period)
    if request.accepts("text/html"):
        return _answer_page(request, sheet)
    return _answer_script(unit, period, sheet)


def _save(request: SignedInRequest, unit: Unit, period: Period) -> Sheet:
    """Record what was typed, all or nothing; the sheet says what stood in the way."""
    sheet = read(return_of(unit, period), request.POST, by=request.user)
    if sheet.is_refused:
        return sheet
    try:
        workflow.save_draft(unit=unit, period=period, entries=sheet.entries, by=request.user)
    except VersionConflict as conflict:
        sheet = read(return_of(unit, period), request.POST, by=request.user)
        if not sheet.is_refused:
            sheet.problems += conflict.problems
    except DomainError as error:
        sheet.refuse(error.problems)
    return sheet


def _answer_page(request: SignedInRequest, sheet: Sheet) -> HttpResponse:
    """The page with everything still in it, or back to the page as stored."""
    if sheet.is_refused or sheet.problems:
        return _page(request, sheet, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("action") == "submit":
        return _to_summary(sheet)
    messages.success(request, _("Đã lưu {time}.").format(time=_clock()))
    return _to_page(sheet)


def _to_page(sheet: Sheet) -> HttpResponseRedirect:
    current = sheet.current
    return redirect("entry:report", current.unit.code, current.period.code)


def _to_summary(sheet: Sheet) -> HttpResponseRedirect:
    """What stands in the way, and the signature. Its top: not the cell that the browser was at."""
    place = [sheet.current.unit.code, sheet.current.period.code]
    return redirect(reverse("sending:summary", args=place) + "#noidung")


def _clock() -> str:
    return f"{timezone.localtime():%H:%M}"


def _answer_script(unit: Unit, period: Period, sheet: Sheet) -> JsonResponse:
    """{saved_at, versions: {code: version}} or {problems, cells: {code: {message, theirs…}}}."""
    if sheet.is_refused or sheet.problems:
        return JsonResponse(_refusal(sheet), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    stored = return_of(unit, period)
    changed = {line.code for line in sheet.lines if line.told is not None}
    versions = {row.code: row.version for row in stored.inputs if row.code in changed}
    return JsonResponse({"saved_at": _clock(), "versions": versions})


def _refusal(sheet: Sheet) -> dict[str, object]:
    return {
        "problems": [str(problem) for problem in sheet.problems],
        "cells": {
            line.code: {
                "message": line.error,
                **(
                    {
                        "theirs": shown(line.row),
                        "theirs_na": line.row.excuse,
                        "theirs_note": line.row.note,
                        "by": line.row.entered_by,
                        "version": line.row.version,
                    }
                    if line.is_conflict
                    else {}
                ),
            }
            for line in sheet.lines
            if line.error
        },
    }


@policy(Policy.BY_UNIT)
@require_safe
def cells(request: SignedInRequest, code: str, period: str) -> JsonResponse:
    """What has been typed since `tu`, and the token to send with: the page's may be an old one."""
    found, span = _place(code, period)
    unit = access.require(request.user, Action.ENTER, found)
    told = arrived(unit, span, request.GET.get("tu", ""))
    return JsonResponse({**told, "token": get_token(request)})


@policy(Policy.BY_UNIT)
@require_safe
def definitions(request: SignedInRequest, code: str, period: str, digest: str) -> HttpResponse:
    """Rules and words for the script. What an address names never changes: kept for good."""
    found, span = _place(code, period)
    unit = access.require(request.user, Action.ENTER, found)
    told = page.definitions(return_of(unit, span))
    response = HttpResponse(f"window.definitions={told}", content_type="text/javascript")
    if page.digest_of(told) == digest:
        response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@policy(Policy.PUBLIC)
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that opens the pages without a network; at the root, or it may not have them."""
    path = Path(finders.find("sw.js") or settings.STATIC_ROOT / "sw.js")
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(path.read_bytes(), content_type="text/javascript", headers=headers)


@policy(Policy.PUBLIC)
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What stands in for a page that the device has not kept. The same for everybody."""
    response = render(request, "entry/offline.html")
    response["Cache-Control"] = "no-cache, private"
    return response


@policy(Policy.BY_UNIT)
@require_safe
def history(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    found, span = _place(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    changes = figure_history(unit, span)
    if not access.can(request.user, Action.ENTER, unit):
        changes = already_sent(changes, report_of(unit, span))
    context = {
        "unit": unit,
        "period": span,
        "changes": changes,
        "back": reverse("entry:report", args=[code, period]),
    }
    template = "entry/partials/_history.html" if request.htmx else "entry/history.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response
