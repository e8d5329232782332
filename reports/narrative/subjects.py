"""Classes of households counted each year: opening, closing, rate, and what moved.

Found by kind: a balance rule gives the movement, a rate with an opening rate of its own tells that
the class is followed. Nothing is averaged; a difference is taken only where both ends are known
from as many units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import TermRole
from indicators.figures import Figure, FigureBook
from indicators.models import Indicator, IndicatorTerm
from indicators.periods import Period
from indicators.wording import closing_name
from plans.wording import with_unit
from povertyplan.lib.numbers import format_number
from reports.annexes.wording import BLANK
from reports.narrative.asked import Asked
from reports.narrative.context import Line, Subject, Year
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


class Told:
    """The figures of all followed classes in some periods, opened once."""

    def __init__(self, asked: Asked, rows: Sequence[Followed], years: Sequence[Period]) -> None:
        self.asked, self.rows, self.years = asked, rows, years
        indicators = {row.pk: row for one in rows for row in one.indicators}
        self.book = FigureBook(
            [asked.unit], indicators.values(), sorted({*years, asked.period}), asked.stage
        )

    def figure(self, indicator: Indicator | None, period: Period) -> Figure:
        if indicator is None:
            return Figure()
        return self.book.figure(self.asked.unit.pk, indicator, period)

    @property
    def main(self) -> list[Figure]:
        """The closing figures of the period asked for."""
        return [self.figure(row.balance.closing, self.asked.period) for row in self.rows]

    @property
    def has_any(self) -> bool:
        return any(row.reported for row in self.main)

    @property
    def has_sample(self) -> bool:
        return any(
            self.figure(row.balance.closing, year).has_sample
            for row in self.rows
            for year in [*self.years, self.asked.period]
        )

    def subjects(self) -> tuple[Subject, ...]:
        return tuple(self._subject(row) for row in self.rows)

    def _subject(self, row: Followed) -> Subject:
        period = self.asked.period
        return Subject(
            name=closing_name(row.balance.closing),
            sentence=_sentence(row, self, period),
            moves=_moves(row, self, period),
            note=" ".join(_notes(row, self.years)),
            lines=tuple(
                Line(part.name, amount(part, self.figure(part, period)))
                for part, _sign in row.balance.parts
            ),
            years=tuple(self._year(row, year) for year in self.years),
        )

    def _year(self, row: Followed, year: Period) -> Year:
        opening, closing, rate, before = self.ends(row, year)
        return Year(
            year=str(year.year),
            opening=number(row.balance.opening, opening.value),
            closing=number(row.balance.closing, closing.value),
            opening_rate=number(row.rate, before.value),
            closing_rate=number(row.rate, rate.value),
            cut=number(row.rate, fall(before, rate)),
            coverage=coverage(closing),
        )

    def ends(self, row: Followed, year: Period) -> tuple[Figure, Figure, Figure, Figure]:
        """Opening and closing count, closing and opening rate."""
        return (
            self.figure(row.balance.opening, year),
            self.figure(row.balance.closing, year),
            self.figure(row.rate, year),
            self.figure(row.rate.opening_indicator, year),
        )


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


def _sentence(row: Followed, told: Told, period: Period) -> str:
    opening, closing, rate, before = told.ends(row, period)
    if not closing.reported:
        words = _("{name}: chưa có số liệu {period}.")
        return words.format(name=closing_name(row.balance.closing), period=period.label)
    words = _(
        "{name}: đầu kỳ {opening}, tỷ lệ {opening_rate}; cuối kỳ {closing}, tỷ lệ {rate}; {change}."
    ).format(
        name=closing_name(row.balance.closing),
        opening=amount(row.balance.opening, opening),
        opening_rate=amount(row.rate, before),
        closing=amount(row.balance.closing, closing),
        rate=amount(row.rate, rate),
        change=_change(row, fall(opening, closing), fall(before, rate)),
    )
    if closing.reported == closing.expected:
        return words
    return _("{sentence} Số trên là của {n}/{total} đơn vị đã có số liệu.").format(
        sentence=words, n=closing.reported, total=closing.expected
    )


def _change(row: Followed, households: Decimal | None, points: Decimal | None) -> str:
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


def _moves(row: Followed, told: Told, period: Period) -> str:
    """Every movement; "" where none of them was told."""
    if not any(told.figure(part, period).reported for part, _sign in row.balance.parts):
        return ""
    parts = [
        _("{name} {amount}").format(
            name=part.name[:1].lower() + part.name[1:],
            amount=amount(part, told.figure(part, period)),
        )
        for part, _sign in row.balance.parts
    ]
    return _("Biến động trong kỳ: {parts}.").format(parts="; ".join(parts))


def _notes(row: Followed, years: Sequence[Period]) -> list[str]:
    """Why some years do not compare with those before."""
    return [
        _("Từ năm {year}: {note}").format(year=year.year, note=broken.note)
        for broken in row.balance.closing.series_breaks.all()
        for year in years[1:]
        if broken.breaks_at(year)
    ]
