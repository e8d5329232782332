"""Figures as a table shows them: number, missing, not applicable, not added up: four states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Answer, ValueType
from indicators.figures import Figure, is_share
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number


class CellState(StrEnum):
    VALUE = "value"
    MISSING = "missing"
    NOT_APPLICABLE = "na"
    NOT_ADDED_UP = "apart"  # reported below, but not put together above the tier that enters it


@dataclass(frozen=True, slots=True)
class Column:
    """One indicator across the table."""

    indicator: Indicator
    name: str
    unit: str
    is_share: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure. `detail` is the arithmetic behind a rate, `coverage` is set when units lack.

    `code`: the indicator whose sources can be opened; "" where there is no figure.
    """

    text: str
    state: str
    detail: str = ""
    coverage: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit's figures. `period` is empty where no page of the unit can be opened."""

    code: str
    name: str
    parent: str
    period: str
    cells: tuple[Cell, ...]
    reported: int
    expected: int
    note: str = ""
    source: str = ""
    citation: str = ""

    @property
    def is_complete(self) -> bool:
        return self.expected > 0 and self.reported == self.expected

    @property
    def coverage(self) -> str:
        return f"{self.reported}/{self.expected}"


def column(indicator: Indicator) -> Column:
    return Column(indicator, indicator.name, indicator.unit_of_measure, is_share(indicator))


def value_text(indicator: Indicator, value: Decimal | None) -> str:
    """A number in the indicator's decimals; a yes/no question answered in words."""
    if value is not None and indicator.value_type == ValueType.YES_NO:
        return _("Đạt") if value else _("Chưa đạt")
    return format_number(value, indicator.decimals)


def answer_text(indicator: Indicator, answer: str, value: Decimal | None) -> str:
    """What a unit said: a number, or the words for nothing said and not applicable."""
    if answer == Answer.VALUE:
        return value_text(indicator, value)
    return str(capfirst(Answer(answer).label)) if answer else "–"


def cell(indicator: Indicator, figure: Figure) -> Cell:
    """How a figure shows in a table."""
    if figure.value is not None:
        partial = figure.reported < figure.expected
        return Cell(
            text=value_text(indicator, figure.value),
            state=CellState.VALUE,
            detail=_arithmetic(indicator, figure),
            coverage=f"{figure.reported}/{figure.expected}" if partial else "",
            code=indicator.code,
        )
    if figure.not_applicable:
        return Cell("–", CellState.NOT_APPLICABLE)
    if figure.reported:
        return Cell("–", CellState.NOT_ADDED_UP, code=indicator.code)
    return Cell("–", CellState.MISSING)


def _arithmetic(indicator: Indicator, figure: Figure) -> str:
    if not is_share(indicator) or figure.numerator is None:
        return ""
    return f"{term_text(figure.numerator)}/{term_text(figure.denominator)}"


def term_text(value: Decimal | None) -> str:
    """A numerator or denominator: whole where it is, else with a decimal."""
    if value is None:
        return "–"
    return format_number(value, 0 if value == value.to_integral_value() else 1)


def unit_row(
    unit: Unit,
    columns: Sequence[Column],
    found: Mapping[tuple[int, int, str], Figure],
    period: str,
    lead: Indicator,
) -> UnitRow:
    """A unit's row; `lead` is the indicator whose coverage speaks for the row."""
    first = found[unit.pk, lead.pk, period]
    return UnitRow(
        code=unit.code,
        name=unit.name,
        parent=unit.parent.name if unit.parent else "",
        period=period,
        cells=tuple(
            cell(entry.indicator, found[unit.pk, entry.indicator.pk, period]) for entry in columns
        ),
        reported=first.reported,
        expected=first.expected,
    )
