"""A return on its way through three tiers and through two, and sixty figures by keyboard.

Source: issue 6, points 1 and 3; ui design, mock 04.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from communes.enums import Role
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from reports.models import Acceptance, Comment, Report
from reports.workflow import endorse, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, entries, filled, official, told
from tests.flows.conftest import PHONE
from tests.flows.test_access_browser import beyond
from tests.flows.test_entry_browser import cell, faults, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = "/duyet/90102/2024/"
FORM = "/bao-cao/90102/2024/"
VERSIONS = f"{DESK}phien-ban/"


@pytest.fixture
def people(here: Places) -> Places:
    official("duyet.huyen", here.district, Role.REVIEWER)
    official("duyet.tinh", here.province, Role.REVIEWER)
    return here


def sent(unit: Unit, catalogue: Catalogue, by: str = "xa.mot", **changed: str) -> Report:
    person = Official.objects.get(username=by)
    told_ = filled(unit, catalogue, **changed)
    save_draft(unit=unit, period=Y2024, entries=told_, by=person)
    return submit(unit=unit, period=Y2024, by=person)


def state() -> tuple[str, int]:
    report = Report.objects.get(unit__code="90102")
    return report.state, report.round


def at(visit: Any, username: str, address: str, **options: Any) -> Page:
    visitor = visit(**options)
    page: Page = visitor.sign_in(username)
    page.goto(visitor.address + address)
    return page


def ask_back(page: Page, code: str, reason: str) -> None:
    """Press the button of a line, write why, keep it."""
    page.locator(f"#o-{code} .k.t").click()
    expect(page.locator("#y-kien")).to_be_focused()
    page.keyboard.type(reason)
    page.locator(".say button[value=request]").click()
    expect(page.locator(f"#o-{code}")).to_contain_text(reason)


def conclude(page: Page, decision: str) -> None:
    with page.expect_navigation():
        page.locator(f"#thanh button[value={decision}]").click()
    again = page.locator(f".asking button[value={decision}]")
    if again.count():
        again.click()
    expect(page.locator(".msgbox.success")).to_be_visible()


def sign(page: Page) -> None:
    page.locator("button[name=action][value=submit]").click()
    page.locator("[name=confirmed]").check()
    page.locator(".sg button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("Chờ duyệt")


def test_whole_way_through_three_tiers(visit: Any, people: Places, catalogue: Catalogue) -> None:
    """Sent, two figures back, mended, only the changes looked at, approved, reopened, compared."""
    sent(people.first, catalogue)
    district = at(visit, "duyet.huyen", DESK)
    ask_back(district, "households", "Thiếu hộ mới tách")
    ask_back(district, "relapsed", "Đối chiếu từng thôn")
    district.locator("#thanh button[value=return]").click()
    asked = district.locator(".asking")
    expect(asked).to_contain_text("Trả lại xã Một 2 chỉ tiêu?")
    expect(asked).to_contain_text("Thiếu hộ mới tách")
    expect(asked.locator("button[value=return]")).to_be_focused()
    assert state() == ("submitted", 1)
    district.keyboard.press("Enter")
    expect(district.locator(".msgbox.success")).to_contain_text("Đã trả lại báo cáo của xã Một")
    assert state() == ("returned", 1)

    officer = at(visit, "xa.mot", FORM)
    expect(officer.locator("tr.msg.ret")).to_have_count(2)
    expect(officer.locator("body")).to_contain_text("Đối chiếu từng thôn")
    for code, number in (("relapsed", "2"), ("poor", "14")):
        cell(officer, code).fill(number)
        cell(officer, code).press("Enter")
    saved(officer)
    sign(officer)

    district.goto(district.url.split("?")[0].split("#")[0])
    expect(district.locator("#loc [aria-current]")).to_contain_text("Thay đổi 3")
    expect(district.locator("tr.r")).to_have_count(3)  # what changed, and what did not as asked
    expect(district.locator("#o-relapsed")).to_contain_text("Đã sửa 1 → 2")
    expect(district.locator("#o-households")).to_contain_text("Đã yêu cầu, chưa sửa")
    conclude(district, "endorse")
    assert state() == ("endorsed", 2)

    province = at(visit, "duyet.tinh", DESK)
    conclude(province, "endorse")
    assert state() == ("approved", 2)
    province.fill("#ghi-chu", "Xã báo thiếu hộ thôn Hai")
    province.locator("button[value=reopen]").click()
    assert state() == ("reopened", 2)

    officer.goto(officer.url.split("/bao-cao/")[0] + FORM)
    cell(officer, "households").fill("110")
    cell(officer, "households").press("Enter")
    saved(officer)
    sign(officer)
    report = Report.objects.get(unit=people.first)
    for username in ("duyet.huyen", "duyet.tinh"):
        endorse(report=report, by=Official.objects.get(username=username))

    province.goto(province.url.split("/duyet/")[0] + VERSIONS)
    expect(province.locator(".eds tbody tr")).to_have_count(5)
    expect(province.locator(".eds")).to_contain_text("Xã báo thiếu hộ thôn Hai")
    province.get_by_role("button", name="So sánh").click()
    compared = province.locator("#so-sanh")
    expect(compared).to_contain_text("Phiên bản chính thức 1 → Phiên bản chính thức 2")
    expect(compared.locator("tbody tr").first).to_contain_text("Tổng số hộ")
    expect(compared.locator("tbody tr").first).to_contain_text("+10")
    assert "Hộ tái nghèo" not in compared.inner_text()


def test_short_way_through_two_tiers(visit: Any, catalogue: Catalogue) -> None:
    """After 1 July 2025 there is no district: the province approves or sends back by itself."""
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    commune = builders.unit("91001", "Xã Hai Cấp", "commune", province)
    officer, _reviewer = (
        official("xa.haicap", commune),
        official("tinh.haicap", province, "reviewer"),
    )
    told_ = [replace(row, period=Period(2025)) for row in filled(commune, catalogue, relapsed="1")]
    save_draft(unit=commune, period=Period(2025), entries=told_, by=officer)
    submit(unit=commune, period=Period(2025), by=officer)

    page = at(visit, "tinh.haicap", "/duyet/91001/2025/")
    expect(page.locator("#thanh button[value=endorse]")).to_contain_text("Duyệt chính thức")
    ask_back(page, "poor", "Xem lại")
    page.locator("#o-poor .k.t").click()  # and thinks better of it
    expect(page.locator("#o-poor .k.t")).to_have_attribute("aria-pressed", "false")
    conclude(page, "endorse")

    assert Report.objects.get().state == "approved"


# -- by keyboard ----------------------------------------------------------------------------------


def long_return(people: Places, catalogue: Catalogue) -> list[Indicator]:
    """117 figures, four of which ask for a look: they are higher than is usual."""
    more = [
        builders.count(f"them-{place}", f"Chỉ tiêu thêm {place}", 20 + place)
        for place in range(112)
    ]
    odd = [more[place] for place in (5, 40, 77, 110)]
    for row in odd:
        row.soft_limits = {"max": 50}
        row.save()
    officer = Official.objects.get(username="xa.mot")
    values = {row: "90" if row in odd else "10" for row in more}
    told_ = [
        *filled(people.first, catalogue),
        *(replace(entry, note="Có biên bản") for entry in entries(people.first, values)),
    ]
    save_draft(unit=people.first, period=Y2024, entries=told_, by=officer)
    submit(unit=people.first, period=Y2024, by=officer)
    return odd


class Keys:
    """Presses keys and counts them; words of a reason are not counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


def test_117_figures_with_four_flags_take_a_dozen_keys(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    """Three flags found right, one figure sent back with its reason: no mouse, no figure missed."""
    odd = long_return(people, catalogue)
    page = at(visit, "duyet.huyen", DESK)
    expect(page.locator("tr.r")).to_have_count(118)
    expect(page.locator("#thanh")).to_contain_text("4 cần xem")
    keys = Keys(page)

    for row in odd[:3]:
        keys.press("Alt+k")
        expect(page.locator("#ben")).to_have_attribute("data-code", row.code)
        expect(page.locator(f"#o-{row.code} .o")).to_be_focused()
        keys.press("Alt+d")
    expect(page.locator("#thanh")).to_contain_text("1 cần xem")
    keys.press("Alt+k", "Alt+t")
    expect(page.locator("#y-kien")).to_be_focused()
    page.keyboard.type("Đối chiếu sổ")
    keys.press("Control+Enter")
    expect(page.locator("#thanh")).to_contain_text("1 trả lại")
    expect(page.locator(f"#o-{odd[3].code} .o")).to_be_focused()
    keys.press("Alt+s")
    expect(page.locator("#thanh button[value=return]")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".asking button[value=return]")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".msgbox.success")).to_be_visible()

    assert keys.pressed == 12
    assert state() == ("returned", 1)
    assert set(Acceptance.objects.values_list("indicator", flat=True)) == {
        row.pk for row in odd[:3]
    }
    assert Comment.objects.get().body == "Đối chiếu sổ"


def test_presses_that_come_faster_than_the_answers_are_all_kept(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    odd = long_return(people, catalogue)
    page = at(visit, "duyet.huyen", DESK)

    for _row in odd:
        page.keyboard.press("Alt+k")
        page.keyboard.press("Alt+d")

    page.keyboard.press("Alt+s")
    page.keyboard.press("Enter")  # waits for the answers to all that was pressed before

    expect(page.locator(".msgbox.success")).to_contain_text("Báo cáo của", timeout=30_000)
    assert Acceptance.objects.count() == 4
    assert state() == ("endorsed", 1)


def test_arrows_go_from_line_to_line_and_tab_stays_in_one(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    sent(people.first, catalogue)
    page = at(visit, "duyet.huyen", DESK)
    page.locator("#o-households .o").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#o-escaped .o")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#o-opening .o")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#o-opening .k").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('tr.r')") is None
    page.locator("#o-opening .o").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#h-ben")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#o-opening .o")).to_be_focused()
    for letter in "dtks":  # nothing hangs on a single letter
        page.keyboard.press(letter)
    assert not Acceptance.objects.exists()
    expect(page.locator("#o-opening .o")).to_be_focused()


def test_reason_is_typed_at_once_however_slow_the_line(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    sent(people.first, catalogue, relapsed="0", poor="12")
    page = at(visit, "duyet.huyen", DESK)
    page.locator("#o-poor .o").focus()
    held: list[Any] = []
    page.route("**/duyet/**y=1*", lambda route: held.append(route))  # noqa: PLW0108  # a builtin it cannot call

    page.keyboard.press("Alt+t")
    page.keyboard.type("Xem lại số")
    while not held:  # the browser tells of a request when it gets to it
        page.wait_for_timeout(20)
    expect(page.locator("#y-kien")).to_have_count(0)
    held[0].continue_()

    expect(page.locator("#y-kien")).to_have_value("Xem lại số")
    expect(page.locator("#y-kien")).to_be_focused()


def test_key_accepts_the_line_one_stands_on_and_no_other(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    """Nobody accepts by a key what they have not gone to."""
    sent(people.first, catalogue, relapsed="0", poor="12")
    page = at(visit, "duyet.huyen", DESK)

    page.locator("#ghi-chu").focus()
    page.keyboard.press("Alt+d")
    page.locator("#o-poor .o").focus()
    page.keyboard.press("Alt+d")
    expect(page.locator("#o-poor .k:not(.t)")).to_have_attribute("aria-pressed", "true")

    assert [row.indicator.code for row in Acceptance.objects.all()] == [catalogue.poor.code]


def test_page_works_without_its_script(visit: Any, people: Places, catalogue: Catalogue) -> None:
    told(people.first, {catalogue.relapsed: "6"}, period=Period(2023))
    sent(people.first, catalogue, relapsed="0", poor="12")
    page = at(visit, "duyet.huyen", DESK, java_script_enabled=False)

    page.locator("#o-relapsed .k:not(.t)").click()
    expect(page.locator("#o-relapsed .k:not(.t)")).to_have_attribute("aria-pressed", "true")
    page.locator("#o-poor .k.t").click()
    page.locator("#cau-mau").select_option(index=2)
    page.locator(".say button[value=request]").click()
    expect(page.locator("#o-poor")).to_contain_text("danh sách rà soát từng thôn")
    page.locator("#thanh button[value=return]").click()
    page.locator(".asking button[value=return]").click()
    expect(page.locator(".msgbox.success")).to_be_visible()
    assert state() == ("returned", 1)


# -- looked at by machine -------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [{"width": 1366, "height": 768}, PHONE], ids=["1366", "360"])
def test_pages_of_review_have_no_accessibility_faults(
    visit: Any, people: Places, catalogue: Catalogue, viewport: dict[str, int]
) -> None:
    """Nor anything beside the window, and the browser has nothing to complain of."""
    told(people.first, {catalogue.relapsed: "6", catalogue.poor: "20"}, period=Period(2023))
    catalogue.rate.soft_limits = {"max": 10}
    catalogue.rate.save()
    sent(people.first, catalogue, relapsed="0", poor="12")
    visitor = visit(viewport=viewport)
    page = visitor.sign_in("duyet.huyen")
    page.goto(visitor.address + DESK)
    page.locator("#o-relapsed .k.t").click()
    page.locator("#y-kien").fill("Đối chiếu từng thôn " * 6)
    page.locator(".say button[value=request]").click()
    expect(page.locator("#thanh")).to_contain_text("1 trả lại")
    addresses = (
        DESK,
        f"{DESK}?o=relapsed",
        f"{DESK}?o=rate",
        f"{DESK}?loc=flags",
        VERSIONS,
        f"{VERSIONS}?xem=n1",
        "/duyet/901/2024/chi-tieu/relapsed/",
        f"{DESK}trao-doi/poor/",
        "/uy-quyen/901/",
    )
    found = {}
    for address in addresses:
        page.goto(visitor.address + address)
        assert beyond(page) <= 0, address
        found[address] = faults(page)
    page.goto(visitor.address + DESK)
    page.locator("#thanh button[value=return]").click()
    expect(page.locator(".asking")).to_be_visible()
    found["asking"] = faults(page)

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_phone_shows_a_figure_in_its_own_view_and_leads_back(
    visit: Any, people: Places, catalogue: Catalogue
) -> None:
    sent(people.first, catalogue)
    page = at(visit, "duyet.huyen", DESK, viewport=PHONE)
    page.locator("#o-poor .o").click()
    expect(page.locator("#h-ben")).to_contain_text("Hộ nghèo cuối kỳ")
    expect(page.locator("#bang")).to_be_hidden()
    page.locator("#dong").click()
    expect(page.locator("#o-poor")).to_be_in_viewport()
