"""Which indicators a table of units shows, told by their kinds and never by their codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from indicators.enums import Direction, IndicatorKind, TermRole
from indicators.models import Indicator, IndicatorTerm
from reports.dashboards.cells import Column, column


@dataclass(frozen=True, slots=True)
class Headline:
    """A rate that the page states in words: its one numerator, and the year's opening rate."""

    rate: Indicator
    counted: Indicator | None
    opening: Indicator | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns of a table and what is said above it.

    `lead` speaks for the coverage of a row of the table, `said` for that of the sentences.
    `tier`: the name of the tier that enters what is said; "" where it is not one.
    """

    columns: tuple[Column, ...]
    headlines: tuple[Headline, ...]
    lead: Indicator | None
    said: Indicator | None
    tier: str = ""

    @property
    def asked(self) -> list[Indicator]:
        """Every indicator whose figures are needed, once each."""
        found = {entry.indicator.pk: entry.indicator for entry in self.columns}
        for headline in self.headlines:
            found[headline.rate.pk] = headline.rate
            if headline.opening is not None:
                found[headline.opening.pk] = headline.opening
        for speaking in (self.lead, self.said):
            if speaking is not None:
                found[speaking.pk] = speaking
        return list(found.values())


def choose(theme: str) -> Choice:
    """The main figures of the household review, or every figure of the theme asked for.

    Main: the rates that have an opening rate, what they are worked out from, and the
    movements of the year that have a good direction. Source: indicators.yaml, form_sign and
    opening_indicator.
    """
    review = list(
        Indicator.objects.household_review().in_form_order().select_related("theme", "entered_at")
    )
    terms = _terms(review)
    headlines = _headlines(review, terms)
    said = headlines[0].rate if headlines else next(iter(review), None)
    tier = _tier(headlines[0].counted if headlines else said)
    if not theme:
        columns = tuple(column(indicator) for indicator in _main(review, headlines, terms))
        return Choice(columns, headlines, said, said, tier)
    wanted = Indicator.objects.filter(theme__code=theme, optional=False).in_form_order()
    columns = tuple(column(indicator) for indicator in wanted)
    is_review = theme in {row.theme.code for row in review}
    lead = said if is_review or not columns else columns[0].indicator
    return Choice(columns, headlines, lead, said, tier)


def _tier(entered: Indicator | None) -> str:
    return entered.entered_at.name if entered and entered.entered_at else ""


Terms = dict[int, dict[str, list[Indicator]]]


def _terms(indicators: Iterable[Indicator]) -> Terms:
    rows = (
        IndicatorTerm.objects.filter(indicator__in=list(indicators))
        .exclude(role=TermRole.PREFILL)
        .select_related("input__theme", "input__entered_at")
        .order_by("order")
    )
    found: Terms = {}
    for row in rows:
        found.setdefault(row.indicator_id, {}).setdefault(row.role, []).append(row.input)
    return found


def _headlines(review: list[Indicator], terms: Terms) -> tuple[Headline, ...]:
    by_pk = {row.pk: row for row in review}
    rates = [row for row in review if row.kind == IndicatorKind.RATIO]
    moving = [row for row in rates if row.opening_indicator_id in by_pk]
    return tuple(
        Headline(
            rate,
            _only(terms.get(rate.pk, {}).get(TermRole.NUMERATOR, [])),
            by_pk.get(rate.opening_indicator_id or 0),
        )
        for rate in moving or rates[:1]
    )


def _only(found: list[Indicator]) -> Indicator | None:
    return found[0] if len(found) == 1 else None


def _main(
    review: list[Indicator], headlines: tuple[Headline, ...], terms: Terms
) -> list[Indicator]:
    bases: list[Indicator] = []
    counts: list[Indicator] = []
    for headline in headlines:
        sides = terms.get(headline.rate.pk, {})
        bases += sides.get(TermRole.DENOMINATOR, [])
        counts += [*sides.get(TermRole.NUMERATOR, []), headline.rate]
    movements = [
        row for row in review if row.form_sign in {"+", "-"} and row.direction != Direction.NONE
    ]
    return list({row.pk: row for row in [*bases, *counts, *movements]}.values())
