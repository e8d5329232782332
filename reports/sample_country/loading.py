"""Sample facts into the database: by COPY where there is one, else by plain INSERT.

No history is written: a sample has no past, and six million rows of it would say nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from indicators.enums import Answer, Stage
from indicators.models import Result

LINES = 20_000
"""Facts sent at a time: about 2 MB."""

COLUMNS = (
    "unit_id",
    "indicator_id",
    "period",
    "answer",
    "value",
    "note",
    "submitted_answer",
    "submitted_value",
    "approved_answer",
    "approved_value",
    "is_sample",
    "version",
    "entered_at",
)
NULL = "\\N"


class Fact(NamedTuple):
    unit: int
    indicator: int
    period: str
    value: str


@dataclass(frozen=True)
class Loader:
    """Writes facts that have reached a stage, as if all had been entered at one moment."""

    stage: Stage
    at: datetime

    def write(self, facts: Iterable[Fact]) -> int:
        """Returns how many were written. In the caller's transaction, in the order given."""
        if connection.vendor == "postgresql":
            return self._copy(iter(facts))
        return self._insert(iter(facts))

    def _copy(self, facts: Iterator[Fact]) -> int:
        table = connection.ops.quote_name(Result._meta.db_table)
        statement = f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN"
        written = 0
        with connection.cursor() as cursor:
            while lines := [self._line(fact) for fact in islice(facts, LINES)]:
                cursor.cursor.copy_expert(statement, io.StringIO("".join(lines)))
                written += len(lines)
        return written

    def _line(self, fact: Fact) -> str:
        unit, indicator, period, value = fact
        told = f"{Answer.VALUE}\t{value}"
        approved = told if self.stage == Stage.OFFICIAL else f"\t{NULL}"
        return (
            f"{unit}\t{indicator}\t{period}\t{told}\t\t{told}\t{approved}\tt\t1\t"
            f"{self.at.isoformat()}\n"
        )

    def _insert(self, facts: Iterator[Fact]) -> int:
        table = connection.ops.quote_name(Result._meta.db_table)
        places = ", ".join(["%s"] * len(COLUMNS))
        statement = f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({places})"  # noqa: S608
        at = connection.ops.adapt_datetimefield_value(self.at)
        written = 0
        with connection.cursor() as cursor:
            while rows := [self._row(fact, at) for fact in islice(facts, LINES)]:
                cursor.executemany(statement, rows)
                written += len(rows)
        return written

    def _row(self, fact: Fact, at: Any) -> tuple[Any, ...]:
        unit, indicator, period, value = fact
        told = (Answer.VALUE.value, value)
        approved = told if self.stage == Stage.OFFICIAL else (Answer.MISSING.value, None)
        return (unit, indicator, period, *told, "", *told, *approved, True, 1, at)
