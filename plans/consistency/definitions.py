"""Definitions as the checks take them: indicators, stated figures, rules over plans."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Prefetch

from indicators.enums import (
    Aggregation,
    AppliesTo,
    Direction,
    IndicatorKind,
    Measurement,
    Severity,
    TermRole,
    ValueType,
)
from indicators.models import Indicator, RuleTerm, ValidationRule
from plans.consistency.stated import Measure, Place, Relation, Span, Stated
from plans.enums import TargetKind
from plans.models import Target


def measures_of(targets: Iterable[Target]) -> dict[int, Measure]:
    """Every indicator the figures speak of, and the inputs of their ratios."""
    found: dict[int, Measure] = {}
    for target in targets:
        for term in target.indicator.terms.all():
            found.setdefault(term.input_id, _measure(term.input, with_parts=False))
    for target in targets:
        found[target.indicator_id] = _measure(target.indicator, with_parts=True)
    return found


def _measure(row: Indicator, *, with_parts: bool) -> Measure:
    terms = list(row.terms.all()) if with_parts else []
    breaks = list(row.series_breaks.all()) if with_parts else []
    return Measure(
        pk=row.pk,
        name=row.name,
        unit_of_measure=row.unit_of_measure,
        scale=row.scale,
        is_count=row.value_type == ValueType.COUNT,
        is_flow=row.measurement == Measurement.FLOW,
        adds_up=row.kind == IndicatorKind.INPUT and row.aggregation == Aggregation.SUM,
        is_share_of_units=row.kind == IndicatorKind.SHARE_OF_UNITS,
        applies_to=row.applies_to,
        of_which=row.of_which_id,
        opening=row.opening_indicator_id,
        numerator=tuple(term.input_id for term in terms if term.role == TermRole.NUMERATOR),
        denominator=tuple(term.input_id for term in terms if term.role == TermRole.DENOMINATOR),
        breaks=frozenset(int(year) for moment in breaks for year in moment.first_periods),
    )


def stated_in(target: Target, measures: dict[int, Measure]) -> Stated:
    is_result = target.kind == TargetKind.RESULT
    return Stated(
        code=target.code,
        label=target.label,
        measure=measures[target.indicator_id],
        place=_place(target),
        span=Span(target.year_from, target.year_to),
        kind=target.result_shape if is_result else target.kind,
        comparator=target.comparator,
        unit_of_measure=target.unit_of_measure,
        value=target.value,
        value_min=target.value_min,
        value_max=target.value_max,
        about_pct=target.about_margin,
        scope=target.scope,
        tier=target.unit.tier.code,
        is_urban=target.unit.is_urban,
        is_result=is_result,
        lower_is_better=target.direction == Direction.LOWER,
    )


def _place(target: Target) -> Place:
    return Place(
        target.unit_id, target.group_id, target.each_unit, target.applies_to, target.on_average
    )


def relations_on(targets: Iterable[Target]) -> tuple[Relation, ...]:
    """Rules that hold for plans and name an indicator of the figures."""
    terms = RuleTerm.objects.order_by("order")
    rules = (
        ValidationRule.objects.filter(
            is_active=True, terms__indicator__in={row.indicator_id for row in targets}
        )
        .distinct()
        .order_by("order")
        .prefetch_related(Prefetch("terms", terms), "tiers")
    )
    return tuple(_relation(rule) for rule in rules if _is_on_plans(rule))


def _is_on_plans(rule: ValidationRule) -> bool:
    return "plan" in rule.measures and not any(term.offset for term in rule.terms.all())


def _relation(rule: ValidationRule) -> Relation:
    return Relation(
        name=rule.name,
        severity=Severity(rule.severity),
        comparator=rule.comparator,
        constant=rule.constant,
        tolerance=rule.tolerance,
        terms=tuple((term.coefficient, term.indicator_id) for term in rule.terms.all()),
        tiers=frozenset(tier.code for tier in rule.tiers.all()),
        communes_only=rule.applies_to == AppliesTo.COMMUNES,
    )
