"""Figures in words, alone and beside last year's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.calc import ratio
from indicators.enums import ValueType
from povertyplan.lib.numbers import format_number
from reports.returns import Row, answer_text, figure_text

MOST_MOVES = 10
MOST_FROM_ZERO = 5
HUNDRED = Decimal(100)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure: its number on the form, code, name, what it says and what is said of it."""

    number: str
    code: str
    name: str
    measure: str
    value: str
    said: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A figure beside last year's. `share` is empty where no percentage can be taken."""

    line: Line
    previous: str
    difference: str
    share: str


def line_of(row: Row, said: str = "", reason: str = "") -> Line:
    return Line(
        number=row.number,
        code=row.code,
        name=row.indicator.name,
        measure=row.indicator.unit_of_measure,
        value=answer_text(row.indicator, row.answer, row.value),
        said=said,
        reason=reason,
    )


def compared_rows(rows: Iterable[Row]) -> list[Row]:
    """Figures that were not taken over from last year and are measured as they were then."""
    return [
        row
        for row in rows
        if row.value is not None
        and row.previous is not None
        and row.is_comparable
        and not row.is_opening
        and row.indicator.value_type != ValueType.YES_NO
    ]


def largest(rows: Sequence[Row]) -> list[Move]:
    """The largest moves for the size of the figure; then the largest rises from zero.

    `rows`: as `compared_rows` gives them.
    """
    moved = [row for row in rows if _difference(row)]
    with_size = sorted(
        (row for row in moved if row.previous),
        key=lambda row: (_share(row), _size(row)),
        reverse=True,
    )
    from_zero = sorted((row for row in moved if not row.previous), key=_size, reverse=True)
    return [_move(row) for row in [*with_size[:MOST_MOVES], *from_zero[:MOST_FROM_ZERO]]]


def _difference(row: Row) -> Decimal:
    return (row.value or ZERO) - (row.previous or ZERO)


def _size(row: Row) -> Decimal:
    return abs(_difference(row))


def _share(row: Row) -> Decimal:
    """Per cent of last year's figure; 0 where that was nothing."""
    return ratio(_size(row), abs(row.previous or ZERO), HUNDRED) or ZERO


def _move(row: Row) -> Move:
    indicator, difference = row.indicator, _difference(row)
    in_points = indicator.unit_of_measure.startswith("%")
    text = _signed(difference, indicator.decimals)
    share = _share(row) if difference > 0 else -_share(row)
    return Move(
        line=line_of(row),
        previous=figure_text(indicator, row.previous),
        difference=_("{gap} điểm %").format(gap=text) if in_points else text,
        share=f"{_signed(share, 1)}%" if row.previous and not in_points else "",
    )


def _signed(value: Decimal, decimals: int) -> str:
    return ("+" if value > 0 else "") + format_number(value, decimals)
