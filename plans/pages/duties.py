"""What an agency answers for, across plans, with verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indicators.models import Theme
from plans.models import Plan, Responsibility, Target
from plans.pages.agencies import Agency, agencies
from plans.pages.figures import FigureGroup, FigureRow, Filter, Sorting, annexes_of, rows_of
from plans.pages.sight import Reader
from plans.pages.verdicts import MARKS, Count, Mark, Verdicts, count_promises, verdicts_of
from plans.wording import plan_heading


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """One agency of one plan, with what became of its promises."""

    agency: Agency
    plan_heading: str
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class AgencyList:
    rows: tuple[AgencyRow, ...]
    verdicts: Verdicts

    @property
    def legend(self) -> tuple[Mark, ...]:
        return tuple(MARKS.values())


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """Every promise of one agency, plan by plan; sorted by gap they stand in one group."""

    code: str
    name: str
    duties: tuple[Responsibility, ...]
    groups: tuple[FigureGroup, ...]
    promises: int
    shown: int
    verdicts: Verdicts
    counts: tuple[Count, ...]
    themes: tuple[Theme, ...]
    annex_choices: tuple[str, ...]

    @property
    def judged_promises(self) -> int:
        """How many promises pass the filter, whatever their verdict."""
        return sum(count.number for count in self.counts)


def agency_list(reader: Reader) -> AgencyList:
    """Return every agency that leads something. As many queries for one as for all."""
    targets = list(Target.objects.promises().to_assess().order_by("plan__order", "order"))
    verdicts = verdicts_of(targets, reader)
    theirs = Target.objects.promises().by_agency()
    told = {row.found.target.pk: row for row in verdicts.all}
    rows = []
    for agency in agencies():
        keys = theirs.get((agency.plan.pk, agency.code), set())
        counts = count_promises(told[pk] for pk in sorted(keys & told.keys()))
        rows.append(AgencyRow(agency, plan_heading(agency.plan), counts))
    return AgencyList(tuple(rows), verdicts)


def agency_page(
    code: str, wanted: Filter, reader: Reader, sorting: Sorting = Sorting.DOCUMENT
) -> AgencyPage | None:
    """Return what the agency `code` answers for, in every plan; None if no plan names it."""
    duties = tuple(
        Responsibility.objects.filter(agency_code=code)
        .select_related("plan")
        .order_by("plan__order", "order")
    )
    if not duties:
        return None
    promised = Target.objects.promises().of_agency(code)
    stated = list(promised.to_assess().order_by("plan__order", "order"))
    chosen = wanted.apply(promised) if wanted.is_set else stated
    verdicts = verdicts_of(chosen, reader, of=stated)
    rows = rows_of(chosen, verdicts, wanted, sorting)
    themes = {row.indicator.theme.pk: row.indicator.theme for row in stated}
    return AgencyPage(
        code=code,
        name=duties[0].agency,
        duties=duties,
        groups=_groups(rows, [duty.plan for duty in duties], sorting),
        promises=len(stated),
        shown=len(rows),
        verdicts=verdicts,
        counts=count_promises(verdicts.all),
        themes=tuple(sorted(themes.values(), key=lambda theme: theme.order)),
        annex_choices=annexes_of(stated),
    )


def _groups(
    rows: Sequence[FigureRow], plans: Sequence[Plan], sorting: Sorting
) -> tuple[FigureGroup, ...]:
    if sorting is Sorting.GAP:
        return (FigureGroup("", tuple(rows)),) if rows else ()
    headings = {plan.code: plan_heading(plan) for plan in plans}
    found = (
        FigureGroup(heading, tuple(row for row in rows if row.plan_code == code))
        for code, heading in headings.items()
    )
    return tuple(group for group in found if group.rows)
