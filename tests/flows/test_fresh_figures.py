"""Figures that renew themselves in a real browser, while the reader is at them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings, settings
from django.test import Client
from playwright.sync_api import Browser, Page, Request, expect

from communes.enums import Role
from communes.models import Official, Unit
from indicators import tasks
from indicators.models import Recompute
from indicators.periods import Period
from indicators.rollups import drain
from tests import builders
from tests.builders import Catalogue
from tests.plans.promises import a_plan, a_target

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
DISTRICT = "/so-lieu/085/2024/"
SOURCE = f"{DISTRICT}nguon/rate/"
FIGURES = f"{DISTRICT}?bang=so-lieu"
NAMES = (
    "Thị trấn Bắc Hà",
    "Xã Lùng Cải",
    "Xã Lùng Phình",
    "Xã Tả Van Chư",
    "Xã Tả Củ Tỷ",
    "Xã Thải Giàng Phố",
    "Xã Hoàng Thu Phố",
    "Xã Bản Phố",
    "Xã Bản Liền",
    "Xã Tà Chải",
    "Xã Na Hối",
    "Xã Cốc Ly",
    "Xã Nậm Mòn",
    "Xã Nậm Đét",
    "Xã Nậm Khánh",
    "Xã Bảo Nhai",
    "Xã Nậm Lúc",
    "Xã Cốc Lầu",
    "Xã Bản Cái",
)


def households(unit: Unit, poor: int, catalogue: Catalogue) -> None:
    before, after = str(poor + 20), str(poor)
    figures = {"households": "590", "opening": before, "escaped": "20", "relapsed": "0"}
    figures["poor"] = after
    # Made up, under the names of real communes: they carry the mark of samples.
    builders.told(unit, {row: figures[row.code] for row in catalogue.inputs}, is_sample=True)


@pytest.fixture
def communes(catalogue: Catalogue) -> list[Unit]:
    """A district of 19 communes, of which 13 have reported."""
    province = builders.unit("10", "Tỉnh Lào Cai", "province")
    district = builders.unit("085", "Huyện Bắc Hà", "district", province)
    made = [
        builders.unit(f"{3000 + n:05}", name, "commune", district) for n, name in enumerate(NAMES)
    ]
    for n, unit in enumerate(made[:13]):
        households(unit, 90 + 7 * n, catalogue)
    a_target(a_plan(district), catalogue.poor, "level", "900", code="ngheo")
    drain()
    builders.official("huyen", district, Role.REVIEWER)
    return made


@pytest.fixture
def no_worker(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are marked and nobody adds them up, until the test says `drain()`."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(tasks.drain_recompute_queue, "delay", lambda: None)


@pytest.fixture
def visit(communes: list[Unit], browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open a signed-in window; anything it logs as an error fails the test."""
    opened: list[Any] = []
    faults: list[str] = []

    def new(address: str, *, clock: bool = False, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "locale": "vi-VN", **options})
        opened.append(context)
        client = Client()
        client.force_login(Official.objects.get(username="huyen"))
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page: Page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        if clock:
            page.clock.install()
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened:
        context.close()
    assert faults == []


def shot(page: Page, name: str) -> None:
    """Keep a picture when SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def asked_by(page: Page) -> list[str]:
    """What the page asks the server for from now on, by kind: a small answer or a page."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type == "fetch":
            asked.append("state" if "/tinh-trang/" in request.url else "page")

    page.on("request", note)
    return asked


def whole(page: Page) -> Any:
    """The district's own figures."""
    return page.locator("tr.whole")


@pytest.mark.parametrize(("viewport", "suffix"), [(DESK, ""), (PHONE, "-360")])
def test_figures_renew_themselves_under_the_reader(
    visit: Any,
    communes: list[Unit],
    catalogue: Catalogue,
    no_worker: None,
    viewport: dict[str, int],
    suffix: str,
) -> None:
    page = visit(FIGURES, viewport=viewport)
    expect(whole(page)).to_contain_text("1.716")
    shot(page, f"fresh-before{suffix}")
    households(communes[13], 284, catalogue)
    page.reload()
    says = page.locator("#do-moi-bao")
    expect(says).to_have_text("1 đơn vị có số mới đang được cộng…")
    expect(whole(page)).to_contain_text("1.716")
    shot(page, f"fresh-during{suffix}")
    page.evaluate("window.sameDocument = true")
    page.locator("#do-moi summary").click()
    focused = page.locator('a[href*="/03010/"][href*="nguon/poor"]')
    focused.focus()
    page.evaluate("window.scrollTo(0, 300); document.querySelector('#bang').scrollLeft = 40")
    before = focused.bounding_box()

    drain()

    expect(whole(page)).to_contain_text("2.000")
    expect(says).to_have_text(re.compile(r"^Đã cập nhật lúc \d\d:\d\d:\d\d, \d\d/\d\d/\d{4}$"))
    assert page.evaluate("window.sameDocument")
    assert focused.bounding_box() == before
    expect(focused).to_be_focused()
    assert page.locator("#do-moi details").get_attribute("open") is not None
    expect(page.locator("#do-moi")).to_contain_text("14/19 đơn vị")
    page.locator("#do-moi summary").click()
    page.evaluate("window.scrollTo(0, 0); document.querySelector('#bang').scrollTo(0, 0)")
    shot(page, f"fresh-after{suffix}")


def test_renewed_page_is_the_page_as_it_loads(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    """Nothing of the older page is left over, however much of it has changed."""
    households(communes[13], 284, catalogue)
    page = visit(FIGURES)
    drain()
    expect(whole(page)).to_contain_text("2.000")
    table = "document.getElementById('bang').outerHTML.replace(/\\s+/g, ' ')"
    renewed = page.evaluate(table)

    page.reload()

    assert page.evaluate(table) == renewed


def test_asking_is_light_slows_down_and_ends_with_the_figures(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    households(communes[13], 284, catalogue)
    page = visit(FIGURES, clock=True)
    asked = asked_by(page)

    for pause in (1000, 2000, 5000, 5000):
        with page.expect_response("**/tinh-trang/**") as answer:
            page.clock.run_for(pause)
        size = answer.value.request.sizes()["responseBodySize"]
        assert (answer.value.status, size) == (204, 0)
    assert asked == ["state"] * 4
    drain()
    with page.expect_response(lambda answer: answer.url.endswith(FIGURES)):
        page.clock.run_for(5000)
    expect(whole(page)).to_contain_text("2.000")
    page.clock.run_for(60_000)

    assert asked == [*["state"] * 5, "page"]


def test_page_without_anything_pending_asks_nothing(visit: Any) -> None:
    page = visit(FIGURES, clock=True)
    asked = asked_by(page)

    page.clock.run_for(60_000)

    assert asked == []


def test_page_gives_up_after_some_minutes_and_offers_to_reload(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    households(communes[13], 284, catalogue)
    page = visit(FIGURES, clock=True)

    page.clock.fast_forward(200_000)
    expect(page.locator("#do-moi-bao")).to_have_text("Chưa cộng xong; đồng chí tải lại sau.")
    asked = asked_by(page)
    page.clock.run_for(60_000)
    assert asked == []

    drain()
    page.get_by_role("link", name="Tải lại").click()

    expect(whole(page)).to_contain_text("2.000")


def test_page_without_scripts_can_be_reloaded(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    households(communes[13], 284, catalogue)
    page = visit(f"{DISTRICT}?stage=provisional", java_script_enabled=False)
    drain()

    page.get_by_role("link", name="Tải lại").click()

    expect(whole(page)).to_contain_text("2.000")
    assert page.url.endswith("?stage=provisional")


def test_plan_pages_renew_themselves_too(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    households(communes[13], 284, catalogue)
    page = visit("/ke-hoach/kh/?nam=2024&sap-xep=lech")
    expect(page.locator("#do-moi-bao")).to_contain_text("đang được cộng…")
    expect(page.locator("#ngheo")).to_contain_text("1.716")
    target = visit("/ke-hoach/kh/chi-tieu/ngheo/?nam=2024")

    drain()

    expect(page.locator("#ngheo")).to_contain_text("2.000")
    expect(target.locator("#bang-so tr.sel")).to_contain_text("2.000")
    assert page.url.endswith("?nam=2024&sap-xep=lech")


def test_chart_is_drawn_again_from_the_new_figures(
    visit: Any, communes: list[Unit], catalogue: Catalogue, no_worker: None
) -> None:
    for unit in communes:
        builders.told(unit, {catalogue.poor: "120"}, Period(2023))
    drain()
    households(communes[13], 284, catalogue)
    page = visit("/ke-hoach/kh/chi-tieu/ngheo/?nam=2024")
    expect(page.locator(".trend canvas")).to_be_visible()

    drain()

    expect(page.locator("#bang-so tr.sel")).to_contain_text("2.000")
    expect(page.locator(".trend canvas")).to_have_count(1)
    expect(page.locator(".trend canvas")).to_be_visible()


def test_number_leads_down_to_the_entry_by_keyboard(visit: Any) -> None:
    page = visit(FIGURES)

    page.locator('tr.whole a[href*="nguon/rate"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Tỷ lệ hộ nghèo")
    shot(page, "source-district")
    page.locator(".pieces").get_by_role("link", name="Xã Lùng Cải").press("Enter")
    expect(page.locator("h1")).to_contain_text("Xã Lùng Cải")
    page.locator(".inputs").get_by_role("link", name="Hộ nghèo cuối kỳ").press("Enter")

    expect(page.locator("#h-entry")).to_have_text("Số do xã Lùng Cải nhập")
    expect(page.locator("main")).to_contain_text("97")
    shot(page, "source-commune")


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize("address", [DISTRICT, SOURCE, "/so-lieu/03001/2024/nguon/poor/"])
def test_pages_keep_the_rules_of_accessibility_and_fit_the_screen(
    visit: Any, communes: list[Unit], no_worker: None, address: str, viewport: dict[str, int]
) -> None:
    Recompute.objects.create(unit=communes[1], period="2024")
    Recompute.objects.create(unit=communes[1], period="2024", problem="Có số quá lớn")
    page = visit(address, viewport=viewport)
    expect(page.locator("#do-moi")).to_contain_text("có số chưa cộng được")

    found = Axe().run(page).response["violations"]

    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
