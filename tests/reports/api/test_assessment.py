"""A plan's promises judged, over the API and as CSV. Source: design, Contracts."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.enums import MemberSource, Role
from communes.models import GroupMember, UnitGroup
from plans.models import Plan
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, reported
from tests.reports.api.client import Api, faults

pytestmark = pytest.mark.django_db

PATH = "plans/kh/assessment/"


@pytest.fixture
def plan(places: Places, catalogue: Catalogue) -> Plan:
    """300 poor households in 2020, 100 promised for 2025, 150 in 2024; and a rate of 10 %."""
    made = a_plan(places.district)
    a_target(made, catalogue.poor, "level", "100", code="ho-ngheo")
    a_target(made, catalogue.rate, "level", "10", code="ty-le", unit_of_measure="%", year_to=2024)
    reported(2020, {place: {catalogue.poor: "100"} for place in places.communes})
    figures = {catalogue.poor: "50", catalogue.households: "1000"}
    reported(2024, dict.fromkeys(places.communes, figures))
    return made


@pytest.fixture
def reviewer(places: Places) -> Api:
    return Api(builders.official("huyen", places.district, Role.REVIEWER))


def test_each_target_is_one_item_with_its_arithmetic(plan: Plan, reviewer: Api) -> None:
    """300 - (300 - 100) x 4/5 = 140 expected; 150 is 10 above, 7,1 %: at risk."""
    first, second = reviewer.items(PATH, period="2024")

    assert {key: first[key] for key in ("target", "verdict", "actual", "expected", "goal")} == {
        "target": "ho-ngheo",
        "verdict": "at_risk",
        "actual": "150",
        "expected": "140",
        "goal": "100",
    }
    assert (first["gap"], first["needed_per_year"], first["remaining_years"]) == ("10", "50", 1)
    assert (first["reported"], first["expected_units"], first["absent"]) == (3, 3, [])
    assert first["explanation"] == (
        "Năm 2024 còn 150 hộ, cao hơn mốc năm 2024 (140 hộ) là 10 hộ; năm 2025 phải giảm 50 hộ."
    )
    assert first["formula"][0] == "Mốc 2024 = 300 + (100 − 300) × 4 ÷ 5 = 140 hộ"
    assert (second["verdict"], second["actual"]) == ("met", "5")


def test_same_as_csv_for_a_spreadsheet(plan: Plan, reviewer: Api) -> None:
    response = reviewer.client.get(f"/api/v1/{PATH}", {"period": "2024", "format": "csv"})

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="danh-gia-kh-2024.csv"'
    assert response.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["target"], row["verdict"], row["actual"]) for row in rows] == [
        ("ho-ngheo", "at_risk", "150"),
        ("ty-le", "met", "5"),
    ]


def test_csv_cell_is_never_a_formula(plan: Plan, reviewer: Api) -> None:
    plan.targets.update(label="=1+1")

    response = reviewer.client.get(f"/api/v1/{PATH}", {"period": "2024", "format": "csv"})

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0]["label"] == "'=1+1"


def test_figures_are_of_who_may_see_them(
    plan: Plan, places: Places, reviewer: Api, officer: Api
) -> None:
    """A commune asks for itself; the district's figures are none of its business."""
    status, answer = officer.get(PATH, period="2024")
    assert (status, faults(answer)) == (404, [("", "not_found")])
    status, answer = officer.get(PATH, period="2024", unit="901")
    assert (status, faults(answer)) == (404, [("unit", "not_found")])

    items = officer.items(PATH, period="2024", unit="90102")

    assert [(row["target"], row["verdict"], row["reasons"]) for row in items] == [
        ("ho-ngheo", "no_data", ["not_assigned"]),
        ("ty-le", "met", []),
    ]


def test_group_is_judged_only_for_who_may_see_every_member(
    plan: Plan, places: Places, catalogue: Catalogue, reviewer: Api
) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    elsewhere = builders.unit("90201", "Xã Khác", "commune", places.province)
    for unit in (places.first, elsewhere):
        GroupMember.objects.create(group=group, unit=unit, source=MemberSource.STATED)
    a_target(plan, catalogue.rate, "level", "10", code="nhom", group=group, year_to=2024)
    leader = Api(builders.official("tinh", places.province, Role.LEADER))

    for asked in ({}, {"unit": "901"}):
        items = reviewer.items(PATH, period="2024", **asked)
        assert [row["target"] for row in items] == ["ho-ngheo", "ty-le"]
    (found,) = [row for row in leader.items(PATH, period="2024") if row["group"]]
    assert [row["unit_name"] for row in found["members"]] == ["Xã Một", "Xã Khác"]


def test_units_that_have_not_reported_are_named_to_who_may_see_them(
    plan: Plan, places: Places, catalogue: Catalogue, reviewer: Api
) -> None:
    """The officer of the district is told how many, the reviewer which."""
    reported(2025, {places.first: {catalogue.poor: "30"}})
    officer = Api(builders.official("can.bo.huyen", places.district))

    seen, told = (api.items(PATH, period="2025")[0] for api in (reviewer, officer))

    assert (seen["reported"], seen["expected_units"]) == (1, 3)
    assert sorted(name[:5] for name in seen["absent"]) == ["90101", "90103"]
    assert (told["reported"], told["expected_units"], told["absent"]) == (1, 3, [])


@pytest.mark.parametrize(
    ("query", "where", "code"),
    [
        ({}, "period", "required"),
        ({"period": "2024H1"}, "period", "not_a_year"),
        ({"period": "2024", "stage": "draft"}, "stage", "invalid_choice"),
    ],
)
def test_bad_question_is_refused_by_name(
    plan: Plan, reviewer: Api, query: dict[str, str], where: str, code: str
) -> None:
    status, answer = reviewer.get(PATH, **query)

    assert (status, faults(answer)) == (400, [(where, code)])


def test_unknown_plan_is_not_found(reviewer: Api) -> None:
    assert reviewer.get("plans/khong-co/assessment/", period="2024")[0] == 404


def test_queries_do_not_grow_with_the_targets(
    plan: Plan, catalogue: Catalogue, reviewer: Api
) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(reviewer.items(PATH, period="2024", limit=limit)) == limit
        return len(seen)

    for _index in range(126):
        a_target(plan, catalogue.poor, "level", "100")

    queries(1)  # definitions are read once
    assert queries(1) == queries(3) == queries(128)
