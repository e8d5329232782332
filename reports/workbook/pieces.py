"""What a workbook says of the figures of a return, and what came of reading it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from indicators.enums import Answer, ValueType
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number
from povertyplan.lib.speech import officially
from reports.returns import Return, Row

EXCUSES = (Answer.NOT_APPLICABLE, Answer.NO_DATA)
MET, NOT_MET = "Đạt", "Chưa đạt"
"""The words of a choice, on the form and in the file."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with its value. `note` None: nothing is said of the note."""

    answer: str
    value: Decimal | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be taken: what was read, what is expected there, what to do.

    `expected` is empty where no other figure would do either.
    """

    address: str
    read: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        if not self.expected:
            return _("Đọc được: {read}. {remedy}").format(read=self.read, remedy=self.remedy)
        return _("Đọc được: {read}. Cần: {expected}. {remedy}").format(
            read=self.read, expected=self.expected, remedy=self.remedy
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What a workbook says of one figure of one return, at `address`. None: the cell is empty.

    `seen`: the version of the figure when the file was filled from it; None where not known.
    `column`: what a table calls the column; empty where the row says it all.
    """

    current: Return
    row: Row
    address: str
    told: Told | Fault | None
    seen: int | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell or column that is not taken, and why; nothing is wrong with it."""

    address: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stray:
    """What somebody typed where nothing is read: cell, name of the row, column, the words."""

    address: str
    row: str
    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.row}, {self.column}: {self.text}"


@dataclass
class Reading:
    """A sheet, understood. `remarks` are sentences on the file as a whole.

    `missing`: the columns of the form that would be read, and are not there.
    """

    sheet: str
    claims: list[Claim] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def is_choice(indicator: Indicator) -> bool:
    """Is it answered with a word (met, not met), not with a number?"""
    return indicator.value_type == ValueType.YES_NO


@officially
def excuse_words() -> dict[str, str]:
    """{“Không áp dụng”: na, …}: the answers that stand in place of a number, as listed."""
    return {capfirst(str(answer.label)): str(answer) for answer in EXCUSES}


def in_words(indicator: Indicator, answer: str, value: Decimal | None) -> str:
    """A figure as the preview shows it: 1.234,5 · Đạt · Không áp dụng · –."""
    if answer in EXCUSES:
        return capfirst(str(Answer(answer).label))
    if value is not None and is_choice(indicator):
        return MET if value else NOT_MET
    return format_number(value, indicator.decimals)
