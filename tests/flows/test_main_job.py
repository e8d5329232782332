"""The main job, through the pages its users have: enter, submit, return, endorse, approve, biểu.

Hoàng Thu Phố's return for 2024 in the demo's catalogue and sample, in a real Chromium.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import Figure, figures
from indicators.models import Indicator
from povertyplan.lib.xlsx import read_sheet
from tests.builders import Y2024

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TYPED = {
    "total_households": "592",
    "minority_households": "499",
    "population": "3.580",
    "escaped_poor_households": "40",
    "households_poor_to_near_poor": "15",
    "poor_other_out_households": "1",
    "households_near_poor_to_poor": "0",
    "relapsed_poor_households": "2",
    "newly_poor_households": "0",
    "poor_other_in_households": "0",
    "poor_households": "190",
    "poor_minority_households": "170",
    "poor_persons": "1.200",
    "escaped_near_poor_households": "46",
    "near_poor_other_out_households": "1",
    "relapsed_near_poor_households": "0",
    "newly_near_poor_households": "1",
    "near_poor_other_in_households": "0",
    "near_poor_households": "98",
    "near_poor_minority_households": "80",
    "near_poor_persons": "600",
    "income_per_capita": "33,1",
    "social_protection_groups_served": "5",
}
"""A whole return; the poor households do not balance: 232 − 40 − 1 + 0 + 2 + 0 + 0 = 193."""

SignIn = Callable[[str], Page]


@pytest.fixture
def demo(settings: LazySettings) -> None:
    settings.DEMO_MODE = True
    call_command("load_catalogue", verbosity=0)
    call_command("load_demo", verbosity=0)


@pytest.fixture
def sign_in(
    demo: None, live_server: LiveServer, browser: Browser, settings: LazySettings
) -> Iterator[SignIn]:
    """Open a browser of one's own for each person."""
    contexts = []

    def open_for(username: str) -> Page:
        context = browser.new_context(
            base_url=live_server.url, locale="vi-VN", viewport={"width": 1366, "height": 768}
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/dang-nhap/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", settings.DEMO_PASSWORD)
        page.get_by_role("button", name="Đăng nhập", exact=True).click()
        page.wait_for_url(lambda url: "dang-nhap" not in url)
        return page

    yield open_for
    for context in contexts:
        context.close()


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


def figure(code: str, unit: str, stage: str) -> Figure:
    place = Unit.objects.named(unit, on=Y2024.end)
    indicator = Indicator.objects.get(code=code)
    assert place is not None
    return figures([place], [indicator], [Y2024], stage)[place.pk, indicator.pk, "2024"]


def cell(page: Page, code: str) -> str:
    return f"[name='v-{code}']"


def answer_the_rest(officer: Page) -> None:
    """What the plans ask besides the review is not applicable, and every line has its reason."""
    officer.evaluate(
        """() => {
            const tell = (control, value) => {
                control.value = value;
                for (const kind of ['input', 'change']) {
                    control.dispatchEvent(new Event(kind, {bubbles: true}));
                }
            };
            for (const choice of document.querySelectorAll('select[name^="na-"]')) {
                const code = choice.name.slice(3);
                const part = (name) => document.getElementsByName(`${name}-${code}`)[0];
                if (!part('v').value) tell(choice, 'na');
                const note = part('note');
                if (note && !note.value) tell(note, 'Theo sổ theo dõi của xã');
            }
        }"""
    )
    expect(officer.locator("#count-missing")).to_be_hidden()


def submit(page: Page) -> None:
    """Save the form and go on to the summary."""
    page.locator("button[name=action][value=submit]").click()
    page.wait_for_url("**/nop/#noidung")


def sign(page: Page) -> None:
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Ký và nộp lên huyện Bắc Hà").click()
    page.wait_for_url("**/2024/#noidung")


def conclude(page: Page, decision: str) -> None:
    """Press the button of the whole return, and answer what is asked once more."""
    with page.expect_navigation():
        page.locator(f"#thanh button[value={decision}]").click()
    again = page.locator(f".asking button[value={decision}]")
    if again.count():
        again.click()


def test_main_job_from_entry_to_the_downloaded_bieu(sign_in: SignIn, tmp_path: Path) -> None:
    before = figure("poor_households", "085", Stage.PROVISIONAL)

    # the officer sees what is owed and by when, and opens the return
    officer = sign_in("xa.hoangthupho")
    expect(officer.locator("body")).to_contain_text("14/12/2024")
    officer.get_by_role("link", name="2024").first.click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("xã Hoàng Thu Phố")

    # types the household review; is told in place that the movement does not balance
    for code, text in TYPED.items():
        officer.fill(cell(officer, code), text)
    officer.locator(cell(officer, "poor_households")).blur()
    wrong = officer.locator("tr.msg.found.err").filter(has_text="Cân đối biến động hộ nghèo")
    expect(wrong).to_contain_text("193")
    expect(wrong).to_contain_text("190")
    picture(officer, "1-can-doi-1366")

    # saves a draft: it counts nowhere
    officer.get_by_role("button", name="Lưu nháp").click()
    expect(officer.get_by_role("status").first).to_contain_text("lưu")
    officer.reload()
    expect(officer.locator(cell(officer, "income_per_capita"))).to_have_value("33,1")
    assert figure("poor_households", "085", Stage.PROVISIONAL) == before

    # cannot send what does not balance; takes the value offered, sends
    submit(officer)
    expect(officer.locator("body")).to_contain_text("Cân đối biến động hộ nghèo")
    assert figure("poor_households", "085", Stage.PROVISIONAL).reported == before.reported
    expect(officer.get_by_role("button", name="Ký và nộp")).to_have_count(0)
    picture(officer, "1-chua-nop-duoc-1366")
    officer.get_by_role("link", name="Về biểu nhập để sửa").click()
    officer.fill(cell(officer, "poor_households"), "193")
    answer_the_rest(officer)
    submit(officer)
    picture(officer, "1-ky-nop-1366")
    sign(officer)
    expect(officer.locator("body")).to_contain_text("Chờ duyệt")
    sent = figure("poor_households", "085", Stage.PROVISIONAL)
    assert sent.value == (before.value or 0) + 193
    assert (sent.reported, sent.expected) == (before.reported + 1, 18)

    # the district sees 18 units for 2024 and 19 for 2023, opens the return
    district = sign_in("huyen.bacha")
    expect(district.get_by_role("heading", level=1)).to_contain_text("/18")
    picture(district, "2-tien-do-1366")
    district.goto("/tien-do/085/2023/")
    expect(district.get_by_role("heading", level=1)).to_contain_text("/19")
    district.goto("/duyet/02863/2024/")

    # sends one figure back with a comment
    row = district.locator("tr.r").filter(has_text="Hộ nghèo phát sinh mới")
    row.get_by_role("button", name="Trả lại").click()
    expect(district.locator("[name=body]")).to_be_focused()
    district.fill(
        "[name=body]", "Năm trước có 5 hộ phát sinh, năm nay bằng 0. Đối chiếu từng thôn."
    )
    district.locator("button[value=request]").click()
    expect(district.locator("tr.r").filter(has_text="Hộ nghèo phát sinh mới")).to_contain_text(
        "Sẽ gửi"
    )
    picture(district, "3-tra-lai-1366")
    conclude(district, "return")
    expect(district.locator("body")).to_contain_text("Đã trả lại báo cáo")
    assert figure("newly_poor_households", "085", Stage.PROVISIONAL).reported == before.reported
    assert figure("poor_households", "085", Stage.PROVISIONAL).reported == sent.reported

    # the officer sees the comment at that figure, mends it, sends again
    officer.goto("/bao-cao/02863/2024/")
    expect(officer.locator("body")).to_contain_text("Đối chiếu từng thôn.")
    picture(officer, "4-bi-tra-lai-1366")
    officer.fill(cell(officer, "newly_poor_households"), "4")
    officer.fill(cell(officer, "poor_households"), "197")
    submit(officer)
    expect(officer.locator("tr", has_text="Hộ nghèo phát sinh mới").first).to_contain_text("0 → 4")
    sign(officer)
    expect(officer.locator("body")).to_contain_text("Chờ duyệt")

    # the district sees what changed, endorses; the province approves
    district.goto("/duyet/02863/2024/")
    expect(district.locator("body")).to_contain_text("0 → 4")
    picture(district, "5-da-sua-1366")
    conclude(district, "endorse")
    expect(district.locator("body")).to_contain_text("chờ")
    assert figure("poor_households", "02863", Stage.OFFICIAL).value is None
    province = sign_in("tinh.laocai")
    province.goto("/duyet/02863/2024/")
    conclude(province, "endorse")
    expect(province.locator("body")).to_contain_text("Đã duyệt")
    assert figure("poor_households", "02863", Stage.OFFICIAL).value == Decimal(197)

    # every step is in the history: who, when, old, new, why
    expect(province.locator("body")).to_contain_text("Nộp – lần 2")
    expect(province.locator("body")).to_contain_text("Cán bộ huyện Bắc Hà")
    province.locator("summary", has_text="lần sửa số").click()
    picture(province, "6-lich-su-1366")
    history = (
        province.locator("tr").filter(has_text="Hộ nghèo phát sinh mới").filter(has_text="trả lại")
    )
    expect(history.first).to_contain_text("Cán bộ xã Hoàng Thu Phố")

    # the leader takes the biểu away; its total is the rollup
    leader = sign_in("lanhdao.laocai")
    leader.goto("/bieu/085/2024/")
    picture(leader, "7-bieu-1366")
    with leader.expect_download() as waiting:
        leader.locator("a[href*='01.xlsx']").first.click()
    path = tmp_path / "bieu-01.xlsx"
    waiting.value.save_as(path)
    sheet = read_sheet(path.read_bytes())
    label = next(cell for cell in sheet.cells.values() if str(cell.value).startswith("Tổng cộng"))
    assert label.value == "Tổng cộng (16/18)"
    totals = {cell.value for cell in sheet.row(label.row) if cell.formula}
    total = figure("poor_households", "085", Stage.PROVISIONAL).value
    assert total is not None
    assert float(total) in {float(value) for value in totals if isinstance(value, int | float)}
