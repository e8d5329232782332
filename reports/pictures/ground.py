"""The units below where they lie: a map where boundaries are known, else a grid of tiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, cos, radians

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes.models import Boundary, Unit
from indicators.enums import Direction
from indicators.figures import Figure, figures
from indicators.models import Indicator
from povertyplan.lib.drawing import FAINT, INK, MISSING, PAPER, Drawing, Point
from reports.pictures.frame import WIDTH, Asked, Line, Picture, full, sign, words
from reports.returns import figure_text

SHADES = ("#e6edf6", "#c1d1e6", "#93aed0", "#5f85b6", "#2b4f86")
"""From little to much; the words on the darkest are white."""
DARK = 3
"""From this shade on."""
NAMED_AT_MOST = 20
"""Units whose names fit on the map; all of them are in the table."""

Rings = list[list[list[list[float]]]]


@dataclass(frozen=True, slots=True)
class Band:
    """A shade and the values it stands for: from `low` up to, without it, the next one's `low`.

    The last includes `high`, its largest value.
    """

    low: Decimal
    high: Decimal
    shade: int
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A unit on the ground. `shade` None: no figure."""

    unit: Unit
    figure: Figure
    shade: int | None


def ground(asked: Asked, units: Sequence[Unit]) -> Picture:
    """The units below, each in the shade of its value. The number of queries does not grow."""
    found = figures(units, [asked.indicator], [asked.period], asked.stage)
    by_unit = {unit.pk: found[unit.pk, asked.indicator.pk, asked.period.code] for unit in units}
    classes = classes_of([row.value for row in by_unit.values() if row.value is not None])
    places = [Place(unit, by_unit[unit.pk], _shade(by_unit[unit.pk], classes)) for unit in units]
    outlines = {row.unit_id: row for row in Boundary.objects.filter(unit__in=units)}
    heading = _("{name} {period}").format(name=asked.indicator.name, period=asked.period.label)
    drawing, note = _drawn(asked, places, outlines, classes, heading)
    indicator = asked.indicator
    return Picture(
        kind="ban-do",
        heading=heading,
        conclusion=_conclusion(asked, places),
        drawing=drawing,
        headings=(_("Đơn vị"), indicator.unit_of_measure, _("Đơn vị có số")),
        lines=tuple(
            Line(
                row.unit.name,
                (words(indicator, row.figure), f"{row.figure.reported}/{row.figure.expected}"),
                row.unit.address,
            )
            for row in places
        ),
        values=tuple(
            (row.unit.name, full(row.figure.value), f"{row.figure.reported}/{row.figure.expected}")
            for row in places
        ),
        has_sample=any(row.figure.has_sample for row in places),
        note=note,
    )


def _conclusion(asked: Asked, places: Sequence[Place]) -> str:
    """Where it is worst, among those that reported; else only how many there are."""
    told = [(row.figure.value, row.unit.name) for row in places if row.figure.value is not None]
    silent = len(places) - len(told)
    if not told:
        return _("Chưa đơn vị nào có số")
    lower = asked.indicator.direction == Direction.LOWER
    worst = sorted(told, reverse=lower)[:3]
    if asked.indicator.direction == Direction.NONE:
        text = _("{n}/{total} đơn vị có số").format(n=len(told), total=len(places))
    else:
        names = ", ".join(
            f"{name} ({figure_text(asked.indicator, value)})" for value, name in worst
        )
        text = (
            _("Cao nhất: {names}").format(names=names)
            if lower
            else _("Thấp nhất: {names}").format(names=names)
        )
    if silent:
        said = ngettext("{text}; {n} đơn vị chưa có số", "{text}; {n} đơn vị chưa có số", silent)
        return said.format(text=text, n=silent)
    return text


# -- shades ---------------------------------------------------------------------------------------


def classes_of(values: Iterable[Decimal]) -> list[Band]:
    """Classes that hold about as many units each; equal values are never parted."""
    told = sorted(values)
    distinct = sorted(set(told))
    if not distinct:
        return []
    count = min(len(SHADES), len(distinct), max(2, ceil(len(told) / 3)))
    cuts: list[list[Decimal]] = [[] for _place in range(count)]
    for value in distinct:
        rank = (told.index(value) + len(told) - 1 - told[::-1].index(value)) / 2
        cuts[min(int(rank * count / len(told)), count - 1)].append(value)
    filled = [cut for cut in cuts if cut]
    steps = max(len(filled) - 1, 1)
    ends = [*(cut[0] for cut in filled[1:]), filled[-1][-1]]
    return [
        Band(
            cut[0], end, round(place * (len(SHADES) - 1) / steps), is_last=place + 1 == len(filled)
        )
        for place, (cut, end) in enumerate(zip(filled, ends, strict=True))
    ]


def _shade(figure: Figure, classes: Sequence[Band]) -> int | None:
    value = figure.value
    if value is None:
        return None
    return next(row.shade for row in reversed(classes) if row.low <= value)


# -- drawing --------------------------------------------------------------------------------------

_TOP, _LEGEND = 22, 34


def _drawn(
    asked: Asked,
    places: Sequence[Place],
    outlines: dict[int, Boundary],
    classes: Sequence[Band],
    heading: str,
) -> tuple[Drawing, str]:
    """The picture, and what has to be said about it."""
    if not outlines:
        note = _("Chưa nhập ranh giới: mỗi ô là một đơn vị, theo thứ tự mã, không theo vị trí.")
        return _tiles(asked, places, classes, heading), note
    lacking = [row.unit.name for row in places if row.unit.pk not in outlines]
    sources = sorted({row.source for row in outlines.values() if row.source})
    said = [
        _("Không có ranh giới: {names}.").format(names=", ".join(lacking)) if lacking else "",
        _("Ranh giới: {sources}.").format(sources="; ".join(sources)) if sources else "",
    ]
    lying = [row for row in places if row.unit.pk in outlines]
    return _map(asked, lying, outlines, classes, heading), " ".join(filter(None, said))


def _fill(drawing_hatch: str, place: Place) -> str:
    if place.shade is not None:
        return SHADES[place.shade]
    return MISSING if place.figure.not_applicable else drawing_hatch


def _map(
    asked: Asked,
    places: Sequence[Place],
    outlines: dict[int, Boundary],
    classes: Sequence[Band],
    heading: str,
) -> Drawing:
    project, height = _projection([outlines[row.unit.pk].rings for row in places])
    drawing = Drawing(WIDTH, _TOP + height + _LEGEND + 20, heading, _conclusion(asked, places))
    drawing.text((4, 12), heading, size=11, font_weight="600")
    hatch = drawing.hatching("chua-co-so")
    for row in places:
        rings = [
            [project(point) for point in ring]
            for polygon in outlines[row.unit.pk].rings
            for ring in polygon
        ]
        told = f"{row.unit.name}: {words(asked.indicator, row.figure)}"
        drawing.area(rings, told, fill=_fill(hatch, row), stroke=PAPER, stroke_width="0.8")
    if len(places) <= NAMED_AT_MOST:
        for row in places:
            _name_on_map(drawing, asked.indicator, row, project(outlines[row.unit.pk].middle))
    _legend(drawing, asked, classes, places, hatch)
    return drawing


def _projection(all_rings: Sequence[Rings]) -> tuple[_Projection, float]:
    """Degrees onto the sheet, true to shape at the middle latitude; and the height it takes."""
    points = [point for rings in all_rings for polygon in rings for point in polygon[0]]
    west, east = min(row[0] for row in points), max(row[0] for row in points)
    south, north = min(row[1] for row in points), max(row[1] for row in points)
    narrow = cos(radians((south + north) / 2))
    across = max((east - west) * narrow, 1e-9)
    scale = min((WIDTH - 8) / across, 400 / max(north - south, 1e-9))
    left = (WIDTH - across * scale) / 2
    return _Projection(west, north, narrow * scale, scale, left), (north - south) * scale


@dataclass(frozen=True, slots=True)
class _Projection:
    west: float
    north: float
    across: float
    down: float
    left: float

    def __call__(self, point: Sequence[float]) -> Point:
        x = self.left + (point[0] - self.west) * self.across
        return x, _TOP + (self.north - point[1]) * self.down


def _name_on_map(drawing: Drawing, indicator: Indicator, row: Place, at: Point) -> None:
    look = {
        "text_anchor": "middle",
        "stroke": PAPER,
        "stroke_width": "2.5",
        "stroke_linejoin": "round",
        "paint_order": "stroke",
    }
    x, y = at
    drawing.text(
        (x, y), figure_text(indicator, row.figure.value), size=10, font_weight="600", **look
    )
    drawing.text((x, y + 9), row.unit.short_name, size=8, **look)


def _tiles(asked: Asked, places: Sequence[Place], classes: Sequence[Band], heading: str) -> Drawing:
    across = 4 if len(places) <= 24 else 6
    width, deep = (WIDTH - 8) // across, 40
    lines = ceil(len(places) / across) if places else 0
    drawing = Drawing(
        WIDTH, _TOP + lines * deep + _LEGEND + 20, heading, _conclusion(asked, places)
    )
    drawing.text((4, 12), heading, size=11, font_weight="600")
    hatch = drawing.hatching("chua-co-so")
    longest = int(width / 4.6)
    corners = [
        (4 + place % across * width, _TOP + place // across * deep) for place in range(len(places))
    ]
    # One shape a shade: 150 tiles with a look each weigh as much as the rest of the page.
    shades: dict[str, list[list[Point]]] = {}
    for row, at in zip(places, corners, strict=True):
        shades.setdefault(_fill(hatch, row), []).append(_tile(at, width - 3, deep - 3))
    for fill, tiles in shades.items():
        drawing.area(tiles, fill=fill, stroke="#b9c2bd", stroke_width="0.5")
    for row, (x, y) in zip(places, corners, strict=True):
        ink = PAPER if row.shade is not None and row.shade >= DARK else INK
        drawing.text(
            (x + 5, y + 15),
            figure_text(asked.indicator, row.figure.value),
            size=11,
            font_weight="600",
            fill=ink,
        )
        drawing.text((x + 5, y + 29), _fitting(row.unit.short_name, longest), size=8.5, fill=ink)
    _legend(drawing, asked, classes, places, hatch)
    return drawing


def _tile(corner: Point, width: float, height: float) -> list[Point]:
    x, y = corner
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _fitting(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _legend(
    drawing: Drawing, asked: Asked, classes: Sequence[Band], places: Sequence[Place], hatch: str
) -> None:
    shown = [(SHADES[row.shade], _range(asked.indicator, row)) for row in classes]
    if any(row.shade is None and not row.figure.not_applicable for row in places):
        shown.append((hatch, _("chưa có số")))
    if any(row.figure.not_applicable for row in places):
        shown.append((MISSING, _("không áp dụng")))
    across = 4
    wide = (WIDTH - 8) / across
    top = drawing.height - _LEGEND - 14
    for place, (fill, told) in enumerate(shown):
        x, y = 4 + place % across * wide, top + place // across * 15
        drawing.rect(x, y, 10, 10, fill=fill, stroke=FAINT, stroke_width="0.5")
        drawing.text((x + 14, y + 9), told, size=9)
    sign(
        drawing,
        [f"{asked.indicator.unit_of_measure}; {asked.standing}"],
        has_sample=any(row.figure.has_sample for row in places),
    )


def _range(indicator: Indicator, row: Band) -> str:
    """“10,1 – <15,0”: the lower end belongs to the class, the upper one to the next."""
    low, high = figure_text(indicator, row.low), figure_text(indicator, row.high)
    if low == high:
        return low
    return f"{low} – {high}" if row.is_last else f"{low} – <{high}"
