"""Which of units, figures and periods stands where; filters, order, ranks, pages of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from indicators.enums import Direction
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.numbers import format_number
from reports.explore.folding import folded
from reports.explore.ground import Ground, Place
from reports.explore.question import (
    IN_COLUMNS,
    IN_ROWS,
    INDICATORS,
    ONE,
    PERIODS,
    UNITS,
    Question,
)
from reports.explore.reading import Figures, Told, rounded

MOST_CELLS = 20_000
"""Figures on a page."""
MOST_ROWS = 200
"""Rows on a page."""
MOST_COLUMNS = 400
MOST_IN_FILE = 200_000
"""Figures in a file; a question for more is not laid out at all."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in one, two or all three dimensions."""

    place: Place | None = None
    indicator: Indicator | None = None
    period: Period | None = None

    @property
    def key(self) -> str:
        said = [
            self.place.key if self.place else "",
            self.indicator.code if self.indicator else "",
            self.period.code if self.period else "",
        ]
        return ".".join(part for part in said if part)

    @property
    def name(self) -> str:
        """What a heading says; of a point in one dimension."""
        if self.place:
            return self.place.name
        if self.indicator:
            return self.indicator.name
        return str(capfirst(self.period.label)) if self.period else ""

    @property
    def note(self) -> str:
        if self.place:
            return self.place.note
        return self.indicator.unit_of_measure if self.indicator else ""

    def and_(self, other: Point) -> Point:
        return Point(
            self.place or other.place,
            self.indicator or other.indicator,
            self.period or other.period,
        )


EVERYWHERE = Point()


@dataclass(frozen=True)
class Line:
    """A row or a column: the dimension it stands for, and what is nested in it."""

    outer: Point
    inner: Point | None = None
    rank: int = 0

    @cached_property
    def point(self) -> Point:
        return self.outer.and_(self.inner) if self.inner else self.outer

    @property
    def is_whole(self) -> bool:
        place = self.point.place
        return place is not None and place.is_whole


class Pivot:
    """A ground laid out as rows and columns.

    `third`: where the third dimension stands in the end; of a single member it is just said.
    `chosen`, `options`: which member of it is shown, of which. `places`: those that the filters
    leave, without the whole. `problems`: what of the question made no sense.
    """

    def __init__(self, ground: Ground, figures: Figures) -> None:
        self.ground, self.figures = ground, figures
        self.asked: Question = ground.asked
        self.problems: list[str] = []
        self.places = [place for place in ground.places if self._is_kept(place)]
        self._members: Mapping[str, list[Point]] = {
            UNITS: [Point(place) for place in self._with_whole()],
            INDICATORS: [Point(indicator=row) for row in ground.indicators],
            PERIODS: [Point(period=row) for row in ground.periods],
        }
        self.options = self._members[self.asked.left]
        self.third = self.asked.third if len(self.options) > 1 else ONE
        self.chosen = self._chosen()
        self.columns = self._lines(self.asked.columns, IN_COLUMNS)
        self.rows = self._lines(self.asked.rows, IN_ROWS)
        self.sorted_by = self._sorted_by()
        if self.sorted_by:
            self.rows = self._in_order(self.sorted_by)

    def told(self, row: Line, column: Line) -> Told:
        """One cell. Every point is one of this pivot's rows and columns."""
        return self.figures.told(*self.at(row, column))

    def at(self, row: Line, column: Line) -> tuple[Place, Indicator, Period]:
        one, other, third = row.point, column.point, self.chosen
        place = one.place or other.place or third.place
        indicator = one.indicator or other.indicator or third.indicator
        period = one.period or other.period or third.period
        if place is None or indicator is None or period is None:
            raise LookupError("a pivot without one of its dimensions has no cells")
        return place, indicator, period

    @property
    def is_empty(self) -> bool:
        return not (self.rows and self.columns and self.options)

    # -- axes -------------------------------------------------------------------------------

    def _with_whole(self) -> list[Place]:
        whole = self.ground.whole
        return [*([whole] if whole else []), *self.places]

    def _chosen(self) -> Point:
        """Which one is shown when they come one by one; the latest period, else the first."""
        if self.third != ONE or not self.options:
            return EVERYWHERE
        for option in self.options:
            if option.key == self.asked.chosen:
                return option
        return self.options[-1 if self.asked.left == PERIODS else 0]

    def _lines(self, dimension: str, place: str) -> list[Line]:
        outer = self._members[dimension]
        if self.third != place:
            return [Line(point) for point in outer]
        return [Line(point, inner) for point in outer for inner in self.options]

    # -- filters ----------------------------------------------------------------------------

    def _is_kept(self, place: Place) -> bool:
        asked = self.asked
        if asked.search and folded(asked.search) not in folded(f"{place.name} {place.key}"):
            return False
        if asked.reported_only and not self._has_reported(place):
            return False
        return not asked.has_limits or self._is_within(place)

    def _has_reported(self, place: Place) -> bool:
        """Is there any figure of it in the question?"""
        return any(
            figure.reported
            for indicator in self.ground.indicators
            for period in self.ground.periods
            if (figure := self.figures.figure(place, indicator, period))
        )

    def _is_within(self, place: Place) -> bool:
        """Strictly above and below the limits, by the figure as it is shown."""
        tested = self.tested
        if tested is None or not self.ground.periods:
            return False
        value = self._value(place, tested, self.ground.periods[-1])
        if value is None:
            return False
        above, below = self.asked.above, self.asked.below
        return (above is None or value > above) and (below is None or value < below)

    @property
    def tested(self) -> Indicator | None:
        """The figure that the limits look at, in the latest of the periods."""
        return next((row for row in self.ground.indicators if row.code == self.asked.tested), None)

    def _value(self, place: Place, indicator: Indicator, period: Period) -> Decimal | None:
        figure = self.figures.figure(place, indicator, period)
        if figure is None or figure.value is None:
            return None
        return rounded(indicator, figure.value)

    # -- order ------------------------------------------------------------------------------

    @property
    def can_sort(self) -> bool:
        """Only units, each on one row, have an order of size: all figures of a column compare."""
        return self.asked.rows == UNITS and self.third != IN_ROWS

    def _sorted_by(self) -> Line | None:
        key = self.asked.sort.removeprefix("-")
        if not key:
            return None
        for column in self.columns if self.can_sort else ():
            if column.point.key == key:
                return column
        self.problems.append(
            _("Bảng này không có cột để xếp như địa chỉ ghi; đang theo thứ tự đơn vị.")
        )
        return None

    def _in_order(self, column: Line) -> list[Line]:
        """By a column, missing always last, the whole always first; ranks among the reported."""
        whole = [row for row in self.rows if row.is_whole]
        units = [row for row in self.rows if not row.is_whole]
        values = {row.outer.key: self._value(*self.at(row, column)) for row in units}
        known = [row for row in units if values[row.outer.key] is not None]
        unknown = [row for row in units if values[row.outer.key] is None]
        is_falling = self.asked.sort.startswith("-")
        known.sort(key=lambda row: values[row.outer.key] or 0, reverse=is_falling)
        _place, indicator, _period = self.at(units[0], column) if units else (None, None, None)
        ranks = _ranks(indicator, [values[row.outer.key] for row in known])
        ranked = [Line(row.outer, rank=rank) for row, rank in zip(known, ranks, strict=True)]
        return [*whole, *ranked, *unknown]

    # -- size -------------------------------------------------------------------------------

    @property
    def rows_a_page(self) -> int:
        return max(min(MOST_ROWS, MOST_CELLS // max(len(self.columns), 1)), 1)


def _ranks(indicator: Indicator | None, values: Sequence[Decimal | None]) -> list[int]:
    """1 for the best, equal figures alike; 0 where no direction is the good one."""
    if indicator is None or indicator.direction == Direction.NONE:
        return [0 for _value in values]
    best_first = sorted(
        (value for value in values if value is not None),
        reverse=indicator.direction == Direction.HIGHER,
    )
    first: dict[Decimal, int] = {}
    for place, value in enumerate(best_first, start=1):
        first.setdefault(value, place)
    return [first.get(value, 0) if value is not None else 0 for value in values]


def too_much(ground: Ground) -> str:
    """Why the question is not laid out, with how to ask for less; "" where it can be."""
    if ground.cells <= MOST_IN_FILE:
        return ""
    text = _(
        "Câu hỏi này có {cells} ô ({units} đơn vị × {figures} chỉ tiêu × {periods} kỳ), nhiều hơn "
        "mức {most}. Bớt chỉ tiêu hoặc kỳ, hoặc chọn đơn vị nhỏ hơn."
    )
    return text.format(
        cells=whole_number(ground.cells),
        units=whole_number(len(ground.places)),
        figures=len(ground.indicators),
        periods=len(ground.periods),
        most=whole_number(MOST_IN_FILE),
    )


def too_wide(pivot: Pivot) -> str:
    """Why the table does not go on a page though it goes in a file; "" where it does."""
    if len(pivot.columns) <= MOST_COLUMNS:
        return ""
    text = _(
        "Bảng có {n} cột, trang chỉ hiện đến {most} cột. Đổi hàng với cột, xem từng mục, "
        "hoặc tải tệp để có đủ."
    )
    return text.format(n=whole_number(len(pivot.columns)), most=MOST_COLUMNS)


def whole_number(count: int) -> str:
    """1.234."""
    return format_number(Decimal(count))
