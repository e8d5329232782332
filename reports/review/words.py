"""Where a return stands, in the words, icon and colour of the status vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.enums import ReportState
from reports.models import Report


@dataclass(frozen=True, slots=True)
class Status:
    """A status as shown: never by colour alone. `key` orders it in bars and lists."""

    key: str
    icon: str
    css: str
    words: str


OVERDUE = "late"
_LOOKS: dict[str | None, tuple[str, str]] = {
    None: ("circle", "s-none"),
    ReportState.DRAFT: ("pen", "s-risk"),
    ReportState.SUBMITTED: ("clock", "s-info"),
    ReportState.RETURNED: ("back", "s-late"),
    ReportState.ENDORSED: ("stamp", "s-track"),
    ReportState.APPROVED: ("stamp", "s-met"),
    ReportState.REOPENED: ("pen", "s-risk"),
}


def status(
    state: str | None, *, progress: str = "", waits_for: str = "", returned: int = 0
) -> Status:
    """The status of a return; `state` None means that nothing has been entered.

    `progress` as 12/26, `waits_for` the name of the tier that has it, `returned` figures sent back.
    """
    icon, css = _LOOKS[state]
    return Status(state or "none", icon, css, _words(state, progress, waits_for, returned))


def _words(state: str | None, progress: str, waits_for: str, returned: int) -> str:
    if state is None:
        return label(None)
    if state == ReportState.DRAFT:
        return _("Đang nhập {progress}").format(progress=progress).strip()
    if state == ReportState.RETURNED and returned:
        return _("Trả lại {count} ô").format(count=returned)
    if state == ReportState.ENDORSED and waits_for:
        return _("Đã duyệt, chờ {tier}").format(tier=waits_for.lower())
    return str(ReportState(state).label)


def label(state: str | None) -> str:
    """The words of a state, said of several returns."""
    return _("Chưa nộp") if state is None else str(ReportState(state).label)


def is_new(report: Report) -> bool:
    """True while nobody has entered anything: the report stands in for a row not made yet."""
    return report._state.adding


def overdue() -> Status:
    return Status(OVERDUE, "flag", "s-late", _("Quá hạn"))


def sent_late(days: int) -> Status:
    """Of a return that has been sent."""
    return Status("sent-late", "clock", "s-risk", _("nộp chậm {days} ngày").format(days=days))


def unheard() -> str:
    """Said to who may send a return back to a unit that nobody enters for."""
    return " ".join(
        (
            _("Đơn vị chưa có tài khoản người nhập số liệu; số trả lại sẽ không ai nhận."),
            _(
                "Trước khi trả lại, báo quản trị cấp tài khoản cho người nhập của đơn vị; "
                "nếu gấp thì gọi điện cho đơn vị."
            ),
        )
    )


def of_report(report: Report) -> Status:
    """The status of one return on its own page."""
    if is_new(report):
        return status(None)
    return status(report.state, waits_for=str(report.with_tier or ""))
