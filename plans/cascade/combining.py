"""Putting the planned figures of units together by the indicator's own aggregation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from indicators.enums import Aggregation, Direction, IndicatorKind
from indicators.models import Indicator
from plans.cascade.shares import ONE, ZERO, mean
from plans.enums import PlannedMeasure
from plans.evaluators import Better
from plans.wording import of_units, points


class Manner(StrEnum):
    """How figures of several units become one."""

    SUM = "sum"
    WEIGHTED = "weighted"
    MEAN = "mean"
    COUNT = "count"
    NONE = "none"


_BY_AGGREGATION = {
    Aggregation.SUM: Manner.SUM,
    Aggregation.WEIGHTED_MEAN: Manner.WEIGHTED,
    Aggregation.MEAN_OF_UNITS: Manner.MEAN,
    Aggregation.NONE: Manner.NONE,
}
_BETTER = {
    Direction.LOWER: Better.LOWER,
    Direction.HIGHER: Better.HIGHER,
    Direction.NONE: Better.NEARER,
}


def manner_of(indicator: Indicator) -> Manner:
    """How this indicator's figures are put together: counts add, rates by their denominators."""
    if indicator.kind == IndicatorKind.SHARE_OF_UNITS:
        return Manner.COUNT
    if indicator.kind == IndicatorKind.RATIO:
        return Manner.WEIGHTED
    return _BY_AGGREGATION[Aggregation(indicator.aggregation)]


def adds_up(indicator: Indicator) -> bool:
    """Do the parts of a figure add up to it, so that something can remain?"""
    return manner_of(indicator) in {Manner.SUM, Manner.COUNT}


def better_of(indicator: Indicator, measure: str) -> Better:
    """Which way a planned figure is better; of a change, the larger in the good direction."""
    found = _BETTER[Direction(indicator.direction)]
    if measure == PlannedMeasure.CHANGE_POINTS and found is not Better.NEARER:
        return Better.HIGHER
    return found


def decimals_of(indicator: Indicator) -> int:
    """Places of a planned figure; units are counted whole."""
    return 0 if manner_of(indicator) is Manner.COUNT else indicator.decimals


def unit_words(indicator: Indicator, measure: str) -> str:
    """The unit of a planned figure; the change of a rate in per cent is in points."""
    if manner_of(indicator) is Manner.COUNT:
        return indicator.count_unit or of_units()
    is_change = measure == PlannedMeasure.CHANGE_POINTS
    if is_change and indicator.unit_of_measure == "%":
        return points()
    return indicator.unit_of_measure


@dataclass(frozen=True, slots=True)
class Base:
    """What a unit weighs: its denominator (households, people), or how many units it counts for.

    `year` is the one the figure is of; `is_partial` where not every unit below had reported it.
    """

    value: Decimal
    year: int
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Combined:
    """The figures of `count` of `of` units put together; None when that cannot be done.

    `missing` (no figure) and `without_base` (a figure, no denominator) are unit pks: neither is
    taken for zero. `share`: counted units over all of theirs, times the indicator's scale.
    `base_years`: the years of the denominators. `reason`: why there is no figure.
    """

    manner: Manner
    value: Decimal | None
    count: int
    of: int
    missing: tuple[int, ...] = ()
    without_base: tuple[int, ...] = ()
    base_years: tuple[int, ...] = ()
    share: Decimal | None = None
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        return self.of > 0 and self.count == self.of


def combine(
    indicator: Indicator,
    planned: Mapping[int, Decimal | None],
    bases: Mapping[int, Base],
) -> Combined:
    """Put planned figures (by unit pk, None = none) together; value unrounded.

    Sums add; rates and weighted means weigh by `bases`; a simple mean is over the units that
    have a figure; units that meet a condition are counted. Source: indicators.yaml header.
    """
    manner = manner_of(indicator)
    missing = tuple(pk for pk, value in planned.items() if value is None)
    known = {pk: value for pk, value in planned.items() if value is not None}
    needs_base = manner in {Manner.WEIGHTED, Manner.COUNT}
    without_base = tuple(pk for pk in known if needs_base and not _weighs(bases.get(pk)))
    used = {pk: value for pk, value in known.items() if pk not in without_base}
    value, share = _put_together(indicator, manner, used, bases)
    return Combined(
        manner=manner,
        value=value,
        count=len(used),
        of=len(planned),
        missing=missing,
        without_base=without_base,
        base_years=tuple(sorted({bases[pk].year for pk in used})) if needs_base else (),
        share=share,
        reason=_reason(manner, planned, used, known),
    )


def _weighs(base: Base | None) -> bool:
    return base is not None and base.value > 0


def _put_together(
    indicator: Indicator, manner: Manner, used: dict[int, Decimal], bases: Mapping[int, Base]
) -> tuple[Decimal | None, Decimal | None]:
    if not used or manner is Manner.NONE:
        return None, None
    values = list(used.values())
    if manner is Manner.WEIGHTED:
        return mean(values, [bases[pk].value for pk in used]), None
    if manner is Manner.MEAN:
        return mean(values, [ONE] * len(values)), None
    total = sum(values, ZERO)
    if manner is Manner.SUM:
        return total, None
    return total, total * indicator.scale / sum((bases[pk].value for pk in used), ZERO)


def _reason(
    manner: Manner,
    planned: Mapping[int, Decimal | None],
    used: Mapping[int, Decimal],
    known: Mapping[int, Decimal],
) -> str:
    if not planned:
        return _("Không có đơn vị cấp dưới nào thực hiện chỉ tiêu này.")
    if manner is Manner.NONE:
        return _("Chỉ tiêu này xem ở từng đơn vị, không cộng hay lấy bình quân được.")
    if not known:
        return _("Chưa đơn vị cấp dưới nào có mức giao.")
    if not used:
        return _("Chưa có mẫu số của đơn vị nào nên chưa ghép được tỷ lệ.")
    return ""
