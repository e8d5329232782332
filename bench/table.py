"""What is measured, as lines of a table: ratios of one run, with goals and the seconds beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Goal:
    """A ratio to reach: at most so much, or at least with `at_least`."""

    firm: float
    ambitious: float
    at_least: bool = False

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {shown(self.firm)} / {sign} {shown(self.ambitious)}"

    def verdict(self, value: float) -> str:
        return " ".join(
            "✓" if (value >= limit if self.at_least else value <= limit) else "✗"
            for limit in (self.firm, self.ambitious)
        )


@dataclass(frozen=True)
class Line:
    """One measurement: its value in each round, what stands beside it, and the goal."""

    name: str
    values: Sequence[float]
    beside: str = ""
    goal: Goal | None = None

    @property
    def middle(self) -> float:
        return median(self.values)

    def cells(self) -> tuple[str, ...]:
        low, high = shown(min(self.values)), shown(max(self.values))
        spread = f" [{low}..{high}]" if len(self.values) > 1 else ""
        goal = str(self.goal) if self.goal else "–"
        verdict = self.goal.verdict(self.middle) if self.goal else ""
        return (
            self.name,
            f"{shown(self.middle)}{spread}",
            str(len(self.values)),
            self.beside,
            goal,
            verdict,
        )


@dataclass
class Section:
    title: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, name: str, values: Iterable[float], beside: str = "", goal: Goal | None = None
    ) -> None:
        self.lines.append(Line(name, list(values), beside, goal))

    def __str__(self) -> str:
        head = ("what", "median [min..max]", "n", "in absolute terms", "goal", "met")
        rows = [head, tuple("---" for _ in head), *(line.cells() for line in self.lines)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        notes = "".join(f"\n- {note}" for note in self.notes)
        return f"## {self.title}\n\n{table}\n" + (f"{notes}\n" if notes else "")


def shown(value: float) -> str:
    """Three digits that count."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}g}" if abs(value) < 10 else f"{value:.1f}"


def seconds(values: Sequence[float]) -> str:
    """A time in the unit in which it is read best."""
    middle = median(values)
    return f"{shown(middle)} s" if middle >= 1 else f"{shown(middle * 1000)} ms"


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round: both sides of a ratio were measured a moment apart."""
    return [one / other for one, other in zip(above, below, strict=True)]
