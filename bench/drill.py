"""`python -m bench.drill`: 10,000 operations by 16 writers, 4 workers killed at random.

In the database that DATABASE_URL names (`make drill` starts one of its own), filled with a small
sample country. Each writer has cells of its own and remembers the last answer the system
acknowledged; at the end every fact must be that answer, and every rolled-up figure must be the
sum of the facts, by three ways: as the workers left it, added up anew, and in plain SQL.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, connection, connections  # noqa: E402

import indicators.recording as recording  # noqa: E402
from communes.models import Unit  # noqa: E402
from indicators.cells import read  # noqa: E402
from indicators.enums import Answer, Stage  # noqa: E402
from indicators.models import Indicator, Recompute, Result, Rollup  # noqa: E402
from indicators.periods import Period  # noqa: E402
from indicators.rollups import Catalogue, drain, known_periods, rebuild  # noqa: E402

PERIODS = (Period(2023), Period(2024))
MOST = 999_999
Cell = tuple[int, int, str]
"""(unit pk, indicator pk, period code)"""
Said = tuple[str, Decimal | None, str, Decimal | None]
"""What counts of a cell: provisional answer and value, official answer and value."""
NOTHING: Said = ("", None, "", None)


@dataclass
class Outcome:
    """What one writer did: operations by kind, and the last acknowledged state of its cells."""

    done: Counter[str] = field(default_factory=Counter)
    said: dict[Cell, Said] = field(default_factory=dict)
    retried: int = 0
    slowest: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--provinces", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("LỖI: make drill cần PostgreSQL; đặt DATABASE_URL.")
    prepare(asked.provinces)
    sys.exit(0 if drill(asked) else 1)


def prepare(provinces: int) -> None:
    """A small sample country, its rollups made."""
    call_command("migrate", verbosity=0)
    if not Indicator.objects.exists():
        call_command("load_catalogue", verbosity=0)
    if not Unit.objects.filter(tier__code="nation").exists() or not Result.objects.exists():
        call_command(
            "generate_sample", f"--provinces={provinces}", "--years=2023-2024", "--inputs=60"
        )
    drain()


def drill(asked: argparse.Namespace) -> bool:
    """Run it and say how it went. False when anything was lost or counted twice."""
    tell(
        f"{asked.operations} operations, {asked.writers} writers, {asked.workers} workers,"
        f" seed {asked.seed}"
    )
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.SimpleQueue[Outcome] = fork.SimpleQueue()
    each = asked.operations // asked.writers
    began = time.monotonic()
    writers = [
        fork.Process(target=write, args=(number, asked.writers, each, asked.seed, results))
        for number in range(asked.writers)
    ]
    workers = [fork.Process(target=work) for _ in range(asked.workers)]
    for process in (*writers, *workers):
        process.start()
    killed = 0
    dice = random.Random(asked.seed)
    outcomes: list[Outcome] = []
    while len(outcomes) < len(writers) and (
        not results.empty() or any(process.is_alive() for process in writers)
    ):
        time.sleep(dice.uniform(0.05, 0.6))
        place = dice.randrange(len(workers))
        os.kill(workers[place].pid or 0, signal.SIGKILL)
        workers[place].join()
        workers[place] = fork.Process(target=work)
        workers[place].start()
        killed += 1
        while not results.empty():
            outcomes.append(results.get())
    took = time.monotonic() - began
    for worker in workers:
        worker.kill()
        worker.join()
    return report(asked, outcomes, killed, took)


# -- those who write --------------------------------------------------------------------------


def write(
    number: int, writers: int, operations: int, seed: int, results: multiprocessing.SimpleQueue
) -> None:  # type: ignore[type-arg]
    """Tell, correct, withdraw and approve figures of one's own cells, over and over."""
    recording.soon = lambda: None  # the workers come round by themselves
    dice = random.Random(seed * 1000 + number)
    told = Result.objects.filter(period=PERIODS[0].code).values("unit")
    communes = list(Unit.objects.filter(tier__code="commune", pk__in=told).order_by("pk"))
    mine = own_inputs(communes)[number::writers]
    outcome = Outcome()
    for _ in range(operations):
        unit, period = dice.choice(communes), dice.choice(PERIODS)
        inputs = [
            row for row in dice.sample(mine, min(3, len(mine))) if is_asked(row, unit, period)
        ]
        if not inputs:
            outcome.done["asked of nobody"] += 1
            continue
        kind = dice.choices(["tell", "approve", "withdraw"], [6, 2, 1])[0]
        began = time.monotonic()
        said = persist(outcome, kind, unit, period, inputs, dice)
        outcome.slowest = max(outcome.slowest, time.monotonic() - began)
        for row, state in said.items():
            outcome.said[unit.pk, row.pk, period.code] = state
        outcome.done[kind] += 1
    results.put(outcome)


CATALOGUE: list[Catalogue] = []


def is_asked(row: Indicator, unit: Unit, period: Period) -> bool:
    if not CATALOGUE:
        CATALOGUE.append(Catalogue())
    known = CATALOGUE[0]
    return bool(known.asked([unit.pk], period)[0, known.places[row.pk]])


def own_inputs(communes: list[Unit]) -> list[Indicator]:
    """Sums that any commune may tell, large numbers allowed."""
    rows = Indicator.objects.inputs().filter(
        aggregation="sum", value_type="count", hard_max__isnull=True, entered_at__code="commune"
    )
    return [row for row in rows.order_by("pk") if is_asked(row, communes[0], PERIODS[0])]


def persist(
    outcome: Outcome,
    kind: str,
    unit: Unit,
    period: Period,
    inputs: list[Indicator],
    dice: random.Random,
) -> dict[Indicator, Said]:
    """One operation, sent again when the database could not; what now counts of each cell."""
    stage = dice.choice(list(Stage))
    values = {row: None if dice.random() < 0.1 else Decimal(dice.randrange(MOST)) for row in inputs}
    while True:
        try:
            return operate(kind, unit, period, values, stage)
        except OperationalError:
            outcome.retried += 1
            connection.close()


def operate(
    kind: str, unit: Unit, period: Period, values: dict[Indicator, Decimal | None], stage: str
) -> dict[Indicator, Said]:
    if kind == "tell":
        entries = [
            recording.Entry(
                unit,
                row,
                period,
                Answer.NOT_APPLICABLE if value is None else Answer.VALUE,
                value,
            )
            for row, value in values.items()
        ]
        recording.import_results(entries, stage=stage, is_sample=True)
    else:
        move = recording.approve_results if kind == "approve" else recording.withdraw_results
        move(unit=unit, period=period, indicators=list(values), by=None, reason="drill")  # type: ignore[arg-type]
    facts = Result.objects.filter(unit=unit, period=period.code, indicator__in=list(values))
    found = {row.indicator_id: state_of(row) for row in facts}
    for row, value in values.items() if kind == "tell" else ():
        said = (Answer.NOT_APPLICABLE, None) if value is None else (Answer.VALUE, value)
        if found[row.pk][:2] != said:
            raise AssertionError("an acknowledged answer is not there")
    return {row: found.get(row.pk, NOTHING) for row in values}


def state_of(row: Result) -> Said:
    return (
        *(row.submitted_answer, row.submitted_value),
        *(row.approved_answer, row.approved_value),
    )


# -- those who add up -------------------------------------------------------------------------


def work() -> None:
    """Drain without a pause, until killed."""
    connections.close_all()
    while True:
        try:
            if not drain():
                time.sleep(0.02)
        except OperationalError:
            connection.close()


# -- what came of it --------------------------------------------------------------------------


def report(asked: argparse.Namespace, outcomes: list[Outcome], killed: int, took: float) -> bool:
    waiting = Recompute.objects.count()
    began = time.monotonic()
    drain()
    done: Counter[str] = sum((row.done for row in outcomes), Counter())
    tell(f"{dict(done)} in {took:.0f} s; workers killed: {killed}; sent again: "
         f"{sum(row.retried for row in outcomes)}; slowest: "
         f"{max((row.slowest for row in outcomes), default=0):.2f} s")  # fmt: skip
    tell(f"marks left at the end: {waiting}, worked off in {time.monotonic() - began:.2f} s")
    lost = lost_facts(outcomes)
    tell(f"facts that are not the last acknowledged answer: {lost} of "
         f"{sum(len(row.said) for row in outcomes)}")  # fmt: skip
    left = stored()
    anew, plain = differing_from_anew(left), differing_from_sql(left)
    tell(f"rolled-up rows that differ from those added up anew: {anew} of {len(left)}")
    tell(f"rolled-up sums that differ from plain SQL: {plain[0]} of {plain[1]}")
    pending = Recompute.objects.count()
    tell(f"marks that remain: {pending}; writers that did not finish: "
         f"{asked.writers - len(outcomes)}")  # fmt: skip
    is_right = not (lost or anew or plain[0] or pending or asked.writers - len(outcomes))
    tell("RIGHT" if is_right else "WRONG")
    return is_right


def lost_facts(outcomes: list[Outcome]) -> int:
    facts = {
        (row.unit_id, row.indicator_id, row.period): state_of(row)
        for row in Result.objects.all().iterator()
    }
    return sum(
        facts.get(cell, NOTHING) != state
        for outcome in outcomes
        for cell, state in outcome.said.items()
    )


def stored() -> dict[tuple[int, str, str], bytes]:
    rows = Rollup.objects.values_list("unit_id", "period", "stage", "cells")
    return {(unit, period, stage): bytes(cells) for unit, period, stage, cells in rows}


def differing_from_anew(left: dict[tuple[int, str, str], bytes]) -> int:
    Rollup.objects.all().delete()
    for period in known_periods():
        rebuild(period)
    anew = stored()
    return sum(left.get(key) != anew.get(key) for key in {*left, *anew})


PLAIN = """
SELECT above.ancestor_id, r.indicator_id, r.period, sum(r.{layer}_value), count(*)
FROM indicators_result r
JOIN communes_ancestry above ON above.descendant_id = r.unit_id
JOIN indicators_indicator i ON i.id = r.indicator_id AND i.aggregation = 'sum'
WHERE r.{layer}_answer = 'value'
GROUP BY 1, 2, 3
"""


def differing_from_sql(left: dict[tuple[int, str, str], bytes]) -> tuple[int, int]:
    """(sums that differ, sums compared), totals and how many units stand behind them."""
    differing = compared = 0
    sums = set(Indicator.objects.inputs().filter(aggregation="sum").values_list("pk", flat=True))
    for stage, layer in ((Stage.PROVISIONAL, "submitted"), (Stage.OFFICIAL, "approved")):
        with connection.cursor() as cursor:
            cursor.execute(PLAIN.format(layer=layer))
            plain = {row[:3]: (row[3], row[4]) for row in cursor.fetchall()}
        mine = {
            (unit, pk, period): (cell.part.total, cell.part.reported)
            for (unit, period, at), cells in left.items()
            if at == stage
            for pk, cell in read(cells).items()
            if pk in sums and cell.part.reported
        }
        differing += sum(plain.get(key) != mine.get(key) for key in {*plain, *mine})
        compared += len(plain)
    return differing, compared


def tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
