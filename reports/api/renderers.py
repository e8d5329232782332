"""Lists of the API as a CSV file that Excel opens with its letters intact."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from povertyplan.lib.formulas import no_formula

_SEPARATOR = "; "


class CsvRenderer(BaseRenderer):
    """The items of a list, one a row; UTF-8 with a mark, point for decimals, lists joined by “; ”.

    Fields that hold items themselves are left out.
    """

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        rows = data["results"] if "results" in data else data["errors"]
        out = io.StringIO()
        if rows:
            names = [name for name, value in rows[0].items() if not _holds_items(name, value)]
            writer = csv.DictWriter(out, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({name: _cell(row.get(name)) for name in names} for row in rows)
        return out.getvalue().encode("utf-8-sig")


def _holds_items(name: str, value: Any) -> bool:
    return name == "members" or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = _SEPARATOR.join(str(part) for part in value)
    text = str(value)
    return text if _is_number(text) else no_formula(text)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
