"""What was planned for a unit in a year. Source: design, Meaning (Target, milestones)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from communes.models import Unit, UnitGroup
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import COUNTING, planned, planned_figures, planned_value, planned_values
from plans.models import Allocation, Amendment, Milestone, Plan, Target
from tests.builders import Y2024, Catalogue, Places

pytestmark = pytest.mark.django_db

D = Decimal
LEVEL, POINTS = PlannedMeasure.VALUE, PlannedMeasure.CHANGE_POINTS


@pytest.fixture
def plan(db: None) -> Plan:
    return make_plan("kh-1", 1)


def make_plan(code: str, order: int) -> Plan:
    return Plan.objects.create(
        code=code, order=order, kind="Kế hoạch", title="…", issuer="…", level="district"
    )


def milestone(plan: Plan, unit: Unit, indicator: Indicator, value: str, **more: Any) -> None:
    Milestone.objects.create(
        **{
            "plan": plan,
            "unit": unit,
            "indicator": indicator,
            "period": "2024",
            "value": D(value),
            **more,
        }
    )


def target(plan: Plan, unit: Unit, indicator: Indicator, kind: str, **more: Any) -> Target:
    return Target.objects.create(
        **{
            "code": f"t{Target.objects.count()}",
            "plan": plan,
            "section": "II.2",
            "unit": unit,
            "scope": "all",
            "theme": "poverty",
            "indicator": indicator,
            "label": "…",
            "kind": kind,
            "comparator": "<=",
            "value": D(10),
            "unit_of_measure": "%",
            "year_from": 2021,
            "year_to": 2025,
            "direction": "lower_is_better",
            **more,
        }
    )


def test_unit_without_a_plan_has_nothing_planned(places: Places, catalogue: Catalogue) -> None:
    assert planned_value(places.first, catalogue.rate, Y2024, LEVEL) is None
    assert planned_figures(places.communes, [catalogue.rate], Y2024) == {}


def test_milestone_holds_for_its_unit_year_and_measure(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    milestone(plan, places.first, catalogue.rate, "12.5")
    milestone(plan, places.first, catalogue.rate, "4", measure=POINTS)
    milestone(plan, places.second, catalogue.rate, "30")
    milestone(plan, places.first, catalogue.rate, "9", period="2025")

    assert planned_value(places.first, catalogue.rate, Y2024, LEVEL) == D("12.5")
    assert planned_value(places.first, catalogue.rate, Y2024, POINTS) == D(4)
    assert planned_values(places.communes, catalogue.rate, Y2024, LEVEL) == {
        places.first.pk: D("12.5"),
        places.second.pk: D(30),
    }
    assert planned_value(places.first, catalogue.poor, Y2024, LEVEL) is None


def test_yearly_change_holds_in_each_year_and_a_level_in_its_last(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target(plan, places.district, catalogue.rate, "change_per_year", value=D(7))
    target(plan, places.district, catalogue.rate, "level", value=D(20))

    def planned(year: int) -> tuple[Decimal | None, Decimal | None]:
        found = planned_figures([places.district], [catalogue.rate], Period(year))
        key = places.district.pk, catalogue.rate.pk
        return found.get((*key, POINTS)), found.get((*key, LEVEL))

    assert [planned(year) for year in range(2020, 2027)] == [
        (None, None),
        *[(D(7), None)] * 4,
        (D(7), D(20)),
        (None, None),
    ]


def test_milestone_of_the_unit_comes_before_the_plans_target(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target(plan, places.district, catalogue.rate, "change_per_year", value=D(7))
    milestone(plan, places.district, catalogue.rate, "5", measure=POINTS)

    assert planned_value(places.district, catalogue.rate, Y2024, POINTS) == D(5)


def test_later_plan_comes_before_an_earlier_one(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    amended = make_plan("kh-2", 2)
    milestone(amended, places.first, catalogue.rate, "5")
    milestone(plan, places.first, catalogue.rate, "9")

    assert planned_value(places.first, catalogue.rate, Y2024, LEVEL) == D(5)


@pytest.mark.parametrize("kind", ["share_of_units", "count_of_units", "cumulative", "result"])
def test_figure_of_another_kind_is_no_plan_for_the_year(
    places: Places, catalogue: Catalogue, plan: Plan, kind: str
) -> None:
    shape = "level" if kind == "result" else ""
    span = {"year_from": 2024, "year_to": 2024}
    target(plan, places.district, catalogue.rate, kind, result_shape=shape, **span)

    assert planned_figures([places.district], [catalogue.rate], Y2024) == {}


def test_figure_for_each_unit_or_for_a_group_is_no_plan_of_the_whole_unit(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    group = UnitGroup.objects.create(code="muoi-xa", name="10 xã")
    target(plan, places.district, catalogue.rate, "change_per_year", each_unit=True)
    target(plan, places.district, catalogue.rate, "change_per_year", group=group)

    assert planned_figures([places.district], [catalogue.rate], Y2024) == {}


def test_target_that_is_a_range_states_no_single_figure(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target(
        plan,
        places.district,
        catalogue.rate,
        "change_per_year",
        comparator="range",
        value=None,
        value_min=D(4),
        value_max=D(5),
    )

    assert planned_figures([places.district], [catalogue.rate], Y2024) == {}


def amend(of: Target, in_force_from: date, **more: Any) -> Amendment:
    return Amendment.objects.create(
        **{
            "target": of,
            "in_force_from": in_force_from,
            "decision_number": "99/QĐ-UBND",
            "decided_on": in_force_from,
            "reason": "…",
            "comparator": "<=",
            "value": D(8),
            "year_to": 2025,
            **more,
        }
    )


def test_year_is_planned_by_what_was_in_force_on_its_last_day(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """7 points a year; 6 from the end of 2023, 5 from the first day of 2025."""
    promise = target(plan, places.district, catalogue.rate, "change_per_year", value=D(7))
    amend(promise, date(2025, 1, 1), value=D(5))
    amend(promise, date(2023, 12, 31), value=D(6))

    def planned_in(year: int) -> Decimal | None:
        return planned_value(places.district, catalogue.rate, Period(year), POINTS)

    assert [planned_in(year) for year in (2022, 2023, 2024, 2025)] == [D(7), D(6), D(6), D(5)]


def test_amended_end_moves_the_year_the_level_is_planned_for(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """A level for 2024, put off to 2026 during 2024; another for 2025, brought forward to 2024."""
    put_off = target(plan, places.district, catalogue.rate, "level", year_to=2024)
    amend(put_off, date(2024, 6, 1), year_to=2026)
    forward = target(plan, places.first, catalogue.rate, "level")
    amend(forward, date(2024, 6, 1), year_to=2024)

    def years(unit: Unit) -> list[int]:
        return [
            year
            for year in range(2023, 2028)
            if planned_value(unit, catalogue.rate, Period(year), LEVEL) is not None
        ]

    assert years(places.district) == [2026]
    assert years(places.first) == [2024]


def test_planned_figure_says_what_it_rests_on(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    promise = target(plan, places.district, catalogue.rate, "level", year_to=2024, comparator="<")
    amended = amend(promise, date(2024, 1, 1), year_to=2024, comparator=">=", is_sample=True)
    allocation = Allocation.objects.create(
        plan=plan,
        unit=places.district,
        indicator=catalogue.rate,
        period="2024",
        total=D(9),
        method="hand",
    )
    milestone(plan, places.first, catalogue.rate, "9", allocation=allocation)

    found = planned([places.district, places.first], [catalogue.rate], Y2024)
    own = found[places.district.pk, catalogue.rate.pk, LEVEL]
    given = found[places.first.pk, catalogue.rate.pk, LEVEL]

    assert (own.plan, own.target, own.comparator, own.decision) == (plan, promise, ">=", amended)
    assert own.is_sample
    assert (given.plan, given.target, given.comparator) == (plan, None, "=")
    assert (given.decision, given.is_sample) == (allocation, False)


def test_kinds_that_count_units_are_given_when_asked_for(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target(plan, places.district, catalogue.rate, "count_of_units", year_to=2024, value=D(18))

    found = planned([places.district], [catalogue.rate], Y2024, kinds=COUNTING)

    (row,) = found.values()
    assert (row.value, row.counts_units) == (D(18), True)


def test_plan_that_is_asked_about_comes_before_later_ones(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    later = make_plan("kh-2", 2)
    milestone(later, places.first, catalogue.rate, "5")
    milestone(plan, places.first, catalogue.rate, "9")
    target(later, places.district, catalogue.rate, "level", year_to=2024, value=D(5))
    target(plan, places.district, catalogue.rate, "level", year_to=2024, value=D(9))

    found = planned([places.first, places.district], [catalogue.rate], Y2024, within=plan)

    assert {row.value for row in found.values()} == {D(9)}


def test_planned_figures_take_two_queries(
    places: Places, catalogue: Catalogue, plan: Plan, django_assert_num_queries: Any
) -> None:
    for unit in places.communes:
        milestone(plan, unit, catalogue.rate, "5")

    for units in ([places.first], places.communes):
        with django_assert_num_queries(2):
            planned_figures(units, [catalogue.rate, *catalogue.inputs], Y2024)


def test_amended_targets_take_one_query_more(
    places: Places, catalogue: Catalogue, plan: Plan, django_assert_num_queries: Any
) -> None:
    for indicator in (catalogue.rate, catalogue.poor):
        amend(target(plan, places.district, indicator, "level", year_to=2024), date(2024, 1, 1))

    for indicators in ([catalogue.rate], [catalogue.rate, catalogue.poor]):
        with django_assert_num_queries(3):
            planned_figures([places.district], indicators, Y2024)
