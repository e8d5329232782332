"""The cascade: what a unit was given, what those below were given, and whether it adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes.models import Unit
from indicators.models import Indicator
from indicators.periods import Period
from plans.cascade.combining import Combined, Manner, combine, decimals_of, manner_of, unit_words
from plans.cascade.ground import Ground, Standing, ground_of
from plans.cascade.proposing import signed, words_of
from plans.enums import PlannedMeasure, TargetComparator, TargetKind
from plans.evaluators import Terms, shown
from plans.milestones import COUNTING, Planned, planned
from plans.models import Plan
from plans.wording import plan_heading

NAMED = 4
"""How many units a sentence names before it only counts."""


@dataclass(frozen=True, slots=True)
class CascadeRow:
    """One unit of the cascade. Values unrounded, in the cascade's unit of measure.

    `planned` with its `source` (a milestone given from above, or a target); `start` is where
    the year starts from, `actual` what was reached; `gap` = planned less actual. `reported` of
    `expected` units stand behind `actual`. `base` and `base_year`: what a rate weighs.
    """

    unit: Unit
    planned: Decimal | None
    source: Planned | None
    start: Decimal | None
    actual: Decimal | None
    gap: Decimal | None
    reported: int
    expected: int
    base: Decimal | None
    base_year: int | None
    is_sample: bool

    @property
    def decision_number(self) -> str:
        """The decision that gave the figure; empty for a figure of the plan itself."""
        decision = self.source.decision if self.source else None
        return decision.decision_number if decision else ""

    @property
    def document(self) -> str:
        """The plan that the figure stands in, as cited."""
        return plan_heading(self.source.plan) if self.source else ""

    @property
    def sign(self) -> str:
        """≥ or < before a figure that a document states so."""
        return _SIGNS.get(self.source.comparator, "") if self.source else ""

    @property
    def is_partial(self) -> bool:
        return 0 < self.reported < self.expected


_SIGNS: dict[str, str] = {
    TargetComparator.AT_LEAST: "≥ ",
    TargetComparator.ABOVE: "> ",
    TargetComparator.AT_MOST: "≤ ",
    TargetComparator.BELOW: "< ",
    TargetComparator.ABOUT: "≈ ",
}


@dataclass(frozen=True, slots=True)
class Cascade:
    """One figure of one year, tier by tier. `children` in official order.

    `above`: the parent unit, None at the top. `gap`: the children put together less what `own`
    was given, None while a child is missing; `is_problem`: on the bad side of it, None = cannot
    be said; `finding` says it in a sentence. `missing` and `without_base` name units.
    """

    plan: Plan
    indicator: Indicator
    period: Period
    measure: str
    stage: str
    above: CascadeRow | None
    own: CascadeRow
    children: tuple[CascadeRow, ...]
    left_out: tuple[Unit, ...]
    combined: Combined
    gap: Decimal | None
    gap_words: str
    is_problem: bool | None
    finding: str
    missing: tuple[Unit, ...]
    without_base: tuple[Unit, ...]
    starts_from: str

    @property
    def unit(self) -> Unit:
        return self.own.unit

    @property
    def decimals(self) -> int:
        return decimals_of(self.indicator)

    @property
    def unit_of_measure(self) -> str:
        return unit_words(self.indicator, self.measure)

    @property
    def start_unit(self) -> str:
        return unit_words(self.indicator, PlannedMeasure.VALUE)

    @property
    def has_sample(self) -> bool:
        rows = [self.own, *self.children, *([self.above] if self.above else [])]
        return any(row.is_sample for row in rows)


def cascade_of(
    *, plan: Plan, unit: Unit, indicator: Indicator, period: Period, measure: str, stage: str
) -> Cascade:
    """Return the cascade of one figure from the unit above `unit` down to those right below it.

    Milestones of `plan` come before those of other plans, milestones before targets. The number
    of queries does not grow with the children.
    """
    ground = ground_of(unit=unit, indicator=indicator, period=period, measure=measure, stage=stage)
    standings = [*([ground.above] if ground.above else []), ground.unit, *ground.children]
    units = [row.unit for row in standings]
    found = planned(units, [indicator], period, kinds=COUNTING, within=plan)
    rows = {
        row.unit.pk: _row(ground, row, found.get((row.unit.pk, indicator.pk, measure)))
        for row in standings
    }
    own = rows[unit.pk]
    given = {row.unit.pk: rows[row.unit.pk].planned for row in ground.children}
    combined = combine(indicator, given, ground.bases)
    names = {row.unit.pk: row.unit for row in ground.children}
    gap, is_problem = _gap(ground, own, combined)
    return Cascade(
        plan=plan,
        indicator=indicator,
        period=period,
        measure=measure,
        stage=stage,
        above=rows[ground.above.unit.pk] if ground.above else None,
        own=own,
        children=tuple(rows[row.unit.pk] for row in ground.children),
        left_out=ground.left_out,
        combined=combined,
        gap=gap,
        gap_words="" if gap is None else signed(indicator, gap),
        is_problem=is_problem,
        finding=_finding(ground, own, combined, names, gap, is_problem),
        missing=tuple(names[pk] for pk in combined.missing),
        without_base=tuple(names[pk] for pk in combined.without_base),
        starts_from=ground.starts_from,
    )


def _row(ground: Ground, row: Standing, source: Planned | None) -> CascadeRow:
    value = None if source is None else _value(ground, row, source)
    gap = None if value is None or row.actual is None else value - row.actual
    base = row.base if ground.manner is Manner.WEIGHTED else None
    return CascadeRow(
        unit=row.unit,
        planned=value,
        source=source,
        start=row.start,
        actual=row.actual,
        gap=gap,
        reported=row.reported,
        expected=row.units,
        base=base.value if base else None,
        base_year=base.year if base else None,
        is_sample=row.has_sample or (source is not None and source.is_sample),
    )


def _value(ground: Ground, row: Standing, source: Planned) -> Decimal:
    """The planned figure; a share of units as how many units that is."""
    if ground.manner is Manner.COUNT and not source.counts_units:
        return source.value * row.units / ground.indicator.scale
    return source.value


def _gap(ground: Ground, own: CascadeRow, combined: Combined) -> tuple[Decimal | None, bool | None]:
    """The children less the unit's own figure, and whether that breaks it.

    Like with like: nothing is said while a child has no figure.
    """
    if own.planned is None or own.source is None or combined.value is None:
        return None, None
    if not combined.is_complete:
        return None, None
    decimals = decimals_of(ground.indicator)
    if ground.manner is Manner.COUNT and not own.source.counts_units:
        terms = _terms(ground, own.source, own.source.value, ground.indicator.decimals)
        return combined.value - own.planned, not terms.reached(combined.share or Decimal(0))
    terms = _terms(ground, own.source, own.planned, decimals)
    gap = shown(combined.value, decimals) - shown(own.planned, decimals)
    return gap, not terms.reached(combined.value)


def _terms(ground: Ground, source: Planned, value: Decimal, decimals: int) -> Terms:
    is_change = ground.measure == PlannedMeasure.CHANGE_POINTS
    target = source.target
    return Terms(
        kind=TargetKind.CHANGE_PER_YEAR if is_change else TargetKind.LEVEL,
        comparator=source.comparator,
        direction=target.direction if target else ground.indicator.direction,
        year_from=ground.period.year,
        year_to=ground.period.year,
        value=value,
        decimals=decimals,
        about_margin=target.about_margin if target else Decimal(0),
    )


# -- in words ----------------------------------------------------------------------------------


def _finding(
    ground: Ground,
    own: CascadeRow,
    combined: Combined,
    names: Mapping[int, Unit],
    gap: Decimal | None,
    is_problem: bool | None,
) -> str:
    if combined.value is None:
        return combined.reason
    said = _said(ground, combined)
    if not combined.is_complete:
        return _("Mới ghép được {n}/{of} đơn vị, {said}; {absent}.").format(
            n=combined.count, of=combined.of, said=said, absent=_absent(combined, names)
        )
    if gap is None or own.planned is None:
        return _("{of} đơn vị {said}; chưa có mức của cả {tier} để so.").format(
            of=combined.of, said=said, tier=own.unit.tier.name.lower()
        )
    goal = own.sign + words_of(ground.indicator, ground.measure, own.planned)
    if not shown(gap, decimals_of(ground.indicator)):
        end = _("bằng đúng mức, chưa đạt") if is_problem else _("vừa đúng mức")
        return _("Các đơn vị {said}, {end} {goal}.").format(said=said, end=end, goal=goal)
    way = _("vượt") if gap > 0 else _("thấp hơn")
    judged = _("không khớp:") if is_problem else _("bảo đảm:")
    amount = words_of(ground.indicator, ground.measure, abs(gap))
    return _("Các đơn vị {said}, {judged} {way} mức {goal} là {amount}.").format(
        said=said, judged=judged, way=way, goal=goal, amount=amount
    )


def _said(ground: Ground, combined: Combined) -> str:
    value = words_of(ground.indicator, ground.measure, combined.value or Decimal(0))
    templates = {
        Manner.SUM: _("cộng lại {value}"),
        Manner.WEIGHTED: _("ghép theo mẫu số được {value}"),
        Manner.MEAN: _("bình quân giản đơn {value}"),
        Manner.COUNT: _("được giao đạt: {value}"),
    }
    return templates[manner_of(ground.indicator)].format(value=value)


def _absent(combined: Combined, names: Mapping[int, Unit]) -> str:
    parts = []
    if combined.missing:
        parts.append(_("chưa có mức giao: {names}").format(names=_named(combined.missing, names)))
    if combined.without_base:
        parts.append(
            _("chưa có mẫu số: {names}").format(names=_named(combined.without_base, names))
        )
    return "; ".join(parts)


def _named(pks: tuple[int, ...], names: Mapping[int, Unit]) -> str:
    words = ", ".join(names[pk].short_name for pk in pks[:NAMED])
    rest = len(pks) - NAMED
    return (
        ngettext("{words} và {n} đơn vị khác", "{words} và {n} đơn vị khác", rest).format(
            words=words, n=rest
        )
        if rest > 0
        else words
    )
