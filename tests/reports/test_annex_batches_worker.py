"""Files with all tables by the real Celery worker, over real Redis and PostgreSQL, real makers.

Nothing that is asked for stays under way for ever: a killed worker's job is taken up again, or
told as failed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Official
from indicators.rollups import drain
from povertyplan.lib.xlsx import read_sheet
from reports.annexes import making
from reports.annexes.batches import ask_batch, cancel_batch, file_of
from reports.annexes.tasks import tend_batches
from reports.enums import BatchState
from reports.models import AnnexBatch
from tests import builders
from tests.builders import Y2024, Places, told
from tests.indicators.test_worker import Broker, Worker, until
from tests.indicators.test_worker import broker as broker  # noqa: PLC0414  # a fixture
from tests.indicators.test_worker import database_url as database_url  # noqa: PLC0414
from tests.reports import annex_forms

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

COMMUNES = 8
TABLES = (COMMUNES + 3) * 2
"""Each commune's own table in two variants; enough for some seconds of work."""


class Job:
    """A district of many communes, each with its tables."""

    def __init__(self, places: Places) -> None:
        self.places, self.measured = places, annex_forms.measured()
        units = [
            builders.unit(f"9011{number:02}", f"Xã Số {number}", "commune", places.district)
            for number in range(COMMUNES)
        ]
        for unit in units:
            told(unit, self.measured.values("3", "9", "2"))
        annex_forms.annex(annex_forms.plan(places.district))
        self.reviewer = builders.official("duyet", places.district, Role.REVIEWER)
        self.tell("2")

    def tell(self, poor: str) -> None:
        told(self.places.first, self.measured.values("3", "9", poor))
        drain()

    def ask(self, by: Official | None = None) -> AnnexBatch:
        return ask_batch(
            unit=self.places.district,
            period=Y2024,
            stage="provisional",
            plan=None,
            tier="commune",
            by=by or self.reviewer,
        )


@pytest.fixture
def job(database_url: str, places: Places, settings: Any, tmp_path: Path) -> Job:
    settings.MEDIA_ROOT = tmp_path / "files"
    return Job(places)


@pytest.fixture
def start(database_url: str, broker: Broker, tmp_path: Path) -> Iterator[Any]:
    """Start a worker for this kind of work; all of them write to the same folder."""
    started: list[Worker] = []
    broker.start()

    def new() -> Worker:
        worker = Worker(database_url, broker, tmp_path, "annexes")
        started.append(worker)
        assert until(lambda: " ready." in worker.said(), 60), worker.said()
        return worker

    yield new
    for worker in started:
        worker.kill()


def state_of(batch: AnnexBatch) -> str:
    batch.refresh_from_db()
    return batch.state


def is_half_way(batch: AnnexBatch) -> bool:
    batch.refresh_from_db()
    return batch.state == BatchState.RUNNING and 0 < batch.done < batch.total


def let_time_pass(batch: AnnexBatch) -> None:
    """As if nobody had been heard of for longer than the slowest table takes."""
    AnnexBatch.objects.filter(pk=batch.pk).update(
        beat_at=timezone.now() - making.STALE - timedelta(seconds=1)
    )


def names_in(batch: AnnexBatch) -> list[str]:
    path = file_of(batch)
    assert path is not None, batch.problems
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return packed.namelist()


def test_progress_goes_up_and_the_file_holds_every_table(job: Job, start: Any) -> None:
    worker = start()
    client = Client()
    client.force_login(job.reviewer)
    batch, seen = job.ask(), []

    def look() -> None:
        batch.refresh_from_db()
        seen.append(batch.done)

    assert until(lambda: state_of(batch) == BatchState.DONE, 120, also=look), worker.said()
    assert seen == sorted(seen)
    assert len(set(seen)) > 3, "no progress was seen"
    assert batch.total == batch.done == TABLES
    names = names_in(batch)
    assert (len(names), len(set(names)), batch.problems) == (TABLES * 2, TABLES * 2, [])
    path = file_of(batch)
    assert path is not None
    with zipfile.ZipFile(path) as packed:
        for name in names:
            content = packed.read(name)
            if name.endswith("xlsx"):
                assert read_sheet(content).cells
            else:
                assert content.startswith(b"%PDF-")
    answer = client.get(f"/tat-ca-bieu/{batch.pk}/tep.zip")
    assert b"".join(answer) == path.read_bytes()
    assert int(answer.headers["Content-Length"]) == batch.size


def test_same_request_takes_the_file_there_is_until_a_figure_changes(job: Job, start: Any) -> None:
    worker = start()
    first = job.ask()
    assert job.ask().pk == first.pk  # under way
    assert until(lambda: state_of(first) == BatchState.DONE, 120), worker.said()
    made = first.finished_at

    again = job.ask(by=builders.official("duyet.hai", job.places.district, Role.REVIEWER))
    assert (again.pk, again.finished_at) == (first.pk, made)

    job.tell("1")
    second = job.ask()
    assert (second.pk != first.pk, second.number) == (True, 2)
    assert until(lambda: state_of(second) == BatchState.DONE, 120), worker.said()
    assert worker.said().count("succeeded in") == 2


def test_stopping_ends_the_work_and_leaves_nothing(job: Job, start: Any) -> None:
    worker = start()
    batch = job.ask()
    assert until(lambda: is_half_way(batch), 60), worker.said()
    done = batch.done

    cancel_batch(batch=batch, by=job.reviewer)

    assert until(lambda: list(making.folder().iterdir()) == [], 30), worker.said()
    assert until(lambda: "succeeded" in worker.said(), 30), worker.said()
    assert state_of(batch) == BatchState.CANCELLED
    assert batch.done <= done + 1 < batch.total


@pytest.mark.parametrize("how", ["kill", "kill_children"])
def test_killed_worker_leaves_a_job_that_is_taken_up_again(job: Job, start: Any, how: str) -> None:
    """The power goes, or memory runs out."""
    worker = start()
    batch = job.ask()
    assert until(lambda: is_half_way(batch), 60), worker.said()
    getattr(worker, how)()
    left = state_of(batch), batch.done
    assert left[0] == BatchState.RUNNING

    if how == "kill":
        worker = start()
    let_time_pass(batch)
    tend_batches.delay()  # what the beat sends every minute

    assert until(lambda: state_of(batch) == BatchState.DONE, 120), worker.said()
    assert batch.attempts == 2
    assert len(names_in(batch)) == TABLES * 2
    making.drop_old_batches()
    assert [path.name for path in making.folder().glob("*.zip")] == [batch.file]


def test_job_that_kills_every_worker_is_told_as_failed(job: Job, start: Any) -> None:
    worker = start()
    batch = job.ask()
    for _attempt in range(making.MOST_ATTEMPTS):
        assert until(lambda: is_half_way(batch), 60), worker.said()
        worker.kill()
        AnnexBatch.objects.filter(pk=batch.pk).update(done=0)
        let_time_pass(batch)
        worker = start()
        tend_batches.delay()

    assert until(lambda: state_of(batch) == BatchState.FAILED, 60), worker.said()
    assert batch.problems[0]["reason"] == "Đã thử nhiều lần không xong."
    assert job.ask().pk != batch.pk  # may be asked for anew


def test_job_asked_for_while_the_broker_is_away_is_made_when_it_is_back(
    job: Job, broker: Broker, start: Any
) -> None:
    broker.stop()
    batch = job.ask()
    assert state_of(batch) == BatchState.QUEUED
    broker.start()
    worker = start()
    AnnexBatch.objects.update(made_at=timezone.now() - making.STALE - timedelta(seconds=1))
    assert not connection.in_atomic_block

    tend_batches.delay()

    assert until(lambda: state_of(batch) == BatchState.DONE, 120), worker.said()
