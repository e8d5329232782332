"""Whose desk a return is on, and why somebody may not decide there."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Post, Unit
from indicators.models import Result
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.enums import UNDER_REVIEW, Step
from reports.models import RegisterEntry, Report
from reports.returns import reviewers_of
from reports.workflow.steps import post_of


def way_of(unit: Unit) -> list[Unit]:
    """The desks a return passes today, nearest first: two tiers, or one.

    A unit that has ended and where nobody reviews any more is passed over, so that a return of
    the time before a reorganisation does not wait at an empty desk. The top desk always stays.
    """
    found = reviewers_of(unit)
    return [desk for desk in found[:-1] if not _is_left(desk)] + found[-1:]


def _is_left(unit: Unit) -> bool:
    today = timezone.localdate()
    if unit.is_valid_on(today):
        return False
    return not Post.objects.filter(unit=unit, role=Role.REVIEWER).held_on(today).exists()


def desk_of(report: Report, way: Sequence[Unit] | None = None) -> Unit | None:
    """The unit that has the return before it: that of its tier, or the next that is still there."""
    if report.state not in UNDER_REVIEW or report.with_tier is None:
        return None
    way = way_of(report.unit) if way is None else way
    return next((unit for unit in way if unit.tier.rank <= report.with_tier.rank), None)


def next_desk(report: Report) -> Unit | None:
    """Where an endorsed return goes; None when this approval is the last."""
    way = way_of(report.unit)
    here = desk_of(report, way)
    after = [unit for unit in way if here is not None and unit.tier.rank < here.tier.rank]
    return after[0] if after else None


def reviewer_post(report: Report, official: Official) -> Post | None:
    """The post in which an official holds the desk the return is on."""
    here = desk_of(report)
    return post_of(official, Role.REVIEWER, here) if here is not None else None


def holds_desk(report: Report, official: Official) -> bool:
    """Is the return on a desk the official holds, whatever else stands in the way?"""
    return reviewer_post(report, official) is not None


def may_review_now(report: Report, official: Official) -> bool:
    """Is the return on this official's desk, and not one of a unit they enter for?"""
    return not enters_for(report, official) and reviewer_post(report, official) is not None


def why_not_review(report: Report, official: Official) -> str:
    """Why this official decides nothing on the return now, in a sentence; empty when they may."""
    if report.state not in UNDER_REVIEW:
        return _(
            "Báo cáo đang ở trạng thái “{state}”, không có gì để duyệt. Tải lại trang."
        ).format(state=report.get_state_display())
    if reviewer_post(report, official) is None:
        return _("Báo cáo đang ở cấp {tier}; đồng chí chưa duyệt được bước này.").format(
            tier=str(report.with_tier).lower()
        )
    if _has_entered(report, official):
        return _("Người nhập số không được duyệt báo cáo của chính mình.")
    if _has_endorsed(report, official):
        return _("Đồng chí đã duyệt báo cáo này ở cấp dưới; bước này do người khác duyệt.")
    if enters_for(report, official):
        return _(
            "Đồng chí đang giữ chức trách nhập số liệu của {unit}, "
            "nên không duyệt báo cáo của đơn vị này."
        ).format(unit=report.unit.name_in_sentence)
    return ""


def enters_for(report: Report, official: Official) -> bool:
    """Does the official hold an officer's post on the unit that reports?"""
    return post_of(official, Role.OFFICER, report.unit) is not None


def _has_entered(report: Report, official: Official) -> bool:
    """Did this person type any of the figures, write what they count, or send this round?"""
    typed = Result.objects.filter(unit=report.unit, period=report.period, entered_by=official)
    sent = report.events.filter(step=Step.SUBMIT, round=report.round, by=official)
    if typed.exists() or sent.exists():
        return True
    return bool(counted_by(official, [report.unit_id], report.span))


def counted_by(official: Official, units: Sequence[int], period: Period) -> set[int]:
    """Units (pks) in whose registers this person wrote a line that the period's figures count.

    Also one that was changed or taken out since: the figure rested on it.
    """
    written = RegisterEntry.history.filter(
        history_user=official,
        book__unit__in=units,
        book__counts_from__lte=period.start,
        happened_on__lte=period.end,
    )
    return set(written.values_list("book__unit", flat=True))


def _has_endorsed(report: Report, official: Official) -> bool:
    """Did this person pass this round on from a desk below? Each tier is another pair of eyes."""
    return report.events.filter(step=Step.ENDORSE, round=report.round, by=official).exists()


def on_desk(report: Report, by: Official, seen: int | None) -> Report:
    """The report, locked, if it is on this reviewer's desk and they did not enter it themselves.

    `seen` is the version the reviewer looked at; None does not check it.
    """
    access.require(by, Action.REVIEW, report.unit)
    report = locked(report)
    refusal = why_not_review(report, by)
    if seen is not None and not refusal:
        need_unchanged(report, seen)
    if refusal:
        raise DomainError(refusal)
    return report


def locked(report: Report) -> Report:
    return (
        Report.objects.select_for_update(of=("self",))
        .select_related("unit__tier", "with_tier")
        .get(pk=report.pk)
    )


def need_unchanged(report: Report, seen: int | None) -> None:
    """Nobody decides on what they have not seen: compared under the row lock."""
    if seen is not None and seen != report.version:
        raise DomainError(
            _("Báo cáo đã thay đổi từ lúc mở trang. Xem lại số hiện nay rồi quyết định.")
        )
