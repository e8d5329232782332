"""Rates against counts, what a change starts from, and figures that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.enums import Severity
from plans.consistency.findings import (
    Inconsistency,
    Kind,
    amount,
    apart,
    codes,
    number_words,
    plain,
    range_words,
    rounded,
    sentence,
    words,
)
from plans.consistency.intervals import Interval, quotient, total
from plans.consistency.stated import Figure, Known, Measure, Stated
from plans.enums import TargetKind
from plans.wording import points
from povertyplan.lib.numbers import format_number


@dataclass(frozen=True, slots=True)
class Implied:
    """The base that a change in points and the same change in units lead to together."""

    rate: Stated
    count: Stated
    base: Measure
    bounds: Interval

    @property
    def words(self) -> str:
        """0,8 điểm % đi với 2.063 hộ thì … khoảng 257.875 hộ (242.706–275.067 hộ)."""
        unit = self.base.unit_of_measure
        span = range_words(self.bounds, unit)
        if self.rate.value and self.count.value is not None:
            middle = self.count.value * self.rate.measure.scale / self.rate.value
            span = _("khoảng {middle} {unit} ({span})").format(
                middle=format_number(middle), unit=unit, span=span
            )
        return _("{rate} đi với {count} thì “{base}” phải {span}").format(
            rate=words(self.rate), count=words(self.count), base=self.base.name, span=span
        )


def implied_bases(figures: Sequence[Stated], known: Known) -> list[Implied]:
    """Every pair of a change of a ratio and the same change of its only numerator.

    Points are a difference of two rates and only nearly fall ÷ households, so what comes of
    this asks, it does not accuse. Source: domain notes, Checks officials would expect, 1.
    """
    rates = [row for row in figures if row.is_change and len(row.measure.numerator) == 1]
    found = []
    for rate, count in product(rates, figures):
        if (
            rate.measure.numerator == (count.measure.pk,)
            and _speaks_of(rate) == _speaks_of(count)
            and len(rate.measure.denominator) == 1
        ):
            base = known.measures[rate.measure.denominator[0]]
            bounds = quotient(count.rounded_bounds, rate.rounded_bounds) * rate.measure.scale
            found.append(Implied(rate, count, base, bounds))
    return found


def _speaks_of(figure: Stated) -> tuple[object, ...]:
    return figure.place, figure.span, figure.kind, figure.is_result


def rates_against_counts(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """Each implied base against the known one, and the implied bases of a plan against another."""
    found = implied_bases(figures, known)
    for implied in found:
        yield from _against_the_known_base(implied, known)
    for one, other in combinations(found, 2):
        same = (one.base.pk, *_speaks_of(one.rate)) == (other.base.pk, *_speaks_of(other.rate))
        gap = one.bounds.gap(other.bounds) if same else None
        if gap:
            yield _told(
                Kind.RATE_AND_COUNT,
                known,
                [one.rate, one.count, other.rate, other.count],
                [one.words, other.words],
                rounded(gap, one.base),
                one.base.unit_of_measure,
            )


def _against_the_known_base(implied: Implied, known: Known) -> Iterator[Inconsistency]:
    year = implied.rate.span.first
    figure = known.opening(implied.rate.place, implied.base, year)
    gap = implied.bounds.gap(Interval.exactly(figure.value)) if figure else None
    if figure is None or not gap:
        return
    reported = _("số đã báo cáo đầu năm {year} là {value}").format(
        year=year, value=_reported(figure, implied.base)
    )
    yield _told(
        Kind.RATE_AND_COUNT,
        known,
        [implied.rate, implied.count],
        [implied.words, reported],
        rounded(gap, implied.base),
        implied.base.unit_of_measure,
        reported=[figure],
    )


def _told(
    kind: Kind,
    known: Known,
    figures: Sequence[Stated],
    clauses: Sequence[str],
    gap: Decimal,
    unit: str,
    *,
    is_exact: bool = False,
    severity: Severity = Severity.WARNING,
    reported: Sequence[Figure] = (),
) -> Inconsistency:
    message = sentence(*clauses, apart(gap, unit, is_exact=is_exact))
    is_sample = any(figure.has_sample for figure in reported)
    return Inconsistency(
        kind, known.plan, codes(figures), message, gap, unit, severity, is_sample, bool(reported)
    )


def _reported(figure: Figure, measure: Measure) -> str:
    return amount(rounded(figure.value, measure), measure.unit_of_measure)


# -- what a change starts from --------------------------------------------------------------------


def levels_with_their_cut(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """What remains plus what is cut is what there was: 8.410 + 2.063 = 10.473."""
    levels = [row for row in figures if row.kind == TargetKind.LEVEL]
    changes = [row for row in figures if row.is_change]
    for level, change in product(levels, changes):
        if _end_together(level, change):
            yield from _against_the_opening(level, change, known)


def _end_together(level: Stated, change: Stated) -> bool:
    """One thing at the end of one span, and no new standard inside it."""
    first, last = change.span
    return (level.measure.pk, level.place, level.span.last, level.is_result) == (
        change.measure.pk,
        change.place,
        last,
        change.is_result,
    ) and not any(first < year <= last for year in change.measure.breaks)


def _against_the_opening(level: Stated, change: Stated, known: Known) -> Iterator[Inconsistency]:
    year, measure = change.span.first, change.measure
    figure = known.opening(change.place, measure, year)
    if figure is None:
        return
    sign = 1 if change.lower_is_better else -1
    years = change.span.years if change.kind == TargetKind.CHANGE_PER_YEAR else 1
    implied = level.rounded_bounds + change.rounded_bounds * Decimal(sign * years)
    gap = implied.gap(Interval.exactly(figure.value))
    if not gap or not rounded(gap, measure):
        return
    cut = number_words(change) + (f" × {years}" if years > 1 else "")
    worked = f"{number_words(level)} {'+' if sign > 0 else '−'} {cut}"
    if implied.is_exact and implied.low is not None:
        worked += f" = {plain(implied.low)}"
    unit = measure.unit_of_measure
    yield _told(
        Kind.OPENING,
        known,
        [level, change],
        [
            _("Mức còn lại và mức thay đổi cho số đầu năm {year} là {worked} {unit}").format(
                year=year, worked=worked, unit=unit
            ),
            _("số đã báo cáo là {value}").format(value=_reported(figure, measure)),
        ],
        rounded(gap, measure),
        _points(unit),
        is_exact=implied.is_exact,
        reported=[figure],
    )


def cuts_against_openings(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """A cut larger than all there is to cut: the opening figure, anew by each new standard."""
    for figure in figures:
        if not figure.is_change or not figure.lower_is_better:
            continue
        openings = _openings(figure, known)
        if openings is None:
            continue
        there = total(Interval.exactly(row.value) for row in openings.values())
        gap = figure.over_the_span.gap(Interval(None, there.high))
        if gap and rounded(gap, figure.measure):
            yield _cut_told(figure, openings, gap, known)


def _openings(figure: Stated, known: Known) -> dict[int, Figure] | None:
    """What the first year, and each first year of a new standard, started from; None if unknown."""
    first, last = figure.span
    years = [first, *sorted(year for year in figure.measure.breaks if first < year <= last)]
    found = {year: known.opening(figure.place, figure.measure, year) for year in years}
    there = {year: row for year, row in found.items() if row is not None}
    return there if len(there) == len(years) else None


def _cut_told(
    figure: Stated, openings: dict[int, Figure], gap: Decimal, known: Known
) -> Inconsistency:
    unit, measure = figure.unit_of_measure, figure.measure
    cut = words(figure)
    if figure.over_the_span != figure.bounds and figure.value is not None:
        years = figure.span.years
        whole = amount(figure.value * years, unit)
        cut = ngettext(
            "{cut} × {years} năm = {whole}", "{cut} × {years} năm = {whole}", years
        ).format(cut=number_words(figure), years=years, whole=whole)
    starts = " + ".join(
        _("đầu năm {year} là {value}").format(year=year, value=_reported(row, measure))
        for year, row in openings.items()
    )
    return _told(
        Kind.OPENING,
        known,
        [figure],
        [_("Mức giảm {cut} nhiều hơn số đang có ({starts})").format(cut=cut, starts=starts)],
        rounded(gap, measure),
        unit,
        is_exact=figure.bounds.is_exact,
        severity=Severity.ERROR,
        reported=list(openings.values()),
    )


def _points(unit: str) -> str:
    return points() if unit == "%" else unit


# -- contradictions -------------------------------------------------------------------------------

_AT_THE_END = {TargetKind.LEVEL, TargetKind.SHARE_OF_UNITS, TargetKind.COUNT_OF_UNITS}


def contradictions(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """Two figures for one thing and one year that cannot both hold."""
    same: dict[tuple[object, ...], list[Stated]] = defaultdict(list)
    for figure in figures:
        when = figure.span.last if figure.kind in _AT_THE_END else figure.span
        key = (figure.place, figure.scope, figure.measure.pk, figure.kind, figure.is_result, when)
        same[key].append(figure)
    for rows in same.values():
        for one, other in combinations(rows, 2):
            gap = one.bounds.gap(other.bounds)
            if gap is None:
                continue
            unit = _points(one.unit_of_measure)
            yield _told(
                Kind.CONTRADICTION,
                known,
                [one, other],
                [
                    _("Hai mức trái nhau cho cùng một chỉ số, cùng năm: {one} và {other}").format(
                        one=words(one), other=words(other)
                    )
                ],
                gap,
                unit,
                is_exact=one.bounds.is_exact and other.bounds.is_exact,
                severity=Severity.ERROR,
            )
