"""How long words are in print, estimated in millimetres: a little more than they take."""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

MM_PER_PT = 25.4 / 72
ROOM_MM = 2.0
"""Of a column's width, at both sides of its words together."""
PLAIN = 0.96
"""Letters that are not bold are narrower, at least by so much."""


def in_pieces(words: str, width_mm: float, size_pt: float, most_lines: int) -> list[str]:
    """The words in pieces of at most so many lines, cut between words."""
    room = width_mm * most_lines
    pieces, used = [""], 0.0
    for word in words.split(" "):
        length = length_mm(f"{word} ", size_pt)
        if used and used + length > room:
            pieces, used = [*pieces, ""], 0.0
        pieces[-1] += f" {word}" if pieces[-1] else word
        used += length
    return pieces


@lru_cache(maxsize=1024)
def line_count(words: str, width_mm: float, size_pt: float) -> int:
    """About how many lines the words take in a column; a word stays whole where it can."""
    room = max(width_mm - ROOM_MM, 1)
    space = length_mm(" ", size_pt)
    lines, used = 1, 0.0
    for word in words.split(" "):
        length = length_mm(word, size_pt)
        if used and used + space + length > room:
            lines, used = lines + 1, 0.0
        lines += math.ceil(length / room) - 1
        used += length + (space if used else 0)
    return lines


def length_mm(words: str, size_pt: float) -> float:
    """About how long the words are, in bold Times New Roman."""
    return sum(map(_em, words)) * size_pt * MM_PER_PT


@lru_cache(maxsize=1024)
def _em(marked: str) -> float:
    """The width of a letter as a part of the size."""
    letter = unicodedata.normalize("NFD", marked)[0]
    for letters, width in (
        ("mwMWĐ%…", 0.95),
        ("+=", 0.68),
        (" ", 0.25),
        (".,;:!'()/-|ijltfr", 0.33),
    ):
        if letter in letters:
            return width
    return 0.7 if letter.isupper() else 0.52


def unbroken(words: str) -> str:
    """A per cent sign stays with the word before it."""
    return words.replace(" %", "\u00a0%")


def width_for(words: str, lines: int, size_pt: float, most_mm: float) -> float:
    """The least width (mm) up to `most_mm` that holds the words in so many lines."""
    least = 0.0
    if line_count(words, most_mm, size_pt) > lines:
        return most_mm
    while most_mm - least > 0.2:
        middle = (least + most_mm) / 2
        if line_count(words, middle, size_pt) > lines:
            least = middle
        else:
            most_mm = middle
    return most_mm
