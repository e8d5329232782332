"""A notice in words, at the time of reading: its sentence, the subject of its letter, its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.enums import Stage
from indicators.periods import Period
from plans.evaluators import Verdict
from plans.pages.verdicts import MARKS
from povertyplan.lib.bilingual import in_words
from reports.enums import NoticeKind
from reports.models import Notice

LOOKS: dict[str, tuple[str, str]] = {
    NoticeKind.OPENED: ("pen", "s-info"),
    NoticeKind.DUE_SOON: ("clock", "s-risk"),
    NoticeKind.OVERDUE: ("flag", "s-late"),
    NoticeKind.REMINDED: ("flag", "s-risk"),
    NoticeKind.SUBMITTED: ("clock", "s-info"),
    NoticeKind.RETURNED: ("back", "s-late"),
    NoticeKind.ENDORSED: ("stamp", "s-track"),
    NoticeKind.APPROVED: ("stamp", "s-met"),
    NoticeKind.REOPENED: ("pen", "s-risk"),
    NoticeKind.COMMENTED: ("chat", "s-info"),
    NoticeKind.WORSENED: ("risk", "s-late"),
}
"""Icon of the sprite and colour of each kind."""


@dataclass(frozen=True, slots=True)
class Said:
    """`text`: whole sentences; `note`: what somebody added, in their own words; `path` begins
    with a slash, "" where nothing is left to lead to."""

    subject: str
    text: str
    note: str
    path: str


def said(notice: Notice) -> Said:
    """The words of a notice; its unit loaded. No query."""
    names = _names(notice)
    text, subject = _TEXTS[notice.kind](notice, names)
    return Said(
        subject=subject.format(**names),
        text=text.format(**names),
        note=str(notice.told.get("note", "")),
        path=_path(notice),
    )


Names = dict[str, Any]
Words = tuple[str, str]
"""The sentence and the subject, with places for names."""


def _names(notice: Notice) -> Names:
    told = notice.told
    return {
        **{key: value for key, value in told.items() if isinstance(value, str | int)},
        "figure": in_words(str(told.get("figure", "")), str(told.get("figure_en", ""))),
        "unit": notice.unit.name_in_sentence if notice.unit else "",
        "period": Period.parse(notice.period).label if notice.period else "",
        "due": _day(told.get("due")),
        "on": _day(told.get("on")),
        "days": abs(int(told.get("days", 0))),
        "tier": str(told.get("tier", "")).lower(),
    }


def _day(told: object) -> str:
    return f"{date.fromisoformat(told):%d/%m/%Y}" if isinstance(told, str) and told else ""


def _opened(_notice: Notice, _names: Names) -> Words:
    return (
        _("Đã mở nhập báo cáo {period} của {unit}; hạn nộp {due}."),
        _("Mở nhập báo cáo {period}"),
    )


def _due_soon(_notice: Notice, _names: Names) -> Words:
    return (
        _("Báo cáo {period} của {unit} còn {days} ngày đến hạn {due}; đã nhập {done}/{total} ô."),
        _("Báo cáo {period}: còn {days} ngày đến hạn"),
    )


def _overdue(notice: Notice, _names: Names) -> Words:
    if "below" in notice.told:
        return (
            _("Đến ngày {on} có {below} đơn vị của {unit} quá hạn nộp báo cáo {period}."),
            _("{below} đơn vị quá hạn nộp báo cáo {period}"),
        )
    return (
        _("Báo cáo {period} của {unit} đã quá hạn nộp {due}; đã nhập {done}/{total} ô."),
        _("Báo cáo {period} đã quá hạn nộp"),
    )


def _reminded(notice: Notice, names: Names) -> Words:
    subject = _("Nhắc nộp báo cáo {period}")
    if names["due"]:
        return _("{post} nhắc {unit} nộp báo cáo {period}, hạn nộp {due}."), subject
    return _("{post} nhắc {unit} nộp báo cáo {period}."), subject


def _submitted(notice: Notice, _names: Names) -> Words:
    subject = _("Báo cáo chờ duyệt: {unit}")
    if notice.told.get("step") == "endorse":
        return _("Báo cáo {period} của {unit} đã được cấp dưới duyệt, chờ đồng chí duyệt."), subject
    if int(notice.told.get("round", 1)) > 1:
        return _("{unit} đã sửa và nộp lại báo cáo {period} (lần {round}), chờ duyệt."), subject
    return _("{unit} đã nộp báo cáo {period}, chờ duyệt."), subject


def _returned(notice: Notice, names: Names) -> Words:
    kept = notice.told.get("figures", [])
    english = notice.told.get("figures_en", [])
    figures = [in_words(*told) for told in zip_longest(kept, english[: len(kept)], fillvalue="")]
    more = int(notice.told.get("count", 0)) - len(figures)
    reasons = notice.told.get("reasons", [])
    names["list"] = "; ".join(
        f"{figure} (“{reason}”)" if reason else figure
        for figure, reason in zip_longest(figures, reasons[: len(figures)])
    )
    names["more"] = more
    subject = _("Báo cáo {period} bị trả lại {count} chỉ tiêu")
    if more > 0:
        return (
            _(
                "Báo cáo {period} của {unit} bị trả lại {count} chỉ tiêu: {list} "
                "và {more} chỉ tiêu khác."
            ),
            subject,
        )
    return _("Báo cáo {period} của {unit} bị trả lại {count} chỉ tiêu: {list}."), subject


def _endorsed(_notice: Notice, _names: Names) -> Words:
    return (
        _("Báo cáo {period} của {unit} đã được duyệt và chuyển lên cấp {tier}."),
        _("Báo cáo {period} đã chuyển lên cấp {tier}"),
    )


def _approved(_notice: Notice, _names: Names) -> Words:
    return (
        _("Báo cáo {period} của {unit} đã được duyệt chính thức."),
        _("Báo cáo {period} đã duyệt chính thức"),
    )


def _reopened(_notice: Notice, _names: Names) -> Words:
    return (
        _("Báo cáo {period} của {unit} được mở lại để sửa."),
        _("Báo cáo {period} được mở lại để sửa"),
    )


def _commented(_notice: Notice, _names: Names) -> Words:
    return (
        _("{post} có ý kiến về “{figure}” trong báo cáo {period} của {unit}: {body}"),
        _("Ý kiến về báo cáo {period}: {unit}"),
    )


def _worsened(notice: Notice, names: Names) -> Words:
    for key in ("verdict", "was"):
        names[key] = str(MARKS[Verdict(notice.told[key])].label)
    names["stage"] = str(Stage(notice.told["stage"]).label).lower()
    return (
        _("{document}: “{label}” {period} chuyển từ “{was}” sang “{verdict}” (số {stage})."),
        _("{verdict}: {label}"),
    )


_TEXTS: dict[str, Callable[[Notice, Names], Words]] = {
    NoticeKind.OPENED: _opened,
    NoticeKind.DUE_SOON: _due_soon,
    NoticeKind.OVERDUE: _overdue,
    NoticeKind.REMINDED: _reminded,
    NoticeKind.SUBMITTED: _submitted,
    NoticeKind.RETURNED: _returned,
    NoticeKind.ENDORSED: _endorsed,
    NoticeKind.APPROVED: _approved,
    NoticeKind.REOPENED: _reopened,
    NoticeKind.COMMENTED: _commented,
    NoticeKind.WORSENED: _worsened,
}


def _path(notice: Notice) -> str:
    told = notice.told
    if notice.kind == NoticeKind.WORSENED:
        return reverse("plans:target", args=[told["plan"], told["target"]])
    if notice.unit is None or not notice.period:
        return ""
    where = [notice.unit.code, notice.period]
    if "below" in told:
        return reverse("review:tracker", args=where) + "?loc=qua-han"
    if notice.kind == NoticeKind.SUBMITTED or told.get("desk"):
        return reverse("review:report", args=where)
    if notice.kind == NoticeKind.COMMENTED and not told.get("to_unit"):
        return reverse("review:report", args=where) + f"?o={told['code']}"
    return reverse("entry:report", args=where)
