"""What is behind a rolled-up figure, down to the entry. Source: design, Ideas 2, 3, 4, 9."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from indicators.enums import Aggregation, Stage
from indicators.models import Indicator, Recompute, Rollup
from indicators.rollups import drain
from reports.dashboards.reckoning import exact
from reports.dashboards.sources import SourcePage, find_indicator, source_page
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal
PROVISIONAL, OFFICIAL = Stage.PROVISIONAL, Stage.OFFICIAL


@pytest.fixture
def reviewer(places: Places) -> object:
    return official("huyen", places.district, Role.REVIEWER)


def page_of(places: Places, code: str, by: object, at: str = "district") -> SourcePage:
    indicator = find_indicator(code)
    assert indicator is not None
    return source_page(getattr(places, at), Y2024, PROVISIONAL, indicator, by=by)


def rows(page: SourcePage) -> list[tuple[str, str, str]]:
    return [(piece.name, piece.cell.text, piece.share) for piece in page.pieces]


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def report_two_of_three(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    told(places.second, {catalogue.poor: "90", catalogue.households: "100"}, stage=OFFICIAL)
    drain()


# -- sums, rates, means, shares --------------------


def test_sum_is_written_out_and_its_parts_add_up(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    report_two_of_three(places, catalogue)

    page = page_of(places, "households", reviewer)

    assert page.cell.text == "102"
    assert page.reckoning == ("102 = 2 + 100",)
    assert rows(page) == [
        ("Thị trấn Trung Tâm", "–", ""),
        ("Xã Một", "2", "2,0%"),
        ("Xã Hai", "100", "98,0%"),
    ]
    assert page.adds_up


def test_rate_is_one_sum_over_the_other_never_a_mean_of_rates(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    report_two_of_three(places, catalogue)

    page = page_of(places, "rate", reviewer)

    assert page.reckoning == (
        "Tử số: 91 = 1 + 90",
        "Mẫu số: 102 = 2 + 100",
        "91 / 102 × 100 = 89,22%",
    )
    assert [(row.name, row.numerator, row.denominator) for row in page.pieces] == [
        ("Thị trấn Trung Tâm", "–", "–"),
        ("Xã Một", "1", "2"),
        ("Xã Hai", "90", "100"),
    ]
    assert [(row.role, row.indicator.code, row.cell.text) for row in page.inputs] == [
        ("Tử số", "poor", "91"),
        ("Mẫu số", "households", "102"),
    ]
    assert page.adds_up


def test_part_that_the_unit_enters_itself_stands_beside_those_below(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    """A province's figure that its districts type: the province's page has no part of its own,
    the district's has the entry alone."""
    grain = builders.count("grain", "Lương thực", 9, entered_at=builders.tier("district"))
    told(places.district, {grain: "4893"})
    other = builders.unit("902", "Huyện Hai", "district", places.province)
    told(other, {grain: "107"})
    drain()
    leader = official("tinh", places.province, Role.LEADER)

    of_province = page_of(places, "grain", leader, at="province")
    of_district = page_of(places, "grain", leader)

    assert of_province.reckoning == ("5.000 = 4.893 + 107",)
    assert of_province.entry is None
    assert of_province.adds_up
    assert of_province.included is not None
    assert of_province.included.is_complete
    assert of_district.reckoning == ()
    assert of_district.entry is not None
    assert of_district.entry.fact.cell.text == "4.893"
    own, *below = of_district.pieces
    assert (own.name, own.cell.text) == ("Huyện Thử Nghiệm tự nhập", "4.893")
    assert {piece.state for piece in below} == {"unasked"}
    assert of_district.adds_up


def test_mean_of_units_divides_by_the_units_that_reported(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    mean = builders.count("mean", "Tiêu chí", 9, aggregation=Aggregation.MEAN_OF_UNITS, decimals=1)
    told(places.first, {mean: "10"})
    told(places.second, {mean: "13"})
    drain()

    page = page_of(places, "mean", reviewer)

    assert page.reckoning == ("Cộng các số: 23 = 10 + 13", "23 / 2 = 11,5 hộ")
    assert page.adds_up


def test_weighted_mean_shows_its_weights(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    income = builders.count(
        "income",
        "Thu nhập",
        9,
        aggregation=Aggregation.WEIGHTED_MEAN,
        weight=catalogue.households,
        value_type="decimal",
        unit_of_measure="triệu đồng",
        decimals=1,
    )
    told(places.first, {income: "10.5", catalogue.households: "100"})
    told(places.second, {income: "20", catalogue.households: "300"})
    drain()

    page = page_of(places, "income", reviewer)

    assert page.terms == ("Số × tổng số hộ", "Tổng số hộ")
    assert page.reckoning == (
        "Số × tổng số hộ: 7.050 = 1.050 + 6.000",
        "Tổng số hộ: 400 = 100 + 300",
        "7.050 / 400 = 17,6 triệu đồng",
    )
    assert [(row.role, row.indicator.code) for row in page.inputs] == [("Trọng số", "households")]
    assert page.adds_up


def test_share_of_units_names_its_condition(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    share = builders.count(
        "share",
        "Tỷ lệ xã dưới 30%",
        9,
        kind="share_of_units",
        aggregation="",
        entered_at=None,
        scale=D(100),
        unit_of_measure="%",
        decimals=1,
        condition_indicator=catalogue.rate,
        condition_comparator="<",
        condition_value=D(30),
    )
    told(places.first, {catalogue.poor: "20", catalogue.households: "100"})
    told(places.second, {catalogue.poor: "40", catalogue.households: "100"})
    drain()

    page = page_of(places, share.code, reviewer)

    assert page.reckoning == (
        "Đơn vị đạt: 1 = 1 + 0",
        "Điều kiện: tỷ lệ hộ nghèo < 30,00",
        "1 / 2 × 100 = 50,0%",
    )
    assert [row.indicator.code for row in page.inputs] == ["rate"]
    assert page.adds_up


def test_figure_that_is_not_put_together_lists_the_units(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    yes_no = builders.count(
        "dat", "Xã đạt chuẩn", 9, aggregation=Aggregation.NONE, value_type="yes_no"
    )
    told(places.first, {yes_no: "1"})
    told(places.second, {yes_no: "0"})
    drain()

    page = page_of(places, "dat", reviewer)

    assert [row.cell.text for row in page.pieces] == ["–", "Đạt", "Chưa đạt"]
    assert page.reckoning == (
        "Chỉ tiêu này không cộng lên cấp trên; dưới đây là số của từng đơn vị.",
    )


def test_long_sum_puts_its_smallest_parts_together(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    for n in range(10):
        unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
        told(unit, {catalogue.poor: str(n + 1)})
    drain()

    page = page_of(places, "poor", reviewer)

    assert page.reckoning == ("55 = 10 + 9 + 8 + 7 + 6 + 5 + 10 (4 phần còn lại)",)


def test_long_sum_does_not_write_out_its_zeros(
    places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    for n in range(10):
        unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
        told(unit, {catalogue.poor: "7" if n == 4 else "0"})
    drain()

    page = page_of(places, "poor", reviewer)

    assert page.reckoning == ("7 = 7 + 0 (9 phần còn lại)",)


@pytest.mark.parametrize(
    ("value", "words"),
    [("1200", "1.200"), ("0.5", "0,5"), ("1E+3", "1.000"), ("2.500000", "2,5"), ("0", "0")],
)
def test_numbers_of_a_sum_have_all_their_digits(value: str, words: str) -> None:
    assert exact(D(value)) == words


# -- missing, not applicable, not asked --------------------


def test_missing_zero_not_applicable_and_not_asked_are_told_apart(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    rural = builders.count("rural", "Tiêu chí nông thôn mới", 9, applies_to="communes")
    told(places.first, {rural: "0", catalogue.poor: None})
    drain()
    client.force_login(reviewer)

    of_rural = {row.name: row.state for row in page_of(places, "rural", reviewer).pieces}
    of_poor = {row.name: row.state for row in page_of(places, "poor", reviewer).pieces}

    assert of_rural == {"Thị trấn Trung Tâm": "unasked", "Xã Một": "value", "Xã Hai": "missing"}
    assert of_poor["Xã Một"] == "na"
    shown = text(client, "/so-lieu/901/2024/nguon/rural/")
    assert "Không phải báo số này" in shown
    assert "còn thiếu: Xã Hai" in shown


# -- down to the entry --------------------


def test_commune_page_shows_the_entry_with_its_history(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    staff = builders.staff(places)
    for poor, escaped in (("12", "9"), ("13", "8")):
        entries = filled(places.first, catalogue, poor=poor, escaped=escaped)
        save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)
    submit(unit=places.first, period=Y2024, by=staff.officer)
    drain()
    client.force_login(staff.district)

    shown = text(client, "/so-lieu/90102/2024/nguon/poor/")

    assert "Số do xã Một nhập" in shown
    assert "can.bo" in shown
    assert "12 → 13" in shown


def test_rate_of_a_commune_leads_to_its_inputs(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(reviewer)

    page = client.get("/so-lieu/90103/2024/nguon/rate/?stage=official").content.decode()

    assert "90 / 100 × 100 = 90,00%" in page
    assert 'href="/so-lieu/90103/2024/nguon/poor/?stage=official"' in page


def test_draft_of_a_commune_is_not_shown(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    staff = builders.staff(places)
    entries = filled(places.first, catalogue, poor="777")
    save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)
    client.force_login(staff.district)

    for code in ("90102", "901"):
        assert "777" not in text(client, f"/so-lieu/{code}/2024/nguon/poor/")


def test_official_figures_stay_official_on_the_way_down(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(reviewer)

    page = client.get("/so-lieu/901/2024/nguon/poor/?stage=official").content.decode()

    links = re.findall(r'href="(/so-lieu/9010[^"]*)"', page)
    assert len(links) == 3
    assert all(link.endswith("?stage=official") for link in links)
    assert "Hộ nghèo cuối kỳ: 90 hộ" in re.sub(r"\s+", " ", page)


def test_page_says_when_parts_are_newer_than_the_sum(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object
) -> None:
    """The communes are added up and the district waits its turn."""
    report_two_of_three(places, catalogue)
    of_district = Rollup.objects.filter(unit=places.district, stage=PROVISIONAL)
    before = of_district.get()
    told(places.first, {catalogue.poor: "3"})
    drain()
    of_district.update(cells=before.cells, computed_at=before.computed_at)
    Recompute.objects.create(unit=places.district, period="2024")
    client.force_login(reviewer)

    shown = text(client, "/so-lieu/901/2024/nguon/poor/")

    assert "1 đơn vị có số mới đang được cộng…" in shown
    assert "Hộ nghèo cuối kỳ: 91 hộ" in shown
    assert "Các phần dưới đây có số mới hơn; tổng đang được cộng lại." in shown
    drain()
    shown = text(client, "/so-lieu/901/2024/nguon/poor/")
    assert "93 = 3 + 90" in shown
    assert "đang được cộng" not in shown


# -- who may open what --------------------


@pytest.mark.parametrize(
    ("role", "at", "seen"),
    [
        (Role.OFFICER, "first", {"90102"}),
        (Role.OFFICER, "district", {"901"}),
        (Role.LEADER, "district", {"90102", "901"}),
        (Role.LEADER, "province", {"90102", "901", "90"}),
    ],
)
def test_source_opens_for_whom_it_concerns(
    client: Client, places: Places, catalogue: Catalogue, role: str, at: str, seen: set[str]
) -> None:
    client.force_login(official("ai-do", getattr(places, at), role))

    opened = {
        code
        for code in ("90102", "901", "90")
        if client.get(f"/so-lieu/{code}/2024/nguon/poor/").status_code == 200
    }

    assert opened == seen


@pytest.mark.parametrize("code", ["poor", "rate", "dat"])
def test_officer_of_the_unit_sees_what_those_below_come_to_and_none_of_them(
    client: Client, places: Places, catalogue: Catalogue, code: str
) -> None:
    """Neither their figures, nor the sum written out, nor who of them lacks one."""
    yes_no = builders.count(
        "dat", "Xã đạt chuẩn", 9, aggregation=Aggregation.NONE, value_type="yes_no"
    )
    told(places.first, {yes_no: "1"})
    report_two_of_three(places, catalogue)
    clerk = official("can.bo.huyen", places.district)
    alone = page_of(places, code, clerk)
    above = page_of(places, code, official("lanh.dao", places.province, Role.LEADER))
    client.force_login(clerk)

    page = text(client, f"/so-lieu/901/2024/nguon/{code}/")

    assert alone.cell == above.cell
    assert (alone.pieces, len(above.pieces)) == ((), 3)
    assert not any("+" in line for line in alone.reckoning)
    assert alone.included is not None
    assert alone.included.lacking == ()
    assert not any(unit.name in page for unit in places.communes)
    assert "không xem số của từng đơn vị trực thuộc" in page
    raw = client.get(f"/so-lieu/901/2024/nguon/{code}/").content.decode()
    assert "/so-lieu/9010" not in raw
    assert "/so-lieu/90/" not in raw


def test_indicator_that_is_none_is_not_found(client: Client, places: Places) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))

    assert client.get("/so-lieu/901/2024/nguon/khong-co/").status_code == 404


# -- cost --------------------


@pytest.mark.parametrize("code", ["poor", "rate"])
def test_source_costs_the_same_for_three_units_and_nineteen(
    client: Client, places: Places, catalogue: Catalogue, reviewer: object, code: str
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(reviewer)
    address = f"/so-lieu/901/2024/nguon/{code}/"
    client.get(address)
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    for n in range(16):
        unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
        told(unit, {catalogue.poor: "1", catalogue.households: "2"})
    drain()
    client.get(address)
    with CaptureQueriesContext(connection) as nineteen:
        client.get(address)

    assert Indicator.objects.filter(code=code).exists()
    assert len(nineteen) == len(three)
