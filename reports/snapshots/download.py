"""A closed period as a workbook: figures as they were, what differs now, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from communes.models import Official, Unit
from indicators.enums import ValueType
from indicators.figures import Figure
from indicators.models import Indicator
from povertyplan.lib.speech import officially
from reports.frozen import Cause, Difference
from reports.models import Snapshot
from reports.snapshots.pages import Compared, cause_words, compared, figure_words, promises

_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and the decimals it is shown with; kept in full."""

    value: Decimal
    decimals: int = 0


Line = Sequence[str | int | Amount | None]


@officially
def snapshot_file(snapshot: Snapshot, unit: Unit, official: Official) -> tuple[str, bytes]:
    """Return (file name, workbook) of what was closed for `unit` and those below it."""
    beside = compared(snapshot, unit, official)
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(stream, options) as book:
        writer = _Writer(book, snapshot, unit)
        writer.sheet(_("Số liệu"), _figure_headings(), _figures(beside), (10, 28, 48, 14, 14, 14))
        for name, found in (
            (_("Đã sửa sau khi chốt"), beside.since.corrected),
            (_("Được duyệt sau khi chốt"), beside.since.approved),
        ):
            lines = _differences(found, beside.causes)
            writer.sheet(name, _difference_headings(), lines, (10, 28, 48, 14, 16, 16, 40))
        writer.sheet(
            _("Kết luận"),
            [_("Kế hoạch"), _("Chỉ tiêu"), _("Khi chốt"), _("Hiện nay"), _("Giải thích khi chốt")],
            _promises(snapshot, unit, official),
            (16, 48, 16, 16, 80),
        )
    name = f"so-chot-{unit.code}-{snapshot.period}-{snapshot.number}.xlsx"
    return name, stream.getvalue()


class _Writer:
    """Sheets that all say which closing they are of."""

    def __init__(self, book: Any, snapshot: Snapshot, unit: Unit) -> None:
        self.book = book
        self.bold = book.add_format({**_FONT, "bold": True, "font_size": 13})
        self.plain = book.add_format(_FONT)
        self.numbers: dict[int, Any] = {}
        self.cell = book.add_format({**_FONT, "border": 1, "text_wrap": True})
        self.head = book.add_format(
            {**_FONT, "bold": True, "border": 1, "bg_color": "#DFE6E1", "text_wrap": True}
        )
        self.title = _("Số liệu chốt {period}, lần {number} – {unit}").format(
            period=snapshot.span.label, number=snapshot.number, unit=unit.name
        )
        self.stamp = _(
            "Chốt lúc {at}, {post}; {n}/{all} báo cáo đã duyệt; mã kiểm tra {code}"
        ).format(
            at=f"{timezone.localtime(snapshot.at):%d/%m/%Y %H:%M}",
            post=snapshot.post_label,
            n=snapshot.approved,
            all=snapshot.expected,
            code=snapshot.digest[:16],
        )
        self.sample = _("SỐ LIỆU MINH HỌA, không phải số liệu chính thức.")
        self.is_sample = snapshot.is_sample

    def sheet(
        self, name: str, headings: Sequence[str], lines: Iterable[Line], widths: Sequence[int]
    ) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, self.title, self.bold)
        sheet.write_string(1, 0, self.stamp, self.plain)
        if self.is_sample:
            sheet.write_string(2, 0, self.sample, self.bold)
        for place, heading in enumerate(headings):
            sheet.write_string(3, place, heading, self.head)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for number, line in enumerate(lines, start=4):
            for place, value in enumerate(line):
                self._write(sheet, number, place, value)
        sheet.freeze_panes(4, 0)
        sheet.repeat_rows(3)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)

    def _write(self, sheet: Any, row: int, column: int, value: str | int | Amount | None) -> None:
        if isinstance(value, str):
            sheet.write_string(row, column, value, self.cell)
        elif value is None:
            sheet.write_blank(row, column, None, self.cell)
        elif isinstance(value, Amount):
            sheet.write_number(row, column, value.value, self._number(value.decimals))
        else:
            sheet.write_number(row, column, value, self.cell)

    def _number(self, decimals: int) -> Any:
        if decimals not in self.numbers:
            shape = "#,##0" + ("." + "0" * decimals if decimals else "")
            self.numbers[decimals] = self.book.add_format(
                {**_FONT, "border": 1, "num_format": shape}
            )
        return self.numbers[decimals]


def _figure_headings() -> list[str]:
    return [
        _("Mã"),
        _("Đơn vị"),
        _("Chỉ tiêu"),
        _("ĐVT"),
        _("Số chốt"),
        _("Tử số"),
        _("Mẫu số"),
        _("Đơn vị có số"),
        _("Đơn vị phải có"),
    ]


def _figures(beside: Compared) -> Iterable[Line]:
    for unit in beside.units:
        for indicator in beside.indicators:
            figure = beside.then.get((unit.pk, indicator.code))
            if figure is not None:
                yield (
                    unit.code,
                    unit.name,
                    indicator.name,
                    indicator.unit_of_measure,
                    _value(indicator, figure),
                    _term(figure.numerator),
                    _term(figure.denominator),
                    figure.reported,
                    figure.expected,
                )


def _value(indicator: Indicator, figure: Figure) -> str | Amount | None:
    """A number stays one; a yes or no and not applicable are words; missing is an empty cell."""
    if figure.value is not None and indicator.value_type != ValueType.YES_NO:
        return Amount(figure.value, indicator.decimals)
    missing = figure.value is None and not figure.not_applicable
    return None if missing else figure_words(indicator, figure)


def _term(value: Decimal | None) -> Amount | None:
    """A numerator or denominator: whole where it is, else with a decimal."""
    if value is None:
        return None
    return Amount(value, 0 if value == value.to_integral_value() else 1)


def _difference_headings() -> list[str]:
    return [
        _("Mã"),
        _("Đơn vị"),
        _("Chỉ tiêu"),
        _("ĐVT"),
        _("Khi chốt"),
        _("Hiện nay"),
        _("Lý do"),
    ]


def _differences(
    found: Sequence[Difference], causes: Mapping[int, Sequence[Cause]]
) -> Iterable[Line]:
    for row in found:
        why = causes.get(row.unit.pk, []) if row.is_own else []
        yield (
            row.unit.code,
            row.unit.name,
            row.indicator.name,
            row.indicator.unit_of_measure,
            _value(row.indicator, row.then),
            _value(row.indicator, row.now),
            "; ".join(cause_words(cause) for cause in why),
        )


def _promises(snapshot: Snapshot, unit: Unit, official: Official) -> Iterable[Line]:
    for row in promises(snapshot, unit, official):
        now = str(row.now.label) if row.now else ""
        yield row.plan, row.label, str(row.then.label), now, row.explanation
