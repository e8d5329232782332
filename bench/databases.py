"""The databases measured on: one a size, made once, named and stamped for what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.timing import tell

YEARS = "2020-2024"
INPUTS = 120
MARK = "povertyplan bench"
MADE_BY = (
    "reports/sample_country/*.py",
    "reports/management/commands/generate_sample.py",
    "*/migrations/*.py",
    "communes/data/*",
    "indicators/data/*",
)


def name_of(provinces: int) -> str:
    return f"povertyplan_bench_{provinces:02}"


@contextmanager
def using(name: str) -> Iterator[None]:
    """Have Django's connection lead to another database of the same server."""
    before = connection.settings_dict["NAME"]
    switch(name)
    try:
        yield
    finally:
        switch(before)


def switch(name: str) -> None:
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name


def stamp(provinces: int) -> str:
    """Changes when what would be generated changes."""
    known = hashlib.sha256(f"{provinces} {YEARS} {INPUTS}".encode())
    root = Path(settings.BASE_DIR)
    for pattern in MADE_BY:
        for path in sorted(root.glob(pattern)):
            known.update(path.read_bytes())
    return f"{MARK} {known.hexdigest()[:16]}"


def ensure(provinces: int) -> str:
    """The name of a database with so many provinces, made or made anew when it is out of date."""
    name = name_of(provinces)
    wanted = stamp(provinces)
    found = _stamp_of(name)
    if found == wanted:
        return name
    if found is not None:
        tell(f"Dữ liệu {provinces} tỉnh đã cũ, làm lại …")
        _server(f'DROP DATABASE "{name}"')
    _server(f'CREATE DATABASE "{name}"')
    _server(f"COMMENT ON DATABASE \"{name}\" IS '{MARK}, unfinished'")
    with using(name):
        _fill(provinces)
    _server(f"COMMENT ON DATABASE \"{name}\" IS '{wanted}'")
    return name


def _fill(provinces: int) -> None:
    tell(f"Tạo dữ liệu {provinces} tỉnh (một lần; cả nước mất vài phút) …")
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", verbosity=0)
    options = {"--provinces": provinces, "--years": YEARS, "--inputs": INPUTS}
    call_command("generate_sample", *(str(word) for pair in options.items() for word in pair))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _stamp_of(name: str) -> str | None:
    """The stamp of a database, None when there is none. Refuses one that is not ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if not (row[0] or "").startswith(MARK):
        raise SystemExit(f"LỖI: cơ sở dữ liệu {name} có sẵn, không phải do make bench tạo.")
    return str(row[0])


def _server(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
