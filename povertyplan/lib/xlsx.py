"""Reading workbooks. The only module that knows openpyxl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from povertyplan.lib.errors import DomainError

Stored = object
"""What a cell holds: text, a number, a day, nothing; for a formula, the value stored with it."""


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell that is not empty: its stored value and, where it is one, its formula (=SUM(…))."""

    address: str
    row: int
    column: int
    value: Stored
    formula: str
    number_format: str


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    cells: dict[str, SheetCell]

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
    with_formulas = _first_sheet(content, values=False)
    with_values = _first_sheet(content, values=True)
    stored = {cell.coordinate: cell.value for row in with_values.iter_rows() for cell in row}
    return Sheet(
        with_formulas.title, {cell.address: cell for cell in _cells(with_formulas, stored)}
    )


def _first_sheet(content: bytes, *, values: bool) -> Worksheet:
    try:
        workbook = load_workbook(BytesIO(content), data_only=values)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DomainError("Tệp không phải là bảng tính Excel (.xlsx).") from error
    sheet = workbook.worksheets[0] if workbook.worksheets else None
    if sheet is None:
        raise DomainError("Bảng tính không có trang nào.")
    return sheet


def _cells(sheet: Worksheet, stored: Mapping[str, Stored]) -> Iterator[SheetCell]:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            formula = str(cell.value) if cell.data_type == "f" else ""
            yield SheetCell(
                address=cell.coordinate,
                row=cell.row,
                column=cell.column,
                value=stored[cell.coordinate],
                formula=formula,
                number_format=cell.number_format,
            )
