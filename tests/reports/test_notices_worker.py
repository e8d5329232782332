"""Letters by the real Celery worker over real Redis and PostgreSQL, through a real mail line.

Source: issue 6, point 7: safe to retry, and a dead mail server delays nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from indicators.models import Recompute
from reports import tasks
from reports.models import Letter, Notice, Reminder
from reports.noticing.letters import make_letters
from reports.noticing.reminding import remind_all
from tests.builders import Y2024
from tests.indicators.test_worker import (
    Broker,
    Worker,
    until,
)
from tests.indicators.test_worker import broker as broker  # noqa: PLC0414  # a fixture
from tests.indicators.test_worker import database_url as database_url  # noqa: PLC0414
from tests.reports.noticed import Told, country
from tests.smtp_sink import Sink

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def job(database_url: str) -> Told:
    """A report that was returned four minutes ago; its officer wants letters at once."""
    made = country()
    made.staff.officer.email = "can.bo@giamngheo.example"
    made.staff.officer.save()
    made.send()
    made.send_back("poor")
    Notice.objects.update(at=Notice.objects.earliest("at").at - timedelta(minutes=4))
    return made


@pytest.fixture
def start(database_url: str, broker: Broker, tmp_path: Path) -> Iterator[Any]:
    """Start a worker that mails through a sink: start(sink), start(sink, "rollups")."""
    started: list[Worker] = []
    broker.start()

    def new(sink: Sink, queues: str = "notices") -> Worker:
        folder = tmp_path / f"worker-{len(started)}"
        folder.mkdir()
        worker = Worker(database_url, broker, folder, queues, EMAIL_URL=sink.url)
        started.append(worker)
        assert until(lambda: " ready." in worker.said(), 60), worker.said()
        return worker

    yield new
    for worker in started:
        worker.kill()


def test_letter_arrives_once_however_often_the_beat_rings(job: Told, start: Any) -> None:
    sink = Sink()
    worker = start(sink)
    for _ring in range(5):
        tasks.send_letters.delay()

    assert until(lambda: bool(sink.letters), 30), worker.said()
    time.sleep(2)
    sink.close()
    assert [letter["To"] for letter in sink.letters] == ["can.bo@giamngheo.example"]
    assert Letter.objects.get().sent_at is not None


def test_worker_killed_between_claim_and_answer_sends_the_same_letter_later(
    job: Told, start: Any
) -> None:
    """The power goes while the server is silent: the letter is claimed, and not lost."""
    dead = Sink(answers=False)
    first = start(dead)
    tasks.send_letters.delay()
    assert until(lambda: dead.connections > 0, 30), first.said()
    letter = Letter.objects.get()
    assert (letter.attempts, letter.sent_at) == (1, None)
    first.kill()
    dead.close()

    Letter.objects.update(next_try_at=letter.next_try_at - timedelta(minutes=10))
    sink = Sink()
    second = start(sink)
    tasks.send_letters.delay()
    assert until(lambda: bool(sink.letters), 60), second.said()
    sink.close()
    assert [one["Message-ID"] for one in sink.letters] == [letter.message_id]


def test_dead_mail_server_delays_no_sum(job: Told, start: Any) -> None:
    """The letters have a queue, and with it a process, of their own."""
    dead = Sink(answers=False)
    mail = start(dead)
    sums = start(dead, "rollups")
    for _ring in range(3):
        tasks.send_letters.delay()
    assert until(lambda: dead.connections > 0, 30), mail.said()

    began = time.monotonic()
    job.send(relapsed="2", poor="14")
    sent_in = time.monotonic() - began
    assert until(lambda: not Recompute.objects.exists(), 8), sums.said()
    assert sent_in < 3
    assert Letter.objects.get().sent_at is None
    dead.close()


def at_once(do: Callable[[int], Any], times: int) -> list[Any]:
    """Do something in several threads at the same moment; what each returned."""
    barrier, found = threading.Barrier(times), []

    def run(number: int) -> None:
        barrier.wait()
        found.append(do(number))
        connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_that_make_letters_at_once_make_one(job: Told, settings: Any) -> None:
    """All look before any has written: the others find the person taken."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    made = at_once(lambda _number: make_letters(), 4)

    assert sum(made) == Letter.objects.count() == 1


def test_two_reviewers_who_ask_at_once_ask_once(job: Told) -> None:
    """The second finds that the unit was asked today, and by whom."""
    people = [job.staff.district, job.staff.province]

    asked = at_once(lambda n: remind_all(units=[job.places.first], period=Y2024, by=people[n]), 2)

    assert Reminder.objects.count() == 1
    assert sorted(len(one.left) for one in asked) == [0, 1]
