"""The page of a promise in a real browser: the chart, its table, keyboard, phone, weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from communes.models import Official
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, reported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLAN = "/ke-hoach/kh/"
TARGET = f"{PLAN}chi-tieu/ngheo/"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
CSP_BREACHES = "window.breaches = []; addEventListener('securitypolicyviolation', \
(event) => window.breaches.push(event.violatedDirective))"
FULL_DOTS = """() => {
  const canvas = document.querySelector('.trend canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let dots = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i]) dots += 1;
  return dots;
}"""


@pytest.fixture
def promise(places: Places, catalogue: Catalogue) -> None:
    """60 poor households in 2020, three reported years, 30 promised for 2025."""
    plan = a_plan(places.district)
    a_target(plan, catalogue.poor, "level", "30", code="ngheo")
    for year, count in ((2020, 20), (2022, 18), (2023, 17), (2024, 15)):
        reported(year, {unit: {catalogue.poor: str(count)} for unit in places.communes})
    builders.official("huyen", places.district, Role.REVIEWER)


@pytest.fixture
def visit(promise: None, browser: Browser, live_server: Any) -> Iterator[Any]:
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
        context.add_init_script(CSP_BREACHES)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened:
        context.close()
    assert faults == []


def test_chart_is_drawn_under_the_content_policy_with_its_table_beside_it(visit: Any) -> None:
    page = visit(TARGET)

    expect(page.locator(".trend canvas")).to_be_visible()
    assert page.evaluate(FULL_DOTS) > 2000
    assert page.evaluate("window.breaches") == []
    told = page.evaluate("JSON.parse(document.getElementById('chart-data').textContent).labels")
    cells = page.locator("#bang-so td[data-year]:not([data-opening])")
    table = {
        cells.nth(at).get_attribute("data-year"): cells.nth(at).inner_text()
        for at in range(cells.count())
    }
    assert told == {"2020": "60", "2022": "54", "2023": "51", "2024": "45"}
    assert {year: value for year, value in table.items() if value != "–"} == told


def test_page_without_scripts_has_the_table_and_no_empty_chart(visit: Any) -> None:
    page = visit(TARGET, java_script_enabled=False)

    expect(page.locator("#bang-so")).to_be_visible()
    expect(page.locator(".trend")).to_be_hidden()


def test_chart_follows_the_width_of_the_window(visit: Any) -> None:
    page = visit(TARGET)
    expect(page.locator(".trend canvas")).to_be_visible()

    page.set_viewport_size(PHONE)

    page.wait_for_function("document.querySelector('.trend canvas').clientWidth <= 340")
    expect(page.locator(".trend canvas")).to_have_count(1)


@pytest.mark.parametrize(
    "address", ["/ke-hoach/", PLAN, f"{PLAN}?sap-xep=lech", TARGET, "/ke-hoach/co-quan/"]
)
def test_pages_do_not_scroll_sideways_on_a_phone(visit: Any, address: str) -> None:
    page = visit(address, viewport=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize("address", ["/ke-hoach/", PLAN, TARGET])
def test_pages_keep_the_rules_of_accessibility(
    visit: Any, address: str, viewport: dict[str, int]
) -> None:
    page = visit(address, viewport=viewport)

    found = Axe().run(page).response["violations"]

    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []


def test_verdicts_filter_by_keyboard(visit: Any) -> None:
    page = visit(PLAN)

    page.locator(".strip a.s-late").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**ket-luan=cham**")
    expect(page.locator(".strip a[aria-current]")).to_contain_text("Chậm")
    expect(page.locator("#ngheo")).to_be_visible()
