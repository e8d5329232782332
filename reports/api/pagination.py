"""Paging of API lists, bounded so that no parameter can overflow the database."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from reports.api.errors import Fault, Refusal

MAX_OFFSET = 1_000_000_000
_WHOLE = re.compile(r"^[0-9]{1,10}$")


class Pages(LimitOffsetPagination):
    """`limit` and `offset`; a number out of bounds is refused, never quietly replaced."""

    default_limit = 500
    max_limit = 5000
    limit_query_description = "Số mục mỗi trang."
    offset_query_description = "Bỏ qua bao nhiêu mục đầu."

    def get_limit(self, request: Request) -> int:
        return _whole(request, "limit", self.default_limit, least=1, most=self.max_limit)

    def get_offset(self, request: Request) -> int:
        return _whole(request, "offset", 0, least=0, most=MAX_OFFSET)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit, offset = super().get_schema_operation_parameters(view)
        limit["schema"] |= {"minimum": 1, "maximum": self.max_limit, "default": self.default_limit}
        offset["schema"] |= {"minimum": 0, "maximum": MAX_OFFSET, "default": 0}
        return [limit, offset]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = super().get_paginated_response_schema(schema)
        answer["required"] = ["count", "next", "previous", "results"]
        return answer


def _whole(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not _WHOLE.match(text) or not least <= int(text) <= most:
        raise Refusal(
            [
                Fault(
                    name,
                    _("Phải là số nguyên từ {least} đến {most}.").format(least=least, most=most),
                )
            ]
        )
    return int(text)
