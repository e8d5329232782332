"""Figures of a plan that do not fit together are told, with the sum and the gap.

Source: issue 3, point 6; domain notes, Checks officials would expect.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, UnitGroup
from indicators.calc import Part
from indicators.enums import Severity, Stage
from indicators.models import Indicator, SeriesBreak
from indicators.periods import Period
from indicators.rollups import recompute_all
from plans.consistency import Inconsistency, Kind, check, inconsistencies_in
from plans.consistency.intervals import Interval, half_a_step, quotient
from plans.consistency.stated import Figure, Known, Measure, Place, Relation, Span, Stated, Step
from plans.enums import PlannedMeasure
from plans.models import Milestone, Plan, Target
from tests import builders
from tests.builders import Catalogue, Places
from tests.importing import everything, shipped, swap
from tests.rolled import put

DISTRICT = Place(unit=1)
POINTS = "điểm %"


def measure(pk: int, **values: object) -> Measure:
    return Measure(**{"pk": pk, "name": f"Chỉ số {pk}", "is_count": True, **values})  # type: ignore[arg-type]


def stated(of: Measure, value: str = "", **values: object) -> Stated:
    """A figure of 2021-2025 over the whole district; `value`: "= 5", "> 7" or "20..30"."""
    sign, _space, number = value.partition(" ")
    numbers: dict[str, object] = {"comparator": sign, "value": Decimal(number or 0)}
    if ".." in value:
        low, high = value.split("..")
        numbers = {"comparator": "range", "value_min": Decimal(low), "value_max": Decimal(high)}
    return Stated(
        **{  # type: ignore[arg-type]
            "code": f"ct-{of.pk}",
            "label": f"Chỉ tiêu {of.pk}",
            "measure": of,
            "place": DISTRICT,
            "span": Span(2021, 2025),
            "kind": "cumulative",
            "unit_of_measure": "hộ",
            **numbers,
            **values,
        }
    )


def relation(*terms: tuple[int, int], **values: object) -> Relation:
    return Relation(
        **{  # type: ignore[arg-type]
            "name": "Các phần cộng lại bằng tổng",
            "severity": Severity.ERROR,
            "comparator": "=",
            "constant": Decimal(0),
            "tolerance": Decimal(0),
            "terms": tuple((Decimal(factor), pk) for factor, pk in terms),
            **values,
        }
    )


def told(figures: list[Stated], known: Known | None = None) -> list[tuple[str, Decimal]]:
    return [(found.message, found.gap) for found in check(figures, known or Known())]


# -- intervals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [
        (Interval(Decimal(1), Decimal(2)), Interval(Decimal(2), Decimal(3)), None),
        (Interval(Decimal(1), Decimal(2)), Interval(Decimal(5), None), Decimal(3)),
        (Interval(Decimal(5), None), Interval(None, Decimal(2)), Decimal(3)),
        (Interval(Decimal(5), None, low_open=True), Interval.exactly(Decimal(5)), Decimal(0)),
        (Interval(), Interval.exactly(Decimal(5)), None),
    ],
)
def test_two_intervals_meet_or_lie_a_gap_apart(
    one: Interval, other: Interval, gap: Decimal | None
) -> None:
    assert one.gap(other) == gap
    assert other.gap(one) == gap


def test_a_factor_below_zero_turns_an_interval_round() -> None:
    turned = Interval(Decimal(1), Decimal(3), low_open=True) * Decimal(-2)
    assert turned == Interval(Decimal(-6), Decimal(-2), high_open=True)


def test_a_rounded_figure_stands_for_half_a_step_on_either_side() -> None:
    assert half_a_step(Decimal("0.800000")) == Decimal("0.05")
    assert half_a_step(Decimal(100)) == Decimal("0.5")


def test_a_base_that_may_be_zero_leaves_the_quotient_unbounded() -> None:
    found = quotient(Interval.exactly(Decimal(10)), Interval(Decimal("-0.5"), Decimal("0.5")))
    assert found == Interval(Decimal(20), None)


# -- parts against totals -------------------------------------------------------------------------

BUDGET, CREDIT, FUNDS = (measure(pk, is_count=False) for pk in (1, 2, 3))
MONEY = relation((1, 1), (1, 2), (-1, 3), tolerance=Decimal("0.5"), name="Vốn cộng lại bằng tổng")


def funding(total: str, budget: str = "= 7450", credit: str = "= 186677") -> list[Stated]:
    unit = {"unit_of_measure": "triệu đồng"}
    return [
        stated(BUDGET, budget, **unit),
        stated(CREDIT, credit, **unit),
        stated(FUNDS, total, **unit),
    ]


@pytest.mark.parametrize(
    "figures",
    [
        funding("= 194127"),
        funding("= 194127", budget=">= 7000"),  # a bound: 7.450 is possible
        funding("> 190000"),
        funding("= 194128", credit="= 186677")[:1],  # a part is missing
    ],
)
def test_parts_that_may_add_up_to_the_total_are_passed_over(figures: list[Stated]) -> None:
    """Source: Bắc Hà plan, V: 7.450 + 186.677 = 194.127 triệu đồng."""
    assert told(figures, Known(relations=(MONEY,))) == []


@pytest.mark.parametrize(
    ("figures", "message", "gap"),
    [
        (
            funding("= 194128"),
            (
                "Vốn cộng lại bằng tổng: 7.450 + 186.677 = 194.127 triệu đồng, không bằng "
                "194.128 triệu đồng; lệch 1 triệu đồng."
            ),
            1,
        ),
        (
            funding("= 194127", budget=">= 8000"),
            (
                "Vốn cộng lại bằng tổng: ≥ 8.000 + 186.677 triệu đồng, không bằng "
                "194.127 triệu đồng; lệch ít nhất 550 triệu đồng."
            ),
            550,
        ),
        (
            funding("< 190000"),
            (
                "Vốn cộng lại bằng tổng: 7.450 + 186.677 = 194.127 triệu đồng, không bằng "
                "< 190.000 triệu đồng; lệch ít nhất 4.127 triệu đồng."
            ),
            4127,
        ),
    ],
)
def test_parts_that_cannot_add_up_are_told(figures: list[Stated], message: str, gap: int) -> None:
    assert told(figures, Known(relations=(MONEY,))) == [(message, gap)]


def test_a_rule_speaks_only_of_one_place_span_and_kind() -> None:
    parts = funding("= 194128")
    for other in (
        {"span": Span(2025, 2025)},
        {"place": Place(unit=2)},
        {"kind": "level"},
        {"is_result": True},
    ):
        total = stated(FUNDS, "= 194128", unit_of_measure="triệu đồng", **other)
        assert told([*parts[:2], total], Known(relations=(MONEY,))) == []


def test_a_rule_runs_at_its_tiers() -> None:
    figures = [stated(row.measure, f"= {row.value}", tier="district") for row in funding("= 1")]
    at = relation((1, 1), (1, 2), (-1, 3), tiers=frozenset({"commune"}))
    assert told(figures, Known(relations=(at,))) == []
    at = relation((1, 1), (1, 2), (-1, 3), tiers=frozenset({"district"}))
    assert len(told(figures, Known(relations=(at,)))) == 1


def test_changes_keep_sums_but_not_bounds() -> None:
    """Poor plus near-poor ≤ all households says nothing of how much each of them falls."""
    figures = [
        stated(row, value, kind="change_total")
        for row, value in ((BUDGET, "= 5"), (CREDIT, "= 1"), (FUNDS, "= 2"))
    ]
    at_most = relation((1, 1), (1, 2), (-1, 3), comparator="<=")
    assert told(figures, Known(relations=(at_most,))) == []
    assert told(figures, Known(relations=(relation((1, 1), (1, 2), (-1, 3)),)))[0][1] == 4


WHOLE = measure(10)
PART = measure(11, of_which=10)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("= 20", "= 20", []),
        ("<= 30", "= 20", []),
        ("20..30", "~ 20", []),
        (
            "= 25",
            "= 20",
            [("“Chỉ tiêu 11” 25 hộ nhiều hơn “Chỉ tiêu 10” 20 hộ, là số gồm cả nó; lệch 5 hộ.", 5)],
        ),
        (
            ">= 25",
            "<= 20",
            [
                (
                    (
                        "“Chỉ tiêu 11” ≥ 25 hộ nhiều hơn “Chỉ tiêu 10” ≤ 20 hộ, là số gồm cả nó; "
                        "lệch ít nhất 5 hộ."
                    ),
                    5,
                )
            ],
        ),
    ],
)
def test_a_part_is_no_larger_than_its_whole(
    part: str, whole: str, expected: list[tuple[str, int]]
) -> None:
    assert told([stated(PART, part), stated(WHOLE, whole)]) == expected


def test_a_part_of_a_broken_sum_is_told_once() -> None:
    figures = [stated(PART, "= 25"), stated(WHOLE, "= 20")]
    known = Known(relations=(relation((1, 11), (-1, 10), comparator="<="),))
    assert [message for message, _gap in told(figures, known)] == [
        "Các phần cộng lại bằng tổng: 25 hộ, nhiều hơn 20 hộ; lệch 5 hộ."
    ]


LEVEL_2, LEVEL_3 = (
    measure(pk, is_share_of_units=True, scale=Decimal(100), applies_to="communes_and_townships")
    for pk in (20, 21)
)
NINETEEN = Known(
    units={(1, None, "communes_and_townships"): 19, (1, None, "communes"): 18},
    unit_names={1: "huyện Bắc Hà"},
    day=date(2021, 1, 1),
    relations=(
        relation((1, 20), (1, 21), comparator="<=", constant=Decimal(100), name="Mức 2 và mức 3"),
        relation((1, 20), comparator="<=", constant=Decimal(100)),
    ),
)


def universal(of: Measure, value: str, **values: object) -> Stated:
    return stated(
        of, value, **{"kind": "count_of_units", "unit_of_measure": "xã, thị trấn", **values}
    )


def test_units_promised_are_no_more_than_there_are() -> None:
    """12 + 7 = 19 and 19/19 fit on 1 January 2021. Source: Bắc Hà plan, III.2.1."""
    fits = [universal(LEVEL_3, "= 12"), universal(LEVEL_2, "= 7")]
    assert told(fits, NINETEEN) == []
    assert told([universal(LEVEL_3, "= 19")], NINETEEN) == []
    assert told([universal(LEVEL_3, "= 20")], Known()) == []  # number of units not known


def test_more_units_than_there_are_is_told() -> None:
    assert told([universal(LEVEL_3, "= 20")], NINETEEN) == [
        (
            (
                "“Chỉ tiêu 21”: 20 xã, thị trấn, nhưng ngày 01/01/2021 huyện Bắc Hà chỉ có "
                "19 xã, thị trấn; lệch 1 xã, thị trấn."
            ),
            1,
        )
    ]
    communes = DISTRICT._replace(applies_to="communes")
    assert told([universal(LEVEL_3, "> 18", place=communes, unit_of_measure="xã")], NINETEEN) == [
        ("“Chỉ tiêu 21”: > 18 xã, nhưng ngày 01/01/2021 huyện Bắc Hà chỉ có 18 xã.", 0)
    ]


def test_shares_in_units_add_up_to_the_units_there_are() -> None:
    assert told([universal(LEVEL_3, "= 12"), universal(LEVEL_2, "= 8")], NINETEEN) == [
        (("Mức 2 và mức 3: 8 + 12 = 20 xã, thị trấn, nhiều hơn 19 xã, thị trấn; "
         "lệch 1 xã, thị trấn."), 1)
    ]  # fmt: skip


SESSIONS = measure(30, adds_up=True, is_flow=True)


def sessions(mean: str, total: str, **values: object) -> list[Stated]:
    place = Place(unit=1, group=5)
    each = place._replace(each_unit=True, on_average=True)
    common: dict[str, object] = {"unit_of_measure": "phiên", **values}
    return [
        stated(SESSIONS, total, place=place, code="tong", **common),
        stated(SESSIONS, mean, **{"place": each, "kind": "per_unit", "code": "moi-xa", **common}),
    ]


TEN = Known(units={(1, 5, ""): 10})


def test_a_mean_times_the_units_is_the_sum() -> None:
    """10 sessions = 10 communes × 1. Source: domain notes, check 5."""
    assert told(sessions("= 1", "= 10"), TEN) == []
    assert told(sessions("20..30", "= 250"), TEN) == []
    assert told(sessions("= 1", "= 12"), TEN) == [
        ("Bình quân 1 × 10 đơn vị = 10 phiên, chỉ tiêu chung là 12 phiên; lệch 2 phiên.", 2)
    ]
    yearly = sessions("~ 3", "= 200", kind="per_unit_per_year")
    yearly[0] = sessions("~ 3", "= 200")[0]
    assert told(yearly, TEN) == [
        (
            (
                "Bình quân khoảng 3 × 10 đơn vị × 5 năm, chỉ tiêu chung là 200 phiên; "
                "lệch ít nhất 42,5 phiên."
            ),
            Decimal("42.5"),
        )
    ]


# -- rate against count ---------------------------------------------------------------------------

ALL = measure(40, name="Tổng số hộ", unit_of_measure="hộ", opening=41)
POOR = measure(42, name="Hộ nghèo", unit_of_measure="hộ", opening=43, breaks=frozenset({2022}))
NEAR = measure(44, name="Hộ cận nghèo", unit_of_measure="hộ", opening=45)
RATE = measure(
    46,
    is_count=False,
    unit_of_measure="%",
    scale=Decimal(100),
    opening=47,
    numerator=(42,),
    denominator=(40,),
    breaks=frozenset({2022}),
)
NEAR_RATE = measure(48, is_count=False, scale=Decimal(100), numerator=(44,), denominator=(40,))
OF_2024 = Span(2024, 2024)


def cut(of: Measure, value: str, unit: str = POINTS, **values: object) -> Stated:
    return stated(
        of,
        value,
        **{
            "kind": "change_total",
            "span": OF_2024,
            "unit_of_measure": unit,
            "lower_is_better": True,
            **values,
        },
    )


def quang_binh(poor: str = "= 2063", near: str = "= 1295") -> list[Stated]:
    return [
        cut(RATE, "= 0.8"),
        cut(POOR, poor, "hộ"),
        cut(NEAR_RATE, "= 0.5"),
        cut(NEAR, near, "hộ"),
    ]


def known(**figures: str) -> Known:
    """What is reported, by o<opening indicator>_<year> or c<closing indicator>_<year>."""
    reported = {}
    for name, value in figures.items():
        pk, year = name[1:].split("_")
        reported[1, None, int(pk), int(year)] = Figure(Decimal(value))
    return Known(measures={40: ALL, 42: POOR, 44: NEAR}, reported=reported)


@pytest.mark.parametrize("there", [known(), known(o41_2024="257085"), known(c40_2023="257085")])
def test_points_and_households_lead_to_one_total(there: Known) -> None:
    """0,8 ↔ 2.063 gives 257.875, 0,5 ↔ 1.295 gives 259.000; 257.085 were counted in 2022.

    Source: domain notes, Checks officials would expect, 1.
    """
    assert told(quang_binh(), there) == []


def test_a_known_total_outside_what_the_plan_implies_is_told() -> None:
    """242.706..275.067: a count of households is exact, 0,8 stands for 0,75..0,85."""
    first, second = check(quang_binh(), known(o41_2024="300000", c40_2023="257000"))
    assert (first.message, first.gap, first.severity) == (
        (
            "0,8 điểm % đi với 2.063 hộ thì “Tổng số hộ” phải khoảng 257.875 hộ "
            "(242.706–275.067 hộ); số đã báo cáo đầu năm 2024 là 300.000 hộ; lệch ít "
            "nhất 24.933 hộ."
        ),
        24933,
        "warning",
    )
    assert first.kind is Kind.RATE_AND_COUNT
    assert first.targets == ("ct-46", "ct-42")
    assert (second.message, second.gap) == (
        (
            "0,5 điểm % đi với 1.295 hộ thì “Tổng số hộ” phải khoảng 259.000 hộ "
            "(235.455–287.778 hộ); số đã báo cáo đầu năm 2024 là 300.000 hộ; lệch ít "
            "nhất 12.222 hộ."
        ),
        12222,
    )


def test_two_implied_totals_that_do_not_meet_are_told() -> None:
    assert told(quang_binh(near="= 2000"), known()) == [
        (
            (
                "0,8 điểm % đi với 2.063 hộ thì “Tổng số hộ” phải khoảng 257.875 hộ "
                "(242.706–275.067 hộ); 0,5 điểm % đi với 2.000 hộ thì “Tổng số hộ” phải khoảng "
                "400.000 hộ (363.636–444.444 hộ); lệch ít nhất 88.570 hộ."
            ),
            88570,
        )
    ]


def test_a_bound_in_points_implies_a_bound_on_the_total() -> None:
    """More than 0,8 points with 2.063 households: no more than 257.875 in all."""
    figures = [cut(RATE, ">= 0.8"), cut(POOR, "= 2063", "hộ")]
    assert told(figures, known(o41_2024="257000")) == []
    assert [gap for _message, gap in told(figures, known(o41_2024="258000"))] == [125]


# -- what a change starts from --------------------------------------------------------------------


def test_what_remains_and_what_is_cut_is_what_there_was() -> None:
    """8.410 + 2.063 = 10.473. Source: domain notes, check 1."""
    level = stated(POOR, "= 8410", kind="level", span=OF_2024, code="con-lai")
    figures = [level, cut(POOR, "= 2063", "hộ")]
    assert told(figures, known(o43_2024="10473")) == []
    assert told(figures, known(c42_2023="10473")) == []
    assert told(figures, known()) == []
    assert told(figures, known(o43_2024="10500")) == [
        (
            (
                "Mức còn lại và mức thay đổi cho số đầu năm 2024 là 8.410 + 2.063 = 10.473 hộ; "
                "số đã báo cáo là 10.500 hộ; lệch 27 hộ."
            ),
            27,
        )
    ]


def test_no_opening_is_worked_out_across_a_new_standard() -> None:
    five_years = {"span": Span(2021, 2025)}
    figures = [stated(POOR, "= 1", kind="level"), cut(POOR, "= 2", "hộ", **five_years)]
    assert told(figures, known(o43_2021="9000")) == []


@pytest.mark.parametrize(
    ("target", "there", "expected"),
    [
        (cut(RATE, ">= 4"), known(o47_2024="4.06"), []),
        (cut(RATE, ">= 5"), known(), []),
        (
            cut(RATE, ">= 5"),
            known(o47_2024="4.0627"),
            [
                (
                    (
                        "Mức giảm ≥ 5 điểm % nhiều hơn số đang có (đầu năm 2024 là 4,06%); "
                        "lệch ít nhất 0,94 điểm %."
                    ),
                    Decimal("0.94"),
                )
            ],
        ),
        (
            cut(RATE, "= 9", kind="change_per_year", span=Span(2022, 2025)),
            known(o47_2022="30.5"),
            [
                (
                    (
                        "Mức giảm 9 × 4 năm = 36 điểm % nhiều hơn số đang có (đầu năm "
                        "2022 là 30,5%); "
                        "lệch 5,5 điểm %."
                    ),
                    Decimal("5.5"),
                )
            ],
        ),
        (  # a new standard in 2022 counts anew: what is there is the sum of both openings
            cut(RATE, "> 7", kind="change_per_year", span=Span(2021, 2025)),
            known(o47_2021="20", o47_2022="16"),
            [],
        ),
        (
            cut(RATE, "> 7", kind="change_per_year", span=Span(2021, 2025)),
            known(o47_2021="20", o47_2022="14"),
            [
                (
                    (
                        "Mức giảm > 7 × 5 năm = 35 điểm % nhiều hơn số đang có (đầu "
                        "năm 2021 là 20% + "
                        "đầu năm 2022 là 14%); lệch ít nhất 1 điểm %."
                    ),
                    1,
                )
            ],
        ),
        (  # the opening by the new standard is not known
            cut(RATE, "> 7", kind="change_per_year", span=Span(2021, 2025)),
            known(o47_2021="20", c46_2021="14"),
            [],
        ),
        (
            cut(POOR, "= 2063", "hộ"),
            known(c42_2023="2000"),
            [
                (
                    (
                        "Mức giảm 2.063 hộ nhiều hơn số đang có (đầu năm 2024 là 2.000 hộ); "
                        "lệch 63 hộ."
                    ),
                    63,
                )
            ],
        ),
        (cut(RATE, ">= 5", lower_is_better=False), known(o47_2024="4"), []),
    ],
)
def test_a_cut_is_no_larger_than_what_there_is(
    target: Stated, there: Known, expected: list[tuple[str, Decimal]]
) -> None:
    assert told([target], there) == expected


# -- steps ----------------------------------------------------------------------------------------


def steps(of: Measure, *values: str, what: str = "value", unit: int = 1) -> tuple[Step, ...]:
    """One a year from 2021."""
    return tuple(
        Step(unit, of.pk, 2021 + place, PlannedMeasure(what), Decimal(value))
        for place, value in enumerate(values)
    )


JOBS = measure(50, is_flow=True, adds_up=True)


@pytest.mark.parametrize(
    ("target", "given", "expected"),
    [
        (stated(POOR, "< 1500", kind="level"), steps(POOR, "4", "3", "2", "2000", "1400"), []),
        (stated(POOR, "< 1500", kind="level"), steps(POOR, "1600"), []),  # 2021 says nothing
        (
            stated(POOR, "< 1500", kind="level"),
            steps(POOR, "4", "3", "2", "1", "1600"),
            [("Mốc năm 2025 là 1.600 hộ, chỉ tiêu là < 1.500 hộ; lệch ít nhất 100 hộ.", 100)],
        ),
        (
            cut(RATE, "= 0.9", kind="change_per_year", span=Span(2021, 2025)),
            steps(RATE, "1", "1", "0.9", "0.8", "0.7", what="change_points"),
            [],  # 0,88 on average rounds to 0,9
        ),
        (
            cut(RATE, "> 7", kind="change_per_year", span=Span(2021, 2025)),
            steps(RATE, "8", "7", "7", "6", "6", what="change_points"),
            [
                (
                    (
                        "Bình quân các mốc 2021–2025 là (8 + 7 + 7 + 6 + 6) ÷ 5 = 6,8 điểm %, "
                        "chỉ tiêu là > 7 điểm %; lệch ít nhất 0,2 điểm %."
                    ),
                    Decimal("0.2"),
                )
            ],
        ),
        (  # a year is missing: nothing is said of the mean
            cut(RATE, "> 7", kind="change_per_year", span=Span(2021, 2025)),
            steps(RATE, "1", "1", "1", "1", what="change_points"),
            [],
        ),
        (  # nor of the sum: a rate may rise again in the year that is missing
            cut(RATE, "= 2", span=Span(2021, 2025)),
            steps(RATE, "1", "1", "1", "1", what="change_points"),
            [],
        ),
        (stated(JOBS, "= 500"), steps(JOBS, "100", "100", "100", "100", "100"), []),
        (stated(JOBS, "= 500"), steps(JOBS, "100", "100"), []),
        (
            stated(JOBS, "= 500"),
            steps(JOBS, "300", "300"),
            [
                (
                    (
                        "Các mốc 2021–2025 cộng lại 300 + 300 = 600 hộ, chỉ tiêu là 500 hộ; "
                        "lệch ít nhất 100 hộ."
                    ),
                    100,
                )
            ],
        ),
        (
            stated(JOBS, "= 500"),
            steps(JOBS, "100", "100", "100", "100", "90"),
            [
                (
                    (
                        "Các mốc 2021–2025 cộng lại 100 + 100 + 100 + 100 + 90 = 490 hộ, "
                        "chỉ tiêu là 500 hộ; lệch 10 hộ."
                    ),
                    10,
                )
            ],
        ),
    ],
)
def test_yearly_steps_lead_to_the_end_value(
    target: Stated, given: tuple[Step, ...], expected: list[tuple[str, Decimal]]
) -> None:
    assert told([target], Known(steps=given)) == expected


BELOW = {(1, year): frozenset({2, 3}) for year in range(2021, 2026)}


def at_the_end(first: str, second: str, parent: str = "") -> Known:
    given = [(2, first), (3, second), (1, parent)]
    rows = tuple(
        Step(unit, JOBS.pk, 2025, PlannedMeasure.VALUE, Decimal(value))
        for unit, value in given
        if value
    )
    return Known(steps=rows, children=BELOW)


def test_what_the_units_below_are_given_adds_up_to_what_is_above() -> None:
    target = stated(JOBS, "= 100", kind="level")
    assert told([target], at_the_end("60", "40")) == []
    assert told([target], at_the_end("60", "")) == []  # one of two is not assigned yet
    assert told([target], at_the_end("60", "45")) == [
        (
            (
                "Số giao cho đơn vị bên dưới năm 2025 (2/2 mốc) cộng lại 105 hộ, "
                "cấp trên là 100 hộ; lệch 5 hộ."
            ),
            5,
        )
    ]
    assert told([target], at_the_end("120", "")) == [
        (
            (
                "Số giao cho đơn vị bên dưới năm 2025 (1/2 mốc) cộng lại 120 hộ, "
                "cấp trên là 100 hộ; lệch ít nhất 20 hộ."
            ),
            20,
        )
    ]


def test_units_below_are_held_against_the_yearly_step_above() -> None:
    target = stated(JOBS, "> 90", kind="level")
    assert told([target], at_the_end("60", "40", parent="100")) == []
    assert told([target], at_the_end("60", "45", parent="100")) == [
        (
            (
                "Số giao cho đơn vị bên dưới năm 2025 (2/2 mốc) cộng lại 105 hộ, "
                "cấp trên là 100 hộ; lệch 5 hộ."
            ),
            5,
        )
    ]


def test_figures_that_do_not_add_up_are_not_added_up() -> None:
    """Rates are put together by their bases, which is the cascade's to do."""
    rate = stated(RATE, "= 10", kind="level")
    rows = tuple(Step(unit, RATE.pk, 2025, PlannedMeasure.VALUE, Decimal(9)) for unit in (2, 3))
    assert told([rate], Known(steps=rows, children=BELOW)) == []


# -- contradictions -------------------------------------------------------------------------------


def twice(one: str, other: str, **values: object) -> list[Stated]:
    return [
        stated(POOR, one, kind="level", code="mot"),
        stated(POOR, other, **{"kind": "level", "code": "hai", **values}),
    ]


def test_two_values_for_one_thing_and_year_are_told() -> None:
    assert told(twice("= 1500", "<= 1500")) == []
    assert told(twice("= 1500", "= 1400", span=Span(2021, 2024))) == []
    assert told(twice("= 1500", "= 1400", scope="households")) == []
    assert told(twice("= 1500", "= 1400", span=Span(2025, 2025))) == [
        (
            "Hai mức trái nhau cho cùng một chỉ số, cùng năm: 1.500 hộ và 1.400 hộ; lệch 100 hộ.",
            100,
        )
    ]
    assert told(twice("= 1500", "< 1500")) == [
        ("Hai mức trái nhau cho cùng một chỉ số, cùng năm: 1.500 hộ và < 1.500 hộ.", 0)
    ]


# -- what is read ---------------------------------------------------------------------------------


@pytest.fixture
def plan(places: Places) -> Plan:
    return Plan.objects.create(
        code="kh-1",
        kind="Kế hoạch",
        title="Giảm nghèo",
        issuer="UBND huyện",
        level="district",
        unit=places.district,
        status="seed",
        year_from=2024,
        year_to=2024,
    )


def target(of: Plan, indicator: Indicator, value: str, **values: object) -> Target:
    return Target.objects.create(
        **{
            "code": f"ct-{Target.objects.count() + 1}",
            "order": Target.objects.count(),
            "plan": of,
            "section": "II.2",
            "unit": of.unit,
            "scope": "all",
            "theme": "poverty",
            "indicator": indicator,
            "label": indicator.name,
            "kind": "change_total",
            "comparator": "=",
            "value": Decimal(value),
            "unit_of_measure": indicator.unit_of_measure.replace("%", POINTS),
            "year_from": 2024,
            "year_to": 2024,
            "direction": "lower_is_better",
            **values,
        }
    )


def messages(*plans: Plan) -> list[str]:
    return [found.message for found in inconsistencies_in(plans)]


def reported(places: Places, figures: dict[Indicator, str | None], year: int = 2023) -> None:
    for commune in places.communes:
        builders.told(commune, figures, Period(year), is_sample=True)
    recompute_all()


def test_reported_totals_are_those_of_the_whole_place(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    """1 point with 6 households is 400..1.200 in all; 3 communes × 100 = 300 were reported."""
    target(plan, catalogue.rate, "1")
    target(plan, catalogue.poor, "6")
    builders.told(places.first, {catalogue.households: "100"}, Period(2023))
    recompute_all()
    assert messages(plan) == []  # one of three communes is no total

    reported(places, {catalogue.households: "100", catalogue.poor: "50"})
    (found,) = inconsistencies_in([plan])
    assert found == Inconsistency(
        kind=Kind.RATE_AND_COUNT,
        plan="kh-1",
        targets=("ct-1", "ct-2"),
        message=(
            "1 điểm % đi với 6 hộ thì “Tổng số hộ” phải khoảng 600 hộ (400–1.200 hộ); "
            "số đã báo cáo đầu năm 2024 là 300 hộ; lệch ít nhất 100 hộ."
        ),
        gap=Decimal(100),
        unit_of_measure="hộ",
        severity=Severity.WARNING,
        has_sample=True,
        rests_on_reports=True,
    )


def test_a_group_starts_from_its_members_together(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    """20/200 = 10 %: a rate of a group is its members' sums, and needs every one of them."""
    group = UnitGroup.objects.create(code="hai-xa", name="Hai xã", expected_size=2)
    GroupMember.objects.create(group=group, unit=places.first, source="stated")
    target(plan, catalogue.rate, "12", group=group)
    reported(places, {catalogue.households: "100", catalogue.poor: "10"})
    assert messages(plan) == []
    GroupMember.objects.create(group=group, unit=places.second, source="stated")
    assert messages(plan) == [
        "Mức giảm 12 điểm % nhiều hơn số đang có (đầu năm 2024 là 10%); lệch 2 điểm %."
    ]


def test_the_opening_of_the_year_comes_before_the_year_before(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    target(plan, catalogue.poor, "70")
    reported(places, {catalogue.poor: "20"})
    assert messages(plan) == [
        "Mức giảm 70 hộ nhiều hơn số đang có (đầu năm 2024 là 60 hộ); lệch 10 hộ."
    ]
    reported(places, {catalogue.opening: "30"}, 2024)
    assert messages(plan) == []


def test_last_year_is_no_opening_where_the_standard_changed(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    target(plan, catalogue.poor, "70")
    reported(places, {catalogue.poor: "20"})
    assert len(messages(plan)) == 1
    moment = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    catalogue.poor.series_breaks.add(moment)
    assert messages(plan) == []


def test_rules_on_plans_are_applied_and_those_on_results_are_not(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    level = {"kind": "level", "unit_of_measure": "hộ"}
    target(plan, catalogue.poor, "120", **level)
    target(plan, catalogue.households, "100", **level)
    terms = [(1, catalogue.poor, 0), (-1, catalogue.households, 0)]
    tiers = ("district",)
    builders.rule("ket-qua", terms, comparator="<=", tiers=tiers)
    builders.rule("thoi", terms, comparator="<=", tiers=tiers, measures=["plan"], is_active=False)
    builders.rule("xa", terms, comparator="<=", tiers=("commune",), measures=["plan"])
    assert messages(plan) == []
    builders.rule("ke-hoach", terms, comparator="<=", tiers=tiers, measures=["plan", "result"])
    assert messages(plan) == ["ke-hoach: 120 hộ, nhiều hơn 100 hộ; lệch 20 hộ."]


def test_units_are_those_of_the_first_day_of_the_plan(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    """Two communes and a township on 1 January; one more came in March."""
    catalogue.rate.kind = "share_of_units"
    catalogue.rate.condition_indicator = catalogue.poor
    catalogue.rate.condition_comparator, catalogue.rate.condition_value = "<=", Decimal(5)
    catalogue.rate.save()
    builders.unit("90104", "Xã Ba", "commune", places.district, valid_from=date(2024, 3, 1))
    counted = {"kind": "count_of_units", "unit_of_measure": "xã"}
    target(plan, catalogue.rate, "3", **counted)
    assert messages(plan) == []
    target(plan, catalogue.rate, "3", applies_to="communes", **counted)
    assert messages(plan) == [
        "“Tỷ lệ hộ nghèo”: 3 xã, nhưng ngày 01/01/2024 huyện Thử Nghiệm chỉ có 2 xã; lệch 1 xã."
    ]


def test_milestones_of_the_plan_are_its_steps(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    target(plan, catalogue.poor, "100", kind="level")
    for unit, value in ((places.first, 40), (places.second, 40), (places.town, 30)):
        Milestone.objects.create(
            plan=plan, unit=unit, indicator=catalogue.poor, period="2024", value=value
        )
    Milestone.objects.create(
        plan=plan, unit=places.district, indicator=catalogue.poor, period="2024H1", value=5
    )
    assert messages(plan) == [
        (
            "Số giao cho đơn vị bên dưới năm 2024 (3/3 mốc) cộng lại 110 hộ, "
            "cấp trên là 100 hộ; lệch 10 hộ."
        )
    ]


# -- the real catalogue, at import and on screen --------------------------------------------------


@pytest.fixture
def real(db: None) -> None:
    """The catalogue as shipped, without anything reported."""
    call_command("load_catalogue", verbosity=0)


TARGETS = "plans/data/targets.yaml"


def test_the_documents_as_shipped_fit(real: None) -> None:
    """Every relation that can be decided among the 128 figures holds.

    Among them 7.450 + 186.677 = 194.127, 12 + 7 = 19 of 19, 17 and 3 inside 18, 10 sessions for
    10 communes, and one total behind 0,8 points ↔ 2.063 and 0,5 ↔ 1.295 households.
    """
    assert inconsistencies_in(Plan.objects.all()) == []


WRONG = [  # what is changed in the file, and what is then told
    (
        ("value: 194127", "value: 194128"),
        (
            "bh-funding-need-state-budget, bh-funding-need-credit, bh-funding-need-total: "
            "Vốn ngân sách và tín dụng cộng lại bằng tổng: 7.450 + 186.677 = 194.127 triệu đồng, "
            "không bằng 194.128 triệu đồng; lệch 1 triệu đồng."
        ),
    ),
    (
        ("value: 1295", "value: 2000"),
        (
            "qb197-poverty-rate-cut, qb197-poor-households-cut, qb197-near-poor-rate-cut, "
            "qb197-near-poor-households-cut: 0,8 điểm % đi với 2.063 hộ thì “Tổng số hộ dân cư” "
            "phải khoảng 257.875 hộ (242.706–275.067 hộ); 0,5 điểm % đi với 2.000 hộ thì “Tổng số "
            "hộ dân cư” phải khoảng 400.000 hộ (363.636–444.444 hộ); lệch ít nhất 88.570 hộ."
        ),
    ),
    (
        ("value: 12\n  unit: xã, thị trấn", "value: 13\n  unit: xã, thị trấn"),
        (
            "bh-units-lower-secondary-universalisation-l2, "
            "bh-units-lower-secondary-universalisation-l3: Phổ cập THCS mức 2 và mức "
            "3 không quá số "
            "xã, thị trấn: 7 + 13 = 20 xã, thị trấn, nhiều hơn 19 xã, thị trấn; "
            "lệch 1 xã, thị trấn."
        ),
    ),
    (
        ("value: 10\n  unit: phiên", "value: 12\n  unit: phiên"),
        (
            "lc220-job-sessions-per-commune, lc220-job-sessions: Bình quân 1 × 10 đơn "
            "vị = 10 phiên, "
            "chỉ tiêu chung là 12 phiên; lệch 2 phiên."
        ),
    ),
]


@pytest.mark.parametrize(("pair", "words"), WRONG)
def test_import_tells_what_does_not_fit_and_keeps_the_document(
    real: None, tmp_path: Path, pair: tuple[str, str], words: str
) -> None:
    path, out = tmp_path / "targets.yaml", StringIO()
    path.write_text(swap(shipped(TARGETS).read_text(), pair))
    call_command("import_targets", path, stdout=out)
    assert out.getvalue() == (
        "targets.yaml: thêm 0, sửa 1, giữ nguyên 127 chỉ tiêu\n"
        "Có 1 chỗ không khớp; vẫn nhập như văn bản ghi:\n"
        f"- {words}\n"
    )


def test_strict_import_writes_nothing_of_a_file_that_does_not_fit(
    real: None, tmp_path: Path
) -> None:
    pair, words = WRONG[0]
    path = tmp_path / "targets.yaml"
    path.write_text(swap(shipped(TARGETS).read_text(), pair))
    before = everything()
    with pytest.raises(CommandError) as refused:
        call_command("import_targets", path, "--strict")
    assert str(refused.value) == f"{words}\nCó 1 lỗi. Không ghi gì vào cơ sở dữ liệu."
    assert everything() == before
    call_command("import_targets", shipped(TARGETS), "--strict", stdout=StringIO())


def test_import_is_silent_of_documents_the_file_does_not_touch(real: None, tmp_path: Path) -> None:
    Target.objects.filter(code="bh-funding-need-total").update(value=194128)
    text = shipped(TARGETS).read_text()
    rows = text[: text.index("- id: bh-poverty-rate-cut\n")]
    path, out = tmp_path / "targets.yaml", StringIO()
    path.write_text(rows)
    call_command("import_targets", path, stdout=out)
    assert out.getvalue() == "targets.yaml: thêm 0, sửa 0, giữ nguyên 13 chỉ tiêu\n"


def test_reported_figures_are_held_against_the_plan(real: None) -> None:
    """An opening of 41 % leaves no room for 9 points a year over five years."""
    cut = Target.objects.get(code="bh-poverty-rate-cut")
    opening = cut.indicator.opening_indicator
    assert opening is not None
    for year, whole in ((2021, 30), (2022, 4)):
        part = Part(Decimal(whole), Decimal(100), reported=19)
        put(cut.unit, opening, str(year), Stage.PROVISIONAL, part, expected=19)
    assert messages(cut.plan) == [
        (
            "Mức giảm > 7 × 5 năm = 35 điểm % nhiều hơn số đang có "
            "(đầu năm 2021 là 30% + đầu năm 2022 là 4%); lệch ít nhất 1 điểm %."
        )
    ]


@pytest.fixture
def reader(client: Client, places: Places) -> Client:
    client.force_login(builders.official("can.bo", places.first))
    return client


def page_of(client: Client, of: Plan) -> str:
    response = client.get(f"/ke-hoach/{of.code}/")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_plan_page_shows_what_does_not_fit_with_links(
    reader: Client, plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    target(plan, catalogue.poor, "100", kind="level")
    assert "Chỗ không khớp trong văn bản" not in page_of(reader, plan)
    target(plan, catalogue.poor, "90", kind="level", label="Hộ nghèo còn lại")
    page = page_of(reader, plan)
    assert "Không khớp" in page
    assert "cùng năm: 100 hộ và 90 hộ; lệch 10 hộ." in page
    assert '<a href="/ke-hoach/kh-1/#ct-2">Hộ nghèo còn lại</a>' in page
    assert 'id="ct-2"' in page


def test_plan_page_tells_of_reported_figures_only_to_who_may_see_them(
    client: Client, reader: Client, plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    """The document is open to every official, the 60 households of the district are not."""
    target(plan, catalogue.poor, "70")
    reported(places, {catalogue.poor: "20"})
    assert "60 hộ" not in page_of(reader, plan)
    assert "Chỗ không khớp trong văn bản" not in page_of(reader, plan)
    client.force_login(builders.official("duyet", places.district, Role.REVIEWER))
    page = page_of(client, plan)
    inside = page[page.index('id="consistency"') :].split("</section>")[0]
    assert "(đầu năm 2024 là 60 hộ); lệch 10 hộ." in inside
    assert '<span class="mh">Số liệu minh họa</span>' in inside


def test_checks_take_as_many_queries_for_many_figures_as_for_few(
    plan: Plan, places: Places, catalogue: Catalogue
) -> None:
    builders.rule(
        "ke-hoach",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        comparator="<=",
        measures=["plan"],
    )
    target(plan, catalogue.rate, "1")
    target(plan, catalogue.poor, "3")
    reported(places, {catalogue.households: "100", catalogue.poor: "50"})
    with CaptureQueriesContext(connection) as few:
        assert len(inconsistencies_in([plan])) == 0
    for number in range(2, 5):
        other = Plan.objects.create(
            code=f"kh-{number}", kind="Kế hoạch", title="", unit=places.first, year_from=2024
            , year_to=2024, status="seed", order=number,
        )  # fmt: skip
        for indicator in (catalogue.rate, catalogue.poor, catalogue.households):
            target(other, indicator, "1")
            target(plan, indicator, "1", kind="level")
            Milestone.objects.create(
                plan=other, unit=places.second, indicator=indicator, period="2024", value=1
            )
    plans = list(Plan.objects.all())
    with CaptureQueriesContext(connection) as many:
        assert inconsistencies_in(plans)
    assert len(many) == len(few) <= 16
