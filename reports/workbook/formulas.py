"""What the workbook works out by itself: computed rows, and whether the rules hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from indicators.checks import rules_for
from indicators.enums import Comparator, Severity
from indicators.models import RuleTerm, ValidationRule
from reports.returns import Return, Row, plain
from reports.workbook.layout import BEFORE, RESULT

_AND = '&" "&'
_LONGEST_TEXT = 200
"""A text inside a formula may have 255 signs."""
_HOLDS = {
    Comparator.AT_LEAST: "{gap}>=-{tolerance}",
    Comparator.ABOVE: "{gap}>-{tolerance}",
    Comparator.AT_MOST: "{gap}<={tolerance}",
    Comparator.BELOW: "{gap}<{tolerance}",
    Comparator.EQUAL: "ABS({gap})<={tolerance}",
}


class Places:
    """Where each figure of the form stands: {code of a row: line of the sheet, from 0}."""

    def __init__(self, lines: Mapping[str, int]) -> None:
        self.lines = lines

    def result(self, code: str) -> str:
        return str(xl_rowcol_to_cell(self.lines[code], RESULT))

    def before(self, code: str) -> str:
        return str(xl_rowcol_to_cell(self.lines[code], BEFORE))


def formula_of(row: Row, places: Places) -> str:
    """The formula of a computed row; empty where a term of it does not stand on the form."""
    if row.kind == "ratio":
        return _quotient(row, places)
    opening = row.indicator.opening_indicator
    if row.kind != "change" or opening is None:
        return ""
    first, last = places.result(opening.code), places.result(row.indicator.code)
    return f'=IF(COUNT({first},{last})<2,"",{first}-{last})'


def _quotient(row: Row, places: Places) -> str:
    above = [places.result(code) for code in row.numerator]
    below = [places.result(code) for code in row.denominator]
    terms, base = ",".join([*above, *below]), "+".join(below)
    scale = plain("value", row.indicator.scale)
    return (
        f'=IF(COUNT({terms})<{len(above) + len(below)},"",'
        f'IF(({base})=0,"",({"+".join(above)})*{scale}/({base})))'
    )


# -- rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """The rules told on one line of the form: a formula, and what it gives now."""

    formula: str
    value: str


def checks_of(current: Return, places: Places) -> dict[str, Check]:
    """The rules that can be checked on the form, by the code of the row that tells of them."""
    broken = {found.rule.pk for found in current.findings}
    told: dict[str, list[ValidationRule]] = {}
    for rule in rules_for(current.unit, current.period):
        if _is_checkable(rule, places):
            told.setdefault(_cell(rule), []).append(rule)
    return {
        code: Check(
            f"=TRIM({_AND.join(_formula(rule, places) for rule in rules)})",
            " ".join(_words(rule) for rule in rules if rule.pk in broken),
        )
        for code, rules in told.items()
    }


def _terms(rule: ValidationRule) -> list[RuleTerm]:
    return [term for term in rule.terms.all() if term.coefficient]


def _is_checkable(rule: ValidationRule, places: Places) -> bool:
    terms = _terms(rule)
    stand = all(term.indicator.code in places.lines and term.offset in (0, -1) for term in terms)
    return stand and any(not term.offset for term in terms) and _cell(rule) in places.lines


def _cell(rule: ValidationRule) -> str:
    """As `Finding.cell`: the row the rule solves for, else its last term."""
    if rule.solve_for is not None:
        return rule.solve_for.code
    return [term.indicator.code for term in _terms(rule) if not term.offset][-1]


def _formula(rule: ValidationRule, places: Places) -> str:
    terms = _terms(rule)
    cells = [
        places.before(term.indicator.code) if term.offset else places.result(term.indicator.code)
        for term in terms
    ]
    total = "+".join(
        f"({plain('value', term.coefficient)})*{cell}"
        for term, cell in zip(terms, cells, strict=True)
    )
    gap = f"ROUND({total}-({plain('value', rule.constant)}),6)"
    tolerance = plain("value", rule.tolerance)
    holds = _HOLDS[Comparator(rule.comparator)].format(gap=gap, tolerance=tolerance)
    words = _words(rule).replace('"', '""')
    return f'IF(COUNT({",".join(cells)})<{len(cells)},"",IF({holds},"","{words}"))'


def _words(rule: ValidationRule) -> str:
    kind = _("Lỗi phải sửa") if rule.severity == Severity.ERROR else _("Cần ghi lý do")
    return " ".join(f"{kind}: {rule.name}.".split())[:_LONGEST_TEXT]
