"""What is odd about a figure is asked about, with the arithmetic, and never refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicators.bands import (
    Question,
    band_of_history,
    band_of_neighbours,
    bands_of,
    unmet,
)
from tests.builders import Catalogue

pytestmark = pytest.mark.django_db

D = Decimal


def numbers(*texts: str) -> list[Decimal]:
    return [D(text) for text in texts]


def test_zero_after_a_figure_is_asked_about_once(catalogue: Catalogue) -> None:
    """Not also as a large change: it is one question."""
    catalogue.poor.soft_limits = {"change_pct": 20}
    bands = bands_of(catalogue.poor, previous=D(6), planned=None)

    [asked] = unmet(bands, D(0))

    assert (asked.question, asked.needs_reason) == (Question.ZERO, False)
    assert asked.detail == "Năm trước là 6 hộ."


def test_figure_outside_its_own_limit_needs_a_reason_and_gives_the_arithmetic(
    catalogue: Catalogue,
) -> None:
    catalogue.poor.soft_limits = {"change_pct": 20, "change_min_abs": 20}
    bands = bands_of(catalogue.poor, previous=D(100), planned=None)

    [asked] = unmet(bands, D(121))

    assert asked.needs_reason
    assert asked.detail == "Năm trước là 100 hộ; quá ngưỡng hỏi lại 20%."
    assert unmet(bands, D(120)) == []


@pytest.mark.parametrize(("value", "is_asked"), [("79", False), ("80", True), ("40", True)])
def test_small_move_is_none_whatever_its_share(
    catalogue: Catalogue, value: str, is_asked: bool
) -> None:
    """60 to 79 is a third more, and under the twenty households that count."""
    catalogue.poor.soft_limits = {"change_pct": 20, "change_min_abs": 20}
    bands = bands_of(catalogue.poor, previous=D(60), planned=None)

    assert bool(unmet(bands, D(value))) == is_asked


def test_without_a_figure_nothing_is_asked(catalogue: Catalogue) -> None:
    catalogue.poor.soft_limits = {"max": 5}

    assert unmet(bands_of(catalogue.poor, previous=D(9), planned=D(1)), None) == []


def test_history_of_three_years_leads_to_expect_as_much_again(catalogue: Catalogue) -> None:
    band = band_of_history(catalogue.poor, numbers("60", "50", "55"))

    assert band is not None
    assert (band.low, band.high) == (D(40), D(70))
    assert band.detail == "3 năm trước từ 50 đến 60 hộ."
    assert band_of_history(catalogue.poor, numbers("60", "50")) is None


def test_history_that_hardly_moves_leaves_a_tenth(catalogue: Catalogue) -> None:
    band = band_of_history(catalogue.poor, numbers("600", "600", "600"))

    assert band is not None
    assert (band.low, band.high) == (D(540), D(660))


def test_neighbours_are_compared_by_how_they_moved_not_by_their_size(catalogue: Catalogue) -> None:
    """All fell by a tenth or so; one that rose by a half is asked about, at any size."""
    pairs = [(D(before), D(before) * D(share)) for before, share in (
        (100, "0.9"), (400, "0.88"), (20, "0.95"), (60, "0.9"), (200, "0.92"), (80, "0.1"),
    )]  # fmt: skip
    band = band_of_neighbours(catalogue.poor, D(200), pairs)

    assert band is not None
    assert band.holds(D(180))
    assert not band.holds(D(300))
    assert not band.needs_reason
    assert band_of_neighbours(catalogue.poor, D(200), pairs[:4]) is None
    assert band_of_neighbours(catalogue.poor, None, pairs) is None


def test_handful_is_no_surprise_where_counts_are_small(catalogue: Catalogue) -> None:
    pairs = [(D(100), D(90))] * 6

    band = band_of_neighbours(catalogue.poor, D(3), pairs)

    assert band is not None
    assert band.holds(D(8))
    assert not band.holds(D(9))


def test_neighbours_that_had_nothing_say_nothing(catalogue: Catalogue) -> None:
    pairs = [(D(0), D(50))] * 9

    assert band_of_neighbours(catalogue.poor, D(10), pairs) is None
