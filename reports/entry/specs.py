"""What the form's script knows of each line: what stands, once an edition; what is its own.

What the catalogue says goes with the rules and is kept by the browser. What only this return can
know stands on the line itself, beside the numbers the page shows; the script reads those.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from indicators.bands import Band, Question, band_of_history
from indicators.enums import ValueType
from povertyplan.lib.bilingual import unit_after
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import format_number, parse_number
from reports.returns import Row, plain
from reports.returns.comparison import better, in_points

FINEST = Decimal("0.000001")
"""The script counts in millionths; what lies beyond them is cut off there too."""


def spec_of(row: Row) -> dict[str, Any]:
    """What the catalogue says of a line. Numbers as text; what is empty is left out."""
    indicator = row.indicator
    told: dict[str, Any] = {
        "unit": indicator.unit_of_measure,
        "decimals": indicator.decimals,
        "min": plain("value", indicator.hard_min),
        "max": plain("value", indicator.hard_max),
        "better": better(indicator, row.kind),
        "points": in_points(indicator),
        "soft": {} if row.kind == "change" else _soft(indicator.soft_limits),
        **_terms(row),
    }
    return {key: value for key, value in told.items() if value not in ("", False, 0, {})}


def _soft(limits: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in limits.items() if value is not None}


def _terms(row: Row) -> dict[str, Any]:
    if row.kind == "ratio":
        return {
            "above": row.numerator,
            "below": row.denominator,
            "scale": plain("value", row.indicator.scale),
        }
    if row.kind == "change" and row.indicator.opening_indicator:
        return {"opening": row.indicator.opening_indicator.code, "closing": row.indicator.code}
    return {}


def own_of(row: Row) -> str:
    """What only this return knows of a line, as words of parts: h:4:590:612 n:15:−3:8:540:640 x.

    `p`, `k`, `v`: last year's, planned and locked figure where the page shows fewer digits or
    words; `x`: last year's is of another series; `h`: years, lowest, highest, and the bounds where
    they are not those of these three; `n`: neighbours, their moves in percent, the bounds.
    """
    parts = [
        _exact("p", row.previous if row.kind != "change" else None, row),
        _exact("k", row.planned, row),
        _exact("v", row.value if row.is_locked else None, row),
        "" if row.is_comparable else "x",
        *(_band(band, row) for band in row.bands),
    ]
    return " ".join(part for part in parts if part)


def _exact(name: str, value: Decimal | None, row: Row) -> str:
    if value is None or _read(format_number(value, row.indicator.decimals), row) == value:
        return ""
    return f"{name}:{plain('value', value.quantize(FINEST, ROUND_DOWN))}"


def _read(text: str, row: Row) -> Decimal | None:
    """What the script reads where the page shows `text`; a choice is shown in words."""
    try:
        is_choice = row.indicator.value_type == ValueType.YES_NO
        return None if is_choice else parse_number(text, row.indicator.decimals)
    except DomainError:
        return None


def _band(band: Band, row: Row) -> str:
    if band.question == Question.HISTORY:
        return _history(band, row)
    if band.question == Question.NEIGHBOURS:
        told = (band.values[key] for key in ("count", "low", "high"))
        return ":".join(["n", *told, plain("value", band.low), plain("value", band.high)])
    return ""


def _history(band: Band, row: Row) -> str:
    low = band.values["low"]
    unit = row.indicator.unit_of_measure
    high = band.values["high"].removesuffix(f" {unit}").removesuffix(f" {unit_after('1', unit)}")
    count = int(band.values["count"])
    told = f"h:{count}:{low}:{high}"
    lowest, highest = _read(low, row), _read(high, row)
    if lowest is not None and highest is not None:
        same = band_of_history(row.indicator, [lowest, *[highest] * (count - 1)])
        if same == band:
            return told
    return f"{told}:{plain('value', band.low)}:{plain('value', band.high)}"
