"""Many at once: processes that save communes' figures for a while, and one that drains."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier, Event
from queue import Empty
from statistics import quantiles
from typing import Any

from django.db import connection

from bench.returns import Return, Save
from bench.timing import timed
from indicators.rollups import drain

FORK = multiprocessing.get_context("fork")
SECONDS = 1.5
PAUSE = 0.05
"""Between two looks of the worker at an empty queue."""
PATIENCE = 60


@dataclass(frozen=True)
class Run:
    """What a while of writing gave."""

    seconds: float
    latencies: list[float]
    drained_after: float = 0.0
    """Seconds until the queue was empty once the last writer had stopped."""
    recomputed: int = 0

    @property
    def rate(self) -> float:
        """Submissions a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, number: int) -> float:
        return quantiles(self.latencies, n=100, method="inclusive")[number - 1]


def write(
    communes: Sequence[Return], writers: int, save: Save, *, drains: bool, seconds: float = SECONDS
) -> Run:
    """Have `writers` processes save for so many seconds, each communes of its own where there
    are enough; with `drains`, one more process drains beside them and after them."""
    connection.close()  # a forked process must not inherit it
    told: Any = FORK.Queue()
    barrier = FORK.Barrier(writers + 1 + drains)
    stop = FORK.Event()
    workers = [
        FORK.Process(
            target=_writer,
            args=(
                communes[place::writers] or [communes[place % len(communes)]],
                save,
                seconds,
                barrier,
                told,
            ),
        )
        for place in range(writers)
    ]
    if drains:
        workers.append(FORK.Process(target=_drainer, args=(barrier, stop, told)))
    for worker in workers:
        worker.start()
    try:
        barrier.wait(PATIENCE)
        found = [told.get(timeout=seconds + PATIENCE) for _ in range(writers)]
        stop.set()
        emptied, recomputed = told.get(timeout=PATIENCE * 3) if drains else (0.0, 0)
    except Empty as error:
        raise RuntimeError("a writer or the worker has died; see above") from error
    finally:
        stop.set()
        for worker in workers:
            worker.join(PATIENCE)
            worker.kill()
    latencies = [latency for one in found for latency in one[1]]
    after = max(emptied - max(one[2] for one in found), 0.0) if drains else 0.0
    return Run(max(one[0] for one in found), latencies, after, recomputed)


def _writer(
    communes: Sequence[Return], save: Save, seconds: float, barrier: Barrier, told: Any
) -> None:
    connection.ensure_connection()
    barrier.wait(PATIENCE)
    latencies: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        one = communes[len(latencies) % len(communes)]
        latencies.append(timed(lambda one=one: save(one)))
    told.put((time.perf_counter() - began, latencies, time.monotonic()))
    connection.close()


def _drainer(barrier: Barrier, stop: Event, told: Any) -> None:
    drain()
    barrier.wait(PATIENCE)
    recomputed = 0
    while not stop.is_set():
        done = drain()
        recomputed += done
        if not done:
            time.sleep(PAUSE)
    recomputed += drain()
    told.put((time.monotonic(), recomputed))
    connection.close()
