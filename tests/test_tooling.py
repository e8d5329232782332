"""What a bare machine meets first: the lock files and the checks before `make run`."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements/run.lock", "requirements/dev.lock"]


def pins(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text().splitlines()
    return {line.rstrip("\\ ") for line in lines if re.match(r"[A-Za-z0-9]", line)}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address(lock: str) -> None:
    """Any mirror must serve, so a lock holds versions and hashes alone."""
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|--index-url|--find-links| @ ", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_and_hashes_every_package(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text().strip())

    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_tests_use_the_versions_that_run() -> None:
    assert pins("requirements/run.lock") <= pins("requirements/dev.lock")


def test_package_lock_names_no_address_of_a_package() -> None:
    text = (ROOT / "package-lock.json").read_text()

    assert '"resolved"' not in text
    assert '"integrity"' in text


def run_preflight(port: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tooling" / "preflight.sh"],
        env={**os.environ, "PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )


def test_preflight_names_a_taken_port_and_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run_preflight(str(port))

    assert answer.returncode == 1
    assert f"Cổng {port} đang có chương trình khác dùng" in answer.stderr
    assert "make run PORT=" in answer.stderr


@pytest.mark.parametrize("port", ["tám nghìn", "70000"])
def test_preflight_refuses_what_is_no_port(port: str) -> None:
    answer = run_preflight(port)

    assert answer.returncode == 1
    assert f"PORT={port} không phải là số cổng" in answer.stderr


def test_preflight_passes_on_a_free_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    answer = run_preflight(str(port))

    assert (answer.returncode, answer.stderr) == (0, "")
