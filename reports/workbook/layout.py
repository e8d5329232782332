"""How the workbook of a return is laid out, and the key by which it is known again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.utils.text import slugify

from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.xlsx import Sheet
from reports.returns import Return, Row

SHEET = "Báo cáo"
WIDTHS = {
    "STT": 6,
    "Chỉ tiêu": 46,
    "ĐVT": 19,
    "Năm trước": 13,
    "Kế hoạch": 13,
    "Kết quả": 14,
    "Trả lời": 17,
    "Ghi chú": 34,
    "Kiểm tra": 36,
    "Mã": 10,
    "Phiên bản": 10,
}
"""The headings, from column A on, and how wide their columns are."""
HEADINGS = list(WIDTHS)
NUMBER, NAME, MEASURE, BEFORE, PLANNED, RESULT, ANSWER, NOTE, CHECK, CODE, SEEN = range(
    len(HEADINGS)
)
HEADING_ROW = 4
"""Of the headings, counted from 0; above it title, instructions, key."""

_KEY = re.compile(r"Mã tệp: ([0-9A-Za-z]+) · ([0-9HQ]+) · ([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Key:
    """Which return a workbook is, and by which form it was made."""

    unit: str
    period: str
    form: str

    def __str__(self) -> str:
        return f"Mã tệp: {self.unit} · {self.period} · {self.form}"


def key_of(current: Return) -> Key:
    codes = "\n".join(row.code for row in current.inputs)
    form = hashlib.sha256(codes.encode()).hexdigest()[:8]
    return Key(current.unit.code, current.period.code, form)


def key_in(sheets: list[Sheet]) -> Key | None:
    for sheet in sheets:
        for cell in sheet.cells.values():
            found = _KEY.search(cell.value) if isinstance(cell.value, str) else None
            if found is not None:
                return Key(*found.groups())
    return None


def file_name(unit: Unit, period: Period) -> str:
    """bao-cao-hoang-thu-pho-2024.xlsx: letters that every mail system passes on."""
    plain = unit.short_name.replace("đ", "d").replace("Đ", "D")
    return f"bao-cao-{slugify(plain)}-{period.code}.xlsx"


def is_open(row: Row) -> bool:
    """Is the row typed by the officer?"""
    return row.kind == "input" and not row.is_locked
