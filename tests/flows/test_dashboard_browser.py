"""The dashboard of a unit in a browser: sorting, heads that stay, keyboard, phone, print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from communes.models import Official
from plans.models import Milestone
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, reported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UNIT = "/so-lieu/901/2024/"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
COMMUNES = 24
COLUMNS = 9


@pytest.fixture
def district(places: Places, catalogue: Catalogue) -> None:
    """Two dozen communes more, nine promises given to each; the last commune has told nothing."""
    plan = a_plan(places.district)
    rows = [builders.count(f"row-{n}", f"Hộ được hỗ trợ {n}", 20 + n) for n in range(COLUMNS)]
    for n, row in enumerate(rows):
        a_target(plan, row, "level", "50", code=f"muc-{n}", label=f"Mục tiêu số {n}")
    a_target(plan, catalogue.poor, "level", "30", code="ngheo", label="Hộ nghèo")
    units = [
        builders.unit(f"91{n:03}", f"Xã số {n}", "commune", places.district)
        for n in range(COMMUNES)
    ]
    Milestone.objects.bulk_create(
        Milestone(plan=plan, unit=unit, indicator=row, period=str(year), measure="value", value=9)
        for unit in units
        for row in [*rows, catalogue.poor]
        for year in (2024, 2025)
    )
    reported(2020, {unit: {catalogue.poor: "20"} for unit in units})
    told = {
        unit: {
            **{row: str(8 + (n + m) % 3) for m, row in enumerate(rows)},
            catalogue.poor: str(n + 1),
            catalogue.households: "100",
        }
        for n, unit in enumerate(units[:-1])
    }
    reported(2024, told)  # type: ignore[arg-type]
    builders.deadline(places.province)
    builders.official("huyen", places.district, Role.REVIEWER)


@pytest.fixture
def visit(district: None, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open a signed-in window; anything it logs as an error fails the test."""
    opened: list[Any] = []
    faults: list[str] = []

    def new(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "locale": "vi-VN", **options})
        opened.append(context)
        client = Client()
        client.force_login(Official.objects.get(username="huyen"))
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: faults.append(message.text) if message.type == "error" else None,
        )
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened:
        context.close()
    assert faults == []


def first(page: Page) -> Any:
    """The name of the first unit below the whole."""
    return page.locator("#bang tbody tr:not(.whole) th").first


def poor(page: Page) -> Any:
    return page.locator("#bang thead th.n").last.locator("a")


@pytest.mark.parametrize("scripted", [True, False], ids=["with JS", "without"])
def test_heading_sorts_and_ranks(visit: Any, scripted: bool) -> None:
    page = visit(UNIT, java_script_enabled=scripted)

    poor(page).click()
    expect(first(page)).to_contain_text("Xã số 0")
    expect(first(page)).to_contain_text("1/23")
    assert "sap-xep=ngheo" in page.url
    heading = page.locator("#bang thead th.n").last
    expect(heading).to_have_attribute("aria-sort", "ascending")

    poor(page).click()
    expect(first(page)).to_contain_text("Xã số 22")
    expect(first(page)).to_contain_text("23/23")
    expect(page.locator("#bang tbody tr").last.locator("td.s-none").first).to_be_attached()


def test_heading_swaps_the_table_alone_and_back_undoes_it(visit: Any) -> None:
    page = visit(UNIT)
    page.evaluate("window.same = true")
    begun = first(page).inner_text()

    poor(page).click()
    expect(first(page)).to_contain_text("Xã số 0")
    assert page.evaluate("window.same")
    page.go_back()
    expect(first(page)).to_have_text(begun)


@pytest.mark.parametrize("scripted", [True, False], ids=["with JS", "without"])
def test_form_sorts_by_what_is_behind(visit: Any, scripted: bool) -> None:
    page = visit(UNIT, java_script_enabled=scripted)

    page.get_by_label("Sắp theo").select_option("cham")
    page.locator("#bang-xem").click()

    expect(page).to_have_url(re.compile("sap-xep=cham"))
    counts = [
        row.locator("td.s-late").count() for row in page.locator("#bang tbody tr:not(.whole)").all()
    ]
    assert counts == sorted(counts, reverse=True)


def test_table_is_sorted_by_keyboard_and_keeps_the_focus(visit: Any) -> None:
    page = visit(UNIT)
    poor(page).focus()

    page.keyboard.press("Enter")
    expect(first(page)).to_contain_text("Xã số 0")

    assert page.evaluate("document.activeElement.id") == poor(page).get_attribute("id")
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_head_and_first_column_stay_in_view(visit: Any, size: dict[str, int]) -> None:
    page = visit(UNIT, viewport=size)
    frame = page.locator("#bang .scroll.x")
    frame.scroll_into_view_if_needed()
    frame.evaluate("one => { one.scrollTop = 500; one.scrollLeft = 300; }")
    edges = frame.evaluate(
        """one => {
            const box = one.getBoundingClientRect();
            const head = one.querySelector('thead th.n').getBoundingClientRect();
            const side = one.querySelector('tbody tr:nth-child(20) th').getBoundingClientRect();
            return [head.top - box.top, side.left - box.left];
        }"""
    )

    assert all(abs(edge) <= 2 for edge in edges)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("query", ["", "?sap-xep=ngheo", "?bang=so-lieu&stage=official"])
def test_page_has_no_fault_and_fits_the_screen(
    visit: Any, size: dict[str, int], query: str
) -> None:
    page = visit(UNIT + query, viewport=size)

    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_promise_takes_two_lines_at_most(visit: Any) -> None:
    """A leader has one minute. Source: ui design, mock 03."""
    page = visit(UNIT)
    rows = page.locator(".tgt tbody tr")

    heights = rows.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")

    assert heights
    assert max(heights) <= 48


def test_sparkline_is_small_and_hollow_while_provisional(visit: Any) -> None:
    page = visit(UNIT)
    drawings = page.locator(".spk").evaluate_all("all => all.map((one) => one.outerHTML)")

    assert drawings
    assert all(len(drawing.encode()) <= 1024 for drawing in drawings)
    assert any('class="o"' in drawing for drawing in drawings)


def test_unchanged_page_comes_from_the_browser(visit: Any) -> None:
    """The second visit is asked for with the version of the first."""
    page = visit(UNIT)
    page.goto(page.url)  # the first answer brought the token of the forms
    page.goto(page.url)

    assert page.locator("#h-units").is_visible()
    assert page.evaluate("performance.getEntriesByType('navigation')[0].transferSize < 2000")


def test_print_keeps_words_and_repeats_the_heads(visit: Any) -> None:
    """Landscape; no tints, an icon that the legend explains; rows whole; heads on each page."""
    page = visit(UNIT)
    page.emulate_media(media="print")
    cell = page.locator("#bang tbody tr:not(.whole) td.s-late").first
    shown = cell.evaluate(
        """one => [
            getComputedStyle(one).backgroundColor,
            getComputedStyle(one, '::before').content.slice(0, 4),
            getComputedStyle(one.closest('tr')).breakInside,
            getComputedStyle(document.querySelector('#bang thead')).display,
            getComputedStyle(document.querySelector('#bang .scroll')).overflowX,
        ]"""
    )

    assert shown == [
        "rgba(0, 0, 0, 0)",
        "url(",
        "avoid",
        "table-header-group",
        "visible",
    ]
    assert not page.locator("#bang form").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
