"""Figures put together over units, split over units, issued. Source: design, Meaning (Cascade)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from communes.enums import Role
from communes.models import Official, Succession, Unit
from indicators.enums import Stage
from indicators.models import Indicator, SeriesBreak
from indicators.periods import Period
from indicators.rollups import drain, recompute_all
from plans.cascade import (
    Base,
    Cascade,
    cascade_of,
    combine,
    covers,
    ground_of,
    issue_allocation,
    propose,
    save_allocation,
    split_by,
    split_equally,
)
from plans.cascade.combining import better_of
from plans.cascade.proposing import balance_of
from plans.cascade.shares import is_as_good, mean, spread_change, spread_level
from plans.enums import AllocationMethod, AllocationState, PlannedMeasure
from plans.evaluators import Better
from plans.milestones import planned_figures
from plans.models import Allocation, AllocationShare, Amendment, Milestone, Plan, Target
from povertyplan.lib.errors import DomainError, VersionConflict
from tests import builders
from tests.builders import Y2024, Catalogue, Places, official

D = Decimal
VALUE, POINTS = PlannedMeasure.VALUE, PlannedMeasure.CHANGE_POINTS
EQUAL, BASELINE, HAND = AllocationMethod.EQUAL, AllocationMethod.BASELINE, AllocationMethod.HAND
Y2025 = Period(2025)
SIGNED = date(2024, 12, 20)


def told(unit: Unit, values: Mapping[Indicator, str | None], period: Period = Y2024) -> None:
    """Let a unit have reported, and everything above it be added up."""
    builders.told(unit, values, period)
    drain()


def numbers(*texts: str) -> list[Decimal]:
    return [D(text) for text in texts]


# -- splitting: tables worked by hand -----------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "count", "decimals", "parts"),
    [
        ("10", 4, 0, ["3", "3", "2", "2"]),  # 2,5 each: the first two take the rest
        ("10", 5, 0, ["2"] * 5),
        ("2", 3, 0, ["1", "1", "0"]),
        ("10", 3, 2, ["3.34", "3.33", "3.33"]),
        ("0", 3, 0, ["0", "0", "0"]),
        ("-7", 2, 0, ["-4", "-3"]),
        ("10.005", 2, 2, ["5.01", "5.00"]),  # half up to 10,01
        ("0", 0, 0, []),
    ],
)
def test_total_is_split_equally(total: str, count: int, decimals: int, parts: list[str]) -> None:
    assert split_equally(D(total), count, decimals) == numbers(*parts)


@pytest.mark.parametrize(
    ("total", "weights", "decimals", "parts"),
    [
        # quotas 1,5 · 3,0 · 5,5: one left, a tie of halves, the first takes it
        ("10", ["15", "30", "55"], 0, ["2", "3", "5"]),
        # Bắc Hà in miniature: 1.500 over 610, 427, 185: quotas 748,77 · 524,14 · 227,09
        ("1500", ["610", "427", "185"], 0, ["749", "524", "227"]),
        ("7", ["1", "1", "1"], 0, ["3", "2", "2"]),
        ("5", ["0", "2", "3"], 0, ["0", "2", "3"]),  # nothing to start from, nothing given
        ("0", ["0", "0"], 0, ["0", "0"]),
        ("1", ["0.1", "0.2"], 1, ["0.3", "0.7"]),  # quotas 3,33 and 6,67 tenths
    ],
)
def test_total_is_split_by_weight(
    total: str, weights: list[str], decimals: int, parts: list[str]
) -> None:
    assert split_by(D(total), numbers(*weights), decimals) == numbers(*parts)


@pytest.mark.parametrize("weights", [["1", "-1"], ["-1"], ["0", "0"], []])
def test_weights_that_cannot_carry_a_total_are_refused(weights: list[str]) -> None:
    with pytest.raises(ValueError, match="weight"):
        split_by(D(5), numbers(*weights), 0)


amounts = st.decimals(-(10**12), 10**12, places=3)
weight_lists = st.lists(st.decimals(0, 10**7, places=2), min_size=1, max_size=30).filter(any)


@given(amounts, weight_lists, st.integers(0, 4))
def test_parts_add_up_exactly_and_lie_within_a_step_of_their_quota(
    total: Decimal, weights: list[Decimal], decimals: int
) -> None:
    parts = split_by(total, weights, decimals)
    step = D(1).scaleb(-decimals)
    whole = total.quantize(step, rounding=ROUND_HALF_UP)

    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert part == part.quantize(step)
        assert abs(part * sum(weights) - whole * weight) < step * sum(weights)
        assert weight or not part


@given(amounts, weight_lists)
def test_a_greater_weight_never_gets_less(total: Decimal, weights: list[Decimal]) -> None:
    parts = [abs(part) for part in split_by(total, weights, 0)]
    by_weight = sorted(zip(weights, parts, strict=True))

    assert all(one[1] <= other[1] for one, other in pairwise(by_weight) if one[0] < other[0])


@given(amounts, st.integers(1, 40), st.integers(0, 3))
def test_equal_parts_differ_by_one_step_at_most(total: Decimal, count: int, decimals: int) -> None:
    parts = split_equally(total, count, decimals)

    assert sum(parts) == total.quantize(D(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert max(parts) - min(parts) in (0, D(1).scaleb(-decimals))


def test_rates_fall_by_the_same_share_of_where_they_start() -> None:
    """Households 100 and 300 at 40 % and 20 %: 25 % together; to 20 % is 0,8 of each."""
    levels, households = numbers("40", "20"), numbers("100", "300")

    assert mean(levels, households) == D(25)
    assert spread_level(D(20), levels, households, decimals=2, better=Better.LOWER) == numbers(
        "32.00", "16.00"
    )


def test_rates_rise_by_the_same_share_of_what_they_lack() -> None:
    """90 % and 98 %, evenly: 94 %; to 97 % closes half of 10 and of 2, and nobody passes 100."""
    assert spread_level(
        D(97), numbers("90", "98"), numbers("1", "1"),
        decimals=2, better=Better.HIGHER, ceiling=D(100),
    ) == numbers("95.00", "99.00")  # fmt: skip


def test_cut_goes_where_the_rate_is() -> None:
    """A cut of 5 points over 40 % (100 households) and 20 % (300): 8 and 4, together 5."""
    parts = spread_change(
        D(5), numbers("40", "20"), numbers("100", "300"), decimals=2, better=Better.HIGHER
    )

    assert parts == numbers("8.00", "4.00")
    assert mean(parts, numbers("100", "300")) == D(5)


rated = st.lists(
    st.tuples(st.decimals("0.01", 100, places=2), st.integers(1, 5000)), min_size=1, max_size=20
)


@given(rated, st.decimals(0, 100, places=1), st.sampled_from([Better.LOWER, Better.HIGHER]))
def test_spread_rates_come_to_the_total_or_better(
    units: list[tuple[Decimal, int]], total: Decimal, better: Better
) -> None:
    levels, weights = [level for level, _ in units], [D(weight) for _, weight in units]
    parts = spread_level(total, levels, weights, decimals=1, better=better, ceiling=D(100))
    whole = mean(parts, weights)

    assert whole is not None
    assert is_as_good(whole, total, 1, better)
    assert all(0 <= part <= 100 for part in parts)


# -- putting together -----------------------------------------------------------------------------


def figure(**values: Any) -> Indicator:
    return Indicator(
        **{"kind": "input", "aggregation": "sum", "decimals": 0, "scale": D(1), **values}
    )


RATE = {"kind": "ratio", "aggregation": "", "decimals": 2, "scale": D(100)}
SHARE = {"kind": "share_of_units", "aggregation": "", "decimals": 2, "scale": D(100)}
HOUSEHOLDS = {1: Base(D(100), 2024), 2: Base(D(300), 2023)}


@pytest.mark.parametrize(
    ("values", "planned", "bases", "value"),
    [
        ({}, {1: "120", 2: "80"}, {}, "200"),
        (RATE, {1: "40", 2: "20"}, HOUSEHOLDS, "25"),  # (40×100 + 20×300) ÷ 400, not 30
        ({"aggregation": "weighted_mean"}, {1: "50", 2: "30"}, HOUSEHOLDS, "35"),
        ({"aggregation": "mean_of_units"}, {1: "40", 2: "20"}, HOUSEHOLDS, "30"),
        (SHARE, {1: "1", 2: "0"}, {1: Base(D(1), 2025), 2: Base(D(1), 2025)}, "1"),
    ],
)
def test_children_are_put_together_by_the_indicators_own_aggregation(
    values: dict[str, Any], planned: dict[int, str], bases: dict[int, Base], value: str
) -> None:
    whole = combine(figure(**values), {pk: D(text) for pk, text in planned.items()}, bases)

    assert (whole.value, whole.count, whole.of) == (D(value), 2, 2)
    assert whole.is_complete


def test_share_of_units_counts_the_children_that_are_to_meet_it() -> None:
    """Two of three communes: 2, or 66,67 %."""
    bases = {pk: Base(D(1), 2025) for pk in (1, 2, 3)}
    whole = combine(figure(**SHARE), {1: D(1), 2: D(1), 3: D(0)}, bases)

    assert whole.value == D(2)
    assert whole.share is not None
    assert round(whole.share, 2) == D("66.67")


def test_rate_says_of_which_years_its_denominators_are() -> None:
    whole = combine(figure(**RATE), {1: D(40), 2: D(20)}, HOUSEHOLDS)

    assert whole.base_years == (2023, 2024)


def test_child_without_figure_or_denominator_is_missing_and_not_zero() -> None:
    whole = combine(figure(**RATE), {1: D(40), 2: None, 3: D(10)}, {1: HOUSEHOLDS[1]})

    assert whole.value == D(40)  # with zeros it would be far lower
    assert (whole.count, whole.of) == (1, 3)
    assert (whole.missing, whole.without_base) == ((2,), (3,))
    assert not whole.is_complete


def test_what_is_never_aggregated_cannot_be_put_together() -> None:
    whole = combine(figure(aggregation="none"), {1: D(1), 2: D(1)}, {})

    assert whole.value is None
    assert "không cộng" in whole.reason


@pytest.mark.parametrize(
    ("planned", "reason"),
    [({}, "Không có đơn vị"), ({1: None}, "Chưa đơn vị"), ({3: D(5)}, "Chưa có mẫu số")],
)
def test_nothing_to_put_together_says_why(planned: dict[int, Decimal | None], reason: str) -> None:
    whole = combine(figure(**RATE), planned, HOUSEHOLDS)

    assert whole.value is None
    assert whole.reason.startswith(reason)


# -- the cascade -----------------------------------------------------------------------------------


@dataclass
class World:
    """The little district with its figures of 2024 and a plan that promises for 2025."""

    places: Places
    catalogue: Catalogue
    plan: Plan
    reviewer: Official

    @property
    def district(self) -> Unit:
        return self.places.district

    def cascade(self, indicator: Indicator | None = None, **more: Any) -> Cascade:
        return cascade_of(
            **{
                "plan": self.plan,
                "unit": self.district,
                "indicator": indicator or self.catalogue.poor,
                "period": Y2025,
                "measure": VALUE,
                "stage": Stage.PROVISIONAL,
                **more,
            }
        )

    def give(
        self, values: Mapping[Unit, str], indicator: Indicator | None = None, **more: Any
    ) -> None:
        for unit, value in values.items():
            Milestone.objects.create(
                **{
                    "plan": self.plan,
                    "unit": unit,
                    "indicator": indicator or self.catalogue.poor,
                    "period": "2025",
                    "value": D(value),
                    **more,
                }
            )

    def promise(self, value: str = "30", comparator: str = "<=", **more: Any) -> Target:
        return Target.objects.create(
            **{
                "code": f"t{Target.objects.count()}",
                "plan": self.plan,
                "section": "II.2",
                "unit": self.district,
                "scope": "all",
                "theme": "poverty",
                "indicator": self.catalogue.poor,
                "label": "Hộ nghèo",
                "kind": "level",
                "comparator": comparator,
                "value": D(value),
                "unit_of_measure": "hộ",
                "year_from": 2021,
                "year_to": 2025,
                "direction": "lower_is_better",
                **more,
            }
        )

    def save(self, values: Mapping[Unit, str | None], total: str = "30", **more: Any) -> Allocation:
        shares = {unit.pk: None if text is None else D(text) for unit, text in values.items()}
        return save_allocation(
            **{
                "plan": self.plan,
                "unit": self.district,
                "indicator": self.catalogue.poor,
                "period": Y2025,
                "measure": VALUE,
                "method": HAND,
                "total": D(total),
                "shares": shares,
                "by": self.reviewer,
                "version": 0,
                **more,
            }
        )

    def issue(self, draft: Allocation, **more: Any) -> Allocation:
        return issue_allocation(
            **{
                "allocation": draft,
                "decision_number": "12/QĐ-UBND",
                "decided_on": SIGNED,
                "by": self.reviewer,
                **more,
            }
        )

    @property
    def thirds(self) -> dict[Unit, str]:
        return {self.places.town: "5", self.places.first: "15", self.places.second: "10"}


def make_plan(unit: Unit, code: str = "kh-huyen", **more: Any) -> Plan:
    return Plan.objects.create(
        **{
            "code": code,
            "order": Plan.objects.count(),
            "kind": "Kế hoạch",
            "number": "12/KH-UBND",
            "title": "…",
            "issuer": "UBND",
            "level": "district",
            "unit": unit,
            "year_from": 2021,
            "year_to": 2025,
            "status": "seed",
            **more,
        }
    )


@pytest.fixture
def world(places: Places, catalogue: Catalogue) -> World:
    catalogue.poor.direction = "lower_is_better"
    catalogue.poor.save()
    for unit, households, poor in (
        (places.town, "100", "10"), (places.first, "100", "40"), (places.second, "300", "60"),
    ):  # fmt: skip
        told(unit, {catalogue.households: households, catalogue.poor: poor})
    reviewer = official("duyet.huyen", places.district, Role.REVIEWER)
    return World(places, catalogue, make_plan(places.district), reviewer)


@pytest.mark.django_db
def test_cascade_shows_every_tier_with_where_it_starts(world: World) -> None:
    """Rows: the province, the district with its promise, three communes with their milestones."""
    world.promise("30")
    world.give({world.places.first: "15", world.places.second: "10"})
    world.give({world.places.town: "5"}, is_sample=True)
    told(world.places.first, {world.catalogue.poor: "18"}, Y2025)

    found = world.cascade()

    assert found.above is not None
    assert (found.above.unit, found.above.planned) == (world.places.province, None)
    assert (found.own.planned, found.own.start) == (D(30), D(110))
    assert [
        (row.unit.name, row.planned, row.start, row.actual, row.gap) for row in found.children
    ] == [
        ("Thị trấn Trung Tâm", D(5), D(10), None, None),
        ("Xã Một", D(15), D(40), D(18), D(-3)),
        ("Xã Hai", D(10), D(60), None, None),
    ]
    assert [row.is_sample for row in found.children] == [True, False, False]
    assert (found.combined.value, found.gap, found.is_problem) == (D(30), D(0), False)
    assert found.finding == "Các đơn vị cộng lại 30 hộ, vừa đúng mức ≤ 30 hộ."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("comparator", "direction", "town", "gap", "is_problem"),
    [
        ("<=", "lower_is_better", "6", "1", True),
        ("<=", "lower_is_better", "4", "-1", False),
        ("<", "lower_is_better", "5", "0", True),  # thirty is not under thirty
        ("<", "lower_is_better", "4", "-1", False),
        (">=", "higher_is_better", "6", "1", False),
        (">=", "higher_is_better", "4", "-1", True),
        ("=", "lower_is_better", "4", "-1", False),  # fewer poor than promised breaks nothing
        ("=", "none", "4", "-1", True),
        ("~", "none", "6", "1", False),  # about thirty, within 5 %: 28,5 to 31,5
        ("~", "none", "7", "2", True),
    ],
)
def test_gap_is_a_problem_on_the_bad_side_only(
    world: World, comparator: str, direction: str, town: str, gap: str, is_problem: bool
) -> None:
    world.promise("30", comparator, direction=direction)
    world.give({**world.thirds, world.places.town: town})

    found = world.cascade()

    assert (found.gap, found.is_problem) == (D(gap), is_problem)


@pytest.mark.django_db
def test_missing_child_is_named_and_leaves_no_gap(world: World) -> None:
    """Two of three communes come to 25; against 30 that says nothing."""
    world.promise("30")
    world.give({world.places.first: "15", world.places.second: "10"})

    found = world.cascade()

    assert (found.combined.value, found.gap, found.is_problem) == (D(25), None, None)
    assert found.missing == (world.places.town,)
    assert found.finding == (
        "Mới ghép được 2/3 đơn vị, cộng lại 25 hộ; chưa có mức giao: TT Trung Tâm."
    )


@pytest.mark.django_db
def test_rates_of_children_weigh_by_their_latest_households(world: World) -> None:
    """(5×100 + 20×100 + 10×300) ÷ 500 = 11, not 11,67; the town's households are of 2025."""
    told(world.places.town, {world.catalogue.households: "100"}, Y2025)
    rate = world.catalogue.rate
    world.give({world.places.town: "5", world.places.first: "20", world.places.second: "10"}, rate)

    found = world.cascade(rate)

    assert found.combined.value == D(11)
    assert found.combined.base_years == (2024, 2025)
    assert [row.base_year for row in found.children] == [2025, 2024, 2024]
    assert [row.base for row in found.children] == [D(100), D(100), D(300)]


@pytest.mark.django_db
def test_province_cascade_weighs_a_district_by_the_last_year_all_of_it_reported(
    world: World,
) -> None:
    """In 2025 only one commune told its households: 2024, with all three, is the base."""
    told(world.places.first, {world.catalogue.households: "90"}, Y2025)
    rate = world.catalogue.rate
    world.give({world.district: "12"}, rate)

    found = world.cascade(rate, unit=world.places.province)

    assert found.above is None
    (row,) = found.children
    assert (row.unit, row.base, row.base_year) == (world.district, D(500), 2024)
    assert found.combined.value == D(12)


@pytest.mark.django_db
def test_cascade_runs_from_a_province_straight_to_its_communes(catalogue: Catalogue) -> None:
    """Since 1 July 2025 there is no district between."""
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    commune = builders.unit("91001", "Xã Bốn", "commune", province)
    told(commune, {catalogue.poor: "7"})
    plan = make_plan(province)
    Milestone.objects.create(
        plan=plan, unit=commune, indicator=catalogue.poor, period="2025", value=D(6)
    )

    found = cascade_of(
        plan=plan, unit=province, indicator=catalogue.poor, period=Y2025,
        measure=VALUE, stage=Stage.PROVISIONAL,
    )  # fmt: skip

    assert [(row.unit, row.planned, row.start) for row in found.children] == [(commune, D(6), D(7))]


@pytest.mark.django_db
def test_childs_own_plan_speaks_where_nothing_was_given_from_above(world: World) -> None:
    commune_plan = make_plan(world.places.first, "kh-xa")
    world.promise("14", unit=world.places.first, plan=commune_plan)
    world.promise("9", unit=world.places.second, plan=commune_plan)
    world.give({world.places.second: "10"})

    rows = {row.unit: row for row in world.cascade().children}

    first, second = rows[world.places.first], rows[world.places.second]
    assert first.source is not None
    assert (first.planned, first.source.plan, first.sign) == (D(14), commune_plan, "≤ ")
    assert second.source is not None
    assert (second.planned, second.source.plan, second.sign) == (D(10), world.plan, "")


@pytest.mark.django_db
def test_milestone_of_this_plan_comes_before_another_plans(world: World) -> None:
    other = make_plan(world.places.province, "kh-tinh", order=99)
    world.give({world.places.first: "15"})
    world.give({world.places.first: "99"}, plan=other)

    rows = {row.unit: row.planned for row in world.cascade().children}

    assert rows[world.places.first] == D(15)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("in_force_from", "planned"), [(date(2025, 12, 31), D(25)), (date(2026, 1, 1), D(30))]
)
def test_amended_promise_is_read_as_in_force_on_the_last_day(
    world: World, in_force_from: date, planned: Decimal
) -> None:
    Amendment.objects.create(
        target=world.promise("30"),
        in_force_from=in_force_from,
        decision_number="99/QĐ-UBND",
        decided_on=date(2025, 6, 1),
        reason="…",
        comparator="<=",
        value=D(25),
        year_to=2025,
    )

    own = world.cascade().own

    assert own.planned == planned
    assert own.decision_number == ("99/QĐ-UBND" if planned == D(25) else "")


@pytest.mark.django_db
def test_start_is_the_years_own_opening_where_the_standard_changed(world: World) -> None:
    """No figure of 2024 stands beside one of 2025 if 2025 counts by a new standard."""
    catalogue = world.catalogue
    new = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2025])
    catalogue.poor.series_breaks.add(new)
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    told(world.places.first, {catalogue.opening: "52"}, Y2025)

    found = world.cascade()

    assert found.starts_from == "đầu năm 2025"
    assert [row.start for row in found.children] == [None, D(52), None]


@pytest.mark.django_db
def test_merged_commune_starts_from_all_it_was_made_of(world: World) -> None:
    """Xã Mới takes Xã Một (40 of 100 poor) and Xã Hai (60 of 300): 100 of 400, a rate of 25 %."""
    day = date(2025, 7, 1)
    new = builders.unit("90199", "Xã Mới", "commune", world.district, valid_from=day)
    for old in (world.places.first, world.places.second):
        old.valid_to = date(2025, 6, 30)
        old.save()
        Succession.objects.create(predecessor=old, successor=new, date=day)

    counts = {row.unit.name: row.start for row in world.cascade().children}
    rates = {row.unit.name: row for row in world.cascade(world.catalogue.rate).children}

    assert counts == {"Thị trấn Trung Tâm": D(10), "Xã Mới": D(100)}
    assert (rates["Xã Mới"].start, rates["Xã Mới"].base) == (D(25), D(400))


@pytest.mark.django_db
def test_of_a_split_commune_no_start_is_known(world: World) -> None:
    part = builders.unit("90198", "Xã Tách", "commune", world.district, valid_from=date(2025, 7, 1))
    Succession.objects.create(
        predecessor=world.places.first, successor=part, date=date(2025, 7, 1), share=D("0.4")
    )

    starts = {row.unit.name: row.start for row in world.cascade().children}

    assert starts["Xã Một"] is None
    assert starts["Xã Tách"] is None


@pytest.mark.django_db
def test_change_in_points_is_taken_from_the_opening_rate(world: World) -> None:
    """Planned 10 points; 40 % at the end of 2024, 28 % at the end of 2025: 12 points."""
    rate = world.catalogue.rate
    world.give({world.places.first: "10"}, rate, measure=POINTS)
    told(world.places.first, {world.catalogue.households: "100", world.catalogue.poor: "28"}, Y2025)

    found = world.cascade(rate, measure=POINTS)
    row = next(row for row in found.children if row.unit == world.places.first)

    assert (row.planned, row.actual, row.gap) == (D(10), D(12), D(-2))
    assert found.unit_of_measure == "điểm %"


@pytest.fixture
def share(world: World) -> Indicator:
    """How many communes have at most 20 % poor households; the town counts too."""
    made = Indicator.objects.create(
        code="share", name="Xã đạt", order=9, theme=builders.theme(), kind="share_of_units",
        value_type="decimal", unit_of_measure="%", decimals=2, direction="higher_is_better",
        measurement="stock", cadence="year", applies_to="communes_and_townships", scale=D(100),
        condition_indicator=world.catalogue.rate, condition_comparator="<=",
        condition_value=D(20), counted="commune_and_township", count_unit="xã, thị trấn",
    )  # fmt: skip
    recompute_all()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "is_problem"),
    [
        ("count_of_units", "2", False),
        ("count_of_units", "3", True),
        ("share_of_units", "66.67", False),  # 2 of 3, as the screen rounds it
        ("share_of_units", "66.68", True),
    ],
)
def test_promise_about_units_is_compared_with_the_units_counted(
    world: World, share: Indicator, kind: str, value: str, is_problem: bool
) -> None:
    world.promise(
        value, ">=", kind=kind, indicator=share, direction="higher_is_better", unit_of_measure="xã"
    )
    world.give({world.places.town: "1", world.places.first: "0", world.places.second: "1"}, share)

    found = world.cascade(share)

    assert (found.combined.value, found.is_problem) == (D(2), is_problem)
    assert found.unit_of_measure == "xã, thị trấn"


@pytest.mark.django_db
def test_figure_that_is_none_of_a_units_is_left_out(world: World) -> None:
    """A township has no new-rural criteria: nothing is given to it, nothing is missing."""
    only = builders.count("ntm", "Tiêu chí", 7, applies_to="communes", unit_of_measure="tiêu chí")
    world.give({world.places.first: "1", world.places.second: "2"}, only)

    found = world.cascade(only)

    assert found.left_out == (world.places.town,)
    assert found.combined.is_complete
    assert found.missing == ()


@pytest.mark.django_db
def test_cascade_costs_the_same_for_three_children_and_nineteen(world: World) -> None:
    world.promise("30")
    world.give(world.thirds)
    rate = world.catalogue.rate

    def queries() -> tuple[int, int]:
        counts = []
        for indicator in (world.catalogue.poor, rate):
            with CaptureQueriesContext(
                connection,
            ) as found:
                world.cascade(indicator)
            counts.append(len(found))
        return counts[0], counts[1]

    queries()  # definitions are read once
    few = queries()
    for number in range(16):
        unit = builders.unit(f"902{number:02}", f"Xã {number}", "commune", world.district)
        told(unit, {world.catalogue.households: "50", world.catalogue.poor: "5"})
        world.give({unit: "4"})

    queries()
    assert queries() == few
    assert max(few) <= 16


# -- proposing -------------------------------------------------------------------------------------


def proposed(world: World, method: str, total: str, **more: Any) -> list[str]:
    indicator = more.pop("indicator", world.catalogue.poor)
    given = more.pop("given", {})
    ground = ground_of(
        unit=world.district, indicator=indicator, period=Y2025,
        measure=more.pop("measure", VALUE), stage=Stage.PROVISIONAL,
    )  # fmt: skip
    found = propose(method, ground, D(total), given)
    return [str(found[row.unit.pk]) for row in ground.children]


@pytest.mark.django_db
def test_proposals_start_from_last_years_figures(world: World) -> None:
    """10, 40 and 60 poor households (110): of 55, half of each; equally 19, 18, 18."""
    assert proposed(world, BASELINE, "55") == ["5", "20", "30"]
    assert proposed(world, EQUAL, "55") == ["19", "18", "18"]


@pytest.mark.django_db
def test_proposed_rates_keep_to_the_households(world: World) -> None:
    """22 % of 500 households now; to 11 % is half of each rate; equally 11 each."""
    rate = world.catalogue.rate

    assert proposed(world, BASELINE, "11", indicator=rate) == ["5.00", "20.00", "10.00"]
    assert proposed(world, EQUAL, "11", indicator=rate) == ["11", "11", "11"]
    assert proposed(world, BASELINE, "5.5", indicator=rate, measure=POINTS) == [
        "2.50", "10.00", "5.00",
    ]  # fmt: skip


@pytest.mark.django_db
def test_unit_without_a_start_keeps_what_was_typed_and_the_others_split_the_rest(
    world: World,
) -> None:
    new = builders.unit("90104", "Xã Chưa Có Số", "commune", world.district)

    assert proposed(world, BASELINE, "60", given={new.pk: D(5)}) == ["5", "20", "30", "5"]
    assert proposed(world, BASELINE, "55") == ["5", "20", "30", "None"]


@pytest.mark.django_db
def test_who_already_meets_it_is_asked_first(world: World, share: Indicator) -> None:
    """10 %, 40 % and 20 %: the town and Xã Hai are there, so 2 are these two."""
    assert proposed(world, BASELINE, "2", indicator=share) == ["1", "0", "1"]


@pytest.mark.django_db
def test_nothing_to_start_from_is_said(world: World) -> None:
    with pytest.raises(DomainError, match="Chưa chia theo số gốc được"):
        proposed(world, BASELINE, "5", indicator=world.catalogue.escaped)


# -- saving ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_draft_keeps_who_gets_what_and_gives_nothing_yet(world: World) -> None:
    draft = world.save({**world.thirds, world.places.town: None})

    assert (draft.state, draft.version, draft.total, draft.by) == (
        AllocationState.DRAFT, 1, D(30), world.reviewer,
    )  # fmt: skip
    assert {row.unit: row.value for row in draft.shares.select_related("unit")} == {
        world.places.town: None,
        world.places.first: D(15),
        world.places.second: D(10),
    }
    assert not Milestone.objects.exists()


@pytest.mark.django_db
def test_second_save_changes_the_same_draft(world: World) -> None:
    first = world.save(world.thirds)
    second = world.save({**world.thirds, world.places.town: "6"}, total="31", version=1)

    assert (second.pk, second.version, second.total) == (first.pk, 2, D(31))
    assert Allocation.objects.count() == 1
    assert AllocationShare.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("version", [0, 2, 7])
def test_stale_draft_is_not_overwritten(world: World, version: int) -> None:
    world.save(world.thirds)

    with pytest.raises(VersionConflict, match=r"duyet\.huyen đã sửa"):
        world.save({**world.thirds, world.places.town: "99"}, version=version)

    assert set(AllocationShare.objects.values_list("value", flat=True)) == {D(5), D(15), D(10)}


@pytest.mark.django_db
def test_draft_that_was_issued_meanwhile_is_not_written_anew(world: World) -> None:
    world.issue(world.save(world.thirds))

    with pytest.raises(VersionConflict):
        world.save(world.thirds, version=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shares", "total", "key"),
    [
        ({"first": "-1"}, "30", "first"),  # hard_min 0
        ({"first": "1.5"}, "30", "first"),
        ({}, "1.5", "total"),
        ({}, "-1", "total"),
        ({}, "1e16", "total"),
        ({"district": "1"}, "30", "district"),  # none of the units below
    ],
)
def test_figure_that_cannot_be_taken_is_refused_where_it_stands(
    world: World, shares: dict[str, str], total: str, key: str
) -> None:
    named = {getattr(world.places, name): value for name, value in shares.items()}
    where = key if key == "total" else str(getattr(world.places, key).pk)

    with pytest.raises(DomainError) as refusal:
        world.save({**world.thirds, **named}, total=total)

    assert [problem.key for problem in refusal.value.problems] == [where]
    assert not Allocation.objects.exists()


@pytest.mark.django_db
def test_rate_over_its_limit_and_cut_below_zero_are_refused(world: World) -> None:
    rate = world.catalogue.rate
    rate.hard_min, rate.hard_max = D(0), D(100)
    rate.save()

    for measure, value, words in (
        (VALUE, "101", "Không được quá"),
        (POINTS, "10.01", "số gốc 10"),
    ):  # the town has 10 %
        with pytest.raises(DomainError, match=words):
            world.save({world.places.town: value}, indicator=rate, measure=measure)
    world.save({world.places.town: "10"}, indicator=rate, measure=POINTS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("year", "at", "does"),
    [(2025, "district", True), (2026, "district", False), (2020, "district", False),
     (2025, "first", True), (2025, "province", False)],
)  # fmt: skip
def test_plan_covers_its_own_place_in_its_own_years(
    world: World, year: int, at: str, does: bool
) -> None:
    assert covers(world.plan, getattr(world.places, at), Period(year)) is does
    if not does:
        with pytest.raises((DomainError, Http404)):
            world.save({}, unit=getattr(world.places, at), period=Period(year))


# -- issuing ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_issued_figures_are_what_the_units_are_measured_by(world: World) -> None:
    issued = world.issue(world.save(world.thirds), decision_number="  12/QĐ-UBND ")

    assert (issued.state, issued.decision_number, issued.decided_on) == (
        AllocationState.ISSUED, "12/QĐ-UBND", SIGNED,
    )  # fmt: skip
    assert planned_figures(world.places.communes, [world.catalogue.poor], Y2025) == {
        (unit.pk, world.catalogue.poor.pk, VALUE): D(value) for unit, value in world.thirds.items()
    }
    assert {row.decision_number for row in world.cascade().children} == {"12/QĐ-UBND"}


@pytest.mark.django_db
def test_later_issue_replaces_the_milestones_and_keeps_the_record(world: World) -> None:
    world.give({world.places.first: "99"})
    world.give({world.places.first: "77"}, measure=POINTS)
    first = world.issue(world.save(world.thirds))
    second = world.issue(
        world.save({**world.thirds, world.places.town: "4"}, total="29"), decision_number="13/QĐ"
    )

    rows = Milestone.objects.filter(measure=VALUE)
    assert {(row.unit, row.value, row.allocation) for row in rows} == {
        (world.places.town, D(4), second),
        (world.places.first, D(15), second),
        (world.places.second, D(10), second),
    }
    assert Milestone.objects.get(measure=POINTS).value == D(77)
    first.refresh_from_db()
    assert (first.state, first.decision_number) == (AllocationState.ISSUED, "12/QĐ-UBND")
    assert {row.value for row in first.shares.all()} == {D(5), D(15), D(10)}


def refused(world: World, draft: Allocation, **more: Any) -> list[str]:
    """The codes of the problems; nothing may have been written."""
    before = list(Milestone.objects.values()), Allocation.objects.values().get(pk=draft.pk)
    with pytest.raises(DomainError) as refusal:
        world.issue(draft, **more)
    assert (
        list(Milestone.objects.values()),
        Allocation.objects.values().get(pk=draft.pk),
    ) == before
    return [problem.code for problem in refusal.value.problems]


@pytest.mark.django_db
def test_unit_without_a_figure_is_not_passed_over(world: World) -> None:
    world.give({world.places.first: "99"})
    draft = world.save({**world.thirds, world.places.town: None}, total="25")

    assert refused(world, draft) == ["missing"]


@pytest.mark.django_db
@pytest.mark.parametrize("total", ["29", "31"])
def test_remainder_has_to_be_nothing(world: World, total: str) -> None:
    assert refused(world, world.save(world.thirds, total=total)) == ["balance"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("total", "is_issued"),
    [("11", True), ("11.5", True), ("10.99", False)],
)
def test_rates_have_to_come_to_the_total_or_better(
    world: World, total: str, is_issued: bool
) -> None:
    """5, 20 and 10 % over 100, 100 and 300 households come to 11 %; lower is better."""
    rates = {world.places.town: "5", world.places.first: "20", world.places.second: "10"}
    draft = world.save(rates, total=total, indicator=world.catalogue.rate)

    if is_issued:
        world.issue(draft)
        assert Milestone.objects.count() == 3
    else:
        assert refused(world, draft) == ["balance"]


@pytest.mark.django_db
@pytest.mark.parametrize(("own", "is_issued"), [("11", True), ("11.01", False)])
def test_unit_without_households_does_no_harm_while_it_is_as_good_as_the_total(
    world: World, own: str, is_issued: bool
) -> None:
    new = builders.unit("90104", "Xã Mới", "commune", world.district)
    rates = {world.places.town: "5", world.places.first: "20", world.places.second: "10", new: own}
    draft = world.save(rates, total="11", indicator=world.catalogue.rate)

    if is_issued:
        world.issue(draft)
    else:
        assert refused(world, draft) == ["balance"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("decision", "keys"),
    [
        ({"decision_number": "  "}, ["decision_number"]),
        ({"decision_number": "x" * 61}, ["decision_number"]),
        ({"decided_on": None}, ["decided_on"]),
        ({"decided_on": date(2999, 1, 1)}, ["decided_on"]),
        ({"decision_number": "", "decided_on": None}, ["decision_number", "decided_on"]),
    ],
)
def test_nothing_is_given_without_a_decision(
    world: World, decision: dict[str, Any], keys: list[str]
) -> None:
    draft = world.save(world.thirds)

    with pytest.raises(DomainError) as refusal:
        world.issue(draft, **decision)

    assert [problem.key for problem in refusal.value.problems] == keys
    assert not Milestone.objects.exists()


@pytest.mark.django_db
def test_decision_may_be_of_today(world: World) -> None:
    world.issue(world.save(world.thirds), decided_on=timezone.localdate())


@pytest.mark.django_db
def test_limit_that_came_later_still_holds_at_issue(world: World) -> None:
    draft = world.save(world.thirds)
    world.catalogue.poor.hard_max = D(14)
    world.catalogue.poor.save()

    assert refused(world, draft) == ["limit"]


@pytest.mark.django_db
def test_draft_not_seen_and_draft_issued_are_not_issued(world: World) -> None:
    draft = world.save(world.thirds)

    assert refused(world, draft, version=2) == ["conflict"]
    world.issue(draft, version=1)
    assert refused(world, draft) == ["conflict"]


@pytest.mark.django_db
@pytest.mark.parametrize("demo", [True, False])
def test_what_is_given_in_the_demo_is_marked(
    world: World, settings: LazySettings, demo: bool
) -> None:
    settings.DEMO_MODE = demo
    issued = world.issue(world.save(world.thirds))

    assert issued.is_sample is demo
    assert set(Milestone.objects.values_list("is_sample", flat=True)) == {demo}


@pytest.mark.django_db
def test_only_the_assigning_office_saves_and_issues(world: World) -> None:
    draft = world.save(world.thirds)
    leader = official("lanh.dao", world.district, Role.LEADER)
    commune = official("xa", world.places.first)

    for person, refusal in ((leader, PermissionDenied), (commune, Http404)):
        with pytest.raises(refusal):
            world.save(world.thirds, by=person, version=1)
        with pytest.raises(refusal):
            world.issue(draft, by=person)
    assert not Milestone.objects.exists()


@pytest.mark.django_db
def test_balance_says_what_is_left(world: World) -> None:
    ground = ground_of(
        unit=world.district, indicator=world.catalogue.poor, period=Y2025,
        measure=VALUE, stage=Stage.PROVISIONAL,
    )  # fmt: skip
    shares = {unit.pk: D(value) for unit, value in world.thirds.items()}

    def words(total: str, **changed: Decimal | None) -> str:
        named = {getattr(world.places, name).pk: value for name, value in changed.items()}
        return balance_of(ground, D(total), {**shares, **named}).words

    assert words("30") == "Đã chia hết, không còn dư"
    assert words("1042") == "Còn 1.012 hộ chưa chia"
    assert words("29") == "Chia vượt 1 hộ"
    assert words("30", town=None) == "Còn 5 hộ chưa chia; 1 đơn vị chưa có mức"


def test_a_change_is_better_when_it_is_larger() -> None:
    falling = figure(direction="lower_is_better")

    assert better_of(falling, VALUE) is Better.LOWER
    assert better_of(falling, POINTS) is Better.HIGHER
    assert better_of(figure(direction="none"), POINTS) is Better.NEARER
