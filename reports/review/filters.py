"""Ways to narrow the tracker, each a word in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from reports.enums import EDITABLE
from reports.review import words
from reports.review.tally import STATES

MINE, OWED, OVERDUE = "cho-toi", "con-no", "qua-han"
KEYS = ("", MINE, OWED, OVERDUE, *STATES)
"""In the order of the page; each state of the legend is a filter of its own."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow the list, and how much it leaves."""

    key: str
    label: str
    count: int
    is_current: bool


class Tracked(Protocol):
    """What a filter asks of a row."""

    @property
    def state(self) -> str | None: ...
    @property
    def is_mine(self) -> bool: ...
    @property
    def is_overdue(self) -> bool: ...


def label(key: str) -> str:
    """What a filter is called; of a state what the legend calls it."""
    if key in STATES:
        return words.label(STATES[key])
    several: Mapping[str, str] = {
        "": _("Tất cả"),
        MINE: _("Chờ đồng chí"),
        OWED: _("Còn phải nộp"),
        OVERDUE: _("Quá hạn"),
    }
    return several[key]


def is_shown(row: Tracked, key: str) -> bool:
    if key == MINE:
        return row.is_mine
    if key == OVERDUE:
        return row.is_overdue
    if key == OWED:
        return row.state is None or row.state in EDITABLE
    return key not in STATES or row.state == STATES[key]
