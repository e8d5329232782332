"""Trying a rule on past returns: the verdicts of the entry page, counted. Source: rules.yaml."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.models import Succession, Unit
from indicators.checks import check, with_terms
from indicators.enums import Stage
from indicators.models import Indicator, SeriesBreak, ValidationRule
from indicators.periods import Period
from indicators.recording import record_results
from indicators.rollups import drain
from indicators.trial import MOST_YEARS, SHOWN, Tally, Trial, try_rule
from reports.returns import return_of
from tests import builders
from tests.builders import Y2024, Catalogue, Places, rule, told

pytestmark = pytest.mark.django_db

D = Decimal
Y2023 = Period(2023)


def tried(made: ValidationRule, *years: int, tiers: list[str] | None = None) -> Trial:
    found = with_terms().prefetch_related("tiers").get(pk=made.pk)
    first, last = (years[0], years[-1]) if years else (2023, 2024)
    return try_rule(found, range(first, last + 1), tiers)


def counts(trial: Trial) -> dict[str, tuple[int, int, int, int]]:
    """{period: (passed, failed, lacking, lacking before)}"""
    return {
        period.code: (tally.passed, tally.failed, tally.lacking, tally.lacking_before)
        for period, tally in trial.by_period.items()
    }


@pytest.fixture
def within(catalogue: Catalogue) -> ValidationRule:
    """Poor households are among all households."""
    return rule(
        "trong-tong",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        "Hộ nghèo {poor}, nhiều hơn {right} hộ là {gap}.",
        comparator="<=",
    )


@pytest.fixture
def opening(catalogue: Catalogue) -> ValidationRule:
    """The opening is last year's closing."""
    return rule(
        "dau-ky",
        [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)],
        "Đầu kỳ {opening}, năm trước {poor_prev}, lệch {gap}.",
    )


# -- counting -------------------------------------------------------------------------------------


def test_returns_are_counted_as_passed_failed_and_not_to_be_checked(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "10", catalogue.households: "10"})
    told(places.second, {catalogue.poor: "30", catalogue.households: "25"})
    told(places.town, {catalogue.poor: "4"})
    told(places.first, {catalogue.poor: "3", catalogue.households: "2"}, Y2023)

    trial = tried(within)

    assert counts(trial) == {"2024": (1, 1, 1, 0), "2023": (0, 1, 0, 0)}
    assert (trial.total.checked, trial.total.failed, trial.total.unchecked) == (3, 2, 1)
    assert trial.total.share == D(200) / 3


def test_failing_returns_are_listed_with_both_sums_and_the_sentence_widest_gap_first(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "12", catalogue.households: "10"})
    told(places.second, {catalogue.poor: "1030", catalogue.households: "25"})

    shown = [
        (row.unit.name, row.period.code, row.left, row.right, row.gap, row.message)
        for row in tried(within).failing
    ]

    assert shown == [
        (
            "Xã Hai",
            "2024",
            D(1030),
            D(25),
            D(1005),
            "Hộ nghèo 1.030, nhiều hơn 25 hộ là 1.005.",
        ),
        ("Xã Một", "2024", D(12), D(10), D(2), "Hộ nghèo 12, nhiều hơn 10 hộ là 2."),
    ]


def test_zero_is_checked_and_not_applicable_is_no_number(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "0", catalogue.households: "0"})
    told(places.second, {catalogue.poor: None, catalogue.households: "9"})
    told(places.town, {catalogue.poor: None, catalogue.households: None})

    assert counts(tried(within)) == {"2024": (1, 0, 1, 0)}


def test_drafts_are_not_looked_at(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    entries = builders.entries(places.first, {catalogue.poor: "9", catalogue.households: "1"})
    record_results(entries, by=None)

    assert tried(within).by_period == {}


def test_rule_that_is_off_is_tried_all_the_same(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    ValidationRule.objects.update(is_active=False)
    told(places.first, {catalogue.poor: "9", catalogue.households: "1"})

    assert counts(tried(within)) == {"2024": (0, 1, 0, 0)}


def test_only_the_years_asked_for_are_looked_at(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    for year in (2021, 2022, 2023):
        told(places.first, {catalogue.poor: "9", catalogue.households: "1"}, Period(year))

    assert list(counts(tried(within, 2022, 2022))) == ["2022"]


def test_more_years_than_are_bearable_are_cut_to_the_latest(within: ValidationRule) -> None:
    trial = tried(within, 1950, 2024)

    assert (len(trial.years), trial.years[-1]) == (MOST_YEARS, 2024)


def test_shorter_periods_are_tried_unless_the_rule_looks_a_year_back(
    places: Places, catalogue: Catalogue, within: ValidationRule, opening: ValidationRule
) -> None:
    half = Period.parse("2024H1")
    for row in catalogue.inputs:
        row.cadence = "half"
        row.save()
    told(places.first, {catalogue.poor: "9", catalogue.households: "1"}, half)
    told(places.first, {catalogue.opening: "9"}, half)

    assert counts(tried(within)) == {"2024H1": (0, 1, 0, 0)}
    assert counts(tried(opening)) == {}


def test_more_failing_returns_than_are_shown_are_counted(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    for number in range(SHOWN + 1):
        unit = builders.unit(f"8{number:04}", f"Xã {number}", "commune", places.district)
        told(unit, {catalogue.poor: str(number + 2), catalogue.households: "1"})

    trial = tried(within)

    assert trial.total.failed == SHOWN + 1
    assert [row.gap for row in trial.failing[:2]] == [D(SHOWN + 1), D(SHOWN)]
    assert len(trial.failing) == SHOWN


def test_nothing_checked_is_a_share_of_zero() -> None:
    assert Tally(lacking=3).share == 0


# -- who is judged --------------------------------------------------------------------------------


def test_townships_are_spared_by_a_rule_on_communes(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    ValidationRule.objects.update(applies_to="communes")
    told(places.town, {catalogue.poor: "9", catalogue.households: "1"})
    told(places.first, {catalogue.poor: "9", catalogue.households: "1"})

    assert [row.unit for row in tried(within).failing] == [places.first]


def test_unit_is_judged_only_in_periods_it_lived_to_the_end_of(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    for period in (Y2023, Y2024):
        told(places.first, {catalogue.poor: "9", catalogue.households: "1"}, period)
    Unit.objects.filter(pk=places.first.pk).update(valid_to=date(2024, 6, 30))

    assert list(counts(tried(within))) == ["2023"]


def test_only_the_tiers_asked_for_of_those_the_rule_runs_at(
    places: Places, catalogue: Catalogue
) -> None:
    made = rule("cap", [(1, catalogue.poor, 0)], comparator="<=", tiers=("commune", "district"))
    told(places.first, {catalogue.poor: "9"})
    drain()

    units = {
        name: {row.unit for row in tried(made, tiers=tiers).failing}
        for name, tiers in {
            "commune": ["commune"],
            "district": ["district"],
            "province": ["province"],
        }.items()
    }

    assert units == {"commune": {places.first}, "district": set(), "province": set()}


# -- the year before ------------------------------------------------------------------------------


def test_last_years_figure_is_the_official_one_before_the_provisional(
    places: Places, catalogue: Catalogue, opening: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "20"}, Y2023, Stage.OFFICIAL)
    told(places.first, {catalogue.poor: "25"}, Y2023)
    told(places.first, {catalogue.opening: "20"})

    assert counts(tried(opening, 2024)) == {"2024": (1, 0, 0, 0)}


def test_return_without_last_years_figure_is_counted_apart(
    places: Places, catalogue: Catalogue, opening: ValidationRule
) -> None:
    told(places.first, {catalogue.opening: "20"})

    assert counts(tried(opening, 2024)) == {"2024": (0, 0, 0, 1)}


def test_first_year_after_a_break_is_not_compared(places: Places, catalogue: Catalogue) -> None:
    moment = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    made = rule("dau", [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)], breaks=[moment])
    for period in (Y2023, Y2024):
        told(places.first, {catalogue.opening: "1", catalogue.poor: "2"}, period)

    assert list(counts(tried(made))) == ["2023"]


@pytest.fixture
def merger(places: Places) -> Unit:
    """Two communes that became one on 1 July 2024."""
    merged = builders.unit(
        "90110", "Xã Gộp", "commune", places.district, valid_from=date(2024, 7, 1)
    )
    for unit in (places.first, places.second):
        Unit.objects.filter(pk=unit.pk).update(valid_to=date(2024, 6, 30))
        Succession.objects.create(predecessor=unit, successor=merged, date=date(2024, 7, 1))
    return merged


def test_merged_unit_stands_on_the_sum_of_its_predecessors(
    places: Places, catalogue: Catalogue, opening: ValidationRule, merger: Unit
) -> None:
    told(places.first, {catalogue.poor: "20"}, Y2023)
    told(places.second, {catalogue.poor: "7"}, Y2023)
    told(merger, {catalogue.opening: "27"})

    assert counts(tried(opening, 2024)) == {"2024": (1, 0, 0, 0)}


def test_merger_with_a_missing_predecessor_is_not_checked(
    places: Places, catalogue: Catalogue, opening: ValidationRule, merger: Unit
) -> None:
    told(places.first, {catalogue.poor: "20"}, Y2023)
    told(merger, {catalogue.opening: "20"})

    assert counts(tried(opening, 2024)) == {"2024": (0, 0, 0, 1)}


@pytest.mark.parametrize("case", ["kept", "absorbed", "split", "share", "split later"])
def test_successions_are_reckoned_with_as_the_entry_page_does(
    places: Places, catalogue: Catalogue, opening: ValidationRule, case: str
) -> None:
    """The entry page finds a gap exactly where the trial does."""
    told(places.first, {catalogue.poor: "20"}, Y2023)
    told(places.second, {catalogue.poor: "7"}, Y2023)
    told(places.first, {catalogue.opening: "1000"})
    changes: dict[str, list[dict[str, Any]]] = {
        "kept": [],
        "absorbed": [{"predecessor": places.second, "successor": places.first}],
        "split": [{"predecessor": places.first, "successor": places.second, "share": D("0.4")}],
        "share": [{"predecessor": places.second, "successor": places.first, "share": D("0.4")}],
        "split later": [
            {
                "predecessor": places.first,
                "successor": places.second,
                "share": D("0.4"),
                "date": date(2025, 1, 1),
            }
        ],
    }
    for change in changes[case]:
        Succession.objects.create(**{"date": date(2024, 7, 1), **change})

    page = [(D(found.gap), found.message) for found in return_of(places.first, Y2024).findings]
    trial = [(row.gap, row.message) for row in tried(opening, 2024).failing]

    assert trial == page
    assert len(trial) == (case in ("kept", "absorbed", "split later"))


# -- rates ----------------------------------------------------------------------------------------


def test_rate_is_worked_out_as_on_the_form(places: Places, catalogue: Catalogue) -> None:
    made = rule(
        "ty-le", [(1, catalogue.rate, 0)], "{left} quá {right}.", comparator="<=", constant=D(10)
    )
    told(places.first, {catalogue.poor: "13", catalogue.households: "100"})
    told(places.second, {catalogue.poor: "10", catalogue.households: "100"})
    told(places.town, {catalogue.poor: "10", catalogue.households: "0"})

    trial = tried(made)

    assert counts(trial) == {"2024": (1, 1, 1, 0)}
    assert [(row.left, row.right, row.message) for row in trial.failing] == [
        (D(13), D(10), "13,00 quá 10,00.")
    ]


def test_share_of_units_is_a_figure_of_the_tiers_above_alone(
    places: Places, catalogue: Catalogue
) -> None:
    """Two of three communes have at most 5 poor households: 66.7 % of the district's."""
    share = builders.count(
        "dat",
        "Tỷ lệ xã đạt",
        9,
        kind="share_of_units",
        aggregation="",
        entered_at=None,
        scale=D(100),
        decimals=1,
        condition_indicator=catalogue.poor,
        condition_comparator="<=",
        condition_value=D(5),
    )
    made = rule(
        "xa-dat",
        [(1, share, 0)],
        "{left} quá {right}.",
        comparator="<=",
        constant=D(50),
        tiers=("commune", "district"),
    )
    for unit, poor in zip(places.communes, ("5", "6", "0"), strict=True):
        told(unit, {catalogue.poor: poor})
    drain()

    assert [(row.unit, row.message) for row in tried(made).failing] == [
        (places.district, "66,7 quá 50,0.")
    ]


# -- tiers above ----------------------------------------------------------------------------------


@pytest.fixture
def at_district(catalogue: Catalogue) -> ValidationRule:
    return rule(
        "huyen",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        comparator="<=",
        tiers=("district",),
    )


def test_district_is_judged_on_its_sum_once_all_have_reported(
    places: Places, catalogue: Catalogue, at_district: ValidationRule
) -> None:
    """3 + 3 + 3 poor of 2 + 2 + 2 households; while one is silent nothing is said."""
    for unit in (places.first, places.second):
        told(unit, {catalogue.poor: "3", catalogue.households: "2"})
    drain()
    assert counts(tried(at_district)) == {"2024": (0, 0, 1, 0)}

    told(places.town, {catalogue.poor: "3", catalogue.households: "2"})
    drain()

    trial = tried(at_district)
    assert counts(trial) == {"2024": (0, 1, 0, 0)}
    assert [(row.unit, row.left, row.right) for row in trial.failing] == [
        (places.district, D(9), D(6))
    ]


def test_district_is_compared_with_its_own_sum_of_the_year_before(
    places: Places, catalogue: Catalogue
) -> None:
    made = rule("huyen", [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)], tiers=("district",))
    for unit in places.communes:
        told(unit, {catalogue.poor: "3"}, Y2023)
        told(unit, {catalogue.opening: "4"})
    drain()

    trial = tried(made, 2024)

    assert counts(trial) == {"2024": (0, 1, 0, 0)}
    assert trial.failing[0].gap == D(3)


# -- the same verdicts, and how much it costs -----------------------------------------------------


@pytest.mark.parametrize("comparator", ["<=", "<", ">=", ">", "="])
def test_every_verdict_is_that_of_the_checks(
    places: Places, catalogue: Catalogue, comparator: str
) -> None:
    """Over 60 made-up returns with gaps, tolerance and a constant."""
    made = rule(
        "nhieu",
        [
            (1, catalogue.opening, 0),
            (-2, catalogue.escaped, 0),
            (1, catalogue.relapsed, 0),
            (-1, catalogue.poor, 0),
        ],
        comparator=comparator,
        constant=D(3),
        tolerance=D(1),
    )
    given = random.Random(5)
    expected: dict[str, bool | None] = {}
    for number in range(60):
        unit = builders.unit(f"7{number:04}", f"Xã {number}", "commune", places.district)
        values = {
            row: str(given.randint(0, 6)) for row in catalogue.inputs if given.random() < 0.93
        }
        told(unit, dict(values))
        loaded = with_terms().get(pk=made.pk)
        figures: dict[tuple[str, int], D | None] = {
            (row.code, 0): D(text) for row, text in values.items()
        }
        known = {term.indicator.code for term in loaded.terms.all()}
        is_whole = known <= {code for code, _ in figures}
        if known & {code for code, _ in figures}:
            expected[unit.code] = bool(check([loaded], figures)) if is_whole else None

    trial = tried(made)

    assert {row.unit.code for row in trial.failing} == {
        code for code, failed in expected.items() if failed
    }
    verdicts = list(expected.values())
    assert counts(trial) == {
        "2024": (verdicts.count(False), verdicts.count(True), verdicts.count(None), 0)
    }
    assert verdicts.count(True) > 0


def test_queries_do_not_grow_with_units_years_or_terms(
    places: Places, catalogue: Catalogue, opening: ValidationRule
) -> None:
    def queries(made: ValidationRule) -> int:
        tried(made)
        with CaptureQueriesContext(connection) as seen:
            tried(made)
        return len(seen)

    def fill(units: list[Unit], rows: list[Indicator]) -> None:
        for unit in units:
            for period in (Y2023, Y2024):
                told(unit, dict.fromkeys(rows, "3"), period)

    opening.terms.create(indicator=catalogue.relapsed, coefficient=D(1), order=6)
    fill([places.first], catalogue.inputs)
    few = queries(opening)
    more = [
        builders.unit(f"8{number:04}", f"Xã {number}", "commune", places.district)
        for number in range(20)
    ]
    fill(more, catalogue.inputs)
    opening.terms.create(indicator=catalogue.households, coefficient=D(1), order=7)

    assert queries(opening) == few
    assert few <= 11


def test_queries_of_a_summed_tier_do_not_grow_with_its_units(
    places: Places, catalogue: Catalogue, at_district: ValidationRule
) -> None:
    def queries() -> int:
        tried(at_district)
        with CaptureQueriesContext(connection) as seen:
            tried(at_district)
        return len(seen)

    for unit in places.communes:
        told(unit, {catalogue.poor: "3", catalogue.households: "2"})
    drain()
    few = queries()
    for number in range(4):
        district = builders.unit(f"91{number}", f"Huyện {number}", "district", places.province)
        commune = builders.unit(f"91{number}01", f"Xã {number}", "commune", district)
        told(commune, {catalogue.poor: "3", catalogue.households: "2"})
    drain()

    assert queries() == few
    assert few <= 16
