"""A block of a template sent without the line breaks and indents that only its author needs."""

from __future__ import annotations

import re

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_BREAK = re.compile(r"\s*\n\s*")
_AROUND_TAGS = re.compile(r"(?<=>)\s*\n\s*(?=<)|(?<=\")\s*\n\s*(?=>)")


@register.tag
def tight(parser: Parser, _token: Token) -> TightNode:
    """{% tight %} … {% endtight %}: a line break between tags goes, elsewhere it is one space.

    Not for text whose breaks are shown.
    """
    nodelist = parser.parse(("endtight",))
    parser.delete_first_token()
    return TightNode(nodelist)


class TightNode(template.Node):
    """What stands between the tags, on one line."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        return mark_safe(_BREAK.sub(" ", _AROUND_TAGS.sub("", self.nodelist.render(context))))  # noqa: S308
