"""Promises judged on reported figures: coverage, groups, mergers, amendments, single units.

Source of the rules: design.md, Meaning (Target); every expected number is worked out by hand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.enums import MemberSource, Role
from communes.models import GroupMember, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.models import Indicator, SeriesBreak
from indicators.periods import Period
from plans.assessment import Assessment, assess, assess_units, visible_targets
from plans.evaluators import Reason, Verdict
from plans.models import Allocation, AllocationShare, Amendment, Plan, Target
from povertyplan.lib.errors import DomainError
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, milestone, reported

pytestmark = pytest.mark.django_db

D = Decimal
Y2023, Y2024 = Period(2023), Period(2024)
PROVISIONAL, OFFICIAL = Stage.PROVISIONAL, Stage.OFFICIAL


@pytest.fixture
def plan(places: Places) -> Plan:
    return a_plan(places.district)


def one(
    target: Target, period: Period = Y2024, stage: str = PROVISIONAL, **more: Any
) -> Assessment:
    (found,) = assess([target], period, stage, **more)
    return found


def poor(catalogue: Catalogue, *counts: str | None) -> list[dict[Any, str | None]]:
    return [{catalogue.poor: count} for count in counts]


# ------------------------------------------------------------------ coverage


def test_units_that_reported_are_held_against_their_own_part_of_the_path(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """200 poor in 2020, 100 promised for 2025. First and second had 160 of them.

    Their promise is 80, their path 160 - (160 - 80) x 4/5 = 96; they have 90.
    """
    target = a_target(plan, catalogue.poor, "level", "100")
    base = zip(places.communes, poor(catalogue, "100", "60", "40"), strict=True)
    reported(2020, dict(base))
    reported(2024, {places.first: {catalogue.poor: "50"}, places.second: {catalogue.poor: "40"}})

    found = one(target)

    assert (found.actual, found.outcome.expected, found.outcome.goal) == (D(90), D(96), D(80))
    assert (found.verdict, found.reasons) == (Verdict.ON_TRACK, (Reason.PARTIAL,))
    assert (found.reported, found.expected, found.absent) == (2, 3, (places.town,))
    assert found.explanation == (
        "2/3 đơn vị đã báo cáo: năm 2024 còn 90 hộ, thấp hơn mốc 2024 của chính các đơn vị này "
        "(96 hộ) là 6 hộ; năm 2025 phải giảm 10 hộ."
    )


def test_a_unit_without_baseline_is_left_out_of_the_comparison(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Baselines: first 100, town 40; the whole has none of 2020, so nothing can be compared.

    With the second's 60 known too, its missing report of 2024 leaves first and town: 140 of 200.
    """
    target = a_target(plan, catalogue.poor, "level", "100")
    reported(2020, {places.first: {catalogue.poor: "100"}, places.town: {catalogue.poor: "40"}})
    reported(2024, {places.first: {catalogue.poor: "50"}, places.town: {catalogue.poor: "34"}})
    assert one(target).verdict is Verdict.NOT_DUE

    reported(2020, {places.second: {catalogue.poor: "60"}})

    found = one(target)
    assert (found.actual, found.outcome.goal) == (D(84), D(70))  # 140 - 70 x 4/5 = 84
    assert (found.outcome.expected, found.verdict) == (D(84), Verdict.ON_TRACK)


def test_a_unit_that_took_another_over_is_compared_with_both(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """The town merged into the first commune on 1 November 2024: 100 + 40 is its baseline.

    The second has not reported. Part 140 of 200: 140 - (140 - 70) x 4/5 = 84 expected.
    """
    target = a_target(plan, catalogue.poor, "level", "100")
    base = zip(places.communes, poor(catalogue, "100", "60", "40"), strict=True)
    reported(2020, dict(base))
    _merge(places.town, places.first)
    reported(2024, {places.first: {catalogue.poor: "84"}})

    found = one(target)

    assert (found.actual, found.outcome.expected) == (D(84), D(84))
    assert (found.reported, found.expected) == (1, 2)


def test_a_unit_from_a_split_has_no_baseline_to_compare_with(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Half of the town went to the first commune: whose 40 were they?"""
    target = a_target(plan, catalogue.poor, "level", "100")
    base = zip(places.communes, poor(catalogue, "100", "60", "40"), strict=True)
    reported(2020, dict(base))
    _merge(places.town, places.first, share="0.5")
    reported(2024, {places.first: {catalogue.poor: "84"}})

    found = one(target)

    # Nothing but the number of units is left: half of the units, half of the promise.
    assert found.outcome.goal == D(50)


def _merge(gone: Unit, into: Unit, share: str = "1") -> None:
    day = date(2024, 11, 1)
    Succession.objects.create(predecessor=gone, successor=into, date=day, share=D(share))
    Unit.objects.filter(pk=gone.pk).update(valid_to=date(2024, 10, 31))


def test_nothing_is_carried_forward_from_the_year_before(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.poor, "level", "100")
    reported(2023, {place: {catalogue.poor: "10"} for place in places.communes})

    found = one(target)

    assert (found.verdict, found.actual) == (Verdict.NO_DATA, None)
    assert found.explanation == (
        "Chưa kết luận: trong 3 đơn vị chưa đơn vị nào có số “Hộ nghèo cuối kỳ” năm 2024; "
        "số gần nhất là 30 hộ của năm 2023, không chuyển sang."
    )


def test_official_figures_count_only_what_was_approved(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.poor, "cumulative", "100", direction="higher_is_better")
    reported(2021, {place: {catalogue.poor: "10"} for place in places.communes}, OFFICIAL)
    reported(2021, {places.town: {catalogue.poor: "30"}}, PROVISIONAL)
    catalogue.poor.measurement = "flow"
    catalogue.poor.save()
    target = Target.objects.to_assess().get(pk=target.pk)

    assert one(target, Period(2021), PROVISIONAL).actual == D(50)
    assert one(target, Period(2021), OFFICIAL).actual == D(30)


def test_rates_of_many_units_are_pooled_and_points_are_of_the_rates(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Opening (1 + 90) of (2 + 100) is 89.22 %, closing (1 + 60) of (4 + 100) 58.65 %: 30.56."""
    opening_households = builders.count("opening_households", "Tổng số hộ đầu kỳ", 7)
    opening = builders.ratio(
        "opening_rate", "Tỷ lệ đầu kỳ", 8, [catalogue.opening], [opening_households]
    )
    catalogue.rate.opening_indicator = opening
    catalogue.rate.save()
    target = a_target(
        plan, catalogue.rate, "change_per_year", "7", comparator=">", unit_of_measure="điểm %"
    )
    names = [catalogue.opening, opening_households, catalogue.poor, catalogue.households]
    rows = {
        places.first: ("1", "2", "1", "4"),
        places.second: ("90", "100", "60", "100"),
        places.town: ("0", "0", "0", "0"),
    }
    reported(2021, {unit: dict(zip(names, row, strict=True)) for unit, row in rows.items()})

    found = one(target, Period(2021))

    assert found.actual is not None
    assert found.actual.quantize(D("0.01")) == D("30.56")
    assert found.explanation == (
        "Năm 2021 giảm 30,56 điểm %, vượt mốc năm 2021 (7,00 điểm %) là 23,56 điểm %; "
        "còn 4 năm, mỗi năm phải giảm 1,11 điểm %."
    )


def test_a_change_is_taken_over_the_units_that_gave_both_ends(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """The second gave no opening figure: 100 - 80 of the first alone, a third of 30 expected."""
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    target = a_target(plan, catalogue.poor, "change_total", "30", year_to=2021)
    reported(
        2021,
        {
            places.first: {catalogue.opening: "100", catalogue.poor: "80"},
            places.second: {catalogue.poor: "70"},
        },
    )

    found = one(target, Period(2021))

    assert (found.actual, found.outcome.expected, found.reported) == (D(20), D(10), 1)
    assert found.verdict is Verdict.ON_TRACK


def test_a_break_of_the_standard_is_bridged_by_the_years_own_opening(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """300 poor by the new standard at the start of 2022: 300 - (300 - 100) x 3/4 = 150 in 2024."""
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    catalogue.poor.series_breaks.set(
        [SeriesBreak.objects.create(code="chuan", first_periods=[2022])]
    )
    target = a_target(plan, catalogue.poor, "level", "100")
    reported(2020, {place: {catalogue.poor: "60"} for place in places.communes})
    opening = {catalogue.opening: "100", catalogue.poor: "90"}
    reported(2022, dict.fromkeys(places.communes, opening))
    reported(2024, {place: {catalogue.poor: "50"} for place in places.communes})

    found = one(target)

    assert (found.outcome.expected, found.actual, found.verdict) == (
        D(150),
        D(150),
        Verdict.ON_TRACK,
    )
    assert found.formula[0] == "Mốc 2024 = 300 + (100 − 300) × 3 ÷ 4 = 150 hộ"


# ------------------------------------------------------------------ what a promise is about


def test_a_promise_of_communes_leaves_the_township_out(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """60 in two communes over one year: 30 a commune; the township's 900 are not asked."""
    catalogue.poor.measurement = "flow"
    catalogue.poor.save()
    target = a_target(
        plan,
        catalogue.poor,
        "per_unit_per_year",
        None,
        comparator="range",
        value_min=D(20),
        value_max=D(30),
        direction="higher_is_better",
        each_unit=True,
        on_average=True,
        applies_to="communes",
        unit_of_measure="người/xã/năm",
    )
    reported(
        2021,
        {
            places.first: {catalogue.poor: "10"},
            places.second: {catalogue.poor: "50"},
            places.town: {catalogue.poor: "900"},
        },
    )

    found = one(target, Period(2021))

    assert (found.actual, found.reported, found.expected) == (D(30), 2, 2)
    assert one(target, Period(2021), unit=places.town).is_outside


def test_each_unit_is_looked_at_by_itself_unless_a_mean_is_promised(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(
        plan,
        catalogue.poor,
        "per_unit",
        "20",
        comparator=">=",
        direction="higher_is_better",
        each_unit=True,
        year_from=2024,
        year_to=2024,
        unit_of_measure="người/xã",
    )
    counts = zip(places.communes, poor(catalogue, "20", "19", "60"), strict=True)
    reported(2024, dict(counts))

    found = one(target)

    assert (found.actual, found.outcome.goal, found.verdict) == (D(2), D(3), Verdict.OFF_TRACK)
    assert found.explanation == "Năm 2024 có 2/3 đơn vị đạt mức ≥ 20 người/xã."


def test_points_are_never_called_per_cent(places: Places, catalogue: Catalogue, plan: Plan) -> None:
    target = a_target(
        plan, catalogue.rate, "level", "10", comparator="<=", unit_of_measure="%", year_to=2024
    )
    figures = {catalogue.poor: "12", catalogue.households: "100"}
    reported(2024, dict.fromkeys(places.communes, figures))

    assert one(target).explanation == ("Năm 2024 có 12,00%, cao hơn mức giao ≤ 10% là 2,00 điểm %.")


# ------------------------------------------------------------------ groups


@pytest.fixture
def group(places: Places) -> UnitGroup:
    made = UnitGroup.objects.create(code="nhom", name="Các xã nghèo", expected_size=2)
    GroupMember.objects.create(group=made, unit=places.first, source=MemberSource.STATED)
    return made


@pytest.fixture
def group_target(plan: Plan, catalogue: Catalogue, group: UnitGroup) -> Target:
    return a_target(
        plan,
        catalogue.rate,
        "level",
        "10",
        group=group,
        comparator="<=",
        unit_of_measure="%",
        year_to=2024,
        blocker="Mới biết một xã.",
    )


def test_a_group_with_members_unknown_has_no_verdict_but_its_members_have(
    places: Places, catalogue: Catalogue, group_target: Target
) -> None:
    reported(2024, {places.first: {catalogue.poor: "9", catalogue.households: "100"}})

    found = one(group_target)

    assert (found.verdict, found.reasons) == (Verdict.NO_DATA, (Reason.GROUP_UNKNOWN,))
    assert found.explanation == (
        "Chưa kết luận: mới biết 1/2 đơn vị của nhóm “Các xã nghèo”, chưa đủ danh sách. "
        "Mới biết một xã."
    )
    assert [(row.unit, row.verdict, row.actual) for row in found.members] == [
        (places.first, Verdict.MET, D(9))
    ]


def test_a_group_is_judged_once_its_list_is_complete(
    places: Places, catalogue: Catalogue, group: UnitGroup, group_target: Target
) -> None:
    """9 + 13 of 100 + 100 is 11 %; the district's other units do not count."""
    GroupMember.objects.create(group=group, unit=places.second, source=MemberSource.DECIDED)
    reported(
        2024,
        {
            places.first: {catalogue.poor: "9", catalogue.households: "100"},
            places.second: {catalogue.poor: "13", catalogue.households: "100"},
            places.town: {catalogue.poor: "0", catalogue.households: "900"},
        },
    )

    found = one(group_target)

    assert (found.actual, found.verdict, found.has_sample) == (D(11), Verdict.AT_RISK, False)
    assert [row.verdict for row in found.members] == [Verdict.MET, Verdict.OFF_TRACK]


def test_a_sample_member_marks_the_verdict(
    places: Places, group: UnitGroup, group_target: Target
) -> None:
    GroupMember.objects.create(group=group, unit=places.second, source=MemberSource.SAMPLE)

    assert one(group_target).has_sample


def test_a_member_that_has_not_reported_does_not_spoil_the_others(
    places: Places, catalogue: Catalogue, group: UnitGroup, group_target: Target
) -> None:
    GroupMember.objects.create(group=group, unit=places.second, source=MemberSource.DECIDED)
    reported(2024, {places.first: {catalogue.poor: "9", catalogue.households: "100"}})

    found = one(group_target)

    assert (found.verdict, found.reported, found.expected) == (Verdict.ON_TRACK, 1, 2)
    assert [row.verdict for row in found.members] == [Verdict.MET, Verdict.NO_DATA]


def test_a_group_whose_members_ended_is_not_complete(
    places: Places, catalogue: Catalogue, group: UnitGroup, group_target: Target
) -> None:
    """One of two is left at the end of 2024: it is not the group."""
    GroupMember.objects.create(group=group, unit=places.second, source=MemberSource.DECIDED)
    Unit.objects.filter(pk=places.second.pk).update(valid_to=date(2024, 6, 30))
    reported(2024, {places.first: {catalogue.poor: "9", catalogue.households: "100"}})

    found = one(group_target)

    assert (found.verdict, found.reasons) == (Verdict.NO_DATA, (Reason.GROUP_UNKNOWN,))


def test_not_applicable_does_not_lower_a_count_of_units(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Three of three under 10 % were promised; two say "not applicable": one is not three."""
    share = builders.count(
        "share",
        "Số xã dưới 10%",
        9,
        kind="share_of_units",
        aggregation="",
        entered_at=None,
        condition_indicator=catalogue.poor,
        condition_comparator="<",
        condition_value=D(10),
        scale=D(100),
    )
    target = a_target(
        plan,
        share,
        "count_of_units",
        "3",
        unit_of_measure="xã",
        direction="higher_is_better",
        year_to=2024,
    )
    counts = zip(places.communes, poor(catalogue, "5", None, None), strict=True)
    reported(2024, dict(counts))

    found = one(target)

    assert (found.outcome.goal, found.verdict) == (D(3), Verdict.OFF_TRACK)


def test_a_promise_that_cannot_be_read_says_why(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.poor, "level", "5", blocker="Câu văn thiếu địa bàn.")

    found = one(target)

    assert found.verdict is Verdict.NO_DATA
    assert found.explanation == "Chưa kết luận. Câu văn thiếu địa bàn."


# ------------------------------------------------------------------ amendments


def test_a_year_is_judged_by_what_was_in_force_on_its_last_day(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """100 by 2025 until the decision of June 2024 made it 130. 2020: 300.

    2023: 300 - 200 x 3/5 = 180; 2024: 300 - 170 x 4/5 = 164.
    """
    target = a_target(plan, catalogue.poor, "level", "100")
    for year in (2020, 2023, 2024):
        count = "100" if year == 2020 else "60"
        reported(year, {place: {catalogue.poor: count} for place in places.communes})
    amendment = Amendment.objects.create(
        target=target,
        in_force_from=date(2024, 6, 1),
        decision_number="123/QĐ-UBND",
        decided_on=date(2024, 5, 20),
        reason="Điều chỉnh theo chuẩn mới",
        comparator="=",
        value=D(130),
        year_to=2025,
    )

    before, after = one(target, Y2023), one(target, Y2024)

    assert (before.outcome.expected, before.amendment) == (D(180), None)
    assert (after.outcome.expected, after.amendment) == (D(164), amendment)
    assert after.verdict is Verdict.AT_RISK  # 180 is 9,8 % above 164


# ------------------------------------------------------------------ single units


def test_a_unit_below_owes_its_milestones(places: Places, catalogue: Catalogue, plan: Plan) -> None:
    target = a_target(plan, catalogue.poor, "level", "100")
    milestone(plan, places.first, catalogue.poor, 2024, "50")
    milestone(plan, places.first, catalogue.poor, 2025, "40")
    reported(2024, {place: {catalogue.poor: "54"} for place in places.communes})

    first, second = assess_units(target, [places.first, places.second], Y2024, PROVISIONAL)

    assert (first.outcome.expected, first.verdict) == (D(50), Verdict.AT_RISK)
    assert first.outcome.needed == D(14)
    assert (second.verdict, second.reasons, second.actual) == (
        Verdict.NO_DATA,
        (Reason.NOT_ASSIGNED,),
        D(54),
    )
    assert second.explanation == (
        "Chưa kết luận: mức của kế hoạch là của cả địa bàn, chưa giao riêng cho xã Hai; "
        "số của đơn vị là 54 hộ."
    )


def test_a_unit_with_a_milestone_so_far_is_held_to_it(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Nothing was given for 2025 yet; 54 for 50 planned in 2024 are 8 % too many."""
    target = a_target(plan, catalogue.poor, "level", "100")
    milestone(plan, places.first, catalogue.poor, 2024, "50")
    reported(2024, {places.first: {catalogue.poor: "54"}})

    found = one(target, unit=places.first)

    assert (found.verdict, found.outcome.goal, found.outcome.needed) == (
        Verdict.AT_RISK,
        D(50),
        None,
    )


def test_an_allocation_does_not_reach_back_before_its_decision(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """80 for 2025 came with the plan, 40 by a decision of January 2025. 2024 knew only the 80.

    From 160 in 2020: 160 - 80 x 4/5 = 96 in 2024.
    """
    target = a_target(plan, catalogue.poor, "level", "100")
    first = milestone(plan, places.first, catalogue.poor, 2025, "80")
    issued = [
        Allocation.objects.create(
            plan=plan,
            unit=places.district,
            indicator=catalogue.poor,
            period="2025",
            total=D(100),
            method="hand",
            state="issued",
            decision_number=number,
            decided_on=day,
        )
        for number, day in (("theo kế hoạch", date(2021, 1, 1)), ("9/QĐ", date(2025, 1, 15)))
    ]
    for allocation, value in zip(issued, ("80", "40"), strict=True):
        AllocationShare.objects.create(allocation=allocation, unit=places.first, value=D(value))
    first.allocation, first.value = issued[1], D(40)
    first.save()
    reported(2020, {places.first: {catalogue.poor: "160"}})
    reported(2024, {places.first: {catalogue.poor: "96"}})
    reported(2025, {places.first: {catalogue.poor: "60"}})

    before, after = (one(target, Period(year), unit=places.first) for year in (2024, 2025))

    assert (before.outcome.goal, before.outcome.expected) == (D(80), D(96))
    assert (after.outcome.goal, after.verdict) == (D(40), Verdict.OFF_TRACK)


def test_a_rate_is_asked_of_every_unit_as_it_stands(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.rate, "level", "10", unit_of_measure="%", year_to=2024)
    reported(2024, {places.first: {catalogue.poor: "9", catalogue.households: "100"}})

    assert one(target, unit=places.first).verdict is Verdict.MET


def test_a_share_of_units_is_given_on_as_a_number_of_units(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Two of three communes planned for 2024 are 66,67 %; one of three under 10 % is behind."""
    share = builders.count(
        "share",
        "Tỷ lệ xã dưới 10%",
        9,
        kind="share_of_units",
        aggregation="",
        entered_at=None,
        condition_indicator=catalogue.rate,
        condition_comparator="<",
        condition_value=D(10),
        scale=D(100),
        decimals=2,
    )
    target = a_target(
        plan, share, "share_of_units", "100", unit_of_measure="%", direction="higher_is_better"
    )
    milestone(plan, places.district, share, 2024, "2")
    milestone(plan, places.first, share, 2024, "1")
    counts = zip(places.communes, ("5", "15", "25"), strict=True)
    reported(2024, {u: {catalogue.poor: n, catalogue.households: "100"} for u, n in counts})

    found = one(target)

    assert found.actual is not None
    assert found.outcome.expected is not None
    assert found.actual.quantize(D("0.01")) == D("33.33")
    assert found.outcome.expected.quantize(D("0.01")) == D("66.67")
    assert one(target, unit=places.first).outcome.expected == D(100)


def test_what_is_left_for_a_unit_is_not_guessed_without_its_last_milestone(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.rate, "level", "10", unit_of_measure="%")
    milestone(plan, places.first, catalogue.rate, 2024, "30")
    reported(2024, {places.first: {catalogue.poor: "28", catalogue.households: "100"}})

    found = one(target, unit=places.first)

    assert (found.verdict, found.outcome.needed) == (Verdict.ON_TRACK, None)


def test_a_unit_the_promise_does_not_speak_of_is_outside(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    target = a_target(plan, catalogue.rate, "level", "10")
    elsewhere = builders.unit("902", "Huyện Khác", "district", places.province)

    found = one(target, unit=elsewhere)

    assert found.is_outside


def test_a_closed_unit_says_that_it_has_no_figures_of_the_year(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Districts ended on 30 June 2025: their promises for 2025 need figures kept by old unit."""
    Unit.objects.filter(pk=places.district.pk).update(valid_to=date(2025, 6, 30))
    target = a_target(plan, catalogue.poor, "level", "100")

    found = one(target, Period(2025))

    assert found.verdict is Verdict.NO_DATA
    assert "kết thúc hoạt động sau ngày 30/06/2025" in found.explanation


# ------------------------------------------------------------------ stated results


def test_a_stated_result_is_compared_and_never_called_late(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """The document says 63 and 64; the units reported 63 together."""
    catalogue.poor.measurement = "flow"
    catalogue.poor.save()
    more = {"result_shape": "cumulative", "year_from": 2021, "year_to": 2021}
    same = a_target(plan, catalogue.poor, "result", "63", **more)
    other = a_target(plan, catalogue.poor, "result", "64", **more)
    reported(2021, {place: {catalogue.poor: "21"} for place in places.communes})

    agreeing, differing = assess([same, other], Y2024, PROVISIONAL)

    assert agreeing.explanation == "Khớp: văn bản nêu 63 hộ, số các đơn vị báo cáo là 63 hộ."
    assert differing.explanation == "Lệch: văn bản nêu 64 hộ, số các đơn vị báo cáo là 63 hộ."
    assert agreeing.is_statement


def test_a_stated_result_is_not_compared_with_some_of_the_units(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    more = {"result_shape": "level", "year_from": 2024, "year_to": 2024}
    target = a_target(plan, catalogue.poor, "result", "42", **more)
    reported(2024, {place: {catalogue.poor: "21"} for place in (places.first, places.second)})

    found = one(target)

    assert found.verdict is Verdict.NO_DATA
    assert found.explanation == (
        "Văn bản nêu 42 hộ; mới có số của 2/3 đơn vị, chưa đối chiếu được."
    )


def test_a_change_against_the_plan_is_said_the_other_way_round(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    target = a_target(plan, catalogue.poor, "change_total", "30", year_to=2021)
    worse = {catalogue.opening: "10", catalogue.poor: "15"}
    reported(2021, dict.fromkeys(places.communes, worse))

    assert one(target, Period(2021)).explanation.startswith("Tăng 15 hộ năm 2021, thấp hơn")


# ------------------------------------------------------------------ who, how fast, all of it


def test_targets_are_open_to_who_may_see_every_unit_behind_them(
    places: Places, catalogue: Catalogue, plan: Plan, group: UnitGroup, group_target: Target
) -> None:
    whole = a_target(plan, catalogue.poor, "level", "100")
    GroupMember.objects.create(group=group, unit=places.second, source=MemberSource.DECIDED)
    targets = [whole, group_target]

    def seen(at: Unit, role: str) -> list[Target]:
        return visible_targets(builders.official(f"{at.code}.{role}", at, role), targets)

    assert seen(places.province, Role.LEADER) == targets
    assert seen(places.district, Role.REVIEWER) == targets
    assert seen(places.first, Role.OFFICER) == []


def test_queries_do_not_grow_with_the_targets_nor_with_the_units(
    places: Places, catalogue: Catalogue, plan: Plan, group_target: Target
) -> None:
    """With groups, amendments and missing units among them."""
    reported(2020, {place: {catalogue.poor: "9"} for place in places.communes})
    reported(2024, {places.first: {catalogue.poor: "9", catalogue.households: "100"}})
    for _index in range(40):
        a_target(plan, catalogue.poor, "level", "100")
    targets = list(Target.objects.to_assess())

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assess(targets[:count], Y2024, PROVISIONAL)
        return len(seen)

    def unit_queries(units: list[Unit]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assess_units(targets[1], units, Y2024, PROVISIONAL)
        return len(seen)

    queries(1)  # definitions are read once
    assert queries(2) == queries(4) == queries(41)
    unit_queries(places.communes)
    assert unit_queries(places.communes[1:2]) == unit_queries(places.communes)


def test_only_years_are_judged(places: Places, catalogue: Catalogue, plan: Plan) -> None:
    target = a_target(plan, catalogue.poor, "level", "100")

    with pytest.raises(DomainError):
        assess([target], Period.parse("2024H1"), PROVISIONAL)


def test_every_figure_of_the_documents_is_judged_or_says_why_not() -> None:
    """All 128, with nothing reported: a sentence each, and never a verdict."""
    call_command("load_catalogue", verbosity=0)
    targets = list(Target.objects.to_assess())

    found = assess(targets, Y2024, PROVISIONAL)

    assert len(found) == 128
    assert {row.verdict for row in found} == {Verdict.NO_DATA}
    assert all(row.explanation and row.reasons for row in found)
    blocked = [row for row in found if Reason.BLOCKED in row.reasons]
    assert [row.target.code for row in blocked] == ["qb197-stunting-under-16"]
    unknown = [row for row in found if Reason.GROUP_UNKNOWN in row.reasons]
    assert len(unknown) == 16


def test_no_evaluator_knows_an_indicator() -> None:
    """Definitions are data: no code of the catalogue stands in the code."""
    call_command("load_catalogue", verbosity=0)
    codes = set(Indicator.objects.values_list("code", flat=True))
    root = Path(__file__).parents[2] / "plans"
    sources = [*root.glob("assessment/*.py"), *root.glob("evaluators/*.py")]

    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert [code for code in codes if f'"{code}"' in text] == []
