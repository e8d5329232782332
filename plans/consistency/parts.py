"""Parts against totals, counts of units against the units there are, means against sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.enums import Comparator
from plans.consistency.findings import (
    Inconsistency,
    Kind,
    amount,
    apart,
    codes,
    number_words,
    plain,
    sentence,
    words,
)
from plans.consistency.intervals import ZERO, Interval, total
from plans.consistency.stated import Known, Relation, Stated
from plans.enums import TargetKind
from plans.wording import points, with_unit

Group = Sequence[Stated]
"""Figures of one place, span and kind: those that may be added up and compared."""


def grouped(figures: Iterable[Stated]) -> list[list[Stated]]:
    found: dict[tuple[object, ...], list[Stated]] = defaultdict(list)
    for figure in figures:
        found[figure.place, figure.span, figure.kind, figure.is_result].append(figure)
    return list(found.values())


def parts_against_totals(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """Rules over plans, then parts of a whole that no rule has told of already."""
    for group in grouped(figures):
        told = [found for rule in known.relations for found in _broken(rule, group, known)]
        yield from told
        for found in _larger_than_the_whole(group, known):
            if not any(set(found.targets) <= set(other.targets) for other in told):
                yield found


# -- rules ---------------------------------------------------------------------------------------

Term = tuple[Decimal, Stated]


def _broken(rule: Relation, group: Group, known: Known) -> Iterator[Inconsistency]:
    by_indicator = {figure.measure.pk: figure for figure in reversed(group)}
    terms = [
        (factor, by_indicator[pk]) for factor, pk in rule.terms if factor and pk in by_indicator
    ]
    if len(terms) < sum(bool(factor) for factor, _pk in rule.terms) or not terms:
        return
    fitted = _fitted(rule, [figure for _factor, figure in terms], known)
    if fitted is None:
        return
    sums = total(figure.bounds * factor for factor, figure in terms)
    if sums.gap(_allowed(fitted, fitted.tolerance)) is None:
        return
    gap = sums.gap(_allowed(fitted, ZERO)) or ZERO
    yield _told(fitted, terms, gap, known)


def _fitted(rule: Relation, figures: Group, known: Known) -> Relation | None:
    """The rule as it reads on these figures; None where it says nothing of them."""
    first = figures[0]
    if not first.place.each_unit and rule.tiers and first.tier not in rule.tiers:
        return None
    if rule.communes_only and first.is_urban:
        return None
    if first.is_change and (rule.constant or rule.comparator != Comparator.EQUAL):
        return None  # that a sum fits says nothing of how much its parts change
    if first.kind == TargetKind.COUNT_OF_UNITS:
        return _in_units(rule, figures, known)
    return rule


def _in_units(rule: Relation, figures: Group, known: Known) -> Relation | None:
    """A rule on shares of units, turned from per cent into units."""
    shares = [figure.measure.is_share_of_units for figure in figures]
    if not any(shares):
        return rule
    if not all(shares) or len(figures) == 1:
        return None
    if not rule.constant:
        return replace(rule, tolerance=ZERO)
    count = known.counted(figures[0])
    if count is None:
        return None
    return replace(rule, constant=rule.constant * count / figures[0].measure.scale, tolerance=ZERO)


def _allowed(rule: Relation, slack: Decimal) -> Interval:
    least, most = rule.constant - slack, rule.constant + slack
    return {
        Comparator.AT_LEAST: Interval(least, None),
        Comparator.ABOVE: Interval(least, None, low_open=True),
        Comparator.AT_MOST: Interval(None, most),
        Comparator.BELOW: Interval(None, most, high_open=True),
        Comparator.EQUAL: Interval(least, most),
    }[Comparator(rule.comparator)]


def _told(rule: Relation, terms: Sequence[Term], gap: Decimal, known: Known) -> Inconsistency:
    left = [(factor, figure) for factor, figure in terms if factor > 0]
    right = [(-factor, figure) for factor, figure in terms if factor < 0]
    unit = terms[-1][1].unit_of_measure
    gap_unit = points() if unit == "%" else unit
    is_exact = all(figure.bounds.is_exact for _factor, figure in terms)
    compared = {
        Comparator.AT_LEAST: _("ít hơn"),
        Comparator.ABOVE: _("không lớn hơn"),
        Comparator.AT_MOST: _("nhiều hơn"),
        Comparator.BELOW: _("không nhỏ hơn"),
        Comparator.EQUAL: _("không bằng"),
    }[Comparator(rule.comparator)]
    sides = _side(left, ZERO, unit), _side(right, rule.constant, unit)
    message = f"{rule.name}: {sides[0]}, {compared} {sides[1]}"
    return Inconsistency(
        Kind.PARTS,
        known.plan,
        codes(figure for _factor, figure in terms),
        sentence(message, apart(gap, gap_unit, is_exact=is_exact)),
        gap,
        gap_unit,
        rule.severity,
    )


def _side(terms: Sequence[Term], constant: Decimal, unit: str) -> str:
    """7.450 + 186.677 = 194.127 triệu đồng; a sum is closed only when every part is exact."""
    if not terms:
        return amount(constant, unit)
    if len({figure.unit_of_measure for _factor, figure in terms}) > 1:
        return " + ".join(_product(factor, words(figure)) for factor, figure in terms)
    parts = [_product(factor, number_words(figure)) for factor, figure in terms]
    if constant:
        parts.append(plain(constant))
    text = " + ".join(parts)
    if len(parts) > 1 and all(figure.bounds.is_exact for _factor, figure in terms):
        whole = total(figure.bounds * factor for factor, figure in terms)
        text += f" = {plain((whole.low or ZERO) + constant)}"
    return with_unit(text, terms[0][1].unit_of_measure)


def _product(factor: Decimal, text: str) -> str:
    return text if factor == 1 else f"{plain(factor)} × {text}"


# -- parts of a whole, counts, means --------------------------------------------------------------


def _larger_than_the_whole(group: Group, known: Known) -> Iterator[Inconsistency]:
    """A part ("of which") above what it is part of."""
    for part, whole in product(group, group):
        if part.measure.of_which != whole.measure.pk or part.is_change:
            continue
        if part.bounds.low is None or whole.bounds.high is None:
            continue
        gap = whole.bounds.gap(Interval(part.bounds.low, None, part.bounds.low_open))
        if gap is None:
            continue
        message = _("“{part}” {more} nhiều hơn “{whole}” {less}, là số gồm cả nó").format(
            part=part.label, more=words(part), whole=whole.label, less=words(whole)
        )
        is_exact = part.bounds.is_exact and whole.bounds.is_exact
        unit = whole.unit_of_measure
        yield Inconsistency(
            Kind.PARTS,
            known.plan,
            codes([part, whole]),
            sentence(message, apart(gap, unit, is_exact=is_exact)),
            gap,
            unit,
        )


def counts_against_units(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """More units promised than there are on the plan's first day: 20 of 19."""
    for figure in figures:
        if figure.kind != TargetKind.COUNT_OF_UNITS or not figure.measure.is_share_of_units:
            continue
        count = known.counted(figure)
        gap = None if count is None else figure.bounds.gap(Interval(ZERO, Decimal(count)))
        if gap is None or count is None:
            continue
        message = _("“{label}”: {stated}, nhưng {day} {place} chỉ có {count}").format(
            label=figure.label,
            stated=words(figure),
            day=_("ngày {day}").format(day=f"{known.day:%d/%m/%Y}") if known.day else "",
            place=known.unit_names.get(figure.place.unit, ""),
            count=amount(Decimal(count), figure.unit_of_measure),
        )
        unit = figure.unit_of_measure
        told = sentence(message, apart(gap, unit, is_exact=figure.bounds.is_exact))
        yield Inconsistency(Kind.UNITS, known.plan, (figure.code,), told, gap, unit)


def means_against_totals(figures: Sequence[Stated], known: Known) -> Iterator[Inconsistency]:
    """What is promised for each unit, times the units, against the sum promised for all."""
    means = [row for row in figures if row.kind in _MEANS and row.place.on_average]
    totals = [row for row in figures if row.kind == TargetKind.CUMULATIVE]
    for mean, whole in product(means, totals):
        count = known.counted(mean)
        if count is None or not _speak_of_the_same(mean, whole):
            continue
        years = mean.span.years if mean.kind == TargetKind.PER_UNIT_PER_YEAR else 1
        product_of_all = mean.bounds * Decimal(count * years)
        gap = product_of_all.gap(whole.bounds)
        if gap is not None:
            yield _mean_told(mean, whole, count, years, product_of_all, gap, known)


_MEANS = {TargetKind.PER_UNIT, TargetKind.PER_UNIT_PER_YEAR}


def _speak_of_the_same(mean: Stated, whole: Stated) -> bool:
    return (mean.measure.pk, mean.span, mean.is_result, *mean.place[:2]) == (
        whole.measure.pk,
        whole.span,
        whole.is_result,
        *whole.place[:2],
    ) and mean.measure.adds_up


def _mean_told(
    mean: Stated,
    whole: Stated,
    count: int,
    years: int,
    found: Interval,
    gap: Decimal,
    known: Known,
) -> Inconsistency:
    factors = [ngettext("{count} đơn vị", "{count} đơn vị", count).format(count=count)]
    if years > 1:
        factors.append(ngettext("{years} năm", "{years} năm", years).format(years=years))
    worked = f"{number_words(mean)} × {' × '.join(factors)}"
    unit = whole.unit_of_measure
    if found.is_exact and found.low is not None:
        worked += f" = {amount(found.low, unit)}"
    message = _("Bình quân {worked}, chỉ tiêu chung là {whole}").format(
        worked=worked, whole=words(whole)
    )
    is_exact = found.is_exact and whole.bounds.is_exact
    told = sentence(message, apart(gap, unit, is_exact=is_exact))
    return Inconsistency(Kind.PARTS, known.plan, codes([mean, whole]), told, gap, unit)
