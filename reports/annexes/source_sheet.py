"""The sheet “Nguồn” of a workbook: where the figures of its table come from, nothing hidden."""

from __future__ import annotations

from typing import Any

from povertyplan.lib.textwidth import line_count
from reports.annexes.edges import FONT, PagedWorksheet, write_edges
from reports.annexes.measures import HIGHEST_PT, WIDE_MM
from reports.annexes.sources import ColumnSource, Sources, UnitSource
from reports.annexes.table import Table
from reports.annexes.widths import BODY_PT

NAME = "Nguồn"
_NAMES_MM = (26.0, 50.0)
_WIDE_MM, _PERIOD_MM, _LAST_MM = 60.0, 44.0, 34.0
"""Indicators of columns and the first period stand in the wide one."""
_LINE_PT = 13.0
_COLUMNS = ("Cột", "Tên cột", "Chỉ số [mã]", "Kỳ")
_UNITS = ("Mã đơn vị", "Đơn vị")


def add_sources(book: Any, table: Table, sources: Sources) -> None:
    """Write the sheet after those there are: facts, columns, then a row for every unit."""
    _Sheet(book, table, sources).write()


class _Sheet:
    """Writes from top to bottom; `line` is the next free row."""

    def __init__(self, book: Any, table: Table, sources: Sources) -> None:
        self.sheet = book.add_worksheet(NAME, PagedWorksheet)
        self.table = table
        self.sources = sources
        self.line = 0
        self.widths = _widths(len(sources.periods))
        font = {"font_name": FONT, "font_size": BODY_PT, "valign": "top", "text_wrap": True}
        self.plain = book.add_format({**font, "border": 1})
        self.bold = book.add_format({**font, "border": 1, "bold": True})
        self.head = book.add_format({**font, "border": 1, "bold": True, "bg_color": "#F0F0F0"})
        self.title = book.add_format({**font, "bold": True, "font_size": 13, "text_wrap": False})
        self.lead = book.add_format({**font, "bold": True, "text_wrap": False})

    def write(self) -> None:
        for column, width in enumerate(self.widths):
            self.sheet.set_column_pixels(column, column, round(width * 96 / 25.4))
        self._heading(f"NGUỒN SỐ LIỆU CỦA {self.table.label.upper()}", self.title, 20)
        for label, words in self.sources.facts:
            self._fact(label, words)
        self._heading("", self.lead, 6)
        self._heading("Số liệu của từng cột", self.lead, 16)
        self._row(_COLUMNS, self.head)
        for source in self.sources.columns:
            self._column(source)
        self._heading("", self.lead, 6)
        self._heading(_intro(self.sources), self.lead, 16)
        repeated = self.line
        returns = [f"Báo cáo {period.label}" for period in self.sources.periods]
        self._row((*_UNITS, *returns, "Ô chưa có số"), self.head)
        for unit in self.sources.units:
            self._unit(unit)
        self._page(repeated)

    def _heading(self, words: str, style: Any, height_pt: float) -> None:
        self.sheet.set_row(self.line, height_pt)
        if words:
            self.sheet.write_string(self.line, 0, words, style)
        else:  # a line without any cell would lose its height
            self.sheet.write_blank(self.line, 0, None, style)
        self.line += 1

    def _fact(self, label: str, words: str) -> None:
        first, last = 1, len(self.widths) - 1
        self._height([(label, self.widths[0]), (words, sum(self.widths[first:]))])
        self.sheet.write_string(self.line, 0, label, self.bold)
        self.sheet.merge_range(self.line, first, self.line, last, "", self.plain)
        self.sheet.write_string(self.line, first, words, self.plain)
        self.line += 1

    def _column(self, column: ColumnSource) -> None:
        number = f"({column.number})" if column.number.isdecimal() else column.number
        self._row((number, column.heading, column.basis, column.periods), self.plain)

    def _unit(self, unit: UnitSource) -> None:
        self._row((unit.code, unit.name, *unit.returns, unit.lacking), self.plain)

    def _row(self, words: tuple[str, ...], style: Any) -> None:
        """One cell a column, all of them text whatever they begin with."""
        pairs = list(zip(words, self.widths, strict=False))
        self._height(pairs)
        for place, (text, _width) in enumerate(pairs):
            if text:
                self.sheet.write_string(self.line, place, text, style)
            else:
                self.sheet.write_blank(self.line, place, None, style)
        self.line += 1

    def _height(self, pairs: list[tuple[str, float]]) -> None:
        """Make the row high enough for words in their widths (mm)."""
        lines = max(line_count(words, width, BODY_PT) for words, width in pairs)
        self.sheet.set_row(self.line, min(lines * _LINE_PT + 2, HIGHEST_PT))

    def _page(self, repeated: int) -> None:
        sheet = self.sheet
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        write_edges(sheet, self.table)
        sheet.print_area(0, 0, self.line - 1, len(self.widths) - 1)
        sheet.repeat_rows(repeated)
        sheet.fit_to_pages(1, 0)


def _widths(periods: int) -> list[float]:
    """Of names, periods and gaps; at least as wide as the page, which only makes smaller."""
    others = [_PERIOD_MM] * (periods - 1)
    widths = [*_NAMES_MM, *([_WIDE_MM, *others] if periods else []), _LAST_MM]
    widths += [_LAST_MM] * (len(_COLUMNS) - len(widths))
    room = max(WIDE_MM - sum(widths), 0.0)
    return [*widths[:2], widths[2] + room, *widths[3:]]


def _intro(sources: Sources) -> str:
    return (
        f"Số liệu của từng đơn vị ({len(sources.units)}): mỗi số trong biểu là chỉ số ở cột "
        "của nó, do đơn vị ở dòng của nó báo cáo"
    )
