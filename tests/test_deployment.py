"""The compose file: the real binary accepts it, and its very commands start and work."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import compose
import psycopg2
import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = Path(compose.__file__).parent / "docker-compose"
BIN = Path(sys.executable).parent
SECRETS = {
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
    "POSTGRES_PASSWORD": "onlyfortests",
    "ALLOWED_HOSTS": "giamngheo.example,localhost",
}


def run_compose(file: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMPOSE, "--file", file, "--env-file", os.devnull, "config", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_file_is_accepted_with_all_secrets() -> None:
    answer = run_compose(ROOT / "docker-compose.yml", "--quiet", **SECRETS)

    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("missing", SECRETS)
def test_compose_file_names_the_secret_that_is_missing(missing: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}

    answer = run_compose(ROOT / "docker-compose.yml", "--quiet", **given)

    assert answer.returncode != 0
    assert missing in answer.stderr


def test_compose_file_with_unknown_key_is_refused(tmp_path: Path) -> None:
    """Else the test above would also pass on a binary that never complains."""
    bad = tmp_path / "docker-compose.yml"
    text = (ROOT / "docker-compose.yml").read_text()
    bad.write_text(text.replace("    restart: unless-stopped", "    restarts: maybe", 1))

    answer = run_compose(bad, "--quiet", **SECRETS)

    assert answer.returncode != 0
    assert "restarts" in answer.stderr


def configured(**variables: str) -> dict[str, Any]:
    answer = run_compose(
        ROOT / "docker-compose.yml", "--format", "json", **{**SECRETS, **variables}
    )
    services: dict[str, Any] = json.loads(answer.stdout)["services"]
    return services


WORKERS = [name for name, service in configured().items() if "worker" in service["command"]]


def option(service: dict[str, Any], name: str) -> str:
    command: list[str] = service["command"]
    return command[command.index(name) + 1]


def test_each_kind_of_work_has_a_worker_and_there_is_one_beat() -> None:
    services = configured(ROLLUPS_CONCURRENCY="8")

    assert {option(services[name], "--queues") for name in WORKERS} == set(settings.TASK_SECONDS)
    assert [option(services[name], "--concurrency") for name in ("rollups", "annexes")] == [
        "8",
        "1",
    ]
    assert sum("beat" in service["command"] for service in services.values()) == 1


def test_machine_that_only_works_is_a_matter_of_its_variables() -> None:
    elsewhere = {
        "DATABASE_URL": "postgres://u:p@10.0.0.5:5432/povertyplan",
        "CELERY_BROKER_URL": "redis://:p@10.0.0.5:6379/0",
        "ADMINS": "quantri@example.vn",
        "EMAIL_URL": "smtp://10.0.0.9:25",
        "ROLLUPS_SECONDS": "1200",
    }

    environment = configured(**elsewhere)["rollups"]["environment"]

    assert {name: environment[name] for name in elsewhere} == elsewhere


# -- the commands themselves ---------------------------------------------------------


class Deployment:
    """Starts services by the command and environment that the compose file gives them."""

    def __init__(self, folder: Path, database_url: str, broker_url: str) -> None:
        self.services = configured()
        self.folder = folder
        self.port = free_port()
        self.here = {
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": broker_url,
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def environment(self, service: str) -> dict[str, str]:
        """The service's own variables, but the addresses of this machine; nothing of the test's."""
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, **self.services[service]["environment"], **self.here}

    def start(self, service: str) -> subprocess.Popen[bytes]:
        command = self.services[service]["command"]
        with (self.folder / f"{service}.log").open("wb") as log:
            process = subprocess.Popen(
                [BIN / command[0], *command[1:]],
                cwd=ROOT,
                env=self.environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(errors="replace")[-4000:]

    def ask(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def wait(self, service: str, is_ready: Callable[[], bool], seconds: int = 40) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.processes[-1].poll() is not None:
                pytest.fail(f"{service} stopped:\n{self.log(service)}")
            if is_ready():
                return
            time.sleep(0.2)
        pytest.fail(f"{service} was not ready in {seconds} s:\n{self.log(service)}")

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def required_url(name: str) -> str:
    url = os.environ.get(name, "")
    if not url:
        pytest.fail(f"{name} is not set; `make test` sets it")
    return url


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    server = required_url("TEST_DATABASE_URL")
    name = f"deployment_{uuid4().hex[:12]}"
    connection = psycopg2.connect(server)
    connection.autocommit = True  # CREATE DATABASE refuses a transaction
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(scope="module")
def deployment(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    # A database of its own in Redis too: other tests may have workers of theirs.
    broker_url = urlsplit(required_url("TEST_REDIS_URL"))._replace(path="/13").geturl()
    deployment = Deployment(tmp_path_factory.mktemp("deployment"), database_url, broker_url)
    migrate = deployment.start("migrate")
    assert migrate.wait(timeout=120) == 0, deployment.log("migrate")
    yield deployment
    deployment.stop()


def answers(url: str, host: str) -> bool:
    request = urllib.request.Request(url, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.mark.worker
def test_web_command_answers_health(deployment: Deployment) -> None:
    deployment.start("web")

    url = f"http://127.0.0.1:{deployment.port}/health/"
    deployment.wait("web", lambda: answers(url, "giamngheo.example"))

    check = deployment.services["web"]["healthcheck"]["test"]
    assert deployment.ask("web", *check[1:]).returncode == 0
    assert not answers(url, "another.example")


@pytest.mark.worker
@pytest.mark.parametrize("kind", WORKERS)
def test_worker_command_answers_ping_and_knows_what_is_sent(
    deployment: Deployment, kind: str
) -> None:
    deployment.start(kind)

    check = deployment.services[kind]["healthcheck"]["test"][1]
    check = check.replace("$$HOSTNAME", socket.gethostname()).split()
    deployment.wait(kind, lambda: deployment.ask(kind, *check).returncode == 0)

    inspect = ["celery", "-A", "povertyplan", "inspect", "--json", "--timeout", "2"]
    here = ["--destination", f"{kind}@{socket.gethostname()}"]
    answer = deployment.ask(kind, *inspect, *here, "active_queues")
    (queues,) = json.loads(answer.stdout).values()
    assert [queue["name"] for queue in queues] == [kind]
    (registered,) = json.loads(deployment.ask(kind, *inspect, *here, "registered").stdout).values()
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert sent <= set(registered)


@pytest.mark.worker
def test_beat_command_writes_its_schedule(deployment: Deployment) -> None:
    deployment.start("beat")

    deployment.wait("beat", lambda: any(deployment.folder.glob("celerybeat-schedule*")))

    assert "beat: Starting..." in deployment.log("beat")
