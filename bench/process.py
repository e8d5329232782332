"""A fresh process that does one thing and prints its memory before and at most, in MB."""

from __future__ import annotations

import sys

import django

django.setup()

from bench import databases, returns  # noqa: E402
from bench.recompute import from_nothing  # noqa: E402
from bench.timing import memory  # noqa: E402
from communes.models import Unit  # noqa: E402
from indicators.rollups import drain  # noqa: E402


def some_communes() -> None:
    returns.touch(list(Unit.objects.filter(tier__code="commune", name__contains=" mẫu ")[:900]))
    drain()


def main(name: str, database: str) -> None:
    with databases.using(database):
        Unit.objects.first()
        before = memory("VmRSS")
        {"recompute": from_nothing, "drain": some_communes}[name]()
        print(f"{before:.1f} {memory('VmHWM'):.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
