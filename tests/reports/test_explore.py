"""Looking figures up: what a cell says, of which units, who sees it. Source: issue 6, point 6."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Official, Post, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.models import SeriesBreak
from indicators.periods import Period
from plans.models import Milestone, Plan
from reports.explore import pivot as pivots
from reports.explore.ground import WHOLE
from tests import builders
from tests.builders import Catalogue, Places, official
from tests.plans.promises import a_plan
from tests.reports.explored import HOME, asked, laid_out, opened, table, told

pytestmark = pytest.mark.django_db

Y2023, Y2024 = Period(2023), Period(2024)
RATE = "don-vi=901&cap=duoi&chi-tieu=rate&ky=2024"


@dataclass
class Land:
    """Two communes with figures of 2023 and 2024, a township without any of 2024."""

    places: Places
    catalogue: Catalogue
    province: Official
    district: Official
    leader: Official
    officer: Official


@pytest.fixture
def land(places: Places, catalogue: Catalogue) -> Land:
    figures = {
        (places.first, Y2023): ("100", "12"),
        (places.second, Y2023): ("900", "90"),
        (places.town, Y2023): ("200", "10"),
        (places.first, Y2024): ("100", "10"),
        (places.second, Y2024): ("900", "45"),
    }
    for (unit, period), (households, poor) in figures.items():
        told(unit, {catalogue.households: households, catalogue.poor: poor}, period)
    return Land(
        places,
        catalogue,
        province=official("tinh", places.province, Role.REVIEWER),
        district=official("huyen", places.district, Role.REVIEWER),
        leader=official("lanh.dao", places.district, Role.LEADER),
        officer=official("xa.mot", places.first),
    )


# -- what a cell says ---------------------------------------------------------------------------


def test_rate_of_the_whole_is_rolled_up_and_never_a_mean_of_rates(land: Land) -> None:
    """10/100 and 45/900 make 55/1000 = 5,50 %, not (10 + 5) / 2 = 7,50 %."""
    shown = table(RATE, land.district)

    assert shown.rows["Huyện Thử Nghiệm"] == ["5,50 2/3 đơn vị"]
    assert shown.rows["Xã Một"] == ["10,00"]
    assert shown.rows["Xã Hai"] == ["5,00"]
    assert shown.rows["Thị trấn Trung Tâm"] == ["– chưa có số liệu"]


def test_small_base_is_marked(land: Land) -> None:
    """One household of fewer than 30 moves a rate by more than 3 points."""
    told(land.places.town, {land.catalogue.households: "29", land.catalogue.poor: "1"}, Y2024)

    assert table(RATE, land.district).rows["Thị trấn Trung Tâm"] == ["3,45*"]
    assert asked(RATE, land.district).table.has_small  # type: ignore[union-attr]


def test_zero_missing_and_not_applicable_are_three_answers(land: Land) -> None:
    told(land.places.first, {land.catalogue.relapsed: "0"}, Y2024)
    told(land.places.second, {land.catalogue.relapsed: None}, Y2024)

    shown = table("don-vi=901&cap=duoi&chi-tieu=relapsed&ky=2024", land.district)

    assert shown.rows["Xã Một"] == ["0"]
    assert shown.rows["Xã Hai"] == ["Không áp dụng"]
    assert shown.rows["Thị trấn Trung Tâm"] == ["– chưa có số liệu"]


def test_stage_decides_which_figures_count(land: Land) -> None:
    told(land.places.first, {land.catalogue.poor: "8"}, Y2024, Stage.OFFICIAL)
    query = "don-vi=901&cap=duoi&chi-tieu=poor&ky=2024"

    assert table(query, land.district).rows["Xã Hai"] == ["45"]
    official_ = table(f"{query}&loai=chinh-thuc", land.district)
    assert official_.rows["Xã Một"] == ["8"]
    assert official_.rows["Xã Hai"] == ["– chưa có số liệu"]


def test_figure_leads_to_its_source_of_the_same_stage(land: Land) -> None:
    told(land.places.first, {land.catalogue.poor: "8"}, Y2024, Stage.OFFICIAL)
    page = asked("don-vi=90102&cap=chinh&chi-tieu=poor&ky=2024&loai=chinh-thuc", land.officer)

    assert page.table is not None
    assert '<a href="/so-lieu/90102/2024/nguon/poor/?stage=official">8</a>' in page.table.rows[0]


def test_sample_figure_marks_the_table(land: Land, client: Client) -> None:
    client.force_login(land.district)
    query = "don-vi=901&cap=duoi&chi-tieu=poor&ky=2024"
    assert "Số liệu minh họa" not in opened(client, query)

    told(land.places.town, {land.catalogue.poor: "3"}, Y2024, is_sample=True)

    assert "Số liệu minh họa" in opened(client, query)


# -- the year before, the plan ------------------------------------------------------------------


def test_difference_is_to_the_same_unit_a_year_before(land: Land) -> None:
    shown = table(f"{RATE}&so-voi=nam-truoc", land.district)

    assert shown.rows["Xã Một"] == ["10,00 −2,00"]
    assert shown.rows["Xã Hai"] == ["5,00 −5,00"]


def test_no_difference_while_units_lack(land: Land) -> None:
    """1200 households of three units in 2023 and 1000 of two in 2024 are not a fall by 200."""
    query = "don-vi=901&cap=duoi&chi-tieu=households&ky=2024&so-voi=nam-truoc"

    whole = table(query, land.district).rows["Huyện Thử Nghiệm"]

    assert whole == ["1.000 2/3 đơn vị chưa đủ để so"]


def test_no_difference_across_a_series_break(land: Land) -> None:
    standard = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    land.catalogue.rate.series_breaks.add(standard)

    shown = table(f"{RATE},2023&so-voi=nam-truoc", land.district)

    assert shown.rows["Xã Một"] == ["12,00 ± –", "10,00 chuẩn mới"]


def test_no_difference_across_new_borders(land: Land) -> None:
    """The second commune took the township over during 2024: its figures are of more land."""
    _merge(land.places)

    shown = table(f"{RATE}&so-voi=nam-truoc", land.district)

    assert shown.rows["Xã Hai"] == ["5,00 địa giới mới"]
    assert shown.rows["Xã Một"] == ["10,00 −2,00"]


def test_plan_stands_beside_the_figure(land: Land) -> None:
    Milestone.objects.create(
        plan=a_plan(land.places.district),
        unit=land.places.first,
        indicator=land.catalogue.rate,
        period="2024",
        measure="value",
        value="9.5",
    )
    Milestone.objects.create(
        plan=Plan.objects.get(),
        unit=land.places.town,
        indicator=land.catalogue.rate,
        period="2024",
        measure="value",
        value="4",
    )

    shown = table(f"{RATE}&ke-hoach=co", land.district)

    assert shown.rows["Xã Một"] == ["10,00 KH 9,50"]
    assert shown.rows["Xã Hai"] == ["5,00"]
    assert shown.rows["Thị trấn Trung Tâm"] == ["– chưa có số liệu KH 4,00"]


# -- units of their day -------------------------------------------------------------------------


def _merge(places: Places) -> None:
    Unit.objects.filter(pk=places.town.pk).update(valid_to=date(2024, 10, 31))
    Succession.objects.create(
        predecessor=places.town, successor=places.second, date=date(2024, 11, 1)
    )


def test_each_period_has_the_units_of_its_last_day(land: Land, client: Client) -> None:
    _merge(land.places)
    query = "don-vi=901&cap=duoi&chi-tieu=poor&ky=2023,2024"

    shown = table(query, land.district)

    assert shown.heads == ["Năm 2023", "Năm 2024"]
    assert shown.rows["Thị trấn Trung Tâm đến 31/10/2024"] == ["10", "không có đơn vị"]
    client.force_login(land.district)
    text = opened(client, query)
    assert "năm 2023 có 3 đơn vị; năm 2024 có 2 đơn vị." in text
    assert "Thị trấn Trung Tâm nhập vào Xã Hai từ 01/11/2024" in text


def test_unit_that_ended_is_found_by_its_code_in_the_periods_it_had(land: Land) -> None:
    _merge(land.places)

    page = asked("don-vi=90101&cap=chinh&chi-tieu=poor&ky=2023,2024", land.district)

    assert [period.code for period in page.ground.periods] == ["2023"]
    assert page.problems == ("Thị trấn Trung Tâm không có báo cáo của năm 2024, đã bỏ qua.",)


def test_code_given_anew_is_another_unit(land: Land) -> None:
    """(code, day) names a unit: before and after are two lines, never one series."""
    Unit.objects.filter(pk=land.places.town.pk).update(valid_to=date(2024, 6, 30))
    new = builders.unit(
        "90101", "Xã Mới", "commune", land.places.district, valid_from=date(2024, 7, 1)
    )
    told(new, {land.catalogue.poor: "7"}, Y2024)

    shown = table("don-vi=90101&cap=chinh&chi-tieu=poor&ky=2023,2024", land.district)

    assert shown.rows == {
        "Thị trấn Trung Tâm đến 30/06/2024": ["10", "không có đơn vị"],
        "Xã Mới từ 01/07/2024": ["không có đơn vị", "7"],
    }


# -- order and filters --------------------------------------------------------------------------


def names(query: str, by: Official) -> list[str]:
    return [row.point.place.name for row in laid_out(query, by).rows if row.point.place]


def test_missing_is_last_in_either_order_and_the_whole_stays_first(land: Land) -> None:
    whole, missing = "Huyện Thử Nghiệm", "Thị trấn Trung Tâm"

    assert names(f"{RATE}&xep=rate", land.district) == [whole, "Xã Hai", "Xã Một", missing]
    assert names(f"{RATE}&xep=-rate", land.district) == [whole, "Xã Một", "Xã Hai", missing]


def test_rank_is_among_those_that_reported_and_best_is_first(land: Land) -> None:
    """A lower rate of poor households is better; equal figures share a rank."""
    told(land.places.town, {land.catalogue.households: "200", land.catalogue.poor: "10"}, Y2024)
    pivot = laid_out(f"{RATE}&xep=-rate", land.district)

    ranks = {
        row.point.name if not row.point.place else row.point.place.name: row.rank
        for row in pivot.rows
    }

    assert ranks == {
        "Huyện Thử Nghiệm": 0,
        "Xã Một": 3,
        "Thị trấn Trung Tâm": 1,
        "Xã Hai": 1,
    }


def test_indicator_without_a_good_direction_gives_no_rank(land: Land) -> None:
    pivot = laid_out("don-vi=901&cap=duoi&chi-tieu=poor&ky=2024&xep=-poor", land.district)

    assert {row.rank for row in pivot.rows} == {0}
    assert pivot.sorted_by is not None


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ("tren=5", ["Xã Một"]),  # 5,00 is not above 5
        ("duoi=10", ["Xã Hai"]),
        ("tren=4,99&duoi=10", ["Xã Hai"]),
        ("co-so=co", ["Xã Một", "Xã Hai"]),
        ("tim=xa hai", ["Xã Hai"]),
        ("tim=TRUNG TAM", ["Thị trấn Trung Tâm"]),
        ("tim=khong co ai", []),
    ],
)
def test_filters_leave_units_out_and_never_change_the_whole(
    land: Land, filters: str, left: list[str]
) -> None:
    shown = table(f"{RATE}&{filters}", land.district)

    assert list(shown.rows) == ["Huyện Thử Nghiệm", *left]
    assert shown.rows["Huyện Thử Nghiệm"] == ["5,50 2/3 đơn vị"]


def test_limits_look_at_the_chosen_figure_of_the_latest_period(land: Land) -> None:
    """12 poor households in 2023, 10 in 2024: more than 11 no longer."""
    query = "don-vi=901&cap=duoi&chi-tieu=rate,poor&ky=2023,2024&loc=poor"

    assert names(f"{query}&tren=11", land.district) == ["Huyện Thử Nghiệm", "Xã Hai"]


# -- rows, columns, the third -------------------------------------------------------------------


def test_any_two_of_the_three_stand_in_rows_and_columns(land: Land) -> None:
    shown = table(
        "don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2023,2024&hang=ky&cot=don-vi&ghep=chon"
        "&chon=rate",
        land.district,
    )

    assert shown.heads == ["Huyện Thử Nghiệm", "Thị trấn Trung Tâm", "Xã Một", "Xã Hai"]
    assert shown.rows["Năm 2023"] == ["9,33", "5,00", "12,00", "10,00"]


def test_third_may_be_nested_in_the_rows(land: Land) -> None:
    shown = table(
        "don-vi=90102&cap=chinh&chi-tieu=poor,rate&ky=2023,2024&hang=chi-tieu&cot=don-vi&ghep=hang",
        land.officer,
    )

    assert shown.rows == {
        "Hộ nghèo cuối kỳ Năm 2023": ["12"],
        "Hộ nghèo cuối kỳ Năm 2024": ["10"],
        "Tỷ lệ hộ nghèo Năm 2023": ["12,00"],
        "Tỷ lệ hộ nghèo Năm 2024": ["10,00"],
    }


def test_one_by_one_opens_with_the_latest_period(land: Land) -> None:
    query = "don-vi=90102&cap=chinh&chi-tieu=poor&ky=2023,2024&ghep=chon"

    assert table(query, land.officer).rows == {"Xã Một": ["10"]}
    assert table(f"{query}&chon=2023", land.officer).rows == {"Xã Một": ["12"]}


# -- who sees what ------------------------------------------------------------------------------


def test_commune_officer_opens_with_their_own_unit(land: Land) -> None:
    page = asked("", land.officer)

    assert [place.name for place in page.ground.places] == ["Xã Một"]
    assert page.ground.whole is None


@pytest.mark.parametrize("who", ["district", "leader"])
def test_reviewer_and_leader_open_with_those_below(land: Land, who: str) -> None:
    page = asked("", getattr(land, who))

    assert [place.name for place in page.ground.places] == [
        "Thị trấn Trung Tâm",
        "Xã Một",
        "Xã Hai",
    ]
    assert page.ground.whole is not None
    assert page.ground.whole.key == WHOLE


@pytest.mark.parametrize("code", ["901", "90", "90103", "99999", "901@2024-12-31"])
def test_unit_of_others_and_one_that_does_not_exist_are_not_found_alike(
    land: Land, client: Client, code: str
) -> None:
    client.force_login(land.officer)

    answers = [client.get(f"{HOME}{page}?don-vi={code}") for page in ("", "tai.xlsx", "tai.csv")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_shared_link_leaves_out_what_its_reader_may_not_see(land: Land, client: Client) -> None:
    """A district's officer may see the district and none of its communes: how many, no names."""
    clerk = official("thong.ke", land.places.district)
    client.force_login(clerk)
    query = "don-vi=901&cap=duoi&chi-tieu=poor&ky=2024"

    text = opened(client, query)

    assert "Không hiện 3 đơn vị ngoài phạm vi đồng chí được xem." in text
    assert "Xã Một" not in text
    assert "Trung Tâm" not in text
    assert table(query, clerk).rows == {"Huyện Thử Nghiệm": ["55 2/3 đơn vị"]}


def test_leader_of_two_units_sees_one_at_a_time(land: Land) -> None:
    Post.objects.create(official=land.officer, unit=land.places.second, role=Role.LEADER)

    shown = table("don-vi=90103&cap=chinh&chi-tieu=poor&ky=2024", land.officer)

    assert shown.rows == {"Xã Hai": ["45"]}


def test_official_without_a_post_looks_nothing_up(client: Client, land: Land) -> None:
    client.force_login(official("moi.den"))

    assert client.get(HOME).status_code == 404
    assert client.get(f"{HOME}bang-da-luu/").status_code == 404


# -- groups -------------------------------------------------------------------------------------


def group(*members: Unit, size: int | None = None) -> UnitGroup:
    made = UnitGroup.objects.create(code="vung-cao", name="Các xã vùng cao", expected_size=size)
    for unit in members:
        GroupMember.objects.create(group=made, unit=unit, source="stated")
    return made


def test_complete_group_has_its_own_whole(land: Land) -> None:
    group(land.places.first, land.places.second, size=2)

    shown = table(RATE.replace("duoi", "nhom.vung-cao"), land.district)

    assert shown.rows == {
        "Các xã vùng cao": ["5,50"],
        "Xã Một": ["10,00"],
        "Xã Hai": ["5,00"],
    }


def test_group_with_members_unknown_is_not_put_together(land: Land) -> None:
    group(land.places.first, land.places.second, size=3)

    shown = table(RATE.replace("duoi", "nhom.vung-cao"), land.district)

    assert list(shown.rows) == ["Xã Một", "Xã Hai"]


def test_group_with_members_of_others_is_not_put_together(land: Land) -> None:
    """The district sees its two communes; the third member lies in another district."""
    other = builders.unit("902", "Huyện Bên", "district", land.places.province)
    far = builders.unit("90201", "Xã Xa", "commune", other)
    group(land.places.first, land.places.second, far, size=3)

    shown = table(RATE.replace("duoi", "nhom.vung-cao"), land.district)

    assert list(shown.rows) == ["Xã Một", "Xã Hai"]
    assert "Xã Xa" not in str(asked(RATE.replace("duoi", "nhom.vung-cao"), land.district))


def test_group_is_whole_only_under_a_unit_that_holds_all_of_it(land: Land) -> None:
    """The province may see every member, but two of three lie under the district it asks for."""
    other = builders.unit("902", "Huyện Bên", "district", land.places.province)
    far = builders.unit("90201", "Xã Xa", "commune", other)
    group(land.places.first, land.places.second, far, size=3)
    query = RATE.replace("duoi", "nhom.vung-cao")

    assert "Các xã vùng cao" not in table(query, land.province).rows
    assert "Các xã vùng cao" in table(query.replace("901", "90"), land.province).rows


def test_whole_of_a_group_needs_sight_of_members_that_ended_too(land: Land) -> None:
    """As the judge has it for the page of the group: who may see every member, and no one else."""
    other = builders.unit("902", "Huyện Bên", "district", land.places.province)
    far = builders.unit("90201", "Xã Xa", "commune", other, valid_to=date(2023, 6, 30))
    group(land.places.first, land.places.second, far, size=3)

    shown = table(RATE.replace("duoi", "nhom.vung-cao"), land.district)

    assert list(shown.rows) == ["Xã Một", "Xã Hai"]


def test_group_of_others_is_not_known(land: Land) -> None:
    other = builders.unit("902", "Huyện Bên", "district", land.places.province)
    group(other, size=1)

    page = asked(RATE.replace("duoi", "nhom.vung-cao"), land.district)

    assert "Không có nhóm này trong phạm vi của đồng chí." in page.problems
    assert page.choices.groups == ()


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "chi-tieu=khong-co&linh-vuc=cung-khong",
        "chi-tieu=%00&don-vi=901&tim=%00%00",
        "ky=9999&ky=2024H9&ky=%F0%9F%98%80",
        "tren=1e999&duoi=" + "9" * 500,
        "tren=mot-tram",
        "hang=ky&cot=ky&ghep=sai",
        "cap=nhom.&cap=nhom.khong-co",
        "cap=tren-troi&loai=xyz&so-voi=1&ke-hoach=2&co-so=3",
        "trang=99999999999999999999&xep=-khong.co",
        "trang=0&xep=" + "a" * 900,
        "chon=<script>alert(1)</script>&tim=<script>alert(1)</script>",
        "bang=99999999999999999999",
        "bang=1",
        "&".join(f"chi-tieu=x{n}" for n in range(900)),
        "chi-tieu=" + ",".join(f"x{n}" for n in range(5000)),
    ],
)
def test_whatever_the_address_says_is_answered_with_a_page(
    land: Land, client: Client, query: str
) -> None:
    client.force_login(land.district)

    answer = client.get(f"{HOME}?{query}", follow=True)

    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.content.decode()


def test_ten_thousand_parameters_are_refused_and_do_no_harm(land: Land, client: Client) -> None:
    client.force_login(land.district)

    answer = client.get(f"{HOME}?" + "&".join(f"ky={n}" for n in range(10_000)))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("chi-tieu=la-lung&don-vi=901", "Danh mục không có chỉ tiêu “la-lung”, đã bỏ qua."),
        ("hang=ky&cot=ky", "Hàng và cột phải là hai thứ khác nhau; cột đã đổi lại."),
        ("ky=2024Q9", "Không hiểu “2024Q9” ở mục “Kỳ”, đã bỏ qua."),
        ("ky=1999&chi-tieu=rate", "Huyện Thử Nghiệm không có báo cáo của năm 1999, đã bỏ qua."),
        ("tren=mot", "“mot” không phải là số."),
    ],
)
def test_what_is_not_understood_is_said(land: Land, client: Client, query: str, said: str) -> None:
    client.force_login(land.district)

    assert said in opened(client, query)


def test_form_is_led_to_a_short_address(land: Land, client: Client) -> None:
    """Browsers send empty boxes and a name for each tick; what is shared is short."""
    client.force_login(land.district)

    answer = client.get(
        f"{HOME}?chi-tieu=poor&chi-tieu=rate&ma=&don-vi=901&cap=duoi&ky=2023&ky=2024&tim=&hang=don-vi"
        "&cot=chi-tieu&ghep=cot&tren=4,5"
    )

    assert answer.status_code == 302
    assert answer.headers["Location"] == (
        f"{HOME}?don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2023,2024&hang=don-vi&cot=chi-tieu"
        "&tren=4,5"
    )
    assert client.get(answer.headers["Location"]).status_code == 200


def test_link_holds_what_was_chosen_for_its_sender(land: Land) -> None:
    """Opened by somebody else it is of the same unit, not of theirs."""
    page = asked("", land.district)

    assert asked(page.address, land.province).ground.unit == land.places.district
    assert asked(page.address, land.province).address == page.address


# -- size ---------------------------------------------------------------------------------------


def test_rows_are_paged_and_the_whole_stands_on_each_page(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pivots, "MOST_ROWS", 2)

    first, second = table(RATE, land.district), table(f"{RATE}&trang=2", land.district)

    assert list(first.rows) == ["Huyện Thử Nghiệm", "Thị trấn Trung Tâm", "Xã Một"]
    assert list(second.rows) == ["Huyện Thử Nghiệm", "Xã Hai"]
    assert table(f"{RATE}&trang=9", land.district) == second


def test_too_much_is_said_with_what_to_do_and_nothing_is_read(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pivots, "MOST_IN_FILE", 2)

    page = asked(RATE, land.district)

    assert page.table is None
    assert page.problems[0].startswith(
        "Câu hỏi này có 3 ô (3 đơn vị × 1 chỉ tiêu × 1 kỳ), nhiều hơn mức 2. Bớt chỉ tiêu"
    )


def test_too_many_columns_are_left_to_the_file(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pivots, "MOST_COLUMNS", 3)

    page = asked(f"{RATE}&hang=chi-tieu&cot=don-vi", land.district)

    assert page.table is None
    assert "Bảng có 4 cột" in page.problems[0]


# -- queries ------------------------------------------------------------------------------------


def _communes(land: Land, first: int, last: int) -> None:
    """More communes in the district; the first of them has figures."""
    made = [
        builders.unit(f"9{number:04}x", f"Xã {number}", "commune", land.places.district)
        for number in range(first, last + 1)
    ]
    told(made[0], {land.catalogue.households: "50", land.catalogue.poor: "5"}, Y2024)


def _counted(client: Client, query: str) -> int:
    """Queries of a page whose definitions are known already."""
    opened(client, query)
    with CaptureQueriesContext(connection) as queries:
        opened(client, query)
    return len(queries)


FULL = (
    "don-vi=901&cap=duoi&linh-vuc=ra-soat&ky=2023,2024&so-voi=nam-truoc&ke-hoach=co&co-so=co"
    "&tren=1&loc=rate&xep=-rate.2024"
)


def test_queries_do_not_grow_with_units(land: Land, client: Client) -> None:
    """One unit, 19 and 150: the same number. The first request warms what definitions give."""
    client.force_login(land.district)
    with time_machine.travel(date(2025, 2, 1), tick=False):
        one = _counted(client, FULL.replace("cap=duoi", "cap=chinh"))
        three = _counted(client, FULL)
        _communes(land, 4, 19)
        nineteen = _counted(client, FULL)
        _communes(land, 20, 150)
        many = _counted(client, FULL)

    assert three == nineteen == many <= 35
    assert one <= three


def test_queries_do_not_grow_with_figures(land: Land, client: Client) -> None:
    client.force_login(land.district)
    few = _counted(client, "don-vi=901&cap=duoi&chi-tieu=rate,poor&ky=2024")

    assert _counted(client, "don-vi=901&cap=duoi&linh-vuc=ra-soat&ky=2024") == few


def test_stranger_is_refused_before_anything_is_read(land: Land) -> None:
    with pytest.raises(Http404):
        asked("don-vi=90103", land.officer)
