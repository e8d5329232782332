"""One document with every figure it states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from communes.models import Unit, UnitGroup
from indicators.models import Theme
from indicators.periods import Period
from plans.assessment import visible_targets
from plans.consistency import Inconsistency, inconsistencies_in
from plans.models import LinkedDocument, Plan, Responsibility
from plans.pages import figures
from plans.pages.figures import (
    FigureGroup,
    FigureRow,
    Filter,
    Sorting,
    annexes_of,
    by_theme,
    rows_of,
)
from plans.pages.sight import Reader, units_to_choose
from plans.pages.tree import PlanNode, counted, node_of
from plans.pages.verdicts import (
    Count,
    Verdicts,
    count_promises,
    count_statements,
    verdicts_of,
)
from plans.querysets import LEAD


@dataclass(frozen=True, slots=True)
class GroupScope:
    """The group of units a document is about, and the latest of its years with members."""

    group: UnitGroup
    period: str
    known: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """Figures of the document that do not fit together, each by (code, label)."""

    found: Inconsistency
    targets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One document: its place in the tree, its figures, who answers for them, what it cites."""

    plan: Plan
    node: PlanNode
    parent: PlanNode | None
    also_implements: tuple[PlanNode, ...]
    children: tuple[PlanNode, ...]
    group: GroupScope | None
    annexes: str
    promises: tuple[FigureGroup, ...]
    results: tuple[FigureGroup, ...]
    shown: int
    assumed: int
    doubtful: int
    blocked: int
    themes: tuple[Theme, ...]
    responsibilities: tuple[Responsibility, ...]
    linked: tuple[LinkedDocument, ...]
    misfits: tuple[Misfit, ...]
    verdicts: Verdicts
    counts: tuple[Count, ...]
    statements: tuple[Count, ...]
    agencies: tuple[tuple[str, str], ...]
    annex_choices: tuple[str, ...]
    units: tuple[Unit, ...]

    @property
    def judged_promises(self) -> int:
        """How many promises pass the filter, whatever their verdict."""
        return sum(count.number for count in self.counts)

    @property
    def stated(self) -> int:
        return self.node.promises + self.node.results


def plan_page(
    code: str,
    wanted: Filter,
    *,
    reader: Reader | None = None,
    by_section: bool = False,
    sorting: Sorting = Sorting.DOCUMENT,
) -> PlanPage | None:
    """Return the document `code` with the figures that pass `wanted`; None if there is none.

    Figures are judged as far as `reader` may see them. Sorted by gap, they stand in one group.

    The number of queries does not grow with the figures.
    """
    plan = counted(Plan.objects.filter(code=code)).select_related("parent", "unit", "group").first()
    if plan is None:
        return None
    themes = _themes_of(plan)
    stated = list(plan.targets.to_assess().order_by("order"))
    chosen = wanted.apply(plan.targets.all()) if wanted.is_set else stated
    verdicts = verdicts_of(chosen, reader, of=stated)
    rows = rows_of(chosen, verdicts, wanted, sorting)
    results = [row for row in rows if row.is_result]
    promises = [row for row in rows if not row.is_result]
    grouped = _Grouping([theme.name for theme in themes], by_section=by_section, sorting=sorting)
    responsibilities = tuple(plan.responsibilities.order_by("order"))
    return PlanPage(
        plan=plan,
        node=node_of(plan),
        parent=node_of(plan.parent) if plan.parent else None,
        also_implements=tuple(node_of(other) for other in plan.also_implements.order_by("order")),
        children=tuple(node_of(child) for child in counted(plan.children.order_by("order"))),
        group=_group_scope(plan),
        annexes=", ".join(str(number) for number in plan.annexes_cited),
        promises=grouped.of(promises),
        results=grouped.of(results),
        shown=len(rows),
        assumed=sum(row.assumed for row in rows),
        doubtful=sum(bool(row.caveat) for row in rows),
        blocked=sum(row.is_blocked for row in rows),
        themes=themes,
        responsibilities=responsibilities,
        linked=tuple(plan.linked_documents.order_by("pk")),
        misfits=_misfits(plan, reader),
        verdicts=verdicts,
        counts=count_promises(verdicts.all),
        statements=count_statements(verdicts.all),
        agencies=_agencies(responsibilities),
        annex_choices=annexes_of(stated),
        units=_units(plan, verdicts, reader),
    )


def _agencies(responsibilities: Sequence[Responsibility]) -> tuple[tuple[str, str], ...]:
    """Code and name of each agency that leads something."""
    leads = [row for row in responsibilities if row.role == LEAD]
    return tuple({row.agency_code: row.agency for row in leads}.items())


@dataclass(frozen=True, slots=True)
class _Grouping:
    """Under which headings figures stand."""

    themes: Sequence[str]
    by_section: bool
    sorting: Sorting

    def of(self, rows: Sequence[FigureRow]) -> tuple[FigureGroup, ...]:
        if self.sorting is Sorting.GAP:
            return (FigureGroup("", tuple(rows)),) if rows else ()
        return figures.by_section(rows) if self.by_section else by_theme(rows, self.themes)


def _units(plan: Plan, verdicts: Verdicts, reader: Reader | None) -> tuple[Unit, ...]:
    period = verdicts.period
    if reader is None or period is None:
        return ()
    return units_to_choose(reader, plan.unit, plan.group, period)


def _misfits(plan: Plan, reader: Reader | None) -> tuple[Misfit, ...]:
    """What does not fit; what tells of reported figures, only to who may see them."""
    targets = {row.code: row for row in plan.targets.select_related("unit", "group")}
    seen = visible_targets(reader.official, list(targets.values())) if reader else []
    open_to = {row.code for row in seen}
    return tuple(
        Misfit(found, tuple((code, targets[code].label) for code in found.targets))
        for found in inconsistencies_in([plan])
        if not found.rests_on_reports or open_to.issuperset(found.targets)
    )


def _themes_of(plan: Plan) -> tuple[Theme, ...]:
    found = Theme.objects.filter(indicators__targets__plan=plan)
    return tuple(found.distinct().order_by("order"))


def _group_scope(plan: Plan) -> GroupScope | None:
    group = plan.group
    if group is None:
        return None
    return GroupScope(group, _last_period(plan, group).code, len(group.member_rows))


def _last_period(plan: Plan, group: UnitGroup) -> Period:
    """The latest of the plan's years on whose last day a known member existed."""
    first, last = plan.year_from or plan.year_to or 1900, plan.year_to or plan.year_from or 1900
    for year in range(last, first - 1, -1):
        period = Period(year)
        if any(row.unit.is_valid_on(period.end) for row in group.member_rows):
            return period
    return Period(last)
