"""The workbook of a table, read back: numbers, formulas with their stored values, the frame."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import Sheet, read_sheet
from reports.annexes.build import build_table
from reports.annexes.table import Table
from reports.annexes.workbook import annex_file, write_workbook
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured

Y2023 = Period(2023)


@dataclass
class Filled:
    """A province of two districts; one commune has told nothing, one is not asked for a figure."""

    places: Places
    measured: Measured
    form: Annex

    def table(self, unit: Unit, variant: str = "year") -> Table:
        return build_table(self.form, unit, Y2024, Stage.PROVISIONAL, variant)

    def sheet(self, unit: Unit, variant: str = "year") -> Sheet:
        return read_sheet(write_workbook(self.table(unit, variant)))


@pytest.fixture
def filled(places: Places) -> Filled:
    measured = annex_forms.measured()
    plan = annex_forms.plan(places.district)
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    far = builders.unit("90201", "Xã Xa", "commune", other)
    for year in (Y2023, Y2024):
        told(places.first, measured.values("2", "4", "1", households="2", escaped="1"), year)
        told(places.second, measured.values("95", "100", "90", escaped=None), year)
        told(far, measured.values("1234", "5001", "1200", escaped="34", households="5007"), year)
    annex_forms.milestone(plan, places.first, measured.rate, 2024, "7", cut=True)
    drain()
    return Filled(places, measured, annex_forms.annex(plan))


def body(sheet: Sheet, name: str) -> dict[str, object]:
    """A row of the table by the name of its unit: stored values by column letter."""
    row = next(cell.row for cell in sheet.cells.values() if cell.value == name)
    return {re.sub(r"\d", "", cell.address): cell.value for cell in sheet.row(row)}


def page(content: bytes) -> Worksheet:
    return load_workbook(BytesIO(content)).worksheets[0]


def fitted_to(shown: Worksheet) -> tuple[int, int]:
    """How many pages wide and high the sheet is made to be; 0 as many as it takes."""
    properties = shown.sheet_properties.pageSetUpPr
    assert properties is not None
    assert properties.fitToPage
    wide, high = shown.page_setup.fitToWidth, shown.page_setup.fitToHeight
    return 1 if wide is None else wide, 1 if high is None else high


# -- cells ------------------------------------------------------------------------------------


def test_numbers_are_numbers_and_symbols_are_text(filled: Filled) -> None:
    sheet = filled.sheet(filled.places.district)

    told_nothing = body(sheet, "TT Trung Tâm")
    assert told_nothing["A"] == 1
    assert [told_nothing[letter] for letter in "CDEFGHIJKM"] == ["…"] * 10
    assert told_nothing["L"] == "–"
    reported = body(sheet, "Hai")
    assert (reported["C"], reported["D"], reported["F"]) == (100, 95, "–")
    assert reported["K"] == 90.0


def test_formats_show_vietnamese_separators(filled: Filled) -> None:
    sheet = filled.sheet(filled.places.district)

    row = next(cell.row for cell in sheet.cells.values() if cell.value == "Hai")
    assert sheet.cells[f"C{row}"].number_format == "[$-42A]#,##0"
    assert sheet.cells[f"K{row}"].number_format == "[$-42A]#,##0.00"


def test_formulas_stand_where_the_figures_follow_from_others(filled: Filled) -> None:
    sheet = filled.sheet(filled.places.district)

    total = next(cell.row for cell in sheet.cells.values() if cell.value == "Tổng cộng (2/3)")
    first, last, one = total + 1, total + 3, total + 2
    formulas = sheet.formulas
    assert formulas[f"C{total}"] == f"=SUM(C{first}:C{last})"
    assert formulas[f"K{total}"] == (
        f"=SUMPRODUCT(--ISNUMBER(H{first}:H{last}),--ISNUMBER(I{first}:I{last}),I{first}:I{last})"
        f"/SUMPRODUCT(--ISNUMBER(H{first}:H{last}),--ISNUMBER(I{first}:I{last}),H{first}:H{last})"
        "*100"
    )
    assert formulas[f"M{total}"] == f"=E{total}-K{total}"
    assert formulas[f"I{one}"] == f"=D{one}-F{one}+J{one}"
    assert formulas[f"K{one}"] == f"=I{one}/H{one}*100"
    # no formula over a figure that is not there: the township, and what is not applicable
    assert not any(address.endswith(str(first)) for address in formulas)
    assert f"I{last}" not in formulas


def test_province_total_adds_up_districts_and_counts_single_communes(filled: Filled) -> None:
    sheet = filled.sheet(filled.places.province)

    total = next(cell.row for cell in sheet.cells.values() if cell.value == "Tổng cộng (3/4)")
    near, far, end = total + 1, total + 5, total + 6
    assert sheet.formulas[f"I{total}"] == f"=SUM(I{near},I{far})"
    assert sheet.formulas[f"I{near}"] == f"=SUM(I{near + 1}:I{near + 3})"
    assert sheet.formulas[f"K{total}"].startswith(
        f"=SUMPRODUCT(--ISNUMBER(A{near + 1}:A{end}),--ISNUMBER(H{near + 1}:H{end}),"
    )
    assert body(sheet, "Tổng cộng (3/4)")["I"] == 1291


def test_stored_values_are_the_figures(filled: Filled) -> None:
    for unit, variant in (
        (filled.places.district, "year"),
        (filled.places.province, "year"),
        (filled.places.province, "period"),
    ):
        table = filled.table(unit, variant)
        sheet = read_sheet(write_workbook(table))
        start = next(cell.row for cell in sheet.cells.values() if cell.value == table_name(table))
        figures = {
            (start + place, column + 1): float(cell.value)
            for place, row in enumerate(table.rows)
            for column, cell in enumerate(row.cells)
            if cell.value is not None
        }
        stored = {(cell.row, cell.column): cell.value for cell in sheet.cells.values()}
        assert {place: stored[place] for place in figures} == figures


def table_name(table: Table) -> str:
    """The words in the first row of the table's body."""
    return next(cell.text for cell in table.rows[0].cells if cell.text)


def test_another_reader_sees_the_same_stored_values(filled: Filled) -> None:
    content = write_workbook(filled.table(filled.places.district))
    sheet = read_sheet(content)

    rows = (
        CalamineWorkbook.from_filelike(BytesIO(content))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
    )

    seen = {
        (row, column): value
        for row, cells in enumerate(rows, start=1)
        for column, value in enumerate(cells, start=1)
        if value != ""
    }
    assert seen == {(cell.row, cell.column): cell.value for cell in sheet.cells.values()}


@pytest.mark.parametrize("name", ["=1+1", "+84", "-1", "@SUM(A1)", "=HYPERLINK(1)"])
def test_text_that_looks_like_a_formula_stays_text(filled: Filled, name: str) -> None:
    Unit.objects.filter(pk=filled.places.second.pk).update(name=f"Xã {name}")
    filled.form.definition["notes_vi"] = [name]
    filled.form.definition["unit_of_measure"] = name

    content = write_workbook(filled.table(filled.places.district))

    found = [
        cell
        for row in page(content).iter_rows()
        for cell in row
        if cell.value in (name, f"Xã {name}")
    ]
    assert [cell.data_type for cell in found] == ["s", "s"]
    assert not any(name in formula for formula in read_sheet(content).formulas.values())


# -- the form ---------------------------------------------------------------------------------


def test_frame_is_that_of_an_official_document(filled: Filled) -> None:
    sheet = filled.sheet(filled.places.district)

    words = [cell.value for cell in sheet.cells.values() if isinstance(cell.value, str)]
    assert words[:9] == [
        "ỦY BAN NHÂN DÂN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "HUYỆN THỬ NGHIỆM",
        "Độc lập - Tự do - Hạnh phúc",
        "Biểu số 01",
        "HỘ NGHÈO THEO XÃ NĂM 2024",
        filled.table(filled.places.district).reference,
        "SỐ TẠM TÍNH",
        "ĐVT: hộ, %",
    ]
    assert words[-1] == (
        "Thử Nghiệm, ngày … tháng … năm …\nTM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\n(Ký tên, đóng dấu)\n"
    )
    assert words[-2] == "\nNGƯỜI LẬP BIỂU\n(Ký, ghi rõ họ tên)\n"


def test_headings_span_their_columns_and_rows(filled: Filled) -> None:
    content = write_workbook(filled.table(filled.places.district))
    sheet = read_sheet(content)

    group = next(cell for cell in sheet.cells.values() if cell.value == "Đầu kỳ")
    merged = {str(area) for area in page(content).merged_cells.ranges}
    assert f"C{group.row}:E{group.row}" in merged
    assert f"A{group.row}:A{group.row + 1}" in merged
    numbers = [str(cell.value).replace("\n", "") for cell in sheet.row(group.row + 2)]
    assert numbers[:5] == ["(1)", "(2)", "(3)", "(4)", "(5)=4/3"]
    assert numbers[8] == "(9)=4-6+10"


def test_page_is_a4_landscape_with_the_margins_of_the_decree(filled: Filled) -> None:
    """Source: Decree 30/2020, annex I: left 30-35 mm, right 15-20, top and bottom 20-25."""
    shown = page(write_workbook(filled.table(filled.places.district)))

    setup, margins = shown.page_setup, shown.page_margins
    assert (setup.orientation, setup.paperSize) == ("landscape", 9)
    assert fitted_to(shown) == (1, 1)
    inches = [margins.left, margins.right, margins.top, margins.bottom]
    assert [round(inch * 25.4) for inch in inches] == [30, 15, 20, 20]
    heading = next(cell for row in shown.iter_rows() for cell in row if cell.value == "STT".lower())
    assert shown.print_title_rows == f"${heading.row}:${heading.row + 2}"
    assert shown.print_area.startswith("'Biểu 01'!$A$1:$O$")


def test_long_table_takes_several_pages_one_page_wide(filled: Filled) -> None:
    for number in range(69):
        builders.unit(f"9020{number:02}1", f"Xã {number}", "commune", filled.places.district)

    shown = page(write_workbook(filled.table(filled.places.district)))

    assert fitted_to(shown) == (1, 0)
    assert "&P" in (shown.oddHeader.center.text or "")
    # the last rows go to the last page together with the signatures
    last_row = next(row for row in range(1, 200) if shown.cell(row, 2).value == "68")
    assert [stop.id for stop in shown.row_breaks.brk] == [last_row - 3]


@pytest.mark.parametrize(
    ("is_sample", "stage", "marks"),
    [
        (True, Stage.PROVISIONAL, "SỐ LIỆU MINH HỌA – SỐ TẠM TÍNH"),
        (False, Stage.PROVISIONAL, "SỐ TẠM TÍNH"),
        (True, Stage.OFFICIAL, "SỐ LIỆU MINH HỌA"),
        (False, Stage.OFFICIAL, None),
    ],
)
def test_every_page_says_what_its_figures_are(
    filled: Filled, is_sample: bool, stage: str, marks: str | None
) -> None:
    values = filled.measured.values("10", "100", "8")
    told(filled.places.town, values, stage=stage, is_sample=is_sample)
    drain()

    table = build_table(filled.form, filled.places.district, Y2024, stage)
    shown = page(write_workbook(table))

    assert (shown.oddHeader.right.text or None) == marks
    assert table.stamp in (shown.oddFooter.right.text or "")
    under_title = [cell.value for row in shown.iter_rows(max_row=6) for cell in row]
    assert (marks in under_title) if marks else ("SỐ TẠM TÍNH" not in under_title)


def test_number_of_a_form_may_hold_signs_that_mean_something_to_a_workbook(filled: Filled) -> None:
    filled.form.definition["number"] = "1&P/a"

    shown = page(write_workbook(filled.table(filled.places.district)))

    assert shown.oddFooter.left.text == "Biểu số 1&&P/a"
    assert shown.title == "Biểu 1&P-a"


def test_annex_file_gives_name_and_content_by_code(filled: Filled) -> None:
    name, content = annex_file("thu", filled.places.district, Y2024, Stage.PROVISIONAL, "period")

    assert name == "bieu-thu-thu-nghiem-giai-doan-2024-tam-tinh.xlsx"
    assert read_sheet(content).title == "Biểu 01"
    with pytest.raises(DomainError, match="Không có biểu “khac”"):
        annex_file("khac", filled.places.district, Y2024, Stage.PROVISIONAL)


def test_file_that_is_no_workbook_is_refused_in_words() -> None:
    with pytest.raises(DomainError, match="không phải là bảng tính Excel"):
        read_sheet(b"xa,ho\n1,2\n")


# -- recalculated by LibreOffice ----------------------------------------------------------------

RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def recalculated(folder: Path, files: dict[str, bytes]) -> dict[str, Sheet]:
    """Open and save each workbook in LibreOffice, which works every formula out anew."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    subprocess.run(
        [
            os.environ.get("SOFFICE") or "soffice",
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            folder / "out",
            *(folder / name for name in files),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return {name: read_sheet((folder / "out" / name).read_bytes()) for name in files}


def differences(written: Sheet, again: Sheet) -> Iterable[tuple[str, str, object, object]]:
    """Formulas whose value is another after the recalculation."""
    for address, formula in written.formulas.items():
        stored, value = written.value(address), again.value(address)
        same = (
            isinstance(stored, int | float)
            and isinstance(value, int | float)
            and abs(stored - value) <= 1e-9 * max(abs(stored), 1)
        )
        if not same:
            yield address, formula, stored, value


def wrong_on_purpose() -> bytes:
    """A workbook whose stored value is not what its formula gives."""
    stream = BytesIO()
    with Workbook(stream) as book:
        book.add_worksheet().write_formula("A1", "=1+1", None, 5)
    return stream.getvalue()


@pytest.mark.office
def test_every_formula_works_out_to_its_stored_value(filled: Filled, tmp_path: Path) -> None:
    places = filled.places
    told(places.town, {filled.measured.households: "500"})
    told(places.town, filled.measured.values("10", "896"), Y2023)
    drain()
    files = {
        "wrong.xlsx": wrong_on_purpose(),
        "year.xlsx": write_workbook(filled.table(places.district)),
        "period.xlsx": write_workbook(filled.table(places.district, "period")),
        "province.xlsx": write_workbook(filled.table(places.province)),
        "province-period.xlsx": write_workbook(filled.table(places.province, "period")),
    }

    again = recalculated(tmp_path, files)

    # the recalculation is real: a wrong stored value does not survive it
    assert again.pop("wrong.xlsx").value("A1") == 2
    for name, sheet in again.items():
        written = read_sheet(files[name])
        assert written.formulas
        assert list(differences(written, sheet)) == []
    like_with_like = next(
        formula
        for address, formula in read_sheet(files["year.xlsx"]).formulas.items()
        if address.startswith("N") and "SUMPRODUCT" in formula
    )
    assert like_with_like.count("ISNUMBER") == 4


@pytest.mark.office
def test_district_form_prints_on_one_page(filled: Filled, tmp_path: Path) -> None:
    for number in range(15):
        more = builders.unit(f"9010{number:02}1", f"Xã {number}", "commune", filled.places.district)
        told(more, filled.measured.values("20", "400", "10", escaped="10"))
    drain()
    (tmp_path / "bieu.xlsx").write_bytes(write_workbook(filled.table(filled.places.district)))

    subprocess.run(
        [
            os.environ.get("SOFFICE") or "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            tmp_path,
            tmp_path / "bieu.xlsx",
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    words = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "bieu.pdf", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    pages = words.rstrip("\f").split("\f")
    assert len(pages) == 1
    assert "SỐ TẠM TÍNH" in pages[0]
    assert "PHÓ CHỦ TỊCH" not in pages[0]
    assert "CHỦ TỊCH" in pages[0]
    assert "90,00" in pages[0]


def test_decimal_and_stored_value_agree_to_the_last_digit_shown(filled: Filled) -> None:
    table = filled.table(filled.places.province)
    sheet = read_sheet(write_workbook(table))

    rate = body(sheet, table_name(table))["K"]

    assert rate == float(Decimal(1291) * 100 / Decimal(5109))
