"""A reported figure beside what was planned for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from indicators.enums import Direction
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number

NEAR = Decimal("0.1")
"""Off the plan by up to a tenth of it: at risk; by more: behind. Source: status vocabulary."""


@dataclass(frozen=True)
class Comparison:
    """`verdict`: met, risk, late; empty where no direction is better. `text`: the distance."""

    verdict: str
    text: str


def better(indicator: Indicator, kind: str) -> str:
    """`h` when a higher figure is better, `l` a lower one, empty when neither. A cut: higher."""
    if kind == "change" or indicator.direction == Direction.HIGHER:
        return "h"
    return "l" if indicator.direction == Direction.LOWER else ""


def in_points(indicator: Indicator) -> bool:
    """Is the distance from the plan told in percentage points?"""
    return indicator.unit_of_measure.startswith("%")


def compare(
    value: Decimal | None, planned: Decimal | None, indicator: Indicator, kind: str
) -> Comparison | None:
    """Judge a figure as it is shown, rounded, so that 99,8 against 99,8 is met.

    None when either is not known.
    """
    if value is None or planned is None:
        return None
    step = Decimal(1).scaleb(-indicator.decimals)
    actual, plan = (number.quantize(step, ROUND_HALF_UP) for number in (value, planned))
    way = better(indicator, kind)
    return Comparison(_verdict(actual, plan, way), _distance(actual, plan, indicator, way))


def _verdict(actual: Decimal, plan: Decimal, way: str) -> str:
    if not way:
        return ""
    short = plan - actual if way == "h" else actual - plan
    if short <= 0:
        return "met"
    return "risk" if short <= NEAR * abs(plan) else "late"


def _distance(actual: Decimal, plan: Decimal, indicator: Indicator, way: str) -> str:
    """−0,5 điểm % · 101,4% · thấp hơn 7."""
    gap = actual - plan
    if in_points(indicator):
        sign = "+" if gap > 0 else ""
        return _("{gap} điểm %").format(gap=sign + format_number(gap, indicator.decimals))
    if way != "l" and plan > 0:
        return f"{format_number(actual * 100 / plan, 1)}%"
    if gap == 0:
        return _("bằng kế hoạch")
    text = _("thấp hơn {gap}") if gap < 0 else _("cao hơn {gap}")
    return text.format(gap=format_number(abs(gap), indicator.decimals))
