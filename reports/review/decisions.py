"""From a sent form to the workflow. Each decision is one call; a refusal is a DomainError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes.models import Official
from indicators.models import Indicator
from povertyplan.lib.errors import DomainError, Problem
from reports import workflow
from reports.models import Report
from reports.review import words
from reports.review.desk import Desk
from reports.review.forms import Decision

ON_FIGURE = {
    Decision.ACCEPT,
    Decision.UNACCEPT,
    Decision.REQUEST,
    Decision.DROP,
    Decision.COMMENT,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked once more before a return leaves the desk; `lines` name the figures."""

    decision: str
    heading: str
    text: str
    lines: tuple[tuple[str, str, str], ...]
    button: str
    note: str


def decide(report: Report, told: dict[str, Any], *, by: Official) -> str:
    """Carry out one decision and return the words that say it is done.

    `told` is the cleaned form. Raises DomainError, and nothing is changed: also when the return
    has moved on since the page was made, so that nobody passes figures they have not seen.
    """
    decision = Decision(told["decision"])
    if decision in ON_FIGURE:
        return _on_figure(report, decision, told, by=by)
    return _on_return(report, decision, told, by=by)


def question(page: Desk, told: dict[str, Any]) -> Question | None:
    """What to ask before a return is sent back or passed on; None when there is nothing to ask.

    Lines are (code of the figure, its name, why it is named).
    """
    if told["confirmed"] or told["version"] != page.report.version or not page.powers.may_review:
        return None
    if told["decision"] == Decision.RETURN and page.marked:
        return _of_return(page, told["note"])
    if told["decision"] == Decision.ENDORSE and page.unlooked and not page.marked:
        return _of_endorsing(page, told["note"])
    return None


def _of_return(page: Desk, note: str) -> Question:
    count = len(page.marked)
    return Question(
        decision=Decision.RETURN,
        heading=ngettext(
            "Trả lại {unit} {count} chỉ tiêu?", "Trả lại {unit} {count} chỉ tiêu?", count
        ).format(unit=page.unit.name_in_sentence, count=count),
        text=_who_receives(page),
        lines=tuple(
            (row.code, row.label, row.pending.body)
            for row in page.marked
            if row.pending is not None
        ),
        button=page.powers.return_words,
        note=note,
    )


def _who_receives(page: Desk) -> str:
    """Nobody is promised where nobody enters for the unit."""
    if page.is_unheard:
        outside = _("Các số này tạm thời không tính vào số tổng hợp cho tới khi đơn vị nộp lại.")
        return f"{words.unheard()} {outside}"
    return _(
        "Cán bộ nhập số liệu của {unit} nhận lại các chỉ tiêu dưới đây kèm lý do. "
        "Các số này tạm thời không tính vào số tổng hợp cho tới khi đơn vị nộp lại."
    ).format(unit=page.unit.name_in_sentence)


def _of_endorsing(page: Desk, note: str) -> Question:
    count = len(page.unlooked)
    return Question(
        decision=Decision.ENDORSE,
        heading=ngettext(
            "Còn {count} chỉ tiêu cần xem mà chưa xem. Vẫn duyệt?",
            "Còn {count} chỉ tiêu cần xem mà chưa xem. Vẫn duyệt?",
            count,
        ).format(count=count),
        text=_("Duyệt báo cáo là nhận các số này đúng. Bấm tên chỉ tiêu để xem trước."),
        lines=tuple((row.code, row.label, row.reasons) for row in page.unlooked),
        button=page.powers.endorse_words,
        note=note,
    )


def _on_figure(report: Report, decision: Decision, told: dict[str, Any], *, by: Official) -> str:
    indicator = Indicator.objects.filter(code=told["indicator"]).first()
    if indicator is None:
        raise DomainError(Problem(_("Không có chỉ tiêu này."), told["indicator"]))
    seen, body, name = told["version"], told["body"], indicator.name
    if decision is Decision.REQUEST:
        workflow.request_change(report=report, indicator=indicator, body=body, by=by, seen=seen)
        return _("Đã đánh dấu trả lại: {name}.").format(name=name)
    if decision is Decision.DROP:
        workflow.drop_request(report=report, indicator=indicator, by=by, seen=seen)
        return _("Đã bỏ dấu trả lại: {name}.").format(name=name)
    if decision is Decision.ACCEPT:
        workflow.accept(report=report, indicator=indicator, by=by, seen=seen)
        return _("Đã chấp nhận: {name}.").format(name=name)
    if decision is Decision.UNACCEPT:
        workflow.take_back_acceptance(report=report, indicator=indicator, by=by, seen=seen)
        return _("Đã bỏ chấp nhận: {name}.").format(name=name)
    workflow.comment(report=report, indicator=indicator, body=body, by=by)
    return _("Đã gửi ý kiến về: {name}. Số liệu không bị trả lại.").format(name=name)


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
