"""Yearly steps against the end, and the units below against the unit above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from plans.consistency.findings import (
    Inconsistency,
    Kind,
    amount,
    apart,
    plain,
    rounded,
    sentence,
    words,
)
from plans.consistency.intervals import ZERO, Interval
from plans.consistency.stated import Known, Stated, Step
from plans.enums import PlannedMeasure, TargetKind
from plans.wording import points, years_words


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which steps lead to a target: of which years, of what, and whether their mean is meant."""

    measure: PlannedMeasure
    years: tuple[int, ...]
    divisor: int = 1


def _wanted(figure: Stated) -> _Wanted | None:
    years = tuple(range(figure.span.first, figure.span.last + 1))
    match figure.kind:
        case TargetKind.LEVEL:
            return _Wanted(PlannedMeasure.VALUE, years[-1:])
        case TargetKind.CUMULATIVE if figure.measure.is_flow:
            return _Wanted(PlannedMeasure.VALUE, years)
        case TargetKind.CHANGE_TOTAL:
            return _Wanted(PlannedMeasure.CHANGE_POINTS, years)
        case TargetKind.CHANGE_PER_YEAR:
            return _Wanted(PlannedMeasure.CHANGE_POINTS, years, len(years))
    return None


def _whole_units(figures: Sequence[Stated]) -> Iterator[tuple[Stated, _Wanted]]:
    """Promises on a unit as a whole: only they have steps of their own."""
    for figure in figures:
        place = figure.place
        wanted = _wanted(figure)
        if wanted and not figure.is_result and place.group is None and not place.each_unit:
            yield figure, wanted


def _put_together(steps: Sequence[Step], wanted: _Wanted, expected: int) -> Interval | None:
    """What the steps come to; with some missing, only that levels and flows come to no less."""
    if not steps:
        return None
    found = sum((step.value for step in steps), ZERO) / wanted.divisor
    if len(steps) == expected:
        return Interval.exactly(found)
    return Interval(found, None) if wanted.measure == PlannedMeasure.VALUE else None


def steps_against_the_end(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """A unit's own yearly steps against its target: the last one, their sum or their mean."""
    for figure, wanted in _whole_units(figures):
        steps = _steps(known, figure, wanted, frozenset({figure.place.unit}))
        found = _put_together(steps, wanted, len(wanted.years))
        gap = found.gap(figure.rounded_bounds) if found else None
        if found is not None and gap is not None:
            yield _step_told(figure, wanted, steps, found, gap, known)


def _steps(known: Known, figure: Stated, wanted: _Wanted, units: frozenset[int]) -> list[Step]:
    return sorted(
        (
            step
            for step in known.steps
            if step.indicator == figure.measure.pk
            and step.measure == wanted.measure
            and step.year in wanted.years
            and step.unit in units
        ),
        key=lambda step: step.year,
    )


def _step_told(
    figure: Stated,
    wanted: _Wanted,
    steps: Sequence[Step],
    found: Interval,
    gap: Decimal,
    known: Known,
) -> Inconsistency:
    unit = figure.unit_of_measure
    reached = amount(rounded(found.low or ZERO, figure.measure), unit)
    years = years_words(wanted.years[0], wanted.years[-1])
    if len(wanted.years) == 1:
        message = _("Mốc {years} là {reached}").format(years=years, reached=reached)
    elif wanted.divisor > 1:
        message = _("Bình quân các mốc {years} là ({sum}) ÷ {number} = {reached}").format(
            years=years, sum=_sum(steps), number=wanted.divisor, reached=reached
        )
    else:
        message = _("Các mốc {years} cộng lại {sum} = {reached}").format(
            years=years, sum=_sum(steps), reached=reached
        )
    message += _(", chỉ tiêu là {target}").format(target=words(figure))
    is_exact = found.is_exact and figure.bounds.is_exact
    return _told(Kind.STEPS, figure, message, gap, steps, known, is_exact=is_exact)


def _sum(steps: Sequence[Step]) -> str:
    return " + ".join(plain(step.value) for step in steps)


def _told(
    kind: Kind,
    figure: Stated,
    message: str,
    gap: Decimal,
    steps: Sequence[Step],
    known: Known,
    *,
    is_exact: bool,
) -> Inconsistency:
    unit = points() if figure.unit_of_measure == "%" else figure.unit_of_measure
    gap = rounded(gap, figure.measure)
    return Inconsistency(
        kind,
        known.plan,
        (figure.code,),
        sentence(message, apart(gap, unit, is_exact=is_exact)),
        gap,
        unit,
        has_sample=any(step.is_sample for step in steps),
        rests_on_reports=True,
    )


# -- the units below ------------------------------------------------------------------------------


def children_against_parent(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """What the units below were given, added up, against the target and the yearly steps above.

    Sums only: how rates of units are put together by their bases is the cascade's to say, and
    an indicator that does not add up is passed over here.
    """
    for figure, wanted in _whole_units(figures):
        if not figure.measure.adds_up:
            continue
        yield from _below(figure, wanted, figure.rounded_bounds, words(figure), known)
        for step in _steps(known, figure, wanted, frozenset({figure.place.unit})):
            yearly = _Wanted(wanted.measure, (step.year,))
            above = amount(step.value, figure.unit_of_measure)
            yield from _below(figure, yearly, Interval.exactly(step.value), above, known)


def _below(
    figure: Stated, wanted: _Wanted, bounds: Interval, above: str, known: Known
) -> Iterator[Inconsistency]:
    units = [known.children.get((figure.place.unit, year), frozenset()) for year in wanted.years]
    steps = [
        step
        for year, below in zip(wanted.years, units, strict=True)
        for step in _steps(known, figure, _Wanted(wanted.measure, (year,)), below)
    ]
    expected = sum(len(below) for below in units)
    found = _put_together(steps, wanted, expected)
    gap = found.gap(bounds) if found else None
    if found is None or gap is None:
        return
    reached = amount(rounded(found.low or ZERO, figure.measure), figure.unit_of_measure)
    message = _(
        "Số giao cho đơn vị bên dưới {years} ({given}/{expected} mốc) cộng lại {reached}, "
        "cấp trên là {above}"
    ).format(
        years=years_words(wanted.years[0], wanted.years[-1]),
        given=len(steps),
        expected=expected,
        reached=reached,
        above=above,
    )
    is_exact = found.is_exact and bounds.is_exact
    yield _told(Kind.CHILDREN, figure, message, gap, steps, known, is_exact=is_exact)
