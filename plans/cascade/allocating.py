"""Splitting a figure over the units below: kept as a draft, issued with a decision."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from plans.cascade.combining import adds_up, decimals_of
from plans.cascade.ground import Ground, ground_of, last_day
from plans.cascade.proposing import Shares, balance_of, limit_problems
from plans.enums import AllocationMethod, AllocationState, PlannedMeasure
from plans.evaluators import shown
from plans.models import Allocation, AllocationShare, Milestone, Plan
from povertyplan.lib.errors import DomainError, Problem, VersionConflict

STAGE = Stage.PROVISIONAL
"""Which figures a split starts from: next year's are given before this year's are official."""
NUMBER_LENGTH = 60
LARGEST = Decimal(10) ** 15


def covers(plan: Plan, unit: Unit, period: Period) -> bool:
    """Does the plan speak of this unit (it, or one above it) in this year, while it existed?"""
    if last_day(unit, period) is None:
        return False
    first, last = plan.year_from, plan.year_to
    if (first and period.year < first) or (last and period.year > last):
        return False
    if plan.unit_id is None or plan.unit_id == unit.pk:
        return plan.unit_id is not None
    return unit.upward.filter(ancestor=plan.unit_id).exists()


@transaction.atomic
def save_allocation(
    *,
    plan: Plan,
    unit: Unit,
    indicator: Indicator,
    period: Period,
    measure: str,
    method: str,
    total: Decimal,
    shares: Shares,
    by: Official,
    version: int,
) -> Allocation:
    """Keep a split as a draft; units may still be without a figure. Nothing is given to anybody.

    `shares` by unit pk; a unit that is not named has no figure. `version`: of the draft that was
    read, 0 = there was none. Raises Http404/PermissionDenied for who may not assign, DomainError
    with every figure that cannot be taken, VersionConflict when somebody else saved or issued in
    between; each leaves everything as it was.
    """
    access.require_assign(by, unit)
    ground = ground_of(unit=unit, indicator=indicator, period=period, measure=measure, stage=STAGE)
    _refuse(_draft_problems(plan, ground, method, total, shares))
    draft = _draft(plan, ground, version)
    draft.method, draft.total = method, total
    draft.is_sample, draft.by, draft.at = settings.DEMO_MODE, by, timezone.now()
    if draft.pk is None:
        _insert(draft)
    else:
        draft.version += 1
        draft.save(update_fields=["method", "total", "is_sample", "by", "at", "version"])
        draft.shares.all().delete()
    AllocationShare.objects.bulk_create(
        AllocationShare(allocation=draft, unit=row.unit, value=shares.get(row.unit.pk))
        for row in ground.children
    )
    return draft


def _draft_problems(
    plan: Plan, ground: Ground, method: str, total: Decimal, shares: Shares
) -> list[Problem]:
    if not covers(plan, ground.unit.unit, ground.period):
        return [Problem(_("Kế hoạch này không áp dụng cho địa bàn và năm đang chọn."))]
    if method not in AllocationMethod.values or ground.measure not in PlannedMeasure.values:
        return [Problem(_("Cách chia hoặc loại mức giao không có trong danh mục."))]
    children = {row.unit.pk for row in ground.children}
    strangers = Unit.objects.filter(pk__in=[pk for pk in shares if pk not in children])
    problems = [
        Problem(
            _("Không nhận chỉ tiêu này trong kỳ; tải lại trang để lấy danh sách mới."),
            where=row.name,
            key=str(row.pk),
        )
        for row in (strangers if set(shares) - children else [])
    ]
    return [*problems, *_total_problems(ground, total), *limit_problems(ground, shares)]


def _total_problems(ground: Ground, total: Decimal) -> list[Problem]:
    indicator, decimals = ground.indicator, decimals_of(ground.indicator)
    message = ""
    if abs(total) >= LARGEST:
        message = _("Số quá lớn.")
    elif total != shown(total, decimals):
        message = _("Chỉ nhận tối đa {n} chữ số thập phân.").format(n=decimals)
    elif ground.measure == PlannedMeasure.VALUE and indicator.hard_min is not None:
        below = total < indicator.hard_min
        message = _("Nhỏ hơn mức thấp nhất được nhận.") if below else ""
    where = _("Mức của cả địa bàn")
    return [Problem(message, where=where, code="limit", key="total")] if message else []


def _draft(plan: Plan, ground: Ground, version: int) -> Allocation:
    """The draft to write to, locked; a new one where none was read and none is there."""
    key = {
        "plan": plan,
        "unit": ground.unit.unit,
        "indicator": ground.indicator,
        "period": ground.period.code,
        "measure": ground.measure,
    }
    drafts = Allocation.objects.select_for_update(of=("self",)).select_related("by")
    found = drafts.filter(state=AllocationState.DRAFT, **key).first()
    if (found.version if found else 0) != version:
        raise VersionConflict(_changed(found))
    return found or Allocation(state=AllocationState.DRAFT, **key)


def _insert(draft: Allocation) -> None:
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError as error:
        raise VersionConflict(_changed(None)) from error


def _changed(found: Allocation | None) -> Problem:
    if found is None:
        message = _(
            "Bản dự thảo đã được người khác lập, hoặc đã giao, từ lúc đồng chí mở trang. "
            "Xem bản hiện nay rồi quyết định."
        )
    else:
        message = _(
            "{who} đã sửa bản dự thảo này lúc {when}, sau khi đồng chí mở trang. "
            "Xem bản hiện nay rồi quyết định."
        ).format(
            who=found.by or _("Người khác"), when=f"{timezone.localtime(found.at):%H:%M %d/%m}"
        )
    return Problem(message, code="conflict")


@transaction.atomic
def issue_allocation(
    *,
    allocation: Allocation,
    decision_number: str,
    decided_on: date | None,
    by: Official,
    version: int | None = None,
) -> Allocation:
    """Give the units what the draft says: a milestone for each, in place of the earlier one.

    What had been issued before stays as the record of what was decided. `version` is the draft's
    that the official looked at; None does not check it. Raises DomainError while the decision is
    not named, a unit has no figure, something is left of the total (of a rate: the units come to
    worse than the total) or a figure breaks a limit. A refusal writes nothing.
    """
    access.require_assign(by, allocation.unit)
    draft = (
        Allocation.objects.select_for_update(of=("self",))
        .select_related("unit__tier", "unit__parent__tier", "indicator__opening_indicator", "by")
        .get(pk=allocation.pk)
    )
    if draft.state != AllocationState.DRAFT:
        raise VersionConflict(Problem(_("Bản này đã giao rồi; tải lại trang."), code="conflict"))
    if version is not None and version != draft.version:
        raise VersionConflict(_changed(draft))
    ground = ground_of(
        unit=draft.unit,
        indicator=draft.indicator,
        period=Period.parse(draft.period),
        measure=draft.measure,
        stage=STAGE,
    )
    shares = dict(draft.shares.values_list("unit", "value"))
    number = " ".join(decision_number.split())
    _refuse([*_decision_problems(number, decided_on), *obstacles(draft, ground, shares)])
    draft.state, draft.decision_number, draft.decided_on = (
        AllocationState.ISSUED,
        number,
        decided_on,
    )
    draft.is_sample, draft.by, draft.at = settings.DEMO_MODE, by, timezone.now()
    draft.version += 1
    draft.save(
        update_fields=[
            "state",
            "decision_number",
            "decided_on",
            "is_sample",
            "by",
            "at",
            "version",
        ]
    )
    _give(draft, ground, shares)
    return draft


def obstacles(draft: Allocation, ground: Ground, shares: Shares) -> list[Problem]:
    """What keeps a split from being issued, apart from the decision; in the order of the page."""
    problems = [
        Problem(
            _("Chưa có mức giao. Ghi số (0 nếu không giao) rồi lưu lại."),
            where=row.unit.name,
            code="missing",
            key=str(row.unit.pk),
        )
        for row in ground.children
        if shares.get(row.unit.pk) is None
    ]
    problems += _total_problems(ground, draft.total) + limit_problems(ground, shares)
    balance = balance_of(ground, draft.total, shares)
    if not ground.children:
        problems.append(Problem(_("Không có đơn vị cấp dưới nào nhận chỉ tiêu này.")))
    elif not balance.is_settled and not balance.missing:
        problems.append(Problem(_balance_words(ground, balance.words), code="balance", key="total"))
    return problems


def _balance_words(ground: Ground, words: str) -> str:
    if adds_up(ground.indicator):
        return _("{words}. Sửa mức giao của các đơn vị, hoặc mức của cả địa bàn.").format(
            words=words
        )
    return _(
        "{words}. Ghép các đơn vị lại phải bằng hoặc tốt hơn mức của cả địa bàn: sửa mức giao, "
        "hoặc đề nghị đơn vị còn thiếu báo cáo mẫu số."
    ).format(words=words)


def _decision_problems(number: str, decided_on: date | None) -> list[Problem]:
    problems = []
    if not number:
        problems.append(
            Problem(
                _("Chưa ghi số quyết định giao, ví dụ 1234/QĐ-UBND."),
                where=_("Số quyết định"),
                code="missing",
                key="decision_number",
            )
        )
    elif len(number) > NUMBER_LENGTH:
        problems.append(
            Problem(
                _("Dài quá {n} chữ.").format(n=NUMBER_LENGTH),
                where=_("Số quyết định"),
                key="decision_number",
            )
        )
    if decided_on is None or decided_on > timezone.localdate():
        message = (
            _("Chưa ghi ngày ký quyết định.")
            if decided_on is None
            else _("Ngày ký còn ở tương lai; ghi ngày đã ký.")
        )
        problems.append(Problem(message, where=_("Ngày quyết định"), key="decided_on"))
    return problems


def _give(draft: Allocation, ground: Ground, shares: Shares) -> None:
    """Replace the milestones of the units, and those an earlier issue gave to units now gone."""
    same = {
        "plan": draft.plan_id,
        "indicator": draft.indicator_id,
        "period": draft.period,
        "measure": draft.measure,
    }
    units = [row.unit for row in ground.children]
    _keep_first(draft, Milestone.objects.filter(unit__in=units, allocation=None, **same))
    Milestone.objects.filter(Q(unit__in=units) | Q(allocation__unit=draft.unit), **same).delete()
    Milestone.objects.bulk_create(
        Milestone(
            plan_id=draft.plan_id,
            indicator_id=draft.indicator_id,
            period=draft.period,
            measure=draft.measure,
            unit=unit,
            value=value,
            is_sample=draft.is_sample,
            allocation=draft,
        )
        for unit in units
        if (value := shares[unit.pk]) is not None
    )


def _keep_first(draft: Allocation, rows: QuerySet[Milestone]) -> None:
    """Keep the milestones that came with the plan as an issue of their own.

    Years before the new decision go on being judged by them. Source: design.md, Meaning.
    """
    first = list(rows)
    if not first:
        return
    kept = Allocation.objects.create(
        plan=draft.plan,
        unit=draft.unit,
        indicator=draft.indicator,
        period=draft.period,
        measure=draft.measure,
        total=sum((row.value for row in first), Decimal(0))
        if adds_up(draft.indicator)
        else draft.total,
        method=AllocationMethod.HAND,
        state=AllocationState.ISSUED,
        decision_number=_("theo kế hoạch"),
        decided_on=date(draft.plan.year_from or 1900, 1, 1),
        is_sample=any(row.is_sample for row in first),
    )
    AllocationShare.objects.bulk_create(
        AllocationShare(allocation=kept, unit_id=row.unit_id, value=row.value) for row in first
    )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise DomainError(problems)
