"""The calendar and the rulebook in a real browser: keyboard, phone, accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from indicators.models import ValidationRule
from reports.models import Deadline
from reports.scheduling import extend, set_round
from tests import builders
from tests.builders import Y2024, Catalogue, Places, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
CALENDAR, RULES = "/lich-bao-cao/90/", "/quan-tri/quy-tac/"
RULE = f"{RULES}trong-tong/"


@pytest.fixture
def open_page(places: Places, catalogue: Catalogue, browser: Browser, live_server: Any) -> Any:
    """Open an address as the reviewer of the province, who is its administrator too."""
    person = builders.official("tinh", places.province, Role.REVIEWER)
    person.posts.create(unit=places.province, role=Role.ADMINISTRATOR)
    set_round(
        issuer=places.province,
        period=Y2024,
        opens_on=date(2024, 11, 1),
        due_on=date(2024, 12, 15),
        by=person,
    )
    reason = "Mưa lũ chia cắt đường vào ba thôn, chưa rà soát xong hộ nghèo, cận nghèo"
    extend(unit=places.first, period=Y2024, due_on=date(2033, 1, 10), reason=reason, by=person)
    builders.rule(
        "trong-tong",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        "Hộ nghèo {poor} nhiều hơn {right}.",
        comparator="<=",
        source="bộ phận không vượt tổng; biểu rà soát năm 2012 (docs/data.md S9)",
        is_active=False,
    )
    for unit, poor in ((places.first, "1200"), (places.second, "3")):
        told(unit, {catalogue.poor: poor, catalogue.households: "1100"})
    yield from _windows(person, browser, live_server)


def _windows(person: Any, browser: Browser, live_server: Any) -> Iterator[Any]:
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    opened = []

    def new(address: str, viewport: dict[str, int], **options: Any) -> Page:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            locale="vi-VN",
            **options,
        )
        opened.append(context)
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page: Page = context.new_page()
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened:
        context.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize(
    "address",
    [
        CALENDAR,
        f"{CALENDAR}?gia-han=2024",
        f"{CALENDAR}?sua=2024",
        RULES,
        RULE,
        f"{RULE}?thu=1&since=2023&until=2024&tiers=commune",
    ],
)
def test_pages_keep_the_rules_of_accessibility_and_do_not_scroll_sideways(
    open_page: Any, address: str, viewport: dict[str, int]
) -> None:
    page = open_page(address, viewport)

    found = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


@pytest.mark.parametrize(
    ("address", "button"), [(CALENDAR, "Lưu lịch"), (f"{CALENDAR}?gia-han=2024", "Gia hạn")]
)
def test_refused_form_keeps_the_rules_of_accessibility(
    open_page: Any, address: str, button: str
) -> None:
    page = open_page(address, PHONE)

    page.get_by_role("button", name=button, exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Chưa lưu gì cả.")
    found = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("scripts", [True, False])
def test_extension_is_given_by_keyboard_with_and_without_scripts(
    open_page: Any, places: Places, scripts: bool
) -> None:
    page = open_page(CALENDAR, DESK, java_script_enabled=scripts)
    page.get_by_role("link", name=re.compile("Gia hạn ?: năm 2024")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gia hạn năm 2024")).to_be_visible()

    page.get_by_label("Đơn vị").focus()
    page.keyboard.type("Hai")
    for text in ("20/12/2033", "", "Thay cán bộ"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("xã Hai đến hết 20/12/2033")
    row = Deadline.objects.get(issuer=places.second)
    assert (row.due_on, row.closes_on, row.reason) == (date(2033, 12, 20), None, "Thay cán bộ")


def test_rule_that_fails_often_is_switched_on_after_its_failures_were_shown(
    open_page: Any, catalogue: Catalogue
) -> None:
    page = open_page(RULE, PHONE)

    page.get_by_label("Đang dùng").check()
    page.get_by_role("button", name="Lưu quy tắc").click()

    expect(page.get_by_role("alert")).to_contain_text("Chưa lưu: cần xác nhận.")
    expect(page.get_by_role("link", name="Xã Một, năm 2024")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"] for node in row["nodes"]]) for row in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("button", name="Tôi đã xem, vẫn lưu").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu quy tắc.")
    assert ValidationRule.objects.get(code="trong-tong").is_active
