"""The figures documents state, promises and reported results, from one file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from django.db import transaction
from pydantic import Field

from communes.imports import UnitRegister
from communes.models import Unit, UnitGroup
from indicators.enums import AppliesTo, Direction
from indicators.models import Indicator, IndicatorAlias
from plans.enums import TargetComparator, TargetKind
from plans.models import Plan, Target
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Flag,
    LongCode,
    Number,
    Record,
    Row,
    UnitCode,
    Year,
    named_only,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, sync


class ScopeRow(Record):
    """What the scope of a figure means, in words and in units."""

    code: LongCode
    label_vi: Annotated[str, Field(min_length=1, max_length=200)]
    group: str | None = None
    each_unit: Flag = False
    applies_to: AppliesTo | None = None


class FigureRow(Record):
    id: LongCode
    document: str
    section: Annotated[str, Field(min_length=1, max_length=200)]
    admin_unit: str | None = None
    unit_code: UnitCode | None = None
    scope: LongCode
    theme: Annotated[str, Field(min_length=1, max_length=60)]
    indicator: str
    label_vi: Annotated[str, Field(min_length=1, max_length=300)]
    label_en: Annotated[str, Field(max_length=300)] = ""
    kind: TargetKind
    result_shape: TargetKind | None = None
    comparator: TargetComparator
    value: Number | None = None
    value_min: Number | None = None
    value_max: Number | None = None
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    period_start: Year
    period_end: Year
    annex: list[str] = []
    direction: Direction
    notes: str | None = None
    notes_vi: str | None = None
    assumed: Flag = False
    caveat_vi: str | None = None
    blocker_vi: str | None = None
    blocker_group: str | None = None  # for readers: the group of the scope says the same
    on_average: Flag = False
    risk_margin_pct: Annotated[Number, Field(gt=0, lt=1000)] | None = None
    about_margin_pct: Annotated[Number, Field(ge=0, lt=1000)] | None = None


@dataclass(frozen=True)
class _Scope:
    label: str
    group_id: int | None = None
    each_unit: bool = False
    applies_to: str = ""


def import_targets(given: Path | str) -> Counts:
    """Bring the figures to what the file says, matched by id; figures not in the file stay.

    The unit is the one of `unit_code`, else of the name in `admin_unit`, on the last day of the
    figure's first year (or the first, when it did not last the year). Scopes that the file does
    not explain keep the words stored for them. Raises DomainError and writes nothing when any
    row is bad.
    """
    file = read_yaml(given)
    file.allow_only("documents", "scopes", "figures", "other_numbers")
    scopes = file.rows("scopes", ScopeRow, required=False)
    rows = file.rows("figures", FigureRow)
    file.refuse_if_bad()
    with transaction.atomic():
        names = _Names(scopes)
        refuse_if(_problems(rows, scopes, names))
        wanted = {
            row.data.id: _attributes(order, row.data, names) for order, row in enumerate(rows)
        }
        return sync(Target.objects.all(), wanted, lambda target: target.code).counts()


# ------------------------------------------------------------------ what a figure may name


class _Names:
    """Plans, indicators under every name, scopes and units. Read once."""

    def __init__(self, scopes: list[Row[ScopeRow]]) -> None:
        self.plans = dict(Plan.objects.values_list("code", "pk"))
        self.indicators = dict(Indicator.objects.values_list("code", "pk"))
        self.indicators |= dict(IndicatorAlias.objects.values_list("alias", "indicator"))
        self.groups = dict(UnitGroup.objects.values_list("code", "pk"))
        self.register = UnitRegister()
        self.units = self.register.by_pk
        stored = Target.objects.values_list(
            "scope", "scope_label", "group", "each_unit", "applies_to"
        )
        self.scopes = {
            code: _Scope(label, group, each, applies)
            for code, label, group, each, applies in stored
        }
        for row in scopes:
            group = self.groups.get(row.data.group) if row.data.group else None
            self.scopes[row.data.code] = _Scope(
                row.data.label_vi, group, row.data.each_unit, row.data.applies_to or ""
            )

    def scope(self, code: str) -> _Scope:
        return self.scopes.get(code) or _Scope(code, self.groups.get(code))

    def unit(self, data: FigureRow) -> Unit | str:
        """The figure's unit, or why there is none."""
        days = [date(data.period_start, 12, 31), date(data.period_start, 1, 1)]
        if data.unit_code:
            found = self.register.on(data.unit_code, *days)
            return found or self.register.why_not(data.unit_code, days[0])
        named = [self._named(data.admin_unit or "", day) for day in days]
        for units in named:
            if len(units) == 1:
                return units[0]
        if named[0]:
            codes = ", ".join(sorted(unit.code for unit in named[0]))
            return (
                f"“{data.admin_unit}” có thể là nhiều đơn vị (mã {codes}); ghi thêm tên cấp trên "
                "trong ngoặc hoặc ghi unit_code."
            )
        return (
            f"không có đơn vị “{data.admin_unit}” trong năm {data.period_start}; ghi tên đầy đủ và "
            "các cấp trên trong ngoặc, ví dụ “Xã Pa Cheo (Bát Xát, Lào Cai)”, hoặc ghi unit_code."
        )

    def _named(self, text: str, day: date) -> list[Unit]:
        """Units of that name on that day, below everything that the parentheses name."""
        name, _, inside = unicodedata.normalize("NFC", text).partition("(")
        parts = [part.strip() for part in inside.rstrip(") ").split(",") if part.strip()]
        return [
            unit
            for unit in self.register.by_name.get(name.strip(), ())
            if unit.is_valid_on(day) and all(self._is_below(unit, part) for part in parts)
        ]

    def _is_below(self, unit: Unit, part: str) -> bool:
        above = self.units.get(unit.parent_id or 0)
        while above is not None:
            if above.name == part or above.name.endswith(f" {part}"):
                return True
            above = self.units.get(above.parent_id or 0)
        return False


# ------------------------------------------------------------------ checks across rows


def _problems(
    rows: list[Row[FigureRow]], scopes: list[Row[ScopeRow]], names: _Names
) -> Iterator[Problem]:
    yield from repeated(rows, lambda row: row.id, "id")
    yield from repeated(scopes, lambda row: row.code, "code")
    for scope in scopes:
        if scope.data.group:
            yield from named_only(scope, scope.data.group, names.groups, "nhóm đơn vị", "group")
    explained = {scope.data.code for scope in scopes}
    for row in rows:
        yield from named_only(row, row.data.document, names.plans, "văn bản", "document")
        yield from named_only(row, row.data.indicator, names.indicators, "chỉ số", "indicator")
        if explained:
            yield from named_only(row, row.data.scope, explained, "phạm vi", "scope")
        unit = names.unit(row.data)
        if isinstance(unit, str):
            yield row.problem(unit, "unit_code" if row.data.unit_code else "admin_unit")
        yield from _bad_value(row)


def _bad_value(row: Row[FigureRow]) -> Iterator[Problem]:
    data = row.data
    is_range = data.comparator == TargetComparator.RANGE
    for name in ("value_min", "value_max") if is_range else ("value",):
        if getattr(data, name) is None:
            yield row.problem(f"so sánh “{data.comparator}” cần “{name}”; bổ sung.", name)
    for name in ("value",) if is_range else ("value_min", "value_max"):
        if getattr(data, name) is not None:
            yield row.problem(f"so sánh “{data.comparator}” không dùng “{name}”; bỏ đi.", name)
    if (
        data.value_min is not None
        and data.value_max is not None
        and data.value_min > data.value_max
    ):
        yield row.problem("value_min lớn hơn value_max; đổi lại.", "value_min")
    if data.period_start > data.period_end:
        yield row.problem("period_start sau period_end; sửa năm.", "period_start")
    if (data.kind == TargetKind.RESULT) != (data.result_shape is not None):
        yield row.problem("result_shape đi cùng kind: result, và chỉ khi đó.", "result_shape")
    if data.result_shape == TargetKind.RESULT:
        yield row.problem("result_shape là một loại chỉ tiêu khác result.", "result_shape")


# ------------------------------------------------------------------ writing


def _attributes(order: int, data: FigureRow, names: _Names) -> dict[str, Any]:
    scope, unit = names.scope(data.scope), names.unit(data)
    # Margins that the file does not give are an administrator's to set.
    margins = {"risk_margin": data.risk_margin_pct, "about_margin": data.about_margin_pct}
    return {
        "code": data.id,
        "order": order,
        "plan_id": names.plans[data.document],
        "section": data.section,
        "unit_id": unit.pk if isinstance(unit, Unit) else None,
        "scope": data.scope,
        "scope_label": scope.label,
        "group_id": scope.group_id,
        "each_unit": scope.each_unit,
        "applies_to": scope.applies_to,
        "on_average": data.on_average,
        "theme": data.theme,
        "indicator_id": names.indicators[data.indicator],
        "label": data.label_vi,
        "label_en": data.label_en,
        "kind": data.kind.value,
        "result_shape": data.result_shape.value if data.result_shape else "",
        "comparator": data.comparator.value,
        "value": data.value,
        "value_min": data.value_min,
        "value_max": data.value_max,
        "unit_of_measure": data.unit,
        "year_from": data.period_start,
        "year_to": data.period_end,
        "annexes": data.annex,
        "direction": data.direction.value,
        "note": data.notes_vi or data.notes or "",
        "note_en": data.notes or "",
        "assumed": data.assumed,
        "caveat": data.caveat_vi or "",
        "blocker": data.blocker_vi or "",
        **{name: value for name, value in margins.items() if value is not None},
    }
