"""From what a cell holds to a figure: Vietnamese numbers, what is no number, missing is not 0."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from indicators.models import Indicator
from povertyplan.lib.xlsx import SheetCell
from reports.workbook.pieces import Fault
from reports.workbook.values import value_in

COUNT = {"value_type": "count", "decimals": 0, "unit_of_measure": "hộ", "hard_min": Decimal(0)}
MONEY = {"value_type": "money", "decimals": 1, "unit_of_measure": "triệu đồng"}
SHARE = {"value_type": "decimal", "decimals": 2, "unit_of_measure": "%"}
CHOICE = {"value_type": "yes_no", "decimals": 0, "unit_of_measure": "đạt"}


def cell(value: object, number_format: str = "General", **more: Any) -> SheetCell:
    return SheetCell("F12", 12, 6, value, more.pop("formula", ""), number_format, **more)


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        (COUNT, 13, "13"),
        (COUNT, 0, "0"),
        (COUNT, 13.0, "13"),
        (COUNT, "13", "13"),
        (COUNT, " 1 234 ", "1234"),
        (COUNT, "1.234", "1234"),
        (COUNT, "1\u00a0234", "1234"),
        (MONEY, "1.234,5", "1234.5"),
        (MONEY, "33,4", "33.4"),
        (MONEY, 33.4, "33.4"),
        (MONEY, 0.1 + 0.2, "0.3"),
        (MONEY, -2.5, "-2.5"),
        (SHARE, "45,5%", "45.5"),
        (SHARE, 45.5, "45.5"),
        (CHOICE, "Đạt", "1"),
        (CHOICE, "  chưa  đạt", "0"),
        (CHOICE, 1, "1"),
        (CHOICE, "0", "0"),
    ],
)
def test_figure_is_read_as_officials_write_it(
    kind: dict[str, Any], value: object, number: str
) -> None:
    assert value_in(Indicator(**kind), cell(value)) == Decimal(number)


def test_cell_shown_in_per_cent_is_read_as_it_is_shown() -> None:
    assert value_in(Indicator(**SHARE), cell(0.4536, "0.00%")) == Decimal("45.36")


@pytest.mark.parametrize(
    ("shown_as", "value", "number"),
    [
        ('0.00"%"', 0.5, "0.5"),
        ('0.00" %"', 12.5, "12.5"),
        ("0.00\\%", 0.5, "0.5"),
        ("0.00_%", 0.5, "0.5"),
        ("*%0.00", 0.5, "0.5"),
        ("[$%-42A]0.00", 0.5, "0.5"),
        ("[>1]0%;0.00", 0.5, "0.5"),
        ("[>1]0;0.00%", 0.5, "50"),
        ("[<=1]0%;0.00", 1, "100"),
        ("0.00;-0.00%", 0.5, "0.5"),
        ("0.00;-0.00%", -0.5, "-50"),
        ("0.00%;-0.00%;0.00", 0.5, "50"),
        ("0.00;-0.00;0%", 0.5, "0.5"),
        ("0.00;@%", 0.5, "0.5"),
        ('0.00%"%"', 0.5, "50"),
        ("0%%", 0.005, "50"),
        ('"kể cả ; 0%" 0.00', 0.5, "0.5"),
    ],
)
def test_only_a_sign_that_counts_makes_a_number_a_hundredfold(
    shown_as: str, value: float, number: str
) -> None:
    """In quotes, escaped, padding, or in the section of other numbers it is no more than a sign."""
    assert value_in(Indicator(**SHARE), cell(value, shown_as)) == Decimal(number)


def test_count_beside_a_written_sign_is_no_percentage() -> None:
    assert value_in(Indicator(**COUNT), cell(13, '0"%"')) == 13
    refused = value_in(Indicator(**COUNT), cell(-0.13, "0;-0%"))
    assert isinstance(refused, Fault)
    assert refused.read == "-13%"


@pytest.mark.parametrize("value", [-0.0, "-0", "\u22120"])
def test_nought_has_no_sign(value: object) -> None:
    assert str(value_in(Indicator(**COUNT), cell(value))) == "0"


def test_formula_is_read_by_its_stored_value() -> None:
    assert value_in(Indicator(**COUNT), cell(7, formula="=3+4")) == 7


@pytest.mark.parametrize("value", [None, "", "   ", "\u00a0"])
def test_empty_cell_is_missing_and_not_zero(value: object) -> None:
    assert value_in(Indicator(**COUNT), cell(value)) is None
    assert value_in(Indicator(**COUNT), None) is None


@pytest.mark.parametrize(
    ("kind", "wrong", "read", "told"),
    [
        (COUNT, cell("-"), "“-”", "Không có thì ghi 0"),
        (COUNT, cell("x"), "“x”", "chọn “Không áp dụng” ở cột Trả lời"),
        (COUNT, cell("KAD"), "“KAD”", "không phải là số"),
        (COUNT, cell("12 hộ"), "“12 hộ”", "không kèm đơn vị"),
        (COUNT, cell("12,5"), "“12,5”", "số nguyên"),
        (COUNT, cell(12.5), "12,5", "0 chữ số thập phân"),
        (COUNT, cell(-1), "-1", "từ 0 trở lên"),
        (COUNT, cell(10**13), "10000000000000", "quá lớn"),
        (COUNT, cell(0.13, "0%"), "13%", "phần trăm"),
        (COUNT, cell("13%"), "“13%”", "phần trăm"),
        (COUNT, cell("#REF!", is_error=True), "#REF!", "bị lỗi"),
        (COUNT, cell(None, formula="=A1"), "công thức chưa có kết quả", "tính lại"),
        (COUNT, cell(datetime(2024, 5, 12)), "ngày giờ 12/05/2024", "đổi số thành ngày"),  # noqa: DTZ001  # as read
        (COUNT, cell(True), "“True”", "Gõ lại"),
        (CHOICE, cell("có"), "“có”", "Chọn lại"),
        (CHOICE, cell(2), "2", "Chọn lại"),
        (COUNT, cell("12 34"), "“12 34”", "không phải là số"),
        (COUNT, cell(float("inf")), "Infinity", "quá lớn"),
    ],
)
def test_what_is_no_figure_says_what_was_read_and_what_to_do(
    kind: dict[str, Any], wrong: SheetCell, read: str, told: str
) -> None:
    found = value_in(Indicator(**kind), wrong)

    assert isinstance(found, Fault)
    assert (found.address, found.read) == ("F12", read)
    assert told in found.remedy
    assert found.expected
