"""A book as a workbook: a column a field, so that it can be copied back; days are days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from math import ceil
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from povertyplan.lib.speech import officially
from reports.enums import FieldKind
from reports.models import RegisterBook
from reports.registering import places_of
from reports.registers.pages import Line, entries_of, lines_of

_FONT = {"font_name": "Times New Roman", "font_size": 12, "valign": "top"}
_DAY = "dd/mm/yyyy"
_WIDTHS = {FieldKind.WHOLE: 8, FieldKind.DAY: 13, FieldKind.YES_NO: 12}
_WIDE, _LINE = 26, 16
"""Letters in a column of words; points of a line."""


@officially
def book_file(book: RegisterBook) -> tuple[str, bytes]:
    """Return (file name, workbook): every entry that is in the book, the latest first."""
    lines = lines_of(book, entries_of(book), places_of(book))
    kept = [line for line in lines if line.standing.kind != "removed"]
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(stream, options) as workbook:
        _write(workbook, book, kept)
    name = f"so-{book.register.code}-{book.unit.address.partition('@')[0]}.xlsx"
    return name, stream.getvalue()


def _write(workbook: Any, book: RegisterBook, lines: Iterable[Line]) -> None:
    sheet = workbook.add_worksheet(_("Sổ"))
    bold = workbook.add_format({**_FONT, "bold": True, "font_size": 14})
    head = workbook.add_format(
        {**_FONT, "bold": True, "border": 1, "bg_color": "#DFE6E1", "text_wrap": True}
    )
    plain = workbook.add_format({**_FONT, "border": 1, "text_wrap": True})
    day = workbook.add_format({**_FONT, "border": 1, "num_format": _DAY})
    title = _("{book} – {unit}, ngày {day}").format(
        book=book.register.name,
        unit=book.unit.name_in_sentence,
        day=f"{timezone.localdate():%d/%m/%Y}",
    )
    sheet.write_string(0, 0, title, bold)
    rows = list(lines)
    if any(line.entry.is_sample for line in rows):
        sheet.write_string(1, 0, _("SỐ LIỆU MINH HỌA, không phải số liệu chính thức."), bold)
    columns = book.register.columns
    headings = [column.label for column in columns]
    headings += (
        [_("Hiệu lực đến trước ngày"), _("Tình trạng")] if book.register.valid_months else []
    )
    widths = [_WIDTHS.get(column.kind, _WIDE) for column in columns]
    widths += [_WIDTHS[FieldKind.DAY], _WIDE]
    for place, heading in enumerate(headings):
        sheet.write_string(2, place, heading, head)
        sheet.set_column(place, place, widths[place])
    sheet.freeze_panes(3, 0)
    sheet.set_row(2, 2 * _LINE)
    sheet.repeat_rows(2)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    for number, line in enumerate(rows, start=3):
        said = [*(words for _label, words in line.cells), "", line.standing.words]
        most = max(ceil(len(words) / width) for words, width in zip(said, widths, strict=False))
        sheet.set_row(number, _LINE * max(most, 1))
        _row(sheet, number, book, line, plain, day)


def _row(sheet: Any, number: int, book: RegisterBook, line: Line, plain: Any, day: Any) -> None:
    entry, register = line.entry, book.register
    for place, (column, (_label, words)) in enumerate(
        zip(register.columns, line.cells, strict=True)
    ):
        value = entry.value(column, register.dated_by)
        if column.kind == FieldKind.DAY and value is not None:
            when = value if isinstance(value, date) else date.fromisoformat(value)
            sheet.write_datetime(number, place, when, day)
        elif column.kind == FieldKind.WHOLE and value is not None:
            sheet.write_number(number, place, value, plain)
        else:
            sheet.write_string(number, place, words, plain)
    if register.valid_months:
        end = len(register.columns)
        if entry.valid_until:
            sheet.write_datetime(number, end, entry.valid_until, day)
        sheet.write_string(number, end + 1, line.standing.words, plain)
