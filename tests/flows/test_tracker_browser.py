"""The tracker and the desk at the width of a telephone: nothing that is pressed is cut off."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from communes.models import Official
from reports.workflow import request_change, return_report
from tests.builders import Catalogue, Places
from tests.flows.conftest import DESK as WIDE
from tests.flows.conftest import PHONE
from tests.flows.test_review_browser import at, people, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["people"]

TRACKER, DESK = "/tien-do/901/2024/", "/duyet/90102/2024/"
CUT = """boxes => boxes.filter(box => {
  const inner = box.getBoundingClientRect()
  for (let at = box.parentElement; at; at = at.parentElement) {
    const outer = at.getBoundingClientRect()
    const clips = at.tagName === 'TD' || getComputedStyle(at).overflowX !== 'visible'
    if (clips && (inner.right > outer.right + 1 || inner.left < outer.left - 1)) return true
  }
  return inner.right > innerWidth + 1
}).map(box => box.textContent.trim())"""


def cut(page: Page, selector: str) -> list[str]:
    """The words of what does not fit in what holds it."""
    found = page.locator(selector)
    expect(found.first).to_be_visible()
    words: list[str] = found.evaluate_all(CUT)
    return words


@pytest.fixture
def sent_again(people: Places, catalogue: Catalogue) -> Places:
    """The rate is flagged as a high one; one figure was sent back and came back changed."""
    catalogue.rate.soft_limits = {"max": "5"}
    catalogue.rate.save()
    report = sent(people.first, catalogue)
    by = Official.objects.get(username="duyet.huyen")
    request_change(report=report, indicator=catalogue.relapsed, body="Xem lại.", by=by)
    return_report(report=report, by=by)
    sent(people.first, catalogue, relapsed="2", poor="14")
    return people


def test_tabs_of_the_desk_are_whole_on_a_telephone(sent_again: Places, visit: Any) -> None:
    page = at(visit, "duyet.huyen", DESK, viewport=PHONE)

    assert page.locator(".filter a").count() >= 4
    assert cut(page, ".filter a") == []


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_what_is_pressed_in_a_line_of_the_desk_is_whole(
    sent_again: Places, visit: Any, size: dict[str, int]
) -> None:
    page = at(visit, "duyet.huyen", DESK + "?loc=all", viewport=size)

    expect(page.get_by_role("link", name="trả lại ô gốc").first).to_be_visible()
    assert cut(page, ".d-dec a, .d-dec button") == []


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_filters_of_the_tracker_are_whole(
    sent_again: Places, visit: Any, size: dict[str, int]
) -> None:
    page = at(visit, "duyet.huyen", TRACKER, viewport=size)

    assert cut(page, ".trk-f a, .lead .seg a, .returns .btn") == []


def test_button_gives_way_to_the_reason_where_nothing_can_be_endorsed_at_once(
    sent_again: Places, visit: Any
) -> None:
    page = at(visit, "duyet.huyen", TRACKER)

    expect(page.get_by_text("Báo cáo này phải mở ra xem, chưa duyệt gộp được")).to_be_visible()
    expect(page.get_by_role("link", name="Duyệt các báo cáo không có cờ")).to_have_count(0)
    page.get_by_role("link", name="vì sao").click()
    expect(page.get_by_text("chỉ tiêu có cờ")).to_be_visible()
