"""What the pages of tables tell a newcomer: which is which, why not, where one's choice went."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Unit
from plans.models import Plan
from plans.wording import plan_heading
from reports.annexes import making, tasks
from reports.annexes.batches import file_of
from reports.annexes.making import make_batch
from reports.enums import BatchState
from reports.models import Annex, AnnexBatch
from tests import builders
from tests.reports import annex_forms
from tests.reports.office_forms import template
from tests.reports.test_annex_batches import ALL, Job, inside
from tests.reports.test_annex_batches import job as job  # noqa: PLC0414  # a fixture
from tests.reports.test_office_templates import CELLS

LIST = "/bieu/901/2024/"
WHY = (
    "Thiếu mẫu: kế hoạch không nhắc biểu này, nên chưa biết cột và dòng. "
    "Có bản gốc thì quản trị nạp mẫu biểu."
)


def words(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture(autouse=True)
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a transaction leaves to be made is made by the test."""
    monkeypatch.setattr(tasks, "in_background", lambda _work: None)


@pytest.fixture
def reader(job: Job, client: Client) -> Client:
    client.force_login(job.reviewer)
    return client


def without_form(job: Job, **more: object) -> Annex:
    plan = Plan.objects.get()
    return annex_forms.annex(
        plan, **{"code": "04", "number": "04", "status": "undefined", "sections": [], **more}
    )


# -- a table without a form ------------------------------------------------------------------------


def test_table_without_a_form_says_why_and_who_can_add_it(job: Job, reader: Client) -> None:
    without_form(job)
    without_form(job, code="10", number="10", sections=["III.1"])

    shown = words(reader, LIST)

    assert WHY in shown
    assert "văn bản nhắc biểu ở mục III.1 nhưng không kèm mẫu" in shown


def test_address_of_a_table_that_cannot_be_had_shows_the_reason(job: Job, reader: Client) -> None:
    without_form(job)

    shown = words(reader, f"{LIST}?bieu=04")

    assert "Biểu 04 “Hộ nghèo theo xã” chưa lập được" in shown
    assert shown.count(WHY) == 2  # in the list, and where the table would be
    assert "Xem trước biểu" not in shown


def test_list_in_the_file_tells_tables_of_one_number_apart(job: Job) -> None:
    without_form(job, code="06-a", number="06", title_vi="Bảo hiểm y tế")
    without_form(job, code="06-b", number="06", title_vi="Tín dụng ưu đãi")
    batch = job.ask()
    make_batch(batch.pk)
    batch.refresh_from_db()

    told = [row["where"] for row in batch.problems]

    assert told == [
        "Huyện Thử Nghiệm, biểu 06 “Bảo hiểm y tế”",
        "Huyện Thử Nghiệm, biểu 06 “Tín dụng ưu đãi”",
    ]
    assert batch.problems[0]["reason"] == WHY


def test_variant_is_told_in_words(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> tuple[str, bytes]:
        raise ValueError

    monkeypatch.setattr(making, "MAKERS", (fails,))
    batch = job.ask()
    make_batch(batch.pk)
    batch.refresh_from_db()

    assert [row["where"].rpartition(", ")[2] for row in batch.problems] == [
        "theo năm",
        "cả giai đoạn",
    ]


def test_tables_of_several_documents_say_whose_they_are(job: Job, reader: Client) -> None:
    own = plan_heading(Plan.objects.get())
    assert own not in words(reader, LIST)

    annex_forms.annex(None, code="chung", number="1")

    listed = words(reader, LIST).partition("Danh mục biểu")[2]
    assert own in listed
    assert "Biểu chung, không thuộc kế hoạch nào" in listed


# -- a period that the unit has not ----------------------------------------------------------------


def ended(job: Job) -> None:
    Unit.objects.filter(pk=job.places.district.pk).update(valid_to=date(2025, 6, 30))


@pytest.mark.parametrize("address", ["/bieu/901/2025/", "/bieu/901/2025/thu/mau/"])
def test_period_after_the_end_of_a_unit_is_told_as_such(
    job: Job, reader: Client, address: str
) -> None:
    ended(job)

    shown = words(reader, address, 404)

    assert "Huyện Thử Nghiệm không còn vào ngày cuối kỳ năm 2025 (31/12/2025)" in shown
    assert "chỉ có đến 30/06/2025" in shown


def test_stranger_does_not_learn_that_a_unit_has_ended(job: Job, client: Client) -> None:
    ended(job)
    other = builders.unit("902", "Huyện Khác", "district", job.places.province)
    client.force_login(builders.official("la", other, Role.REVIEWER))

    assert "không còn vào ngày" not in words(client, "/bieu/901/2025/", 404)


# -- the file of all tables ------------------------------------------------------------------------


def under_way(job: Job, tier: str = "commune") -> AnnexBatch:
    batch = job.ask(tier)
    AnnexBatch.objects.filter(pk=batch.pk).update(
        state=BatchState.RUNNING, beat_at=timezone.now(), plan=Plan.objects.get()
    )
    return batch


def test_choice_is_kept_after_a_file_was_stopped(job: Job, reader: Client) -> None:
    batch = under_way(job)

    answer = reader.post(f"/tat-ca-bieu/{batch.pk}/dung/")

    shown = reader.get(answer.headers["Location"]).content.decode()
    assert re.search(r'<option value="commune"\s+selected', shown)


def test_choice_is_kept_after_asking(job: Job, reader: Client) -> None:
    answer = reader.post(f"{LIST}tat-ca/", {"stage": "provisional", "tier": "commune"})

    shown = reader.get(answer.headers["Location"]).content.decode()
    assert re.search(r'<option value="commune"\s+selected', shown)


def test_progress_can_be_seen_without_scripts(job: Job, reader: Client) -> None:
    assert "Tải lại trang để xem tiến độ" not in words(reader, LIST)
    under_way(job)

    shown = reader.get(LIST).content.decode()

    (address,) = re.findall(r'<noscript>.*?<a[^>]+href="([^"]+)".*?</noscript>', shown, re.DOTALL)
    assert reader.get(address.replace("&amp;", "&")).status_code == 200


def test_page_says_what_the_file_counts(job: Job, reader: Client) -> None:
    assert "biểu có hai dạng (theo năm, cả giai đoạn) tính là hai" in words(reader, LIST)


def kept(job: Job, client: Client, cells: dict[str, str]) -> None:
    upload = SimpleUploadedFile("Mẫu.xlsx", template(cells))
    client.force_login(job.reviewer)
    assert client.post(f"{LIST}thu/mau/", {"file": upload}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_file_also_holds_tables_in_the_templates_of_their_unit(
    job: Job, client: Client, tmp_path: Path
) -> None:
    kept(job, client, CELLS)
    batch = job.ask()
    assert make_batch(batch.pk)

    names = inside(batch)

    assert set(ALL) < set(names)
    (own,) = set(names) - set(ALL)
    assert own.endswith("-theo-mau.xlsx")
    assert (batch.total, batch.problems) == (2, [])
    path = file_of(batch)
    assert path is not None
    with zipfile.ZipFile(path) as packed:
        assert packed.read(own)[:2] == b"PK"
    shown = words(client, LIST)
    assert "Mẫu của đơn vị chỉ dùng cho tệp" in shown


@pytest.mark.django_db(transaction=True)
def test_template_that_fails_leaves_the_standard_form_in_the_file(job: Job, client: Client) -> None:
    kept(job, client, CELLS)
    form = Annex.objects.get()
    year, period = form.definition["layouts"]
    shorter: dict[str, Any] = {**year, "columns": year["columns"][:3]}
    form.definition = {**form.definition, "layouts": [shorter, period]}
    form.save()
    batch = job.ask()
    make_batch(batch.pk)

    assert inside(batch) == [*ALL, making.LIST_NAME]
    (told,) = batch.problems
    assert told["reason"].startswith("Xuất theo mẫu của đơn vị: ")
    assert "Không có chỗ điền “dong.cot_12”" in told["reason"]


def test_reader_of_english_is_told_that_tables_stay_vietnamese(job: Job, reader: Client) -> None:
    said = "Biểu là văn bản tiếng Việt"
    assert said not in words(reader, LIST)

    reader.cookies["django_language"] = "en"

    shown = reader.get(LIST).content.decode()
    assert shown.count("form-note") == 1
