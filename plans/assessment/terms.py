"""The terms of a target: what the document said, or the latest decision in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from plans.enums import TargetKind
from plans.evaluators import Terms
from plans.models import Amendment, Target


def amendment_in_force(amendments: Sequence[Amendment], day: date) -> Amendment | None:
    """The latest decision in force on `day`; None while the document itself is."""
    found = [row for row in amendments if row.in_force_from <= day]
    return max(found, key=lambda row: row.in_force_from, default=None)


def terms_in_force(target: Target, amendments: Sequence[Amendment], day: date) -> Terms:
    """What `target` promises on `day`. A stated result has the terms of its shape.

    A year is judged by what was in force on its last day. Source: design.md, Meaning.
    """
    said: Target | Amendment = amendment_in_force(amendments, day) or target
    return Terms(
        kind=target.result_shape if target.kind == TargetKind.RESULT else target.kind,
        comparator=said.comparator,
        direction=target.direction,
        year_from=target.year_from,
        year_to=said.year_to,
        value=said.value,
        low=said.value_min,
        high=said.value_max,
        each_unit=target.each_unit,
        on_average=target.on_average,
        decimals=_decimals(target, said),
        risk_margin=target.risk_margin,
        about_margin=target.about_margin,
    )


def _decimals(target: Target, said: Target | Amendment) -> int:
    """As many as the indicator shows, or more where the promise is finer; units are whole.

    A mean over units shows at least one: 2,4 workers a commune is not 2.
    """
    if target.kind == TargetKind.COUNT_OF_UNITS:
        return 0
    digits = [target.indicator.decimals, int(target.on_average)]
    for value in (said.value, said.value_min, said.value_max):
        exponent = value.normalize().as_tuple().exponent if value is not None else 0
        digits.append(max(-exponent, 0) if isinstance(exponent, int) else 0)
    return max(digits)


def base_year(target: Target) -> int:
    """The year at whose end the path starts: before the plan began, or the target if it is later.

    A goal "by 2025" of a plan for 2021-2025 is five years' work, so its path starts from 2020.
    """
    plan = target.plan
    inside = (
        plan.year_from is not None
        and plan.year_to is not None
        and plan.year_from <= target.year_from
        and target.year_to <= plan.year_to
    )
    return (plan.year_from if inside and plan.year_from else target.year_from) - 1
