"""A template of an office filled in: numbers, formulas that follow their rows, nothing lost."""

from __future__ import annotations

import os
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from povertyplan.lib.bookforms.marks import GROUP, TOTAL, UNIT, Names
from tests.reports.office_forms import (
    COLUMNS,
    SIMPLE,
    UNITS,
    filled,
    line,
    parts,
    picture,
    template,
)


def page(content: bytes) -> Worksheet:
    return load_workbook(BytesIO(content)).worksheets[0]


def test_place_holders_become_words_and_real_numbers() -> None:
    shown = page(filled(template(SIMPLE)))

    assert shown["A1"].value == "ỦY BAN NHÂN DÂN HUYỆN BẮC HÀ"
    assert shown["A3"].value == "Số liệu năm 2024"
    assert [[cell.value for cell in row] for row in shown["A5:D7"]] == [
        ["1", "Xã 1", 10, 1],
        ["2", "Xã 2", 20, 2],
        ["3", "Xã 3", 30, 3],
    ]
    assert shown["A9"].value == "Người lập"  # two rows further down


def test_missing_and_not_applicable_are_their_signs() -> None:
    shown = page(filled(template(SIMPLE), [line(UNIT, "Xã", None, "-"), line(UNIT, "B", 0, "")]))

    assert [cell.value for cell in shown[5]] == [None, "Xã", "…", "-"]
    assert [cell.value for cell in shown[6]] == [None, "B", 0, None]


@pytest.mark.parametrize("name", ["=1+1", "+A1", "@SUM(A1)", "{{ ky }}", "<b>&\x07", "'x", '"'])
def test_name_stays_text_whatever_it_says(name: str) -> None:
    sentence = {**SIMPLE, "D5": "Của {{ dong.ten }}"}

    shown = page(filled(template(sentence), [line(UNIT, name, 1)]))

    clean = name.replace("\x07", "")
    assert (shown["B5"].value, shown["B5"].data_type) == (clean, "s")
    assert shown["D5"].value == f"Của {clean}"


def test_formulas_follow_the_rows_they_speak_of() -> None:
    cells = {
        **SIMPLE,
        "C4": "=SUM(C5:C5)",
        "D4": "=COUNT(Biểu!$D$5:$D$5)",
        "E5": "=C5/D5",
        "F5": "=C5/SUM(C$5:C$5)",
        "G5": "=SUM(C$5:C5)",
        "H5": "=C5+$C$7+'Biểu'!C5",
        "C6": "=AVERAGE(C5:C5)",
        "C7": '=C6*2+LEN("C5")',
    }
    shown = page(filled(template(cells)))

    assert shown["C4"].value == "=SUM(C5:C7)"
    assert shown["D4"].value == "=COUNT(Biểu!$D$5:$D$7)"
    assert [shown[f"E{row}"].value for row in (5, 6, 7)] == ["=C5/D5", "=C6/D6", "=C7/D7"]
    assert shown["F6"].value == "=C6/SUM(C$5:C$7)"
    assert shown["G7"].value == "=SUM(C$5:C7)"
    assert shown["H6"].value == "=C6+$C$9+'Biểu'!C6"
    assert shown["C8"].value == "=AVERAGE(C5:C7)"
    assert shown["C9"].value == '=C8*2+LEN("C5")'


def test_value_of_another_table_is_not_left_beside_a_formula() -> None:
    sheet = parts(filled(template({**SIMPLE, "C4": "=SUM(C5:C5)"})))["xl/worksheets/sheet1.xml"]

    assert b"<f>SUM(C5:C7)</f></c>" in sheet


def dressed(book: Any, sheet: Any) -> None:
    """Everything an office may have set up around its row."""
    bold = book.add_format({"bold": True, "num_format": "#,##0.00", "border": 1})
    sheet.write_string("D5", "{{ dong.cot_4 }}", bold)
    sheet.merge_range("E5:F5", "{{ dong.ten }}", bold)
    sheet.merge_range("A7:D8", "Ký tên", bold)
    sheet.merge_range("A1:D1", "{{ ten_don_vi }}", bold)
    sheet.set_column("B:B", 33)
    sheet.set_row(4, 27)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.set_margins(left=0.3)
    sheet.print_area("A1:F8")
    sheet.repeat_rows(3)
    sheet.freeze_panes(4, 2)
    sheet.set_h_pagebreaks([6])
    sheet.set_header("&L{{ ten_don_vi }}&R{{ dau_so_lieu }}")
    sheet.insert_image("A2", "a.png", {"image_data": picture()})
    sheet.insert_image("C8", "b.png", {"image_data": picture()})
    sheet.conditional_format("C5:C5", {"type": "cell", "criteria": ">", "value": 9, "format": bold})
    sheet.data_validation("C7", {"validate": "whole", "criteria": ">", "value": "=C6"})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"categories": "=Biểu!$B$5:$B$5", "values": "=Biểu!$C$5:$C$5"})
    sheet.insert_chart("H10", chart)
    book.define_name("Tong", "=Biểu!$C$7")
    book.add_worksheet("Khác").write_formula("A1", "=SUM(Biểu!C5:C5)+Biểu!C7")


def test_everything_else_stays_and_moves_along() -> None:
    content = template(SIMPLE, dressed)

    made = filled(content, ten_don_vi="A & B", mark="SỐ TẠM TÍNH")

    shown = page(made)
    cells = [shown[f"D{row}"] for row in (5, 6, 7)]
    assert [(c.value, c.font.b, c.number_format) for c in cells] == [
        (n, True, "#,##0.00") for n in (1, 2, 3)
    ]
    assert sorted(map(str, shown.merged_cells.ranges)) == [
        "A1:D1",
        "A9:D10",
        "E5:F5",
        "E6:F6",
        "E7:F7",
    ]
    assert shown.column_dimensions["B"].width == pytest.approx(33.7, abs=0.1)
    assert [shown.row_dimensions[row].height for row in (5, 6, 7)] == [27, 27, 27]
    assert (shown.page_setup.orientation, shown.page_setup.paperSize) == ("landscape", 8)
    assert shown.print_area == "'Biểu'!$A$1:$F$10"
    assert shown.print_title_rows == "$4:$4"
    assert shown.freeze_panes == "C5"
    assert [stop.id for stop in shown.row_breaks.brk] == [8]
    assert shown.oddHeader.left.text == "A && B"
    assert shown.oddHeader.right.text == "SỐ TẠM TÍNH"
    assert [str(area.sqref) for area in shown.conditional_formatting] == ["C5:C7"]
    rule = shown.data_validations.dataValidation[0]
    assert (str(rule.sqref), rule.formula1) == ("C9", "C8")
    assert [picture.anchor._from.row for picture in shown._images] == [1, 9]
    book = load_workbook(BytesIO(made))
    assert book.defined_names["Tong"].attr_text == "Biểu!$C$9"
    assert book["Khác"]["A1"].value == "=SUM(Biểu!C5:C7)+Biểu!C9"
    chart = shown._charts[0]
    assert chart.series[0].val.numRef.f == "Biểu!$C$5:$C$7"
    assert chart.anchor._from.row == 11


def test_parts_without_place_holders_are_the_very_same_bytes() -> None:
    content = template(SIMPLE, dressed)
    before, after = parts(content), parts(filled(content))

    same = {name for name in before if before[name] == after.get(name)}
    assert {
        name for name in before if "media" in name or "style" in name or "theme" in name
    } <= same
    assert set(before) == set(after)


def test_own_column_without_subtotals_may_be_added_up() -> None:
    """Nothing stands in the rows of groups there, so nothing is counted twice."""
    cells = {**SIMPLE, "B4": "{{ nhom.ten }}", "E5": "=C5*2", "E7": "=SUM(E5:E5)"}
    lines = [line(GROUP, "I", 30), *UNITS[:2], line(GROUP, "II", 30), UNITS[2]]

    shown = page(filled(template(cells), lines))

    assert shown["E10"].value == "=SUM(E5:E8)"
    assert [shown[f"E{row}"].value is None for row in range(4, 9)] == [
        *(True, False, False, True, False),
    ]


def test_subtotals_have_a_row_of_their_own_and_add_up_their_own_units() -> None:
    cells = {
        "B4": "{{ nhom.ten }}",
        "C4": "{{ nhom.cot_3 }}",
        "D4": "=SUM(C5:C5)",
        "B5": "{{ dong.ten }}",
        "C5": "{{ dong.cot_3 }}",
        "C6": "{{ tong.cot_3 }}",
        "A7": "Cả huyện {{ tong.cot_3 }} hộ",
    }
    lines = [line(GROUP, "I", 30), *UNITS[:2], line(GROUP, "II", 30), UNITS[2]]

    shown = page(filled(template(cells), lines, tong__cot_3="60"))

    assert [shown[f"B{row}"].value for row in range(4, 9)] == ["I", "Xã 1", "Xã 2", "II", "Xã 3"]
    assert shown["D4"].value == "=SUM(C5:C6)"
    assert shown["D7"].value == "=SUM(C8:C8)"
    assert shown["A10"].value == "Cả huyện 60 hộ"


def test_template_without_a_row_for_subtotals_leaves_them_out() -> None:
    shown = page(filled(template(SIMPLE), [line(GROUP, "I", 30), *UNITS]))

    assert [shown[f"B{row}"].value for row in range(5, 8)] == ["Xã 1", "Xã 2", "Xã 3"]


def test_total_of_several_lines_is_repeated_too() -> None:
    names = Names(frozenset(), dict.fromkeys((UNIT, TOTAL), COLUMNS), frozenset({UNIT, TOTAL}))
    cells = {"B3": "{{ tong.ten }}", "B4": "{{ dong.ten }}", "B5": "hết"}

    lines = [line(TOTAL, "Hộ", 1), line(TOTAL, "Người", 2), *UNITS]
    shown = page(filled(template(cells), lines, names))

    assert [shown[f"B{row}"].value for row in range(3, 9)] == [
        "Hộ", "Người", "Xã 1", "Xã 2", "Xã 3", "hết",
    ]  # fmt: skip


def test_what_every_page_must_say_is_said_even_where_the_template_forgot_it() -> None:
    shown = page(filled(template(SIMPLE), mark="SỐ LIỆU MINH HỌA"))

    assert shown.oddHeader.right.text == "SỐ LIỆU MINH HỌA"


def test_edges_of_pages_stay_within_what_excel_takes() -> None:
    def edged(_book: Any, sheet: Any) -> None:
        sheet.set_header("&L{{ ten_don_vi }}")

    made = filled(template(SIMPLE, edged), mark="SỐ TẠM TÍNH", ten_don_vi="Xã " * 200)

    shown = page(made)
    assert shown.oddHeader.right.text == "SỐ TẠM TÍNH"
    assert len(shown.oddHeader.left.text) > 200
    assert len(shown.oddHeader.left.text) + len("&L&RSỐ TẠM TÍNH") <= 255


def test_merged_cells_of_a_row_that_is_not_used_leave_no_trace() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A4:B4", "{{ nhom.ten }}")

    made = parts(filled(template(SIMPLE, more)))

    assert b"mergeCell" not in made["xl/worksheets/sheet1.xml"]


def test_words_keep_their_letters_within_a_cell() -> None:
    def rich(book: Any, sheet: Any) -> None:
        bold = book.add_format({"bold": True})
        sheet.write_rich_string("A2", "Kỳ ", bold, "{{ ky }}", " này")

    made = filled(template(SIMPLE, rich))

    told = load_workbook(BytesIO(made), rich_text=True).worksheets[0]["A2"].value
    assert str(told) == "Kỳ năm 2024 này"
    assert [bool(getattr(part, "font", None) and part.font.b) for part in told] == [
        False,
        True,
        False,
    ]


@pytest.mark.office
def test_libreoffice_reads_it_and_works_the_formulas_out(tmp_path: Path) -> None:
    def more(book: Any, sheet: Any) -> None:
        dressed(book, sheet)
        sheet.write_formula("G5", "=C5/SUM(C$5:C$5)")
        sheet.write_formula("C6", "=SUM(C5:C5)")

    once = converted(tmp_path, "bieu.xlsx", filled(template(SIMPLE, more)))
    book = load_workbook(BytesIO(once), data_only=True)
    shown = book.worksheets[0]

    assert shown["C8"].value == 60
    assert shown["G6"].value == pytest.approx(20 / 60)
    assert book["Khác"]["A1"].value == 60
    assert len(shown._images) == 2
    assert "A9:D10" in map(str, shown.merged_cells.ranges)


@pytest.mark.office
def test_template_made_in_libreoffice_is_filled_in_too(tmp_path: Path) -> None:
    content = converted(tmp_path, "mau.xlsx", template({**SIMPLE, "C6": "=SUM(C5:C5)"}, dressed))

    made = filled(content)

    shown = load_workbook(BytesIO(converted(tmp_path, "xong.xlsx", made)), data_only=True)
    assert [shown.worksheets[0][f"B{row}"].value for row in (5, 6, 7)] == ["Xã 1", "Xã 2", "Xã 3"]
    assert shown.worksheets[0]["C8"].value == 60
    assert len(shown.worksheets[0]._images) == 2


def converted(tmp_path: Path, name: str, content: bytes) -> bytes:
    """What LibreOffice makes of a workbook that it opens and saves."""
    (tmp_path / name).write_bytes(content)
    subprocess.run(
        [
            os.environ.get("SOFFICE") or "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            tmp_path / "out",
            tmp_path / name,
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return (tmp_path / "out" / name).read_bytes()
