"""Pages without the indentation of their templates: it packs badly, a tenth of a page's weight."""

from __future__ import annotations

import re

from django.http import HttpResponse

_INDENTED = re.compile(rb"\s*\n\s*")


def slim(page: HttpResponse) -> HttpResponse:
    """One newline for every run of white space that holds one: HTML reads both as a space.

    Not for pages with `pre` or `textarea`, where white space is text.
    """
    page.content = _INDENTED.sub(b"\n", page.content)
    return page
