"""By workbook, in a real browser: take the form away, fill it in, hand it in, look, apply."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from communes.enums import Role
from communes.models import Official
from indicators.enums import Stage
from indicators.models import Result
from indicators.rollups import drain
from reports.annexes.build import build_table
from reports.annexes.workbook import write_workbook
from tests import builders
from tests.builders import FILLED, Y2024, Catalogue, Places
from tests.reports import annex_forms
from tests.reports.test_workbook_annex import ONE, typed
from tests.reports.workbook_forms import HOME, UPLOAD, filled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, locale="vi-VN", base_url=live_server.url)
    faults: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


def sign_in(page: Page, live_server: Any, username: str) -> None:
    client = Client()
    client.force_login(Official.objects.get(username=username))
    value = client.cookies[configured.SESSION_COOKIE_NAME].value
    name = configured.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return Path(waiting.value.path()).read_bytes()


def hand_in(page: Page, content: bytes, name: str = "bao-cao.xlsx") -> None:
    page.get_by_label("Chọn tệp (.xlsx, dưới 5 MB)").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="Đọc tệp và xem trước").click()


def looked_at(page: Page, name: str) -> None:
    """No violations, nothing beyond the sides, at both widths; a picture where SCREENSHOTS is."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.response["violations"] == [], found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)


def test_officer_takes_the_form_away_and_hands_it_in(
    page: Page, live_server: Any, places: Places, catalogue: Catalogue
) -> None:
    builders.deadline(places.province)
    builders.official("xa.mot", places.first)
    figures: dict[str, Any] = {code: int(value) for code, value in FILLED.items()}
    sign_in(page, live_server, "xa.mot")
    page.goto(UPLOAD)
    looked_at(page, "upload")
    form = downloaded(page, "Tải mẫu Excel của báo cáo này")

    # one cell is wrong: it is named, nothing can be applied, and the file comes back marked
    hand_in(page, filled(form, {**figures, "escaped": "x", "opening": "20 hộ"}))
    expect(page.get_by_role("heading", level=1)).to_have_text("2 ô sai trong tệp, chưa ghi được")
    expect(page.get_by_role("cell", name="F9", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Ghi")).to_have_count(0)
    looked_at(page, "wrong")
    marked = downloaded(page, "Tải tệp có đánh dấu ô sai")

    page.get_by_role("link", name="Nộp tệp khác").click()
    hand_in(page, filled(marked, {"escaped": 8, "opening": "20"}))
    expect(page.get_by_role("heading", level=1)).to_have_text("Tệp có 5 số mới, 0 số thay đổi")
    looked_at(page, "preview")
    page.get_by_role("button", name="Ghi 5 số vào báo cáo").click()

    page.wait_for_url(f"**{HOME}")
    expect(page.locator("body")).to_contain_text("Đã ghi 5 số từ tệp Excel.")
    shown = {code: page.locator(f"#c-{code}").input_value() for code in FILLED}
    assert shown == FILLED
    assert Result.objects.filter(entered_by__username="xa.mot").count() == 5


def test_refusal_is_said_on_the_page(
    page: Page, live_server: Any, places: Places, catalogue: Catalogue
) -> None:
    builders.official("xa.mot", places.first)
    sign_in(page, live_server, "xa.mot")
    page.goto(UPLOAD)

    hand_in(page, b"xa;ho\n1;2\n", "so-lieu.xlsx")

    expect(page.get_by_role("alert")).to_contain_text("không phải là bảng tính Excel")
    looked_at(page, "refused")


def test_district_hands_in_the_table_of_its_communes(
    page: Page, live_server: Any, places: Places
) -> None:
    annex_forms.measured()
    form = annex_forms.annex(annex_forms.plan(places.district))
    builders.official("huyen", places.district, Role.REVIEWER)
    drain()
    table = write_workbook(build_table(form, places.district, Y2024, Stage.PROVISIONAL))
    sign_in(page, live_server, "huyen")
    page.goto("/bieu/901/2024/doc-lai/")
    looked_at(page, "annex-upload")

    hand_in(page, typed(table, {"Một": dict(ONE), "Hai": dict(ONE)}))
    looked_at(page, "annex-preview")
    page.get_by_role("button", name="Ghi 12 số vào bản nháp của 2 xã").click()

    expect(page.locator("body")).to_contain_text("Đã ghi 12 số từ tệp Excel.")
    looked_at(page, "annex-receipt")
    assert Result.objects.filter(unit=places.second).count() == 6
