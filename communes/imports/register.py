"""Units as files name them: by code and day, or by name."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from datetime import date

from communes.models import OPEN_END, OPEN_START, Unit


def validity(unit: Unit) -> str:
    """The days of a unit in words: từ 01/07/2025, đến 30/06/2025, mọi ngày."""
    words = [f"từ {unit.valid_from:%d/%m/%Y}"] if unit.valid_from > OPEN_START else []
    words += [f"đến {unit.valid_to:%d/%m/%Y}"] if unit.valid_to < OPEN_END else []
    return " ".join(words) or "mọi ngày"


class UnitRegister:
    """Units by code, name and key, read once."""

    def __init__(self) -> None:
        self.by_code: dict[str, list[Unit]] = defaultdict(list)
        self.by_name: dict[str, list[Unit]] = defaultdict(list)
        self.by_pk: dict[int, Unit] = {}
        for unit in Unit.objects.order_by("valid_from"):
            self.by_code[unit.code].append(unit)
            self.by_name[unicodedata.normalize("NFC", unit.name)].append(unit)
            self.by_pk[unit.pk] = unit

    def on(self, code: str, *days: date) -> Unit | None:
        """The unit of that code on the first of `days` on which there is one."""
        for day in days:
            for unit in self.by_code.get(code, ()):
                if unit.is_valid_on(day):
                    return unit
        return None

    def earliest(self, code: str) -> Unit | None:
        return next(iter(self.by_code.get(code, ())), None)

    def why_not(self, code: str, day: date) -> str:
        """Why there is no unit of that code on that day, and what to do."""
        units = self.by_code.get(code)
        if not units:
            return f"không có đơn vị mã “{code}”; sửa mã hoặc nhập đơn vị trước."
        spans = "; ".join(f"{unit.name} {validity(unit)}" for unit in units)
        return (
            f"mã {code} không có hiệu lực ngày {day:%d/%m/%Y} (chỉ có {spans}); sửa mã hoặc ngày."
        )
