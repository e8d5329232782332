"""All tables in one file: asking, watching, stopping, taking it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communes.access import Policy, policy
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.batches import ask_batch, batch_box, cancel_batch, file_of, find_batch
from reports.annexes.build import annexes_for
from reports.annexes.making import plain
from reports.annexes.pages import find_unit
from reports.enums import BatchState
from reports.models import AnnexBatch


def _place(request: HttpRequest, code: str, period: str) -> tuple[Unit, Period]:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    return find_unit(request.user, code, span), span


def _back(
    code: str, period: str, at: str, *, stage: str, plan: str, tier: str, reused: str = ""
) -> HttpResponse:
    """To the page, and on it to what is named `at`: the jobs, the button for the next, or the top.

    `plan`, `tier`: what was chosen, so that the page keeps it. `reused`: the file (pk) that was
    there already; the page says so beside it.
    """
    told = {"stage": stage, "plan": plan, "tier": tier, "da-co": reused}
    query = {name: value for name, value in told.items() if value}
    address = f"{reverse('annexes:list', args=[code, period])}?{urlencode(query)}"
    return redirect(f"{address}#{at}" if at else address)


@policy(Policy.BY_UNIT)
def batch(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """POST asks for the file; GET is the box alone, as the page asks for it while work goes on."""
    return _ask(request, code, period) if request.method == "POST" else _box(request, code, period)


@require_safe
def _box(request: HttpRequest, code: str, period: str) -> HttpResponse:
    unit, span = _place(request, code, period)
    box = batch_box(unit, span, annexes_for(unit, span), request.user)
    context = {"box": box, "address": code, "period": span, "stage": _stage(request.GET)}
    return render(request, "annexes/partials/_batches.html", context)


def _stage(told: QueryDict) -> str:
    asked = told.get("stage")
    return Stage.OFFICIAL if asked == Stage.OFFICIAL else Stage.PROVISIONAL


def _ask(request: HttpRequest, code: str, period: str) -> HttpResponse:
    unit, span = _place(request, code, period)
    stage, plan_code = _stage(request.POST), request.POST.get("plan", "")
    plans = {row.plan.code: row.plan for row in annexes_for(unit, span) if row.plan}
    if plan_code and plan_code not in plans:
        raise Http404(_("Không có kế hoạch này cho đơn vị."))
    chosen = {"stage": stage, "plan": plan_code, "tier": request.POST.get("tier", "")}
    try:
        found = ask_batch(
            unit=unit,
            period=span,
            stage=stage,
            plan=plans.get(plan_code),
            tier=chosen["tier"],
            by=cast(Official, request.user),
        )
    except DomainError as error:
        messages.error(request, str(error))
        return _back(code, period, "", **chosen)  # where the message stands
    reused = str(found.pk) if found.state == BatchState.DONE else ""
    return _back(code, period, "zip", reused=reused, **chosen)


@policy(Policy.BY_UNIT)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose job it is not is told nothing of it, whatever the method."""
    found = find_batch(pk, request.user)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    cancel_batch(batch=found, by=cast(Official, request.user))
    messages.success(request, _("Đã dừng lập tệp."))
    plan = found.plan.code if found.plan else ""
    chosen = {"stage": found.stage, "plan": plan, "tier": found.tier}
    return _back(found.unit.address, found.period, "lap-zip", **chosen)


@policy(Policy.BY_UNIT)
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = find_batch(pk, request.user)
    path = file_of(found)
    if path is None:
        raise Http404(_("Tệp này không còn trên máy chủ."))
    headers = {"Content-Encoding": "identity"}  # packed already; its length is told beforehand
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=_name(found),
        content_type="application/zip",
        headers=headers,
    )


def _name(found: AnnexBatch) -> str:
    where = plain(f"bieu {found.unit.short_name} {found.period} {found.get_stage_display()}")
    return f"{where}-ban-{found.number}.zip"
