"""Looking figures up in a real browser: choosing, keeping, sending on; at both widths, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from communes.models import Official
from indicators.periods import Period
from reports.models import SavedView
from tests import builders
from tests.builders import Catalogue, Places
from tests.reports.explored import HOME, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
QUERY = "don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2023,2024"


@pytest.fixture
def land(places: Places, catalogue: Catalogue) -> None:
    """Two communes of three with figures; somebody of the district, somebody of a commune."""
    for unit, year, households, poor in (
        (places.first, 2023, "100", "12"),
        (places.first, 2024, "100", "10"),
        (places.second, 2023, "900", "90"),
        (places.second, 2024, "900", "45"),
    ):
        figures = {catalogue.households: households, catalogue.poor: poor}
        told(unit, figures, Period(year))
    builders.official("huyen", places.district, Role.REVIEWER)
    builders.official("xa.mot", places.first)


@pytest.fixture
def visit(land: None, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open an address as somebody; anything a page logs as an error fails the test."""
    opened: list[Any] = []
    faults: list[str] = []

    def new(address: str, who: str = "huyen", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "locale": "vi-VN", **options})
        opened.append(context)
        client = Client()
        client.force_login(Official.objects.get(username=who))
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page: Page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: (
                faults.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened:
        context.close()
    assert faults == []


def breaches(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(row["id"], [node["html"][:120] for node in row["nodes"]]) for row in found]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_page_is_clean_and_fits(visit: Any, size: dict[str, int]) -> None:
    page = visit(f"{HOME}?{QUERY}&so-voi=nam-truoc&tim=xa", viewport=size)
    page.locator(".choose > summary").click()

    assert breaches(page) == []
    assert fits(page)
    page.goto(page.url.partition(HOME)[0] + f"{HOME}bang-da-luu/")
    assert breaches(page) == []
    assert fits(page)


def test_heading_row_and_first_column_stay_in_sight(visit: Any) -> None:
    """On a phone the table scrolls in its region, with the names of rows and columns held."""
    page = visit(f"{HOME}?{QUERY},households&so-voi=nam-truoc", viewport=PHONE)
    region = page.get_by_role("region", name="Bảng số liệu")
    before = page.locator(".pv tbody th").first.bounding_box()

    region.evaluate("one => { one.scrollLeft = 200; }")

    assert region.evaluate("one => one.scrollLeft") > 0
    assert page.locator(".pv tbody th").first.bounding_box() == before
    assert page.evaluate("getComputedStyle(document.querySelector('.pv thead')).position") == (
        "sticky"
    )


def test_figures_are_looked_for_without_accents_and_the_address_is_short(visit: Any) -> None:
    page = visit(f"{HOME}?{QUERY}")
    page.locator(".choose > summary").click()
    page.get_by_label("Tìm chỉ tiêu").fill("thoat ngh")

    expect(page.locator(".figlist label:visible")).to_have_count(1)
    expect(page.get_by_text("Thấy 1 chỉ tiêu")).to_be_visible()
    page.get_by_label("Hộ thoát nghèo").check()
    page.get_by_label("Tìm chỉ tiêu").fill("")
    page.get_by_label("Hộ nghèo cuối kỳ", exact=False).first.uncheck()
    page.get_by_role("button", name="Xem bảng").click()

    expect(page.get_by_role("columnheader", name="Hộ thoát nghèo")).to_be_visible()
    assert "chi-tieu=escaped,rate&" in unquote(page.url)
    assert "tim=" not in page.url


def test_everything_works_without_scripts(visit: Any) -> None:
    page = visit(f"{HOME}?{QUERY}", java_script_enabled=False)
    page.locator(".choose > summary").click()
    page.get_by_label("Thứ còn lại").select_option("chon")
    page.get_by_label("Năm 2023").uncheck()
    page.get_by_label("Tên đơn vị có chữ").fill("xa")
    page.get_by_role("button", name="Xem bảng").click()

    assert "chi-tieu=poor,rate&ky=2024&" in unquote(page.url)
    expect(page.locator(".pv tbody tr")).to_have_count(3)
    page.get_by_label("Tên bảng").fill("Xã nghèo")
    page.get_by_role("button", name="Lưu bảng", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Xã nghèo – Huyện Thử Nghiệm")
    assert SavedView.objects.get().shared_with is None


def test_every_figure_is_reached_without_scripts_and_when_the_list_does_not_come(
    visit: Any,
) -> None:
    for options, is_cut in (({"java_script_enabled": False}, False), ({}, True)):
        page = visit(f"{HOME}?{QUERY}", **options)
        if is_cut:
            page.route("**/*rieng-danh-muc", lambda route: route.abort())
        page.locator(".choose > summary").click()
        expect(page.locator(".figlist input[name=chi-tieu]")).to_have_count(2)
        page.get_by_role("link", name="Chọn trong cả danh mục").click()
        page.get_by_label("Hộ thoát nghèo").check()
        page.get_by_role("button", name="Xem bảng").click()

        expect(page.get_by_role("columnheader", name="Hộ thoát nghèo")).to_be_visible()


def test_what_is_ticked_while_the_list_is_on_its_way_stays_ticked(visit: Any) -> None:
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page = visit(f"{HOME}?{QUERY}")
    page.route("**/*rieng-danh-muc", hold)
    page.locator(".choose > summary").click()
    page.get_by_label("Tỷ lệ hộ nghèo").uncheck()
    held.pop().continue_()

    expect(page.locator(".figlist input[name=chi-tieu]")).to_have_count(6)
    expect(page.get_by_label("Tỷ lệ hộ nghèo")).not_to_be_checked()
    expect(page.locator(".figlist").get_by_label("Hộ nghèo cuối kỳ")).to_be_checked()


def test_column_is_sorted_by_keyboard(visit: Any) -> None:
    page = visit(f"{HOME}?don-vi=901&cap=duoi&chi-tieu=rate&ky=2024")
    page.get_by_role("link", name="Tỷ lệ hộ nghèo").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".pv thead th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".pv tbody th")).to_have_text(
        [
            "Huyện Thử Nghiệm",
            "Xã Một hạng 2",
            "Xã Hai hạng 1",
            "Thị trấn Trung Tâm",
        ]
    )


def test_link_sent_on_shows_its_reader_what_is_theirs(visit: Any) -> None:
    page = visit(f"{HOME}?{QUERY}")
    link = page.get_by_label("Liên kết của bảng").input_value()

    other = visit(HOME + link.partition(HOME)[2], who="xa.mot")

    expect(other.get_by_text("Xã Hai")).to_have_count(0)
    expect(other.get_by_role("link", name="Về trang đầu")).to_be_visible()


def test_paper_has_the_table_and_its_stage_and_no_form(visit: Any) -> None:
    page = visit(f"{HOME}?{QUERY}")
    page.emulate_media(media="print")

    expect(page.locator(".choose")).to_be_hidden()
    expect(page.locator(".keep")).to_be_hidden()
    expect(page.locator("#bang .only-p")).to_be_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.scroll.x')).maxHeight") == "none"
    )
