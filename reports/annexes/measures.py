"""Widths and heights of a form, so that it fills its page and its signatures stand well.

Programs lay a sheet out themselves; here it is only estimated, always a little on the safe side.
Source: Decree 30/2020, annex I (A4, margins); annexes.yaml, paper (smallest letters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from povertyplan.lib.textwidth import MM_PER_PT, PLAIN, line_count, unbroken
from reports.annexes.columns import HeaderCell
from reports.annexes.spec import SignatureBlock
from reports.annexes.table import Row, Table
from reports.annexes.widths import BODY_PT, INDENT_MM, SMALL_PT, balanced

SMALLEST_SCALE = 0.8
"""A page may shrink the form until its figures are 8 pt. Source: annexes.yaml, paper."""
_SCALES = tuple(percent / 100 for percent in range(100, round(SMALLEST_SCALE * 100) - 1, -2))
MARGIN_MM = {"left": 30, "right": 15, "top": 20, "bottom": 20}
WIDE_PAGE_MM, HIGH_PAGE_MM = 297, 210
WIDE_MM = WIDE_PAGE_MM - MARGIN_MM["left"] - MARGIN_MM["right"]
HIGH_MM = HIGH_PAGE_MM - MARGIN_MM["top"] - MARGIN_MM["bottom"]
_SHORT = 60
"""Rows of a form for which it is worth while to save a page."""
KEPT_ROWS = 3
"""Rows that go with the signatures to a last page."""
# heights of lines, in points
FRAME_PT = (15, 17, 15, 18, 15, 15)
TITLE_AT, TITLE_PT = 3, 13
"""The title among these lines, and the size of its letters."""
REFERENCE_AT, REFERENCE_PT = 4, 11
HIGHEST_PT = 409
"""No row of a workbook may be higher."""
_HEADING_PT = 16.0
"""A heading of one line; each more takes 12."""
GAP_PT, SIGNED_LINE_PT, SIGNATURE_PT, STAMP_PT = 4.5, 13, 38, 12
Words = tuple[str, dict[str, Any]]
"""A line of text and how it is set."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Widths (mm) and heights (pt) of everything on the form, at one stretch of its columns."""

    table: Table
    widths: tuple[float, ...]
    one_page: bool

    def width(self, first: int, last: int) -> float:
        return sum(self.widths[first : last + 1])

    @property
    def headings(self) -> list[float]:
        """Height of each header row: room for the headings that end in it."""
        heights: list[float] = []
        for row in range(self.table.layout.depth):
            ending = [cell for cell in self.table.layout.header if cell.row + cell.rows - 1 == row]
            needed = [self._heading(cell) - sum(heights[cell.row :]) for cell in ending]
            heights.append(max([_HEADING_PT, *needed]))
        return heights

    def _heading(self, cell: HeaderCell) -> float:
        """The height of all rows that it stands over."""
        width = self.width(cell.column, cell.column + cell.columns - 1)
        return _HEADING_PT + 12.0 * (line_count(unbroken(cell.text), width, BODY_PT) - 1)

    @property
    def captions(self) -> float:
        lines = [
            sum(line_count(part, width, SMALL_PT) for part in text.split("\n"))
            for text, width in zip(self.caption_texts, self.widths, strict=True)
        ]
        return 11.0 * max(lines) + 2

    @property
    def caption_texts(self) -> list[str]:
        """(11) and =4-6+7+8+9 on two lines where one is too short."""
        layout = self.table.layout
        return [
            caption if line_count(caption, width, SMALL_PT) == 1 else f"({number})\n{leaf.caption}"
            for caption, width, number, leaf in zip(
                layout.captions, self.widths, layout.numbers, layout.leaves, strict=True
            )
        ]

    def row(self, row: Row) -> float:
        """What stands over several rows takes its part of each."""
        leaves = self.table.layout.leaves
        lines = [
            line_count(cell.text, width - INDENT_MM, BODY_PT) / (row.span if leaf.is_shared else 1)
            for leaf, cell, width in zip(leaves, row.cells, self.widths, strict=True)
            if leaf.is_words and (row.span or not leaf.is_shared)
        ]
        return 12.0 * max(lines, default=1) + 0.75

    @property
    def title_lines(self) -> int:
        return line_count(self.table.title.upper(), self.width(0, len(self.widths)), TITLE_PT)

    @property
    def reference_lines(self) -> int:
        width = self.width(0, len(self.widths))
        return line_count(self.table.reference, width, REFERENCE_PT * PLAIN)

    @property
    def frame(self) -> float:
        """What stands over the table; a long title takes several lines."""
        more = FRAME_PT[TITLE_AT] * (self.title_lines - 1)
        return sum(FRAME_PT) + more + FRAME_PT[REFERENCE_AT] * (self.reference_lines - 1)

    @property
    def paragraphs(self) -> list[str]:
        """The notes of the form, then those of the figures."""
        notes = ["Ghi chú:", *self.table.notes] if self.table.notes else []
        return [" ".join(words) for words in (notes, self.table.remarks) if words]

    def paragraph(self, words: str) -> float:
        return 12.0 * line_count(words, self.width(0, len(self.widths)), BODY_PT * PLAIN)

    @property
    def stamp_words(self) -> str:
        """On one line, or with the code on a second: a broken code is hard to type."""
        table, width = self.table, self.width(0, len(self.widths))
        words = f"{table.stamp} · {table.check_words}"
        if line_count(words, width, SMALL_PT) == 1:
            return words
        return f"{table.stamp}\n{table.check_words}"

    @property
    def stamp(self) -> float:
        width = self.width(0, len(self.widths))
        lines = [line_count(line, width, SMALL_PT) for line in self.stamp_words.split("\n")]
        return STAMP_PT * sum(lines)

    @property
    def signatures(self) -> float:
        """The lines of the longer side, and room to sign."""
        lines = max(len(signed_lines(self.table.left)) + 1, len(signed_lines(self.table.right)))
        return SIGNED_LINE_PT * lines + SIGNATURE_PT

    @property
    def header(self) -> float:
        return sum(self.headings) + self.captions

    @property
    def foot(self) -> float:
        """What stands under the table."""
        notes = sum(self.paragraph(words) for words in self.paragraphs)
        return notes + self.stamp + GAP_PT * 2 + self.signatures

    @property
    def height_mm(self) -> float:
        body = sum(self.row(row) for row in self.table.rows)
        return (self.frame + self.header + body + self.foot) * MM_PER_PT

    @property
    def scale(self) -> float:
        """How much smaller than life the form is printed, to be one page wide."""
        return WIDE_MM / sum(self.widths)

    @property
    def last_page(self) -> int | None:
        """The row to begin the last page with, so that the signatures don't stand there alone.

        None where the last rows and the foot share a page anyhow, with some room to spare:
        programs differ by a row or so a page.
        """
        if self.one_page:
            return None
        rows = self.table.rows
        _pages, on_page, used = self._flow(rows)
        if on_page > KEPT_ROWS * 2 and used + self.foot <= self._page * 0.85:
            return None
        first = max(len(rows) - KEPT_ROWS, 1)
        while first > 1 and not rows[first].span:  # the lines of a unit stay together
            first -= 1
        return first

    @property
    def pages(self) -> int:
        if self.one_page:
            return 1
        first = self.last_page
        return self._flow(self.table.rows[:first])[0] + (first is not None)

    @property
    def _page(self) -> float:
        return HIGH_MM / MM_PER_PT / self.scale

    def _flow(self, rows: Sequence[Row]) -> tuple[int, int, float]:
        """Rows set one after the other: (pages, rows on the last of them, how full that is)."""
        pages, on_page, used = 1, 0, self.frame + self.header
        for height in map(self.row, rows):
            if used + height > self._page:
                pages, on_page, used = pages + 1, 0, self.header
            used, on_page = used + height, on_page + 1
        return pages, on_page, used


def measured(table: Table) -> Measures:
    """Stretch the columns so that the form fills the width of its page.

    On as few pages as letters that are still large enough allow, with letters as large as these
    pages allow: a form shrunk to the height of a page may be the wider for it. A long table is
    not shrunk.
    """
    if len(table.rows) > _SHORT:
        return _stretched(table, 1.0, one_page=False)
    for scale in _SCALES:
        measures = _stretched(table, scale, one_page=True)
        if measures.height_mm * scale <= HIGH_MM:
            return measures
    return min((_stretched(table, scale, one_page=False) for scale in _SCALES), key=_pages)


def _pages(measures: Measures) -> int:
    return measures.pages


def _stretched(table: Table, scale: float, *, one_page: bool) -> Measures:
    return Measures(table, balanced(table, WIDE_MM / scale), one_page)


def signed_lines(block: SignatureBlock) -> list[Words]:
    lines: list[Words] = []
    if block.place_date:
        lines.append((block.place_date, {"italic": True}))
    lines += [(words, {"bold": True}) for words in block.lines]
    return [*lines, (block.hint, {"italic": True})]
