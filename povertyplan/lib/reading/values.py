"""Kinds of values that rows are made of, each refusing in words an official can act on."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict


def _slug(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[-A-Za-z0-9_]+", value.strip()):
        raise ValueError(
            f"“{value}” không phải mã; mã chỉ gồm chữ không dấu, chữ số, gạch nối, gạch dưới."
        )
    return value


def _unit_code(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[0-9A-Za-z]+", value.strip()):
        raise ValueError(f"“{value}” không phải mã đơn vị; mã chỉ gồm chữ số và chữ không dấu.")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"có “{value}”, cần một số.")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                f"“{value}” không phải ngày; ghi dạng năm-tháng-ngày, ví dụ 2025-06-30."
            ) from None
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Code = Annotated[str, BeforeValidator(_slug), Field(min_length=1, max_length=60)]
"""A slug of at most 60 characters, the shortest column that holds one."""
LongCode = Annotated[str, BeforeValidator(_slug), Field(min_length=1, max_length=80)]
UnitCode = Annotated[str, BeforeValidator(_unit_code), Field(min_length=1, max_length=12)]
Number = Annotated[Decimal, BeforeValidator(_number), Field(max_digits=24, decimal_places=6)]
Whole = Annotated[int, Strict()]
Year = Annotated[int, Strict(), Field(ge=1900, le=2199)]
Flag = Annotated[bool, Strict()]
Day = Annotated[date, BeforeValidator(_day)]
Codes = Annotated[list[LongCode], BeforeValidator(_as_list), Field(min_length=1)]
"""One code or a list of them."""


def as_json(value: Any) -> Any:
    """Plain data fit for a JSON column: whole decimals as int, others as float, days as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value
