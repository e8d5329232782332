"""How a period is named on a tab."""

from __future__ import annotations

from django import template
from django.utils.text import capfirst

from indicators.periods import Period

register = template.Library()


@register.filter
def tab_name(period: Period | str) -> str:
    """2024 for a year; 6 tháng đầu năm 2025 for a part of one. Given it or its code."""
    known = Period.parse(period) if isinstance(period, str) else period
    return known.code if known.is_year else str(capfirst(known.label))
