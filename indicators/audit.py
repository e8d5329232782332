"""The system checks itself: stored rollups against the facts they came from.

A part is a unit with everything below it, for one period: every province, and the units above
the provinces, in turn. Source: design, Ideas 6 (derived numbers are current or say that they
are not).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from communes.enums import TierCode
from communes.models import Ancestry, Tier, Unit
from indicators.calc import Part
from indicators.cells import CELL, Cell, read
from indicators.models import Audit, Indicator, Recompute, Rollup
from indicators.periods import Period
from indicators.rollups import EVERY_PERIOD, Catalogue, mark_units
from indicators.rollups.computing import Key, of_tree, of_units
from indicators.rollups.statements import Place
from indicators.rollups.storing import stored

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
        last = audit(unit, period)
        if last.differing or time.monotonic() - began >= seconds:
            break
    return last


def _parts() -> Iterator[tuple[Unit, Period]]:
    """Every part, checked longest ago first, never checked before all."""
    ranks = dict(Tier.objects.values_list("code", "rank"))
    tops = Rollup.objects.filter(unit__tier__rank__lte=ranks[TierCode.PROVINCE])
    parts = set(tops.order_by().values_list("unit_id", "period").distinct())
    checked = {
        (unit, period): at
        for unit, period, at in Audit.objects.order_by()
        .values_list("unit_id", "period")
        .annotate(at=Max("at"))
    }
    never = timezone.now().replace(year=1)
    units = Unit.objects.select_related("tier").in_bulk({unit for unit, _ in parts})
    for unit, period in sorted(parts, key=lambda part: (checked.get(part, never), part)):
        yield units[unit], Period.parse(period)


def audit(unit: Unit, period: Period) -> Audit:
    """Compare what is stored of a part with what its facts give, and keep the outcome.

    A unit above the provinces is compared with its children's stored rows, each of which is
    a part of its own. Units with something pending are passed over. What differs is kept for
    administrators to see, and marked to be added up anew.
    """
    began = time.monotonic()
    with transaction.atomic():
        units = _held(unit, period)
        kept = stored([row.pk for row in units], period)
        rows = _recomputed(unit, units, period)
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


def _held(unit: Unit, period: Period) -> list[Unit]:
    """The units of the part, held as workers hold them, in the same order."""
    below = Unit.objects.valid_on(period.end)
    below = below.filter(pk=unit.pk) if _is_above(unit) else below.below(unit, include_self=True)
    held = below.select_for_update(no_key=True, of=("self",)).select_related("tier")
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
    return read(rows.get(key, b""))


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
