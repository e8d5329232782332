"""YAML files whose top level names sections, each a list of rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from povertyplan.lib.errors import Problem
from povertyplan.lib.reading.faults import checked
from povertyplan.lib.reading.rows import (
    Key,
    M,
    Path_,
    Record,
    Row,
    Source,
    refuse_if,
    spot,
    suggestion,
)

MAX_YAML_BYTES = 5_000_000
MAX_DEPTH = 40
"""A catalogue file nests ten deep; a file made to exhaust memory nests without end."""


# libyaml is ten times as fast; the pure loader reads the same where it is not built in
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TAG = "tag:yaml.org,2002:"

Pair = tuple[str, yaml.Node, yaml.Node]


@dataclass
class YamlFile:
    """A YAML file whose top level names sections. Faults are collected until `refuse_if_bad`."""

    source: Source
    sections: dict[str, yaml.Node]
    keys: dict[str, yaml.Node]
    reader: _NodeReader
    problems: list[Problem] = field(default_factory=list)

    def __contains__(self, section: str) -> bool:
        return section in self.sections

    def allow_only(self, *known: str) -> None:
        """Note every top-level key that is not one of `known`."""
        for name, key in self.keys.items():
            if name not in known:
                self.problems.append(
                    Problem(
                        f"phần lạ “{name}”{suggestion(name, known)}; "
                        f"các phần được nhận: {', '.join(known)}.",
                        _mark(self.source.name, key),
                    )
                )

    def rows(self, section: str, model: type[M], *, required: bool = True) -> list[Row[M]]:
        """The list under `section` as checked rows, in file order; [] when it is not there."""
        node = self.sections.get(section)
        if node is None:
            if required:
                self.problems.append(
                    Problem(f"thiếu phần “{section}:”; bổ sung danh sách này.", self.source.name)
                )
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.problems.append(
                Problem(
                    f"phần “{section}” cần một danh sách, mỗi mục bắt đầu bằng “- ”.",
                    _mark(self.source.name, node),
                )
            )
            return []
        found = (self._row(item, model) for item in node.value)
        return [row for row in found if row]

    def plain(self, section: str) -> Any:
        """The value of a section as plain data; None when it is not there."""
        node = self.sections.get(section)
        return None if node is None else self.reader.value(node)

    def refuse_if_bad(self) -> None:
        refuse_if([*self.reader.problems, *self.problems])

    def _row(self, node: yaml.Node, model: type[M]) -> Row[M] | None:
        place = partial(_place_in_yaml, self.source.name, node)
        if not isinstance(node, yaml.MappingNode):
            self.problems.append(Problem("cần các cặp khóa: giá trị.", place(())))
            return None
        before = len(self.reader.problems)
        raw = self.reader.value(node)
        self._refuse_names_without_value(node, model)
        row, faults = checked(model, raw, place)
        self.problems += faults
        return row if len(self.reader.problems) == before else None

    def _refuse_names_without_value(self, node: yaml.MappingNode, model: type[Record]) -> None:
        """A known key without a value was joined to the text before it, which hides a slip."""
        for name, key in self.reader.loose.get(id(node), ()):
            if name in model.model_fields:
                self.problems.append(
                    Problem(
                        f"trường “{name}” không có giá trị; ghi “{name}: …”.",
                        _mark(self.source.name, key),
                    )
                )


def read_yaml(given: Path | str) -> YamlFile:
    """Open a file whose top level is a mapping of sections.

    Raises DomainError when it is not YAML, uses anchors, nests too deep or is too large.
    """
    source = Source.of(given, MAX_YAML_BYTES)
    text = source.text()
    try:
        _refuse_bombs(source, text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise source.refusal(
            f"không đúng cú pháp YAML ({error.problem}); "
            "kiểm tra thụt dòng, dấu hai chấm, dấu nháy.",
            mark.line + 1 if mark else None,
            mark.column + 1 if mark else None,
        ) from error
    except yaml.YAMLError as error:
        raise source.refusal(f"không đọc được YAML ({error}); kiểm tra ký tự lạ.") from error
    if not isinstance(root, yaml.MappingNode):
        raise source.refusal("cần các phần có tên ở đầu dòng, ví dụ “indicators:”.", 1)
    reader = _NodeReader(source.name, text)
    pairs = reader.pairs(root)
    return YamlFile(
        source,
        {name: value for name, _, value in pairs},
        {name: key for name, key, _ in pairs},
        reader,
    )


def _refuse_bombs(source: Source, text: str) -> None:
    """Look at the events first: building the tree of a hostile file could fell the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line, column = _start(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise source.refusal(
                "dùng neo “&” hoặc tham chiếu “*”, không được phép; viết giá trị ra đầy đủ, "
                "chữ bắt đầu bằng & hoặc * đặt trong dấu nháy đơn.",
                line,
                column,
            )
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH:
            raise source.refusal(f"lồng nhau quá {MAX_DEPTH} lớp; kiểm tra dấu ngoặc.", line)


def _start(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


LONGEST_NUMBER = 30
"""Longer digits stay text, which a field for numbers refuses by name."""


class _NodeReader:
    """Nodes as plain data: text, whole numbers, exact decimals, days, true/false, null."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.problems: list[Problem] = []
        self.loose: dict[int, list[tuple[str, yaml.Node]]] = {}

    def value(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(value) for name, _, value in self.pairs(node)}
        return self._scalar(node)

    def pairs(self, node: yaml.MappingNode) -> list[Pair]:
        """Keys and values in order; a repeated key is a problem."""
        found: dict[str, Pair] = {}
        last = ""
        self.loose.pop(id(node), None)
        for key, value in node.value:
            name = str(key.value)
            if last and self._continues(node, key, value, found[last][2]):
                found[last] = (last, found[last][1], self._joined(found[last][2], key))
                self.loose.setdefault(id(node), []).append((name, key))
                continue
            if name in found:
                self._note(f"trường “{name}” lặp lại; bỏ một trong hai.", key)
            found[name] = (name, key, value)
            last = name
        return list(found.values())

    def _continues(
        self, node: yaml.MappingNode, key: yaml.Node, value: yaml.Node, before: yaml.Node
    ) -> bool:
        """`{duty: nutrition, health insurance}`: a comma in unquoted text looks like a new key.

        It is one when no colon follows and the value before it is unquoted text.
        """
        return bool(
            node.flow_style
            and isinstance(value, yaml.ScalarNode)
            and not value.value
            and ":" not in self.text[key.end_mark.index : value.start_mark.index]
            and isinstance(before, yaml.ScalarNode)
            and not before.style
        )

    def _joined(self, before: yaml.Node, key: yaml.Node) -> yaml.ScalarNode:
        whole = self.text[before.start_mark.index : key.end_mark.index]
        return yaml.ScalarNode(
            _TAG + "str", " ".join(whole.split()), before.start_mark, key.end_mark, style=None
        )

    def _scalar(self, node: yaml.Node) -> Any:
        kind, text = node.tag.removeprefix(_TAG), str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"true", "yes", "on"}
        if kind == "int" and len(text) <= LONGEST_NUMBER and _INT.fullmatch(text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text):
            return Decimal(text)
        if kind == "timestamp" and _DAY.fullmatch(text):
            return _day_or_text(text)
        if kind not in {"str", "int", "float", "timestamp", "value", "merge"}:
            self._note(f"nhãn {node.tag} không được dùng; bỏ nhãn đi.", node)
        return text

    def _note(self, message: str, node: yaml.Node) -> None:
        problem = Problem(message, _mark(self.name, node))
        if problem not in self.problems:
            self.problems.append(problem)


def _day_or_text(text: str) -> date | str:
    """A day; 30 February stays text, which a field for days refuses."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _mark(name: str, node: yaml.Node, inside: str = "") -> str:
    return spot(name, node.start_mark.line + 1, node.start_mark.column + 1, inside)


def _place_in_yaml(name: str, node: yaml.Node, path: Path_) -> str:
    """The line and column of the deepest part of `path` that exists, with the field's name."""
    at = shown = node
    fields: list[str] = []
    for step in path:
        nearer = _step(at, step)
        if nearer is None:
            if isinstance(step, str) and isinstance(at, yaml.MappingNode):
                fields.append(step)
            continue
        shown, at = nearer
        fields.append(f"[{step + 1}]" if isinstance(step, int) else step)
    return _mark(name, shown, f"trường {'.'.join(fields).replace('.[', '[')}" if fields else "")


def _step(node: yaml.Node, step: Key) -> tuple[yaml.Node, yaml.Node] | None:
    """(the node to point at, the node to go on from) one step inside, or None."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
