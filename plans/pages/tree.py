"""Every document under the one it implements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from indicators.models import Theme
from plans.enums import ParentStatus, PlanStatus, TargetKind
from plans.models import Plan, Target
from plans.pages.figures import FigureGroup, Filter, by_theme, rows_of
from plans.pages.sight import Reader
from plans.pages.verdicts import (
    MARKS,
    Count,
    Judged,
    Mark,
    Verdicts,
    count_promises,
    count_statements,
    verdicts_of,
)
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
    counts: tuple[Count, ...] = ()
    statements: tuple[Count, ...] = ()
    year: int | None = None  # for links: the year shown, where the plan runs through it
    children: tuple[PlanNode, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanTree:
    """Every document under the one it implements; `found` holds a search's figures."""

    verdicts: Verdicts

    roots: tuple[PlanNode, ...]
    documents: int
    without_text: int
    promises: int
    results: int
    themes: tuple[Theme, ...]
    found: tuple[FigureGroup, ...]
    found_count: int

    @property
    def legend(self) -> tuple[Mark, ...]:
        """The marks of the counts, in words; none where no verdict is shown."""
        return tuple(MARKS.values()) if self.verdicts.sight else ()


def _status_words(plan: Plan) -> str:
    if plan.status == PlanStatus.CITED:
        return _("Chưa có toàn văn")
    if plan.status == PlanStatus.FOUND:
        return _("Có ở nguồn công khai khác, chưa nhập chỉ tiêu")
    return ""


def counted(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    is_result = Q(targets__kind=TargetKind.RESULT)
    return plans.annotate(
        promises=models.Count("targets", filter=~is_result, distinct=True),
        results=models.Count("targets", filter=is_result, distinct=True),
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


def _grow(
    plans: Sequence[Plan],
    told: Mapping[int, Sequence[Judged]],
    year: int | None,
    parent: int | None,
) -> tuple[PlanNode, ...]:
    return tuple(
        replace(
            node_of(plan),
            counts=count_promises(told[plan.pk]),
            statements=count_statements(told[plan.pk]),
            year=year if year and _runs_through(plan, year) else None,
            children=_grow(plans, told, year, plan.pk),
        )
        for plan in plans
        if plan.parent_id == parent
    )


def _runs_through(plan: Plan, year: int) -> bool:
    return (plan.year_from or year) <= year <= (plan.year_to or year)


def _by_plan(verdicts: Verdicts) -> Mapping[int, Sequence[Judged]]:
    found: dict[int, list[Judged]] = defaultdict(list)
    for row in verdicts.all:
        found[row.found.target.plan_id].append(row)
    return found


def plan_tree(wanted: Filter, reader: Reader | None = None) -> PlanTree:
    """Return every document with its counts, and the figures a filter asks for.

    The number of queries grows neither with documents nor with figures.
    """
    plans = list(counted(Plan.objects.order_by("order")))
    themes = tuple(Theme.objects.order_by("order"))
    targets = list(Target.objects.to_assess().order_by("plan__order", "order"))
    verdicts = verdicts_of(targets, reader)
    found = wanted.apply(Target.objects.all()) if wanted.is_set else []
    rows = rows_of(found, verdicts, wanted)
    return PlanTree(
        verdicts=verdicts,
        roots=_grow(plans, _by_plan(verdicts), reader.year if reader else None, None),
        documents=len(plans),
        without_text=sum(plan.status == PlanStatus.CITED for plan in plans),
        promises=sum(getattr(plan, "promises", 0) for plan in plans),
        results=sum(getattr(plan, "results", 0) for plan in plans),
        themes=themes,
        found=by_theme(rows, [theme.name for theme in themes]),
        found_count=len(rows),
    )
