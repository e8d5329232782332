"""Stored rollups, unpacked for tests that look at them or spoil them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from django.utils import timezone

from communes.models import Unit
from indicators.calc import Part
from indicators.cells import CELL, WEIGHTED, read, split
from indicators.models import Indicator, Rollup


class Rolled(NamedTuple):
    """One stored figure, by codes."""

    unit: str
    indicator: str
    period: str
    stage: str
    part: Part
    expected: int


def rolled(**filters: object) -> list[Rolled]:
    """Every stored figure of the rows that `filters` choose, but for the moment it was made."""
    codes = dict(Indicator.objects.values_list("pk", "code"))
    return sorted(
        Rolled(row.unit.code, codes[pk], row.period, row.stage, cell.part, cell.expected)
        for row in Rollup.objects.filter(**filters).select_related("unit")
        for pk, cell in read(row.cells).items()
    )


def part_of(unit: Unit, indicator: Indicator, stage: str, period: str = "2024") -> Part | None:
    """One stored figure; None when there is none."""
    row = Rollup.objects.filter(unit=unit, stage=stage, period=period).first()
    cell = read(row.cells).get(indicator.pk) if row else None
    return cell.part if cell else None


def spoil(total: int) -> None:
    """Write the same wrong total into every stored figure."""
    for row in Rollup.objects.all():
        cells = np.frombuffer(row.cells, CELL).copy()
        cells["total"] = total
        row.cells = cells.tobytes()
        row.save()


def put(
    unit: Unit, indicator: Indicator, period: str, stage: str, part: Part, expected: int
) -> None:
    """Store one figure by hand, as the only one of its unit, period and stage."""
    cells = np.zeros(1, CELL)
    cells["indicator"], cells["expected"] = indicator.pk, expected
    cells["reported"], cells["not_applicable"] = part.reported, part.not_applicable
    cells["total"], cells["total_millionths"] = split(part.total)
    if part.weight is not None:
        cells["weight"], cells["weight_millionths"] = split(part.weight)
        cells["flags"] = WEIGHTED
    Rollup.objects.create(
        unit=unit, period=period, stage=stage, cells=cells.tobytes(), computed_at=timezone.now()
    )
