"""What a visitor may do with a return, and the returns that wait beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.periods import Period
from reports.enums import UNDER_REVIEW, ReportState
from reports.models import Report
from reports.returns import Return
from reports.workflow import may_review_now


@dataclass(frozen=True, slots=True)
class Powers:
    """What the visitor may do here, and the words of the buttons."""

    may_review: bool
    may_reopen: bool
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


def powers_of(found: Return, official: Official, pending: int) -> Powers:
    report = found.report
    may_review = may_review_now(report, official)
    top = found.reviewers[-1] if found.reviewers else None
    my_units = {post.unit_id for post in access.reviewing_posts(official)}
    return Powers(
        may_review=may_review,
        may_reopen=report.state == ReportState.APPROVED and top is not None and top.pk in my_units,
        why_not="" if may_review else _why_not(found, official),
        endorse_words=_endorse_words(found),
        return_words=_("Trả lại {unit} ({count} chỉ tiêu)").format(
            unit=_kind(found.unit), count=pending
        ),
    )


def _kind(unit: Unit) -> str:
    return str(unit.tier).lower()


def _endorse_words(found: Return) -> str:
    tiers = [unit.tier for unit in found.reviewers]
    places = [place for place, tier in enumerate(tiers) if tier.pk == found.report.with_tier_id]
    if places and places[0] + 1 < len(tiers):
        return _("Duyệt, chuyển {tier}").format(tier=str(tiers[places[0] + 1]).lower())
    return _("Duyệt chính thức")


def _why_not(found: Return, official: Official) -> str:
    """Why the visitor can only read; "" for who never reviews this unit."""
    report = found.report
    if not access.can(official, Action.REVIEW, found.unit):
        return _("Chỉ xem: đồng chí không duyệt báo cáo của đơn vị này.")
    if not report.round:
        return _("Đơn vị chưa nộp; số liệu hiện ra khi báo cáo được gửi lên.")
    if report.state in UNDER_REVIEW:
        return _("Chỉ xem: báo cáo đang ở cấp {tier}.").format(tier=str(report.with_tier).lower())
    if report.state == ReportState.APPROVED:
        return _("Báo cáo đã duyệt chính thức.")
    return _("Báo cáo đang ở đơn vị để sửa; dưới đây là số của lần nộp gần nhất.")


def neighbours_of(unit: Unit, period: Period, official: Official) -> Neighbours | None:
    """In official order. None for who reviews nothing."""
    posts = access.reviewing_posts(official)
    if not posts:
        return None
    on_desk = Q()
    for post in posts:
        on_desk |= Q(with_tier=post.unit.tier_id, unit__upward__ancestor=post.unit_id)
    waiting = list(
        Report.objects.filter(on_desk, period=period.code, state__in=UNDER_REVIEW)
        .exclude(unit__in=[post.unit_id for post in posts])
        .order_by("unit__parent__code", "unit__code")
        .values_list("unit__parent__code", "unit__code")
        .distinct()
    )
    here = (unit.parent.code if unit.parent else None, unit.code)
    before = [code for parent, code in waiting if (parent or "", code) < (here[0] or "", here[1])]
    after = [code for parent, code in waiting if (parent or "", code) > (here[0] or "", here[1])]
    return Neighbours(
        position=waiting.index(here) + 1 if here in waiting else 0,
        total=len(waiting),
        before=before[-1] if before else "",
        after=after[0] if after else "",
    )
