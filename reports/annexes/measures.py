"""Widths and heights of a form, so that it fills its page and its signatures stand well.

Programs lay a sheet out themselves; here it is only estimated, always a little on the safe side.
Source: Decree 30/2020, annex I (A4, margins); annexes.yaml, paper (smallest letters).
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reports.annexes.columns import HeaderCell
from reports.annexes.spec import SignatureBlock
from reports.annexes.table import Row, Table

BODY_PT, SMALL_PT = 10, 9
SMALLEST_SCALE = 0.8
"""A page may shrink the form until its figures are 8 pt. Source: annexes.yaml, paper."""
MARGIN_MM = {"left": 30, "right": 15, "top": 20, "bottom": 20}
WIDE_PAGE_MM, HIGH_PAGE_MM = 297, 210
WIDE_MM = WIDE_PAGE_MM - MARGIN_MM["left"] - MARGIN_MM["right"]
HIGH_MM = HIGH_PAGE_MM - MARGIN_MM["top"] - MARGIN_MM["bottom"]
MM_PER_PT = 25.4 / 72
_NEVER_ONE_PAGE = 400
"""Rows that no page holds: their height need not be worked out."""
KEPT_ROWS = 3
"""Rows that go with the signatures to a last page."""
# heights of lines, in points
FRAME_PT = (15, 18, 15, 19, 15, 15)
TITLE_AT, TITLE_PT = 3, 13
"""The title among these lines, and the size of its letters."""
HIGHEST_PT = 409
"""No row of a workbook may be higher."""
GAP_PT, SIGNED_LINE_PT, SIGNATURE_PT, STAMP_PT = 5, 14, 38, 12
Words = tuple[str, dict[str, Any]]
"""A line of text and how it is set."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Widths (mm) and heights (pt) of everything on the form, at one stretch of its columns."""

    table: Table
    stretch: float
    one_page: bool

    @property
    def widths(self) -> list[float]:
        return [leaf.width * self.stretch for leaf in self.table.layout.leaves]

    def width(self, first: int, last: int) -> float:
        return sum(self.widths[first : last + 1])

    @property
    def headings(self) -> list[float]:
        """Height of each header row: room for the headings that end in it."""
        header = self.table.layout.header
        heights = []
        for row in range(self.table.layout.depth):
            ending = [cell for cell in header if cell.row + cell.rows - 1 == row]
            lines = [self._heading_lines(cell) - (cell.rows - 1) for cell in ending]
            heights.append(12.0 * max([1, *lines]) + 4)
        return heights

    def _heading_lines(self, cell: HeaderCell) -> int:
        width = self.width(cell.column, cell.column + cell.columns - 1)
        return line_count(unbroken(cell.text), width, BODY_PT)

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
            line_count(cell.text, width, BODY_PT) / (row.span if leaf.is_shared else 1)
            for leaf, cell, width in zip(leaves, row.cells, self.widths, strict=True)
            if leaf.text is not None and (row.span or not leaf.is_shared)
        ]
        return 12.0 * max(lines, default=1) + 1.5

    @property
    def title_lines(self) -> int:
        return line_count(self.table.title.upper(), self.width(0, len(self.widths)), TITLE_PT)

    @property
    def frame(self) -> float:
        """What stands over the table; a long title takes several lines."""
        return sum(FRAME_PT) + FRAME_PT[TITLE_AT] * (self.title_lines - 1)

    @property
    def paragraphs(self) -> list[str]:
        """The notes of the form, then those of the figures."""
        notes = ["Ghi chú:", *self.table.notes] if self.table.notes else []
        return [" ".join(words) for words in (notes, self.table.remarks) if words]

    def paragraph(self, words: str) -> float:
        return 12.0 * line_count(words, self.width(0, len(self.widths)), BODY_PT)

    @property
    def stamp_words(self) -> str:
        return f"{self.table.stamp} · {self.table.check_words}"

    @property
    def stamp(self) -> float:
        """A code with a long name takes a second line."""
        return STAMP_PT * line_count(self.stamp_words, self.width(0, len(self.widths)), SMALL_PT)

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
        page, rows = HIGH_MM / MM_PER_PT, self.table.rows
        used, on_page = self.frame + self.header, 0
        for height in map(self.row, rows):
            if used + height > page:
                used, on_page = self.header, 0
            used, on_page = used + height, on_page + 1
        if on_page > KEPT_ROWS * 2 and used + self.foot <= page * 0.85:
            return None
        first = max(len(rows) - KEPT_ROWS, 1)
        while first > 1 and not rows[first].span:  # the lines of a unit stay together
            first -= 1
        return first


def measured(table: Table) -> Measures:
    """Stretch the columns so that the form fills the width of its page.

    On one page where that keeps the letters large enough: a form shrunk to the height of a page
    may be the wider for it. Else on several, one page wide.
    """
    narrow = sum(leaf.width for leaf in table.layout.leaves)
    scale = SMALLEST_SCALE
    measures = Measures(table, WIDE_MM / narrow / scale, one_page=True)
    if len(table.rows) > _NEVER_ONE_PAGE or measures.height_mm * scale > HIGH_MM:
        return Measures(table, WIDE_MM / narrow, one_page=False)
    scale = min(HIGH_MM / measures.height_mm, 1.0)
    return Measures(table, WIDE_MM / narrow / scale, one_page=True)


def signed_lines(block: SignatureBlock) -> list[Words]:
    lines: list[Words] = []
    if block.place_date:
        lines.append((block.place_date, {"italic": True}))
    lines += [(words, {"bold": True}) for words in block.lines]
    return [*lines, (block.hint, {"italic": True})]


def in_pieces(words: str, width_mm: float, size_pt: float, most_lines: int) -> list[str]:
    """The words in pieces of at most so many lines, cut between words."""
    room = width_mm * most_lines
    pieces, used = [""], 0.0
    for word in words.split(" "):
        length = _length_mm(f"{word} ", size_pt)
        if used and used + length > room:
            pieces, used = [*pieces, ""], 0.0
        pieces[-1] += f" {word}" if pieces[-1] else word
        used += length
    return pieces


@lru_cache(maxsize=1024)
def line_count(words: str, width_mm: float, size_pt: float) -> int:
    """About how many lines the words take in a column; a word stays whole where it can."""
    room = max(width_mm - 2, 1)
    space = _length_mm(" ", size_pt)
    lines, used = 1, 0.0
    for word in words.split(" "):
        length = _length_mm(word, size_pt)
        if used and used + space + length > room:
            lines, used = lines + 1, 0.0
        lines += math.ceil(length / room) - 1
        used += length + (space if used else 0)
    return lines


def _length_mm(words: str, size_pt: float) -> float:
    """About how long the words are, in bold Times New Roman; a little more than it takes."""
    return sum(map(_em, words)) * size_pt * MM_PER_PT


@lru_cache(maxsize=1024)
def _em(marked: str) -> float:
    """The width of a letter as a part of the size."""
    letter = unicodedata.normalize("NFD", marked)[0]
    for letters, width in (("mwMWĐ%…", 0.95), (" ", 0.25), (".,;:!'()/-|ijltfr", 0.33)):
        if letter in letters:
            return width
    return 0.7 if letter.isupper() else 0.52


def unbroken(words: str) -> str:
    """A per cent sign stays with the word before it."""
    return words.replace(" %", "\u00a0%")
