"""Figures of units and groups as their readers see them. Source: design, Ideas 2, 3, 4, 6, 9."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Post, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure
from indicators.models import Indicator, Recompute
from indicators.rollups import drain
from reports.dashboards.cells import CellState, cell
from reports.dashboards.columns import Headline, choose
from reports.dashboards.facts import facts, trace
from reports.dashboards.pages import group_page, unit_page
from reports.dashboards.sentences import conclusion
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, entries, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal
PROVISIONAL, OFFICIAL = Stage.PROVISIONAL, Stage.OFFICIAL


def body(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def opening_rate(catalogue: Catalogue) -> Indicator:
    """Give the rate its opening twin, on the opening households."""
    before = builders.count("opening-households", "Tổng số hộ đầu kỳ", 7)
    twin = builders.ratio("opening-rate", "Tỷ lệ đầu kỳ", 8, [catalogue.opening], [before])
    catalogue.rate.opening_indicator = twin
    catalogue.rate.save()
    return before


# -- conclusions in words --------------------


@pytest.mark.parametrize(
    ("closing", "opening", "words"),
    [
        (("21.404", 17), ("26.571", 17), "Còn 2.827 hộ nghèo (21,40%), giảm 5,17 điểm % trong năm"),
        (("21.404", 17), ("20.000", 17), "Còn 2.827 hộ nghèo (21,40%), tăng 1,40 điểm % trong năm"),
        (("21.404", 17), ("21.402", 17), "Còn 2.827 hộ nghèo (21,40%), không đổi trong năm"),
        (("21.404", 17), ("26.571", 18), "Còn 2.827 hộ nghèo (21,40%), chưa so được với đầu năm"),
        (("21.404", 17), (None, 0), "Còn 2.827 hộ nghèo (21,40%)"),
        ((None, 0), ("26.571", 17), ""),
    ],
)
def test_conclusion_states_the_level_and_the_move_within_the_year(
    catalogue: Catalogue,
    closing: tuple[str | None, int],
    opening: tuple[str | None, int],
    words: str,
) -> None:
    """Opening less closing rate, and only where as many units stand behind both."""

    def figure(told: tuple[str | None, int]) -> Figure:
        value = None if told[0] is None else D(told[0])
        return Figure(value=value, numerator=D(2827), denominator=D(13208), reported=told[1])

    headline = Headline(catalogue.rate, catalogue.poor, catalogue.rate)

    assert conclusion(headline, figure(closing), figure(opening)) == words


def test_main_columns_are_bases_counts_rates_and_directed_movements(catalogue: Catalogue) -> None:
    """Chosen by kind: the rate with an opening twin, its terms, and movements with a direction."""
    opening_rate(catalogue)
    for indicator, direction in (
        (catalogue.escaped, "higher_is_better"),
        (catalogue.relapsed, "none"),
    ):
        indicator.direction = direction
        indicator.save()

    assert [entry.indicator.code for entry in choose("").columns] == [
        "households",
        "poor",
        "rate",
        "escaped",
    ]


def test_columns_of_a_theme_are_all_of_its_figures(catalogue: Catalogue) -> None:
    shown = [entry.indicator.code for entry in choose("ra-soat").columns]

    assert shown == ["households", "opening", "escaped", "relapsed", "poor", "rate"]


# -- cells --------------------


def test_missing_zero_and_not_applicable_look_different(catalogue: Catalogue) -> None:
    zero = cell(catalogue.relapsed, Figure(value=D(0), reported=1, expected=1))
    missing = cell(catalogue.relapsed, Figure(expected=1))
    absent = cell(catalogue.relapsed, Figure(not_applicable=True))
    apart = cell(catalogue.relapsed, Figure(reported=3, expected=3))

    assert (zero.text, zero.state) == ("0", CellState.VALUE)
    assert (missing.text, missing.state) == ("–", CellState.MISSING)
    assert absent.state == CellState.NOT_APPLICABLE
    assert apart.state == CellState.NOT_ADDED_UP


def test_rate_shows_what_it_is_made_of(catalogue: Catalogue) -> None:
    figure = Figure(
        value=D("21.404"), numerator=D(2827), denominator=D(13208), reported=17, expected=18
    )

    shown = cell(catalogue.rate, figure)

    assert (shown.text, shown.detail, shown.coverage) == ("21,40", "2.827/13.208", "17/18")


# -- a unit's page --------------------


def report_two_of_three(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    told(places.second, {catalogue.poor: "90", catalogue.households: "100"}, stage=OFFICIAL)
    drain()


def test_district_page_adds_up_and_names_who_is_missing(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """91/102 = 89,22 %, never the mean 70 %; two of three units, the third is named."""
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.REVIEWER))

    page = body(client, "/so-lieu/901/2024/")

    assert "Còn 91 hộ nghèo (89,22%)" in page
    assert "91/102" in page
    assert "2/3 đơn vị có số; chưa đủ: Thị trấn Trung Tâm" in page
    assert "70,00" not in page
    town = page[page.index("/so-lieu/90101/2024/") :].split("</tr>")[0]
    assert town.count("chưa có số liệu") == 3  # households, poor, rate: no zero is shown
    assert ">0<" not in town


def test_official_page_counts_only_what_the_top_tier_approved(
    places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)

    page = unit_page(places.district, Y2024, OFFICIAL)

    assert page.conclusions == ("Còn 90 hộ nghèo (90,00%)",)
    assert page.coverage == (
        "1/3 đơn vị được duyệt chính thức; chưa đủ: Thị trấn Trung Tâm, Xã Một"
    )


def test_page_says_when_a_newer_figure_is_not_added_up_yet(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))
    assert "đang cập nhật" not in body(client, "/so-lieu/901/2024/")

    Recompute.objects.create(unit=places.first, period="2024")

    assert "đang cập nhật: có số mới chưa cộng" in body(client, "/so-lieu/901/2024/")


def test_sample_figures_carry_their_mark(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"}, is_sample=False)
    drain()
    assert "Số liệu minh họa" not in body(client, "/so-lieu/901/2024/")

    told(places.second, {catalogue.poor: "1", catalogue.households: "2"}, is_sample=True)
    drain()

    assert "Số liệu minh họa" in body(client, "/so-lieu/901/2024/")


def test_page_names_a_unit_that_ended_within_the_year(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """Its figures of the year are in the unit that took it over. Source: design, Ideas 8."""
    gone = builders.unit("90104", "Xã Ba", "commune", places.district, valid_to=date(2024, 10, 31))
    Succession.objects.create(predecessor=gone, successor=places.town, date=date(2024, 11, 1))
    client.force_login(official("huyen", places.district, Role.LEADER))

    of_2024, of_2023 = (body(client, f"/so-lieu/901/{year}/") for year in (2024, 2023))

    assert "Xã Ba nhập vào Thị trấn Trung Tâm từ 01/11/2024" in of_2024
    assert "/so-lieu/90104/2024/" not in of_2024
    assert "nhập vào" not in of_2023
    assert "/so-lieu/90104/2023/" in of_2023


def test_unknown_theme_and_stage_still_give_a_page(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = text(body(client, "/so-lieu/901/2024/?linh-vuc=khong-co&stage=la"))

    assert "Lĩnh vực này chưa có chỉ tiêu nào." in page
    assert "Tạm tính" in page


# -- what a commune told itself --------------------


def test_commune_page_tells_who_entered_a_figure_and_what_it_was_before(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    staff = builders.staff(places)
    for poor, escaped in (("12", "9"), ("13", "8")):
        save_draft(
            unit=places.first,
            period=Y2024,
            entries=filled(places.first, catalogue, poor=poor, escaped=escaped),
            by=staff.officer,
        )
    submit(unit=places.first, period=Y2024, by=staff.officer)
    drain()
    client.force_login(staff.district)

    page = text(body(client, "/so-lieu/90102/2024/?so=poor"))

    assert "Hộ nghèo cuối kỳ (hộ) 13 can.bo" in page
    assert "bản 2" in page
    assert "12 → 13" in page
    assert "– → 12" in page


def test_draft_of_a_commune_is_not_shown_above_it(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """Drafts count nowhere, and are nobody's to read before they are sent."""
    staff = builders.staff(places)
    save_draft(
        unit=places.first,
        period=Y2024,
        entries=filled(places.first, catalogue, poor="777"),
        by=staff.officer,
    )
    client.force_login(staff.district)

    for address in ("/so-lieu/90102/2024/", "/so-lieu/90102/2024/?so=poor", "/so-lieu/901/2024/"):
        page = body(client, address)
        assert "777" not in page
    assert "đơn vị đang sửa, chưa gửi" in body(client, "/so-lieu/90102/2024/")


def test_correction_in_progress_is_not_shown_above_it(places: Places, catalogue: Catalogue) -> None:
    """While a return is back with the unit, the history stops at what was sent."""
    staff = builders.staff(places)
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
    report = submit(unit=unit, period=Y2024, by=staff.officer)
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
    return_report(report=report, by=staff.district)
    save_draft(
        unit=unit, period=Y2024, entries=entries(unit, {catalogue.poor: "14"}), by=staff.officer
    )

    found = trace(unit, Y2024, "poor", facts(unit, Y2024, PROVISIONAL))

    assert found is not None
    assert [(edit.old, edit.new) for edit in found.edits] == [("–", "13")]


def test_trace_of_a_figure_the_page_does_not_have_is_left_out(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("xa", places.first))

    assert 'id="nguon"' not in body(client, "/so-lieu/90102/2024/?so=khong-co")


# -- groups --------------------


def group(*units: Unit, size: int | None, source: str = "stated") -> UnitGroup:
    made = UnitGroup.objects.create(code="nhom", name="Nhóm xã nghèo", expected_size=size)
    for unit in units:
        GroupMember.objects.create(group=made, unit=unit, source=source, citation="Tin báo")
    return made


def test_incomplete_group_has_no_figure_of_its_own(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """Source: design, Meaning (Target): the known members one by one, no verdict of the group."""
    report_two_of_three(places, catalogue)
    group(places.first, places.second, size=10)
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = text(body(client, "/so-lieu/nhom/nhom/2024/"))

    assert "Biết 2/10 đơn vị — chưa có số của cả nhóm" in page
    assert "Xã Một" in page
    assert "Văn bản nêu tên" in page
    assert "Tin báo" in page
    assert "89,22" not in page


def test_complete_group_adds_up_its_members(places: Places, catalogue: Catalogue) -> None:
    report_two_of_three(places, catalogue)

    page = group_page(group(places.first, places.second, size=2), Y2024, PROVISIONAL)

    assert page.conclusions == ("Còn 91 hộ nghèo (89,22%)",)
    assert page.coverage == "2/2 đơn vị có số"
    assert page.table is not None
    assert page.table.total is not None


def test_group_completed_with_sample_members_is_marked(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"}, is_sample=False)
    drain()
    group(places.first, size=1, source="sample")
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = text(body(client, "/so-lieu/nhom/nhom/2024/"))

    assert "Danh sách có đơn vị minh họa" in page
    assert "Số liệu minh họa" in page


def test_group_member_that_no_longer_exists_is_listed_without_figures(
    places: Places, catalogue: Catalogue
) -> None:
    gone = builders.unit("90104", "Xã Ba", "commune", places.district, valid_to=date(2024, 10, 31))

    page = group_page(group(places.first, gone, size=2), Y2024, PROVISIONAL)

    assert page.table is not None
    notes = {row.name: (row.note, len(row.cells)) for row in page.table.rows}
    assert notes == {"Xã Một": ("", 3), "Xã Ba": ("không có vào ngày 31/12/2024", 0)}


# -- who may open what --------------------


@pytest.mark.parametrize(
    ("role", "at", "seen"),
    [
        (Role.OFFICER, "first", {"90102"}),
        (Role.REVIEWER, "district", {"90102", "90103", "901"}),
        (Role.LEADER, "province", {"90102", "90103", "901", "90"}),
    ],
)
def test_unit_page_opens_for_whom_it_concerns(
    client: Client, places: Places, catalogue: Catalogue, role: str, at: str, seen: set[str]
) -> None:
    client.force_login(official("ai-do", getattr(places, at), role))

    opened = {
        code
        for code in ("90102", "90103", "901", "90")
        if client.get(f"/so-lieu/{code}/2024/").status_code == 200
    }

    assert opened == seen


def test_group_page_opens_only_for_who_sees_every_member(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    group(places.first, places.second, size=10)

    client.force_login(official("xa", places.first))
    assert client.get("/so-lieu/nhom/nhom/2024/").status_code == 404
    client.force_login(official("huyen", places.district, Role.LEADER))
    assert client.get("/so-lieu/nhom/nhom/2024/").status_code == 200
    assert client.get("/so-lieu/nhom/khong-co/2024/").status_code == 404


@pytest.mark.parametrize("period", ["2024Q5", "24", "nam-2024"])
def test_period_that_is_none_is_not_found(client: Client, places: Places, period: str) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))

    assert client.get(f"/so-lieu/901/{period}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "at", "address"),
    [
        (Role.OFFICER, "first", "/bao-cao/"),
        (Role.REVIEWER, "district", "/tien-do/901/2024/"),
        (Role.LEADER, "province", "/tong-quan/90/2024/"),
        (Role.ADMINISTRATOR, "province", "/tong-quan/90/2024/"),
    ],
)
def test_home_leads_to_where_the_work_is(
    client: Client, places: Places, role: str, at: str, address: str
) -> None:
    builders.deadline(places.province)
    client.force_login(official("ai-do", getattr(places, at), role))

    assert client.get("/")["Location"] == address


def test_home_of_a_reviewer_who_also_enters_is_the_review(client: Client, places: Places) -> None:
    """A district types its own statistics, but its daily work is the communes' returns."""
    builders.deadline(places.province)
    person = official("huyen", places.district, Role.REVIEWER)
    Post.objects.create(official=person, unit=places.district, role=Role.OFFICER)
    client.force_login(person)

    assert client.get("/")["Location"] == "/tien-do/901/2024/"


def test_home_without_a_post_leads_to_the_plans(client: Client, places: Places) -> None:
    client.force_login(official("khach"))

    assert client.get("/")["Location"] == "/ke-hoach/"


# -- cost --------------------


@pytest.mark.parametrize("address", ["/so-lieu/901/2024/", "/so-lieu/nhom/nhom/2024/"])
def test_figures_pages_cost_the_same_for_one_unit_and_three(
    client: Client, places: Places, catalogue: Catalogue, address: str
) -> None:
    Unit.objects.filter(pk__in=[places.second.pk, places.town.pk]).update(
        valid_to=date(2023, 12, 31)
    )
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    drain()
    made = group(places.first, size=1)
    client.force_login(official("huyen", places.district, Role.LEADER))
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    Unit.objects.filter(pk__in=[places.second.pk, places.town.pk]).update(
        valid_to=date(9999, 12, 31)
    )
    for unit in (places.second, places.town):
        told(unit, {catalogue.poor: "1", catalogue.households: "2"})
        GroupMember.objects.create(group=made, unit=unit, source="stated")
    UnitGroup.objects.update(expected_size=3)
    drain()
    with CaptureQueriesContext(connection) as three:
        client.get(address)

    assert len(three) == len(one)


def test_facts_cost_the_same_for_one_figure_and_three(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    staff = builders.staff(places)
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    drain()
    client.force_login(staff.district)
    client.get("/so-lieu/90102/2024/?so=poor")

    with CaptureQueriesContext(connection) as one:
        client.get("/so-lieu/90102/2024/?so=poor")
    told(places.first, {catalogue.relapsed: "2", catalogue.escaped: "3"})
    drain()
    with CaptureQueriesContext(connection) as three:
        client.get("/so-lieu/90102/2024/?so=poor")

    assert len(three) == len(one)


def test_approved_return_shows_as_official(places: Places, catalogue: Catalogue) -> None:
    """The way of a figure: sent, endorsed, approved, then official on every page."""
    staff = builders.staff(places)
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
    report = submit(unit=unit, period=Y2024, by=staff.officer)
    endorse(report=report, by=staff.district)
    drain()
    assert unit_page(unit, Y2024, OFFICIAL).conclusions == ()

    endorse(report=report, by=staff.province)
    drain()

    assert unit_page(unit, Y2024, OFFICIAL).conclusions == ("Còn 13 hộ nghèo (13,00%)",)
