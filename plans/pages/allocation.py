"""Reading for the allocation page: a figure, the units it is split over, what was given before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from plans.cascade import STAGE, Ground, Manner, covers, ground_of
from plans.cascade.combining import decimals_of, unit_words
from plans.cascade.proposing import words_of
from plans.enums import AllocationState, PlannedMeasure, TargetComparator
from plans.milestones import COUNTING, Planned, planned
from plans.models import Allocation, AllocationShare, Milestone, Plan
from plans.wording import plan_heading, section_words


@dataclass(frozen=True, slots=True)
class Subject:
    """What an address of the page names: whose figure, of which year, under which plan."""

    plan: Plan
    unit: Unit
    indicator: Indicator
    period: Period
    measure: str

    @property
    def plan_name(self) -> str:
        return plan_heading(self.plan)

    @property
    def query(self) -> str:
        return f"?don-vi={self.unit.reference}&do={self.measure}"


@dataclass(frozen=True, slots=True)
class Given:
    """A planned figure in words with the document it comes from."""

    who: str
    words: str
    document: str
    plan_code: str


@dataclass(frozen=True, slots=True)
class AllocationPage:
    """Everything the page shows, but for what is typed into it.

    `now`: the milestones in force, by unit pk. `draft_shares`: what the draft says. `issued`:
    latest first. `suggested`: the total to begin with, one step inside a strict promise.
    """

    subject: Subject
    ground: Ground
    draft: Allocation | None
    draft_shares: Mapping[int, Decimal | None]
    now: Mapping[int, Decimal]
    issued: tuple[Allocation, ...]
    given: tuple[Given, ...]
    suggested: Decimal | None

    @property
    def decimals(self) -> int:
        return decimals_of(self.subject.indicator)

    @property
    def unit_of_measure(self) -> str:
        return unit_words(self.subject.indicator, self.subject.measure)

    @property
    def start_unit(self) -> str:
        return unit_words(self.subject.indicator, PlannedMeasure.VALUE)

    @property
    def has_base(self) -> bool:
        return self.ground.manner is Manner.WEIGHTED

    @property
    def base_name(self) -> str:
        """What a rate is weighed by, in the words of the column."""
        years = sorted({base.year for base in self.ground.bases.values()})
        if not years:
            return _("Mẫu số")
        return _("Mẫu số {years}").format(years=", ".join(str(year) for year in years))

    @property
    def without_start(self) -> list[Unit]:
        """Units that a split by the starting figures passes over."""
        return [row.unit for row in self.ground.children if row.start is None]

    @property
    def has_measures(self) -> bool:
        return self.ground.manner is not Manner.COUNT

    @property
    def has_sample(self) -> bool:
        is_sample = any(row.has_sample for row in (self.ground.unit, *self.ground.children))
        return is_sample or any(row.is_sample for row in self.issued)


def subject_of(
    code: str, indicator: str, period: Period, unit: str, measure: str
) -> Subject | None:
    """Find what an address names; None where there is no such thing, or the plan is not about it.

    `unit` is a reference, empty for the plan's own unit.
    """
    plan = Plan.objects.select_related("unit__tier", "unit__parent__tier").filter(code=code).first()
    figure = Indicator.objects.select_related("opening_indicator").filter(code=indicator).first()
    if plan is None or figure is None or measure not in PlannedMeasure.values:
        return None
    units = Unit.objects.select_related("tier", "parent__tier")
    place = units.named(unit, on=period.end) if unit else plan.unit
    if place is None or not covers(plan, place, period):
        return None
    return Subject(plan, place, figure, period, measure)


def allocation_page(subject: Subject, by: Official) -> AllocationPage:
    """Return the page as `by` may see it. The number of queries does not grow with the units."""
    ground = ground_of(
        unit=subject.unit,
        indicator=subject.indicator,
        period=subject.period,
        measure=subject.measure,
        stage=STAGE,
    )
    kept = list(_kept(subject))
    draft = next((row for row in kept if row.state == AllocationState.DRAFT), None)
    shares = {row.unit_id: row.value for row in draft.shares.all()} if draft else {}
    found = _planned_above(subject)
    own = found.get(subject.unit.pk)
    return AllocationPage(
        subject=subject,
        ground=ground,
        draft=draft,
        draft_shares=shares,
        now=_now(subject, ground),
        issued=tuple(row for row in kept if row.state == AllocationState.ISSUED)[::-1],
        given=_given(subject, found, by),
        suggested=_suggested(ground, own),
    )


def _kept(subject: Subject) -> list[Allocation]:
    rows = Allocation.objects.filter(
        plan=subject.plan,
        unit=subject.unit,
        indicator=subject.indicator,
        period=subject.period.code,
        measure=subject.measure,
    )
    shares = AllocationShare.objects.select_related("unit").order_by("unit__code", "pk")
    return list(
        rows.select_related("by").prefetch_related(Prefetch("shares", shares)).order_by("pk")
    )


def _now(subject: Subject, ground: Ground) -> dict[int, Decimal]:
    rows = Milestone.objects.filter(
        plan=subject.plan,
        unit__in=[row.unit for row in ground.children],
        indicator=subject.indicator,
        period=subject.period.code,
        measure=subject.measure,
    )
    return dict(rows.values_list("unit", "value"))


def _planned_above(subject: Subject) -> dict[int, Planned]:
    unit = subject.unit
    units = [unit, *([unit.parent] if unit.parent else [])]
    found = planned(units, [subject.indicator], subject.period, kinds=COUNTING, within=subject.plan)
    return {
        pk: row for (pk, _indicator, measure), row in found.items() if measure == subject.measure
    }


def _given(subject: Subject, found: Mapping[int, Planned], by: Official) -> tuple[Given, ...]:
    above = subject.unit.parent
    units = [subject.unit]
    if above is not None and access.can(by, Action.VIEW, above):
        units.insert(0, above)
    return tuple(
        Given(unit.name, _words(subject, row), _document(row), row.plan.code)
        for unit in units
        if (row := found.get(unit.pk)) is not None
    )


_SIGNS: dict[str, str] = {
    TargetComparator.AT_LEAST: "≥ ",
    TargetComparator.ABOVE: "> ",
    TargetComparator.AT_MOST: "≤ ",
    TargetComparator.BELOW: "< ",
    TargetComparator.ABOUT: "≈ ",
}


def _words(subject: Subject, row: Planned) -> str:
    sign = _SIGNS.get(row.comparator, "")
    is_share = not row.counts_units and decimals_of(subject.indicator) != subject.indicator.decimals
    if is_share:
        return f"{sign}{row.value.normalize():f}%"
    return sign + words_of(subject.indicator, subject.measure, row.value)


def _document(row: Planned) -> str:
    heading = plan_heading(row.plan)
    if row.decision is not None and row.decision.decision_number:
        return _("{plan}; QĐ {number}").format(plan=heading, number=row.decision.decision_number)
    return f"{heading}, {section_words(row.target.section)}" if row.target else heading


def _suggested(ground: Ground, own: Planned | None) -> Decimal | None:
    """The unit's own figure; less than 1.500 households is 1.499 to be given at the most."""
    if own is None:
        return None
    value = own.value
    if ground.manner is Manner.COUNT and not own.counts_units:
        exact = value * ground.unit.units / ground.indicator.scale
        value = exact.to_integral_value(rounding="ROUND_CEILING")
        return value + 1 if value == exact and own.comparator == TargetComparator.ABOVE else value
    step = Decimal(1).scaleb(-decimals_of(ground.indicator))
    if own.comparator == TargetComparator.BELOW:
        return value - step
    return value + step if own.comparator == TargetComparator.ABOVE else value
