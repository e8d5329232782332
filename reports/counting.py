"""Counting the entries of a register: which of them count for an indicator on a day. Pure code.

An entry is valid from the day it happened, until the day its validity ends or it is withdrawn.
The same thing (by the fields that identify it) is counted once. Source: registers.yaml header.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from indicators.periods import Period
from reports.enums import FieldKind


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry, as the register defines it. `choices`: (code, label), in order."""

    key: str
    label: str
    kind: FieldKind
    is_required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    most: int | None = None
    max_length: int = 200
    help: str = ""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Field:
        """From the register's definition as it is kept."""
        return cls(
            key=raw["key"],
            label=raw["label"],
            kind=FieldKind(raw["kind"]),
            is_required=raw["required"],
            choices=tuple((code, label) for code, label in raw["choices"]),
            least=raw["min"],
            most=raw["max"],
            max_length=raw["max_length"],
            help=raw["help"],
        )


@dataclass(frozen=True, slots=True)
class Item:
    """An entry. `place`: in the order of writing; of two of the same day the later one stands."""

    place: int
    happened_on: date
    valid_until: date | None
    ended_on: date | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """How an indicator is counted: what happened in a period (flow), or stands on its last day.

    `where`: field → the choices that count, a range {"min", "max"}, or true.
    """

    is_flow: bool
    where: Mapping[str, Any]
    identity: tuple[str, ...] = ()


def counted(items: Iterable[Item], count: Count, period: Period, today: date) -> list[Item]:
    """The entries that make up the indicator's figure for the period, as things stand `today`.

    Counted on the period's last day, or today while the period runs. Flow: what happened in
    the period and is still valid. Stock: of each thing the latest that happened, where valid.
    """
    day = min(period.end, today)
    if count.is_flow:
        happened = (row for row in items if period.start <= row.happened_on <= day)
        fits = (row for row in happened if is_valid(row, day) and meets(row, count.where))
        return _latest(fits, count.identity)
    known = (row for row in items if row.happened_on <= day)
    standing = _latest(known, count.identity)
    return [row for row in standing if is_valid(row, day) and meets(row, count.where)]


def _latest(items: Iterable[Item], identity: tuple[str, ...]) -> list[Item]:
    """Of each thing the entry that happened last; every entry where nothing identifies a thing."""
    found: dict[Any, Item] = {}
    for row in sorted(items, key=lambda row: (row.happened_on, row.place)):
        found[identity_of(row.values, identity) if identity else row.place] = row
    return list(found.values())


def identity_of(values: Mapping[str, Any], identity: Iterable[str]) -> tuple[str, ...]:
    """What makes two entries the same thing: the words, however they are written."""
    return tuple(plainly(str(values.get(key) or "")) for key in identity)


def plainly(text: str) -> str:
    """Words fit to compare, not to show: hoà and hòa, – and -, full width and half are one."""
    return _plain(text) if len(text) <= SHORT else _plain.__wrapped__(text)


SHORT = 200
"""Texts up to here are remembered: a count compares the same names over and over."""


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_FOLDED)).casefold()
    parted = unicodedata.normalize("NFD", folded)
    return " ".join(_TONE_INSIDE.sub(r"\2\1", parted).split())


_TONE_INSIDE = re.compile(
    "([\u0300\u0301\u0303\u0309\u0323])((?:[^\\W\\d_]|[\u0302\u0306\u0308\u030a\u031b])+)"
)
"""A tone with the rest of its word, which it is put after: hòa and hoà, ậ and ậ."""


def visible(text: str) -> str:
    """The text without the signs that nobody sees; white space stays."""
    return "".join(sign for sign in text if not _is_unseen(sign))


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cf", "Cc") and not sign.isspace()


class _Folded(dict[int, str]):
    """Which sign stands for a sign in comparing; filled as signs come up."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        folded = "-" if unicodedata.category(sign) == "Pd" else "" if _is_unseen(sign) else sign
        self[point] = folded
        return folded


_ALIKE = {"'": "‘’‚‛′`´", '"': "“”„‟″«»", "-": "−", "Đ": "ÐƉ", "đ": "ðɖ"}
_FOLDED = _Folded({ord(sign): plain for plain, signs in _ALIKE.items() for sign in signs})


def meets(row: Item, where: Mapping[str, Any]) -> bool:
    """Does the entry fulfil every condition? What it does not say fulfils none."""
    return all(_meets(row.values.get(key), wanted) for key, wanted in where.items())


def _meets(value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    if isinstance(wanted, Mapping):
        least, most = wanted.get("min"), wanted.get("max")
        return (least is None or value >= least) and (most is None or value <= most)
    return value in wanted if isinstance(wanted, list) else value is wanted


def is_valid(row: Item, day: date) -> bool:
    end = ends_on(row)
    return row.happened_on <= day and (end is None or day < end)


def ends_on(row: Item) -> date | None:
    """The first day on which the entry no longer counts; None when nothing ends it."""
    return min((day for day in (row.valid_until, row.ended_on) if day is not None), default=None)


def days_left(row: Item, day: date) -> int | None:
    end = ends_on(row)
    return None if end is None else max((end - day).days - 1, 0)


def months_after(day: date, months: int) -> date:
    """The first day that a validity of so many months does not cover.

    36 months from 15/03/2021 are valid through 14/03/2024, so 15/03/2024. Where that month has
    no such day the validity ends with the month: from 29/02/2024 through 28/02/2027, so
    01/03/2027. Source: Civil Code 2015, article 148.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    if day.day > length:
        return date(year, month + 1, length) + timedelta(days=1)
    return date(year, month + 1, day.day)
