"""Pages of the files with all tables: what they cost, what they mend, what they say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.annexes import making, tasks
from reports.annexes.batches import file_of
from reports.annexes.making import make_batch
from reports.enums import BatchState
from reports.models import AnnexBatch
from tests.reports.test_annex_batches import Job, inside
from tests.reports.test_annex_batches import job as job  # noqa: PLC0414  # a fixture

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def in_process(job: Job, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The reviewer, where no broker is set; the thread's work is done before it returns."""
    monkeypatch.setattr(tasks, "in_background", lambda work: work())
    monkeypatch.setattr(tasks, "_tended", [tasks.time.monotonic()])
    client.force_login(job.reviewer)
    return client


def listed(job: Job) -> str:
    return f"/bieu/{job.places.district.code}/2024/"


def box(job: Job) -> str:
    return f"{listed(job)}tat-ca/"


def killed(job: Job) -> AnnexBatch:
    """A job whose process was killed an hour ago, half-way, with what it had written."""
    batch = job.ask()
    making.folder().mkdir(parents=True, exist_ok=True)
    (making.folder() / f"{batch.pk}-a.part").write_bytes(b"PK")
    AnnexBatch.objects.filter(pk=batch.pk).update(
        state=BatchState.RUNNING,
        worker="a",
        attempts=1,
        done=1,
        made_at=timezone.now() - LONG_AGO,
        beat_at=timezone.now() - LONG_AGO,
    )
    return batch


@pytest.mark.parametrize("address", [listed, box])
def test_job_that_died_is_taken_up_when_the_page_is_opened_and_no_beat_rings(
    job: Job, in_process: Client, address: Any, django_capture_on_commit_callbacks: Any
) -> None:
    batch = killed(job)

    with django_capture_on_commit_callbacks(execute=True):
        assert "Bị gián đoạn" in in_process.get(address(job)).content.decode()

    batch.refresh_from_db()
    assert (batch.state, batch.attempts) == (BatchState.DONE, 2)
    assert "Đang tạo ZIP" not in in_process.get(address(job)).content.decode()


def test_job_that_died_three_times_is_told_as_failed(
    job: Job, in_process: Client, django_capture_on_commit_callbacks: Any
) -> None:
    batch = killed(job)
    AnnexBatch.objects.update(attempts=making.MOST_ATTEMPTS)

    with django_capture_on_commit_callbacks(execute=True):
        in_process.get(listed(job))

    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert "Đã thử nhiều lần không xong." in in_process.get(listed(job)).content.decode()


def test_job_that_is_alive_is_left_alone(
    job: Job, in_process: Client, django_capture_on_commit_callbacks: Any
) -> None:
    batch = killed(job)
    AnnexBatch.objects.update(beat_at=timezone.now() - making.STALE / 2)

    with django_capture_on_commit_callbacks(execute=True) as called:
        in_process.get(listed(job))

    batch.refresh_from_db()
    assert (called, batch.state, batch.attempts) == ([], BatchState.RUNNING, 1)


def a_week_old(job: Job) -> Path:
    batch = job.ask()
    make_batch(batch.pk)
    batch.refresh_from_db()
    AnnexBatch.objects.update(finished_at=timezone.now() - timedelta(days=8))
    path = file_of(batch)
    assert path is not None
    return path


def test_old_files_go_when_a_job_begins_and_no_beat_rings(
    job: Job, in_process: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old = a_week_old(job)
    job.tell("1")

    with django_capture_on_commit_callbacks(execute=True):
        in_process.post(box(job), {"stage": "provisional"})

    assert not old.exists()
    assert inside(AnnexBatch.objects.get())


def test_old_files_go_as_pages_are_read_now_and_then(
    job: Job,
    in_process: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    old = a_week_old(job)
    with django_capture_on_commit_callbacks(execute=True) as called:
        in_process.get(listed(job))
    assert (called, old.exists()) == ([], True)

    monkeypatch.setattr(tasks, "_tended", [tasks.time.monotonic() - tasks.EVERY - 1])
    with django_capture_on_commit_callbacks(execute=True):
        in_process.get(listed(job))
    assert not old.exists()


BOX_QUERIES, FILE_QUERIES = 10, 5


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        answer = client.get(address)
        assert answer.status_code == 200
        assert b"".join(answer)
    return len(found)


def test_pages_cost_the_same_however_many_files_there_are(job: Job, in_process: Client) -> None:
    first = job.ask()
    make_batch(first.pk)
    queries(in_process, listed(job))  # what is read once
    before = queries(in_process, listed(job)), queries(in_process, box(job))
    for number in range(2, 8):
        AnnexBatch.objects.create(
            unit=job.places.district,
            period="2024",
            stage="provisional",
            by=job.reviewer,
            number=number,
            total=2,
            version="x",
            state=BatchState.RUNNING if number % 2 else BatchState.FAILED,
            beat_at=timezone.now(),
        )

    assert (queries(in_process, listed(job)), queries(in_process, box(job))) == before
    assert before[1] <= BOX_QUERIES
    assert queries(in_process, f"/tat-ca-bieu/{first.pk}/tep.zip") <= FILE_QUERIES


def test_stopping_says_so_and_leads_to_the_button_for_the_next(
    job: Job, in_process: Client
) -> None:
    batch = job.ask()

    answer = in_process.post(f"/tat-ca-bieu/{batch.pk}/dung/")
    address, _, named = answer.headers["Location"].partition("#")
    page = in_process.get(address).content.decode()

    assert "Đã dừng lập tệp." in page
    assert f'id="{named}"' in page


def test_stopped_file_leaves_a_line_that_explains_the_next_number(
    job: Job, in_process: Client
) -> None:
    first = job.ask()
    in_process.post(f"/tat-ca-bieu/{first.pk}/dung/")
    second = job.ask()
    make_batch(second.pk)

    page = in_process.get(listed(job)).content.decode()

    assert "Bản 1 đã dừng ở 0/2 biểu" in " ".join(page.split())
    assert "ZIP bản 2" in " ".join(page.split())
    assert "không lập được" not in page
