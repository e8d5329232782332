"""The dashboard of a unit: conclusions, promises, returns, the table of units, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from communes.access import Action, sees_below, units_for
from communes.models import Official, Unit
from indicators.figures import figures
from indicators.periods import Period
from plans.evaluators import Verdict
from plans.models import Plan, Target
from plans.pages.verdicts import MARKS, Mark
from plans.wording import plan_heading
from reports.dashboards.changes import Changes, changes
from reports.dashboards.columns import choose
from reports.dashboards.handing_in import HandingIn, Sent, handing_in
from reports.dashboards.heat import GAPS_EACH, Heat, figure_heat, promise_heat
from reports.dashboards.heat_cells import SMALL_BASE, Ground
from reports.dashboards.heat_columns import (
    FIGURES,
    PLAN,
    THEME,
    Option,
    columns_of,
    options,
    plans_of,
)
from reports.dashboards.heat_sorting import sorted_heat
from reports.dashboards.pages import UnitPage, unit_page
from reports.dashboards.promises import Promises, promises


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: stage, the table's content and order, the day to look back to.

    `is_full`: every unit of a long table, not the first alone.
    """

    stage: str
    table: str = ""
    sort: str = ""
    since: str = ""
    is_full: bool = False

    @property
    def theme(self) -> str:
        return self.table.removeprefix(THEME) if self.table.startswith(THEME) else ""


_TINTED = (Verdict.MET, Verdict.ON_TRACK, Verdict.AT_RISK, Verdict.OFF_TRACK)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page shows. `shown`: what the table shows, as the address says it.

    Not `is_open`: the reader sees the unit alone, and no unit below is named.
    """

    is_open: bool
    page: UnitPage
    promises: Promises
    handing_in: HandingIn | None
    heat: Heat | None
    shown: str
    plan: Plan | None
    options: tuple[Option, ...]
    changes: Changes

    @property
    def plan_name(self) -> str:
        return plan_heading(self.plan) if self.plan else ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The legend of the table's tints."""
        return tuple(MARKS[verdict] for verdict in _TINTED)

    @property
    def small_base(self) -> int:
        return SMALL_BASE

    @property
    def gaps_each(self) -> int:
        return GAPS_EACH

    @property
    def has_sample(self) -> bool:
        table = self.page.table
        return bool(table and table.has_sample) or self.promises.has_sample


def board(unit: Unit, period: Period, asked: Asked, *, by: Official) -> Board:
    """Return the dashboard of `unit`. The number of queries does not grow with units."""
    is_open = sees_below(by, unit)
    page = unit_page(unit, period, asked.stage, asked.theme)
    page = page if is_open else _unnamed(page)
    children = page.children if is_open else []
    told = promises(unit, period, asked.stage, by=by)
    panel, sent = handing_in(unit, children, period) if is_open else (None, {})
    seen = units_for(by, Action.VIEW).filter(pk__in=[unit.pk, *(row.pk for row in children)])
    ground = Ground(period, asked.stage, frozenset(seen.values_list("pk", flat=True)))
    table = _Table(page, children, told, sent, ground, asked.table)
    return Board(
        is_open=is_open,
        page=page,
        promises=told,
        handing_in=panel,
        heat=_shown(table.heat, asked) if table.heat else None,
        shown=table.shown,
        plan=table.plan,
        options=tuple(options(table.plans, page.themes, table.shown)),
        changes=_changes(page, asked, told, is_open=is_open),
    )


def _shown(heat: Heat, asked: Asked) -> Heat:
    return replace(sorted_heat(heat, asked.sort), is_full=asked.is_full)


def _unnamed(page: UnitPage) -> UnitPage:
    """How many units lack figures, and not which; of mergers below it none."""
    included = page.included
    return replace(
        page,
        included=replace(included, lacking=()) if included else None,
        merged=tuple(row for row in page.merged if row.predecessor_id == page.unit.pk),
    )


class _Table:
    """Which promises or figures the table shows, and the table itself."""

    def __init__(
        self,
        page: UnitPage,
        children: Sequence[Unit],
        told: Promises,
        sent: dict[int, Sent],
        ground: Ground,
        asked: str,
    ) -> None:
        self.page, self.sent, self.ground = page, sent, ground
        self.children = children
        self.known = told.own
        self.targets = self._targets()
        self.plans = plans_of(self.targets)
        self.plan: Plan | None = None
        self.shown = asked if asked.startswith(THEME) else FIGURES
        self.heat = self._promises(asked) or self._figures()

    def _targets(self) -> list[Target]:
        """What can be looked at unit by unit: only where each unit below is the reader's to see."""
        is_open = all(child.pk in self.ground.seen for child in self.children)
        if not (self.children and is_open and self.ground.period.is_year):
            return []
        bound = Target.objects.promises().filter(unit__downward__descendant=self.page.unit)
        lasting = bound.filter(year_to__gte=self.ground.period.year)
        return list(lasting.to_assess().order_by("plan__order", "order"))

    def _promises(self, asked: str) -> Heat | None:
        """The plan asked for; without a choice the nearest that speaks of the units below."""
        if asked and not asked.startswith(PLAN):
            return None
        code = asked.removeprefix(PLAN)
        for plan in [row for row in self.plans if not code or row.code == code]:
            targets = columns_of(
                plan, self.targets, self.children, self.ground.period, self.ground.stage
            )
            if targets:
                self.plan, self.shown = plan, PLAN + plan.code
                return promise_heat(
                    self.page.unit, self.children, targets, self.sent, self.ground, self.known
                )
        return None

    def _figures(self) -> Heat | None:
        table = self.page.table
        if not self.children or table is None:
            return None
        indicators = [column.indicator for column in table.choice.columns]
        return figure_heat(self.page.unit, self.children, indicators, self.sent, self.ground)


def _changes(page: UnitPage, asked: Asked, told: Promises, *, is_open: bool) -> Changes:
    """Of the main figures; of the verdicts on the unit's own promises."""
    choice = choose("") if page.theme else page.choice
    main = [column.indicator for column in choice.columns]
    found = figures([page.unit], main, [page.period], page.stage)
    return changes(
        page.unit,
        page.period,
        page.stage,
        asked=asked.since,
        whole={key[1]: figure for key, figure in found.items()},
        indicators=main,
        targets=[row.target for row in told.own.values()],
        is_open=is_open,
    )
