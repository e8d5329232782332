"""The real Celery worker over real Redis and PostgreSQL, started and killed.

Source: design, Meaning (Rollup): the queue is a table; if broker and workers are away for a
day, nothing is lost and everything is right soon after they are back.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import kombu.pools
import psycopg2
import pytest
from celery import states
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django_celery_results.models import TaskResult

from communes.enums import Role
from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import figures
from indicators.models import Recompute, Rollup
from indicators.tasks import drain_recompute_queue, sweep_recompute_queue
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


StartWorker = Callable[..., "Worker"]


# -- the services ---------------------------------------------------------------------------------


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test's own database, named for another process."""
    if connection.vendor != "postgresql":
        pytest.fail("DATABASE_URL names no PostgreSQL; `make test` sets it")
    name = connection.settings_dict["NAME"]
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def find(program: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/bin:/usr/sbin")
    assert found, f"{program} is not installed; `make test` installs it"
    return found


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
        program = find("redis-server")
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert until(self.answers, 10)

    def say(self, *words: str) -> None:
        """Give it a command of its own."""
        subprocess.run(
            [find("redis-cli"), "-p", str(self.port), *words], check=True, capture_output=True
        )

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
    """The command of production, for the queues named."""

    def __init__(
        self, database_url: str, broker: Broker, folder: Path, queues: str, **more: str
    ) -> None:
        self.log = folder / "worker.log"
        environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "HTTPS": "0",
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": broker.url,
            "VAR_DIR": str(folder),
            **more,
        }
        celery = Path(sys.executable).parent / "celery"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [celery, "-A", "povertyplan", "worker", "--queues", queues,
                 "--hostname", f"{folder.name}@%h", "--loglevel", "INFO", "--concurrency", "2"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def has_taken(self, task: str) -> bool:
        return f"Task {task}[" in self.said()

    def kill_children(self) -> None:
        """As when memory runs out: the processes that do the work, not the one that leads them."""
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def kill(self) -> None:
        """As when the power goes: no time to finish anything."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start_worker(database_url: str, broker: Broker, tmp_path: Path) -> Iterator[StartWorker]:
    started: list[Worker] = []

    def start(queues: str = "rollups") -> Worker:
        folder = tmp_path / f"worker-{len(started)}"
        folder.mkdir()
        worker = Worker(database_url, broker, folder, queues)
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
    start_worker: StartWorker,
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
    start_worker: StartWorker,
) -> None:
    client = Client()
    client.force_login(staff.officer)
    form = {f"v-{code}": number for code, number in builders.FILLED.items()}
    form |= {f"version-{code}": "0" for code in builders.FILLED}

    began = time.monotonic()
    client.post("/bao-cao/90102/2024/", {**form, "action": "submit"})
    page = client.get("/bao-cao/90102/2024/nop/").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen is not None
    answer = client.post("/bao-cao/90102/2024/nop/", {"seen": seen[1], "confirmed": "on"})

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
    start_worker: StartWorker,
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
    start_worker: StartWorker,
) -> None:
    broker.start()
    worker = start_worker()
    broker.stop()
    assert until(lambda: "Connection to broker lost" in worker.said(), 30), worker.said()
    broker.start()

    send(places, catalogue, staff)

    assert until(lambda: is_fresh(places, catalogue), 40), worker.said()


@contextmanager
def held(database_url: str, unit: Unit) -> Iterator[None]:
    """Another program holds the unit, so that whoever adds it up has to wait."""
    holder = psycopg2.connect(database_url)
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT 1 FROM communes_unit WHERE id = %s FOR NO KEY UPDATE", [unit.pk])
        yield
    finally:
        holder.rollback()
        holder.close()


@pytest.mark.parametrize("at", ["first", "district", "province"])
def test_worker_killed_half_way_loses_nothing(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    database_url: str,
    broker: Broker,
    start_worker: StartWorker,
    at: str,
) -> None:
    """Held up at a unit, then killed; another worker takes over. All of a climb is done or none."""
    broker.start()
    worker = start_worker()
    with held(database_url, getattr(places, at)):
        send(places, catalogue, staff)
        assert until(is_waiting_for_a_lock, 20), worker.said()
        worker.kill()
        assert not Rollup.objects.exists()
        assert Recompute.objects.exists()

    worker = start_worker()

    # The message that the dead worker had taken comes back only much later: the beat it is.
    assert until(lambda: is_fresh(places, catalogue), 30, also=sweep), worker.said()
    assert poor_of(places.district, catalogue) == poor_of(places.first, catalogue) == 13


def is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


# -- kinds of work ---------------------------------------------------------------------------------


def test_workers_take_the_work_of_their_own_kind_only(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: StartWorker,
) -> None:
    broker.start()
    annexes = start_worker("annexes")
    send(places, catalogue, staff)
    drain_recompute_queue.apply_async(queue="annexes")
    assert until(lambda: annexes.has_taken(drain_recompute_queue.name), 20), annexes.said()

    rollups = start_worker("rollups")

    assert until(lambda: rollups.has_taken(drain_recompute_queue.name), 20), rollups.said()
    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN)
    assert annexes.said().count("received") == rollups.said().count("received") == 1


def test_worker_for_a_queue_that_does_not_exist_stops_at_once(
    broker: Broker, database_url: str, tmp_path: Path
) -> None:
    """A slip of the pen would otherwise wait for work that never comes."""
    broker.start()

    worker = Worker(database_url, broker, tmp_path, "rolups")

    assert worker.process.wait(timeout=60) != 0
    assert "rolups" in worker.said()


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.fixture
def administrator(places: Places) -> Client:
    client = Client()
    client.force_login(builders.official("quan.tri", places.province, Role.ADMINISTRATOR))
    return client


def failures() -> list[TaskResult]:
    return list(TaskResult.objects.filter(status=states.FAILURE))


def press_retry(client: Client) -> None:
    (failed,) = failures()
    answer = client.post(f"/van-hanh/viec/{failed.pk}/gui-lai/", follow=True)
    assert "Đã gửi lại việc này." in answer.content.decode()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds in place of minutes; a limit travels with its message."""
    options = drain_recompute_queue._get_exec_options()  # type: ignore[attr-defined]
    short = {**options, "soft_time_limit": 2, "time_limit": 3}
    monkeypatch.setattr(drain_recompute_queue, "_exec_options", short)


def test_message_of_a_process_that_was_killed_is_sent_again(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    database_url: str,
    broker: Broker,
    start_worker: StartWorker,
) -> None:
    """Without the beat: the worker's leading process sees to it."""
    broker.start()
    worker = start_worker()
    with held(database_url, places.district):
        send(places, catalogue, staff)
        assert until(is_waiting_for_a_lock, 20), worker.said()
        worker.kill_children()
        assert until(lambda: "WorkerLostError" in worker.said(), 20), worker.said()
        assert Recompute.objects.exists()

    assert until(lambda: is_fresh(places, catalogue), 40), worker.said()
    assert failures() == []


def test_failed_task_is_shown_to_administrators_and_tried_again(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: StartWorker,
    administrator: Client,
) -> None:
    broker.start()
    worker = start_worker()
    run("ALTER TABLE indicators_rollup ADD CONSTRAINT broken CHECK (false) NOT VALID")
    try:
        send(places, catalogue, staff)
        assert until(lambda: len(failures()) > 0 or has_problem(), 30), worker.said()
    finally:
        run("ALTER TABLE indicators_rollup DROP CONSTRAINT broken")
    page = administrator.get("/van-hanh/").content.decode()
    assert "cần xử lý" in page
    assert "Traceback" not in page

    if failures():
        press_retry(administrator)
    else:
        stuck = Recompute.objects.exclude(problem="").get()
        administrator.post(f"/van-hanh/tinh-lai/{stuck.pk}/")

    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()
    assert "không có việc gì cần xử lý" in administrator.get("/van-hanh/").content.decode()


def has_problem() -> bool:
    return Recompute.objects.exclude(problem="").exists()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_task_beyond_its_time_is_stopped_shown_and_tried_again(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    database_url: str,
    broker: Broker,
    start_worker: StartWorker,
    administrator: Client,
    hurry: None,
) -> None:
    """One that waits inside the database does not hear that it is asked to stop."""
    broker.start()
    worker = start_worker()
    with held(database_url, places.first):
        send(places, catalogue, staff)
        assert until(lambda: len(failures()) == 1, 30), worker.said()
        assert "TimeLimitExceeded" in administrator.get("/van-hanh/").content.decode()
        assert Recompute.objects.exists()

    press_retry(administrator)

    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()
    assert failures() == []


def test_worker_outlives_its_connections_to_the_database(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    database_url: str,
    broker: Broker,
    start_worker: StartWorker,
    hurry: None,
) -> None:
    """As when PostgreSQL is restarted, also for what the leading process has to store."""
    broker.start()
    worker = start_worker()

    for times in (1, 2):
        with held(database_url, places.first):
            Recompute.objects.create(unit=places.first, period="2024")
            drain_recompute_queue.delay()
            assert until(lambda: len(failures()) == times, 30), worker.said()  # noqa: B023
        Recompute.objects.all().delete()
        cut_off_others()

    send(places, catalogue, staff)

    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()
    assert len(failures()) == 2


def cut_off_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_page_works_while_the_broker_is_full(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: StartWorker,
) -> None:
    broker.start()
    broker.say("config", "set", "maxmemory", "1")

    send(places, catalogue, staff)

    assert Report.objects.get().state == "submitted"
    broker.say("config", "set", "maxmemory", "0")
    worker = start_worker()
    sweep()
    assert until(lambda: is_fresh(places, catalogue), FRESH_WITHIN), worker.said()


def test_thousand_messages_for_one_mark_are_gone_soon_and_leave_no_row(
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    broker: Broker,
    start_worker: StartWorker,
) -> None:
    """Many send at once: the first message drains the queue, the others cost little."""
    broker.start()
    worker = start_worker()
    for number in range(1000):
        drain_recompute_queue.apply_async(expires=300 if number % 2 else 0.001)

    send(places, catalogue, staff)

    assert until(lambda: is_fresh(places, catalogue), 60), worker.said()
    assert not TaskResult.objects.exists()
