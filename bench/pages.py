"""Pages of figures over HTTP, against an empty page of the same server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.table import Goal, Section, ratios
from bench.timing import interleaved, tell, timed
from communes.enums import Role
from communes.models import Official, Post, Unit

WORKERS = 2
REQUESTS = {"empty": 400, "signed in": 200, "district": 40, "province": 40}
OPTIONS = ("--workers", str(WORKERS), "--no-control-socket", "--log-level", "warning")
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "DEMO_MODE": "1",  # what is measured on is a sample
    "HTTPS": "0",
    "PLAIN_STATIC": "1",
}
PATIENCE = 30


@dataclass(frozen=True)
class Answer:
    status: int
    size: int


@dataclass(frozen=True)
class Server:
    port: int

    def ask(self, path: str, cookie: str = "") -> Answer:
        """One request over a connection of its own, as the server closes it after each."""
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip"]
        lines += [f"Cookie: sessionid={cookie}"] if cookie else []
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as line:
            line.sendall(head.encode())
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        return Answer(int(answer.split(None, 2)[1]), len(answer))

    def rate(self, path: str, count: int, cookie: str = "") -> float:
        """Answers a second, two asking at a time."""

        def some(number: int) -> set[int]:
            return {self.ask(path, cookie).status for _ in range(number)}

        with ThreadPoolExecutor(WORKERS) as pool:
            statuses: list[set[int]] = []
            took = timed(lambda: statuses.extend(pool.map(some, [count // WORKERS] * WORKERS)))
        if set().union(*statuses) != {200}:
            raise RuntimeError(f"{path} answered {statuses}")
        return count / took


@contextmanager
def served() -> Iterator[Server]:
    """The product as it is served in production, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "povertyplan.wsgi:application", *OPTIONS,
         "--bind", f"127.0.0.1:{port}"],
        env={**os.environ, **SETTINGS, "DATABASE_URL": f"{url}/{parts['NAME']}"},
    )  # fmt: skip
    server = Server(port)
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            server.ask("/empty/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web server did not start")


def session(unit: Unit) -> str:
    """The cookie of an account that may see everything below `unit`."""
    account, _ = Official.objects.get_or_create(
        username="bench", defaults={"full_name": "Đo tốc độ", "is_demo": True}
    )
    Post.objects.get_or_create(official=account, unit=unit, role=Role.LEADER)
    client = Client()
    client.force_login(account, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def measure(rounds: int) -> Section:
    section = Section(f"Pages, over HTTP: {WORKERS} server processes, two asking at a time")
    tell("Trang số liệu qua HTTP …")
    nation = Unit.objects.get(tier__code="nation")
    paths = {"empty": "/empty/", "signed in": "/empty/"}
    for tier in ("district", "province"):
        unit = Unit.objects.filter(tier__code=tier, name__contains=" mẫu ").order_by("pk").first()
        paths[tier] = reverse("dashboards:unit", args=[unit.code if unit else "", "2024"])
    cookie = session(nation)
    with served() as server:
        sizes = {name: server.ask(path, cookie).size for name, path in paths.items()}

        def rate(name: str) -> Callable[[], float]:
            return lambda: server.rate(
                paths[name], REQUESTS[name], "" if name == "empty" else cookie
            )

        for path in paths.values():  # each process has served each page
            server.rate(path, 10, cookie)
        found = interleaved({name: rate(name) for name in paths}, rounds)
    for name in ("district", "province"):
        section.add(
            f"{name} page / empty page",
            ratios(found[name], found["empty"]),
            f"{found[name][0]:.1f}/s / {found['empty'][0]:.0f}/s; {sizes[name] / 1024:.0f} kB",
            Goal(0.02, 0.035, at_least=True),
        )
        section.add(
            f"{name} page / empty page of somebody signed in",
            ratios(found[name], found["signed in"]),
            f"{found[name][0]:.1f}/s / {found['signed in'][0]:.0f}/s",
        )
    section.notes = [
        (
            "Requests a second. All of the product's middleware runs on every page; the empty page "
            "is asked for without a session (no query), and with one (session and account read)."
        ),
    ]
    return section
