"""Validation rules against findings worked out by hand. Source: rules.yaml header."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from indicators.checks import check, rules_as_json, rules_for
from indicators.models import Indicator, SeriesBreak, ValidationRule
from indicators.periods import Period
from tests.builders import Y2024, Catalogue, Places, balance, count, rule

pytestmark = pytest.mark.django_db

D = Decimal
Values = dict[tuple[str, int], Decimal | None]

MOVEMENT = {
    "opening_poor_households": 1,
    "escaped_poor_households": -1,
    "poor_other_out_households": -1,
    "households_near_poor_to_poor": 1,
    "relapsed_poor_households": 1,
    "newly_poor_households": 1,
    "poor_other_in_households": 1,
    "poor_households": -1,
}
"""Terms of the shipped rule bd-ho-ngheo: the movement of poor households, review form 2."""

BALANCED = [120, 30, 2, 3, 4, 1, 0, 96]


@dataclass
class Movement:
    rule: ValidationRule
    indicators: dict[str, Indicator]

    def values(self, numbers: list[int | None]) -> Values:
        return {
            (code, 0): None if number is None else D(number)
            for code, number in zip(MOVEMENT, numbers, strict=True)
        }


@pytest.fixture
def movement(db: None) -> Movement:
    """The shipped rule bd-ho-ngheo, term by term."""
    made = {code: count(code, code, place) for place, code in enumerate(MOVEMENT)}
    return Movement(
        rule(
            "bd-ho-ngheo",
            [(coefficient, made[code], 0) for code, coefficient in MOVEMENT.items()],
            "Đầu kỳ cộng tăng trừ giảm là {computed} hộ, ô cuối kỳ ghi {poor_households} hộ, "
            "lệch {gap} hộ.",
            solve_for=made["poor_households"],
        ),
        made,
    )


def test_movement_that_adds_up_has_no_finding(movement: Movement) -> None:
    """120 - 30 - 2 + 3 + 4 + 1 + 0 = 96."""
    assert check([movement.rule], movement.values(list(BALANCED))) == []


def test_movement_that_does_not_add_up_says_what_it_should_be(movement: Movement) -> None:
    numbers: list[int | None] = [*BALANCED[:-1], 101]

    (found,) = check([movement.rule], movement.values(numbers))

    assert found.message == "Đầu kỳ cộng tăng trừ giảm là 96 hộ, ô cuối kỳ ghi 101 hộ, lệch 5 hộ."
    assert (found.gap, found.fill) == (D(5), ("poor_households", D(96)))
    assert (found.severity, found.cell) == ("error", "poor_households")
    assert found.indicators == tuple(MOVEMENT)


def test_numbers_in_a_message_are_written_as_officials_write_them(movement: Movement) -> None:
    numbers: list[int | None] = [1292, 0, 0, 0, 0, 0, 0, 2292]

    (found,) = check([movement.rule], movement.values(numbers))

    assert "là 1.292 hộ, ô cuối kỳ ghi 2.292 hộ, lệch 1.000 hộ" in found.message


@pytest.mark.parametrize("place", range(len(MOVEMENT)))
def test_rule_with_a_missing_term_cannot_be_checked(movement: Movement, place: int) -> None:
    """Neither passed nor failed, whichever term it is; absent and None are the same."""
    numbers: list[int | None] = [*BALANCED[:-1], 5000]
    numbers[place] = None
    values = movement.values(numbers)
    absent = {key: value for key, value in values.items() if value is not None}

    assert check([movement.rule], values) == []
    assert check([movement.rule], absent) == []


def test_zero_is_a_value_and_is_checked(movement: Movement) -> None:
    (found,) = check([movement.rule], movement.values([10, 0, 0, 0, 0, 0, 0, 0]))

    assert found.fill == ("poor_households", D(10))


def test_cell_is_not_offered_a_value_below_zero(movement: Movement) -> None:
    """More households left than there were: the error is elsewhere."""
    (found,) = check([movement.rule], movement.values([10, 30, 0, 0, 0, 0, 0, 0]))

    assert found.fill is None
    assert "là −20 hộ" in found.message


def test_rule_that_solves_for_nothing_offers_nothing_and_points_at_its_last_term(
    movement: Movement,
) -> None:
    movement.rule.solve_for = None

    (found,) = check([movement.rule], movement.values([120, 30, 2, 3, 4, 1, 0, 90]))

    assert (found.fill, found.cell) == (None, "poor_households")
    assert "là 96 hộ" in found.message


def test_cell_in_the_middle_of_a_rule_is_solved_by_its_own_coefficient(db: None) -> None:
    """2 a + 3 b - c = 1 with a = 4 and c = 13 asks for b = 2."""
    a, b, c = (count(code, code, place) for place, code in enumerate("abc"))
    made = rule("r", [(2, a, 0), (3, b, 0), (-1, c, 0)], "{computed}", constant=D(1), solve_for=b)

    (found,) = check([made], {("a", 0): D(4), ("b", 0): D(5), ("c", 0): D(13)})

    assert (found.fill, found.message, found.gap) == (("b", D(2)), "2", D(9))


def test_tolerance_is_the_last_difference_that_passes(db: None) -> None:
    rate = count("rate", "Tỷ lệ", 1, decimals=2)
    other = count("other", "Tỷ lệ in", 2, decimals=2)
    made = rule(
        "r",
        [(1, rate, 0), (-1, other, 0)],
        "{left} và {right} lệch {gap}",
        tolerance=D("0.01"),
    )

    def findings(value: str) -> list[str]:
        values: Values = {("rate", 0): D(value), ("other", 0): D("13.56")}
        return [found.message for found in check([made], values)]

    assert findings("13.57") == []
    assert findings("13.55") == []
    assert findings("13.58") == ["13,58 và 13,56 lệch 0,02"]


def test_inequality_names_both_sides(db: None) -> None:
    poor, near, households = (
        count(code, code, place) for place, code in enumerate(["poor", "near", "households"])
    )
    made = rule(
        "r",
        [(1, poor, 0), (1, near, 0), (-1, households, 0)],
        "Nghèo cộng cận nghèo {left}, quá tổng số {right}",
        comparator="<=",
    )
    values: Values = {("poor", 0): D(80), ("near", 0): D(20), ("households", 0): D(100)}

    assert check([made], values) == []
    (found,) = check([made], {**values, ("near", 0): D(21)})
    assert (found.message, found.gap) == ("Nghèo cộng cận nghèo 101, quá tổng số 100", D(1))


def test_rule_over_two_years_names_the_earlier_figure(db: None) -> None:
    opening, poor = count("opening", "Đầu kỳ", 1), count("poor", "Cuối kỳ", 2)
    made = rule(
        "dau-ky",
        [(1, opening, 0), (-1, poor, -1)],
        "Đầu kỳ ghi {opening} hộ, cuối kỳ năm trước là {poor_prev} hộ, lệch {gap} hộ.",
        solve_for=opening,
    )

    (found,) = check([made], {("opening", 0): D(50), ("poor", -1): D(53), ("poor", 0): D(50)})

    assert found.message == "Đầu kỳ ghi 50 hộ, cuối kỳ năm trước là 53 hộ, lệch 3 hộ."
    assert found.fill == ("opening", D(53))
    assert found.indicators == ("opening",)
    assert check([made], {("opening", 0): D(50), ("poor", 0): D(53)}) == []


def test_findings_come_in_the_order_of_the_rules(catalogue: Catalogue) -> None:
    first = balance(catalogue)
    second = rule(
        "thoat", [(1, catalogue.escaped, 0), (-1, catalogue.opening, 0)], "…", comparator="<="
    )
    values: Values = {
        ("opening", 0): D(1),
        ("escaped", 0): D(2),
        ("relapsed", 0): D(0),
        ("poor", 0): D(9),
    }

    found = check([second, first], values)

    assert [finding.rule.code for finding in found] == ["thoat", "can-doi"]


@pytest.mark.parametrize(
    "message", ["Lệch {gab} hộ", "Lệch { hộ", "Lệch {poor.x}", "Lệch {0}", "Lệch {gap:d}"]
)
def test_slip_in_a_message_does_not_take_the_form_away(catalogue: Catalogue, message: str) -> None:
    """Definitions are edited by administrators; the rule still stops what does not balance."""
    made = rule("r", [(1, catalogue.poor, 0), (-1, catalogue.opening, 0)], message)

    (found,) = check([made], {("poor", 0): D(1), ("opening", 0): D(2)})

    assert (found.message, found.gap) == (message, D(1))


def test_term_with_no_weight_takes_no_part_and_a_rule_without_terms_checks_nothing(
    catalogue: Catalogue,
) -> None:
    empty = rule("rong", [], constant=D(5))
    weightless = rule("r", [(1, catalogue.poor, 0), (0, catalogue.opening, 0)], "{computed}")

    assert check([empty], {}) == []
    (found,) = check([weightless], {("poor", 0): D(1)})
    assert found.message == "0"


# -- which rules run ------------------------------------------------------------------------------


def running(places: Places, at: str = "first", period: str = "2024") -> list[str]:
    return [row.code for row in rules_for(getattr(places, at), Period.parse(period))]


def test_rule_runs_only_at_its_tiers_and_while_it_is_switched_on(
    places: Places, catalogue: Catalogue
) -> None:
    both = balance(catalogue)
    rule("huyen", [(1, catalogue.poor, 0)], tiers=["district"], order=1)
    rule("tat", [(1, catalogue.poor, 0)], is_active=False, order=2)
    rule("ke-hoach", [(1, catalogue.poor, 0)], measures=["plan"], order=3)

    assert running(places) == ["can-doi"]
    assert running(places, "district") == ["huyen"]
    assert both.is_active


def test_rule_for_communes_does_not_run_in_a_township(places: Places, catalogue: Catalogue) -> None:
    rule("nong-thon", [(1, catalogue.poor, 0)], applies_to="communes")

    assert (running(places), running(places, "town")) == (["nong-thon"], [])


def test_rule_over_two_years_runs_on_the_years_figures_only(
    places: Places, catalogue: Catalogue
) -> None:
    rule("dau-ky", [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)])
    balance(catalogue)

    assert set(running(places)) == {"dau-ky", "can-doi"}
    assert running(places, period="2024Q3") == ["can-doi"]


def test_rule_is_skipped_in_the_first_year_after_a_break(
    places: Places, catalogue: Catalogue
) -> None:
    """The poverty standard changed in 2022 and changes in 2027."""
    standard = SeriesBreak.objects.create(code="poverty_standard", first_periods=[2022, 2027])
    rule("dau-ky", [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)], breaks=[standard])

    ran = [year for year in range(2021, 2029) if running(places, period=str(year))]

    assert ran == [2021, 2023, 2024, 2025, 2026, 2028]


def test_rules_take_the_same_queries_for_one_rule_and_for_many(
    places: Places, catalogue: Catalogue, django_assert_num_queries: Any
) -> None:
    balance(catalogue)
    values: Values = {(row.code, 0): D(1) for row in catalogue.inputs}
    for number in range(3):
        with django_assert_num_queries(3):
            found = rules_for(places.first, Y2024)
            check(found, values)
            rules_as_json(found)
        rule(f"them-{number}", [(1, catalogue.poor, 0)], order=number)


# -- the same for the browser ---------------------------------------------------------------------


def test_json_says_just_what_the_definition_says(movement: Movement) -> None:
    (plain,) = rules_as_json([movement.rule])

    assert plain == {
        "id": "bd-ho-ngheo",
        "name": "bd-ho-ngheo",
        "severity": "error",
        "message": movement.rule.message,
        "comparator": "=",
        "constant": "0",
        "tolerance": "0",
        "solve_for": "poor_households",
        "terms": [[str(coefficient), code, 0] for code, coefficient in MOVEMENT.items()],
        "decimals": dict.fromkeys(MOVEMENT, 0),
    }


def test_json_writes_numbers_as_plain_decimals(places: Places, catalogue: Catalogue) -> None:
    """Read back from the database, where 0.01 and 1000 carry six decimals."""
    rule(
        "r",
        [("0.5", catalogue.poor, 0), (-100, catalogue.poor, -1)],
        tolerance=D("0.01"),
        constant=D(1000),
    )

    (plain,) = rules_as_json(rules_for(places.first, Y2024))

    assert (plain["tolerance"], plain["constant"]) == ("0.01", "1000")
    assert plain["terms"] == [["0.5", "poor", 0], ["-100", "poor", -1]]
    assert plain["solve_for"] is None
