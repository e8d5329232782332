"""Pictures in a real browser: read at both widths, saved as files, printed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from communes.enums import Role
from communes.models import Boundary
from tests import builders
from tests.builders import Catalogue, Places
from tests.flows.conftest import DESK, PHONE
from tests.plans.promises import reported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/hinh/901/2024/?chi-tieu=rate"


@pytest.fixture
def drawn(here: Places, catalogue: Catalogue) -> Places:
    """Two years of figures, a balance, and the boundary of two of three communes."""
    catalogue.opening.prefill_offset = -1
    catalogue.opening.save()
    for year in (2023, 2024):
        reported(
            year,
            {
                unit: {row: builders.FILLED[row.code] for row in catalogue.inputs}
                for unit in here.communes
            },
        )
    for place, unit in enumerate((here.first, here.second)):
        west = 104.0 + 0.1 * place
        ring = [[west, 22.0], [west + 0.1, 22.0], [west + 0.1, 22.1], [west, 22.1], [west, 22.0]]
        Boundary.objects.create(unit=unit, rings=[[ring]], middle=[west + 0.05, 22.05])
    builders.official("lanh.dao", here.province, Role.LEADER)
    return here


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_page_is_read_at_both_widths(drawn: Places, visit: Any, viewport: dict[str, int]) -> None:
    visitor = visit(viewport=viewport)
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)

    expect(page.locator(".pic")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert Axe().run(page).response["violations"] == []
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll(".draw svg text")].map((row) =>
            row.getBoundingClientRect().height))"""
    )
    assert smallest >= 8  # words in pictures can still be read on a phone


def test_map_lies_as_the_ground_does(drawn: Places, visit: Any) -> None:
    visitor = visit()
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)
    first, second = (
        page.locator(f".pic-ban-do path:has(title:text('{name}'))").evaluate(
            "(area) => { const {x, width, height} = area.getBBox(); return {x, width, height} }"
        )
        for name in ("Xã Một", "Xã Hai")
    )

    assert first["x"] + first["width"] == pytest.approx(second["x"], abs=0.2)
    # a degree of longitude is shorter than one of latitude: cos 22.05°
    assert first["width"] / first["height"] == pytest.approx(0.927, abs=0.005)


def test_picture_is_saved_as_png_svg_and_csv(drawn: Places, visit: Any, tmp_path: Path) -> None:
    visitor = visit(accept_downloads=True)
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)
    files = page.locator(".pic-ban-do .files")

    with page.expect_download() as png:
        files.get_by_role("button", name="PNG").click()
    with page.expect_download() as svg:
        files.get_by_role("link", name="SVG").click()
    with page.expect_download() as table:
        files.get_by_role("link", name="CSV").click()

    assert png.value.suggested_filename == "ban-do-rate-901-2024.png"
    picture = Image.open(BytesIO(png.value.path().read_bytes()))
    assert picture.format == "PNG"
    assert picture.width == 720
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 3  # not an empty sheet
    assert svg.value.path().read_text().startswith("<?xml")
    assert "Xã Một;13;1/1" in table.value.path().read_text(encoding="utf-8-sig")


def test_without_scripts_the_files_are_still_there(drawn: Places, visit: Any) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)

    expect(page.get_by_role("link", name="SVG").first).to_be_visible()
    expect(page.get_by_role("button", name="PNG")).to_have_count(0)


def test_keyboard_reaches_the_table_of_a_picture(drawn: Places, visit: Any) -> None:
    visitor = visit()
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)
    page.locator(".pic-bien-dong summary").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".pic-bien-dong table")).to_be_visible()
    expect(page.locator(".pic-bien-dong tbody tr").last).to_contain_text("39")


def test_pictures_print_whole(drawn: Places, visit: Any) -> None:
    visitor = visit()
    page = visitor.sign_in("lanh.dao")
    page.goto(visitor.address + PAGE)
    page.emulate_media(media="print")

    assert page.locator(".files").first.is_hidden()
    assert page.locator(".draw svg").first.is_visible()
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
