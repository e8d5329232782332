"""Figures as decimal strings: exact, a point for decimals, no exponent, no idle zeros."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

RATIO_DECIMALS = 6


def plain(value: Decimal) -> str:
    """1200 · 0.5 · -3."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def rounded(value: Decimal) -> Decimal:
    """A quotient to six decimals, half up: as many as the database keeps of a figure."""
    with localcontext(prec=60):
        return value.quantize(Decimal(1).scaleb(-RATIO_DECIMALS), rounding=ROUND_HALF_UP)
