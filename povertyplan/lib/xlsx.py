"""Opening workbooks: reading them, and handing one back with remarks.

The only module that knows openpyxl. What it opens has been through `parcels`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from povertyplan.lib.errors import DomainError
from povertyplan.lib.parcels import BROKEN, check_workbook

Stored = object
"""What a cell holds: text, a number, a day, nothing; for a formula, the value stored with it."""

_MARK = PatternFill("solid", fgColor="FFF8CFC9")
_COMMENT_PIXELS = {"width": 340, "height": 150}

_TOO_LARGE = 10**300


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell that is not empty: its stored value and, where it is one, its formula (=SUM(…)).

    `is_error`: the value is one of Excel's errors, such as #REF!.
    """

    address: str
    row: int
    column: int
    value: Stored
    formula: str
    number_format: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """`merged`: the address of every cell that a merged one covers → the merged one's address."""

    title: str
    cells: dict[str, SheetCell]
    merged: Mapping[str, str] = field(default_factory=dict)
    is_hidden: bool = False

    def value(self, address: str) -> Stored:
        """The stored value at an address such as B7; None where the cell is empty."""
        cell = self.cells.get(address)
        return cell.value if cell else None

    @property
    def formulas(self) -> dict[str, str]:
        return {address: cell.formula for address, cell in self.cells.items() if cell.formula}

    def row(self, number: int) -> list[SheetCell]:
        """The cells of a row (from 1), from left to right."""
        found = [cell for cell in self.cells.values() if cell.row == number]
        return sorted(found, key=lambda cell: cell.column)


def read_sheet(content: bytes) -> Sheet:
    """Read the first sheet of a workbook. Raises DomainError when the file is none."""
    return read_sheets(content)[0]


def read_sheets(content: bytes) -> list[Sheet]:
    """Read every sheet of a workbook, at least one. Raises DomainError when the file is none."""
    check_workbook(content)
    formulas, values = _loaded(content, values=False), _loaded(content, values=True)
    sheets = [
        _sheet(formulas.worksheets[place], values.worksheets[place])
        for place in range(len(formulas.worksheets))
    ]
    if not sheets:
        raise DomainError(_("Bảng tính không có trang nào."))
    return sheets


def with_remarks(content: bytes, remarks: Mapping[tuple[str, str], str], author: str) -> bytes:
    """The same workbook with cells coloured and commented on: (sheet, address) → words.

    A cell that a merged one covers is shown on the merged one. Formulas are worked out anew
    by the program that opens it.
    """
    check_workbook(content)
    book = _loaded(content, whole=True)
    said: dict[tuple[str, str], list[str]] = {}
    for (title, address), words in remarks.items():
        said.setdefault((title, _shown_at(book[title], address)), []).append(words)
    for (title, address), lines in said.items():
        _remark(book[title], address, "\n".join(lines), author)
    for sheet in book.worksheets:
        _shorten(sheet)
    book.calculation.fullCalcOnLoad = True
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _shorten(sheet: Worksheet) -> None:
    """A number that no program holds is kept as the words it was, or it could not be written."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, int) and abs(cell.value) >= _TOO_LARGE:
                cell.value = f"{str(cell.value)[:20]}…"


def _shown_at(sheet: Worksheet, address: str) -> str:
    if not isinstance(sheet[address], MergedCell):
        return address
    area = next(area for area in sheet.merged_cells.ranges if address in area)
    return str(area.start_cell.coordinate)


def _remark(sheet: Worksheet, address: str, words: str, author: str) -> None:
    cell = sheet[address]
    before = f"{cell.comment.text}\n\n" if cell.comment else ""
    cell.fill = _MARK
    cell.comment = Comment(before + words, author, **_COMMENT_PIXELS)


def _loaded(content: bytes, *, values: bool = False, whole: bool = False) -> Workbook:
    """`values`: stored values in place of formulas. `whole`: with what only saving needs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl will not keep
            return load_workbook(
                BytesIO(content), data_only=values, keep_links=whole, rich_text=whole
            )
    except Exception as error:  # of any kind, over what others have written badly
        raise DomainError(BROKEN) from error


def _sheet(with_formulas: Worksheet, with_values: Worksheet) -> Sheet:
    merged = {
        cell.coordinate: area.start_cell.coordinate
        for area in with_formulas.merged_cells.ranges
        for row in area.cells
        for cell in [with_formulas.cell(*row)]
        if isinstance(cell, MergedCell)
    }
    cells = {cell.address: cell for cell in _cells(with_formulas, with_values)}
    return Sheet(with_formulas.title, cells, merged, with_formulas.sheet_state != "visible")


def _cells(with_formulas: Worksheet, with_values: Worksheet) -> Iterator[SheetCell]:
    """The cells that are there: walking over rows and columns would make all between them."""
    stored = with_values._cells
    for place, cell in sorted(with_formulas._cells.items()):
        if isinstance(cell, MergedCell) or cell.value is None:
            continue
        yield SheetCell(
            address=cell.coordinate,
            row=cell.row,
            column=cell.column,
            value=stored[place].value,
            formula=str(getattr(cell.value, "text", cell.value)) if cell.data_type == "f" else "",
            number_format=cell.number_format,
            is_error=stored[place].data_type == "e",
        )
