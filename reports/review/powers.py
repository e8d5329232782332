"""What a visitor may do with a return, and the returns that wait beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.periods import Period
from reports.enums import UNDER_REVIEW, ReportState
from reports.models import Report
from reports.returns import Return
from reports.review.desks import on_desk_of
from reports.workflow import holds_desk, next_desk, speaking_post, why_not_review


@dataclass(frozen=True, slots=True)
class Powers:
    """What the visitor may do here, and the words of the buttons.

    `may_delegate`: the unit whose desk they may hand on, as an address names it, or empty.
    """

    may_review: bool
    may_reopen: bool
    may_comment: bool
    may_delegate: str
    why_not: str
    endorse_words: str
    return_words: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The returns of the period on the visitor's desk: how many, and those beside this one.

    `position` is 0 when this return is not, or no longer, among them.
    """

    position: int
    total: int
    before: str
    after: str


def powers_of(found: Return, official: Official) -> Powers:
    report = found.report
    pending = sum(row.request is not None and row.request.event_id is None for row in found.inputs)
    refusal = why_not_review(report, official) if report.pk else ""
    may_review = bool(report.pk) and not refusal
    top = found.reviewers[-1] if found.reviewers else None
    my_units = {post.unit_id for post in access.reviewing_posts(official)}
    own = [unit for unit in found.reviewers if access.can_delegate(official, unit)]
    return Powers(
        may_review=may_review,
        may_reopen=report.state == ReportState.APPROVED and top is not None and top.pk in my_units,
        may_comment=report.round > 0 and speaking_post(report, official) is not None,
        may_delegate=own[0].reference if own else "",
        why_not="" if may_review else _why_not(found, official, refusal),
        endorse_words=_endorse_words(report),
        return_words=_("Trả lại {unit} ({count} chỉ tiêu)").format(
            unit=_kind(found.unit), count=pending
        ),
    )


def _kind(unit: Unit) -> str:
    return str(unit.tier).lower()


def _endorse_words(report: Report) -> str:
    above = next_desk(report) if report.state in UNDER_REVIEW else None
    if above is not None:
        return _("Duyệt, chuyển {tier}").format(tier=str(above.tier).lower())
    return _("Duyệt chính thức")


def _why_not(found: Return, official: Official, refusal: str) -> str:
    """Why the visitor can only read; "" for who never reviews this unit."""
    report = found.report
    if not access.can(official, Action.REVIEW, found.unit):
        return _("Chỉ xem: đồng chí không duyệt báo cáo của đơn vị này.")
    if not report.round:
        return _("Đơn vị chưa nộp; số liệu hiện ra khi báo cáo được gửi lên.")
    if report.state in UNDER_REVIEW:
        if holds_desk(report, official):
            return _("Chỉ xem. {why}").format(why=refusal)
        return _("Chỉ xem: báo cáo đang ở cấp {tier}.").format(tier=str(report.with_tier).lower())
    if report.state == ReportState.APPROVED:
        return _("Báo cáo đã duyệt chính thức.")
    return _("Báo cáo đang ở đơn vị để sửa; dưới đây là số của lần nộp gần nhất.")


def neighbours_of(unit: Unit, period: Period, official: Official) -> Neighbours | None:
    """In official order. None for who reviews nothing."""
    posts = access.reviewing_posts(official)
    if not posts:
        return None
    reports = list(
        Report.objects.filter(
            unit__upward__ancestor__in=[post.unit_id for post in posts],
            period=period.code,
            state__in=UNDER_REVIEW,
        )
        .select_related("unit__tier", "unit__parent", "with_tier")
        .order_by("unit__parent__code", "unit__code")
        .distinct()
    )
    mine = on_desk_of(official, reports)
    waiting = [
        (row.unit.parent.code if row.unit.parent else None, row.unit.code)
        for row in reports
        if row.pk in mine
    ]
    here = (unit.parent.code if unit.parent else None, unit.code)
    before = [code for parent, code in waiting if (parent or "", code) < (here[0] or "", here[1])]
    after = [code for parent, code in waiting if (parent or "", code) > (here[0] or "", here[1])]
    return Neighbours(
        position=waiting.index(here) + 1 if here in waiting else 0,
        total=len(waiting),
        before=before[-1] if before else "",
        after=after[0] if after else "",
    )
