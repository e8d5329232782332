"""The figures that documents state, as rows under headings, and the filter that narrows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q, QuerySet

from plans.enums import TargetKind
from plans.models import Target
from plans.wording import plan_heading, value_words, years_words


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
        kind="" if target.kind == TargetKind.RESULT else target.get_kind_display(),
        years=years_words(target.year_from, target.year_to),
        scope=_scope_words(target),
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


def _scope_words(target: Target) -> str:
    """The scope as the document has it; a unit other than the plan's own is named."""
    if target.unit_id == target.plan.unit_id:
        return target.scope_label
    return target.unit.name


def rows_of(targets: QuerySet[Target]) -> list[FigureRow]:
    found = targets.select_related("plan", "unit", "indicator__theme").order_by(
        "plan__order", "order"
    )
    return [_figure_row(target) for target in found]


def by_theme(rows: Iterable[FigureRow], order: Sequence[str]) -> tuple[FigureGroup, ...]:
    """Rows under their theme, themes in the order of the entry form, rows as they came."""
    themes: dict[str, list[FigureRow]] = {name: [] for name in order}
    for row in rows:
        themes.setdefault(row.theme, []).append(row)
    return tuple(FigureGroup(name, tuple(found)) for name, found in themes.items() if found)


def by_section(rows: Iterable[FigureRow]) -> tuple[FigureGroup, ...]:
    """Rows under the section that states them, in document order."""
    return tuple(
        FigureGroup(section, tuple(found))
        for section, found in groupby(rows, key=lambda row: row.section)
    )
