"""The table's own formulas where a program has saved them without their values.

A closing that balances is printed as a formula (=D11-F11+G11+H11+I11). Programs that do not
calculate leave it without a value; what it comes to is then worked out from the row it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import parse_number
from povertyplan.lib.xlsx import SheetCell
from reports.annexes.expressions import evaluate, parse_caption, references, to_formula
from reports.annexes.spec import Layout, Leaf
from reports.workbook.headings import Grid, address
from reports.workbook.values import exact, plain_words

_ASIDE = re.compile(r"[\s$]+")


@dataclass(frozen=True, slots=True)
class Recalculated:
    """A table in a sheet: which column is which."""

    grid: Grid
    layout: Layout
    columns: Mapping[int, Leaf]

    def cell(self, line: int, column: int) -> SheetCell | None:
        """The cell, with the value of its formula where only that lacks and the table wrote it.

        None where the row lacks a number that the formula rests on: so does the figure, then.
        Another formula without a value stays as it is.
        """
        cell, leaf = self.grid.cells.get((line, column)), self.columns[column]
        if cell is None or not _lacks_value(cell) or not leaf.caption:
            return cell
        numbers = {number: name for name, number in self.layout.number_of.items()}
        try:
            recipe = parse_caption(leaf.caption, numbers)
        except ValueError:  # a caption that is no formula
            return cell
        row = _Row(self, line)
        parts = [row.cells.get(name) for name in references(recipe)]
        is_own = _closed_up(cell.formula) == _closed_up(f"={to_formula(recipe, row)}")
        if not is_own or any(part is not None and _lacks_value(part) for part in parts):
            return cell
        value = evaluate(recipe, row.numbers)
        return None if value is None else replace(cell, value=_stored(value))


class _Row:
    """The cells of a row by their columns' ids: their numbers, and their addresses."""

    def __init__(self, table: Recalculated, line: int) -> None:
        self.places = {leaf.id: address(line, place) for place, leaf in table.columns.items()}
        self.decimals = {leaf.id: leaf.decimals for leaf in table.columns.values()}
        found = {name: table.grid.sheet.cells.get(place) for name, place in self.places.items()}
        self.cells = {name: cell for name, cell in found.items() if cell is not None}
        self.numbers = _Numbers(self)

    def ref(self, leaf: str) -> str:
        return self.places.get(leaf, "")

    def total(self, leaf: str, where: frozenset[str]) -> str:
        raise AssertionError(leaf, where)  # only rows of sums add up


@dataclass(frozen=True, slots=True)
class _Numbers:
    row: _Row

    def ref(self, leaf: str) -> Decimal | None:
        cell = self.row.cells.get(leaf)
        if cell is None or isinstance(cell.value, bool) or cell.is_error:
            return None
        if isinstance(cell.value, int | float):
            return exact(cell.value)
        try:
            return parse_number(str(cell.value), self.row.decimals[leaf])
        except DomainError:
            return None

    def total(self, leaf: str, where: frozenset[str]) -> Decimal | None:
        raise AssertionError(leaf, where)


def _lacks_value(cell: SheetCell) -> bool:
    return bool(cell.formula) and not plain_words(cell.value)


def _closed_up(formula: str) -> str:
    return _ASIDE.sub("", formula).upper()


def _stored(value: Decimal) -> int | float:
    whole = value.to_integral_value()
    return int(whole) if whole == value else float(value)
