"""What a report in words is asked about: whose, when, which kind, by which documents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from communes import access
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Plan, Target
from reports.enums import NarrativeKind


@dataclass(frozen=True, slots=True)
class Asked:
    """`by` reads it: units below are named only to who may see them one by one."""

    unit: Unit
    period: Period
    kind: str
    stage: str
    plans: tuple[Plan, ...]
    by: Official

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def judged(self) -> Period:
        """The year whose verdicts are told: promises are judged by whole years."""
        return self.period if self.period.is_year else Period(self.period.year - 1)

    @property
    def is_open(self) -> bool:
        return access.sees_below(self.by, self.unit)


def plans_in_force(unit: Unit, period: Period) -> list[Plan]:
    """Documents that promise something of `unit` in a period: its own first, then the nearest's."""
    promising = Target.objects.promises().values("plan")
    found = Plan.objects.filter(
        pk__in=promising,
        unit__downward__descendant=unit,
        year_from__lte=period.year,
        year_to__gte=period.year,
    )
    return list(found.order_by("unit__downward__depth", "order").select_related("unit"))


def plans_without_figures(unit: Unit, period: Period) -> list[Plan]:
    """Documents in force of which the system knows no promise yet, so that none is told of."""
    promising = Target.objects.promises().values("plan")
    found = Plan.objects.exclude(pk__in=promising).filter(
        unit__downward__descendant=unit, year_from__lte=period.year, year_to__gte=period.year
    )
    return list(found.order_by("unit__downward__depth", "order"))


def chosen(plans: list[Plan], codes: Collection[str]) -> tuple[Plan, ...]:
    """Those asked for; without a choice those of the unit nearest to it."""
    asked = tuple(plan for plan in plans if plan.code in codes)
    if asked or not plans:
        return asked
    return tuple(plan for plan in plans if plan.unit_id == plans[0].unit_id)


def kind_of(period: Period, asked: str) -> str | None:
    """Which kind a period and a word of the address ask for; None for what there is not."""
    if period.part == "H":
        return NarrativeKind.HALF
    if not period.is_year:
        return None
    return NarrativeKind.FINAL if asked == NarrativeKind.FINAL else NarrativeKind.YEAR
