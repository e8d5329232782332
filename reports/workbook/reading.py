"""Reading a filled-in workbook of one return: our own template, of any age, or a known table.

Rows are known by their codes wherever they stand; without codes by number and name. What is not
asked is told and left; what is missing is not touched.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from indicators.models import IndicatorAlias
from indicators.periods import Period
from povertyplan.lib.bilingual import as_kept
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import Sheet
from reports.returns import Return, Row
from reports.workbook.headings import Column, Headings, covered, find_headings
from reports.workbook.layout import key_in, key_of
from reports.workbook.pieces import Claim, Fault, Reading, Told, Unread
from reports.workbook.values import is_blank, plain_words, told_by

_NUMBERED = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)*)[.)]?\s+(?P<name>\D.*)")
_TAKEN = (Column.RESULT, Column.ANSWER, Column.NOTE)


def read_return(sheets: Sequence[Sheet], current: Return) -> Reading:
    """What the first sheet with known headings says of the return, in the order of its rows.

    Raises DomainError when no sheet is recognised, or the file is another unit's or period's.
    """
    remarks = _remarks(list(sheets), current)
    for sheet in sheets:
        headings = None if sheet.is_hidden else find_headings(sheet, current.period)
        if headings is not None:
            return _Reader(headings, current).read(remarks)
    raise DomainError(
        _(
            "Không nhận ra biểu trong tệp: cần một dòng tiêu đề có cột “Chỉ tiêu” và cột "
            "“Kết quả”. Tải mẫu Excel của báo cáo này rồi điền vào đó."
        )
    )


def _remarks(sheets: list[Sheet], current: Return) -> list[str]:
    key, own = key_in(sheets), key_of(current)
    if key is None:
        return [_("Tệp không tạo từ mẫu của hệ thống; dòng nhận theo tên chỉ tiêu.")]
    if (key.unit, key.period) != (own.unit, own.period):
        raise DomainError(
            _("Tệp này là báo cáo {period} của đơn vị mã {unit}; trang này là {here}.").format(
                period=_label(key.period),
                unit=key.unit,
                here=f"{current.unit.name_in_sentence} ({own.unit}), {current.period.label}",
            )
        )
    if key.form != own.form:
        return [_("Tệp tạo từ mẫu cũ: từ đó đến nay các chỉ tiêu của báo cáo đã thay đổi.")]
    return []


def _label(code: str) -> str:
    try:
        return Period.parse(code).label
    except ValueError:
        return code


MOST_VERSIONS = 2**31


class _Reader:
    """Reads one sheet of one return."""

    def __init__(self, headings: Headings, current: Return) -> None:
        self.headings = headings
        self.current = current
        self.by_code = {row.code: row for row in current.inputs}
        self.computed = {row.code for row in current.rows} - set(self.by_code)
        self.by_name: dict[str, list[Row]] = defaultdict(list)
        for row in current.inputs:
            for name in _names(row):
                self.by_name[name].append(row)
        self.computed_names = {
            name for row in current.rows if row.kind != "input" for name in _names(row)
        }
        self.aliases = self._known_aliases()

    def read(self, remarks: list[str]) -> Reading:
        reading = Reading(self.headings.grid.sheet.title, remarks=remarks)
        for line in self.headings.grid.rows(after=self.headings.row):
            row = self._row_at(line)
            if row is None:
                reading.unread += self._left(line)
            else:
                reading.claims.append(self._claim(line, row))
        reading.claims = _once(reading.claims)
        absent = len(self.by_code) - len({claim.row.code for claim in reading.claims})
        if absent:
            words = _("{count} chỉ tiêu không có dòng trong tệp: giữ số đang lưu.")
            reading.remarks.append(words.format(count=absent))
        return reading

    # -- which row a line is ----------------------------------------------------------------

    def _known_aliases(self) -> dict[str, str]:
        """Today's codes of rows that an older file calls otherwise. A query where there are any."""
        lines = self.headings.grid.rows(after=self.headings.row)
        codes = {self.headings.words(line, Column.CODE) for line in lines}
        unknown = codes - {""} - set(self.by_code) - self.computed
        if not unknown:
            return {}
        known = IndicatorAlias.objects.filter(alias__in=unknown)
        return dict(known.values_list("alias", "indicator__code"))

    def _row_at(self, line: int) -> Row | None:
        code = self.headings.words(line, Column.CODE)
        if code:
            return self.by_code.get(self.aliases.get(code, code))
        number, name = self._number_and_name(line)
        rows = self.by_name.get(plain_words(name), [])
        if len(rows) == 1 and plain_words(name) not in self.computed_names:
            return rows[0]
        return next((row for row in rows if row.number == number), None)

    def _number_and_name(self, line: int) -> tuple[str, str]:
        number = self.headings.words(line, Column.NUMBER).rstrip(".)")
        name = self.headings.words(line, Column.NAME)
        found = _NUMBERED.fullmatch(name)
        return (number or found["number"], found["name"]) if found else (number, name)

    def _left(self, line: int) -> Iterator[Unread]:
        """A line that is no input of this return, if it says anything."""
        code = self.headings.words(line, Column.CODE)
        _number, name = self._number_and_name(line)
        result = self.headings.cell(line, Column.RESULT)
        is_computed = code in self.computed or (
            not code and plain_words(name) in self.computed_names
        )
        if is_computed or (not code and is_blank(result)):
            return
        reason = (
            _("Báo cáo kỳ này không hỏi chỉ tiêu này.")
            if code
            else _("Không có chỉ tiêu nào của báo cáo mang tên này.")
        )
        yield Unread(self.headings.address(line, Column.RESULT), name or code, reason)

    # -- what a line says -------------------------------------------------------------------

    def _claim(self, line: int, row: Row) -> Claim:
        cells = {kind: self.headings.cell(line, kind) for kind in _TAKEN}
        place = self.headings.address(line, Column.RESULT)
        told: Told | Fault | None = self._misplaced(line, row)
        told = told or covered(self.headings.grid, place)
        if told is None:
            told = told_by(row, *(cells[kind] for kind in _TAKEN))
        seen = self.headings.cell(line, Column.SEEN)
        return Claim(self.current, row, place, told, _version(seen.value if seen else None))

    def _misplaced(self, line: int, row: Row) -> Fault | None:
        """A code beside the name of another row: rows were sorted without their hidden column."""
        _number, name = self._number_and_name(line)
        others = self.by_name.get(plain_words(name), [row])
        if not self.headings.words(line, Column.CODE) or row in others:
            return None
        return Fault(
            self.headings.address(line, Column.NAME),
            f"“{name}”",
            f"“{row.indicator.name}”",
            _("Dòng đã bị xáo trộn so với mã ẩn. Tải mẫu mới rồi chép số sang."),
        )


def _names(row: Row) -> set[str]:
    """How a line may call it: by the Vietnamese name, or by the English one where there is one."""
    names = (as_kept(row.indicator.name), row.indicator.name_en)
    return {plain_words(name) for name in names if name}


def _once(claims: list[Claim]) -> list[Claim]:
    """Each figure told once: a second line that tells it too is wrong, an empty one is dropped."""
    first: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.told is None):
        code = claim.row.code
        if code not in first:
            first[code] = claim
        elif claim.told is not None:
            first[f"{code} {claim.address}"] = replace(claim, told=_twice(claim, first[code]))
    order = {claim.address: place for place, claim in enumerate(claims)}
    return sorted(first.values(), key=lambda claim: order[claim.address])


def _twice(claim: Claim, first: Claim) -> Fault:
    return Fault(
        claim.address,
        _("chỉ tiêu đã có ở ô {address}").format(address=first.address),
        _("mỗi chỉ tiêu một dòng"),
        _("Xóa một trong hai dòng."),
    )


def _version(value: object) -> int | None:
    """The version a line was made from; None for what none can be."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value < MOST_VERSIONS else None  # type: ignore[operator,return-value]
