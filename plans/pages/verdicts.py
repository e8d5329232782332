"""Assessments in the words of a page: mark, figures, counts. One look for every plan page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.freshness import Freshness, Included, Scope
from indicators.models import Rollup
from indicators.periods import Period
from plans.assessment import Assessment, assess_pairs
from plans.assessment.terms import base_year
from plans.enums import TargetKind
from plans.evaluators import Reason, Verdict, shown
from plans.models import Target
from plans.pages.sight import NOTHING, Reader, Sight, sight_of
from plans.wording import of_units, promise_words, with_unit
from povertyplan.lib.numbers import format_number

_PER_UNIT = frozenset({TargetKind.PER_UNIT, TargetKind.PER_UNIT_PER_YEAR})


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict as it is shown: word, icon of the sprite, colour class. `key` is its address."""

    key: str
    label: str | Promise
    icon: str
    css: str


MARKS = {
    Verdict.MET: Mark("dat", _("Đạt"), "met", "s-met"),
    Verdict.ON_TRACK: Mark("dung-tien-do", _("Đúng tiến độ"), "track", "s-track"),
    Verdict.AT_RISK: Mark("nguy-co", _("Nguy cơ"), "risk", "s-risk"),
    Verdict.OFF_TRACK: Mark("cham", _("Chậm"), "late", "s-late"),
    Verdict.NOT_DUE: Mark("chua-den-ky", _("Chưa đến kỳ"), "clock", "s-info"),
    Verdict.NO_DATA: Mark("chua-ket-luan", _("Chưa kết luận"), "none", "s-none"),
}
"""In the order of the counts. Source: ui design, status vocabulary."""

_NO_FIGURE = Mark("chua-ket-luan", _("Chưa có số liệu"), "none", "s-none")
_NO_PATH = Mark("chua-den-ky", _("Chưa có mốc"), "clock", "s-info")
_UNREPORTED = frozenset({Reason.NOT_REPORTED, Reason.NO_OPENING})

STATEMENT_MARKS = {
    Verdict.MET: Mark("khop", _("Khớp"), "met", "s-met"),
    Verdict.OFF_TRACK: Mark("lech", _("Lệch"), "risk", "s-risk"),
    Verdict.NO_DATA: Mark("chua-co-so", _("Chưa có số"), "none", "s-none"),
}
"""A stated result agrees with what units reported or not; it is no promise to be late with."""


def mark_of(found: Assessment) -> Mark:
    if found.is_statement:
        return STATEMENT_MARKS[found.verdict]
    if found.verdict is Verdict.NO_DATA and _UNREPORTED & set(found.reasons):
        return _NO_FIGURE
    if found.verdict is Verdict.NOT_DUE and Reason.NOT_STARTED not in found.reasons:
        return _NO_PATH
    return MARKS[found.verdict]


@dataclass(frozen=True, slots=True)
class Judged:
    """One assessment, its figures in words."""

    found: Assessment
    mark: Mark

    @property
    def is_each(self) -> bool:
        """Units that keep the promise each by itself are counted."""
        terms = self.found.terms
        return terms.kind in _PER_UNIT and terms.each_unit and not terms.on_average

    @property
    def decimals(self) -> int:
        is_count = self.is_each or self.found.terms.kind == TargetKind.COUNT_OF_UNITS
        return 0 if is_count else self.found.terms.decimals

    @property
    def unit_of_measure(self) -> str:
        return of_units() if self.is_each else self.found.target.unit_of_measure

    def number(self, value: Decimal | None) -> str:
        """A figure of this promise, without its unit."""
        is_whole = value is not None and value == value.to_integral_value()
        return format_number(value, 0 if is_whole and self.decimals > 2 else self.decimals)

    def amount(self, value: Decimal | None) -> str:
        return "–" if value is None else with_unit(self.number(value), self.unit_of_measure)

    @property
    def actual(self) -> str:
        """The figure with its unit; units that keep the promise of those that reported."""
        if self.is_each and self.found.actual is not None:
            return f"{self.number(self.found.actual)}/{self.amount(self.found.outcome.goal)}"
        return self.amount(self.found.actual)

    @property
    def figure(self) -> str:
        """The actual figure without its unit; – where there is none."""
        if self.is_each and self.found.actual is not None:
            return self.actual
        return self.number(self.found.actual)

    @property
    def expected(self) -> str:
        return self.number(self.found.outcome.expected)

    @property
    def difference(self) -> str:
        """How far the actual figure is from the expected one, signed, as read on a scale."""
        return self.signed(self.found.actual, self.found.outcome.expected)

    def signed(self, actual: Decimal | None, expected: Decimal | None) -> str:
        if actual is None or expected is None:
            return "–"
        # Of the figures as they stand beside it, so that the row adds up to the eye.
        apart = shown(actual, self.decimals) - shown(expected, self.decimals)
        words = self.number(apart)
        return f"+{words}" if apart > 0 else words

    @property
    def promise(self) -> str:
        """What is in force for the unit judged."""
        terms = self.found.terms
        words = promise_words(terms.comparator, terms.value, terms.low, terms.high)
        return with_unit(words, self.found.target.unit_of_measure)

    @property
    def is_assigned(self) -> bool:
        """The promise, or a part of it, is the unit's own to keep."""
        return Reason.NOT_ASSIGNED not in self.found.reasons

    @property
    def coverage(self) -> str:
        """15/18 units; empty where no unit is asked for anything."""
        return f"{self.found.reported}/{self.found.expected}" if self.found.expected else ""

    @property
    def is_late(self) -> bool:
        return self.found.verdict in (Verdict.AT_RISK, Verdict.OFF_TRACK)

    @property
    def rank(self) -> tuple[int, Decimal]:
        """Worst relative gap first; then what has no relative gap; what has no verdict last."""
        if self.found.verdict in (Verdict.NO_DATA, Verdict.NOT_DUE):
            return 2, Decimal(0)
        pct = self.found.outcome.gap_pct
        return (1, Decimal(0)) if pct is None else (0, -pct)


def is_of_year(judged: Judged, year: int) -> bool:
    """Is the promise the unit's to keep in the year? One to come or that has ended is not.

    The one definition of what pages and reports of a unit count.
    """
    found = judged.found
    if found.is_outside or not judged.is_assigned:
        return False
    return found.target.year_from <= year <= found.terms.year_to


@dataclass(frozen=True, slots=True)
class Count:
    """How many promises (or stated results) have a mark."""

    mark: Mark
    number: int


def _count(rows: Iterable[Judged], marks: Mapping[Verdict, Mark]) -> tuple[Count, ...]:
    numbers = Counter(row.found.verdict for row in rows)
    return tuple(Count(mark, numbers[key]) for key, mark in marks.items() if numbers[key])


def count_promises(rows: Iterable[Judged]) -> tuple[Count, ...]:
    return _count((row for row in rows if not row.found.is_statement), MARKS)


def count_statements(rows: Iterable[Judged]) -> tuple[Count, ...]:
    return _count((row for row in rows if row.found.is_statement), STATEMENT_MARKS)


def headline(counts: Sequence[Count], year: int | None) -> str:
    """The finding of many promises in a sentence: the bad ones first."""
    numbers = {count.mark.key: count.number for count in counts}
    total = sum(numbers.values())
    bad = [
        gettext("{n} {word}").format(n=numbers[key], word=str(word).lower())
        for key, word in _BAD
        if key in numbers
    ]
    good = sum(numbers.get(MARKS[key].key, 0) for key in (Verdict.MET, Verdict.ON_TRACK))
    if not total:
        return ""
    if not bad and not good:
        return gettext("Đến hết năm {year} chưa kết luận được chỉ tiêu nào").format(year=year)
    text = ngettext("{bad} trong {total} chỉ tiêu", "{bad} trong {total} chỉ tiêu", total)
    text = text.format(bad=", ".join(bad), total=total)
    if not bad:
        text = gettext("Không chỉ tiêu nào chậm hay nguy cơ")
    return gettext("Đến hết năm {year}: {text}; {good} đạt hoặc đúng tiến độ").format(
        year=year, text=text[0].lower() + text[1:], good=good
    )


_BAD = tuple((MARKS[key].key, MARKS[key].label) for key in (Verdict.OFF_TRACK, Verdict.AT_RISK))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a reader is shown of some targets: year, stage, whose figures, and every verdict."""

    year: int | None = None
    years: tuple[int, ...] = ()
    stage: str = ""
    sight: Sight = NOTHING
    rows: Mapping[int, Judged] | None = None
    fresh: Freshness | None = None

    def of(self, target: Target) -> Judged | None:
        return (self.rows or {}).get(target.pk)

    @property
    def all(self) -> tuple[Judged, ...]:
        return tuple((self.rows or {}).values())

    @property
    def period(self) -> Period | None:
        return Period(self.year) if self.year else None

    @property
    def has_sample(self) -> bool:
        return any(row.found.has_sample for row in self.all)

    @property
    def headline(self) -> str:
        """The finding in a sentence; "" where no promise is judged."""
        return headline(count_promises(self.all), self.year)

    @property
    def included(self) -> Included:
        """How many of the figures have the number of every unit that owes one."""
        asked = [row.found for row in self.all if row.found.expected]
        complete = sum(found.is_complete for found in asked)
        return Included(complete, len(asked), of_targets=True)

    @property
    def unit(self) -> Unit | None:
        """The unit below for which promises are judged, if they are."""
        return self.sight.unit if self.sight.below else None

    @property
    def is_mixed(self) -> bool:
        """Some promises are judged as made and others for the reader's own unit."""
        return bool(self.sight.whole and self.sight.below)


def verdicts_of(
    targets: Sequence[Target], reader: Reader | None, of: Sequence[Target] = ()
) -> Verdicts:
    """Judge what the reader may see of `targets`. As many queries for one as for all.

    Targets come from `TargetQuerySet.to_assess`. `of`: all those of the page, where `targets`
    are some of them; the years to choose from are theirs. No reader, no figures.
    """
    framing = of or targets
    if reader is None or not framing:
        return Verdicts()
    sight = sight_of(reader, framing)
    years = _years_of(framing)
    year = reader.year or _latest_year(framing, sight, reader.stage, years)
    # Asked before the figures are read: see `freshness`.
    fresh = _scope_of(targets, sight, year).freshness() if sight else None
    rows = _judge(targets, sight, year, reader.stage)
    return Verdicts(year, years, reader.stage, sight, rows, fresh)


def _scope_of(targets: Sequence[Target], sight: Sight, year: int) -> Scope:
    """What the verdicts rest on: units and groups of the promises, from the base year on."""
    whole = [row for row in targets if row.pk in sight.whole]
    units = {row.unit for row in whole if row.group_id is None}
    if sight.below and sight.unit is not None:
        units.add(sight.unit)
    groups = {row.group for row in whole if row.group is not None}
    first = min([year, *(base_year(row) for row in targets)])
    return Scope(
        tuple(sorted(units, key=lambda unit: unit.pk)),
        tuple(Period(past) for past in range(first, year + 1)),
        tuple(sorted(groups, key=lambda group: group.code)),
    )


def _judge(targets: Sequence[Target], sight: Sight, year: int, stage: str) -> dict[int, Judged]:
    asked = [
        (row, sight.unit if row.pk in sight.below else None)
        for row in targets
        if row.pk in sight.whole or row.pk in sight.below
    ]
    found = assess_pairs(asked, Period(year), stage)
    return {row.target.pk: Judged(row, mark_of(row)) for row in found}


def _years_of(targets: Sequence[Target]) -> tuple[int, ...]:
    """The years promises run through, from the first of a plan to the last of a target."""
    first = min(target.plan.year_from or target.year_from for target in targets)
    last = max(max(target.plan.year_to or 0, target.year_to) for target in targets)
    return tuple(range(min(first, *(target.year_from for target in targets)), last + 1))


def _latest_year(targets: Sequence[Target], sight: Sight, stage: str, years: Sequence[int]) -> int:
    """The latest of `years` in which a unit judged has reported anything; else the last one."""
    units = {target.unit_id for target in targets if target.pk in sight.whole}
    if sight.unit is not None:
        units.add(sight.unit.pk)
    codes = [Period(year).code for year in years]
    found = Rollup.objects.filter(unit__in=units, stage=stage, period__in=codes)
    latest = found.aggregate(latest=Max("period"))["latest"]
    return Period.parse(latest).year if latest else years[-1]
