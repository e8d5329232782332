"""How many returns stand in each state: counted here alone, for legend, filters and spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.enums import ReportState
from reports.review import words
from reports.review.words import Status

STATES: Mapping[str, str | None] = {
    "da-duyet": ReportState.APPROVED,
    "cho-cap-tren": ReportState.ENDORSED,
    "cho-duyet": ReportState.SUBMITTED,
    "tra-lai": ReportState.RETURNED,
    "mo-lai": ReportState.REOPENED,
    "dang-nhap": ReportState.DRAFT,
    "chua-nop": None,
}
"""Word in an address → state, the furthest first. None: nothing has been entered."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar: how many returns have a status. Positions are counts, as text."""

    status: Status
    label: str
    count: int
    start: str
    length: str


def tally(states: Iterable[str | None]) -> tuple[Segment, ...]:
    """The states that occur, the furthest first, end to end; every return is in one of them."""
    counts = Counter(states)
    found = []
    start = 0
    for state in STATES.values():
        count = counts[state]
        if count:
            look = words.status(state)
            found.append(Segment(look, words.label(state), count, str(start), str(count)))
            start += count
    return tuple(found)
