"""The lines of a return that are worked out: rates, and their change within the year."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from indicators.calc import ratio
from indicators.enums import Answer, IndicatorKind, TermRole
from indicators.models import Indicator, IndicatorTerm
from reports.returns.pieces import Row

ZERO = Decimal(0)
Terms = dict[int, dict[str, list[int]]]


def ratios_of(inputs: list[Indicator]) -> tuple[list[Indicator], Terms]:
    """Ratios whose every term the form asks for, with their terms' pks."""
    found = list(
        Indicator.objects.filter(kind=IndicatorKind.RATIO)
        .in_form_order()
        .select_related("theme", "opening_indicator")
    )
    terms: Terms = {}
    rows = IndicatorTerm.objects.filter(indicator__in=found).exclude(role=TermRole.PREFILL)
    for indicator_id, role, input_id in rows.values_list("indicator", "role", "input"):
        terms.setdefault(indicator_id, {}).setdefault(role, []).append(input_id)
    return within(found, terms, inputs), terms


def within(
    ratios: Iterable[Indicator], terms: Terms, inputs: Iterable[Indicator]
) -> list[Indicator]:
    """Those of the ratios whose every term is among the inputs."""
    asked = {row.pk for row in inputs}
    return [
        row
        for row in ratios
        if {pk for side in terms.get(row.pk, {"": [0]}).values() for pk in side} <= asked
    ]


def _quotient(
    indicator: Indicator, terms: Terms, values: dict[int, Decimal | None]
) -> Decimal | None:
    sides = []
    for role in (TermRole.NUMERATOR, TermRole.DENOMINATOR):
        parts = [values.get(pk) for pk in terms[indicator.pk][role]]
        sides.append(None if None in parts else sum((part or ZERO for part in parts), ZERO))
    return ratio(sides[0], sides[1], indicator.scale)


def computed_rows(
    ratios: list[Indicator],
    terms: Terms,
    values: dict[int, Decimal | None],
    previous: dict[int, Decimal],
) -> list[Row]:
    before: dict[int, Decimal | None] = dict(previous)
    known = {row.pk: _quotient(row, terms, values) for row in ratios}
    rows = []
    for indicator in ratios:
        value = known[indicator.pk]
        last_year = _quotient(indicator, terms, before)
        answer = Answer.MISSING if value is None else Answer.VALUE
        rows.append(Row(indicator, "", "ratio", answer, value, previous=last_year))
    for indicator in ratios:
        if indicator.opening_indicator_id in known:
            opening, closing = known[indicator.opening_indicator_id], known[indicator.pk]
            cut = None if opening is None or closing is None else opening - closing
            answer = Answer.MISSING if cut is None else Answer.VALUE
            rows.append(Row(indicator, "", "change", answer, cut))
    return rows


def name_terms(rows: list[Row], terms: Terms) -> None:
    codes = {row.indicator.pk: row.indicator.code for row in rows if row.kind == "input"}
    for row in rows:
        if row.kind == "ratio":
            sides = terms[row.indicator.pk]
            row.numerator = tuple(codes[pk] for pk in sides[TermRole.NUMERATOR])
            row.denominator = tuple(codes[pk] for pk in sides[TermRole.DENOMINATOR])
