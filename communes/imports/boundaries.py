"""Boundaries of units from GeoJSON: by code and day, checked, with few points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from communes.imports.register import UnitRegister
from communes.models import Boundary, Unit
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.outlines import Area, Drawn, drawn, read_areas
from povertyplan.lib.syncing import Counts

SOURCE_LENGTH = 200


@dataclass(frozen=True)
class BoundariesImported:
    """`points`: kept for the screen; `fits`: neighbours share their lines."""

    counts: Counts
    points: int
    fits: bool


def import_boundaries(
    given: Path | str, *, on: date | None = None, source: str = ""
) -> BoundariesImported:
    """Give units the outlines of a file; a unit has one, the newest import's.

    Each feature names its unit by the property `code` and a day: `on`, else its `valid_from` or
    `valid_to`. `source` is who the lines are from, shown under every map. Raises DomainError and
    writes nothing when any feature is bad.
    """
    if len(source) > SOURCE_LENGTH:
        raise DomainError(f"Nguồn dài quá {SOURCE_LENGTH} chữ; rút gọn lại.")
    areas = read_areas(Path(given))
    units = _units(areas, on)
    made = drawn([area.shape for area in areas])
    counts = _write(units, made, source)
    return BoundariesImported(counts, made.points, made.fits)


def _units(areas: Sequence[Area], on: date | None) -> list[Unit]:
    """The unit of each area, in order. Raises DomainError with every fault."""
    register = UnitRegister()
    problems: list[Problem] = []
    found: list[Unit] = []
    seen: dict[int, int] = {}
    for area in areas:
        try:
            unit = _unit(area, register, on)
        except _FaultyError as fault:
            problems.append(area.problem(str(fault)))
            continue
        if unit.pk in seen:
            problems.append(
                area.problem(
                    f"{unit.name} đã có ở đối tượng {seen[unit.pk]}; gộp hai hình làm một."
                )
            )
        seen.setdefault(unit.pk, area.number)
        found.append(unit)
    if problems:
        raise DomainError(problems)
    return found


class _FaultyError(Exception):
    """Why an area belongs to no unit."""


def _unit(area: Area, register: UnitRegister, on: date | None) -> Unit:
    code = area.properties.get("code")
    if not isinstance(code, str) or not code:
        raise _FaultyError("thiếu mã đơn vị: ghi mã TCTK, dạng chữ, ở thuộc tính “code”.")
    days = [on] if on else list(_own_days(area))
    if not days:
        raise _FaultyError(
            "không rõ ranh giới của ngày nào: thêm --date, hoặc thuộc tính “valid_from”."
        )
    unit = register.on(code, *days)
    if unit is None:
        raise _FaultyError(register.why_not(code, days[0]))
    return unit


def _own_days(area: Area) -> Iterator[date]:
    for name in ("valid_from", "valid_to"):
        told = area.properties.get(name)
        if told in (None, ""):
            continue
        try:
            yield date.fromisoformat(str(told))
        except ValueError:
            raise _FaultyError(f"“{name}” là {told}, không phải ngày dạng 2025-07-01.") from None


@transaction.atomic
def _write(units: Sequence[Unit], made: Drawn, source: str) -> Counts:
    stored = {row.unit_id: row for row in Boundary.objects.filter(unit__in=units)}
    wanted = {
        unit.pk: Boundary(
            unit=unit, rings=rings, middle=middle, source=source, imported_at=timezone.now()
        )
        for unit, rings, middle in zip(units, made.rings, made.middles, strict=True)
    }
    same = {
        pk
        for pk, row in stored.items()
        if (row.rings, row.source) == (wanted[pk].rings, wanted[pk].source)
    }
    Boundary.objects.bulk_create(
        [row for pk, row in wanted.items() if pk not in same],
        update_conflicts=True,
        unique_fields=["unit"],
        update_fields=["rings", "middle", "source", "imported_at"],
    )
    created = len(wanted) - len(stored)
    return Counts(created, len(stored) - len(same), len(same))
