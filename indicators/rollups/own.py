"""What units say themselves, turned into figures: sums, terms of rates, conditions met."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indicators.cells import LIMIT, MILLION, Bools, Ints, Numbers, Sheet
from indicators.rollups.catalogue import Catalogue, Test

COMPARE: dict[str, Callable[[Any, Any], Bools]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(slots=True)
class Told:
    """What n units have answered, a column an indicator. `values` are zero where not `known`."""

    values: Numbers
    known: Bools
    absent: Bools
    sample: Bools

    @classmethod
    def nothing(cls, rows: int, columns: int) -> Told:
        shape = (rows, columns)
        masks = (np.zeros(shape, np.bool_) for _ in range(3))
        return cls(Numbers.zeros(*shape), *masks)


def own_sheet(told: Told, asked: Bools, catalogue: Catalogue) -> Sheet:
    """The units' own part of every figure; nothing where they have not said enough.

    asked: which figures each unit is expected to have. Raises OverflowError.
    """
    known, absent, sample = told.known.copy(), told.absent.copy(), told.sample.copy()
    total = told.values.copy()
    weight = Numbers.zeros(*known.shape)
    is_weighted = np.zeros(known.shape, np.bool_)
    derived, inputs = catalogue.derived, catalogue.inputs
    if len(derived):
        parts, starts = inputs.columns, inputs.starts
        known[:, derived] = np.logical_and.reduceat(told.known[:, parts], starts, axis=1)
        absent[:, derived] = np.logical_or.reduceat(told.absent[:, parts], starts, axis=1)
        sample[:, derived] = np.logical_or.reduceat(told.sample[:, parts], starts, axis=1)
    if len(catalogue.rates):
        above, below = catalogue.above, catalogue.below
        total[:, catalogue.rates] = told.values[:, above.columns].grouped(above.starts, 1)
        weight[:, catalogue.rates] = told.values[:, below.columns].grouped(below.starts, 1)
        is_weighted[:, catalogue.rates] = True
    for column, by in catalogue.weights:
        known[:, column] &= told.known[:, by]
        both = known[:, column]
        total[both, column] = _product(told.values[both, column], told.values[both, by])
        weight[:, column] = told.values[:, by]
        is_weighted[:, column] = True
    weight.whole[:, catalogue.means] = 1
    is_weighted[:, catalogue.means] = True
    for test in catalogue.tests:
        met, is_sure = _meets(test, told, total, weight)
        known[:, test.column] &= is_sure
        total[:, test.column] = Numbers(met.astype(np.int64), np.zeros(len(met), np.int64))
        weight.whole[:, test.column] = 1
        is_weighted[:, test.column] = True
    absent &= asked
    reported = known & asked & ~absent
    return Sheet(
        total=total.where(reported),
        weight=weight.where(reported & is_weighted),
        is_weighted=reported & is_weighted,
        reported=reported.astype(np.int64),
        not_applicable=absent.astype(np.int64),
        has_sample=sample & (reported | absent),
    )


def _product(value: Numbers, weight: Numbers) -> Numbers:
    """value × weight, to six decimals, halves to even. Raises OverflowError."""
    product = value.exact() * weight.exact()
    whole = product // MILLION
    twice_rest = (product - whole * MILLION) * 2
    up = (twice_rest > MILLION) | ((twice_rest == MILLION) & (whole % 2 == 1))
    millionths = whole + up.astype(object)
    if (abs(millionths) >= LIMIT * MILLION).any():
        raise OverflowError("a figure is too large to add up")
    return Numbers(
        (millionths // MILLION).astype(np.int64), (millionths % MILLION).astype(np.int64)
    )


def _meets(test: Test, told: Told, total: Numbers, weight: Numbers) -> tuple[Bools, Bools]:
    """(which units meet the condition, for which it can be said).

    Crosswise and in integers: total × scale ÷ weight is never rounded. A base of zero says
    nothing.
    """
    if test.is_rate:
        left, right = total[:, test.tested], weight[:, test.tested]
        is_sure = (right.whole != 0) | (right.millionths != 0)
    else:
        left = told.values[:, test.tested]
        right = Numbers(np.ones_like(left.whole), np.zeros_like(left.whole))
        is_sure = told.known[:, test.tested]
    mine, limit = _scaled(
        left,
        right,
        test.scale.numerator * test.bound.denominator,
        test.bound.numerator * test.scale.denominator,
    )
    flipped = right.whole < 0
    mine, limit = np.where(flipped, -mine, mine), np.where(flipped, -limit, limit)
    met = COMPARE[test.comparator](mine, limit).astype(np.bool_)
    return met & is_sure, is_sure


def _scaled(
    left: Numbers, right: Numbers, above: int, below: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """left × above and right × below, exactly: machine integers where they suffice."""
    rest = left.millionths.any() or right.millionths.any()
    reach = max(_largest(left.whole) * abs(above), _largest(right.whole) * abs(below))
    if not rest and reach < 2**62:
        return left.whole * above, right.whole * below
    return left.exact() * above, right.exact() * below


def _largest(values: Ints) -> int:
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))
