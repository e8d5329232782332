"""What a cell's number format makes of its number: whether it is shown in per cent."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

_PARTS = re.compile(r'"[^"]*"?|[\\_*].|\[(?P<inside>[^\]]*)\]|(?P<sign>[%;@])|.', re.DOTALL)
"""A sign in quotes, escaped, that gives a gap its width (_%) or fills the cell (*%) is no sign."""
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(slots=True)
class _Section:
    """One of the parts of a format; `condition` = (comparison, number) where it states one."""

    signs: int = 0
    condition: tuple[str, float] | None = None
    is_of_text: bool = False

    def holds(self, value: float, unless_stated: tuple[str, float]) -> bool:
        sign, limit = self.condition or unless_stated
        return _HOLDS[sign](value, limit)


def percent_signs(number_format: str, value: float) -> int:
    """How many times the program shows `value` a hundredfold: 1 for 0.00%, 0 for 0.00"%".

    Only the section counts that shows this value: of positive; negative; zero, or by conditions.
    """
    sections = [one for one in _sections(number_format) if not one.is_of_text][:3]
    return _shows(sections, value).signs if sections else 0


def _shows(sections: list[_Section], value: float) -> _Section:
    *before, last = sections
    defaults = [(">", 0.0), ("<", 0.0)] if len(before) > 1 else [(">=", 0.0)]
    for section, unless_stated in zip(before, defaults, strict=False):
        if section.holds(value, unless_stated):
            return section
    return last


def _sections(number_format: str) -> list[_Section]:
    found = [_Section()]
    for part in _PARTS.finditer(number_format):
        current = found[-1]
        if part["sign"] == ";":
            found.append(_Section())
        elif part["sign"] == "@":
            current.is_of_text = True
        elif part["sign"]:
            current.signs += 1
        elif stated := _CONDITION.fullmatch(part["inside"] or ""):
            current.condition = stated[1], float(stated[2])
    return found
