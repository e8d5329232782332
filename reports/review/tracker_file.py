"""The tracker's list as a workbook, for sending round by other means."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from xlsxwriter import Workbook

from reports.review import words
from reports.review.filters import label
from reports.review.tracking import TrackedRow, TrackerPage

_FONT = {"font_name": "Times New Roman", "font_size": 12, "valign": "top"}
_WIDTHS = (6, 30, 26, 24, 26, 12, 18, 30)
_HEAD = 4


def tracker_file(page: TrackerPage) -> tuple[str, bytes]:
    """Return (file name, workbook): the rows that the page shows, in its order."""
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(stream, options) as workbook:
        _write(workbook, page)
    return f"tien-do-{page.unit.code}-{page.period.code}.xlsx", stream.getvalue()


def _write(workbook: Any, page: TrackerPage) -> None:
    sheet = workbook.add_worksheet(_("Tiến độ"))
    bold = workbook.add_format({**_FONT, "bold": True, "font_size": 14})
    head = workbook.add_format(
        {**_FONT, "bold": True, "border": 1, "bg_color": "#DFE6E1", "text_wrap": True}
    )
    note = workbook.add_format(_FONT)
    plain = workbook.add_format({**_FONT, "border": 1, "text_wrap": True})
    title = _("Tiến độ nộp báo cáo {period} – {unit}, ngày {day}").format(
        period=page.period.label,
        unit=page.unit.name_in_sentence,
        day=f"{timezone.localdate():%d/%m/%Y}",
    )
    sheet.write_string(0, 0, title, bold)
    sheet.write_string(1, 0, _counts(page), note)
    if page.showing:
        shown = ngettext(
            "Danh sách này: {label}, {n} đơn vị.",
            "Danh sách này: {label}, {n} đơn vị.",
            len(page.rows),
        )
        sheet.write_string(2, 0, shown.format(label=label(page.showing), n=len(page.rows)), note)
    headings = (
        _("STT"),
        _("Đơn vị"),
        _("Thuộc"),
        _("Trạng thái"),
        _("Chi tiết"),
        _("Đã nhập"),
        _("Nộp lúc"),
        _("Nhắc gần nhất"),
    )
    for place, (heading, width) in enumerate(zip(headings, _WIDTHS, strict=True)):
        sheet.write_string(_HEAD, place, heading, head)
        sheet.set_column(place, place, width)
    for number, row in enumerate(page.rows, start=1):
        sheet.write_number(_HEAD + number, 0, number, plain)
        for place, text in enumerate(_cells(row), start=1):
            sheet.write_string(_HEAD + number, place, text, plain)
    sheet.autofilter(_HEAD, 0, _HEAD + len(page.rows), len(headings) - 1)
    sheet.freeze_panes(_HEAD + 1, 0)
    sheet.repeat_rows(_HEAD)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _counts(page: TrackerPage) -> str:
    """The legend of the page, of every unit whatever the list shows."""
    said = "; ".join(f"{part.label}: {part.count}" for part in page.bar)
    return ngettext("{n} đơn vị. {states}.", "{n} đơn vị. {states}.", page.total).format(
        n=page.total, states=said
    )


def _cells(row: TrackedRow) -> list[str]:
    """The state in the legend's words, so that a sheet filtered by it counts what the page does."""
    state = words.label(row.state)
    more = [row.status.words if row.status.words != state else ""]
    more.append(row.late.words if row.late else "")
    return [
        row.name,
        row.unit.parent.name if row.unit.parent else "",
        state,
        "; ".join(filter(None, more)),
        f"{row.done}/{row.total}",
        f"{timezone.localtime(row.submitted_at):%d/%m/%Y %H:%M}" if row.submitted_at else "",
        f"{timezone.localtime(row.last.at):%d/%m/%Y %H:%M}, {row.last.post_label}"
        if row.last
        else "",
    ]
