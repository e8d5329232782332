"""Arithmetic of figures against literals worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.calc import Part, add, compares, ratio, without_value

D = Decimal


def test_ratio_of_rolled_up_terms_is_not_the_mean_of_ratios() -> None:
    """1/2 and 90/100 make 89.2 %, not 70.0 (mean of percents) nor 88.3 (base begun at 1)."""
    whole = add([Part(D(1), D(2), 1), Part(D(90), D(100), 1)])

    rate = ratio(whole.total, whole.weight, D(100))

    assert rate is not None
    assert round(rate, 1) == D("89.2")
    assert rate == D(9100) / D(102)


@pytest.mark.parametrize(
    ("numerator", "denominator", "scale", "value"),
    [
        (D(80), D(590), D(100), D(8000) / D(590)),  # Hoàng Thu Phố: 80 of 590 households, 13.56 %
        (D(3600), D(590), D(1), D(3600) / D(590)),
        (D(0), D(590), D(100), D(0)),
        (D(5), D(0), D(100), None),
        (D(0), D(0), D(100), None),
        (None, D(5), D(100), None),
        (D(5), None, D(100), None),
        (D(-3), D(4), D(100), D(-75)),
    ],
)
def test_ratio_is_unknown_without_a_term_or_a_base(
    numerator: Decimal | None, denominator: Decimal | None, scale: Decimal, value: Decimal | None
) -> None:
    assert ratio(numerator, denominator, scale) == value


@pytest.mark.parametrize(
    ("value", "comparator", "bound", "tolerance", "holds"),
    [
        ("5", ">=", "5", "0", True),
        ("4.99", ">=", "5", "0", False),
        ("4.99", ">=", "5", "0.01", True),
        ("5", ">", "5", "0", False),
        ("5", ">", "5", "0.01", True),
        ("5.01", ">", "5", "0", True),
        ("5", "<=", "5", "0", True),
        ("5.01", "<=", "5", "0", False),
        ("5.01", "<=", "5", "0.01", True),
        ("5", "<", "5", "0", False),
        ("4.999", "<", "5", "0", True),
        ("5", "=", "5", "0", True),
        ("5.01", "=", "5", "0", False),
        ("5.01", "=", "5", "0.01", True),
        ("4.99", "=", "5", "0.01", True),
        ("4.98", "=", "5", "0.01", False),
        ("5.000", "=", "5", "0", True),
    ],
)
def test_comparison_holds_within_its_tolerance(
    value: str, comparator: str, bound: str, tolerance: str, holds: bool
) -> None:
    assert compares(D(value), comparator, D(bound), D(tolerance)) is holds


def test_unknown_comparator_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown comparator '~'"):
        compares(D(1), "~", D(1))


def test_nothing_added_up_is_nobody_reported_not_zero_reported() -> None:
    assert add([]) == Part(D(0), None, reported=0, not_applicable=0, has_sample=False)


def test_sample_and_not_applicable_units_stay_visible_in_the_sum() -> None:
    whole = add([Part(D(3), None, 1), Part(not_applicable=1, has_sample=True), Part(D(0), None, 1)])

    assert whole == Part(D(3), None, reported=2, not_applicable=1, has_sample=True)


def test_unit_to_which_a_rate_does_not_apply_leaves_the_base_alone() -> None:
    """It has no weight of its own, whether it comes first or last."""
    told, exempt = Part(D(1), D(4), 1), Part(not_applicable=1)

    assert add([exempt, told]) == add([told, exempt]) == Part(D(1), D(4), 1, 1)


def test_figure_not_put_together_upward_keeps_only_who_reported() -> None:
    assert without_value(Part(D(1), None, 1, 2, True)) == Part(D(0), D(0), 1, 2, True)


parts = st.builds(
    Part,
    total=st.decimals(-(10**9), 10**9, places=2),
    weight=st.decimals(0, 10**9, places=2),
    reported=st.integers(0, 5),
    not_applicable=st.integers(0, 5),
    has_sample=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(parts, max_size=8), st.randoms())
def test_adding_up_by_any_tiers_in_any_order_gives_the_same(
    communes: list[Part], random: object
) -> None:
    """Source: design, Meaning (run twice, late or out of order: the same answer)."""
    shuffled = list(communes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    half = len(shuffled) // 2

    by_districts = add([add(shuffled[:half]), add(shuffled[half:])])

    if communes:
        assert by_districts == add(communes)
