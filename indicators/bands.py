"""Where a figure would be no surprise. Outside it people are asked about it, never refused.

One definition serves the form, the browser, the sending and the reviewer's desk. A change is
looked at only where last year's figure compares (no break of the series between).
Source: indicators.yaml header (soft); design language (flags of the review row).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from povertyplan.lib.bilingual import unit_after
from povertyplan.lib.numbers import format_number

HUNDRED = Decimal(100)
FEWEST_YEARS = 3
FEWEST_NEIGHBOURS = 5
MOST_OVER_PLAN = Decimal(2)
NARROWEST = Decimal("0.1")
"""The least room given around figures that hardly differ: a tenth."""


class Question(TextChoices):
    """What is odd about a figure outside the band."""

    ZERO = "zero", _("Bằng 0")
    CHANGE = "change", _("Thay đổi lớn")
    HIGH = "high", _("Cao bất thường")
    LOW = "low", _("Thấp bất thường")
    OVER_PLAN = "plan", _("Gấp đôi kế hoạch")
    HISTORY = "history", _("Khác các năm trước")
    NEIGHBOURS = "near", _("Khác các đơn vị bên cạnh")


DETAILS = {
    Question.ZERO: _("Năm trước là {previous}."),
    Question.CHANGE: _("Năm trước là {previous}; quá ngưỡng hỏi lại {limit}."),
    Question.HIGH: _("Thường không quá {limit}."),
    Question.LOW: _("Thường từ {limit} trở lên."),
    Question.OVER_PLAN: _("Kế hoạch là {planned}."),
    Question.HISTORY: _("{count} năm trước từ {low} đến {high}."),
    Question.NEIGHBOURS: _(
        "Phần lớn {count} đơn vị bên cạnh thay đổi từ {low}% đến {high}% so với năm trước."
    ),
}
NEED_A_REASON = frozenset({Question.CHANGE, Question.HIGH, Question.LOW})
"""The indicator's own soft limits; what only looks odd beside others is no more than asked."""
ALIKE = frozenset({Question.ZERO, Question.CHANGE, Question.HISTORY, Question.NEIGHBOURS})
"""Each says that the figure is unlike others; of several the first is enough."""


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` to `high`, both included; None is open. `values` fill the sentence."""

    question: Question
    low: Decimal | None = None
    high: Decimal | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return str(self.question.label)

    @property
    def detail(self) -> str:
        return str(DETAILS[self.question]).format(**self.values)

    @property
    def needs_reason(self) -> bool:
        return self.question in NEED_A_REASON

    def holds(self, value: Decimal) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def unmet(bands: Iterable[Band], value: Decimal | None) -> list[Band]:
    """The bands that ask about `value`, in their order."""
    if value is None:
        return []
    found = [band for band in bands if not band.holds(value)]
    unlike = [band for band in found if band.question in ALIKE]
    return [band for band in found if band not in unlike[1:]]


def bands_of(
    indicator: Indicator, *, previous: Decimal | None, planned: Decimal | None
) -> list[Band]:
    """What the indicator's soft limits, last year's figure and the plan lead one to expect.

    `previous` None: not known, or not to be compared with.
    """
    return [*_after(indicator, previous), *_limits(indicator), *_plan(indicator, planned)]


def _limit(limits: dict[str, Any], key: str) -> Decimal | None:
    return None if limits.get(key) is None else Decimal(str(limits[key]))


def _step(indicator: Indicator) -> Decimal:
    return Decimal(1).scaleb(-indicator.decimals)


def _with_unit(indicator: Indicator, value: Decimal) -> str:
    number = format_number(value, indicator.decimals)
    return f"{number} {unit_after(number, indicator.unit_of_measure)}"


def _after(indicator: Indicator, previous: Decimal | None) -> Iterable[Band]:
    if previous is None:
        return
    before = _with_unit(indicator, previous)
    if previous > 0:
        low = min(_step(indicator), previous)
        yield Band(Question.ZERO, low=low, values={"previous": before})
    points = _limit(indicator.soft_limits, "change_points")
    if points is not None:
        limit = str(_("{limit} điểm")).format(limit=format_number(points))
        yield _change(before, limit, previous, points)
    percent = _limit(indicator.soft_limits, "change_pct")
    if percent is not None and previous:
        # A change below the least that counts is no change, whatever its share.
        least = _limit(indicator.soft_limits, "change_min_abs") or Decimal(0)
        half = max(percent * abs(previous) / HUNDRED, least - _step(indicator))
        yield _change(before, f"{format_number(percent)}%", previous, half)


def _change(before: str, limit: str, previous: Decimal, half: Decimal) -> Band:
    values = {"previous": before, "limit": limit}
    return Band(Question.CHANGE, previous - half, previous + half, values)


def _limits(indicator: Indicator) -> Iterable[Band]:
    low, high = _limit(indicator.soft_limits, "min"), _limit(indicator.soft_limits, "max")
    if high is not None:
        values = {"limit": format_number(high, indicator.decimals)}
        yield Band(Question.HIGH, high=high, values=values)
    if low is not None:
        values = {"limit": format_number(low, indicator.decimals)}
        yield Band(Question.LOW, low=low, values=values)


def _plan(indicator: Indicator, planned: Decimal | None) -> Iterable[Band]:
    if planned and planned > 0:
        values = {"planned": _with_unit(indicator, planned)}
        yield Band(Question.OVER_PLAN, high=planned * MOST_OVER_PLAN, values=values)


# -- against what the unit and its neighbours have told --------------------------------------------


def band_of_history(indicator: Indicator, told: Sequence[Decimal]) -> Band | None:
    """The unit's own earlier figures, with as much room again on either side.

    `told`: of years that compare, in any order; None with fewer than three.
    """
    if len(told) < FEWEST_YEARS:
        return None
    low, high = min(told), max(told)
    room = max(high - low, NARROWEST * abs(high), _step(indicator))
    values = {
        "count": str(len(told)),
        "low": format_number(low, indicator.decimals),
        "high": _with_unit(indicator, high),
    }
    return Band(Question.HISTORY, low - room, high + room, values)


def band_of_neighbours(
    indicator: Indicator, previous: Decimal | None, pairs: Sequence[tuple[Decimal, Decimal]]
) -> Band | None:
    """How the figures of units nearby moved since last year, carried over to this one's.

    `pairs`: (last year's, this year's) of each; those that had nothing last year say nothing.
    None with fewer than five. The middle half of the moves, with as much room again on either
    side, is no surprise; nor is a handful, where counts are small.
    """
    moves = sorted((now - before) / before for before, now in pairs if before > 0)
    if previous is None or previous <= 0 or len(moves) < FEWEST_NEIGHBOURS:
        return None
    first, last = moves[len(moves) // 4], moves[-1 - len(moves) // 4]
    room = max(last - first, NARROWEST)
    slack = max(5 * _step(indicator), NARROWEST * previous)
    values = {
        "count": str(len(moves)),
        "low": format_number(first * HUNDRED),
        "high": format_number(last * HUNDRED),
    }
    low = min(previous * (1 + first - room), previous - slack)
    high = max(previous * (1 + last + room), previous + slack)
    step = _step(indicator)
    return Band(Question.NEIGHBOURS, low.quantize(step), high.quantize(step), values)
