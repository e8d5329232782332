"""The document a table goes with: what is planned with the plan, results with a report on it."""

from __future__ import annotations

from typing import Any

import pytest

from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from reports.annexes.build import build_table
from reports.annexes.checking import code_of
from tests.builders import Places
from tests.reports import annex_forms
from tests.reports.annex_forms import NAMES, over_plan, rate

pytestmark = pytest.mark.django_db

REPORT = "(Kèm theo Báo cáo số …/BC-UBND ngày … tháng … năm … của UBND huyện Thử Nghiệm"
PLANNED = [*NAMES, over_plan("escaped_plan", "escaped", "plan")]


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    annex_forms.measured()


def reference(unit: Unit, of: Unit, period: str, **plan: Any) -> str:
    """Of a table in the year's layout, of a plan of `of`."""
    form = annex_forms.annex(annex_forms.plan(of, **plan))
    return build_table(form, unit, Period.parse(period), Stage.PROVISIONAL, "year").reference


@pytest.mark.parametrize(
    ("issued_on", "period", "said"),
    [
        ("2024-12-31", "2024", "Kế hoạch số 239/KH-UBND ngày 31 tháng 12 năm 2024 của"),
        ("2024-12-30", "2024", "Kế hoạch số 239/KH-UBND ngày 30/12/2024)"),
        ("2025-01", "2024", "Kế hoạch số 239/KH-UBND ngày … tháng 01 năm 2025 của"),
        ("2024-12", "2024", "Kế hoạch số 239/KH-UBND tháng 12/2024)"),
        ("2025", "2024", "Kế hoạch số 239/KH-UBND ngày … tháng … năm 2025 của"),
        ("2024", "2024", "Kế hoạch số 239/KH-UBND năm 2024)"),
    ],
)
def test_figures_known_when_the_plan_was_issued_go_with_it_and_later_ones_with_a_report(
    places: Places, issued_on: str, period: str, said: str
) -> None:
    line = reference(
        places.district, places.district, period, number="239/KH-UBND", issued_on=issued_on
    )

    if said.endswith(")"):
        assert line == f"{REPORT} về kết quả thực hiện {said}"
    else:
        assert line == f"(Kèm theo {said} UBND huyện Thử Nghiệm)"


@pytest.mark.parametrize(
    ("years", "said"),
    [
        (
            {"year_from": 2024, "year_to": 2025},
            f"{REPORT} về kết quả thực hiện Kế hoạch số …/KH-UBND giai đoạn 2024-2025)",
        ),
        (
            {"year_from": 2025, "year_to": 2026},
            "(Kèm theo Kế hoạch số …/KH-UBND ngày … tháng … năm … của UBND huyện Thử Nghiệm)",
        ),
        (
            {"year_from": None, "year_to": None},
            f"{REPORT} về kết quả thực hiện Kế hoạch số …/KH-UBND)",
        ),
    ],
)
def test_plan_without_a_date_is_taken_by_its_first_year(
    places: Places, years: dict[str, Any], said: str
) -> None:
    assert reference(places.district, places.district, "2024", issued_on="", **years) == said


def test_another_unit_prints_the_table_with_a_report_of_its_own(places: Places) -> None:
    assert reference(places.province, places.district, "2024") == (
        "(Kèm theo Báo cáo số …/BC-UBND ngày … tháng … năm … của UBND tỉnh Thử Nghiệm)"
    )


def test_planned_figures_alone_go_with_the_plan_whatever_the_period(places: Places) -> None:
    layouts = [{"variant": "period", "columns": PLANNED}]
    form = annex_forms.annex(annex_forms.plan(places.district), layouts=layouts)

    made = build_table(form, places.district, Period(2024), Stage.PROVISIONAL)

    assert made.reference == (
        "(Kèm theo Kế hoạch số …/KH-UBND ngày … tháng 02 năm 2021 của UBND huyện Thử Nghiệm)"
    )
    result = rate("cut", indicator="rate", measure="change_points")
    layouts = [{"variant": "period", "columns": [*PLANNED, result]}]
    form.definition["layouts"] = layouts
    assert build_table(form, places.district, Period(2024), Stage.PROVISIONAL).reference.startswith(
        REPORT
    )


def test_sheet_printed_before_the_plan_got_its_number_still_checks_out(places: Places) -> None:
    form = annex_forms.annex(annex_forms.plan(places.district))
    before = build_table(form, places.district, Period(2024), Stage.PROVISIONAL)

    form.plan.number = "12/KH-UBND"
    after = build_table(form, places.district, Period(2024), Stage.PROVISIONAL)

    assert before.reference != after.reference
    assert code_of(before) == code_of(after)
