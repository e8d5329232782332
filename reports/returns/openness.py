"""When a unit may write in its return: its state, and the days of the calendar."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from povertyplan.lib.errors import DomainError
from reports.enums import ReportState
from reports.models import Deadline, Report
from reports.returns.pieces import Return


def need_editable(report: Report) -> None:
    """Raises DomainError while the return is not with its unit."""
    if not report.is_editable:
        raise DomainError(
            _(
                "Báo cáo đang ở trạng thái “{state}”, không sửa được. "
                "Cần sửa thì đề nghị cấp trên trả lại."
            ).format(state=report.get_state_display())
        )


def need_open(report: Report, calendar: Deadline | None) -> None:
    """Within the calendar's days; what was sent back or reopened may be mended after they end."""
    today = timezone.localdate()
    if calendar is None:
        return
    if today < calendar.opens_on:
        raise DomainError(
            _("Kỳ báo cáo này mở nhập từ {day}.").format(day=f"{calendar.opens_on:%d/%m/%Y}")
        )
    is_first = report.state == ReportState.DRAFT
    if is_first and calendar.closes_on is not None and today > calendar.closes_on:
        raise DomainError(
            _("Kỳ báo cáo này đã khóa từ {day}. Cần nộp muộn thì đề nghị tỉnh gia hạn.").format(
                day=f"{calendar.closes_on:%d/%m/%Y}"
            )
        )


def closed_because(current: Return) -> str:
    """Why a return cannot be sent now, whatever its figures say; empty while it can."""
    try:
        need_editable(current.report)
        need_open(current.report, current.deadline)
    except DomainError as error:
        return str(error)
    return "" if current.reviewers else nobody_above()


def nobody_above() -> str:
    return _("Đơn vị này không có cấp trên để nộp báo cáo.")
