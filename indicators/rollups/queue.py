"""The queue of marks, and who works through it.

A mark is written in the transaction of the fact and taken away in the transaction of the
recompute: a worker killed at any point leaves it behind. Workers pass over marks another one
holds (SKIP LOCKED), take all that wait for one tier together, and lock units in one order,
by pk; a writer of facts waits for none of them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from django.db import OperationalError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.models import Recompute, Result, Rollup
from indicators.periods import Period
from indicators.rollups.catalogue import Catalogue
from indicators.rollups.computing import of_tree, of_units
from indicators.rollups.storing import store

logger = logging.getLogger(__name__)

EVERY_PERIOD = ""
"""A mark without unit and period: the definitions changed, everything is to be added up again."""
BATCH = 500
"""Marks one transaction takes: it holds its units for some tenths of a second."""
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
    """Take what waits, deepest tier first, so that a parent comes after its children.

    One turn for every tier: a tier above does not starve while marks keep coming below.
    `apart`: periods whose units are taken in batches, because the whole has failed.
    """
    groups = (
        waiting()
        .values_list("period", "unit__tier__rank")
        .annotate(units=Count("unit", distinct=True))
        .order_by()
    )
    # A mark without unit has no tier: whole periods come first.
    ordered = sorted(groups, key=lambda row: (row[1] is not None, -(row[1] or 0), row[0]))
    done = 0
    for period, rank, units in ordered:
        if period == EVERY_PERIOD:
            done += _expand()
        elif rank is None or (units >= WHOLE and period not in apart):
            done += _take_whole(Period.parse(period), apart)
        else:
            done += _take(Period.parse(period), rank)
    return done


# -- some units -----------------------------------------------------------------------------------


def _take(period: Period, rank: int, only: Collection[int] | None = None) -> int:
    """Recompute the units of a tier that wait, in one transaction; mark their parents."""
    try:
        with transaction.atomic():
            units = _claimed(period, rank, only)
            if units:
                _recompute(units, period)
            return len(units)
    except OperationalError:
        raise  # the database's trouble: the marks are back, the next message or sweep goes on
    except Exception as error:  # noqa: BLE001  # logged and kept with the mark of who causes it
        return _one_by_one(period, rank, only, error)


def _claimed(period: Period, rank: int, only: Collection[int] | None) -> list[Unit]:
    """Take marks away and hold their units until the end of the transaction.

    Without the hold a second worker could write an older sum over a newer one. The facts are
    read by later statements, whose snapshot is younger than the lock.
    """
    marks = (
        waiting()
        .select_for_update(skip_locked=True, of=("self",))
        .filter(period=period.code, unit__tier__rank=rank)
    )
    if only is not None:
        marks = marks.filter(unit__in=only)
    claimed = list(marks.order_by("pk").values_list("pk", "unit_id")[:BATCH])
    if not claimed:
        return []
    units = {unit for _, unit in claimed}
    # Marks that had failed are answered by the newer ones.
    failed = Q(unit__in=units, period=period.code) & ~Q(problem="")
    Recompute.objects.filter(Q(pk__in=[pk for pk, _ in claimed]) | failed).delete()
    return _held(Unit.objects.filter(pk__in=units))


def _held(units: QuerySet[Unit]) -> list[Unit]:
    # No-key: a writer of facts, whose rows point at the unit, does not wait for this.
    held = units.select_for_update(no_key=True, of=("self",)).select_related("tier")
    return list(held.order_by("pk"))


def _recompute(units: list[Unit], period: Period) -> None:
    # The catalogue as it is now that the units are held: a rebuild for a newer one has ended.
    catalogue = Catalogue.current()
    changed = store(of_units(units, period, catalogue), period)
    # A parent whose child stays as it was is right already.
    parents = {unit.parent_id for unit in units if unit.pk in changed and unit.parent_id}
    Recompute.objects.bulk_create(
        [Recompute(unit_id=pk, period=period.code) for pk in sorted(parents)]
    )


def _one_by_one(period: Period, rank: int, only: Collection[int] | None, error: Exception) -> int:
    """Find whose figures cannot be added up: the others are not held up by them."""
    marks = waiting().filter(period=period.code, unit__tier__rank=rank)
    if only is not None:
        marks = marks.filter(unit__in=only)
        logger.error("unit %s, %s cannot be added up", only, period.code, exc_info=error)
        Recompute.objects.filter(unit__in=only, period=period.code).exclude(problem="").delete()
        marks.update(problem=_problem(error))
        return 0
    units = marks.order_by("unit").values_list("unit", flat=True).distinct()
    return sum(_take(period, rank, only=[unit]) for unit in list(units))


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
        units = _held(Unit.objects.valid_on(period.end))
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
    except OperationalError:
        raise  # as below
    except Exception:
        logger.exception("%s cannot be added up as a whole", period.code)
    apart.add(period.code)
    facts = Result.objects.filter(period=period.code).order_by()
    with transaction.atomic():
        waiting().filter(period=period.code, unit=None).delete()
        mark_units(set(facts.values_list("unit_id", flat=True).distinct()), period)
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
