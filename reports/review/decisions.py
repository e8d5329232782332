"""From a sent form to the workflow. Each decision is one call; a refusal is a DomainError."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from communes.models import Official
from indicators.models import Indicator
from povertyplan.lib.errors import DomainError, Problem
from reports import workflow
from reports.models import Report
from reports.review.forms import Decision


def decide(report: Report, told: dict[str, Any], *, by: Official) -> str:
    """Carry out one decision and return the words that say it is done.

    `told` is the cleaned form. Raises DomainError, and nothing is changed: also when the return
    has moved on since the page was made, so that nobody passes figures they have not seen.
    """
    decision = Decision(told["decision"])
    if decision in {Decision.REQUEST, Decision.DROP}:
        return _on_figure(report, decision, told, by=by)
    return _on_return(report, decision, told, by=by)


def _on_figure(report: Report, decision: Decision, told: dict[str, Any], *, by: Official) -> str:
    indicator = Indicator.objects.filter(code=told["indicator"]).first()
    if indicator is None:
        raise DomainError(Problem(_("Không có chỉ tiêu này."), told["indicator"]))
    if decision is Decision.REQUEST:
        workflow.request_change(
            report=report, indicator=indicator, body=told["body"], by=by, seen=told["version"]
        )
        return _("Đã đánh dấu trả lại: {name}.").format(name=indicator.name)
    workflow.drop_request(report=report, indicator=indicator, by=by, seen=told["version"])
    return _("Đã bỏ dấu trả lại: {name}.").format(name=indicator.name)


def _on_return(report: Report, decision: Decision, told: dict[str, Any], *, by: Official) -> str:
    unit = report.unit.name_in_sentence
    note, seen = told["note"], told["version"]
    if decision is Decision.RETURN:
        workflow.return_report(report=report, by=by, note=note, seen=seen)
        return _("Đã trả lại báo cáo của {unit}.").format(unit=unit)
    if decision is Decision.ENDORSE:
        moved = workflow.endorse(report=report, by=by, note=note, seen=seen)
        return _("Báo cáo của {unit}: {state}.").format(
            unit=unit, state=str(moved.get_state_display()).lower()
        )
    workflow.reopen(report=report, by=by, reason=note, seen=seen)
    return _("Đã mở lại báo cáo của {unit} để sửa.").format(unit=unit)
