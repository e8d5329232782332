"""Figures as they come in and go out: decimal strings, never a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from indicators.enums import Answer
from reports.api.decimals import plain

MAX_DIGITS = 15
"""What every database keeps exactly: SQLite holds a decimal as a double."""
NOT_APPLICABLE = "na"
_DECIMAL = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_NUMBER = re.compile(r"^-?[0-9]{1,30}(?:\.[0-9]{1,30})?$")


@extend_schema_field(_DECIMAL)
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """A figure as a decimal string: exact, a point for decimals, no exponent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$"},
            {"type": "string", "enum": [NOT_APPLICABLE]},
            {"type": "number"},
        ],
        "nullable": True,
        "example": "38",
    }
)
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A figure to record; becomes (answer, value). Never passes through a float."""

    default_error_messages = {
        "invalid": gettext_lazy(
            "Ghi số dạng “1234.5” (dấu chấm thập phân, không dấu phân nhóm), "
            "“na” nếu không áp dụng, null để xóa số."
        ),
        "too_long": gettext_lazy("Số quá dài: không quá 15 chữ số."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_null": True, **options})

    def to_internal_value(self, data: Any) -> tuple[str, Decimal]:
        return Answer.VALUE, self._number(data)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None:
            return True, (Answer.MISSING, None)
        if data == NOT_APPLICABLE:
            return True, (Answer.NOT_APPLICABLE, None)
        return super().validate_empty_values(data)

    def _number(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | str | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not _NUMBER.match(data):
            self.fail("invalid")
        value = Decimal(data) or Decimal(0)  # minus zero is zero
        if not -MAX_DIGITS < value.adjusted() < MAX_DIGITS or _digits(value) > MAX_DIGITS:
            self.fail("too_long")
        return value


def _digits(value: Decimal) -> int:
    """How many digits it takes to write the number: 0.10 takes one, 1200 four."""
    _sign, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits)) + "0" * int(exponent)
    return len(written if int(exponent) >= 0 else written.rstrip("0"))
