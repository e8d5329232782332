"""Typed reading of the CSV and YAML files that officials import.

Every row is read before anything is judged, and every fault is a Problem that says where it
stands (file, line, column or field), what was found, what was expected and what to do.
Nothing here touches the database.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError
from pydantic_core import ErrorDetails

from povertyplan.lib.errors import DomainError, Problem

MAX_YAML_BYTES = 5_000_000
MAX_CSV_BYTES = 300_000_000
MAX_DEPTH = 40
"""A catalogue file nests ten deep; a file made to exhaust memory nests without end."""

Key = str | int
Path_ = tuple[Key, ...]
"""Where inside a row: ("terms", 2, 1) is the second item of the third term."""


# ------------------------------------------------------------------ rows and their places


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
                        f"tệp dài {size:,} byte, tối đa {limit:,} byte; chia thành nhiều tệp.",
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
        return DomainError(Problem(message, _spot(self.name, line, column)))


def _spot(name: str, line: int | None = None, column: int | None = None, inside: str = "") -> str:
    parts = [name]
    if line is not None:
        parts.append(f"dòng {line}")
    if column is not None:
        parts.append(f"cột {column}")
    if inside:
        parts.append(inside)
    return ", ".join(parts)


def refuse_if(problems: Iterable[Problem]) -> None:
    """Raise DomainError with every problem; none lets the caller go on."""
    found = list(problems)
    if found:
        raise DomainError(found)


def repeated(rows: Iterable[Row[M]], key: Callable[[M], Any], *path: Key) -> Iterator[Problem]:
    """A problem for each row whose key was used by a row before it."""
    seen: dict[Any, str] = {}
    for row in rows:
        value = key(row.data)
        if value in seen:
            shown = " / ".join(map(str, value)) if isinstance(value, tuple) else value
            yield row.problem(f"“{shown}” đã có ở {seen[value]}; bỏ một trong hai.", *path)
        seen.setdefault(value, row.place(()))


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """“; có phải “x”?” when something known looks like what was written."""
    near = get_close_matches(wrong, list(known), n=1)
    return f"; có phải “{near[0]}”?" if near else ""


# ------------------------------------------------------------------ kinds of values


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


# ------------------------------------------------------------------ what pydantic found, said in Vietnamese

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
    "decimal_parsing": "có {found}, cần một số; dùng dấu chấm thập phân, không dấu ngăn hàng nghìn, ví dụ 1234.5.",
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


def _said(error: ErrorDetails, known: Iterable[str]) -> str:
    kind, found = error["type"], _shown(error["input"])
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        wrong = str(error["loc"][-1])
        return f"trường lạ “{wrong}”, hệ thống không biết{suggestion(wrong, known)}; sửa tên hoặc bỏ đi."
    if kind in {"enum", "literal_error"}:
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"có {found}, cần một trong: {choices}."
    pattern = _WORDS.get(kind, "có {found}, không nhận được: " + error["msg"])
    return pattern.format_map({**context, "found": found, "length": len(str(error["input"]))})


def _checked(
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


# ------------------------------------------------------------------ CSV


def read_csv(given: Path | str, model: type[M]) -> list[Row[M]]:
    """Return the rows below the header, in file order; blank lines are passed over.

    Columns may stand in any order. An empty cell of a column with a default takes the default.
    Raises DomainError with every fault of every row.
    """
    source = Source.of(given, MAX_CSV_BYTES)
    text = source.text()
    rows: list[Row[M]] = []
    problems: list[Problem] = []
    header: list[str] = []
    for line, cells in _lines(source, text):
        if not header:
            header = [cell.strip() for cell in cells]
            _check_header(source, line, header, model)
            continue
        place = partial(_place_in_csv, source.name, line)
        if len(cells) != len(header):
            problems.append(
                Problem(
                    f"có {len(cells)} ô, cần {len(header)} ô như dòng tiêu đề; "
                    "ô có dấu phẩy phải đặt trong dấu nháy kép.",
                    place(()),
                )
            )
            continue
        row, faults = _checked(model, _cells(model, header, cells), place)
        problems += faults
        if row:
            rows.append(row)
    refuse_if(problems)
    if not rows:
        raise source.refusal("chỉ có dòng tiêu đề; cần ít nhất một dòng dữ liệu.")
    return rows


def _lines(source: Source, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they begin on, blank lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise source.refusal(
            f"không đọc được dòng này ({error}); kiểm tra dấu nháy kép.", start
        ) from error


def _check_header(source: Source, line: int, header: list[str], model: type[Record]) -> None:
    wanted = ",".join(model.model_fields)
    required = [name for name, info in model.model_fields.items() if info.is_required()]
    missing = [name for name in required if name not in header]
    extra = [name for name in header if name not in model.model_fields]
    if missing and len(header) == 1 and re.search(r"[;\t]", header[0]):
        raise source.refusal(
            f"các cột ngăn cách bằng “;” hoặc tab; cần dấu phẩy: {wanted}. "
            "Lưu lại tệp dạng CSV (dấu phẩy).",
            line,
        )
    faults = [f"thiếu cột {name}" for name in missing]
    faults += [f"cột lạ “{name}”{suggestion(name, model.model_fields)}" for name in extra]
    faults += [f"cột {name} lặp lại" for name in dict.fromkeys(header) if header.count(name) > 1]
    if faults:
        raise source.refusal(f"dòng tiêu đề {'; '.join(faults)}. Cần các cột: {wanted}.", line)


def _cells(model: type[Record], header: list[str], cells: list[str]) -> dict[str, str]:
    pairs = zip(header, (cell.strip() for cell in cells), strict=True)
    return {name: cell for name, cell in pairs if cell or model.model_fields[name].is_required()}


def _place_in_csv(name: str, line: int, path: Path_) -> str:
    return _spot(name, line, inside=f"cột {path[0]}" if path else "")


# ------------------------------------------------------------------ YAML

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
                        f"phần lạ “{name}”{suggestion(name, known)}; cần các phần: {', '.join(known)}.",
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
        row, faults = _checked(model, raw, place)
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
            f"không đúng cú pháp YAML ({error.problem}); kiểm tra thụt dòng, dấu hai chấm, dấu nháy.",
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
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            mark = event.start_mark
            raise source.refusal(
                "dùng neo “&” hoặc tham chiếu “*”, không được phép; viết giá trị ra đầy đủ, "
                "chữ bắt đầu bằng & hoặc * đặt trong dấu nháy đơn.",
                mark.line + 1,
                mark.column + 1,
            )
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH:
            raise source.refusal(
                f"lồng nhau quá {MAX_DEPTH} lớp; kiểm tra dấu ngoặc.", event.start_mark.line + 1
            )


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
        if kind == "int" and _INT.fullmatch(text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text):
            return Decimal(text)
        if kind == "timestamp" and _DAY.fullmatch(text):
            return self._date(text, node)
        if kind not in {"str", "int", "float", "timestamp", "value", "merge"}:
            self._note(f"nhãn {node.tag} không được dùng; bỏ nhãn đi.", node)
        return text

    def _date(self, text: str, node: yaml.Node) -> date | str:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._note(f"“{text}” không có trong lịch; sửa ngày.", node)
            return text

    def _note(self, message: str, node: yaml.Node) -> None:
        problem = Problem(message, _mark(self.name, node))
        if problem not in self.problems:
            self.problems.append(problem)


def _mark(name: str, node: yaml.Node, inside: str = "") -> str:
    return _spot(name, node.start_mark.line + 1, node.start_mark.column + 1, inside)


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
