"""The evaluator of every target kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from plans.evaluators.cases import Case, Outcome, Reading
from plans.evaluators.states import judge_state
from plans.evaluators.sums import Manner, judge_sum
from plans.evaluators.terms import Better


def evaluate(case: Case) -> Outcome:
    """Judge one promise in one year. Raises KeyError for a kind that has no evaluator."""
    return EVALUATORS[case.terms.kind](case)


def level(case: Case) -> Outcome:
    """By the end of a year. A path is drawn from the baseline, never across a break."""
    return judge_state(case, lambda reading: reading.value)


def share_of_units(case: Case) -> Outcome:
    """Units that meet a condition, in per cent of those that reported."""
    return judge_state(case, lambda reading: reading.value)


def count_of_units(case: Case) -> Outcome:
    """How many units meet a condition; never more than there are.

    "19 of 19" became 18 of 18 when two units merged. Source: Bắc Hà plan III.2.1, and
    resolution 1197/NQ-UBTVQH15.
    """
    counted = case.reading(case.judged).counted
    adjusted = counted is not None and 0 < counted < case.terms.goal
    if adjusted and counted is not None and case.terms.better is Better.HIGHER:
        case = replace(case, terms=replace(case.terms, value=Decimal(counted), comparator=">="))
        return replace(judge_state(case, lambda reading: reading.value), adjusted_goal=True)
    return judge_state(case, lambda reading: reading.value)


def per_unit(case: Case) -> Outcome:
    """So much for each unit by itself, or on average over the units."""
    if case.terms.each_unit and not case.terms.on_average:
        return _each(case)
    return judge_state(case, _mean)


def _mean(reading: Reading) -> Decimal | None:
    if reading.value is None or reading.units is None:
        return reading.value
    return reading.value / reading.units if reading.units else None


def _each(case: Case, *, every_year: bool = False) -> Outcome:
    """Every unit by itself: the figure is how many of those that reported keep the value.

    `every_year`: in each of the years so far, so that one bad or missing year leaves it unmet.
    """
    last = case.reading(case.judged)
    terms = replace(
        case.terms, comparator=">=", value=Decimal(last.reported), low=None, high=None, decimals=0
    )
    so_far = range(case.terms.year_from, case.judged)
    kept = not every_year or all(_all_meet(case.reading(year)) for year in so_far)
    whole = replace(
        case,
        terms=terms,
        breaks=frozenset(),
        part=Decimal(1),
        shift=Decimal(0),
        complete=case.complete and kept,
    )
    return judge_state(
        whole,
        lambda reading: None if reading.meeting is None else Decimal(reading.meeting),
        has_path=False,
        settles=not every_year,
    )


def _all_meet(reading: Reading) -> bool:
    return reading.meeting is not None and reading.meeting == reading.expected


def cumulative(case: Case) -> Outcome:
    """The yearly flows of the plan's years, added up anew each time.

    A stock that officers keep as a running total is taken as it stands, never added again.
    """
    if case.is_stock:
        return level(case)

    def step(found: Case, year: int) -> tuple[Decimal, Decimal] | None:
        value = found.reading(year).value
        return None if value is None else (value, Decimal(1))

    return judge_sum(case, step, Manner(grows=True, by_coverage=True))


def change_total(case: Case) -> Outcome:
    """The yearly changes added up, each inside one standard and on its own opening units."""
    return judge_sum(case, _change, Manner(by_coverage=True))


def change_per_year(case: Case) -> Outcome:
    """The mean of the yearly changes over the years known; a missing year is not a zero."""
    return judge_sum(case, _change, Manner(is_mean=True, by_coverage=True))


def _change(case: Case, year: int) -> tuple[Decimal, Decimal] | None:
    """The year's change, positive when it went the way the plan wants.

    From the year's own opening figure; without one from the year before, never over a break.
    Source: design.md, Meaning (a cut in points).
    """
    reading = case.reading(year)
    opening = reading.opening
    before = case.reading(year - 1)
    same_units = reading.is_complete and before.is_complete
    if opening is None and year not in case.breaks and same_units:
        opening = before.value
    if opening is None or reading.value is None:
        return None
    fall = opening - reading.value
    return (fall if case.terms.direction == "lower_is_better" else -fall), Decimal(1)


def per_unit_per_year(case: Case) -> Outcome:
    """So much a unit and year: all that happened over all units and years, or each by itself."""
    if case.terms.each_unit and not case.terms.on_average:
        return _each(case, every_year=True)

    def step(found: Case, year: int) -> tuple[Decimal, Decimal] | None:
        reading = found.reading(year)
        if reading.value is None:
            return None
        if reading.units is None:
            return reading.value, Decimal(1)
        return (reading.value, Decimal(reading.units)) if reading.units else None

    # A promise of every year: a good one leaves the next no less to do.
    manner = Manner(is_mean=True, has_milestones=False, has_remainder=False)
    return judge_sum(case, step, manner)


EVALUATORS: Mapping[str, Callable[[Case], Outcome]] = {
    "level": level,
    "change_total": change_total,
    "change_per_year": change_per_year,
    "cumulative": cumulative,
    "share_of_units": share_of_units,
    "count_of_units": count_of_units,
    "per_unit": per_unit,
    "per_unit_per_year": per_unit_per_year,
}
