"""The leader's one screen. Source: ui design, mock 05."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Plan
from plans.pages.verdicts import MARKS
from reports.dashboards.overview import Overview, overview
from reports.dashboards.promises import promises
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, milestone, reported

pytestmark = pytest.mark.django_db

Y2024 = Period(2024)


@pytest.fixture
def leader(places: Places) -> Official:
    return builders.official("lanhdao", places.province, Role.LEADER)


@pytest.fixture
def plans(places: Places, catalogue: Catalogue) -> list[Plan]:
    """The district's plan: poor households 29 % off the path (180 for 140), the rate kept.

    The province's own: 2 % promised, 5 % reported.
    """
    province = a_plan(places.province, "kh-tinh", number="53/KH-UBND", order=0)
    district = a_plan(places.district, "kh-huyen", number="7/KH-UBND", order=2)
    a_target(province, catalogue.rate, "level", "2", label="Tỷ lệ toàn tỉnh", year_to=2024)
    a_target(district, catalogue.rate, "level", "10", label="Tỷ lệ", year_to=2024)
    a_target(district, catalogue.poor, "level", "100", label="Hộ nghèo")
    for unit, planned in zip(places.communes, ("60", "50", "70"), strict=True):
        milestone(district, unit, catalogue.poor, 2024, planned)
        milestone(district, unit, catalogue.poor, 2025, "30")
    reported(2020, {place: {catalogue.poor: "100"} for place in places.communes})
    figures = {catalogue.poor: "60", catalogue.households: "1200"}
    reported(2024, dict.fromkeys(places.communes, figures))
    return [province, district]


def screen(unit: Unit, by: Official, plan: str = "", target: str = "") -> Overview:
    return overview(unit, Y2024, Stage.PROVISIONAL, by=by, plan=plan, target=target)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_screen_opens_with_the_units_own_plan_and_names_the_others(
    places: Places, plans: list[Plan], leader: Official
) -> None:
    found = screen(places.province, leader)

    assert [card.plan.code for card in found.plans] == ["kh-tinh", "kh-huyen"]
    assert found.current is not None
    assert found.current.plan == plans[0]
    assert found.headline is not None
    assert found.headline.found.target.label == "Tỷ lệ toàn tỉnh"
    assert [card.said for card in found.others] == [
        "Kế hoạch số 7/KH-UBND: 1 chậm trong 2 chỉ tiêu"
    ]


def test_counts_are_those_of_the_dashboard(
    places: Places, catalogue: Catalogue, plans: list[Plan], leader: Official
) -> None:
    """A promise that has ended and one to come are of neither; the plan's own page has all."""
    for code, first, last in (("qua", 2021, 2023), ("sau", 2025, 2025)):
        a_target(plans[1], catalogue.poor, "level", "3", code=code, year_from=first, year_to=last)

    card = screen(places.province, leader, "kh-huyen").current
    told = promises(places.district, Y2024, Stage.PROVISIONAL, by=leader)

    assert card is not None
    assert card.promises == len(told.all) == 2
    assert card.counts == told.counts
    assert card.standing == len(told.all) + told.elsewhere == 4


def test_worst_promise_comes_first_and_its_units_with_it(
    places: Places, plans: list[Plan], leader: Official
) -> None:
    """60 households each: against 50 planned 20 % behind, against 60 and 70 none."""
    found = screen(places.province, leader, plan="kh-huyen")

    assert [row.found.target.label for row in found.worst] == ["Hộ nghèo", "Tỷ lệ"]
    assert [(row.found.unit.name, str(row.mark.label)) for row in found.single] == [
        ("Xã Hai", "Chậm"),
        ("Xã Một", "Đúng tiến độ"),
        ("Thị trấn Trung Tâm", "Đúng tiến độ"),
    ]


def test_another_promise_can_be_looked_at_by_unit(
    places: Places, plans: list[Plan], leader: Official
) -> None:
    rate = plans[1].targets.get(label="Tỷ lệ")

    found = screen(places.province, leader, "kh-huyen", rate.code)

    assert found.focus is not None
    assert found.focus.found.target == rate
    assert {row.mark for row in found.single} == {MARKS[row.found.verdict] for row in found.single}


def test_leader_arrives_here_and_reads_finding_and_place(
    client: Client, places: Places, plans: list[Plan], leader: Official
) -> None:
    builders.deadline(places.province)
    client.force_login(leader)

    assert client.get("/", follow=True).redirect_chain == [("/tong-quan/90/2024/", 302)]
    page = text(client, "/tong-quan/90/2024/?ke-hoach=kh-huyen")
    assert "Năm 2024 còn 180 hộ, cao hơn mốc năm 2024 (140 hộ) là 40 hộ" in page
    assert "Nơi nào chậm" in page
    assert "60 Hai , Chậm" in page


def test_screen_is_of_who_may_see_the_unit(
    client: Client, places: Places, plans: list[Plan], leader: Official
) -> None:
    client.force_login(builders.official("xa", places.first))

    assert client.get("/tong-quan/90/2024/").status_code == 404
    assert client.get("/tong-quan/901/2024/").status_code == 404
    assert "Chưa có chỉ tiêu nào được giao" in text(client, "/tong-quan/90102/2024/")


def test_units_are_listed_only_for_who_may_see_them(
    places: Places, plans: list[Plan], leader: Official
) -> None:
    """An officer of the district sees its sum, not its communes."""
    officer = builders.official("can.bo.huyen", places.district)

    found = screen(places.district, officer, "kh-huyen")

    assert found.headline is not None
    assert found.single == ()
    assert len(screen(places.district, leader, "kh-huyen").single) == 3


@pytest.mark.parametrize("period", ["2024H1", "2024Q3", "nam", "99999"])
def test_screen_is_of_a_year(
    client: Client, places: Places, plans: list[Plan], leader: Official, period: str
) -> None:
    client.force_login(leader)

    assert client.get(f"/tong-quan/90/{period}/").status_code == 404


def test_unknown_plan_or_promise_falls_back(
    client: Client, places: Places, plans: list[Plan], leader: Official
) -> None:
    client.force_login(leader)

    page = text(client, "/tong-quan/90/2024/?ke-hoach=la&chi-tieu=la")

    assert "Tỷ lệ toàn tỉnh" in page


def test_screen_costs_the_same_for_three_promises_and_for_128(
    client: Client, places: Places, catalogue: Catalogue, plans: list[Plan], leader: Official
) -> None:
    client.force_login(leader)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/tong-quan/90/2024/?ke-hoach=kh-huyen").status_code == 200
        return len(seen)

    queries()  # definitions are read once
    few = queries()
    for _index in range(125):
        a_target(plans[1], catalogue.poor, "level", "100")

    assert queries() == few
