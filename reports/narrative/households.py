"""The classes of households that are followed, and their figures in words.

A class is found by kind: a balance rule gives the movement, a rate with an opening rate of its own
tells that the class is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import TermRole
from indicators.figures import Figure
from indicators.models import Indicator, IndicatorTerm
from plans.evaluators import shown
from plans.wording import with_unit
from povertyplan.lib.numbers import format_number
from reports.annexes.wording import BLANK
from reports.narrative.pairs import Compared
from reports.pictures.movement import Balance, balances


@dataclass(frozen=True, slots=True)
class Followed:
    """A class of households with the rate it is judged by."""

    balance: Balance
    rate: Indicator

    @property
    def indicators(self) -> list[Indicator]:
        opening = self.rate.opening_indicator
        return [*self.balance.all, self.rate, *([opening] if opening else [])]


def followed() -> list[Followed]:
    """Every class that has a balance and a rate, in the rules' order. A fixed number of queries."""
    rates: dict[tuple[int, ...], Indicator] = {}
    numerators: dict[int, list[int]] = {}
    terms = IndicatorTerm.objects.filter(
        role=TermRole.NUMERATOR, indicator__opening_indicator__isnull=False
    ).select_related("indicator__opening_indicator")
    for term in terms:
        numerators.setdefault(term.indicator_id, []).append(term.input_id)
        rates[(term.indicator_id,)] = term.indicator
    found = {inputs[0]: rates[(pk,)] for pk, inputs in numerators.items() if len(inputs) == 1}
    return [Followed(row, found[row.closing.pk]) for row in balances() if row.closing.pk in found]


def number(indicator: Indicator, figure: Figure) -> str:
    """A figure without its unit: … where nobody has told it, – where its base is nought."""
    return format_number(figure.value, indicator.decimals, "–" if is_baseless(figure) else BLANK)


def amount(indicator: Indicator, figure: Figure) -> str:
    """A figure with its unit; what nobody has told is a blank, not zero."""
    if is_baseless(figure):
        return _("không tính được vì mẫu số bằng 0")
    if figure.value is None:
        return BLANK
    return _measured(indicator, figure.value)


def is_baseless(figure: Figure) -> bool:
    """A rate that was told, but of nobody."""
    return figure.value is None and figure.reported > 0 and figure.denominator == 0


def coverage(figure: Figure) -> str:
    return f"{figure.reported}/{figure.expected}" if figure.expected else BLANK


def covered(indicator: Indicator, figure: Figure) -> str:
    """The amount, with whose it is where that is not everybody's."""
    told = amount(indicator, figure)
    if figure.is_complete or not figure.reported:
        return told
    return _("{amount} ({coverage} đơn vị)").format(amount=told, coverage=coverage(figure))


def share(row: Followed, figure: Figure, count: Figure) -> str:
    """The rate beside a count: with whose it is where that is not who stands behind the count."""
    is_alike = coverage(figure) == coverage(count)
    return amount(row.rate, figure) if is_alike else covered(row.rate, figure)


def change(row: Followed, found: Compared | None) -> str:
    """How the units that have told both ends moved; how many, where that is not everybody."""
    told = _moved(row, found) if found else ""
    if found is None or not told:
        return _("chưa đủ số liệu để tính mức giảm")
    if found.is_all:
        return told
    words = _("tính riêng {n}/{total} đơn vị có đủ số liệu hai thời điểm thì {change}")
    return words.format(n=found.units, total=found.expected, change=told)


def cut(row: Followed, found: Compared | None) -> str:
    """The fall of the rate, only where it is of everybody the figures beside it are of."""
    if found is None or not found.is_all:
        return BLANK
    before, after = found.before_rate.value, found.after_rate.value
    if before is None or after is None:
        return "–"
    return format_number(before - after, row.rate.decimals)


def _moved(row: Followed, found: Compared) -> str:
    """giảm 15 hộ, tương ứng 1,25 điểm %; "" where one end of either is not known."""
    if found.before.value is None or found.after.value is None:
        return ""
    closing = row.balance.closing
    households = found.before.value - found.after.value
    count, way = _measured(closing, abs(households)), _way(closing, households)
    alone = _("{way} {n}").format(way=way, n=count) if households else way
    if found.before_rate.value is None or found.after_rate.value is None:
        is_told = is_baseless(found.before_rate) or is_baseless(found.after_rate)
        return alone if is_told else ""
    points = found.before_rate.value - found.after_rate.value
    rate_way = _way(row.rate, points)
    if way == rate_way:
        words = _("{way} {n}, tương ứng {points} điểm %") if households else "{way}"
    elif households:
        # The number of all households moved too.
        words = _("{way} {n}, tỷ lệ {rate_way} {points} điểm %")
        if not _moves(row.rate, points):
            words = _("{way} {n}, tỷ lệ {rate_way}")
    else:
        words = _("số hộ không đổi, tỷ lệ {rate_way} {points} điểm %")
    return words.format(
        way=way, n=count, rate_way=rate_way, points=format_number(abs(points), row.rate.decimals)
    )


def _way(indicator: Indicator, fallen: Decimal) -> str:
    if not _moves(indicator, fallen):
        return _("không đổi")
    return _("giảm") if fallen > 0 else _("tăng")


def _moves(indicator: Indicator, fallen: Decimal) -> bool:
    """As far as it is printed."""
    return shown(fallen, indicator.decimals) != 0


def _measured(indicator: Indicator, value: Decimal) -> str:
    return with_unit(format_number(value, indicator.decimals), indicator.unit_of_measure)
