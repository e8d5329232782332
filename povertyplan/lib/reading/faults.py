"""What pydantic finds wrong with a row, said in Vietnamese."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from povertyplan.lib.errors import Problem
from povertyplan.lib.reading.rows import M, Path_, Row, suggestion

_WORDS: dict[str, str] = {
    "missing": "thiếu; bổ sung giá trị.",
    "string_type": "có {found}, cần chữ; đặt giá trị trong dấu nháy đơn.",
    "string_too_short": "để trống; ghi giá trị.",
    "string_too_long": "dài {length} ký tự, tối đa {max_length}; rút gọn.",
    "int_type": "có {found}, cần số nguyên, ví dụ 2024.",
    "int_parsing": "có {found}, cần số nguyên, ví dụ 2024.",
    "int_from_float": "có {found}, cần số nguyên, ví dụ 2024.",
    "bool_type": "có {found}, cần true hoặc false.",
    "decimal_type": "có {found}, cần một số, ví dụ 12.5.",
    "decimal_parsing": (
        "có {found}, cần một số; dùng dấu chấm thập phân, không dấu ngăn hàng nghìn, ví dụ 1234.5."
    ),
    "finite_number": "có {found}, cần một số hữu hạn.",
    "decimal_max_digits": "{found} có quá nhiều chữ số; tối đa {max_digits} chữ số.",
    "decimal_max_places": "{found} có quá nhiều chữ số lẻ; tối đa {decimal_places} chữ số.",
    "decimal_whole_digits": "{found} quá lớn; tối đa {whole_digits} chữ số trước dấu chấm.",
    "date_type": "có {found}, cần ngày dạng năm-tháng-ngày, ví dụ 2025-06-30.",
    "list_type": "có {found}, cần một danh sách trong ngoặc vuông.",
    "tuple_type": "có {found}, cần một danh sách trong ngoặc vuông.",
    "dict_type": "có {found}, cần các cặp khóa: giá trị.",
    "model_type": "có {found}, cần các cặp khóa: giá trị.",
    "too_short": "có {actual_length} mục, cần ít nhất {min_length}.",
    "too_long": "có {actual_length} mục, tối đa {max_length}; bỏ bớt.",
    "greater_than": "có {found}, cần lớn hơn {gt}.",
    "greater_than_equal": "có {found}, cần từ {ge} trở lên.",
    "less_than": "có {found}, cần nhỏ hơn {lt}.",
    "less_than_equal": "có {found}, cần không quá {le}.",
}


def _shown(value: Any) -> str:
    if value is None:
        return "giá trị trống"
    if isinstance(value, Mapping):
        return "một bảng khóa: giá trị"
    if isinstance(value, list):
        return "một danh sách"
    text = str(value)
    return f"“{text if len(text) <= 60 else text[:57] + '…'}”"


def _said(error: ErrorDetails, known: Collection[str]) -> str:
    kind, found = error["type"], _shown(error["input"])
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        wrong = str(error["loc"][-1])
        return f"trường lạ “{wrong}”{suggestion(wrong, known)}; sửa tên hoặc bỏ đi."
    if kind in {"enum", "literal_error"}:
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"có {found}, cần một trong: {choices}."
    pattern = _WORDS.get(kind, "có {found}, không nhận được: " + error["msg"])
    return pattern.format_map({**context, "found": found, "length": len(str(error["input"]))})


def checked(
    model: type[M], raw: Any, place: Callable[[Path_], str]
) -> tuple[Row[M] | None, list[Problem]]:
    try:
        return Row(model.model_validate(raw), place), []
    except ValidationError as refused:
        known = model.model_fields
        return None, [
            Problem(_said(error, known), place(error["loc"]))
            for error in refused.errors(include_url=False)
        ]
