"""Figures in words: a number in its indicator's decimals, a choice, an answer without a number."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from indicators.enums import Answer, ValueType
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number


def figure_text(indicator: Indicator, value: Decimal | None) -> str:
    """A number in the indicator's decimals; a yes/no question in words; an en dash for none."""
    if value is not None and indicator.value_type == ValueType.YES_NO:
        return _("Đạt") if value else _("Chưa đạt")
    return format_number(value, indicator.decimals)


def answer_text(indicator: Indicator, answer: str, value: Decimal | None) -> str:
    """As above, and the answers that stand in place of a number."""
    if answer and Answer(answer).is_excuse:
        return str(capfirst(Answer(answer).label))
    return figure_text(indicator, value)


def kept_text(indicator: Indicator, kept: str) -> str:
    """A figure that `plain` has kept in an event or a comment; anything else stays as it is."""
    if kept in (Answer.NOT_APPLICABLE, Answer.NO_DATA):
        return answer_text(indicator, kept, None)
    try:
        return figure_text(indicator, Decimal(kept) if kept else None)
    except InvalidOperation:
        return kept
