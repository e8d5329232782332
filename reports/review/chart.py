"""A figure over the years, small enough to be part of the page: the numbers of an inline SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indicators.enums import ValueType
from indicators.models import Indicator
from indicators.periods import Period
from reports.returns import figure_text

WIDE, HIGH = 330, 104
"""Size in units of the drawing."""
LEFT, RIGHT, TOP, BOTTOM = 46, 316, 12, 80
"""The field in which figures stand."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One figure. `label` names its year below the field; a year without a figure has no `y`."""

    x: str
    y: str
    label: str
    value: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Tick:
    y: str
    text_y: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Points in units of the drawing. A line never runs over a break or a missing year."""

    spots: tuple[Spot, ...]
    lines: tuple[str, ...]
    ticks: tuple[Tick, ...]
    middle_y: str
    middle: str
    told: str


def chart_of(
    indicator: Indicator,
    past: Mapping[Period, Decimal | None],
    breaks: frozenset[int],
    middle: Decimal | None,
) -> Chart | None:
    """Return the drawing; None with fewer than two figures, or of a yes/no question."""
    known = [value for value in past.values() if value is not None]
    if len(known) < 2 or indicator.value_type == ValueType.YES_NO:
        return None
    field = _Field([*known, *([] if middle is None else [middle])], len(past))
    spots = tuple(
        Spot(
            x=field.x(place),
            y="" if value is None else field.y(value),
            label=str(period.year),
            value=figure_text(indicator, value),
            is_last=place == len(past) - 1,
        )
        for place, (period, value) in enumerate(past.items())
    )
    return Chart(
        spots=spots,
        lines=tuple(_lines(spots, past, breaks)),
        ticks=tuple(
            Tick(field.y(value), f"{float(field.y(value)) + 4:.1f}", figure_text(indicator, value))
            for value in (field.high, field.low)
        ),
        middle_y="" if middle is None else field.y(middle),
        middle="" if middle is None else figure_text(indicator, middle),
        told=", ".join(f"{spot.label}: {spot.value}" for spot in spots),
    )


class _Field:
    """From a year's place and a figure to a point; from zero where the figures allow it."""

    def __init__(self, values: list[Decimal], places: int) -> None:
        self.low, self.high = min(values), max(values)
        if self.low > 0 and self.low * 2 < self.high:
            self.low = Decimal(0)
        self.span = self.high - self.low
        self.step = (RIGHT - LEFT - 20) / max(places - 1, 1)

    def x(self, place: int) -> str:
        return f"{LEFT + 10 + place * self.step:.0f}"

    def y(self, value: Decimal) -> str:
        part = float((value - self.low) / self.span) if self.span else 0.5
        return f"{BOTTOM - part * (BOTTOM - TOP):.1f}"


def _lines(
    spots: tuple[Spot, ...], past: Mapping[Period, Decimal | None], breaks: frozenset[int]
) -> list[str]:
    runs: list[list[Spot]] = [[]]
    for spot, period in zip(spots, past, strict=True):
        if period.year in breaks or not spot.y:
            runs.append([])
        if spot.y:
            runs[-1].append(spot)
    return [" ".join(f"{spot.x},{spot.y}" for spot in run) for run in runs if len(run) > 1]
