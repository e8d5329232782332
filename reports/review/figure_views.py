"""One figure of several returns at once, and what is said of the figure of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from communes import access
from communes.access import Action, Policy, policy
from indicators.models import Indicator
from povertyplan.lib.errors import DomainError
from reports import workflow
from reports.returns import report_of
from reports.review.panel import SENTENCES
from reports.review.requests import PageRequest, place_of
from reports.review.several import FigurePage, figure_page, objections
from reports.review.talk import talk_of


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def figure(request: PageRequest, code: str, period: str, indicator: str) -> HttpResponse:
    found, span = place_of(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    page = figure_page(unit, span, indicator, request.user)
    if request.method == "POST":
        return _send_back(request, page)
    return _show(request, page)


def _send_back(request: PageRequest, page: FigurePage) -> HttpResponse:
    ticked = request.POST.getlist("unit")
    reason = request.POST.get("reason", "").strip() or request.POST.get("sentence", "")
    send = request.POST.get("step") == "send"
    asked = objections(page, request.POST, ticked, reason)
    if send and "confirmed" not in request.POST and asked and all(one.body for one in asked):
        return _show(
            request,
            page,
            ticked=ticked,
            reason=reason,
            typed=request.POST,
            asking=asked,
            unheard=page.unheard(asked),
        )
    try:
        done = workflow.request_changes(
            indicator=page.indicator, objections=asked, by=request.user, send=send
        )
    except DomainError as error:
        return _show(
            request,
            page,
            422,
            ticked=ticked,
            reason=reason,
            typed=request.POST,
            problems=error.problems,
        )
    messages.success(request, _told(len(done), is_sent=send))
    return redirect(request.path)


def _told(count: int, *, is_sent: bool) -> str:
    if is_sent:
        words = ngettext(
            "Đã trả lại báo cáo của {count} đơn vị.",
            "Đã trả lại báo cáo của {count} đơn vị.",
            count,
        )
    else:
        words = ngettext(
            "Đã đánh dấu trả lại ở {count} đơn vị; chưa gửi.",
            "Đã đánh dấu trả lại ở {count} đơn vị; chưa gửi.",
            count,
        )
    return words.format(count=count)


def _show(
    request: PageRequest, page: FigurePage, status: int = 200, **context: object
) -> HttpResponse:
    told = {"page": page, "sentences": SENTENCES, **context}
    return render(request, "review/figure.html", told, status=status)


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: PageRequest, code: str, period: str, indicator: str) -> HttpResponse:
    """What is said of one figure of one return; its unit and the desks above may answer."""
    found, span = place_of(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    report, asked = report_of(unit, span), Indicator.objects.filter(code=indicator).first()
    if asked is None:
        raise Http404(_("Không có chỉ tiêu này."))
    problems = []
    if request.method == "POST":
        try:
            workflow.comment(
                report=report, indicator=asked, body=request.POST.get("body", ""), by=request.user
            )
            messages.success(request, _("Đã gửi ý kiến."))
            return redirect(reverse("review:thread", args=[code, period, indicator]))
        except DomainError as error:
            problems = error.problems
    context = {
        "page": talk_of(report, asked, request.user),
        "problems": problems,
        "body": request.POST.get("body", ""),
    }
    return render(request, "review/thread.html", context, status=422 if problems else 200)
