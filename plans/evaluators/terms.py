"""What is promised: a comparator with its value, and which way is good. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

HUNDRED = Decimal(100)


class Better(StrEnum):
    """Which of two figures keeps a promise better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEARER = "nearer"


_BY_COMPARATOR = {
    ">=": Better.HIGHER,
    ">": Better.HIGHER,
    "<=": Better.LOWER,
    "<": Better.LOWER,
}
_BY_DIRECTION = {"higher_is_better": Better.HIGHER, "lower_is_better": Better.LOWER}
_SIZES = ("change_total", "change_per_year")


def shown(value: Decimal, decimals: int) -> Decimal:
    """The figure as the screen rounds it: verdicts never differ over what nobody can see.

    Source: ui design, status vocabulary (99,8 against 99,8 is never a risk).
    """
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a target promises, as in force in the year judged.

    `value` for every comparator but `range`, which has `low` and `high`. `direction` is the
    target's. For changes the value is the size of the change, so more is better unless a
    comparator says otherwise. Margins are per cent.
    """

    kind: str
    comparator: str
    direction: str
    year_from: int
    year_to: int
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    each_unit: bool = False
    on_average: bool = False
    decimals: int = 0
    risk_margin: Decimal = Decimal(10)
    about_margin: Decimal = Decimal(5)

    @property
    def years(self) -> int:
        return self.year_to - self.year_from + 1

    @property
    def better(self) -> Better:
        if self.comparator in _BY_COMPARATOR:
            return _BY_COMPARATOR[self.comparator]
        if self.kind in _SIZES:
            return Better.HIGHER
        return _BY_DIRECTION.get(self.direction, Better.NEARER)

    @property
    def goal(self) -> Decimal:
        """The figure to be reached: the value, or the nearer end of a range.

        A range with a good direction is kept from its first end on: more than "20 to 30" is
        no failure. Source: targets.yaml, note of the jobs at firms.
        """
        if self.comparator == "range":
            edge = self.high if self.better is Better.LOWER else self.low
            return edge if edge is not None else Decimal(0)
        return self.value if self.value is not None else Decimal(0)

    def scaled(
        self,
        part: Decimal,
        shift: Decimal = Decimal(0),
        lowest: Decimal | None = None,
        highest: Decimal | None = None,
    ) -> Terms:
        """The part of the promise that falls to some of the units: every bound × part + shift.

        Never moved past what the figure can be (nobody is asked for 100,3 %), nor away from it:
        some of those who owe 100 % owe 100 %.
        """

        def moved(bound: Decimal | None) -> Decimal | None:
            if bound is None or (part == 1 and not shift):
                return bound
            if shift and bound in (lowest, highest):
                return bound
            there = bound * part + shift
            there = there if lowest is None else max(there, lowest)
            return there if highest is None else min(there, highest)

        return replace(self, value=moved(self.value), low=moved(self.low), high=moved(self.high))

    def reached(self, actual: Decimal) -> bool:
        """Does `actual` keep the promise? Both are compared as the screen shows them."""
        figure, goal = shown(actual, self.decimals), shown(self.goal, self.decimals)
        match self.comparator:
            case ">":
                return figure > goal
            case "<":
                return figure < goal
            case "range":
                return self._within(figure)
            case "~":
                return self._about(actual)
        if self.better is Better.NEARER:
            return figure == goal
        return figure >= goal if self.better is Better.HIGHER else figure <= goal

    def _within(self, figure: Decimal) -> bool:
        low = figure >= shown(self.low or Decimal(0), self.decimals)
        high = figure <= shown(self.high or Decimal(0), self.decimals)
        if self.better is Better.NEARER:
            return low and high
        return low if self.better is Better.HIGHER else high

    def _about(self, actual: Decimal) -> bool:
        slack = abs(self.goal) * self.about_margin / HUNDRED
        above, below = actual >= self.goal - slack, actual <= self.goal + slack
        if self.better is Better.NEARER:
            return above and below
        return above if self.better is Better.HIGHER else below

    def short_of(self, actual: Decimal, mark: Decimal) -> Decimal:
        """How far `actual` is on the wrong side of `mark`, as shown; zero or less is none."""
        figure, line = shown(actual, self.decimals), shown(mark, self.decimals)
        match self.better:
            case Better.HIGHER:
                return line - figure
            case Better.LOWER:
                return figure - line
        if self.comparator == "range":
            low = shown(self.low or Decimal(0), self.decimals)
            high = shown(self.high or Decimal(0), self.decimals)
            return max(low - figure, figure - high, Decimal(0))
        return abs(figure - line)
