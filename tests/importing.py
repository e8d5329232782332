"""What the tests of the imports share: small files, and proof that a refusal changed nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from povertyplan.lib.errors import DomainError

ROOMS = ("communes", "indicators", "plans", "reports")
Refused = tuple[str, str]
"""Where a fault stands, and words its message must hold."""


def shipped(path: str) -> Path:
    """A file of the catalogue that comes with the system."""
    return Path(settings.BASE_DIR) / path


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the rooms, history and links included."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for room in ROOMS
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
    }


def refusals(load: Callable[[Any], Any], given: Any) -> list[Refused]:
    """Import what must be refused; return each fault, nothing having changed in the database."""
    before = everything()
    with pytest.raises(DomainError) as refused:
        load(given)
    assert everything() == before
    return [(problem.where, problem.message) for problem in refused.value.problems]


def assert_refused(load: Callable[[Any], Any], given: Any, *expected: Refused) -> None:
    """Exactly these faults, in this order: the place in full, the message by its telling words."""
    found = refusals(load, given)
    assert [where for where, _ in found] == [where for where, _ in expected]
    for (_, message), (_, words) in zip(found, expected, strict=True):
        assert words in message


def swap(text: str, *pairs: tuple[str, str]) -> str:
    """`text` with each old part, which must be there, replaced by the new one."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def fault_in(load: Callable[[Any], Any], text: str, field: str) -> Refused:
    """The fault told of a field ("" = no field): the text that stands at its place, its message."""
    inside = f", trường {field}" if field else ""
    for where, message in refusals(load, text):
        place = re.fullmatch(rf"văn bản, dòng (\d+), cột (\d+){re.escape(inside)}", where)
        if place:
            line, column = int(place[1]), int(place[2])
            return text.splitlines()[line - 1][column - 1 :], message
    raise AssertionError(f"no fault told of {field!r}")
