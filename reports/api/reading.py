"""What the lists of the API show: the caller's own part of the catalogue, facts and rollups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from communes import access
from communes.access import Action
from communes.models import Official, Unit, UnitGroup
from indicators.figures import Figure, figures, group_figures
from indicators.models import Indicator, Recompute, Result, Rollup
from indicators.periods import Period
from indicators.rollups import EVERY_PERIOD
from plans.models import Plan, Target
from povertyplan.lib.errors import DomainError
from reports.api.decimals import rounded
from reports.api.naming import Place, Seat

RowT = TypeVar("RowT", Unit, Indicator, UnitGroup)

MAX_LINES = 200_000
"""Figures one request may ask for, over all of its pages."""


def units_list() -> QuerySet[Unit]:
    """Units of any day, in official order: their codes and names are public, their figures not."""
    return Unit.objects.select_related("tier", "parent").official_order()


def indicators_list() -> QuerySet[Indicator]:
    """The catalogue with everything that defines an indicator; four queries."""
    rows = Indicator.objects.in_form_order().select_related(
        "theme",
        "group",
        "weight",
        "of_which",
        "opening_indicator",
        "condition_indicator",
        "entered_at",
        "entered_at_two_tier",
    )
    return rows.prefetch_related("terms__input", "series_breaks")


def plans_list() -> QuerySet[Plan]:
    return Plan.objects.select_related("parent", "unit", "group").prefetch_related(
        "also_implements"
    )


def targets_of(plan_code: str) -> QuerySet[Target] | None:
    """The figures a plan states, in its own order; None for an unknown plan."""
    plan = Plan.objects.filter(code=plan_code).first()
    if plan is None:
        return None
    return plan.targets.select_related("unit", "group", "indicator").order_by("order", "pk")


# -- facts ------------------------------------------------------------------------------------


def results_list(
    official: Official,
    seats: Sequence[Seat] | None,
    indicators: Sequence[Indicator],
    periods: Sequence[Period],
) -> QuerySet[Result]:
    """The facts the caller may see, of the seats (None: of every unit), by unit and period.

    No indicators or no periods stand for all.
    """
    rows = Result.objects.filter(unit__in=access.units_for(official, Action.VIEW))
    if seats is not None:
        rows = rows.filter(_in_seats(seats))
    elif periods:
        rows = rows.filter(period__in=[period.code for period in periods])
    if indicators:
        rows = rows.filter(indicator__in=indicators)
    # The order of the unique index: a page of millions needs no sort.
    rows = rows.order_by("unit_id", "period", "indicator_id")
    return rows.select_related("unit", "indicator", "entered_by")


def _in_seats(seats: Sequence[Seat]) -> Q:
    by_period: dict[str | None, set[int]] = {}
    for period, place in seats:
        units = place.units_on(period.end if period else None)
        by_period.setdefault(period.code if period else None, set()).update(
            unit.pk for unit in units
        )
    found = Q(pk__in=[])
    for code, units_of in by_period.items():
        found |= Q(unit__in=units_of) if code is None else Q(unit__in=units_of, period=code)
    return found


# -- rolled-up figures ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One figure asked for, before it is read."""

    period: Period
    place: Place
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class RollupItem:
    """One figure as answered. Sums are exact, quotients have six decimals."""

    unit: str
    unit_name: str
    indicator: str
    period: str
    stage: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    reported: int
    expected: int
    not_applicable: bool
    has_sample: bool
    computed_at: datetime | None
    pending: bool
    group_complete: bool | None


def rollup_lines(seats: Sequence[Seat], indicators: Sequence[Indicator], stage: str) -> list[Line]:
    """Every figure asked for, by period, place, indicator. No indicators: those with something.

    Raises DomainError when that is more than a request may ask for.
    """
    pairs = [(period, place) for period, place in seats if period is not None]
    if len(pairs) * len(indicators) > MAX_LINES:
        raise DomainError("Hỏi quá nhiều số một lần; bớt đơn vị, chỉ số hoặc kỳ.")
    if indicators:
        return [Line(period, place, row) for period, place in pairs for row in indicators]
    return _lines_with_something(pairs, stage)


def _lines_with_something(pairs: Sequence[tuple[Period, Place]], stage: str) -> list[Line]:
    units = {unit.pk for period, place in pairs for unit in place.units_on(period.end)}
    told = _told(units, {period for period, _ in pairs}, stage)
    wanted = {indicator for indicators in told.values() for indicator in indicators}
    rows = list(Indicator.objects.filter(pk__in=wanted).in_form_order())
    lines = []
    for period, place in pairs:
        members = place.units_on(period.end)
        here = set().union(*(told.get((unit.pk, period.code), ()) for unit in members))
        lines += [Line(period, place, row) for row in rows if row.pk in here]
    return lines


def _told(units: set[int], periods: set[Period], stage: str) -> dict[tuple[int, str], set[int]]:
    """Indicators of which something is known, by (unit pk, period): added up, or waiting for it."""
    kept = Rollup.objects.kept(units, None, periods, stage)
    found = {key: set(row.cells) for key, row in kept.items()}
    marks = Recompute.objects.filter(
        Q(unit=OuterRef("unit")) | Q(unit=None),
        Q(period=OuterRef("period")) | Q(period=EVERY_PERIOD),
    )
    waiting = Result.objects.filter(Exists(marks), unit__upward__ancestor__in=units)
    for unit_id, period, indicator_id in (
        waiting.filter(period__in=[period.code for period in periods])
        .counted(stage)
        .values_list("unit__upward__ancestor", "period", "indicator")
    ):
        found.setdefault((unit_id, period), set()).add(indicator_id)
    return found


def rollup_items(lines: Sequence[Line], stage: str) -> list[RollupItem]:
    """Read the figures of one page of lines, in their order."""
    found = _unit_figures([line for line in lines if line.place.unit], stage)
    found |= _group_figures([line for line in lines if line.place.group], stage)
    return [_item(line, found[_key(line)], stage) for line in lines]


Key = tuple[str, int, int, str]
"""(`unit` or `group`, its pk, indicator pk, period code)"""


def _key(line: Line) -> Key:
    kind, owner = ("group", line.place.group) if line.place.group else ("unit", line.place.unit)
    return kind, owner.pk if owner else 0, line.indicator.pk, line.period.code


def _unit_figures(lines: Sequence[Line], stage: str) -> dict[Key, Figure]:
    if not lines:
        return {}
    units = _once(line.place.unit for line in lines if line.place.unit)
    indicators = _once(line.indicator for line in lines)
    periods = list(dict.fromkeys(line.period for line in lines))
    found = figures(units, indicators, periods, stage)
    return {("unit", *key): figure for key, figure in found.items()}


def _group_figures(lines: Sequence[Line], stage: str) -> dict[Key, Figure]:
    found: dict[Key, Figure] = {}
    indicators = _once(line.indicator for line in lines)
    periods = list(dict.fromkeys(line.period for line in lines))
    for group in _once(line.place.group for line in lines if line.place.group):
        for key, figure in group_figures(group, indicators, periods, stage).items():
            found["group", group.pk, *key] = figure
    return found


def _once(rows: Iterable[RowT]) -> list[RowT]:
    return list({row.pk: row for row in rows}.values())


def _item(line: Line, figure: Figure, stage: str) -> RollupItem:
    complete = _is_complete(line)
    if complete is False:
        # Source: design, Meaning: an incomplete group has no figure of its own.
        figure = replace(figure, value=None, numerator=None, denominator=None)
    return RollupItem(
        unit=line.place.label,
        unit_name=line.place.name,
        indicator=line.indicator.code,
        period=line.period.code,
        stage=stage,
        value=_shown(figure),
        numerator=figure.numerator,
        denominator=figure.denominator,
        reported=figure.reported,
        expected=figure.expected,
        not_applicable=figure.not_applicable,
        has_sample=figure.has_sample,
        computed_at=figure.computed_at,
        pending=figure.pending,
        group_complete=complete,
    )


def _is_complete(line: Line) -> bool | None:
    """Are all members of the group known, and do they all still exist? None for a unit."""
    group = line.place.group
    if group is None:
        return None
    return group.is_complete and all(
        row.unit.is_valid_on(line.period.end) for row in group.member_rows
    )


def _shown(figure: Figure) -> Decimal | None:
    if figure.value is None or figure.denominator is None:
        return figure.value
    return rounded(figure.value)
