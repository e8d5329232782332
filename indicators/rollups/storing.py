"""Writing rows that changed, and only those."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO

from django.db import connection
from django.utils import timezone

from indicators.models import Rollup
from indicators.periods import Period
from indicators.rollups.computing import Key
from indicators.rollups.statements import rows_of

MANY = 100
"""From so many rows on, they go in by COPY where the database has it."""


def stored(units: Iterable[int], period: Period) -> dict[Key, bytes]:
    """The rows of `units` (pks) as they are kept. One query."""
    return {(unit, stage): cells for unit, stage, cells in rows_of(units, period.code)}


def store(rows: Mapping[Key, bytes], period: Period) -> set[int]:
    """Make the stored rows equal to `rows`; empty bytes take one away. In the caller's transaction.

    Returns the units (pks) of which anything changed. A row that is right already is left
    alone, with the time it was computed at.
    """
    kept = stored({unit for unit, _ in rows}, period)
    changed = {key: cells for key, cells in rows.items() if cells != kept.get(key, b"")}
    if not changed:
        return set()
    gone = [key for key in changed if key in kept]
    if len(changed) >= MANY and connection.vendor == "postgresql":
        _remove(gone, period)
        _copy({key: cells for key, cells in changed.items() if cells}, period)
    else:
        _remove([key for key in gone if not changed[key]], period)
        _upsert({key: cells for key, cells in changed.items() if cells}, period)
    return {unit for unit, _ in changed}


def _remove(keys: Iterable[Key], period: Period) -> None:
    by_stage: dict[str, list[int]] = {}
    for unit, stage in keys:
        by_stage.setdefault(stage, []).append(unit)
    for stage, units in by_stage.items():
        Rollup.objects.filter(unit__in=units, period=period.code, stage=stage).delete()


def _upsert(rows: Mapping[Key, bytes], period: Period) -> None:
    now = timezone.now()
    Rollup.objects.bulk_create(
        [
            Rollup(unit_id=unit, period=period.code, stage=stage, cells=cells, computed_at=now)
            for (unit, stage), cells in rows.items()
        ],
        update_conflicts=True,
        unique_fields=["unit", "period", "stage"],
        update_fields=["cells", "computed_at"],
    )


# -- PostgreSQL's binary COPY: bytes as they are, where text would write each one as two digits ---

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _field(value: bytes) -> bytes:
    return struct.pack("!i", len(value)) + value


def _copy(rows: Mapping[Key, bytes], period: Period) -> None:
    moment = int((timezone.now() - EPOCH).total_seconds() * 1_000_000)
    rest = _field(period.code.encode())
    at = _field(struct.pack("!q", moment))
    buffer = BytesIO()
    buffer.write(SIGNATURE)
    for (unit, stage), cells in rows.items():
        fields = (_field(struct.pack("!q", unit)), rest, _field(stage.encode()), _field(cells), at)
        buffer.write(struct.pack("!h", len(fields)) + b"".join(fields))
    buffer.write(struct.pack("!h", -1))
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY indicators_rollup (unit_id, period, stage, cells, computed_at)"
            " FROM STDIN (FORMAT binary)",
            buffer,
        )
