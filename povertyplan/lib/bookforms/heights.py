"""How high a repeated row has to be for the words that are wrapped in its cells.

Not every program fits rows to their words on opening: there a row without a height of its own is
as low as an empty one, and its second line is printed over the row below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.parts import STYLES, Book, SheetPart
from povertyplan.lib.bookforms.references import AREA
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.textwidth import line_count

_DIGIT_MM = 7 * 25.4 / 96
"""Widths of columns are told in digits of the first font, commonly 7 dots wide."""
_USUAL_COLUMN, _USUAL_PT = 8.43, 11.0
_LINE, _ROOM_PT = 1.2, 0.75
"""The height of a line as a part of the size of its letters, and what a row has beyond it."""
_HIGHEST_PT = 409.0
_NUMBER = re.compile(r"[0-9]{1,4}(?:\.[0-9]+)?")
_ATTRIBUTES = re.compile(r'\s(?:ht|customHeight)="([^"]*)"')

Wrapped = Mapping[str, tuple[float, float]]
"""Of cells that wrap their words, by column: (width in mm, size of their letters in pt)."""


class Heights:
    """Of the rows of one sheet."""

    def __init__(self, book: Book, sheet: SheetPart) -> None:
        self.book = book
        self.sheet = sheet

    def wrapped(self, row: Node) -> Wrapped:
        """None of a row that its author has given a height."""
        if row.getAttribute("customHeight") in ("1", "true"):
            return {}
        found = {}
        for cell in xml.children(row, "c"):
            place = cell.getAttribute("s") or "0"
            size = self.sizes.get(int(place) if place.isdecimal() else 0)
            if size is not None:
                column = cell.getAttribute("r").rstrip("0123456789")
                found[column] = (self._width(column, int(row.getAttribute("r"))), size)
        return found

    @cached_property
    def sizes(self) -> dict[int, float]:
        """The size of letters of each style that wraps, by its place among the styles."""
        content = self.book.xml.get(STYLES)
        root = xml.parsed(content) if content else None
        if root is None:
            return {}
        fonts = [_told(xml.child(font, "sz"), "val", _USUAL_PT) for font in _below(root, "fonts")]
        sizes = {}
        for place, style in enumerate(_below(root, "cellXfs")):
            setting = xml.child(style, "alignment")
            if setting is not None and setting.getAttribute("wrapText") in ("1", "true"):
                font = int(_told(style, "fontId", 0))
                sizes[place] = fonts[font] if font < len(fonts) else _USUAL_PT
        return sizes

    def _width(self, letters: str, row: int) -> float:
        """Of the cell in a column, or of those it is put together from."""
        first = last = xml.column(letters)
        for area in self.merged:
            if int(area[2]) <= row <= int(area[4]) and xml.column(area[1]) == first:
                last = xml.column(area[3])
        return sum(map(self._column_mm, range(first, last + 1)))

    @cached_property
    def merged(self) -> list[re.Match[str]]:
        found = [AREA.fullmatch(one.getAttribute("ref")) for one in self._all("mergeCells")]
        return [area for area in found if area is not None and area[3]]

    def _column_mm(self, column: int) -> float:
        for one in self._all("cols"):
            if _told(one, "min", 0) <= column <= _told(one, "max", 0):
                return _told(one, "width", _USUAL_COLUMN) * _DIGIT_MM
        return _USUAL_COLUMN * _DIGIT_MM

    def _all(self, name: str) -> list[Node]:
        return _below(self.sheet.root, name)


def heightened(row: str, told: Iterable[tuple[str, str]], wrapped: Wrapped) -> str:
    """The row as written, higher where some words of `told` (column, words) take several lines."""
    height = 0.0
    for column, words in told:
        if column in wrapped:
            width, size = wrapped[column]
            lines = sum(line_count(line, width, size) for line in words.split("\n"))
            if lines > 1:
                height = max(height, lines * size * _LINE + _ROOM_PT)
    head, _end, rest = row.partition(">")
    own = re.search(r'\sht="([0-9.]+)"', head)
    if not height or (own is not None and float(own[1]) >= height):
        return row
    return f'{_ATTRIBUTES.sub("", head)} ht="{min(height, _HIGHEST_PT):g}" customHeight="1">{rest}'


def _below(root: Node, name: str) -> list[Node]:
    found = xml.child(root, name)
    return xml.children(found) if found is not None else []


def _told(node: Node | None, name: str, usual: float) -> float:
    words = node.getAttribute(name) if node is not None else ""
    return float(words) if _NUMBER.fullmatch(words) else usual
