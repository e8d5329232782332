"""Which promises of a plan a report tells, and what it says of those it does not."""

from __future__ import annotations

import pytest
from django.test import Client

from communes.models import Official
from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Plan, Target
from plans.pages.sight import Reader
from plans.pages.verdicts import verdicts_of
from reports.enums import NarrativeKind
from reports.narrative.asked import Asked
from reports.narrative.promises import Promised
from tests.reports.test_narrative import FILE, words
from tests.reports.test_narrative import promise as promise  # noqa: PLC0414  # a fixture
from tests.reports.test_narrative import reviewer as reviewer  # noqa: PLC0414

pytestmark = pytest.mark.django_db

FINAL = f"{FILE}?loai=tong-ket"
HALF = "/bao-cao-ket-qua/901/2024H1/bao-cao.docx"
SCOPE = "Kế hoạch giao 3 chỉ tiêu; báo cáo này xét 1 chỉ tiêu của năm 2024."
"""One ended before the year, one is of the year, one is due the year after."""


@pytest.fixture
def others(promise: Target) -> Plan:
    Plan.objects.update(year_from=2023, year_to=2025)
    for year in (2023, 2025):
        Target.objects.create(
            code=f"rieng-{year}",
            plan=promise.plan,
            section="II.3",
            unit=promise.unit,
            scope="all",
            theme="poverty",
            indicator=promise.indicator,
            label=f"Riêng năm {year}",
            kind="level",
            comparator="<=",
            value=5,
            unit_of_measure="%",
            year_from=year,
            year_to=year,
            direction="lower_is_better",
        )
    return promise.plan


def test_report_of_a_year_says_which_promises_it_leaves_out(reviewer: Client, others: Plan) -> None:
    text = words(reviewer.get(FILE).content)

    assert SCOPE in text
    assert "1 chỉ tiêu đã hết hạn trước năm 2024: xem báo cáo tổng kết." in text
    assert "1 chỉ tiêu phải đạt vào năm 2025: xem báo cáo tổng kết." in text
    assert "Riêng năm" not in text


def test_half_a_year_counts_all_that_the_plan_promises(reviewer: Client, others: Plan) -> None:
    text = words(reviewer.get(HALF).content)

    assert SCOPE in text
    assert "1 chỉ tiêu phải đạt vào năm 2025: xem báo cáo tổng kết." in text
    assert "1 chỉ tiêu được giao, đánh giá theo số cả năm" in text


def test_nothing_is_said_of_other_years_where_there_is_none(
    reviewer: Client, promise: Target
) -> None:
    assert "xem báo cáo tổng kết" not in words(reviewer.get(FILE).content)


def test_final_review_tells_every_promise(reviewer: Client, others: Plan) -> None:
    text = words(reviewer.get(FINAL).content)

    assert "3 chỉ tiêu: " in text
    assert "xem báo cáo tổng kết" not in text
    assert all(f"Riêng năm {year} (II.3)" in text for year in (2023, 2025))


def test_final_review_judges_as_the_page_of_the_plan_does(reviewer: Client, others: Plan) -> None:
    """Also what is due only later: 2,08 % against the path to 5 % in 2025."""
    by, year = Official.objects.get(), Period(2024)
    targets = list(Target.objects.to_assess().order_by("order"))
    page = verdicts_of(targets, Reader(by, year=year.year)).all

    asked = Asked(others.unit, year, NarrativeKind.FINAL, Stage.PROVISIONAL, (others,), by)
    told = Promised(asked).judged

    verdicts = {row.found.target.pk: row.found.verdict for row in page}
    assert {row.found.target.pk: row.found.verdict for row in told} == verdicts
    assert len(verdicts) == len(targets)
