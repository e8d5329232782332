"""The same facts added up by DuckDB and Polars: sums and counts of inputs, provisional and
official, for every unit above the communes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import polars as pl
from django.db import connection

from bench.timing import timed


class Columns:
    """The facts as columns in the memory of two engines; numbers as double precision."""

    def __init__(self, folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            facts, units = Path(name, "facts.csv"), Path(name, "units.csv")
            self.export_seconds = timed(lambda: self._export(facts, units))
            self.duckdb_load = timed(lambda: self._into_duckdb(facts, units))
            self.polars_load = timed(lambda: self._into_polars(facts, units))

    def _export(self, facts: Path, units: Path) -> None:
        for path, query in (
            (
                facts,
                (
                    "SELECT unit_id, indicator_id, period::int AS period, submitted_value AS "
                    "provisional, approved_value AS official FROM indicators_result"
                ),
            ),
            (units, "SELECT id AS unit_id, parent_id FROM communes_unit"),
        ):
            with path.open("wb") as file, connection.cursor() as cursor:
                cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", file)

    # -- DuckDB

    def _into_duckdb(self, facts: Path, units: Path) -> None:
        self.duck = duckdb.connect()
        kinds = (
            "{'unit_id': 'INTEGER', 'indicator_id': 'INTEGER', 'period': 'SMALLINT', "
            "'provisional': 'DOUBLE', 'official': 'DOUBLE'}"
        )
        self.duck.execute(f"CREATE TABLE facts AS FROM read_csv('{facts}', columns = {kinds})")
        self.duck.execute(f"CREATE TABLE units AS FROM read_csv('{units}')")

    def duckdb(self) -> float:
        return timed(self._climb_duckdb)

    def _climb_duckdb(self) -> None:
        first = """sum(provisional) AS provisional, count(provisional) AS provisional_units,
            sum(official) AS official, count(official) AS official_units FROM facts"""
        again = """sum(provisional) AS provisional, sum(provisional_units) AS provisional_units,
            sum(official) AS official, sum(official_units) AS official_units FROM level_"""
        for level in range(3):
            source = f"{again}{level - 1}" if level else first
            self.duck.execute(
                f"CREATE OR REPLACE TABLE level_{level} AS "
                f"SELECT parent_id AS unit_id, indicator_id, period, {source} "
                "JOIN units USING (unit_id) WHERE parent_id IS NOT NULL GROUP BY ALL"
            )

    # -- Polars

    def _into_polars(self, facts: Path, units: Path) -> None:
        kinds = {
            "unit_id": pl.Int32,
            "indicator_id": pl.Int32,
            "period": pl.Int16,
            "provisional": pl.Float64,
            "official": pl.Float64,
        }
        self.facts = pl.read_csv(facts, schema_overrides=kinds)
        self.units = pl.read_csv(
            units, schema_overrides={"unit_id": pl.Int32, "parent_id": pl.Int32}
        )

    def polars(self) -> float:
        return timed(self._climb_polars)

    def _climb_polars(self) -> None:
        units = self.units.filter(pl.col("parent_id").is_not_null())
        rows = self.facts.with_columns(
            pl.col("provisional").is_not_null().cast(pl.Int32).alias("provisional_units"),
            pl.col("official").is_not_null().cast(pl.Int32).alias("official_units"),
        )
        self.levels = []
        for _level in range(3):
            rows = (
                rows.lazy()
                .join(units.lazy(), on="unit_id")
                .group_by("parent_id", "indicator_id", "period")
                .agg(pl.col("provisional", "official", "provisional_units", "official_units").sum())
                .rename({"parent_id": "unit_id"})
                .collect()
            )
            self.levels.append(rows)
