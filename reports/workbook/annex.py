"""Reading an official table back, as the input of a whole district.

Rows are communes, by name; columns are those of the annex's own layout, by their headings. Only a
plain result of the year is read; what is worked out, planned or added up is listed as not read.
Source: annexes.yaml header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.enums import Answer, Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import Sheet, SheetCell
from reports.annexes.spec import Leaf
from reports.returns import Return, Row
from reports.workbook.codes import wrong_codes_in
from reports.workbook.communes import returns_of
from reports.workbook.headings import Grid, address, covered
from reports.workbook.pieces import Claim, Fault, Reading, Told, Unread
from reports.workbook.readable import is_plain
from reports.workbook.recalculated import Recalculated
from reports.workbook.rows import Rows
from reports.workbook.strays import Printed, Typed, column_title, strays
from reports.workbook.tables import Search, Table, refuse_misplaced, words_above
from reports.workbook.values import (
    expected,
    instead_of_words,
    is_blank,
    plain_words,
    value_in,
)

_MISSING = {"…", "..."}
_ABSENT = {"-", "–", "—", "−"}


def communes_for(official: Official, unit: Unit, period: Period) -> list[Unit]:
    """The communes below `unit` on the period's last day for which `official` may hand in."""
    below = Unit.objects.below_on(unit, period.end).of_tier(TierCode.COMMUNE)
    found = below.filter(pk__in=access.units_for(official, Action.HAND_IN).values("pk"))
    return list(found.select_related("parent", "tier").order_by("code"))


def read_annex(
    sheets: Sequence[Sheet], unit: Unit, period: Period, communes: Sequence[Unit]
) -> Reading:
    """What a table says of the communes' figures of the period.

    Raises DomainError when it is none of the unit's tables, is another period's or another
    unit's, or names a place that is not among `communes`.
    """
    grids = [Grid.of(sheet) for sheet in sheets if not sheet.is_hidden]
    search = Search(grids, unit, period)
    table = search.table()
    search.refuse_unread(table)
    if plain_words(unit.name) not in words_above(table):
        raise DomainError(
            _(
                "Phần trên bảng không ghi {unit}. Kiểm tra có đúng biểu của đơn vị này không; "
                "đúng thì ghi thêm tên đơn vị vào đầu biểu."
            ).format(unit=unit.name)
        )
    layout = table.form.layout
    refuse_misplaced(table)
    body = _Body(table, unit, period, communes)
    reading = body.read()
    reading.remarks += _remarks(search, table)
    printed = Printed(table.form.annex, unit, period, layout)
    typed = Typed(table.grid, body.rows.lines, body.rows.summaries, body.rows.last)
    reading.strays = strays(printed, typed, body.unread_columns(), table.figures)
    reading.missing = [
        f"({layout.number_of[leaf.id]}) “{leaf.heading}”"
        for leaf in table.missing
        if is_plain(leaf, period)
    ]
    return reading


def _remarks(search: Search, table: Table) -> Iterator[str]:
    """What of the file as a whole the reader of the preview has to know."""
    numbers = table.form.layout.number_of
    for column, path in table.renamed.items():
        leaf = table.columns[column]
        if is_plain(leaf, search.period):
            words = _(
                "Cột ({number}) nhận theo số cột: tệp ghi “{found}”, mẫu ghi “{heading}”. "
                "Xem số ở cột này có đúng là “{heading}” không rồi hãy ghi."
            )
            found = " – ".join(path) or "…"
            yield words.format(number=numbers[leaf.id], found=found, heading=leaf.heading)
    for code in wrong_codes_in(table.grid):
        words = _(
            "Mã kiểm tra ghi trong biểu ({code}) không đúng: có thể đây là biểu của kỳ khác, đơn "
            "vị khác đã sửa đầu đề. Xem từng số có đúng của {unit}, {period} không rồi hãy ghi."
        )
        unit = search.unit.name_in_sentence
        yield words.format(code=code, unit=unit, period=search.period.label)
    if any(code.stage == Stage.OFFICIAL for code in search.codes_of(table)):
        yield _(
            "Tệp tải từ bản chính thức, chỉ có số đã duyệt: số các xã nhập sau đó có thể mới hơn. "
            "Xem từng số “Thay đổi” trước khi ghi."
        )
    for title in search.others(table):
        yield _("Trang tính “{title}” là một biểu khác, không đọc; nộp riêng tệp đó.").format(
            title=title
        )


# -- what it says ------------------------------------------------------------------------------


class _Body:
    """Reads the rows of a table that was found."""

    def __init__(self, table: Table, unit: Unit, period: Period, communes: Sequence[Unit]) -> None:
        self.table = table
        self.grid = table.grid
        self.period = period
        self.rows = Rows(table, (unit, period), communes)
        self.own = Recalculated(table.grid, table.form.layout, table.columns)
        self.returns: dict[int, Return] = {}

    def read(self) -> Reading:
        reading = Reading(self.grid.sheet.title, remarks=[_found(self.table)])
        reading.unread = list(self._unread_columns())
        self.rows.read()
        reading.remarks += self.rows.remarks
        columns = self._read_columns()
        codes = {leaf.indicator for _column, leaf in columns}
        self.returns = returns_of([unit for _line, unit in self.rows.lines], self.period, codes)
        for line, unit in self.rows.lines:
            for column, leaf in columns:
                self._cell(reading, line, column, leaf, unit)
        return reading

    def _read_columns(self) -> list[tuple[int, Leaf]]:
        """Each indicator once, even where a table shows it twice."""
        found: dict[str, tuple[int, Leaf]] = {}
        for column, leaf in self.table.columns.items():
            if is_plain(leaf, self.period):
                found.setdefault(leaf.indicator, (column, leaf))
        return list(found.values())

    def unread_columns(self) -> dict[int, Leaf]:
        """The columns of figures that are the form's own, and never written."""
        taken = {column for column, _leaf in self._read_columns()}
        return {column: leaf for column, leaf in self.table.figures.items() if column not in taken}

    def _unread_columns(self) -> Iterator[Unread]:
        for column, leaf in self.unread_columns().items():
            place = address(self.table.body - 1, column)
            yield Unread(place, leaf.heading, _("Cột tính ra, cột kế hoạch hoặc của kỳ khác."))
        for column, path in self.table.strangers.items():
            place = address(self.table.body - 1, column)
            yield Unread(place, " – ".join(path), _("Cột không có trong mẫu biểu."))

    # -- cells ------------------------------------------------------------------------------

    def _cell(self, reading: Reading, line: int, column: int, leaf: Leaf, unit: Unit) -> None:
        place, cell = address(line, column), self.own.cell(line, column)
        row = self.returns[unit.pk].row(leaf.indicator)
        if row is not None:
            told = covered(self.grid, place) or _told(row, cell)
            title = column_title(self.table.form.layout, leaf)
            reading.claims.append(Claim(self.returns[unit.pk], row, place, told, column=title))
        elif cell is not None and not is_blank(cell) and not _is_symbol(cell):
            reason = _("Chỉ tiêu này không giao cho {unit} nhập.").format(
                unit=unit.name_in_sentence
            )
            reading.unread.append(Unread(place, f"{unit.short_name}, {leaf.heading}", reason))


def _found(table: Table) -> str:
    return _("Nhận ra Biểu số {number}: {title}.").format(
        number=table.form.spec.number, title=table.form.spec.title
    )


def _is_symbol(cell: SheetCell) -> bool:
    return plain_words(cell.value) in _MISSING | _ABSENT


def _told(row: Row, cell: SheetCell | None) -> Told | Fault | None:
    if cell is None or (not cell.formula and plain_words(cell.value) in _MISSING):
        return None
    if plain_words(cell.value) in _ABSENT:
        return None if row.excuse else _absent(row, cell)
    value = value_in(row.indicator, cell, in_table=True)
    if value is None:
        return None
    if isinstance(value, Fault):
        return value
    return Told(Answer.VALUE, value)


def _absent(row: Row, cell: SheetCell) -> Fault:
    return Fault(
        cell.address,
        f"“{cell.value}”",
        expected(row.indicator),
        instead_of_words(in_table=True),
    )
