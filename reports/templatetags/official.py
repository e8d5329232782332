"""Template filters for numbers and dates as officials write them. Loaded in every template."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from povertyplan.lib.numbers import format_number

register = template.Library()


@register.filter
def number(value: Decimal | int | None, decimals: int = 0) -> str:
    """1.234,50; an en dash when there is no figure."""
    return format_number(None if value is None else Decimal(value), int(decimals))


@register.filter
def breakable(text: str) -> str:
    """triệu đồng/người/năm, which a narrow column may break after a slash, and not in a word."""
    return text.replace("/", "/\u200b")


@register.filter(expects_localtime=True)
def day(value: date | datetime | None) -> str:
    """dd/mm/yyyy; of a moment, the day it was here."""
    return f"{value:%d/%m/%Y}" if value else "–"


@register.filter
def moment(value: datetime | None) -> str:
    """dd/mm/yyyy hh:mm, local time."""
    return f"{timezone.localtime(value):%d/%m/%Y %H:%M}" if value else "–"


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the page's inline sprite, hidden from readers: words stand beside it."""
    return format_html(
        '<svg class="ic" aria-hidden="true" focusable="false"><use href="#i-{}"></use></svg>', name
    )
