"""A question as files: the table as a workbook, and every figure on a line of its own as CSV.

Numbers are numbers; names are text, also those that begin like a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from communes.access import current_posts
from communes.models import Official
from indicators.enums import ValueType
from indicators.figures import Figure
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.formulas import no_formula
from reports.explore.cells import change_text
from reports.explore.ground import Ground, Place, ground, unit_of
from reports.explore.pages import fresh_of, title
from reports.explore.pivot import Line, Pivot, too_much
from reports.explore.question import Question
from reports.explore.reading import Figures, State, Told
from reports.returns import figure_text

PARTIAL = "*"
"""Behind a figure that not all its units have reported."""
MOST_COMMENTS = 2_000
"""Cells with a comment of their own; the others have their mark, and their line on the sheet of
what is not complete."""
MOST_FILE_COLUMNS = 16_000
"""What a sheet holds, with room for the names."""
_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
_NAME_WIDTH, _CODE_WIDTH, _NUMBER_WIDTH = 34, 10, 15


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file says of itself above its figures."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filed:
    """A question ready to be written. `problem`: why it is not; "" where it is."""

    pivot: Pivot | None
    stamp: Stamp
    name: str
    problem: str = ""


def filed(asked: Question, by: Official, link: str) -> Filed:
    """Lay the question out for files. Raises Http404 as the page does. `link`: to the page."""
    found = ground(asked, unit_of(asked, by), by)
    moment = fresh_of(found).as_of  # before the figures are read
    problem = too_much(found)
    pivot = None if problem else Pivot(found, Figures(found))
    if pivot and pivot.is_empty:
        problem = _("Không có số nào để tải: chọn ít nhất một chỉ tiêu, một kỳ và một đơn vị.")
    if pivot and len(pivot.columns) * _measures(asked) > MOST_FILE_COLUMNS:
        problem = _("Quá nhiều cột cho một trang tính; đổi hàng với cột rồi tải lại.")
    spans = "-".join(row.code for row in (*found.periods[:1], *found.periods[1:][-1:]))
    return Filed(
        pivot,
        Stamp(title(found), tuple(_said(found, pivot, by, link, moment))),
        f"tra-cuu-{found.unit.code}-{spans}",
        problem,
    )


def _said(
    found: Ground, pivot: Pivot | None, by: Official, link: str, moment: datetime
) -> Iterator[str]:
    asked = found.asked
    yield _("Loại số liệu: {stage}").format(
        stage=_("chính thức") if asked.is_official else _("tạm tính")
    )
    yield _("Số đến {at}; người lấy: {who}").format(
        at=f"{timezone.localtime(moment):%H:%M %d/%m/%Y}", who=_who(by)
    )
    if pivot and _has_sample(pivot):
        yield _("SỐ LIỆU MINH HỌA, không phải số liệu chính thức.")
    if pivot and _has_partial(pivot):
        yield _("Số có dấu {mark}: chưa đủ đơn vị báo cáo, là số của các đơn vị đã báo.").format(
            mark=PARTIAL
        )
    if pivot and asked.is_filtered:
        yield _("Đã lọc: còn {kept}/{all} đơn vị; dòng chung vẫn tính mọi đơn vị.").format(
            kept=len(pivot.places), all=len(found.places)
        )
    if found.hidden:
        yield _("Không gồm {n} đơn vị ngoài phạm vi được xem của người lấy.").format(n=found.hidden)
    yield _("Mở lại trên phần mềm: {link}").format(link=link)


def _who(by: Official) -> str:
    posts = current_posts(by)
    if not posts:
        return str(by)
    return f"{by}, {posts[0].title or posts[0].get_role_display()}, {posts[0].unit.name}"


def _has_sample(pivot: Pivot) -> bool:
    """Is any of the figures a sample one?"""
    return any(figure.has_sample for figure in _figures(pivot))


def _has_partial(pivot: Pivot) -> bool:
    return any(is_partial(figure) for figure in _figures(pivot))


def is_partial(figure: Figure | None) -> bool:
    """Is there a figure, with units that should be in it and are not?"""
    return figure is not None and figure.value is not None and not figure.is_complete


def _figures(pivot: Pivot) -> Iterator[Figure]:
    for place in _shown(pivot):
        for indicator in pivot.ground.indicators:
            for period in pivot.ground.periods:
                if figure := pivot.figures.figure(place, indicator, period):
                    yield figure


def _shown(pivot: Pivot) -> list[Place]:
    """Every place in the order of the table: the whole first, then as sorted where it is."""
    if pivot.can_sort:
        return [row.point.place for row in pivot.rows if row.point.place]
    whole = pivot.ground.whole
    return [*([whole] if whole else []), *pivot.places]


def _measures(asked: Question) -> int:
    """Columns that each figure takes in a sheet."""
    return 1 + asked.with_change + asked.with_plan


def state_words(state: State) -> str:
    return {
        State.VALUE: "",
        State.MISSING: _("chưa có số liệu"),
        State.NOT_APPLICABLE: _("không áp dụng"),
        State.NOT_ADDED_UP: _("không cộng"),
        State.NO_UNIT: _("không có đơn vị"),
    }[state]


# -- CSV ----------------------------------------------------------------------------------------


class _Echo:
    """What csv writes into: it gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(ready: Filed) -> Iterator[str]:
    """The file line by line: what it is of behind “#”, headings, one figure a line.

    UTF-8 with a mark, so that Excel reads the letters; a point for decimals.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff"
    for line in (ready.stamp.title, *ready.stamp.lines):
        yield writer.writerow([f"# {line}"])
    yield writer.writerow(_headings())
    if ready.pivot is None:
        return
    found = ready.pivot.ground
    for place in _shown(ready.pivot):
        for indicator in found.indicators:
            for period in found.periods:
                told = ready.pivot.figures.told(place, indicator, period)
                yield writer.writerow(_csv_line(place, indicator, period, told))


def _headings() -> list[str]:
    return [
        _("Mã đơn vị"),
        _("Đơn vị"),
        _("Ghi chú"),
        _("Mã chỉ tiêu"),
        _("Chỉ tiêu"),
        _("ĐVT"),
        _("Kỳ"),
        _("Giá trị"),
        _("Tình trạng"),
        _("Đơn vị có số"),
        _("Đơn vị phải có"),
        _("So với năm trước"),
        _("Kế hoạch"),
        _("Minh họa"),
    ]


def _csv_line(place: Place, indicator: Indicator, period: Period, told: Told) -> list[str]:
    unit, figure = place.at.get(period.code), told.figure or Figure()
    return [
        unit.code if unit else "",
        no_formula(place.name),
        no_formula(place.note),
        indicator.code,
        no_formula(indicator.name),
        no_formula(indicator.unit_of_measure),
        period.code,
        plain(told.value),
        _("chưa đủ đơn vị") if is_partial(figure) else state_words(told.state),
        str(figure.reported),
        str(figure.expected),
        _change(indicator, told),
        plain(told.plan.value) if told.plan else "",
        _("có") if figure.has_sample else "",
    ]


def _change(indicator: Indicator, told: Told) -> str:
    """A number, or the words for why there is none."""
    if told.change is None:
        return ""
    if told.change.value is not None:
        return plain(told.change.value)
    return no_formula(change_text(indicator, told.change)) if told.change.why else ""


def plain(value: Decimal | None) -> str:
    """1234.5, as machines read it."""
    return "" if value is None else f"{value.normalize():f}"


# -- Excel --------------------------------------------------------------------------------------


def workbook(ready: Filed) -> bytes:
    """The table as the page lays it out, all rows of it.

    What is not complete is marked in its cell, and listed on a second sheet.
    """
    stream = BytesIO()
    options = {
        "constant_memory": True,  # rows go to disk one by one: 200,000 cells take no memory
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with Workbook(stream, options) as book:
        if ready.pivot is not None:
            _Sheets(book, ready.pivot, ready.stamp).write()
    return stream.getvalue()


class _Sheets:
    def __init__(self, book: Any, pivot: Pivot, stamp: Stamp) -> None:
        self.book, self.pivot, self.stamp = book, pivot, stamp
        self.bold = book.add_format({**_FONT, "bold": True, "font_size": 13})
        self.plain = book.add_format(_FONT)
        self.cell = book.add_format({**_FONT, "border": 1})
        self.head = book.add_format(
            {**_FONT, "bold": True, "border": 1, "bg_color": "#DFE6E1", "text_wrap": True}
        )
        self.missing = book.add_format(
            {**_FONT, "border": 1, "pattern": 14, "fg_color": "#C9CFCB", "align": "right"}
        )
        self.numbers: dict[tuple[int, bool], Any] = {}
        self.partial: list[tuple[Place, Indicator, Period, Figure]] = []

    def write(self) -> None:
        sheet = self.book.add_worksheet(_("Bảng"))
        start = self._stamp(sheet)
        first = self._heads(sheet, start)
        for number, row in enumerate(self.pivot.rows, start=first):
            self._row(sheet, number, row)
        sheet.freeze_panes(first, self._names)
        sheet.repeat_rows(start, first - 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        self._incomplete()

    def _stamp(self, sheet: Any) -> int:
        """Write what the file is; return the row below it."""
        sheet.set_column(0, 0, _NAME_WIDTH)
        sheet.set_column(1, self._names - 1, _CODE_WIDTH * 2)
        sheet.set_column(self._names, self._names + self._width - 1, _NUMBER_WIDTH)
        sheet.write_string(0, 0, self.stamp.title, self.bold)
        for number, line in enumerate(self.stamp.lines, start=1):
            sheet.write_string(number, 0, line, self.plain)
        return len(self.stamp.lines) + 2

    @property
    def _names(self) -> int:
        """Columns before the figures: name and note, twice where one is nested in the other."""
        return 4 if self.pivot.rows and self.pivot.rows[0].inner else 2

    @property
    def _width(self) -> int:
        return len(self.pivot.columns) * _measures(self.pivot.asked)

    def _heads(self, sheet: Any, start: int) -> int:
        """Names of the columns over notes (unit of measure) over measures; the row below them."""
        levels = [[column.outer for column in self.pivot.columns]]
        if self.pivot.columns and self.pivot.columns[0].inner:
            levels.append([column.inner or column.outer for column in self.pivot.columns])
        lines = [
            line
            for level in levels
            for line in ([row.name for row in level], [row.note for row in level])
            if any(line)
        ]
        measures = self._measure_names()
        for line in lines:
            self._head_line(sheet, start, [name for name in line for _m in measures])
            start += 1
        if len(measures) > 1:
            self._head_line(sheet, start, [*measures] * len(self.pivot.columns))
            start += 1
        return start

    def _head_line(self, sheet: Any, number: int, names: Sequence[str]) -> None:
        for place in range(self._names):
            sheet.write_blank(number, place, None, self.head)
        for place, name in enumerate(names, start=self._names):
            sheet.write_string(number, place, name, self.head)

    def _measure_names(self) -> list[str]:
        asked = self.pivot.asked
        more = [(_("So với năm trước"), asked.with_change), (_("Kế hoạch"), asked.with_plan)]
        return [_("Giá trị"), *(name for name, is_wanted in more if is_wanted)]

    def _row(self, sheet: Any, number: int, row: Line) -> None:
        points = [row.outer, *([row.inner] if row.inner else [])]
        names = [text for point in points for text in (point.name, point.note)]
        for place, name in enumerate(names):
            sheet.write_string(number, place, name, self.cell)
        place = self._names
        for column in self.pivot.columns:
            spot = self.pivot.at(row, column)
            told = self.pivot.figures.told(*spot)
            if told.figure and is_partial(told.figure):
                self.partial.append((*spot, told.figure))
                self._comment(sheet, number, place, told.figure)
            for value in self._values(spot[1], told):
                self._write(sheet, number, place, spot[1], value)
                place += 1

    def _comment(self, sheet: Any, row: int, column: int, figure: Figure) -> None:
        if len(self.partial) <= MOST_COMMENTS:
            text = _("Mới có số của {reported}/{expected} đơn vị.")
            words = text.format(reported=figure.reported, expected=figure.expected)
            sheet.write_comment(row, column, words, {"y_scale": 0.5})

    def _values(self, indicator: Indicator, told: Told) -> Iterable[_Value]:
        text = "" if told.state == State.MISSING else state_words(told.state)
        yield _Value(
            told.value,
            indicator.decimals,
            text,
            is_partial=is_partial(told.figure),
            is_missing=told.state == State.MISSING,
        )
        if self.pivot.asked.with_change:
            change = told.change
            words = change_text(indicator, change) if change and change.why else ""
            yield _Value(change.value if change else None, indicator.decimals, words)
        if self.pivot.asked.with_plan:
            decimals = 0 if told.plan and told.plan.counts_units else indicator.decimals
            yield _Value(told.plan.value if told.plan else None, decimals)

    def _write(
        self, sheet: Any, row: int, column: int, indicator: Indicator, value: _Value
    ) -> None:
        if value.number is not None and indicator.value_type == ValueType.YES_NO:
            sheet.write_string(row, column, figure_text(indicator, value.number), self.cell)
        elif value.number is not None:
            shape = self._number(value.decimals, is_partial=value.is_partial)
            sheet.write_number(row, column, value.number, shape)
        elif value.words:
            sheet.write_string(row, column, value.words, self.cell)
        else:
            sheet.write_blank(row, column, None, self.missing if value.is_missing else self.cell)

    def _number(self, decimals: int, *, is_partial: bool) -> Any:
        key = decimals, is_partial
        if key not in self.numbers:
            shape = "#,##0" + ("." + "0" * decimals if decimals else "")
            form = {**_FONT, "border": 1, "num_format": shape}
            if is_partial:
                form |= {"num_format": f'{shape}"{PARTIAL}"', "bg_color": "#FDF0D5"}
            self.numbers[key] = self.book.add_format(form)
        return self.numbers[key]

    def _incomplete(self) -> None:
        """Which figures do not have all their units behind them."""
        if not self.partial:
            return
        sheet = self.book.add_worksheet(_("Chưa đủ đơn vị"))
        sheet.set_column(0, 1, _NAME_WIDTH)
        heads = (_("Đơn vị"), _("Chỉ tiêu"), _("Kỳ"), _("Đơn vị có số"), _("Đơn vị phải có"))
        for place, name in enumerate(heads):
            sheet.write_string(0, place, name, self.head)
        for number, (place_, indicator, period, figure) in enumerate(self.partial, start=1):
            for place, name in enumerate((place_.name, indicator.name, period.code)):
                sheet.write_string(number, place, name, self.cell)
            sheet.write_number(number, 3, figure.reported, self.cell)
            sheet.write_number(number, 4, figure.expected, self.cell)
        sheet.freeze_panes(1, 0)


@dataclass(frozen=True, slots=True)
class _Value:
    """A cell of the sheet: a number, else words, else empty."""

    number: Decimal | None
    decimals: int = 0
    words: str = ""
    is_partial: bool = False
    is_missing: bool = False
