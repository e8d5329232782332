"""An indicator over the years: of the unit, and of each unit below side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.figures import Figure, figures
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import planned_values
from povertyplan.lib.drawing import CHAM, FAINT, INK, LINE, PAPER, Drawing, Scale, scale_of
from povertyplan.lib.numbers import format_number
from reports.pictures.frame import (
    WIDTH,
    Asked,
    Line,
    Picture,
    difference_words,
    full,
    sign,
    with_measure,
    words,
)
from reports.returns import figure_text

YEARS = 8
"""How far back a line goes."""

LEFT, TOP, FOOT = 40, 36, 40


@dataclass(frozen=True, slots=True)
class Series:
    """A unit's figures by year, and what was planned; `breaks`: first years of a new standard."""

    unit: Unit
    years: tuple[int, ...]
    found: Mapping[int, Figure]
    planned: Mapping[int, Decimal]
    breaks: frozenset[int]

    def value(self, year: int) -> Decimal | None:
        return self.found[year].value

    def is_whole(self, year: int) -> bool:
        """Has every unit reported? Else the figure is of other units than the year before."""
        return self.found[year].is_complete

    @property
    def stretches(self) -> list[list[int]]:
        """Years with figures that a line may join.

        None across a new standard, a gap, or to a year in which units lack: like is compared
        with like. Source: design, Meaning (Target).
        """
        found: list[list[int]] = []
        joins = False
        for year in self.years:
            if self.value(year) is None:
                joins = False
                continue
            if not joins or year in self.breaks or not self.is_whole(year):
                found.append([])
            found[-1].append(year)
            joins = self.is_whole(year)
        return found

    @property
    def told(self) -> list[int]:
        """Years with a figure, earliest first."""
        return [year for year in self.years if self.value(year) is not None]


def series_of(asked: Asked, units: Sequence[Unit], *, with_plan: bool = True) -> list[Series]:
    """The years up to the one asked for, from the first in which anybody has a figure.

    The number of queries grows with the years only.
    """
    last = asked.period.year
    periods = [Period(year) for year in range(last - YEARS + 1, last + 1)]
    found = figures(units, [asked.indicator], periods, asked.stage)
    by_unit = {
        unit.pk: {row.year: found[unit.pk, asked.indicator.pk, row.code] for row in periods}
        for unit in units
    }
    told = [
        row.year
        for row in periods
        if any(by[row.year].value is not None for by in by_unit.values())
    ]
    years = tuple(range(min(told, default=last), last + 1))
    plans: dict[int, dict[int, Decimal]] = {unit.pk: {} for unit in units}
    for year in years if with_plan else ():
        planned = planned_values(units, asked.indicator, Period(year), PlannedMeasure.VALUE)
        for pk, value in planned.items():
            plans[pk][year] = value
    firsts = asked.indicator.series_breaks.values_list("first_periods", flat=True)
    breaks = frozenset(year for row in firsts for year in row if year > years[0])
    return [Series(unit, years, by_unit[unit.pk], plans[unit.pk], breaks) for unit in units]


# -- one unit -------------------------------------------------------------------------------------


def trajectory(asked: Asked, series: Series) -> Picture:
    """The unit's line over the years, with what was planned beside it."""
    indicator = asked.indicator
    heading = _("{name} qua các năm").format(name=indicator.name)
    return Picture(
        kind="dien-bien",
        heading=heading,
        conclusion=_conclusion(asked, series),
        drawing=_line_drawing(asked, series, heading),
        headings=(_("Năm"), indicator.unit_of_measure, _("Kế hoạch"), _("Đơn vị có số")),
        lines=tuple(
            Line(
                _("{year} (chuẩn mới)").format(year=year) if year in series.breaks else str(year),
                (
                    words(indicator, series.found[year]),
                    figure_text(indicator, series.planned.get(year)),
                    _coverage(series.found[year]),
                ),
            )
            for year in series.years
        ),
        values=tuple(
            (
                str(year),
                full(series.value(year)),
                full(series.planned.get(year)),
                _coverage(series.found[year]),
            )
            for year in series.years
        ),
        has_sample=any(row.has_sample for row in series.found.values()),
        note=_note(series),
    )


def _note(series: Series) -> str:
    said = []
    if series.breaks:
        said.append(_("Đường không nối qua năm đổi chuẩn nghèo: hai chuẩn không so được với nhau."))
    if any(not series.is_whole(year) for year in series.told):
        said.append(_("Năm chưa đủ đơn vị báo cáo đứng riêng, không nối và không so với năm khác."))
    return " ".join(said)


def _coverage(figure: Figure) -> str:
    return f"{figure.reported}/{figure.expected}" if figure.expected else ""


def _conclusion(asked: Asked, series: Series) -> str:
    year, indicator = asked.period.year, asked.indicator
    value = series.value(year)
    if value is None:
        return _("Chưa có số của năm {year}").format(year=year)
    level = with_measure(indicator, value)
    if not series.is_whole(year):
        return _("Năm {year}: {level}, mới {n}/{total} đơn vị có số").format(
            year=year,
            level=level,
            n=series.found[year].reported,
            total=series.found[year].expected,
        )
    before = series.value(year - 1) if year - 1 in series.years else None
    if before is not None and not series.is_whole(year - 1):
        before = None
    if before is None:
        return _("Năm {year}: {level}").format(year=year, level=level)
    if year in series.breaks:
        return _("Năm {year}: {level}; chuẩn mới, không so với năm {last}").format(
            year=year, level=level, last=year - 1
        )
    return _("Năm {year}: {level}, {move} so với năm {last}").format(
        year=year, level=level, move=difference_words(indicator, value, before), last=year - 1
    )


def _line_drawing(asked: Asked, series: Series, heading: str) -> Drawing:
    height = 224
    drawing = Drawing(WIDTH, height, heading, _conclusion(asked, series))
    known = [value for year in series.years if (value := series.value(year)) is not None]
    scale = scale_of([*known, *series.planned.values(), Decimal(0)])
    box = _Box(series.years, scale, LEFT, TOP, WIDTH - LEFT - 30, height - TOP - FOOT)
    drawing.text((4, 12), heading, size=11, font_weight="600")
    _axes(drawing, box, asked.indicator.decimals)
    for year in sorted(series.breaks):
        x = box.x(year) - box.step / 2
        drawing.line((x, TOP), (x, TOP + box.height), stroke=FAINT, stroke_dasharray="2 3")
        drawing.text((x + 3, TOP + box.height - 5), _("chuẩn mới"), size=9, fill=FAINT)
    if len(series.planned) > 1:
        drawing.polyline(
            [(box.x(year), box.y(value)) for year, value in sorted(series.planned.items())],
            stroke=FAINT,
            stroke_width="1.5",
            stroke_dasharray="5 4",
        )
    _draw_line(drawing, series, box, is_official=asked.is_official)
    _label_ends(drawing, series, box, asked)
    legend = _("nét đứt: kế hoạch; ") if len(series.planned) > 1 else ""
    last = series.found[asked.period.year]
    if last.reported and not last.is_complete:
        legend += _("{n}/{total} đơn vị; ").format(n=last.reported, total=last.expected)
    sign(
        drawing,
        [legend + asked.standing],
        has_sample=any(r.has_sample for r in series.found.values()),
    )
    return drawing


@dataclass(frozen=True, slots=True)
class _Box:
    """Where years and values stand."""

    years: tuple[int, ...]
    scale: Scale
    left: float
    top: float
    width: float
    height: float

    @property
    def step(self) -> float:
        return self.width / max(len(self.years) - 1, 1)

    def x(self, year: int) -> float:
        return self.left + (year - self.years[0]) * self.step

    def y(self, value: Decimal) -> float:
        return self.top + self.height - self.scale.place(value, self.height)


def _axes(drawing: Drawing, box: _Box, decimals: int) -> None:
    places = 0 if all(tick == tick.to_integral_value() for tick in box.scale.ticks) else decimals
    for tick in box.scale.ticks:
        y = box.y(tick)
        drawing.line((box.left, y), (box.left + box.width, y), stroke=LINE)
        drawing.text(
            (box.left - 5, y + 3),
            format_number(tick, places),
            size=9,
            fill=FAINT,
            text_anchor="end",
        )
    for year in box.years:
        drawing.text(
            (box.x(year), box.top + box.height + 14), str(year), size=10, text_anchor="middle"
        )


def _draw_line(drawing: Drawing, series: Series, box: _Box, *, is_official: bool) -> None:
    """Solid through what may be joined; the last point hollow while it is provisional."""
    for stretch in series.stretches:
        points = [(box.x(year), box.y(series.value(year) or Decimal(0))) for year in stretch]
        if len(points) > 1:
            drawing.polyline(points, stroke=CHAM, stroke_width="2")
        for year, point in zip(stretch, points, strict=True):
            is_open = year == series.years[-1] and not is_official
            drawing.circle(point, 3, fill=PAPER if is_open else CHAM, stroke=CHAM, stroke_width="2")


def _label_ends(drawing: Drawing, series: Series, box: _Box, asked: Asked) -> None:
    told = series.told
    for year in dict.fromkeys([*told[:1], *told[-1:]]):
        value = series.value(year) or Decimal(0)
        is_first = year == box.years[0] and len(told) > 1
        drawing.text(
            (box.x(year) + (4 if is_first else 0), box.y(value) - 8),
            figure_text(asked.indicator, value),
            size=10,
            text_anchor="start" if is_first else "middle",
            font_weight="600",
        )


# -- many units -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Multiple:
    """One small picture among many, all on one scale."""

    name: str
    address: str
    last: str
    drawing: Drawing

    @property
    def svg(self) -> SafeString:
        """For a page: every text in it was escaped when it was drawn."""
        return mark_safe(self.drawing.render())  # noqa: S308


def multiples(asked: Asked, rows: Sequence[Series]) -> tuple[Picture, tuple[Multiple, ...]]:
    """Every unit below on the same scale: the picture as a whole, and each for the page."""
    indicator = asked.indicator
    known = [value for row in rows for year in row.years if (value := row.value(year)) is not None]
    scale = scale_of([*known, Decimal(0)], count=2)
    small = tuple(_multiple(asked, row, scale) for row in rows)
    heading = _("{name}: từng đơn vị, cùng một thang").format(name=indicator.name)
    years = rows[0].years if rows else ()
    picture = Picture(
        kind="cac-don-vi",
        heading=heading,
        conclusion=_spread(asked, rows),
        drawing=_sheet(asked, small, heading, has_sample=_sampled(rows)),
        headings=(_("Đơn vị"), *(str(year) for year in years)),
        lines=tuple(
            Line(
                row.unit.name,
                tuple(words(indicator, row.found[year]) for year in years),
                row.unit.address,
            )
            for row in rows
        ),
        values=tuple((row.unit.name, *(full(row.value(year)) for year in years)) for row in rows),
        has_sample=_sampled(rows),
    )
    return picture, small


def _sampled(rows: Sequence[Series]) -> bool:
    return any(figure.has_sample for row in rows for figure in row.found.values())


def _spread(asked: Asked, rows: Sequence[Series]) -> str:
    """From the lowest to the highest, among those that have reported."""
    year, indicator = asked.period.year, asked.indicator
    told = [(value, row.unit.name) for row in rows if (value := row.value(year)) is not None]
    if not told:
        return _("Chưa đơn vị nào có số của năm {year}").format(year=year)
    low, high = min(told), max(told)
    if low[0] == high[0]:
        return _("{n}/{total} đơn vị có số của năm {year}").format(
            n=len(told), total=len(rows), year=year
        )
    return _(
        "{n}/{total} đơn vị có số của năm {year}: thấp nhất {low_unit} ({low}), cao nhất "
        "{high_unit} ({high})"
    ).format(
        n=len(told),
        total=len(rows),
        year=year,
        low_unit=low[1],
        low=with_measure(indicator, low[0]),
        high_unit=high[1],
        high=with_measure(indicator, high[0]),
    )


SMALL_WIDTH, SMALL_HEIGHT = 110, 62


def _multiple(asked: Asked, row: Series, scale: Scale) -> Multiple:
    value = row.value(asked.period.year)
    last = figure_text(asked.indicator, value)
    drawing = Drawing(SMALL_WIDTH, SMALL_HEIGHT, f"{row.unit.name}: {last}")
    box = _Box(row.years, scale, 4, 6, SMALL_WIDTH - 12, SMALL_HEIGHT - 18)
    drawing.line(
        (box.left, box.top + box.height),
        (box.left + box.width, box.top + box.height),
        stroke=LINE,
    )
    for year in row.breaks:
        x = box.x(year) - box.step / 2
        drawing.line((x, box.top), (x, box.top + box.height), stroke=LINE, stroke_dasharray="2 3")
    _draw_line(drawing, row, box, is_official=asked.is_official)
    drawing.text((4, SMALL_HEIGHT - 3), str(row.years[0]), size=8, fill=FAINT)
    drawing.text(
        (SMALL_WIDTH - 8, SMALL_HEIGHT - 3),
        str(row.years[-1]),
        size=8,
        fill=FAINT,
        text_anchor="end",
    )
    return Multiple(row.unit.short_name, row.unit.address, last, drawing)


def _sheet(asked: Asked, small: Sequence[Multiple], heading: str, *, has_sample: bool) -> Drawing:
    """All of them on one sheet, for a file and for paper."""
    across = 6 if len(small) > 12 else 4
    deep = SMALL_HEIGHT + 22
    lines = -(-len(small) // across)
    drawing = Drawing(across * (SMALL_WIDTH + 10) + 8, 24 + lines * deep + 20, heading)
    drawing.text((4, 14), heading, size=12, font_weight="600")
    for place, row in enumerate(small):
        x, y = 8 + place % across * (SMALL_WIDTH + 10), 30 + place // across * deep
        drawing.text((x, y + 4), row.name, size=10, font_weight="600")
        drawing.text((x + SMALL_WIDTH - 6, y + 4), row.last, size=10, fill=INK, text_anchor="end")
        drawing.inside(row.drawing, (x, y + 6))
    sign(drawing, [asked.standing], has_sample=has_sample)
    return drawing
