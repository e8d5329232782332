"""Numbers as Vietnamese officials write them: 1.234,5 on screen, Decimal inside.

Source: Decree 30/2020 practice as seen in the plans (1.292; 94,75%).
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from povertyplan.lib.errors import DomainError

MINUS = "\u2212"
MAX_WHOLE_DIGITS = 18
"""More than any figure needs; with its decimals still inside Decimal's precision."""

# No thousand is written with a leading nought: 0.125 is a decimal pasted from a workbook.
_GROUPED = re.compile(r"^(?!0)[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?$")
_PLAIN = re.compile(r"^[0-9]+(?:,[0-9]+)?$")
_POINT = re.compile(r"^[0-9]+\.[0-9]+$")
# Spaces only where they part thousands: “12 34” is two cells pasted into one, not 1234.
_SPACES = re.compile(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}(?![0-9]))")


def whole_key(text: str) -> int | None:
    """A number of a row as pages send it back, at most nine digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def format_number(value: Decimal | None, decimals: int = 0, missing: str = "–") -> str:
    """Return `value` rounded half up to `decimals`, as 1.234,50; `missing` when it is None."""
    if value is None:
        return missing
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return f"{MINUS}{text}" if rounded < 0 else text


def parse_number(text: str, decimals: int = 0) -> Decimal:
    """Read a typed or pasted number: 1234 · 1.234 · 1.234,5 · 1234,5 · 33.4 (where decimals exist).

    A point followed by exactly three digits is a thousands separator. With
    `decimals`, any other single point is read as a decimal point, as pasted from
    a workbook with English settings. Raises DomainError with the expected form.
    """
    cleaned = _SPACES.sub("", text.strip())
    negative = cleaned[:1] in {"-", MINUS}
    body = cleaned[1:].lstrip() if negative else cleaned
    if _GROUPED.match(body) or _PLAIN.match(body):
        plain = body.replace(".", "").replace(",", ".")
    elif decimals and _POINT.match(body):
        plain = body
    else:
        example = "1.234,5" if decimals else "1.234"
        raise DomainError(
            _("“{text}” không phải là số. Ghi dạng {example}, không kèm đơn vị.").format(
                text=text.strip(), example=example
            )
        )
    if len(plain.partition(".")[0]) > MAX_WHOLE_DIGITS:
        raise DomainError(
            _("“{text}…” quá dài so với một số liệu. Kiểm tra lại.").format(text=text.strip()[:30])
        )
    value = Decimal(plain)
    if value != value.quantize(Decimal(1).scaleb(-decimals)):
        words = (
            _("“{text}” có quá nhiều chữ số lẻ; chỉ tiêu này ghi {decimals} chữ số thập phân.")
            if decimals
            else _("“{text}” có quá nhiều chữ số lẻ; chỉ tiêu này ghi số nguyên.")
        )
        raise DomainError(words.format(text=text.strip(), decimals=decimals))
    return -value if negative else value
