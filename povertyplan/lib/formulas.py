"""Text for files that a spreadsheet opens."""

from __future__ import annotations

_STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""The wide signs are read as the narrow ones where Excel is set to an East Asian language."""


def no_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a name is never run."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
