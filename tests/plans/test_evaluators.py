"""Every kind of promise, judged on hand-worked figures.

Each case is worked out beside it. Source of the rules: design.md, Meaning (Target).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.evaluators import (
    EVALUATORS,
    Case,
    Path,
    Reading,
    Reason,
    Terms,
    Verdict,
    agrees,
    evaluate,
)
from plans.evaluators.forecasts import pace, trend

D = Decimal
MET, ON_TRACK = Verdict.MET, Verdict.ON_TRACK
AT_RISK, OFF_TRACK = Verdict.AT_RISK, Verdict.OFF_TRACK
NO_DATA, NOT_DUE = Verdict.NO_DATA, Verdict.NOT_DUE


def number(text: str | int | None) -> Decimal | None:
    return None if text is None else D(str(text))


def terms(kind: str, comparator: str, value: str | int | None = None, **more: Any) -> Terms:
    """A promise for 2021 to 2025; more is better unless said."""
    return Terms(
        **{
            "kind": kind,
            "comparator": comparator,
            "direction": "higher_is_better",
            "year_from": 2021,
            "year_to": 2025,
            "value": number(value),
            **more,
        }
    )


def reading(value: str | int | None = None, **more: Any) -> Reading:
    """A figure that the one unit there is has reported; None: it has not."""
    opening = number(more.pop("opening", None))
    planned = number(more.pop("planned", None))
    told = 0 if value is None else 1
    return Reading(
        **{
            "value": number(value),
            "opening": opening,
            "planned": planned,
            "reported": told,
            "expected": 1,
            **more,
        }
    )


def case(promise: Terms, year: int, readings: dict[int, Reading], **more: Any) -> Case:
    return Case(**{"terms": promise, "year": year, "base_year": 2020, "readings": readings, **more})


def level_of(*values: str | int | None, first: int = 2020) -> dict[int, Reading]:
    return {first + index: reading(value) for index, value in enumerate(values)}


# ------------------------------------------------------------------ comparators


@pytest.mark.parametrize(
    ("comparator", "direction", "actual", "reached"),
    [
        (">=", "higher_is_better", "10", True),
        (">=", "higher_is_better", "9.99", False),
        (">", "higher_is_better", "10", False),
        (">", "higher_is_better", "10.01", True),
        ("<=", "lower_is_better", "10", True),
        ("<=", "lower_is_better", "10.01", False),
        ("<", "lower_is_better", "10", False),
        ("<", "lower_is_better", "9.99", True),
        # "=" is kept by more where more is better: 47 % of forest is kept by 48 %.
        ("=", "higher_is_better", "10.5", True),
        ("=", "higher_is_better", "9.5", False),
        # A remainder is kept by less: 8.410 hộ "còn lại" is kept by 8.300.
        ("=", "lower_is_better", "9.5", True),
        ("=", "lower_is_better", "10.5", False),
        ("=", "none", "10", True),
        ("=", "none", "10.01", False),
        # "khoảng": 5 % either way, in the good direction any way.
        ("~", "higher_is_better", "9.5", True),
        ("~", "higher_is_better", "9.49", False),
        ("~", "higher_is_better", "99", True),
        ("~", "lower_is_better", "10.5", True),
        ("~", "lower_is_better", "10.51", False),
        ("~", "none", "10.51", False),
        ("~", "none", "9.5", True),
    ],
)
def test_comparator_is_read_in_the_good_direction(
    comparator: str, direction: str, actual: str, reached: bool
) -> None:
    promise = terms("level", comparator, 10, direction=direction, decimals=2)

    assert promise.reached(D(actual)) is reached


@pytest.mark.parametrize(
    ("direction", "actual", "reached"),
    [
        ("higher_is_better", 19, False),
        ("higher_is_better", 20, True),
        ("higher_is_better", 31, True),  # more than "20 to 30" workers is no failure
        ("lower_is_better", 31, False),
        ("lower_is_better", 3, True),
        ("none", 19, False),
        ("none", 25, True),
        ("none", 31, False),
    ],
)
def test_range_is_kept_from_its_first_good_end_on(
    direction: str, actual: int, reached: bool
) -> None:
    promise = terms("level", "range", low=D(20), high=D(30), direction=direction)

    assert promise.reached(D(actual)) is reached


def test_figures_are_compared_as_the_screen_shows_them() -> None:
    """99,796 is shown as 99,80: nobody can see that it is not 99,80."""
    promise = terms("level", ">=", "99.8", decimals=2)

    assert promise.reached(D("99.796"))
    assert not promise.reached(D("99.794"))


def test_a_change_is_a_size_whatever_way_the_indicator_should_go() -> None:
    """A cut of 7 points is kept by a cut of 8, though the rate should fall."""
    promise = terms("change_total", "=", 7, direction="lower_is_better")

    assert promise.reached(D(8))
    assert not promise.reached(D(6))


# ------------------------------------------------------------------ level


FALLING = terms("level", "<", 1500, direction="lower_is_better", year_from=2025)
# 6.567 at the end of 2020, under 1.500 at the end of 2025: (6567 - 1500) / 5 = 1013.4 a year.
# Expected at the end of 2024: 6567 - 4 x 1013.4 = 2513.4.


@pytest.mark.parametrize(
    ("actual", "verdict", "gap", "needed"),
    [
        (2500, ON_TRACK, -13, 1000),
        (2513, ON_TRACK, 0, 1013),
        (2514, AT_RISK, 1, 1014),
        # 10 % of 2513.4 is 251.34.
        (2764, AT_RISK, 251, 1264),
        (2765, OFF_TRACK, 252, 1265),
        (2827, OFF_TRACK, 314, 1327),
        (1499, MET, -1014, 0),
        (1500, ON_TRACK, -1013, 0),
    ],
)
def test_level_is_held_against_the_straight_path(
    actual: int, verdict: Verdict, gap: int, needed: int
) -> None:
    found = evaluate(case(FALLING, 2024, {2020: reading(6567), 2024: reading(actual)}))

    assert found.expected == D("2513.4")
    assert (found.verdict, found.gap, found.needed) == (verdict, D(gap), D(needed))
    assert (found.path, found.remaining) == (Path.STRAIGHT, 1)


def test_milestones_come_before_the_straight_path() -> None:
    readings = {2020: reading(6567), 2024: reading(2600, planned=2600)}

    found = evaluate(case(FALLING, 2024, readings))

    assert (found.expected, found.verdict, found.path) == (D(2600), ON_TRACK, Path.MILESTONES)


@pytest.mark.parametrize(
    ("actual", "verdict"), [(1499, MET), (1500, AT_RISK), (1650, AT_RISK), (1651, OFF_TRACK)]
)
def test_level_that_is_due_is_held_against_the_promise(actual: int, verdict: Verdict) -> None:
    """Exactly 1.500 is not "under 1.500": a near miss."""
    found = evaluate(case(FALLING, 2025, {2020: reading(6567), 2025: reading(actual)}))

    assert (found.verdict, found.path, found.needed) == (verdict, Path.GOAL, None)


def test_level_asked_about_after_it_was_due_is_judged_in_its_own_year() -> None:
    readings = {2020: reading(6567), 2025: reading(1400), 2026: reading(1900)}

    assert evaluate(case(FALLING, 2026, readings)).verdict is MET


def test_level_without_baseline_or_milestone_has_no_verdict_before_it_is_due() -> None:
    found = evaluate(case(FALLING, 2024, {2024: reading(2000)}))

    assert (found.verdict, found.expected) == (NOT_DUE, None)
    assert found.reasons == (Reason.NO_BASELINE,)


def test_level_reached_early_is_met_without_a_path() -> None:
    assert evaluate(case(FALLING, 2024, {2024: reading(1400)})).verdict is MET


def test_level_of_a_year_nobody_reported_is_not_carried_forward() -> None:
    found = evaluate(case(FALLING, 2024, {2020: reading(6567), 2023: reading(1400)}))

    assert (found.verdict, found.actual) == (NO_DATA, None)
    assert found.last_known == (2023, D(1400))


def test_zero_is_a_figure() -> None:
    assert evaluate(case(FALLING, 2025, {2025: reading(0)})).verdict is MET


def test_level_that_was_good_enough_at_the_start_has_to_stay_so() -> None:
    """From 97 % the path to "at least 94 %" does not run downhill."""
    promise = terms("level", ">=", 94)

    found = evaluate(case(promise, 2023, {2020: reading(97), 2023: reading(93)}))

    assert (found.expected, found.verdict) == (D(94), AT_RISK)


STANDARD = frozenset({2022})


def test_no_path_is_drawn_across_a_break_that_is_still_ahead() -> None:
    """2021 counts by the old standard, the promise for 2025 by the new one."""
    readings = {2020: reading(6567), 2021: reading(5600)}

    found = evaluate(case(FALLING, 2021, readings, breaks=STANDARD))

    assert (found.verdict, found.expected) == (NOT_DUE, None)
    assert found.reasons == (Reason.BREAK_AHEAD,)
    assert (found.needed, found.forecast) == (None, None)
    few = {2020: reading(6567), 2021: reading(1400)}
    assert evaluate(case(FALLING, 2021, few, breaks=STANDARD)).verdict is NOT_DUE


def test_a_break_is_bridged_by_the_opening_figures_of_its_own_year() -> None:
    """8.000 by the new standard at the start of 2022; 8000 - (8000 - 1500) x 2/4 = 4750."""
    readings = {
        2020: reading(6567),
        2022: reading(6200, opening=8000),
        2023: reading(4800, opening=6200),
    }

    found = evaluate(case(FALLING, 2023, readings, breaks=STANDARD))

    assert (found.expected, found.path) == (D(4750), Path.BRIDGED)
    assert (found.baseline, found.baseline_year) == (D(8000), 2021)
    assert (found.gap, found.verdict) == (D(50), AT_RISK)


def test_a_break_without_opening_figures_leaves_no_path() -> None:
    readings = {2020: reading(6567), 2022: reading(6200), 2023: reading(4800)}

    found = evaluate(case(FALLING, 2023, readings, breaks=STANDARD))

    assert (found.verdict, found.expected) == (NOT_DUE, None)


def test_two_units_missing_compare_the_others_with_their_own_part() -> None:
    """Those who reported had 90 % of the baseline: 0.9 x 1500 is their promise.

    Their path: 5910 - (5910 - 1350) x 4/5 = 2262. Nothing is met while two are unknown.
    """
    readings = {2020: reading(5910), 2024: reading(2262, reported=17, expected=19)}

    found = evaluate(case(FALLING, 2024, readings, part=D("0.9"), complete=False))

    assert (found.goal, found.expected, found.verdict) == (D(1350), D(2262), ON_TRACK)
    assert found.reasons == (Reason.PARTIAL,)

    due = {2020: reading(5910), 2025: reading(1200, reported=17, expected=19)}
    assert evaluate(case(FALLING, 2025, due, part=D("0.9"), complete=False)).verdict is ON_TRACK


def test_a_rate_of_some_units_is_asked_for_the_same_change_but_not_for_more_than_all() -> None:
    """They start two points above the others (shift 2); 100 % stays 100 %."""
    promise = terms("level", "=", 100)
    readings = {2020: reading(92), 2025: reading(100, reported=17, expected=19)}

    found = evaluate(
        case(promise, 2025, readings, shift=D(2), complete=False, adds_up=False, highest=D(100))
    )

    assert (found.goal, found.verdict) == (D(100), ON_TRACK)


# ------------------------------------------------------------------ cumulative


FLOW = terms("cumulative", "=", 1000)


@pytest.mark.parametrize(
    ("flows", "verdict", "actual", "expected", "needed"),
    [
        ((200, 200, 200), ON_TRACK, 600, 600, 200),
        ((200, 200, 150), AT_RISK, 550, 600, 225),
        ((200, 200, 139), OFF_TRACK, 539, 600, "230.5"),
        ((500, 500, 0), MET, 1000, 600, 0),
        ((200, 200, 0), OFF_TRACK, 400, 600, 300),
    ],
)
def test_cumulative_adds_the_yearly_flows(
    flows: tuple[int, ...], verdict: Verdict, actual: int, expected: int, needed: str | int
) -> None:
    found = evaluate(case(FLOW, 2023, level_of(*flows, first=2021)))

    assert found.verdict is verdict
    assert (found.actual, found.expected) == (D(actual), D(expected))
    assert found.needed == D(needed)


def test_what_is_left_of_a_sum_is_the_promise_without_what_is_done() -> None:
    """700 of 1.000 are known, though 12 of 18 units said nothing of 2024: 300 are to come.

    The verdict is of like with like: 700 against 200 a year, and 6/18 of the last year's 200.
    """
    readings = {**level_of(200, 200, 200, first=2021), 2024: reading(100, reported=6, expected=18)}

    found = evaluate(case(FLOW, 2024, readings, complete=False))

    assert found.needed == D(300)
    assert found.expected == 600 + D(200) * 6 / 18
    assert found.verdict is ON_TRACK


def test_cumulative_does_not_count_what_came_before_the_plan() -> None:
    readings = level_of(900, 200, first=2020)

    assert evaluate(case(FLOW, 2021, readings)).actual == D(200)


def test_cumulative_follows_a_late_change_of_an_early_year() -> None:
    """2021 corrected from 200 to 120 after 2023 was in: 520 of 600."""
    readings = level_of(200, 200, 200, first=2021)

    before = evaluate(case(FLOW, 2023, readings))
    after = evaluate(case(FLOW, 2023, readings | {2021: reading(120)}))

    assert (before.verdict, after.verdict) == (ON_TRACK, OFF_TRACK)
    assert after.actual == D(520)


def test_cumulative_with_a_missing_year_is_held_against_the_years_known() -> None:
    """2022 unknown: 400 against the 400 of 2021 and 2023; the year is no zero, nothing is met."""
    readings = {2021: reading(200), 2022: reading(None), 2023: reading(200)}

    found = evaluate(case(FLOW, 2023, readings))

    assert (found.actual, found.expected, found.verdict) == (D(400), D(400), ON_TRACK)
    assert (found.missing_years, found.needed, found.forecast) == ((2022,), None, None)


def test_cumulative_already_kept_by_those_who_reported_is_met() -> None:
    """Flows are never negative: whoever is missing can only add."""
    readings = {2021: reading(1000, reported=17, expected=19), 2022: reading(None)}

    assert evaluate(case(FLOW, 2021, readings, complete=False)).verdict is MET
    assert evaluate(case(FLOW, 2022, readings)).verdict is MET


def test_a_limit_is_not_kept_before_its_years_are_over() -> None:
    """At most 100 relapses in five years: 10 in the first year promise nothing yet."""
    limit = terms("cumulative", "<=", 100, direction="lower_is_better")

    assert evaluate(case(limit, 2021, {2021: reading(10)})).verdict is ON_TRACK
    assert evaluate(case(limit, 2021, {2021: reading(25)})).verdict is OFF_TRACK
    assert evaluate(case(limit, 2025, level_of(10, 10, 10, 10, 10, first=2021))).verdict is MET


def test_cumulative_of_some_units_owes_only_their_part_of_the_year() -> None:
    """15 of 18 units in 2022: 200 + 200 x 15/18 = 366.67 expected of them."""
    readings = {2021: reading(200), 2022: reading(170, reported=15, expected=18)}

    found = evaluate(case(FLOW, 2022, readings, complete=False))

    assert found.expected is not None
    assert found.expected.quantize(D("0.01")) == D("366.67")
    assert (found.verdict, found.reasons) == (ON_TRACK, (Reason.PARTIAL,))


def test_a_running_total_that_officers_keep_is_never_added_up_again() -> None:
    """24 products in 2023 are 24, not 10 + 17 + 24; a fall shows as a fall."""
    promise = terms("cumulative", ">=", 27)
    readings = level_of(5, 10, 17, 24)

    found = evaluate(case(promise, 2023, readings, is_stock=True))
    fallen = evaluate(case(promise, 2023, readings | {2023: reading(15)}, is_stock=True))

    assert (found.actual, fallen.actual) == (D(24), D(15))


def test_milestones_of_a_flow_are_the_plan_of_each_year() -> None:
    """100 were planned for 2021 and 150 for 2022: 240 is 10 behind 250, 4 %."""
    readings = {2021: reading(100, planned=100), 2022: reading(140, planned=150)}

    found = evaluate(case(FLOW, 2022, readings))

    assert (found.expected, found.gap, found.verdict) == (D(250), D(10), AT_RISK)


def test_once_due_the_promise_counts_and_not_the_milestones() -> None:
    """60 of 100 in five years is not kept because ten a year had been planned."""
    readings = {year: reading(12, planned=10) for year in range(2021, 2026)}

    found = evaluate(case(terms("cumulative", ">=", 100), 2025, readings))

    assert (found.expected, found.verdict) == (D(100), OFF_TRACK)


def test_years_without_a_milestone_owe_what_the_others_leave() -> None:
    """90 of 100 are planned for 2021; the other four years owe 2.5 each."""
    readings = {2021: reading(90, planned=90), 2022: reading(3)}

    found = evaluate(case(terms("cumulative", ">=", 100), 2022, readings))

    assert (found.expected, found.verdict) == (D("92.5"), ON_TRACK)


def test_met_with_a_year_missing_is_not_held_against_the_whole_promise() -> None:
    """5 of 5 by 2024; 2025 is unknown: 1 above the four years' 4, not above the promise."""
    promise = terms("cumulative", "=", 5)

    found = evaluate(case(promise, 2025, level_of(1, 2, 1, 1, first=2021)))

    assert (found.verdict, found.expected, found.path) == (MET, D(4), Path.STRAIGHT)


# ------------------------------------------------------------------ changes


CUT = terms("change_per_year", ">", 7, direction="lower_is_better", decimals=2)


def rates(**years: tuple[str | None, str | None]) -> dict[int, Reading]:
    """y2021=(opening, closing)."""
    return {
        int(name[1:]): reading(closing, opening=opening)
        for name, (opening, closing) in years.items()
    }


def test_yearly_cut_is_the_mean_of_the_cuts_inside_each_year() -> None:
    """8 + 9 + 7 points over three years: 8 a year; 35 - 24 = 11 left for two years."""
    readings = rates(y2021=("40", "32"), y2022=("45", "36"), y2023=("36", "29"))

    found = evaluate(case(CUT, 2023, readings, breaks=STANDARD))

    assert (found.actual, found.verdict) == (D(8), ON_TRACK)
    assert found.needed == D("5.5")


def test_yearly_cut_with_a_missing_year_divides_by_the_years_known() -> None:
    """8 and 8 over two known years are 8 a year, not 16 / 3; and never met at the end."""
    readings = rates(y2021=("40", "32"), y2023=("36", "28"))

    found = evaluate(case(CUT, 2023, readings, breaks=STANDARD))

    assert (found.actual, found.verdict, found.missing_years) == (D(8), ON_TRACK, (2022,))
    due = replace(CUT, year_to=2023)
    assert evaluate(case(due, 2023, readings, breaks=STANDARD)).verdict is ON_TRACK


def test_yearly_cut_of_exactly_the_promise_is_no_more_than_it_at_the_end() -> None:
    """ "Trên 7 điểm %": 7,00 is not more than 7."""
    due = replace(CUT, year_to=2021)

    assert evaluate(case(due, 2021, rates(y2021=("40", "33")))).verdict is AT_RISK
    assert evaluate(case(due, 2021, rates(y2021=("40", "32.99")))).verdict is MET
    assert evaluate(case(CUT, 2021, rates(y2021=("40", "33")))).verdict is ON_TRACK


def test_a_mean_over_years_is_not_met_before_the_years_are_over() -> None:
    readings = rates(y2021=("60", "20"))

    assert evaluate(case(CUT, 2021, readings)).verdict is ON_TRACK


def test_no_difference_is_taken_across_a_break_without_opening_figures() -> None:
    """36 % by the new standard less 32 % by the old one is no fall and no rise."""
    readings = {2021: reading("32"), 2022: reading("36")}

    found = evaluate(case(CUT, 2022, readings, breaks=STANDARD))

    assert (found.verdict, found.actual) == (NO_DATA, None)
    assert found.reasons == (Reason.NO_OPENING,)


def test_without_opening_figures_the_year_before_serves_inside_one_standard() -> None:
    readings = {2022: reading("36"), 2023: reading("28")}

    found = evaluate(case(replace(CUT, year_from=2023), 2023, readings, breaks=STANDARD))

    assert found.actual == D(8)


def test_points_are_a_difference_of_two_rates_on_their_own_households() -> None:
    """100 of 400 at the start, 80 of 500 at the end: 25 - 16 = 9 points.

    Not 20 / 400 = 5, nor 20 / 500 = 4: the households changed in the year.
    """
    opening, closing = D(100) * 100 / 400, D(80) * 100 / 500
    promise = terms("change_total", ">=", 9, direction="lower_is_better", year_to=2021)

    found = evaluate(case(promise, 2021, {2021: Reading(closing, opening, reported=1, expected=1)}))

    assert (found.actual, found.verdict) == (D(9), MET)


def test_a_rise_the_plan_wants_is_a_positive_change() -> None:
    promise = terms("change_total", ">=", 5, year_to=2021)

    assert evaluate(case(promise, 2021, rates(y2021=("24", "30")))).actual == D(6)


def test_a_change_the_wrong_way_is_negative() -> None:
    found = evaluate(case(CUT, 2021, rates(y2021=("20", "22"))))

    assert (found.actual, found.verdict) == (D(-2), OFF_TRACK)


def test_a_total_change_is_spread_over_its_years() -> None:
    """35 points in five years: 14 by the end of the second."""
    promise = terms("change_total", "=", 35, direction="lower_is_better")
    readings = rates(y2021=("40", "33"), y2022=("33", "26"))

    found = evaluate(case(promise, 2022, readings))

    assert (found.actual, found.expected, found.verdict) == (D(14), D(14), ON_TRACK)


def test_a_change_is_not_taken_between_years_of_other_units() -> None:
    """19 units in 2023 and 15 of them in 2024: the four that are missing are no fall."""
    promise = terms("change_total", ">=", 100, direction="lower_is_better", year_from=2024)
    readings = {
        2023: reading(1900, reported=19, expected=19),
        2024: reading(1500, reported=15, expected=19),
    }

    assert evaluate(case(promise, 2024, readings, complete=False)).verdict is NO_DATA


# ------------------------------------------------------------------ units


def test_share_is_judged_by_those_that_reported_and_not_met_while_some_are_missing() -> None:
    promise = terms("share_of_units", "=", 100, year_to=2024)
    full = {2024: reading(100, reported=18, expected=18)}
    partial = {2024: reading(100, reported=15, expected=18)}

    assert evaluate(case(promise, 2024, full)).verdict is MET
    assert evaluate(case(promise, 2024, partial, complete=False)).verdict is ON_TRACK


def test_who_is_missing_leaves_a_promise_of_an_exact_number_open() -> None:
    """Seven units at level 2 and three unknown: the three may make it more, or keep it."""
    promise = terms("count_of_units", "=", 7, direction="none")
    partial = {2024: reading(7, reported=15, expected=18)}

    found = evaluate(case(promise, 2024, partial, part=D(15) / 18, complete=False))

    assert (found.verdict, found.needed) == (NOT_DUE, None)


def test_nineteen_of_nineteen_is_eighteen_of_eighteen_after_a_merger() -> None:
    """Tà Chải joined the township on 1 November 2024: 18 units are all there are."""
    promise = terms("count_of_units", "=", 19)
    before = {2023: reading(19, reported=19, expected=19, counted=19)}
    after = {2024: reading(18, reported=18, expected=18, counted=18)}
    lacking = {2025: reading(17, reported=18, expected=18, counted=18)}

    assert evaluate(case(promise, 2023, before)).verdict is MET
    found = evaluate(case(promise, 2024, after))
    assert (found.verdict, found.goal, found.adjusted_goal) == (MET, D(18), True)
    assert evaluate(case(promise, 2025, lacking)).verdict is AT_RISK


def test_a_range_without_a_good_direction_is_missed_by_its_nearer_end() -> None:
    promise = terms("level", "range", low=D(20), high=D(30), direction="none", year_to=2024)

    above = evaluate(case(promise, 2024, {2024: reading(31)}, base_year=2023))
    inside = evaluate(case(promise, 2024, {2024: reading(28)}, base_year=2023))

    assert (above.gap, above.verdict) == (D(1), AT_RISK)
    assert (inside.gap, inside.verdict) == (D(0), MET)


def test_each_unit_in_each_year_is_not_kept_by_the_last_year_alone() -> None:
    promise = terms("per_unit_per_year", ">=", 20, each_unit=True)
    good = reading(200, meeting=10, reported=10, expected=10)

    alone = evaluate(case(promise, 2025, {2025: good}))
    always = evaluate(case(promise, 2025, dict.fromkeys(range(2021, 2026), good)))
    early = evaluate(case(promise, 2021, {2021: good}))

    assert alone.verdict is not MET
    assert always.verdict is MET
    assert early.verdict is not MET


def test_a_count_below_all_units_stays_as_promised_after_a_merger() -> None:
    promise = terms("count_of_units", "=", 12)

    found = evaluate(case(promise, 2025, {2025: reading(12, counted=18)}))

    assert (found.goal, found.verdict, found.adjusted_goal) == (D(12), MET, False)


def test_each_unit_must_keep_the_value_by_itself() -> None:
    """9 of 10 communes have at least one criterion: not met, 10 % short is a near miss."""
    promise = terms("per_unit", ">=", 1, each_unit=True, year_from=2024, year_to=2024)

    all_of_them = {2024: reading(12, meeting=10, reported=10, expected=10)}
    one_lacks = {2024: reading(12, meeting=9, reported=10, expected=10)}
    two_lack = {2024: reading(12, meeting=8, reported=10, expected=10)}

    assert evaluate(case(promise, 2024, all_of_them, base_year=2023)).verdict is MET
    assert evaluate(case(promise, 2024, one_lacks, base_year=2023)).verdict is AT_RISK
    assert evaluate(case(promise, 2024, two_lack, base_year=2023)).verdict is OFF_TRACK


def test_on_average_divides_what_happened_by_the_units() -> None:
    """12 sessions in 10 communes: 1.2 a commune, whoever held them."""
    promise = terms("per_unit", "=", 1, on_average=True, year_from=2024, year_to=2024, decimals=1)
    readings = {2024: reading(12, units=10, meeting=6, reported=10, expected=10)}

    found = evaluate(case(promise, 2024, readings, base_year=2023))

    assert (found.actual, found.verdict) == (D("1.2"), MET)


def test_per_unit_and_year_divides_by_unit_years() -> None:
    """400 in 19 communes and 340 in 17: 740 / 36 = 20.56, not the mean of 21.05 and 20."""
    promise = terms(
        "per_unit_per_year", "range", low=D(20), high=D(30), on_average=True, decimals=2
    )
    readings = {2021: reading(400, units=19), 2022: reading(340, units=17)}

    found = evaluate(case(promise, 2022, readings))

    assert found.actual is not None
    assert found.actual.quantize(D("0.01")) == D("20.56")
    assert (found.expected, found.verdict) == (D(20), ON_TRACK)


@pytest.mark.parametrize("workers", [230, 100])
def test_promise_of_every_year_leaves_no_remainder(workers: int) -> None:
    """20 to 30 a unit and year: 23 in one year do not make 17 enough in the next."""
    promise = terms("per_unit_per_year", "range", low=D(20), high=D(30), on_average=True)
    readings = {year: reading(workers, units=10) for year in range(2021, 2025)}

    assert evaluate(case(promise, 2024, readings)).needed is None


# ------------------------------------------------------------------ before the start


@pytest.mark.parametrize("kind", sorted(EVALUATORS))
def test_nothing_is_due_before_the_plan_begins(kind: str) -> None:
    promise = terms(kind, ">=", 10, year_from=2023, year_to=2024)

    found = evaluate(case(promise, 2022, {2022: reading(99)}, base_year=2022))

    assert (found.verdict, found.reasons) == (NOT_DUE, (Reason.NOT_STARTED,))


@pytest.mark.parametrize("kind", sorted(EVALUATORS))
def test_no_figure_is_no_verdict_for_any_kind(kind: str) -> None:
    promise = terms(kind, ">=", 10, year_from=2024, year_to=2024)

    assert evaluate(case(promise, 2024, {2024: reading(None)}, base_year=2023)).verdict is NO_DATA


# ------------------------------------------------------------------ forecasts


def test_trend_is_the_least_squares_line_with_its_band() -> None:
    """(1, 10), (2, 7), (3, 7): slope -1.5, mean 8 at 2; at 4: 5.

    Left over: 0.5, -1, 0.5; s = sqrt(1.5 / 1) = 1.2247; reach sqrt(1 + 1/3 + 4/2) = 1.8257;
    t(1) = 3.078: half = 6.8826.
    """
    found = trend([(1, D(10)), (2, D(7)), (3, D(7))], 4)

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.value == D(5)
    assert (found.high - found.low).quantize(D("0.001")) == D("13.765")


def test_two_figures_give_a_forecast_without_a_band_and_one_gives_none() -> None:
    found = trend([(2023, D(10)), (2024, D(8))], 2025)

    assert found is not None
    assert (found.value, found.low, found.high) == (D(6), None, None)
    assert trend([(2024, D(8))], 2025) is None


def test_a_forecast_stays_within_what_a_figure_can_be() -> None:
    found = trend([(2022, D(97)), (2023, D(98)), (2024, D("99.5"))], 2026, D(0), D(100))

    assert found is not None
    assert (found.value, found.high) == (D(100), D(100))


def test_pace_goes_on_by_the_mean_step() -> None:
    """63 + 70 + 78 = 211, 70.33 a year: 281.33 after one more; of three steps there is a band."""
    found = pace([D(63), D(70), D(78)], 1, 2024)

    assert found is not None
    assert found.low is not None
    assert found.value.quantize(D("0.01")) == D("281.33")
    assert found.low < found.value
    without = pace([D(63), D(70)], 1, 2024)
    assert without is not None
    assert without.low is None
    assert pace([D(63)], 1, 2024) is None


def test_the_forecast_uses_one_standard_only() -> None:
    """By the new standard 8000 (opening 2022), 6000, 4000: 0 in 2025; 6567 of 2020 is not of it."""
    readings = {
        2020: reading(6567),
        2021: reading(5600),
        2022: reading(6000, opening=8000),
        2023: reading(4000, opening=6000),
    }

    found = evaluate(case(FALLING, 2023, readings, breaks=STANDARD, lowest=D(0)))

    assert found.forecast is not None
    assert (found.forecast.value, found.forecast.points) == (D(0), 3)


# ------------------------------------------------------------------ stated results


@pytest.mark.parametrize(
    ("comparator", "value", "actual", "same"),
    [
        ("=", "55.6", "55.64", True),
        ("=", "55.6", "55.66", False),
        ("=", "590", "590.4", True),
        ("=", "590", "591", False),
        ("~", "3600", "3700", True),
        ("~", "3600", "3800", False),
    ],
)
def test_a_stated_result_agrees_within_its_own_rounding(
    comparator: str, value: str, actual: str, same: bool
) -> None:
    assert agrees(terms("level", comparator, value), D(actual)) is same


# ------------------------------------------------------------------ properties


FIGURES = st.decimals(min_value=0, max_value=10_000, places=2)


@given(st.lists(FIGURES, min_size=1, max_size=5), FIGURES.filter(lambda value: value > 0))
def test_more_of_a_good_thing_never_worsens_a_verdict(flows: list[Decimal], more: Decimal) -> None:
    order = [OFF_TRACK, AT_RISK, ON_TRACK, MET]
    readings = {2021 + i: Reading(flow, reported=1, expected=1) for i, flow in enumerate(flows)}
    better = readings | {2021: Reading(flows[0] + more, reported=1, expected=1)}
    year = 2020 + len(flows)

    before = evaluate(case(FLOW, year, readings)).verdict
    after = evaluate(case(FLOW, year, better)).verdict

    assert order.index(after) >= order.index(before)


@given(st.permutations(range(2021, 2026)), st.lists(FIGURES, min_size=5, max_size=5))
def test_the_order_in_which_years_come_in_changes_nothing(
    order: list[int], flows: list[Decimal]
) -> None:
    by_year = dict(zip(range(2021, 2026), flows, strict=True))
    shuffled = {year: Reading(by_year[year], reported=1, expected=1) for year in order}
    straight = {year: Reading(by_year[year], reported=1, expected=1) for year in sorted(order)}

    assert evaluate(case(FLOW, 2025, shuffled)) == evaluate(case(FLOW, 2025, straight))
