"""A rule in words: its relation as a formula, and what its message may name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import Comparator
from indicators.models import Indicator, RuleTerm, ValidationRule
from povertyplan.lib.bilingual import is_read_in_english
from povertyplan.lib.numbers import format_number

WORDS = {"left", "right", "gap", "computed"}
"""What a message may name besides the values of its own terms. Source: rules.yaml header."""


def known_names(terms: Iterable[tuple[str, int]]) -> set[str]:
    """What the message of a rule over (code, offset) terms may name. Source: rules.yaml header."""
    return WORDS | {code if offset == 0 else f"{code}_prev" for code, offset in terms}


def named_in(message: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"\{([^{}]*)\}", message)


def has_stray_brace(message: str) -> bool:
    """A brace that belongs to no name would show on the screen."""
    return re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", message)) is not None


def formula(rule: ValidationRule, terms: Sequence[RuleTerm]) -> str:
    """The relation as an official would write it: what is taken off stands on the other side.

    Hộ nghèo đầu kỳ + Hộ tái nghèo = Hộ nghèo cuối kỳ + Hộ thoát nghèo, as in the message
    ({left}, {right}).
    """
    left = [_product(term) for term in terms if term.coefficient > 0]
    right = [_product(term) for term in terms if term.coefficient < 0]
    if rule.constant or not right:
        right.append(plain(rule.constant))
    sign = str(Comparator(rule.comparator).label)
    told = f"{' + '.join(left) or '0'} {sign} {' + '.join(right)}"
    if rule.tolerance:
        told += " " + _("(sai số đến {number})").format(number=plain(rule.tolerance))
    return told


def closing_name(indicator: Indicator) -> str:
    """The name of what stands at the end of the period, without that: Hộ nghèo."""
    return indicator.name.removesuffix(_(" cuối kỳ"))


def counted_words(indicator: Indicator, number: str) -> str:
    """2.827 hộ nghèo: a number with the name of what is counted, the unit of measure said once."""
    name = closing_name(indicator)
    name = name[:1].lower() + name[1:]
    if is_read_in_english() or name.startswith(indicator.unit_of_measure):
        return f"{number} {name}"
    return f"{number} {indicator.unit_of_measure} {name}"


def _product(term: RuleTerm) -> str:
    factor = abs(term.coefficient)
    name = term.indicator.name
    if term.offset == -1:
        name = _("{name} (năm trước)").format(name=name)
    elif term.offset:
        name = _("{name} ({years} năm trước)").format(name=name, years=-term.offset)
    return name if factor == 1 else f"{plain(factor)} × {name}"


def plain(value: Decimal) -> str:
    """A number with the decimals it has: 1.234,5."""
    exponent = value.normalize().as_tuple().exponent
    return format_number(value, max(-exponent, 0) if isinstance(exponent, int) else 0)


def unknown_names(message: str, terms: Iterable[tuple[str, int]]) -> Iterator[str]:
    """The names in a message that no value will ever stand for."""
    known = known_names(terms)
    return (name for name in named_in(message) if name not in known)
