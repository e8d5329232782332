"""What is said of single figures: right, wrong and why, or a word without asking for change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Post
from indicators.enums import Answer
from indicators.models import Indicator, Result
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import said
from reports.models import Acceptance, Comment, Report
from reports.noticing import of_comment
from reports.returns import Row, form_of, plain, return_of, reviewers_of
from reports.workflow.desk import on_desk, reviewer_post
from reports.workflow.reviewing import return_report
from reports.workflow.steps import label_of, pending_of, post_of


@transaction.atomic
def request_change(
    *, report: Report, indicator: Indicator, body: str, by: Official, seen: int | None = None
) -> Comment:
    """Note on one figure that it is wrong and why; sent to the unit with `return_report`."""
    report = on_desk(report, by, seen)
    body = said(body, indicator.name)
    if not body:
        raise DomainError(
            Problem(_("Ghi rõ chỉ tiêu này sai gì, đơn vị cần làm gì."), indicator.name)
        )
    _need_returnable(report, indicator)
    fact = _fact(report, indicator)
    comment, _created = Comment.objects.update_or_create(
        report=report,
        indicator=indicator,
        asks_for_change=True,
        settled_at=None,
        defaults={
            "round": report.round,
            "by": by,
            "post_label": label_of(reviewer_post(report, by)),
            "at": timezone.now(),
            "body": body,
            "value_then": plain(fact.submitted_answer, fact.submitted_value) if fact else "",
        },
    )
    _acceptances(report, indicator).delete()
    return comment


def _need_returnable(report: Report, indicator: Indicator) -> None:
    if indicator not in form_of(report.unit, report.span):
        raise DomainError(Problem(_("Chỉ tiêu này không có trong báo cáo."), indicator.name))
    if not indicator.prefill_locked:  # else what it is takes the whole return to know
        return
    row = return_of(report.unit, report.span).row(indicator.code)
    if row is not None and row.is_opening:
        raise DomainError(
            Problem(
                _(
                    "Ô này lấy từ số cuối kỳ năm trước, đơn vị không sửa được ở báo cáo này. "
                    "Sai thì mở lại báo cáo năm trước."
                ),
                indicator.name,
            )
        )


@transaction.atomic
def drop_request(
    *, report: Report, indicator: Indicator, by: Official, seen: int | None = None
) -> None:
    """Take back a request that has not been sent yet."""
    report = on_desk(report, by, seen)
    pending_of(report).filter(indicator=indicator).delete()


# -- found right ----------------------------------------------------------------------------------


@transaction.atomic
def accept(
    *, report: Report, indicator: Indicator, by: Official, seen: int | None = None
) -> Acceptance:
    """Keep that this tier has looked at a figure and found it right, while it says the same.

    Takes the place of a request on it that has not been sent yet.
    """
    report = on_desk(report, by, seen)
    said = _said_now(report, indicator)
    if not said:
        raise DomainError(
            Problem(_("Chỉ tiêu này chưa có số liệu, không có gì để chấp nhận."), indicator.name)
        )
    pending_of(report).filter(indicator=indicator).delete()
    kept, _created = Acceptance.objects.update_or_create(
        report=report,
        indicator=indicator,
        tier=report.with_tier,
        defaults={"value_then": said, "by": by, "at": timezone.now()},
    )
    return kept


@transaction.atomic
def take_back_acceptance(
    *, report: Report, indicator: Indicator, by: Official, seen: int | None = None
) -> None:
    """The figure is to be looked at again by this tier."""
    report = on_desk(report, by, seen)
    _acceptances(report, indicator).delete()


def accepted_in(report: Report) -> dict[int, str]:
    """What the tier that has the return found right: indicator pk → what it said then. One query.

    It holds for a row while `said_in` gives the same.
    """
    return accepted_in_each([report])[report.pk]


def accepted_in_each(reports: Sequence[Report]) -> dict[int, dict[int, str]]:
    """The same of several: report pk → indicator pk → what it said then. One query, or none."""
    found: dict[int, dict[int, str]] = {report.pk: {} for report in reports}
    waiting = [report.pk for report in reports if report.with_tier_id is not None]
    if waiting:
        rows = Acceptance.objects.filter(report__in=waiting, tier=F("report__with_tier"))
        for pk, indicator, said_then in rows.values_list("report", "indicator", "value_then"):
            found[pk][indicator] = said_then
    return found


def said_in(row: Row) -> str:
    """A figure as an acceptance keeps it; what is worked out, as it is shown."""
    value = row.value
    if row.kind != "input" and value is not None:
        value = value.quantize(Decimal(1).scaleb(-row.indicator.decimals), ROUND_HALF_UP)
    return plain(row.answer, value)


def _said_now(report: Report, indicator: Indicator) -> str:
    fact = _fact(report, indicator) if indicator.is_input else None
    if fact is not None:
        return plain(fact.submitted_answer, fact.submitted_value)
    rows = return_of(report.unit, report.span).rows
    found = [row for row in rows if row.indicator == indicator and row.kind != "change"]
    if not found:
        raise DomainError(Problem(_("Chỉ tiêu này không có trong báo cáo."), indicator.name))
    return said_in(found[0]) if found[0].answer != Answer.MISSING else ""


def _acceptances(report: Report, indicator: Indicator) -> QuerySet[Acceptance]:
    return Acceptance.objects.filter(report=report, indicator=indicator, tier=report.with_tier_id)


def _fact(report: Report, indicator: Indicator) -> Result | None:
    return Result.objects.filter(
        unit=report.unit, period=report.period, indicator=indicator
    ).first()


# -- said without asking for a change --------------------------------------------------------------


@transaction.atomic
def comment(*, report: Report, indicator: Indicator, body: str, by: Official) -> Comment:
    """Say something of a figure that sends nothing back; its unit and the tiers above read it.

    Raises Http404/PermissionDenied for who neither enters for the unit nor reviews it.
    """
    access.require(by, Action.VIEW, report.unit)
    post = speaking_post(report, by)
    if post is None:
        access.require(by, Action.REVIEW, report.unit)
    if not report.round:
        raise DomainError(_("Báo cáo chưa nộp; trao đổi về số liệu khi đã nộp."))
    body = said(body, indicator.name)
    if not body:
        raise DomainError(Problem(_("Ghi nội dung ý kiến."), indicator.name))
    if indicator not in form_of(report.unit, report.span):
        raise DomainError(Problem(_("Chỉ tiêu này không có trong báo cáo."), indicator.name))
    fact = _fact(report, indicator)
    made = Comment.objects.create(
        report=report,
        indicator=indicator,
        round=report.round,
        by=by,
        post_label=label_of(post),
        body=body,
        value_then=plain(fact.submitted_answer, fact.submitted_value) if fact else "",
    )
    of_comment(made)
    return made


def speaking_post(report: Report, official: Official) -> Post | None:
    """The post in which an official speaks about the return: for its unit, or for a desk above."""
    own = post_of(official, Role.OFFICER, report.unit)
    if own is not None:
        return own
    posts = (post_of(official, Role.REVIEWER, desk) for desk in reviewers_of(report.unit))
    return next((post for post in posts if post is not None), None)


# -- the same figure of several units --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with the figure of one return; `seen` is the version that was looked at."""

    report: Report
    body: str
    seen: int | None = None


@transaction.atomic
def request_changes(
    *,
    indicator: Indicator,
    objections: Sequence[Objection],
    by: Official,
    send: bool,
    note: str = "",
) -> list[Report]:
    """Mark one figure in several returns, and send them back where `send`. All of them or none.

    What else is marked in those returns goes with it. Raises DomainError with every return
    where it is not possible.
    """
    problems: list[Problem] = []
    for one in objections:
        try:
            with transaction.atomic():
                request_change(
                    report=one.report, indicator=indicator, body=one.body, by=by, seen=one.seen
                )
                if send:
                    return_report(report=one.report, by=by, note=note)
        except DomainError as error:
            where = one.report.unit.name
            problems += [Problem(found.message, where) for found in error.problems]
    if not objections:
        problems = [Problem(_("Chưa chọn đơn vị nào."))]
    if problems:
        raise DomainError(problems)
    return [one.report for one in objections]
