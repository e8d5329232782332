"""What a document says, in words: its name, dates, years and figures."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from plans.enums import TargetComparator
from plans.models import Amendment, Plan, Target
from povertyplan.lib.bilingual import in_words, is_read_in_english, unit_after
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


def section_words(section: str) -> str:
    """Where in a document, as read: III.2.1 gạch đầu dòng 3; the names of places stay."""
    if not is_read_in_english():
        return section
    for pattern, words in (
        (r"gạch đầu dòng (\d+)", _("gạch đầu dòng {n}")),
        (r"đoạn (\d+)", _("đoạn {n}")),
        (r"ý kiến xã ([^,]+)", _("ý kiến xã {n}")),
        (r"^chỉ tiêu(?= )", pgettext("several", "chỉ tiêu")),
        (r"^giải pháp$", _("giải pháp")),
        (r"^Nơi nhận$", _("Nơi nhận")),
    ):
        section = re.sub(pattern, words.replace("{n}", r"\1"), section)
    return section


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


def value_words(said: Target | Amendment) -> str:
    """The stated figure as read: ≥ 10,77 điểm % · 300–350 lượt người · khoảng 500 người."""
    target = said if isinstance(said, Target) else said.target
    number = promise_words(said.comparator, said.value, said.value_min, said.value_max)
    return with_unit(number, target.unit_of_measure)


def promise_words(
    comparator: str, value: Decimal | None, low: Decimal | None, high: Decimal | None
) -> str:
    """The promised number with its comparator, without a unit: ≥ 10,77 · 300–350 · khoảng 500."""
    if comparator == TargetComparator.RANGE:
        return f"{_plain(low)}–{_plain(high)}"
    if comparator == TargetComparator.ABOUT:
        return _("khoảng {number}").format(number=_plain(value))
    return _SIGNS[TargetComparator(comparator)] + _plain(value)


def with_unit(number: str, unit_of_measure: str) -> str:
    """A number with its unit behind it: 55,6% but 10 điểm %."""
    space = "" if unit_of_measure == "%" else " "
    return f"{number}{space}{unit_after(number, unit_of_measure)}"


_ONE_UNIT = pgettext_lazy("one", "đơn vị")  # what `unit_after` finds of it


def of_units() -> str:
    """The unit of measure where units are counted: 8/10 đơn vị."""
    return in_words("đơn vị", pgettext("data", "đơn vị"))


def points() -> str:
    """The unit of measure of two percentages' difference."""
    return in_words("điểm %")


def plan_heading(plan: Plan) -> str:
    """Kind and number; a document without a number is told apart by who issued it."""
    return plan.heading if plan.number else f"{plan.kind} – {plan.issuer}"
