"""Place-holders: how they are written, and what a form may name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from povertyplan.lib.errors import Problem
from povertyplan.lib.placeholders import FILTERS

UNIT, GROUP, TOTAL = "dong", "nhom", "tong"
"""What a row of the form may be: one of the rows, a subtotal, the total."""

_PLACE = re.compile(r"\{\{\s*(?:([a-z][a-z0-9_]*)\.)?([a-z][a-z0-9_]*)\s*(?:\|\s*([a-z]+)\s*)?\}\}")
_COMMAND = re.compile(r"\{[%#]|[%#]\}")
_BRACES = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True, slots=True)
class Value:
    """What is filled in; `number` where it is one, `text` how it reads within a sentence."""

    text: str
    number: Decimal | None = None


NOTHING = Value("")


@dataclass(frozen=True, slots=True)
class Names:
    """What a form may name: `rows` by the kind of row, and which kinds stand for several rows."""

    single: frozenset[str]
    rows: Mapping[str, frozenset[str]]
    repeated: frozenset[str]

    def knows(self, slot: Slot) -> bool:
        return slot.name in (self.rows.get(slot.kind, frozenset()) if slot.kind else self.single)


@dataclass(frozen=True, slots=True)
class Slot:
    """One place-holder: {{ kind.name | case }}. `cell`: the tag of the cell it fills alone."""

    kind: str
    name: str
    case: str = ""
    cell: str = ""

    @property
    def full(self) -> str:
        return f"{self.kind}.{self.name}" if self.kind else self.name

    def words(self, value: Value) -> str:
        match self.case:
            case "upper":
                return value.text.upper()
            case "lower":
                return value.text.lower()
        return value.text


def slots_in(text: str) -> list[Slot]:
    return [_slot(found) for found in _PLACE.finditer(text)]


def sole_slot(text: str) -> Slot | None:
    """The place-holder that the text is nothing but."""
    found = _PLACE.fullmatch(text.strip())
    return _slot(found) if found else None


def split(text: str) -> list[str | Slot]:
    """The text with its place-holders apart."""
    parts: list[str | Slot] = []
    done = 0
    for found in _PLACE.finditer(text):
        parts += [text[done : found.start()], _slot(found)]
        done = found.end()
    return [*parts, text[done:]]


def _slot(found: re.Match[str]) -> Slot:
    return Slot(found[1] or "", found[2], found[3] or "")


def looks_filled_in(text: str) -> bool:
    return _BRACES.search(text) is not None or _COMMAND.search(text) is not None


def problems_of(runs: list[str], names: Names, where: str) -> Iterator[Problem]:
    """What is wrong with the place-holders of one cell; `runs`: its differently set pieces."""
    whole = "".join(runs)
    found = [slot for run in runs for slot in slots_in(run)]
    if _COMMAND.search(whole):
        yield Problem(_("Mẫu chỉ được điền chỗ trống, không dùng lệnh {% … %}."), where, "command")
    elif len(slots_in(whole)) > len(found):
        words = _("Chỗ điền bị chia thành nhiều kiểu chữ. Xóa ô, gõ lại chỗ điền bằng một kiểu.")
        yield Problem(words, where, "split")
    elif _BRACES.search("".join(_PLACE.sub("", run) for run in runs)):
        words = _("Chỗ điền viết sai. Viết như {{ ten_don_vi }} hoặc {{ dong.ten }}.")
        yield Problem(words, where, "written")
    for slot in found:
        if slot.case and slot.case not in FILTERS:
            words = _("Không có cách viết “{case}”; chỉ có upper và lower.")
            yield Problem(words.format(case=slot.case), where, "case", slot.full)
        if not names.knows(slot):
            words = _("Không có chỗ điền “{name}”.")
            yield Problem(words.format(name=slot.full), where, "unknown", slot.full)
