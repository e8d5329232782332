"""Rollups against tables worked out by hand."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from communes.models import Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure, figures, group_figures
from indicators.models import Indicator, Recompute, Result, Rollup
from indicators.periods import Period
from indicators.recording import record_results
from indicators.rollups import drain, recompute_all
from tests import builders
from tests.builders import Y2024, Catalogue, Places, told
from tests.rolled import rolled

pytestmark = pytest.mark.django_db(transaction=True)


def figure(unit: Unit, indicator: Indicator, stage: str = Stage.PROVISIONAL) -> Figure:
    return figures([unit], [indicator], [Y2024], stage)[unit.pk, indicator.pk, "2024"]


def test_rate_of_district_is_sum_over_sum_not_mean(places: Places, catalogue: Catalogue) -> None:
    """1/2 and 90/100 make 91/102 = 89.2 %, not 70 (mean of percents). Source: design, Ideas 3."""
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    told(places.second, {catalogue.poor: "90", catalogue.households: "100"})

    found = figure(places.district, catalogue.rate)

    assert (found.numerator, found.denominator) == (Decimal(91), Decimal(102))
    assert found.value == Decimal(9100) / Decimal(102)
    assert (found.reported, found.expected) == (2, 3)


def test_rate_leaves_out_a_unit_that_reported_one_term_only(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "10", catalogue.households: "40"})
    told(places.second, {catalogue.poor: "30"})

    assert figure(places.district, catalogue.rate).value == Decimal(25)
    assert figure(places.district, catalogue.poor).value == Decimal(40)


def test_missing_zero_and_not_applicable_are_three_things(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.relapsed: "0"})
    told(places.second, {catalogue.relapsed: None})

    zero = figure(places.first, catalogue.relapsed)
    absent = figure(places.second, catalogue.relapsed)
    missing = figure(places.town, catalogue.relapsed)
    whole = figure(places.district, catalogue.relapsed)

    assert (zero.value, zero.reported, zero.not_applicable) == (Decimal(0), 1, False)
    assert (absent.value, absent.not_applicable) == (None, True)
    assert (missing.value, missing.reported, missing.expected) == (None, 0, 1)
    assert (whole.value, whole.reported, whole.expected) == (Decimal(0), 1, 2)


def test_drafts_count_nowhere_and_only_approved_is_official(
    places: Places, catalogue: Catalogue
) -> None:
    record_results(builders.entries(places.first, {catalogue.poor: "5"}), by=None)
    told(places.second, {catalogue.poor: "7"})
    told(places.town, {catalogue.poor: "11"}, stage=Stage.OFFICIAL)

    assert figure(places.province, catalogue.poor).value == Decimal(18)
    assert figure(places.province, catalogue.poor, Stage.OFFICIAL).value == Decimal(11)


def test_order_and_repetition_change_nothing(places: Places, catalogue: Catalogue) -> None:
    for unit, poor, households in (
        (places.first, "12", "100"),
        (places.second, "30", "150"),
        (places.town, "5", "500"),
    ):
        told(unit, {catalogue.poor: poor, catalogue.households: households})
    first = rolled()

    for seed in range(3):
        units = [places.province, places.district, *places.communes] * 2
        random.Random(seed).shuffle(units)
        Rollup.objects.filter(unit__in=units[: seed + 1]).delete()
        Recompute.objects.bulk_create(Recompute(unit=unit, period="2024") for unit in units)
        recompute_all()
        drain()
        assert rolled() == first
    assert not Recompute.objects.exists()


def test_a_withdrawn_figure_leaves_the_sums(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "12"})
    told(places.second, {catalogue.poor: "8"})
    Result.objects.filter(unit=places.first).update(submitted_answer="", submitted_value=None)

    recompute_all()

    found = figure(places.province, catalogue.poor)
    assert (found.value, found.reported) == (Decimal(8), 1)


def test_a_unit_counts_only_in_periods_on_whose_last_day_it_was_valid(
    places: Places, catalogue: Catalogue
) -> None:
    gone = builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=date(2024, 10, 31))
    for year in (2023, 2024):
        Result.objects.create(
            unit=gone,
            indicator=catalogue.poor,
            period=str(year),
            answer="value",
            value=9,
            submitted_answer="value",
            submitted_value=9,
        )
    told(places.first, {catalogue.poor: "1"}, period=Period(2023))
    told(places.first, {catalogue.poor: "1"})
    recompute_all()

    both = figures([places.district], [catalogue.poor], [Period(2023), Y2024], Stage.PROVISIONAL)
    before = both[places.district.pk, catalogue.poor.pk, "2023"]
    after = both[places.district.pk, catalogue.poor.pk, "2024"]
    assert (before.value, before.reported, before.expected) == (Decimal(10), 2, 4)
    assert (after.value, after.reported, after.expected) == (Decimal(1), 1, 3)


def test_weighted_mean_needs_its_weight_and_mean_of_units_counts_units(
    places: Places, catalogue: Catalogue
) -> None:
    income = builders.count(
        "income",
        "Thu nhập",
        9,
        aggregation="weighted_mean",
        weight=catalogue.households,
        value_type="decimal",
        decimals=1,
    )
    days = builders.count("days", "Số ngày", 10, aggregation="mean_of_units")
    told(places.first, {income: "10.5", catalogue.households: "100", days: "2"})
    told(places.second, {income: "20", catalogue.households: "300", days: "5"})
    told(places.town, {income: "99"})

    assert figure(places.district, income).value == Decimal("17.625")
    assert figure(places.district, income).reported == 2
    assert figure(places.district, days).value == Decimal("3.5")


def test_share_of_units_counts_those_that_meet_the_unrounded_condition(
    places: Places, catalogue: Catalogue
) -> None:
    share = Indicator.objects.create(
        code="share",
        name="Tỷ lệ xã dưới 5%",
        order=11,
        theme=builders.theme(),
        kind="share_of_units",
        value_type="decimal",
        unit_of_measure="%",
        direction="higher_is_better",
        measurement="stock",
        cadence="year",
        applies_to="communes",
        scale=Decimal(100),
        condition_indicator=catalogue.rate,
        condition_comparator="<",
        condition_value=Decimal(5),
        counted="commune",
    )
    told(places.first, {catalogue.poor: "4999", catalogue.households: "100000"})
    told(places.second, {catalogue.poor: "5", catalogue.households: "100"})
    told(places.town, {catalogue.poor: "1", catalogue.households: "100"})

    found = figure(places.district, share)

    assert (found.numerator, found.denominator) == (Decimal(1), Decimal(2))
    assert (found.value, found.reported, found.expected) == (Decimal(50), 2, 2)


def test_group_adds_up_its_members_and_carries_the_sample_mark(
    places: Places, catalogue: Catalogue
) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    group.members.create(unit=places.first, source="stated")
    group.members.create(unit=places.second, source="sample")
    told(places.first, {catalogue.poor: "10", catalogue.households: "40"}, is_sample=False)
    told(places.second, {catalogue.poor: "2", catalogue.households: "60"}, is_sample=False)
    told(places.town, {catalogue.poor: "99", catalogue.households: "99"}, is_sample=False)

    found = group_figures(group, [catalogue.rate], [Y2024], Stage.PROVISIONAL)

    rate = found[catalogue.rate.pk, "2024"]
    assert (rate.value, rate.reported, rate.expected) == (Decimal(12), 2, 2)
    assert rate.has_sample


def test_figures_take_the_same_queries_for_one_unit_and_for_many(
    places: Places, catalogue: Catalogue, django_assert_num_queries: object
) -> None:
    told(places.first, {catalogue.poor: "10", catalogue.households: "40"})
    every = [places.province, places.district, *places.communes]
    figures(every, catalogue.inputs, [Y2024], Stage.PROVISIONAL)  # definitions are read once
    for units in ([places.first], every):
        with django_assert_num_queries(3):  # type: ignore[operator]
            figures(units, [*catalogue.inputs, catalogue.rate], [Y2024], Stage.PROVISIONAL)
