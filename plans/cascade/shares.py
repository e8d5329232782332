"""Splitting a figure over units so that the parts add up exactly. Pure: Decimal in, Decimal out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from plans.evaluators import Better, shown

ZERO = Decimal(0)
ONE = Decimal(1)


_ROUNDING = {
    Better.LOWER: ROUND_HALF_DOWN,
    Better.HIGHER: ROUND_HALF_UP,
    Better.NEARER: ROUND_HALF_EVEN,
}


def split_equally(total: Decimal, count: int, decimals: int) -> list[Decimal]:
    """Split `total` into `count` equal parts of `decimals` places; the first ones take the rest.

    The parts add up to `total` rounded half up. ValueError when there is nobody to take it.
    """
    return split_by(total, [ONE] * count, decimals)


def split_by(total: Decimal, weights: Sequence[Decimal], decimals: int) -> list[Decimal]:
    """Split `total` in proportion to `weights`, by largest remainder, ties in order.

    The parts add up to `total` rounded half up to `decimals`; a weight of zero gets zero.
    ValueError for a negative weight, and where no weight could take a total that is not zero.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    step = ONE.scaleb(-decimals)
    whole = shown(total, decimals)
    if not whole:
        return [whole] * len(weights)
    base = sum(weights, ZERO)
    if not base:
        raise ValueError("no weight to split by")
    sign = -1 if whole < 0 else 1
    steps = _apportion(int(abs(whole).scaleb(decimals)), weights, base)
    return [sign * part * step for part in steps]


def _apportion(steps: int, weights: Sequence[Decimal], base: Decimal) -> list[int]:
    """Whole steps for each weight: the floor of each quota, then one more by largest remainder."""
    # In whole numbers, so that no rounding of a quotient decides who gets the last step.
    places = max((_places(weight) for weight in weights), default=0)
    wide = [int(weight.scaleb(places)) for weight in weights]
    bottom = int(base.scaleb(places))
    parts = [steps * weight // bottom for weight in wide]
    left = steps - sum(parts)
    by_remainder = sorted(
        range(len(wide)), key=lambda place: (-(steps * wide[place] % bottom), place)
    )
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def mean(values: Sequence[Decimal], weights: Sequence[Decimal]) -> Decimal | None:
    """Σ value × weight ÷ Σ weight, unrounded; None when nothing weighs anything."""
    base = sum(weights, ZERO)
    if not base:
        return None
    return sum((v * w for v, w in zip(values, weights, strict=True)), ZERO) / base


def spread_level(
    total: Decimal,
    levels: Sequence[Decimal],
    weights: Sequence[Decimal],
    *,
    decimals: int,
    better: Better,
    ceiling: Decimal | None = None,
) -> list[Decimal]:
    """Give each unit a rate so that the weighted mean of all is `total` or better, once rounded.

    Downward every unit keeps the same share of the rate it starts from; upward, where there is a
    `ceiling`, every unit closes the same share of what it lacks to it, so that none passes it.
    Each rate is rounded half towards the good side: the mean of the rounding errors is then less
    than half a step on the bad side. ValueError when there is no level to go by.
    """
    start = mean(levels, weights)
    if start is None or (not start and total):
        raise ValueError("no level to go by")
    exact = [_moved(level, start, total, ceiling) for level in levels]
    return _rounded(exact, decimals, better)


def _moved(level: Decimal, start: Decimal, total: Decimal, ceiling: Decimal | None) -> Decimal:
    if ceiling is not None and start < total and start < ceiling:
        return level + (ceiling - level) * (total - start) / (ceiling - start)
    return level * total / start if start else ZERO


def spread_change(
    total: Decimal,
    levels: Sequence[Decimal],
    weights: Sequence[Decimal],
    *,
    decimals: int,
    better: Better,
    ceiling: Decimal | None = None,
) -> list[Decimal]:
    """Give each unit a change in proportion to the rate it starts from, whose mean is `total`.

    With a `ceiling` in proportion to what it lacks to it: for rates that are to rise.
    """
    room = levels if ceiling is None else [ceiling - level for level in levels]
    base = mean(room, weights)
    if not base:
        raise ValueError("no level to go by")
    return _rounded([total * part / base for part in room], decimals, better)


def _rounded(exact: Sequence[Decimal], decimals: int, better: Better) -> list[Decimal]:
    step = ONE.scaleb(-decimals)
    return [value.quantize(step, rounding=_ROUNDING[better]) for value in exact]


def is_as_good(value: Decimal, total: Decimal, decimals: int, better: Better) -> bool:
    """Is `value`, rounded half up to `decimals`, equal to `total` or on the good side of it?"""
    figure, wanted = shown(value, decimals), shown(total, decimals)
    if better is Better.LOWER:
        return figure <= wanted
    if better is Better.HIGHER:
        return figure >= wanted
    return figure == wanted
