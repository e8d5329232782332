"""The sheet “Nguồn”: who made the table when, what its columns and rows rest on, who is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from communes.enums import Role
from communes.models import Official, Succession
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.xlsx import Sheet, read_sheets
from reports.annexes.build import build_table
from reports.annexes.sources import Sources, UnitSource, read_sources
from reports.annexes.table import Table
from reports.annexes.workbook import annex_file, write_workbook
from reports.enums import ReportState, Step
from reports.models import Annex, Report, ReportEvent
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms


@pytest.fixture
def form(places: Places) -> Annex:
    measured = annex_forms.measured()
    plan = annex_forms.plan(places.district, number="20/KH-UBND")
    told(places.first, measured.values("1234", "5001", "1200", escaped="34", households="5007"))
    told(places.second, measured.values("95", "100", "90", escaped=None))
    told(places.second, measured.values("99", "100", "95"), Period(2023))
    drain()
    return annex_forms.annex(plan)


@pytest.fixture
def maker(places: Places) -> Official:
    return builders.official("duyet", places.district, Role.REVIEWER)


@pytest.fixture
def drawn(form: Annex, places: Places) -> Callable[..., Table]:
    def draw(variant: str = "year", stage: str = Stage.PROVISIONAL) -> Table:
        return build_table(form, places.district, Y2024, stage, variant)

    return draw


def approved(places: Places, by: Official) -> None:
    report = Report.objects.create(
        unit=places.first,
        period="2024",
        state=ReportState.APPROVED,
        round=2,
        version=7,
        submitted_at="2024-12-12T08:00:00+07:00",
    )
    ReportEvent.objects.create(
        report=report, step=Step.APPROVE, round=2, by=by, at="2024-12-14T09:30:00+07:00"
    )


def by_name(sources: Sources) -> dict[str, UnitSource]:
    return {unit.name: unit for unit in sources.units}


def sheet(content: bytes) -> Sheet:
    return read_sheets(content)[1]


def words(shown: Sheet) -> list[object]:
    return [cell.value for cell in shown.cells.values()]


# -- what it says ---------------------------------------------------------------------------------


def test_facts_name_layout_plan_place_stage_maker_and_code(
    drawn: Callable[..., Table], maker: Official
) -> None:
    table = drawn()

    facts = dict(read_sources(table, maker).facts)

    assert facts["Mẫu biểu"].startswith("thu, dạng theo năm, bản 1 ngày ")
    assert facts["Văn bản"].startswith("Kế hoạch số 20/KH-UBND, Giảm nghèo, UBND huyện")
    assert facts["Địa bàn"] == "Huyện Thử Nghiệm (mã 901)"
    assert facts["Kỳ số liệu"] == "năm 2024"
    assert facts["Loại số liệu"] == "tạm tính"
    assert facts["Người lập tệp"] == str(maker)
    assert facts["Mức đầy đủ"] == "2/3 đơn vị có đủ số liệu"
    assert facts["Còn thiếu"] == "thị trấn Trung Tâm"
    assert facts["Mã kiểm tra"] == table.check_code


def test_layout_that_was_changed_is_another_version(
    drawn: Callable[..., Table], form: Annex
) -> None:
    form.title = "Hộ nghèo từng xã"
    form.save()

    assert ", bản 2 ngày " in dict(read_sources(drawn()).facts)["Mẫu biểu"]


def test_columns_name_their_indicators_and_years(drawn: Callable[..., Table]) -> None:
    columns = {one.number: one for one in read_sources(drawn()).columns}

    assert columns["3"].heading == "Đầu kỳ – open_households"
    assert columns["3"].basis.endswith("[open_households]")
    assert columns["5"].basis.endswith("[open_rate = opening : open_households]")
    assert "trừ" in columns["7"].basis  # relapsed less escaped
    assert columns["12"].basis.endswith("kế hoạch giao")
    assert columns["13"].basis.endswith("giảm so với đầu kỳ, điểm %")
    assert columns["14"].basis == "tính từ các cột"
    assert {column.periods for column in columns.values()} <= {"2024", ""}
    assert "1" not in columns  # names rest on nothing


def test_running_total_names_every_year_behind_it(drawn: Callable[..., Table]) -> None:
    sources = read_sources(drawn("period"))

    total = next(one for one in sources.columns if one.basis.endswith("cộng dồn"))
    assert total.periods == "2023, 2024"
    assert [period.code for period in sources.periods] == ["2023", "2024"]


def test_units_name_their_returns_and_what_they_lack(
    drawn: Callable[..., Table], places: Places, maker: Official
) -> None:
    approved(places, maker)

    units = by_name(read_sources(drawn()))

    (told_of,) = units["Xã Một"].returns
    assert told_of.startswith("đã duyệt 14/12/2024, lần nộp 2, bản 7; số nhập đến ")
    assert units["Xã Hai"].returns[0].startswith("không qua báo cáo; số nhập đến ")
    assert units["Thị trấn Trung Tâm"].returns == ("chưa có",)
    assert units["Xã Một"].lacking == ""
    assert units["Thị trấn Trung Tâm"].lacking.startswith("thiếu 11/")


def test_return_of_another_year_stands_under_that_year(drawn: Callable[..., Table]) -> None:
    units = by_name(read_sources(drawn("period")))

    before, now = units["Xã Hai"].returns
    assert before.startswith("không qua báo cáo")
    assert now.startswith("không qua báo cáo")
    assert units["Xã Một"].returns[0] == "chưa có"


def test_unit_that_was_taken_over_is_named_before_its_heir(
    drawn: Callable[..., Table], places: Places
) -> None:
    gone = builders.unit("90199", "Xã Cũ", "commune", places.district, valid_to=date(2023, 12, 31))
    Succession.objects.create(predecessor=gone, successor=places.first, date=date(2024, 1, 1))

    names = [unit.name for unit in read_sources(drawn("period")).units]

    assert names.index("Xã Cũ") + 1 == names.index("Xã Một")


def test_queries_do_not_grow_with_units_and_columns(
    drawn: Callable[..., Table], places: Places
) -> None:
    def queries() -> int:
        table = drawn("period")
        with CaptureQueriesContext(connection) as asked:
            read_sources(table)
        return len(asked)

    few = queries()
    for number in range(20):
        builders.unit(f"91{number:03}", f"Xã Thứ {number}", "commune", places.district)

    assert (few, queries()) == (3, 3)


# -- the sheet ------------------------------------------------------------------------------------


def test_workbook_has_the_sheet_and_hides_nothing(
    form: Annex, places: Places, maker: Official
) -> None:
    _name, content = annex_file("thu", places.district, Y2024, Stage.PROVISIONAL, "year", maker)

    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["Biểu 01", "Nguồn"]
    for shown in book.worksheets:
        assert shown.sheet_state == "visible"
        assert not any(row.hidden for row in shown.row_dimensions.values())
        assert not any(column.hidden for column in shown.column_dimensions.values())
        assert not shown.protection.sheet
    table = build_table(form, places.district, Y2024, Stage.PROVISIONAL, "year")
    assert table.check_code in words(sheet(content))
    first = read_sheets(content)[0]
    assert sum(table.check_words in str(value) for value in words(first)) == 1
    assert table.check_words in (book.worksheets[0].oddFooter.right.text or "")


def test_sheet_has_a_line_for_every_unit_under_repeated_headings(
    drawn: Callable[..., Table],
) -> None:
    table = drawn()
    sources = read_sources(table)

    shown = load_workbook(BytesIO(write_workbook(table, sources))).worksheets[1]

    rows = [[cell.value for cell in row] for row in shown.iter_rows()]
    head = rows.index(["Mã đơn vị", "Đơn vị", "Báo cáo năm 2024", "Ô chưa có số"])
    assert [row[1] for row in rows[head + 1 :]] == [unit.name for unit in sources.units]
    assert shown.print_title_rows == f"${head + 1}:${head + 1}"
    assert shown.print_area == f"'Nguồn'!$A$1:$D${len(rows)}"
    assert shown.page_setup.fitToHeight == 0


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "<b>&amp;"])
def test_names_that_look_like_formulas_stay_text(
    drawn: Callable[..., Table], places: Places, name: str
) -> None:
    places.first.name = name
    places.first.save()
    Official.objects.filter(username="x").delete()
    table = drawn()
    hostile = builders.official("x", places.district)
    hostile.full_name = name

    content = write_workbook(table, read_sources(table, hostile))

    both = read_sheets(content)
    assert not both[1].formulas
    assert words(both[1]).count(name) == 2  # the unit, and who had it made
    assert name in words(both[0])
