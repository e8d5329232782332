"""The one definition of a rollup: a unit's own figures and those of its children, added up.

`of_units` adds up some units from their facts and their children's stored rows; `of_tree` a
whole tree from its facts alone. Both put the same parts together by the same sums, and give
the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indicators.cells import Cell, Ints, Sheet, read, unpacked
from indicators.periods import Period
from indicators.rollups.catalogue import Catalogue
from indicators.rollups.facts import STAGES, facts_of
from indicators.rollups.own import own_sheet
from indicators.rollups.statements import Place, rows_below

Key = tuple[int, str]
"""(unit pk, stage): one stored row of a period."""

CHUNK = 1000
"""Units of a tree that are held in memory at once."""


def of_units(units: Sequence[Place], period: Period, catalogue: Catalogue) -> dict[Key, bytes]:
    """Rows of `units` from their facts and their children's rows; empty bytes for no figure.

    Units that were not valid at the period's end have none. Two queries, four for units that
    this process sees for the first time.
    """
    alive = [unit for unit in units if unit.is_valid]
    gone = {(unit.pk, stage): b"" for unit in units for stage in STAGES}
    if not alive:
        return gone
    pks = np.array([unit.pk for unit in alive], np.int64)
    expected = catalogue.expected_below(pks.tolist(), period)  # of all at once, so asked first
    sheet = _own(pks, period, catalogue)
    below = _children(alive, period, catalogue)
    if below:
        rows, blobs = zip(*below, strict=True)
        parts = unpacked(blobs, catalogue.places, catalogue.width)
        _add_up(sheet, np.array(rows, np.int64), parts, catalogue)
    return gone | _rows(pks, sheet, expected, catalogue)


def _own(pks: Ints, period: Period, catalogue: Catalogue) -> Sheet:
    """What units say themselves: all of them provisional, then all official."""
    asked = catalogue.asked(pks.tolist(), period)
    if not asked.any():
        return Sheet.empty(2 * len(pks), catalogue.width)
    facts = facts_of(pks.tolist(), period, catalogue)
    if not len(facts.unit):
        return Sheet.empty(2 * len(pks), catalogue.width)
    if facts.is_same:
        return own_sheet(facts.told(pks, catalogue.width, 1), asked, catalogue).twice()
    told = facts.told(pks, catalogue.width)
    return own_sheet(told, np.concatenate((asked, asked)), catalogue)


def own_cells(
    units: Sequence[int], period: Period, stage: str, catalogue: Catalogue
) -> dict[int, dict[int, Cell]]:
    """What each unit (pk) says itself, at a stage: {unit pk: {indicator pk: cell}}."""
    if not units:
        return {}
    pks = np.array(units, np.int64)
    expected = catalogue.asked(units, period).astype(np.int64)
    rows = _rows(pks, _own(pks, period, catalogue), expected, catalogue)
    return {pk: read(rows[pk, stage]) for pk in units}


def _children(
    units: Sequence[Place], period: Period, catalogue: Catalogue
) -> list[tuple[int, bytes]]:
    """(row of the parent, cells) of every stored row directly below `units`, by parent."""
    parents = [unit.pk for unit in units if catalogue.has_below(unit.pk, period)]
    place = {
        (unit.pk, stage): number * len(units) + row
        for number, stage in enumerate(STAGES)
        for row, unit in enumerate(units)
    }
    found = rows_below(parents, period.code, period.end)
    return sorted(
        ((place[parent, stage], cells) for parent, stage, cells in found), key=lambda row: row[0]
    )


def _add_up(sheet: Sheet, parents: Ints, parts: Sheet, catalogue: Catalogue) -> None:
    """Add rows of children, sorted by parent, to their parents' rows."""
    parts.without_values(catalogue.apart)
    rows, starts = np.unique(parents, return_index=True)
    sheet.add(rows, parts.grouped(starts))


def _rows(pks: Ints, sheet: Sheet, expected: Ints, catalogue: Catalogue) -> dict[Key, bytes]:
    blobs = sheet.packed(catalogue.pks, np.concatenate((expected, expected)))
    keys = [(pk, stage) for stage in STAGES for pk in pks.tolist()]
    return dict(zip(keys, blobs, strict=True))


# -- a whole tree -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Upper:
    """Units with something below them: what has been added up of it so far."""

    row: dict[int, int]
    sheet: Sheet
    expected: Ints

    @classmethod
    def of(cls, parents: Sequence[int], width: int) -> _Upper:
        return cls(
            {pk: row for row, pk in enumerate(parents)},
            Sheet.empty(2 * len(parents), width),
            np.zeros((len(parents), width), np.int64),
        )

    def rows(self, pks: Sequence[int]) -> Ints:
        places = np.array([self.row[pk] for pk in pks], np.int64)
        return np.concatenate((places, places + len(self.row)))


def of_tree(
    units: Sequence[Place], period: Period, catalogue: Catalogue
) -> Iterator[dict[Key, bytes]]:
    """Rows of a whole tree from its facts, some units at a time, deepest tier first.

    `units`: every unit of the tree that is valid at the period's end. Two queries or three for
    each thousand.
    """
    inside = {unit.pk for unit in units}
    upper = _Upper.of(
        sorted({unit.parent_id for unit in units if unit.parent_id in inside}), catalogue.width
    )
    tiers: dict[int, list[Place]] = defaultdict(list)
    for unit in units:
        tiers[unit.rank].append(unit)
    for rank in sorted(tiers, reverse=True):
        row = sorted(tiers[rank], key=lambda unit: (unit.parent_id or 0, unit.pk))
        for start in range(0, len(row), CHUNK):
            yield _chunk(row[start : start + CHUNK], period, catalogue, upper)


def _chunk(
    units: Sequence[Place], period: Period, catalogue: Catalogue, upper: _Upper
) -> dict[Key, bytes]:
    pks = np.array([unit.pk for unit in units], np.int64)
    sheet = _own(pks, period, catalogue)
    expected = catalogue.asked(pks.tolist(), period).astype(np.int64)
    above = [(place, unit.pk) for place, unit in enumerate(units) if unit.pk in upper.row]
    if above:
        places = np.array([place for place, _ in above], np.int64)
        both = np.concatenate((places, places + len(units)))
        stored = upper.rows([pk for _, pk in above])
        sheet.add(both, upper.sheet.take(stored))
        expected[places] += upper.expected[stored[: len(places)]]
    rows = _rows(pks, sheet, expected, catalogue)
    _hand_up(units, sheet, expected, catalogue, upper)
    return rows


def _hand_up(
    units: Sequence[Place], sheet: Sheet, expected: Ints, catalogue: Catalogue, upper: _Upper
) -> None:
    """Add the rows of `units` to what is known of their parents inside the tree."""
    inside = [
        (place, unit.parent_id)
        for place, unit in enumerate(units)
        if unit.parent_id and unit.parent_id in upper.row
    ]
    if not inside:
        return
    places = np.array([place for place, _ in inside], np.int64)
    parents = upper.rows([parent for _, parent in inside])
    parts = sheet  # read for the last time here
    if len(inside) < len(units):
        parts = sheet.take(np.concatenate((places, places + len(units))))
    _add_up(upper.sheet, parents, parts, catalogue)
    np.add.at(upper.expected, parents[: len(places)], expected[places])
