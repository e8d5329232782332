"""What is said of the line of totals: of how many units each column is, what the plan promises.

Else a reader sets sums of different units beside one another, and takes a plan that gives no
figure for the very year for one that promises nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from communes.models import Unit
from indicators.periods import Period
from plans.enums import TargetKind
from plans.milestones import in_force
from plans.models import Plan, Target
from plans.wording import plan_heading, value_words
from reports.annexes.lines import Place
from reports.annexes.recipes import RecipeBook
from reports.annexes.spec import Layout, Measure, Timing
from reports.annexes.table import CellKind, Row, RowKind

_PROMISED = (TargetKind.LEVEL, TargetKind.CUMULATIVE)
"""Kinds whose figure a column of the year's plan would be measured against."""
_IN_A_RUN = 3
"""Columns side by side from which on the first and the last are named."""


def uneven_notes(rows: Sequence[Row], layout: Layout, recipes: RecipeBook) -> list[str]:
    """Of how many units each sum of the total is, where that differs from column to column."""
    notes = []
    for row in rows:
        if row.kind is not RowKind.TOTAL or row.strand.indicator:
            continue
        columns = _counted(rows, row, layout, recipes[row.strand].additive)
        if len(columns) > 1:
            line = f" (dòng {row.strand.label})" if row.strand.label else ""
            told = "; ".join(
                f"cột {_runs(places, layout)} của {count} đơn vị"
                for count, places in sorted(columns.items(), reverse=True)
            )
            notes.append(f"Dòng tổng{line} cộng số của các đơn vị đã có số liệu: {told}.")
    return notes


def _counted(
    rows: Sequence[Row], total: Row, layout: Layout, additive: Collection[str]
) -> dict[int, list[int]]:
    """{units added up: columns with a sum}; empty where no unit lacks a figure."""
    columns: dict[int, list[int]] = {}
    lacks = False
    for place, leaf in enumerate(layout.leaves):
        is_summed = leaf.id in additive and leaf.measure is not Measure.PLAN
        if not is_summed or not total.cells[place].is_number:
            continue
        cells = [rows[below].cells[place] for below in total.units]
        count = sum(cell.is_number for cell in cells)
        lacks = lacks or any(cell.kind is CellKind.MISSING for cell in cells)
        columns.setdefault(count, []).append(place)
    return columns if lacks else {}


def _runs(places: Sequence[int], layout: Layout) -> str:
    """(4), (5), (9)–(11)."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    said: list[str] = []
    for run in runs:
        names = [f"({layout.numbers[place]})" for place in run]
        said += [f"{names[0]}–{names[-1]}"] if len(run) >= _IN_A_RUN else names
    return ", ".join(said)


def promise_notes(
    rows: Sequence[Row], layout: Layout, place: Place, plan: Plan | None
) -> list[str]:
    """What the unit's plan promises by its end, for columns without a plan for the very year.

    One query, none where every year has its figure.
    """
    total = next(row for row in rows if row.kind is RowKind.TOTAL)
    open_leaves = {} if place.group else _unplanned(total, layout, place.period)
    if not open_leaves:
        return []
    found = _promises(place.unit, place.period, open_leaves, plan)
    told = [
        f"cột {', '.join(numbers)}, {_said(found[code], place.period, plan)}"
        for code, numbers in open_leaves.items()
        if code in found
    ]
    return [f"Không giao số riêng cho năm {place.period}: {'; '.join(told)}."] if told else []


def _said(target: Target, period: Period, plan: Plan | None) -> str:
    """chỉ tiêu đến hết năm 2025 là > 91,6%; of another plan than the form's own with its name."""
    is_own = plan is not None and target.plan_id == plan.pk
    of_plan = "" if is_own else f" của {plan_heading(target.plan)}"
    return f"chỉ tiêu {_span(target)}{of_plan} là {value_words(in_force(target, period.end))}"


def _unplanned(total: Row, layout: Layout, period: Period) -> dict[str, list[str]]:
    """{indicator: numbers of its columns} of the year's plan that are empty in the total."""
    found: dict[str, list[str]] = {}
    for leaf, number, cell in zip(layout.leaves, layout.numbers, total.cells, strict=True):
        indicator = leaf.of(total.strand).indicator
        is_of_year = leaf.measure is Measure.PLAN and leaf.period in (Timing.YEAR, period.year)
        if is_of_year and not leaf.plan_of and cell.kind is CellKind.NOT_PLANNED:
            found.setdefault(indicator, []).append(f"({number})")
    return found


def _promises(
    unit: Unit, period: Period, codes: Collection[str], plan: Plan | None
) -> Mapping[str, Target]:
    """{indicator: what is promised of the unit as a whole over years that take in the period}.

    What `plan` promises comes before what others do, then the later plan, then the nearer year.
    """
    # a level is promised for its last year alone, by a plan that had begun
    begun = Q(year_from__lte=period.year) | Q(
        kind=TargetKind.LEVEL, plan__year_from__lte=period.year
    )
    rows = Target.objects.promises().filter(
        begun,
        Q(value__isnull=False) | Q(value_min__isnull=False),
        unit=unit,
        indicator__code__in=codes,
        group__isnull=True,
        each_unit=False,
        kind__in=_PROMISED,
        year_to__gte=period.year,
    )
    found = list(rows.select_related("plan", "indicator").prefetch_related("amendments__target"))
    own = None if plan is None else plan.pk
    found.sort(key=lambda row: (row.plan_id == own, row.plan.order, -row.year_to))
    return {row.indicator.code: row for row in found}


def _span(target: Target) -> str:
    if target.kind == TargetKind.LEVEL:
        return f"đến hết năm {target.year_to}"
    return f"cả giai đoạn {target.year_from}-{target.year_to}"
