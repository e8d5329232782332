"""What is typed or pasted into a field of a register, by its kind: read, told, shown.

Pure code: words in, plain data fit for JSON out. A unit is named by code or by name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import parse_number
from reports.counting import Field, plainly, visible
from reports.enums import FieldKind

YES = {plainly(said) for said in ("có", "x", "1", "co", "yes", "true", "đúng", "true()")}
NO = {plainly(said) for said in ("không", "0", "khong", "no", "false", "false()")}
EARLIEST = date(1990, 1, 1)
"""A day before this is a slip of the pen."""
LONGEST_NUMBER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that an entry may name."""

    code: str
    name: str
    short_name: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Places:
    """The units that entries of a book may name. A code or name names one only with a day.

    before: from when to when there was a unit that the book's own unit has taken over.
    """

    rows: tuple[Place, ...] = ()
    before: tuple[tuple[date, date], ...] = ()

    def named(self, words: str, day: date | None) -> Place | None:
        """The one valid on the day, where it is known; without a day the one that came last."""
        found = [
            row
            for row in self._by_words.get(plainly(words), ())
            if day is None or row.valid_from <= day <= row.valid_to
        ]
        return max(found, key=lambda row: row.valid_to) if found else None

    @cached_property
    def _by_words(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = defaultdict(list)
        for row in self.rows:
            for words in {plainly(row.code), plainly(row.name), plainly(row.short_name)}:
                found[words].append(row)
        return dict(found)


def read(field: Field, text: str, places: Places, day: date | None) -> Any:
    """What was written, as it is kept; None for nothing.

    `day`: the one the entry counts from. Raises ValueError that says what was expected.
    """
    words = " ".join(visible(text).split())
    if not words:
        if field.is_required:
            raise ValueError(_("Chưa ghi; cột này bắt buộc."))
        return None
    if field.kind == FieldKind.UNIT_BELOW:
        return _unit(words, places, day)
    return _READERS[field.kind](field, words)


def _text(field: Field, words: str) -> str:
    if len(words) > field.max_length:
        raise ValueError(
            _("Dài {length} ký tự, tối đa {most}; viết gọn lại.").format(
                length=len(words), most=field.max_length
            )
        )
    return words


def _whole(field: Field, words: str) -> int:
    try:
        number = int(parse_number(words))
    except DomainError as error:
        raise ValueError(error.problems[0].message) from error
    least = -LONGEST_NUMBER if field.least is None else field.least
    most = LONGEST_NUMBER if field.most is None else field.most
    if not least <= number <= most:
        raise ValueError(
            _("Có {number}; chỉ nhận từ {least} đến {most}.").format(
                number=number, least=least, most=most
            )
        )
    return number


def _choice(field: Field, words: str) -> str:
    for code, label in field.choices:
        if plainly(words) in (plainly(code), plainly(label)):
            return code
    offered = "; ".join(label for _code, label in field.choices)
    raise ValueError(
        _("“{words}” không có trong danh sách: {offered}.").format(
            words=_short(words), offered=offered
        )
    )


def _yes_no(_field: Field, words: str) -> bool:
    said = plainly(words)
    if said in YES or said in NO:
        return said in YES
    raise ValueError(_("Có “{words}”; ghi “có” hoặc “không”.").format(words=_short(words)))


def _day(_field: Field, words: str) -> str:
    return read_day(words).isoformat()


def read_day(words: str) -> date:
    """A day as 31/12/2024 or 2024-12-31. Raises ValueError that says so."""
    plain = re.sub(r"\s+\d{1,2}:\d\d(:\d\d)?$", "", words.strip())
    for form in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
        if found < EARLIEST:
            raise ValueError(_("Ngày {day} quá xa; kiểm tra lại năm.").format(day=plain))
        return found
    raise ValueError(
        _("“{words}” không phải ngày có thật. Ghi dạng 31/12/2024.").format(words=_short(words))
    )


def _unit(words: str, places: Places, day: date | None) -> str:
    found = places.named(words, day)
    if found is not None:
        return found.code
    if day is not None and places.named(words, None) is not None:
        raise ValueError(
            _("“{words}” không còn (hoặc chưa có) vào ngày {day}.").format(
                words=_short(words), day=f"{day:%d/%m/%Y}"
            )
        )
    raise ValueError(
        _("Đơn vị không có xã “{words}”; ghi tên hoặc mã xã.").format(words=_short(words))
    )


def _short(words: str) -> str:
    return words if len(words) <= 40 else words[:37] + "…"


_READERS: Mapping[str, Callable[[Field, str], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.WHOLE: _whole,
    FieldKind.CHOICE: _choice,
    FieldKind.YES_NO: _yes_no,
    FieldKind.DAY: _day,
}


def shown(field: Field, value: Any, places: Places, day: date | None) -> str:
    """A value in the official's words; empty for nothing."""
    if value is None:
        return ""
    if field.kind == FieldKind.CHOICE:
        return dict(field.choices).get(value, str(value))
    if field.kind == FieldKind.YES_NO:
        return _("có") if value else _("không")
    if field.kind == FieldKind.DAY:
        when = value if isinstance(value, date) else date.fromisoformat(value)
        return f"{when:%d/%m/%Y}"
    if field.kind == FieldKind.UNIT_BELOW:
        found = places.named(value, day)
        return found.name if found else str(value)
    return str(value)


def cells_of(text: str) -> Iterable[tuple[int, list[str]]]:
    """The lines of a block as Excel copies it: (number from 1, cells); empty lines are passed over.

    A cell with a line break or a quote comes in quotes, as Excel writes it.
    """
    for number, cells in enumerate(_split(text.replace("\r\n", "\n").replace("\r", "\n")), 1):
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip() for cell in cells]


def _split(text: str) -> list[list[str]]:
    return [
        [_unquoted(cell) for cell in _CELL.findall(line[0].rstrip("\n"))]
        for line in _LINE.finditer(text)
        if line[0]
    ]


_QUOTED = r'"(?:[^"]|"")*"(?=[\t\n]|$)'
_LINE = re.compile(rf"(?:{_QUOTED}|[^\t\n]*)(?:\t(?:{_QUOTED}|[^\t\n]*))*\n?")
_CELL = re.compile(rf"(?:^|(?<=\t))({_QUOTED}|[^\t]*)")


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
