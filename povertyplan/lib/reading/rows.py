"""Rows with their places, the file they come from, and faults told at their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from povertyplan.lib.errors import DomainError, Problem

MANY = 1000
"""Among more names than this, the nearest one is slow to find and unlikely to be meant."""

Key = str | int
Path_ = tuple[Key, ...]
"""Where inside a row: ("terms", 2, 1) is the second item of the third term."""


class Record(BaseModel):
    """The shape of one row. A key that is not known is refused: a misspelt one must not vanish."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


M = TypeVar("M", bound=Record)


@dataclass(frozen=True, slots=True)
class Row(Generic[M]):
    """A row that has the right shape, and how to name a place in it."""

    data: M
    place: Callable[[Path_], str]

    def problem(self, message: str, *path: Key) -> Problem:
        """Report a fault found later, e.g. a code that names nothing, at its line and field."""
        return Problem(message, self.place(path))


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds, under the name an official knows it by."""

    name: str
    content: bytes

    @classmethod
    def of(cls, given: Path | str, limit: int) -> Source:
        """Read a file, or take the text itself. Raises DomainError when it cannot be read."""
        if isinstance(given, str):
            return cls("văn bản", given.encode())
        try:
            size = given.stat().st_size
            if size > limit:
                raise DomainError(
                    Problem(
                        f"tệp dài {size / 1e6:.0f} MB, tối đa {limit / 1e6:.0f} MB; "
                        "chia thành nhiều tệp.",
                        given.name,
                    )
                )
            return cls(given.name, given.read_bytes())
        except OSError as error:
            raise DomainError(
                Problem(f"không mở được tệp ({error.strerror}); kiểm tra đường dẫn.", given.name)
            ) from error

    def text(self) -> str:
        """Decode as UTF-8, with or without a byte-order mark."""
        try:
            decoded = self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            raise self.refusal(
                "có ký tự không theo bảng mã UTF-8; lưu lại tệp với bảng mã UTF-8.", line
            ) from error
        if not decoded.strip():
            raise self.refusal("tệp rỗng; cần ít nhất một dòng dữ liệu.")
        return decoded

    def refusal(
        self, message: str, line: int | None = None, column: int | None = None
    ) -> DomainError:
        return DomainError(Problem(message, spot(self.name, line, column)))


def spot(name: str, line: int | None = None, column: int | None = None, inside: str = "") -> str:
    parts = [name]
    if line is not None:
        parts.append(f"dòng {line}")
    if column is not None:
        parts.append(f"cột {column}")
    if inside:
        parts.append(inside)
    return ", ".join(parts)


def refuse_if(problems: Iterable[Problem]) -> None:
    """Raise DomainError with every problem, in the order of the file; none raises nothing."""
    found = sorted(problems, key=_position)
    if found:
        raise DomainError(found)


def _position(problem: Problem) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"(?:dòng|cột) (\d+)", problem.where))


def repeated(rows: Iterable[Row[M]], key: Callable[[M], Any], *path: Key) -> Iterator[Problem]:
    """A problem for each row whose key was used by a row before it."""
    seen: dict[Any, str] = {}
    for row in rows:
        value = key(row.data)
        if value in seen:
            shown = " / ".join(map(str, value)) if isinstance(value, tuple) else value
            yield row.problem(f"“{shown}” đã có ở {seen[value]}; bỏ một trong hai.", *path)
        seen.setdefault(value, row.place(()))


def suggestion(wrong: str, known: Collection[str]) -> str:
    """“; có phải “x”?” when something known looks like what was written."""
    if len(known) > MANY:
        return ""
    near = _nearest(wrong, tuple(known))
    return f"; có phải “{near[0]}”?" if near else ""


@lru_cache(maxsize=1000)  # one slip often stands in thousands of rows
def _nearest(wrong: str, known: tuple[str, ...]) -> list[str]:
    return get_close_matches(wrong, known, n=1)


def named_only(
    row: Row[Any], wanted: str, known: Collection[str], what: str, *path: Key
) -> Iterator[Problem]:
    """A problem when `wanted` names nothing that is known. `what` says in words what it is."""
    if wanted not in known:
        near = suggestion(wanted, known)
        yield row.problem(
            f"không có {what} “{wanted}”{near}; sửa mã hoặc bổ sung {what} đó.", *path
        )
