"""What is said of the line of totals: of how many units each column is, what the plan promises.

Else a reader sets sums of different units beside one another, and takes a plan that gives no
figure for the very year for one that promises nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from communes.models import Unit
from indicators.enums import AppliesTo
from indicators.periods import Period
from plans.enums import TargetKind
from plans.milestones import in_force
from plans.models import Amendment, Plan, Target
from plans.wording import plan_heading, value_words
from reports.annexes.cells import CellMaker
from reports.annexes.lines import Line, Place
from reports.annexes.spec import Layout, Measure, Timing
from reports.annexes.table import CellKind, Row, RowKind

_PROMISED = (TargetKind.LEVEL, TargetKind.CUMULATIVE)
"""Kinds whose figure a column of the year's plan would be measured against."""
_IN_A_RUN = 3
"""Columns side by side from which on the first and the last are named."""


def uneven_notes(
    lines: Sequence[Line],
    rows: Sequence[Row],
    layout: Layout,
    cells: CellMaker,
) -> list[str]:
    """Of how many units each figure of the total is, where its name does not say it of them all.

    `lines` and `rows` go side by side.
    """
    notes = []
    for line, row in zip(lines, rows, strict=True):
        if row.kind is not RowKind.TOTAL or row.strand.indicator:
            continue
        columns: dict[tuple[int, int], list[int]] = {}
        for place, leaf in enumerate(layout.leaves):
            counted = cells.told(line, leaf.of(row.strand))
            if counted and row.cells[place].is_number:
                columns.setdefault(counted, []).append(place)
        named = {*columns, cells.coverage(line) or (0, 0)}
        if len(named) > 1 and any(told < asked for told, asked in columns):
            of_line = f" (dòng {row.strand.label})" if row.strand.label else ""
            said = "; ".join(
                f"cột {_runs(places, layout)} của {told}/{asked} đơn vị"
                for (told, asked), places in sorted(columns.items(), reverse=True)
            )
            notes.append(f"Dòng tổng{of_line} tính từ số của các đơn vị đã có số liệu: {said}.")
    return notes


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
    line: Line, row: Row, layout: Layout, place: Place, plan: Plan | None
) -> list[str]:
    """What the unit's plan promises, for columns without a plan for the very year.

    `line` and `row` are the total's. One query, none where every year has its figure.
    """
    is_whole = place.group is None and line.unit == place.unit
    open_leaves = _unplanned(row, layout, place.period) if is_whole else {}
    if not open_leaves:
        return []
    found = _promises(place.unit, place.period, open_leaves, plan)
    later: list[str] = []
    now: list[str] = []
    for code, numbers in open_leaves.items():
        if target := found.get(code):
            said = f"cột {', '.join(numbers)} {_said(target, place.period, plan)}"
            (now if _is_of_year(target, place.period) else later).append(said)
    return [
        *(
            [f"Không giao số riêng cho năm {place.period}; chỉ tiêu: {'; '.join(later)}."]
            if later
            else []
        ),
        *([f"Chỉ tiêu năm {place.period}: {'; '.join(now)}."] if now else []),
    ]


def _said(target: Target, period: Period, plan: Plan | None) -> str:
    """đến hết năm 2025 là > 91,6%; of another plan than the form's own with its name."""
    row = in_force(target, period.end)
    if _is_of_year(target, period):
        when = ""
    elif target.kind == TargetKind.LEVEL:
        when = f"đến hết năm {row.year_to} "
    else:
        when = f"cả giai đoạn {target.year_from}-{row.year_to} "
    is_own = plan is not None and target.plan_id == plan.pk
    of_plan = "" if is_own else f"của {plan_heading(target.plan)} "
    is_sample = isinstance(row, Amendment) and row.is_sample
    return f"{when}{of_plan}là {value_words(row)}{' (minh họa)' if is_sample else ''}"


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
    rows = Target.objects.promises().filter(
        unit=unit,
        indicator__code__in=codes,
        group__isnull=True,
        each_unit=False,
        applies_to__in=["", AppliesTo.ALL],
        kind__in=_PROMISED,
    )
    rows = rows.select_related("plan", "indicator").prefetch_related("amendments__target")
    found = [row for row in rows if _speaks_of(row, period)]
    own = None if plan is None else plan.pk
    found.sort(
        key=lambda row: (row.plan_id == own, row.plan.order, -in_force(row, period.end).year_to)
    )
    return {row.indicator.code: row for row in found}


def _speaks_of(target: Target, period: Period) -> bool:
    """Has it begun, is it not over, and does it say a figure, as in force on the last day?"""
    row = in_force(target, period.end)
    is_said = row.value is not None or row.value_min is not None
    return is_said and _first_year(target) <= period.year <= row.year_to


def _is_of_year(target: Target, period: Period) -> bool:
    """Is it stated for this very year? Its column is empty then where it is no single figure."""
    is_one_year = target.kind == TargetKind.LEVEL or target.year_from == period.year
    return is_one_year and in_force(target, period.end).year_to == period.year


def _first_year(target: Target) -> int:
    """A level is stated for its last year alone, and worked on from its plan's first year on."""
    if target.kind == TargetKind.LEVEL and target.plan.year_from is not None:
        return min(target.year_from, target.plan.year_from)
    return target.year_from
