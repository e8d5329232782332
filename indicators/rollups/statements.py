"""The statements of every climb, as text: for them alone Django's way of putting a statement
together costs more than the database's answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

HELD = """
SELECT u.id, u.parent_id, tier.rank, above.rank, u.valid_from <= %s AND u.valid_to >= %s
FROM communes_unit u
JOIN communes_tier tier ON tier.id = u.tier_id
LEFT JOIN communes_unit parent ON parent.id = u.parent_id
LEFT JOIN communes_tier above ON above.id = parent.tier_id
WHERE u.id IN ({units})
ORDER BY tier.rank DESC, u.id
{lock}
"""
BELOW = """
SELECT u.parent_id, r.stage, r.cells
FROM communes_unit u
JOIN indicators_rollup r ON r.unit_id = u.id AND r.period = %s
WHERE u.parent_id IN ({units}) AND u.valid_from <= %s AND u.valid_to >= %s
"""
STORED = """
SELECT unit_id, stage, cells FROM indicators_rollup WHERE unit_id IN ({units}) AND period = %s
"""


class Place(NamedTuple):
    """A unit: all that adding up needs to know of it. `is_valid`: on the period's last day."""

    pk: int
    parent_id: int | None
    rank: int
    parent_rank: int | None = None
    is_valid: bool = True


def hold(units: Iterable[int], day: date) -> list[Place]:
    """Units (pks), deepest tier first, that no other worker recomputes before the transaction ends.

    Without that a second worker could write an older sum over a newer one. What is read by
    later statements is younger than the hold. No-key: a writer of facts, whose rows point at
    the unit, does not wait for it.
    """
    is_locking = connection.features.has_select_for_no_key_update
    lock = "FOR NO KEY UPDATE OF u" if is_locking else ""  # SQLite has one writer at a time
    rows = _rows(HELD, units, [day, day], lock=lock)
    return [Place(pk, parent, rank, above, bool(valid)) for pk, parent, rank, above, valid in rows]


def rows_below(units: Iterable[int], period: str, day: date) -> list[tuple[int, str, bytes]]:
    """(parent pk, stage, cells) of every stored row directly below `units`."""
    return [(row[0], row[1], bytes(row[2])) for row in _rows(BELOW, units, [period, day, day])]


def rows_of(units: Iterable[int], period: str) -> list[tuple[int, str, bytes]]:
    """(unit pk, stage, cells) of the stored rows of `units`."""
    return [(row[0], row[1], bytes(row[2])) for row in _rows(STORED, units, [period])]


def _rows(
    statement: str, units: Iterable[int], params: Sequence[str | date], **parts: str
) -> list[tuple[Any, ...]]:
    numbers = ",".join(str(int(pk)) for pk in units)
    if not numbers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.format(units=numbers, **parts), params)
        return list(cursor.fetchall())
