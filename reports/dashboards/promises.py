"""The promises that bind a unit, judged: made for it or given to it, else those from above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes.models import Official, Unit
from indicators.periods import Period
from plans.assessment import Assessment, assess_pairs, visible_targets
from plans.evaluators import Verdict
from plans.models import Milestone, Plan, Target
from plans.pages.verdicts import Count, Judged, count_promises, headline, is_of_year, mark_of
from plans.wording import plan_heading
from reports.dashboards.sentences import finding
from reports.dashboards.sparkline import sparkline

SHOWN = 12
"""Promises in the table, the worst first; the rest are a press away. Source: ui design, mock 03."""

_WORST_FIRST = (
    Verdict.OFF_TRACK,
    Verdict.AT_RISK,
    Verdict.ON_TRACK,
    Verdict.MET,
    Verdict.NO_DATA,
    Verdict.NOT_DUE,
)


_UNJUDGED = (Verdict.NOT_DUE, Verdict.NO_DATA)


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise with its finding in a few words; the whole sentence is `said`."""

    judged: Judged
    finding: str
    spark: SafeString

    @property
    def said(self) -> str:
        return self.judged.found.explanation

    @property
    def target(self) -> Target:
        return self.judged.found.target

    @property
    def is_own(self) -> bool:
        """Was it made for the unit itself? If not, an address has to name the unit."""
        return self.target.unit_id == self.judged.found.unit.pk

    @property
    def year_to(self) -> int:
        return self.judged.found.terms.year_to

    @property
    def absent(self) -> tuple[Unit, ...]:
        return self.judged.found.absent


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised of a unit in a year; `rows` are the first of `all`.

    `elsewhere`: how many more of its own promises are of other years or not its to keep.
    """

    rows: tuple[PromiseRow, ...]
    all: tuple[Judged, ...]
    counts: tuple[Count, ...]
    headline: str
    has_sample: bool
    year: int = 0
    elsewhere: int = 0

    @property
    def hidden(self) -> int:
        return len(self.all) - len(self.rows)

    @property
    def year_to(self) -> int:
        """The one year that the rows are promised for; 0 where there are several."""
        years = {row.year_to for row in self.rows}
        return years.pop() if len(years) == 1 else 0

    @property
    def unjudged(self) -> int:
        return sum(self._number(verdict) for verdict in _UNJUDGED)

    @property
    def sum_words(self) -> str:
        """How the promises of the year come together, and how many of the plans are not of it."""
        said = _(
            "{all} chỉ tiêu năm {year} = {judged} đã xét + {not_due} chưa đến kỳ + "
            "{no_data} chưa kết luận."
        ).format(
            all=len(self.all),
            year=self.year,
            judged=len(self.all) - self.unjudged,
            not_due=self._number(Verdict.NOT_DUE),
            no_data=self._number(Verdict.NO_DATA),
        )
        if not self.elsewhere:
            return said
        more = ngettext(
            "Kế hoạch còn {n} chỉ tiêu không tính cho năm {year}.",
            "Kế hoạch còn {n} chỉ tiêu không tính cho năm {year}.",
            self.elsewhere,
        ).format(n=self.elsewhere, year=self.year)
        return f"{said} {more}"

    def _number(self, verdict: Verdict) -> int:
        return sum(row.found.verdict is verdict for row in self.all)

    @property
    def plans(self) -> tuple[tuple[Plan, str], ...]:
        """The plans that the promises stand in, with what each is called."""
        found = {row.found.target.plan.pk: row.found.target.plan for row in self.all}
        return tuple((plan, plan_heading(plan)) for plan in found.values())

    @property
    def own(self) -> dict[int, Assessment]:
        """What was promised for the unit itself, by target pk."""
        rows = (row.found for row in self.all)
        return {row.target.pk: row for row in rows if row.target.unit_id == row.unit.pk}


NOTHING = Promises((), (), (), "", has_sample=False)


def promises(unit: Unit, period: Period, stage: str, *, by: Official) -> Promises:
    """Judge the promises that bind `unit`, which `by` may see, in a year: made for it, or given.

    Where none was made for it, those of the nearest unit above that hold for each. Nothing for
    a part of a year. The number of queries does not grow with promises.
    """
    if not period.is_year:
        return NOTHING
    bound = Target.objects.promises().filter(unit__downward__descendant=unit)
    targets = list(bound.to_assess().order_by("plan__order", "order"))
    seen = visible_targets(by, [row for row in targets if row.unit_id == unit.pk])
    begun = [row for row in targets if row.year_from <= period.year]
    own = [row for row in begun if row.unit_id == unit.pk]
    above = _from_above(unit, [row for row in begun if row.unit_id != unit.pk], alone=not own)
    asked: list[tuple[Target, Unit | None]] = [
        (row, None) for row in seen if row.year_from <= period.year
    ]
    asked += [(row, unit) for row in above]
    found = assess_pairs(asked, period, stage)
    made = _of([Judged(row, mark_of(row)) for row in found], period)
    return replace(made, year=period.year, elsewhere=len(seen) - len(made.own))


def _from_above(unit: Unit, targets: Sequence[Target], *, alone: bool) -> list[Target]:
    """Those with milestones for `unit`; `alone`: and all of the nearest unit above that has any."""
    if not targets:
        return []
    given = set(Milestone.objects.filter(unit=unit).values_list("plan", "indicator"))
    near = _nearest(unit, targets) if alone else 0
    return [
        row for row in targets if row.unit_id == near or (row.plan_id, row.indicator_id) in given
    ]


def _nearest(unit: Unit, targets: Sequence[Target]) -> int:
    named = {row.unit_id for row in targets}
    above = Unit.objects.above(unit).values_list("pk", flat=True)
    return next(pk for pk in above if pk in named)


def _of(judged: Sequence[Judged], period: Period) -> Promises:
    running = [row for row in judged if is_of_year(row, period.year)]
    ranked = sorted(running, key=_worst_first)
    return Promises(
        rows=tuple(_row(judged) for judged in ranked[:SHOWN]),
        all=tuple(ranked),
        counts=count_promises(ranked),
        headline=headline(count_promises(ranked), period.year),
        has_sample=any(row.found.has_sample for row in ranked),
    )


def _worst_first(judged: Judged) -> tuple[int, bool, object, int]:
    """By verdict, the figures of the yearly review before others, then by the relative gap."""
    target = judged.found.target
    is_main = target.indicator.theme.household_review
    return _WORST_FIRST.index(judged.found.verdict), not is_main, judged.rank, target.order


def _row(judged: Judged) -> PromiseRow:
    return PromiseRow(judged, finding(judged), sparkline(judged))
