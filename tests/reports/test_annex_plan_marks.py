"""A planned figure that is for show marks the table that prints it, and no other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from communes.models import Unit
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.rollups import drain
from plans.enums import PlannedMeasure, TargetComparator, TargetKind
from plans.models import Amendment, Milestone, Plan
from reports.annexes.build import build_table
from reports.annexes.table import Table
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured
from tests.reports.test_annex_summed import promised

MARK = "SỐ LIỆU MINH HỌA"
CUT, VALUE = PlannedMeasure.CHANGE_POINTS, PlannedMeasure.VALUE


@pytest.fixture
def measured(db: None) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def plan(places: Places) -> Plan:
    return annex_forms.plan(places.district)


@pytest.fixture
def form(places: Places, measured: Measured, plan: Plan) -> Annex:
    """All figures are real ones, and approved."""
    for unit in places.communes:
        builders.told(unit, measured.values("20", "98", "13", "8"), stage=Stage.OFFICIAL)
    drain()
    return annex_forms.annex(plan)


def shown(plan: Plan, unit: Unit, indicator: Indicator, measure: str, **more: Any) -> None:
    """A milestone that is for show."""
    of = {"unit": unit, "indicator": indicator, "period": Y2024.code, "measure": measure}
    Milestone.objects.create(plan=plan, **of, **{"value": Decimal(3), "is_sample": True, **more})


def official(form: Annex, unit: Unit, variant: str = "year") -> Table:
    return build_table(form, unit, Y2024, Stage.OFFICIAL, variant)


def test_real_plans_leave_no_mark(places: Places, measured: Measured, form: Annex) -> None:
    assert form.plan
    shown(form.plan, places.district, measured.rate, CUT, is_sample=False)

    assert official(form, places.district).marks == ()


@pytest.mark.parametrize("variant", ["year", "period"])
def test_milestone_for_show_marks_the_official_table(
    places: Places, measured: Measured, form: Annex, variant: str
) -> None:
    assert form.plan
    shown(form.plan, places.district, measured.rate, CUT)

    made = official(form, places.district, variant)

    assert made.marks == (MARK,)
    assert made.has_sample
    assert made.stamp.endswith("số liệu minh họa, chưa có giá trị báo cáo")


def test_share_of_a_plan_for_show_is_for_show(
    places: Places, measured: Measured, plan: Plan, form: Annex
) -> None:
    """The planned figure itself is not printed."""
    share = annex_forms.rate("pct", indicator="escaped", measure="pct_of_plan")
    layout = {"variant": "year", "columns": [*annex_forms.NAMES, share]}
    other = annex_forms.annex(plan, code="khac", layouts=[layout])
    shown(plan, places.first, measured.escaped, VALUE)

    assert official(other, places.district).marks == (MARK,)


def test_plan_for_show_that_is_not_printed_leaves_no_mark(
    places: Places, measured: Measured, plan: Plan, form: Annex
) -> None:
    """Another measure, another unit, and a sum of years of which some have no plan."""
    shown(plan, places.district, measured.rate, VALUE)
    shown(plan, places.province, measured.rate, CUT)
    shown(plan, places.first, measured.escaped, VALUE)

    assert official(form, places.district).marks == ()
    assert official(form, places.district, "period").marks == ()


@pytest.mark.parametrize(
    ("kind", "first", "variant"),
    [
        (TargetKind.CHANGE_PER_YEAR, 2024, "year"),
        (TargetKind.CUMULATIVE, 2023, "period"),
    ],
)
def test_amendment_for_show_marks_the_table(
    places: Places,
    measured: Measured,
    plan: Plan,
    form: Annex,
    kind: TargetKind,
    first: int,
    variant: str,
) -> None:
    indicator = measured.escaped if kind is TargetKind.CUMULATIVE else measured.rate
    target = promised(plan, places.district, indicator, "5", kind=kind, year_from=first)
    assert official(form, places.district, variant).marks == ()

    Amendment.objects.create(
        target=target,
        in_force_from=date(2024, 1, 1),
        decided_on=date(2024, 1, 1),
        decision_number="1",
        reason="…",
        comparator=TargetComparator.EQUAL,
        value=Decimal(7),
        year_to=2025,
        is_sample=True,
    )

    assert official(form, places.district, variant).marks == (MARK,)
