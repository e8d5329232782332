"""The sentence of a verdict says whose figures it rests on, and what all of them still owe."""

from __future__ import annotations

from typing import Any

import pytest

from communes.models import Unit
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from plans.assessment import assess, assess_units
from plans.evaluators import Reason, Verdict
from plans.models import Plan, Target
from plans.pages.verdicts import MARKS, mark_of
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, reported

pytestmark = pytest.mark.django_db

Y2024 = Period(2024)


@pytest.fixture
def plan(places: Places) -> Plan:
    return a_plan(places.district)


@pytest.fixture
def escaping(catalogue: Catalogue, places: Places, plan: Plan) -> Target:
    """300 households of 2021 to 2025 together; every unit told 20 a year, in 2024 one alone."""
    catalogue.escaped.measurement = "flow"
    catalogue.escaped.save()
    target = a_target(plan, catalogue.escaped, "cumulative", "300", direction="higher_is_better")
    for stage in Stage.values:
        for year in (2021, 2022, 2023):
            reported(year, _of(places.communes, catalogue.escaped, "20"), stage)
        reported(2024, _of([places.first], catalogue.escaped, "20"), stage)
    return target


def _of(units: Any, indicator: Indicator, value: str) -> dict[Unit, dict[Indicator, str | None]]:
    return {unit: {indicator: value} for unit in units}


def said(target: Target, stage: str) -> tuple[str, str]:
    """The sentence, and the last of its sums."""
    (found,) = assess([target], Y2024, stage)
    return found.explanation, found.formula[-1]


def test_years_that_all_have_told_stay_in_the_sum_and_the_rest_is_everybody_s(
    escaping: Target,
) -> None:
    """3 x 60 + 20 = 200 of 300; like with like 3 x 60 + 60 / 3 = 200. 100 are left, not 20."""
    assert said(escaping, Stage.PROVISIONAL) == (
        (
            "Năm 2024 có 1/3 đơn vị đã báo cáo: lũy kế trong 2021–2024 được 200 hộ, đúng bằng mốc "
            "2024 tính cho phần đã có số (200 hộ); đến hết năm 2025 còn phải đạt thêm 100 hộ, "
            "gồm cả phần của đơn vị chưa báo cáo."
        ),
        "Còn lại mỗi năm = 100 hộ (đến hết 2025: 1 năm), gồm cả phần của đơn vị chưa báo cáo",
    )


def test_official_figures_are_of_the_units_approved(escaping: Target) -> None:
    sentence, last = said(escaping, Stage.OFFICIAL)

    assert sentence.startswith("Năm 2024 có 1/3 đơn vị đã được duyệt: lũy kế")
    assert sentence.endswith("gồm cả phần của đơn vị chưa được duyệt.")
    assert last.endswith("gồm cả phần của đơn vị chưa được duyệt")
    assert "báo cáo" not in sentence


def test_change_of_a_count_adds_up_as_a_flow_does(
    catalogue: Catalogue, places: Places, plan: Plan
) -> None:
    """Three fell by 10 each in 2023, one of them by 10 in 2024: 60 of 100 are left."""
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    target = a_target(plan, catalogue.poor, "change_total", "100", year_from=2023)
    for year, units, opening, poor in (
        (2023, places.communes, "30", "20"),
        (2024, [places.first], "20", "10"),
    ):
        reported(year, {one: {catalogue.opening: opening, catalogue.poor: poor} for one in units})

    sentence, _last = said(target, Stage.PROVISIONAL)

    assert sentence.startswith("Năm 2024 có 1/3 đơn vị đã báo cáo: giảm 40 hộ trong 2023–2024")
    assert "mốc 2024 tính cho phần đã có số (44 hộ)" in sentence  # 100 / 3 years x (1 + 1/3)
    assert sentence.endswith("còn phải giảm 60 hộ, gồm cả phần của đơn vị chưa báo cáo.")


def test_state_is_of_those_units_alone(catalogue: Catalogue, places: Places, plan: Plan) -> None:
    """Their figure, their path and what they owe: nothing of anybody else is in it."""
    target = a_target(plan, catalogue.poor, "level", "120")
    reported(2020, _of(places.communes, catalogue.poor, "80"), Stage.OFFICIAL)
    reported(2024, _of([places.first], catalogue.poor, "50"), Stage.OFFICIAL)

    sentence, _last = said(target, Stage.OFFICIAL)

    assert sentence == (
        "1/3 đơn vị đã được duyệt: năm 2024 còn 50 hộ, cao hơn mốc 2024 của chính các đơn vị này "
        "(48 hộ) là 2 hộ; năm 2025 phải giảm 10 hộ."
    )


@pytest.mark.parametrize("stage", Stage.values)
def test_rate_of_nobody_was_reported(
    catalogue: Catalogue, places: Places, plan: Plan, stage: str
) -> None:
    """0 of 0 households: there is no rate, but nobody has left anything out."""
    target = a_target(plan, catalogue.rate, "level", "10")
    for unit in places.communes:
        reported(2024, {unit: dict.fromkeys(catalogue.inputs, "0")}, stage)
    told = "đã được duyệt" if stage == Stage.OFFICIAL else "đã báo cáo"
    why = "nhưng không tính được “Tỷ lệ hộ nghèo” năm 2024 vì mẫu số bằng 0."

    (whole,) = assess([target], Y2024, stage)
    (one,) = assess_units(target, [places.first], Y2024, stage)

    assert (whole.verdict, whole.reasons) == (Verdict.NO_DATA, (Reason.NO_BASE,))
    assert whole.explanation == f"3/3 đơn vị {told}, {why}"
    assert one.explanation == f"Xã Một {told}, {why}"
    assert mark_of(whole) == mark_of(one) == MARKS[Verdict.NO_DATA]


def test_rate_that_nobody_reported_is_missing(
    catalogue: Catalogue, places: Places, plan: Plan
) -> None:
    """Reported and not approved is missing from the official figures alone."""
    target = a_target(plan, catalogue.rate, "level", "10")
    (before,) = assess([target], Y2024, Stage.PROVISIONAL)
    reported(2024, {places.first: dict.fromkeys(catalogue.inputs, "0")}, Stage.PROVISIONAL)
    (found,) = assess([target], Y2024, Stage.OFFICIAL)

    assert before.reasons == found.reasons == (Reason.NOT_REPORTED,)
    assert "chưa đơn vị nào có số “" in before.explanation
    assert "chưa đơn vị nào có số chính thức “" in found.explanation
