"""What the import linter cannot see: foreign keys, long modules, code that knows an indicator."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.db.models import ForeignObjectRel, Model

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["communes", "indicators", "plans", "reports"]
"""From the lowest: a room knows itself and those before it. Source: design, The rooms."""

LONGEST = 450
LONG: dict[str, int] = {}
"""Modules that may be longer, and how long, each with what keeps it in one piece."""


def modules(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


# -- foreign keys ---------------------------------------------------------------------------------


def relations() -> Iterator[tuple[type[Model], str, type[Model]]]:
    """(model, field, model it points at) of every relation declared in the rooms."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in ROOMS:
            for field in model._meta.get_fields():
                if field.related_model and not isinstance(field, ForeignObjectRel):
                    assert isinstance(field.related_model, type)
                    yield model, field.name, field.related_model


def test_foreign_keys_point_to_the_same_or_a_lower_room() -> None:
    upward = [
        f"{model._meta.label}.{name} → {target._meta.label}"
        for model, name, target in relations()
        if target._meta.app_label in ROOMS
        and ROOMS.index(target._meta.app_label) > ROOMS.index(model._meta.app_label)
    ]

    assert upward == []


def test_every_room_has_relations_to_look_at() -> None:
    """Else the test above would pass on nothing."""
    seen = {(model._meta.app_label, target._meta.app_label) for model, _, target in relations()}

    assert {
        ("communes", "communes"),
        ("indicators", "communes"),
        ("plans", "indicators"),
        ("reports", "plans"),
    } <= seen


# -- length ---------------------------------------------------------------------------------------


def test_no_module_is_long_without_being_listed() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in modules("povertyplan", *ROOMS, "tooling")
    }

    too_long = {
        name: length for name, length in lengths.items() if length > LONG.get(name, LONGEST)
    }
    assert too_long == {}
    assert {name for name in LONG if lengths.get(name, 0) <= LONGEST} == set()  # listed no more


# -- definitions are data -------------------------------------------------------------------------


@cache
def shipped(file: str, section: str, key: str) -> frozenset[str]:
    """The codes of the rows in a file of definitions."""
    rows = yaml.load((ROOT / file).read_text(), Loader=yaml.CSafeLoader)[section]
    return frozenset(row[key] for row in rows)


DEFINED = {
    "indicator": ("indicators/data/indicators.yaml", "indicators", "code"),
    "rule": ("indicators/data/rules.yaml", "rules", "id"),
    "plan": ("plans/data/plans.yaml", "documents", "id"),
    "annex": ("reports/data/annexes.yaml", "annexes", "code"),
}


@cache
def texts(path: Path) -> list[tuple[int, str]]:
    """Every string of a module but docstrings and number formats, with its line."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    formats = [node.format_spec for node in nodes if isinstance(node, ast.FormattedValue)]
    documents |= {id(part) for spec in formats if spec for part in ast.walk(spec)}  # {number:02}
    return [
        (node.lineno, node.value)
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documents
    ]


@pytest.mark.parametrize("kind", DEFINED)
def test_code_knows_kinds_and_no_particular_definition(kind: str) -> None:
    """No `if code == …`: definitions are rows that an administrator edits. Source: Ideas 7."""
    codes = shipped(*DEFINED[kind])
    assert len(codes) > 5

    known = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in modules("povertyplan", *ROOMS)
        for line, text in texts(path)
        if text in codes
    ]

    assert known == []


@pytest.mark.parametrize("kind", DEFINED)
def test_templates_know_no_particular_definition(kind: str) -> None:
    codes = {code for code in shipped(*DEFINED[kind]) if "_" in code or "-" in code}
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "src").glob("*.js")]

    known = [
        f"{page.relative_to(ROOT)}: {code}"
        for page in pages
        for code in codes
        if f"'{code}'" in (text := page.read_text()) or f'"{code}"' in text
    ]

    assert len(pages) > 5
    assert known == []
