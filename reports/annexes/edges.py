"""What stands at the edges of every printed page of a workbook.

Source: Decree 30/2020, annex I: the page number in the middle of the top margin, not on page 1.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.worksheet import Worksheet

from reports.annexes.measures import MARGIN_MM
from reports.annexes.table import Table
from reports.annexes.widths import BODY_PT, SMALL_PT

FONT = "Times New Roman"
LONGEST = 255
"""Excel repairs a file with more in an edge."""
_EDGE = {"margin": 8 / 25.4}
_NUMBER = f'&C&"{FONT},Regular"&13&P'


class PagedWorksheet(Worksheet):  # type: ignore[misc]
    """A sheet whose first page has a header of its own, which XlsxWriter does not offer."""

    first_header: str | None = None
    """None where page 1 is as the others; empty where nothing stands at its top."""

    def _write_header_footer(self) -> None:
        if self.first_header is None:
            super()._write_header_footer()
            return
        self._xml_start_tag("headerFooter", [("differentFirst", 1)])
        self._write_odd_header()
        self._write_odd_footer()
        if self.first_header:
            self._xml_data_element("firstHeader", self.first_header)
        self._xml_data_element("firstFooter", self.footer)
        self._xml_end_tag("headerFooter")


def write_edges(sheet: Any, table: Table, *, is_marked: bool = False) -> None:
    """Margins; on every page what its figures are, which table, of when, and its check code.

    `is_marked`: the sheet itself says on page 1 what its figures are.
    """
    sheet.set_margins(**{side: value / 25.4 for side, value in MARGIN_MM.items()})
    marks = f'&R&"{FONT},Bold"&{BODY_PT}{" – ".join(table.marks)}' if table.marks else ""
    sheet.set_header(f"{_NUMBER}{marks}", _EDGE)
    sheet.first_header = "" if is_marked else marks
    sheet.set_footer(_footer(table), _EDGE)


def _footer(table: Table) -> str:
    """Two lines at the right; the last words of a long stamp also stand under the table."""
    font = f'&"{FONT},Italic"&{SMALL_PT}'
    parts = table.stamp.split(" · ")
    while True:
        lines = f"{_plain(' · '.join(parts))}\n{_plain(table.check_words)}"
        footer = f"&L{font}{_plain(table.label)}&R{font}{lines}"
        if len(footer) <= LONGEST or not parts:
            return footer
        parts.pop()


def _plain(words: str) -> str:
    """Words for a page's edge, where & starts a code and a digit would belong to the size."""
    return words.replace("&", "&&")
