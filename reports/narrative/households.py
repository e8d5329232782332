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
from plans.wording import with_unit
from povertyplan.lib.numbers import format_number
from reports.annexes.wording import BLANK
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


def fall(before: Figure, after: Figure) -> Decimal | None:
    """How much less there is; None where the two ends are not of the same number of units."""
    if before.value is None or after.value is None or before.reported != after.reported:
        return None
    return before.value - after.value


def number(indicator: Indicator, value: Decimal | None) -> str:
    return format_number(value, indicator.decimals, BLANK)


def amount(indicator: Indicator, figure: Figure) -> str:
    """A figure with its unit; what nobody has told is a blank, not zero."""
    if figure.value is None:
        return BLANK
    return with_unit(number(indicator, figure.value), indicator.unit_of_measure)


def coverage(figure: Figure) -> str:
    return f"{figure.reported}/{figure.expected}" if figure.expected else BLANK


def change(row: Followed, households: Decimal | None, points: Decimal | None) -> str:
    if households is None or points is None:
        return _("chưa đủ số liệu để tính mức giảm")
    words = _("giảm {n}, tương ứng {points} điểm %")
    if households < 0:
        words = _("tăng {n}, tương ứng {points} điểm %")
    if (households < 0) != (points < 0) and points:
        # The number of all households moved too.
        words = _("số hộ thay đổi {n}, tỷ lệ giảm {points} điểm %")
        if points < 0:
            words = _("số hộ thay đổi {n}, tỷ lệ tăng {points} điểm %")
    closing = row.balance.closing
    return words.format(
        n=with_unit(number(closing, abs(households)), closing.unit_of_measure),
        points=number(row.rate, abs(points)),
    )
