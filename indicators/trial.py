"""Trying a rule against what was reported in past periods: how often it would have spoken.

A return is judged as the entry page judges it: the unit's own figures and last year's, added up
over what was merged into it. A unit above those that type is judged by its rolled-up figures, and
only where all have reported. Source: rules.yaml header.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from heapq import nsmallest
from operator import mul

from django.db.models import DecimalField, Value
from django.db.models.functions import Coalesce

from communes.enums import TierCode
from communes.models import Succession, Unit
from indicators.calc import compares, ratio
from indicators.checks import check, is_spared, runs_in
from indicators.enums import IndicatorKind, Stage
from indicators.figures import FigureBook
from indicators.models import Indicator, Result, Rollup, RuleTerm, ValidationRule
from indicators.periods import Period
from indicators.rollups import Catalogue

ZERO = Decimal(0)
SHOWN = 100
"""Failing returns that are listed, the widest gap first; more are counted only."""
MOST_YEARS = 10
SUMMED = (TierCode.NATION, TierCode.PROVINCE, TierCode.DISTRICT)
"""Tiers whose figures are put together from those below; the others type theirs."""
PARTS = ("", "H1", "H2", "Q1", "Q2", "Q3", "Q4")

Key = tuple[int, str]
"""(unit pk, period code)"""
Told = dict[Key, dict[int, Decimal]]
"""The numbers that units told, by indicator pk."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A return that the rule would have objected to. `left`, `right`: the sums of the formula."""

    unit: Unit
    period: Period
    left: Decimal
    right: Decimal
    gap: Decimal
    message: str
    decimals: int


@dataclass
class Tally:
    """How the returns of some periods fared. `lacking`: a figure of the period is missing;
    `lacking_before`: only one of the year before is."""

    passed: int = 0
    failed: int = 0
    lacking: int = 0
    lacking_before: int = 0

    @property
    def checked(self) -> int:
        return self.passed + self.failed

    @property
    def unchecked(self) -> int:
        return self.lacking + self.lacking_before

    @property
    def share(self) -> Decimal:
        """Failed of checked, per cent; 0 when nothing could be checked."""
        return Decimal(self.failed * 100) / self.checked if self.checked else ZERO


@dataclass
class Trial:
    """What a rule would have said of past returns, whether it is switched on or not."""

    rule: ValidationRule
    years: range
    by_period: dict[Period, Tally] = field(default_factory=dict)
    failing: list[Failing] = field(default_factory=list)

    @property
    def first(self) -> str:
        return str(self.years[0])

    @property
    def last(self) -> str:
        return str(self.years[-1])

    @cached_property
    def total(self) -> Tally:
        """Every period together."""
        sums: Counter[str] = Counter()
        for tally in self.by_period.values():
            sums.update(vars(tally))
        return Tally(**sums)


def try_rule(rule: ValidationRule, years: range, tiers: Collection[str] | None = None) -> Trial:
    """Judge every return of `years` that tells any number of the rule; provisional figures.

    `tiers`: codes, of those that the rule runs at (None: all of them). At most MOST_YEARS, the
    latest. The number of queries does not grow with units or figures.
    """
    years = years[-MOST_YEARS:]
    trial = Trial(rule, years)
    judge = _Judge(rule, trial)
    wanted = [tier.code for tier in rule.tiers.all() if tiers is None or tier.code in tiers]
    periods = {
        period.code: period
        for year in years
        for part in PARTS
        if runs_in(rule, period := Period.parse(f"{year}{part}"))
    }
    if judge.terms and periods:
        places = _Places(wanted, years)
        for figures in _sources(judge, places, wanted, periods):
            for unit, code, now, before in figures:
                judge.judge(unit, periods[code], now, before)
        judge.finish()
    return trial


Lookup = Mapping[int, Decimal]
Return = tuple[int, str, Lookup, Lookup]
"""(unit pk, period code, this period's values, last year's), by indicator pk."""


class _Judge:
    """One rule over many returns: counts all, keeps what failed."""

    def __init__(self, rule: ValidationRule, trial: Trial) -> None:
        self.rule, self.trial = rule, trial
        self.terms: list[RuleTerm] = [term for term in rule.terms.all() if term.coefficient]
        self.now = [term for term in self.terms if not term.offset]
        self.before = [term for term in self.terms if term.offset]
        # Read once: a country has half a million figures.
        self._coefficients = [term.coefficient for term in self.terms]
        self._reads = [(term.indicator_id, term.offset) for term in self.terms]
        self._now = {term.indicator_id for term in self.now}
        self._before = {term.indicator_id for term in self.before}
        # The server knows last year's figures and no earlier ones.
        self._is_known = all(term.offset == -1 for term in self.before)
        self._failed: list[tuple[Decimal, Period, int, list[Decimal]]] = []

    @property
    def indicators(self) -> dict[int, Indicator]:
        return {term.indicator_id: term.indicator for term in self.terms}

    def judge(self, unit: int, period: Period, now: Lookup, before: Lookup) -> None:
        tally = self.trial.by_period.setdefault(period, Tally())
        if not self._now <= now.keys():
            tally.lacking += 1
            return
        if not (self._is_known and self._before <= before.keys()):
            tally.lacking_before += 1
            return
        values = [before[pk] if offset else now[pk] for pk, offset in self._reads]
        total = sum(map(mul, self._coefficients, values), ZERO)
        rule = self.rule
        if compares(total, rule.comparator, rule.constant, rule.tolerance):
            tally.passed += 1
        else:
            tally.failed += 1
            self._failed.append((-abs(total - rule.constant), period, unit, values))

    def finish(self) -> None:
        """List the widest gaps, each with the sentence that the officer would have read."""
        shown = nsmallest(SHOWN, self._failed, key=lambda found: found[:3])
        units = Unit.objects.select_related("parent").in_bulk({unit for _, _, unit, _ in shown})
        self.trial.by_period = dict(sorted(self.trial.by_period.items(), reverse=True))
        self.trial.failing = [
            self._failing(units[unit], period, values) for _, period, unit, values in shown
        ]

    def _failing(self, unit: Unit, period: Period, values: list[Decimal]) -> Failing:
        told = {
            (term.indicator.code, term.offset): value
            for term, value in zip(self.terms, values, strict=True)
        }
        (found,) = check([self.rule], told)
        products = list(map(mul, self._coefficients, values))
        return Failing(
            unit=unit,
            period=period,
            left=sum((product for product in products if product > 0), ZERO),
            right=self.rule.constant - sum((part for part in products if part < 0), ZERO),
            gap=found.gap,
            message=found.message,
            decimals=max(term.indicator.decimals for term in self.terms),
        )


def _sources(
    judge: _Judge, places: _Places, tiers: Collection[str], periods: Mapping[str, Period]
) -> Iterator[Iterable[Return]]:
    if any(tier not in SUMMED for tier in tiers):
        yield _typed(judge, places, periods)
    if any(tier in SUMMED for tier in tiers):
        yield _summed(judge, places, periods)


# -- where units stand ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    is_summed: bool
    is_urban: bool
    valid_from: date
    valid_to: date

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


@dataclass
class _Changes:
    """What a unit took over within a year, and whether it gave any of its own away."""

    merged: list[int] = field(default_factory=list)
    has_part_of_another: bool = False
    gave: bool = False


class _Places:
    """The units of some tiers, and whose figures of the year before each of them stands on."""

    def __init__(self, tiers: Collection[str], years: range) -> None:
        rows = Unit.objects.filter(tier__code__in=tiers, valid_to__gte=Period(years[0]).start)
        self._places = {
            pk: _Place(tier in SUMMED, Unit(name=name).is_urban, first, last)
            for pk, name, tier, first, last in rows.values_list(
                "pk", "name", "tier__code", "valid_from", "valid_to"
            )
        }
        self._years = years

    def find(self, unit: int, rule: ValidationRule, day: date, *, summed: bool) -> _Place | None:
        """The unit if the rule judges it on that day."""
        place = self._places.get(unit)
        if place is None or place.is_summed != summed or not place.is_valid_on(day):
            return None
        return None if is_spared(rule, is_urban=place.is_urban) else place

    @cached_property
    def summed(self) -> set[int]:
        return {pk for pk, place in self._places.items() if place.is_summed}

    def origins(self, unit: int, year: int) -> list[int]:
        """The units whose figures of the year before make up this one's; none when not known.

        As the entry page has it: of a unit that was split nothing is known, a share of a count
        is no count. Source: design, Ideas 8.
        """
        changes = self._changes.get((unit, year), _Changes())
        was_there = self._places[unit].is_valid_on(date(year - 1, 12, 31))
        if changes.has_part_of_another or (was_there and changes.gave):
            return []
        return [unit, *changes.merged] if was_there else changes.merged

    @cached_property
    def _changes(self) -> dict[tuple[int, int], _Changes]:
        """What became of units, by unit and year. One query."""
        found: dict[tuple[int, int], _Changes] = defaultdict(_Changes)
        rows = Succession.objects.filter(
            date__gte=Period(self._years[0]).start, date__lte=Period(self._years[-1]).end
        )
        for old, new, day, share in rows.values_list("predecessor", "successor", "date", "share"):
            found[old, day.year].gave = True
            found[new, day.year].merged.append(old)
            found[new, day.year].has_part_of_another |= share != 1
        return found


# -- figures that units typed themselves ----------------------------------------------------------


def _typed(judge: _Judge, places: _Places, periods: Mapping[str, Period]) -> Iterator[Return]:
    """Returns of units that type their figures. One query of facts."""
    now, before = _facts(judge, periods)
    reckoned = _Reckoned(judge.indicators.values())
    for (unit, code), said in now.items():
        period = periods[code]
        if places.find(unit, judge.rule, period.end, summed=False) is None:
            continue
        last: dict[int, Decimal] = {}
        if judge.before:
            year = period.shifted(-1).code
            last = _added([before.get((pk, year), {}) for pk in places.origins(unit, period.year)])
        yield unit, code, reckoned.values(said), reckoned.values(last)


def _facts(judge: _Judge, periods: Mapping[str, Period]) -> tuple[Told, Told]:
    """What was said in each period, and what the year after goes by: the official figure first."""
    catalogue = Catalogue.current()
    inputs = {
        offset: {
            row.pk
            for term in terms
            if term.indicator.kind != IndicatorKind.SHARE_OF_UNITS
            for row in catalogue.inputs_of(term.indicator)
        }
        for offset, terms in ((0, judge.now), (-1, judge.before))
    }
    earlier = {period.shifted(-1).code for period in periods.values()} if judge.before else set()
    nothing = Value(None, DecimalField())
    rows = (
        Result.objects.filter(indicator__in=inputs[0] | inputs[-1], period__in={*periods, *earlier})
        .exclude(submitted_value=None, approved_value=None)
        .annotate(kept=Coalesce("approved_value", "submitted_value") if earlier else nothing)
        .values_list("unit_id", "period", "indicator_id", "submitted_value", "kept")
    )
    now: Told = defaultdict(dict)
    before: Told = defaultdict(dict)
    for unit, code, indicator, submitted, kept in rows.iterator(chunk_size=20_000):
        if submitted is not None and code in periods and indicator in inputs[0]:
            now[unit, code][indicator] = submitted
        if kept is not None and code in earlier and indicator in inputs[-1]:
            before[unit, code][indicator] = kept
    return now, before


def _added(parts: Sequence[Lookup]) -> dict[int, Decimal]:
    """Sums of the figures that every part has: a missing one is not zero."""
    if len(parts) == 1:
        return dict(parts[0])
    shared = set(parts[0]).intersection(*parts[1:]) if parts else ()
    return {pk: sum((part[pk] for part in parts), ZERO) for pk in shared}


class _Reckoned:
    """Inputs with the ratios that are worked out from them, as the form shows them."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        catalogue = Catalogue.current()
        self._ratios = [
            (
                row,
                [part.pk for part in catalogue.numerators[row.pk]],
                [part.pk for part in catalogue.denominators[row.pk]],
            )
            for row in indicators
            if row.kind == IndicatorKind.RATIO
        ]

    def values(self, inputs: Lookup) -> Lookup:
        if not self._ratios:
            return inputs
        found = dict(inputs)
        for row, above, below in self._ratios:
            value = ratio(_sum(inputs, above), _sum(inputs, below), row.scale)
            if value is not None:
                found[row.pk] = value
        return found


def _sum(inputs: Lookup, wanted: Sequence[int]) -> Decimal | None:
    if any(pk not in inputs for pk in wanted):
        return None
    return sum((inputs[pk] for pk in wanted), ZERO)


# -- figures that were added up -------------------------------------------------------------------


def _summed(judge: _Judge, places: _Places, periods: Mapping[str, Period]) -> Iterator[Return]:
    """Units above those that type: rolled-up figures, where all below have reported."""
    units = list(Unit.objects.filter(pk__in=places.summed))
    earlier = {period.shifted(-1).code for period in periods.values()} if judge.before else set()
    told = sorted(
        Rollup.objects.filter(
            unit__in=units, period__in={*periods, *earlier}, stage=Stage.PROVISIONAL
        )
        .order_by()
        .values_list("period", flat=True)
        .distinct()
    )
    indicators = judge.indicators
    book = FigureBook(
        units, list(indicators.values()), [Period.parse(code) for code in told], Stage.PROVISIONAL
    )
    reader = _Reader(book, indicators, set(told))
    for code in told:
        for unit in units if code in periods else ():
            if places.find(unit.pk, judge.rule, periods[code].end, summed=True) is None:
                continue
            now, is_told = reader.read(unit.pk, periods[code], judge.now)
            if is_told:
                yield unit.pk, code, now, reader.before(unit.pk, periods[code], judge, places)


class _Reader:
    """Complete figures out of a book."""

    def __init__(
        self, book: FigureBook, indicators: Mapping[int, Indicator], told: set[str]
    ) -> None:
        self._book, self._indicators, self._told = book, indicators, told

    def read(
        self, unit: int, period: Period, terms: Sequence[RuleTerm]
    ) -> tuple[dict[int, Decimal], bool]:
        """Values by indicator pk, and whether anybody reported any of the terms."""
        values: dict[int, Decimal] = {}
        is_told = False
        for pk in {term.indicator_id for term in terms}:
            figure = self._book.figure(unit, self._indicators[pk], period)
            is_told = is_told or figure.reported > 0
            if figure.value is not None and figure.is_complete:
                values[pk] = figure.value
        return values, is_told

    def before(self, unit: int, period: Period, judge: _Judge, places: _Places) -> Lookup:
        earlier = period.shifted(-1)
        if not judge.before or earlier.code not in self._told:
            return {}
        known = places.origins(unit, period.year)
        if not all(place in places.summed for place in known):
            return {}
        return _added([self.read(pk, earlier, judge.before)[0] for pk in known])
