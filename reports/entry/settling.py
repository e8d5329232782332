"""Two who wrote in one cell, or one person in two windows: nothing of either is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from communes.models import Official
from indicators.enums import Answer
from reports.history import answers_at
from reports.returns import Return

if TYPE_CHECKING:
    from reports.entry.forms import Line


def settle(current: Return, typed: Sequence[Line], data: Mapping[str, str], by: Official) -> None:
    """Find the lines that were changed elsewhere since they were read; a person decides.

    By somebody else, or by the same person in another window. Changed there only: that stands.
    Changed in both: both are shown.
    """
    versions = {line.code: _version(data, line) for line in typed}
    stale = [line for line in typed if line.is_changed and versions[line.code] != line.row.version]
    before = answers_at(
        current.unit,
        current.period,
        {line.row.indicator.pk: versions[line.code] for line in stale},
    )
    for line in stale:
        if line.told == before.get(line.row.indicator.pk, (Answer.MISSING, None, "")):
            line.take_stored()
        else:
            _choose(line, data, by)


def _version(data: Mapping[str, str], line: Line) -> int:
    """`version-<code>`, else the word for it in `versions`; 0 for a figure not stored then."""
    text = data.get(f"version-{line.code}") or _versions(data.get("versions", "")).get(
        line.code, ""
    )
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


@lru_cache(maxsize=1)
def _versions(text: str) -> dict[str, str]:
    pairs = (word.partition(":") for word in text.split())
    return {code: version for code, _colon, version in pairs}


def _choose(line: Line, data: Mapping[str, str], by: Official) -> None:
    choice = data.get(f"choice-{line.code}")
    if data.get(f"seen-{line.code}") != str(line.row.version) or choice not in {"mine", "theirs"}:
        line.is_conflict = True
        line.error = (
            _("Đồng chí đã sửa ô này ở cửa sổ khác. Chọn số cần giữ.")
            if line.row.entered_by_id == by.pk
            else _("Người khác vừa sửa ô này. Chọn số cần giữ.")
        )
    elif choice == "theirs":
        line.take_stored()
