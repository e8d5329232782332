"""From the last figure typed to the receipt in hand: the summary, the signature, the PDF."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.models import Official
from indicators.enums import Answer
from indicators.periods import Period
from indicators.recording import Entry
from reports import workflow
from reports.models import Report, ReportEvent
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORM = "/bao-cao/90102/2024/"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


@pytest.fixture
def team(places: Places, catalogue: Catalogue) -> Staff:
    """A commune that told of 2023 and may enter 2024, with the balance rule and its reviewers."""
    builders.balance(catalogue)
    builders.deadline(places.province)
    before = {row: str(10 * place) for place, row in enumerate(catalogue.inputs)}
    told(places.first, dict(before), Period(2023))
    return builders.staff(places)


@pytest.fixture
def window(team: Staff, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open a window for a person: window(official), window(official, viewport=PHONE)…"""
    opened = []
    faults: list[str] = []

    def new(official: Official, **options: Any) -> Page:
        client = Client()
        client.force_login(official)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(
            **{"base_url": live_server.url, "viewport": DESK, "locale": "vi-VN", **options}
        )
        opened.append(context)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield new
    for context in opened:
        context.close()
    assert faults == []


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def save(places: Places, catalogue: Catalogue, by: Official, **changes: str | None) -> None:
    entries = filled(places.first, catalogue, **changes)
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=by)


def assert_sound(page: Page) -> None:
    """No fault of accessibility, nothing beyond the edge."""
    found = Axe().run(page)
    assert [one["id"] for one in found.response["violations"]] == []
    width = page.viewport_size or DESK
    assert page.evaluate("document.documentElement.scrollWidth") == width["width"]


def test_officer_types_mends_signs_and_takes_the_receipt(
    window: Any, team: Staff, tmp_path: Path
) -> None:
    page = window(team.officer)
    page.goto(FORM)
    page.locator("#c-households").focus()
    for text in ("1590", "20", "8", "1", "9"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Nộp lên").click()
    page.wait_for_url(f"**{FORM}nop/#noidung")
    wrong = page.get_by_role("region", name="Phải sửa")
    expect(wrong).to_contain_text("ô cuối kỳ ghi 9 hộ, lệch 4 hộ.")
    expect(page.get_by_role("button", name="Ký và nộp")).to_have_count(0)
    wrong.get_by_role("link").click()  # straight to the cell
    page.wait_for_url(f"**{FORM}#c-poor")
    page.locator("#c-poor").fill("13")
    page.locator("#c-poor").press("Enter")
    page.get_by_role("button", name="Nộp lên").click()
    page.wait_for_url(f"**{FORM}nop/#noidung")
    expect(page.get_by_role("region", name="Khác năm trước").first).to_contain_text("13")
    assert_sound(page)
    picture(page, "ky-nop-1366")

    page.get_by_label("Lời nhắn").fill("Đã rà soát từng thôn")
    box = page.get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the button
    expect(page.get_by_text("Đã nộp báo cáo lúc")).to_be_visible()
    assert Report.objects.get(period="2024").state == "submitted"

    page.get_by_role("link", name="Biên nhận lần 1").first.click()
    expect(page.get_by_role("heading", name="Biên nhận nộp báo cáo")).to_be_visible()
    assert_sound(page)
    picture(page, "bien-nhan-1366")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Tải PDF").click()
    assert coming.value.suggested_filename == "bien-nhan-90102-2024-lan-1.pdf"
    file = tmp_path / "bien-nhan.pdf"
    coming.value.save_as(file)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    paper = text.stdout.decode()
    for words in ("Báo cáo năm 2024 của xã Một", "can.bo", "Đã rà soát từng thôn", "1.590"):
        assert words in paper
    code = re.search(r"[0-9A-F]{4}(?:-[0-9A-F]{4}){3}", paper)
    assert code is not None
    expect(page.locator(".rcp-c")).to_have_text(code[0])


def test_without_a_script_the_return_is_signed_all_the_same(
    window: Any, team: Staff, places: Places, catalogue: Catalogue
) -> None:
    save(places, catalogue, team.officer)
    page = window(team.officer, java_script_enabled=False, viewport=PHONE)
    page.goto(FORM)
    page.get_by_role("button", name="Nộp lên").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Ký và nộp").click()
    expect(page.get_by_text("Đã nộp báo cáo lúc")).to_be_visible()


def test_two_officers_press_and_the_return_is_sent_once(
    window: Any, team: Staff, places: Places, catalogue: Catalogue
) -> None:
    save(places, catalogue, team.officer)
    other = builders.official("can.bo.hai", places.first)
    mine, theirs = window(team.officer), window(other)
    for page in (mine, theirs):
        page.goto(f"{FORM}nop/")
        page.get_by_role("checkbox").check()
    mine.get_by_role("button", name="Ký và nộp").click()
    expect(mine.get_by_text("Đã nộp báo cáo lúc")).to_be_visible()
    theirs.get_by_role("button", name="Ký và nộp").click()
    expect(theirs.locator("main")).to_contain_text("Không nộp thêm lần nữa.")
    assert ReportEvent.objects.filter(report__period="2024").count() == 1


def test_summary_says_that_this_device_still_holds_unsent_figures(
    window: Any, team: Staff, places: Places, catalogue: Catalogue
) -> None:
    save(places, catalogue, team.officer)
    page = window(team.officer)
    page.goto(FORM)
    page.route(
        "**" + FORM,
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    page.locator("#c-poor").fill("14")
    page.locator("#c-poor").press("Enter")
    expect(page.locator("#save-state")).to_contain_text("1 ô")
    page.goto(f"{FORM}nop/")
    expect(page.locator("#unsent")).to_contain_text("còn số gõ mà chưa gửi")
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator("#unsent")).to_be_hidden()


def test_pages_fit_a_phone_with_everything_on_them(
    window: Any, team: Staff, places: Places, catalogue: Catalogue
) -> None:
    """Wrong, unexplained, returned, asked about, without a number, moved; then the receipt."""
    save(places, catalogue, team.officer, relapsed="0", poor="12")
    report = workflow.submit(unit=places.first, period=Y2024, by=team.officer)
    workflow.request_change(
        report=report, indicator=catalogue.relapsed, body="Đối chiếu từng thôn.", by=team.district
    )
    workflow.return_report(report=report, by=team.district)
    catalogue.households.soft_limits = {"max": 90}
    catalogue.households.save()
    note = Entry(places.first, catalogue.escaped, Y2024, Answer.NO_DATA, None, note="chưa có")
    wrong = Entry(places.first, catalogue.opening, Y2024, Answer.VALUE, Decimal(7))
    entries = [note, wrong]
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=team.officer)
    page = window(team.officer, viewport=PHONE)
    page.goto(f"{FORM}nop/")
    for name in (
        "Cần ghi lý do",
        "Bị trả lại lần trước",
        "Khác năm trước",
        "Trả lời không bằng số",
    ):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert_sound(page)
    picture(page, "kiem-tra-360")
    page.goto(f"{FORM}bien-nhan/1/")
    assert_sound(page)
    picture(page, "bien-nhan-360")
