"""Finding the columns of a return in a sheet by their headings, wherever they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import officially
from povertyplan.lib.xlsx import Sheet, SheetCell
from reports.workbook.pieces import Fault
from reports.workbook.values import is_blank, plain_words

DEEPEST = 60
"""Rows among which the headings are looked for."""


class Column(StrEnum):
    NUMBER = "number"
    NAME = "name"
    RESULT = "result"
    ANSWER = "answer"
    NOTE = "note"
    CODE = "code"
    SEEN = "seen"


_WORDS = {
    "stt": Column.NUMBER,
    "tt": Column.NUMBER,
    "số": Column.NUMBER,
    "số tt": Column.NUMBER,
    "chỉ tiêu": Column.NAME,
    "tên chỉ tiêu": Column.NAME,
    "chỉ số": Column.NAME,
    "nội dung": Column.NAME,
    "kết quả": Column.RESULT,
    "kết quả thực hiện": Column.RESULT,
    "thực hiện": Column.RESULT,
    "trả lời": Column.ANSWER,
    "ghi chú": Column.NOTE,
    "mã": Column.CODE,
    "mã chỉ tiêu": Column.CODE,
    "phiên bản": Column.SEEN,
}
_ASIDE = re.compile(r"\([^)]*\)|[*:]")


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet by row and column (from 1)."""

    sheet: Sheet
    cells: dict[tuple[int, int], SheetCell]

    @classmethod
    def of(cls, sheet: Sheet) -> Grid:
        return cls(sheet, {(cell.row, cell.column): cell for cell in sheet.cells.values()})

    def rows(self, after: int = 0) -> list[int]:
        """The rows that hold anything, from the top."""
        return sorted({row for row, _column in self.cells if row > after})


def address(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row - 1, column - 1))


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the table of a return begins, and which column is which."""

    grid: Grid
    row: int
    columns: dict[Column, int]

    def cell(self, row: int, column: Column) -> SheetCell | None:
        place = self.columns.get(column)
        return self.grid.cells.get((row, place)) if place else None

    def words(self, row: int, column: Column) -> str:
        """What stands there, trimmed; empty where nothing does."""
        cell = self.cell(row, column)
        return str(cell.value).strip() if cell and cell.value is not None else ""

    def address(self, row: int, column: Column) -> str:
        return address(row, self.columns[column])


def find_headings(sheet: Sheet, period: Period) -> Headings | None:
    """The row that names both the figures and what they are of; None when there is none.

    Raises DomainError when two columns bear the same heading.
    """
    grid = Grid.of(sheet)
    found: dict[int, dict[Column, list[int]]] = {}
    for (row, column), cell in sorted(grid.cells.items()):
        kind = _kind(cell, period) if row <= DEEPEST else None
        if kind is not None:
            found.setdefault(row, {}).setdefault(kind, []).append(column)
    for row, columns in found.items():
        if Column.RESULT in columns and (Column.NAME in columns or Column.CODE in columns):
            _refuse_doubled(sheet, row, columns)
            return Headings(grid, row, {kind: places[0] for kind, places in columns.items()})
    return None


@officially
def _kind(cell: SheetCell, period: Period) -> Column | None:
    words = plain_words(_ASIDE.sub(" ", str(cell.value)))
    for named in (plain_words(period.label), f"năm {period.year}", str(period.year)):
        words = words.removesuffix(named).strip()
    return _WORDS.get(words)


def _refuse_doubled(sheet: Sheet, row: int, columns: dict[Column, list[int]]) -> None:
    for places in columns.values():
        if len(places) > 1:
            first, second = (address(row, place) for place in places[:2])
            raise DomainError(
                _("Hai cột cùng tên “{name}” (ô {first} và {second}). Chỉ để lại một cột.").format(
                    name=sheet.value(first), first=first, second=second
                )
            )


def covered(grid: Grid, place: str) -> Fault | None:
    """A figure's cell that a merged cell covers says nothing of its own."""
    anchor = grid.sheet.merged.get(place)
    if anchor is None or is_blank(grid.sheet.cells.get(anchor)):
        return None
    return Fault(
        place,
        _("ô gộp với {address}").format(address=anchor),
        _("mỗi chỉ tiêu một ô"),
        _("Bỏ gộp ô rồi gõ số của từng chỉ tiêu."),
    )
