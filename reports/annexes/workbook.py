"""A finished table as a workbook: the form an official signs, one page wide.

Source: Decree 30/2020, annex I (paper, margins, national name and motto, page number);
annexes.yaml for the columns. Numbers are numbers, summaries and rates are formulas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from indicators.periods import Period
from povertyplan.lib.speech import officially
from reports.annexes.build import build_table, find_annex
from reports.annexes.expressions import to_formula
from reports.annexes.lines import Area
from reports.annexes.measures import (
    BODY_PT,
    FRAME_PT,
    GAP_PT,
    MARGIN_MM,
    SMALL_PT,
    STAMP_PT,
    Words,
    measured,
    signed_lines,
    unbroken,
)
from reports.annexes.spec import Leaf, TextColumn
from reports.annexes.table import Cell, Row, RowKind, Table, columns_of

FONT = "Times New Roman"
_BORDER = {"border": 1, "valign": "vcenter"}
_LOCALE = "[$-42A]"
"""Vietnamese: 1.234,50 in programs that take the separators from the cell."""


def annex_file(
    annex_code: str, area: Area, period: Period, stage: str, variant: str = ""
) -> tuple[str, bytes]:
    """Return (file name, workbook) of a table. Raises DomainError when it cannot be had."""
    table = build_table(find_annex(annex_code, area, period), area, period, stage, variant)
    return table.file_name, write_workbook(table)


@officially
def write_workbook(table: Table) -> bytes:
    """Write the table with its frame, formulas and their stored values."""
    stream = BytesIO()
    # Normal mode: headings that span rows are lost in constant_memory mode.
    # The width of a column counts in digits of the default font, so that font is one of ours.
    default = {"font_name": FONT, "font_size": 11}
    with Workbook(stream, {"in_memory": True, "default_format_properties": default}) as book:
        _Form(book, table).write()
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where the cells of one row's formula stand in the sheet."""

    table: Table
    row: Row
    place: int
    first_row: int

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
        return columns_of(self.table.layout)[leaf]


class _Form:
    """Writes one table on one sheet, from top to bottom; `line` is the next free row."""

    def __init__(self, book: Any, table: Table) -> None:
        self.book = book
        self.table = table
        self.leaves = table.layout.leaves
        self.last = len(self.leaves) - 1
        self.sheet = book.add_worksheet(_sheet_name(f"Biểu {table.number}"))
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
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
        self.sheet.set_row(self.line, height_pt)
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
        self.across(table.reference, next(heights), italic=True, font_size=11, **centred)
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
            row, last_row = self.line + cell.row, self.line + cell.row + cell.rows - 1
            last = cell.column + cell.columns - 1
            if (row, cell.column) != (last_row, last):
                self.sheet.merge_range(row, cell.column, last_row, last, "", heading)
            self.sheet.write_string(row, cell.column, unbroken(cell.text), heading)
        for height in self.measures.headings:
            self.next_line(height)
        small = {"font_size": SMALL_PT, "italic": True, "align": "center", "text_wrap": True}
        number_style = self.style(**small, **_BORDER)
        for column, caption in enumerate(self.measures.caption_texts):
            self.sheet.write_string(self.line, column, caption, number_style)
        self.next_line(self.measures.captions)

    def _body(self) -> None:
        first_row = self.line
        for place, row in enumerate(self.table.rows):
            where = _Addresses(self.table, row, place, first_row)
            for column, (leaf, cell) in enumerate(zip(self.leaves, row.cells, strict=True)):
                self._cell(column, leaf, cell, where)
            self.next_line(self.measures.row(row))

    def _cell(self, column: int, leaf: Leaf, cell: Cell, where: _Addresses) -> None:
        bold = {"bold": True} if where.row.is_summary else {}
        fill = {"bg_color": "#F0F0F0"} if where.row.kind is RowKind.TOTAL else {}
        shared = {**_BORDER, **bold, **fill}
        if cell.value is None:
            words = {"align": "left", "indent": 1, "text_wrap": True}
            align = words if leaf.is_words else {"align": "center"}
            style = self.style(**align, **shared)
            if leaf.is_shared:
                self._shared(column, where.row, style)
            if where.row.span or not leaf.is_shared:
                self._words(column, leaf, cell, style)
            return
        style = self.style(num_format=_LOCALE + leaf.number_format, align="right", **shared)
        if cell.recipe is None:
            self.sheet.write_number(self.line, column, float(cell.value), style)
        else:
            formula = f"={to_formula(cell.recipe, where)}"
            self.sheet.write_formula(self.line, column, formula, style, float(cell.value))

    def _shared(self, column: int, row: Row, style: Any) -> None:
        """One cell over all lines of a unit."""
        if row.span > 1:
            self.sheet.merge_range(self.line, column, self.line + row.span - 1, column, "", style)

    def _words(self, column: int, leaf: Leaf, cell: Cell, style: Any) -> None:
        """Text stays text whatever it begins with; the row number is a number, to be counted on."""
        words = cell.printed(leaf.decimals)
        if leaf.text is TextColumn.ROW_NUMBER and words.isdecimal():
            self.sheet.write_number(self.line, column, int(words), style)
        elif words:
            self.sheet.write_string(self.line, column, words, style)
        else:
            self.sheet.write_blank(self.line, column, None, style)

    def _notes(self) -> None:
        self.next_line(GAP_PT)
        for words in self.measures.paragraphs:
            self.across(words, self.measures.paragraph(words), text_wrap=True, valign="top")

    def _stamp(self) -> None:
        self.across(self.table.stamp, STAMP_PT, font_size=SMALL_PT, italic=True)

    def _signatures(self) -> None:
        """Who drew the table up at the left, place, date and who signs at the right.

        One row, since a row is what a page break never cuts.
        """
        self.next_line(GAP_PT)
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
        sheet.set_margins(**{side: value / 25.4 for side, value in MARGIN_MM.items()})
        sheet.print_area(0, 0, self.line - 1, self.last)
        sheet.repeat_rows(first_header, first_row - 1)
        if self.measures.last_page is not None:
            sheet.set_h_pagebreaks([first_row + self.measures.last_page])
        sheet.freeze_panes(first_row, _frozen_columns(self.leaves))
        sheet.fit_to_pages(1, 1 if self.measures.one_page else 0)
        font = f'&"{FONT},Bold"&{BODY_PT}'
        marks = " – ".join(table.marks)
        # Decree 30/2020: the page number stands in the middle of the top margin, not on page 1
        number = "" if self.measures.one_page else f'&C&"{FONT},Regular"&13&P'
        sheet.set_header(f"{number}&R{font}{marks}", {"margin": 8 / 25.4})
        plain = f'&"{FONT},Italic"&{SMALL_PT}'
        sheet.set_footer(
            f"&L{plain}{_plain(table.label)}&R{plain}{_plain(table.stamp)}",
            {"margin": 8 / 25.4},
        )
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


def _plain(words: str) -> str:
    """Words for a page's edge, where & starts a code."""
    return words.replace("&", "&&")
