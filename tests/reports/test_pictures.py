"""Pictures say what the figures say: nothing joined across a break, nothing drawn for missing."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Boundary, Official, Unit
from indicators.enums import Stage
from indicators.models import SeriesBreak
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.models import Milestone
from reports.pictures.frame import Asked
from reports.pictures.ground import classes_of, ground
from reports.pictures.movement import balance_for, balances, movement
from reports.pictures.series import multiples, series_of, trajectory
from tests import builders
from tests.builders import Y2024, Catalogue, Places, told
from tests.plans.promises import a_plan, reported

pytestmark = pytest.mark.django_db

D = Decimal
SVG = "{http://www.w3.org/2000/svg}"


def asked(unit: Unit, catalogue: Catalogue, stage: str = Stage.PROVISIONAL) -> Asked:
    return Asked(unit, Y2024, stage, catalogue.rate)


def tell(places: Places, catalogue: Catalogue, year: int, *poor: str) -> None:
    """So many poor of 100 households in the first commune, the second, the town."""
    units = [places.first, places.second, places.town]
    reported(
        year,
        {
            unit: {catalogue.poor: value, catalogue.households: "100"}
            for unit, value in zip(units, poor, strict=False)
        },
    )


# -- over the years -------------------------------------------------------------------------------


def test_rate_of_the_whole_is_drawn_and_no_average(places: Places, catalogue: Catalogue) -> None:
    tell(places, catalogue, 2024, "10")
    told(places.second, {catalogue.poor: "90", catalogue.households: "300"})
    reported(2024, {})

    (series,) = series_of(asked(places.district, catalogue), [places.district])

    assert series.value(2024) == D(25)  # 100 of 400, not the mean of 10 and 30


def test_line_is_not_joined_across_a_new_standard_nor_a_gap(
    places: Places, catalogue: Catalogue
) -> None:
    for year in (2019, 2020, 2021, 2022, 2024):
        tell(places, catalogue, year, "10", "10", "10")
    catalogue.rate.series_breaks.add(SeriesBreak.objects.create(code="chuan", first_periods=[2022]))

    (series,) = series_of(asked(places.district, catalogue), [places.district])

    assert series.years == (2019, 2020, 2021, 2022, 2023, 2024)
    assert series.stretches == [[2019, 2020, 2021], [2022], [2024]]
    picture = trajectory(asked(places.district, catalogue), series)
    assert "hai chuẩn không so được" in picture.note
    assert picture.lines[4].cells[0] == "–"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("12", "Năm 2024: 10,00%, giảm 2,00 điểm % so với năm 2023"),
        ("10", "Năm 2024: 10,00%, không đổi so với năm 2023"),
        (None, "Năm 2024: 10,00%"),
    ],
)
def test_conclusion_compares_with_the_year_before(
    places: Places, catalogue: Catalogue, before: str | None, said: str
) -> None:
    if before:
        tell(places, catalogue, 2023, before)
    tell(places, catalogue, 2024, "10")
    (series,) = series_of(asked(places.first, catalogue), [places.first])

    assert trajectory(asked(places.first, catalogue), series).conclusion == said


def test_first_year_of_a_new_standard_is_compared_with_nothing(
    places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue, 2023, "12")
    tell(places, catalogue, 2024, "10")
    catalogue.rate.series_breaks.add(SeriesBreak.objects.create(code="chuan", first_periods=[2024]))
    (series,) = series_of(asked(places.first, catalogue), [places.first])

    assert "không so với năm 2023" in trajectory(asked(places.first, catalogue), series).conclusion


def test_last_point_is_hollow_while_it_is_provisional(places: Places, catalogue: Catalogue) -> None:
    tell(places, catalogue, 2024, "10")
    fills = {}
    for stage in Stage.values:
        here = asked(places.first, catalogue, stage)
        (series,) = series_of(here, [places.first])
        root = ET.fromstring(trajectory(here, series).file.encode())  # noqa: S314
        fills[stage] = [row.get("fill") for row in root.iter(f"{SVG}circle")]

    assert fills == {"provisional": ["#ffffff"], "official": []}  # nothing is official yet


def test_plan_stands_beside_the_figures(places: Places, catalogue: Catalogue) -> None:
    tell(places, catalogue, 2023, "12")
    tell(places, catalogue, 2024, "10")
    plan = a_plan(places.district)
    for year, value in ((2023, "11"), (2024, "9")):
        Milestone.objects.create(
            plan=plan,
            unit=places.first,
            indicator=catalogue.rate,
            period=str(year),
            measure=PlannedMeasure.VALUE,
            value=D(value),
        )
    (series,) = series_of(asked(places.first, catalogue), [places.first])

    picture = trajectory(asked(places.first, catalogue), series)

    assert [line.cells[1] for line in picture.lines] == ["11,00", "9,00"]
    assert 'stroke-dasharray="5 4"' in picture.svg


def test_small_pictures_share_a_scale_and_name_who_is_silent(
    places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue, 2024, "10", "40")
    here = asked(places.district, catalogue)

    picture, small = multiples(here, series_of(here, places.communes))

    assert picture.conclusion == (
        "2/3 đơn vị có số của năm 2024: thấp nhất Xã Một (10,00%), cao nhất Xã Hai (40,00%)"
    )
    assert [(row.name, row.last) for row in small] == [
        ("Một", "10,00"),
        ("Hai", "40,00"),
        ("TT Trung Tâm", "–"),
    ]
    heights = [
        [row.get("cy") for row in ET.fromstring(one.svg).iter(f"{SVG}circle")]  # noqa: S314
        for one in small
    ]
    assert [len(row) for row in heights] == [1, 1, 0]
    assert float(heights[0][0] or 0) > float(heights[1][0] or 0)


# -- within the year ------------------------------------------------------------------------------


def moved(places: Places, catalogue: Catalogue, **changed: str) -> Asked:
    builders.balance(catalogue)
    numbers = {**builders.FILLED, **changed}
    reported(2024, {places.first: {row: numbers[row.code] for row in catalogue.inputs}})
    return Asked(places.first, Y2024, Stage.PROVISIONAL, catalogue.rate)


def test_bridge_leads_from_opening_to_closing(places: Places, catalogue: Catalogue) -> None:
    catalogue.opening.prefill_offset = -1
    catalogue.opening.save()
    here = moved(places, catalogue)
    balance = balance_for(catalogue.rate, balances())

    assert balance is not None
    assert [(row.code, to) for row, to in balance.parts] == [("escaped", -1), ("relapsed", 1)]
    picture = movement(here, balance)
    assert picture.conclusion == "Đầu kỳ 20 hộ, cuối kỳ 13 hộ: giảm 7 hộ"
    assert [line.cells[:2] for line in picture.lines] == [
        ("", "20"),
        ("−", "8"),
        ("+", "1"),
        ("=", "13"),
    ]
    assert picture.note == ""


def test_bridge_that_does_not_reach_its_end_says_so(places: Places, catalogue: Catalogue) -> None:
    catalogue.opening.prefill_offset = -1
    catalogue.opening.save()
    here = moved(places, catalogue, poor="15")
    balance = balance_for(catalogue.rate, balances())

    assert balance is not None
    assert "Cộng các phần được 13 hộ, cuối kỳ ghi 15 hộ" in movement(here, balance).note


def test_rule_that_is_no_balance_of_a_year_draws_no_bridge(
    places: Places, catalogue: Catalogue
) -> None:
    """Without an opening figure, or with one of last year, it is another relation."""
    builders.balance(catalogue)  # its opening is not known as what opens a year
    builders.rule("nam-truoc", [(1, catalogue.poor, -1), (-1, catalogue.opening, 0)])

    assert balances() == []


# -- on the ground --------------------------------------------------------------------------------


def test_classes_hold_about_as_many_units_each_and_part_no_equals() -> None:
    values = [D(row) for row in (1, 1, 1, 1, 2, 3, 4, 5, 6)]

    found = classes_of(values)

    assert [(row.low, row.high) for row in found] == [(1, 2), (2, 4), (4, 6)]
    assert found[0].shade == 0
    assert found[-1].shade == 4
    assert classes_of([]) == []
    assert [(row.low, row.high) for row in classes_of([D(7)])] == [(7, 7)]


def test_legend_leaves_no_gap_and_says_to_which_class_a_bound_belongs(
    places: Places, catalogue: Catalogue
) -> None:
    """5 %, 9,9 % and 10,1 %: the class of the first two ends where the last begins, without it."""
    for unit, poor in zip(places.communes, ("50", "99", "101"), strict=True):
        reported(2024, {unit: {catalogue.poor: poor, catalogue.households: "1000"}})

    svg = ground(asked(places.district, catalogue), places.communes).file

    assert "5,00 – &lt;10,10" in svg
    assert "5,00–9,90" not in svg


def outline(unit: Unit, west: float) -> None:
    ring = [[west, 22.0], [west + 0.1, 22.0], [west + 0.1, 22.1], [west, 22.1], [west, 22.0]]
    Boundary.objects.create(
        unit=unit, rings=[[ring]], middle=[west + 0.05, 22.05], source="Sở Nội vụ"
    )


def test_without_boundaries_units_are_tiles_and_that_is_said(
    places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue, 2024, "10", "40")

    picture = ground(asked(places.district, catalogue), places.communes)

    assert "Chưa nhập ranh giới" in picture.note
    assert picture.conclusion == "Cao nhất: Xã Hai (40,00), Xã Một (10,00); 1 đơn vị chưa có số"
    assert "evenodd" in picture.svg  # one shape a shade
    assert picture.svg.count("url(#chua-co-so)") == 2  # the town's tile, and the legend


def test_with_boundaries_units_lie_where_they_are(places: Places, catalogue: Catalogue) -> None:
    tell(places, catalogue, 2024, "10", "40")
    outline(places.first, 104.0)
    outline(places.second, 104.1)

    picture = ground(asked(places.district, catalogue), places.communes)

    root = ET.fromstring(picture.file.encode())  # noqa: S314
    paths = {str(row.findtext(f"{SVG}title")).split(":")[0]: row for row in root.iter(f"{SVG}path")}
    assert set(paths) == {"Xã Một", "Xã Hai"}
    left = [float(row.get("d", "")[1:].split()[0]) for row in paths.values()]
    assert left[0] < left[1]
    assert paths["Xã Một"].get("fill") != paths["Xã Hai"].get("fill")
    assert picture.note == "Không có ranh giới: Thị trấn Trung Tâm. Ranh giới: Sở Nội vụ."


# -- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def leader(places: Places, catalogue: Catalogue) -> Official:
    builders.deadline(places.province)
    tell(places, catalogue, 2024, "10", "40")
    return builders.official("lanh.dao", places.province, Role.LEADER)


def test_each_picture_comes_as_svg_and_as_csv(
    client: Client, leader: Official, catalogue: Catalogue
) -> None:
    client.force_login(leader)
    for kind in ("dien-bien", "ban-do", "cac-don-vi"):
        picture = client.get(f"/hinh/901/2024/{kind}.svg?chi-tieu=rate")
        assert picture.headers["Content-Type"].startswith("image/svg+xml")
        ET.fromstring(picture.content)  # noqa: S314
    table = client.get("/hinh/901/2024/ban-do.csv?chi-tieu=rate").content.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(table), delimiter=";"))

    assert rows[2] == ["Đơn vị", "%", "Đơn vị có số"]
    assert rows[3:] == [
        ["Thị trấn Trung Tâm", "", "0/1"],
        ["Xã Một", "10", "1/1"],
        ["Xã Hai", "40", "1/1"],
    ]


def test_sample_figures_are_marked_in_every_picture_and_file(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    told(
        places.first,
        {catalogue.poor: "10", catalogue.households: "100"},
        is_sample=True,
    )
    reported(2024, {})
    leader = builders.official("lanh.dao", places.province, Role.LEADER)
    client.force_login(leader)

    for kind in ("dien-bien", "ban-do", "cac-don-vi"):
        svg = client.get(f"/hinh/901/2024/{kind}.svg?chi-tieu=rate").content.decode()
        table = client.get(f"/hinh/901/2024/{kind}.csv?chi-tieu=rate").content.decode()
        assert "Số liệu minh họa" in svg
        assert "SỐ LIỆU MINH HỌA" in table


def test_who_sees_one_unit_is_drawn_no_other(
    client: Client, places: Places, catalogue: Catalogue, leader: Official
) -> None:
    officer = builders.official("can.bo.huyen", places.district)
    client.force_login(officer)

    page = client.get("/hinh/901/2024/?chi-tieu=rate").content.decode()
    assert "Xã Một" not in page
    assert client.get("/hinh/901/2024/ban-do.svg?chi-tieu=rate").status_code == 404
    assert client.get("/hinh/90/2024/").status_code == 404
    client.force_login(leader)
    assert "Xã Một" in client.get("/hinh/901/2024/?chi-tieu=rate").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/hinh/901/2024/?chi-tieu=khong-co",
        "/hinh/901/2024/?chi-tieu=%00",
        "/hinh/901/2024Q1/",
        "/hinh/901/khong/",
        "/hinh/901/2024/khac.svg",
        "/hinh/901/2024/ban-do.exe",
    ],
)
def test_what_cannot_be_drawn_is_not_found(client: Client, leader: Official, address: str) -> None:
    client.force_login(leader)

    assert client.get(address).status_code == 404


def test_queries_do_not_grow_with_units(
    client: Client, places: Places, catalogue: Catalogue, leader: Official
) -> None:
    client.force_login(leader)
    client.get("/hinh/901/2024/")
    with CaptureQueriesContext(connection) as few:
        assert client.get("/hinh/901/2024/").status_code == 200
    for number in range(16):
        made = builders.unit(f"9012{number:02}", f"Xã Mới {number}", "commune", places.district)
        told(made, {catalogue.poor: "7", catalogue.households: "100"}, Period(2024))
    reported(2024, {})
    client.get("/hinh/901/2024/")
    with CaptureQueriesContext(connection) as many:
        page = client.get("/hinh/901/2024/").content.decode()

    assert "Mới 15" in page
    assert len(many) <= len(few) <= 45


def test_year_in_which_units_lack_is_joined_to_none_and_compared_with_none(
    places: Places, catalogue: Catalogue
) -> None:
    """2023: 10, 10 and 40 of 100 each; 2024: the town, which was the worst, is silent."""
    tell(places, catalogue, 2022, "10", "10", "40")
    tell(places, catalogue, 2023, "10", "10", "40")
    tell(places, catalogue, 2024, "10", "10")
    here = asked(places.district, catalogue)
    (series,) = series_of(here, [places.district])

    picture = trajectory(here, series)

    assert series.stretches == [[2022, 2023], [2024]]
    assert picture.conclusion == "Năm 2024: 10,00%, mới 2/3 đơn vị có số"
    assert "2/3 đơn vị" in picture.file


def test_name_that_looks_like_a_formula_is_text_in_a_file(
    client: Client, places: Places, leader: Official
) -> None:
    Unit.objects.filter(pk=places.first.pk).update(name="=1+1")
    client.force_login(leader)

    table = client.get("/hinh/901/2024/ban-do.csv?chi-tieu=rate").content.decode("utf-8-sig")

    assert "\r\n'=1+1;10;1/1" in table
