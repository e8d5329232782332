"""A return as a workbook to be filled in: inputs open, the rest locked and worked out live.

Nothing in it is a secret: the sheet is protected without a password, against slips only.
"""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from indicators.enums import Answer
from indicators.models import Indicator
from indicators.recording import MOST_DIGITS
from povertyplan.lib.numbers import format_number
from povertyplan.lib.speech import officially
from reports.returns import Return, Row, plain
from reports.workbook import layout
from reports.workbook.formulas import Check, Places, checks_of, formula_of
from reports.workbook.pieces import MET, NOT_MET, excuse_words, in_words, is_choice

_LOCALE = "[$-42A]"
"""Vietnamese: 1.234,50 in programs that take the separators from the cell."""
_FONT = {"font_name": "Arial", "font_size": 10, "valign": "vcenter"}
_BORDER = {"border": 1, "border_color": "#B9C2BD"}
_OPEN = {"bg_color": "#FFF9DB", "locked": False}
_CLOSED = {"bg_color": "#F0F2F1"}
_HEIGHT_PT = 17
_NAME_LETTERS, _MEASURE_LETTERS = 52, 21
"""What fits on one line of these columns."""
_UNLIMITED = Decimal(10**MOST_DIGITS - 1)


@officially
def template_file(current: Return) -> tuple[str, bytes]:
    """(file name, workbook) of a return, with what is stored filled in."""
    stream = BytesIO()
    with Workbook(stream, {"in_memory": True, "default_format_properties": _FONT}) as book:
        _Form(book, current).write()
    return layout.file_name(current.unit, current.period), stream.getvalue()


class _Form:
    """Writes one return on one sheet, from top to bottom."""

    def __init__(self, book: Any, current: Return) -> None:
        self.book = book
        self.current = current
        self.sheet = book.add_worksheet(layout.SHEET)
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.places = Places(_lines(current))
        self.checks = checks_of(current, self.places)
        self.has_sample = settings.DEMO_MODE or current.has_sample

    def write(self) -> None:
        self._head()
        self._headings()
        line = layout.HEADING_ROW + 1
        for number, (theme, rows) in enumerate(self.current.themes, start=1):
            self._section(line, f"{number}. {theme.name}")
            for row in rows:
                line += 1
                self._row(line, row)
            line += 1
        self._page(last=line - 1)

    def style(self, **properties: Any) -> Any:
        """A cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**_FONT, **properties})
        return self.formats[key]

    def text(self, line: int, column: int, words: str, **properties: Any) -> None:
        """Words; never read as a formula."""
        style = self.style(**properties)
        if words:
            self.sheet.write_string(line, column, words, style)
        else:
            self.sheet.write_blank(line, column, None, style)

    # -- above the table --------------------------------------------------------------------

    def _head(self) -> None:
        current = self.current
        title = _("Báo cáo {period} – {unit}").format(
            period=current.period.label, unit=current.unit.name_in_sentence
        )
        self.text(0, 0, title, bold=True, font_size=14)
        self.text(1, 0, _instructions())
        self.text(2, 0, str(layout.key_of(current)), font_size=8, font_color="#58645E")
        if self.has_sample:
            self.text(3, 0, self._sample_mark(), bold=True, font_color="#A01E14")
        self.sheet.set_row(0, 24)

    def _sample_mark(self) -> str:
        return _("SỐ LIỆU MINH HỌA: có số mẫu (in nghiêng), không phải số liệu chính thức.")

    def _headings(self) -> None:
        style = {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#DFE6E1"}
        for column, (words, width) in enumerate(layout.WIDTHS.items()):
            self.sheet.set_column(column, column, width)
            self.text(layout.HEADING_ROW, column, self._heading(words), **style, **_BORDER)
        self.sheet.set_column(layout.CODE, layout.SEEN, None, None, {"hidden": True})
        self.sheet.set_row(layout.HEADING_ROW, 30)

    def _heading(self, words: str) -> str:
        before = layout.HEADINGS[layout.BEFORE]
        return capfirst(self.current.period.shifted(-1).label) if words == before else words

    # -- the table --------------------------------------------------------------------------

    def _section(self, line: int, words: str) -> None:
        style = {"bold": True, "bg_color": "#DFE6E1"}
        for column in range(layout.CHECK + 1):
            self.text(line, column, words if column == 0 else "", **style, **_BORDER)

    def _row(self, line: int, row: Row) -> None:
        indicator = row.indicator
        self.sheet.set_row(line, _HEIGHT_PT * _lines_of(row))
        self.text(line, layout.NUMBER, row.number, **_BORDER)
        indent = 1 if row.kind == "input" and indicator.of_which_id else 0
        self.text(line, layout.NAME, _name(row), text_wrap=True, indent=indent, **_BORDER)
        self.text(line, layout.MEASURE, _measure(row), text_wrap=True, **_BORDER)
        self._figure(line, layout.BEFORE, row, row.previous, _CLOSED)
        self._figure(line, layout.PLANNED, row, row.planned, _CLOSED)
        self._result(line, row)
        self._answer(line, row)
        self._check(line, row)
        self.text(line, layout.CODE, row.code)
        if row.kind == "input":
            self.sheet.write_number(line, layout.SEEN, row.version)

    def _figure(
        self, line: int, column: int, row: Row, value: Decimal | None, colours: dict[str, Any]
    ) -> None:
        style = self._number_style(row, colours)
        if value is None:
            self.sheet.write_blank(line, column, None, style)
        elif is_choice(row.indicator):
            words = in_words(row.indicator, Answer.VALUE, value)
            self.sheet.write_string(line, column, words, style)
        else:
            self.sheet.write_number(line, column, float(value), style)

    def _number_style(self, row: Row, colours: dict[str, Any]) -> Any:
        decimals = row.indicator.decimals
        form = _LOCALE + "#,##0" + ("." + "0" * decimals if decimals else "")
        sample = {"italic": True} if row.is_sample else {}
        return self.style(num_format=form, align="right", **_BORDER, **colours, **sample)

    def _result(self, line: int, row: Row) -> None:
        formula = formula_of(row, self.places)
        if formula:
            style = self._number_style(row, _CLOSED)
            value = "" if row.value is None else float(row.value)
            self.sheet.write_formula(line, layout.RESULT, formula, style, value)
            return
        is_open = layout.is_open(row)
        self._figure(line, layout.RESULT, row, row.value, _OPEN if is_open else _CLOSED)
        if is_open:
            self.sheet.data_validation(line, layout.RESULT, line, layout.RESULT, _limits(row))

    def _answer(self, line: int, row: Row) -> None:
        is_open = layout.is_open(row)
        colours = _OPEN if is_open else _CLOSED
        note = row.note if is_open else _why_closed(row)
        self.text(line, layout.ANSWER, row.excuse_label, **_BORDER, **colours)
        self.text(line, layout.NOTE, note, text_wrap=True, **_BORDER, **colours)
        if is_open:
            self.sheet.data_validation(line, layout.ANSWER, line, layout.ANSWER, _answers())

    def _check(self, line: int, row: Row) -> None:
        style = {"text_wrap": True, "font_color": "#A01E14", **_BORDER, **_CLOSED}
        check: Check | None = self.checks.get(row.code)
        if check is None:
            self.text(line, layout.CHECK, "", **style)
            return
        self.sheet.write_formula(
            line, layout.CHECK, check.formula, self.style(**style), check.value
        )
        marked = {
            "type": "formula",
            "criteria": f'=$I{line + 1}<>""',
            "format": self.book.add_format({"bg_color": "#F8CFC9"}),
        }
        self.sheet.conditional_format(line, layout.RESULT, line, layout.RESULT, marked)

    def _page(self, last: int) -> None:
        sheet = self.sheet
        sheet.protect("", {"format_columns": True, "format_rows": True})
        sheet.freeze_panes(layout.HEADING_ROW + 1, layout.MEASURE)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.4, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(layout.HEADING_ROW)
        sheet.print_area(0, 0, last, layout.CHECK)
        sheet.hide_gridlines(2)
        if self.has_sample:
            sheet.set_header("&R" + self._sample_mark().partition(":")[0])
        sheet.set_footer("&L" + str(layout.key_of(self.current)) + "&R&P/&N")
        self.book.set_properties({"title": str(layout.SHEET)})


def _lines(current: Return) -> dict[str, int]:
    """{code of a row: its line}: a heading a theme, then its rows."""
    lines: dict[str, int] = {}
    line = layout.HEADING_ROW
    for _theme, rows in current.themes:
        line += 1
        for row in rows:
            line += 1
            lines[row.code] = line
    return lines


def _lines_of(row: Row) -> int:
    """How many lines of text the row needs."""
    is_wrapped = len(_name(row)) > _NAME_LETTERS or len(_measure(row)) > _MEASURE_LETTERS
    return 2 if is_wrapped else 1


def _instructions() -> str:
    return _(
        "Chỉ điền ô nền vàng. Không có thì ghi 0. Không thuộc diện, hoặc chưa có số liệu: để trống "
        "Kết quả, chọn ở cột Trả lời (chưa có số liệu thì ghi lý do vào Ghi chú)."
    )


def _name(row: Row) -> str:
    if row.kind == "change":
        return _("Mức giảm trong kỳ: {name}").format(name=row.indicator.name)
    return row.indicator.name


def _measure(row: Row) -> str:
    return _("điểm %") if row.kind == "change" else row.indicator.unit_of_measure


def _why_closed(row: Row) -> str:
    return row.origin if row.is_locked else _("Tự tính")


def _answers() -> dict[str, Any]:
    return {
        "validate": "list",
        "source": list(excuse_words()),
        "error_title": _("Chọn trong danh sách"),
        "error_message": _("Để trống, hoặc chọn một câu trả lời trong danh sách."),
    }


def _limits(row: Row) -> dict[str, Any]:
    """What Excel itself admits in the cell of a figure."""
    indicator = row.indicator
    if is_choice(indicator):
        return {
            "validate": "list",
            "source": [MET, NOT_MET],
            "error_title": _("Chọn trong danh sách"),
            "error_message": _("Chọn “Đạt” hoặc “Chưa đạt”."),
        }
    low = -_UNLIMITED if indicator.hard_min is None else indicator.hard_min
    high = _UNLIMITED if indicator.hard_max is None else indicator.hard_max
    return {
        "validate": "decimal" if indicator.decimals else "integer",
        "criteria": "between",
        "minimum": plain("value", low),
        "maximum": plain("value", high),
        "error_title": _("Số chưa đúng"),
        "error_message": _limit_words(indicator),
    }


def _limit_words(indicator: Indicator) -> str:
    kind = _("số") if indicator.decimals else _("số nguyên")
    words = [_("Chỉ nhận {kind}").format(kind=kind)]
    if indicator.hard_min is not None:
        low = format_number(indicator.hard_min, indicator.decimals)
        words.append(_("từ {limit}").format(limit=low))
    if indicator.hard_max is not None:
        high = format_number(indicator.hard_max, indicator.decimals)
        words.append(_("đến {limit}").format(limit=high))
    return " ".join(words) + "."
