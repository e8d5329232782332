"""One shape for every refusal of the API: {"errors": [{"where", "message", "code"}]}.

`where` names the part of the request, `message` is for a person, `code` for a program. A
refusal about one item of a list carries its `index`; a version conflict the `current` fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response
from rest_framework.views import exception_handler

from povertyplan.lib.errors import DomainError, Problem, VersionConflict

# What the framework says in English or half translated, in the official's words.
_WORDS = {
    "authentication_failed": gettext_lazy(
        "Mã truy cập (token) không đúng, hoặc tài khoản đã bị khóa."
    ),
    "blank": gettext_lazy("Không được để trống."),
    "method_not_allowed": gettext_lazy("Địa chỉ này không nhận phương thức đó."),
    "not_a_list": gettext_lazy("Phải là một danh sách: [ … ]."),
    "not_acceptable": gettext_lazy(
        "Không trả được dạng dữ liệu đã yêu cầu trong Accept; dùng application/json."
    ),
    "not_authenticated": gettext_lazy(
        "Chưa đăng nhập. Gửi kèm “Authorization: Token …”, hoặc đăng nhập trên trình duyệt."
    ),
    "null": gettext_lazy("Không nhận giá trị null ở đây."),
    "null_characters_not_allowed": gettext_lazy("Không nhận ký tự NUL."),
    "required": gettext_lazy("Thiếu trường này."),
    "surrogate_characters_not_allowed": gettext_lazy("Không nhận ký tự Unicode hỏng."),
    "throttled": gettext_lazy("Gọi quá nhanh, thử lại sau."),
    "unsupported_media_type": gettext_lazy(
        "Chỉ nhận nội dung JSON; gửi với Content-Type: application/json."
    ),
}
# The same for what a page of ours may have said already.
_DEFAULTS = {
    "not_found": gettext_lazy("Không có nội dung này."),
    "permission_denied": gettext_lazy("Đồng chí không có quyền làm việc này."),
}
_CSRF = gettext_lazy(
    "Thiếu hoặc sai mã CSRF. Khi dùng phiên trình duyệt, gửi kèm tiêu đề X-CSRFToken."
)
_ITEM = re.compile(r"^results\[(\d+)\]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request. `current`: the fact as it stands (conflicts)."""

    where: str
    message: str
    code: str = "invalid"
    index: int | None = None
    current: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"where": self.where, "message": self.message, "code": self.code}
        if self.index is not None:
            answer["index"] = self.index
        if self.current is not None:
            answer["current"] = self.current
        return answer


class Refusal(APIException):
    """A request refused for one or more faults; nothing was written."""

    def __init__(
        self, faults: Iterable[Fault], status_code: int = status.HTTP_400_BAD_REQUEST
    ) -> None:
        self.faults = list(faults)
        self.status_code = status_code
        super().__init__()


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal in the one shape. None for a fault of ours: the 500 page tells nothing."""
    error = _as_refusal(error)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        response.data = {"errors": [fault.as_json() for fault in _faults(error)]}
    return response


def _as_refusal(error: Exception) -> Exception:
    if isinstance(error, DomainError):
        conflict = isinstance(error, VersionConflict)
        return Refusal(
            [_fault_of(problem) for problem in error.problems],
            status.HTTP_409_CONFLICT if conflict else status.HTTP_400_BAD_REQUEST,
        )
    if isinstance(error, Http404):
        return exceptions.NotFound(_own_words(error))
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(_own_words(error))
    return error


def _own_words(error: Exception) -> str | None:
    return error.args[0] if error.args and isinstance(error.args[0], str) else None


def _fault_of(problem: Problem) -> Fault:
    return Fault(problem.where, problem.message, problem.code)


def _faults(error: APIException) -> list[Fault]:
    if isinstance(error, Refusal):
        return error.faults
    return list(_flat(error.detail, "", error))


def _flat(detail: Any, where: str, error: APIException) -> Iterator[Fault]:
    """Walk nested details, naming each by its path: results[3].value."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flat(inner, _inside(where, key), error)
    elif isinstance(detail, list):
        plain = all(isinstance(inner, ErrorDetail) for inner in detail)
        for place, inner in enumerate(detail):
            yield from _flat(inner, where if plain else _inside(where, place), error)
    else:
        item = _ITEM.match(where)
        yield Fault(where, _message(detail, error), detail.code, int(item[1]) if item else None)


def _inside(where: str, key: str | int) -> str:
    if key == "non_field_errors":
        return where
    if isinstance(key, int):
        return f"{where}[{key}]"
    return f"{where}.{key}" if where else key


def _message(detail: ErrorDetail, error: APIException) -> str:
    if detail.code in _WORDS:
        return str(_WORDS[detail.code])
    if detail.startswith("CSRF Failed"):
        return str(_CSRF)
    if detail.code in _DEFAULTS and detail == str(error.default_detail):
        return str(_DEFAULTS[detail.code])
    return str(detail) or _("Yêu cầu không hợp lệ.")
