"""The same facts added up by plain SQL: sums and counts of inputs, provisional and official, for
every unit above the communes, into a table with a primary key."""

from __future__ import annotations

from django.db import connection, transaction

from bench.timing import timed

SCAN = "SELECT sum(submitted_value), count(*) FROM indicators_result"

SCRATCH = """
DROP TABLE IF EXISTS bench_scratch;
CREATE TABLE bench_scratch (
    unit_id bigint, indicator_id bigint, period varchar(7),
    provisional numeric, provisional_units bigint, official numeric, official_units bigint,
    PRIMARY KEY (unit_id, period, indicator_id)
)
"""
FACTS = """sum(submitted_value), count(submitted_value), sum(approved_value), count(approved_value)
FROM indicators_result AS fact"""
SUMS = """sum(provisional), sum(provisional_units), sum(official), sum(official_units)
FROM bench_scratch AS row JOIN communes_unit AS unit ON unit.id = row.unit_id
JOIN communes_tier AS tier ON tier.id = unit.tier_id"""
INSERT = "INSERT INTO bench_scratch SELECT"
BOTTOM_UP = (
    f"""{INSERT} unit.parent_id, indicator_id, period, {FACTS}
    JOIN communes_unit AS unit ON unit.id = fact.unit_id
    WHERE unit.parent_id IS NOT NULL GROUP BY 1, 2, 3""",
    *(
        f"""{INSERT} unit.parent_id, indicator_id, period, {SUMS}
        WHERE tier.code = '{tier}' AND unit.parent_id IS NOT NULL GROUP BY 1, 2, 3"""
        for tier in ("district", "province")
    ),
)
CLOSURE = (
    f"""{INSERT} above.ancestor_id, indicator_id, period, {FACTS}
    JOIN communes_ancestry AS above ON above.descendant_id = fact.unit_id AND above.depth > 0
    GROUP BY 1, 2, 3""",
)


def scan() -> float:
    """Read every fact once, in one process of the server."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        return timed(lambda: cursor.execute(SCAN))


def plain_sql(statements: tuple[str, ...]) -> float:
    """Aggregate into an empty table with a primary key; emptying it is not timed."""
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)

        def run() -> None:
            with transaction.atomic():
                for statement in statements:
                    cursor.execute(statement)

        return timed(run)


def drop_scratch() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_scratch")
