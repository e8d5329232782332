"""What a report in words says of years, units and marks: one truth, and nothing twice."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import unquote

import pytest
from django.test import Client
from docx import Document

from communes.enums import Role
from communes.models import Unit
from indicators.definitions import changed
from indicators.models import SeriesBreak
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan, Target
from reports.narrative.words import where_in
from tests import builders
from tests.builders import Catalogue, Places, official, told
from tests.reports.test_narrative import FILE, HOME, handed_in, words
from tests.reports.test_narrative import promise as promise  # noqa: PLC0414  # a fixture
from tests.reports.test_narrative import reviewer as reviewer  # noqa: PLC0414

pytestmark = pytest.mark.django_db

FINAL = f"{FILE}?loai=tong-ket"
HALF = FILE.replace("/2024/", "/2024H1/")


@pytest.fixture
def past(places: Places, catalogue: Catalogue, promise: Target) -> Catalogue:
    """The same two communes in the two years before: 60 poor at the end of 2022, then 40."""
    for at, households in ((places.first, "100"), (places.second, "1100")):
        for year, poor in ((2022, "30"), (2023, "20")):
            told(at, {catalogue.households: households, catalogue.poor: poor}, Period(year))
            told(at, {catalogue.opening: "30"}, Period(year))
    drain()
    Plan.objects.update(year_from=2023, year_to=2025)
    Target.objects.update(year_to=2025)
    return catalogue


# -- all the years of a plan -----------------------------------------------------------------------


def test_final_review_goes_from_before_the_plan_to_the_latest_year(
    reviewer: Client, past: Catalogue
) -> None:
    text = words(reviewer.get(FINAL).content)

    # 60 and 25 of 1.200 households
    assert "cuối năm 2022 có 60 hộ, tỷ lệ 5,00%; cuối năm 2024 có 25 hộ, tỷ lệ 2,08%" in text
    assert "giảm 35 hộ, tương ứng 2,92 điểm %." in text
    assert "Số cuối năm 2024 là của 2/3 đơn vị đã có số liệu." in text
    assert "Biến động năm 2024: hộ thoát nghèo 17 hộ" in text
    assert "giai đoạn 2023-2025" in text


def test_years_of_different_units_are_not_subtracted(
    reviewer: Client, places: Places, past: Catalogue
) -> None:
    for year in (2022, 2023):
        told(places.town, {past.households: "800", past.poor: "80"}, Period(year))
    drain()

    text = words(reviewer.get(FINAL).content)

    # 60 + 80, then 40 + 80, of 2.000; 2024 lacks the town
    assert "cuối năm 2022 có 140 hộ, tỷ lệ 7,00%; cuối năm 2024 có 25 hộ" in text
    assert "tính đến cuối năm 2023, năm gần nhất đủ đơn vị để so, giảm 20 hộ" in text
    assert "giảm 115 hộ" not in text


def test_years_before_and_after_a_merger_are_compared_where_every_unit_is_there(
    reviewer: Client, places: Places, past: Catalogue
) -> None:
    """The town was closed in 2024: three communes before, two after, all of the district."""
    for year in (2022, 2023):
        told(places.town, {past.households: "800", past.poor: "80"}, Period(year))
    Unit.objects.filter(pk=places.town.pk).update(valid_to="2024-06-30")
    changed()
    drain()

    text = words(reviewer.get(FINAL).content)

    assert "cuối năm 2022 có 140 hộ, tỷ lệ 7,00%; cuối năm 2024 có 25 hộ, tỷ lệ 2,08%; " in text
    assert "giảm 115 hộ, tương ứng 4,92 điểm %." in text


def test_years_of_different_standards_are_told_apart(reviewer: Client, past: Catalogue) -> None:
    broken = SeriesBreak.objects.create(
        code="chuan-moi", first_periods=[2024], note="Chuẩn mới.", source="x"
    )
    past.poor.series_breaks.add(broken)

    text = words(reviewer.get(FINAL).content)

    assert "Cách tính đổi từ năm 2024 nên không so hai số này với nhau" in text
    assert "từ cuối năm 2022 (60 hộ, 5,00%) đến cuối năm 2023 giảm 20 hộ" in text
    assert "từ đầu năm 2024 (40 hộ, 3,33%) đến cuối năm 2024 giảm 15 hộ" in text
    assert "giảm 35 hộ" not in text


def test_review_of_years_that_are_not_all_told_goes_to_the_latest_that_is(
    reviewer: Client, past: Catalogue
) -> None:
    """In 2025 nobody has handed in anything yet."""
    text = words(reviewer.get(FINAL.replace("/2024/", "/2025/")).content)

    assert "cuối năm 2022 có 60 hộ, tỷ lệ 5,00%; cuối năm 2024 có 25 hộ, tỷ lệ 2,08%" in text
    assert "giảm 35 hộ, tương ứng 2,92 điểm %. Số cuối năm 2024 là của 2/3 đơn vị" in text
    assert "Chưa có số liệu năm 2025." in text


def test_plan_of_one_year_is_no_period(reviewer: Client, promise: Target) -> None:
    answer = reviewer.get(FINAL)
    name = unquote(answer.headers["Content-Disposition"])

    assert "Tổng kết thực hiện kế hoạch giảm nghèo năm 2024 trên địa bàn" in words(answer.content)
    assert "2024-2024" not in words(answer.content)
    assert "Báo cáo giảm nghèo tổng kết 2024 – Thử Nghiệm" in name


@pytest.mark.parametrize(("address", "times"), [(FILE, 0), (FINAL, 1)])
def test_table_of_years_is_there_for_more_than_one(
    reviewer: Client, past: Catalogue, address: str, times: int
) -> None:
    assert words(reviewer.get(address).content).count("Hộ nghèo qua các năm") == times


# -- one truth -------------------------------------------------------------------------------------


def test_mark_that_is_not_compared_with_is_not_printed(
    reviewer: Client, promise: Target, catalogue: Catalogue
) -> None:
    """Of a figure to be met exactly, some units say nothing yet: no mark, in words or table."""
    Target.objects.update(comparator="=", direction="none")

    document = Document(BytesIO(reviewer.get(FILE).content))

    table = next(one for one in document.tables if one.cell(0, 0).text == "TT")
    row = next(row for row in table.rows if row.cells[0].text == "1.1")
    assert row.cells[5].text == "Chưa có mốc"
    assert row.cells[3].text == "…"
    assert any("1 chỉ tiêu: chưa có mốc." in one.text for one in document.paragraphs)


def test_units_are_in_the_order_of_the_gap_that_is_printed(
    reviewer: Client, places: Places, promise: Target, catalogue: Catalogue
) -> None:
    Target.objects.update(value=1)

    text = words(reviewer.get(FILE).content)

    # 13 % and 12 of 1.100 against 1 %; both together 25 of 1.200; apart as far as printed
    assert "thực hiện 2,08%, mốc 1,00% (lệch 108,0% của mốc)." in text
    assert (
        "lệch mốc 1,00% nhiều nhất: xã Một 13,00% (lệch 1.200,0%); xã Hai 1,09% (lệch 9,0%)."
    ) in text


def test_communes_are_counted_apart_from_the_district_s_own_return(
    client: Client, places: Places, promise: Target, catalogue: Catalogue
) -> None:
    builders.count("cong-trinh", "Công trình", 9, entered_at=builders.tier("district"))
    for unit in (places.first, places.second):
        handed_in(unit, "submitted")
    client.force_login(official("tinh", places.province, Role.REVIEWER))

    text = words(client.get(FILE.replace("/901/", "/90/")).content)

    assert "Có 2/3 đơn vị cấp xã đã nộp báo cáo năm 2024" in text
    assert "Ở cấp huyện, 0/1 đơn vị đã nộp" in text
    assert "Chưa nộp báo cáo: thị trấn Trung Tâm (Thử Nghiệm). Cấp huyện chưa nộp: huyện" in text
    assert "Số trên là của 2/3 đơn vị" in text


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("II.2 gạch đầu dòng 1", "mục II.2 gạch đầu dòng 1"),
        ("V", "mục V"),
        ("đoạn 27", "đoạn 27"),
        ("chỉ tiêu gạch đầu dòng 3", "chỉ tiêu gạch đầu dòng 3"),
        ("ý kiến xã Pa Cheo, đoạn 1", "ý kiến xã Pa Cheo, đoạn 1"),
    ],
)
def test_only_what_has_a_number_is_a_section(section: str, said: str) -> None:
    assert where_in(section) == said


# -- half a year -----------------------------------------------------------------------------------


def test_half_year_tells_the_figures_there_are_and_sums_up_the_rest(
    reviewer: Client, places: Places, promise: Target
) -> None:
    half = builders.count("viec-lam", "Việc làm", 20, unit_of_measure="người", cadence="half")
    for order, (code, indicator) in enumerate((("a", half), ("b", promise.indicator))):
        Target.objects.create(
            code=code,
            plan=promise.plan,
            section="đoạn 3",
            unit=places.district,
            scope="all",
            theme="jobs",
            indicator=indicator,
            label=f"Chỉ tiêu {code}",
            kind="level",
            comparator=">=",
            value=90,
            unit_of_measure=indicator.unit_of_measure,
            year_from=2024,
            year_to=2024,
            direction="higher_is_better",
            order=order,
        )
    told(places.first, {half: "12"}, Period.parse("2024H1"))
    drain()

    text = words(reviewer.get(HALF).content)

    assert "3 chỉ tiêu được giao, đánh giá theo số cả năm; 1 chỉ tiêu có số liệu" in text
    assert "2 chỉ tiêu còn lại chưa có." in text
    assert "- Chỉ tiêu a (đoạn 3): 6 tháng đầu năm 2024 thực hiện 12 người (1/3 đơn vị); " in text
    assert "Chỉ tiêu b" not in text
    assert "Đến hết năm 2023" not in text
    assert "TỔNG HỢP CHỈ TIÊU" not in text


def test_half_year_without_figures_tells_how_the_year_before_closed(
    reviewer: Client, past: Catalogue
) -> None:
    text = words(reviewer.get(HALF).content)

    assert (
        "Hộ nghèo: chưa có số liệu 6 tháng đầu năm 2024; cuối năm 2023 có 40 hộ, tỷ lệ 3,33% "
        "(2/3 đơn vị)."
    ) in text


# -- plans that cannot be chosen -------------------------------------------------------------------


def test_plan_without_a_figure_in_the_system_is_said_to_have_none(
    reviewer: Client, places: Places, promise: Target
) -> None:
    Plan.objects.create(
        code="khac",
        kind="Kế hoạch",
        number="53/KH-UBND",
        title="Chương trình",
        issuer="UBND tỉnh",
        level="province",
        unit=places.province,
        year_from=2021,
        year_to=2025,
        status="cited",
    )

    page = " ".join(reviewer.get(HOME).content.decode().split())

    assert "hệ thống chưa có chỉ tiêu nào của: Kế hoạch số 53/KH-UBND" in page
