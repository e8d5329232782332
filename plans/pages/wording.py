"""What a document says, in words: its name, dates, years and figures."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from plans.enums import TargetComparator
from plans.models import Plan, Target
from povertyplan.lib.numbers import format_number

_SIGNS = {
    TargetComparator.AT_LEAST: "≥ ",
    TargetComparator.ABOVE: "> ",
    TargetComparator.AT_MOST: "≤ ",
    TargetComparator.BELOW: "< ",
    TargetComparator.EQUAL: "",
}


def day_words(text: str) -> str:
    """Write a date kept as 2021-02-08 or 2021-02 as 08/02/2021 or tháng 02/2021; "" stays ""."""
    parts = text.split("-")
    if len(parts) == 3:
        return "/".join(reversed(parts))
    if len(parts) == 2:
        return _("tháng {month}/{year}").format(month=parts[1], year=parts[0])
    return text


def years_words(year_from: int | None, year_to: int | None) -> str:
    """2021–2025 or năm 2024; "" when the document names no years."""
    if year_from is None or year_to is None:
        return ""
    if year_from == year_to:
        return _("năm {year}").format(year=year_from)
    return f"{year_from}–{year_to}"


def _plain(value: Decimal | None) -> str:
    """A number with the decimals the document gave it."""
    if value is None:
        return "–"
    exponent = value.normalize().as_tuple().exponent
    return format_number(value, max(-exponent, 0) if isinstance(exponent, int) else 0)


def value_words(target: Target) -> str:
    """The stated figure as read: ≥ 10,77 điểm % · 300–350 lượt người · khoảng 500 người."""
    if target.comparator == TargetComparator.RANGE:
        number = f"{_plain(target.value_min)}–{_plain(target.value_max)}"
    elif target.comparator == TargetComparator.ABOUT:
        number = _("khoảng {number}").format(number=_plain(target.value))
    else:
        number = _SIGNS[TargetComparator(target.comparator)] + _plain(target.value)
    space = "" if target.unit_of_measure == "%" else " "
    return f"{number}{space}{target.unit_of_measure}"


def plan_heading(plan: Plan) -> str:
    """Kind and number; a document without a number is told apart by who issued it."""
    return plan.heading if plan.number else f"{plan.kind} – {plan.issuer}"
