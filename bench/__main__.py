"""`python -m bench`: measure everything, print the table, write results.md and plans.md.

DATABASE_URL names a PostgreSQL server on which databases may be made; BENCH_PROVINCES shrinks
the country for a trial, BENCH_ONLY names parts (recompute,pages) to measure again,
BENCH_ROUNDS sets how many rounds (5).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

import indicators.recording  # noqa: E402
from bench import contention, databases, incremental, pages, plans, recompute  # noqa: E402
from bench.machine import machine  # noqa: E402
from bench.table import Goal, Section  # noqa: E402
from bench.timing import ROUNDS, tell  # noqa: E402
from communes.models import Unit  # noqa: E402
from indicators.models import Result  # noqa: E402
from indicators.rollups import drain  # noqa: E402
from reports.sample_country import PROVINCES  # noqa: E402

HERE = Path(__file__).parent
KEPT = Path(settings.VAR_DIR) / "sections"
"""Each part as it was measured last: one that is measured anew replaces its own lines only."""


def main() -> None:
    if connection.vendor != "postgresql":
        raise SystemExit("LỖI: make bench cần PostgreSQL; đặt BENCH_DATABASE_URL.")
    provinces = int(os.environ.get("BENCH_PROVINCES", PROVINCES))
    # What is measured drains when it says so; elsewhere a message to the broker goes out here.
    indicators.recording.soon = lambda: None
    database = databases.ensure(provinces)
    databases.ensure(1)
    databases.switch(database)
    drain()
    kept = KEPT / database
    kept.mkdir(parents=True, exist_ok=True)
    sections = _sections(database, provinces)
    wanted = os.environ.get("BENCH_ONLY", "").split(",") if "BENCH_ONLY" in os.environ else sections
    for name in sections:
        if name in wanted:
            (kept / name).write_text(_measured(sections[name]), encoding="utf-8")
    done = [name for name in sections if (kept / name).exists()]
    missing = [name for name in sections if name not in done]
    parts = [_head(provinces), *((kept / name).read_text(encoding="utf-8") for name in done)]
    if missing:
        parts.insert(1, f"**Not measured: {', '.join(missing)}.**\n")
    text = "\n".join(parts)
    print(text)
    (HERE / "results.md").write_text(text, encoding="utf-8")
    (HERE / "plans.md").write_text(plans.explained(), encoding="utf-8")


def _sections(database: str, provinces: int) -> dict[str, Callable[[], Section]]:
    return {
        "recompute": lambda: recompute.measure(ROUNDS),
        "incremental": lambda: incremental.measure(provinces, ROUNDS),
        "batches": lambda: incremental.measure_batches(database, ROUNDS),
        "contention": lambda: contention.measure(ROUNDS),
        "right": _right,
        "writing": lambda: contention.measure_writing(ROUNDS),
        "pages": lambda: pages.measure(ROUNDS),
        "memory": lambda: recompute.measure_memory(database, 3),
    }


def _right() -> Section:
    """After all that writing at once."""
    tell("So số tổng hợp với số liệu gốc …")
    section = Section("Are they right")
    drain()
    wrong = recompute.wrong_rows()
    section.add("stored rows that the facts alone do not give", [wrong], "", Goal(0, 0))
    return section


def _measured(measure: Callable[[], Section]) -> str:
    load, began = os.getloadavg()[0], time.monotonic()
    section = measure()
    section.notes.append(
        f"{timezone.localtime():%Y-%m-%d %H:%M}, {(time.monotonic() - began) / 60:.1f} minutes, "
        f"load average before it {load:.1f}."
    )
    text = str(section)
    tell(text)
    return text


def _head(provinces: int) -> str:
    facts = Result.objects.count()
    units = Unit.objects.filter(name__contains="mẫu").count()
    size = (
        "the whole country"
        if provinces == PROVINCES
        else f"**A TRIAL with {provinces} of {PROVINCES} provinces; goals are for the country**"
    )
    parts = [
        "# Bench\n",
        (
            "Written by `make bench`. Each line is a ratio taken in one run: the median over "
            "interleaved rounds, with the smallest and the largest. Ratios carry over to other "
            "machines; seconds do not. Goal: firm / ambitious.\n"
        ),
        (
            f"- Data: {size}; {units:,} made-up units, {facts:,} facts, years {databases.YEARS}, "
            f"the first {databases.INPUTS} inputs of the form."
        ),
        machine(),
        "",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
