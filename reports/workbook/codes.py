"""Check codes that stand in a sheet, wherever an office's own form has them."""

from __future__ import annotations

import re

from povertyplan.lib.errors import DomainError
from reports.annexes.checking import CheckCode, read_code
from reports.workbook.headings import Grid

_LIKE_A_CODE = re.compile(r"[^\s/]+(?:/[^\s/]+){3}/[0-9A-Za-z-]+")


def codes_in(grid: Grid) -> list[CheckCode]:
    """The codes of a sheet whose check sign is right; a mistyped or altered one tells nothing."""
    found = []
    for cell in grid.sheet.cells.values():
        for match in _LIKE_A_CODE.finditer(cell.value) if isinstance(cell.value, str) else ():
            try:
                found.append(read_code(match[0]))
            except DomainError:
                continue
    return found
