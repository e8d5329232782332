"""Promises judged by what came together over the years: flows and yearly changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from plans.evaluators import forecasts
from plans.evaluators.cases import (
    ONE,
    Case,
    Forecast,
    Outcome,
    Path,
    Point,
    Reading,
    Reason,
    Verdict,
)
from plans.evaluators.judging import gap, judge, last_known, not_started, why
from plans.evaluators.terms import Better, Terms

ZERO = Decimal(0)
Step = Callable[[Case, int], tuple[Decimal, Decimal] | None]
"""What one year brought, with the weight it has in a mean; None while it is unknown."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the years are put together.

    `is_mean`: Σ steps ÷ Σ weights, else Σ steps. `grows`: a part of it can only grow, so that
    it may keep the promise before everything is known. `by_coverage`: what is expected of a
    year shrinks with the units that reported it, where figures add up. `has_milestones`: they
    speak of a year's step. `has_remainder`: what one year lacks another can bring.
    """

    is_mean: bool = False
    grows: bool = False
    by_coverage: bool = False
    has_milestones: bool = True
    has_remainder: bool = True


@dataclass(frozen=True, slots=True)
class _Year:
    year: int
    step: Decimal | None
    weight: Decimal
    planned: Decimal
    asked: Decimal  # of the units that reported
    reading: Reading


def judge_sum(case: Case, step: Step, manner: Manner) -> Outcome:
    """Judge what the years up to the one judged have come to."""
    terms = case.terms.scaled(case.part)
    if case.year < terms.year_from:
        return not_started(terms)
    span = range(terms.year_from, terms.year_to + 1)
    usual = _usual(case, terms, manner, span)
    years = [_year(case, step, year, usual, manner) for year in span]
    so_far = [row for row in years if row.year <= case.judged]
    known = [row for row in so_far if row.step is not None]
    missing = tuple(row.year for row in so_far if row.step is None)
    actual, expected = _total(known, manner)
    found = Outcome(
        Verdict.NO_DATA,
        terms.goal,
        actual=actual,
        expected=expected,
        remaining=terms.year_to - case.judged,
        missing_years=missing,
        known_years=tuple(row.year for row in known),
        points=_points(years, case.judged, manner),
    )
    surely = manner.grows and terms.better is Better.HIGHER
    kept = surely and actual is not None and terms.reached(actual)
    if actual is None or (case.judged in missing and not kept):
        return replace(
            found,
            actual=None,
            expected=None,
            reasons=(_why_unknown(case),),
            last_known=last_known(found.points, case.judged),
        )
    is_whole = case.complete and not missing and all(row.reading.is_complete for row in known)
    return replace(
        found,
        verdict=judge(
            terms,
            actual,
            expected,
            is_due=case.is_due,
            is_whole=is_whole or kept,
            settles=terms.better is Better.HIGHER and not manner.is_mean,
        ),
        **gap(terms, actual, expected),
        needed=None if missing else _needed(terms, years, known, manner),
        path=_path(case, known, manner, is_all=not missing),
        reasons=why(
            {
                Reason.PARTIAL: not is_whole and not missing,
                Reason.MISSING_YEARS: bool(missing),
            }
        ),
        forecast=None if missing else _forecast(case, terms, known, manner),
    )


def _milestone(case: Case, year: int, manner: Manner) -> Decimal | None:
    """What was planned for the year; once the promise is due, it alone counts."""
    planned = case.reading(year).planned
    if case.is_due or not manner.has_milestones or planned is None:
        return None
    return planned * case.part


def _usual(case: Case, terms: Terms, manner: Manner, span: range) -> Decimal:
    """What a year without a milestone owes: its part of what the milestones leave."""
    planned = [one for year in span if (one := _milestone(case, year, manner)) is not None]
    left = len(span) - len(planned)
    whole = terms.goal * len(span) if manner.is_mean else terms.goal
    return max(whole - sum(planned, ZERO), ZERO) / left if left else ZERO


def _year(case: Case, step: Step, year: int, usual: Decimal, manner: Manner) -> _Year:
    reading = case.reading(year)
    found = step(case, year)
    milestone = _milestone(case, year, manner)
    planned = usual if milestone is None else milestone
    asked = reading.part_of(planned) if manner.by_coverage and case.adds_up else planned
    brought, weight = (None, ONE) if found is None else found
    return _Year(year, brought, weight, planned, asked, reading)


def _total(known: Sequence[_Year], manner: Manner) -> tuple[Decimal | None, Decimal | None]:
    """(actual, expected) of the same years: like with like."""
    if not known:
        return None, None
    steps = sum((row.step or ZERO for row in known), ZERO)
    if not manner.is_mean:
        return steps, sum((row.asked for row in known), ZERO)
    weight = sum((row.weight for row in known), ZERO)
    if not weight:
        return None, None
    return steps / weight, sum((row.asked * row.weight for row in known), ZERO) / weight


def _points(years: Sequence[_Year], judged: int, manner: Manner) -> tuple[Point, ...]:
    """Running figures; what is expected runs on to the end, by every unit and year."""
    points = []
    for index, row in enumerate(years):
        upto = years[: index + 1]
        known = [one for one in upto if one.step is not None and one.year <= judged]
        is_known = row.step is not None and row.year <= judged
        planned = sum((one.planned for one in upto), ZERO)
        points.append(
            Point(
                row.year,
                actual=_total(known, manner)[0] if is_known else None,
                expected=planned / len(upto) if manner.is_mean else planned,
                step=_rate(row) if is_known else None,
                reported=row.reading.reported,
                expected_units=row.reading.expected,
            )
        )
    return tuple(points)


def _rate(row: _Year) -> Decimal | None:
    if row.step is None or not row.weight:
        return None
    return row.step / row.weight


def _needed(
    terms: Terms, years: Sequence[_Year], known: Sequence[_Year], manner: Manner
) -> Decimal | None:
    """What each remaining year has to bring; for a limit, what it may bring at most.

    Of everybody: the promise without what is known to be done, so that what some units did not
    report is still to come.
    """
    ahead = [row for row in years if row.year > known[-1].year]
    if not ahead or terms.better is Better.NEARER or not manner.has_remainder:
        return None
    done = sum((row.step or ZERO for row in known), ZERO)
    whole = terms.goal * len(years) if manner.is_mean else terms.goal
    return max(whole - done, ZERO) / len(ahead)


def _path(case: Case, known: Sequence[_Year], manner: Manner, *, is_all: bool) -> Path:
    if any(_milestone(case, row.year, manner) is not None for row in known):
        return Path.MILESTONES
    return Path.GOAL if case.is_due and is_all else Path.STRAIGHT


def _why_unknown(case: Case) -> Reason:
    reading = case.reading(case.judged)
    return Reason.NOT_REPORTED if reading.value is None else Reason.NO_OPENING


def _forecast(case: Case, terms: Terms, known: Sequence[_Year], manner: Manner) -> Forecast | None:
    if case.is_due:
        return None
    steps = [rate for row in known if (rate := _rate(row)) is not None]
    divisor = terms.years if manner.is_mean else 1
    remaining = terms.year_to - case.judged
    lowest = ZERO if manner.grows else None
    return forecasts.pace(steps, remaining, terms.year_to, divisor, lowest)
