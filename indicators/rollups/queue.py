"""The queue of marks, and who works through it.

A mark is written in the transaction of the fact and taken away in the transaction of the
recompute: a worker killed at any point leaves it behind. Workers pass over marks another one
holds (SKIP LOCKED), take all that wait for a period together, and hold units in one order,
deepest tier first and then by pk: none waits for one that waits for it. A writer of facts
waits for none of them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable

from django.db import DataError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.models import Recompute, Result, Rollup
from indicators.periods import Period
from indicators.rollups.catalogue import Catalogue
from indicators.rollups.computing import of_tree, of_units
from indicators.rollups.statements import Place, hold
from indicators.rollups.storing import store

logger = logging.getLogger(__name__)

EVERY_PERIOD = ""
"""A mark without unit and period: the definitions changed, everything is to be added up again."""
BATCH = 500
"""Marks one transaction takes: it holds its units for some tenths of a second."""
FAULTS = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, DataError)
"""What figures can bring about. All else is the machine's trouble: the marks are back, and the
next message or sweep goes on."""
WHOLE = 1000
"""From so many units of a period on, the period is added up as a whole: it costs less."""


def drain() -> int:
    """Work until nothing waits that can be worked on; returns how many units were recomputed.

    What fails says why in its mark, stays pending and holds up nobody else.
    """
    done = 0
    apart: set[str] = set()
    while found := _pass(apart):
        done += found
    return done


def waiting() -> QuerySet[Recompute]:
    """Marks that a worker may take."""
    return Recompute.objects.filter(problem="")


def _pass(apart: set[str]) -> int:
    """Take what waits, a turn for every period: none starves while marks keep coming to another.

    `apart`: periods whose units are taken in batches, because the whole has failed.
    """
    groups = waiting().values_list("period").order_by("period")
    done = 0
    for code, units, whole in groups.annotate(
        units=Count("unit", distinct=True), whole=Count("pk", filter=Q(unit=None))
    ):
        if code == EVERY_PERIOD:
            done += _expand()
        elif whole or (units >= WHOLE and code not in apart):
            done += _take_whole(Period.parse(code), apart)
        else:
            done += _take(Period.parse(code))
    return done


# -- some units -----------------------------------------------------------------------------------


def _take(period: Period) -> int:
    """Recompute what waits of a period and everything above it, in one transaction."""
    try:
        with transaction.atomic():
            return _climb(_claimed(waiting().filter(period=period.code)), period)
    except FAULTS as error:
        logger.warning("%s: %r; looking for the unit it comes from", period.code, error)
    return _one_by_one(period)


def _claimed(marks: QuerySet[Recompute]) -> dict[int, set[int]]:
    """Take marks away, at most BATCH; the units (pks) they stood for, by rank."""
    free = marks.exclude(unit=None).select_for_update(skip_locked=True, of=("self",))
    claimed = list(free.order_by("pk").values_list("pk", "unit_id", "unit__tier__rank")[:BATCH])
    tiers: dict[int, set[int]] = defaultdict(set)
    for _pk, unit, rank in claimed:
        tiers[rank].add(unit)
    if claimed:
        Recompute.objects.filter(pk__in=[pk for pk, _, _ in claimed]).delete()
    return tiers


def hold_all(units: QuerySet[Unit]) -> list[Place]:
    """Hold units that are valid at a period's end, as `hold` does and in the same order."""
    held = units.select_for_update(no_key=True, of=("self",)).order_by("-tier__rank", "pk")
    return [Place(*row) for row in held.values_list("pk", "parent_id", "tier__rank")]


def _climb(tiers: dict[int, set[int]], period: Period) -> int:
    """Recompute units (pks, by rank), deepest first; parents of what changed come in as well.

    A parent whose children all stayed as they were is right already.
    """
    catalogue: Catalogue | None = None
    done = 0
    while tiers:
        units = hold(tiers.pop(max(tiers)), period.end)
        # Read once units are held: from then on no rebuild for newer definitions can pass by.
        catalogue = catalogue or Catalogue.current()
        for unit in _recompute(units, period, catalogue):
            # Upwards only: a tree that somebody has tied into a ring must not be climbed for ever.
            if unit.parent_id and unit.parent_rank is not None and unit.parent_rank < unit.rank:
                tiers[unit.parent_rank].add(unit.parent_id)
        done += len(units)
    return done


def _recompute(units: list[Place], period: Period, catalogue: Catalogue) -> list[Place]:
    """Recompute held units of one tier; those that changed."""
    changed = store(of_units(units, period, catalogue), period)
    # What had failed before has come right.
    failed = Recompute.objects.filter(unit__in=[unit.pk for unit in units], period=period.code)
    failed.exclude(problem="").delete()
    return [unit for unit in units if unit.pk in changed]


def _one_by_one(period: Period) -> int:
    """Recompute what waits unit by unit: who cannot be added up says so and holds up nobody."""
    marks = waiting().filter(period=period.code).exclude(unit=None)
    units = marks.order_by("-unit__tier__rank", "unit").values_list("unit", flat=True).distinct()
    return sum(_take_one(unit, period) for unit in list(units))


def _take_one(pk: int, period: Period) -> int:
    marks = waiting().filter(period=period.code, unit=pk)
    tried = list(marks.values_list("pk", flat=True))
    try:
        with transaction.atomic():
            if not _claimed(marks):
                return 0
            changed = _recompute(hold([pk], period.end), period, Catalogue.current())
            mark_units({unit.parent_id for unit in changed if unit.parent_id}, period)
            return 1
    except FAULTS as error:
        logger.exception("unit %s, %s cannot be added up", pk, period.code)
        problem = _problem(error)
    with transaction.atomic():
        Recompute.objects.filter(unit=pk, period=period.code).exclude(problem="").delete()
        # Not what came in meanwhile: it may be the correction.
        Recompute.objects.filter(pk__in=tried).update(problem=problem)
    return 0


def _problem(error: Exception) -> str:
    if isinstance(error, OverflowError):
        return _("Có số quá lớn, không cộng được. Đề nghị đơn vị kiểm tra lại số đã nhập.")
    return _("Lỗi khi cộng ({kind}). Chi tiết ở nhật ký của máy chủ.").format(
        kind=type(error).__name__
    )


# -- a whole period -------------------------------------------------------------------------------


def rebuild(period: Period) -> int:
    """Add up every unit of a period from its facts, in one transaction. Returns how many units.

    Raises OverflowError, having changed nothing, where a figure is too large.
    """
    with transaction.atomic():
        marks = Recompute.objects.select_for_update(skip_locked=True).filter(period=period.code)
        Recompute.objects.filter(pk__in=list(marks.values_list("pk", flat=True))).delete()
        units = hold_all(Unit.objects.valid_on(period.end))
        catalogue = Catalogue.current()
        for rows in of_tree(units, period, catalogue):
            store(rows, period)
        kept = Rollup.objects.filter(period=period.code)
        kept.exclude(unit__in=Unit.objects.valid_on(period.end)).delete()
    return len(units)


def _take_whole(period: Period, apart: set[str]) -> int:
    """Rebuild a period unless another worker is at it; find by itself the unit that fails."""
    try:
        with transaction.atomic():
            marks = waiting().select_for_update(skip_locked=True).filter(period=period.code)
            return rebuild(period) if marks.exists() else 0
    except FAULTS:
        logger.exception("%s cannot be added up as a whole", period.code)
    apart.add(period.code)
    everybody = set(Unit.objects.valid_on(period.end).values_list("pk", flat=True))
    everybody |= set(Rollup.objects.filter(period=period.code).values_list("unit_id", flat=True))
    with transaction.atomic():
        waiting().filter(period=period.code, unit=None).delete()
        mark_units(everybody, period)
    return 1


def _expand() -> int:
    """Replace the mark for everything by one for each period. Returns 1 when there was one."""
    with transaction.atomic():
        marks = waiting().select_for_update(skip_locked=True).filter(period=EVERY_PERIOD)
        claimed = list(marks.values_list("pk", flat=True))
        Recompute.objects.filter(pk__in=claimed).delete()
        if claimed:
            mark_periods(known_periods())
    return len(claimed)


# -- asking for it --------------------------------------------------------------------------------


def known_periods() -> list[Period]:
    """Periods with facts or rolled-up figures."""
    codes = set(Result.objects.order_by().values_list("period", flat=True).distinct())
    codes |= set(Rollup.objects.order_by().values_list("period", flat=True).distinct())
    return [Period.parse(code) for code in sorted(codes)]


def mark_units(units: Iterable[int], period: Period) -> None:
    """Ask for some units (pks) to be added up again, in the caller's transaction."""
    Recompute.objects.bulk_create(
        [Recompute(unit_id=pk, period=period.code) for pk in sorted(units)], batch_size=1000
    )


def mark_periods(periods: Iterable[Period]) -> None:
    """Ask for whole periods to be added up again, in the caller's transaction."""
    Recompute.objects.bulk_create([Recompute(unit=None, period=row.code) for row in periods])


def recompute_all(unit: Unit | None = None, period: Period | None = None) -> int:
    """Rebuild everything at or below `unit` (all units by default) for one or every period.

    Returns how many units were recomputed. Also climbs to the ancestors of `unit`.
    """
    periods = known_periods() if period is None else [period]
    with transaction.atomic():
        if unit is None:
            mark_periods(periods)
        else:
            concerned = set(
                Unit.objects.below(unit, include_self=True).values_list("pk", flat=True)
            ) | set(Unit.objects.above(unit).values_list("pk", flat=True))
            for row in periods:
                mark_units(concerned, row)
    return drain()
