"""Time and memory of one table with 106, 1,060 and 10,600 rows from figures in a database to file.

python -m bench.annex_whole [FILE]: a made-up country in a database of its own (SQLite), with the
figures that the first table rests on and a return of every commune; groups of so many communes.
Every line is that of a fresh process. Writes its table into FILE (docs/annex-size.md) between its
marks. Ends with 1 when a row takes more than 12 kB.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import django
from django.conf import settings

if not settings.configured:  # run by itself, not by a test
    _FILES = tempfile.TemporaryDirectory()
    for _outside in ("DATABASE_URL", "CELERY_BROKER_URL"):
        os.environ.pop(_outside, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "povertyplan.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAR_DIR": os.environ.get("BENCH_WHOLE_DIR", _FILES.name),
        "DEMO_MODE": "1",
        "LOG_LEVEL": "ERROR",
    }
    django.setup()

from django.core.management import call_command
from django.utils import timezone

from bench.timing import memory, tell
from communes.enums import MemberSource, TierCode
from communes.models import GroupMember, Unit, UnitGroup
from indicators.periods import Period
from reports.annexes.build import annexes_for, build_table
from reports.annexes.sources import read_sources
from reports.annexes.workbook import write_workbook
from reports.enums import ReportState
from reports.models import Annex, Report
from reports.sample_country import PROVINCES

ROOT = Path(__file__).resolve().parent.parent
SIZES = (106, 1_060, 10_600)
TIMES = 3
YEAR = Period(2024)
INPUTS = 14
"""Of a commune's form: those that the first table rests on are among the first 14."""
MOST_KB_A_ROW = 12.0
STEPS = ("build", "sources", "write")
BEGIN, END = "<!-- bench.annex_whole -->", "<!-- /bench.annex_whole -->"


def make_country(provinces: int, sizes: Sequence[int]) -> None:
    """The country, a return of every commune, groups of `sizes` communes, a table of no plan."""
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", verbosity=0)
    asked = {"--provinces": provinces, "--years": YEAR.code, "--inputs": INPUTS}
    call_command("generate_sample", *(str(word) for pair in asked.items() for word in pair))
    communes = list(
        Unit.objects.filter(tier__code=TierCode.COMMUNE, name__contains=" mẫu ").order_by("code")
    )
    now = timezone.now()
    Report.objects.bulk_create(
        Report(unit=unit, period=YEAR.code, state=ReportState.APPROVED, round=1, submitted_at=now)
        for unit in communes
    )
    for size in sizes:
        group = UnitGroup.objects.create(code=_code(size), name=f"{size} xã mẫu")
        GroupMember.objects.bulk_create(
            GroupMember(group=group, unit=unit, source=MemberSource.SAMPLE)
            for unit in communes[:size]
        )
    first = Annex.objects.order_by("order").values_list("pk", flat=True)[:1]
    Annex.objects.filter(pk__in=list(first)).update(plan=None)


def _code(size: int) -> str:
    return f"bench-{size}"


def child(size: int) -> None:
    """Seconds and MB above what was there, after each step, in this process."""
    _whole(min(SIZES))  # what is read and made ready once
    before, began = memory("VmHWM"), time.process_time()
    steps, length = _whole(size)
    told = {name: (at - began, most - before) for name, (at, most) in steps.items()}
    print(json.dumps({"steps": told, "size": length}))


def _whole(size: int) -> tuple[dict[str, tuple[float, float]], int]:
    """As `annex_file` does it: {step: (processor's clock, most MB by then)}, bytes of the file."""
    group = UnitGroup.objects.get(code=_code(size))
    annex = annexes_for(group, YEAR)[0]
    found = {}
    table = build_table(annex, group, YEAR, "official")
    found["build"] = time.process_time(), memory("VmHWM")
    sources = read_sources(table)
    found["sources"] = time.process_time(), memory("VmHWM")
    content = write_workbook(table, sources)
    found["write"] = time.process_time(), memory("VmHWM")
    return found, len(content)


Figures = dict[int, tuple[dict[str, tuple[float, float]], int]]
"""{rows: ({step: (seconds, MB) since the beginning}, bytes of the file)}."""


def figures(sizes: Sequence[int], times: int = TIMES) -> Figures:
    """The middle of so many processes, by the time they took."""
    found = {}
    for size in sizes:
        runs = sorted((_measured(size) for _time in range(times)), key=_seconds)
        found[size] = runs[len(runs) // 2]
        tell(f"{size} dòng: {_seconds(found[size]):.1f} s")
    return found


def _seconds(run: tuple[dict[str, tuple[float, float]], int]) -> float:
    return run[0][STEPS[-1]][0]


def _measured(size: int) -> tuple[dict[str, tuple[float, float]], int]:
    command = [sys.executable, "-m", "bench.annex_whole", "--child", str(size)]
    place = os.environ | {"BENCH_WHOLE_DIR": str(settings.VAR_DIR)}
    done = subprocess.run(command, cwd=ROOT, env=place, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: tuple(pair) for name, pair in told["steps"].items()}, told["size"]


def kb_a_row(found: Figures) -> float:
    """What the largest table takes beyond the smallest, its finished file apart, for each row."""
    (few, least), (many, most) = ((size, found[size]) for size in (min(found), max(found)))
    grown = most[0][STEPS[-1]][1] - least[0][STEPS[-1]][1] - (most[1] - least[1]) / 1024**2
    return grown * 1024 / (many - few)


def told(found: Figures) -> str:
    lines = [
        "Seconds of the processor and most MB above what was there before, after each step.",
        "",
        "| rows | table s | sources s | file s | table MB | sources MB | file MB | file kB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size, (steps, length) in sorted(found.items()):
        seconds = [f"{steps[name][0]:.2f}" for name in STEPS]
        most = [f"{steps[name][1]:.1f}" for name in STEPS]
        cells = [f"{size:,}", *seconds, *most, f"{length / 1000:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"A row more: {kb_a_row(found):.1f} kB at most."])


def main() -> None:
    if not Path(settings.VAR_DIR, "povertyplan.sqlite3").exists():
        make_country(PROVINCES, SIZES)
    found = figures(SIZES)
    text = told(found)
    print(text)
    for name in sys.argv[1:]:
        path = Path(name)
        page = path.read_text(encoding="utf-8")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    sys.exit(int(kb_a_row(found) > MOST_KB_A_ROW))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main()
