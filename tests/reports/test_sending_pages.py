"""The summary, the signature and the receipt as pages; who may open them; what attacks get."""

from __future__ import annotations

import re
import subprocess
import zlib
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Post
from povertyplan.lib import pdf
from reports import workflow
from reports.models import Report, ReportEvent
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled

pytestmark = pytest.mark.django_db

FORM = "/bao-cao/90102/2024/"
SUMMARY = f"{FORM}nop/"
RECEIPT = f"{FORM}bien-nhan/1/"
PDF = f"{FORM}bien-nhan/1.pdf"


@dataclass
class Desk:
    """The officer of a commune at the pages of its return for 2024."""

    places: Places
    catalogue: Catalogue
    staff: Staff

    def __post_init__(self) -> None:
        self.client = visitor(self.staff.officer)

    def save(self, **changes: str | None) -> None:
        entries = filled(self.places.first, self.catalogue, **changes)
        workflow.save_draft(
            unit=self.places.first, period=Y2024, entries=entries, by=self.staff.officer
        )

    def open(self, address: str = SUMMARY) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    def signed(self, **changes: str) -> dict[str, str]:
        """What the page sends when it is signed; `changes` replaces parts of it."""
        found = re.search(r'name="seen" value="([^"]*)"', self.open())
        assert found is not None
        return {"seen": unescape(found[1]), "confirmed": "on", "note": "", **changes}

    def sign(self, **changes: str) -> Any:
        return self.client.post(SUMMARY, self.signed(**changes))


def visitor(official: Official) -> Client:
    client = Client()
    client.force_login(official)
    return client


@pytest.fixture
def desk(places: Places, catalogue: Catalogue) -> Desk:
    return Desk(places, catalogue, builders.staff(places))


def words(page: str) -> str:
    """The page's text, tags taken out and blanks made single."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def text_of(content: bytes, folder: Path) -> str:
    file = folder / "bien-nhan.pdf"
    file.write_bytes(content)
    run = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    return run.stdout.decode()


def unpacked(content: bytes) -> bytes:
    """The objects of a PDF, which are packed together."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    found = [content]
    for stream in streams:
        with suppress(zlib.error):
            found.append(zlib.decompress(stream))
    return b"\n".join(found)


# -- from the form to the signature ----------------------------------------------------------------


def test_pressing_send_saves_the_draft_and_opens_the_summary(desk: Desk) -> None:
    data = {"action": "submit", "v-poor": "13", "note-poor": "", "version-poor": "0"}
    answer = desk.client.post(FORM, data)
    assert (answer.status_code, answer["Location"]) == (302, f"{SUMMARY}#noidung")
    assert Report.objects.get().state == "draft"
    page = words(desk.open())
    assert "1/5 chỉ tiêu đã trả lời" in page
    assert "4 chưa nhập" in page


def test_cell_that_cannot_be_saved_stays_on_the_form(desk: Desk) -> None:
    data = {"action": "submit", "v-poor": "mười ba", "note-poor": "", "version-poor": "0"}
    answer = desk.client.post(FORM, data)
    assert answer.status_code == 422
    assert "không phải là số" in answer.content.decode()


def test_summary_leads_to_each_cell_and_offers_no_signature_while_one_is_wrong(desk: Desk) -> None:
    builders.balance(desk.catalogue)
    desk.save(poor="9")
    page = desk.open()
    assert f'href="{FORM}#c-poor"' in page
    assert "Chưa ký và nộp được. Trước hết sửa 1 chỗ sai." in words(page)
    assert "<button" not in page.partition("<main")[2]
    refused = desk.client.post(SUMMARY, {"seen": "x", "confirmed": "on"})
    assert refused.status_code == 422
    assert Report.objects.get().state == "draft"


def test_signature_line_says_who_in_which_post_to_whom_and_when(desk: Desk) -> None:
    Post.objects.filter(official=desk.staff.officer).update(title="Công chức văn hóa")
    desk.save()
    with time_machine.travel("2024-12-03 08:05+07:00"):
        desk.client = visitor(desk.staff.officer)
        page = words(desk.open())
    for told in (
        "can.bo",
        "Công chức văn hóa, xã Một",
        "03/12/2024 08:05",
        "Nộp lên Huyện Thử Nghiệm",
        "Tôi đã kiểm tra 5 chỉ tiêu và chịu trách nhiệm về số liệu báo cáo năm 2024 của xã Một.",
        "Ký và nộp lên huyện Thử Nghiệm",
    ):
        assert told in page


def test_signed_return_is_sent_with_the_message_and_leads_to_its_receipt(desk: Desk) -> None:
    builders.deadline(desk.places.province)
    desk.save()
    answer = desk.sign(note=" Đã đối chiếu. ")
    assert (answer.status_code, answer["Location"]) == (302, f"{FORM}#noidung")
    event = ReportEvent.objects.get()
    assert (event.step, event.by, event.note) == ("submit", desk.staff.officer, "Đã đối chiếu.")
    page = desk.open(FORM)
    assert "Đã nộp báo cáo lúc" in page
    assert page.count(f'href="{RECEIPT}"') == 2  # in the notice, and at its step
    assert f'href="{RECEIPT}"' in desk.open("/bao-cao/")
    assert (
        f'href="{RECEIPT}"'
        in visitor(desk.staff.district).get("/duyet/90102/2024/").content.decode()
    )


def test_nothing_is_sent_without_the_box_ticked_and_the_message_stays(desk: Desk) -> None:
    desk.save()
    data = desk.signed(note="Đủ số")
    del data["confirmed"]
    answer = desk.client.post(SUMMARY, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Đánh dấu vào ô xác nhận" in page
    assert 'href="#id_confirmed"' in page
    assert ">\nĐủ số</textarea>" in page
    assert Report.objects.get().state == "draft"


def test_message_that_is_too_long_is_refused_in_words(desk: Desk) -> None:
    desk.save()
    answer = desk.sign(note="x" * 1001)
    assert answer.status_code == 422
    assert "Lời nhắn dài 1001 chữ, không được quá 1000." in answer.content.decode()


def test_figure_changed_meanwhile_is_shown_and_signed_only_when_seen(desk: Desk) -> None:
    desk.save()
    data = desk.signed()
    desk.save(poor="14")
    answer = desk.client.post(SUMMARY, data)
    assert answer.status_code == 422
    page = words(answer.content.decode())
    assert "Số liệu đã thay đổi từ lúc đồng chí mở trang" in page
    assert "1.5 Hộ nghèo cuối kỳ : Lúc đồng chí xem là 13, nay là 14." in page
    assert Report.objects.get().state == "draft"
    assert desk.sign().status_code == 302


def test_second_press_sends_nothing_and_says_who_sent_when(desk: Desk) -> None:
    desk.save()
    data = desk.signed()
    assert desk.client.post(SUMMARY, data).status_code == 302
    answer = desk.client.post(SUMMARY, data)
    page = words(answer.content.decode())
    assert answer.status_code == 422
    assert re.search(r"đã nộp lần 1 lúc [\d/]+ [\d:]+, người ký can.bo", page)
    assert "Không nộp thêm lần nữa." in page
    assert page.count("không sửa được") == 1
    assert ReportEvent.objects.count() == 1
    assert Report.objects.get().round == 1


def test_summary_of_a_sent_return_offers_its_receipt_and_no_signature(desk: Desk) -> None:
    desk.save()
    desk.sign()
    page = desk.open()
    assert f'href="{RECEIPT}"' in page
    assert 'name="confirmed"' not in page


def test_period_that_has_not_opened_cannot_be_signed(desk: Desk) -> None:
    desk.save()
    builders.deadline(desk.places.province)
    with time_machine.travel("2024-10-01 08:00+07:00"):
        desk.client = visitor(desk.staff.officer)
        page = desk.open()
    assert "Kỳ báo cáo này mở nhập từ 01/11/2024." in words(page)
    assert 'name="confirmed"' not in page


def test_opening_the_summary_writes_nothing(desk: Desk) -> None:
    desk.open()
    assert not Report.objects.exists()


def test_number_of_queries_does_not_grow_with_the_form(desk: Desk) -> None:
    desk.save()
    desk.open()  # the first reads the catalogue
    counts = []
    for more in (0, 4):
        for place in range(more):
            row = builders.count(f"more_{place}", f"Thêm {place}", 20 + place)
            workflow.save_draft(
                unit=desk.places.first,
                period=Y2024,
                entries=builders.entries(desk.places.first, {row: "1"}),
                by=desk.staff.officer,
            )
        desk.open()
        with CaptureQueriesContext(connection) as seen:
            desk.open()
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 40


def test_receipt_asks_as_few_queries_for_many_figures_as_for_some(desk: Desk) -> None:
    desk.save()
    desk.sign()
    desk.open(RECEIPT)
    with CaptureQueriesContext(connection) as some:
        desk.open(RECEIPT)
    for place in range(4):
        builders.count(f"more_{place}", f"Thêm {place}", 20 + place)
    event = ReportEvent.objects.get()
    event.covered += [[f"more_{place}", "1", "ghi chú"] for place in range(4)]
    event.save()
    with CaptureQueriesContext(connection) as many:
        assert "Thêm 3" in desk.open(RECEIPT)
    assert len(many) == len(some) <= 18


# -- who may open what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "summary", "receipt"),
    [
        ("officer", 200, 200),
        ("district", 403, 200),
        ("province", 403, 200),
        ("leader", 403, 200),
        ("neighbour", 404, 404),
        ("newcomer", 404, 404),
    ],
)
def test_receipt_is_open_to_who_may_see_the_unit_and_the_summary_to_who_enters(
    desk: Desk, who: str, summary: int, receipt: int
) -> None:
    desk.save()
    desk.sign()
    people = {
        "officer": desk.staff.officer,
        "district": desk.staff.district,
        "province": desk.staff.province,
        "leader": builders.official("lanh.dao", desk.places.province, Role.LEADER),
        "neighbour": builders.official("xa.hai", desk.places.second),
        "newcomer": builders.official("moi.den"),
    }
    client = visitor(people[who])
    assert client.get(SUMMARY).status_code == summary
    assert client.post(SUMMARY, {"seen": "x", "confirmed": "on"}).status_code == (
        422 if summary == 200 else summary
    )
    assert client.get(RECEIPT).status_code == receipt
    assert client.get(PDF).status_code == receipt


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999"])
@pytest.mark.parametrize("ending", ["/", ".pdf"])
def test_sending_that_never_was_has_no_receipt(desk: Desk, number: str, ending: str) -> None:
    desk.save()
    desk.sign()
    assert desk.client.get(f"{FORM}bien-nhan/{number}{ending}").status_code == 404


def test_draft_has_no_receipt_and_a_return_sent_back_keeps_its_own(desk: Desk) -> None:
    desk.save()
    assert desk.client.get(RECEIPT).status_code == 404
    desk.sign()
    report = Report.objects.get()
    workflow.request_change(
        report=report, indicator=desk.catalogue.poor, body="Xem lại.", by=desk.staff.district
    )
    workflow.return_report(report=report, by=desk.staff.district)
    desk.save(poor="14")  # a draft that the tiers above must not see
    page = words(visitor(desk.staff.district).get(RECEIPT).content.decode())
    assert "Hộ nghèo cuối kỳ hộ 13" in page
    assert re.search(r"Tình trạng báo cáo Trả lại \([\d/]+ [\d:]+\)", page)
    assert "14" not in re.findall(
        r"\b\d+\b", page.partition("Số liệu đã nộp")[2].partition("Biên nhận")[0]
    )


# -- the receipt on paper --------------------------------------------------------------------------


def test_pdf_says_what_the_page_says(desk: Desk, tmp_path: Path) -> None:
    desk.save(households="1590")
    with time_machine.travel("2024-12-03 08:05+07:00"):
        desk.client = visitor(desk.staff.officer)
        desk.sign(note="Đã rà soát từng thôn")
    desk.client = visitor(desk.staff.officer)
    answer = desk.client.get(PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="bien-nhan-90102-2024-lan-1.pdf"'
    text = text_of(answer.content, tmp_path)
    code = re.search(r"[0-9A-F]{4}(?:-[0-9A-F]{4}){3}", words(desk.open(RECEIPT)))
    assert code is not None
    for told in (
        "BIÊN NHẬN NỘP BÁO CÁO",
        "Báo cáo năm 2024 của xã Một",
        "Huyện Thử Nghiệm",
        "03/12/2024 08:05",
        "Đã rà soát từng thôn",
        "1.590",
        "Hộ nghèo cuối kỳ",
        code[0],
        "1/1",
    ):
        assert told in text
    assert desk.client.get(PDF).content == answer.content  # nothing in it but what was sent


def test_pdf_is_tagged_titled_vietnamese_and_holds_its_fonts(desk: Desk, tmp_path: Path) -> None:
    desk.save()
    desk.sign()
    content = desk.client.get(PDF).content
    text_of(content, tmp_path)
    file = tmp_path / "bien-nhan.pdf"
    told = subprocess.run(["pdfinfo", file], capture_output=True, check=True).stdout.decode()
    fonts = subprocess.run(["pdffonts", file], capture_output=True, check=True).stdout.decode()
    assert re.search(r"Tagged: +yes", told)
    assert re.search(r"Title: +Biên nhận nộp lần 1, báo cáo năm 2024, xã Một", told)
    assert re.search(r"Page size: .*\(A4\)", told)
    assert b"/Lang (vi)" in unpacked(content)
    lines = fonts.splitlines()[2:]
    assert len(lines) >= 2
    assert all(re.search(r" yes (yes|no) +yes +\d+ +\d+$", line) for line in lines)
    assert "Liberation-Serif" in fonts


ATTACK = (
    '<img src="file:///etc/passwd"><script>alert(1)</script>'
    '<link rel="attachment" href="http://127.0.0.1:9/"></td>&amp;{% now "Y" %}'
)


def test_what_people_write_stays_text_on_page_and_paper(desk: Desk, tmp_path: Path) -> None:
    desk.save()
    note = {"action": "save", "v-poor": "13", "note-poor": ATTACK, "version-poor": "1"}
    assert desk.client.post(FORM, note).status_code == 302
    desk.sign(note=ATTACK)
    page = desk.open(RECEIPT)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert words(page).count("{% now") == 2
    content = desk.client.get(PDF).content
    text = "".join(text_of(content, tmp_path).split())
    assert text.count("<script>alert(1)</script>") == 2
    assert "root:x" not in text
    assert b"/Type /Catalog" in unpacked(content)
    assert b"EmbeddedFile" not in unpacked(content)
    assert b"/JavaScript" not in unpacked(content)


def test_long_notes_are_printed_whole(desk: Desk, tmp_path: Path) -> None:
    desk.save()
    desk.sign(note="y" * 1000)
    event = ReportEvent.objects.get()
    event.covered = [[row.code, "1", "x" * 500] for row in desk.catalogue.inputs]
    event.save()
    content = desk.client.get(PDF).content
    assert text_of(content, tmp_path).replace(" ", "").replace("\n", "").count("x" * 500) == 5


def test_server_without_pango_shows_the_page_to_print_and_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save()
    desk.sign()

    def missing(name: str) -> Any:
        raise OSError(f"cannot load library '{name}'")

    monkeypatch.setattr(pdf, "import_module", missing)
    answer = desk.client.get(PDF)
    page = words(answer.content.decode())
    assert answer.status_code == 503
    assert "Máy chủ chưa có thư viện Pango" in page
    assert "BIÊN NHẬN NỘP BÁO CÁO" in page.upper()
