"""What was typed into an official table where nothing is read: other columns, sums, below it.

It may not pass in silence: whoever filled the table in takes the figures for handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import format_number, parse_number
from povertyplan.lib.xlsx import SheetCell, Stored
from reports.annexes.build import build_table
from reports.annexes.spec import Layout, Leaf
from reports.annexes.table import Cell, Row, RowKind
from reports.models import Annex
from reports.workbook.headings import Grid
from reports.workbook.pieces import Stray
from reports.workbook.values import exact, is_blank, plain_words

_COVERAGE = re.compile(r"\s*\([0-9]+/[0-9]+\)$")
_REFERENCE = re.compile(r"[A-Z]\$?[0-9]")
_SYMBOLS = {"…", "...", "-", "–", "—", "−"}
_STAGES = (Stage.PROVISIONAL, Stage.OFFICIAL)
RowKey = int | str
"""Of a row: the pk of its unit; of a row of sums its name, as `row_name` gives it."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Whose table it is, of which period, in which layout."""

    annex: Annex
    unit: Unit
    period: Period
    layout: Layout


@dataclass(frozen=True, slots=True)
class Summary:
    """A row of sums: where it stands, what it is called there, and whether it sums all."""

    line: int
    text: str
    is_total: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """The table as it was handed in: (line, unit) of its rows, its rows of sums, its last line."""

    grid: Grid
    lines: Sequence[tuple[int, Unit]]
    summaries: Sequence[Summary]
    last: int

    def cell(self, line: int, column: int) -> SheetCell | None:
        return self.grid.cells.get((line, column))

    def sum_of(self, summary: Summary, column: int, leaf: Leaf) -> Decimal | None:
        """What the units' rows below come to in the file; None where none has a number.

        The rows of a subtotal are those down to the next row of sums.
        """
        rows = [line for line, _unit in self.lines]
        if not summary.is_total:
            ends = [one.line for one in self.summaries if one.line > summary.line]
            end = min(ends, default=max(rows, default=0) + 1)
            rows = [line for line in rows if summary.line < line < end]
        cells = (self.cell(row, column) for row in rows)
        found = [value for cell in cells if cell and (value := figure_of(cell, leaf)) is not None]
        return sum(found, Decimal(0)) if found else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A cell that says something: of which row, under which column."""

    key: RowKey
    row: str
    leaf: Leaf
    cell: SheetCell


def row_name(value: Stored) -> str:
    """The name in a cell without the count after it: tổng cộng, of Tổng cộng (17/18)."""
    return without_count(plain_words(value))


def without_count(name: str) -> str:
    return _COVERAGE.sub("", name.strip())


def strays(
    printed: Printed, typed: Typed, unread: Mapping[int, Leaf], figures: Mapping[int, Leaf]
) -> list[Stray]:
    """Figures of the file that are not read, and that the table itself does not print there.

    unread: the columns of which nothing is read; figures: all that have figures, of which rows of
    sums are not read. The table is drawn up only where there is a figure to compare, provisional
    first, since a downloaded one may be of either stage.
    """
    found = [*_in_columns(typed, unread), *_in_sums(typed, figures)]
    for stage in _STAGES:
        shown = _shown(printed, stage) if found else {}
        found = [one for one in found if not _is_printed(one, shown.get((one.key, one.leaf.id)))]
    layout = printed.layout
    return [
        Stray(one.cell.address, one.row, column_title(layout, one.leaf), _in_words(one.cell))
        for one in (*found, *_below(typed, figures))
    ]


def _in_columns(typed: Typed, columns: Mapping[int, Leaf]) -> Iterator[_Found]:
    for line, unit in typed.lines:
        for column, leaf in columns.items():
            cell = typed.cell(line, column)
            if cell is not None and says(cell):
                yield _Found(unit.pk, unit.short_name, leaf, cell)


def _in_sums(typed: Typed, columns: Mapping[int, Leaf]) -> Iterator[_Found]:
    """One that is what the rows below it come to is no loss: the sum is made anew."""
    for row in typed.summaries:
        label = _("dòng “{name}”").format(name=row.text)
        for column, leaf in columns.items():
            cell = typed.cell(row.line, column)
            if cell is None or not says(cell):
                continue
            value, total = figure_of(cell, leaf), typed.sum_of(row, column, leaf)
            if value is None or total is None or not _is_same(value, total, leaf):
                yield _Found(row_name(row.text), label, leaf, cell)


def _below(typed: Typed, columns: Mapping[int, Leaf]) -> Iterator[_Found]:
    """Numbers under the table, where the form has none; a formula over its cells is a check."""
    for line in typed.grid.rows(after=typed.last):
        label = _("dòng {line}, ở dưới bảng").format(line=line)
        for column, leaf in columns.items():
            cell = typed.cell(line, column)
            if cell is None or _REFERENCE.search(cell.formula):
                continue
            if figure_of(cell, leaf) is not None:
                yield _Found("", label, leaf, cell)


def says(cell: SheetCell) -> bool:
    return not is_blank(cell) and str(cell.value).strip() not in _SYMBOLS


def _shown(printed: Printed, stage: str) -> dict[tuple[RowKey, str], Cell]:
    """{(row, id of the column): its cell}; nothing where no such table can be drawn up."""
    layout = printed.layout
    try:
        table = build_table(printed.annex, printed.unit, printed.period, stage, layout.variant)
    except DomainError:
        return {}
    return {
        (key, leaf.id): cell
        for row in table.rows
        if (key := _key(row, layout))
        for leaf, cell in zip(layout.leaves, row.cells, strict=True)
    }


def _key(row: Row, layout: Layout) -> RowKey:
    if row.kind in (RowKind.UNIT, RowKind.MEMO):
        return row.unit.pk if row.unit else ""
    heads = zip(layout.leaves, row.cells, strict=True)
    return next((row_name(cell.text) for leaf, cell in heads if leaf.is_head), "")


def _is_printed(one: _Found, shown: Cell | None) -> bool:
    """Is it what the table says there? A formula of the table's own follows its other cells."""
    if shown is None or shown.value is None:
        return False
    if shown.recipe is not None and _REFERENCE.search(one.cell.formula):
        return True
    value = figure_of(one.cell, one.leaf)
    return value is not None and _is_same(value, shown.value, one.leaf)


def _is_same(value: Decimal, other: Decimal, leaf: Leaf) -> bool:
    """As far as the column prints them."""
    return format_number(value, leaf.decimals) == format_number(other, leaf.decimals)


def figure_of(cell: SheetCell, leaf: Leaf) -> Decimal | None:
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        return exact(cell.value)
    try:
        return parse_number(str(cell.value), leaf.decimals)
    except DomainError:
        return None


def column_title(layout: Layout, leaf: Leaf) -> str:
    """cột (7) “Hộ nghèo”."""
    return _("cột ({number}) “{heading}”").format(
        number=layout.number_of[leaf.id], heading=leaf.heading
    )


def _in_words(cell: SheetCell) -> str:
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = exact(value)
        exponent = number.normalize().as_tuple().exponent
        return format_number(number, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
    return f"“{cell.formula if value is None else value}”"
