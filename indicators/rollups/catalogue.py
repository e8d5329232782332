"""The catalogue as the recompute needs it: what is asked of whom, and which columns add up how."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

import numpy as np

from indicators.asking import Profile, asks, profiles_below, profiles_of
from indicators.cells import Bools, Ints
from indicators.enums import Aggregation, IndicatorKind, TermRole
from indicators.models import Definitions, Indicator, IndicatorTerm
from indicators.periods import Period


@dataclass(frozen=True, slots=True)
class Runs:
    """Columns gathered for several sums: `columns[starts[k]:starts[k + 1]]` make the k-th."""

    columns: Ints
    starts: Ints

    @classmethod
    def of(cls, groups: Iterable[Sequence[int]]) -> Runs:
        listed = list(groups)
        lengths = np.fromiter((len(group) for group in listed), np.int64, len(listed))
        columns = np.fromiter((column for group in listed for column in group), np.int64)
        return cls(columns, np.cumsum(lengths) - lengths)


@dataclass(frozen=True, slots=True)
class Test:
    """The condition of a share of units, on the unrounded value (indicators.yaml).

    `tested` is the column it looks at: `total` there times `scale`, over `weight` for a rate.
    """

    column: int
    tested: int
    is_rate: bool
    scale: Fraction
    comparator: str
    bound: Fraction


class Catalogue:
    """Every indicator with its terms, read once for a run of recomputes. Two queries."""

    _current: ClassVar[tuple[uuid.UUID, Catalogue] | None] = None

    def __init__(self) -> None:
        rows = Indicator.objects.select_related(
            "theme", "entered_at", "entered_at_two_tier", "of_which", "opening_indicator"
        ).order_by("pk")
        self.indicators: dict[int, Indicator] = {row.pk: row for row in rows}
        self._asked: dict[Profile, list[Indicator]] = {}
        self._masks: dict[Profile, Bools] = {}
        self._asked_of: dict[tuple[int, str], Bools] = {}
        self._expected: dict[tuple[int, str], Ints] = {}
        self._alone: dict[bytes, Ints] = {}
        self._with_below: set[tuple[int, str]] = set()
        self.numerators: dict[int, list[Indicator]] = defaultdict(list)
        self.denominators: dict[int, list[Indicator]] = defaultdict(list)
        terms = IndicatorTerm.objects.exclude(role=TermRole.PREFILL)
        for indicator_id, role, input_id in terms.values_list("indicator", "role", "input"):
            side = self.numerators if role == TermRole.NUMERATOR else self.denominators
            side[indicator_id].append(self.indicators[input_id])

    @classmethod
    def current(cls) -> Catalogue:
        """The catalogue in force, kept by this process while the definitions keep their stamp."""
        # Read first: what is loaded after it is at least as new.
        stamp = Definitions.objects.values_list("stamp", flat=True).first()
        if stamp is None:
            return cls()
        kept = cls._current
        if kept is None or kept[0] != stamp:
            kept = cls._current = stamp, cls()
        return kept[1]

    # -- who is asked ---------------------------------------------------------------------------

    def inputs_of(self, indicator: Indicator) -> list[Indicator]:
        """The inputs a figure rests on: itself, a ratio's terms, or a share's condition."""
        if indicator.kind == IndicatorKind.RATIO:
            return self.numerators[indicator.pk] + self.denominators[indicator.pk]
        if indicator.kind == IndicatorKind.SHARE_OF_UNITS:
            tested = self.indicators[indicator.condition_indicator_id or 0]
            # A share of shares would be nobody's own figure: it rests on itself, never known.
            is_share = tested.kind == IndicatorKind.SHARE_OF_UNITS
            return [indicator] if is_share else self.inputs_of(tested)
        return [indicator]

    def is_asked(self, indicator: Indicator, profile: Profile) -> bool:
        """Does a unit of this profile stand among those expected to have the figure?"""
        # Source: indicators.yaml, communes only where the text says communes.
        if indicator.counted == "commune" and profile.is_urban:
            return False
        return all(asks(input_, profile) for input_ in self.inputs_of(indicator))

    def asked_of(self, profile: Profile) -> list[Indicator]:
        """The figures a unit of this profile is expected to have."""
        if profile not in self._asked:
            self._asked[profile] = [
                row for row in self.indicators.values() if self.is_asked(row, profile)
            ]
        return self._asked[profile]

    def mask(self, profile: Profile) -> Bools:
        """`asked_of` as one row of columns."""
        if profile not in self._masks:
            mask = np.zeros(self.width, np.bool_)
            mask[self.columns(self.asked_of(profile))] = True
            self._masks[profile] = mask
        return self._masks[profile]

    def asked(self, units: Sequence[int], period: Period) -> Bools:
        """Which figures each unit (pk) is itself expected to have: a row a unit."""
        unknown = [pk for pk in units if (pk, period.code) not in self._asked_of]
        for pk, profile in profiles_of(unknown, period.end).items() if unknown else ():
            self._asked_of[pk, period.code] = self.mask(profile)
        if not units:
            return np.zeros((0, self.width), np.bool_)
        return np.array([self._asked_of[pk, period.code] for pk in units])

    def expected_below(self, units: Sequence[int], period: Period) -> Ints:
        """How many units at or below each of `units` (pks) are to report: a row a unit.

        Worked out once for a unit and period: it follows from definitions alone.
        """
        self._count(units, period)
        if not units:
            return np.zeros((0, self.width), np.int64)
        return np.array([self._expected[pk, period.code] for pk in units])

    def has_below(self, unit: int, period: Period) -> bool:
        """Is there anything below the unit (pk) on the period's last day?"""
        self._count([unit], period)
        return (unit, period.code) in self._with_below

    def _count(self, units: Sequence[int], period: Period) -> None:
        unknown = [pk for pk in units if (pk, period.code) not in self._expected]
        for pk, profiles in profiles_below(unknown, period.end).items() if unknown else ():
            row = np.zeros(self.width, np.int64)
            for profile, count in profiles.items():
                row += count * self.mask(profile)
            if profiles.total() > 1:
                self._with_below.add((pk, period.code))
            else:  # one of a few, and there are many such units
                row = self._alone.setdefault(row.tobytes(), row)
            self._expected[pk, period.code] = row

    # -- columns --------------------------------------------------------------------------------

    @cached_property
    def pks(self) -> Ints:
        """The indicator of each column, ascending."""
        return np.fromiter(self.indicators, np.int64, len(self.indicators))

    @cached_property
    def places(self) -> Ints:
        """The column of each indicator pk, -1 for none."""
        places = np.full(int(self.pks.max(initial=0)) + 1, -1, np.int64)
        places[self.pks] = np.arange(len(self.pks))
        return places

    @property
    def width(self) -> int:
        return len(self.indicators)

    def columns(self, indicators: Iterable[Indicator]) -> Ints:
        return self.places[np.fromiter((row.pk for row in indicators), np.int64)]

    def column(self, indicator: Indicator) -> int:
        return self._column(indicator.pk)

    def _column(self, pk: int | None) -> int:
        return int(self.places[pk or 0])

    def _kind(self, kind: str) -> list[Indicator]:
        return [row for row in self.indicators.values() if row.kind == kind]

    def _aggregated(self, aggregation: str) -> list[Indicator]:
        return [row for row in self.indicators.values() if row.aggregation == aggregation]

    @cached_property
    def derived(self) -> Ints:
        """Columns that rest on others."""
        return self.columns(row for row in self.indicators.values() if not row.is_input)

    @cached_property
    def inputs(self) -> Runs:
        """What each of `derived` rests on. Half a rate rests on itself: never known."""
        whole = set(self.rates.tolist()) | {test.column for test in self.tests}
        return Runs.of(
            self.columns(self.inputs_of(self.indicators[int(self.pks[column])])).tolist()
            if column in whole
            else [column]
            for column in self.derived.tolist()
        )

    @cached_property
    def rates(self) -> Ints:
        """Columns with a numerator and a denominator."""
        return self.columns(
            row
            for row in self._kind(IndicatorKind.RATIO)
            if self.numerators[row.pk] and self.denominators[row.pk]
        )

    @cached_property
    def above(self) -> Runs:
        """The numerator of each of `rates`."""
        return self._terms(self.numerators)

    @cached_property
    def below(self) -> Runs:
        """The denominator of each of `rates`."""
        return self._terms(self.denominators)

    def _terms(self, side: dict[int, list[Indicator]]) -> Runs:
        return Runs.of(self.columns(side[pk]).tolist() for pk in self.pks[self.rates].tolist())

    @cached_property
    def weights(self) -> list[tuple[int, int]]:
        """(column, column of its weight) of weighted means."""
        return [
            (self._column(row.pk), self._column(row.weight_id))
            for row in self._aggregated(Aggregation.WEIGHTED_MEAN)
        ]

    @cached_property
    def means(self) -> Ints:
        return self.columns(self._aggregated(Aggregation.MEAN_OF_UNITS))

    @cached_property
    def apart(self) -> Ints:
        """Columns that are not put together upward."""
        return self.columns(self._aggregated(Aggregation.NONE))

    @cached_property
    def tests(self) -> list[Test]:
        return [self._test(row) for row in self._kind(IndicatorKind.SHARE_OF_UNITS)]

    def _test(self, share: Indicator) -> Test:
        tested = self.indicators[share.condition_indicator_id or 0]
        is_rate = tested.kind == IndicatorKind.RATIO
        return Test(
            column=self._column(share.pk),
            tested=self._column(tested.pk),
            is_rate=is_rate,
            scale=Fraction(tested.scale) if is_rate else Fraction(1),
            comparator=share.condition_comparator,
            bound=Fraction(share.condition_value or 0),
        )
