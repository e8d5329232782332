"""One commune's figures of a year, saved in several ways; each saving changes every one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from communes.models import Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, Recompute, Result
from indicators.periods import Period
from indicators.recording import Entry, import_results

PERIOD = Period(2024)

UPDATE = """
UPDATE indicators_result AS fact
SET value = told.value, submitted_value = told.value, approved_value = told.value,
    answer = 'value', submitted_answer = 'value', approved_answer = 'value',
    version = fact.version + 1, entered_at = now()
FROM unnest(%s::bigint[], %s::numeric[]) AS told(indicator_id, value)
WHERE fact.unit_id = %s AND fact.period = %s AND fact.indicator_id = told.indicator_id
"""


@dataclass(frozen=True)
class Return:
    """What one commune has told of the year: its facts, one a figure."""

    unit: Unit
    indicators: tuple[Indicator, ...]

    @classmethod
    def of(cls, unit: Unit) -> Return:
        told = Result.objects.filter(unit=unit, period=PERIOD.code).values("indicator")
        rows = Indicator.objects.filter(pk__in=told).order_by("pk")
        return cls(unit, tuple(rows.select_related("entered_at", "entered_at_two_tier")))

    def values(self) -> list[Decimal]:
        """Other ones every time; within every limit of the catalogue."""
        return [_value(row) for row in self.indicators]

    def entries(self) -> list[Entry]:
        return [
            Entry(self.unit, row, PERIOD, Answer.VALUE, value)
            for row, value in zip(self.indicators, self.values(), strict=True)
        ]


def _value(indicator: Indicator) -> Decimal:
    high = min(indicator.hard_max or Decimal(10_000), Decimal(10_000))
    return Decimal(random.randint(0, int(high)))


def units() -> list[Unit]:
    """Every commune of the sample in an order drawn by lot, the same one every time."""
    found = Unit.objects.filter(tier__code="commune", name__contains=" mẫu ").select_related("tier")
    listed = list(found.order_by("pk"))
    random.Random(1).shuffle(listed)
    return listed


def communes(count: int) -> list[Return]:
    return [Return.of(unit) for unit in units()[:count]]


# -- ways of saving ---------------------------------------------------------------------------

Save = Callable[[Return], object]


def update(one: Return) -> None:
    """The plain way: one statement that rewrites the facts, nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE,
            [[row.pk for row in one.indicators], one.values(), one.unit.pk, PERIOD.code],
        )


def update_and_mark(one: Return) -> None:
    """The same, and the mark for the recompute, in one transaction."""
    with transaction.atomic():
        update(one)
        Recompute.objects.create(unit=one.unit, period=PERIOD.code)


def record(one: Return) -> None:
    """The product's way: checked, with history and mark."""
    import_results(one.entries(), stage=Stage.OFFICIAL, is_sample=True)


def record_each(one: Return) -> None:
    """The naive way: each figure looked up and saved by itself, with its history."""
    with transaction.atomic():
        for entry in one.entries():
            Result.objects.update_or_create(
                unit=entry.unit,
                indicator=entry.indicator,
                period=PERIOD.code,
                defaults={
                    "answer": Answer.VALUE,
                    "value": entry.value,
                    "submitted_answer": Answer.VALUE,
                    "submitted_value": entry.value,
                    "approved_answer": Answer.VALUE,
                    "approved_value": entry.value,
                    "is_sample": True,
                },
            )
        Recompute.objects.create(unit=one.unit, period=PERIOD.code)


def touch(units: Sequence[Unit]) -> None:
    """Change one figure of each unit and mark them: what waits is really out of date."""
    pks = [unit.pk for unit in units]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE indicators_result SET submitted_value = submitted_value + 1
            WHERE id IN (SELECT min(id) FROM indicators_result
                         WHERE unit_id = ANY(%s) AND period = %s GROUP BY unit_id)
            """,
            [pks, PERIOD.code],
        )
        Recompute.objects.bulk_create(
            [Recompute(unit_id=pk, period=PERIOD.code) for pk in pks], batch_size=5000
        )
