"""Asking for all tables at once, stopping that, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.periods import Period
from plans.models import Plan
from povertyplan.lib.errors import DomainError
from reports.annexes import making
from reports.annexes.lines import Area
from reports.annexes.printed import version_of, versions_of
from reports.annexes.tasks import soon, tend_without_beat
from reports.enums import BatchState, RowsBelow
from reports.models import Annex, AnnexBatch

UNDER_WAY = (BatchState.QUEUED, BatchState.RUNNING)
MOST_AT_ONCE = 2
MOST_TABLES = 1000
"""About six minutes of work, a third of a second for a commune's table in both forms; the tasks
of the queue may take fifteen."""
SHOWN = 10


def ask_batch(
    *, unit: Unit, period: Period, stage: str, plan: Plan | None, tier: str, by: Official
) -> AnnexBatch:
    """Have all tables put into one file; the same again while nothing changed gives what there is.

    Raises Http404 for a stranger to the unit, DomainError with the reason of a refusal.
    """
    access.require(by, Action.VIEW, unit)
    if tier and tier not in {choice.code for choice in tiers_below(unit, period, by)}:
        raise DomainError(_("Không lập được cho từng đơn vị của cấp này."))
    wanted = AnnexBatch(unit=unit, period=period.code, stage=stage, plan=plan, tier=tier, by=by)
    with transaction.atomic():
        # Who asks at the same time waits here, and finds what this one wrote.
        Unit.objects.select_for_update().get(pk=unit.pk)
        wanted.version = version_of(unit, period, stage)
        return _same(wanted) or _new(wanted)


def _alike(wanted: AnnexBatch) -> list[AnnexBatch]:
    same = AnnexBatch.objects.filter(
        unit=wanted.unit,
        period=wanted.period,
        stage=wanted.stage,
        plan=wanted.plan,
        tier=wanted.tier,
        version=wanted.version,
    )
    same = same.filter(state__in=[*UNDER_WAY, BatchState.DONE])
    return list(_for(wanted.by, wanted.unit, same).select_related("by"))


def _for(by: Official, unit: Unit, found: QuerySet[AnnexBatch]) -> QuerySet[AnnexBatch]:
    """The files of a unit that hold neither more nor less than `by` may have."""
    if access.sees_below(by, unit):
        return found.exclude(rows_below=RowsBelow.LEFT_OUT)
    return found.exclude(rows_below=RowsBelow.HELD).filter(tier="")


def _same(wanted: AnnexBatch) -> AnnexBatch | None:
    for batch in _alike(wanted):
        if batch.state in UNDER_WAY:
            if making.is_dead(batch):
                transaction.on_commit(partial(soon, batch.pk))
            return batch
        if file_of(batch) is not None:
            return batch
    return None


def _new(wanted: AnnexBatch) -> AnnexBatch:
    mine = AnnexBatch.objects.filter(by=wanted.by, state__in=UNDER_WAY)
    if mine.count() >= MOST_AT_ONCE:
        words = _("Đồng chí đang lập {n} tệp. Chờ xong hoặc dừng một tệp rồi lập tiếp.")
        raise DomainError(words.format(n=MOST_AT_ONCE))
    steps = list(making.steps_of(wanted))
    wanted.rows_below = making.rows_below_of(steps)
    tables = sum(not step.reason for step in steps)
    if not tables:
        raise DomainError(_("Không có biểu nào lập được cho lựa chọn này."))
    if tables > MOST_TABLES:
        words = _("{n} biểu, nhiều hơn mức {most} của một tệp. Chọn một kế hoạch hoặc cấp khác.")
        raise DomainError(words.format(n=tables, most=MOST_TABLES))
    numbered = AnnexBatch.objects.filter(unit=wanted.unit, period=wanted.period, stage=wanted.stage)
    wanted.number = (numbered.aggregate(last=Max("number"))["last"] or 0) + 1
    wanted.total = tables
    wanted.save()
    transaction.on_commit(partial(soon, wanted.pk))
    return wanted


def cancel_batch(*, batch: AnnexBatch, by: Official) -> None:
    """Stop a job that is under way; one that has ended stays as it is.

    Raises Http404 for who did not ask for it.
    """
    if batch.by_id != by.pk:
        raise Http404(_("Không có tệp này trong phạm vi của đồng chí."))
    running = AnnexBatch.objects.filter(pk=batch.pk, state__in=UNDER_WAY)
    running.update(state=BatchState.CANCELLED, finished_at=timezone.now())


def find_batch(pk: int, by: Official | AnonymousUser) -> AnnexBatch:
    """A job that `by` may have the file of. Raises Http404."""
    found = AnnexBatch.objects.select_related("unit").filter(pk=pk).first()
    if found is None or not isinstance(by, Official) or not making.may_have(by, found):
        raise Http404(_("Không có tệp này trong phạm vi của đồng chí."))
    return found


def file_of(batch: AnnexBatch) -> Path | None:
    """The file, where it is still there."""
    if batch.state != BatchState.DONE or not batch.file:
        return None
    path = making.folder() / batch.file
    return path if path.exists() else None


@dataclass(frozen=True, slots=True)
class TierChoice:
    code: str
    label: str


def tiers_below(unit: Unit, period: Period, by: Official | AnonymousUser) -> list[TierChoice]:
    """The tiers of which each unit can be had, for who sees them one by one."""
    if not access.sees_below(by, unit):
        return []
    below = Unit.objects.below_on(unit, period.end)
    codes = set(below.order_by().values_list("tier__code", flat=True).distinct())
    shown = (TierCode.PROVINCE, TierCode.DISTRICT, TierCode.COMMUNE)
    return [TierChoice(code, str(TierCode(code).label).lower()) for code in shown if code in codes]


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file of the list, or the job under way."""

    batch: AnnexBatch
    is_current: bool
    is_mine: bool
    is_reused: bool
    is_dead: bool
    seconds_left: int | None
    tier_label: str


@dataclass(frozen=True, slots=True)
class BatchBox:
    """`asked_plan`, `asked_tier`: codes that were chosen last, to be chosen again."""

    under_way: list[BatchItem]
    past: list[BatchItem]
    plans: list[Plan]
    tiers: list[TierChoice]
    asked_plan: str
    asked_tier: str


def batch_box(
    area: Area,
    period: Period,
    annexes: Sequence[Annex],
    by: Official | AnonymousUser,
    *,
    reused: str = "",
    plan: str = "",
    tier: str = "",
) -> BatchBox | None:
    """What the page shows of the files of a unit; None for a group. The queries do not grow.

    `reused`: the file (pk) that has just been asked for and was there already. `plan`, `tier`:
    what was chosen in the form.

    Where nobody else does, jobs that died are taken up again and old files dropped meanwhile.
    """
    if not isinstance(area, Unit) or not isinstance(by, Official):
        return None
    found = _for(by, area, AnnexBatch.objects.filter(unit=area, period=period.code))
    rows = list(found.select_related("plan", "by")[:SHOWN])
    current = versions_of(area, period) if rows else {}
    items = [_item(row, current.get(row.stage, ""), by, reused=reused) for row in rows]
    tend_without_beat(at_once=any(item.is_dead for item in items))
    plans = {annex.plan_id: annex.plan for annex in annexes if annex.plan}
    return BatchBox(
        under_way=[item for item in items if item.batch.state in UNDER_WAY],
        past=[item for item in items if item.batch.state not in UNDER_WAY],
        plans=list(plans.values()),
        tiers=tiers_below(area, period, by),
        asked_plan=plan,
        asked_tier=tier,
    )


def _item(batch: AnnexBatch, version: str, by: Official, *, reused: str) -> BatchItem:
    is_current = bool(version) and batch.version == version
    return BatchItem(
        batch=batch,
        is_current=is_current,
        is_mine=batch.by_id == by.pk,
        is_reused=is_current and reused == str(batch.pk),
        is_dead=making.is_dead(batch),
        seconds_left=_seconds_left(batch),
        tier_label=str(TierCode(batch.tier).label).lower() if batch.tier else "",
    )


def _seconds_left(batch: AnnexBatch) -> int | None:
    if not batch.done or batch.started_at is None:
        return None
    passed = (timezone.now() - batch.started_at).total_seconds()
    return max(1, round(passed / batch.done * (batch.total - batch.done)))
