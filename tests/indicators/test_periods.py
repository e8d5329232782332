"""Periods as values. Source: design, Meaning (2024, 2024H1, 2024Q3; a start and an end day)."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from indicators.models import SeriesBreak, validate_period
from indicators.periods import Period


@pytest.mark.parametrize(
    ("code", "start", "end", "label"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "năm 2024"),
        ("2024H1", date(2024, 1, 1), date(2024, 6, 30), "6 tháng đầu năm 2024"),
        ("2024H2", date(2024, 7, 1), date(2024, 12, 31), "6 tháng cuối năm 2024"),
        ("2024Q1", date(2024, 1, 1), date(2024, 3, 31), "quý I năm 2024"),
        ("2024Q2", date(2024, 4, 1), date(2024, 6, 30), "quý II năm 2024"),
        ("2024Q3", date(2024, 7, 1), date(2024, 9, 30), "quý III năm 2024"),
        ("2024Q4", date(2024, 10, 1), date(2024, 12, 31), "quý IV năm 2024"),
        ("1999", date(1999, 1, 1), date(1999, 12, 31), "năm 1999"),
    ],
)
def test_period_has_its_days_and_its_name(code: str, start: date, end: date, label: str) -> None:
    period = Period.parse(code)

    assert (period.start, period.end, period.label) == (start, end, label)
    assert (period.code, str(period), period.is_year) == (code, code, len(code) == 4)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "24",
        "2024 ",
        "2024\n",
        "2024Q",
        "2024Q0",
        "2024Q5",
        "2024H3",
        "2024H4",
        "2024h1",
        "2024-Q1",
        "2024M1",
        "1899",
        "2200",
        "20244",
        "٢٠٢٤",
        "202４",
    ],
)
def test_period_that_does_not_exist_is_refused_with_the_forms(code: str) -> None:
    with pytest.raises(ValueError, match="ghi dạng 2024, 2024H1"):
        Period.parse(code)
    with pytest.raises(ValidationError, match="không phải kỳ báo cáo"):
        validate_period(code)


def test_shifted_period_keeps_its_part() -> None:
    assert Period.parse("2024Q3").shifted(-1) == Period.parse("2023Q3")
    assert Period(2024).shifted(2) == Period(2026)


def test_break_is_felt_in_the_first_year_only() -> None:
    standard = SeriesBreak(first_periods=[2022, 2027])

    felt = [year for year in range(2020, 2029) if standard.breaks_at(Period(year))]

    assert felt == [2022, 2027]


def test_periods_come_by_their_last_day_and_of_those_that_end_together_the_longest_is_latest() -> (
    None
):
    codes = ["2024Q1", "2024Q2", "2024H1", "2024Q3", "2024Q4", "2024H2", "2024", "2025Q1"]

    assert [period.code for period in sorted(map(Period.parse, reversed(codes)))] == codes
