"""A list of very many units: the first of them on the page, all of them a press away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

FIRST, WHOLE_UP_TO = 20, 40
"""Units on the first screen; a list of up to twice that is not cut. Source: ui design, weight."""

Row = TypeVar("Row")


def is_long(rows: Sequence[object]) -> bool:
    return len(rows) > WHOLE_UP_TO


def first_of(rows: Sequence[Row], *, is_full: bool) -> tuple[Row, ...]:
    """All of a short list, or of a long one that `is_full` is asked for; else its first."""
    return tuple(rows if is_full or not is_long(rows) else rows[:FIRST])
