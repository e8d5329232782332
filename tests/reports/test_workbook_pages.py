"""Handing a workbook in: the preview, all or nothing, once, by who handed it in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from communes.enums import Role
from communes.models import Official, Post
from indicators.models import Result
from indicators.recording import Entry
from povertyplan.lib.parcels import MAX_BYTES
from povertyplan.lib.xlsx import read_sheet
from reports import workflow
from reports.models import Report, Upload
from tests import builders
from tests.builders import FILLED, Y2024, Catalogue, Places
from tests.reports.workbook_forms import (
    HOME,
    UPLOAD,
    filled,
    officer,
    sent,
    stored,
    template,
    upload,
)

pytestmark = pytest.mark.django_db

FIGURES = {code: int(value) for code, value in FILLED.items()}


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def desk(places: Places, catalogue: Catalogue) -> Client:
    builders.deadline(places.province)
    return officer(places)


def person() -> Official:
    return Official.objects.get(username="can.bo")


def keep(places: Places, catalogue: Catalogue, **figures: str) -> None:
    known = {row.code: row for row in catalogue.inputs}
    values = {known[code]: value for code, value in figures.items()}
    entries = builders.entries(places.first, values)
    workflow.save_draft(unit=places.first, period=Y2024, entries=entries, by=person())


def lines(desk: Client, address: str) -> dict[str, tuple[str, str, str, str]]:
    """{code: (cell, state, stored, in the file)} of a preview."""
    page = desk.get(address).context["page"]
    return {
        line.row.code: (line.address, str(line.state), line.old, line.new) for line in page.lines
    }


def test_template_is_sent_as_a_file(desk: Client) -> None:
    answer = desk.get(f"{HOME}mau.xlsx")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="bao-cao-mot-2024.xlsx"'
    assert read_sheet(answer.content).title == "Báo cáo"


def test_preview_tells_new_changed_same_and_empty_with_their_cells(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    keep(places, catalogue, households="100", opening="21", poor="13")
    content = filled(template(places.first), {**FIGURES, "relapsed": None})

    seen = lines(desk, upload(desk, content))

    assert seen == {
        "households": ("F7", "same", "100", "100"),
        "opening": ("F8", "changed", "21", "20"),
        "escaped": ("F9", "new", "–", "8"),
        "relapsed": ("F10", "blank", "–", ""),
        "poor": ("F11", "same", "13", "13"),
    }


def test_figures_that_would_not_agree_are_told_before_they_are_written(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    keep(places, catalogue, opening="20", relapsed="1")
    content = filled(template(places.first), {"escaped": 8, "poor": 15})  # 20 − 8 + 1 = 13

    address = upload(desk, content)
    page = desk.get(address)

    assert [(one.address, one.finding.message) for one in page.context["page"].doubts] == [
        ("F9, F11", "Cộng lại là 13 hộ, ô cuối kỳ ghi 15 hộ, lệch 2 hộ.")
    ]
    assert "Cộng lại là 13 hộ, ô cuối kỳ ghi 15 hộ, lệch 2 hộ." in page.content.decode()
    assert desk.post(address).status_code == 302  # a draft may be wrong


def test_figures_that_agree_only_with_the_others_of_the_file_raise_no_doubt(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    keep(places, catalogue, opening="50", poor="13")
    content = filled(template(places.first), {"opening": 20, "escaped": 8, "relapsed": 1})

    assert desk.get(upload(desk, content)).context["page"].doubts == []


def test_rule_the_file_does_not_touch_is_left_to_the_form(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    keep(places, catalogue, opening="20", escaped="8", relapsed="1", poor="15")
    content = filled(template(places.first), {"households": 100})

    assert desk.get(upload(desk, content)).context["page"].doubts == []


def test_applying_writes_every_figure_and_leads_to_the_form(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    address = upload(desk, filled(template(places.first), FIGURES))
    assert Result.objects.count() == 0  # nothing is written by looking

    answer = desk.post(address)

    assert answer.headers["Location"] == HOME
    assert stored(places.first) == FIGURES
    assert set(Result.objects.values_list("entered_by__username", flat=True)) == {"can.bo"}
    assert "Đã ghi 5 số" in desk.get(HOME).content.decode()


def test_empty_cells_leave_what_is_stored(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    empty = template(places.first)
    keep(places, catalogue, households="100", poor="13")

    desk.post(upload(desk, filled(empty, {"escaped": 8})))

    assert stored(places.first) == {"households": 100, "poor": 13, "escaped": 8}


def test_figures_of_a_wrong_workbook_are_not_written_at_all(desk: Client, places: Places) -> None:
    address = upload(desk, filled(template(places.first), {**FIGURES, "escaped": "x"}))
    page = desk.get(address).content.decode()

    answer = desk.post(address)

    assert "1 ô sai trong tệp, chưa ghi được" in page
    assert "Ghi 4 số" not in page
    assert '<td role="cell" class="at">F9</td>' in page
    assert answer.status_code == 422
    assert "Còn 1 ô sai nên chưa ghi gì." in answer.content.decode()
    assert Result.objects.count() == 0


def test_wrong_cells_come_back_marked_and_explained_in_the_same_workbook(
    desk: Client, places: Places
) -> None:
    content = filled(template(places.first), {**FIGURES, "escaped": "x"})
    address = upload(desk, content)

    answer = desk.get(f"{address}danh-dau.xlsx")

    assert "filename*=utf-8''bao-cao%20%E2%80%93%20" in answer.headers["Content-Disposition"]
    before = load_workbook(BytesIO(content)).worksheets[0]
    after = load_workbook(BytesIO(answer.content)).worksheets[0]
    comments = {
        cell.coordinate: cell.comment.text
        for row in after.iter_rows()
        for cell in row
        if cell.comment
    }
    assert list(comments) == ["F9"]
    assert comments["F9"].startswith("Đọc được: “x”. Cần: số nguyên (hộ). Đây không phải là số.")
    assert after["F9"].fill.fgColor.rgb == "FFF8CFC9"
    assert after["F10"].fill.fgColor.rgb == before["F10"].fill.fgColor.rgb
    told = [[cell.value for cell in row] for row in after.iter_rows()]
    assert told == [[cell.value for cell in row] for row in before.iter_rows()]
    rules, kept = before.data_validations, after.data_validations
    assert len(kept.dataValidation) == len(rules.dataValidation) == 10
    assert after.protection.sheet


def test_marked_workbook_put_right_is_taken(desk: Client, places: Places) -> None:
    address = upload(desk, filled(template(places.first), {**FIGURES, "escaped": "x"}))
    marked = desk.get(f"{address}danh-dau.xlsx").content

    desk.post(upload(desk, filled(marked, {"escaped": 8})))

    assert stored(places.first) == FIGURES


def test_figure_changed_by_another_since_is_a_conflict_and_nothing_is_written(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    keep(places, catalogue, poor="12")
    address = upload(desk, filled(template(places.first), FIGURES))
    keep(places, catalogue, poor="11")

    answer = desk.post(address)

    assert answer.status_code == 422
    assert lines(desk, address)["poor"] == ("F11", "conflict", "11", "13")
    assert "Có người vừa sửa số" in answer.content.decode()
    assert "Ghi 4 số" not in answer.content.decode()
    assert stored(places.first) == {"poor": 11}
    again = upload(desk, filled(template(places.first), FIGURES))
    assert desk.post(again).status_code == 302
    assert stored(places.first) == FIGURES


def test_conflict_within_the_very_moment_is_found_by_the_version(
    desk: Client, places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading what is stored and writing: the version of the upload goes along."""
    address = upload(desk, filled(template(places.first), FIGURES))
    keep_draft = workflow.save_draft

    def rival(**given: object) -> object:
        keep_draft(
            unit=places.first,
            period=Y2024,
            entries=builders.entries(places.first, {catalogue.poor: "11"}),
            by=person(),
        )
        return keep_draft(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(workflow, "save_draft", rival)

    answer = desk.post(address)

    assert answer.status_code == 422
    assert "Số đang lưu: 11; số của đồng chí: 13" in answer.content.decode()
    assert stored(places.first) == {}  # the rival's went back too: one transaction in this test


def test_figure_left_alone_in_the_file_does_not_undo_what_was_typed_meanwhile(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    keep(places, catalogue, households="100", poor="12")
    content = template(places.first)
    keep(places, catalogue, poor="13")

    address = upload(desk, filled(content, {"escaped": 8}))
    seen = lines(desk, address)
    desk.post(address)

    assert seen["poor"] == ("F11", "kept", "13", "12")
    assert stored(places.first) == {"households": 100, "escaped": 8, "poor": 13}


def test_old_note_does_not_come_back_over_a_newer_one(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    """The file changes the figure alone; its note is the one of the day it was made."""

    def say(value: str, note: str) -> None:
        entry = Entry(places.first, catalogue.poor, Y2024, "value", Decimal(value), note=note)
        workflow.save_draft(unit=places.first, period=Y2024, entries=[entry], by=person())

    say("8", "số cũ")
    content = template(places.first)
    say("8", "đã rà lại")
    desk.post(upload(desk, filled(content, {"poor": 20})))
    fact = Result.objects.get(indicator=catalogue.poor)
    assert (fact.value, fact.note) == (20, "đã rà lại")

    say("21", "đã rà lại")
    address = upload(desk, filled(content, {"poor": 22}))
    assert lines(desk, address)["poor"][1] == "conflict"
    assert desk.post(address).status_code == 422
    assert Result.objects.get(indicator=catalogue.poor).value == 21


def test_second_post_writes_nothing_twice_and_says_so(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    address = upload(desk, filled(template(places.first), FIGURES))
    desk.post(address)
    records = Result.history.count()
    keep(places, catalogue, poor="12")

    answer = desk.post(address)

    assert answer.status_code == 422
    [problem] = answer.context["problems"]
    assert "không ghi lần nữa" in str(problem)
    assert Result.history.count() == records + 1  # the officer's own change
    assert "Tệp này đã ghi" in desk.get(address).content.decode()


def test_notes_and_reasons_are_written_with_their_figures(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    keep(places, catalogue, poor="13")
    content = filled(template(places.first), {"escaped": "Không có số liệu"}, "G")
    content = filled(content, {"escaped": "Chưa rà soát", "poor": "Đã đối chiếu"}, "H")

    desk.post(upload(desk, content))

    told = {row.indicator.code: (row.answer, row.note) for row in Result.objects.all()}
    assert told == {"escaped": ("none", "Chưa rà soát"), "poor": ("value", "Đã đối chiếu")}


def test_file_without_any_change_offers_nothing(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    keep(places, catalogue, **FILLED)
    address = upload(desk, template(places.first))

    assert "không có số nào khác" in desk.get(address).content.decode()
    assert desk.post(address).status_code == 422


def test_return_on_its_way_is_not_taken_a_file_for(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    address = upload(desk, filled(template(places.first), {**FIGURES, "poor": 12}))
    keep(places, catalogue, **FILLED)
    workflow.submit(unit=places.first, period=Y2024, by=person())

    assert desk.post(address).status_code == 422
    assert "Chờ duyệt" in desk.get(UPLOAD).content.decode()
    answer = desk.post(UPLOAD, sent(template(places.first)))
    assert answer.status_code == 422
    assert Upload.objects.count() == 1
    assert stored(places.first)["poor"] == 13
    assert Report.objects.get().state == "submitted"


# -- who ---------------------------------------------------------------------------------------


@pytest.fixture
def kept(desk: Client, places: Places) -> str:
    return upload(desk, filled(template(places.first), FIGURES))


@pytest.mark.parametrize("page", ["mau.xlsx", "tep-excel/", "kept", "kept/danh-dau.xlsx"])
def test_each_page_is_for_the_units_own_officers(places: Places, kept: str, page: str) -> None:
    address = kept + page.removeprefix("kept/") if page.startswith("kept/") else HOME + page
    address = kept if page == "kept" else address
    staff = {
        404: builders.official("hang.xom", places.second),
        403: builders.official("duyet", places.district, Role.REVIEWER),
    }
    client = Client()

    answers = {302: client.get(address).status_code}
    for expected, who in staff.items():
        client.force_login(who)
        answers[expected] = client.get(address).status_code

    assert answers == {302: 302, 404: 404, 403: 403}


def test_upload_of_a_colleague_is_nobody_elses(places: Places, kept: str) -> None:
    client = Client()
    client.force_login(builders.official("dong.nghiep", places.first))

    assert client.get(kept).status_code == 404
    assert client.post(kept).status_code == 404
    assert client.get(f"{kept}danh-dau.xlsx").status_code == 404
    assert Result.objects.count() == 0


def test_who_lost_the_post_applies_nothing_any_more(desk: Client, kept: str) -> None:
    Post.objects.all().delete()

    assert desk.post(kept).status_code == 404
    assert Result.objects.count() == 0


def test_upload_is_not_found_under_another_period(desk: Client, kept: str) -> None:
    assert desk.get(kept.replace("/2024/", "/2023/")).status_code == 404
    assert desk.get(f"{UPLOAD}khong-co/").status_code == 404


# -- what is kept ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("so.xlsx", b"xa;ho\n1;2\n", "không phải là bảng tính Excel"),
        ("so.xlsm", b"PK", "macro"),
        ("so.xlsx", b"PK" + b"0" * MAX_BYTES, "quá lớn"),
    ],
)
def test_refusal_says_why_on_the_same_page_and_stores_nothing(
    desk: Client, files: Path, name: str, content: bytes, words: str
) -> None:
    answer = desk.post(UPLOAD, sent(content, name))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Upload.objects.count() == 0
    assert not list(files.rglob("*.xlsx"))


def test_no_file_at_all_is_asked_for(desk: Client) -> None:
    assert "Chưa chọn tệp" in desk.post(UPLOAD).content.decode()


def test_file_beyond_every_limit_is_let_go_while_it_arrives(
    desk: Client, settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000

    for size in (15_000, 50_000):  # found out on the way, and by what was announced
        answer = desk.post(UPLOAD, sent(b"PK" + b"0" * size))
        assert answer.status_code == 422
        assert "quá lớn" in answer.content.decode()


def test_what_was_handed_in_is_forgotten_after_a_day(
    desk: Client, places: Places, kept: str, files: Path
) -> None:
    old = Upload.objects.get()
    Upload.objects.update(at=old.at - timedelta(hours=25))

    upload(desk, filled(template(places.first), FIGURES))

    assert desk.get(kept).status_code == 404
    assert [path.stem for path in files.rglob("*.xlsx")] == [str(Upload.objects.get().pk)]


def test_number_of_queries_does_not_grow_with_the_rows(
    desk: Client, places: Places, catalogue: Catalogue
) -> None:
    def asked(do: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            do()
        return len(queries)

    def count(codes: list[str]) -> list[int]:
        content = filled(template(places.first), dict.fromkeys(codes, 5))
        addresses = [upload(desk, content), ""]
        handing = asked(lambda: addresses.append(upload(desk, content)))
        address = addresses[0]
        looking = asked(lambda: desk.get(address))
        return [handing, looking, asked(lambda: desk.post(address))]

    count(["households", "opening"])
    few = count(["escaped"])
    for number in range(20):
        builders.count(f"more-{number}", f"Chỉ tiêu {number}", 20 + number)
    count(["more-0"])
    many = count([f"more-{number}" for number in range(1, 20)])

    assert many == few
