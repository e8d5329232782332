"""Check codes that stand in a sheet, wherever an office's own form has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from povertyplan.lib.errors import DomainError
from reports.annexes.checking import CheckCode, read_code
from reports.workbook.headings import Grid

_LIKE_A_CODE = re.compile(r"[^\s/]+(?:/[^\s/]+){3}/[0-9A-Za-z-]+")


_SHAPED = re.compile(
    r"[^/]+/[^/]+/[0-9OIL]{4}[^/]*/[TC][-.]?[1-9IL]/(?:-?[0-9A-Z]){7,11}", re.IGNORECASE
)
"""Year, stage, digest and sign: what no number of a document looks like."""


def codes_in(grid: Grid) -> list[CheckCode]:
    """The codes of a sheet whose check sign is right; a mistyped or altered one tells nothing."""
    return [code for _text, code in _read(grid) if code is not None]


def wrong_codes_in(grid: Grid) -> list[str]:
    """What has the shape of a code and none that is right, each once, as it is written."""
    wrong = (text for text, code in _read(grid) if code is None and _SHAPED.fullmatch(text))
    return list(dict.fromkeys(wrong))


def _read(grid: Grid) -> Iterator[tuple[str, CheckCode | None]]:
    for cell in grid.sheet.cells.values():
        for match in _LIKE_A_CODE.finditer(cell.value) if isinstance(cell.value, str) else ():
            try:
                yield match[0], read_code(match[0])
            except DomainError:
                yield match[0], None
