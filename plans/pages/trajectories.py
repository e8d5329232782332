"""A promise over its years: the table of a chart, and the same numbers for the chart itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from indicators.enums import Stage
from plans.enums import TargetKind
from plans.evaluators import Point
from plans.pages.verdicts import Judged

_MEANS = frozenset({TargetKind.CHANGE_PER_YEAR, TargetKind.PER_UNIT_PER_YEAR})
_SUMS = frozenset({*_MEANS, TargetKind.CHANGE_TOTAL, TargetKind.CUMULATIVE})


@dataclass(frozen=True, slots=True)
class YearRow:
    """One line of the table, in words; "" where the year asks for nothing in the column.

    `opening`: the figure by which a new standard begins, at the end of the year before.
    `whole`: the path for all units, where `expected` is the part of those that reported.
    """

    year: int
    actual: str
    step: str
    expected: str
    difference: str
    forecast: str
    coverage: str
    opening: str = ""
    whole: str = ""
    is_judged: bool = False
    is_ahead: bool = False
    is_break: bool = False


@dataclass(frozen=True, slots=True)
class Trajectory:
    """`rows` by year; `chart` for the browser, None where there is nothing to draw."""

    rows: tuple[YearRow, ...]
    has_steps: bool
    has_forecast: bool
    is_running: bool
    is_mean: bool
    breaks: tuple[int, ...]
    chart: dict[str, object] | None

    @property
    def has_path(self) -> bool:
        """Is there a line of expected figures, and not a single one?"""
        return sum(row.expected != "–" for row in self.rows) > 1

    @property
    def has_break(self) -> bool:
        return bool(self.breaks)


def trajectory_of(judged: Judged, breaks: Collection[int]) -> Trajectory | None:
    """Return the years of a judged promise; None where there are none to show.

    `breaks`: first years of a new standard. Sums of yearly steps are not broken: each step
    was taken within its own standard.
    """
    points = judged.found.outcome.points
    if not points or not any(point.actual is not None for point in points):
        return None
    kind = judged.found.terms.kind
    is_running = kind in _SUMS
    first, last = points[0].year, points[-1].year
    inside = () if is_running else tuple(year for year in sorted(breaks) if first < year <= last)
    rows = tuple(_row(judged, point, inside) for point in points)
    return Trajectory(
        rows,
        has_steps=is_running and len(points) > 1,
        has_forecast=judged.found.outcome.forecast is not None,
        is_running=is_running,
        is_mean=kind in _MEANS,
        breaks=inside,
        chart=_chart(judged, points, inside) if len(points) > 1 else None,
    )


def _row(judged: Judged, point: Point, breaks: Sequence[int]) -> YearRow:
    found = judged.found
    is_ahead = point.year > found.judged_year
    forecast = found.outcome.forecast
    # The year before a break: the path starts there, but from a figure of the new standard.
    is_bridge = point.year == found.outcome.baseline_year and point.year + 1 in breaks
    return YearRow(
        year=point.year,
        actual=judged.number(point.actual),
        step=judged.number(point.step),
        expected="–" if is_bridge else judged.number(_expected(judged, point)),
        difference="–" if is_bridge else _difference(judged, point),
        whole=judged.number(point.expected) if _is_part(judged, point) else "",
        forecast=forecast_words(judged) if forecast and forecast.year == point.year else "",
        coverage=f"{point.reported}/{point.expected_units}" if point.expected_units else "",
        opening=judged.number(point.opening) if point.opening is not None else "",
        is_judged=point.year == found.judged_year,
        is_ahead=is_ahead,
        is_break=point.year in breaks,
    )


def _expected(judged: Judged, point: Point) -> Decimal | None:
    """What the year's figure is compared with: like with like in the year judged."""
    outcome = judged.found.outcome
    is_compared = point.year == judged.found.judged_year and outcome.expected is not None
    return outcome.expected if is_compared else point.expected


def _is_part(judged: Judged, point: Point) -> bool:
    expected = _expected(judged, point)
    return point.expected is not None and judged.number(expected) != judged.number(point.expected)


def _difference(judged: Judged, point: Point) -> str:
    return judged.signed(point.actual, _expected(judged, point))


def forecast_words(judged: Judged) -> str:
    """1.995 (1.889–2.100), or the figure alone where there is no band."""
    forecast = judged.found.outcome.forecast
    if forecast is None:
        return ""
    words = judged.number(forecast.value)
    if forecast.low is None or forecast.high is None:
        return words
    return f"{words} ({judged.number(forecast.low)}–{judged.number(forecast.high)})"


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _chart(judged: Judged, points: Sequence[Point], breaks: Sequence[int]) -> dict[str, object]:
    """What the browser draws: a line for each standard, the path, the promise, the forecast."""
    found = judged.found
    outcome = found.outcome
    years = [point.year for point in points]
    known = [point for point in points if point.actual is not None]
    return {
        "years": years,
        "lines": _lines(points, breaks),
        "path": [_plain(_expected(judged, point)) for point in points],
        "goal": _plain(outcome.goal),
        "goalFrom": max(found.terms.year_from, years[0]) if found.terms.kind in _SUMS else years[0],
        "last": known[-1].year,
        "hollow": found.stage == Stage.PROVISIONAL,
        "labels": {point.year: judged.number(point.actual) for point in known},
        "forecast": _forecast(judged, known[-1]),
        "decimals": judged.decimals,
        "promise": _("Mức giao {goal}").format(goal=judged.number(outcome.goal)),
    }


def _lines(points: Sequence[Point], breaks: Sequence[int]) -> list[list[float | None]]:
    """The actual figures, standard by standard: a new one starts at its opening figure."""
    bounds = [points[0].year, *breaks, points[-1].year + 1]
    lines = []
    for first, after in pairwise(bounds):
        line = [_plain(p.actual) if first <= p.year < after else None for p in points]
        at = first - points[0].year
        if first in breaks and points[at].opening is not None:
            line[at - 1] = _plain(points[at].opening)
        lines.append(line)
    return lines


def _forecast(judged: Judged, last: Point) -> dict[str, object] | None:
    forecast = judged.found.outcome.forecast
    if forecast is None or forecast.year <= last.year:
        return None
    return {
        "from": [last.year, _plain(last.actual)],
        "year": forecast.year,
        "value": _plain(forecast.value),
        "low": _plain(forecast.low),
        "high": _plain(forecast.high),
        "label": _("Dự báo {words}").format(words=forecast_words(judged)),
    }
