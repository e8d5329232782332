"""A report in words compares like with like, says whose figures are, and tells nought as nought."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from docx import Document

from communes.models import Succession, Unit
from indicators.definitions import changed
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan, Target
from tests import builders
from tests.builders import Catalogue, Places, told
from tests.reports.test_narrative import FILE, words
from tests.reports.test_narrative import promise as promise  # noqa: PLC0414  # a fixture
from tests.reports.test_narrative import reviewer as reviewer  # noqa: PLC0414

pytestmark = pytest.mark.django_db

FINAL = f"{FILE}?loai=tong-ket"
Y2022 = Period(2022)


def sentence(client: Client, address: str = FILE, start: str = "- Hộ nghèo:") -> str:
    lines = (one.text for one in Document(BytesIO(client.get(address).content)).paragraphs)
    return next(one for one in lines if one.startswith(start)).replace("\u00a0", " ").strip()


@pytest.fixture
def opened(catalogue: Catalogue, promise: Target) -> Indicator:
    """Nothing reported yet; the opening rate has a base of its own, that of the year before."""
    before = builders.count("open_households", "Tổng số hộ đầu kỳ", 70)
    opening = Indicator.objects.get(code="opening_rate")
    opening.terms.filter(role="denominator").update(input=before)
    Result.objects.all().delete()
    return before


def settle() -> None:
    changed()
    drain()


# -- one year --------------------------------------------------------------------------------------


def test_fall_is_that_of_the_units_that_have_told_both_ends(
    reviewer: Client, places: Places, catalogue: Catalogue, opened: Indicator
) -> None:
    told(places.first, {catalogue.opening: "100", opened: "1000"})
    told(places.first, {catalogue.poor: "90", catalogue.households: "1000"})
    told(places.second, {catalogue.opening: "500", opened: "1000"})
    told(places.town, {catalogue.poor: "5", catalogue.households: "1000"})
    settle()

    assert sentence(reviewer) == (
        "- Hộ nghèo: đầu năm 2024 có 600 hộ (2/3 đơn vị), tỷ lệ 30,00%; cuối năm 2024 có 95 hộ "
        "(2/3 đơn vị), tỷ lệ 4,75%; tính riêng 1/3 đơn vị có đủ số liệu hai thời điểm thì giảm "
        "10 hộ, tương ứng 1,00 điểm %."
    )


def test_fall_of_which_no_unit_has_told_both_ends_is_not_told(
    reviewer: Client, places: Places, catalogue: Catalogue, opened: Indicator
) -> None:
    told(places.second, {catalogue.opening: "500", opened: "1000"})
    told(places.town, {catalogue.poor: "5", catalogue.households: "1000"})
    settle()

    assert sentence(reviewer).endswith("; chưa đủ số liệu để tính mức giảm.")


def test_who_said_not_applicable_at_one_end_is_not_compared(
    reviewer: Client, places: Places, catalogue: Catalogue, opened: Indicator
) -> None:
    """Everybody has answered both ends, but not the same ones with a figure."""
    for unit, opening, poor in ((places.first, "100", "90"), (places.second, "500", None)):
        told(unit, {catalogue.opening: opening, opened: "1000"})
        told(unit, {catalogue.poor: poor, catalogue.households: "1000"})
    told(places.town, {catalogue.opening: None, opened: "1000"})
    told(places.town, {catalogue.poor: "5", catalogue.households: "1000"})
    settle()

    assert "có đủ số liệu hai thời điểm thì giảm 10 hộ, tương ứng 1,00 điểm %" in sentence(reviewer)


@pytest.mark.parametrize(
    ("poor", "said"),
    [("100", "giảm 15 hộ, tương ứng 1,25 điểm %"), ("5", "giảm 15 hộ, tương ứng 1,25 điểm %")],
)
def test_households_and_rate_are_those_of_the_same_units(
    reviewer: Client,
    places: Places,
    catalogue: Catalogue,
    promise: Target,
    poor: str,
    said: str,
) -> None:
    """The town tells its poor households, but not of how many."""
    told(places.town, {catalogue.opening: "10", catalogue.poor: poor})
    drain()

    text = sentence(reviewer)

    assert "đầu năm 2024 có 50 hộ, tỷ lệ 3,33% (2/3 đơn vị); cuối năm" in text
    assert (
        f"tỷ lệ 2,08% (2/3 đơn vị); tính riêng 2/3 đơn vị có đủ số liệu hai thời điểm thì {said}"
        in (text)
    )


def test_movement_says_how_many_units_it_is_of(
    reviewer: Client, places: Places, catalogue: Catalogue, promise: Target
) -> None:
    told(places.town, {catalogue.opening: "10", catalogue.poor: "5", catalogue.households: "1000"})
    drain()

    text = sentence(reviewer)

    assert "giảm 20 hộ, tương ứng 0,91 điểm %. Biến động năm 2024: hộ thoát nghèo 17 hộ;" in text
    assert text.endswith("Số biến động là của 2/3 đơn vị đã có số liệu.")

    told(places.town, {catalogue.escaped: "1"})
    drain()

    assert "hộ thoát nghèo 18 hộ; hộ tái nghèo 2 hộ (2/3 đơn vị)." in sentence(reviewer)


@pytest.mark.parametrize(
    ("opening", "poor", "before", "households", "said"),
    [
        ("20", "30", "100", "100", "tăng 30 hộ, tương ứng 10,00 điểm %."),
        ("20", "20", "100", "100", "không đổi."),
        ("20", "20", "100", "50", "số hộ không đổi, tỷ lệ tăng 20,00 điểm %."),
        ("20", "40", "100", "200", "tăng 60 hộ, tỷ lệ không đổi."),
        ("20", "30", "100", "200", "tăng 30 hộ, tỷ lệ giảm 5,00 điểm %."),
        ("20", "10", "100", "40", "giảm 30 hộ, tỷ lệ tăng 5,00 điểm %."),
        ("0", "0", "0", "0", "không đổi."),
    ],
)
def test_way_of_households_and_of_the_rate_is_named(
    reviewer: Client,
    places: Places,
    catalogue: Catalogue,
    opened: Indicator,
    opening: str,
    poor: str,
    before: str,
    households: str,
    said: str,
) -> None:
    for unit in places.communes:
        told(unit, {catalogue.opening: opening, opened: before})
        told(unit, {catalogue.poor: poor, catalogue.households: households})
    settle()

    assert sentence(reviewer).endswith(f"; {said}")


# -- nought is a figure, and a sign is a word ------------------------------------------------------


def test_rate_of_no_households_is_not_told_to_be_unreported(
    reviewer: Client, places: Places, catalogue: Catalogue, promise: Target
) -> None:
    for unit in places.communes:
        told(unit, dict.fromkeys(catalogue.inputs, "0"))
    drain()

    assert "cuối năm 2024 có 0 hộ, tỷ lệ không tính được vì mẫu số bằng 0; không đổi." in (
        sentence(reviewer)
    )
    assert sentence(reviewer, start="- Tỷ lệ hộ nghèo") == (
        "- Tỷ lệ hộ nghèo (mục II.2): Chưa kết luận. 3/3 đơn vị đã báo cáo, nhưng "
        "không tính được “Tỷ lệ hộ nghèo” năm 2024 vì mẫu số bằng 0."
    )


def test_change_the_wrong_way_is_named_not_signed(
    reviewer: Client, places: Places, catalogue: Catalogue, promise: Target
) -> None:
    Target.objects.update(
        kind="change_per_year", comparator=">=", value=2, unit_of_measure="điểm %", year_to=2025
    )
    Plan.objects.update(year_to=2025)
    for unit in (places.first, places.second):
        told(unit, {catalogue.opening: "10", catalogue.poor: "40"})
    drain()

    document = Document(BytesIO(reviewer.get(FILE).content))

    text = sentence(reviewer, start="- Tỷ lệ hộ nghèo: Chậm")
    assert "thực hiện tăng 5,00 điểm %, mốc 2,00 điểm %" in text
    assert "xã Một tăng 30,00 điểm %" in text
    table = next(one for one in document.tables if one.cell(0, 0).text == "TT")
    assert "tăng 5,00 điểm %" in [
        cell.text.replace("\u00a0", " ") for cell in table.column_cells(4)
    ]
    assert "−" not in "".join(one.text for one in document.paragraphs)


def test_letter_with_a_sample_opening_figure_is_marked(
    reviewer: Client, places: Places, catalogue: Catalogue, promise: Target
) -> None:
    assert "SỐ LIỆU MINH HỌA" not in words(reviewer.get(FILE).content)

    told(places.town, {catalogue.opening: "10"}, is_sample=True)
    drain()

    assert "SỐ LIỆU MINH HỌA" in words(reviewer.get(FILE).content)


# -- all the years of a plan -----------------------------------------------------------------------


@pytest.fixture
def long(opened: Indicator) -> None:
    Plan.objects.update(year_from=2023)
    Target.objects.update(year_from=2023)


@pytest.mark.usefixtures("long")
def test_final_review_compares_the_same_units(
    reviewer: Client, places: Places, catalogue: Catalogue
) -> None:
    for unit, poor in ((places.first, "100"), (places.second, "500")):
        told(unit, {catalogue.poor: poor, catalogue.households: "1000"}, Y2022)
    for unit, poor in ((places.first, "90"), (places.town, "5")):
        told(unit, {catalogue.poor: poor, catalogue.households: "1000"})
    settle()

    assert sentence(reviewer, FINAL) == (
        "- Hộ nghèo: cuối năm 2022 có 600 hộ, tỷ lệ 30,00%; cuối năm 2024 có 95 hộ, tỷ lệ 4,75%; "
        "tính riêng 1/3 đơn vị có đủ số liệu hai thời điểm thì giảm 10 hộ, tương ứng 1,00 điểm %. "
        "Số cuối năm 2024 là của 2/3 đơn vị đã có số liệu. "
        "Số cuối năm 2022 là của 2/3 đơn vị đã có số liệu."
    )


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1, "tỷ lệ 4,50%; giảm 510 hộ, tương ứng 25,50 điểm %."),
        ("0.5", "tỷ lệ 4,50%; chưa đủ số liệu để tính mức giảm."),
    ],
)
def test_unit_that_took_others_over_stands_for_them(
    reviewer: Client, places: Places, catalogue: Catalogue, share: str | int, said: str
) -> None:
    """Two communes became one at the end of June 2024; the town has told nothing."""
    made = builders.unit("90104", "Xã Mới", "commune", places.district)
    for unit, poor in ((places.first, "100"), (places.second, "500")):
        told(unit, {catalogue.poor: poor, catalogue.households: "1000"}, Y2022)
        Succession.objects.create(predecessor=unit, successor=made, date="2024-07-01", share=share)
    Unit.objects.filter(pk__in=[places.first.pk, places.second.pk]).update(valid_to="2024-06-30")
    Unit.objects.filter(pk=made.pk).update(valid_from="2024-07-01")
    made.refresh_from_db()
    told(made, {catalogue.poor: "90", catalogue.households: "2000"})
    settle()

    assert said in sentence(reviewer, FINAL)
