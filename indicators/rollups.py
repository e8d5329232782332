"""Rolled-up figures: rebuilt from a unit's own facts and its children, never adjusted.

Running twice, late or out of order gives the same rows. Writing a fact and asking for
its recompute happen in one transaction (`recording`); Celery only makes the work soon.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from communes.models import Unit
from indicators.asking import Profile, asks, profiles_below
from indicators.calc import Part, add, compares, ratio, without_value
from indicators.enums import Aggregation, Answer, IndicatorKind, Stage, TermRole
from indicators.models import DIGITS, Indicator, IndicatorTerm, Recompute, Result, Rollup
from indicators.periods import Period

logger = logging.getLogger(__name__)

Cell = tuple[int, str]
"""(indicator pk, stage): one rolled-up figure of a unit and period."""


class Catalogue:
    """Every indicator with its terms, read once for a run of recomputes. Three queries."""

    def __init__(self) -> None:
        self.indicators: dict[int, Indicator] = {
            row.pk: row
            for row in Indicator.objects.select_related("entered_at", "entered_at_two_tier")
        }
        self._asked: dict[Profile, list[Indicator]] = {}
        self._profiles: dict[tuple[int, str], Counter[Profile]] = {}
        self.numerators: dict[int, list[Indicator]] = defaultdict(list)
        self.denominators: dict[int, list[Indicator]] = defaultdict(list)
        terms = IndicatorTerm.objects.exclude(role=TermRole.PREFILL)
        for indicator_id, role, input_id in terms.values_list("indicator", "role", "input"):
            side = self.numerators if role == TermRole.NUMERATOR else self.denominators
            side[indicator_id].append(self.indicators[input_id])

    def inputs_of(self, indicator: Indicator) -> list[Indicator]:
        """The inputs a figure rests on: itself, a ratio's terms, or a share's condition."""
        if indicator.kind == IndicatorKind.RATIO:
            return self.numerators[indicator.pk] + self.denominators[indicator.pk]
        if indicator.kind == IndicatorKind.SHARE_OF_UNITS:
            return self.inputs_of(self.indicators[indicator.condition_indicator_id or 0])
        return [indicator]

    def is_asked(self, indicator: Indicator, profile: Profile) -> bool:
        """Does a unit of this profile stand among those expected to have the figure?"""
        # Source: indicators.yaml, communes only where the text says communes.
        if indicator.counted == "commune" and profile.is_urban:
            return False
        return all(asks(input_, profile) for input_ in self.inputs_of(indicator))

    def profiles(self, unit: Unit, period: Period) -> Counter[Profile]:
        """Units at or below `unit` on the period's last day, by profile.

        Read at once for every unit that waits in the queue: a long drain asks once a tier.
        """
        key = (unit.pk, period.code)
        if key not in self._profiles:
            waiting = Recompute.objects.filter(period=period.code).values_list("unit", flat=True)
            found = profiles_below({unit.pk, *waiting}, period.end)
            self._profiles |= {(pk, period.code): counts for pk, counts in found.items()}
        return self._profiles[key]

    def asked_of(self, profile: Profile) -> list[Indicator]:
        """The figures a unit of this profile is expected to have."""
        if profile not in self._asked:
            self._asked[profile] = [
                row for row in self.indicators.values() if self.is_asked(row, profile)
            ]
        return self._asked[profile]

    def expected(self, profiles: Counter[Profile]) -> dict[int, int]:
        """How many of the counted units are to report each indicator: {indicator pk: units}."""
        counts: Counter[int] = Counter()
        for profile, units in profiles.items():
            for indicator in self.asked_of(profile):
                counts[indicator.pk] += units
        return counts


# -- the queue -----------------------------------------------------------------------------


def drain() -> int:
    """Work until the queue is empty; returns how many units were recomputed.

    Every unit is one transaction: a worker killed at any point leaves its mark behind. So does a
    unit with a figure too large to add up: it stays pending and holds up nobody else.
    """
    if not Recompute.objects.exists():
        return 0
    catalogue = Catalogue()
    done = 0
    stuck: set[int] = set()
    while True:
        try:
            if not _recompute_next(catalogue, stuck):
                return done
        except TooLargeError as error:
            logger.error("%s", error)
            stuck.update(error.marks)
        else:
            done += 1


class TooLargeError(Exception):
    """A unit's figure does not fit its column; `marks` are the marks that stay."""

    def __init__(self, unit: Unit, period: str, marks: list[int]) -> None:
        super().__init__(f"unit {unit.pk}, {period}: a figure is too large to add up")
        self.marks = marks


def _recompute_next(catalogue: Catalogue, stuck: set[int]) -> bool:
    """Take the lowest marked unit, recompute it and mark its parent. False when none is free."""
    with transaction.atomic():
        waiting = Recompute.objects.select_for_update(skip_locked=True, of=("self",)).exclude(
            pk__in=stuck
        )
        first = waiting.order_by("-unit__tier__rank", "pk").first()
        if first is None:
            return False
        # One worker a unit: the second would otherwise write an older sum over a newer one.
        # The figures are read by later statements, whose snapshot is younger than the lock.
        unit = (
            Unit.objects.select_for_update(no_key=True, of=("self",))
            .select_related("tier")
            .get(pk=first.unit_id)
        )
        same_cell = Q(unit=unit, period=first.period)
        claimed = list(waiting.filter(same_cell).values_list("pk", flat=True))
        try:
            recompute(unit, Period.parse(first.period), catalogue)
        except OverflowError as error:
            raise TooLargeError(unit, first.period, claimed) from error
        Recompute.objects.filter(pk__in=claimed).delete()
    return True


# -- one unit --------------------------------------------------------------------------------


def recompute(unit: Unit, period: Period, catalogue: Catalogue | None = None) -> None:
    """Rebuild the rollups of one unit and period, and mark its parent. In one transaction."""
    catalogue = catalogue or Catalogue()
    with transaction.atomic():
        parts = _parts(unit, period, catalogue) if unit.is_valid_on(period.end) else {}
        _store(unit, period, parts, catalogue)
        if unit.parent_id:
            Recompute.objects.create(unit_id=unit.parent_id, period=period.code)


def _parts(unit: Unit, period: Period, catalogue: Catalogue) -> dict[Cell, Part]:
    gathered: dict[Cell, list[Part]] = defaultdict(list)
    for cell, part in _own_parts(unit, period, catalogue):
        gathered[cell].append(part)
    if catalogue.profiles(unit, period).total() > 1:
        for cell, part in _children_parts(unit, period, catalogue):
            gathered[cell].append(part)
    return {cell: add(parts) for cell, parts in gathered.items()}


def _children_parts(
    unit: Unit, period: Period, catalogue: Catalogue
) -> Iterable[tuple[Cell, Part]]:
    children = Unit.objects.filter(parent=unit).valid_on(period.end)
    for row in Rollup.objects.filter(unit__in=children, period=period.code):
        part = Part(row.total, row.weight, row.reported, row.not_applicable, row.has_sample)
        if catalogue.indicators[row.indicator_id].aggregation == Aggregation.NONE:
            part = without_value(part)
        yield (row.indicator_id, row.stage), part


def _own_parts(unit: Unit, period: Period, catalogue: Catalogue) -> Iterable[tuple[Cell, Part]]:
    facts = list(Result.objects.filter(unit=unit, period=period.code))
    if not facts:
        return
    profiles = catalogue.profiles(unit, period)
    profile = next(found for found in profiles if found.tier == unit.tier.code)
    asked = catalogue.asked_of(profile)
    for stage in Stage.values:
        told = _Told(facts, stage, catalogue)
        for indicator in asked:
            part = told.part(indicator)
            if part is not None:
                yield (indicator.pk, stage), part


class _Told:
    """What one unit has said at one stage, turned into parts."""

    def __init__(self, facts: list[Result], stage: str, catalogue: Catalogue) -> None:
        layer = "approved" if stage == Stage.OFFICIAL else "submitted"
        self.catalogue = catalogue
        self.answers: dict[int, str] = {}
        self.values: dict[int, Decimal] = {}
        self.samples: set[int] = set()
        for fact in facts:
            answer = getattr(fact, f"{layer}_answer")
            if answer == Answer.MISSING:
                continue
            self.answers[fact.indicator_id] = answer
            if answer == Answer.VALUE:
                self.values[fact.indicator_id] = getattr(fact, f"{layer}_value")
            if fact.is_sample:
                self.samples.add(fact.indicator_id)

    def part(self, indicator: Indicator) -> Part | None:
        """The unit's own part of a figure; None while it has not said enough."""
        inputs = self.catalogue.inputs_of(indicator)
        if any(self.answers.get(row.pk) == Answer.NOT_APPLICABLE for row in inputs):
            return Part(not_applicable=1, has_sample=self._has_sample(inputs))
        if any(row.pk not in self.values for row in inputs):
            return None
        total: Decimal
        weight: Decimal | None
        if indicator.kind == IndicatorKind.RATIO:
            total, weight = self._terms(indicator)
        elif indicator.kind == IndicatorKind.SHARE_OF_UNITS:
            met = self._meets(indicator)
            if met is None:
                return None
            total, weight = Decimal(met), Decimal(1)
        else:
            found = self._input(indicator)
            if found is None:
                return None
            total, weight = found
        return Part(total, weight, reported=1, has_sample=self._has_sample(inputs))

    def _has_sample(self, inputs: list[Indicator]) -> bool:
        return any(row.pk in self.samples for row in inputs)

    def _terms(self, indicator: Indicator) -> tuple[Decimal, Decimal]:
        above = self.catalogue.numerators[indicator.pk]
        below = self.catalogue.denominators[indicator.pk]
        return (
            sum((self.values[row.pk] for row in above), Decimal(0)),
            sum((self.values[row.pk] for row in below), Decimal(0)),
        )

    def _input(self, indicator: Indicator) -> tuple[Decimal, Decimal | None] | None:
        value = self.values[indicator.pk]
        if indicator.aggregation == Aggregation.WEIGHTED_MEAN:
            weight = self.values.get(indicator.weight_id or 0)
            return None if weight is None else (value * weight, weight)
        if indicator.aggregation == Aggregation.MEAN_OF_UNITS:
            return value, Decimal(1)
        return value, None

    def _meets(self, indicator: Indicator) -> bool | None:
        """Is the condition met? On the unrounded rate (indicators.yaml); None when unknown."""
        tested = self.catalogue.indicators[indicator.condition_indicator_id or 0]
        if tested.kind == IndicatorKind.RATIO:
            value = ratio(*self._terms(tested), tested.scale)
        else:
            value = self.values.get(tested.pk)
        if value is None or indicator.condition_value is None:
            return None
        return compares(value, indicator.condition_comparator, indicator.condition_value)


# -- storing ---------------------------------------------------------------------------------


def _store(unit: Unit, period: Period, parts: dict[Cell, Part], catalogue: Catalogue) -> None:
    kept = Rollup.objects.filter(unit=unit, period=period.code)
    before = {(row.indicator_id, row.stage): row for row in kept}
    gone = [row.pk for cell, row in before.items() if cell not in parts]
    if gone:
        kept.filter(pk__in=gone).delete()
    if not parts:
        return
    expected = catalogue.expected(catalogue.profiles(unit, period))
    now = timezone.now()
    rows = [
        Rollup(
            unit=unit,
            indicator_id=cell[0],
            period=period.code,
            stage=cell[1],
            total=_stored(part.total),
            weight=None if part.weight is None else _stored(part.weight),
            reported=part.reported,
            expected=max(expected.get(cell[0], 0) - part.not_applicable, 0),
            not_applicable=part.not_applicable,
            has_sample=part.has_sample,
            computed_at=now,
        )
        for cell, part in sorted(parts.items())
    ]
    Rollup.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["unit", "period", "indicator", "stage"],
        update_fields=[
            "total",
            "weight",
            "reported",
            "expected",
            "not_applicable",
            "has_sample",
            "computed_at",
        ],
    )


def _stored(value: Decimal) -> Decimal:
    """Rounded as the column holds it, so that every database gives the same row.

    Raises OverflowError for what only some of them would take.
    """
    if abs(value) >= Decimal(10) ** (DIGITS["max_digits"] - DIGITS["decimal_places"]):
        raise OverflowError(value)
    return value.quantize(Decimal(1).scaleb(-DIGITS["decimal_places"]))


# -- everything ------------------------------------------------------------------------------


def recompute_all(unit: Unit | None = None, period: Period | None = None) -> int:
    """Rebuild everything at or below `unit` (all units by default) for one or every period.

    Returns how many units were recomputed. Also climbs to the ancestors of `unit`.
    """
    cells = set(Result.objects.values_list("unit_id", "period").distinct())
    cells |= set(Rollup.objects.values_list("unit_id", "period").distinct())
    if period is not None:
        cells = {cell for cell in cells if cell[1] == period.code}
    if unit is not None:
        inside = set(Unit.objects.below(unit, include_self=True).values_list("pk", flat=True))
        cells = {cell for cell in cells if cell[0] in inside}
    with transaction.atomic():
        Recompute.objects.bulk_create(
            [Recompute(unit_id=unit_id, period=code) for unit_id, code in sorted(cells)],
            batch_size=1000,
        )
    return drain()
