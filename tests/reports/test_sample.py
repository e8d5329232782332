"""The demo's sample keeps the rules that real returns must keep."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from indicators.checks import check
from indicators.enums import Severity
from indicators.models import ValidationRule
from reports.sample import DATA

Table = dict[tuple[str, int], dict[str, Decimal]]
MERGED_IN_2024 = "02839"
"""Took over Tà Chải on 1 November 2024, so its opening is the sum of two closings."""


def sample() -> Table:
    with (DATA / "demo_results.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row.pop("unit_code"), int(row.pop("period"))): {
                code: Decimal(text) for code, text in row.items() if text
            }
            for row in csv.DictReader(file)
        }


@pytest.mark.django_db
def test_sample_returns_hold_every_rule_that_blocks() -> None:
    call_command("load_catalogue", verbosity=0)
    rules = list(
        ValidationRule.objects.filter(severity=Severity.ERROR, tiers__code="commune")
        .select_related("solve_for")
        .prefetch_related("terms__indicator", "skip_at_breaks")
    )
    table = sample()
    broken = []
    checked = 0
    for (unit, year), figures in table.items():
        before = table.get((unit, year - 1), {})
        if (unit, year) == (MERGED_IN_2024, 2024):
            before = {
                code: value + table["02872", 2023].get(code, Decimal(0))
                for code, value in before.items()
            }
        values = {(code, 0): value for code, value in figures.items()}
        values |= {(code, -1): value for code, value in before.items()}
        runs = [
            rule
            for rule in rules
            if not any(year in moment.first_periods for moment in rule.skip_at_breaks.all())
        ]
        checked += len(runs)
        broken += [(unit, year, found.message) for found in check(runs, values)]

    assert broken == []
    assert checked > 50_000


@pytest.mark.django_db
def test_sample_is_refused_outside_demo_mode() -> None:
    with pytest.raises(CommandError, match="DEMO_MODE"):
        call_command("load_demo")
