"""The operations page in a real browser: keyboard, phone, accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django_celery_results.models import TaskResult
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from indicators.models import Audit, Recompute
from tests import builders
from tests.builders import Places

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
ROW = {
    "unit_name": "Xã Một",
    "indicator_name": "Tổng số hộ thoát nghèo theo chuẩn nghèo đa chiều trong năm",
    "stage": "official",
    "stored": "1234567.50/7654321 (10600+12)",
    "recomputed": "",
}


@pytest.fixture
def open_page(places: Places, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Something of everything that the page can show, opened by an administrator."""
    Recompute.objects.create(unit=places.first, period="2024")
    Recompute.objects.create(unit=None, period="2023")
    Recompute.objects.create(unit=places.second, period="2024", problem="Có số quá lớn.")
    Audit.objects.create(
        unit=places.province, period="2024", checked=1234567, differing=1, rows=[ROW]
    )
    TaskResult.objects.create(
        task_id="one",
        task_name="reports.annexes.a_name_so_long_that_it_hardly_fits_on_a_phone_at_all",
        status="FAILURE",
        result='{"exc_type": "OperationalError", "exc_message": ["' + "x" * 200 + '"]}',
    )
    client = Client()
    client.force_login(builders.official("quan.tri", places.province, Role.ADMINISTRATOR))
    name = settings.SESSION_COOKIE_NAME
    opened = []

    def new(viewport: dict[str, int]) -> Page:
        context = browser.new_context(viewport=viewport, locale="vi-VN")  # type: ignore[arg-type]
        opened.append(context)
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page: Page = context.new_page()
        page.goto(live_server.url + "/van-hanh/")
        return page

    yield new
    for context in opened:
        context.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_page_keeps_the_rules_of_accessibility_and_does_not_scroll_sideways(
    open_page: Any, viewport: dict[str, int]
) -> None:
    page = open_page(viewport)

    found = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_alert_is_put_away_by_keyboard(open_page: Any) -> None:
    page = open_page(DESK)
    expect(page.locator(".alarm")).to_be_visible()

    page.get_by_role("button", name="Đã xem").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Đã ghi nhận là đã xem.")
    expect(page.locator(".alarm")).to_have_count(0)
    assert not Audit.objects.filter(seen_by=None).exists()
