"""Reading a return back: the template of any age however it was moved about, and other tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from indicators.models import IndicatorAlias
from povertyplan.lib.errors import DomainError
from reports.workbook.pieces import Fault, Told
from tests import builders
from tests.builders import Catalogue, Places
from tests.reports import workbook_forms as forms
from tests.reports.workbook_forms import filled, line_of, read, table, template, told

pytestmark = pytest.mark.django_db

FIGURES = {"households": 100, "opening": 20, "escaped": 8, "relapsed": 1, "poor": 13}
NUMBERS = {code: Decimal(value) for code, value in FIGURES.items()}


@pytest.fixture
def mau(places: Places, catalogue: Catalogue) -> bytes:
    return template(places.first)


def test_template_that_was_filled_in_tells_its_figures(places: Places, mau: bytes) -> None:
    reading = read(filled(mau, FIGURES), places.first)

    assert told(reading) == NUMBERS
    assert [claim.address for claim in reading.claims] == ["F7", "F8", "F9", "F10", "F11"]
    assert (reading.unread, reading.remarks) == ([], [])


def test_template_as_it_was_downloaded_tells_nothing(places: Places, mau: bytes) -> None:
    assert told(read(mau, places.first)) == {}


def test_answers_in_place_of_a_number_are_read_with_their_reason(
    places: Places, mau: bytes
) -> None:
    content = filled(mau, {"escaped": "Không áp dụng", "relapsed": "không có số liệu"}, "G")
    content = filled(content, {"relapsed": "Chưa rà soát xong\n"}, "H")

    reading = read(content, places.first)

    said = {claim.row.code: claim.told for claim in reading.claims if claim.told}
    assert said == {"escaped": Told("na"), "relapsed": Told("none", None, "Chưa rà soát xong")}


@pytest.mark.parametrize(
    ("column", "typed", "where", "words"),
    [
        ({"F": 3, "G": "Không áp dụng"}, "escaped", "G9", "một trong hai"),
        ({"G": "Không có số liệu"}, "escaped", "G9", "lý do ở cột Ghi chú"),
        ({"G": "Không biết"}, "escaped", "G9", "“Không áp dụng” hoặc “Không có số liệu”"),
        ({"F": 3, "H": "a" * 501}, "escaped", "H9", "không quá 500 chữ"),
    ],
)
def test_line_that_contradicts_itself_names_the_cell(
    places: Places, mau: bytes, column: dict[str, object], typed: str, where: str, words: str
) -> None:
    for letter, value in column.items():
        mau = filled(mau, {typed: value}, letter)

    fault = next(claim.told for claim in read(mau, places.first).claims if claim.told)

    assert not isinstance(fault, Told)
    assert fault.address == where
    assert words in fault.expected


def test_rows_sorted_and_deleted_and_columns_moved_are_known_by_their_codes(
    places: Places, mau: bytes
) -> None:
    def move(sheet: Worksheet) -> None:
        sheet.delete_rows(line_of(sheet, "relapsed"))
        first, last = line_of(sheet, "households"), line_of(sheet, "poor")
        rows = [[cell.value for cell in row] for row in sheet[first:last]]
        for row, values in zip(sheet[first:last], reversed(rows), strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.value = value
        sheet.insert_cols(2)
        sheet.insert_rows(1, 3)

    reading = read(forms.edited(filled(mau, FIGURES), move), places.first)

    assert told(reading) == {code: n for code, n in NUMBERS.items() if code != "relapsed"}
    assert reading.claims[0].address == "G10"
    assert reading.remarks == ["1 chỉ tiêu không có dòng trong tệp: giữ số đang lưu."]


def test_names_sorted_without_their_codes_are_found_out(places: Places, mau: bytes) -> None:
    content = filled(filled(mau, FIGURES), {"poor": "Hộ thoát nghèo"}, "B")

    assert "Dòng đã bị xáo trộn" in str(told(read(content, places.first))["poor"])


def test_older_template_is_read_as_far_as_it_goes(
    places: Places, catalogue: Catalogue, mau: bytes
) -> None:
    content = filled(mau, FIGURES)
    catalogue.escaped.optional = True  # no plan needs it: not asked any more
    catalogue.escaped.save()
    catalogue.relapsed.code = "back"
    catalogue.relapsed.save()
    IndicatorAlias.objects.create(alias="relapsed", indicator=catalogue.relapsed)
    builders.count("new", "Hộ mới", 9)

    reading = read(content, places.first)

    assert told(reading) == {
        "households": 100,
        "opening": 20,
        "back": 1,
        "poor": 13,
    }
    assert [(row.address, row.text) for row in reading.unread] == [("F9", "Hộ thoát nghèo")]
    assert "mẫu cũ" in reading.remarks[0]
    assert reading.remarks[1] == "1 chỉ tiêu không có dòng trong tệp: giữ số đang lưu."


def test_file_of_another_unit_or_period_is_refused(places: Places, mau: bytes) -> None:
    with pytest.raises(DomainError, match="báo cáo năm 2024 của đơn vị mã 90102"):
        read(filled(mau, FIGURES), places.second)


def test_known_table_without_codes_is_read_by_number_and_name(
    places: Places, catalogue: Catalogue
) -> None:
    catalogue.relapsed.name = "Hộ thoát nghèo"  # two of one name: the number decides
    catalogue.relapsed.save()
    content = table(
        [
            ["UBND xã Một"],
            [],
            ["TT", "Nội dung", "ĐVT", "Năm 2023", "Kết quả thực hiện (năm 2024)", "Ghi chú"],
            ["", "Rà soát hộ", None, None, None],
            ["1.1", "Tổng  số hộ", "hộ", 99, "1.234", "đã rà soát"],
            ["1.3.", "HỘ THOÁT NGHÈO", "hộ", 1, 8],
            ["", "1.4 Hộ thoát nghèo", "hộ", 1, 2],
            ["1.5", "Hộ nghèo cuối kỳ", "hộ", 1, None],
            ["1.6", "Tỷ lệ hộ nghèo", "%", 1, 13.5],
            ["1.7", "Hộ có ô tô", "hộ", 1, 3],
        ]
    )

    reading = read(content, places.first)

    assert told(reading) == {"households": 1234, "escaped": 8, "relapsed": 2}
    assert reading.claims[0].told == Told("value", Decimal(1234), "đã rà soát")
    assert [(row.address, row.text) for row in reading.unread] == [("E10", "Hộ có ô tô")]
    assert "nhận theo tên" in reading.remarks[0]


def test_figure_of_another_year_is_not_taken_for_the_result(
    places: Places, catalogue: Catalogue
) -> None:
    content = table([["Chỉ tiêu", "Kết quả năm 2023"], ["Tổng số hộ", 5]])

    with pytest.raises(DomainError, match="cột “Kết quả”"):
        read(content, places.first)


def test_two_columns_of_one_heading_are_refused_with_their_cells(
    places: Places, catalogue: Catalogue
) -> None:
    content = table([["Chỉ tiêu", "Kết quả", "Kết quả"], ["Tổng số hộ", 5, 6]])

    with pytest.raises(DomainError, match="ô B1 và C1"):
        read(content, places.first)


def test_figure_told_twice_is_wrong_and_names_both_cells(
    places: Places, catalogue: Catalogue
) -> None:
    content = table(
        [["Chỉ tiêu", "Kết quả"], ["Tổng số hộ", None], ["Tổng số hộ", 5], ["Tổng số hộ", 5]]
    )

    reading = read(content, places.first)

    assert [(claim.address, isinstance(claim.told, Told)) for claim in reading.claims] == [
        ("B3", True),
        ("B4", False),
    ]
    assert "đã có ở ô B3" in str(reading.claims[1].told)


def test_merged_cell_gives_its_figure_to_one_row_only(places: Places, mau: bytes) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("F9:F10")

    said = told(read(forms.edited(filled(mau, FIGURES), merge), places.first))

    assert said["escaped"] == 8
    assert "ô gộp với F9" in str(said["relapsed"])


def test_sheet_that_is_hidden_is_not_read(places: Places, mau: bytes) -> None:
    book = load_workbook(BytesIO(filled(mau, FIGURES)))
    book.create_sheet("Khác")
    book.worksheets[0].sheet_state = "hidden"
    stream = BytesIO()
    book.save(stream)

    with pytest.raises(DomainError, match="Không nhận ra biểu"):
        read(stream.getvalue(), places.first)


def test_cells_of_a_real_file_that_are_no_numbers_are_each_named(
    places: Places, mau: bytes
) -> None:
    """As programs store them: a formula nobody worked out, an error, a day, a percentage."""

    def spoil(sheet: Worksheet) -> None:
        sheet["F7"] = "=F8*5"
        sheet["F8"] = "#REF!"
        sheet["F9"] = date(2024, 5, 12)
        sheet["F10"] = 0.2
        sheet["F10"].number_format = "0%"
        sheet["F11"] = "KAD"

    faults = [claim.told for claim in read(forms.edited(mau, spoil), places.first).claims]

    assert [(fault.address, fault.read) for fault in faults if isinstance(fault, Fault)] == [
        ("F7", "công thức chưa có kết quả"),
        ("F8", "#REF!"),
        ("F9", "ngày giờ 12/05/2024"),
        ("F10", "20%"),
        ("F11", "“KAD”"),
    ]
