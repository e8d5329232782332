"""Reading for the pictures of a unit."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO

from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.enums import Aggregation, IndicatorKind, ValueType
from indicators.freshness import Freshness, Scope
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.formulas import no_formula
from povertyplan.lib.long_tables import first_of, is_long
from reports.pictures.frame import Asked, Picture
from reports.pictures.ground import ground
from reports.pictures.movement import balance_for, balances, movement
from reports.pictures.series import Multiple, multiples, series_of, trajectory
from reports.returns import periods_for

KINDS = ("dien-bien", "bien-dong", "ban-do", "cac-don-vi")
"""Names of the pictures in addresses, in the order of the page."""


@dataclass(frozen=True, slots=True)
class PicturesPage:
    """The pictures of one unit and one indicator."""

    asked: Asked
    pictures: tuple[Picture, ...]
    multiples: tuple[Multiple, ...]
    indicators: tuple[Indicator, ...]
    periods: tuple[Period, ...]
    fresh: Freshness
    above: Unit | None
    is_full: bool = False

    @property
    def first(self) -> tuple[Multiple, ...]:
        """The units of a long page, unless all of them are asked for."""
        return first_of(self.multiples, is_full=self.is_full)

    @property
    def is_long(self) -> bool:
        return is_long(self.multiples)

    @property
    def has_sample(self) -> bool:
        return any(picture.has_sample for picture in self.pictures)


def drawable() -> list[Indicator]:
    """Indicators that come to a number for a unit of any tier, in form order."""
    found = Indicator.objects.in_form_order().select_related("theme")
    return [
        row
        for row in found
        if row.value_type != ValueType.YES_NO
        and (row.kind != IndicatorKind.INPUT or row.aggregation != Aggregation.NONE)
    ]


def chosen(indicators: Sequence[Indicator], code: str) -> Indicator | None:
    """The one asked for; else the first rate of the review that says how the year opened."""
    by_code = {row.code: row for row in indicators}
    if code:
        return by_code.get(code)
    review = [row for row in indicators if row.is_household_review]
    rates = [row for row in review if row.opening_indicator_id and row.kind == IndicatorKind.RATIO]
    return next(iter([*rates, *review, *indicators]), None)


def pictures_page(
    asked: Asked, official: Official, indicators: Sequence[Indicator], *, is_full: bool = False
) -> PicturesPage:
    """Every picture of the page; `is_full`: every unit of a long one.

    The number of queries does not grow with units.
    """
    fresh = Scope((asked.unit,), (asked.period,)).freshness()
    below = units_below(asked, official)
    pictures, small = _all(asked, below)
    unit = asked.unit
    above = unit.parent if unit.parent and access.can(official, Action.VIEW, unit.parent) else None
    years = {row for row in periods_for(unit) if row.is_year} | {asked.period}
    return PicturesPage(
        asked=asked,
        pictures=tuple(
            replace(row, shown=first_of(row.lines, is_full=is_full)) for row in pictures
        ),
        multiples=small,
        indicators=tuple(indicators),
        periods=tuple(sorted(years)),
        fresh=fresh,
        above=above,
        is_full=is_full,
    )


def units_below(asked: Asked, official: Official) -> list[Unit]:
    """The units right below on the period's last day whose figures the reader may see."""
    seen = access.units_for(official, Action.VIEW).values("pk")
    found = Unit.objects.filter(parent=asked.unit, pk__in=seen).valid_on(asked.period.end)
    return list(found.select_related("parent", "tier").official_order())


def _all(asked: Asked, below: Sequence[Unit]) -> tuple[list[Picture], tuple[Multiple, ...]]:
    own, *rows = series_of(asked, [asked.unit, *below])
    pictures = [trajectory(asked, own)]
    balance = balance_for(asked.indicator, balances())
    if balance is not None:
        pictures.append(movement(asked, balance))
    if not below:
        return pictures, ()
    many, small = multiples(asked, rows)
    return [*pictures, ground(asked, below), many], small


def picture(asked: Asked, official: Official, kind: str) -> Picture | None:
    """One picture by its name; None where the unit or the indicator has none of the kind."""
    pictures, _small = _all(asked, units_below(asked, official))
    return next((row for row in pictures if row.kind == kind), None)


def csv_of(asked: Asked, found: Picture) -> Iterator[str]:
    """The picture's table for a spreadsheet: marked, a semicolon between, a comma in numbers."""
    rows: list[Sequence[str]] = [[no_formula(found.heading)], [asked.standing]]
    if found.has_sample:
        rows.append([_("SỐ LIỆU MINH HỌA, không phải số liệu chính thức.")])
    rows += [
        [no_formula(one) for one in found.headings],
        *((no_formula(name), *rest) for name, *rest in found.values),
    ]
    yield "\ufeff"
    for row in rows:
        line = StringIO()
        csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(row)
        yield line.getvalue()
