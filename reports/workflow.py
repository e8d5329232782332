"""The way of a return: draft → submitted → returned or endorsed → approved → reopened.

Runs over as many reviewing tiers as the hierarchy has. Every step is an event: who, in
which post, when, what it covered. A refusal (DomainError) changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Post, Unit
from indicators import recording
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError, Problem
from reports.enums import UNDER_REVIEW, ReportState, Step
from reports.models import Comment, Report, ReportEvent
from reports.returns import (
    Return,
    changed_since,
    deadline_of,
    form_of,
    need_editable,
    need_open,
    nobody_above,
    obstacles,
    plain,
    return_of,
    reviewers_of,
)

NOTE_LENGTH = 1000
"""Of what the sender tells the reviewer."""

# -- the unit's side --------------------------------------------------------------------------


@transaction.atomic
def save_draft(
    *, unit: Unit, period: Period, entries: Sequence[Entry], by: Official
) -> list[Result]:
    """Keep what an officer typed. Counts nowhere until submitted.

    Raises Http404/PermissionDenied for who may not enter here, DomainError with every bad cell.
    """
    access.require(by, Action.ENTER, unit)
    return _keep_draft(unit, period, entries, by)


@transaction.atomic
def hand_in(*, unit: Unit, period: Period, entries: Sequence[Entry], by: Official) -> list[Result]:
    """Keep what came for the unit on a table of its district. As `save_draft`, and as its draft.

    Who hands in for a unit has entered its figures, and so does not review them.
    """
    access.require(by, Action.HAND_IN, unit)
    return _keep_draft(unit, period, entries, by)


def _keep_draft(unit: Unit, period: Period, entries: Sequence[Entry], by: Official) -> list[Result]:
    report = _locked_report(unit, period)
    need_editable(report)
    current = return_of(unit, period)
    need_open(report, current.deadline)
    _refuse_locked(current, entries)
    report.save()
    typed = {entry.indicator.pk for entry in entries}
    locked = [
        Entry(unit, row.indicator, period, row.answer, row.value, note=row.note)
        for row in current.inputs
        if row.is_locked and row.indicator.pk not in typed
    ]
    return recording.record_results([*entries, *locked], by=by, reason=_reason(report))


def _reason(report: Report) -> str:
    if report.state == ReportState.RETURNED:
        return _("Sửa sau khi bị trả lại lần {round}").format(round=report.round)
    if report.state == ReportState.REOPENED:
        return _("Sửa sau khi mở lại")
    return _("Nhập nháp")


def _refuse_locked(current: Return, entries: Sequence[Entry]) -> None:
    locked = {row.indicator.pk: row for row in current.inputs if row.is_locked}
    problems = [
        Problem(
            row.why_locked,
            where=entry.indicator.name,
            key=entry.indicator.code,
        )
        for entry in entries
        if (row := locked.get(entry.indicator.pk))
        and (entry.answer, entry.value) != (row.answer, row.value)
    ]
    if problems:
        raise DomainError(problems)


@transaction.atomic
def submit(
    *, unit: Unit, period: Period, by: Official, note: str = "", seen: str | None = None
) -> Report:
    """Send the return to the tier above; its figures count as provisional from now on.

    `seen` is the state the signer looked at (`returns.seen_in`); None does not check it.
    Raises DomainError listing what stands in the way: what has changed since, cells without an
    answer, rules that do not hold, warnings without a reason.
    """
    access.require(by, Action.ENTER, unit)
    report = _locked_report(unit, period)
    need_editable(report)
    _need_short(note)
    save_draft(unit=unit, period=period, entries=[], by=by)
    current = return_of(unit, period)
    problems = changed_since(current, seen) if seen is not None else []
    problems = problems or obstacles(current)
    if problems:
        raise DomainError(problems)
    if not current.reviewers:
        raise DomainError(nobody_above())
    report.round += 1
    report.state = ReportState.SUBMITTED
    report.with_tier = current.reviewers[0].tier
    report.submitted_at = timezone.now()
    _save(report)
    asked = [row.indicator for row in current.inputs]
    recording.submit_results(
        unit=unit,
        period=period,
        indicators=asked,
        by=by,
        reason=_("Nộp lần {round}").format(round=report.round),
    )
    open_requests = Comment.objects.filter(
        report=report, asks_for_change=True, settled_at__isnull=True
    )
    open_requests.update(settled_at=timezone.now())
    post = _post(by, Role.OFFICER, unit)
    _record(report, Step.SUBMIT, by=by, post=post, note=note, asked=asked)
    return report


def post_of_signer(by: Official, unit: Unit) -> str:
    """The post in which an official signs for a unit, as events keep it."""
    return _label(_post(by, Role.OFFICER, unit))


def _need_short(note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise DomainError(
            Problem(
                _("Lời nhắn dài {length} chữ, không được quá {limit}. Rút gọn lại.").format(
                    length=len(note), limit=NOTE_LENGTH
                ),
                where=_("Lời nhắn cho nơi nhận"),
            )
        )


# -- the reviewer's side -----------------------------------------------------------------------


@transaction.atomic
def request_change(
    *, report: Report, indicator: Indicator, body: str, by: Official, seen: int | None = None
) -> Comment:
    """Note on one figure that it is wrong and why; sent to the unit with `return_report`."""
    report = _on_desk(report, by, seen)
    if not body.strip():
        raise DomainError(Problem(_("Ghi rõ chỉ tiêu này sai gì, xã cần làm gì."), indicator.name))
    row = return_of(report.unit, report.span).row(indicator.code)
    if row is None:
        raise DomainError(Problem(_("Chỉ tiêu này không có trong báo cáo."), indicator.name))
    if row.is_opening:
        raise DomainError(
            Problem(
                _(
                    "Ô này lấy từ số cuối kỳ năm trước, đơn vị không sửa được ở báo cáo này. "
                    "Sai thì mở lại báo cáo năm trước."
                ),
                indicator.name,
            )
        )
    fact = Result.objects.filter(
        unit=report.unit, period=report.period, indicator=indicator
    ).first()
    comment, _created = Comment.objects.update_or_create(
        report=report,
        indicator=indicator,
        asks_for_change=True,
        settled_at=None,
        defaults={
            "round": report.round,
            "by": by,
            "post_label": _label(_reviewer_post(report, by)),
            "at": timezone.now(),
            "body": body.strip(),
            "value_then": plain(fact.submitted_answer, fact.submitted_value) if fact else "",
        },
    )
    return comment


@transaction.atomic
def drop_request(
    *, report: Report, indicator: Indicator, by: Official, seen: int | None = None
) -> None:
    """Take back a request that has not been sent yet."""
    report = _on_desk(report, by, seen)
    _pending(report).filter(indicator=indicator).delete()


@transaction.atomic
def return_report(
    *, report: Report, by: Official, note: str = "", seen: int | None = None
) -> Report:
    """Send the return back for the figures that were found wrong; those stop counting."""
    report = _on_desk(report, by, seen)
    pending = list(_pending(report).select_related("indicator"))
    if not pending:
        raise DomainError(
            _("Chưa chọn chỉ tiêu nào để trả lại. Bấm “Trả lại ô này” và ghi lý do trước.")
        )
    post = _reviewer_post(report, by)
    report.state, report.with_tier = ReportState.RETURNED, None
    _save(report)
    recording.withdraw_results(
        unit=report.unit,
        period=report.span,
        indicators=[comment.indicator for comment in pending],
        by=by,
        reason=_("Trả lại lần {round}").format(round=report.round),
    )
    event = _record(report, Step.RETURN, by=by, post=post, note=note)
    Comment.objects.filter(pk__in=[comment.pk for comment in pending]).update(event=event)
    return report


@transaction.atomic
def endorse(*, report: Report, by: Official, note: str = "", seen: int | None = None) -> Report:
    """Pass the return on to the next tier; at the top reviewing tier it becomes official."""
    report = _on_desk(report, by, seen)
    if _pending(report).exists():
        raise DomainError(_("Còn chỉ tiêu đánh dấu trả lại. Trả báo cáo, hoặc bỏ dấu trả lại."))
    post = _reviewer_post(report, by)
    tiers = [unit.tier for unit in reviewers_of(report.unit)]
    position = [tier.pk for tier in tiers].index(report.with_tier_id or 0)
    if position + 1 < len(tiers):
        report.state, report.with_tier = ReportState.ENDORSED, tiers[position + 1]
        _save(report)
        _record(report, Step.ENDORSE, by=by, post=post, note=note)
        return report
    report.state, report.with_tier = ReportState.APPROVED, None
    _save(report)
    recording.approve_results(
        unit=report.unit,
        period=report.span,
        indicators=form_of(report.unit, report.span),
        by=by,
        reason=_("Duyệt chính thức"),
    )
    _record(report, Step.APPROVE, by=by, post=post, note=note)
    return report


@transaction.atomic
def reopen(*, report: Report, by: Official, reason: str, seen: int | None = None) -> Report:
    """Open an approved return for a correction. What was official stays so until approved anew."""
    access.require(by, Action.REVIEW, report.unit)
    report = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    _need_unchanged(report, seen)
    if report.state != ReportState.APPROVED:
        raise DomainError(_("Chỉ mở lại được báo cáo đã duyệt chính thức."))
    if not reason.strip():
        raise DomainError(_("Ghi lý do mở lại báo cáo."))
    post = _post(by, Role.REVIEWER, reviewers_of(report.unit)[-1])
    if post is None:
        raise DomainError(_("Báo cáo đã duyệt chính thức chỉ do cấp duyệt cuối cùng mở lại."))
    report.state = ReportState.REOPENED
    _save(report)
    _record(report, Step.REOPEN, by=by, post=post, note=reason.strip())
    return report


# -- shared ---------------------------------------------------------------------------------------


def may_review_now(report: Report, official: Official) -> bool:
    """Is the return on this official's desk?"""
    return report.state in UNDER_REVIEW and _reviewer_post(report, official) is not None


def report_to_enter(unit: Unit, period: Period) -> Report:
    """The report, locked as for typing: what belongs to its figures is changed with them.

    Raises DomainError while the unit may not write in it. Who asks is the caller's to check.
    """
    report = _locked_report(unit, period)
    need_editable(report)
    need_open(report, deadline_of(unit, period))
    return report


def _locked_report(unit: Unit, period: Period) -> Report:
    """The report, locked until the end of the transaction; a first draft is created.

    Created by an insert that ignores a rival's, so that two officers opening the first draft
    at once get the same row.
    """
    Report.objects.bulk_create([Report(unit=unit, period=period.code)], ignore_conflicts=True)
    return (
        Report.objects.select_for_update(of=("self",))
        .select_related("unit__tier", "with_tier")
        .get(unit=unit, period=period.code)
    )


def _on_desk(report: Report, by: Official, seen: int | None) -> Report:
    """The report, locked, if it is on this reviewer's desk and they did not enter it themselves.

    `seen` is the version the reviewer looked at; None does not check it.
    """
    access.require(by, Action.REVIEW, report.unit)
    report = (
        Report.objects.select_for_update(of=("self",))
        .select_related("unit__tier", "with_tier")
        .get(pk=report.pk)
    )
    if report.state not in UNDER_REVIEW:
        raise DomainError(
            _("Báo cáo đang ở trạng thái “{state}”, không có gì để duyệt. Tải lại trang.").format(
                state=report.get_state_display()
            )
        )
    if _reviewer_post(report, by) is None:
        raise DomainError(
            _("Báo cáo đang ở cấp {tier}; đồng chí chưa duyệt được bước này.").format(
                tier=str(report.with_tier).lower()
            )
        )
    _need_unchanged(report, seen)
    if _has_entered(report, by):
        raise DomainError(_("Người nhập số không được duyệt báo cáo của chính mình."))
    return report


def _need_unchanged(report: Report, seen: int | None) -> None:
    """Nobody decides on what they have not seen: compared under the row lock."""
    if seen is not None and seen != report.version:
        raise DomainError(
            _("Báo cáo đã thay đổi từ lúc mở trang. Xem lại số hiện nay rồi quyết định.")
        )


def _has_entered(report: Report, official: Official) -> bool:
    """Did this person type any of the figures, or send this round?"""
    typed = Result.objects.filter(unit=report.unit, period=report.period, entered_by=official)
    sent = report.events.filter(step=Step.SUBMIT, round=report.round, by=official)
    return typed.exists() or sent.exists()


def _reviewer_post(report: Report, official: Official) -> Post | None:
    for unit in reviewers_of(report.unit):
        if unit.tier_id == report.with_tier_id:
            return _post(official, Role.REVIEWER, unit)
    return None


def _post(official: Official, role: str, unit: Unit) -> Post | None:
    posts = access.current_posts(official)
    return next((post for post in posts if post.role == role and post.unit_id == unit.pk), None)


def _label(post: Post | None) -> str:
    if post is None:
        return ""
    return f"{post.title or post.get_role_display()}, {post.unit.name_in_sentence}"


def _pending(report: Report) -> QuerySet[Comment]:
    return Comment.objects.filter(
        report=report, asks_for_change=True, settled_at__isnull=True, event__isnull=True
    )


def _save(report: Report) -> None:
    report.version += 1
    report.save(update_fields=["state", "with_tier", "round", "submitted_at", "version"])


def _record(
    report: Report,
    step: str,
    *,
    by: Official,
    post: Post | None,
    note: str,
    asked: Sequence[Indicator] | None = None,
) -> ReportEvent:
    """Keep the step with the figures it covers, those `asked` for or all: [code, figure, note]."""
    facts = Result.objects.filter(unit=report.unit, period=report.period).exclude(
        answer=Answer.MISSING
    )
    if asked is not None:
        facts = facts.filter(indicator__in=asked)
    covered = [
        [code, plain(answer, value), *([told] if told else [])]
        for code, answer, value, told in facts.order_by("indicator__order").values_list(
            "indicator__code", "answer", "value", "note"
        )
    ]
    return ReportEvent.objects.create(
        report=report,
        step=step,
        round=report.round,
        by=by,
        post=post,
        post_label=_label(post),
        note=note.strip(),
        covered=covered,
    )
