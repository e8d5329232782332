"""Reading for the plan pages: the tree of documents, and one document with all its figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from communes.models import UnitGroup
from indicators.models import Theme
from indicators.periods import Period
from plans.enums import ParentStatus, PlanStatus, TargetComparator, TargetKind
from plans.models import LinkedDocument, Plan, Responsibility, Target
from povertyplan.lib.numbers import format_number

_SIGNS = {
    TargetComparator.AT_LEAST: "≥ ",
    TargetComparator.ABOVE: "> ",
    TargetComparator.AT_MOST: "≤ ",
    TargetComparator.BELOW: "< ",
    TargetComparator.EQUAL: "",
}


# -- words for what a document says ------------------------------------------------------------


def day_words(text: str) -> str:
    """Write a date kept as 2021-02-08 or 2021-02 as 08/02/2021 or tháng 02/2021; "" stays ""."""
    parts = text.split("-")
    if len(parts) == 3:
        return "/".join(reversed(parts))
    if len(parts) == 2:
        return _("tháng {month}/{year}").format(month=parts[1], year=parts[0])
    return text


def years_words(year_from: int | None, year_to: int | None) -> str:
    """2021–2025 or năm 2024; "" when the document names no years."""
    if year_from is None or year_to is None:
        return ""
    if year_from == year_to:
        return _("năm {year}").format(year=year_from)
    return f"{year_from}–{year_to}"


def _plain(value: Decimal | None) -> str:
    """A number with the decimals the document gave it."""
    if value is None:
        return "–"
    exponent = value.normalize().as_tuple().exponent
    return format_number(value, max(-exponent, 0) if isinstance(exponent, int) else 0)


def value_words(target: Target) -> str:
    """The stated figure as read: ≥ 10,77 điểm % · 300–350 lượt người · khoảng 500 người."""
    if target.comparator == TargetComparator.RANGE:
        number = f"{_plain(target.value_min)}–{_plain(target.value_max)}"
    elif target.comparator == TargetComparator.ABOUT:
        number = _("khoảng {number}").format(number=_plain(target.value))
    else:
        number = _SIGNS[TargetComparator(target.comparator)] + _plain(target.value)
    space = "" if target.unit_of_measure == "%" else " "
    return f"{number}{space}{target.unit_of_measure}"


# -- one figure ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of a document, in words. `blocker`: why no verdict can be given, if so."""

    code: str
    label: str
    value: str
    kind: str
    years: str
    scope: str
    section: str
    annexes: str
    note: str
    caveat: str
    blocker: str
    assumed: bool
    is_result: bool
    plan_code: str
    plan_heading: str
    theme: str
    indicator: str

    @property
    def has_remarks(self) -> bool:
        return bool(self.note or self.caveat or self.blocker)


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Figures under one heading, in document order."""

    heading: str
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader is looking for. Empty strings ask for everything."""

    words: str = ""
    theme: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.words or self.theme)

    def apply(self, targets: QuerySet[Target]) -> QuerySet[Target]:
        """Narrow to the theme and to figures in which every word occurs, in any letter case."""
        if self.theme:
            targets = targets.filter(indicator__theme__code=self.theme)
        for word in self.words.split():
            # iregex: SQLite's LIKE folds ASCII letters only, and "đào" must find "Đào".
            pattern = re.escape(word)
            targets = targets.filter(
                Q(label__iregex=pattern)
                | Q(section__iregex=pattern)
                | Q(scope_label__iregex=pattern)
                | Q(indicator__name__iregex=pattern)
            )
        return targets


def _figure_row(target: Target) -> FigureRow:
    return FigureRow(
        code=target.code,
        label=target.label,
        value=value_words(target),
        kind=target.get_kind_display(),
        years=years_words(target.year_from, target.year_to),
        scope=target.scope_label,
        section=target.section,
        annexes=", ".join(str(number) for number in target.annexes),
        note=target.note,
        caveat=target.caveat,
        blocker=target.blocker,
        assumed=target.assumed,
        is_result=target.kind == TargetKind.RESULT,
        plan_code=target.plan.code,
        plan_heading=plan_heading(target.plan),
        theme=target.indicator.theme.name,
        indicator=target.indicator.name,
    )


def _rows(targets: QuerySet[Target]) -> list[FigureRow]:
    found = targets.select_related("plan", "indicator__theme").order_by("plan__order", "order")
    return [_figure_row(target) for target in found]


def _by_theme(rows: Iterable[FigureRow], order: Sequence[str]) -> tuple[FigureGroup, ...]:
    """Rows under their theme, themes in the order of the entry form, rows as they came."""
    themes: dict[str, list[FigureRow]] = {name: [] for name in order}
    for row in rows:
        themes.setdefault(row.theme, []).append(row)
    return tuple(FigureGroup(name, tuple(found)) for name, found in themes.items() if found)


def _by_section(rows: Iterable[FigureRow]) -> tuple[FigureGroup, ...]:
    """Rows under the section that states them, in document order."""
    return tuple(
        FigureGroup(section, tuple(found))
        for section, found in groupby(rows, key=lambda row: row.section)
    )


# -- the tree --------------------------------------------------------------------------------


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


def plan_heading(plan: Plan) -> str:
    """Kind and number; a document without a number is told apart by who issued it."""
    return plan.heading if plan.number else f"{plan.kind} – {plan.issuer}"


def _status_words(plan: Plan) -> str:
    if plan.status == PlanStatus.CITED:
        return _("Chưa có toàn văn")
    if plan.status == PlanStatus.FOUND:
        return _("Có ở nguồn công khai khác, chưa nhập chỉ tiêu")
    return ""


def _counted(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    is_result = Q(targets__kind=TargetKind.RESULT)
    return plans.annotate(
        promises=Count("targets", filter=~is_result, distinct=True),
        results=Count("targets", filter=is_result, distinct=True),
    )


def _node(plan: Plan) -> PlanNode:
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
        replace(_node(plan), children=_grow(plans, plan.pk))
        for plan in plans
        if plan.parent_id == parent_id
    )


def plan_tree(wanted: Filter) -> PlanTree:
    """Return every document with its counts, and the figures a filter asks for. Three queries."""
    plans = list(_counted(Plan.objects.order_by("order")))
    themes = tuple(Theme.objects.order_by("order"))
    rows = _rows(wanted.apply(Target.objects.all())) if wanted.is_set else []
    return PlanTree(
        roots=_grow(plans, None),
        documents=len(plans),
        without_text=sum(plan.status == PlanStatus.CITED for plan in plans),
        promises=sum(getattr(plan, "promises", 0) for plan in plans),
        results=sum(getattr(plan, "results", 0) for plan in plans),
        themes=themes,
        found=_by_theme(rows, [theme.name for theme in themes]),
        found_count=len(rows),
    )


# -- one document ----------------------------------------------------------------------------


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
    plan = (
        _counted(Plan.objects.filter(code=code)).select_related("parent", "unit", "group").first()
    )
    if plan is None:
        return None
    themes = _themes_of(plan)
    rows = _rows(wanted.apply(plan.targets.all()))
    results = [row for row in rows if row.is_result]
    promises = [row for row in rows if not row.is_result]
    names = [theme.name for theme in themes]
    return PlanPage(
        plan=plan,
        node=_node(plan),
        parent=_node(plan.parent) if plan.parent else None,
        also_implements=tuple(_node(other) for other in plan.also_implements.order_by("order")),
        children=tuple(_node(child) for child in _counted(plan.children.order_by("order"))),
        group=_group_scope(plan),
        annexes=", ".join(str(number) for number in plan.annexes_cited),
        promises=_by_section(promises) if by_section else _by_theme(promises, names),
        results=_by_section(results) if by_section else _by_theme(results, names),
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
