"""Every document under the one it implements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from indicators.models import Theme
from plans.enums import ParentStatus, PlanStatus, TargetKind
from plans.models import Plan, Target
from plans.pages.figures import FigureGroup, Filter, by_theme, rows_of
from plans.wording import day_words, plan_heading, years_words


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One document in the tree. `status` is empty for a text that is known."""

    code: str
    heading: str
    title: str
    issuer: str
    issued: str
    years: str
    status: str
    parent_is_inferred: bool
    promises: int
    results: int
    children: tuple[PlanNode, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanTree:
    """Every document under the one it implements; `found` holds a search's figures."""

    roots: tuple[PlanNode, ...]
    documents: int
    without_text: int
    promises: int
    results: int
    themes: tuple[Theme, ...]
    found: tuple[FigureGroup, ...]
    found_count: int


def _status_words(plan: Plan) -> str:
    if plan.status == PlanStatus.CITED:
        return _("Chưa có toàn văn")
    if plan.status == PlanStatus.FOUND:
        return _("Có ở nguồn công khai khác, chưa nhập chỉ tiêu")
    return ""


def counted(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    is_result = Q(targets__kind=TargetKind.RESULT)
    return plans.annotate(
        promises=Count("targets", filter=~is_result, distinct=True),
        results=Count("targets", filter=is_result, distinct=True),
    )


def node_of(plan: Plan) -> PlanNode:
    return PlanNode(
        code=plan.code,
        heading=plan_heading(plan),
        title=plan.title,
        issuer=plan.issuer,
        issued=day_words(plan.issued_on),
        years=years_words(plan.year_from, plan.year_to),
        status=_status_words(plan),
        parent_is_inferred=plan.parent_status == ParentStatus.INFERRED,
        promises=getattr(plan, "promises", 0),
        results=getattr(plan, "results", 0),
    )


def _grow(plans: Sequence[Plan], parent_id: int | None) -> tuple[PlanNode, ...]:
    return tuple(
        replace(node_of(plan), children=_grow(plans, plan.pk))
        for plan in plans
        if plan.parent_id == parent_id
    )


def plan_tree(wanted: Filter) -> PlanTree:
    """Return every document with its counts, and the figures a filter asks for. Three queries."""
    plans = list(counted(Plan.objects.order_by("order")))
    themes = tuple(Theme.objects.order_by("order"))
    rows = rows_of(wanted.apply(Target.objects.all())) if wanted.is_set else []
    return PlanTree(
        roots=_grow(plans, None),
        documents=len(plans),
        without_text=sum(plan.status == PlanStatus.CITED for plan in plans),
        promises=sum(getattr(plan, "promises", 0) for plan in plans),
        results=sum(getattr(plan, "results", 0) for plan in plans),
        themes=themes,
        found=by_theme(rows, [theme.name for theme in themes]),
        found_count=len(rows),
    )
