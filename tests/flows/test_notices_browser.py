"""The bell, the notices and their choices; a reminder by one click that its officer sees.

Source: issue 6, points 2 and 7.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from communes.enums import Role
from communes.models import Unit
from reports.models import Notice, NoticeChoice, Reminder, Report
from reports.workflow import request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled
from tests.flows.conftest import DESK, PHONE
from tests.flows.test_access_browser import beyond, cut_off, tab_to
from tests.flows.test_entry_browser import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TRACKER = "/tien-do/901/2024/"
ASK = re.compile(r"^Nhắc ?: Xã Một$")
"""The button of a row; its name is hidden text after the word."""
PAGES = (TRACKER, f"{TRACKER}duyet/", f"{TRACKER}da-sua/", "/tin-bao/", "/tin-bao/lua-chon/")


@pytest.fixture
def reviewer(here: Places) -> str:
    builders.official("duyet.huyen", here.district, Role.REVIEWER)
    return "duyet.huyen"


def bell(page: Page) -> Any:
    return page.locator("a.bell")


def send(unit: Unit, catalogue: Catalogue, **changed: str) -> Report:
    by = builders.Official.objects.get(posts__unit=unit, posts__role=Role.OFFICER)
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue, **changed), by=by)
    return submit(unit=unit, period=Y2024, by=by)


def resent(here: Places, catalogue: Catalogue, username: str) -> None:
    """One return that came back changed, one that is on the desk for the first time."""
    by = builders.Official.objects.get(username=username)
    builders.official("xa.hai", here.second)
    send(here.second, catalogue)
    report = send(here.first, catalogue)
    request_change(report=report, indicator=catalogue.poor, body="Rà lại.", by=by)
    return_report(report=report, by=by)
    send(here.first, catalogue, relapsed="2", poor="14")


def test_reminder_by_one_click_is_seen_by_the_officer(visit: Any, reviewer: str) -> None:
    office = visit()
    tracker = office.sign_in(reviewer)
    tracker.goto(office.address + TRACKER)
    tracker.get_by_role("button", name=ASK).click()
    expect(tracker.locator("#u-90102")).to_contain_text("Cán bộ duyệt, huyện Thử Nghiệm")
    expect(tracker.get_by_role("button", name=ASK)).to_have_count(0)
    assert Reminder.objects.get().told == 1

    commune = visit(viewport=PHONE)
    page = commune.open_form()
    expect(bell(page)).to_have_accessible_name("Tin báo, 1 chưa đọc")
    bell(page).click()
    page.get_by_role("button", name="nhắc xã Một nộp báo cáo năm 2024").click()
    page.wait_for_url("**/bao-cao/90102/2024/")
    expect(bell(page)).to_have_accessible_name("Tin báo")
    assert Notice.objects.get().read_at is not None


def test_returns_without_flags_are_endorsed_together(
    visit: Any, here: Places, catalogue: Catalogue, reviewer: str
) -> None:
    builders.official("xa.hai", here.second)
    send(here.first, catalogue)
    send(here.second, catalogue)
    window = visit()
    page = window.sign_in(reviewer)
    page.goto(window.address + TRACKER)
    page.get_by_role("link", name="Duyệt các báo cáo không có cờ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 không có cờ")
    page.get_by_label("Xã Hai").uncheck()
    page.get_by_role("button", name="Duyệt 2 báo cáo không có cờ").click()
    expect(page.locator(".msgbox.success")).to_contain_text("Đã duyệt 1 báo cáo: Xã Một.")
    states = dict(Report.objects.values_list("unit__name", "state"))
    assert states == {"Xã Một": "endorsed", "Xã Hai": "submitted"}


def test_choices_are_kept(visit: Any, reviewer: str) -> None:
    window = visit()
    page = window.sign_in(reviewer)
    page.goto(f"{window.address}/tin-bao/lua-chon/")
    page.get_by_label("Báo: Có báo cáo chờ duyệt").uncheck()
    page.get_by_label("Gửi thư: Có báo cáo chờ duyệt").select_option("never")
    page.get_by_role("button", name="Lưu lựa chọn").click()
    expect(page.get_by_label("Báo: Có báo cáo chờ duyệt")).not_to_be_checked()
    kept = NoticeChoice.objects.get(kind="submitted")
    assert (kept.in_app, kept.mail) == (False, "never")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1366", "360"])
def test_pages_have_no_faults_and_fit(
    visit: Any, here: Places, catalogue: Catalogue, reviewer: str, viewport: dict[str, int]
) -> None:
    resent(here, catalogue, reviewer)
    window = visit(viewport=viewport)
    page = window.sign_in(reviewer)
    for path in PAGES:
        page.goto(window.address + path)
        assert faults(page) == [], path
        assert beyond(page) <= 0, path
        assert cut_off(page) == [], path


def test_unit_is_asked_by_keyboard(visit: Any, reviewer: str) -> None:
    window = visit()
    page = window.sign_in(reviewer)
    page.goto(f"{window.address}{TRACKER}?loc=chua-nop")
    tab_to(page, page.get_by_role("button", name=ASK))
    page.keyboard.press("Enter")
    expect(page.locator(".msgbox.success")).to_have_text("Đã nhắc Xã Một.")
    assert page.url.endswith("?loc=chua-nop#u-90102")


def test_bell_moves_nothing_on_the_page(visit: Any, here: Places, reviewer: str) -> None:
    """With and without a number the bar is as high and its links stand where they stood."""
    window = visit()
    page = window.sign_in(reviewer)

    def places() -> Any:
        page.goto(window.address + TRACKER)
        return page.evaluate(
            """() => [...document.querySelectorAll('.top, .top a, .top button')]
                .filter((one) => one.checkVisibility())
                .map((one) => JSON.stringify(one.getBoundingClientRect()))"""
        )

    before = places()
    Notice.objects.create(
        official=builders.Official.objects.get(username=reviewer),
        kind="submitted",
        key="submitted:1",
        unit=here.first,
        period="2024",
        told={"round": 1, "step": "submit"},
    )
    assert places() == before
    expect(bell(page)).to_contain_text("1")
