"""What a return asks: the review, and what plans in force over the unit need, each fact once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.models import GroupMember, Unit, UnitGroup
from indicators.models import Indicator, Theme
from indicators.periods import Period
from plans.models import Plan
from reports.models import Deadline
from reports.returns import form_of, owed_by, return_of, tracker
from tests import builders
from tests.builders import Y2024, Catalogue, Places
from tests.plans.promises import a_plan, a_target
from tests.reports import annex_forms

pytestmark = pytest.mark.django_db


@pytest.fixture
def schooling(db: None) -> Theme:
    return Theme.objects.create(code="giao-duc", name="Giáo dục", order=2)


@pytest.fixture
def pupils(schooling: Theme) -> Indicator:
    """A figure that no review asks for."""
    return builders.count("hoc-sinh", "Học sinh", 1, theme=schooling)


@pytest.fixture
def plan(places: Places) -> Plan:
    """The district's, for 2021 to 2025."""
    return a_plan(places.district)


def codes(unit: Unit, period: Period = Y2024) -> list[str]:
    return [row.code for row in form_of(unit, period)]


def needed(unit: Unit, period: Period = Y2024) -> list[str]:
    """What the form asks besides the review."""
    found = form_of(unit, period)
    return [row.code for row in found if not row.is_household_review]


def test_without_a_plan_the_review_alone_is_asked(
    places: Places, catalogue: Catalogue, pupils: Indicator
) -> None:
    assert codes(places.first) == [row.code for row in catalogue.inputs]


def test_plan_asks_the_units_below_it_in_its_own_years(
    places: Places, plan: Plan, pupils: Indicator
) -> None:
    a_target(plan, pupils, "level", "100")
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    beyond = builders.unit("90201", "Xã Ngoài", "commune", other)

    assert needed(places.first) == needed(places.town) == ["hoc-sinh"]
    assert needed(beyond) == []
    assert {year: needed(places.first, Period(year)) for year in (2020, 2021, 2025, 2026)} == {
        2020: [],
        2021: ["hoc-sinh"],
        2025: ["hoc-sinh"],
        2026: [],
    }


def test_plan_of_the_province_reaches_every_commune(places: Places, pupils: Indicator) -> None:
    a_target(a_plan(places.province), pupils, "level", "100")

    assert needed(places.second) == ["hoc-sinh"]


def test_fact_that_two_plans_use_is_asked_once(
    places: Places, plan: Plan, pupils: Indicator
) -> None:
    for needing in (plan, a_plan(places.province, "tinh")):
        a_target(needing, pupils, "level", "100")

    assert needed(places.first) == ["hoc-sinh"]


def test_promise_to_a_group_asks_its_members_alone(
    places: Places, plan: Plan, pupils: Indicator
) -> None:
    group = UnitGroup.objects.create(code="hai-xa", name="Hai xã")
    GroupMember.objects.create(group=group, unit=places.second)
    a_target(plan, pupils, "level", "100", group=group)

    assert needed(places.second) == ["hoc-sinh"]
    assert needed(places.first) == []


def test_rate_asks_for_its_two_sides_and_a_weighted_mean_for_its_weight(
    places: Places, plan: Plan, schooling: Theme, pupils: Indicator
) -> None:
    children = builders.count("tre", "Trẻ em", 2, theme=schooling)
    people = builders.count("dan-so", "Dân số", 3, theme=schooling)
    income = builders.count(
        "thu-nhap", "Thu nhập", 4, theme=schooling, aggregation="weighted_mean", weight=people
    )
    a_target(plan, builders.ratio("den-truong", "Tỷ lệ", 5, [pupils], [children]), "level", "90")
    assert needed(places.first) == ["hoc-sinh", "tre"]

    a_target(plan, income, "level", "30")
    assert needed(places.first) == ["hoc-sinh", "tre", "dan-so", "thu-nhap"]


def test_cut_asks_for_the_opening_it_starts_from(
    places: Places, plan: Plan, schooling: Theme, pupils: Indicator
) -> None:
    opening = builders.count("dau-ky", "Học sinh đầu kỳ", 2, theme=schooling)
    pupils.opening_indicator = opening
    pupils.save()
    a_target(plan, pupils, "change_per_year", "5")

    assert needed(places.first) == ["hoc-sinh", "dau-ky"]


def test_result_that_a_document_reports_asks_nothing(
    places: Places, plan: Plan, pupils: Indicator
) -> None:
    a_target(plan, pupils, "result", "100", result_shape="level")

    assert needed(places.first) == []


def test_columns_of_a_plans_form_are_asked_too(
    places: Places, plan: Plan, schooling: Theme, pupils: Indicator
) -> None:
    teachers = builders.count("giao-vien", "Giáo viên", 2, theme=schooling)
    by_line = {"indicator": {"": teachers.code}}
    annex_forms.annex(
        plan, layouts=[{"variant": "year", "columns": [annex_forms.shown(pupils.code), by_line]}]
    )

    assert needed(places.first) == ["hoc-sinh", "giao-vien"]
    assert needed(places.first, Period(2026)) == []


def test_form_of_no_plan_asks_nothing(places: Places, pupils: Indicator) -> None:
    annex_forms.annex(
        None, layouts=[{"variant": "year", "columns": [annex_forms.shown(pupils.code)]}]
    )

    assert needed(places.first) == []


def test_optional_figure_of_the_review_waits_for_a_plan(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    persons = builders.count("nguoi", "Nhân khẩu nghèo", 9, optional=True)
    assert "nguoi" not in codes(places.first)

    a_target(plan, persons, "level", "100")

    assert "nguoi" in codes(places.first)


def test_unit_is_not_asked_for_what_another_tier_enters_or_its_kind_has_not(
    places: Places, plan: Plan, schooling: Theme
) -> None:
    grain = builders.count(
        "luong-thuc", "Lương thực", 1, theme=schooling, entered_at=builders.tier("district")
    )
    rural = builders.count("ntm", "Tiêu chí", 2, theme=schooling, applies_to="communes")
    for indicator in (grain, rural):
        a_target(plan, indicator, "level", "100")

    assert codes(places.district) == ["luong-thuc"]
    assert needed(places.first) == ["ntm"]
    assert needed(places.town) == []


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        ("2024", ["nam", "nua-nam", "quy"]),
        ("2024H1", ["nua-nam", "quy"]),
        ("2024Q3", ["quy"]),
    ],
)
def test_shorter_period_asks_only_what_is_told_so_often(
    places: Places,
    catalogue: Catalogue,
    plan: Plan,
    schooling: Theme,
    period: str,
    asked: list[str],
) -> None:
    for place, (code, cadence) in enumerate(
        {"nam": "year", "nua-nam": "half", "quy": "quarter"}.items()
    ):
        row = builders.count(code, code, place, theme=schooling, cadence=cadence)
        a_target(plan, row, "level", "100")

    assert needed(places.first, Period.parse(period)) == asked


def test_rates_of_what_a_plan_needs_are_worked_out_on_the_form(
    places: Places, plan: Plan, schooling: Theme, pupils: Indicator
) -> None:
    children = builders.count("tre", "Trẻ em", 2, theme=schooling)
    rate = builders.ratio("den-truong", "Tỷ lệ", 5, [pupils], [children])
    rate.theme = schooling
    rate.save()
    a_target(plan, rate, "level", "90")
    builders.told(places.first, {pupils: "45", children: "60"})

    rows = {row.code: row.value for row in return_of(places.first, Y2024).rows}

    assert rows["den-truong"] == Decimal(75)


# -- who owes what -------------------------------------------------------------------------------


def test_district_owes_a_return_for_its_own_statistics(
    places: Places, catalogue: Catalogue, plan: Plan, schooling: Theme
) -> None:
    grain = builders.count(
        "luong-thuc", "Lương thực", 1, theme=schooling, entered_at=builders.tier("district")
    )
    a_target(plan, grain, "level", "100")
    builders.deadline(places.province)
    officer = builders.official("thong.ke", places.district)

    assert [(row.unit, row.total) for row in owed_by(officer)] == [(places.district, 1)]
    communes = [places.town, places.first, places.second]
    assert [row.unit for row in tracker(places.province, Y2024).rows] == [
        places.district,
        *communes,
    ]
    assert [row.unit for row in tracker(places.district, Y2024).rows] == communes


def test_period_that_asks_nothing_of_the_unit_is_not_owed(
    places: Places, catalogue: Catalogue
) -> None:
    officer = builders.official("can.bo", places.first)
    builders.deadline(places.province)
    Deadline.objects.create(
        issuer=places.province, period="2024H1", opens_on="2024-06-01", due_on="2024-07-05"
    )

    assert [row.period.code for row in owed_by(officer)] == ["2024"]


def test_count_of_answers_is_of_the_form_alone(
    places: Places, catalogue: Catalogue, pupils: Indicator
) -> None:
    """A figure told by other means, that the form does not ask for, is no step towards sending."""
    builders.deadline(places.province)
    officer = builders.official("can.bo", places.first)
    builders.told(places.first, {catalogue.poor: "3", pupils: "40"})

    assert [(row.done, row.total) for row in owed_by(officer)] == [(1, 5)]


def test_queries_do_not_grow_with_the_units_nor_with_the_promises(
    places: Places, catalogue: Catalogue, plan: Plan, schooling: Theme
) -> None:
    def queries(unit: Any = places.district) -> int:
        tracker(unit, Y2024)  # definitions are read once
        with CaptureQueriesContext(connection) as seen:
            tracker(unit, Y2024)
        return len(seen)

    few = queries()
    for number in range(16):
        builders.unit(f"902{number:02}", f"Xã {number}", "commune", places.district)
        row = builders.count(f"so-{number}", f"Số {number}", number, theme=schooling)
        a_target(plan, row, "level", "1")

    assert queries() == few
    assert few <= 20
