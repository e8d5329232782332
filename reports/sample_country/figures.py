"""Made-up figures that keep the catalogue's limits and, but for chance, its rules.

Inputs are drawn in the order of the form, many units at once. What is known already bounds what
comes next: every rule gives the input a floor, a ceiling, or its very value (a balance).
Only kinds count here: type, measure, unit of measure, limits, rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indicators.enums import Comparator, Measurement, Severity
from indicators.models import Indicator, ValidationRule

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Known = Mapping[tuple[int, int], Floats]
"""(indicator pk, offset in years) → a value a unit."""

HOUSEHOLDS = 1300.0
"""A middling commune."""
PERSONS_PER_HOUSEHOLD = 4.2
MAGNITUDE = {
    "trường": 5.0,
    "thôn": 12.0,
    "km": 25.0,
    "ha": 800.0,
    "tấn": 2000.0,
    "triệu đồng": 3000.0,
    "lượt khách": 9000.0,
}
"""How large the first figure of a unit of measure is, about; others of it are held against it."""
OTHER_MAGNITUDE = 8.0
STOCK_SHARE, OPENING_SHARE, FLOW_SHARE = (0.35, 0.9), (0.05, 0.3), (0.05, 0.3)
"""What part of its ceiling a figure is; the poor that a count of them opens with are few."""
PEOPLE_SHARE, MOVED_SHARE = (0.02, 0.12), (0.0003, 0.003)
"""What part of all households or persons a group of them is, that nothing else bounds."""
YEARLY_DRIFT = 0.03
ABOUT_NOTHING = 1e-6


@dataclass(frozen=True)
class Relation:
    """A rule as seen from one of its inputs: own × input + others … constant."""

    own: float
    others: tuple[tuple[tuple[int, int], float], ...]
    comparator: str
    constant: float


@dataclass
class Room:
    """Between what and what a figure may lie, a unit."""

    low: Floats
    high: Floats

    def narrow(self, low: Floats | None, high: Floats | None) -> None:
        """The later bound wins where two exclude each other."""
        if low is not None:
            self.low = np.maximum(self.low, low)
            self.high = np.maximum(self.high, self.low)
        if high is not None:
            self.high = np.minimum(self.high, high)
            self.low = np.minimum(self.low, self.high)


class Figures:
    """Draws the figures of the units of one tier, a year after another."""

    def __init__(
        self, inputs: Sequence[Indicator], rules: Iterable[ValidationRule], *, has_people: bool
    ) -> None:
        """`inputs` in form order; `rules` of the tier, terms prefetched.

        `has_people`: households and persons are counted here and give the unit its size.
        """
        self.has_people = has_people
        self.pks = {row.pk for row in inputs}
        whole = [rule for rule in rules if self._is_whole(rule)]
        self.relations = _relations(inputs, whole)
        self.inputs = _solved_last(inputs, whole)
        self.by_pk = sorted(inputs, key=lambda row: row.pk)
        self.heads: dict[str, int] = {}
        for row in inputs:
            self.heads.setdefault(row.unit_of_measure, row.pk)

    def _is_whole(self, rule: ValidationRule) -> bool:
        return all(term.indicator_id in self.pks for term in rule.terms.all())

    def year(
        self, previous: Mapping[int, Floats], sizes: Floats, lots: np.random.Generator
    ) -> dict[int, Floats]:
        """{indicator pk: a value a unit} for the year after `previous` (empty: the first)."""
        known = {(pk, -1): values for pk, values in previous.items()}
        for row in self.inputs:
            known[row.pk, 0] = self._draw(row, known, sizes, lots)
        return {pk: values for (pk, offset), values in known.items() if not offset}

    def _draw(
        self, row: Indicator, known: Known, sizes: Floats, lots: np.random.Generator
    ) -> Floats:
        room = _limits(row, len(sizes))
        for relation in self.relations[row.pk]:
            room.narrow(*_bounds(relation, known))
        guess = self._guess(row, room, known, sizes, lots)
        unit = 10.0**row.decimals
        low = np.ceil(room.low * unit - ABOUT_NOTHING)
        high = np.maximum(np.floor(room.high * unit + ABOUT_NOTHING), low)
        return np.clip(np.round(guess * unit), low, high) / unit

    def _guess(
        self, row: Indicator, room: Room, known: Known, sizes: Floats, lots: np.random.Generator
    ) -> Floats:
        count = len(sizes)
        is_flow = row.measurement == Measurement.FLOW
        before = known.get((row.pk, -1))
        if before is not None and not is_flow:
            return before * lots.normal(1, YEARLY_DRIFT, count)
        opening = known.get((row.opening_indicator_id or 0, 0))
        if opening is not None:
            return opening * lots.normal(1, YEARLY_DRIFT, count)
        head = self.heads[row.unit_of_measure]
        is_sized = self.has_people and row.unit_of_measure in ("hộ", "người")
        if head == row.pk and row.hard_max is None:
            return self._magnitude(row, sizes) * lots.uniform(0.8, 1.25, count)
        if np.isfinite(room.high).all():
            share = OPENING_SHARE if row.prefill_offset else STOCK_SHARE
            share = FLOW_SHARE if is_flow and is_sized else share
            return room.low + (room.high - room.low) * lots.uniform(*share, count)
        if is_sized:
            share = MOVED_SHARE if is_flow else PEOPLE_SHARE
            return known[head, 0] * lots.uniform(*share, count)
        return self._magnitude(row, sizes) * lots.uniform(0.3, 1.2, count)

    def _magnitude(self, row: Indicator, sizes: Floats) -> Floats:
        if self.has_people and row.unit_of_measure == "hộ":
            return sizes
        if self.has_people and row.unit_of_measure == "người":
            return sizes * PERSONS_PER_HOUSEHOLD
        return sizes / HOUSEHOLDS * MAGNITUDE.get(row.unit_of_measure, OTHER_MAGNITUDE)


def _limits(row: Indicator, count: int) -> Room:
    """What the catalogue admits, and within it what it does not even ask about."""
    soft = row.soft_limits or {}
    low = max(float(row.hard_min or 0), float(soft.get("min", 0)))
    ceilings = [row.hard_max, soft.get("max")]
    high = min((float(limit) for limit in ceilings if limit is not None), default=np.inf)
    return Room(np.full(count, low), np.full(count, high))


def _bounds(relation: Relation, known: Known) -> tuple[Floats | None, Floats | None]:
    """Floor and ceiling that a rule gives, as far as its other terms are known."""
    rest: Floats = np.asarray(relation.constant, np.float64)
    unknown = 0
    for key, coefficient in relation.others:
        if key in known:
            rest = rest - coefficient * known[key]
        elif coefficient * relation.own < 0 or key[1]:
            return None, None  # what is not known yet will give way, or will never be known
        else:
            unknown += 1
    limit = rest / relation.own / (1 + unknown)
    if relation.comparator == Comparator.EQUAL:
        return (None, limit) if unknown else (limit, limit)
    is_ceiling = (relation.comparator in (Comparator.AT_MOST, Comparator.BELOW)) == (
        relation.own > 0
    )
    return (None, limit) if is_ceiling else (limit, None)


def _relations(
    inputs: Sequence[Indicator], rules: Sequence[ValidationRule]
) -> dict[int, list[Relation]]:
    """The rules by input, the blocking ones last: they have the last word."""
    found: dict[int, list[Relation]] = {row.pk: [] for row in inputs}
    for rule in sorted(rules, key=lambda rule: rule.severity == Severity.ERROR):
        terms = [
            ((term.indicator_id, term.offset), float(term.coefficient)) for term in rule.terms.all()
        ]
        for key, own in terms:
            if not key[1] and own:
                others = tuple(term for term in terms if term[0] != key)
                relation = Relation(own, others, rule.comparator, float(rule.constant))
                found[key[0]].append(relation)
    for row in inputs:
        if row.of_which_id in found:
            whole = (((row.of_which_id, 0), -1.0),)
            found[row.pk].append(Relation(1.0, whole, Comparator.AT_MOST, 0.0))
    return found


def _solved_last(inputs: Sequence[Indicator], rules: Sequence[ValidationRule]) -> list[Indicator]:
    """Form order, but what a balance gives comes after all that goes into it."""
    places = {row.pk: float(place) for place, row in enumerate(inputs)}
    for rule in rules:
        solved = rule.solve_for_id
        if solved in places and rule.comparator == Comparator.EQUAL:
            terms = [term.indicator_id for term in rule.terms.all() if not term.offset]
            places[solved] = max(places[pk] for pk in terms) + 0.5
    return sorted(inputs, key=lambda row: places[row.pk])
