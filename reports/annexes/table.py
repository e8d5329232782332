"""A finished table: every cell known, before it is printed on a page or in a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from communes.models import Unit
from povertyplan.lib.numbers import format_number
from reports.annexes.expressions import Expression
from reports.annexes.spec import PLAIN, Layout, Leaf, SignatureBlock, Strand

if TYPE_CHECKING:
    from reports.annexes.origin import Origin


class CellKind(StrEnum):
    """What a cell says. Missing, zero and not applicable are three things."""

    NUMBER = "number"
    ZERO = "zero"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    NOT_PLANNED = "not_planned"
    TEXT = "text"


SYMBOLS = {
    CellKind.MISSING: "…",
    CellKind.NOT_APPLICABLE: "–",
    CellKind.NOT_PLANNED: "–",
}
"""What stands in a cell without a number; the column tells what a dash stands for.

Source: annexes.yaml, symbols, which are assumed; a hyphen beside a dash nobody tells apart.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` is unrounded; `recipe`, where there is one, works out to exactly that value."""

    kind: CellKind
    value: Decimal | None = None
    text: str = ""
    recipe: Expression | None = None

    @property
    def is_number(self) -> bool:
        return self.value is not None

    def printed(self, decimals: int) -> str:
        """1.234,50; or the words or the symbol of the cell."""
        if self.value is not None:
            return format_number(self.value, decimals)
        return SYMBOLS.get(self.kind, self.text)


MISSING = Cell(CellKind.MISSING)
NOT_APPLICABLE = Cell(CellKind.NOT_APPLICABLE)
NOT_PLANNED = Cell(CellKind.NOT_PLANNED)
NOT_DUE = Cell(CellKind.TEXT)
"""A year that is still to come: left blank, since nobody is late with it."""


def number_cell(value: Decimal) -> Cell:
    return Cell(CellKind.NUMBER if value else CellKind.ZERO, value)


def text_cell(text: str) -> Cell:
    return Cell(CellKind.TEXT, text=text)


class RowKind(StrEnum):
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    UNIT = "unit"
    MEMO = "memo"
    """Beside the total, never in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: cells in the order of the layout's leaves.

    A summary row names by their place among the rows the single ones below it (`units`) and,
    where there are any, the subtotals it is put together from (`parts`). `span`: how many rows
    its number and name stand over; 0 where they stand over it already.
    """

    kind: RowKind
    cells: tuple[Cell, ...]
    unit: Unit | None = None
    units: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    strand: Strand = PLAIN
    span: int = 1

    @property
    def is_summary(self) -> bool:
        return self.kind in (RowKind.TOTAL, RowKind.SUBTOTAL)

    def summing(self, units: tuple[int, ...], parts: tuple[int, ...]) -> Row:
        return replace(self, units=units, parts=parts)

    def with_cell(self, column: int, cell: Cell) -> Row:
        return replace(self, cells=(*self.cells[:column], cell, *self.cells[column + 1 :]))


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to print. Lines of text are as they stand on the form.

    `notes` belong to the form, `remarks` to the figures of this very table.
    """

    number: str
    title: str
    issuer_lines: tuple[str, str]
    reference: str
    unit_of_measure: str
    layout: Layout
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    left: SignatureBlock
    right: SignatureBlock
    marks: tuple[str, ...]
    stamp: str
    file_name: str
    made_at: datetime
    origin: Origin
    coverage: tuple[int, int] | None = None
    """(units that have told all the year's figures, units asked for any)."""
    check_code: str = ""
    """What a printed sheet is checked by. Source: `checking`."""

    @property
    def has_sample(self) -> bool:
        return SAMPLE_MARK in self.marks

    @property
    def label(self) -> str:
        return f"Biểu số {self.number}"

    @property
    def check_words(self) -> str:
        return f"Mã kiểm tra: {self.check_code}"


SAMPLE_MARK = "SỐ LIỆU MINH HỌA"
PROVISIONAL_MARK = "SỐ TẠM TÍNH"


class RowValues:
    """The numbers an expression of one row reads: its own cells and those below it."""

    def __init__(self, rows: Sequence[Row], columns: Mapping[str, int], row: Row) -> None:
        self.rows = rows
        self.columns = columns
        self.row = row

    def ref(self, leaf: str) -> Decimal | None:
        return self.row.cells[self.columns[leaf]].value

    def total(self, leaf: str, where: frozenset[str]) -> Decimal | None:
        """Add the column up; None where no row below has a number."""
        below = self.row.parts if self.row.parts and not where else self.row.units
        wanted = [leaf, *where]
        found = [
            self.rows[place].cells[self.columns[leaf]].value
            for place in below
            if all(self.rows[place].cells[self.columns[name]].is_number for name in wanted)
        ]
        numbers = [value for value in found if value is not None]
        return sum(numbers, Decimal(0)) if numbers else None


def columns_of(layout: Layout) -> dict[str, int]:
    """The place of each column, by its id."""
    return {leaf.id: column for column, leaf in enumerate(layout.leaves)}


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """`is_head`: the name of the row. `rows`: how many it stands over."""

    text: str
    style: str
    is_head: bool = False
    rows: int = 1


@dataclass(frozen=True, slots=True)
class PrintedRow:
    is_summary: bool
    cells: tuple[PrintedCell, ...]


def printed_rows(table: Table) -> list[PrintedRow]:
    """The body as words for a page: `n` a number, `l` words at the left, nothing in the middle."""
    return [
        PrintedRow(
            row.is_summary,
            tuple(
                PrintedCell(
                    cell.printed(leaf.decimals),
                    _style(leaf, cell),
                    is_head=leaf.is_head,
                    rows=row.span if leaf.is_shared else 1,
                )
                for leaf, cell in zip(table.layout.leaves, row.cells, strict=True)
                if row.span or not leaf.is_shared
            ),
        )
        for row in table.rows
    ]


def _style(leaf: Leaf, cell: Cell) -> str:
    if cell.is_number and leaf.text is None:
        return "n"
    return "l" if leaf.is_words else ""
