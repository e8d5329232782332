"""What the table of units shows across: promises of a plan, or plain figures of a theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from communes.models import GroupMember, Unit
from indicators.figures import FigureBook
from indicators.models import Theme
from indicators.periods import Period
from plans.assessment import is_shared, terms_in_force
from plans.models import Milestone, Plan, Target
from plans.wording import plan_heading

MOST = 12
"""Columns of promises: as many as the reference screen holds beside the units."""
FIGURES = "so-lieu"
THEME, PLAN = "lv-", "kh-"
"""What the table shows, as its address says it: the main figures, a theme, a plan."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of the table's form."""

    value: str
    label: str
    is_current: bool


def plans_of(targets: Sequence[Target]) -> list[Plan]:
    """The plans that the promises stand in: those nearest to the unit first."""
    found = {row.plan.pk: row.plan for row in targets}
    near = {row.plan.pk: row.unit.tier.rank for row in targets}
    return sorted(found.values(), key=lambda plan: (-near[plan.pk], plan.order))


def options(plans: Sequence[Plan], themes: Sequence[Theme], shown: str) -> list[Option]:
    """Everything to choose from; `shown` is what the table shows now."""
    rows = [
        *((PLAN + plan.code, plan_heading(plan)) for plan in plans),
        *((THEME + theme.code, theme.name) for theme in themes),
    ]
    return [Option(value, label, value == shown) for value, label in rows]


def columns_of(
    plan: Plan, targets: Sequence[Target], units: Sequence[Unit], period: Period, stage: str
) -> list[Target]:
    """The promises of `plan` that speak of the units one by one, in the plan's order.

    Where there are more than fit, those given to units or owed by each come first, then those
    that have figures. One promise an indicator and kind. Told by kinds, never by codes.
    """
    begun = [row for row in targets if row.plan_id == plan.pk and row.year_from <= period.year]
    wanted = _speaking(begun, units)
    book = FigureBook(units, {row.indicator for row in wanted}, [period], stage)
    given = set(
        Milestone.objects.filter(plan=plan, unit__in=units).values_list("indicator", flat=True)
    )
    scored: dict[tuple[int, str], tuple[tuple[bool, bool, int], Target]] = {}
    for row in wanted:
        asked, told = _asked(row, units, period, book)
        if asked:
            owed = row.indicator_id in given or is_shared(row, terms_in_force(row, [], period.end))
            place = not owed, not told, row.order
            scored.setdefault((row.indicator_id, row.kind), (place, row))
    best = sorted(scored.values(), key=lambda pair: pair[0])[:MOST]
    return sorted((row for _place, row in best), key=lambda row: row.order)


def _speaking(targets: Sequence[Target], units: Sequence[Unit]) -> list[Target]:
    """Without the promises on groups that none of the units belongs to."""
    groups = {row.group_id for row in targets if row.group_id}
    members = GroupMember.objects.filter(group__in=groups, unit__in=units)
    known = set(members.values_list("group", flat=True))
    return [row for row in targets if row.group_id is None or row.group_id in known]


def _asked(
    target: Target, units: Sequence[Unit], period: Period, book: FigureBook
) -> tuple[bool, bool]:
    """Is any of the units to report the figure, and has any?"""
    found = [book.figure(unit.pk, target.indicator, period) for unit in units]
    asked = any(row.expected or row.reported or row.excused for row in found)
    return asked, any(row.reported for row in found)
