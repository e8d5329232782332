"""Two ways to the same rows: from the children of what changed, and anew from all facts.

Source: design, Meaning (Rollup): recomputed, never adjusted, so that running it twice, late, or
out of order gives the same answer; Ideas 3 and 4 for what the answer is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communes.models import Official, Unit
from indicators.audit import audit
from indicators.calc import Part
from indicators.enums import Answer, Stage
from indicators.models import Indicator, IndicatorTerm, Recompute, Result, Rollup
from indicators.periods import Period
from indicators.recording import Entry, approve_results, import_results, withdraw_results
from indicators.rollups import Catalogue, drain, mark_units, queue, rebuild
from tests import builders
from tests.rolled import Rolled, rolled

pytestmark = pytest.mark.django_db

PERIODS = (Period(2023), Period(2024))
ENDED, BEGUN = date(2024, 6, 30), date(2024, 7, 1)
"""Some units end, others begin, between the two periods' last days."""
D = Decimal


class KilledError(BaseException):
    """A worker dies: nothing catches this."""


@contextmanager
def killed_after(writes: int) -> Iterator[None]:
    """Let `writes` units' rows be written, and die at the next."""
    left = iter(range(writes))
    real = queue.store

    def store(*given: object) -> object:
        if next(left, None) is None:
            raise KilledError
        return real(*given)  # type: ignore[arg-type]

    with patch.object(queue, "store", store):
        yield


@dataclass
class World:
    """A small country: units of four tiers, some of them dated, and every kind of indicator."""

    units: list[Unit]
    inputs: list[Indicator]
    by: Official

    def pick(self, number: int) -> Unit:
        return self.units[number % len(self.units)]

    def asked(self, number: int, period: Period) -> dict[Unit, list[Indicator]]:
        """A unit that exists to answer, with what it is asked; none where nobody is."""
        catalogue = Catalogue()
        alive = [unit for unit in self.units if unit.is_valid_on(period.end)]
        masks = catalogue.asked([unit.pk for unit in alive], period)
        columns = catalogue.columns(self.inputs)
        found = {
            unit: [row for row, asked in zip(self.inputs, mask[columns], strict=True) if asked]
            for unit, mask in zip(alive, masks, strict=True)
        }
        asked = [(unit, inputs) for unit, inputs in found.items() if inputs]
        return dict([asked[number % len(asked)]]) if asked else {}


Shape = list[list[tuple[bool, list[str]]]]
"""Provinces; in each its branches: (through a district?, the dates of its communes)."""

shapes = st.lists(
    st.lists(
        st.tuples(
            st.booleans(),
            st.lists(
                st.sampled_from(["always", "always", "ended", "begun"]), min_size=1, max_size=3
            ),
        ),
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=2,
)
DATES: dict[str, dict[str, date]] = {
    "always": {},
    "ended": {"valid_to": ENDED},
    "begun": {"valid_from": BEGUN},
}


def world_of(shape: Shape) -> World:
    nation = builders.unit("V", "Cả nước mẫu", "nation")
    units = [nation]
    for first, branches in enumerate(shape):
        province = builders.unit(f"P{first}", f"Tỉnh {first}", "province", nation)
        units.append(province)
        for second, (is_district, communes) in enumerate(branches):
            above = province
            if is_district:
                above = builders.unit(f"D{first}{second}", f"Huyện {second}", "district", province)
                units.append(above)
            for third, dates in enumerate(communes):
                kind = "Thị trấn" if third == 1 else "Xã"
                code = f"C{first}{second}{third}"
                units.append(
                    builders.unit(code, f"{kind} {code}", "commune", above, **DATES[dates])
                )
    made = builders.catalogue()
    more = [
        builders.count("income", "Thu nhập", 20, aggregation="weighted_mean",
                       weight=made.households, value_type="decimal", decimals=2),
        builders.count("days", "Số ngày", 21, aggregation="mean_of_units"),
        builders.count("grade", "Mức", 22, aggregation="none"),
        builders.count("criteria", "Số tiêu chí", 23, applies_to="communes"),
        builders.count("schools", "Số trường", 24, entered_at=builders.tier("district"),
                       entered_at_two_tier=builders.tier("commune")),
    ]  # fmt: skip
    share(made.rate, 30, "<", "12.5")
    share(more[1], 31, ">=", "3")
    return World(units, [*made.inputs, *more], builders.official("can.bo"))


def share(tested: Indicator, order: int, comparator: str, bound: str) -> Indicator:
    return Indicator.objects.create(
        code=f"share{order}",
        name=f"Tỷ lệ {order}",
        order=order,
        theme=builders.theme(),
        kind="share_of_units",
        value_type="decimal",
        unit_of_measure="%",
        direction="none",
        measurement="stock",
        cadence="year",
        applies_to="communes",
        scale=D(100),
        condition_indicator=tested,
        condition_comparator=comparator,
        condition_value=D(bound),
        counted="commune",
    )


# -- what may happen ------------------------------------------------------------------------------

numbers = st.integers(0, 30)
steps = st.one_of(
    st.tuples(
        st.just("tell"),
        numbers,
        st.sampled_from(PERIODS),
        st.lists(
            st.tuples(numbers, st.one_of(st.none(), st.integers(0, 10**11), st.integers(0, 9))),
            min_size=1,
            max_size=6,
        ),
        st.sampled_from(list(Stage)),
    ),
    st.tuples(st.sampled_from(["withdraw", "approve"]), numbers, st.sampled_from(PERIODS)),
    st.tuples(st.just("drain")),
    st.tuples(st.just("die"), st.integers(0, 4)),
    st.tuples(st.just("again"), st.lists(numbers, max_size=5), st.sampled_from(PERIODS)),
    st.tuples(st.just("rebuild"), st.sampled_from(PERIODS)),
    st.tuples(st.just("redate"), numbers, st.booleans()),
)


def do(world: World, step: tuple[object, ...]) -> None:
    match step:
        case ("tell", int(number), Period() as period, list(cells), stage):
            for unit, inputs in world.asked(number, period).items():
                tell(unit, inputs, period, cells, str(stage))
        case ("withdraw" | "approve" as kind, int(number), Period() as period):
            move = withdraw_results if kind == "withdraw" else approve_results
            for unit, inputs in world.asked(number, period).items():
                move(unit=unit, period=period, indicators=inputs[::2], by=world.by, reason="")
        case ("drain",):
            drain()
        case ("die", int(writes)):
            with suppress(KilledError), killed_after(writes):
                drain()
        case ("again", list(units), Period() as period):
            mark_units([world.pick(number).pk for number in units], period)
        case ("rebuild", Period() as period):
            rebuild(period)
        case ("redate", int(number), bool(is_open)):
            redate(world.pick(number), is_open=is_open)


def tell(
    unit: Unit,
    inputs: list[Indicator],
    period: Period,
    cells: list[tuple[int, int | None]],
    stage: str,
) -> None:
    """New figures, and corrections where the unit has answered; None: not applicable."""
    told = {inputs[number % len(inputs)]: value for number, value in cells}
    import_results(
        [
            Entry(unit, row, period, Answer.NOT_APPLICABLE)
            if value is None
            else Entry(unit, row, period, Answer.VALUE, D(value).scaleb(-row.decimals))
            for row, value in told.items()
        ],
        stage=stage,
        is_sample=False,
    )


def redate(unit: Unit, *, is_open: bool) -> None:
    """A unit ends, or goes on: its stored facts stay, and no longer count, or do again."""
    if unit.tier.code == "commune" and unit.valid_from < ENDED:
        unit.valid_to = date(9999, 12, 31) if is_open else ENDED
        unit.save()


def rows() -> dict[tuple[int, str, str], bytes]:
    """Every stored row, to the bit."""
    found = Rollup.objects.values_list("unit_id", "period", "stage", "cells")
    return {(unit, period, stage): bytes(cells) for unit, period, stage, cells in found}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shape=shapes, happened=st.lists(steps, min_size=3, max_size=14), order=st.randoms())
def test_both_ways_give_the_same_rows_to_the_bit(
    db: None, shape: Shape, happened: list[tuple[object, ...]], order: object
) -> None:
    with transaction.atomic():
        world = world_of(shape)
        for step in happened:
            do(world, step)
        drain()
        assert not Recompute.objects.exists()
        from_children = rows()

        Rollup.objects.all().delete()
        for period in PERIODS:
            rebuild(period)
        assert rows() == from_children

        Rollup.objects.all().delete()
        shuffled = list(world.units)
        order.shuffle(shuffled)  # type: ignore[attr-defined]
        for unit in shuffled * 2:
            for period in PERIODS:
                mark_units([unit.pk], period)
            if unit.pk % 3 == 0:
                drain()
        drain()
        assert rows() == from_children

        assert [row for row in rolled() if row.indicator in SUMMED] == summed(world)
        for period in PERIODS:
            assert [audit(unit, period).differing for unit in world.units[:2]] == [0, 0]
        transaction.set_rollback(True)


# -- the same, plainly ------------------------------------------------------------------------

SUMMED = {"households": ["households"], "poor": ["poor"], "rate": ["poor", "households"]}
"""Sums, and a rate with its numerator and denominator."""
LAYERS = {Stage.PROVISIONAL.value: "submitted", Stage.OFFICIAL.value: "approved"}


def summed(world: World) -> list[Rolled]:
    """The figures of SUMMED, each unit's added up from the facts at or below it, one by one."""
    found = [
        row
        for unit in world.units
        for period in PERIODS
        if unit.is_valid_on(period.end)
        for stage in LAYERS
        for code in SUMMED
        if (row := _summed(unit, period, stage, code))
    ]
    return sorted(found)


def _summed(unit: Unit, period: Period, stage: str, code: str) -> Rolled | None:
    below = Unit.objects.below(unit, include_self=True).valid_on(period.end)
    whole, absent = [], 0
    for single in below:
        told = _told(single, period, stage)
        answers = [told.get(name, (Answer.MISSING, None)) for name in SUMMED[code]]
        if any(answer == Answer.NOT_APPLICABLE for answer, _ in answers):
            absent += 1
        elif all(answer == Answer.VALUE for answer, _ in answers):
            whole.append([value or D(0) for _, value in answers])
    if not whole and not absent:
        return None
    is_rate = len(SUMMED[code]) > 1 and bool(whole)
    part = Part(
        total=sum((values[0] for values in whole), D(0)),
        weight=sum((values[-1] for values in whole), D(0)) if is_rate else None,
        reported=len(whole),
        not_applicable=absent,
        has_sample=False,
    )
    asked = sum(single.tier.code == "commune" for single in below)
    return Rolled(unit.code, code, period.code, stage, part, asked - absent)


def _told(unit: Unit, period: Period, stage: str) -> dict[str, tuple[str, Decimal | None]]:
    layer = LAYERS[stage]
    facts = Result.objects.filter(unit=unit, period=period.code).values_list(
        "indicator__code", f"{layer}_answer", f"{layer}_value"
    )
    return {code: (answer, value) for code, answer, value in facts}


def test_terms_of_the_reference_are_those_of_the_catalogue(catalogue: builders.Catalogue) -> None:
    """Else the reference above would check another rate."""
    terms = IndicatorTerm.objects.filter(indicator=catalogue.rate).order_by("-role")

    assert list(terms.values_list("input__code", flat=True)) == SUMMED["rate"]
