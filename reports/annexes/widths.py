"""Widths of columns: those of the layout, made to fit the words that stand in them.

A column whose words need less gives way to one whose words would be cut or take a second line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from povertyplan.lib.textwidth import ROOM_MM, length_mm, line_count, unbroken, width_for
from reports.annexes.spec import Leaf
from reports.annexes.table import Table

BODY_PT, SMALL_PT = 10, 9
INDENT_MM = 1.5
"""Words stand a little off their border."""
_HAIR_MM = 0.1
"""So that words which just fit are not a second line for an error in the last digit."""
_MOST_ROWS = 400
"""Looking through the words of more takes too long; such a form has many pages anyhow."""


def balanced(table: Table, wide_mm: float) -> tuple[float, ...]:
    """The width (mm) of each column of a form so wide."""
    leaves = table.layout.leaves
    stretch = wide_mm / sum(leaf.width for leaf in leaves)
    widths = [leaf.width * stretch for leaf in leaves]
    if len(table.rows) > _MOST_ROWS:
        return tuple(widths)
    columns = _Columns(table, widths)
    spare = [max(width - least, 0.0) for width, least in zip(widths, columns.least, strict=True)]
    for wanted in columns.wants():
        widths, spare = _granted(wanted, widths, spare)
    return tuple(widths)


def _granted(
    wanted: Sequence[float], widths: list[float], spare: list[float]
) -> tuple[list[float], list[float]]:
    """(widths, what can still be spared) after a want, or both as they were where it is too much.

    Columns spare in proportion to what they can.
    """
    lacking = [max(want - width, 0.0) for want, width in zip(wanted, widths, strict=True)]
    others = [0.0 if lack else one for lack, one in zip(lacking, spare, strict=True)]
    share = sum(lacking) / sum(others) if any(others) else 2.0
    if share > 1:
        return widths, spare
    widths = [w + lack - one * share for w, lack, one in zip(widths, lacking, others, strict=True)]
    return widths, [one * (1 - share) for one in others]


class _Columns:
    """What the columns of a table need, in mm; columns that repeat each other need the same."""

    def __init__(self, table: Table, widths: list[float]) -> None:
        self.table = table
        self.widths = widths
        self.leaves = table.layout.leaves
        self.texts = [list(self._texts(place, leaf)) for place, leaf in enumerate(self.leaves)]
        self.whole = self._alike([self._whole(place) for place in range(len(self.leaves))])
        self.single = self._alike([self._single(place) for place in range(len(self.leaves))])

    @property
    def least(self) -> list[float]:
        """Down to where no heading and no words would take one more line."""
        least = [
            max(whole, min(single, width), self._heading(place))
            for place, (whole, single, width) in enumerate(
                zip(self.whole, self.single, self.widths, strict=True)
            )
        ]
        for cell in self.table.layout.header:
            if cell.is_group:
                columns = slice(cell.column, cell.column + cell.columns)
                share = self._lines_kept(cell.text, sum(self.widths[columns]))
                own = [width * share for width in self.widths[columns]]
                least[columns] = map(max, least[columns], own)
        return self._alike(least)

    def wants(self) -> Iterator[list[float]]:
        """First that nothing is cut; then one line for the words of a column: for names before
        all, then where the least lacks. Where that is too much, two or three."""
        yield self.whole
        columns = zip(self.leaves, self.single, self.widths, strict=True)
        lacking = [
            (not leaf.is_head, single - width, place)
            for place, (leaf, single, width) in enumerate(columns)
            if single > width
        ]
        for _is_other, _lack, place in sorted(lacking):
            yield self._only(place, self.single[place])
            for lines in (2, 3):
                yield self._only(place, self._of_lines(place, lines))

    def _only(self, wanted: int, width: float) -> list[float]:
        """A want of one column and those like it."""
        key = self._key(wanted)
        return [width if self._key(place) == key else 0.0 for place in range(len(self.leaves))]

    def _of_lines(self, place: int, lines: int) -> float:
        most = self.single[place]
        texts = self.texts[place] if self.leaves[place].is_words else []
        needs = [width_for(text, lines, BODY_PT, most) for text in texts]
        return max(needs, default=0.0) + INDENT_MM

    def _texts(self, place: int, leaf: Leaf) -> Iterator[str]:
        rows = [row for row in self.table.rows if row.span or not leaf.is_shared]
        told = {row.cells[place].printed(leaf.decimals) for row in rows}
        if leaf.is_words:
            yield from told
        else:
            yield max(told, key=len, default="")

    def _whole(self, place: int) -> float:
        """A word of a heading is never broken, a number never cut."""
        leaf = self.leaves[place]
        words = unbroken(leaf.heading).split(" ")
        if not leaf.is_words:
            words += self.texts[place]
        return max(length_mm(word, BODY_PT) for word in words) + ROOM_MM

    def _single(self, place: int) -> float:
        """Names, remarks and the sum under a heading on one line each."""
        leaf = self.leaves[place]
        needed = length_mm(leaf.caption, SMALL_PT)
        if leaf.is_words:
            longest = max((length_mm(text, BODY_PT) for text in self.texts[place]), default=0.0)
            needed = max(needed, longest + INDENT_MM)
        return needed + ROOM_MM + _HAIR_MM

    def _heading(self, place: int) -> float:
        width = self.widths[place]
        return width * self._lines_kept(self.leaves[place].heading, width)

    def _lines_kept(self, heading: str, width: float) -> float:
        """The share of the width in which the heading has as many lines."""
        words = unbroken(heading)
        lines = line_count(words, width, BODY_PT)
        return width_for(words, lines, BODY_PT, width) / width

    def _alike(self, needs: list[float]) -> list[float]:
        largest: dict[tuple[str, int], float] = {}
        for place, need in enumerate(needs):
            key = self._key(place)
            largest[key] = max(largest.get(key, 0.0), need)
        return [largest[self._key(place)] for place in range(len(needs))]

    def _key(self, place: int) -> tuple[str, int]:
        """Columns of several years, or of the start and the end, have one heading."""
        leaf = self.leaves[place]
        return leaf.heading, leaf.width
