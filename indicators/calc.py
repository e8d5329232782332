"""Arithmetic of figures. Pure: Decimal in, Decimal out; None means not known, never zero."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit, or all units below one, put into a rolled-up figure. Parts add up.

    `total` and `weight` are sums (weight None where the figure is a plain sum); `reported`
    and `not_applicable` count units.
    """

    total: Decimal = ZERO
    weight: Decimal | None = None
    reported: int = 0
    not_applicable: int = 0
    has_sample: bool = False


def add(parts: Iterable[Part]) -> Part:
    """Put parts together. Order does not matter; no part leaves an empty one."""
    result = Part()
    for part in parts:
        result = Part(
            total=result.total + part.total,
            weight=part.weight if result.weight is None else result.weight + (part.weight or ZERO),
            reported=result.reported + part.reported,
            not_applicable=result.not_applicable + part.not_applicable,
            has_sample=result.has_sample or part.has_sample,
        )
    return result


def without_value(part: Part) -> Part:
    """The part of a figure that is not put together upward: only who reported remains."""
    return replace(part, total=ZERO, weight=ZERO)


def ratio(numerator: Decimal | None, denominator: Decimal | None, scale: Decimal) -> Decimal | None:
    """numerator ÷ denominator × scale, unrounded; None when a term is unknown or the base is 0.

    1/2 and 90/100 rolled up give ratio(91, 102), never the mean of the two ratios.
    """
    if numerator is None or not denominator:
        return None
    return numerator * scale / denominator


def compares(value: Decimal, comparator: str, bound: Decimal, tolerance: Decimal = ZERO) -> bool:
    """Does `value` compare (>= > <= < =) to `bound`, within tolerance?"""
    match comparator:
        case ">=":
            return value >= bound - tolerance
        case ">":
            return value > bound - tolerance
        case "<=":
            return value <= bound + tolerance
        case "<":
            return value < bound + tolerance
        case "=":
            return abs(value - bound) <= tolerance
    raise ValueError(f"unknown comparator {comparator!r}")
