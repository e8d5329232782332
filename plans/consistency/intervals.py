"""What a stated figure leaves open, as an interval. Pure: Decimal in, Decimal out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`; None = no bound, an open end does not belong to it."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Decimal) -> Interval:
        return cls(value, value)

    @property
    def is_exact(self) -> bool:
        return self.low is not None and self.low == self.high

    def __add__(self, other: Interval) -> Interval:
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def __mul__(self, factor: Decimal) -> Interval:
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        if factor < 0:
            return Interval(high, low, self.high_open, self.low_open)
        return Interval(low, high, self.low_open, self.high_open)

    def widened(self, margin: Decimal) -> Interval:
        """`margin` more on either side, ends included: what a rounded figure may stand for."""
        if not margin:
            return self
        low = None if self.low is None else self.low - margin
        high = None if self.high is None else self.high + margin
        return Interval(low, high)

    def gap(self, other: Interval) -> Decimal | None:
        """How far apart the two lie; 0 where open ends touch, None where they meet."""
        for upper, lower in ((self, other), (other, self)):
            if upper.low is None or lower.high is None:
                continue
            distance = upper.low - lower.high
            if distance > 0 or (not distance and (upper.low_open or lower.high_open)):
                return distance
        return None


def quotient(above: Interval, below: Interval) -> Interval:
    """above ÷ below, for figures that are not negative; unbounded where the base may be 0."""
    low = None if above.low is None or not below.high else above.low / below.high
    if above.high is None or below.low is None or below.low <= 0:
        return Interval(low, None)
    return Interval(low, above.high / below.low)


def total(parts: Iterable[Interval]) -> Interval:
    """The sum of parts, each anywhere in its interval."""
    found = Interval.exactly(ZERO)
    for part in parts:
        found += part
    return found


def decimals_of(value: Decimal) -> int:
    """The decimals a figure was stated with: 25,93 has two, 2.063 none."""
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def half_a_step(value: Decimal) -> Decimal:
    """Half of the last stated decimal: 0,8 is anything from 0,75 to 0,85."""
    return HALF.scaleb(-decimals_of(value))
