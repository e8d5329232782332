"""What was typed into an official table where nothing is read, and columns that are not there.

Neither may pass in silence: whoever filled the table in takes the figures for handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import format_number, parse_number
from povertyplan.lib.xlsx import SheetCell
from reports.annexes.build import build_table
from reports.annexes.spec import Layout, Leaf
from reports.annexes.table import Cell, RowKind
from reports.models import Annex
from reports.workbook.headings import Grid, address
from reports.workbook.pieces import Stray
from reports.workbook.values import exact, is_blank

_NUMBER = re.compile(r"\s*\(([0-9A-Z]+)\)")
_SYMBOLS = {"…", "...", "-", "–", "—", "−"}
_STAGES = (Stage.PROVISIONAL, Stage.OFFICIAL)


def refuse_misplaced(grid: Grid, line: int, layout: Layout, columns: Mapping[int, Leaf]) -> None:
    """`columns` by their headings must bear their own numbers, (1) (2) …, in the row `line`.

    Raises DomainError with every column that bears another; one without a number is not judged.
    """
    problems = []
    for column, leaf in columns.items():
        found, wanted = _number(grid, line, column), layout.number_of[leaf.id]
        if found and found != wanted:
            words = _(
                "Tiêu đề cột không khớp: “{heading}” là cột ({wanted}), tệp ghi ({found}). "
                "Tải lại biểu, không thêm bớt cột, rồi điền lại."
            ).format(heading=leaf.heading, wanted=wanted, found=found)
            where = _("Ô {address}").format(address=address(line, column))
            problems.append(Problem(words, where=where))
    if problems:
        raise DomainError(problems)


def _number(grid: Grid, line: int, column: int) -> str:
    cell = grid.cells.get((line, column))
    found = _NUMBER.match(str(cell.value).upper()) if cell else None
    return found[1] if found else ""


def strays(
    grid: Grid,
    made: tuple[Annex, Unit, Period],
    layout: Layout,
    lines: Sequence[tuple[int, Unit]],
    columns: Mapping[int, Leaf],
) -> list[Stray]:
    """Figures in `columns`, which are not read, that the table itself does not print there.

    made: whose table it is, of which period. The table is drawn up only where there is a figure
    to compare, provisional first, since a downloaded one may be of either stage.
    """
    found = [
        (unit, columns[column], cell)
        for line, unit in lines
        for column in columns
        if (cell := grid.cells.get((line, column))) is not None and _says(cell)
    ]
    for stage in _STAGES:
        shown = _shown(made, stage, layout) if found else {}
        found = [
            (unit, leaf, cell)
            for unit, leaf, cell in found
            if not _is_printed(cell, leaf, shown.get((unit.pk, leaf.id)))
        ]
    return [
        Stray(cell.address, unit.short_name, _heading(layout, leaf), _in_words(cell))
        for unit, leaf, cell in found
    ]


def _says(cell: SheetCell) -> bool:
    return not is_blank(cell) and str(cell.value).strip() not in _SYMBOLS


def _shown(
    made: tuple[Annex, Unit, Period], stage: str, layout: Layout
) -> dict[tuple[int, str], Cell]:
    """{(unit pk, id of the column): its cell}; nothing where no such table can be drawn up."""
    annex, unit, period = made
    try:
        table = build_table(annex, unit, period, stage, layout.variant)
    except DomainError:
        return {}
    return {
        (row.unit.pk, leaf.id): cell
        for row in table.rows
        if row.unit is not None and row.kind in (RowKind.UNIT, RowKind.MEMO)
        for leaf, cell in zip(layout.leaves, row.cells, strict=True)
    }


def _is_printed(cell: SheetCell, leaf: Leaf, shown: Cell | None) -> bool:
    """Is it what the table says there? A formula of the table's own follows its other cells."""
    if shown is None or shown.value is None:
        return False
    if cell.formula and shown.recipe is not None:
        return True
    value = _figure(cell, leaf)
    return value is not None and shown.printed(leaf.decimals) == format_number(value, leaf.decimals)


def _figure(cell: SheetCell, leaf: Leaf) -> Decimal | None:
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        return exact(cell.value)
    try:
        return parse_number(str(cell.value), leaf.decimals)
    except DomainError:
        return None


def _heading(layout: Layout, leaf: Leaf) -> str:
    return _("cột ({number}) “{heading}”").format(
        number=layout.number_of[leaf.id], heading=leaf.heading
    )


def _in_words(cell: SheetCell) -> str:
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = exact(value)
        exponent = number.normalize().as_tuple().exponent
        return format_number(number, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
    return f"“{value}”"
