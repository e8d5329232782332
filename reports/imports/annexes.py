"""The layouts of the annexes from a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from communes.models import Tier, UnitGroup
from indicators.models import Indicator
from plans.models import Plan
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Row,
    YamlFile,
    as_json,
    named_only,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, record_history, sync
from reports.enums import AnnexStatus
from reports.imports.formulas import formula_names
from reports.imports.shape import (
    EVERY_LINE,
    ROW_INDICATOR,
    USABLE_WIDTH_MM,
    AnnexRow,
    ColumnPart,
    LayoutPart,
    Path_,
    RowsPart,
)
from reports.models import Annex

SHARED = ("reference_line_vi", "symbols", "paper")
"""Sections that hold for every annex and are kept with each."""
LOADED = "Nhập bố cục từ tệp"
"""Why a version was made."""


def import_annexes(given: Path | str) -> Counts:
    """Bring the annex layouts to what the file says; order in the file is their order.

    `Annex.definition` keeps the whole entry together with the sections that all annexes share.
    Annexes not in the file stay. Raises DomainError and writes nothing when any row is bad.
    """
    file = read_yaml(given)
    file.allow_only(*SHARED, "annexes")
    rows = file.rows("annexes", AnnexRow)
    file.refuse_if_bad()
    with transaction.atomic():
        refuse_if(_problems(rows, _Known.read()))
        return _write(file, rows)


def _write(file: YamlFile, rows: list[Row[AnnexRow]]) -> Counts:
    plans = dict(Plan.objects.values_list("code", "pk"))
    shared = {name: as_json(file.plain(name)) for name in SHARED if name in file}
    entries = file.plain("annexes")
    wanted = {
        row.data.code: {
            "code": row.data.code,
            "order": order,
            "number": row.data.number,
            "subject": row.data.subject or "",
            "title": row.data.title_vi,
            "plan_id": plans[row.data.plan] if row.data.plan else None,
            "status": row.data.status.value,
            "definition": {**as_json(entry), **shared},
        }
        for order, (row, entry) in enumerate(zip(rows, entries, strict=True))
    }
    done = sync(Annex.objects.all(), wanted, lambda annex: annex.code)
    record_history(done.created, created=True, reason=LOADED)
    record_history(done.changed, created=False, reason=LOADED)
    return done.counts()


# ------------------------------------------------------------------ checks


@dataclass(frozen=True)
class _Known:
    plans: set[str]
    indicators: set[str]
    groups: set[str]
    tiers: set[str]

    @classmethod
    def read(cls) -> _Known:
        return cls(
            *(
                set(model._default_manager.values_list("code", flat=True))
                for model in (Plan, Indicator, UnitGroup, Tier)
            )
        )


@dataclass(frozen=True)
class _Leaf:
    """A leaf with its place in the file and, where its heading is repeated, one of the years."""

    column: ColumnPart
    path: Path_
    year: int | None

    @property
    def id(self) -> str:
        return self.dated(self.column.id or "")

    def dated(self, text: str) -> str:
        return text.replace("{year}", str(self.year)) if self.year else text


def _problems(rows: list[Row[AnnexRow]], known: _Known) -> Iterator[Problem]:
    yield from repeated(rows, lambda row: row.code, "code")
    for row in rows:
        if row.data.plan:
            yield from named_only(row, row.data.plan, known.plans, "văn bản", "plan")
        if row.data.requires_group:
            yield from named_only(
                row, row.data.requires_group, known.groups, "nhóm đơn vị", "requires_group"
            )
        if row.data.status == AnnexStatus.USABLE and not (row.data.rows and row.data.layouts):
            yield row.problem("biểu dùng được (usable) cần “rows” và “layouts”.", "status")
        if row.data.rows:
            yield from _bad_rows(row, row.data.rows, known)
        variants = [layout.variant for layout in row.data.layouts]
        for position, layout in enumerate(row.data.layouts):
            if layout.variant in variants[:position]:
                yield row.problem(
                    f"bố cục “{layout.variant}” lặp lại; bỏ một trong hai.",
                    "layouts",
                    position,
                    "variant",
                )
            yield from dict.fromkeys(_bad_layout(row, position, layout, known))


def _bad_rows(row: Row[AnnexRow], rows: RowsPart, known: _Known) -> Iterator[Problem]:
    if (rows.scope == "group") != (rows.group is not None):
        yield row.problem("scope: group đi cùng “group”, và chỉ khi đó.", "rows", "group")
    elif rows.group:
        yield from named_only(row, rows.group, known.groups, "nhóm đơn vị", "rows", "group")
    if (rows.scope == "indicators") != bool(rows.items):
        yield row.problem("scope: indicators đi cùng “items”, và chỉ khi đó.", "rows", "items")
    if rows.unit:
        yield from named_only(row, rows.unit, known.tiers, "cấp", "rows", "unit")
    for position, item in enumerate(rows.items):
        yield from named_only(
            row, item.indicator, known.indicators, "chỉ số", "rows", "items", position, "indicator"
        )


def _bad_layout(
    row: Row[AnnexRow], position: int, layout: LayoutPart, known: _Known
) -> Iterator[Problem]:
    start: Path_ = ("layouts", position)
    yield from _bad_tree(row, layout.columns, start)
    leaves = list(_leaves(layout.columns, start, None))
    ids: set[str] = set()
    for leaf in leaves:
        yield from _bad_leaf(row, leaf, known)
        if leaf.column.id and leaf.id in ids:
            yield row.problem(
                f"id “{leaf.id}” lặp lại trong bố cục; đặt id khác.", *leaf.path, "id"
            )
        ids.add(leaf.id)
    for leaf in leaves:
        if leaf.column.formula is not None:
            yield from _bad_formula(row, leaf, ids)
    total = sum((leaf.column.width or Decimal(0) for leaf in leaves), Decimal(0))
    if total > USABLE_WIDTH_MM:
        yield row.problem(
            f"các cột rộng tổng cộng {total} mm, tối đa {USABLE_WIDTH_MM} mm (A4 ngang); "
            "giảm bề rộng.",
            *start,
            "columns",
        )


def _leaves(columns: list[ColumnPart], path: Path_, year: int | None) -> Iterator[_Leaf]:
    """Leaves from left to right, those under a repeated heading once for each of its years."""
    for position, column in enumerate(columns):
        here = (*path, "columns", position)
        years: list[int | None] = [*column.for_each_year] if column.for_each_year else [year]
        for inner in years:
            if column.columns is None:
                yield _Leaf(column, here, inner)
            else:
                yield from _leaves(column.columns, here, inner)


def _bad_tree(row: Row[AnnexRow], columns: list[ColumnPart], path: Path_) -> Iterator[Problem]:
    for position, column in enumerate(columns):
        here = (*path, "columns", position)
        if column.columns is None:
            if len(column.contents) != 1:
                yield row.problem(
                    f"cột “{column.heading_vi}” có {len(column.contents)} nguồn số liệu, cần đúng "
                    "một: text, indicator, terms hoặc formula.",
                    *here,
                )
            continue
        if not column.columns:
            yield row.problem("nhóm cột rỗng; thêm cột con hoặc bỏ nhóm.", *here, "columns")
        for name in (*column.contents, *(["id"] if column.id else [])):
            yield row.problem(f"nhóm cột không có “{name}”; chuyển xuống cột con.", *here, name)
        yield from _bad_tree(row, column.columns, here)


def _bad_leaf(row: Row[AnnexRow], leaf: _Leaf, known: _Known) -> Iterator[Problem]:
    column, path = leaf.column, leaf.path
    if not re.fullmatch(r"[A-Za-z_]\w*", leaf.id):
        yield row.problem(
            f"id “{column.id or ''}” không hợp lệ; chữ không dấu, chữ số, gạch dưới, có {{year}} "
            "khi cột lặp theo năm.",
            *path,
            *(["id"] if column.id else []),
        )
    if column.width is None:
        yield row.problem(f"cột “{column.heading_vi}” chưa có bề rộng; ghi width (mm).", *path)
    if column.indicator or column.terms:
        for name in ("measure", "period"):
            if getattr(column, name) is None:
                yield row.problem(f"cột “{column.heading_vi}” cần “{name}”.", *path)
    if column.period == "each_year" and leaf.year is None:
        yield row.problem("each_year chỉ dùng dưới nhóm cột có for_each_year.", *path, "period")
    yield from _bad_codes(row, leaf, known)


def _bad_codes(row: Row[AnnexRow], leaf: _Leaf, known: _Known) -> Iterator[Problem]:
    """Indicators must exist; one for each line of a unit, or one for all."""
    rows, path = row.data.rows, leaf.path
    for line, code in (leaf.column.indicator or {}).items():
        at = (*path, "indicator", *([line] if line else []))
        if code == ROW_INDICATOR:
            if rows and rows.scope != "indicators":
                yield row.problem("$row chỉ dùng khi mỗi dòng là một chỉ số (rows.items).", *at)
        else:
            yield from named_only(row, code, known.indicators, "chỉ số", *at)
    for line, terms in (leaf.column.terms or {}).items():
        for position, (_, code) in enumerate(terms):
            at = (*path, "terms", *([line] if line else []), position, 1)
            yield from named_only(row, code, known.indicators, "chỉ số", *at)
    suffixes = {line.suffix for line in rows.lines} if rows else set()
    for name in ("indicator", "terms"):
        lines = set(getattr(leaf.column, name) or {EVERY_LINE: 0}) - {EVERY_LINE}
        if lines and lines != suffixes:
            yield row.problem(
                f"có các dòng {', '.join(sorted(lines))}; cần đúng các dòng của rows.lines: "
                f"{', '.join(sorted(suffixes)) or 'không có'}.",
                *path,
                name,
            )


def _bad_formula(row: Row[AnnexRow], leaf: _Leaf, ids: set[str]) -> Iterator[Problem]:
    formula = leaf.dated(leaf.column.formula or "")
    try:
        names = formula_names(formula)
    except ValueError as error:
        yield row.problem(str(error), *leaf.path, "formula")
        return
    for name in sorted(names):
        yield from named_only(row, name, ids - {leaf.id}, "cột", *leaf.path, "formula")
