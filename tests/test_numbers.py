"""Numbers as officials type and read them. Source: Decree 30/2020 practice (1.292; 94,75%)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import MINUS, format_number, parse_number


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("0", 0, "0"),
        ("7", 0, "7"),
        ("999", 0, "999"),
        ("1292", 0, "1.292"),
        ("1234567", 0, "1.234.567"),
        ("94.75", 2, "94,75"),
        ("13.5", 2, "13,50"),
        ("1234.5", 1, "1.234,5"),
        ("13.559322033898", 2, "13,56"),
        ("0.5", 0, "1"),  # half up, where half to even would print 0
        ("2.5", 0, "3"),
        ("0.125", 2, "0,13"),
        ("-0.125", 2, f"{MINUS}0,13"),
        ("-1234", 0, f"{MINUS}1.234"),
        ("-0.004", 2, "0,00"),  # no minus before a zero
        ("999.995", 2, "1.000,00"),
    ],
)
def test_format_rounds_half_up_and_groups_by_points(value: str, decimals: int, shown: str) -> None:
    assert format_number(Decimal(value), decimals) == shown


def test_format_shows_a_missing_figure_as_a_dash_or_as_asked() -> None:
    assert format_number(None, 2) == "–"
    assert format_number(None, missing="…") == "…"
    assert format_number(Decimal(0), 0, missing="…") == "0"


@pytest.mark.parametrize(
    ("text", "decimals", "value"),
    [
        ("0", 0, "0"),
        ("1292", 0, "1292"),
        ("1.292", 0, "1292"),
        (" 1.292 ", 0, "1292"),
        ("1 292", 0, "1292"),
        ("1\u00a0292\u202f000", 0, "1292000"),
        ("1.234.567", 0, "1234567"),
        ("94,75", 2, "94.75"),
        ("1234,5", 1, "1234.5"),
        ("1.234,5", 1, "1234.5"),
        ("33.4", 1, "33.4"),  # pasted from a workbook with English settings
        ("1.234", 2, "1234"),  # exactly three digits: a separator of thousands
        ("0.125", 3, "0.125"),  # no thousand is written with a leading nought
        ("-5", 0, "-5"),
        (f"{MINUS}5,5", 1, "-5.5"),
        ("5,0", 0, "5"),
        ("007", 0, "7"),  # counts below ten are often written with a nought
    ],
)
def test_parse_reads_what_officials_type_and_paste(text: str, decimals: int, value: str) -> None:
    assert parse_number(text, decimals) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("", 0),
        ("-", 0),
        ("một trăm", 0),
        ("12a", 0),
        ("12 hộ", 0),
        ("1,234.5", 1),  # English grouping
        ("1.23.456", 0),
        ("1.2345", 0),
        ("12.3", 0),
        ("0.125", 0),
        ("1e5", 0),
        ("NaN", 2),
        ("Infinity", 2),
        ("--5", 0),
        ("5-", 0),
        ("1,2,3", 2),
        (",5", 1),
        ("5,", 1),
        ("12\t34", 0),  # two cells pasted into one
        ("12 34", 0),
        ("1.292\n85", 0),
        ("１２", 0),
        ("٣", 0),
    ],
)
def test_parse_refuses_what_is_no_number_and_shows_the_form(text: str, decimals: int) -> None:
    with pytest.raises(DomainError, match=r"không phải là số\. Ghi dạng 1\.234"):
        parse_number(text, decimals)


def test_parse_refuses_more_decimals_than_the_indicator_has() -> None:
    with pytest.raises(DomainError, match=r"“5,5” có quá nhiều chữ số lẻ; .* ghi số nguyên"):
        parse_number("5,5", 0)
    with pytest.raises(DomainError, match="ghi 2 chữ số thập phân"):
        parse_number("94,755", 2)


@pytest.mark.parametrize("digits", [19, 29, 40, 400])
@pytest.mark.parametrize("decimals", [0, 6])
def test_parse_refuses_more_digits_than_a_figure_can_have(digits: int, decimals: int) -> None:
    with pytest.raises(DomainError, match="quá dài"):
        parse_number("9" * digits, decimals)


def test_parse_reads_the_longest_figure_whole() -> None:
    assert parse_number("999.999.999.999.999.999,999999", 6) == Decimal("999999999999999999.999999")


@settings(deadline=None)  # a busy machine is no error
@given(
    st.decimals(
        min_value=Decimal(-999_999_999_999),
        max_value=Decimal(999_999_999_999),
        places=3,
        allow_nan=False,
        allow_infinity=False,
    ),
    st.integers(min_value=0, max_value=6),
)
def test_what_is_shown_reads_back_as_the_rounded_figure(value: Decimal, decimals: int) -> None:
    shown = format_number(value, decimals)

    read = parse_number(shown, decimals)

    assert abs(read - value) <= Decimal(5).scaleb(-decimals - 1)
    assert format_number(read, decimals) == shown


@settings(deadline=None)  # a busy machine is no error
@given(st.text(max_size=12), st.integers(min_value=0, max_value=3))
def test_parse_returns_a_finite_number_or_refuses(text: str, decimals: int) -> None:
    try:
        found = parse_number(text, decimals)
    except DomainError:
        return
    assert found.is_finite()
    assert found == found.quantize(Decimal(1).scaleb(-decimals))
