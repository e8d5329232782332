"""Ways to narrow the tracker, each a word in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from reports.enums import UNDER_REVIEW, ReportState

FILTERS = {
    "": _("Tất cả"),
    "cho-toi": _("Chờ đồng chí"),
    "con-no": _("Còn phải nộp"),
    "qua-han": _("Quá hạn"),
    "tra-lai": _("Trả lại"),
    "dang-nhap": _("Đang nhập"),
    "chua-nop": _("Chưa nộp"),
    "cho-duyet": _("Chờ duyệt"),
    "da-duyet": _("Đã duyệt"),
}
"""Key in the address → label, in the order of the page."""

_STATES: dict[str, tuple[str | None, ...]] = {
    "con-no": (None, ReportState.DRAFT, ReportState.RETURNED, ReportState.REOPENED),
    "tra-lai": (ReportState.RETURNED,),
    "dang-nhap": (ReportState.DRAFT, ReportState.REOPENED),
    "chua-nop": (None,),
    "cho-duyet": UNDER_REVIEW,
    "da-duyet": (ReportState.APPROVED,),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow the list, and how much it leaves."""

    key: str
    label: str
    count: int
    is_current: bool


class Tracked(Protocol):
    """What a filter asks of a row."""

    @property
    def state(self) -> str | None: ...
    @property
    def is_mine(self) -> bool: ...
    @property
    def is_overdue(self) -> bool: ...


def is_shown(row: Tracked, key: str) -> bool:
    if key == "cho-toi":
        return row.is_mine
    if key == "qua-han":
        return row.is_overdue
    return key not in _STATES or row.state in _STATES[key]
