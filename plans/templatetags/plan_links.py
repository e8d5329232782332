"""Links that keep what the address already asks for."""

from __future__ import annotations

from django import template
from django.http import QueryDict
from django.utils.http import urlencode

from plans.wording import section_words

register = template.Library()

STANDPOINT = ("nam", "stage", "don-vi")
"""What every plan page understands: year, stage, unit."""


register.filter("section", section_words)


@register.simple_tag
def address(query: QueryDict, *pairs: object) -> str:
    """`?…` of this address with other values: {% address query "nam" 2024 "q" "" %}; "" drops."""
    changed = query.copy()
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if value in ("", None):
            changed.pop(str(key), None)
        else:
            changed[str(key)] = str(value)
    return f"?{changed.urlencode()}" if changed else "?"


@register.simple_tag
def standpoint(query: QueryDict, *pairs: object) -> str:
    """The year, stage and unit of this address for a link to another page, and nothing else."""
    kept = {key: query.get(key, "") for key in STANDPOINT}
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        kept[str(key)] = str(value)
    found = {key: value for key, value in kept.items() if value}
    return f"?{urlencode(found)}" if found else ""
