"""One screen for who has one minute: are the plans kept, which not, and where.

Source: ui design, mock 05; design, Ideas 2 and 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import ngettext

from communes.access import Action, units_for
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.freshness import Freshness, Included
from indicators.periods import Period
from plans.assessment import assess_units
from plans.models import Plan, Target
from plans.pages.sight import Reader
from plans.pages.verdicts import Count, Judged, count_promises, is_of_year, mark_of, verdicts_of
from plans.wording import day_words, plan_heading, years_words

SHOWN = 9
"""Promises on the screen, the worst first; the rest are a press away."""


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan with the counts of its verdicts: of `standing` promises `promises` are of the year."""

    plan: Plan
    heading: str
    issued: str
    years: str
    counts: tuple[Count, ...]
    promises: int
    standing: int
    is_current: bool

    @property
    def said(self) -> str:
        """The plan in a few words: what is behind and at risk; "" when nothing is."""
        numbers = {count.mark.key: count for count in self.counts}
        bad = [
            f"{numbers[key].number} {str(numbers[key].mark.label).lower()}"
            for key in ("cham", "nguy-co")
            if key in numbers
        ]
        if not bad:
            return ""
        text = ngettext(
            "{heading}: {bad} trong {n} chỉ tiêu",
            "{heading}: {bad} trong {n} chỉ tiêu",
            self.promises,
        )
        return text.format(heading=self.heading, bad=", ".join(bad), n=self.promises)


@dataclass(frozen=True, slots=True)
class Overview:
    """The screen: plans, the worst promises of the one looked at, and where they are behind.

    Only promises of the year, as on the dashboard of a unit (`is_of_year`).

    `worst` is in order of the relative gap; `single` the units of the promise `focus`.
    """

    unit: Unit
    period: Period
    stage: str
    years: tuple[int, ...]
    plans: tuple[PlanCard, ...]
    current: PlanCard | None
    headline: Judged | None
    worst: tuple[Judged, ...]
    focus: Judged | None
    single: tuple[Judged, ...]
    has_sample: bool
    fresh: Freshness | None
    included: Included

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def others(self) -> tuple[PlanCard, ...]:
        return tuple(card for card in self.plans if not card.is_current and card.said)

    @property
    def single_counts(self) -> tuple[Count, ...]:
        return count_promises(self.single)


def overview(
    unit: Unit, period: Period, stage: str, *, by: Official, plan: str = "", target: str = ""
) -> Overview:
    """Return the screen of `unit`: the promises on it and on the units below.

    `plan`, `target`: codes of what is looked at; unknown ones fall back to the first plan and
    its worst promise. The number of queries does not grow with plans, promises or units.
    """
    promised = Target.objects.promises().filter(unit__upward__ancestor=unit)
    targets = list(promised.to_assess().order_by("plan__order", "order"))
    judged = verdicts_of(targets, Reader(by, period.year, stage))
    kept = {pk: row for pk, row in (judged.rows or {}).items() if is_of_year(row, period.year)}
    verdicts = replace(judged, rows=kept)
    standing = Counter(row.found.target.plan_id for row in judged.all)
    by_plan: dict[int, list[Judged]] = {}
    for row in verdicts.all:
        by_plan.setdefault(row.found.target.plan_id, []).append(row)
    chosen = _chosen(list(by_plan.values()), unit, plan)
    cards = tuple(_card(rows, standing[pk], chosen) for pk, rows in by_plan.items())
    ranked = sorted(by_plan[chosen.pk], key=lambda row: row.rank) if chosen else []
    focus = next((row for row in ranked if row.found.target.code == target), None)
    focus = focus or (ranked[0] if ranked else None)
    return Overview(
        unit=unit,
        period=period,
        stage=stage,
        years=tuple(year for year in verdicts.years if unit.is_valid_on(Period(year).end)),
        plans=cards,
        current=next((card for card in cards if card.is_current), None),
        headline=ranked[0] if ranked else None,
        worst=tuple(ranked[:SHOWN]),
        focus=focus,
        single=_single(focus, period, stage, by) if focus else (),
        has_sample=verdicts.has_sample,
        fresh=verdicts.fresh,
        included=verdicts.included,
    )


def _chosen(plans: Sequence[Sequence[Judged]], unit: Unit, code: str) -> Plan | None:
    """The plan asked for; else the unit's own; else the first. One with verdicts comes first."""
    told = [rows for rows in plans if any(row.rank[0] < _UNJUDGED for row in rows)]
    found = [rows[0].found.target.plan for rows in [*told, *plans]]
    asked = [row for row in found if row.code == code]
    own = [row for row in found[: len(told)] if row.unit_id == unit.pk]
    return next(iter([*asked, *own, *found]), None)


_UNJUDGED = 2
"""The rank of what has no verdict (`Judged.rank`)."""


def _card(rows: Sequence[Judged], standing: int, chosen: Plan | None) -> PlanCard:
    plan = rows[0].found.target.plan
    return PlanCard(
        plan=plan,
        heading=plan_heading(plan),
        issued=day_words(plan.issued_on),
        years=years_words(plan.year_from, plan.year_to),
        counts=count_promises(rows),
        promises=len(rows),
        standing=standing,
        is_current=chosen is not None and plan.pk == chosen.pk,
    )


def _single(focus: Judged, period: Period, stage: str, by: Official) -> tuple[Judged, ...]:
    """The units of a promise one by one, the worst first: of its group, else those below.

    Only those whose figures the reader may see.
    """
    target = focus.found.target
    found = list(focus.found.members)
    if not found:
        day = Period(focus.found.judged_year).end
        below = Unit.objects.filter(parent=target.unit).valid_on(day).select_related("tier")
        seen = units_for(by, Action.VIEW).values("pk")
        units = list(below.filter(pk__in=seen).official_order())
        found = assess_units(target, units, period, stage) if units else []
    asked = [row for row in found if not row.is_outside and (row.expected or row.reported)]
    rows = [Judged(row, mark_of(row)) for row in asked]
    return tuple(sorted(rows, key=lambda row: row.rank))
