"""The machine and the versions, without names or places."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from django.db import connection

LIBRARIES = ("django", "psycopg2-binary", "numpy", "celery", "gunicorn", "duckdb", "polars")
SETTINGS = (
    "shared_buffers",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "jit",
    "max_wal_size",
)


def _value(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "unknown"


def machine() -> str:
    memory = int(_value("/proc/meminfo", "MemTotal").split()[0]) / 1024**2
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
        cursor.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)",
            [list(SETTINGS)],
        )
        settings = ", ".join(f"{name} {value}" for name, value in cursor.fetchall())
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return "\n".join(
        (
            (
                f"- {os.cpu_count()} cores ({_value('/proc/cpuinfo', 'model name')}), "
                f"{memory:.0f} GB of memory, {platform.system()} {platform.machine()}. "
                "Database, product and load share them; everything over loopback."
            ),
            f"- PostgreSQL {server}: {settings}.",
            f"- Python {platform.python_version()}, {libraries}.",
        )
    )
