"""The reviewer's side: a return goes back, up, becomes official, or is opened again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official
from indicators import recording
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import recorded
from reports.enums import ReportState, Step
from reports.models import Comment, Report
from reports.returns import form_of, reviewers_of
from reports.workflow.desk import locked, need_unchanged, next_desk, on_desk, reviewer_post
from reports.workflow.steps import pending_of, post_of, record, save_step


@transaction.atomic
def return_report(
    *, report: Report, by: Official, note: str = "", seen: int | None = None
) -> Report:
    """Send the return back for the figures that were found wrong; those stop counting."""
    report = on_desk(report, by, seen)
    pending = list(pending_of(report).select_related("indicator"))
    if not pending:
        raise DomainError(
            _("Chưa chọn chỉ tiêu nào để trả lại. Bấm nút trả lại ở chỉ tiêu sai và ghi lý do.")
        )
    post = reviewer_post(report, by)
    report.state, report.with_tier = ReportState.RETURNED, None
    save_step(report)
    recording.withdraw_results(
        unit=report.unit,
        period=report.span,
        indicators=[comment.indicator for comment in pending],
        by=by,
        reason=recorded("Trả lại lần {round}", round=report.round),
    )
    event = record(report, Step.RETURN, by=by, post=post, note=note)
    Comment.objects.filter(pk__in=[comment.pk for comment in pending]).update(event=event)
    return report


@transaction.atomic
def endorse(*, report: Report, by: Official, note: str = "", seen: int | None = None) -> Report:
    """Pass the return on to the next tier; at the top reviewing tier it becomes official."""
    report = on_desk(report, by, seen)
    if pending_of(report).exists():
        raise DomainError(_("Còn chỉ tiêu đánh dấu trả lại. Trả báo cáo, hoặc bỏ dấu trả lại."))
    post = reviewer_post(report, by)
    above = next_desk(report)
    if above is not None:
        report.state, report.with_tier = ReportState.ENDORSED, above.tier
        save_step(report)
        record(report, Step.ENDORSE, by=by, post=post, note=note)
        return report
    report.state, report.with_tier = ReportState.APPROVED, None
    save_step(report)
    recording.approve_results(
        unit=report.unit,
        period=report.span,
        indicators=form_of(report.unit, report.span),
        by=by,
        reason=recorded("Duyệt chính thức"),
    )
    record(report, Step.APPROVE, by=by, post=post, note=note)
    return report


@transaction.atomic
def reopen(*, report: Report, by: Official, reason: str, seen: int | None = None) -> Report:
    """Open an approved return for a correction. What was official stays so until approved anew."""
    access.require(by, Action.REVIEW, report.unit)
    report = locked(report)
    need_unchanged(report, seen)
    if report.state != ReportState.APPROVED:
        raise DomainError(_("Chỉ mở lại được báo cáo đã duyệt chính thức."))
    if not reason.strip():
        raise DomainError(_("Ghi lý do mở lại báo cáo."))
    post = post_of(by, Role.REVIEWER, reviewers_of(report.unit)[-1])
    if post is None:
        raise DomainError(_("Báo cáo đã duyệt chính thức chỉ do cấp duyệt cuối cùng mở lại."))
    report.state = ReportState.REOPENED
    save_step(report)
    record(report, Step.REOPEN, by=by, post=post, note=reason.strip())
    return report
