"""The officer's pages in a real browser: keyboard, live checks, saving, the network."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Answer
from indicators.models import Result, Theme
from indicators.recording import Entry
from reports import workflow
from reports.models import Report
from tests import builders
from tests.builders import PASSWORD, Y2024, Catalogue, Places
from tests.flows.conftest import DESK, FORM, PHONE
from tests.reports.books import houses, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WHOLE = {"households": 590, "opening": 20, "escaped": 5, "relapsed": 1, "poor": 16}


def _first() -> Unit:
    return Unit.objects.get(code="90102")


def cell(page: Page, code: str) -> Any:
    return page.locator(f"#c-{code}")


def value_of(code: str) -> Decimal | None:
    return Result.objects.get(indicator__code=code, unit__code="90102", period="2024").value


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d$"))


def sign(page: Page) -> None:
    """On the page that sums the return up: take responsibility, and send."""
    page.locator("[name=confirmed]").check()
    page.locator(".sg button[type=submit]").click()


def fill_all(catalogue: Catalogue, **changes: int) -> None:
    """Let the officer have a stored draft, all cells filled."""
    figures = {**WHOLE, **changes}
    by = Official.objects.get(username="xa.mot")
    entries = [
        Entry(_first(), row, Y2024, Answer.VALUE, Decimal(figures[row.code]))
        for row in catalogue.inputs
    ]
    workflow.save_draft(unit=_first(), period=Y2024, entries=entries, by=by)


def returned(catalogue: Catalogue, places: Places) -> Report:
    """A return that came back for one figure, with a balance that no longer holds."""
    fill_all(catalogue)
    by = Official.objects.get(username="xa.mot")
    district = builders.official("huyen", places.district, Role.REVIEWER)
    report = workflow.submit(unit=places.first, period=Y2024, by=by)
    workflow.request_change(
        report=report, indicator=catalogue.relapsed, body="Đối chiếu từng thôn.", by=district
    )
    workflow.return_report(report=report, by=district)
    fill_all(catalogue, relapsed=4)
    return report


# -- coming in ----------------------------------------------------------------------------------


def test_officer_signs_in_and_sees_what_is_owed(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.address}/dang-nhap/?next={FORM}")
    page.get_by_label("Tên đăng nhập").fill("xa.mot")
    field = page.get_by_label("Mật khẩu", exact=True)
    field.fill("nhầm-mật-khẩu")
    page.get_by_role("button", name="Hiện").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_contain_text("Tên đăng nhập hoặc mật khẩu không đúng")
    field.fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**" + FORM)
    page.get_by_role("navigation").get_by_role("link", name="Báo cáo của đơn vị").click()
    expect(page.get_by_role("link", name="Năm 2024", exact=True)).to_be_visible()


# -- typing -------------------------------------------------------------------------------------


def test_officer_types_downward_is_shown_the_balance_takes_the_offer_and_sends(
    visit: Any, places: Places
) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    for text in ("1590", "20", "5", "1", "9"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(cell(page, "households")).to_have_value("1.590")
    message = page.locator("tr.msg.err")
    expect(message).to_contain_text("20 − 5 + 1 = 16.")
    expect(message).to_contain_text("ô cuối kỳ ghi 9 hộ, lệch 7 hộ.")
    expect(page.locator("#count-errors")).to_have_text("1 lỗi phải sửa")
    page.get_by_role("button", name="Điền 16").click()
    expect(message).to_have_count(0)
    expect(cell(page, "poor")).to_have_value("16")
    expect(cell(page, "rate")).to_have_text("1,01")
    saved(page)
    assert value_of("poor") == 16
    page.get_by_role("button", name="Nộp lên").click()
    sign(page)
    expect(page.get_by_text("Đã nộp báo cáo lúc")).to_be_visible()
    expect(page.locator(".lead .st")).to_have_text("Chờ duyệt")
    expect(page.locator("#entry-form")).to_have_count(0)
    assert Report.objects.get().state == "submitted"


def test_offer_can_be_pressed_straight_from_the_cell_that_was_being_typed_in(
    visit: Any, catalogue: Catalogue
) -> None:
    """Leaving the cell looks at the form anew: the button must still be there for the press."""
    fill_all(catalogue, poor=9)
    page = visit().open_form()
    cell(page, "escaped").fill("6")
    page.locator("button[name=fill]").click()
    expect(cell(page, "poor")).to_have_value("15")


def test_button_leads_from_errors_to_returned_to_empty_cells(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    returned(catalogue, places)  # relapsed came back; now the balance is off
    page = visit().open_form()
    way = page.locator("#to-first")
    expect(way).to_have_text("Đến lỗi đầu tiên")
    way.click()
    expect(cell(page, "poor")).to_be_focused()
    cell(page, "relapsed").fill("1")  # as it was when it was returned
    cell(page, "households").fill("")
    cell(page, "households").press("Enter")
    expect(way).to_have_text("Đến ô bị trả lại")
    way.click()
    expect(cell(page, "relapsed")).to_be_focused()
    cell(page, "relapsed").fill("2")
    cell(page, "poor").fill("17")
    cell(page, "poor").press("Enter")
    expect(way).to_have_text("Đến ô chưa nhập")
    way.click()
    expect(cell(page, "households")).to_be_focused()


def test_keys_move_select_restore_and_save(visit: Any, catalogue: Catalogue) -> None:
    fill_all(catalogue)
    page = visit().open_form()
    cell(page, "opening").focus()
    assert page.evaluate("getSelection().toString()") == "20"
    page.keyboard.press("ArrowDown")
    expect(cell(page, "escaped")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cell(page, "opening")).to_be_focused()
    page.keyboard.type("33")
    page.keyboard.press("Escape")
    expect(cell(page, "opening")).to_have_value("20")
    page.keyboard.type("21")
    page.keyboard.press("Alt+g")
    expect(page.locator("[name=note-opening]")).to_be_focused()
    page.keyboard.type("rà soát lại")
    page.keyboard.press("Control+s")
    saved(page)
    kept = Result.objects.get(indicator=catalogue.opening)
    assert (kept.value, kept.note) == (21, "rà soát lại")


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData('text', text);
            const options = {clipboardData: data, bubbles: true, cancelable: true};
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', options));
        }""",
        text,
    )


def test_block_with_names_fills_the_lines_it_names_from_the_column_chosen(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    block = [
        "1.5\tHộ nghèo cuối kỳ\t20\t16",
        "1.1\tTổng số hộ\t580\t1.590",
        "1.4\tHộ tái nghèo\t1\tmột hộ",
        "\tDòng lạ\t3\t4",
    ]
    paste(page, "\r\n".join(block))
    dialog = page.locator("#paste-dialog")
    expect(dialog.locator(".m")).to_have_text(
        "2 ô sẽ được điền; 0 ô như cũ; 1 ô chưa đúng, không điền; 1 dòng không thuộc biểu này."
    )
    expect(dialog.locator("tbody tr").nth(2)).to_contain_text("không phải là số")
    dialog.get_by_label("Cột kết quả").select_option(label="3: 20 · 580 · 1")
    expect(dialog.locator("tbody tr").nth(1)).to_contain_text("580")
    dialog.get_by_role("button", name="Điền vào biểu").click()

    expect(cell(page, "poor")).to_have_value("20")
    expect(cell(page, "households")).to_have_value("580")
    saved(page)
    assert (value_of("poor"), value_of("relapsed")) == (20, 1)


def test_only_what_is_understood_and_differs_is_counted_and_filled(
    visit: Any, catalogue: Catalogue
) -> None:
    fill_all(catalogue)
    page = visit().open_form()
    cell(page, "households").focus()
    paste(page, "590\n1.250,5\n7\nmột\n-3\n")
    dialog = page.locator("#paste-dialog")
    expect(dialog.locator(".m")).to_have_text(
        "1 ô sẽ được điền; 1 ô như cũ; 3 ô chưa đúng, không điền; 0 dòng không thuộc biểu này."
    )
    told = dialog.locator("tbody td:last-child")
    expect(told).to_have_text(
        [
            "như cũ",
            "Không điền. “1.250,5” có quá nhiều chữ số lẻ; chỉ tiêu này ghi số nguyên.",
            "",
            "Không điền. “một” không phải là số. Ghi dạng 1.234, không kèm đơn vị.",
            "Không điền. Phải từ 0 trở lên.",
        ]
    )
    dialog.get_by_role("button", name="Điền vào biểu").click()
    expect(page.locator("#kept")).to_contain_text("Đã dán 1 ô, từ 1.3 đến 1.3.")
    kept = [cell(page, code).input_value() for code in WHOLE]
    assert kept == ["590", "20", "7", "1", "16"]


def test_preview_of_a_paste_says_on_a_phone_what_is_overwritten(
    visit: Any, catalogue: Catalogue
) -> None:
    fill_all(catalogue)
    page = visit(viewport=PHONE).open_form()
    cell(page, "households").focus()
    paste(page, "600\nmột\n")
    dialog = page.locator("#paste-dialog")
    there = dialog.locator("tbody td:nth-child(3)")
    expect(there.first).to_be_visible()
    expect(there).to_have_text(["590", "20"])
    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_block_is_not_applied_when_it_is_not_agreed_to(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    paste(page, "590\n20\n")
    page.locator("#paste-dialog").get_by_role("button", name="Thôi").click()

    expect(cell(page, "households")).to_have_value("")
    assert not Result.objects.exists()


def test_last_years_figure_is_taken_by_a_key_and_the_reason_is_asked_for(
    visit: Any, catalogue: Catalogue
) -> None:
    builders.told(_first(), {catalogue.households: "575"}, Y2024.shifted(-1))
    page = visit().open_form()
    cell(page, "households").press("Control+d")
    expect(cell(page, "households")).to_have_value("575")
    expect(page.locator("[name=note-households]")).to_be_focused()
    saved(page)
    assert value_of("households") == 575


def test_last_cell_that_was_left_is_undone_by_a_key(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").fill("590")
    cell(page, "households").press("Enter")
    cell(page, "opening").fill("20")
    cell(page, "opening").press("Enter")
    page.keyboard.press("Control+z")
    expect(cell(page, "opening")).to_have_value("")
    expect(cell(page, "opening")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(cell(page, "households")).to_have_value("")


def test_column_from_a_workbook_is_pasted_downward_and_can_be_undone(
    visit: Any, catalogue: Catalogue
) -> None:
    page = visit().open_form()
    cell(page, "households").focus()
    paste(page, "1.590\n20\n\n1\n")
    dialog = page.locator("#paste-dialog")
    expect(dialog.locator("tbody tr")).to_have_count(3)
    expect(cell(page, "households")).to_have_value("")  # not before it is agreed to
    dialog.get_by_role("button", name="Điền vào biểu").click()
    expect(page.locator("#kept")).to_contain_text("Đã dán 3 ô, từ 1.1 đến 1.4.")
    expect(cell(page, "escaped")).to_have_value("")
    expect(cell(page, "relapsed")).to_have_value("1")
    page.get_by_role("button", name="Hoàn tác").click()
    expect(cell(page, "households")).to_have_value("")


def test_bad_cell_is_told_at_once_and_does_not_hold_up_the_others(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "households").fill("sáu trăm")
    cell(page, "opening").fill("20")
    cell(page, "opening").press("Enter")
    expect(page.locator("#e-households")).to_have_text(
        "“sáu trăm” không phải là số. Ghi dạng 1.234, không kèm đơn vị."
    )
    expect(page.locator("#save-state")).to_have_text("1 ô chưa lưu được, xem dòng báo lỗi")
    expect(cell(page, "households")).to_have_value("sáu trăm")
    assert value_of("opening") == 20


def test_not_applicable_is_an_answer_of_its_own(visit: Any) -> None:
    page = visit().open_form()
    cell(page, "relapsed").fill("3")
    page.locator("[name=na-relapsed]").select_option("na")
    expect(cell(page, "relapsed")).to_have_value("")
    saved(page)
    kept = Result.objects.get(indicator__code="relapsed")
    assert (kept.answer, kept.value) == (Answer.NOT_APPLICABLE, None)
    cell(page, "relapsed").fill("0")
    expect(page.locator("[name=na-relapsed]")).to_have_value("")


# -- what happens to unsent cells ---------------------------------------------------------------


def test_kept_cells_are_not_offered_to_another_person_of_the_same_machine(
    visit: Any, places: Places
) -> None:
    builders.official("xa.mot.hai", places.first)
    visitor = visit()
    page = visitor.open_form()
    page.route(
        "**" + FORM,
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    cell(page, "poor").fill("16")
    cell(page, "poor").press("Enter")
    expect(page.locator("#save-state")).to_contain_text("Không gửi được")
    page.on("dialog", lambda dialog: dialog.accept())
    visitor.context.clear_cookies()
    visitor.open_form("xa.mot.hai")
    expect(page.locator("#kept")).to_be_hidden()
    expect(cell(page, "poor")).to_have_value("")


@pytest.mark.parametrize(("button", "kept"), [("Lấy số đang lưu", 17), ("Giữ số tôi gõ", 18)])
def test_two_edits_of_one_cell_are_shown_and_one_is_chosen(
    visit: Any, catalogue: Catalogue, button: str, kept: int
) -> None:
    fill_all(catalogue)
    page = visit().open_form()
    fill_all(catalogue, poor=17)  # in another window
    cell(page, "poor").fill("18")
    cell(page, "poor").press("Enter")
    message = page.locator("tr.msg.err", has_text="Số đang lưu")
    expect(message).to_contain_text("Số đang lưu: 17")
    page.get_by_role("button", name=button).click()
    expect(cell(page, "poor")).to_have_value(str(kept))
    expect(page.locator("#save-state")).to_have_text(re.compile("^Đã lưu "))
    assert value_of("poor") == kept


# -- without a script, on a phone, for everyone -------------------------------------------------


def test_form_works_without_a_script(visit: Any) -> None:
    page = visit(java_script_enabled=False).open_form()
    for code, figure in {**WHOLE, "poor": 9}.items():
        cell(page, code).fill(str(figure))
    page.get_by_role("button", name="Lưu nháp").click()
    page.get_by_role("button", name="Điền 16").click()
    expect(cell(page, "poor")).to_have_value("16")
    page.get_by_role("button", name="Nộp lên").click()
    sign(page)
    expect(page.locator(".lead .st")).to_have_text("Chờ duyệt")


def test_rows_become_blocks_on_a_phone_with_nothing_beyond_its_edge(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    returned(catalogue, places)
    page = visit(viewport=PHONE).open_form()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    row = page.locator("tr[data-row=poor]")
    assert row.evaluate("row => getComputedStyle(row).display") == "grid"
    small = page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main input, summary')]
            .filter((one) => one.checkVisibility() && !one.closest('.vh, p, li'))
            .map((one) => [one.name || one.textContent.trim(), one.closest('label') || one])
            .filter(([, box]) => box.getBoundingClientRect().height < 24)
            .map(([name]) => name)"""
    )
    assert small == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1366", "360"])
def test_pages_have_no_accessibility_faults(
    visit: Any, catalogue: Catalogue, places: Places, viewport: dict[str, int]
) -> None:
    returned(catalogue, places)
    visitor = visit(viewport=viewport)
    page = visitor.page
    page.goto(f"{visitor.address}/dang-nhap/")
    found = {"/dang-nhap/": faults(page)}
    visitor.sign_in()
    for path in ("/bao-cao/", FORM, f"{FORM}lich-su/", "/mat-khau/", "/khong-co/"):
        page.goto(visitor.address + path)
        if path == FORM:
            expect(page.locator("tr.msg.err")).to_have_count(1)
            page.locator("details.steps summary").click()
        found[path] = faults(page)
        assert page.locator("h1").count() == 1
    assert found == {path: [] for path in found}


def test_line_that_is_counted_from_a_register_stays_within_the_table(
    visit: Any, places: Places
) -> None:
    register, _built = houses()
    register.name = "Nhà ở của hộ nghèo, cận nghèo được hỗ trợ làm mới hoặc sửa chữa"
    register.save()
    opened(register, places.first, Official.objects.get(username="xa.mot"))
    other = Theme.objects.create(code="nha-o", name="Nhà ở", order=9, household_review=True)
    builders.count("dwellings", "Nhà ở", 9, theme=other)  # with the list of themes at the side
    page = visit().open_form()
    expect(page.locator("td.nt", has_text="Đếm từ sổ")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == DESK["width"]
    over = page.evaluate(
        """() => [...document.querySelectorAll('td.nt a')].filter((one) =>
            one.getBoundingClientRect().right > one.closest('td').getBoundingClientRect().right
        ).length"""
    )
    assert over == 0


def test_unit_of_a_line_is_broken_after_a_slash_and_in_no_word(
    visit: Any, catalogue: Catalogue, places: Places
) -> None:
    catalogue.households.unit_of_measure = "triệu đồng/người/năm"
    catalogue.households.save()
    page = visit().open_form()
    words = page.locator("tr[data-row=households] td.dv").evaluate(
        """(cell) => {
            const text = cell.firstChild, lines = [];
            let last = null;
            for (let at = 0; at < text.length; at += 1) {
                const range = document.createRange();
                range.setStart(text, at);
                range.setEnd(text, at + 1);
                const top = range.getBoundingClientRect().top;
                if (top !== last && range.getBoundingClientRect().width) lines.push('');
                if (range.getBoundingClientRect().width) last = top;
                lines[lines.length - 1] += text.data[at];
            }
            return lines.map((line) => line.replace(/\u200b/g, '').trim());
        }"""
    )
    assert words == ["triệu", "đồng/", "người/", "năm"]


def test_figures_that_were_sent_are_not_asked_to_be_looked_at_again(
    visit: Any, catalogue: Catalogue
) -> None:
    """The question still says what is odd; nobody can type an answer."""
    builders.told(_first(), {catalogue.relapsed: "5"}, Y2024.shifted(-1))
    fill_all(catalogue, relapsed=0, poor=15)
    by = Official.objects.get(username="xa.mot")
    page = visit().open_form()
    expect(page.locator("tr.found .ask:visible").first).to_be_visible()
    workflow.submit(unit=_first(), period=Y2024, by=by)
    page.reload()
    expect(page.locator("tr.found").first).to_be_visible()
    expect(page.locator(".ask")).to_have_count(0)


def faults(page: Page) -> list[str]:
    response = Axe().run(page).response
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in response["violations"]
        for node in fault["nodes"]
    ]


def test_skip_link_comes_first_and_leads_past_the_menu(visit: Any) -> None:
    page = visit().open_form()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "noidung"
