"""The real Celery worker over real Redis and PostgreSQL, started and killed.

Source: design, Meaning (Rollup): the queue is a table; if broker and workers are away for a
day, nothing is lost and everything is right soon after they are back.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import kombu.pools
import psycopg2
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import figures
from indicators.models import Recompute, Rollup
from indicators.tasks import sweep_recompute_queue
from povertyplan.celery import app
from reports.models import Report
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
FRESH_WITHIN = 10
"""Seconds from sending a return to the province's sum, with a worker running."""


def until(is_done: Callable[[], bool], seconds: float, also: Callable[[], object] = bool) -> bool:
    """Wait for `is_done`, doing `also` now and then; False when it takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_done():
            return True
        also()
        time.sleep(0.2)
    return is_done()


# -- the services ---------------------------------------------------------------------------------


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test's own database, named for another process."""
    if connection.vendor != "postgresql":
        pytest.fail("DATABASE_URL names no PostgreSQL; `make test` sets it")
    name = connection.settings_dict["NAME"]
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


class Broker:
    """A Redis of the test's own, which may be away and come back on the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server", path=f"{os.environ['PATH']}:/usr/bin:/usr/sbin")
        assert program, "redis-server is not installed; `make test` installs it"
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert until(self.answers, 10)

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def broker(tmp_path: Path, settings: LazySettings) -> Iterator[Broker]:
    """Not started yet. This process sends its tasks there, as in production."""
    made = Broker(tmp_path)
    before = app.conf.task_always_eager, app.conf.broker_url
    forget_connections()
    settings.CELERY_TASK_ALWAYS_EAGER = False
    app.conf.task_always_eager, app.conf.broker_url = False, made.url
    yield made
    made.stop()
    app.conf.task_always_eager, app.conf.broker_url = before
    forget_connections()


def forget_connections() -> None:
    kombu.pools.reset()
    app._pool = None
    app.amqp._producer_pool = None


class Worker:
    def __init__(self, database_url: str, broker: Broker, folder: Path) -> None:
        self.log = folder / "worker.log"
        environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "HTTPS": "0",
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": broker.url,
            "VAR_DIR": str(folder),
        }
        celery = Path(sys.executable).parent / "celery"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [celery, "-A", "povertyplan", "worker", "--loglevel", "INFO", "--concurrency", "2"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """As when the power goes: no time to finish anything."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start_worker(
    database_url: str, broker: Broker, tmp_path: Path
) -> Iterator[Callable[[], Worker]]:
    started: list[Worker] = []

    def start() -> Worker:
        folder = tmp_path / f"worker-{len(started)}"
        folder.mkdir()
        worker = Worker(database_url, broker, folder)
        started.append(worker)
        assert until(lambda: " ready." in worker.said(), 60), worker.said()
        return worker

    yield start
    for worker in started:
        worker.kill()


# -- the return -----------------------------------------------------------------------------------


@pytest.fixture
def staff(database_url: str, places: Places) -> Staff:
    return builders.staff(places)


def send(places: Places, catalogue: Catalogue, staff: Staff, poor: str = "13") -> None:
    """Send the commune's return, by the very function that the page calls."""
    entries = filled(places.first, catalogue, poor=poor)
    save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)
    submit(unit=places.first, period=Y2024, by=staff.officer)


def poor_of(unit: Unit, catalogue: Catalogue) -> Decimal | None:
    found = figures([unit], [catalogue.poor], [Y2024], Stage.PROVISIONAL)
    return found[unit.pk, catalogue.poor.pk, "2024"].value


def is_fresh(places: Places, catalogue: Catalogue, poor: int = 13) -> bool:
    return poor_of(places.province, catalogue) == poor and not Recompute.objects.exists()


def sweep() -> None:
    """What the beat sends every minute."""
    sweep_recompute_queue.delay()


def test_sum_is_fresh_soon_after_a_return_is_sent(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: Callable[[], Worker],
) -> None:
    broker.start()
    worker = start_worker()

    send(places, catalogue, staff)

    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()
    assert poor_of(places.district, catalogue) == 13


def test_page_works_while_the_broker_is_away_and_the_sweep_catches_up(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: Callable[[], Worker],
) -> None:
    client = Client()
    client.force_login(staff.officer)
    form = {f"v-{code}": number for code, number in builders.FILLED.items()}
    form |= {f"version-{code}": "0" for code in builders.FILLED}

    began = time.monotonic()
    answer = client.post("/bao-cao/90102/2024/", {**form, "action": "submit"})

    assert answer.status_code == 302
    assert time.monotonic() - began < 5  # does not wait for the broker
    assert Report.objects.get().state == "submitted"
    assert list(Recompute.objects.values_list("unit__code", "period")) == [("90102", "2024")]
    assert not Rollup.objects.exists()

    broker.start()
    worker = start_worker()
    sweep()
    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()


def test_broker_that_goes_away_between_two_returns_holds_up_neither(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: Callable[[], Worker],
) -> None:
    """The second meets a connection that was good and is not any more."""
    colleague = builders.official("can.bo.hai", places.second)
    broker.start()
    send(places, catalogue, staff)
    broker.stop()

    entries = filled(places.second, catalogue)
    save_draft(unit=places.second, period=Y2024, entries=entries, by=colleague)
    submit(unit=places.second, period=Y2024, by=colleague)

    assert set(Report.objects.values_list("state", flat=True)) == {"submitted"}
    broker.start()  # what it held is gone: it kept nothing on disk
    worker = start_worker()
    sweep()
    assert until(lambda: is_fresh(places, catalogue, 26), FRESH_WITHIN), worker.said()


def test_worker_finds_a_broker_that_was_away_again(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: Callable[[], Worker],
) -> None:
    broker.start()
    worker = start_worker()
    broker.stop()
    assert until(lambda: "Connection to broker lost" in worker.said(), 30), worker.said()
    broker.start()

    send(places, catalogue, staff)

    assert until(lambda: is_fresh(places, catalogue), 40), worker.said()


@pytest.mark.parametrize(
    ("lock", "done_before"),
    [
        ("FOR UPDATE", []),  # stops inside the commune's transaction, at the mark for the district
        ("FOR NO KEY UPDATE", ["90102"]),  # stops between the commune and the district
    ],
)
def test_worker_killed_half_way_loses_nothing(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    database_url: str,
    broker: Broker,
    start_worker: Callable[[], Worker],
    lock: str,
    done_before: list[str],
) -> None:
    """Held up by a lock on the district, then killed; another worker takes over."""
    broker.start()
    worker = start_worker()
    holder = psycopg2.connect(database_url)
    try:
        with holder.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM communes_unit WHERE id = %s {lock}",  # noqa: S608  # from above
                [places.district.pk],
            )
            send(places, catalogue, staff)
            assert until(is_waiting_for_a_lock, 20), worker.said()
            worker.kill()
            summed = Rollup.objects.order_by("unit__code").values_list("unit__code", flat=True)
            assert list(summed.distinct()) == done_before
            assert Recompute.objects.exists()
    finally:
        holder.rollback()
        holder.close()

    worker = start_worker()

    # The message that the dead worker had taken comes back only after an hour: the beat it is.
    assert until(lambda: is_fresh(places, catalogue), 30, also=sweep), worker.said()
    assert poor_of(places.district, catalogue) == poor_of(places.first, catalogue) == 13


def is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
