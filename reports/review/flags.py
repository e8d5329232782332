"""Marks that ask a reviewer to look twice. A flag is a question, never a refusal.

Source: indicators.yaml header (soft limits), design language (flags of the review row).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from indicators.enums import Severity
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number
from reports.returns import Row

TWICE = Decimal(2)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Flag:
    """A short mark, and the sentence that gives the arithmetic."""

    label: str
    detail: str
    is_error: bool = False


def flags_of(row: Row, *, is_comparable: bool) -> list[Flag]:
    """Every flag of one line: rules first, then what looks odd beside last year and the plan.

    `is_comparable` is False in the first year of a new standard: then last year is not looked at.
    """
    found = [
        Flag(finding.rule.name, finding.message, finding.severity == Severity.ERROR)
        for finding in row.findings
    ]
    if row.value is None or row.kind == "change":
        return found
    previous = row.previous if is_comparable else None
    odd = [
        _zero(row.indicator, row.value, previous),
        _jump(row.indicator, row.value, previous),
        _outside(row.indicator, row.value),
        _far_over_plan(row.indicator, row.value, row.planned),
    ]
    return found + [flag for flag in odd if flag is not None]


def _zero(indicator: Indicator, value: Decimal, previous: Decimal | None) -> Flag | None:
    if value != 0 or not previous:
        return None
    return Flag(
        _("Bằng 0"),
        _("Bằng 0, trong khi năm trước là {previous} {unit}.").format(
            previous=format_number(previous, indicator.decimals), unit=indicator.unit_of_measure
        ),
    )


def _limit(limits: dict[str, Any], key: str) -> Decimal | None:
    return None if limits.get(key) is None else Decimal(str(limits[key]))


def _jump(indicator: Indicator, value: Decimal, previous: Decimal | None) -> Flag | None:
    """A move beyond the indicator's own limit; a zero after non-zero has its own flag."""
    if previous is None or value == 0:
        return None
    change = value - previous
    points = _limit(indicator.soft_limits, "change_points")
    if points is not None and abs(change) > points:
        return _changed(indicator, change, _("{limit} điểm").format(limit=format_number(points)))
    percent = _limit(indicator.soft_limits, "change_pct")
    least = _limit(indicator.soft_limits, "change_min_abs") or Decimal(0)
    if percent is None or abs(change) < least or not previous:
        return None
    if abs(change) * HUNDRED > percent * abs(previous):
        return _changed(indicator, change, f"{format_number(percent)}%")
    return None


def _changed(indicator: Indicator, change: Decimal, limit: str) -> Flag:
    verb = _("Tăng") if change > 0 else _("Giảm")
    by = f"{format_number(abs(change), indicator.decimals)} {indicator.unit_of_measure}"
    return Flag(
        _("Thay đổi lớn"),
        _("{verb} {by} so với năm trước, quá ngưỡng hỏi lại {limit}.").format(
            verb=verb, by=by, limit=limit
        ),
    )


def _outside(indicator: Indicator, value: Decimal) -> Flag | None:
    low, high = _limit(indicator.soft_limits, "min"), _limit(indicator.soft_limits, "max")
    if high is not None and value > high:
        limit = format_number(high, indicator.decimals)
        return Flag(_("Cao bất thường"), _("Thường không quá {limit}.").format(limit=limit))
    if low is not None and value < low:
        limit = format_number(low, indicator.decimals)
        return Flag(_("Thấp bất thường"), _("Thường từ {limit} trở lên.").format(limit=limit))
    return None


def _far_over_plan(indicator: Indicator, value: Decimal, planned: Decimal | None) -> Flag | None:
    if not planned or value <= planned * TWICE:
        return None
    return Flag(
        _("Gấp đôi kế hoạch"),
        _("Kế hoạch là {planned}.").format(planned=format_number(planned, indicator.decimals)),
    )
