"""The files with all tables, by keyboard: stopping one leaves the reader where they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from indicators.enums import Stage
from reports.annexes.printed import version_of
from reports.enums import BatchState
from reports.models import AnnexBatch
from tests import builders
from tests.builders import Y2024, Places
from tests.flows.conftest import Visitor
from tests.reports import annex_forms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch(places: Places) -> AnnexBatch:
    """A job under way, asked for by the reviewer of the district."""
    annex_forms.measured()
    annex_forms.annex(annex_forms.plan(places.district))
    by = builders.official("huyen", places.district, Role.REVIEWER)
    now = timezone.now()
    return AnnexBatch.objects.create(
        unit=places.district,
        period=Y2024.code,
        stage=Stage.PROVISIONAL,
        by=by,
        number=1,
        done=3,
        total=9,
        state=BatchState.RUNNING,
        version=version_of(places.district, Y2024, Stage.PROVISIONAL),
        started_at=now,
        beat_at=now,
    )


@pytest.fixture
def page(batch: AnnexBatch, browser: Browser, live_server: Any) -> Iterator[Page]:
    visitor = Visitor(browser, live_server.url)
    opened = visitor.sign_in("huyen")
    opened.goto(f"{live_server.url}/bieu/{batch.unit.code}/2024/")
    yield opened
    visitor.context.close()
    assert visitor.faults == []


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id || document.activeElement.tagName")
    return found


def test_focus_stays_with_the_job_while_it_goes_on_and_when_it_is_stopped(
    page: Page, batch: AnnexBatch
) -> None:
    stop = page.locator(f"#dung-{batch.pk}")
    stop.focus()

    AnnexBatch.objects.filter(pk=batch.pk).update(done=5)
    expect(page.locator("#zip")).to_contain_text("5/9")  # asked for anew meanwhile
    assert focused(page) == f"dung-{batch.pk}"

    page.keyboard.press("Enter")
    expect(page.get_by_text("Đã dừng lập tệp.")).to_be_visible()
    expect(page.get_by_role("button", name="Tải tất cả (ZIP)")).to_be_focused()
    assert page.locator("#zip progress").count() == 0
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED


def test_box_of_jobs_has_no_fault_of_accessibility(page: Page, batch: AnnexBatch) -> None:
    found = Axe().run(page, context="#zip")

    assert found.violations_count == 0, found.generate_report()


def test_choice_by_keyboard_leads_to_the_table_on_a_phone(page: Page, batch: AnnexBatch) -> None:
    page.set_viewport_size({"width": 360, "height": 720})
    page.locator(".al a:not(.btn)").first.focus()

    page.keyboard.press("Enter")

    expect(page.locator("#xem")).to_be_focused()
    expect(page.locator("#xem")).to_be_in_viewport()
    page.get_by_role("link", name="Về danh mục biểu").click()
    expect(page.locator("#h-list")).to_be_in_viewport()
    page.get_by_role("link", name="Đến bản xem trước biểu").click()
    expect(page.locator("#xem")).to_be_focused()


def test_links_of_the_lists_can_be_hit_with_a_finger(page: Page, batch: AnnexBatch) -> None:
    AnnexBatch.objects.update(state=BatchState.DONE, finished_at=timezone.now())
    page.set_viewport_size({"width": 360, "height": 720})
    page.reload()

    heights = page.evaluate(
        "[...document.querySelectorAll('.past a, .al a, .to-sheet, .to-list')]"
        ".map(link => link.getBoundingClientRect().height)"
    )

    assert len(heights) >= 5
    assert min(heights) >= 24
