"""Which table a file is: by its title or check code, its columns by numbers or headings."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from indicators.enums import Stage
from indicators.periods import Period
from reports.annexes.checking import check_sign
from reports.annexes.office.example import example_template
from reports.annexes.office.templates import Asked, keep_template, office_file, table_of
from tests import builders
from tests.builders import Y2024, Places
from tests.reports import annex_forms
from tests.reports.workbook_district import ONE, PAGE, District, made, typed
from tests.reports.workbook_forms import edited, line_of, stored, upload

pytestmark = pytest.mark.django_db

TITLE = "HỘ NGHÈO THEO XÃ NĂM 2024"
CODE = "Mã kiểm tra: "
LINK = '<a href="/bieu/901/2024/">Tải biểu chuẩn của kỳ này</a>'


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def book_of(content: bytes, change: Callable[[Workbook], object]) -> bytes:
    """The workbook after somebody changed its sheets."""
    book = load_workbook(BytesIO(content))
    change(book)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def renamed(sheet: Worksheet, **words: str) -> None:
    """Cells that say something else: what they said, _ for a blank = what they say now."""
    for old, new in words.items():
        row = line_of(sheet, old.replace("_", " "))
        for cell in sheet[row]:
            if cell.value == old.replace("_", " "):
                cell.value = new


def retitled(sheet: Worksheet) -> None:
    sheet.cell(line_of(sheet, TITLE), 1, "BIỂU TỔNG HỢP RÀ SOÁT HỘ NGHÈO")


def uncoded(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and CODE in cell.value:
                cell.value = cell.value.partition(CODE)[0]


def filled(district: District) -> bytes:
    return typed(district.printed(), {"Một": dict(ONE)})


def saved(district: District, content: bytes) -> dict[str, object]:
    """What is stored of the first commune once the file has been written."""
    assert district.desk.post(upload(district.desk, content, PAGE)).status_code == 302
    return stored(district.places.first)


# -- an office's own form ----------------------------------------------------------------------


def in_own_template(district: District, change: Callable[[Worksheet], None]) -> bytes:
    """The table as the office's own template prints it, after `change` in the template."""
    keeper = builders.official("chu.mau", district.places.district, Role.REVIEWER)
    asked = Asked(district.places.district, Y2024, district.form, "year")
    template = edited(example_template(table_of(asked, Stage.PROVISIONAL)), change)
    sent = SimpleUploadedFile("mau.xlsx", template)
    keep_template(asked=asked, by=keeper, upload=sent)
    return office_file(asked, Stage.PROVISIONAL, keeper)[1]


def test_own_template_with_another_title_and_headings_is_read_back(district: District) -> None:
    """Its check code says which table it is, the row of numbers which column is which."""

    def own(sheet: Worksheet) -> None:
        sheet.cell(line_of(sheet, "{{ ten_bieu | upper }}"), 1, "TỔNG HỢP CỦA PHÒNG")
        renamed(sheet, unit="Xã, thị trấn", escaped="Số hộ ra khỏi hộ nghèo")

    content = typed(in_own_template(district, own), {"Một": dict(ONE)})

    page = district.preview(content)
    assert page.missing == []
    (remark,) = [one for one in page.remarks if "nhận theo số cột" in one]
    assert "(6)" in remark
    assert "tệp ghi “số hộ ra khỏi hộ nghèo”, mẫu ghi “escaped”" in remark
    assert saved(district, content) == ONE


def test_own_template_without_the_numbers_of_its_columns_is_refused_truly(
    district: District,
) -> None:
    """Numbers that are not all there may be the office's own: nothing is guessed from them."""

    def own(sheet: Worksheet) -> None:
        renamed(sheet, unit="Xã, thị trấn", escaped="Số hộ ra khỏi hộ nghèo")
        sheet[f"F{line_of(sheet, '(1)')}"] = ""

    said = district.refusal(in_own_template(district, own))

    assert "Tệp là Biểu số 01, nhưng không nhận ra các cột" in said
    assert "(thiếu (6))" in said
    assert LINK in said


@pytest.mark.parametrize(
    ("column", "number"), [("F", "(7)"), ("F", "(66)"), ("I", "(9)=4-6"), ("F", "6"), ("O", "")]
)
def test_row_of_numbers_that_is_not_the_forms_own_names_no_column(
    district: District, column: str, number: str
) -> None:
    def change(sheet: Worksheet) -> None:
        renamed(sheet, unit="Xã, thị trấn", escaped="Số hộ ra khỏi hộ nghèo")
        sheet[f"{column}{line_of(sheet, '(1)')}"] = number

    assert "không nhận ra các cột" in district.refusal(edited(filled(district), change))


def test_heading_of_another_column_over_a_number_is_refused(district: District) -> None:
    """Two that contradict each other: neither is believed."""

    def change(sheet: Worksheet) -> None:
        renamed(sheet, unit="Xã, thị trấn", relapsed="Cột khác", escaped="relapsed")

    said = district.refusal(edited(filled(district), change))

    assert "Tiêu đề cột không khớp: “relapsed” là cột (10), tệp ghi (6)" in said


def test_title_that_is_gone_with_its_code_is_not_guessed(district: District) -> None:
    def change(sheet: Worksheet) -> None:
        retitled(sheet)
        uncoded(sheet)

    said = district.refusal(edited(filled(district), change))

    assert "đầu tệp không ghi tên biểu đó và không có mã kiểm tra đúng" in said
    assert "“Hộ nghèo theo xã năm 2024”" in said
    assert LINK in said


def test_title_that_is_gone_is_made_good_by_a_code_that_is_right(district: District) -> None:
    assert saved(district, edited(filled(district), retitled)) == ONE


def test_code_with_a_sign_that_is_wrong_tells_nothing(district: District) -> None:
    def change(sheet: Worksheet) -> None:
        retitled(sheet)
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and CODE in cell.value:
                    cell.value = cell.value.replace("/2024/", "/2023/")

    assert "không có mã kiểm tra đúng" in district.refusal(edited(filled(district), change))


# -- another table than the page's ---------------------------------------------------------------


def test_table_of_another_year_is_told_as_that(district: District) -> None:
    said = district.refusal(district.printed(Period(2023)))

    assert "tệp này là Biểu số 01 của huyện Thử Nghiệm, năm 2023" in said
    assert "trang này nhận biểu của huyện Thử Nghiệm, năm 2024" in said
    alone = book_of(district.printed(Period(2023)), lambda book: book.remove(book["Nguồn"]))
    uncoded_too = edited(alone, uncoded)
    assert "Đầu tệp ghi “hộ nghèo theo xã năm 2023”" in district.refusal(uncoded_too)


def test_last_years_table_with_the_year_written_over_is_refused(district: District) -> None:
    """Its rows still hold last year's figures, which would be stored as this year's."""

    def change(sheet: Worksheet) -> None:
        sheet.cell(line_of(sheet, TITLE.replace("2024", "2023")), 1, TITLE)

    said = district.refusal(edited(district.printed(Period(2023)), change))

    assert "tệp này là Biểu số 01 của huyện Thử Nghiệm, năm 2023" in said


def test_table_of_another_unit_is_told_as_that(district: District) -> None:
    other = builders.unit("902", "Huyện Khác", "district", district.places.province)
    builders.unit("90201", "Xã Ba", "commune", other)
    annex_forms.annex(None, code="chung", number="02", title_vi="Biểu chung")

    said = district.refusal(district.printed(unit=other))

    assert "tệp này là Biểu số 01 của huyện Khác, năm 2024" in said


def test_head_that_does_not_name_the_unit_is_refused(district: District) -> None:
    def move(sheet: Worksheet) -> None:
        for row in sheet.iter_rows(max_row=6):
            for cell in row:
                if isinstance(cell.value, str) and "thử nghiệm" in cell.value.lower():
                    cell.value = "UBND huyện Khác"

    said = district.refusal(edited(filled(district), move))

    assert "Phần trên bảng không ghi Huyện Thử Nghiệm" in said


def test_title_of_one_table_over_the_code_of_another_is_refused(district: District) -> None:
    annex_forms.annex(district.form.plan, code="khac", number="02", title_vi="Hộ cận nghèo theo xã")
    content = edited(
        filled(district),
        lambda sheet: sheet.cell(line_of(sheet, TITLE), 1, "HỘ CẬN NGHÈO THEO XÃ NĂM 2024"),
    )

    said = district.refusal(content)

    assert "Đầu biểu ghi “Hộ cận nghèo theo xã năm 2024”, mã kiểm tra lại là của Biểu số 01" in said


def test_file_without_a_table_says_so(district: District) -> None:
    nothing = book_of(district.printed(), lambda book: book.remove(book.worksheets[0]))

    assert LINK in district.refusal(nothing)
    empty = edited(filled(district), lambda sheet: sheet.delete_rows(1, 60))
    assert "Không nhận ra biểu nào" in district.refusal(
        book_of(empty, lambda book: book.remove(book["Nguồn"]))
    )


def test_file_of_the_official_stage_is_read_with_a_word_of_caution(district: District) -> None:
    content = typed(district.printed(stage=Stage.OFFICIAL), {"Một": dict(ONE)})

    assert any("bản chính thức" in remark for remark in district.preview(content).remarks)
    assert not any("chính thức" in one for one in district.preview(filled(district)).remarks)
    assert saved(district, content) == ONE


# -- the sheet of sources ------------------------------------------------------------------------


def rewritten(book: Workbook) -> None:
    """Another unit, period and column in every cell, and a code of theirs whose sign is right."""
    code = "THU/902/2023/T1/7K3M-9QWE"
    for row in book["Nguồn"].iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                told = cell.value.replace("901", "902").replace("2024", "2023")
                told = told.replace("escaped", "relapsed").replace("Một", "Hai")
                cell.value = f"{code}-{check_sign(code)}" if told.startswith("THU/") else told


SOURCES: dict[str, Callable[[Workbook], object]] = {
    "deleted": lambda book: book.remove(book["Nguồn"]),
    "renamed": lambda book: setattr(book["Nguồn"], "title", "Biểu 01 cũ"),
    "rewritten": rewritten,
    "in front": lambda book: book.move_sheet("Nguồn", -1),
    "hidden": lambda book: setattr(book["Nguồn"], "sheet_state", "hidden"),
}


@pytest.mark.parametrize("change", SOURCES.values(), ids=SOURCES)
def test_sheet_of_sources_decides_nothing(
    district: District, change: Callable[[Workbook], object]
) -> None:
    content = book_of(filled(district), change)

    assert saved(district, content) == ONE
    assert stored(district.places.second) == {}


def test_hidden_sheet_is_not_read(district: District) -> None:
    def hide(book: Workbook) -> None:
        book.move_sheet("Nguồn", -1)
        book.worksheets[1].sheet_state = "hidden"

    assert district.refusal(book_of(filled(district), hide))


def test_two_sheets_of_the_same_table_are_refused(district: District) -> None:
    """Which of them counts is not guessed."""

    def double(book: Workbook) -> None:
        copy = book.copy_worksheet(book.worksheets[0])
        copy.title = "Bản nháp"

    said = district.refusal(book_of(filled(district), double))

    assert "Hai trang tính “Biểu 01” và “Bản nháp” cùng là Biểu số 01" in said


def test_sheet_of_another_table_is_told_as_not_read(district: District) -> None:
    annex_forms.annex(district.form.plan, code="khac", number="02", title_vi="Hộ cận nghèo theo xã")

    def another(book: Workbook) -> None:
        copy = book.copy_worksheet(book.worksheets[0])
        copy.title = "Biểu 02"
        copy.cell(line_of(copy, TITLE), 1, "HỘ CẬN NGHÈO THEO XÃ NĂM 2024")

    page = district.preview(book_of(filled(district), another))

    assert any("“Biểu 02” là một biểu khác, không đọc" in remark for remark in page.remarks)
