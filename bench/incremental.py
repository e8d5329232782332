"""One commune's figures saved, until the sums above it up to the nation are right again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

from django.db import connection

from bench import databases, returns
from bench.returns import Save
from bench.table import Goal, Section, ratios, seconds
from bench.timing import interleaved, tell, timed
from indicators.rollups import drain

COMMUNES = 20
"""Communes a round: its value is the median over them."""
SIZES = (10_600, 1_000, 100, 10, 1)


class Statements:
    """Counts what is sent to the database while it is open."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., object], *rest: object) -> object:
        self.count += 1
        return execute(*rest)


def statements(call: Callable[[], object]) -> int:
    counter = Statements()
    with connection.execute_wrapper(counter):
        call()
    return counter.count


@dataclass(frozen=True)
class Times:
    """Seconds; `cold`: a drain of all communes at once by a process that knows none yet."""

    saved: float
    drained: float
    cold: float = 0.0


class Place:
    """One database, and its communes in turn."""

    def __init__(self, provinces: int) -> None:
        self.database = databases.name_of(provinces)
        with databases.using(self.database):
            self.communes = returns.communes(COMMUNES)

    def times(self, save: Save) -> Times:
        """Medians over some communes."""
        with databases.using(self.database):
            returns.touch([one.unit for one in self.communes])
            cold = timed(drain)  # the catalogue of the other database was in force until now
            found = [Times(timed(partial(save, one)), timed(drain)) for one in self.communes]
        return Times(
            median(times.saved for times in found), median(times.drained for times in found), cold
        )

    def statements(self) -> tuple[int, int]:
        """How many the saving and the drain of one commune send."""
        with databases.using(self.database):
            one = self.communes[0]
            return statements(lambda: returns.record(one)), statements(drain)


def measure(provinces: int, rounds: int) -> Section:
    section = Section("Incremental: one commune's figures, drained up to the nation")
    here, small = Place(provinces), Place(1)
    tell("Một xã gửi số liệu, tính đến cả nước …")
    found = interleaved(
        {
            "here": lambda: here.times(returns.update_and_mark),
            "small": lambda: small.times(returns.update_and_mark),
            "recorded": lambda: here.times(returns.record),
        },
        rounds,
    )
    _lines(section, provinces, found)
    recording, draining = here.statements()
    section.add("statements of `import_results`", [recording])
    section.add("statements of the drain after it", [draining])
    section.notes = [
        (
            f"About {databases.INPUTS} figures, all changed; {COMMUNES} communes a round, drawn by "
            "lot over the country, the round's value is their median. The process has added up the "
            "same units once before. The message to a broker is not in it."
        ),
    ]
    return section


def _lines(section: Section, provinces: int, found: dict[str, list[Times]]) -> None:
    saved, drained = _apart(found["here"])
    _, drained_small = _apart(found["small"])
    recorded, drained_after = _apart(found["recorded"])
    section.add(
        f"drain, {provinces} provinces / 1 province",
        ratios(drained, drained_small),
        f"{seconds(drained)} / {seconds(drained_small)}",
        Goal(3, 1.2),
    )
    section.add(
        "drain / plain rewrite of the facts with its mark",
        ratios(drained, saved),
        f"{seconds(drained)} / {seconds(saved)}",
        Goal(10, 3),
    )
    section.add(
        "drain / `import_results` of the same figures",
        ratios(drained_after, recorded),
        f"{seconds(drained_after)} / {seconds(recorded)}",
    )
    whole = [(times.saved + times.drained) * 1000 for times in found["recorded"]]
    section.add("`import_results` and drain: ms", whole)
    cold = [times.cold for times in found["here"]]
    section.add(
        f"first drain of a process, {COMMUNES} communes waiting / one commune later",
        ratios(cold, drained),
        f"{seconds(cold)} / {seconds(drained)}",
    )


def _apart(times: list[Times]) -> tuple[list[float], list[float]]:
    return [one.saved for one in times], [one.drained for one in times]


def measure_batches(database: str, rounds: int) -> Section:
    section = Section("Coalescing: communes of one year that wait together")
    tell("Nhiều xã cùng chờ …")
    with databases.using(database):
        communes = returns.units()
        sizes = [size for size in SIZES if size <= len(communes)]
        if not sizes or sizes[0] != SIZES[0]:
            sizes.insert(0, len(communes))

        def batch(size: int) -> Callable[[], float]:
            def run() -> float:
                returns.touch(communes[:size])
                return timed(drain) / size

            return run

        drain()
        found = interleaved({str(size): batch(size) for size in sizes}, rounds)
    alone = found["1"]
    for size in sizes:
        section.add(
            f"a commune when {size:,} wait / one alone",
            ratios(found[str(size)], alone),
            f"{seconds(found[str(size)])} a commune, "
            f"{seconds([one * size for one in found[str(size)]])} in all",
            Goal(0.03, 0.01) if size == sizes[0] else None,
        )
    return section
