"""One document with every figure it states."""

from __future__ import annotations

from dataclasses import dataclass

from communes.models import UnitGroup
from indicators.models import Theme
from indicators.periods import Period
from plans.models import LinkedDocument, Plan, Responsibility
from plans.pages import figures
from plans.pages.figures import FigureGroup, Filter, by_theme, rows_of
from plans.pages.tree import PlanNode, counted, node_of


@dataclass(frozen=True, slots=True)
class GroupScope:
    """The group of units a document is about, and the latest of its years with members."""

    group: UnitGroup
    period: str
    known: int


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

    @property
    def stated(self) -> int:
        return self.node.promises + self.node.results


def plan_page(code: str, wanted: Filter, *, by_section: bool = False) -> PlanPage | None:
    """Return the document `code` with the figures that pass `wanted`; None if there is none.

    The number of queries does not grow with the figures.
    """
    plan = counted(Plan.objects.filter(code=code)).select_related("parent", "unit", "group").first()
    if plan is None:
        return None
    themes = _themes_of(plan)
    rows = rows_of(wanted.apply(plan.targets.all()))
    results = [row for row in rows if row.is_result]
    promises = [row for row in rows if not row.is_result]
    names = [theme.name for theme in themes]
    return PlanPage(
        plan=plan,
        node=node_of(plan),
        parent=node_of(plan.parent) if plan.parent else None,
        also_implements=tuple(node_of(other) for other in plan.also_implements.order_by("order")),
        children=tuple(node_of(child) for child in counted(plan.children.order_by("order"))),
        group=_group_scope(plan),
        annexes=", ".join(str(number) for number in plan.annexes_cited),
        promises=figures.by_section(promises) if by_section else by_theme(promises, names),
        results=figures.by_section(results) if by_section else by_theme(results, names),
        shown=len(rows),
        assumed=sum(row.assumed for row in rows),
        doubtful=sum(bool(row.caveat) for row in rows),
        blocked=sum(bool(row.blocker) for row in rows),
        themes=themes,
        responsibilities=tuple(plan.responsibilities.order_by("order")),
        linked=tuple(plan.linked_documents.order_by("pk")),
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
