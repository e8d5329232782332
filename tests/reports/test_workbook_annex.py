"""A district's table read back: figures of many communes, all of them or none."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from communes.models import Official
from indicators.enums import Stage
from indicators.models import Result
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports import workflow
from reports.annexes.build import build_table
from reports.annexes.sources import read_sources
from reports.annexes.workbook import write_workbook
from reports.models import Annex, Report, Upload
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured
from tests.reports.workbook_forms import edited, line_of, sent, stored, upload

pytestmark = pytest.mark.django_db

PAGE = "/bieu/901/2024/doc-lai/"
COLUMNS = {
    "open_households": "C",
    "opening": "D",
    "escaped": "F",
    "households": "H",
    "poor": "I",
    "relapsed": "J",
}
"""Where the form has the figures that communes type."""
ONE = {
    "open_households": 98,
    "opening": 20,
    "escaped": 8,
    "households": 100,
    "poor": 13,
    "relapsed": 1,
}


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def measured(places: Places) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def form(places: Places, measured: Measured) -> Annex:
    return annex_forms.annex(annex_forms.plan(places.district))


@pytest.fixture
def desk(form: Annex, places: Places) -> Client:
    client = Client()
    client.force_login(builders.official("huyen", places.district, Role.REVIEWER))
    return client


def printed(form: Annex, places: Places, period: Period = Y2024, variant: str = "year") -> bytes:
    drain()
    table = build_table(form, places.district, period, Stage.PROVISIONAL, variant)
    return write_workbook(table, read_sources(table))


def typed(content: bytes, figures: dict[str, dict[str, object]]) -> bytes:
    """The table with figures typed in: {name of the row: {code: figure}}."""

    def change(sheet: Worksheet) -> None:
        for name, values in figures.items():
            line = line_of(sheet, name)
            for code, value in values.items():
                sheet[f"{COLUMNS[code]}{line}"] = value

    return edited(content, change)


def states(desk: Client, address: str) -> dict[tuple[str, str], str]:
    page = desk.get(address).context["page"]
    return {(line.unit.short_name, line.row.code): str(line.state) for line in page.lines}


def refusal(desk: Client, content: bytes) -> str:
    answer = desk.post(PAGE, sent(content))
    assert answer.status_code == 422
    assert Upload.objects.count() == 0
    return answer.content.decode()


def test_figures_of_every_commune_become_drafts_of_its_return(
    desk: Client, form: Annex, places: Places
) -> None:
    two = {**ONE, "households": "1.234", "escaped": 0}
    content = typed(printed(form, places), {"Một": dict(ONE), "Hai": dict(two)})

    address = upload(desk, content, PAGE)
    page = desk.get(address)
    assert "12 số mới, 0 số thay đổi" in page.content.decode()
    assert "Ghi 12 số vào bản nháp của 2 xã" in page.content.decode()
    assert Result.objects.count() == 0

    assert desk.post(address).headers["Location"] == "/tien-do/901/2024/"
    assert stored(places.first) == ONE
    assert stored(places.second) == {**ONE, "households": 1234, "escaped": 0}
    assert stored(places.town) == {}
    assert {report.unit: report.state for report in Report.objects.all()} == {
        places.first: "draft",
        places.second: "draft",
    }
    assert set(Result.objects.values_list("submitted_answer", flat=True)) == {""}


def test_table_as_it_was_printed_changes_nothing(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    """Its closing figure is a formula where it balances, and is read by its stored value."""
    told(places.first, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    content = printed(form, places)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert str(sheet[f"I{line_of(sheet, 'Một')}"].value).startswith("=")

    seen = states(desk, upload(desk, content, PAGE))

    assert seen["Một", "poor"] == "same"
    assert set(seen.values()) == {"same", "blank"}


def test_worked_out_and_planned_columns_are_listed_as_not_read(
    desk: Client, form: Annex, places: Places
) -> None:
    content = typed(printed(form, places), {"Một": dict(ONE)})

    page = desk.get(upload(desk, content, PAGE)).context["page"]

    assert [row.text for row in page.unread] == [
        "open_rate",
        "net",
        "rate",
        "cut_plan",
        "cut",
        "not_poor",
    ]
    assert page.remarks == ["Nhận ra Biểu số 01: Hộ nghèo theo xã."]


def test_columns_are_known_by_their_headings_wherever_they_stand(
    desk: Client, form: Annex, places: Places
) -> None:
    def move(sheet: Worksheet) -> None:
        merged = [str(area) for area in sheet.merged_cells.ranges]
        for area in merged:
            sheet.unmerge_cells(area)
        sheet.insert_cols(1, 2)

    content = typed(printed(form, places), {"Một": dict(ONE)})

    desk.post(upload(desk, edited(content, move), PAGE))

    # unmerged, the group of a heading in two rows is known only over its first column
    assert stored(places.first) == {code: n for code, n in ONE.items() if code != "opening"}


def test_column_of_the_year_is_read_from_the_table_of_a_whole_plan(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    told(places.first, {measured.poor: "14", measured.households: "100"}, Period(2023))
    content = printed(form, places, variant="period")

    def fill(sheet: Worksheet) -> None:
        heading = line_of(sheet, "Cuối năm 2024")
        column = next(cell.column for cell in sheet[heading] if cell.value == "Cuối năm 2024")
        sheet.cell(line_of(sheet, "Một"), column, 9)

    desk.post(upload(desk, edited(content, fill), PAGE))

    assert stored(places.first) == {"poor": 9}


def test_return_on_its_way_is_refused_by_the_name_of_its_commune(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    officer = builders.official("xa", places.first)
    inputs = {row.code: row for row in measured.values("1", "1", "1")}
    entries = builders.entries(
        places.first, {inputs[code]: str(value) for code, value in ONE.items()}
    )
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=officer)
    workflow.submit(unit=places.first, period=Y2024, by=officer)
    content = typed(printed(form, places), {"Một": {"poor": 12}, "Hai": {"poor": 5, "escaped": 1}})

    address = upload(desk, content, PAGE)
    page = desk.get(address).content.decode()

    assert states(desk, address)["Một", "poor"] == "wrong"
    assert "Báo cáo của xã Một đang “Chờ duyệt”" in page
    assert desk.post(address).status_code == 422
    assert stored(places.second) == {}
    assert stored(places.first) == ONE


def test_one_refused_commune_takes_every_other_back(
    desk: Client, form: Annex, places: Places, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between preview and writing the last commune's figure changes: nothing is left behind."""
    address = upload(
        desk,
        typed(printed(form, places), {"Một": dict(ONE), "Hai": dict(ONE)}),
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

    answer = desk.post(address)

    assert answer.status_code == 422
    assert f"{seen[1]}: Đã khóa." in answer.content.decode()
    assert Result.objects.count() == 0


def test_unknown_name_is_refused_with_its_cell(desk: Client, form: Annex, places: Places) -> None:
    content = edited(
        printed(form, places), lambda sheet: sheet.cell(line_of(sheet, "Hai"), 2, "Hải")
    )
    line = line_of(load_workbook(BytesIO(content)).worksheets[0], "Hải")

    assert f"Ô B{line}: Không có “Hải”" in refusal(desk, content)


def test_name_that_stands_twice_is_refused(desk: Client, form: Annex, places: Places) -> None:
    content = edited(
        printed(form, places), lambda sheet: sheet.cell(line_of(sheet, "Hai"), 2, "Xã Một")
    )

    assert "“Xã Một” có ở hai dòng" in refusal(desk, content)


def test_table_of_another_year_or_place_or_kind_is_refused(
    desk: Client, form: Annex, places: Places
) -> None:
    assert "Hộ nghèo theo xã năm 2024" in refusal(desk, printed(form, places, Period(2023)))

    def move(sheet: Worksheet) -> None:
        for row in sheet.iter_rows(max_row=6):
            for cell in row:
                if isinstance(cell.value, str) and "thử nghiệm" in cell.value.lower():
                    cell.value = "UBND huyện Khác"

    elsewhere = edited(printed(form, places), move)
    assert "không ghi Huyện Thử Nghiệm" in refusal(desk, elsewhere)
    empty = edited(printed(form, places), lambda sheet: sheet.delete_rows(1, 12))
    assert "Không nhận ra biểu nào" in refusal(desk, empty)


def test_sign_for_nothing_is_wrong_and_sign_for_not_yet_is_left(
    desk: Client, form: Annex, places: Places
) -> None:
    content = typed(printed(form, places), {"Một": {**ONE, "escaped": "-", "relapsed": "…"}})

    seen = states(desk, upload(desk, content, PAGE))

    assert (seen["Một", "escaped"], seen["Một", "relapsed"]) == ("wrong", "blank")


def test_figure_a_commune_is_not_asked_for_is_told_and_left(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    measured.escaped.applies_to = "communes"
    measured.escaped.save()
    content = typed(printed(form, places), {"TT Trung Tâm": dict(ONE)})

    address = upload(desk, content, PAGE)
    desk.post(address)

    assert "không giao cho thị trấn Trung Tâm" in desk.get(address).content.decode()
    assert stored(places.town) == {code: n for code, n in ONE.items() if code != "escaped"}


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
    form: Annex, places: Places, role: str, at: str, status: int
) -> None:
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    person = builders.official("nguoi", {**vars(places), "other": other}[at], role)
    client = Client()
    assert client.get(PAGE).status_code == 302

    client.force_login(person)

    assert client.get(PAGE).status_code == status


def test_rule_asks_for_access_itself(places: Places, measured: Measured) -> None:
    entries = builders.entries(places.first, {measured.poor: "5"})
    given = {"unit": places.first, "period": Y2024, "entries": entries}
    leader = builders.official("lanh.dao", places.district, Role.LEADER)
    stranger = builders.official("xa.hai", places.second)
    reviewer = builders.official("huyen", places.district, Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        workflow.hand_in(**given, by=leader)  # type: ignore[arg-type]
    with pytest.raises(Http404):
        workflow.hand_in(**given, by=stranger)  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied):
        workflow.save_draft(**given, by=reviewer)  # type: ignore[arg-type]
    workflow.hand_in(**given, by=reviewer)  # type: ignore[arg-type]
    assert stored(places.first) == {"poor": Decimal(5)}


def test_who_handed_the_figures_in_does_not_endorse_them(
    desk: Client, form: Annex, places: Places
) -> None:
    """Two pairs of eyes: another reviewer of the office does."""
    desk.post(upload(desk, typed(printed(form, places), {"Một": dict(ONE)}), PAGE))
    report = workflow.submit(
        unit=places.first, period=Y2024, by=builders.official("xa", places.first)
    )

    with pytest.raises(DomainError, match="không được duyệt báo cáo của chính mình"):
        workflow.endorse(report=report, by=Official.objects.get(username="huyen"))
    workflow.endorse(report=report, by=builders.official("huyen2", places.district, Role.REVIEWER))


def test_opening_of_last_year_is_not_changed_by_a_table(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    measured.opening.prefill_offset, measured.opening.prefill_locked = -1, True
    measured.opening.save()
    measured.opening.terms.create(role="prefill", input=measured.poor, order=0)
    told(places.first, {measured.poor: "20"}, Period(2023))
    told(places.second, {measured.poor: "21"}, Period(2023))
    content = typed(printed(form, places), {"Một": dict(ONE), "Hai": dict(ONE)})

    address = upload(desk, content, PAGE)

    seen = states(desk, address)
    assert (seen["Một", "opening"], seen["Hai", "opening"]) == ("same", "wrong")
    assert "21, số cuối kỳ năm trước" in desk.get(address).content.decode()


def test_figure_a_commune_typed_since_is_a_conflict(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    address = upload(desk, typed(printed(form, places), {"Một": dict(ONE)}), PAGE)
    officer = builders.official("xa", places.first)
    entries = builders.entries(places.first, {measured.poor: "11"})
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=officer)

    assert desk.post(address).status_code == 422
    assert states(desk, address)["Một", "poor"] == "conflict"
    assert stored(places.first) == {"poor": 11}


def test_queries_of_a_preview_do_not_grow_with_figures_or_communes(
    desk: Client, form: Annex, places: Places
) -> None:
    blank = printed(form, places)

    def asked(content: bytes) -> int:
        address = upload(desk, content, PAGE)
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        return len(queries)

    few = asked(typed(blank, {"Một": {"poor": 5}}))

    assert asked(typed(blank, {"Một": dict(ONE), "Hai": dict(ONE)})) == few
    for number in range(5):
        builders.unit(f"9019{number}", f"Xã Thêm {number}", "commune", places.district)
    more = {f"Thêm {number}": dict(ONE) for number in range(5)}
    assert asked(typed(printed(form, places), more)) == few


def test_table_that_no_longer_fits_says_so_in_place_of_a_preview(
    desk: Client, form: Annex, places: Places
) -> None:
    address = upload(desk, typed(printed(form, places), {"Một": dict(ONE)}), PAGE)
    places.second.name = "Xã Đổi Tên"
    places.second.save()

    for answer in (desk.get(address), desk.post(address)):
        assert answer.status_code == 422
        assert "Không có “Hai”" in answer.content.decode()
    assert desk.get(f"{address}danh-dau.xlsx").status_code == 302
