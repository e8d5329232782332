"""Pictures that stand alone: well-formed, every text escaped, scales with round ends."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyplan.lib.drawing import Drawing, scale_of

D = Decimal


@given(st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, max_size=8))
def test_scale_holds_every_value_and_zero(values: list[Decimal]) -> None:
    scale = scale_of(values)

    assert scale.low <= min(*values, D(0)) <= max(*values, D(0)) <= scale.high
    assert scale.ticks[0] == scale.low
    assert scale.ticks[-1] == scale.high
    assert 2 <= len(scale.ticks) <= 8
    assert all(0 <= scale.place(value, 100) <= 100 for value in values)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (["19.23", "13.39"], ["0", "5", "10", "15", "20"]),
        (["0"], ["0", "0.25", "0.50", "0.75", "1.00"]),
        (["-3", "9"], ["-5", "0", "5", "10"]),
        (["23894"], ["0", "10000", "20000", "30000"]),
    ],
)
def test_ticks_are_round(values: list[str], ticks: list[str]) -> None:
    assert scale_of([D(row) for row in values]).ticks == tuple(D(row) for row in ticks)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30))
def test_no_text_can_break_out_of_its_place(words: str) -> None:
    drawing = Drawing(10, 10, words, words)
    drawing.text((1, 1), words, text_anchor=words)
    drawing.area([[(0, 0), (1, 0), (1, 1)]], words, fill="red")

    root = ET.fromstring(drawing.render(is_file=True).encode())  # noqa: S314

    assert {row.tag.rpartition("}")[2] for row in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "rect",
        "text",
        "path",
    }
    assert [row.text or "" for row in root.iter("{http://www.w3.org/2000/svg}text")] == [words]
