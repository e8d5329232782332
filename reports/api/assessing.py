"""A plan's promises, judged, as the API and a CSV file give them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404

from communes.models import Official, Unit
from indicators.periods import Period
from plans.assessment import Assessment, assess, visible_targets
from plans.evaluators import Forecast
from plans.models import Plan, Target
from reports.api import naming
from reports.api.decimals import rounded


@dataclass(frozen=True, slots=True)
class AssessmentItem:
    """One target, judged. Figures are in the target's unit of measure, to six decimals."""

    target: str
    label: str
    kind: str
    section: str
    theme: str
    indicator: str
    unit: str
    unit_name: str
    group: str | None
    period: str
    stage: str
    comparator: str
    value: Decimal | None
    value_min: Decimal | None
    value_max: Decimal | None
    unit_of_measure: str
    year_to: int
    decision: str | None
    verdict: str
    reasons: tuple[str, ...]
    actual: Decimal | None
    expected: Decimal | None
    goal: Decimal | None
    gap: Decimal | None
    needed_per_year: Decimal | None
    remaining_years: int
    forecast: Decimal | None
    forecast_low: Decimal | None
    forecast_high: Decimal | None
    forecast_method: str | None
    reported: int
    expected_units: int
    absent: tuple[str, ...]
    has_sample: bool
    pending: bool
    explanation: str
    formula: tuple[str, ...]
    members: tuple[AssessmentItem, ...] = ()


def targets_to_judge(
    official: Official, plan_code: str, reference: str, period: Period
) -> tuple[list[Target], Unit | None]:
    """The plan's targets whose figures the caller may see, and the unit asked for, if any.

    Raises Http404 for an unknown plan or one of which nothing is theirs, Refusal (404) for a
    unit that is none of theirs.
    """
    plan = Plan.objects.filter(code=plan_code).first()
    if plan is None:
        raise Http404
    targets = list(plan.targets.to_assess().order_by("order", "pk"))
    seen = visible_targets(official, targets)
    if reference:
        unit = naming.find_unit(official, reference, period)
        # Named by the unit itself, a group is still all of its members.
        hidden = {row.pk for row in targets if row.group_id and row.unit_id == unit.pk}
        hidden -= {row.pk for row in seen}
        return [row for row in targets if row.pk not in hidden], unit
    if targets and not seen:
        raise Http404
    return seen, None


def judged(
    targets: Sequence[Target], period: Period, stage: str, unit: Unit | None, by: Official
) -> list[AssessmentItem]:
    """One item a target, in the order given. A constant number of queries.

    Units that have not reported are named only to who may see them.
    """
    found = assess(targets, period, stage, unit)
    absent = {gone.pk: gone for row in found for gone in row.absent}
    seen = naming.visible_units(by, absent.values())
    return [_item(row, seen) for row in found]


def _item(row: Assessment, seen: Collection[int]) -> AssessmentItem:
    target, terms, outcome = row.target, row.terms, row.outcome
    forecast = outcome.forecast
    return AssessmentItem(
        target=target.code,
        label=target.label,
        kind=target.kind,
        section=target.section,
        theme=target.theme,
        indicator=target.indicator.code,
        unit=row.unit.reference,
        unit_name=row.unit.name,
        group=target.group.code if target.group else None,
        period=row.period.code,
        stage=row.stage,
        comparator=terms.comparator,
        value=terms.value,
        value_min=terms.low,
        value_max=terms.high,
        unit_of_measure=target.unit_of_measure,
        year_to=terms.year_to,
        decision=row.amendment.decision_number if row.amendment else None,
        verdict=outcome.verdict.value,
        reasons=tuple(reason.value for reason in outcome.reasons),
        actual=_six(outcome.actual),
        expected=_six(outcome.expected),
        goal=_six(outcome.goal),
        gap=_six(outcome.gap),
        needed_per_year=_six(outcome.needed),
        remaining_years=outcome.remaining,
        **_forecast(forecast),
        reported=row.reported,
        expected_units=row.expected,
        absent=tuple(unit.reference for unit in row.absent if unit.pk in seen),
        has_sample=row.has_sample,
        pending=row.pending,
        explanation=row.explanation,
        formula=row.formula,
        members=tuple(_item(member, seen) for member in row.members),
    )


def _forecast(found: Forecast | None) -> dict[str, Any]:
    return {
        "forecast": _six(found.value) if found else None,
        "forecast_low": _six(found.low) if found else None,
        "forecast_high": _six(found.high) if found else None,
        "forecast_method": found.method if found else None,
    }


def _six(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)
