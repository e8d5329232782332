"""Promises judged by where a figure stands: a path from the baseline to the goal. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from plans.evaluators import forecasts
from plans.evaluators.cases import Case, Forecast, Outcome, Path, Point, Reading, Reason, Verdict
from plans.evaluators.judging import gap, judge, last_known, not_started, why
from plans.evaluators.terms import Better, Terms

Measure = Callable[[Reading], Decimal | None]


def judge_state(
    case: Case, measure: Measure, *, has_path: bool = True, settles: bool = True
) -> Outcome:
    """Judge the figure `measure` reads from the year judged against the path to the goal."""
    terms = case.terms.scaled(case.part, case.shift, case.lowest, case.highest)
    if case.year <= case.base_year:
        return not_started(terms)
    base = _baseline(case, measure) if has_path else _Baseline()
    path = _Line(case, terms, base)
    points = tuple(_point(case, year, measure, path) for year in _span(case))
    actual = measure(case.reading(case.judged))
    expected = path.at(case.judged)
    found = Outcome(
        Verdict.NO_DATA,
        terms.goal,
        actual=actual,
        expected=expected,
        path=path.source(case.judged),
        baseline=base.value,
        baseline_year=base.year,
        remaining=terms.year_to - case.judged,
        points=points,
    )
    if actual is None:
        return replace(
            found, reasons=(Reason.NOT_REPORTED,), last_known=last_known(points, case.judged)
        )
    known = [(p.year, p.actual) for p in points if p.actual is not None and p.year <= case.judged]
    crosses = base.reason is Reason.BREAK_AHEAD
    verdict = judge(
        terms, actual, expected, is_due=case.is_due, is_whole=case.complete, settles=settles
    )
    return replace(
        found,
        # By the old standard nothing is reached that is promised by the new one.
        verdict=Verdict.NOT_DUE if crosses else verdict,
        **gap(terms, actual, expected),
        needed=None if crosses else _needed(terms, actual, found.remaining),
        reasons=why(
            {
                Reason.PARTIAL: not case.complete,
                base.reason: expected is None,
            }
        ),
        known_years=tuple(year for year, _ in known),
        forecast=_forecast(case, terms, known, base) if has_path and not crosses else None,
    )


def _span(case: Case) -> range:
    """The years of the trajectory: from the baseline to the end of the promise."""
    return range(case.base_year, case.terms.year_to + 1)


def _needed(terms: Terms, actual: Decimal, remaining: int) -> Decimal | None:
    """What each remaining year has to bring, in the good direction; 0 when there is enough."""
    if not remaining or terms.better is Better.NEARER:
        return None
    return max(terms.short_of(actual, terms.goal), Decimal(0)) / remaining


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The figure a straight path starts from, or why there is none."""

    value: Decimal | None = None
    year: int | None = None
    is_bridged: bool = False
    reason: Reason = Reason.NO_BASELINE


def _baseline(case: Case, measure: Measure) -> _Baseline:
    behind = [year for year in case.breaks if case.base_year < year <= case.judged]
    if any(case.judged < year <= case.terms.year_to for year in case.breaks):
        return _Baseline(reason=Reason.BREAK_AHEAD)
    start = max(behind) - 1 if behind else case.base_year
    value = None if behind else measure(case.reading(start))
    if value is None:
        value = case.reading(start + 1).opening
    return _Baseline(value, start if value is not None else None, bool(behind))


class _Line:
    """What is expected by the end of a year: the milestone, else the straight path."""

    def __init__(self, case: Case, terms: Terms, base: _Baseline) -> None:
        self.case, self.terms, self.base = case, terms, base

    def at(self, year: int) -> Decimal | None:
        if year >= self.terms.year_to:
            return self.terms.goal
        planned = self.case.reading(year).planned
        if planned is not None:
            return planned * self.case.part + self.case.shift
        return self._straight(year)

    def _straight(self, year: int) -> Decimal | None:
        value, start = self.base.value, self.base.year
        if value is None or start is None or year < start:
            return None
        if self.terms.short_of(value, self.terms.goal) <= 0:
            # There already: to be kept, not to be run down to the promise.
            return value if year == start else self.terms.goal
        return value + (self.terms.goal - value) * (year - start) / (self.terms.year_to - start)

    def source(self, year: int) -> Path:
        if year >= self.terms.year_to:
            return Path.GOAL
        if self.case.reading(year).planned is not None:
            return Path.MILESTONES
        if self._straight(year) is None:
            return Path.NONE
        return Path.BRIDGED if self.base.is_bridged else Path.STRAIGHT


def _point(case: Case, year: int, measure: Measure, path: _Line) -> Point:
    reading = case.reading(year)
    return Point(
        year,
        actual=measure(reading),
        expected=path.at(year),
        opening=reading.opening if year in case.breaks else None,
        reported=reading.reported,
        expected_units=reading.expected,
    )


def _since_break(
    case: Case, known: list[tuple[int, Decimal]], base: _Baseline
) -> list[tuple[int, Decimal]]:
    """The figures of one standard only, with the opening that bridges to it."""
    first = max((year for year in case.breaks if year <= case.judged), default=None)
    if first is None:
        return known
    same = [(year, value) for year, value in known if year >= first]
    if base.is_bridged and base.value is not None and base.year is not None:
        same.insert(0, (base.year, base.value))
    return same


def _forecast(
    case: Case, terms: Terms, known: list[tuple[int, Decimal]], base: _Baseline
) -> Forecast | None:
    if case.is_due:
        return None
    same = _since_break(case, known, base)
    return forecasts.trend(same, terms.year_to, case.lowest, case.highest)
