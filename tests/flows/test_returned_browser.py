"""A return that came back, as its unit reads it on the form and its versions on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from communes.models import Official
from indicators.enums import Answer
from reports import workflow
from tests.builders import Y2024, Catalogue, Places, entries
from tests.flows.conftest import PHONE
from tests.flows.test_entry_browser import returned, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VERSIONS = "/duyet/90102/2024/phien-ban/"


def test_day_it_came_back_is_no_count_of_answers(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    day = timezone.localtime(returned(catalogue, places).events.latest("at").at)
    page = visit().open_form()
    expect(page.locator("#progress-text")).to_contain_text("/")
    page.locator("#c-relapsed").fill("2")
    page.locator("#c-relapsed").press("Enter")
    saved(page)
    expect(page.locator(".lead .st")).to_have_text(f"Bị trả lại ngày {day:%d/%m/%Y}")


def test_badge_of_a_draft_counts_what_is_answered(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    officer = Official.objects.get(username="xa.mot")
    told = entries(places.first, {catalogue.households: "100"})
    assert told[0].answer == Answer.VALUE
    workflow.save_draft(unit=places.first, period=Y2024, entries=told, by=officer)
    page = visit().open_form()
    badge = page.locator(".lead .st")
    expect(badge).to_contain_text("đang nhập 1/")
    page.locator("#c-relapsed").fill("2")
    page.locator("#c-relapsed").press("Enter")
    expect(badge).to_contain_text("đang nhập 2/")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_returned_line_keeps_its_words_apart(
    visit: Any, catalogue: Catalogue, places: Places, *, script: bool
) -> None:
    returned(catalogue, places)
    page = visit(java_script_enabled=script).open_form()
    note = page.locator("tr.r:has(#c-relapsed) td.nt").inner_text()
    assert "Thêm minh chứng" in [part.strip() for part in note.splitlines()]
    names = page.locator("#entry-form [aria-label]").evaluate_all(
        "all => all.map((one) => one.getAttribute('aria-label'))"
    )
    assert len(names) > 5
    assert [name for name in names if "\t" in name or "\n" in name] == []


def test_choice_of_two_versions_keeps_off_the_edge_of_a_phone(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    report = returned(catalogue, places)
    officer = Official.objects.get(username="xa.mot")
    told = entries(places.first, {catalogue.relapsed: "1"})
    workflow.save_draft(unit=report.unit, period=Y2024, entries=told, by=officer)
    workflow.submit(unit=report.unit, period=Y2024, by=officer)
    visitor = visit(viewport=PHONE)
    page = visitor.sign_in()
    page.goto(visitor.address + VERSIONS)
    edges = page.evaluate(
        """() => {
            const [card, box] = ['.sec:has(.pick)', '.pick select'].map((one) =>
                document.querySelector(one).getBoundingClientRect());
            return [box.left - card.left, card.right - box.right];
        }"""
    )
    assert min(edges) >= 8
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
