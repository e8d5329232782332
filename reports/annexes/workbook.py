"""A finished table as a workbook: the form an official signs, one page wide.

Source: Decree 30/2020, annex I (paper, margins, national name and motto, page number);
annexes.yaml for the columns. Numbers are numbers, summaries and rates are formulas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell

from communes.models import Official
from indicators.periods import Period
from povertyplan.lib.speech import officially
from povertyplan.lib.textwidth import in_pieces, unbroken
from reports.annexes.build import build_table, find_annex
from reports.annexes.edges import FONT, PagedWorksheet, write_edges
from reports.annexes.expressions import Expression, to_formula
from reports.annexes.lines import Area
from reports.annexes.measures import (
    FRAME_PT,
    GAP_PT,
    HIGHEST_PT,
    REFERENCE_PT,
    STAMP_PT,
    Words,
    measured,
    signed_lines,
)
from reports.annexes.readers import require_open
from reports.annexes.source_sheet import add_sources
from reports.annexes.sources import Sources, read_sources
from reports.annexes.spec import Leaf, TextColumn
from reports.annexes.table import Cell, Row, RowKind, Table, columns_of
from reports.annexes.widths import BODY_PT, SMALL_PT

_BORDER = {"border": 1, "valign": "vcenter"}
_LINES_OF_A_ROW = 25
"""Of a note; a longer one goes on in the next row, since rows are never cut by a page break."""
_LOCALE = "[$-42A]"
"""Vietnamese: 1.234,50 in programs that take the separators from the cell."""


def annex_file(
    annex_code: str,
    area: Area,
    period: Period,
    stage: str,
    variant: str = "",
    by: Official | None = None,
) -> tuple[str, bytes]:
    """Return (file name, workbook) of a table, made for `by`.

    Raises DomainError when it cannot be had, PermissionDenied when it is not for `by`.
    """
    table = build_table(find_annex(annex_code, area, period), area, period, stage, variant)
    require_open(table, by)
    return table.file_name, write_workbook(table, read_sources(table, by))


@officially
def write_workbook(table: Table, sources: Sources | None = None) -> bytes:
    """Write the table with its frame, formulas and their stored values; then its `sources`."""
    stream = BytesIO()
    # Row by row into a file of its own: memory does not grow with the rows. So nothing is ever
    # written above the current line, and cells that span rows are put together in `_over`.
    # The width of a column counts in digits of the default font, so that font is one of ours.
    default = {"font_name": FONT, "font_size": 11}
    with Workbook(stream, {"constant_memory": True, "default_format_properties": default}) as book:
        Form(book, table).write()
        if sources is not None:
            add_sources(book, table, sources)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where the cells of one row's formula stand in the sheet."""

    table: Table
    row: Row
    place: int
    first_row: int
    columns: Mapping[str, int]

    def ref(self, leaf: str) -> str:
        return str(xl_rowcol_to_cell(self.first_row + self.place, self._column(leaf)))

    def total(self, leaf: str, where: frozenset[str]) -> str:
        column = self._column(leaf)
        below = self.row.parts or self.row.units
        if where or (self.row.strand.line and not self.row.parts):
            return self._masked(column, where)
        if len(below) > 1 and below[-1] - below[0] == len(below) - 1 and not self.row.parts:
            return f"SUM({self._range(column)})"
        cells = [xl_rowcol_to_cell(self.first_row + place, column) for place in below]
        return f"SUM({','.join(cells)})"

    def _masked(self, column: int, where: frozenset[str]) -> str:
        """Σ over the rows of single units: of one line where units have several, and with a
        number in every column of `where`."""
        strand, tests = self.row.strand, []
        if strand.line:
            words = strand.label.replace('"', '""')
            tests = [
                f'--({self._range(of)}="{words}")' for of in self._texts(TextColumn.LINE_LABEL)
            ]
        if self.row.parts:
            # among subtotals, a unit is known by its number, on its first line: subtotals have none
            numbered = self._texts(TextColumn.ROW_NUMBER)
            tests += [f"--ISNUMBER({self._range(of, strand.place)})" for of in numbered]
        tests += [f"--ISNUMBER({self._range(of)})" for of in sorted(map(self._column, where))]
        return f"SUMPRODUCT({','.join([*tests, self._range(column)])})"

    def _range(self, column: int, up: int = 0) -> str:
        """From the first row below to the last; `up` so many rows higher."""
        first, last = (self.first_row + self.row.units[end] - up for end in (0, -1))
        return str(xl_range(first, column, last, column))

    def _texts(self, kind: TextColumn) -> list[int]:
        return [i for i, leaf in enumerate(self.table.layout.leaves) if leaf.text is kind]

    def _column(self, leaf: str) -> int:
        return self.columns[leaf]


_ROW = "\ue001"
"""Stands for the number of a row; no column's name and no number has it."""


@dataclass(frozen=True, slots=True)
class _OfRow:
    """Cells of the formula's own row, whichever that is."""

    columns: Mapping[str, int]

    def ref(self, leaf: str) -> str:
        return f"{xl_col_to_name(self.columns[leaf])}{_ROW}"

    def total(self, leaf: str, where: frozenset[str]) -> str:
        raise AssertionError(leaf, where)  # only summaries add up


class Form:
    """Writes one table on one sheet, from top to bottom; `line` is the next free row."""

    def __init__(self, book: Any, table: Table) -> None:
        self.book = book
        self.table = table
        self.leaves = table.layout.leaves
        self.last = len(self.leaves) - 1
        self.sheet = book.add_worksheet(_sheet_name(f"Biểu {table.number}"), PagedWorksheet)
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.styles: dict[RowKind, list[tuple[Any, Any]]] = {}
        self.formulas: dict[int, tuple[Expression, str]] = {}
        self.measures = measured(table)
        self.line = 0

    def write(self) -> None:
        self._columns()
        self._frame()
        first_header = self.line
        self._header()
        first_row = self.line
        self._body()
        self._notes()
        self._stamp()
        self._signatures()
        self._page(first_header, first_row)

    # -- small tools -------------------------------------------------------------------------

    def style(self, **properties: Any) -> Any:
        """A cell format, made once."""
        wanted = {"font_name": FONT, "font_size": BODY_PT, **properties}
        key = tuple(sorted(wanted.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(wanted)
        return self.formats[key]

    def next_line(self, height_pt: float) -> None:
        self.sheet.set_row(self.line, min(height_pt, HIGHEST_PT))
        self.line += 1

    def text(self, first: int, last: int, words: str, style: Any) -> None:
        """Words over columns `first` to `last` of the current line; never read as a formula."""
        if last > first:
            self.sheet.merge_range(self.line, first, self.line, last, "", style)
        self.sheet.write_string(self.line, first, words, style)

    def across(self, words: str, height_pt: float, **properties: Any) -> None:
        self.text(0, self.last, words, self.style(**properties))
        self.next_line(height_pt)

    def split(self, share: float) -> int:
        """The first column of the right-hand part, where the left takes about `share`."""
        wanted = self.measures.width(0, self.last) * share
        sums = [self.measures.width(0, column) for column in range(self.last)]
        return 1 + min(range(len(sums)), key=lambda column: abs(sums[column] - wanted))

    # -- the form ----------------------------------------------------------------------------

    def _columns(self) -> None:
        for column, width in enumerate(self.measures.widths):
            self.sheet.set_column_pixels(column, column, round(width * 96 / 25.4))

    def _frame(self) -> None:
        """Issuing body and national name, number, title, the document it goes with, the unit."""
        table, right, heights = self.table, self.split(0.4), iter(FRAME_PT)
        above, body = table.issuer_lines
        centred = {"align": "center", "valign": "vcenter"}
        self.text(0, right - 1, above, self.style(font_size=12, **centred))
        nation = self.style(font_size=12, bold=True, **centred)
        self.text(right, self.last, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", nation)
        self.next_line(next(heights))
        named = self.style(font_size=12, bold=True, underline=1, **centred)
        self.text(0, right - 1, body, named)
        motto = self.style(font_size=13, bold=True, underline=1, **centred)
        self.text(right, self.last, "Độc lập - Tự do - Hạnh phúc", motto)
        self.next_line(next(heights))
        self.across(table.label, next(heights), bold=True, font_size=11, align="right")
        lines = self.measures.title_lines
        titled = {"bold": True, "font_size": 13, "text_wrap": lines > 1, **centred}
        self.across(table.title.upper(), next(heights) * lines, **titled)
        lines = self.measures.reference_lines
        referred = {"italic": True, "font_size": REFERENCE_PT, "text_wrap": lines > 1, **centred}
        self.across(table.reference, next(heights) * lines, **referred)
        marked = self.style(font_size=11, bold=True, font_color="#A01E14")
        self.text(0, right - 1, " – ".join(table.marks), marked)
        measure = self.style(italic=True, align="right")
        self.text(right, self.last, table.unit_of_measure, measure)
        self.next_line(next(heights))

    def _header(self) -> None:
        layout = self.table.layout
        bold = {"bold": True, "align": "center", "text_wrap": True, **_BORDER}
        heading = self.style(**bold)
        for cell in layout.header:
            self._over(self.line + cell.row, cell.column, cell.rows, cell.columns)
        for row, height in enumerate(self.measures.headings):
            beginning = {cell.column: cell.text for cell in layout.header if cell.row == row}
            for column in range(self.last + 1):
                self._said(column, unbroken(beginning.get(column, "")), heading)
            self.next_line(height)
        small = {"font_size": SMALL_PT, "italic": True, "align": "center", "text_wrap": True}
        number_style = self.style(**small, **_BORDER)
        for column, caption in enumerate(self.measures.caption_texts):
            self.sheet.write_string(self.line, column, caption, number_style)
        self.next_line(self.measures.captions)

    def _over(self, row: int, column: int, rows: int, columns: int) -> None:
        """Make one cell of several, each of which is written with its own row."""
        if rows > 1 or columns > 1:
            self.sheet.merge.append([row, column, row + rows - 1, column + columns - 1])

    def _said(self, column: int, words: str, style: Any) -> None:
        if words:
            self.sheet.write_string(self.line, column, words, style)
        else:
            self.sheet.write_blank(self.line, column, None, style)

    def _body(self) -> None:
        first_row, columns = self.line, columns_of(self.table.layout)
        for place, row in enumerate(self.table.rows):
            where = _Addresses(self.table, row, place, first_row, columns)
            cells = zip(self.leaves, row.cells, self._styles(row.kind), strict=True)
            for column, (leaf, cell, styles) in enumerate(cells):
                self._cell(column, leaf, cell, styles, where)
            self.next_line(self.measures.row(row))

    def _cell(
        self, column: int, leaf: Leaf, cell: Cell, styles: tuple[Any, Any], where: _Addresses
    ) -> None:
        style = styles[cell.value is not None]
        if cell.value is None:
            if leaf.is_shared and where.row.span > 1:
                self._over(self.line, column, where.row.span, 1)
            if leaf.is_shared and not where.row.span:
                self._said(column, "", style)
            else:
                self._words(column, leaf, cell, style)
        elif cell.recipe is None:
            self.sheet.write_number(self.line, column, float(cell.value), style)
        else:
            formula = self._formula(cell.recipe, where)
            self.sheet.write_formula(self.line, column, formula, style, float(cell.value))

    def _formula(self, recipe: Expression, where: _Addresses) -> str:
        """The rows of units share their recipes, which differ in the number of the row alone."""
        if where.row.units:
            return f"={to_formula(recipe, where)}"
        known, formula = self.formulas.get(id(recipe), (None, ""))
        if known is not recipe:
            formula = f"={to_formula(recipe, _OfRow(where.columns))}"
            self.formulas[id(recipe)] = (recipe, formula)
        return formula.replace(_ROW, str(self.line + 1))

    def _styles(self, kind: RowKind) -> list[tuple[Any, Any]]:
        """(of words, of numbers) in each column of a row of this kind."""
        if kind not in self.styles:
            bold = {"bold": True} if kind in (RowKind.TOTAL, RowKind.SUBTOTAL) else {}
            fill = {"bg_color": "#F0F0F0"} if kind is RowKind.TOTAL else {}
            shared = {**_BORDER, **bold, **fill}
            words = {"align": "left", "indent": 1, "text_wrap": True}
            number = {"align": "right"}
            self.styles[kind] = [
                (
                    self.style(**(words if leaf.is_words else {"align": "center"}), **shared),
                    self.style(num_format=_LOCALE + leaf.number_format, **number, **shared),
                )
                for leaf in self.leaves
            ]
        return self.styles[kind]

    def _words(self, column: int, leaf: Leaf, cell: Cell, style: Any) -> None:
        """Text stays text whatever it begins with; the row number is a number, to be counted on."""
        words = cell.printed(leaf.decimals)
        if leaf.text is TextColumn.ROW_NUMBER and words.isdecimal():
            self.sheet.write_number(self.line, column, int(words), style)
        else:
            self._said(column, words, style)

    def _gap(self) -> None:
        """An empty line; one without any cell would not be written, nor its height."""
        self._said(0, "", self.style())
        self.next_line(GAP_PT)

    def _notes(self) -> None:
        self._gap()
        width = self.measures.width(0, self.last)
        for words in self.measures.paragraphs:
            for piece in in_pieces(words, width, BODY_PT, _LINES_OF_A_ROW):
                self.across(piece, self.measures.paragraph(piece), text_wrap=True, valign="top")

    def _stamp(self) -> None:
        words, height = self.measures.stamp_words, self.measures.stamp
        is_long = height > STAMP_PT
        self.across(words, height, font_size=SMALL_PT, italic=True, text_wrap=is_long)

    def _signatures(self) -> None:
        """Who drew the table up at the left, place, date and who signs at the right.

        One row, since a row is what a page break never cuts.
        """
        self._gap()
        middle = self.split(0.5)
        # the titles stand level: place and date have no counterpart at the left
        self._signed([("", {}), *signed_lines(self.table.left)], 0, middle - 1)
        self._signed(signed_lines(self.table.right), middle, self.last)
        self.next_line(self.measures.signatures)

    def _signed(self, lines: list[Words], first: int, last: int) -> None:
        frame = self.style(align="center", valign="top", text_wrap=True)
        self.sheet.merge_range(self.line, first, self.line, last, "", frame)
        parts: list[Any] = []
        for words, properties in lines:
            parts += [self.style(font_size=11, **properties), f"{words}\n"]
        self.sheet.write_rich_string(self.line, first, *parts, frame)

    def _page(self, first_header: int, first_row: int) -> None:
        sheet, table = self.sheet, self.table
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.center_horizontally()
        sheet.print_area(0, 0, self.line - 1, self.last)
        sheet.repeat_rows(first_header, first_row - 1)
        if self.measures.last_page is not None:
            sheet.set_h_pagebreaks([first_row + self.measures.last_page])
        sheet.freeze_panes(first_row, _frozen_columns(self.leaves))
        sheet.fit_to_pages(1, 1 if self.measures.one_page else 0)
        write_edges(sheet, table, is_marked=True)
        self.book.set_properties(
            {"title": table.title, "subject": table.label, "created": table.made_at}
        )


def _frozen_columns(leaves: tuple[Leaf, ...]) -> int:
    """Names stay in view beside the figures."""
    named = [i for i, leaf in enumerate(leaves) if leaf.is_head]
    return named[0] + 1 if named else 0


def _sheet_name(words: str) -> str:
    """Words without what a sheet's name may not hold, and no longer than it may be."""
    return re.sub(r"[\[\]:*?/\\']", "-", words)[:31]
