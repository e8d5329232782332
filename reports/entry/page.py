"""What the entry page shows beside the form, and what its script is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official
from indicators.bands import ALIKE, DETAILS, NEED_A_REASON, Question
from indicators.checks import rules_as_json, rules_for
from indicators.models import ValidationRule
from reports.attached import evidence_of
from reports.entry.forms import Sheet, of_which
from reports.entry.specs import own_of, spec_of
from reports.history import reopenings, sent_requests, steps_of, why_reopened
from reports.models import Comment, ReportEvent
from reports.returns import Return, Standing, owed_by


def context_of(sheet: Sheet, official: Official) -> dict[str, Any]:
    """Everything the template of one return needs. Queries do not grow with the form."""
    current = sheet.current
    may_type = current.report.is_editable and access.can(official, Action.ENTER, current.unit)
    steps, attached = steps_of(current.report), evidence_of(current.report)
    for row in current.inputs:
        row.evidence = attached.get(row.indicator.pk, [])
    return {
        "sheet": sheet,
        "current": current,
        "report": current.report,
        "may_type": may_type,
        "reviewer": current.reviewers[0] if current.reviewers else None,
        "is_again": current.report.round > 0,
        "previous": current.period.shifted(-1),
        "steps": steps,
        "reopened": why_reopened(current.report, steps),
        "left_empty": len(current.missing) - len(current.to_answer),
        "due_note": due_note(current),
        "given": given_to_script(sheet, official) if may_type else None,
        "definitions": definitions_address(current) if may_type else "",
    }


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One return of the list: figures sent back to the unit, or why it was opened again."""

    standing: Standing
    requests: Sequence[Comment]
    reopened: ReportEvent | None


def owed_rows(official: Official) -> list[OwedRow]:
    """Every return the official's units owe or have sent, latest period first."""
    rows = owed_by(official)
    reports = [row.report for row in rows if row.report is not None]
    requests, reopened = sent_requests(reports), reopenings(reports)
    return [
        OwedRow(row, requests.get(pk, ()), reopened.get(pk))
        for row in rows
        for pk in [row.report.pk if row.report else 0]
    ]


def due_note(current: Return) -> str:
    """How long a return that is still with its unit has: còn 3 ngày; empty once it is past."""
    if current.deadline is None or not current.report.is_editable:
        return ""
    days = (current.deadline.due_on - timezone.localdate()).days
    if days < 0:
        return ""
    return _("còn {days} ngày").format(days=days) if days else _("hết hạn hôm nay")


def given_to_script(sheet: Sheet, official: Official) -> dict[str, str]:
    """Under which name the browser keeps what is typed, and since when it asks for news."""
    current = sheet.current
    for line in sheet.lines:
        line.own = own_of(line.row)
    return {
        "store": f"{official.pk}:{current.unit.pk}:{current.period.code}",
        "name": f"{current.unit.code}/{current.period.code}",
        "since": timezone.now().isoformat(),
    }


def definitions(current: Return) -> str:
    """Lines and rules of the form, what its script says and shows, as JSON.

    The same until one of them is edited.
    """
    lines = {row.code: spec_of(row) for row in current.rows}
    rules = rules_as_json(_checkable(current))
    for rule in rules:
        del rule["decimals"]  # the lines have them
    pieces = render_to_string("entry/partials/_pieces.html").strip()
    told = {"lines": lines, "rules": rules, "words": script_words(), "pieces": pieces}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def definitions_address(current: Return) -> str:
    """Names its content, so that it is fetched once and kept."""
    place = [current.unit.code, current.period.code, digest_of(definitions(current))]
    return reverse("entry:definitions", args=place)


def digest_of(told: str) -> str:
    return sha256(told.encode()).hexdigest()[:12]


def _checkable(current: Return) -> list[ValidationRule]:
    """Rules whose every figure stands on the form; the others can never be checked on it."""
    asked = {row.indicator.code for row in current.rows if row.kind != "change"}
    return [
        rule
        for rule in rules_for(current.unit, current.period)
        if {term.indicator.code for term in rule.terms.all()} <= asked
    ]


def script_words() -> dict[str, Any]:
    """What the script says, in the language of the page."""
    return {
        "bands": {
            question.value: [
                str(question.label),
                str(DETAILS[question]),
                question in NEED_A_REASON,
                question in ALIKE,
            ]
            for question in Question
        },
        "of_which": of_which(),
        "answer_of": _("Trả lời: {line}"),
        "note_of": _("Ghi chú: {line}"),
        "limit_points": _("{limit} điểm"),
        "saved": _("Đã lưu {time}"),
        "saving": _("Đang gửi…"),
        "kept": _("{count} ô đã giữ trên máy này, chưa gửi"),
        "failed": _("Không gửi được, đang thử lại – {count} ô đã lưu trên máy"),
        "offline": _("Đã lưu trên máy – chờ mạng – {count} ô"),
        "refused": _("{count} ô chưa lưu được, xem dòng báo lỗi"),
        "signed_out": _("Phiên làm việc đã hết; {count} ô vẫn giữ trên máy này."),
        "sign_in": _("Đăng nhập lại để gửi"),
        "sign_in_at": reverse("login"),
        "both": _("Người khác vừa sửa ô này. Chọn số cần giữ."),
        "both_mine": _("Đồng chí đã sửa ô này ở cửa sổ khác. Chọn số cần giữ."),
        "not_sent": _("Chưa nộp được: đang mất mạng. Số đã gõ giữ trên máy; có mạng thì bấm lại."),
        "not_sent_failing": _(
            "Chưa nộp được: máy chủ đang lỗi. Số đã gõ giữ trên máy; lát nữa bấm lại."
        ),
        "arrived": _("{by} vừa nhập {count} ô"),
        "draft_read": _("Đã đọc {count} ô từ tệp nháp."),
        "draft_not_read": _("Không phải tệp nháp của phần mềm này. Chọn tệp nhap-….json đã lưu."),
        "draft_of_another": _("Tệp nháp này của báo cáo khác ({of}). Mở đúng báo cáo rồi đọc lại."),
        "not_a_number": _("“{text}” không phải là số. Ghi dạng {example}, không kèm đơn vị."),
        "too_fine": _("“{text}” có quá nhiều chữ số lẻ; chỉ tiêu này ghi {wanted}."),
        "whole": _("số nguyên"),
        "digits": _("{count} chữ số thập phân"),
        "at_least": _("Phải từ {limit} trở lên."),
        "at_most": _("Không được quá {limit}."),
        "read_as": _("Hiểu là {number}."),
        "wait": _("chờ ô {number}"),
        "error": _("Lỗi phải sửa"),
        "warning": _("Cần ghi lý do"),
        "returned": _("Bị trả lại"),
        "edited": _("Đã sửa"),
        "edited_from": _("Đã sửa {old} → {new}, chờ nộp lại"),
        "not_edited": _("Chưa sửa từ khi bị trả lại"),
        "missing": _("Chưa nhập"),
        "conflict": _("Hai số khác nhau"),
        "na": _("Không áp dụng"),
        "none": _("Không có số liệu"),
        "why": _("Ghi lý do không có số liệu vào ô ghi chú."),
        "met": _("Đạt"),
        "risk": _("Nguy cơ"),
        "late": _("Chậm"),
        "points": _("{gap} điểm %"),
        "below": _("thấp hơn {gap}"),
        "above": _("cao hơn {gap}"),
        "equal": _("bằng kế hoạch"),
        "fill": _("Điền {number}"),
        "errors": _("{count} lỗi phải sửa"),
        "left": _("{count} chưa nhập"),
        "to_error": _("Đến lỗi đầu tiên"),
        "to_returned": _("Đến ô bị trả lại"),
        "to_missing": _("Đến ô chưa nhập"),
        "short_errors": _("{count} lỗi"),
        "no_box": _(
            "{count} số đã gõ trên máy này không nhập ở đây nữa, vì nay lấy từ nơi khác "
            "hoặc báo cáo không còn hỏi: {list}."
        ),
        "restored": _("Đã đưa lại {count} ô giữ trên máy này từ {time}, chưa gửi."),
        "took_last": _("Lấy số năm trước: ghi lý do"),
        "paste_wrong": _("Không điền. {fault}"),
        "paste_choice": _("“{text}” không có trong danh sách của ô này."),
        "paste_same": _("như cũ"),
        "paste_sum": _(
            "{count} ô sẽ được điền; {same} ô như cũ; {wrong} ô chưa đúng, không điền; "
            "{lost} dòng không thuộc biểu này."
        ),
        "pasted": _("Đã dán {count} ô, từ {first} đến {last}."),
    }
