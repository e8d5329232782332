"""The form to take away: what is open, what is locked, what Excel itself checks and works out."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from indicators.enums import Answer
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.xlsx import read_sheet
from reports import workflow
from reports.returns import return_of
from reports.workbook.layout import file_name
from reports.workbook.template import template_file
from tests import builders
from tests.builders import Y2024, Catalogue, Places
from tests.reports.test_annex_workbook import differences, recalculated
from tests.reports.workbook_forms import filled, line_of, read, template, told, wider

pytestmark = pytest.mark.django_db


def opened(content: bytes) -> Worksheet:
    return load_workbook(BytesIO(content)).worksheets[0]


def keep(places: Places, catalogue: Catalogue, **figures: str | None) -> None:
    """Let the officer have a stored draft."""
    by = builders.official("xa", places.first)
    known = {row.code: row for row in catalogue.inputs}
    values = {known[code]: value for code, value in figures.items()}
    workflow.save_draft(
        unit=places.first,
        period=Y2024,
        entries=builders.entries(places.first, values),
        by=by,
    )


def test_rows_stand_by_theme_with_number_unit_last_year_and_what_is_stored(
    places: Places, catalogue: Catalogue
) -> None:
    builders.told(places.first, {catalogue.poor: "20"}, Period(2023))
    keep(places, catalogue, households="100", poor="13", escaped=None)

    sheet = opened(template(places.first))

    assert [cell.value for cell in sheet[5]] == [
        "STT",
        "Chỉ tiêu",
        "ĐVT",
        "Năm 2023",
        "Kế hoạch",
        "Kết quả",
        "Trả lời",
        "Ghi chú",
        "Kiểm tra",
        "Mã",
        "Phiên bản",
    ]
    assert sheet["A6"].value == "1. Rà soát hộ"
    rows = [[cell.value for cell in row] for row in sheet["A7:K12"]]
    assert rows[0][:9] == ["1.1", "Tổng số hộ", "hộ", None, None, 100, None, None, None]
    assert rows[0][9:] == ["households", 1]
    assert rows[2][5:7] == [None, "Không áp dụng"]
    assert rows[4][3:6] == [20, None, 13]
    assert rows[5][:3] == ["1.6", "Tỷ lệ hộ nghèo", "%"]
    assert str(sheet["A1"].value) == "Báo cáo năm 2024 – xã Một"
    assert str(sheet["A3"].value).startswith("Mã tệp: 90102 · 2024 · ")


def test_only_what_the_officer_types_is_unlocked(places: Places, catalogue: Catalogue) -> None:
    builders.lock_opening(catalogue)
    builders.told(places.first, {catalogue.poor: "20"}, Period(2023))

    sheet = opened(template(places.first))

    unlocked = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked
    }
    assert sheet.protection.sheet
    assert not sheet.protection.password
    typed = {line_of(sheet, row.code) for row in catalogue.inputs if row != catalogue.opening}
    assert unlocked == {f"{column}{line}" for line in typed for column in "FGH"}
    assert sheet[f"F{line_of(sheet, 'opening')}"].value == 20
    hidden = {letter for letter, column in sheet.column_dimensions.items() if column.hidden}
    assert "J" in hidden


def test_excel_itself_admits_only_what_the_indicator_admits(
    places: Places, catalogue: Catalogue
) -> None:
    wider(catalogue)
    sheet = opened(template(places.first))

    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}

    count = rules[f"F{line_of(sheet, 'households')}"]
    assert (count.type, count.operator, count.formula1) == ("whole", None, "0")
    assert count.error == "Chỉ nhận số nguyên từ 0."
    share = rules[f"F{line_of(sheet, 'share')}"]
    assert (share.type, share.formula1, share.formula2) == ("decimal", "0", "100")
    assert share.error == "Chỉ nhận số từ 0,00 đến 100,00."
    assert rules[f"F{line_of(sheet, 'standard')}"].formula1 == '"Đạt,Chưa đạt"'
    answer = rules[f"G{line_of(sheet, 'households')}"]
    assert answer.formula1 == '"Không áp dụng,Không có số liệu"'


def test_numbers_are_shown_the_vietnamese_way_and_the_page_is_a4(
    places: Places, catalogue: Catalogue
) -> None:
    wider(catalogue)
    sheet = opened(template(places.first))

    assert sheet[f"F{line_of(sheet, 'households')}"].number_format == "[$-42A]#,##0"
    assert sheet[f"F{line_of(sheet, 'income')}"].number_format == "[$-42A]#,##0.0"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("C6", "$5:$5")


def test_sample_figures_are_marked(
    places: Places, catalogue: Catalogue, settings: LazySettings
) -> None:
    builders.told(places.first, {catalogue.poor: "13"}, is_sample=True)
    sheet = opened(template(places.first))

    assert "SỐ LIỆU MINH HỌA" in str(sheet["A4"].value)
    assert "SỐ LIỆU MINH HỌA" in str(sheet.oddHeader.right.text)
    assert sheet[f"F{line_of(sheet, 'poor')}"].font.italic
    assert not sheet[f"F{line_of(sheet, 'households')}"].font.italic


def test_computed_rows_and_checks_are_formulas_with_their_values(
    places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    keep(places, catalogue, **{**builders.FILLED, "poor": "14"})

    sheet = read_sheet(template(places.first))

    assert sheet.formulas["F12"] == '=IF(COUNT(F11,F7)<2,"",IF((F7)=0,"",(F11)*100/(F7)))'
    assert sheet.value("F12") == 14
    assert sheet.value("I11") == "Lỗi phải sửa: can-doi."
    assert sheet.formulas["I11"].startswith('=TRIM(IF(COUNT(F8,F9,F10,F11)<4,"",IF(ABS(ROUND(')


def test_file_name_is_what_every_mail_system_passes_on(places: Places) -> None:
    places.first.name = "Xã Đặng Văn Ước"

    assert file_name(places.first, Period(2024, "Q", 3)) == "bao-cao-dang-van-uoc-2024Q3.xlsx"


def rules(catalogue: Catalogue) -> None:
    """Rules of every comparator, over this year and the last."""
    builders.balance(catalogue)
    for place, sign in enumerate([">=", ">", "<=", "<", "="]):
        builders.rule(
            f"quy-tac-{place}",
            [(1, catalogue.poor, 0), (-1, catalogue.escaped, -1)],
            comparator=sign,
            constant=Decimal(place),
            tolerance=Decimal(1),
            severity="warning",
        )


@pytest.mark.office
def test_libreoffice_works_out_the_same_and_gives_the_figures_back(
    places: Places, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Templates empty, half filled and full, recalculated: every stored value stands."""
    kinds = wider(catalogue)
    rules(catalogue)
    opening = builders.ratio("start", "Đầu kỳ", 6, [catalogue.opening], [catalogue.households])
    catalogue.rate.opening_indicator = opening
    catalogue.rate.save()
    builders.told(places.first, {catalogue.poor: "20", catalogue.escaped: "7"}, Period(2023))
    files = {"empty.xlsx": template(places.first)}
    keep(places, catalogue, households="100", poor="13", escaped=None)
    files["half.xlsx"] = template(places.first)
    by = builders.official("xa.hai", places.first)
    choice = Entry(places.first, kinds["standard"], Y2024, Answer.VALUE, Decimal(1))
    entries = [
        *builders.entries(
            places.first,
            {
                **{kinds[code]: value for code, value in builders.FILLED.items()},
                kinds["income"]: "33.4",
                kinds["share"]: "45.36",
            },
        ),
        choice,
    ]
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=by)
    files["full.xlsx"] = template(places.first)

    again = recalculated(tmp_path, files)

    for name, sheet in again.items():
        written = read_sheet(files[name])
        assert len(written.formulas) == 4
        told_apart = [row for row in differences(written, sheet) if row[2] != row[3]]
        assert told_apart == []
        assert name != "full.xlsx" or None not in [*map(written.value, written.formulas)]
    full = (tmp_path / "out" / "full.xlsx").read_bytes()
    assert told(read(full, places.first)) == {
        **{code: Decimal(value) for code, value in builders.FILLED.items()},
        "income": Decimal("33.4"),
        "standard": Decimal(1),
        "share": Decimal("45.36"),
    }
    assert told(read(filled(full, {"poor": 14}), places.first))["poor"] == 14


def test_number_of_queries_does_not_grow_with_the_rows(
    places: Places, catalogue: Catalogue, django_assert_num_queries: object
) -> None:
    from django.db import connection  # noqa: PLC0415  # counted here only
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    template(places.first)  # what is kept in memory is there
    with CaptureQueriesContext(connection) as few:
        template_file(return_of(places.first, Y2024))
    for number in range(20):
        builders.count(f"more-{number}", f"Chỉ tiêu {number}", 20 + number)
    template(places.first)
    with CaptureQueriesContext(connection) as many:
        template_file(return_of(places.first, Y2024))

    assert len(many) == len(few)
