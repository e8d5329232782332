"""What the pages of the rulebook show. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from communes.models import Tier
from indicators.checks import Finding, check, with_terms
from indicators.enums import AppliesTo, Severity
from indicators.models import RuleTerm, ValidationRule
from indicators.rulemaking import CHANGED
from indicators.wording import formula, plain

SHOWN_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty strings ask for everything."""

    words: str = ""
    severity: str = ""
    active: str = ""

    def keeps(self, line: Line) -> bool:
        if self.severity and line.rule.severity != self.severity:
            return False
        if self.active and line.rule.is_active != (self.active == "on"):
            return False
        text = f"{line.rule.name} {line.formula} {line.rule.message} {line.rule.source}".casefold()
        return all(word in text for word in self.words.casefold().split())


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in words."""

    rule: ValidationRule
    formula: str
    tiers: tuple[Tier, ...]

    @property
    def is_error(self) -> bool:
        return self.rule.severity == Severity.ERROR

    @property
    def is_rural(self) -> bool:
        return self.rule.applies_to == AppliesTo.COMMUNES


@dataclass(frozen=True, slots=True)
class RuleList:
    """The rules that a filter keeps, in their order; `total` and `active` count all."""

    lines: list[Line]
    total: int
    active: int
    filter: Filter


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a rule, when, and what: [(field, before, after)]; empty for what made it."""

    by: str
    at: datetime
    what: tuple[tuple[str, str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One term: which figure, and how a message names it."""

    name: str
    placeholder: str
    unit_of_measure: str
    coefficient: str
    is_last_year: bool


@dataclass(frozen=True, slots=True)
class RulePage:
    line: Line
    figures: list[Figure]
    breaks: list[str]
    example: str
    changes: list[Change]


def rule_list(wanted: Filter) -> RuleList:
    """Every rule that the filter keeps. A fixed number of queries."""
    lines = [_line(rule) for rule in with_terms().prefetch_related("tiers")]
    return RuleList(
        lines=[line for line in lines if wanted.keeps(line)],
        total=len(lines),
        active=sum(line.rule.is_active for line in lines),
        filter=wanted,
    )


def _line(rule: ValidationRule) -> Line:
    tiers = sorted(rule.tiers.all(), key=lambda tier: -tier.rank)
    return Line(rule, formula(rule, _terms(rule)), tuple(tiers))


def _terms(rule: ValidationRule) -> list[RuleTerm]:
    return [term for term in rule.terms.all() if term.coefficient]


def find_rule(code: str) -> ValidationRule | None:
    return with_terms().prefetch_related("tiers").filter(code=code).first()


def rule_page(rule: ValidationRule) -> RulePage:
    """One rule with its terms, an example of its message, and what was changed of it."""
    return RulePage(
        line=_line(rule),
        figures=[_figure(term) for term in _terms(rule)],
        breaks=[str(moment) for moment in rule.skip_at_breaks.all()],
        example=example_of(rule),
        changes=list(_changes(rule)),
    )


def _figure(term: RuleTerm) -> Figure:
    code = term.indicator.code + ("_prev" if term.offset else "")
    return Figure(
        name=term.indicator.name,
        placeholder=f"{{{code}}}",
        unit_of_measure=term.indicator.unit_of_measure,
        coefficient=plain(term.coefficient),
        is_last_year=term.offset != 0,
    )


# -- an example -----------------------------------------------------------------------------------


def example_of(rule: ValidationRule) -> str:
    """The message as an officer would read it, over made-up figures that break the rule.

    Empty when no such figures come to mind.
    """
    terms = _terms(rule)
    for more, less in ((120, 35), (35, 120), (130, 120), (0, 0), (1000, 1000)):
        values = {
            (term.indicator.code, term.offset): Decimal(more if term.coefficient > 0 else less)
            + place
            for place, term in enumerate(terms)
        }
        found: list[Finding] = check([rule], values)
        if found:
            return found[0].message
    return ""


# -- what was changed -----------------------------------------------------------------------------


def _changes(rule: ValidationRule) -> Iterator[Change]:
    """The latest first. One query."""
    kept: list[Any] = list(
        rule.history.select_related("history_user").order_by("-history_id")[: SHOWN_CHANGES + 1]
    )
    for after, before in zip(kept, [*kept[1:], None], strict=True):
        what = tuple(_differences(before, after)) if before is not None else ()
        if before is None and after.history_type != "+":
            continue  # what it was compared with is further back than is shown
        if what or after.history_type == "+":
            by = str(after.history_user or "")
            yield Change(by, after.history_date, what, after.history_change_reason or "")


def _differences(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    for name in CHANGED:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            label = str(ValidationRule._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            yield label, _said(name, was), _said(name, now)


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("đang dùng") if value else _("đang tắt")
    if isinstance(value, Decimal):
        return plain(value)
    if name == "severity":
        return str(Severity(value).label)
    return str(value)


def tiers_of(rule: ValidationRule) -> Iterable[Tier]:
    """Where the rule runs, from the lowest."""
    return _line(rule).tiers
