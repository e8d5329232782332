"""From what a cell holds to a figure, or to what is wrong with the cell."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import Answer
from indicators.models import Indicator
from indicators.recording import value_problem
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import parse_number
from povertyplan.lib.xlsx import SheetCell, Stored
from reports.returns import Row
from reports.workbook.formats import percent_signs
from reports.workbook.pieces import MET, NOT_MET, Fault, Told, excuse_words, is_choice

NOTE_LENGTH = 500
EXACT_DIGITS = 15
"""What a workbook keeps of a number; beyond is noise of its arithmetic."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CHOICES = {MET: 1, NOT_MET: 0, "Không đạt": 0}


def plain_words(value: Stored) -> str:
    """The text of a cell in one spelling: no case, no doubled or unbreakable spaces, composed."""
    text = unicodedata.normalize("NFC", "" if value is None else str(value))
    return " ".join(text.casefold().split())


def is_blank(cell: SheetCell | None) -> bool:
    return cell is None or (not cell.formula and not plain_words(cell.value))


def told_by(
    row: Row,
    result: SheetCell | None,
    answer: SheetCell | None,
    note: SheetCell | None,
) -> Told | Fault | None:
    """What the cells of one line say together; None when they say nothing."""
    words = _CONTROL.sub(" ", str(note.value if note and note.value is not None else "")).strip()
    if note is not None and len(words) > NOTE_LENGTH:
        return Fault(
            note.address,
            _("ghi chú {count} chữ").format(count=len(words)),
            _("không quá {limit} chữ").format(limit=NOTE_LENGTH),
            _("Viết ngắn lại."),
        )
    excuse = _excuse_in(answer)
    value = value_in(row.indicator, result)
    for found in (excuse, value):
        if isinstance(found, Fault):
            return found
    if excuse and value is not None and answer is not None:
        return _both(answer)
    if isinstance(value, Decimal):
        return Told(Answer.VALUE, value, words or None)
    if excuse and answer is not None:
        return _excused(row, str(excuse), words, answer)
    return None


def _both(answer: SheetCell) -> Fault:
    return Fault(
        answer.address,
        _("vừa có số, vừa chọn “{answer}”").format(answer=answer.value),
        _("một trong hai"),
        _("Xóa số, hoặc xóa ô Trả lời."),
    )


def _excused(row: Row, excuse: str, words: str, answer: SheetCell) -> Told | Fault:
    reason = words or row.note
    if excuse == Answer.NO_DATA and not reason:
        return Fault(
            answer.address,
            _("“{answer}” mà không có lý do").format(answer=answer.value),
            _("lý do ở cột Ghi chú cùng dòng"),
            _("Ghi lý do không có số liệu."),
        )
    return Told(excuse, None, reason if excuse == Answer.NO_DATA else words or None)


def _excuse_in(cell: SheetCell | None) -> str | Fault:
    if cell is None or is_blank(cell):
        return ""
    words = excuse_words()
    known = {plain_words(text): answer for text, answer in words.items()}
    if plain_words(cell.value) in known:
        return known[plain_words(cell.value)]
    listed = _(" hoặc ").join(f"“{text}”" for text in words)
    return Fault(
        cell.address,
        _quoted(cell.value),
        _("để trống, {listed}").format(listed=listed),
        _("Chọn lại trong danh sách của ô."),
    )


# -- values ------------------------------------------------------------------------------------


def value_in(
    indicator: Indicator, cell: SheetCell | None, *, in_table: bool = False
) -> Decimal | Fault | None:
    """The figure in a cell; None when it is empty, which is not zero.

    `in_table`: the cell is one of an official table, which has no column of answers and no lists.
    """
    if cell is None or is_blank(cell):
        return None
    found = _unusable(indicator, cell) or _value(indicator, cell, in_table=in_table)
    if isinstance(found, Decimal):
        problem = value_problem(indicator, found)
        if problem:
            return Fault(cell.address, _shown(cell), expected(indicator), problem)
        return found or Decimal(0)  # a nought has no sign
    return found


def expected(indicator: Indicator) -> str:
    if is_choice(indicator):
        return _("“{met}” hoặc “{not_met}”").format(met=MET, not_met=NOT_MET)
    if indicator.decimals:
        return _("số ({unit}), tối đa {count} chữ số thập phân").format(
            unit=indicator.unit_of_measure, count=indicator.decimals
        )
    return _("số nguyên ({unit})").format(unit=indicator.unit_of_measure)


def _unusable(indicator: Indicator, cell: SheetCell) -> Fault | None:
    """Errors, formulas without a result, days: no number however they are read."""
    wanted, value = expected(indicator), cell.value
    if cell.is_error:
        remedy = _("Công thức trong ô bị lỗi. Gõ số thay cho công thức.")
        return Fault(cell.address, str(value), wanted, remedy)
    if cell.formula and not plain_words(value):
        remedy = _("Mở tệp bằng Excel cho tính lại rồi lưu, hoặc gõ số thay cho công thức.")
        return Fault(cell.address, _("công thức chưa có kết quả"), wanted, remedy)
    if isinstance(value, date | time | timedelta):
        remedy = _("Excel đã đổi số thành ngày. Đặt lại định dạng ô là Số rồi gõ lại.")
        return Fault(cell.address, _("ngày giờ {value}").format(value=_day(value)), wanted, remedy)
    return None


def _day(value: date | time | timedelta) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def _value(indicator: Indicator, cell: SheetCell, *, in_table: bool) -> Decimal | Fault:
    value = cell.value
    if is_choice(indicator):
        return _choice(indicator, cell, in_table=in_table)
    if isinstance(value, bool):
        return Fault(cell.address, _shown(cell), expected(indicator), _("Gõ lại số."))
    if isinstance(value, int | float):
        return _from_number(indicator, cell, exact(value))
    text = str(value).strip()
    if not any(char.isdigit() for char in text):
        remedy = instead_of_words(in_table=in_table)
        return Fault(cell.address, _shown(cell), expected(indicator), remedy)
    return _from_text(indicator, cell, text)


def exact(value: float) -> Decimal:
    """A number of a workbook without the noise of binary fractions: 33.4, not 33.39999…"""
    return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{EXACT_DIGITS}g}")


def _choice(indicator: Indicator, cell: SheetCell, *, in_table: bool) -> Decimal | Fault:
    known = {plain_words(word): number for word, number in _CHOICES.items()} | {"1": 1, "0": 0}
    found = known.get(plain_words(cell.value))
    if found is None:
        remedy = _("Gõ lại như vậy.") if in_table else _("Chọn lại trong danh sách của ô.")
        return Fault(cell.address, _shown(cell), expected(indicator), remedy)
    return Decimal(found)


def _from_number(indicator: Indicator, cell: SheetCell, value: Decimal) -> Decimal | Fault:
    signs = _signs(cell)
    if signs and not _is_percentage(indicator):
        return _per_cent(indicator, cell)
    return value.scaleb(2 * signs)


def _signs(cell: SheetCell) -> int:
    """How often the cell shows its number a hundredfold."""
    value = cell.value
    return percent_signs(cell.number_format, value) if isinstance(value, int | float) else 0


def _from_text(indicator: Indicator, cell: SheetCell, text: str) -> Decimal | Fault:
    if text.endswith("%"):
        if not _is_percentage(indicator):
            return _per_cent(indicator, cell)
        text = text[:-1]
    try:
        return parse_number(text, indicator.decimals)
    except DomainError as error:
        return Fault(cell.address, _shown(cell), expected(indicator), error.problems[0].message)


def instead_of_words(*, in_table: bool) -> str:
    """What to do where words stand in place of a number."""
    if in_table:
        return _(
            "Đây không phải là số. Không có thì ghi 0; chưa biết thì để trống ô. Không thuộc diện "
            "thì cũng để trống: xã chọn “Không áp dụng” ở trang nhập của xã."
        )
    return _(
        "Đây không phải là số. Không có thì ghi 0; không thuộc diện thì xóa ô này và chọn "
        "“Không áp dụng” ở cột Trả lời; chưa biết thì chọn “Không có số liệu” và ghi lý do."
    )


def _per_cent(indicator: Indicator, cell: SheetCell) -> Fault:
    remedy = _("Ô đang ở dạng phần trăm. Đặt lại định dạng ô là Số rồi gõ lại.")
    return Fault(cell.address, _shown(cell), expected(indicator), remedy)


def _is_percentage(indicator: Indicator) -> bool:
    return indicator.unit_of_measure.startswith("%")


def _shown(cell: SheetCell) -> str:
    """What the cell shows in the program, as near as it is known."""
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _quoted(value)
    signs = _signs(cell)
    return _written(exact(value).scaleb(2 * signs)) + "%" * signs


def _written(value: Decimal) -> str:
    text = f"{value:f}" if value.is_finite() else str(value)
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _quoted(value: Stored) -> str:
    text = " ".join(str(value).split())
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
