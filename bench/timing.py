"""Taking times: variants in interleaved rounds, so that a slow minute slows all of them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


def tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def interleaved(
    variants: Mapping[str, Callable[[], T]], rounds: int = ROUNDS
) -> dict[str, list[T]]:
    """{name: what each round gave}; every round runs all variants, in turn first."""
    names = list(variants)
    found: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            began = time.perf_counter()
            found[name].append(variants[name]())
            tell(f"  {number + 1}/{rounds} {name}: {time.perf_counter() - began:.1f} s")
    return found


def memory(key: str) -> float:
    """A line of this process's memory in MB: VmRSS is what it holds, VmHWM the most it held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)
