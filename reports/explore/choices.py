"""What the form of the page offers: figures by theme, units, periods, ways of laying out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from communes.access import Action, units_for
from communes.enums import TierCode
from communes.models import Official, Tier, Unit
from indicators.models import Indicator, Theme
from reports.explore.ground import Ground
from reports.explore.naming import dated
from reports.explore.question import (
    BELOW,
    GROUP,
    IN_COLUMNS,
    IN_ROWS,
    INDICATORS,
    ITSELF,
    ONE,
    PERIODS,
    TIERS,
    UNITS,
    Question,
)

MOST_UNITS_LISTED = 400
"""Units in the list to choose from; of more the upper tiers alone, the others by their code."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose, as the address says it."""

    value: str
    label: str
    is_current: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ThemeOptions:
    """The indicators of a theme, `of` how many. `is_whole`: all its usual ones are asked for."""

    theme: Theme
    options: tuple[Option, ...]
    of: int
    is_whole: bool

    @property
    def chosen(self) -> int:
        return sum(row.is_current for row in self.options)


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything the form offers. `figures`: how many there are where only the chosen are listed,
    else 0.
    """

    themes: tuple[ThemeOptions, ...]
    figures: int
    units: tuple[Option, ...]
    are_all_units: bool
    scopes: tuple[Option, ...]
    groups: tuple[Option, ...]
    periods: tuple[Option, ...]
    rows: tuple[Option, ...]
    columns: tuple[Option, ...]
    thirds: tuple[Option, ...]
    tested: tuple[Option, ...]


def dimension_names() -> dict[str, str]:
    """What may stand in rows and columns, in words."""
    return {UNITS: _("Đơn vị"), INDICATORS: _("Chỉ tiêu"), PERIODS: _("Kỳ")}


def choices(found: Ground, by: Official, *, with_catalogue: bool = True) -> Choices:
    """`with_catalogue`: list every indicator, not the chosen ones alone."""
    asked = found.asked
    units, are_all = _unit_options(found, by)
    themes = tuple(_themes(asked))
    return Choices(
        themes=themes if with_catalogue else tuple(_chosen(themes)),
        figures=0 if with_catalogue else sum(row.of for row in themes),
        units=units,
        are_all_units=are_all,
        scopes=tuple(_scopes(found)),
        groups=tuple(
            Option(GROUP + row.code, row.name, is_current=asked.scope == GROUP + row.code)
            for row in found.groups
        ),
        periods=tuple(
            Option(row.code, str(capfirst(row.label)), is_current=row in found.periods)
            for row in reversed(found.known)
        ),
        rows=_dimensions(asked.rows),
        columns=_dimensions(asked.columns),
        thirds=tuple(
            Option(value, label, is_current=asked.third == value)
            for value, label in (
                (IN_COLUMNS, _("lồng trong cột")),
                (IN_ROWS, _("lồng trong hàng")),
                (ONE, _("xem từng mục một")),
            )
        ),
        tested=tuple(
            Option(row.code, row.name, is_current=row.code == asked.tested)
            for row in found.indicators
        ),
    )


def _dimensions(current: str) -> tuple[Option, ...]:
    return tuple(
        Option(key, label, is_current=key == current) for key, label in dimension_names().items()
    )


def _themes(asked: Question) -> Iterable[ThemeOptions]:
    chosen, whole = set(asked.indicators), set(asked.themes)
    rows = Indicator.objects.in_form_order()
    for theme, held in groupby(rows, lambda row: row.theme):
        options = tuple(
            Option(row.code, row.name, is_current=row.code in chosen, note=row.unit_of_measure)
            for row in held
        )
        yield ThemeOptions(theme, options, len(options), is_whole=theme.code in whole)


def _chosen(themes: Iterable[ThemeOptions]) -> Iterable[ThemeOptions]:
    for row in themes:
        if row.is_whole or row.chosen:
            yield replace(row, options=tuple(one for one in row.options if one.is_current))


def _unit_options(found: Ground, by: Official) -> tuple[tuple[Option, ...], bool]:
    """Units of today that the reader may view, and whether these are all of them."""
    seen = Unit.objects.filter(pk__in=units_for(by, Action.VIEW))
    mine = seen.valid_on(timezone.localdate()).official_order().select_related("tier", "parent")
    rows = list(mine[: MOST_UNITS_LISTED + 1])
    are_all = len(rows) <= MOST_UNITS_LISTED
    if not are_all:
        upper = mine.filter(tier__code__in=[TierCode.NATION, TierCode.PROVINCE, TierCode.DISTRICT])
        rows = list(upper[:MOST_UNITS_LISTED])
    if all(row.pk != found.unit.pk for row in rows):
        rows.insert(0, found.unit)
    current = found.asked.unit
    return tuple(
        Option(
            current if row.pk == found.unit.pk else row.address,
            dated(row),
            is_current=row.pk == found.unit.pk,
            note=row.parent.name if row.parent and row.tier.code == TierCode.COMMUNE else "",
        )
        for row in rows
    ), are_all


def _scopes(found: Ground) -> Iterable[Option]:
    labels = [(ITSELF, _("Chính đơn vị này")), (BELOW, _("Các đơn vị trực thuộc"))]
    names = {row.code: row.name for row in Tier.objects.all()}
    below = [
        (key, _("Mọi đơn vị cấp {tier}").format(tier=names[code].lower()))
        for key, code in TIERS.items()
        if code in names
    ]
    for key, label in [*labels, *below]:
        yield Option(key, label, is_current=found.asked.scope == key)
