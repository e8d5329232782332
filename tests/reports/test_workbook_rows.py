"""Which line of a district's table is whose, and where the table ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from communes.models import Unit
from reports.workbook.preview import Preview
from tests import builders
from tests.builders import Places
from tests.reports.workbook_district import ONE, PAGE, District, first_sheet, made, row_of
from tests.reports.workbook_forms import edited, sent, stored, upload

pytestmark = pytest.mark.django_db

NAME = 2
CODE = "Mã kiểm tra: "


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def every_commune(district: District) -> bytes:
    return district.typed(TT_Trung_Tâm=dict(ONE), Một=dict(ONE), Hai=dict(ONE))


def all_stored(district: District) -> list[dict[str, object]]:
    places = district.places
    return [stored(unit) for unit in (places.town, places.first, places.second)]


# -- the end of the table ----------------------------------------------------------------------


@pytest.mark.parametrize(("before", "count"), [("Một", 1), ("Hai", 3), ("Tổng cộng", 1)])
def test_empty_rows_within_the_table_do_not_end_it(
    district: District, before: str, count: int
) -> None:
    def insert(sheet: Worksheet) -> None:
        line = row_of(sheet, before)
        for area in list(sheet.merged_cells.ranges):  # which do not move along
            if area.min_row > line:
                sheet.unmerge_cells(str(area))
        sheet.insert_rows(line, count)

    district.desk.post(upload(district.desk, edited(every_commune(district), insert), PAGE))

    assert all_stored(district) == [ONE, ONE, ONE]


def test_figures_without_a_name_within_the_table_are_refused(district: District) -> None:
    content = every_commune(district)
    line = row_of(first_sheet(content), "Một")

    def erase(sheet: Worksheet) -> None:
        sheet.cell(line, NAME).value = None

    words = f"Ô B{line}: Dòng này có số mà không có tên đơn vị"
    assert words in district.refusal(edited(content, erase))

    def number_alone(sheet: Worksheet) -> None:
        erase(sheet)
        for column in "CDEFGHIJKLMN":
            sheet[f"{column}{line}"] = "…" if column > "H" else None

    district.desk.post(upload(district.desk, edited(content, number_alone), PAGE))
    assert all_stored(district) == [ONE, {}, ONE]


def test_unknown_name_below_an_empty_row_is_refused_too(district: District) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.cell(row_of(sheet, "Một"), NAME).value = "Mốt"
        sheet.insert_rows(row_of(sheet, "Mốt"))

    assert "Không có “Mốt”" in district.refusal(edited(every_commune(district), change))


def test_commune_alone_below_an_empty_row_is_read_with_its_faults(district: District) -> None:
    """Words in place of a number are told as wrong there too."""
    content = every_commune(district)
    line = row_of(first_sheet(content), "Một")

    def change(sheet: Worksheet) -> None:
        sheet.delete_rows(line + 1)
        sheet.insert_rows(line)
        for column in "CDEFGHIJKLMN":
            sheet[f"{column}{line + 1}"] = "12 hộ" if column == "H" else None

    page = district.preview(edited(content, change))

    assert [(one.unit.short_name, one.address) for one in page.wrong] == [("Một", f"H{line + 1}")]


def test_figures_below_the_last_row_are_told_as_not_saved(district: District) -> None:
    """The last commune without its name; a sum of the office's own; a formula that checks."""
    content = every_commune(district)
    last = row_of(first_sheet(content), "Hai")

    def change(sheet: Worksheet) -> None:
        sheet.cell(last, NAME).value = None
        sheet[f"I{last + 20}"] = "1.234"
        sheet[f"J{last + 20}"] = f"=SUM(J{last - 2}:J{last})"

    page = district.preview(edited(content, change))

    assert [(one.address, one.row, one.text) for one in page.strays] == [
        *((f"{letter}{last}", f"dòng {last}, ở dưới bảng", words) for letter, words in ROW),
        (f"I{last + 20}", f"dòng {last + 20}, ở dưới bảng", "“1.234”"),
    ]
    assert page.strays[0].column == "cột (3) “open_households”"
    assert {line.unit.short_name for line in page.written} == {"TT Trung Tâm", "Một"}


ROW = [("C", "98"), ("D", "20"), ("F", "8"), ("H", "100"), ("I", "13"), ("J", "1")]


def test_notes_and_signatures_are_no_rows(district: District) -> None:
    """Names of units and of the total among them change nothing."""
    content = every_commune(district)
    last = row_of(first_sheet(content), "Hai")

    def change(sheet: Worksheet) -> None:
        sheet.cell(last + 21, NAME).value = "Tổng cộng gồm các xã có báo cáo"
        sheet[f"I{last + 21}"] = "Trong đó 3 xã"
        sheet.cell(last + 22, NAME).value = "Huyện Thử Nghiệm"
        sheet[f"H{last + 22}"] = "Ngày 15 tháng 12 năm 2024"
        sheet.cell(last + 23, NAME).value = "Một"

    content = edited(content, change)

    assert district.preview(content).strays == []
    district.desk.post(upload(district.desk, content, PAGE))
    assert all_stored(district) == [ONE, ONE, ONE]


def test_total_whose_name_stands_over_the_numbers_too_is_a_row_of_sums(district: District) -> None:
    def merge(sheet: Worksheet) -> None:
        line = row_of(sheet, "Tổng cộng")
        words = sheet.cell(line, NAME).value
        sheet.cell(line, NAME).value = None
        sheet.cell(line, 1).value = words
        sheet.merge_cells(f"A{line}:B{line}")
        sheet[f"I{line}"] = 40

    page = district.preview(edited(every_commune(district), merge))

    assert [(one.row, one.text) for one in page.strays] == [("dòng “Tổng cộng”", "40")]
    assert len(page.written) == 18


# -- a code that is not right ------------------------------------------------------------------


def coded(change: Callable[[str], str]) -> Callable[[Worksheet], None]:
    def act(sheet: Worksheet) -> None:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    before, mark, code = cell.value.partition(CODE)
                    cell.value = before + mark + change(code) if mark else before

    return act


def test_code_whose_sign_is_wrong_is_told_before_the_writing(district: District) -> None:
    """Last year's table, with the year written over in its title and in its code."""
    content = every_commune(district)
    assert not any("Mã kiểm tra" in one for one in district.preview(content).remarks)

    altered = edited(content, coded(lambda code: code.replace("901/2024", "901/2025")))
    address = upload(district.desk, altered, PAGE)
    answer = district.desk.get(address)

    (remark,) = [one for one in answer.context["page"].remarks if "Mã kiểm tra" in one]
    assert re.search(r"\(THU/901/2025/T1/\S+\) không đúng", remark)
    assert "của huyện Thử Nghiệm, năm 2024" in remark
    shown = answer.content.decode()
    assert shown.index("không đúng: có thể đây là biểu của kỳ khác") < shown.index('class="wb-act"')


@pytest.mark.parametrize("words", ["12/2024/QĐ/UBND/HN-2024", "01/02/2024/T/1", "a/b/c/d/e"])
def test_number_of_a_document_is_taken_for_no_code(district: District, words: str) -> None:
    content = edited(every_commune(district), lambda sheet: sheet.cell(5, 1, f"Theo {words}"))

    assert not any("Mã kiểm tra" in one for one in district.preview(content).remarks)


# -- two of one name ---------------------------------------------------------------------------


class Province:
    """A second district with a commune of the same name, and one who may hand in for both."""

    def __init__(self, district: District) -> None:
        self.first = district.places.first
        self.other = builders.unit("902", "Huyện Hai Mươi", "district", district.places.province)
        self.second = builders.unit("90201", "Xã Một", "commune", self.other)
        builders.unit("90202", "Xã Ba", "commune", self.other)
        self.content = district.printed(unit=district.places.province)
        self.page = PAGE.replace("901", "90")
        self.desk = Client()
        self.desk.force_login(builders.official("tinh", district.places.province, Role.REVIEWER))

    def preview(self, change: Callable[[Worksheet], object]) -> Preview:
        address = upload(self.desk, edited(self.content, change), self.page)
        found: Preview = self.desk.get(address).context["page"]
        return found

    def written(self, change: Callable[[Worksheet], object]) -> list[tuple[Unit, str]]:
        return [(line.unit, line.new) for line in self.preview(change).written]

    def refusal(self, change: Callable[[Worksheet], object]) -> str:
        answer = self.desk.post(self.page, sent(edited(self.content, change)))
        assert answer.status_code == 422
        return answer.content.decode()


@pytest.fixture
def province(district: District) -> Province:
    return Province(district)


def twins(sheet: Worksheet) -> tuple[int, int]:
    """The lines of the two communes of one name, with a figure in each."""
    first, second = (cell.row for cell in sheet["B"] if cell.value == "Một")
    sheet[f"H{first}"], sheet[f"H{second}"] = 111, 222
    return first, second


def test_of_two_communes_of_one_name_the_heading_tells_which(province: Province) -> None:
    assert province.written(twins) == [(province.first, "111"), (province.second, "222")]


def test_headings_that_changed_places_are_refused(province: Province) -> None:
    """Else each of the two would get the other's figures."""

    def swap(sheet: Worksheet) -> None:
        twins(sheet)
        one, other = (
            sheet.cell(row_of(sheet, name), NAME) for name in ("Huyện Thử Nghiệm", "Huyện Hai Mươi")
        )
        one.value, other.value = other.value, one.value

    said = province.refusal(swap)

    assert "Nhiều huyện có “Một”; dòng này dưới huyện Hai Mươi" in said
    assert "chỗ có cả thị trấn Trung Tâm của huyện Thử Nghiệm" in said


def test_rows_that_changed_places_are_known_by_their_numbers(province: Province) -> None:
    def swap(sheet: Worksheet) -> None:
        first, second = twins(sheet)
        assert [sheet.cell(line, 1).value for line in (first, second)] == [2, 1]
        sheet.cell(first, 1).value, sheet.cell(second, 1).value = 1, 2

    said = province.refusal(swap)

    assert "dòng này dưới huyện Thử Nghiệm, mà số thứ tự 1 không phải của xã ở đó (2)" in said


def test_number_of_neither_is_told_and_read(province: Province) -> None:
    """Offices number their rows anew; the heading still tells which it is."""

    def renumber(sheet: Worksheet) -> None:
        first, _second = twins(sheet)
        sheet.cell(first, 1).value = 7

    page = province.preview(renumber)

    assert [line.new for line in page.written] == ["111", "222"]
    (remark,) = [one for one in page.remarks if "số thứ tự" in one]
    assert "nhận là của huyện Thử Nghiệm, tuy số thứ tự là 7, biểu in là 2" in remark
