"""Proposals for a split, and what is left of the total after one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.models import Indicator
from indicators.recording import value_problem
from plans.cascade.combining import (
    Combined,
    Manner,
    adds_up,
    better_of,
    combine,
    decimals_of,
    unit_words,
)
from plans.cascade.ground import Ground, Standing
from plans.cascade.shares import (
    ONE,
    ZERO,
    is_as_good,
    split_by,
    split_equally,
    spread_change,
    spread_level,
)
from plans.enums import AllocationMethod, PlannedMeasure
from plans.evaluators import Better, shown
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import MINUS, format_number

Shares = Mapping[int, Decimal | None]
"""What each unit gets, by pk; None = not decided yet."""


# -- proposing ---------------------------------------------------------------------------------


def propose(
    method: str, ground: Ground, total: Decimal, given: Shares
) -> dict[int, Decimal | None]:
    """Return a figure for each child by `method`; `given` is what stands there now.

    Equally: parts of a sum, or the same rate for all. By the starting figures: a unit without
    one keeps what it has and the others split the rest. DomainError where nothing can be gone by.
    """
    kept = {row.unit.pk: given.get(row.unit.pk) for row in ground.children}
    if method == AllocationMethod.HAND:
        return kept
    if method == AllocationMethod.EQUAL:
        return kept | _equally(ground, total)
    if ground.manner is Manner.NONE:
        raise DomainError(
            _(
                "Chỉ tiêu này không cộng hay lấy bình quân được nên không chia theo số gốc. "
                "Nhập tay."
            )
        )
    try:
        return kept | _by_start(ground, total, kept)
    except ValueError as error:
        raise DomainError(
            _(
                "Chưa chia theo số gốc được: chưa đơn vị nào có số {of} lớn hơn 0. "
                "Chọn “Chia đều” hoặc nhập tay."
            ).format(of=ground.starts_from)
        ) from error


def _equally(ground: Ground, total: Decimal) -> dict[int, Decimal | None]:
    pks = [row.unit.pk for row in ground.children]
    if not pks:
        return {}
    if not adds_up(ground.indicator):
        return dict.fromkeys(pks, total)
    return dict(
        zip(pks, split_equally(total, len(pks), decimals_of(ground.indicator)), strict=True)
    )


def _by_start(ground: Ground, total: Decimal, kept: Shares) -> dict[int, Decimal | None]:
    if ground.manner is Manner.COUNT:
        return _first_who_meet_it(ground, total)
    if ground.manner is Manner.SUM:
        rows = [row for row in ground.children if row.start is not None]
        others = [kept[row.unit.pk] or ZERO for row in ground.children if row.start is None]
        weights = [max(row.start or ZERO, ZERO) for row in rows]
        parts = split_by(total - sum(others, ZERO), weights, decimals_of(ground.indicator))
    else:
        rows = [row for row in ground.children if row.start is not None and _weight(ground, row)]
        parts = _spread(ground, total, rows)
    return {row.unit.pk: part for row, part in zip(rows, parts, strict=True)}


def _first_who_meet_it(ground: Ground, total: Decimal) -> dict[int, Decimal | None]:
    """Units to be met, in proportion to how many each has; who already meets it comes first."""
    rows = sorted(ground.children, key=lambda row: -((row.start or ZERO) / max(row.units, 1)))
    parts = split_by(total, [Decimal(row.units) for row in rows], 0)
    return {row.unit.pk: part for row, part in zip(rows, parts, strict=True)}


def _spread(ground: Ground, total: Decimal, rows: list[Standing]) -> list[Decimal]:
    indicator, better = ground.indicator, better_of(ground.indicator, ground.measure)
    is_change = ground.measure == PlannedMeasure.CHANGE_POINTS
    rises = better_of(indicator, PlannedMeasure.VALUE) is Better.HIGHER
    spread: Callable[..., list[Decimal]] = spread_change if is_change else spread_level
    return spread(
        total,
        [row.start or ZERO for row in rows],
        [_weight(ground, row) for row in rows],
        decimals=decimals_of(indicator),
        better=better,
        ceiling=indicator.hard_max if rises or not is_change else None,
    )


def _weight(ground: Ground, row: Standing) -> Decimal:
    if ground.manner is Manner.MEAN:
        return ONE
    return row.base.value if row.base is not None else ZERO


# -- what is left ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balance:
    """How a split stands against its total.

    `difference`: of a sum what is left to give (negative: given too much); of a rate the total
    less what the units come to. None where it cannot be worked out. `is_settled`: it may be
    issued as far as the arithmetic goes. `words`: the same in a sentence.
    """

    combined: Combined
    difference: Decimal | None
    is_settled: bool
    words: str
    missing: tuple[int, ...]


def balance_of(ground: Ground, total: Decimal | None, shares: Shares) -> Balance:
    """Compare a split with its total, in the decimals of the indicator.

    A sum has to come out exactly. A rate may come out better than its total, never worse: the
    units are given rates with a fixed number of decimals, so an exact mean often cannot be had.
    A unit without a denominator does no harm as long as its own rate is as good as the total.
    """
    given = {row.unit.pk: shares.get(row.unit.pk) for row in ground.children}
    whole = combine(ground.indicator, given, ground.bases)
    missing = tuple(pk for pk, value in given.items() if value is None)
    if total is None:
        return Balance(whole, None, False, _("Chưa ghi mức của cả địa bàn."), missing)
    if adds_up(ground.indicator):
        return _sum_balance(ground, total, given, whole, missing)
    return _rate_balance(ground, total, given, whole, missing)


def _sum_balance(
    ground: Ground, total: Decimal, given: Shares, whole: Combined, missing: tuple[int, ...]
) -> Balance:
    left = total - sum((value or ZERO for value in given.values()), ZERO)
    amount = words_of(ground.indicator, ground.measure, abs(left))
    if left > 0:
        words = _("Còn {amount} chưa chia").format(amount=amount)
    elif left < 0:
        words = _("Chia vượt {amount}").format(amount=amount)
    else:
        words = _("Đã chia hết, không còn dư")
    return Balance(whole, left, not left and not missing, _and_missing(words, missing), missing)


def _rate_balance(
    ground: Ground, total: Decimal, given: Shares, whole: Combined, missing: tuple[int, ...]
) -> Balance:
    indicator = ground.indicator
    if whole.value is None:
        is_settled = not missing and _none_worse(ground, total, given, tuple(given))
        return Balance(
            whole, None, is_settled, _and_missing(whole.reason.rstrip("."), missing), missing
        )
    decimals, better = decimals_of(indicator), better_of(indicator, ground.measure)
    gap = shown(total, decimals) - shown(whole.value, decimals)
    is_good = is_as_good(whole.value, total, decimals, better)
    words = _("Các đơn vị ghép lại {value}").format(
        value=words_of(indicator, ground.measure, whole.value)
    )
    if gap:
        words += _(", {judged} mức {total} là {gap}").format(
            judged=_("tốt hơn") if is_good else _("kém hơn"),
            total=format_number(total, decimals),
            gap=words_of(indicator, PlannedMeasure.CHANGE_POINTS, abs(gap)),
        )
    else:
        words += _(", đúng mức của cả địa bàn")
    if whole.without_base:
        words += _("; chưa có mẫu số của {n} đơn vị").format(n=len(whole.without_base))
    is_settled = is_good and not missing and _none_worse(ground, total, given, whole.without_base)
    return Balance(whole, gap, is_settled, _and_missing(words, missing), missing)


def _none_worse(ground: Ground, total: Decimal, given: Shares, pks: tuple[int, ...]) -> bool:
    """Is every one of these rates as good as the total? Then no denominator can change that.

    Figures that cannot be put together have no total to keep to.
    """
    if ground.manner is Manner.NONE:
        return True
    decimals, better = decimals_of(ground.indicator), better_of(ground.indicator, ground.measure)
    values = [value for pk in pks if (value := given[pk]) is not None]
    return all(is_as_good(value, total, decimals, better) for value in values)


def _and_missing(words: str, missing: tuple[int, ...]) -> str:
    if not missing:
        return words
    return _("{words}; {n} đơn vị chưa có mức").format(words=words, n=len(missing))


def words_of(indicator: Indicator, measure: str, value: Decimal) -> str:
    """A figure with its unit: 1.500 hộ · 25,3% · 7 điểm %."""
    unit = unit_words(indicator, measure)
    number = format_number(value, decimals_of(indicator))
    return f"{number}%" if unit == "%" else f"{number} {unit}"


def signed(indicator: Indicator, value: Decimal) -> str:
    """A difference with its sign: +66 · −1,4 · 0."""
    number = format_number(abs(value), decimals_of(indicator))
    if not shown(value, decimals_of(indicator)):
        return number
    return f"+{number}" if value > 0 else f"{MINUS}{number}"


# -- limits ------------------------------------------------------------------------------------


def limit_problems(ground: Ground, shares: Shares) -> list[Problem]:
    """What the indicator does not admit, child by child; `key` is the unit's pk."""
    return [
        Problem(message, where=row.unit.name, code="limit", key=str(row.unit.pk))
        for row in ground.children
        if (value := shares.get(row.unit.pk)) is not None
        and (message := limit_problem(ground, row, value))
    ]


def limit_problem(ground: Ground, row: Standing, value: Decimal) -> str:
    """Why this unit cannot be given `value`; empty when it can.

    A count of units is whole and no more than there are; a level keeps the indicator's limits
    (a unit of many may pass the limit of one); after a change the level still keeps them.
    """
    indicator = ground.indicator
    if ground.manner is Manner.COUNT:
        if value < 0 or value > row.units or value != shown(value, 0):
            return _("Phải là số nguyên từ 0 đến {n}, số đơn vị được tính.").format(n=row.units)
        return ""
    if value != shown(value, indicator.decimals):
        return _("Chỉ nhận tối đa {n} chữ số thập phân.").format(n=indicator.decimals)
    if ground.measure == PlannedMeasure.CHANGE_POINTS:
        return _change_problem(ground, row, value)
    problem = value_problem(indicator, value)
    is_many = ground.manner is Manner.SUM and row.units > 1
    is_above = indicator.hard_max is not None and value > indicator.hard_max
    return "" if is_many and is_above else problem


def _change_problem(ground: Ground, row: Standing, value: Decimal) -> str:
    indicator, low, high = ground.indicator, ground.indicator.hard_min, ground.indicator.hard_max
    falls = better_of(indicator, PlannedMeasure.VALUE) is Better.LOWER
    if low is not None and high is not None and abs(value) > high - low:
        return _("Mức thay đổi không thể quá {n}.").format(
            n=format_number(high - low, indicator.decimals)
        )
    if row.start is None:
        return ""
    start = shown(row.start, indicator.decimals)
    end = start - value if falls else start + value
    floor = low if low is not None else (ZERO if falls else None)
    if floor is not None and end < floor:
        return _("Giảm nhiều hơn mức đang có: số gốc {start}.").format(
            start=words_of(indicator, PlannedMeasure.VALUE, row.start)
        )
    if high is not None and end > high:
        return _("Cộng với số gốc {start} thì quá {limit}.").format(
            start=words_of(indicator, PlannedMeasure.VALUE, row.start),
            limit=format_number(high, indicator.decimals),
        )
    return ""
