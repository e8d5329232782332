"""Evidence in a real browser: photos shrunk, the line cut, the dialog, the keyboard.

Source: issue 5, Evidence; ui/design.md, Accessibility.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings, settings
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.test import Client
from django.urls import get_resolver, path
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Route, expect

from communes.access import Policy, policy
from communes.enums import Role
from communes.models import Official, Unit
from reports.attaching import attach, evidence_of
from reports.evidence import views
from reports.evidence.page import FigureRow
from reports.models import Evidence
from reports.returns import return_of
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled
from tests.reports import evidence_files as files

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls(__name__),
]

PAGE = "/bao-cao/90102/2024/minh-chung/poor/"
GRID = "/bao-cao/90102/2024/luoi"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
PHOTO = (4000, 3000)


# -- a grid with nothing but its evidence ----------------------------------------------------------

TABLE = """{% extends "base.html" %}{% load static %}
{% block styles %}<link rel="stylesheet" href="{% static "form.css" %}">{% endblock %}
{% block title %}Báo cáo{% endblock %}
{% block content %}<h1>Báo cáo</h1>
<table class="tb"><tbody>{% for row in rows %}<tr>
<th scope="row">{{ row.indicator.name }}</th>
<td>{% include "evidence/partials/_cell.html" %}</td>
</tr>{% endfor %}</tbody></table>
{% include "evidence/partials/_dialog.html" %}{% endblock %}"""


@policy(Policy.SIGNED_IN)
def grid(request: HttpRequest) -> HttpResponse:
    current = return_of(Unit.objects.get(code="90102"), Y2024)
    may_type = Official.objects.get(pk=request.user.pk).username == "xa.mot"
    attached = evidence_of(current.report, as_sent=not may_type)
    rows = [
        FigureRow(row.indicator, row.kind, attached.get(row.indicator.pk, []))
        for row in current.rows
    ]
    context = {
        "rows": rows,
        "current": current,
        "may_type": may_type and current.report.is_editable,
    }
    return HttpResponse(Template(TABLE).render(RequestContext(request, context)))


urlpatterns = [
    path("bao-cao/90102/2024/luoi", grid),
    *get_resolver("povertyplan.urls").url_patterns,
]
handler403 = "communes.views.forbidden"
handler404 = "communes.views.not_found"


# -- people and files ------------------------------------------------------------------------------


class Visitor:
    """One browser window of one person. Anything the page logs as an error fails the test."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(**{"viewport": DESK, "locale": "vi-VN", **options})
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        expected = "Failed to load resource"  # refusals and cut lines are part of the tests
        if message.type == "error" and expected not in message.text:
            self.faults.append(message.text)

    def sign_in(self, username: str) -> None:
        client = Client()
        client.force_login(Official.objects.get(username=username))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address}
        self.context.add_cookies([cookie])  # type: ignore[list-item]

    def open(self, address: str, username: str = "xa.mot") -> Page:
        self.sign_in(username)
        self.page.goto(self.address + address)
        return self.page

    def open_dialog(self, username: str = "xa.mot") -> Page:
        page = self.open(GRID, username)
        row(page).get_by_role("link").last.click()
        expect(page.locator("#mc-h")).to_have_text("Hộ nghèo cuối kỳ")
        return page


@pytest.fixture
def here(places: Places, catalogue: Catalogue, settings: LazySettings, tmp_path: Path) -> Places:
    settings.MEDIA_ROOT = tmp_path / "files"
    builders.deadline(places.province)
    builders.official("xa.mot", places.first)
    builders.official("huyen", places.district, Role.REVIEWER)
    return places


@pytest.fixture
def visit(here: Places, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open a window: visit(viewport=PHONE), visit(java_script_enabled=False)…"""
    opened: list[Visitor] = []

    def new(**options: Any) -> Visitor:
        opened.append(Visitor(browser, live_server.url, **options))
        return opened[-1]

    yield new
    for visitor in opened:
        visitor.context.close()
    assert [fault for visitor in opened for fault in visitor.faults] == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """As a phone takes it, held upright: lying, with a note to turn it; its place in it."""
    noise = Image.effect_noise(PHOTO, 40)
    left = Image.linear_gradient("L").resize(PHOTO)
    picture = Image.merge("RGB", (noise, left, ImageOps.mirror(left.rotate(90).resize(PHOTO))))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Hãng máy ảnh"
    where = tmp_path / "ảnh nhà.jpeg"
    picture.save(where, quality=92, exif=exif)
    return where


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    where = tmp_path / "biên bản.pdf"
    where.write_bytes(files.pdf(b"x" * 50_000))
    return where


def row(page: Page) -> Any:
    return page.get_by_role("row", name="Hộ nghèo cuối kỳ")


def add(page: Page, *chosen: Path, decision: str = "") -> None:
    page.set_input_files("#mc-file", list(chosen))
    page.get_by_label("Số, ngày văn bản").fill(decision)
    page.get_by_role("button", name="Thêm minh chứng").click()


def listed(page: Page) -> Any:
    return page.locator(".mc-list li")


def told(page: Page) -> Any:
    return page.locator(".mc-said")


# -- photos ----------------------------------------------------------------------------------------


def colour_at(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    place = (int(x * (picture.width - 1)), int(y * (picture.height - 1)))
    return picture.convert("RGB").getpixel(place)[1:]  # type: ignore[index,return-value]


def test_photo_is_shrunk_turned_and_sent_without_what_the_camera_wrote(
    visit: Any, photo: Path
) -> None:
    page = visit().open_dialog()
    add(page, photo)
    expect(listed(page)).to_have_count(1)

    stored = Evidence.objects.get()
    assert (stored.name, stored.content_type) == ("ảnh nhà.jpg", "image/jpeg")
    assert stored.size < photo.stat().st_size / 4
    with Image.open(stored.file.path) as found, Image.open(photo) as taken:
        assert found.size == (1200, 1600)
        assert not found.getexif()
        upright = ImageOps.exif_transpose(taken)
        for x, y in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
            near = zip(colour_at(found, x, y), colour_at(upright, x, y), strict=True)
            assert all(abs(one - other) < 24 for one, other in near)


def test_small_photo_and_paper_are_sent_as_they_are(
    visit: Any, tmp_path: Path, paper: Path
) -> None:
    small = tmp_path / "nhỏ.png"
    small.write_bytes(files.picture("PNG", (1600, 900)))
    page = visit().open_dialog()
    add(page, small, paper, decision="QĐ 12/QĐ-UBND")
    expect(listed(page)).to_have_count(2)
    expect(page.get_by_label("Số, ngày văn bản")).to_have_value("")

    stored = {one.name: Path(one.file.path).read_bytes() for one in Evidence.objects.all()}
    assert stored == {"nhỏ.png": small.read_bytes(), "biên bản.pdf": paper.read_bytes()}
    assert set(Evidence.objects.values_list("decision", flat=True)) == {"QĐ 12/QĐ-UBND"}


def test_reviewer_opens_what_was_sent(visit: Any, photo: Path, catalogue: Catalogue) -> None:
    officer = Official.objects.get(username="xa.mot")
    unit = Unit.objects.get(code="90102")
    page = visit().open_dialog()
    add(page, photo, decision="QĐ 12")
    expect(listed(page)).to_have_count(1)
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=officer)
    above = visit()
    expect(row(above.open(GRID, "huyen")).get_by_role("link")).to_have_count(0)

    submit(unit=unit, period=Y2024, by=officer)
    page = above.open_dialog("huyen")

    expect(page.locator(".mc-fig")).to_have_text(re.compile(r"Kết quả năm 2024:\s+13\s+hộ"))
    expect(listed(page)).to_contain_text("Văn bản: QĐ 12")
    expect(page.get_by_label("Thêm tệp")).to_have_count(0)
    with above.context.expect_page() as opened:
        listed(page).get_by_role("link", name="ảnh nhà.jpg").click()
    picture = opened.value.locator("img")
    assert picture.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [1200, 1600]
    opened.value.close()


def test_photo_is_opened_where_nothing_else_may_run(visit: Any) -> None:
    """The picture's own page: no scripts, no access to the rest of the site."""
    stored = attached(files.picture("JPEG", (300, 200)), "anh.jpg")
    page = visit().open(f"/minh-chung/{stored.pk}/{stored.name}")

    assert page.locator("img").evaluate("one => one.naturalWidth") == 300
    assert page.evaluate("window.origin") == "null"


def attached(content: bytes, name: str) -> Evidence:
    return attach(
        unit=Unit.objects.get(code="90102"),
        period=Y2024,
        indicator=builders.Indicator.objects.get(code="poor"),
        by=Official.objects.get(username="xa.mot"),
        upload=files.upload(content, name),
    )


# -- the line --------------------------------------------------------------------------------------


def test_file_chosen_without_a_network_is_kept_and_sent_when_there_is_one(
    visit: Any, paper: Path
) -> None:
    visitor = visit()
    page = visitor.open_dialog()
    visitor.context.set_offline(True)
    add(page, paper, decision="QĐ 12")

    expect(told(page)).to_contain_text("Gửi tệp cần có mạng. Tệp đã chọn vẫn giữ ở đây")
    expect(page.locator(".mc-queue")).to_contain_text("biên bản.pdf chưa gửi được")
    page.keyboard.press("Escape")
    row(page).get_by_role("link").click()
    expect(page.locator(".mc-in")).to_contain_text(
        "Không mở được: xem và gửi minh chứng cần có mạng"
    )
    page.keyboard.press("Escape")
    assert not Evidence.objects.exists()

    visitor.context.set_offline(False)
    expect(row(page)).to_contain_text("biên bản.pdf")
    stored = Evidence.objects.get()
    assert (stored.name, stored.decision) == ("biên bản.pdf", "QĐ 12")


def test_closed_and_opened_again_the_dialog_still_has_what_failed(visit: Any, paper: Path) -> None:
    page = visit().open_dialog()
    page.route(f"**{PAGE}", cut)
    add(page, paper)
    expect(page.locator(".mc-queue li")).to_have_count(1)
    page.keyboard.press("Escape")
    row(page).get_by_role("link").click()

    again = page.get_by_role("button", name="Gửi lại: biên bản.pdf")
    expect(again).to_be_visible()
    page.unroute_all()
    again.press("Enter")
    expect(listed(page)).to_have_count(1)
    expect(page.locator(".mc-queue")).to_be_hidden()
    assert Evidence.objects.get().name == "biên bản.pdf"


def cut(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def test_answer_lost_on_its_way_does_not_make_two(
    visit: Any, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has written, and falls over before it says so."""

    def fall(*_arguments: object, **_more: object) -> HttpResponse:
        raise RuntimeError("sự cố sau khi ghi")

    page = visit().open_dialog()
    monkeypatch.setattr(views, "_show", fall)
    add(page, paper)
    expect(page.locator(".mc-queue li")).to_contain_text("chưa gửi được")
    assert Evidence.objects.count() == 1

    monkeypatch.undo()
    page.get_by_role("button", name="Gửi lại").click()
    expect(listed(page)).to_have_count(1)
    assert Evidence.objects.count() == 1


def test_session_that_ended_is_said_and_the_file_kept(visit: Any, paper: Path) -> None:
    visitor = visit()
    page = visitor.open_dialog()
    visitor.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    add(page, paper)
    expect(told(page)).to_contain_text("Phiên làm việc đã hết: đăng nhập lại ở thẻ khác")

    visitor.sign_in("xa.mot")
    page.get_by_role("button", name="Gửi lại").click()
    expect(listed(page)).to_have_count(1)


def test_leaving_with_a_file_unsent_asks_first(visit: Any, paper: Path) -> None:
    page = visit().open_dialog()
    page.route(f"**{PAGE}", cut)
    add(page, paper)
    expect(page.locator(".mc-queue li")).to_contain_text("chưa gửi được")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))

    page.close(run_before_unload=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]


# -- the dialog ------------------------------------------------------------------------------------


def test_bad_file_is_said_and_the_others_go(visit: Any, tmp_path: Path, paper: Path) -> None:
    bad, huge = tmp_path / "hỏng.pdf", tmp_path / "to.pdf"
    bad.write_bytes(files.PROGRAM)
    huge.write_bytes(files.pdf(b"x" * 11 * 1024**2))
    page = visit().open_dialog()
    add(page, bad, huge, paper)
    expect(listed(page)).to_have_count(1)

    queue = page.locator(".mc-queue li")
    expect(queue).to_have_text(
        [
            re.compile("hỏng.pdf Đây là tệp chương trình, không phải minh chứng"),
            re.compile("to.pdf lớn hơn 10 MB, mức nhận tối đa của một tệp"),
        ]
    )
    page.get_by_role("button", name="Bỏ: hỏng.pdf").click()
    expect(queue).to_have_count(1)
    assert Evidence.objects.get().name == "biên bản.pdf"


def test_grid_behind_shows_what_the_dialog_changed(visit: Any, paper: Path) -> None:
    page = visit().open_dialog()
    add(page, paper)
    expect(listed(page)).to_have_count(1)
    expect(row(page)).to_contain_text("biên bản.pdf")

    page.get_by_role("link", name="Gỡ biên bản.pdf").click()
    confirm = page.get_by_role("form", name="Gỡ minh chứng")
    expect(confirm).to_contain_text("Gỡ “biên bản.pdf” khỏi chỉ tiêu này?")
    expect(confirm.get_by_role("button", name="Gỡ")).to_be_focused()
    confirm.get_by_role("link", name="Giữ lại").click()
    expect(confirm).to_have_count(0)
    page.get_by_role("link", name="Gỡ biên bản.pdf").click()
    confirm.get_by_role("button", name="Gỡ").click()

    expect(page.locator(".mc-in").get_by_role("status").first).to_contain_text("Đã gỡ.")
    expect(row(page)).not_to_contain_text("biên bản.pdf")
    assert Evidence.objects.get().removed_by == Official.objects.get(username="xa.mot")


def test_whole_job_by_keyboard(visit: Any) -> None:
    page = visit().open(GRID)
    row(page).get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mc-h")).to_be_focused()

    page.keyboard.press("Tab")
    expect(page.get_by_label("Thêm tệp")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Quyết định 12/QĐ-UBND")
    page.keyboard.press("Enter")
    expect(listed(page)).to_contain_text("Văn bản: Quyết định 12/QĐ-UBND")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page)).to_contain_text("Quyết định 12/QĐ-UBND")
    expect(row(page).get_by_role("link", name="Thêm minh chứng")).to_be_focused()


def test_nothing_chosen_is_said_at_once(visit: Any) -> None:
    page = visit().open_dialog()
    page.get_by_role("button", name="Thêm minh chứng").click()

    expect(told(page)).to_have_text("Chọn tệp, hoặc ghi số, ngày của văn bản có số liệu này.")
    expect(page.get_by_label("Thêm tệp")).to_be_focused()


def test_everything_works_without_scripts(visit: Any, paper: Path) -> None:
    page = visit(java_script_enabled=False).open(GRID)
    row(page).get_by_role("link").click()
    add(page, paper, decision="QĐ 12")
    expect(page.get_by_role("status").first).to_contain_text("Đã thêm 1 minh chứng.")

    page.get_by_role("link", name="Gỡ biên bản.pdf").click()
    page.get_by_role("button", name="Gỡ").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã gỡ.")
    expect(listed(page)).to_have_count(0)


# -- accessibility ---------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_page_and_dialog_keep_the_rules_of_accessibility(
    visit: Any, viewport: dict[str, int], tmp_path: Path, paper: Path
) -> None:
    bad = tmp_path / ("một tên tệp rất dài không có chỗ ngắt " + "x" * 60 + ".pdf")
    bad.write_bytes(files.PROGRAM)
    visitor = visit(viewport=viewport)
    page = visitor.open_dialog()
    faults = violations(page)
    add(page, bad, paper, decision="Quyết định số 12/QĐ-UBND ngày 15/11/2024")
    expect(page.locator(".mc-queue li")).to_have_count(1)
    expect(listed(page)).to_have_count(1)
    faults += violations(page)
    page.get_by_role("link", name="Gỡ biên bản.pdf").click()
    expect(page.locator(".mc-go")).to_be_visible()
    faults += violations(page)
    assert page.locator(".mc-in").evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    visitor.open(PAGE)
    faults += violations(page)

    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_picture_made_here_is_what_the_tests_take_it_for(photo: Path) -> None:
    """Else the first test would pass on a photo that needs no shrinking."""
    with Image.open(io.BytesIO(photo.read_bytes())) as taken:
        assert taken.size == PHOTO
        assert taken.getexif()[0x0112] == 6
    assert photo.stat().st_size > 2 * 1024**2
