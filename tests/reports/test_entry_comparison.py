"""A figure beside its plan: verdicts on the rounded value, the distance in the officials' words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicators.models import Indicator
from reports.returns.comparison import compare

HIGHER, LOWER, NONE = "higher_is_better", "lower_is_better", "none"


@pytest.mark.parametrize(
    ("direction", "unit", "decimals", "value", "planned", "said"),
    [
        (HIGHER, "hộ", 0, "71", "70", ("met", "101,4%")),
        (HIGHER, "người", 0, "2", "3", ("late", "66,7%")),
        (HIGHER, "người", 0, "9", "10", ("risk", "90,0%")),
        (HIGHER, "hộ", 0, "1", "0", ("met", "cao hơn 1")),
        (LOWER, "hộ", 0, "167", "174", ("met", "thấp hơn 7")),
        (LOWER, "hộ", 0, "174", "174", ("met", "bằng kế hoạch")),
        (LOWER, "hộ", 0, "180", "174", ("risk", "cao hơn 6")),
        (LOWER, "hộ", 0, "1", "0", ("late", "cao hơn 1")),
        (HIGHER, "%", 1, "99.8", "99.8", ("met", "0,0 điểm %")),
        (HIGHER, "%", 1, "99.76", "99.8", ("met", "0,0 điểm %")),  # 99,8 on the screen
        (HIGHER, "%", 1, "99.5", "100", ("risk", "−0,5 điểm %")),
        (LOWER, "%", 2, "33.5", "29.49", ("late", "+4,01 điểm %")),
        (NONE, "hộ", 0, "590", "600", ("", "98,3%")),
    ],
)
def test_figure_is_judged_as_it_is_shown(
    direction: str, unit: str, decimals: int, value: str, planned: str, said: tuple[str, str]
) -> None:
    indicator = Indicator(direction=direction, unit_of_measure=unit, decimals=decimals)
    found = compare(Decimal(value), Decimal(planned), indicator, "input")
    assert found is not None
    assert (found.verdict, found.text) == said


def test_cut_of_a_rate_is_better_when_larger_though_the_rate_is_better_when_lower() -> None:
    rate = Indicator(direction=LOWER, unit_of_measure="%", decimals=2)
    found = compare(Decimal("13.56"), Decimal("10.77"), rate, "change")
    assert found is not None
    assert (found.verdict, found.text) == ("met", "+2,79 điểm %")


@pytest.mark.parametrize(("value", "planned"), [(None, Decimal(1)), (Decimal(1), None)])
def test_missing_figure_is_never_judged(value: Decimal | None, planned: Decimal | None) -> None:
    assert compare(value, planned, Indicator(direction=HIGHER), "input") is None
