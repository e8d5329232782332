"""Nothing typed is lost: with the line really cut, the browser closed, the session gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from communes.models import Official, Unit
from indicators.enums import Answer
from indicators.models import Result, Theme
from tests import builders
from tests.builders import PASSWORD, Catalogue, Places
from tests.flows.line import Line
from tests.flows.test_entry_browser import sign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORM = "/bao-cao/90102/2024/"
DESK = {"width": 1366, "height": 768}
UNSENT = re.compile(r"chờ mạng|đang thử lại|chưa gửi")


@pytest.fixture
def here(places: Places, catalogue: Catalogue) -> Places:
    builders.balance(catalogue)
    builders.deadline(places.province)
    builders.official("xa.mot", places.first)
    builders.official("xa.hai", places.first)
    return places


@pytest.fixture
def line(live_server: Any) -> Iterator[Line]:
    made = Line(live_server.url)
    yield made
    made.cut()


@pytest.fixture
def window(here: Places, browser: Browser, line: Line) -> Iterator[Any]:
    """window("xa.mot"): a browser of that person's, on the report."""
    opened: list[BrowserContext] = []

    def new(username: str = "xa.mot") -> Page:
        opened.append(browser.new_context(viewport=DESK, locale="vi-VN", accept_downloads=True))
        sign_in(opened[-1], line, username)
        page = opened[-1].new_page()
        page.goto(line.url + FORM)
        return page

    yield new
    for context in opened:
        context.close()


def sign_in(context: BrowserContext, line: Line, username: str) -> None:
    client = Client()
    client.force_login(Official.objects.get(username=username))
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": line.url}])


def cell(page: Page, code: str) -> Any:
    return page.locator(f"#c-{code}")


def enter(page: Page, code: str, text: str) -> None:
    cell(page, code).fill(text)
    cell(page, code).press("Enter")


def state(page: Page) -> Any:
    return page.locator("#save-state")


def saved(page: Page) -> None:
    expect(state(page)).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d"))


def stored() -> dict[str, str]:
    rows = Result.objects.exclude(answer=Answer.MISSING).values_list("indicator__code", "value")
    return {code: f"{value.normalize():f}" for code, value in rows}


def kept_by_the_worker(page: Page) -> None:
    """One more visit, with the worker there to see it; the page is then on the device."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    is_kept = (
        "caches.open('pages-1').then(cache => cache.match(location.pathname, {ignoreVary: true}))"
        ".then(Boolean)"
    )
    for _attempt in range(100):
        if page.evaluate(is_kept):
            return
        page.wait_for_timeout(100)
    raise AssertionError("not kept")


def test_page_opens_checks_and_keeps_without_a_network_and_sends_when_it_is_back(
    window: Any, line: Line
) -> None:
    page = window()
    kept_by_the_worker(page)
    line.cut()

    page.reload()
    enter(page, "opening", "20")
    enter(page, "escaped", "5")
    enter(page, "relapsed", "1")
    enter(page, "poor", "15")
    expect(page.locator("tr.found").first).to_contain_text("20 − 5 + 1 = 16")
    expect(state(page)).to_have_text(UNSENT)
    page.reload()  # again, with nothing but the device
    expect(cell(page, "escaped")).to_have_value("5")
    assert stored() == {}

    line.mend()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(page)
    assert stored() == {"opening": "20", "escaped": "5", "relapsed": "1", "poor": "15"}


def test_line_says_how_many_cells_wait_for_the_network(window: Any) -> None:
    page = window()
    page.context.set_offline(True)
    enter(page, "households", "590")
    enter(page, "opening", "20")

    expect(state(page)).to_have_text("Đã lưu trên máy – chờ mạng – 2 ô")

    page.context.set_offline(False)
    saved(page)
    assert stored() == {"households": "590", "opening": "20"}


NOT_SENT = "Chưa nộp được: đang mất mạng. Số đã gõ giữ trên máy; có mạng thì bấm lại."


@pytest.mark.parametrize("is_told", [True, False], ids=["offline", "cut"])
@pytest.mark.parametrize("is_typed", [True, False], ids=["unsent", "saved"])
def test_sending_without_a_network_says_that_nothing_was_sent(
    window: Any, line: Line, is_told: bool, is_typed: bool
) -> None:
    """Whether the browser knows that the line is cut or not, with cells that wait or none."""
    page = window()
    enter(page, "households", "590")
    saved(page)
    page.context.set_offline(is_told)
    line.cut()
    if is_typed:
        cell(page, "opening").fill("20")

    page.get_by_role("button", name=re.compile("^Nộp")).click()

    expect(state(page)).to_have_text(NOT_SENT)
    assert state(page).get_attribute("role") == "status"
    expect(page.get_by_role("button", name=re.compile("^Nộp"))).to_be_focused()
    assert page.url.endswith(FORM)
    line.mend()
    page.context.set_offline(False)
    page.get_by_role("button", name=re.compile("^Nộp")).click()
    page.wait_for_url("**/nop/**")
    assert stored() == {"households": "590", **({"opening": "20"} if is_typed else {})}


def test_line_that_says_so_covers_nothing_on_a_small_phone(window: Any, line: Line) -> None:
    """It may take several lines there; what sticks below it gives way."""
    other = Theme.objects.create(code="nha-o", name="Nhà ở", order=9, household_review=True)
    builders.count("dwellings", "Nhà ở", 9, theme=other)
    page = window()
    page.set_viewport_size({"width": 320, "height": 640})
    kept_by_the_worker(page)
    line.cut()
    enter(page, "households", "590")
    expect(state(page)).to_have_text(UNSENT)
    page.locator(".sub").scroll_into_view_if_needed()

    page.locator("#save-state").evaluate("line => line.append(' – còn nữa'.repeat(8))")
    page.mouse.wheel(0, 200)
    said, sections = page.locator(".stat").bounding_box(), page.locator(".secnav").bounding_box()

    assert said["height"] > 74
    assert sections["y"] >= said["y"] + said["height"] - 1


def test_request_cut_after_it_arrived_is_not_written_twice(window: Any, line: Line) -> None:
    page = window()
    with line.cut_in_the_middle():
        enter(page, "households", "590")
        expect(state(page)).to_have_text(re.compile("đang thử lại"))
        assert stored() == {"households": "590"}
    page.get_by_role("button", name="Gửi lại ngay").click()
    saved(page)

    fact = Result.objects.get(indicator__code="households")
    assert (fact.version, fact.history.count()) == (1, 1)


def test_browser_that_was_closed_finds_its_cells_again(
    here: Places, browser: Browser, line: Line, tmp_path: Path
) -> None:
    """With the machine's power gone: a profile on the disk, opened by a second browser."""

    def start() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path, viewport=DESK, locale="vi-VN", executable_path="/usr/bin/chromium"
        )

    first = start()
    sign_in(first, line, "xa.mot")
    page = first.new_page()
    page.goto(line.url + FORM)
    kept_by_the_worker(page)
    cookies = first.cookies()
    line.cut()
    enter(page, "households", "590")
    expect(state(page)).to_have_text(UNSENT)
    first.close()

    second = start()
    second.add_cookies(cookies)  # of a session that lasts; a browser may drop them on closing
    page = second.new_page()
    page.goto(line.url + FORM)
    expect(cell(page, "households")).to_have_value("590")
    expect(page.locator("#kept")).to_contain_text("Đã đưa lại 1 ô giữ trên máy này từ")
    assert stored() == {}
    line.mend()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(page)
    second.close()
    assert stored() == {"households": "590"}


def test_after_the_session_has_expired_signing_in_goes_on_where_it_was(window: Any) -> None:
    page = window()
    Session.objects.all().delete()
    enter(page, "households", "590")
    expect(state(page)).to_contain_text("Phiên làm việc đã hết; 1 ô vẫn giữ trên máy này.")

    page.get_by_role("link", name="Đăng nhập lại để gửi").click()
    page.get_by_label("Tên đăng nhập").fill("xa.mot")
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()

    expect(cell(page, "households")).to_have_value("590")
    saved(page)
    assert stored() == {"households": "590"}


def test_signing_in_elsewhere_does_not_hold_up_an_open_page(window: Any) -> None:
    """The token of the page is of the session before; it gets a new one by itself."""
    page = window()
    other = page.context.new_page()
    Session.objects.all().delete()
    other.goto(page.url)
    other.get_by_label("Tên đăng nhập").fill("xa.mot")
    other.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Đăng nhập").click()
    other.wait_for_url("**/bao-cao/90102/2024/")

    enter(page, "households", "590")
    saved(page)
    assert stored() == {"households": "590"}


def test_server_that_fails_for_an_hour_loses_nothing(window: Any) -> None:
    page = window()

    def fail(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=500, body="<h1>500</h1>")
        else:
            route.fallback()

    page.route("**/bao-cao/**", fail)
    enter(page, "households", "590")
    expect(state(page)).to_have_text("Không gửi được, đang thử lại – 1 ô đã lưu trên máy")
    page.unroute("**/bao-cao/**")
    page.get_by_role("button", name="Gửi lại ngay").click()
    saved(page)


def ask_for_news(page: Page) -> None:
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_what_was_typed_into_a_box_that_is_gone_is_told_not_dropped(
    window: Any, catalogue: Catalogue
) -> None:
    page = window()
    name = page.evaluate("Object.keys(localStorage).find(key => key.includes(':entry:')) || ''")
    unit = Unit.objects.get(code="90102").pk
    person = Official.objects.get(username="xa.mot").pk
    name = name or f"povertyplan:entry:{person}:{unit}:2024"
    kept = {"cells": {"gone": {"text": "77", "na": "", "note": "", "version": "0", "at": 1}}}
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [name, json.dumps(kept)])

    page.reload()

    expect(page.locator("#kept")).to_contain_text("1 số đã gõ trên máy này không nhập ở đây nữa")
    expect(page.locator("#kept")).to_contain_text("gone: 77")
    page.reload()
    expect(page.locator("#kept")).to_contain_text("gone: 77")  # until somebody says so
    page.get_by_role("button", name="Bỏ các số đó").click()
    page.reload()
    expect(page.locator("#kept")).to_be_hidden()


def test_pages_of_who_sat_here_before_are_forgotten_unseen_by_the_worker(
    window: Any, line: Line
) -> None:
    page = window()
    kept_by_the_worker(page)
    page.goto(f"{line.url}/bao-cao/")
    page.evaluate("localStorage.setItem('povertyplan:person', 'somebody-else')")

    page.reload()
    page.wait_for_function("localStorage.getItem('povertyplan:person') !== 'somebody-else'")

    kept = (
        "caches.open('pages-1').then(c => c.keys()).then(k => k.map(r => new URL(r.url).pathname))"
    )
    assert "/bao-cao/90102/2024/" not in page.evaluate(kept)
    assert "/ngoai-mang/" in page.evaluate(kept)


def test_two_people_see_each_others_cells_arrive(window: Any) -> None:
    mine, theirs = window("xa.mot"), window("xa.hai")
    enter(theirs, "households", "590")
    saved(theirs)

    ask_for_news(mine)

    expect(cell(mine, "households")).to_have_value("590")
    expect(state(mine)).to_contain_text("xa.hai vừa nhập 1 ô")
    enter(mine, "households", "600")  # over theirs, and knowing it
    saved(mine)
    assert stored() == {"households": "600"}


def test_what_the_same_person_typed_in_another_window_is_not_told_as_somebody_elses(
    window: Any,
) -> None:
    page = window("xa.mot")
    other = page.context.new_page()
    other.goto(page.url)
    cell(page, "opening").fill("20")
    enter(other, "households", "590")
    enter(other, "opening", "21")
    saved(other)

    ask_for_news(page)

    expect(cell(page, "households")).to_have_value("590")
    expect(state(page)).not_to_contain_text("vừa nhập")
    message = page.locator("tr.msg.err", has_text="ở cửa sổ khác")
    expect(message).to_contain_text("Đồng chí đã sửa ô này ở cửa sổ khác. Chọn số cần giữ.")
    expect(message).to_contain_text("21")


def test_where_both_changed_one_cell_both_are_shown_and_a_person_chooses(window: Any) -> None:
    mine, theirs = window("xa.mot"), window("xa.hai")
    cell(mine, "households").fill("580")
    enter(theirs, "households", "590")
    saved(theirs)

    ask_for_news(mine)

    row = mine.locator("tr.msg.err", has_text="Chọn số cần giữ")
    expect(row).to_contain_text("590")
    expect(cell(mine, "households")).to_have_value("580")
    assert stored() == {"households": "590"}
    row.get_by_role("button", name="Giữ số tôi gõ").click()
    saved(mine)
    assert stored() == {"households": "580"}


def test_return_that_a_colleague_has_sent_says_so(window: Any, catalogue: Catalogue) -> None:
    mine, theirs = window("xa.mot"), window("xa.hai")
    for code, text in {
        "households": "590", "opening": "20", "escaped": "5", "relapsed": "1", "poor": "16",
    }.items():  # fmt: skip
        enter(theirs, code, text)
    saved(theirs)
    theirs.get_by_role("button", name=re.compile("^Nộp")).click()
    sign(theirs)
    expect(theirs.get_by_text("Đã nộp báo cáo lúc")).to_be_visible()

    ask_for_news(mine)

    expect(state(mine)).to_contain_text("không nhập được nữa")


def test_draft_in_a_file_survives_a_cleared_browser(
    window: Any, line: Line, tmp_path: Path
) -> None:
    page = window()
    page.context.set_offline(True)
    enter(page, "households", "590")
    page.locator("#drafts summary").click()
    with page.expect_download() as coming:
        page.locator("#drafts").get_by_role("button", name="Lưu nháp ra tệp").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert json.loads(file.read_text())["of"] == "90102/2024"
    page.context.clear_cookies()

    fresh = window()  # a browser that has nothing
    fresh.locator("#drafts summary").click()
    fresh.locator("#drafts input[type=file]").set_input_files(file)
    expect(cell(fresh, "households")).to_have_value("590")
    expect(fresh.locator("#kept")).to_contain_text("Đã đọc 1 ô từ tệp nháp.")
    saved(fresh)
    assert stored() == {"households": "590"}


def test_file_that_is_no_draft_of_this_return_is_refused(window: Any, tmp_path: Path) -> None:
    page = window()
    page.locator("#drafts summary").click()
    file = tmp_path / "nhap.json"
    for content, said in (
        ("xin chào", "Không phải tệp nháp"),
        (
            json.dumps({"kind": "povertyplan-draft", "of": "1/2023", "cells": {}}),
            "Tệp nháp này của báo cáo khác (1/2023)",
        ),
    ):
        file.write_text(content)
        page.locator("#drafts input[type=file]").set_input_files(file)
        expect(state(page)).to_contain_text(said)


def test_next_person_at_the_machine_does_not_find_the_pages_of_the_last(
    window: Any, line: Line
) -> None:
    page = window()
    kept_by_the_worker(page)
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/dang-nhap/**")
    line.cut()

    page.goto(line.url + FORM)

    expect(page.get_by_role("heading", name="Không có mạng")).to_be_visible()
