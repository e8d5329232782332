"""The entry page for everyone: by keyboard, read aloud, enlarged, in strong contrast, unmoving."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reports.models import Report
from tests.builders import PASSWORD, Catalogue, Places
from tests.flows.conftest import DESK, FORM, PHONE
from tests.flows.test_entry_browser import cell, faults, paste, returned, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENLARGED = {"200 %": {"width": 683, "height": 384}, "400 %": {"width": 320, "height": 256}}
"""What the reference screen has room for at these sizes."""


# -- by keyboard --------------------------------------------------------------------------------


def ring(page: Page) -> Any:
    """Width and colour of the focus ring of what has the focus."""
    return page.evaluate(
        """() => {
            const style = getComputedStyle(document.activeElement);
            return [style.outlineStyle, parseFloat(style.outlineWidth), style.outlineColor];
        }"""
    )


def tab_to(page: Page, what: Any, most: int = 60) -> None:
    """Press Tab until `what` has the focus; on the way everything shows that it has it."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement !== document.body"):
            kind, width, _colour = ring(page)
            assert (kind, width >= 2) == ("solid", True), page.evaluate(
                "document.activeElement.outerHTML.slice(0, 200)"
            )
        if what.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{what} was not reached")


def test_whole_job_is_done_without_a_mouse(visit: Any) -> None:
    """From signing in to sending; nothing holds the focus, and it is always seen."""
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.address}/dang-nhap/?next={FORM}")
    tab_to(page, page.get_by_label("Tên đăng nhập"))
    page.keyboard.type("xa.mot")
    tab_to(page, page.get_by_label("Mật khẩu", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(visitor.address + FORM)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the menu
    tab_to(page, cell(page, "households"))
    for text in ("590", "20", "5", "1", "16"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    saved(page)
    tab_to(page, page.locator("button[name=action][value=submit]"))
    page.keyboard.press("Shift+Tab")  # and back again
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, page.locator("[name=confirmed]"))
    page.keyboard.press("Space")
    tab_to(page, page.locator(".sg button[type=submit]"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Report.objects.get().state == "submitted"


def test_preview_of_a_paste_takes_the_focus_and_gives_it_back(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    paste(page, "590\n20\n")
    dialog = page.locator("#paste-dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("one => one.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(cell(page, "households")).to_be_focused()


def test_page_that_is_landed_on_has_no_ring_and_its_tables_take_its_width(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    """The focus is put at its top by the program: there is nothing there to press."""
    returned(catalogue, places)
    page = visit().open_form()
    cell(page, "poor").fill("19")
    tab_to(page, page.locator("button[name=action][value=submit]"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "noidung"
    assert ring(page)[0] == "none"
    narrower = page.evaluate(
        """() => [...document.querySelectorAll('.sum .tb')].map((table) =>
            document.querySelector('.lead').offsetWidth - table.offsetWidth)"""
    )
    assert narrower
    assert max(narrower) <= 2  # the borders of the box


def test_undo_of_a_paste_is_in_view_wherever_the_page_is(visit: Any, catalogue: Catalogue) -> None:
    page = visit(viewport={"width": 1366, "height": 420}).open_form()
    cell(page, "poor").focus()
    cell(page, "poor").scroll_into_view_if_needed()
    paste(page, "Hộ nghèo cuối kỳ\t16\nTổng số hộ\t590\n")
    page.locator("#paste-dialog").get_by_role("button", name="Điền vào biểu").click()
    expect(page.get_by_role("button", name="Hoàn tác")).to_be_in_viewport()
    page.locator("#kept").get_by_role("button", name="Đóng").click()
    expect(page.locator("#kept")).to_be_hidden()
    expect(cell(page, "poor")).to_have_value("16")


# -- read aloud ---------------------------------------------------------------------------------


def spoken(page: Page) -> list[dict[str, Any]]:
    """What Chromium tells a screen reader: role, name, level of everything that is read."""
    line = page.context.new_cdp_session(page)
    nodes = line.send("Accessibility.getFullAXTree")["nodes"]
    line.detach()
    return [
        {
            "role": node["role"]["value"],
            "name": " ".join(node.get("name", {}).get("value", "").split()),
            **{one["name"]: one["value"].get("value") for one in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1366", "360"])
def test_every_control_is_read_with_the_number_name_and_unit_of_its_line(
    visit: Any, catalogue: Catalogue, viewport: dict[str, int]
) -> None:
    page = visit(viewport=viewport).open_form()
    read = spoken(page)
    boxes = [node["name"] for node in read if node["role"] == "textbox"]
    assert boxes[:2] == ["1.1 Tổng số hộ, hộ", "Ghi chú: 1.1 Tổng số hộ"]
    assert [name for name in boxes if not re.match(r"(Ghi chú: )?\d+\.\d+ .*\w", name)] == []
    lists = [node["name"] for node in read if node["role"] == "combobox"]
    assert lists[0] == "Trả lời: 1.1 Tổng số hộ"
    headers = [node["name"] for node in read if node["role"] == "rowheader"]
    assert "1.1 Tổng số hộ" in headers  # the blocks of a phone are rows of a table still


def test_headings_landmarks_and_language_are_in_order(visit: Any) -> None:
    page = visit().open_form()
    read = spoken(page)
    levels = [node["level"] for node in read if node["role"] == "heading"]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    roles = {node["role"] for node in read}
    assert {"banner", "main", "navigation"} <= roles
    regions = [node["name"] for node in read if node["role"] in {"region", "navigation"}]
    assert all(regions)
    assert len(set(regions)) == len(regions)
    assert page.locator("html").get_attribute("lang") == "vi"


def test_saving_is_told_politely_and_not_while_typing(visit: Any) -> None:
    """One word of each state: not one a key."""
    page = visit().open_form()
    line = page.locator("#save-state")
    assert line.get_attribute("role") == "status"
    page.evaluate(
        """() => {
            window.told = [];
            new MutationObserver(() => {
                const words = document.getElementById('save-state').textContent;
                if (words !== window.told.at(-1)) window.told.push(words);
            }).observe(document.getElementById('save-state'), {childList: true, subtree: true});
        }"""
    )
    cell(page, "households").focus()
    page.keyboard.type("123456789", delay=30)
    assert len(page.evaluate("window.told")) <= 1
    page.keyboard.press("Enter")
    saved(page)
    assert len(page.evaluate("window.told")) <= 3


def test_what_is_wrong_is_told_where_it_is_typed(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").fill("sáu trăm")
    cell(page, "households").press("Enter")
    [told] = [node for node in spoken(page) if node["name"] == "1.1 Tổng số hộ, hộ"]
    assert told["invalid"] == "true"
    described = cell(page, "households").get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_contain_text("không phải là số")
    cell(page, "households").fill("590")
    cell(page, "households").press("Enter")
    expect(cell(page, "households")).to_have_attribute("aria-invalid", "false")
    assert cell(page, "households").get_attribute("aria-describedby") is None


def test_dialogs_have_no_accessibility_faults(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    paste(page, "Hộ nghèo cuối kỳ\t20\t16\nTổng số hộ\t580\t590\n")
    expect(page.locator("#paste-dialog")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("a.mc").first.click()
    expect(page.locator("#mc-dialog h2")).to_be_visible()
    assert faults(page) == []


# -- enlarged, in strong contrast, unmoving -----------------------------------------------------


@pytest.mark.parametrize("way", list(ENLARGED))
def test_enlarged_nothing_is_cut_off_and_the_page_does_not_scroll_sideways(
    visit: Any, catalogue: Catalogue, places: Places, way: str
) -> None:
    returned(catalogue, places)
    visitor = visit(viewport=ENLARGED[way])
    page = visitor.sign_in()
    for path in ("/bao-cao/", FORM, f"{FORM}lich-su/", f"{FORM}minh-chung/poor/"):
        page.goto(visitor.address + path)
        assert beyond(page) <= 0, path
        assert cut_off(page) == [], path


def beyond(page: Page) -> int:
    """How many pixels of the page lie beside the window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide


def cut_off(page: Page) -> list[str]:
    """Controls whose own words do not fit into them."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, label, .st, .save')]
            .filter((one) => one.checkVisibility() && !one.closest('.vh, .skip'))
            .filter((one) => getComputedStyle(one).display !== 'inline')
            .filter((one) => one.scrollWidth > one.clientWidth + 1
                || one.scrollHeight > one.clientHeight + 3)
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    return found


def test_strong_contrast_keeps_rings_borders_and_words(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    returned(catalogue, places)
    page = visit(forced_colors="active").open_form()
    cell(page, "poor").focus()
    kind, width, colour = ring(page)
    assert (kind, width) == ("solid", 3)
    assert colour != page.evaluate("getComputedStyle(document.body).backgroundColor")
    expect(page.locator("tr[data-row=poor] .cp")).to_have_text("Lỗi phải sửa")
    borders = page.evaluate(
        """() => ['#c-poor', '.grid tr.err', '.top a[aria-current]', '#progress']
            .map((name) => document.querySelector(name))
            .map((one) => {
                const style = getComputedStyle(one.matches('tr') ? one.cells[0] : one);
                return ['Top', 'Left', 'Bottom'].some(
                    (side) => parseFloat(style[`border${side}Width`]) > 0
                        && style[`border${side}Style`] !== 'none');
            })"""
    )
    assert borders == [True, True, True, True]


def test_nothing_moves_for_who_asks_for_stillness(visit: Any) -> None:
    page = visit(reduced_motion="reduce").open_form()
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter((one) => {
            const style = getComputedStyle(one);
            return style.scrollBehavior === 'smooth'
                || style.transitionDuration.split(',').some((time) => parseFloat(time) > 0.01)
                || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0.01);
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert moving == []
