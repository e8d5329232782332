"""The system checks itself: stored rollups against the facts they came from.

A part is a unit with everything below it, for one period: every province, and the units above
the provinces, in turn. Source: design, Ideas 6 (derived numbers are current or say that they
are not).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Ancestry, Tier, Unit
from indicators.calc import Part
from indicators.cells import CELL, Cell, read
from indicators.enums import Stage
from indicators.models import Audit, Indicator, Recompute, Rollup
from indicators.periods import Period
from indicators.rollups import EVERY_PERIOD, Catalogue, known_periods, mark_units
from indicators.rollups.computing import Key, of_tree, of_units
from indicators.rollups.queue import FAULTS
from indicators.rollups.statements import Place
from indicators.rollups.storing import stored

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Difference:
    """One stored figure that the facts do not give; None stands for no figure."""

    unit: Unit
    indicator: int
    stage: str
    stored: Part | None
    recomputed: Part | None


def audit_next(*, seconds: float = 20) -> Audit | None:
    """Check the parts that were checked longest ago, for about `seconds`; the last one's result.

    Stops at the first part in which anything differs. None when there is nothing to check.
    """
    began = time.monotonic()
    last: Audit | None = None
    for unit, period in _parts():
        try:
            last = audit(unit, period)
        except FAULTS as error:
            logger.exception("%s, %s cannot be checked", unit, period.code)
            last = _unchecked(unit, period, error)
        if last.differing or time.monotonic() - began >= seconds:
            break
    return last


def _unchecked(unit: Unit, period: Period, error: Exception) -> Audit:
    """Keep that a part could not be checked: an alert, until somebody has seen it."""
    told = {
        "unit": unit.reference,
        "unit_name": unit.name,
        "indicator": "",
        "indicator_name": _("Không kiểm được: {kind}. Chi tiết ở nhật ký của máy chủ.").format(
            kind=type(error).__name__
        ),
        "stage": Stage.PROVISIONAL,
        "stored": "",
        "recomputed": "",
    }
    mark_units([unit.pk], period)
    Audit.objects.filter(unit=unit, period=period.code, rows=[told], seen_by=None).delete()
    return Audit.objects.create(unit=unit, period=period.code, differing=1, rows=[told])


def _parts() -> Iterator[tuple[Unit, Period]]:
    """Every part, checked longest ago first, never checked before all.

    Also of periods that have been checked before, though no row of them be left.
    """
    kept = set(Rollup.objects.order_by().values_list("period", flat=True).distinct())
    kept |= set(Audit.objects.order_by().values_list("period", flat=True).distinct())
    kept = kept or {period.code for period in known_periods()}
    above = Tier.objects.get(code=TierCode.PROVINCE).rank
    tops = list(Unit.objects.filter(tier__rank__lte=above).select_related("tier"))
    checked = {
        (unit, period): at
        for unit, period, at in Audit.objects.order_by()
        .values_list("unit_id", "period")
        .annotate(at=Max("at"))
    }
    never = datetime.min.replace(tzinfo=UTC)
    parts = [
        (unit, period)
        for period in map(Period.parse, sorted(kept))
        for unit in tops
        if unit.is_valid_on(period.end)
    ]
    yield from sorted(
        parts, key=lambda part: (checked.get((part[0].pk, part[1].code), never), part[0].pk)
    )


def audit(unit: Unit, period: Period) -> Audit:
    """Compare what is stored of a part with what its facts give, and keep the outcome.

    A unit above the provinces is compared with its children's stored rows, each of which is
    a part of its own. Units with something pending are passed over. What differs is kept for
    administrators to see, and marked to be added up anew.
    """
    began = time.monotonic()
    with transaction.atomic():
        units = _held(unit)
        kept = stored([row.pk for row in units], period)
        rows = _recomputed(unit, [row for row in units if row.is_valid_on(period.end)], period)
        # Read last: what came in meanwhile is marked, and workers wait for the units held here.
        waiting = _waiting(units, period)
        compared = [row for row in units if row.pk not in waiting]
        found = list(_differences(compared, kept, rows))
        result = Audit.objects.create(
            unit=unit,
            period=period.code,
            checked=_count(compared, kept, rows),
            differing=len(found),
            rows=_told(found[: Audit.SHOWN]),
            seconds=round(time.monotonic() - began, 3),
        )
        if found:
            mark_units({row.unit.pk for row in found}, period)
        _forget(unit, period, result)
    return result


def _forget(unit: Unit, period: Period, latest: Audit) -> None:
    """Older checks of the part go after a while, but for alarms nobody has seen."""
    older = Audit.objects.filter(unit=unit, period=period.code, at__lt=timezone.now() - KEPT)
    older.exclude(pk=latest.pk).exclude(differing__gt=0, seen_by=None).delete()


def _held(unit: Unit) -> list[Unit]:
    """The units of the part, of any day, held as workers hold them, in the same order."""
    inside = Unit.objects.filter(pk=unit.pk)
    if not _is_above(unit):
        inside = Unit.objects.below(unit, include_self=True)
    held = inside.select_for_update(no_key=True, of=("self",)).select_related("tier")
    return list(held.order_by("-tier__rank", "pk"))


def _is_above(unit: Unit) -> bool:
    """Stands it above the provinces?"""
    return Tier.objects.filter(code=TierCode.PROVINCE, rank__gt=unit.tier.rank).exists()


def _recomputed(unit: Unit, units: list[Unit], period: Period) -> dict[Key, bytes]:
    catalogue = Catalogue.current()
    places = [Place(row.pk, row.parent_id, row.tier.rank) for row in units]
    if _is_above(unit):
        return of_units(places, period, catalogue)
    return {
        key: cells for rows in of_tree(places, period, catalogue) for key, cells in rows.items()
    }


def _waiting(units: list[Unit], period: Period) -> set[int]:
    marks = Recompute.objects.filter(period__in=[period.code, EVERY_PERIOD])
    waiting = set(marks.values_list("unit_id", flat=True))
    inside = {unit.pk for unit in units}
    if None in waiting:
        return inside
    return set(
        Ancestry.objects.filter(descendant__in=waiting, ancestor__in=inside).values_list(
            "ancestor_id", flat=True
        )
    )


def _cells(rows: Mapping[Key, bytes], key: Key) -> dict[int, Cell]:
    cells = rows.get(key, b"")
    return {} if len(cells) % CELL.itemsize else read(cells)  # a row cut short says nothing


def _differences(
    units: list[Unit], kept: Mapping[Key, bytes], rows: Mapping[Key, bytes]
) -> Iterator[Difference]:
    by_pk = {unit.pk: unit for unit in units}
    for key in sorted({*kept, *rows}):
        if key[0] in by_pk and kept.get(key, b"") != rows.get(key, b""):
            yield from _apart(by_pk[key[0]], key[1], _cells(kept, key), _cells(rows, key))


def _apart(
    unit: Unit, stage: str, kept: Mapping[int, Cell], rows: Mapping[int, Cell]
) -> Iterator[Difference]:
    for indicator in sorted({*kept, *rows}):
        mine, theirs = kept.get(indicator), rows.get(indicator)
        if mine != theirs:
            yield Difference(
                unit, indicator, stage, mine.part if mine else None, theirs.part if theirs else None
            )


def _count(units: list[Unit], kept: Mapping[Key, bytes], rows: Mapping[Key, bytes]) -> int:
    inside = {unit.pk for unit in units}
    return sum(
        max(len(kept.get(key, b"")), len(rows.get(key, b""))) // CELL.itemsize
        for key in {*kept, *rows}
        if key[0] in inside
    )


def _told(found: list[Difference]) -> list[dict[str, Any]]:
    indicators = Indicator.objects.in_bulk({row.indicator for row in found})
    return [
        {
            "unit": row.unit.reference,
            "unit_name": row.unit.name,
            "indicator": indicators[row.indicator].code if row.indicator in indicators else "",
            "indicator_name": str(indicators.get(row.indicator, row.indicator)),
            "stage": row.stage,
            "stored": _words(row.stored),
            "recomputed": _words(row.recomputed),
        }
        for row in found
    ]


def _words(part: Part | None) -> str:
    """A part as it can be compared by eye; empty for none."""
    if part is None:
        return ""
    base = "" if part.weight is None else f"/{part.weight}"
    return f"{part.total}{base} ({part.reported}+{part.not_applicable})"
