"""A district's table read back: figures of many communes, all of them or none."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from communes.models import Official
from indicators.models import Result
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports import workflow
from reports.models import Report
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports.workbook_district import ONE, PAGE, District, first_sheet, made, row_of, typed
from tests.reports.workbook_forms import edited, line_of, stored, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def test_figures_of_every_commune_become_drafts_of_its_return(district: District) -> None:
    two = {**ONE, "households": "1.234", "escaped": 0}
    content = typed(district.printed(), {"Một": dict(ONE), "Hai": dict(two)})

    address = upload(district.desk, content, PAGE)
    page = district.desk.get(address)
    assert "12 số mới, 0 số thay đổi" in page.content.decode()
    assert "Ghi 12 số vào bản nháp của 2 xã" in page.content.decode()
    assert Result.objects.count() == 0

    assert district.desk.post(address).headers["Location"] == address
    assert stored(district.places.first) == ONE
    assert stored(district.places.second) == {**ONE, "households": 1234, "escaped": 0}
    assert stored(district.places.town) == {}
    assert {report.unit: report.state for report in Report.objects.all()} == {
        district.places.first: "draft",
        district.places.second: "draft",
    }
    assert set(Result.objects.values_list("submitted_answer", flat=True)) == {""}


def test_table_as_it_was_printed_changes_nothing(district: District) -> None:
    """Its closing figure is a formula where it balances, and is read by its stored value."""
    told(
        district.places.first,
        district.measured.values("20", "98", "13", "8", relapsed="1", households="100"),
    )
    content = district.printed()
    sheet = first_sheet(content)
    assert str(sheet[f"I{line_of(sheet, 'Một')}"].value).startswith("=")

    seen = district.states(upload(district.desk, content, PAGE))

    assert seen["Một", "poor"] == "same"
    assert set(seen.values()) == {"same", "blank"}


def test_worked_out_and_planned_columns_are_listed_as_not_read(district: District) -> None:
    content = typed(district.printed(), {"Một": dict(ONE)})

    page = district.desk.get(upload(district.desk, content, PAGE)).context["page"]

    assert [row.text for row in page.unread] == [
        "open_rate",
        "net",
        "rate",
        "cut_plan",
        "cut",
        "not_poor",
    ]
    assert page.remarks == ["Nhận ra Biểu số 01: Hộ nghèo theo xã."]


def test_columns_are_known_by_their_headings_wherever_they_stand(district: District) -> None:
    def move(sheet: Worksheet) -> None:
        merged = [str(area) for area in sheet.merged_cells.ranges]
        for area in merged:
            sheet.unmerge_cells(area)
        sheet.insert_cols(1, 2)

    content = typed(district.printed(), {"Một": dict(ONE)})

    district.desk.post(upload(district.desk, edited(content, move), PAGE))

    assert stored(district.places.first) == ONE


def test_column_of_the_year_is_read_from_the_table_of_a_whole_plan(district: District) -> None:
    told(
        district.places.first,
        {district.measured.poor: "14", district.measured.households: "100"},
        Period(2023),
    )
    content = district.printed(variant="period")

    def fill(sheet: Worksheet) -> None:
        heading = line_of(sheet, "Cuối năm 2024")
        column = next(cell.column for cell in sheet[heading] if cell.value == "Cuối năm 2024")
        sheet.cell(line_of(sheet, "Một"), column, 9)

    district.desk.post(upload(district.desk, edited(content, fill), PAGE))

    assert stored(district.places.first) == {"poor": 9}


def test_return_on_its_way_is_refused_by_the_name_of_its_commune(district: District) -> None:
    officer = builders.official("xa", district.places.first)
    inputs = {row.code: row for row in district.measured.values("1", "1", "1")}
    entries = builders.entries(
        district.places.first, {inputs[code]: str(value) for code, value in ONE.items()}
    )
    workflow.save_draft(unit=district.places.first, period=Y2024, entries=entries, by=officer)
    workflow.submit(unit=district.places.first, period=Y2024, by=officer)
    content = typed(district.printed(), {"Một": {"poor": 12}, "Hai": {"poor": 5, "escaped": 1}})

    address = upload(district.desk, content, PAGE)
    page = district.desk.get(address).content.decode()

    assert district.states(address)["Một", "poor"] == "wrong"
    assert "Báo cáo của xã Một đang “Chờ duyệt”" in page
    assert district.desk.post(address).status_code == 422
    assert stored(district.places.second) == {}
    assert stored(district.places.first) == ONE


def test_one_refused_commune_takes_every_other_back(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between preview and writing the last commune's figure changes: nothing is left behind."""
    address = upload(
        district.desk,
        typed(district.printed(), {"Một": dict(ONE), "Hai": dict(ONE)}),
        PAGE,
    )
    hand_in = workflow.hand_in
    seen: list[str] = []

    def refusing(**given: object) -> object:
        seen.append(str(given["unit"]))
        if len(seen) == 2:
            raise DomainError("Đã khóa.")
        return hand_in(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(workflow, "hand_in", refusing)

    answer = district.desk.post(address)

    assert answer.status_code == 422
    assert f"{seen[1]}: Đã khóa." in answer.content.decode()
    assert Result.objects.count() == 0


def test_unknown_name_is_refused_with_its_cell(district: District) -> None:
    content = edited(district.printed(), lambda sheet: sheet.cell(line_of(sheet, "Hai"), 2, "Hải"))
    line = line_of(first_sheet(content), "Hải")

    assert f"Ô B{line}: Không có “Hải”" in district.refusal(content)


def test_name_that_stands_twice_is_refused(district: District) -> None:
    content = edited(
        district.printed(), lambda sheet: sheet.cell(line_of(sheet, "Hai"), 2, "Xã Một")
    )

    assert "“Xã Một” có ở hai dòng" in district.refusal(content)


def test_sign_for_nothing_is_wrong_and_sign_for_not_yet_is_left(district: District) -> None:
    content = typed(district.printed(), {"Một": {**ONE, "escaped": "-", "relapsed": "…"}})

    seen = district.states(upload(district.desk, content, PAGE))

    assert (seen["Một", "escaped"], seen["Một", "relapsed"]) == ("wrong", "blank")


def test_figure_under_a_merged_cell_is_wrong(district: District) -> None:
    """One number over two communes is neither's."""

    def merge(sheet: Worksheet) -> None:
        first = row_of(sheet, "Một")
        assert sheet.cell(first + 1, 2).value == "Hai"
        sheet[f"F{first}"] = 8
        sheet.merge_cells(f"F{first}:F{first + 1}")

    page = district.preview(district.changed(merge))

    assert [(line.unit.short_name, line.row.code) for line in page.wrong] == [("Hai", "escaped")]


def test_figure_a_commune_is_not_asked_for_is_told_and_left(district: District) -> None:
    district.measured.escaped.applies_to = "communes"
    district.measured.escaped.save()
    content = typed(district.printed(), {"TT Trung Tâm": dict(ONE)})

    address = upload(district.desk, content, PAGE)
    district.desk.post(address)

    assert "không giao cho thị trấn Trung Tâm" in district.desk.get(address).content.decode()
    assert stored(district.places.town) == {code: n for code, n in ONE.items() if code != "escaped"}


# -- who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "at", "status"),
    [
        (Role.REVIEWER, "district", 200),
        (Role.REVIEWER, "province", 200),
        (Role.OFFICER, "district", 403),
        (Role.LEADER, "district", 403),
        (Role.ADMINISTRATOR, "district", 403),
        (Role.OFFICER, "first", 404),
        (Role.REVIEWER, "other", 404),
    ],
)
def test_only_who_reviews_the_communes_hands_in_for_them(
    district: District, role: str, at: str, status: int
) -> None:
    other = builders.unit("902", "Huyện Khác", "district", district.places.province)
    person = builders.official("nguoi", {**vars(district.places), "other": other}[at], role)
    client = Client()
    assert client.get(PAGE).status_code == 302

    client.force_login(person)

    assert client.get(PAGE).status_code == status


def test_rule_asks_for_access_itself(district: District) -> None:
    entries = builders.entries(district.places.first, {district.measured.poor: "5"})
    given = {"unit": district.places.first, "period": Y2024, "entries": entries}
    leader = builders.official("lanh.dao", district.places.district, Role.LEADER)
    stranger = builders.official("xa.hai", district.places.second)
    reviewer = Official.objects.get(username="huyen")

    with pytest.raises(PermissionDenied):
        workflow.hand_in(**given, by=leader)  # type: ignore[arg-type]
    with pytest.raises(Http404):
        workflow.hand_in(**given, by=stranger)  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied):
        workflow.save_draft(**given, by=reviewer)  # type: ignore[arg-type]
    workflow.hand_in(**given, by=reviewer)  # type: ignore[arg-type]
    assert stored(district.places.first) == {"poor": Decimal(5)}


def test_who_handed_the_figures_in_does_not_endorse_them(district: District) -> None:
    """Two pairs of eyes: another reviewer of the office does."""
    district.desk.post(upload(district.desk, typed(district.printed(), {"Một": dict(ONE)}), PAGE))
    report = workflow.submit(
        unit=district.places.first, period=Y2024, by=builders.official("xa", district.places.first)
    )

    with pytest.raises(DomainError, match="không được duyệt báo cáo của chính mình"):
        workflow.endorse(report=report, by=Official.objects.get(username="huyen"))
    workflow.endorse(
        report=report, by=builders.official("huyen2", district.places.district, Role.REVIEWER)
    )


def test_opening_of_last_year_is_not_changed_by_a_table(district: District) -> None:
    """A locked figure is none to write: it is told at its cell, and the others are saved."""
    district.lock_opening(first="20", second="21")
    content = typed(district.printed(), {"Một": dict(ONE), "Hai": dict(ONE)})
    line = line_of(first_sheet(content), "Hai")

    address = upload(district.desk, content, PAGE)
    shown = district.desk.get(address)

    seen = district.states(address)
    assert (seen["Một", "opening"], seen["Hai", "opening"]) == ("same", "left")
    (left,) = shown.context["page"].left
    assert left.address == f"D{line}"
    assert str(left) == (
        "Hai, cột (4) “opening”: tệp ghi 20, giữ 21, số cuối kỳ năm trước. Tệp này không phải sửa; "
        "nếu 21 chưa đúng thì đề nghị sửa số năm trước."
    )
    page = shown.content.decode()
    assert page.index("1 ô giữ số đang lưu") < page.index('class="wb-act"')
    assert district.desk.post(address).status_code == 302
    assert stored(district.places.second) == {**ONE, "opening": 21}


def test_every_opening_that_differs_is_told_at_once(district: District) -> None:
    district.lock_opening(first="20", second="21")
    figures = {"Một": {"opening": 19}, "Hai": {"opening": "hai mươi"}}

    page = district.preview(typed(district.printed(), figures))

    assert [(line.unit.short_name, line.fault and line.fault.read) for line in page.left] == [
        ("Một", "19"),
        ("Hai", "“hai mươi”"),
    ]
    assert not page.may_apply
    assert not page.wrong


def test_rules_are_asked_of_the_opening_that_stays(district: District) -> None:
    """20 − 8 + 1 = 13 balances in the file; with last year's closing of 21 it does not."""
    measured = district.measured
    builders.rule(
        "balance",
        [
            (1, measured.opening, 0),
            (-1, measured.escaped, 0),
            (1, measured.relapsed, 0),
            (-1, measured.poor, 0),
        ],
    )
    district.lock_opening(first="20", second="21")

    page = district.preview(typed(district.printed(), {"Một": dict(ONE), "Hai": dict(ONE)}))

    assert [doubt.unit for doubt in page.doubts] == [district.places.second]


def test_opening_that_differs_does_not_pass_for_an_unchanged_file(district: District) -> None:
    district.lock_opening(first="20")
    content = typed(district.printed(), {"Một": {"opening": 19}})

    shown = district.desk.get(upload(district.desk, content, PAGE)).content.decode()

    assert "không có số nào khác" not in shown
    assert "có chỗ trong tệp không được lưu" in shown


def test_one_wrong_cell_still_holds_all_back_and_openings_are_marked_with_it(
    district: District,
) -> None:
    district.lock_opening(first="20")
    content = typed(district.printed(), {"Một": {"opening": 19, "poor": "x", "escaped": 8}})
    line = line_of(first_sheet(content), "Một")
    address = upload(district.desk, content, PAGE)

    assert district.desk.post(address).status_code == 422
    assert stored(district.places.first) == {"opening": 20}
    sheet = first_sheet(district.desk.get(f"{address}danh-dau.xlsx").content)
    marked = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment]
    assert marked == [f"D{line}", f"I{line}"]


def test_figure_a_commune_typed_since_is_a_conflict(district: District) -> None:
    address = upload(district.desk, typed(district.printed(), {"Một": dict(ONE)}), PAGE)
    officer = builders.official("xa", district.places.first)
    entries = builders.entries(district.places.first, {district.measured.poor: "11"})
    workflow.save_draft(unit=district.places.first, period=Y2024, entries=entries, by=officer)

    assert district.desk.post(address).status_code == 422
    assert district.states(address)["Một", "poor"] == "conflict"
    assert stored(district.places.first) == {"poor": 11}


def test_queries_of_a_preview_do_not_grow_with_figures_or_communes(district: District) -> None:
    blank = district.printed()

    def asked(content: bytes) -> int:
        address = upload(district.desk, content, PAGE)
        district.desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            district.desk.get(address)
        return len(queries)

    few = asked(typed(blank, {"Một": {"poor": 5}}))

    assert asked(typed(blank, {"Một": dict(ONE), "Hai": dict(ONE)})) == few
    for number in range(5):
        builders.unit(f"9019{number}", f"Xã Thêm {number}", "commune", district.places.district)
    more = {f"Thêm {number}": dict(ONE) for number in range(5)}
    assert asked(typed(district.printed(), more)) == few


def test_table_that_no_longer_fits_says_so_in_place_of_a_preview(district: District) -> None:
    address = upload(district.desk, typed(district.printed(), {"Một": dict(ONE)}), PAGE)
    district.places.second.name = "Xã Đổi Tên"
    district.places.second.save()

    for answer in (district.desk.get(address), district.desk.post(address)):
        assert answer.status_code == 422
        assert "Không có “Hai”" in answer.content.decode()
    assert district.desk.get(f"{address}danh-dau.xlsx").status_code == 302
