"""The figures that documents state, as rows under headings, and the filter that narrows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from django.db.models import Q

from plans.enums import TargetKind
from plans.evaluators import Verdict
from plans.models import Target
from plans.pages.verdicts import Judged, Verdicts
from plans.querysets import TargetQuerySet
from plans.wording import plan_heading, section_words, value_words, years_words


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of a document, in words. `blocker`: what a verdict lacks, as its file has it."""

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
    judged: Judged | None = None

    @property
    def is_blocked(self) -> bool:
        """What is lacking has not come yet: no verdict can be given."""
        told = self.judged is not None and self.judged.found.verdict is not Verdict.NO_DATA
        return bool(self.blocker) and not told

    @property
    def has_remarks(self) -> bool:
        return bool(self.note or self.caveat or self.blocker)


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Figures under one heading, in document order."""

    heading: str
    rows: tuple[FigureRow, ...]


class Sorting(StrEnum):
    DOCUMENT = ""
    GAP = "lech"  # worst relative gap first


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader is looking for. Empty strings ask for everything."""

    words: str = ""
    theme: str = ""
    agency: str = ""
    annex: str = ""
    verdict: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.words or self.theme or self.agency or self.annex or self.verdict)

    def apply(self, targets: TargetQuerySet) -> list[Target]:
        """Read the figures of the theme, agency and annex in which every word occurs.

        Words in any letter case. The verdict is for `rows_of`: it is known later.
        """
        if self.theme:
            targets = targets.filter(indicator__theme__code=self.theme)
        if self.agency:
            targets = targets.of_agency(self.agency)
        for word in self.words.split():
            # iregex: SQLite's LIKE folds ASCII letters only, and "đào" must find "Đào".
            pattern = re.escape(word)
            targets = targets.filter(
                Q(label__iregex=pattern)
                | Q(label_en__iregex=pattern)
                | Q(section__iregex=pattern)
                | Q(scope_label__iregex=pattern)
                | Q(indicator__name__iregex=pattern)
                | Q(indicator__name_en__iregex=pattern)
            )
        found = targets.to_assess().order_by("plan__order", "order")
        # A list in JSON: SQLite cannot be asked what it contains.
        return [row for row in found if not self.annex or self.annex in _annexes(row)]


def _annexes(target: Target) -> list[str]:
    return [str(number) for number in target.annexes]


def annexes_of(targets: Iterable[Target]) -> tuple[str, ...]:
    """The annexes that figures are reported in, as a filter offers them."""
    return tuple(sorted({number for target in targets for number in _annexes(target)}))


def figure_row(target: Target, judged: Judged | None = None) -> FigureRow:
    return FigureRow(
        code=target.code,
        label=target.label,
        value=value_words(target),
        kind="" if target.kind == TargetKind.RESULT else target.get_kind_display(),
        years=years_words(target.year_from, target.year_to),
        scope=_scope_words(target),
        section=section_words(target.section),
        annexes=", ".join(_annexes(target)),
        note=target.note,
        caveat=target.caveat,
        blocker=target.blocker,
        assumed=target.assumed,
        is_result=target.kind == TargetKind.RESULT,
        plan_code=target.plan.code,
        plan_heading=plan_heading(target.plan),
        theme=target.indicator.theme.name,
        indicator=target.indicator.name,
        judged=judged,
    )


def _scope_words(target: Target) -> str:
    """The scope as the document has it; a unit other than the plan's own is named."""
    if target.unit_id == target.plan.unit_id:
        return target.scope_label
    return target.unit.name


def rows_of(
    targets: Iterable[Target],
    verdicts: Verdicts,
    wanted: Filter,
    sorting: Sorting = Sorting.DOCUMENT,
) -> list[FigureRow]:
    """Figures with their verdicts, of the verdict asked for, in document order or worst first."""
    rows = [figure_row(target, verdicts.of(target)) for target in targets]
    if wanted.verdict:
        rows = [row for row in rows if row.judged and row.judged.mark.key == wanted.verdict]
    return sorted(rows, key=_rank) if sorting is Sorting.GAP else rows


def _rank(row: FigureRow) -> tuple[int, Decimal]:
    return row.judged.rank if row.judged is not None else (3, Decimal(0))


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
