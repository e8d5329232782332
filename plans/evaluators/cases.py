"""What an evaluator is given, and what it answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from plans.evaluators.terms import Terms

ONE = Decimal(1)
ZERO = Decimal(0)


class Verdict(StrEnum):
    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    NO_DATA = "no_data"
    NOT_DUE = "not_due"


class Reason(StrEnum):
    """Why a verdict is what it is, where the figures alone do not say."""

    NONE = ""
    NOT_STARTED = "not_started"  # the promise begins later
    NOT_REPORTED = "not_reported"  # nobody has reported the year judged
    NO_BASE = "no_base"  # reported, but it is a rate of nobody
    NO_OPENING = "no_opening"  # a change needs the year's opening figure
    NO_BASELINE = "no_baseline"  # no milestones, and no figure to draw a path from
    BREAK_AHEAD = "break_ahead"  # the series breaks before the promise is due
    MISSING_YEARS = "missing_years"  # some year of a sum is unknown
    PARTIAL = "partial"  # some units have not reported: like is compared with like
    # said by who loads the figures
    BLOCKED = "blocked"
    GROUP_UNKNOWN = "group_unknown"
    NOT_ASSIGNED = "not_assigned"
    NO_UNITS = "no_units"
    OUTSIDE = "outside"


class Path(StrEnum):
    """Where the figure expected by now comes from."""

    NONE = "none"
    MILESTONES = "milestones"
    STRAIGHT = "straight"
    BRIDGED = "bridged"  # straight, from the opening figures of the year the series broke
    GOAL = "goal"  # due: the promise itself


@dataclass(frozen=True, slots=True)
class Reading:
    """What the compared units came to in one year. Missing is None, never zero.

    `value`: the level at the year's end, or what happened in the year. `opening`: the level at
    its start by the same standard. `units`: over how many a mean is taken; None where the
    value is a mean already. `meeting`: how many keep the promise each by itself. `counted`:
    how many units there are to count. `planned`: the year's milestone.
    """

    value: Decimal | None = None
    opening: Decimal | None = None
    units: int | None = None
    meeting: int | None = None
    counted: int | None = None
    planned: Decimal | None = None
    reported: int = 0
    expected: int = 0

    def part_of(self, amount: Decimal) -> Decimal:
        """As much of `amount` as units reported of those that should."""
        return amount * self.reported / self.expected if self.expected else amount

    @property
    def is_complete(self) -> bool:
        return self.reported >= self.expected


@dataclass(frozen=True, slots=True)
class Case:
    """One promise with the yearly readings of the units compared.

    The path starts from the end of `base_year`. `breaks` are first years of a new standard.
    `part` and `shift` bring the promise to the units compared (1 and 0: all of them);
    `complete`: they are all there should be in the year judged. `adds_up`: figures of units
    add up, so that fewer units owe less; rates do not. `is_stock`: a state, not what happened.
    """

    terms: Terms
    year: int
    base_year: int
    readings: Mapping[int, Reading]
    breaks: frozenset[int] = frozenset()
    part: Decimal = ONE
    shift: Decimal = ZERO
    complete: bool = True
    is_stock: bool = False
    adds_up: bool = True
    lowest: Decimal | None = None
    highest: Decimal | None = None

    def reading(self, year: int) -> Reading:
        return self.readings.get(year, Reading())

    @property
    def judged(self) -> int:
        """The year whose figures decide: later ones do not change what was due."""
        return min(self.year, self.terms.year_to)

    @property
    def is_due(self) -> bool:
        return self.year >= self.terms.year_to


@dataclass(frozen=True, slots=True)
class Point:
    """One year of the trajectory; for sums both figures are running."""

    year: int
    actual: Decimal | None = None
    expected: Decimal | None = None
    opening: Decimal | None = None
    step: Decimal | None = None
    reported: int = 0
    expected_units: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the present course leads by `year`. No band from fewer than three figures."""

    year: int
    value: Decimal
    method: str
    points: int
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of an evaluator, in the terms' unit.

    `gap` is how far the actual figure is on the wrong side of the expected one (negative:
    ahead). `needed` is asked of each of the `remaining` years. `goal` is for the units compared.
    """

    verdict: Verdict
    goal: Decimal
    actual: Decimal | None = None
    expected: Decimal | None = None
    gap: Decimal | None = None
    gap_pct: Decimal | None = None
    needed: Decimal | None = None
    remaining: int = 0
    path: Path = Path.NONE
    baseline: Decimal | None = None
    baseline_year: int | None = None
    reasons: tuple[Reason, ...] = ()
    missing_years: tuple[int, ...] = ()
    known_years: tuple[int, ...] = ()
    points: tuple[Point, ...] = ()
    forecast: Forecast | None = None
    last_known: tuple[int, Decimal] | None = None
    adjusted_goal: bool = False
