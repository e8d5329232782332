"""Validation rules: linear relations between the figures of one unit.

A rule whose term is missing cannot be checked: neither passed nor failed. One
definition serves the server (`check`) and the browser (`rules_as_json`).
Source: rules.yaml header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from communes.models import Unit
from indicators.calc import compares
from indicators.enums import AppliesTo
from indicators.models import RuleTerm, ValidationRule
from indicators.periods import Period
from povertyplan.lib.numbers import format_number

Values = Mapping[tuple[str, int], Decimal | None]
"""(indicator code, offset in years) → value; absent or None when not known."""

ZERO = Decimal(0)


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold. `fill` is the value the form may offer for one cell."""

    rule: ValidationRule
    message: str
    severity: str
    indicators: tuple[str, ...]
    gap: Decimal
    fill: tuple[str, Decimal] | None

    @property
    def cell(self) -> str:
        """The figure to look at first: the one the rule solves for, else its last term."""
        return self.rule.solve_for.code if self.rule.solve_for else self.indicators[-1]


def rules_for(unit: Unit, period: Period) -> list[ValidationRule]:
    """Active rules on results that run for this kind of unit in this period, terms prefetched."""
    return rules_by_unit([unit], period)[unit.pk]


def rules_by_unit(units: Sequence[Unit], period: Period) -> dict[int, list[ValidationRule]]:
    """The same of several units (pk). Queries grow with the tiers, not with the units."""
    of_tier = {
        tier: list(with_terms().filter(is_active=True, tiers=tier))
        for tier in {unit.tier_id for unit in units}
    }
    alike: dict[tuple[int, bool], list[ValidationRule]] = {}  # most units share theirs
    for unit in units:
        if (unit.tier_id, unit.is_urban) not in alike:
            alike[unit.tier_id, unit.is_urban] = [
                rule for rule in of_tier[unit.tier_id] if _runs(rule, unit, period)
            ]
    return {unit.pk: alike[unit.tier_id, unit.is_urban] for unit in units}


def with_terms() -> QuerySet[ValidationRule]:
    """Rules with what checking them needs, prefetched."""
    return ValidationRule.objects.select_related("solve_for").prefetch_related(
        Prefetch("terms", RuleTerm.objects.select_related("indicator").order_by("order")),
        "skip_at_breaks",
    )


def _runs(rule: ValidationRule, unit: Unit, period: Period) -> bool:
    if "result" not in rule.measures or is_spared(rule, is_urban=unit.is_urban):
        return False
    return runs_in(rule, period)


def is_spared(rule: ValidationRule, *, is_urban: bool) -> bool:
    """Does the rule leave this kind of unit alone?"""
    return is_urban and rule.applies_to == AppliesTo.COMMUNES


def runs_in(rule: ValidationRule, period: Period) -> bool:
    """Does the rule say anything of this period? Terms and breaks prefetched."""
    if not period.is_year and any(term.offset for term in rule.terms.all()):
        return False
    return not any(moment.breaks_at(period) for moment in rule.skip_at_breaks.all())


def check(rules: Iterable[ValidationRule], values: Values) -> list[Finding]:
    """Return what does not hold, in rule order."""
    findings = (_check_one(rule, values) for rule in rules)
    return [finding for finding in findings if finding is not None]


def _check_one(rule: ValidationRule, values: Values) -> Finding | None:
    terms = [term for term in rule.terms.all() if term.coefficient]
    if not terms:
        return None
    products: list[tuple[RuleTerm, Decimal]] = []
    for term in terms:
        value = values.get((term.indicator.code, term.offset))
        if value is None:
            return None
        products.append((term, term.coefficient * value))
    total = sum((product for _, product in products), ZERO)
    if compares(total, rule.comparator, rule.constant, rule.tolerance):
        return None
    return Finding(
        rule=rule,
        message=_message(rule, products, total, values),
        severity=rule.severity,
        indicators=tuple(term.indicator.code for term in terms if not term.offset),
        gap=abs(total - rule.constant),
        fill=_fill(rule, products, total),
    )


def _solved(
    rule: ValidationRule, products: list[tuple[RuleTerm, Decimal]]
) -> tuple[RuleTerm, Decimal]:
    for term, product in products:
        if term.indicator_id == rule.solve_for_id and not term.offset:
            return term, product
    return products[-1]


def _computed(
    rule: ValidationRule, products: list[tuple[RuleTerm, Decimal]], total: Decimal
) -> Decimal:
    term, product = _solved(rule, products)
    return (rule.constant - (total - product)) / term.coefficient


def _fill(
    rule: ValidationRule, products: list[tuple[RuleTerm, Decimal]], total: Decimal
) -> tuple[str, Decimal] | None:
    if rule.solve_for is None:
        return None
    value = _computed(rule, products, total)
    return (rule.solve_for.code, value) if value >= 0 else None


def _message(
    rule: ValidationRule,
    products: list[tuple[RuleTerm, Decimal]],
    total: Decimal,
    values: Values,
) -> str:
    decimals = max(term.indicator.decimals for term, _ in products)
    left = sum((product for _, product in products if product > 0), ZERO)
    right = -sum((product for _, product in products if product < 0), ZERO) + rule.constant
    names: dict[str, str] = {
        "left": format_number(left, decimals),
        "right": format_number(right, decimals),
        "gap": format_number(abs(total - rule.constant), decimals),
        "computed": format_number(_computed(rule, products, total), decimals),
    }
    for term, _ in products:
        suffix = "_prev" if term.offset else ""
        value = values.get((term.indicator.code, term.offset))
        names[term.indicator.code + suffix] = format_number(value, term.indicator.decimals)
    try:
        return rule.message.format_map(names)
    except (AttributeError, LookupError, ValueError):
        return rule.message  # a slip in the definition must not take the form away


def rules_as_json(rules: Iterable[ValidationRule]) -> list[dict[str, Any]]:
    """The same definitions for the browser; numbers as decimal strings.

    Each: {id, name, severity, message, comparator, constant, tolerance, solve_for,
    terms: [[coefficient, code, offset]], decimals: {code: digits}}.
    """
    return [
        {
            "id": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "message": rule.message,
            "comparator": rule.comparator,
            "constant": _plain(rule.constant),
            "tolerance": _plain(rule.tolerance),
            "solve_for": rule.solve_for.code if rule.solve_for else None,
            "terms": [
                [_plain(term.coefficient), term.indicator.code, term.offset]
                for term in rule.terms.all()
            ],
            "decimals": {term.indicator.code: term.indicator.decimals for term in rule.terms.all()},
        }
        for rule in rules
    ]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
