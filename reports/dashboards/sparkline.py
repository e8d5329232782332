"""A promise over its years, small enough to stand in a row: inline SVG, under a kilobyte.

Solid: what was done; dashed: the path; the last figure is hollow while it is provisional.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.safestring import SafeString

from indicators.enums import Stage
from plans.evaluators import Point
from plans.pages.verdicts import Judged

WIDE, HIGH, EDGE = 92, 24, 4
"""Size and margin in units of the drawing. Source: ui design, mock 03."""

Spot = tuple[int, Decimal]
"""(place among the years, figure)"""


def sparkline(judged: Judged) -> SafeString:
    """Return the drawing of a judged promise; empty where fewer than two figures are known."""
    points = judged.found.outcome.points
    values = [value for point in points for value in (point.actual, point.expected)]
    known = [value for value in values if value is not None]
    if len(points) < 2 or len(known) < 2:
        return SafeString("")
    scale = _Scale(len(points), min(known), max(known))
    done = _spots(point.actual for point in points)
    drawn = "".join(
        [
            *(scale.line(run, "p") for run in _runs(_spots(point.expected for point in points))),
            *(scale.line(run, "a") for run in _runs(done)),
            scale.dot(_judged(done, points, judged), judged.found.stage),
        ]
    )
    # Numbers and class names of our own: nothing in it has to be escaped.
    return SafeString(
        f'<svg class="spk" viewBox="0 0 {WIDE} {HIGH}" aria-hidden="true" focusable="false">'
        f"{drawn}</svg>"
    )


class _Scale:
    """From a place and a figure to a point of the drawing; the greater figure is higher up."""

    def __init__(self, places: int, low: Decimal, high: Decimal) -> None:
        self.step = (WIDE - 2 * EDGE) / (places - 1)
        self.low, self.span = low, high - low

    def at(self, spot: Spot) -> tuple[str, str]:
        place, value = spot
        part = float((value - self.low) / self.span) if self.span else 0.5
        return (
            f"{EDGE + place * self.step:.0f}",
            f"{HIGH - EDGE - part * (HIGH - 2 * EDGE):.1f}",
        )

    def line(self, run: Sequence[Spot], kind: str) -> str:
        if len(run) < 2:
            return ""
        return f'<polyline class="{kind}" points="{" ".join(",".join(self.at(s)) for s in run)}"/>'

    def dot(self, spot: Spot | None, stage: str) -> str:
        if spot is None:
            return ""
        x, y = self.at(spot)
        kind = "o" if stage == Stage.PROVISIONAL else "d"
        return f'<circle class="{kind}" cx="{x}" cy="{y}" r="3.2"/>'


def _spots(values: Iterable[Decimal | None]) -> list[Spot]:
    return [(place, value) for place, value in enumerate(values) if value is not None]


def _runs(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Parted where a year is missing: no line is drawn over what nobody knows."""
    runs: list[list[Spot]] = []
    for spot in spots:
        if not runs or spot[0] != runs[-1][-1][0] + 1:
            runs.append([])
        runs[-1].append(spot)
    return runs


def _judged(done: Sequence[Spot], points: Sequence[Point], judged: Judged) -> Spot | None:
    """The figure of the year judged; None where that year has none."""
    year = judged.found.judged_year
    return next((spot for spot in done if points[spot[0]].year == year), None)
