"""Classes of households counted each year: opening, closing, rate, and what moved.

Nothing is averaged; a difference is taken only of units that have told both ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from indicators.figures import Figure
from indicators.models import Indicator
from indicators.periods import Period
from indicators.wording import closing_name
from reports.narrative.asked import Asked
from reports.narrative.context import Line, Subject, Year
from reports.narrative.households import (
    Followed,
    amount,
    change,
    coverage,
    covered,
    cut,
    number,
    share,
)
from reports.narrative.pairs import Compared, End, Figures
from reports.narrative.whole import whole_sentence


class Told:
    """The figures of all followed classes in some periods, opened once."""

    def __init__(self, asked: Asked, rows: Sequence[Followed], years: Sequence[Period]) -> None:
        self.asked, self.rows, self.years = asked, rows, years
        indicators = {row.pk: row for one in rows for row in one.indicators}
        self.before = Period(years[0].year - 1)
        """What the first year started from."""
        periods = sorted({self.before, *years, asked.period})
        self.book = Figures(asked.unit, list(indicators.values()), periods, asked.stage)

    def figure(self, indicator: Indicator | None, period: Period) -> Figure:
        return self.book.figure(indicator, period)

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
            self.figure(indicator, year).has_sample
            for row in self.rows
            for indicator in row.indicators
            for year in [self.before, *self.years, self.asked.period]
        )

    def subjects(self) -> tuple[Subject, ...]:
        return tuple(self._subject(row) for row in self.rows)

    def _subject(self, row: Followed) -> Subject:
        period = self.asked.period
        return Subject(
            name=closing_name(row.balance.closing),
            sentence=self._sentence(row),
            moves=_moves(row, self, period),
            note=" ".join(_notes(row, self.years)),
            lines=tuple(
                Line(part.name, covered(part, self.figure(part, period)))
                for part, _sign in row.balance.parts
            ),
            years=tuple(self._year(row, year) for year in self.years),
            has_years=len(self.years) > 1,
        )

    def _sentence(self, row: Followed) -> str:
        period = self.asked.period
        known = [year for year in self.years if self.figure(row.balance.closing, year).reported]
        if len(self.years) > 1 and known:
            return whole_sentence(row, self, known[-1])
        if not self.figure(row.balance.closing, period).reported:
            return _nothing(row, self, period)
        return _sentence(row, self, period)

    def _year(self, row: Followed, year: Period) -> Year:
        opening, closing, rate, before = self.ends(row, year)
        return Year(
            year=str(year.year),
            opening=number(row.balance.opening, opening),
            closing=number(row.balance.closing, closing),
            opening_rate=number(row.rate, before),
            closing_rate=number(row.rate, rate),
            cut=cut(row, self.year_compared(row, year)),
            coverage=coverage(closing),
        )

    def year_compared(self, row: Followed, year: Period) -> Compared | None:
        """Opening and closing of a year."""
        if row.rate.opening_indicator is None:
            return None
        opening = End(row.balance.opening, row.rate.opening_indicator, year)
        return self.book.compared(opening, End(row.balance.closing, row.rate, year))

    def ends(self, row: Followed, year: Period) -> tuple[Figure, Figure, Figure, Figure]:
        """Opening and closing count, closing and opening rate."""
        return (
            self.figure(row.balance.opening, year),
            self.figure(row.balance.closing, year),
            self.figure(row.rate, year),
            self.figure(row.rate.opening_indicator, year),
        )


def _nothing(row: Followed, told: Told, period: Period) -> str:
    """No figure of the period; of half a year also what the year before closed with."""
    name = closing_name(row.balance.closing)
    year = told.asked.judged
    _opening, closing, rate, _before = told.ends(row, year)
    if period.is_year or not closing.reported:
        return _("{name}: chưa có số liệu {period}.").format(name=name, period=period.label)
    return _(
        "{name}: chưa có số liệu {period}; cuối năm {year} có {closing}, tỷ lệ {rate} "
        "({coverage} đơn vị)."
    ).format(
        name=name,
        period=period.label,
        year=year.year,
        closing=amount(row.balance.closing, closing),
        rate=share(row, rate, closing),
        coverage=coverage(closing),
    )


def _sentence(row: Followed, told: Told, period: Period) -> str:
    opening, closing, rate, before = told.ends(row, period)
    found = told.year_compared(row, period)
    # As many units need not be the same ones.
    is_alike = found is not None and found.is_all and coverage(opening) == coverage(closing)
    said = amount if is_alike else covered
    when = _("năm {year}").format(year=period.year) if period.is_year else _("kỳ")
    words = _(
        "{name}: đầu {when} có {opening}, tỷ lệ {opening_rate}; cuối {when} có {closing}, tỷ lệ "
        "{rate}; {change}."
    ).format(
        name=closing_name(row.balance.closing),
        when=when,
        opening=said(row.balance.opening, opening),
        opening_rate=share(row, before, opening),
        closing=said(row.balance.closing, closing),
        rate=share(row, rate, closing),
        change=change(row, found),
    )
    if not is_alike or closing.is_complete:
        return words
    return _("{sentence} Số trên là của {n}/{total} đơn vị đã có số liệu.").format(
        sentence=words, n=closing.reported, total=closing.expected
    )


def _moves(row: Followed, told: Told, period: Period) -> str:
    """Every movement, and of how many units; "" where none of them was told."""
    found = [(part, told.figure(part, period)) for part, _sign in row.balance.parts]
    known = [figure for _part, figure in found if figure.reported]
    if not known:
        return ""
    is_alike = len({coverage(figure) for figure in known}) == 1
    said = amount if is_alike else covered
    parts = [
        _("{name} {amount}").format(
            name=part.name[:1].lower() + part.name[1:], amount=said(part, figure)
        )
        for part, figure in found
    ]
    words = _("Biến động {period}: {parts}.")
    sentence = words.format(period=period.label, parts="; ".join(parts))
    if not is_alike or known[0].is_complete:
        return sentence
    return _("{sentence} Số biến động là của {coverage} đơn vị đã có số liệu.").format(
        sentence=sentence, coverage=coverage(known[0])
    )


def _notes(row: Followed, years: Sequence[Period]) -> list[str]:
    """Why some years do not compare with those before."""
    return [
        _("Từ năm {year}: {note}").format(year=year.year, note=broken.note)
        for broken in row.balance.closing.series_breaks.all()
        for year in years[1:]
        if broken.breaks_at(year)
    ]
