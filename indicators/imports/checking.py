"""Checks of the catalogue that need more than one row: names, kinds, circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from communes.models import Tier, UnitGroup
from indicators.enums import (
    Aggregation,
    IndicatorKind,
)
from indicators.imports.shape import NEEDED, OUT_OF_PLACE, CatalogueFile, IndicatorRow
from indicators.models import Indicator, IndicatorTerm, SeriesBreak, Theme
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Row,
    named_only,
    repeated,
)


class _Known:
    """Everything a row may name: what the file defines and what is stored."""

    def __init__(self, file: CatalogueFile) -> None:
        self.themes = {row.data.code for row in file.themes} | codes_of(Theme)
        self.breaks = {row.data.code for row in file.breaks} | codes_of(SeriesBreak)
        self.groups = {row.data.code for row in file.groups} | codes_of(UnitGroup)
        self.tiers = codes_of(Tier)
        self.stored = dict(Indicator.objects.values_list("code", "kind"))
        self.kinds: dict[str, str] = self.stored | {
            row.data.code: row.data.kind for row in file.indicators
        }


def codes_of(model: type[Any]) -> set[str]:
    return set(model.objects.values_list("code", flat=True))


def problems_in(file: CatalogueFile) -> Iterator[Problem]:
    yield from repeated(file.themes, lambda row: row.code, "code")
    yield from repeated(file.breaks, lambda row: row.code, "code")
    yield from repeated(file.groups, lambda row: row.code, "code")
    yield from repeated(file.indicators, lambda row: row.code, "code")
    yield from repeated(file.aliases, lambda row: row.alias, "alias")
    known = _Known(file)
    for row in file.indicators:
        yield from _misfits(row)
        yield from _unknown_names(row, known)
        yield from _unfit_inputs(row, known)
    for alias in file.aliases:
        yield from named_only(alias, alias.data.use, known.kinds, "chỉ số", "use")
        if alias.data.alias in known.kinds:
            yield alias.problem("trùng mã một chỉ số; đặt tên khác cho bí danh.", "alias")
    yield from _circles(file.indicators)
    yield from _still_used(file.indicators, known)


def _misfits(row: Row[IndicatorRow]) -> Iterator[Problem]:
    """Fields that the kind needs or cannot have."""
    data = row.data
    for name in NEEDED[data.kind]:
        if getattr(data, name) is None:
            yield row.problem(f"chỉ số loại {data.kind} cần “{name}”; bổ sung.", name)
    for name in OUT_OF_PLACE[data.kind]:
        if getattr(data, name) is not None:
            yield row.problem(f"chỉ số loại {data.kind} không có “{name}”; bỏ đi.", name)
    if data.aggregation == Aggregation.WEIGHTED_MEAN and data.weight is None:
        yield row.problem("bình quân gia quyền cần “weight” (chỉ số làm quyền số).", "weight")
    if data.aggregation != Aggregation.WEIGHTED_MEAN and data.weight is not None:
        yield row.problem(
            "chỉ weighted_mean mới có quyền số; bỏ đi hoặc sửa aggregation.", "weight"
        )
    if data.hard_min is not None and data.hard_max is not None and data.hard_min > data.hard_max:
        yield row.problem(f"hard_min {data.hard_min} lớn hơn hard_max {data.hard_max}.", "hard_min")
    if data.prefill and (data.prefill.indicator is None) == (data.prefill.sum_of is None):
        yield row.problem("cần đúng một trong hai: indicator hoặc sum_of.", "prefill")


def _unknown_names(row: Row[IndicatorRow], known: _Known) -> Iterator[Problem]:
    data = row.data
    yield from named_only(row, data.theme, known.themes, "lĩnh vực", "theme")
    if data.group:
        yield from named_only(row, data.group, known.groups, "nhóm đơn vị", "group")
    for position, code in enumerate(data.series_breaks):
        yield from named_only(row, code, known.breaks, "mốc đứt chuỗi", "series_breaks", position)
    for field in ("entered_at", "entered_at_two_tier"):
        tier = getattr(data, field)
        if tier:
            yield from named_only(row, tier, known.tiers, "cấp", field)
    if data.opening_indicator:
        yield from named_only(
            row, data.opening_indicator, known.kinds, "chỉ số", "opening_indicator"
        )


def _unfit_inputs(row: Row[IndicatorRow], known: _Known) -> Iterator[Problem]:
    """What must be typed in: terms of ratios, weights, parts of a proposed value."""
    for path, code in _inputs_of(row.data):
        unknown = list(named_only(row, code, known.kinds, "chỉ số", *path))
        yield from unknown
        if not unknown and known.kinds[code] != IndicatorKind.INPUT:
            yield row.problem(
                f"“{code}” không phải chỉ số nhập trực tiếp; tỷ lệ chỉ tính từ số nhập.", *path
            )
    condition = row.data.condition
    if condition:
        path = ("condition", "indicator")
        unknown = list(named_only(row, condition.indicator, known.kinds, "chỉ số", *path))
        yield from unknown
        if not unknown and known.kinds[condition.indicator] == IndicatorKind.SHARE_OF_UNITS:
            yield row.problem(
                "điều kiện phải dựa trên số nhập hoặc tỷ lệ, không dựa trên tỷ lệ đơn vị.", *path
            )


def _inputs_of(data: IndicatorRow) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for field in ("numerator", "denominator"):
        for position, code in enumerate(getattr(data, field) or []):
            yield (field, position), code
    for field in ("weight", "of_which"):
        if getattr(data, field):
            yield (field,), getattr(data, field)
    if data.prefill:
        for position, code in enumerate(data.prefill.inputs):
            yield ("prefill", "sum_of" if data.prefill.sum_of else "indicator", position), code


def _circles(rows: list[Row[IndicatorRow]]) -> Iterator[Problem]:
    """Indicators that lead back to themselves by one kind of reference."""
    for field, follow in FOLLOWED.items():
        graph = {row.data.code: follow(row.data) for row in rows}
        for row in rows:
            if _leads_back(graph, row.data.code):
                yield row.problem(
                    f"“{row.data.code}” đi vòng về chính nó qua “{field}”; bỏ một tham chiếu.",
                    field,
                )


FOLLOWED: dict[str, Callable[[IndicatorRow], list[str]]] = {
    "of_which": lambda data: [data.of_which] if data.of_which else [],
    "opening_indicator": lambda data: [data.opening_indicator] if data.opening_indicator else [],
    "weight": lambda data: [data.weight] if data.weight else [],
    "prefill": lambda data: (
        data.prefill.inputs if data.prefill and data.prefill.period_offset == 0 else []
    ),
}


def _leads_back(graph: Mapping[str, list[str]], start: str) -> bool:
    waiting, seen = list(graph[start]), set()
    while waiting:
        code = waiting.pop()
        if code == start:
            return True
        if code not in seen:
            seen.add(code)
            waiting += graph.get(code, [])
    return False


def _still_used(rows: list[Row[IndicatorRow]], known: _Known) -> Iterator[Problem]:
    """A stored input that a ratio outside the file is made of cannot become something else."""
    in_file = {row.data.code: row for row in rows}
    turned = {
        code
        for code, row in in_file.items()
        if known.stored.get(code) == IndicatorKind.INPUT and row.data.kind != IndicatorKind.INPUT
    }
    used = IndicatorTerm.objects.filter(input__code__in=turned).exclude(indicator__code__in=in_file)
    for code, owner in used.values_list("input__code", "indicator__code"):
        yield in_file[code].problem(
            f"chỉ số “{owner}” đang tính từ “{code}” nên phải giữ loại input.", "kind"
        )
