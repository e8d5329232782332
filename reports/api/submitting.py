"""Writing results: many units and periods at once, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import status

from communes.models import Official, Unit
from indicators.models import Result
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError, VersionConflict
from reports import workflow
from reports.api import naming
from reports.api.decimals import plain
from reports.api.errors import Fault, Refusal

CONFLICT = "conflict"
MAX_RETURNS = 100
"""Returns one request may write to: it holds its transaction open for as long as they take."""


@dataclass(frozen=True)
class Item:
    """One answer as sent: `unit` and `indicator` by their names. See recording.Entry."""

    unit: str
    indicator: str
    period: Period
    answer: str
    value: Decimal | None
    note: str | None
    version: int | None


@dataclass(frozen=True)
class Written:
    """A fact after writing. status: `created`, `updated`, or `unchanged` (the same was there)."""

    fact: Result
    status: str


Group = list[tuple[int, Entry]]
"""Entries of one unit and period, each with its place in the request."""


def record_items(items: Sequence[Item], *, by: Official) -> list[Written]:
    """Keep every item as a draft, or none; returns the facts in the order of `items`.

    Raises Refusal naming each item at fault: 404 a unit none of the caller's, 403 a unit they may
    only see, 400 what cannot be recorded, 409 where only newer edits stand in the way.
    """
    units = _units(items, by)
    entries = _entries(items, units)
    _refuse(_repeated(entries))
    groups = _groups(entries)
    if len(groups) > MAX_RETURNS:
        message = _("Mỗi lần gửi không quá {count} báo cáo (đơn vị × kỳ); chia nhỏ.")
        _refuse([Fault("results", message.format(count=MAX_RETURNS), "too_many")])
    facts: dict[int, Result] = {}
    faults: list[Fault] = []
    with transaction.atomic():
        before = _versions(entries)
        for group in groups:
            unit, period = group[0][1].unit, group[0][1].period
            try:
                kept = workflow.save_draft(
                    unit=unit, period=period, entries=[entry for _, entry in group], by=by
                )
            except DomainError as error:
                faults += _explained(error, group)
            else:
                facts |= {index: fact for (index, _), fact in zip(group, kept, strict=False)}
        _refuse(sorted(faults, key=lambda fault: fault.index or 0))
    return [_written(facts[index], before) for index in range(len(items))]


def _refuse(faults: Sequence[Fault], status_code: int | None = None) -> None:
    if faults:
        only_conflicts = all(fault.code == CONFLICT for fault in faults)
        default = status.HTTP_409_CONFLICT if only_conflicts else status.HTTP_400_BAD_REQUEST
        raise Refusal(faults, status_code or default)


def _where(index: int, name: str = "") -> str:
    return f"results[{index}].{name}" if name else f"results[{index}]"


# -- from names to entries --------------------------------------------------------------------


def _units(items: Sequence[Item], by: Official) -> list[Unit]:
    names = naming.UnitNames(item.unit for item in items)
    found = [names.find(item.unit, item.period.end) for item in items]
    visible = naming.visible_units(by, [unit for unit in found if unit])
    known = [unit for unit in found if unit and unit.pk in visible]
    _refuse(
        [
            naming.absence(item.unit, _where(index, "unit"), index)
            for index, (item, unit) in enumerate(zip(items, found, strict=True))
            if unit is None or unit.pk not in visible
        ],
        status.HTTP_404_NOT_FOUND,
    )
    enterable = naming.enterable_units(by, known)
    message = _("Đồng chí được xem {unit} nhưng không được nhập số cho đơn vị này.")
    _refuse(
        [
            Fault(_where(index, "unit"), message.format(unit=unit), "permission_denied", index)
            for index, unit in enumerate(known)
            if unit.pk not in enterable
        ],
        status.HTTP_403_FORBIDDEN,
    )
    return known


def _entries(items: Sequence[Item], units: Sequence[Unit]) -> list[Entry]:
    indicators = naming.indicators_by_code(item.indicator for item in items)
    _refuse(
        [
            Fault(
                _where(index, "indicator"),
                naming.unknown_indicator(item.indicator),
                "unknown",
                index,
            )
            for index, item in enumerate(items)
            if item.indicator not in indicators
        ]
    )
    return [
        Entry(
            unit=unit,
            indicator=indicators[item.indicator],
            period=item.period,
            answer=item.answer,
            value=item.value,
            note=item.note,
            version=item.version,
        )
        for item, unit in zip(items, units, strict=True)
    ]


def _repeated(entries: Sequence[Entry]) -> list[Fault]:
    first: dict[tuple[int, int, str], int] = {}
    faults = []
    for index, entry in enumerate(entries):
        earlier = first.setdefault(entry.cell, index)
        if earlier != index:
            message = _("Cùng ô với results[{earlier}]; chỉ gửi một.").format(earlier=earlier)
            faults.append(Fault(_where(index), message, "duplicate", index))
    return faults


def _groups(entries: Sequence[Entry]) -> list[Group]:
    """By unit and period, in a fixed order: two requests that meet queue instead of locking up."""
    groups: dict[tuple[int, str], Group] = {}
    for index, entry in enumerate(entries):
        groups.setdefault((entry.unit.pk, entry.period.code), []).append((index, entry))
    return [groups[key] for key in sorted(groups)]


# -- what became of them ----------------------------------------------------------------------


Versions = dict[tuple[int, int, str], int]


def _versions(entries: Sequence[Entry]) -> Versions:
    rows = Result.objects.filter(
        unit__in={entry.unit.pk for entry in entries},
        period__in={entry.period.code for entry in entries},
        indicator__in={entry.indicator.pk for entry in entries},
    )
    return {
        (unit_id, indicator_id, period): version
        for unit_id, indicator_id, period, version in rows.values_list(
            "unit", "indicator", "period", "version"
        )
    }


def _written(fact: Result, before: Versions) -> Written:
    earlier = before.get((fact.unit_id, fact.indicator_id, fact.period))
    if earlier is None:
        return Written(fact, "created")
    return Written(fact, "unchanged" if fact.version == earlier else "updated")


def _explained(error: DomainError, group: Group) -> Iterator[Fault]:
    """Put each problem on the item it is about; one that names none stands at all of the group."""
    places = {entry.indicator.code: index for index, entry in group}
    is_conflict = isinstance(error, VersionConflict)
    facts = _current(group) if is_conflict else {}
    for problem in error.problems:
        named = places.get(problem.key)
        for index, entry in group:
            if named in (None, index):
                yield Fault(
                    _where(index),
                    str(problem),
                    CONFLICT if is_conflict else problem.code,
                    index,
                    _stored(facts.get(entry.indicator.pk)) if is_conflict else None,
                )


def _current(group: Group) -> dict[int, Result]:
    entry = group[0][1]
    rows = Result.objects.filter(unit=entry.unit, period=entry.period.code)
    return {row.indicator_id: row for row in rows}


def _stored(fact: Result | None) -> dict[str, object]:
    """The fact another edit left behind, so that a person can choose."""
    if fact is None:
        return {"value": None, "answer": "", "version": 0}
    value = None if fact.value is None else plain(fact.value)
    return {"value": value, "answer": fact.answer, "version": fact.version}
