"""A plan and its promises for tests, and the figures they are judged on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from communes.models import Unit
from indicators import rollups
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.models import Milestone, Plan, Target
from tests.builders import told


def a_plan(unit: Unit, code: str = "kh", **more: Any) -> Plan:
    return Plan.objects.create(
        **{
            "code": code,
            "order": 1,
            "kind": "Kế hoạch",
            "number": "1/KH-UBND",
            "title": "Giảm nghèo 2021-2025",
            "issuer": "UBND huyện",
            "level": "district",
            "status": "seed",
            "unit": unit,
            "year_from": 2021,
            "year_to": 2025,
            **more,
        }
    )


def a_target(plan: Plan, indicator: Indicator, kind: str, value: str | None, **more: Any) -> Target:
    """A promise of the plan for its whole unit: at the end of 2025, less is better."""
    made = Target.objects.create(
        **{
            "code": f"{plan.code}-{Target.objects.count()}",
            "order": Target.objects.count(),
            "plan": plan,
            "section": "II.1",
            "unit": plan.unit,
            "scope": "all",
            "scope_label": "Toàn huyện",
            "theme": "poverty",
            "indicator": indicator,
            "label": "Hộ nghèo còn lại",
            "kind": kind,
            "comparator": "=",
            "value": None if value is None else Decimal(value),
            "unit_of_measure": "hộ",
            "year_from": 2021,
            "year_to": 2025,
            "direction": "lower_is_better",
            **more,
        }
    )
    return Target.objects.to_assess().get(pk=made.pk)


def milestone(
    plan: Plan, unit: Unit, indicator: Indicator, year: int, value: str, **more: Any
) -> Milestone:
    return Milestone.objects.create(
        **{
            "plan": plan,
            "unit": unit,
            "indicator": indicator,
            "period": str(year),
            "measure": PlannedMeasure.VALUE,
            "value": Decimal(value),
            **more,
        }
    )


def reported(
    year: int, figures: dict[Unit, dict[Indicator, str | None]], stage: str = Stage.PROVISIONAL
) -> None:
    """Let units report a year, and everything be added up."""
    for unit, values in figures.items():
        told(unit, values, Period(year), stage=stage)
    rollups.drain()
