"""Files with all tables that are there already: who made them, and what a killed run left."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Official
from reports.annexes import making
from reports.annexes.making import make_batch
from reports.enums import BatchState
from reports.models import Annex, AnnexBatch
from tests import builders
from tests.reports.test_annex_batches import Job
from tests.reports.test_annex_batches import job as job  # noqa: PLC0414  # a fixture

LIST = "/bieu/901/2024/"


@pytest.fixture
def leader(job: Job) -> Official:
    found = builders.official("lanh.dao", job.places.district, Role.LEADER)
    found.full_name = "Trần Thị Lãnh Đạo"
    found.save()
    return found


def asked(client: Client, by: Official) -> str:
    client.force_login(by)
    page = client.post(f"{LIST}tat-ca/", {"stage": "provisional"}, follow=True)
    return " ".join(page.content.decode().split())


def test_second_person_is_told_whose_file_it_is(job: Job, leader: Official, client: Client) -> None:
    batch = job.ask(by=leader)
    assert "Tạm tính. Do Trần Thị Lãnh Đạo yêu cầu." in asked(client, job.reviewer)
    make_batch(batch.pk)

    page = asked(client, job.reviewer)

    batch.refresh_from_db()
    when = f"{timezone.localtime(batch.started_at):%d/%m/%Y %H:%M}"
    words = f"Dùng lại tệp ZIP bản 1 lập lúc {when}, do Trần Thị Lãnh Đạo lập; số liệu chưa đổi"
    assert words in page
    assert AnnexBatch.objects.count() == 1
    page = " ".join(client.get(LIST).content.decode().split())
    assert "Dùng lại tệp" not in page
    assert f"lập lúc {when}, do Trần Thị Lãnh Đạo lập" in page


def test_changed_file_is_never_told_as_a_reused_one(job: Job, client: Client) -> None:
    batch = job.ask()
    make_batch(batch.pk)
    job.tell("1")
    client.force_login(job.reviewer)

    page = client.get(f"{LIST}?da-co={batch.pk}").content.decode()

    assert "Dùng lại tệp" not in page
    assert "đã đổi từ lúc lập" in page


def test_new_file_is_not_told_as_a_reused_one(job: Job, client: Client) -> None:
    assert "Dùng lại tệp" not in asked(client, job.reviewer)


def test_refusal_is_seen_at_the_top_of_the_page(job: Job, client: Client) -> None:
    Annex.objects.all().delete()
    client.force_login(job.reviewer)

    answer = client.post(f"{LIST}tat-ca/", {"stage": "provisional"})

    assert "#" not in answer.headers["Location"]
    assert "Không có biểu nào" in client.get(answer.headers["Location"]).content.decode()


def test_list_says_how_many_tables_are_not_in_the_file(job: Job, client: Client) -> None:
    batch = job.ask()
    make_batch(batch.pk)
    problems = [{"where": "Huyện, biểu 04", "reason": "Thiếu mẫu"}]
    AnnexBatch.objects.filter(pk=batch.pk).update(problems=problems)
    client.force_login(job.reviewer)

    assert "1 biểu chưa lập được, xem danh sách trong tệp" in client.get(LIST).content.decode()


def part_of(batch: AnnexBatch, worker: str, seconds_ago: float) -> Path:
    making.folder().mkdir(parents=True, exist_ok=True)
    path = making.folder() / f"{batch.pk}-{worker}.part"
    path.write_bytes(b"PK")
    moment = timezone.now().timestamp() - seconds_ago
    os.utime(path, (moment, moment))
    return path


def test_part_of_a_killed_run_goes_once_no_task_could_be_at_it(job: Job) -> None:
    limit = settings.TASK_SECONDS["annexes"] + settings.TASK_GRACE_SECONDS
    batch = job.ask()
    running = AnnexBatch.objects.filter(pk=batch.pk)
    running.update(state=BatchState.RUNNING, worker="b", beat_at=timezone.now())
    killed, recent = part_of(batch, "a", limit + 60), part_of(batch, "c", limit - 60)
    owned = part_of(batch, "b", limit + 60)

    making.drop_old_batches()
    assert [path.exists() for path in (killed, recent, owned)] == [False, True, True]

    running.update(beat_at=timezone.now() - making.STALE - timedelta(seconds=1))
    making.drop_old_batches()
    assert not owned.exists()
