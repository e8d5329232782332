"""The page of a figure's evidence, and the files as they are sent. Source: issue 5, Evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import FileResponse, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official
from reports.attaching import attach
from reports.evidence.page import FigureRow
from reports.models import Evidence, Report
from reports.returns import return_of
from reports.workflow import request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, official
from tests.reports import evidence_files as files

pytestmark = pytest.mark.django_db

PAGE = "/bao-cao/90102/2024/minh-chung/poor/"
LONGEST_CODE = "x" * 45
HTMX = {"HX-Request": "true"}


@dataclass
class Desk:
    """A commune's return, who works on it, and a browser that signs in as any of them."""

    places: Places
    catalogue: Catalogue
    staff: Staff
    client: Client

    def sign_in(self, person: Official) -> None:
        self.client.force_login(person)

    def add(self, content: bytes | None = None, name: str = "qd.pdf", **more: object) -> Evidence:
        content = files.pdf() if content is None else content
        given: dict[str, object] = {
            "unit": self.places.first,
            "period": Y2024,
            "indicator": self.catalogue.poor,
            "by": self.staff.officer,
            "upload": files.upload(content, name),
        }
        return attach(**given | more)  # type: ignore[arg-type]

    def save(self, **changed: str | None) -> None:
        entries = filled(self.places.first, self.catalogue, **changed)
        save_draft(unit=self.places.first, period=Y2024, entries=entries, by=self.staff.officer)

    def send(self) -> Report:
        self.save()
        return submit(unit=self.places.first, period=Y2024, by=self.staff.officer)

    def post(
        self, *uploads: SimpleUploadedFile, htmx: bool = False, **fields: object
    ) -> HttpResponse:
        headers = HTMX if htmx else None
        return self.client.post(PAGE, {"file": list(uploads), **fields}, headers=headers)  # type: ignore[return-value]


@pytest.fixture
def desk(
    places: Places,
    catalogue: Catalogue,
    client: Client,
    settings: LazySettings,
    tmp_path: Path,
) -> Desk:
    settings.MEDIA_ROOT = tmp_path
    builders.deadline(places.province)
    staff = builders.staff(places)
    client.force_login(staff.officer)
    return Desk(places, catalogue, staff, client)


def text_of(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def sent_bytes(answer: object) -> bytes:
    """The whole of a file; the test client ends the request with it."""
    assert isinstance(answer, FileResponse)
    parts: Iterable[bytes] = answer.streaming_content  # type: ignore[assignment]
    return b"".join(parts)


def file_at(row: Evidence) -> str:
    return f"/minh-chung/{row.pk}/{quote(row.name)}"


# -- the page --------------------------------------------------------------------------------------


def test_page_says_the_figure_and_what_it_rests_on(desk: Desk) -> None:
    desk.save()
    desk.add(name="biên bản.pdf", decision="QĐ 12/QĐ-UBND")
    desk.add(upload=None, decision="<b>QĐ 13</b>")

    answer = desk.client.get(PAGE)

    said = text_of(answer)
    assert "Hộ nghèo cuối kỳ Kết quả năm 2024: 13 hộ" in said
    assert "biên bản.pdf" in said
    assert "Văn bản: QĐ 12/QĐ-UBND can.bo ·" in said
    assert "&lt;b&gt;QĐ 13&lt;/b&gt;" in answer.content.decode()
    assert 'name="file"' in answer.content.decode()


def test_fragment_is_the_panel_of_the_page(desk: Desk) -> None:
    whole, part = desk.client.get(PAGE), desk.client.get(PAGE, headers=HTMX)

    assert part.content.decode().strip().startswith('<div id="minh-chung">')
    assert part["Vary"].startswith("HX-Request")
    assert "<html" not in part.content.decode()
    assert 'id="minh-chung"' in whole.content.decode()


def test_files_are_added_and_the_page_opened_anew(desk: Desk) -> None:
    answer = desk.post(
        files.upload(files.pdf(), "một.pdf"),
        files.upload(files.picture(), "hai.jpg"),
        decision="QĐ 1",
    )

    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    rows = Evidence.objects.order_by("pk").values_list("name", "content_type", "decision")
    assert list(rows) == [
        ("một.pdf", "application/pdf", "QĐ 1"),
        ("hai.jpg", "image/jpeg", "QĐ 1"),
    ]
    assert "Đã thêm 2 minh chứng." in text_of(desk.client.get(PAGE))


def test_bad_file_keeps_back_none_of_the_others(desk: Desk) -> None:
    answer = desk.post(
        files.upload(files.PROGRAM, "một.pdf"),
        files.upload(files.pdf(), "hai.pdf"),
        decision="QĐ 1",
    )

    assert answer.status_code == 422
    assert "một.pdf: Đây là tệp chương trình" in text_of(answer)
    assert "Đã thêm 1 minh chứng." in text_of(answer)
    assert 'value="QĐ 1"' in answer.content.decode()  # not lost
    assert [row.name for row in Evidence.objects.all()] == ["hai.pdf"]


def test_fragment_of_what_was_added_carries_the_cell_of_the_grid(desk: Desk) -> None:
    answer = desk.post(files.upload(files.pdf(), "một.pdf"), htmx=True)

    assert answer.status_code == 200
    cell = re.search(
        r'<template class="mc-cell">(.*?)</template>', answer.content.decode(), re.DOTALL
    )
    assert cell is not None
    assert "một.pdf" in cell[1]
    assert f'href="{PAGE}"' in cell[1]


def test_nothing_chosen_is_said(desk: Desk) -> None:
    answer = desk.post(decision="  ")

    assert answer.status_code == 422
    assert "Chọn tệp, hoặc ghi số, ngày của văn bản" in text_of(answer)


def test_file_too_large_to_be_received_is_said(desk: Desk, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    answer = desk.post(files.upload(files.pdf(b"x" * 300_000)), decision="QĐ 1")

    assert answer.status_code == 422
    assert "Tệp lớn hơn 1 MB, mức nhận tối đa" in text_of(answer)
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("decision", "said"),
    [("a" * 201, "dài 201 ký tự, tối đa 200"), ("\0", "Chọn tệp, hoặc ghi số, ngày")],
)
def test_decision_that_cannot_be_stored_is_refused(desk: Desk, decision: str, said: str) -> None:
    answer = desk.post(decision=decision)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Evidence.objects.exists()


def test_decision_is_stored_without_what_cannot_be_seen(desk: Desk) -> None:
    desk.post(decision="QĐ\0 12/\u202eQĐ\r\nngày 1")

    assert Evidence.objects.get().decision == "QĐ 12/QĐ ngày 1"


def test_name_of_a_file_may_be_anything(desk: Desk) -> None:
    desk.post(files.upload(files.pdf(), "../\0..\u202e" + "ệ" * 400 + "\r\nX: y.exe"))

    row = Evidence.objects.get()
    assert row.name.endswith("ệ.pdf")
    assert sent_bytes(desk.client.get(file_at(row))) == files.pdf()


def test_taking_back_asks_first_and_keeps_the_record(desk: Desk) -> None:
    row = desk.add(name="biên bản.pdf")

    asked = desk.client.get(f"{PAGE}?go={row.pk}")
    assert "Gỡ “biên bản.pdf” khỏi chỉ tiêu này?" in text_of(asked)
    assert Evidence.objects.get().removed_at is None

    answer = desk.client.post(PAGE, {"evidence": row.pk}, follow=True)
    assert "Đã gỡ." in text_of(answer)
    assert "biên bản.pdf" not in text_of(answer)
    row.refresh_from_db()
    assert row.removed_by == desk.staff.officer
    assert Path(row.file.path).exists()


@pytest.mark.parametrize("pk", ["0", "-1", "a", "", "\0", "9" * 40])
def test_taking_back_what_is_not_there_breaks_nothing(desk: Desk, pk: str) -> None:
    desk.add()

    answer = desk.client.post(PAGE, {"evidence": pk})
    assert answer.status_code == 302
    assert desk.client.get(f"{PAGE}?go={quote(pk)}").status_code == 200
    assert Evidence.objects.get().removed_at is None


def test_evidence_of_another_figure_is_not_taken_back_here(desk: Desk) -> None:
    row = desk.add(indicator=desk.catalogue.escaped)

    desk.client.post(PAGE, {"evidence": row.pk})

    row.refresh_from_db()
    assert row.removed_at is None


@pytest.mark.parametrize(
    "address",
    [
        "/bao-cao/90102/2024/minh-chung/rate/",
        "/bao-cao/90102/2024/minh-chung/khong-co/",
        "/bao-cao/90102/2024/minh-chung/%00/",
        "/bao-cao/90102/2024/minh-chung/" + "a" * 3000 + "/",
        "/bao-cao/%00/2024/minh-chung/poor/",
        "/bao-cao/90102/2024X/minh-chung/poor/",
        "/bao-cao/90102/%00/minh-chung/poor/",
        "/minh-chung/999999999999999999999999999/a.pdf",
        "/minh-chung/1/%00",
    ],
)
def test_address_of_nothing_is_404(desk: Desk, address: str) -> None:
    assert desk.client.get(address).status_code == 404
    if "minh-chung/" in address and address.startswith("/bao-cao"):
        assert desk.client.post(address, {"decision": "QĐ"}).status_code == 404


def test_full_figure_offers_no_form(desk: Desk, settings: LazySettings) -> None:
    settings.EVIDENCE_PER_FIGURE = 1
    desk.add()

    answer = desk.client.get(PAGE)
    assert "Đã đủ 1 minh chứng" in text_of(answer)
    assert 'name="file"' not in answer.content.decode()


# -- who -------------------------------------------------------------------------------------------


def people(desk: Desk) -> dict[str, Official | None]:
    places = desk.places
    return {
        "visitor": None,
        "officer": desk.staff.officer,
        "own leader": official("chu.tich", places.first, Role.LEADER),
        "neighbour": official("hang.xom", places.second),
        "district": desk.staff.district,
        "leader": official("lanh.dao", places.province, Role.LEADER),
        "newcomer": official("moi.den"),
    }


def statuses(desk: Desk, address: str, method: str = "get") -> dict[str, int]:
    found = {}
    for name, person in people(desk).items():
        desk.client.logout()
        if person is not None:
            desk.client.force_login(person)
        answer = getattr(desk.client, method)(address)
        found[name] = answer.status_code
        if isinstance(answer, FileResponse):
            sent_bytes(answer)
    return found


def test_file_of_a_draft_is_sent_to_its_unit_only(desk: Desk) -> None:
    assert statuses(desk, file_at(desk.add())) == {
        "visitor": 302,
        "officer": 200,
        "own leader": 404,
        "neighbour": 404,
        "district": 404,
        "leader": 404,
        "newcomer": 404,
    }


def test_file_that_was_sent_is_open_to_who_sees_the_unit(desk: Desk) -> None:
    row = desk.add()
    desk.send()

    assert statuses(desk, file_at(row)) == {
        "visitor": 302,
        "officer": 200,
        "own leader": 200,
        "neighbour": 404,
        "district": 200,
        "leader": 200,
        "newcomer": 404,
    }


def test_only_the_officer_may_add(desk: Desk) -> None:
    assert statuses(desk, PAGE, "post") == {
        "visitor": 302,
        "officer": 422,
        "own leader": 403,
        "neighbour": 404,
        "district": 403,
        "leader": 403,
        "newcomer": 404,
    }


def test_reader_above_sees_nothing_of_a_draft(desk: Desk) -> None:
    desk.save()
    row = desk.add(name="bí mật.pdf")
    desk.sign_in(desk.staff.district)

    assert desk.client.post(PAGE, {"evidence": row.pk}).status_code == 403
    said = text_of(desk.client.get(PAGE))
    assert "bí mật" not in said
    assert "13 hộ" not in said
    assert "Đơn vị chưa nộp báo cáo" in said


def test_reader_above_sees_what_was_sent_and_may_not_change_it(desk: Desk) -> None:
    row = desk.add(name="biên bản.pdf")
    desk.send()
    desk.sign_in(desk.staff.district)

    page = desk.client.get(PAGE).content.decode()
    assert "biên bản.pdf" in page
    assert "<b>13</b>" in page.replace("\n", "").replace(" ", "")
    assert 'name="file"' not in page
    assert f"?go={row.pk}" not in page


def test_reader_above_sees_the_last_sent_figure_while_it_is_corrected(desk: Desk) -> None:
    report = desk.send()
    request_change(report=report, indicator=desk.catalogue.poor, body="Sai", by=desk.staff.district)
    return_report(report=report, by=desk.staff.district)
    desk.save(escaped="9", poor="12")
    desk.add(name="mới.pdf")

    assert "năm 2024: 12 hộ" in text_of(desk.client.get(PAGE))
    desk.sign_in(desk.staff.district)
    said = text_of(desk.client.get(PAGE))
    assert "năm 2024: 13 hộ" in said
    assert "mới.pdf" not in said


def test_return_under_review_is_read_only_for_its_officer(desk: Desk) -> None:
    row = desk.add()
    desk.send()

    page = desk.client.get(PAGE).content.decode()
    assert 'name="file"' not in page
    answer = desk.client.post(PAGE, {"evidence": row.pk})
    assert answer.status_code == 422
    assert "Chờ duyệt" in text_of(answer)


# -- the file --------------------------------------------------------------------------------------

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("content", "name", "content_type", "shown"),
    [
        (files.pdf(), "a.pdf", "application/pdf", "attachment"),
        (files.picture("JPEG"), "a.jpg", "image/jpeg", "inline"),
        (files.picture("PNG"), "a.png", "image/png", "inline"),
        (files.picture("WEBP"), "a.webp", "image/webp", "inline"),
        (files.xlsx(), "a.xlsx", f"{OFFICE}spreadsheetml.sheet", "attachment"),
        (files.docx(), "a.docx", f"{OFFICE}wordprocessingml.document", "attachment"),
    ],
)
def test_file_is_sent_in_a_box(
    desk: Desk, content: bytes, name: str, content_type: str, shown: str
) -> None:
    row = desk.add(content, name)

    answer = desk.client.get(file_at(row), headers={"Accept-Encoding": "gzip"})

    assert sent_bytes(answer) == content
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"] == f'{shown}; filename="{name}"'
    assert answer["Content-Length"] == str(len(content))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-store"}


def test_vietnamese_name_is_sent_in_full(desk: Desk) -> None:
    row = desk.add(name='Quyết định "số" 12; a.pdf')

    answer = desk.client.get(file_at(row))

    assert row.name == "Quyết định -số- 12; a.pdf"
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(row.name)}"
    assert sent_bytes(answer) == files.pdf()


def test_file_that_the_disk_has_lost_is_404(desk: Desk) -> None:
    row = desk.add()
    Path(row.file.path).unlink()

    assert desk.client.get(file_at(row)).status_code == 404


def test_head_and_post_of_a_file(desk: Desk) -> None:
    row = desk.add()

    answer = desk.client.head(file_at(row))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert sent_bytes(answer) == b""
    assert desk.client.post(file_at(row)).status_code == 405


def test_stored_files_have_no_address_of_their_own(desk: Desk) -> None:
    row = desk.add()

    for address in (f"/{row.file.name}", f"/media/{row.file.name}", f"/static/{row.file.name}"):
        assert desk.client.get(address).status_code == 404


# -- the cell of the grid --------------------------------------------------------------------------


def cell(desk: Desk, evidence: list[Evidence], *, may_type: bool, kind: str = "input") -> str:
    context = {
        "row": FigureRow(desk.catalogue.poor, kind, evidence),
        "current": return_of(desk.places.first, Y2024),
        "may_type": may_type,
    }
    return render_to_string("evidence/partials/_cell.html", context)


def test_cell_without_evidence_is_one_short_link(desk: Desk) -> None:
    """It stands on every row of the form."""
    made = cell(desk, [], may_type=True)

    assert made == '<a class="mc" href="minh-chung/poor/">Thêm minh chứng</a>'
    assert len(made.encode()) - len("poor") + len(LONGEST_CODE) <= 120
    assert cell(desk, [], may_type=False) == ""
    assert cell(desk, [], may_type=True, kind="ratio") == ""


def test_cell_names_two_and_counts_the_rest(desk: Desk) -> None:
    rows = [desk.add(files.pdf(b"%d" % n), f"{n}.pdf") for n in range(5)]

    def names(made: str) -> list[str]:
        return re.findall(r">([^<>]+)</a>", made)

    assert names(cell(desk, rows[:1], may_type=True)) == ["0.pdf", "Thêm minh chứng"]
    assert names(cell(desk, rows[:2], may_type=False)) == ["0.pdf", "1.pdf", "chi tiết"]
    assert names(cell(desk, rows, may_type=False)) == ["0.pdf", "1.pdf", "và 3 tệp khác"]
    assert file_at(rows[0]) in cell(desk, rows, may_type=False)


def test_cell_shows_a_decision_without_a_file(desk: Desk) -> None:
    row = desk.add(upload=None, decision="<i>QĐ 12</i>")

    assert "&lt;i&gt;QĐ 12&lt;/i&gt;" in cell(desk, [row], may_type=False)


# -- cost ------------------------------------------------------------------------------------------


def queries(desk: Desk) -> int:
    with CaptureQueriesContext(connection) as found:
        assert desk.client.get(PAGE, headers=HTMX).status_code == 200
    return len(found)


def test_page_costs_the_same_for_one_and_many(desk: Desk) -> None:
    desk.save()
    desk.add()
    queries(desk)
    one = queries(desk)
    for n in range(5):
        desk.add(files.pdf(b"%d" % n), by=official(f"can.bo.{n}", desk.places.first))

    assert queries(desk) == one
