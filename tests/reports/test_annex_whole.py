"""Large tables from their figures to the file: read in parts, the same as at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench import annex_whole
from communes.models import UnitGroup
from indicators.rollups import drain
from reports.annexes import readings
from reports.annexes.build import build_table
from reports.annexes.table import Row, Table
from reports.models import Annex
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms


@pytest.fixture
def form(places: Places) -> Annex:
    measured = annex_forms.measured()
    told(places.first, measured.values("2", "9", "1"))
    told(places.second, measured.values("95", "100", "90"))
    drain()
    return annex_forms.annex(annex_forms.plan(places.district))


def table(form: Annex, places: Places) -> Table:
    return build_table(form, places.district, Y2024, "provisional")


def rows_of(table: Table) -> list[Row]:
    return [replace(row, unit=None) for row in table.rows]


@pytest.mark.parametrize("at_once", [1, 2])
def test_figures_read_in_parts_are_all_there(
    form: Annex, places: Places, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    whole = table(form, places)
    assert any(cell.value for row in whole.rows for cell in row.cells)

    monkeypatch.setattr(readings, "UNITS_AT_ONCE", at_once)
    parts = table(form, places)

    assert rows_of(parts) == rows_of(whole)
    assert parts.check_code == whole.check_code


def test_nothing_is_kept_of_units_that_took_nobody_over(form: Annex, places: Places) -> None:
    assert table(form, places).origin.merged == {}


def test_country_of_the_bench_has_a_table_with_a_row_for_every_commune(
    db: None, settings: Any
) -> None:
    settings.DEMO_MODE = True
    annex_whole.make_country(1, (3, 100))

    group = UnitGroup.objects.get(code="bench-100")
    annex = annex_whole.annexes_for(group, annex_whole.YEAR)[0]
    found = build_table(annex, group, annex_whole.YEAR, "official")

    assert len(found.rows) == 101
    filled = [cell for row in found.rows for cell in row.cells if cell.value is not None]
    assert len(filled) > 101 * len(found.layout.leaves) / 2
    steps, size = annex_whole._whole(3)
    assert list(steps) == list(annex_whole.STEPS)
    assert size > 5000


def test_memory_of_a_row_leaves_out_the_finished_file() -> None:
    def run(most: float, size: int) -> tuple[dict[str, tuple[float, float]], int]:
        return dict.fromkeys(annex_whole.STEPS, (1.0, most)), size

    found = {100: run(2.0, 1024**2), 1100: run(13.0, 2 * 1024**2)}

    assert annex_whole.kb_a_row(found) == pytest.approx(10.24)
    assert "| 1,100 | 1.00 | 1.00 | 1.00 | 13.0 | 13.0 | 13.0 | 2,097 |" in annex_whole.told(found)
