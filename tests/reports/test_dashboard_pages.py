"""Figures of units and groups as their readers see them. Source: design, Ideas 2, 3, 4, 6, 9."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Post, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure
from indicators.freshness import Included
from indicators.models import Indicator, Recompute
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Target
from plans.pages import verdicts
from plans.pages.sight import Reader
from reports.dashboards import pages
from reports.dashboards.cells import CellState, cell
from reports.dashboards.columns import Headline, choose
from reports.dashboards.facts import facts, trace
from reports.dashboards.handing_in import handing_in
from reports.dashboards.pages import group_page, unit_page
from reports.dashboards.promises import SHOWN, promises
from reports.dashboards.sentences import conclusion
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, entries, filled, official, told
from tests.plans.promises import a_plan, a_target, milestone

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
        (("15.625", 17), ("17.434", 17), "Còn 2.827 hộ nghèo (15,63%), giảm 1,80 điểm % trong năm"),
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
    assert "2/3 đơn vị , còn thiếu: Thị trấn Trung Tâm" in text(page)
    assert "70,00" not in page
    town = page[page.rindex("/so-lieu/90101/2024/?") :].split("</tr>")[0]
    assert town.count("chưa có số liệu") == 3  # households, poor, rate: no zero is shown
    assert ">0<" not in town


def test_official_page_counts_only_what_the_top_tier_approved(
    places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)

    page = unit_page(places.district, Y2024, OFFICIAL)

    assert page.conclusions == ("Còn 90 hộ nghèo (90,00%)",)
    assert page.included == Included(1, 3, ("Thị trấn Trung Tâm", "Xã Một"), is_official=True)


def test_page_says_when_a_newer_figure_is_not_added_up_yet(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))
    page = body(client, "/so-lieu/901/2024/")
    assert "đang được cộng" not in page
    assert "data-fresh" not in page  # nothing to wait for: the page asks for nothing

    Recompute.objects.create(unit=places.first, period="2024")

    page = body(client, "/so-lieu/901/2024/")
    assert "1 đơn vị có số mới đang được cộng…" in page
    assert 'data-fresh="/so-lieu/tinh-trang/?don-vi=901@2999-12-31&amp;ky=2024"' in page
    assert '<a class="again" href="">Tải lại</a>' in page


def test_page_says_up_to_when_its_figures_hold(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))
    at = datetime(2026, 11, 22, 7, 32, 5, tzinfo=UTC)

    with time_machine.travel(at, tick=False):
        assert "Tính đến 14:32:05, 22/11/2026" in text(body(client, "/so-lieu/901/2024/"))
        Recompute.objects.create(
            unit=places.first, period="2024", marked_at=at - timedelta(minutes=2)
        )
        assert "Tính đến 14:30:05, 22/11/2026" in text(body(client, "/so-lieu/901/2024/"))


def test_page_says_when_a_sum_has_failed_and_does_not_wait_for_it(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    Recompute.objects.create(unit=places.first, period="2024", problem="Có số quá lớn")
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = body(client, "/so-lieu/901/2024/")

    assert "có số chưa cộng được, quản trị đã được báo" in page
    assert "data-fresh" not in page


def test_missing_units_are_named_by_the_tier_below(places: Places, catalogue: Catalogue) -> None:
    """A district that lacks some says how many; the rest of a long list is folded away."""
    report_two_of_three(places, catalogue)

    page = unit_page(places.province, Y2024, PROVISIONAL)

    assert page.included == Included(2, 3, ("Huyện Thử Nghiệm (1)",))


def test_unit_with_none_below_says_that_it_has_sent_nothing(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("xa", places.first))
    assert "Đơn vị chưa gửi số lên." in body(client, "/so-lieu/90102/2024/")

    report_two_of_three(places, catalogue)

    assert "Đơn vị chưa gửi số lên." not in body(client, "/so-lieu/90102/2024/")


def test_sum_finished_while_the_page_was_read_is_still_waited_for(
    places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the older figure would stand there as if it were the latest."""
    report_two_of_three(places, catalogue)
    told(places.town, {catalogue.poor: "9", catalogue.households: "100"})
    read, assess = pages.figures, verdicts.assess_pairs

    def read_then_drained(*asked: Any) -> Any:
        found = read(*asked)
        drain()
        return found

    def assessed_then_drained(*asked: Any) -> Any:
        found = assess(*asked)
        drain()
        return found

    monkeypatch.setattr(pages, "figures", read_then_drained)
    page = unit_page(places.district, Y2024, PROVISIONAL)
    assert (page.conclusions, page.fresh.is_pending) == (("Còn 91 hộ nghèo (89,22%)",), True)

    target = a_target(a_plan(places.district), catalogue.poor, "level", "30")
    told(places.town, {catalogue.poor: "10", catalogue.households: "100"})
    monkeypatch.setattr(verdicts, "assess_pairs", assessed_then_drained)
    reader = Reader(official("huyen", places.district, Role.LEADER), 2024)
    judged = verdicts.verdicts_of(list(Target.objects.to_assess()), reader)
    row, fresh = judged.of(target), judged.fresh
    assert row is not None
    assert fresh is not None
    assert (row.found.actual, fresh.is_pending) == (D(100), True)


def test_plan_page_asks_about_the_units_groups_and_years_of_its_promises(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    plan = a_plan(places.district)
    a_target(plan, catalogue.poor, "level", "30", code="huyen")
    a_target(plan, catalogue.poor, "level", "3", code="nhom", group=group(places.first, size=1))
    client.force_login(official("lanh.dao", places.district, Role.LEADER))
    Recompute.objects.all().delete()
    Recompute.objects.create(unit=places.first, period="2022")

    page = body(client, "/ke-hoach/kh/?nam=2023")

    found = re.search(r'data-fresh="([^"]*)"', page)
    assert found is not None
    address = html.unescape(found[1])
    assert address == (
        "/so-lieu/tinh-trang/?don-vi=901@2999-12-31&nhom=nhom&ky=2020&ky=2021&ky=2022&ky=2023"
    )
    assert client.get(address).status_code == 204
    Recompute.objects.all().delete()
    assert client.get(address).status_code == 200
    assert "0/2 chỉ tiêu đủ số của mọi đơn vị" in text(page)


def test_plan_page_of_a_commune_asks_about_the_commune(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """Its officer sees the district's promises judged for the own unit, and may ask of no other."""
    a_target(a_plan(places.district), catalogue.poor, "level", "30")
    client.force_login(official("xa", places.first))
    Recompute.objects.create(unit=places.first, period="2024")

    page = html.unescape(body(client, "/ke-hoach/kh/?nam=2024"))

    assert "?don-vi=90102@2999-12-31&ky=2020" in page


# -- is it done? --------------------

ASK = "/so-lieu/tinh-trang/?don-vi=901@2999-12-31&ky=2024"


def test_endpoint_is_silent_while_figures_are_added_up(client: Client, places: Places) -> None:
    """Next to nothing goes over a slow line until there is something to show."""
    client.force_login(official("huyen", places.district, Role.LEADER))
    Recompute.objects.create(unit=places.first, period="2024")

    waiting = client.get(ASK)
    drain()
    done = client.get(ASK)

    assert (waiting.status_code, waiting.content) == (204, b"")
    assert (done.status_code, done.content) == (200, b"")
    assert "no-store" in done["Cache-Control"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "don-vi=901@2999-12-31",
        "ky=2024",
        "don-vi=901&ky=2024",
        "don-vi=901@hom-nay&ky=2024",
        "don-vi=999@2999-12-31&ky=2024",
        "don-vi=901@2999-12-31&ky=nam",
        "don-vi=901@2999-12-31&nhom=khong-co&ky=2024",
        "nhom=%00&ky=2024",
        "don-vi=901@2999-12-31&" + "&".join(["ky=2024"] * 101),
    ],
)
def test_endpoint_finds_nothing_where_the_scope_is_none(
    client: Client, places: Places, query: str
) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))

    assert client.get(f"/so-lieu/tinh-trang/?{query}").status_code == 404


@pytest.mark.parametrize(
    ("role", "at", "seen"),
    [
        (Role.OFFICER, "first", [False, True, False, False]),
        (Role.LEADER, "district", [True, True, True, True]),
    ],
)
def test_endpoint_answers_only_who_may_see_every_unit_named(
    client: Client, places: Places, role: str, at: str, seen: list[bool]
) -> None:
    group(places.first, places.second, size=2)
    client.force_login(official("ai-do", getattr(places, at), role))
    scopes = [
        "don-vi=901@2999-12-31",
        "don-vi=90102@2999-12-31",
        "don-vi=90102@2999-12-31&don-vi=90103@2999-12-31",
        "nhom=nhom",
    ]

    found = [
        client.get(f"/so-lieu/tinh-trang/?{scope}&ky=2024").status_code == 200 for scope in scopes
    ]

    assert found == seen


def test_endpoint_costs_the_same_for_one_unit_and_nineteen(client: Client, places: Places) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))
    more = [builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district) for n in range(18)]
    costs = []
    for units in ([places.first], places.communes, [places.first, *more]):
        scope = "&".join(f"don-vi={unit.reference}" for unit in units)
        Recompute.objects.create(unit=units[-1], period="2024")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/so-lieu/tinh-trang/?{scope}&ky=2024").status_code == 204
        costs.append(len(asked))

    assert costs == [6, 6, 6]


def test_district_page_costs_the_same_for_three_units_and_nineteen(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("huyen", places.district, Role.LEADER))
    report_two_of_three(places, catalogue)
    client.get("/so-lieu/901/2024/")
    with CaptureQueriesContext(connection) as three:
        client.get("/so-lieu/901/2024/")
    for n in range(16):
        unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
        told(unit, {catalogue.poor: "1", catalogue.households: "2"})
    drain()
    client.get("/so-lieu/901/2024/")
    with CaptureQueriesContext(connection) as nineteen:
        page = client.get("/so-lieu/901/2024/")

    assert len(nineteen) == len(three)
    assert page.content.count(b'<td class="h"><a') == (1 + 18) * 3


def test_every_figure_of_the_table_opens_its_source(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = body(client, "/so-lieu/901/2024/?stage=official")
    links = re.findall(r'href="(/so-lieu/[^"]*/nguon/[^"]*)"', page)

    assert "/so-lieu/901/2024/nguon/rate/?stage=official" in links
    assert "/so-lieu/90103/2024/nguon/poor/?stage=official" in links
    assert {client.get(link).status_code for link in set(links)} == {200}


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
    assert page.included == Included(2, 2)
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
    made = group(places.first, size=1)
    drain()
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


# -- promises and returns beside the figures --------------------


def promised(places: Places, catalogue: Catalogue) -> None:
    """The district: 91 poor households for 30 promised; the rate is one that each unit keeps."""
    report_two_of_three(places, catalogue)
    plan = a_plan(places.district)
    due = {"year_to": 2024, "comparator": "<="}
    a_target(plan, catalogue.poor, "level", "30", code="ho", label="Hộ nghèo", **due)
    a_target(plan, catalogue.rate, "level", "95", code="ty-le", unit_of_measure="%", **due)


def test_promises_are_told_in_words_the_worst_first(places: Places, catalogue: Catalogue) -> None:
    promised(places, catalogue)
    leader = official("huyen", places.district, Role.LEADER)

    found = promises(places.district, Y2024, PROVISIONAL, by=leader)

    assert [row.target.code for row in found.rows] == ["ho", "ty-le"]
    assert [row.judged.mark.key for row in found.rows] == ["cham", "dung-tien-do"]
    assert found.rows[0].finding == "cao hơn mốc 71 hộ"  # 20 of the 30 are of the two
    assert "năm 2024 còn 91 hộ" in found.rows[0].said
    assert found.rows[0].absent == (places.town,)
    assert found.headline == ("Đến hết năm 2024: 1 chậm trong 2 chỉ tiêu; 1 đạt hoặc đúng tiến độ")


def test_commune_is_told_what_binds_it_from_above(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """The rate holds for each; a sum that was not given to the commune is not its own."""
    promised(places, catalogue)
    client.force_login(official("xa", places.first))

    page = body(client, "/so-lieu/90102/2024/")

    assert "/ke-hoach/kh/chi-tieu/ty-le/?nam=2024&amp;stage=provisional&amp;don-vi=90102@" in page
    assert "/ke-hoach/kh/chi-tieu/ho/" not in page


def test_milestone_makes_a_promise_from_above_the_units_own(
    places: Places, catalogue: Catalogue
) -> None:
    promised(places, catalogue)
    plan = Target.objects.get(code="ho").plan
    milestone(plan, places.first, catalogue.poor, 2024, "3")
    own = a_plan(places.first, "kh-xa")
    a_target(own, catalogue.rate, "level", "60", code="rieng", unit_of_measure="%")

    found = promises(places.first, Y2024, PROVISIONAL, by=official("xa", places.first))

    assert {row.target.code for row in found.rows} == {"ho", "rieng"}
    assert {row.target.code for row in found.rows if row.is_own} == {"rieng"}


def test_promises_not_begun_or_over_are_not_of_the_year(
    places: Places, catalogue: Catalogue
) -> None:
    plan = a_plan(places.district)
    for code, first, last in (("qua", 2021, 2023), ("nay", 2021, 2025), ("sau", 2025, 2025)):
        a_target(plan, catalogue.poor, "level", "3", code=code, year_from=first, year_to=last)
    leader = official("huyen", places.district, Role.LEADER)

    found = promises(places.district, Y2024, PROVISIONAL, by=leader)

    assert [row.target.code for row in found.rows] == ["nay"]
    assert promises(places.district, Period(2024, "Q", 3), PROVISIONAL, by=leader).rows == ()


def test_counts_of_promises_add_up_and_say_what_is_not_counted(
    places: Places, catalogue: Catalogue
) -> None:
    """One behind, one without a figure; one more is of the year after."""
    promised(places, catalogue)
    plan = Target.objects.get(code="ho").plan
    a_target(plan, catalogue.escaped, "level", "3", code="trong")
    a_target(plan, catalogue.poor, "level", "3", code="sau", year_from=2025, year_to=2025)
    leader = official("huyen", places.district, Role.LEADER)

    found = promises(places.district, Y2024, PROVISIONAL, by=leader)

    assert found.sum_words == (
        "3 chỉ tiêu năm 2024 = 2 đã xét + 0 chưa đến kỳ + 1 chưa kết luận. "
        "Kế hoạch còn 1 chỉ tiêu không tính cho năm 2024."
    )


def test_count_of_units_says_of_which_tier_and_by_what_they_count(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    report_two_of_three(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))

    sent = text(body(client, "/so-lieu/901/2024/"))
    approved = text(body(client, "/so-lieu/901/2024/?stage=official"))

    assert "Tính trên số của 2/3 đơn vị cấp xã đã nộp." in sent
    assert "Tính trên số của 1/3 đơn vị cấp xã đã được duyệt." in approved


def test_many_promises_are_cut_and_lead_to_all(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    promised(places, catalogue)
    plan = Target.objects.get(code="ho").plan
    for n in range(SHOWN):
        a_target(plan, catalogue.poor, "level", "200", code=f"them-{n}", comparator="<=")
    client.force_login(official("huyen", places.district, Role.LEADER))

    page = body(client, "/so-lieu/901/2024/")
    table = page[page.index('class="tb t-tight tgt"') :].split("</table>")[0]

    assert table.count("<tr") == 1 + SHOWN
    assert table.index("Chậm") < table.index("Đúng tiến độ")
    assert f"Cả {SHOWN + 2} chỉ tiêu:" in page


def test_promise_on_a_group_is_hidden_from_who_does_not_see_its_members(
    places: Places, catalogue: Catalogue
) -> None:
    """The sum of two would tell the figure of the other."""
    promised(places, catalogue)
    away = builders.unit("902", "Huyện Khác", "district", places.province)
    other = builders.unit("90201", "Xã Xa", "commune", away)
    Target.objects.filter(code="ho").update(group=group(places.first, other, size=2))

    seen = {
        name: {
            row.target.code
            for row in promises(
                places.district, Y2024, PROVISIONAL, by=official(name, unit, Role.LEADER)
            ).rows
        }
        for name, unit in (("huyen", places.district), ("tinh", places.province))
    }

    assert seen == {"huyen": {"ty-le"}, "tinh": {"ho", "ty-le"}}


def test_returns_are_counted_and_who_has_not_sent_is_named(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    builders.deadline(places.province)
    staff = builders.staff(places)
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
    submit(unit=unit, period=Y2024, by=staff.officer)
    client.force_login(staff.district)

    page = body(client, "/so-lieu/901/2024/")
    panel = text(page[page.index('id="h-sent"') :].split("</section>")[0])

    assert "1/3 đơn vị đã nộp báo cáo" in panel
    assert "Hạn 15/12/2024" in panel
    assert "Xã Hai" in panel
    assert "Xã Một" not in panel
    assert "2 quá hạn" in panel


def test_district_in_the_table_of_a_province_tells_how_many_have_sent(
    places: Places, catalogue: Catalogue
) -> None:
    """Its own return, where it owes one, counts with those below it."""
    builders.deadline(places.province)

    panel, sent = handing_in(places.province, [places.district], Y2024)

    assert panel is not None
    assert sent[places.district.pk].status.words == "0/3 đã nộp"


def test_overview_and_dashboard_lead_to_each_other(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    promised(places, catalogue)
    client.force_login(official("huyen", places.district, Role.LEADER))

    assert "/tong-quan/901/2024/?stage=official" in body(
        client, "/so-lieu/901/2024/?stage=official"
    )
    assert "/so-lieu/901/2024/?stage=official" in body(
        client, "/tong-quan/901/2024/?stage=official"
    )
