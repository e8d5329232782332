"""The whole country added up anew, against reading its facts and against other plain."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from bench import plain
from bench.columns import Columns
from bench.table import Goal, Section, ratios, seconds
from bench.timing import interleaved, tell, timed
from indicators.models import Rollup
from indicators.rollups import recompute_all


def from_nothing() -> float:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE indicators_rollup")
    return timed(recompute_all)


def unchanged() -> float:
    return timed(recompute_all)


def measure(rounds: int) -> Section:
    section = Section("Full recompute: every unit, indicator, year and stage")
    tell("Chép số liệu vào DuckDB và Polars …")
    columns = Columns(Path(settings.VAR_DIR))
    tell("Tính lại toàn bộ, xen kẽ với các cách khác …")
    found = interleaved(
        {
            "empty": from_nothing,
            "unchanged": unchanged,
            "scan": plain.scan,
            "bottom-up": lambda: plain.plain_sql(plain.BOTTOM_UP),
            "closure": lambda: plain.plain_sql(plain.CLOSURE),
            "duckdb": columns.duckdb,
            "polars": columns.polars,
        },
        rounds,
    )
    plain.drop_scratch()
    _lines(section, found)
    section.notes = [
        (
            f"{Rollup.objects.count():,} stored rows; both stages, with rates, shares, weights, "
            "counts of who reported and who was expected, in the database, in a transaction a "
            "year. SQL, DuckDB and Polars sum and count inputs only, for units above the communes; "
            "DuckDB and Polars in double precision, from their own memory into it."
        ),
        (
            f"Into CSV {seconds([columns.export_seconds])}; from CSV into DuckDB "
            f"{seconds([columns.duckdb_load])}, into Polars {seconds([columns.polars_load])}: "
            "not in their times."
        ),
    ]
    return section


def _lines(section: Section, found: dict[str, list[float]]) -> None:
    against = {
        "scan": ("a scan of the facts (`sum, count`, one process)", Goal(12, 3)),
        "closure": ("plain SQL, closure join", Goal(0.6, 0.15)),
        "bottom-up": ("plain SQL, bottom-up", None),
        "duckdb": ("DuckDB", None),
        "polars": ("Polars", None),
    }
    for name, (words, goal) in against.items():
        section.add(
            f"recompute / {words}",
            ratios(found["empty"], found[name]),
            f"{seconds(found['empty'])} / {seconds(found[name])}",
            goal,
        )
    section.add(
        "recompute with nothing changed / from no rollups",
        ratios(found["unchanged"], found["empty"]),
        f"{seconds(found['unchanged'])} / {seconds(found['empty'])}",
    )


# -- are they right ---------------------------------------------------------------------------


def fingerprint() -> dict[tuple[int, str, str], str]:
    """A digest of every stored row."""
    rows = Rollup.objects.values_list("unit_id", "period", "stage", "cells").iterator(2000)
    return {
        (unit, period, stage): hashlib.sha256(cells).hexdigest()
        for unit, period, stage, cells in rows
    }


def wrong_rows() -> int:
    """Stored rows that a recompute from the facts alone does not give."""
    kept = fingerprint()
    with transaction.atomic():
        Rollup.objects.all().delete()
        recompute_all()
        anew = fingerprint()
    return sum(kept.get(key) != anew.get(key) for key in kept.keys() | anew.keys())


# -- memory -----------------------------------------------------------------------------------


def measure_memory(database: str, rounds: int) -> Section:
    section = Section("Memory: the most a process held, over what it held before")
    for name, words in (("recompute", "full recompute"), ("drain", "worker, 900 communes waiting")):
        tell(f"Bộ nhớ: {name} …")
        found = [_in_a_process(name, database) for _ in range(rounds)]
        base = sorted(one[0] for one in found)[len(found) // 2]
        section.add(
            f"{words}: MB", [peak - before for before, peak in found], f"over {base:.0f} MB"
        )
    return section


def _in_a_process(name: str, database: str) -> tuple[float, float]:
    """(MB before, MB at most) of a fresh process that does one thing."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.process", name, database],
        check=True,
        capture_output=True,
        text=True,
    )
    before, peak = done.stdout.split()
    return float(before), float(peak)
