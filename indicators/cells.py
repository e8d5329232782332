"""Packed figures and their arithmetic, many units at once. Pure and exact: integers only.

A number is held as whole units and millionths (0 ≤ millionths < 10⁶), so that sums do
not depend on their order and every database gives the same bytes. A row of `Rollup.cells` is
an array of CELL, one record a figure, sorted by indicator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from indicators.calc import Part

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Blob = bytes | memoryview

MILLION = 1_000_000
LIMIT = 10**18
"""A figure of this size or more does not fit."""

SAMPLE, WEIGHTED = 1, 2
CELL = np.dtype(
    [
        ("indicator", "<i4"),
        ("reported", "<i4"),
        ("expected", "<i4"),
        ("not_applicable", "<i4"),
        ("total", "<i8"),
        ("weight", "<i8"),
        ("total_millionths", "<i4"),
        ("weight_millionths", "<i4"),
        ("flags", "u1"),
    ]
)
"""The layout of a record. Changed only together with a migration that empties the rollups."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One record, read: the part and how many units are expected to have it."""

    part: Part
    expected: int


@dataclass(slots=True)
class Numbers:
    """Exact numbers, any shape: whole + millionths ÷ 10⁶."""

    whole: Ints
    millionths: Ints

    @classmethod
    def zeros(cls, *shape: int) -> Self:
        return cls(np.zeros(shape, np.int64), np.zeros(shape, np.int64))

    def __getitem__(self, key: Any) -> Numbers:
        return Numbers(self.whole[key], self.millionths[key])

    def __setitem__(self, key: Any, value: Numbers) -> None:
        self.whole[key] = value.whole
        self.millionths[key] = value.millionths

    def copy(self) -> Numbers:
        return Numbers(self.whole.copy(), self.millionths.copy())

    def where(self, mask: Bools) -> Numbers:
        """The numbers where `mask` holds, zero elsewhere."""
        return Numbers(self.whole * mask, self.millionths * mask)

    def grouped(self, starts: Ints, axis: int) -> Numbers:
        """Sums of neighbours: from each start to the next."""
        whole = _sums(self.whole, starts, axis)
        if not self.millionths.any():
            return Numbers(whole, np.zeros_like(whole)).carried()
        return Numbers(whole, np.add.reduceat(self.millionths, starts, axis=axis)).carried()

    def plus(self, other: Numbers) -> Numbers:
        return Numbers(self.whole + other.whole, self.millionths + other.millionths).carried()

    def carried(self) -> Numbers:
        """The same numbers with 0 ≤ millionths < 10⁶. Raises OverflowError past LIMIT."""
        if ((self.millionths < 0) | (self.millionths >= MILLION)).any():
            carry = self.millionths // MILLION
            self.whole = self.whole + carry
            self.millionths = self.millionths - carry * MILLION
        if self.whole.size and (self.whole.max() >= LIMIT or self.whole.min() <= -LIMIT):
            raise OverflowError("a figure is too large to add up")
        return self

    def exact(self) -> npt.NDArray[np.object_]:
        """In millionths, as Python's unbounded integers."""
        exact: npt.NDArray[np.object_] = self.whole.astype(object) * MILLION
        exact += self.millionths
        return exact


def _sums(whole: Ints, starts: Ints, axis: int) -> Ints:
    """Whole parts summed; refused while the sum of as many of the largest could overflow."""
    largest = max(int(whole.max(initial=0)), -int(whole.min(initial=0)))
    if largest * whole.shape[axis] < 2**63:
        return np.add.reduceat(whole, starts, axis=axis)
    sums = np.add.reduceat(whole.astype(object), starts, axis=axis)
    if (abs(sums) >= LIMIT).any():
        raise OverflowError("a figure is too large to add up")
    return sums.astype(np.int64)


def split(value: Decimal) -> tuple[int, int]:
    """(whole, millionths) of a number with at most six decimals."""
    millionths = int(value.scaleb(6))
    return divmod(millionths, MILLION)


def joined(whole: int, millionths: int) -> Decimal:
    """The number that `split` took apart."""
    if not millionths:
        return Decimal(whole)
    return Decimal(whole * MILLION + millionths).scaleb(-6).normalize()


@dataclass(slots=True)
class Sheet:
    """The figures of n units (rows) for every indicator of a catalogue (columns), at one stage."""

    total: Numbers
    weight: Numbers
    is_weighted: Bools
    reported: Ints
    not_applicable: Ints
    has_sample: Bools

    @classmethod
    def empty(cls, units: int, columns: int) -> Sheet:
        shape = (units, columns)
        return cls(
            Numbers.zeros(*shape),
            Numbers.zeros(*shape),
            np.zeros(shape, np.bool_),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.reported)

    def take(self, rows: Ints) -> Sheet:
        """A copy of some rows."""
        return Sheet(
            self.total[rows],
            self.weight[rows],
            self.is_weighted[rows],
            self.reported[rows],
            self.not_applicable[rows],
            self.has_sample[rows],
        )

    def twice(self) -> Sheet:
        """Every row again below: the same at both stages."""
        rows = np.arange(len(self))
        return self.take(np.concatenate((rows, rows)))

    def without_values(self, columns: Ints) -> None:
        """Figures that are not put together upward: only who reported remains."""
        for numbers in (self.total, self.weight):
            numbers.whole[:, columns] = 0
            numbers.millionths[:, columns] = 0
        self.is_weighted[:, columns] |= self.told()[:, columns]

    def told(self) -> Bools:
        """Which figures anybody has said something of."""
        return (self.reported > 0) | (self.not_applicable > 0)

    def grouped(self, starts: Ints) -> Sheet:
        """One row for each run of neighbouring rows."""
        return Sheet(
            self.total.grouped(starts, 0),
            self.weight.grouped(starts, 0),
            np.logical_or.reduceat(self.is_weighted, starts, axis=0),
            np.add.reduceat(self.reported, starts, axis=0),
            np.add.reduceat(self.not_applicable, starts, axis=0),
            np.logical_or.reduceat(self.has_sample, starts, axis=0),
        )

    def add(self, rows: Ints, parts: Sheet) -> None:
        """Add the k-th row of `parts` to row `rows[k]`; no row is named twice."""
        self.total[rows] = self.total[rows].plus(parts.total)
        self.weight[rows] = self.weight[rows].plus(parts.weight)
        self.is_weighted[rows] |= parts.is_weighted
        self.reported[rows] += parts.reported
        self.not_applicable[rows] += parts.not_applicable
        self.has_sample[rows] |= parts.has_sample

    def packed(self, indicators: Ints, expected: Ints) -> list[bytes]:
        """Each row as bytes; empty for a unit of which nothing is known.

        `indicators`: pk of each column, ascending. `expected`: units asked, a cell.
        """
        told = self.told()
        at = np.flatnonzero(told)
        cells = np.empty(len(at), CELL)
        cells["indicator"] = indicators[at % told.shape[1]]
        cells["reported"] = self.reported.take(at)
        cells["not_applicable"] = self.not_applicable.take(at)
        cells["expected"] = np.maximum(expected.take(at) - self.not_applicable.take(at), 0)
        cells["total"] = self.total.whole.take(at)
        cells["total_millionths"] = self.total.millionths.take(at)
        cells["weight"] = self.weight.whole.take(at)
        cells["weight_millionths"] = self.weight.millionths.take(at)
        cells["flags"] = self.has_sample.take(at) * SAMPLE + self.is_weighted.take(at) * WEIGHTED
        everything = cells.tobytes()
        ends = np.cumsum(told.sum(axis=1)) * CELL.itemsize
        return [everything[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def unpacked(blobs: Sequence[Blob], places: Ints, columns: int) -> Sheet:
    """Rows as they were packed. `places[pk]` is an indicator's column, -1 when it is gone."""
    sheet = Sheet.empty(len(blobs), columns)
    cells = np.frombuffer(b"".join(blobs), CELL)
    rows = np.repeat(np.arange(len(blobs)), [len(blob) // CELL.itemsize for blob in blobs])
    if cells["indicator"].max(initial=0) >= len(places):
        cells = cells[fits := cells["indicator"] < len(places)]
        rows = rows[fits]
    at = places[cells["indicator"]]
    if (at < 0).any():
        rows, cells, at = rows[at >= 0], cells[at >= 0], at[at >= 0]
    key = (rows, at)
    sheet.total.whole[key], sheet.total.millionths[key] = cells["total"], cells["total_millionths"]
    sheet.weight.whole[key] = cells["weight"]
    sheet.weight.millionths[key] = cells["weight_millionths"]
    sheet.is_weighted[key] = (cells["flags"] & WEIGHTED) > 0
    sheet.reported[key] = cells["reported"]
    sheet.not_applicable[key] = cells["not_applicable"]
    sheet.has_sample[key] = (cells["flags"] & SAMPLE) > 0
    return sheet


def read(blob: Blob, indicators: Iterable[int] | None = None) -> dict[int, Cell]:
    """The figures of one unit by indicator pk; only of `indicators` when given."""
    cells = np.frombuffer(blob, CELL)
    if indicators is not None:
        cells = cells[np.isin(cells["indicator"], np.fromiter(indicators, np.int64))]
    return {row[0]: _cell(row) for row in cells.tolist()}


def _cell(row: tuple[int, ...]) -> Cell:
    _, reported, expected, absent, total, weight, total_rest, weight_rest, flags = row
    part = Part(
        total=joined(total, total_rest),
        weight=joined(weight, weight_rest) if flags & WEIGHTED else None,
        reported=reported,
        not_applicable=absent,
        has_sample=bool(flags & SAMPLE),
    )
    return Cell(part, expected)
