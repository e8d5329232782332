"""Registers in a real browser: a book opened, a product added, its count in the return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from reports.models import Deadline, RegisterEntry
from tests.builders import Places
from tests.reports.books import TEA, Products, opened, products, tea

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
BOOKS = "/so-theo-doi/901/"
BOOK = f"{BOOKS}san-pham/"


@pytest.fixture
def found(places: Places) -> Products:
    """The products of the district, and a year that waits for its return."""
    Deadline.objects.create(
        issuer=places.province, period="2024", opens_on=date(2024, 11, 1), due_on=date(2033, 1, 1)
    )
    return products(places)


@pytest.fixture
def open_page(found: Products, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open an address as the officer of the district."""
    client = Client()
    client.force_login(found.officer)
    name, opened_ = settings.SESSION_COOKIE_NAME, []

    def new(address: str, viewport: dict[str, int], **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, locale="vi-VN", **options)  # type: ignore[arg-type]
        opened_.append(context)
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page: Page = context.new_page()
        page.goto(live_server.url + address)
        return page

    yield new
    for context in opened_:
        context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_book_is_opened_a_product_added_and_counted_in_the_return(
    open_page: Any, scripts: bool
) -> None:
    page = open_page(BOOKS, DESK, java_script_enabled=scripts)
    page.get_by_label("Năm", exact=True).fill("2024")
    page.get_by_role("button", name="Mở sổ").click()
    expect(page.get_by_role("status")).to_contain_text("đếm từ 01/01/2024")

    page.get_by_role("link", name="Ghi thêm sản phẩm").click()
    for label in ("Tên sản phẩm", "Chủ thể", "Hạng sao", "Ngày quyết định"):
        key = {"Tên sản phẩm": "name", "Chủ thể": "maker", "Hạng sao": "stars"}.get(label)
        page.get_by_label(label).fill(TEA[key or "decided_on"])
    page.get_by_label("Xã").select_option("Xã Một")
    page.get_by_label("Kết quả").select_option("Công nhận mới")
    page.get_by_role("button", name="Lưu", exact=True).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã ghi sản phẩm vào sổ.")

    page.goto(page.url.replace("/so-theo-doi/901/san-pham/", "/bao-cao/901/2024/"))
    row = page.get_by_role("row").filter(has_text="Sản phẩm mới")
    expect(row.locator("#c-products_new")).to_have_text("1")
    row.get_by_role("link", name="Đếm từ sổ “Sản phẩm OCOP”").click()
    expect(page.get_by_role("row").filter(has_text="Chè Shan")).to_contain_text("HTX mẫu số 1")


def test_block_is_pasted_looked_at_and_written(open_page: Any, found: Products) -> None:
    opened(found.register, found.officer.posts.get().unit, found.officer)
    page = open_page(f"{BOOK}dan/", DESK)
    good = "\t".join(TEA.values())

    page.get_by_label("Các dòng chép từ Excel").fill(f"{good}\n{good.replace('3', '8')}\n")
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_role("row").filter(has_text="chỉ nhận từ 1 đến 5")).to_be_visible()
    expect(page.get_by_role("button", name="vào sổ")).to_have_count(0)

    page.get_by_label("Các dòng chép từ Excel").fill(f"{good}\n")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("button", name="Ghi 1 dòng mới vào sổ").click()
    expect(page.get_by_role("status")).to_contain_text("Đã ghi 1 dòng vào sổ.")
    assert RegisterEntry.objects.get().values["maker"] == "HTX mẫu số 1"


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_pages_keep_the_rules_of_accessibility_and_do_not_scroll_sideways(
    open_page: Any, found: Products, viewport: dict[str, int]
) -> None:
    book = opened(found.register, found.officer.posts.get().unit, found.officer)
    entry = tea(book, found.officer)
    today = timezone.localdate()
    tea(book, found.officer, name="Mật ong", decided_on=f"05/01/{today.year - 4}")
    soon = today.replace(year=today.year - 3, day=min(today.day, 28))
    tea(book, found.officer, name="Rượu ngô", decided_on=f"28/{soon:%m/%Y}")
    pages = (BOOKS, BOOK, f"{BOOK}?xem=het", f"{BOOK}them/", f"{BOOK}{entry.pk}/", f"{BOOK}dan/")

    for address in pages:
        page = open_page(address, viewport)
        page.evaluate(
            "document.querySelectorAll('main details').forEach((part) => part.open = true)"
        )
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]

    page.get_by_label("Các dòng chép từ Excel").fill("x\ty\n")
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 dòng có ô sai")
    assert violations(page) == []
    page = open_page(f"{BOOK}them/", viewport)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Chưa lưu gì cả.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(row["id"], [node["html"] for node in row["nodes"]]) for row in found]
