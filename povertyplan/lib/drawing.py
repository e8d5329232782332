"""Small pictures as SVG that stand alone: no style sheet, no script, text as text.

Colours are attributes of the shapes, so that a picture looks the same inside a page with a strict
content policy, in a file of its own and on paper. Source of the colours: ui design, Tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from xml.sax.saxutils import escape, quoteattr

from povertyplan.lib.bookforms.xml import harmless

INK, FAINT, LINE, PAPER = "#17211d", "#58645e", "#d6dcd8", "#ffffff"
CHAM, LATE, MET, RISK = "#22406b", "#a3261b", "#136c3b", "#8a5300"
MISSING = "#eef1ef"
FONT = "Segoe UI, Roboto, Noto Sans, Arial, sans-serif"

Point = tuple[float, float]


def number(value: float) -> str:
    """A coordinate: one decimal, none where it is zero."""
    return f"{value:.1f}".removesuffix(".0")


@dataclass
class Drawing:
    """Shapes on a sheet of `width` × `height`, the y axis down. Every text is escaped."""

    width: float
    height: float
    title: str
    description: str = ""
    parts: list[str] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, **look: str) -> None:
        self._add("rect", x=x, y=y, width=width, height=height, **look)

    def line(self, start: Point, end: Point, **look: str) -> None:
        (x1, y1), (x2, y2) = start, end
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, **look)

    def polyline(self, points: Iterable[Point], **look: str) -> None:
        told = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self._add("polyline", points=told, fill="none", **look)

    def circle(self, at: Point, radius: float, **look: str) -> None:
        self._add("circle", cx=at[0], cy=at[1], r=radius, **look)

    def area(self, rings: Iterable[Iterable[Point]], told: str = "", **look: str) -> None:
        """An area with holes; `told` shows when the pointer rests on it."""
        path = "".join(
            "M" + "L".join(f"{number(x)} {number(y)}" for x, y in ring) + "Z" for ring in rings
        )
        attributes = _attributes({"d": path, "fill-rule": "evenodd", **look})
        inside = f"<title>{escape(told)}</title>" if told else ""
        self.parts.append(f"<path{attributes}>{inside}</path>")

    def text(self, at: Point, words: str, *, size: float = 12, **look: str) -> None:
        x, y = at
        attributes = _attributes(
            {"x": x, "y": y, "font-size": number(size), "fill": INK, **_named(look)}
        )
        self.parts.append(f"<text{attributes}>{escape(words)}</text>")

    def hatching(self, name: str) -> str:
        """Lines for what is missing; returns the fill."""
        self.parts.append(
            f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{PAPER}"/>'
            f'<line x1="0" y1="0" x2="0" y2="6" stroke="#b9c2bd" stroke-width="2.4"/></pattern>'
        )
        return f"url(#{name})"

    def inside(self, other: Drawing, at: Point) -> None:
        """Another drawing's shapes, moved."""
        x, y = at
        self.parts.append(
            f'<g transform="translate({number(x)} {number(y)})">{"".join(other.parts)}</g>'
        )

    def _add(self, shape: str, **attributes: str | float) -> None:
        self.parts.append(f"<{shape}{_attributes(_named(attributes))}/>")

    def render(self, *, is_file: bool = False) -> str:
        """The picture; as a file it has a size, a ground and a declaration."""
        width, height = number(self.width), number(self.height)
        size = f' width="{width}" height="{height}"' if is_file else ""
        ground = f'<rect width="100%" height="100%" fill="{PAPER}"/>' if is_file else ""
        told = f"<title>{escape(self.title)}</title>"
        if self.description:
            told += f"<desc>{escape(self.description)}</desc>"
        head = '<?xml version="1.0" encoding="UTF-8"?>\n' if is_file else ""
        return harmless(
            f'{head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"{size} '
            f'role="img" aria-label={quoteattr(self.title)} font-family={quoteattr(FONT)}>'
            f"{told}{ground}{''.join(self.parts)}</svg>"
        )


def _named(look: dict[str, str] | dict[str, str | float]) -> dict[str, str | float]:
    """stroke_width → stroke-width."""
    return {name.replace("_", "-"): value for name, value in look.items()}


def _attributes(values: dict[str, str | float] | dict[str, str]) -> str:
    return "".join(
        f" {name}={quoteattr(number(value) if isinstance(value, int | float) else value)}"
        for name, value in _named(dict(values)).items()
    )


# -- scales ---------------------------------------------------------------------------------------

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` onto a length; `ticks` are round numbers within."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def place(self, value: Decimal, length: float) -> float:
        """How far along the length; 0 at `low`."""
        return float((value - self.low) / (self.high - self.low)) * length


def scale_of(values: Sequence[Decimal], *, from_zero: bool = True, count: int = 4) -> Scale:
    """Round ends that hold every value; from zero unless told, as a cut axis misleads."""
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        high = low + 1
    step = _step((high - low) / count)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    ticks = tuple(step * place for place in range(int(first), int(last) + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def _step(wanted: Decimal) -> Decimal:
    magnitude = Decimal(10) ** (wanted.adjusted())
    return next(magnitude * step for step in _STEPS if magnitude * step >= wanted)
