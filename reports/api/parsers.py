"""Reading a request's body without losing a digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from reports.api.errors import Fault, Refusal

MAX_BYTES = 2_000_000
"""Enough for the largest batch of items several times over."""


class ExactJSONParser(BaseParser):
    """JSON in UTF-8 whose numbers become int or Decimal: 0.1 stays 0.1. NaN is refused."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            too_large = _("Nội dung quá lớn; chia nhỏ, mỗi lần gửi dưới {size} MB.")
            message = too_large.format(size=MAX_BYTES // 1_000_000)
            raise Refusal([Fault("", message, "too_large")], status_code=413)
        try:
            return json.loads(body, parse_float=_exact, parse_constant=_refused)
        except (ValueError, RecursionError) as error:
            raise ParseError(
                _("Nội dung không phải JSON hợp lệ (UTF-8); kiểm tra dấu ngoặc, dấu nháy, số.")
            ) from error


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:  # an exponent of more than eighteen digits
        raise ValueError(text) from error


def _refused(constant: str) -> Any:
    raise ValueError(constant)
