"""The layout of an official table, from its definition (data) to typed values.

Source: annexes.yaml, whose header explains every key. Nothing here knows a particular table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from povertyplan.lib.errors import DomainError
from reports.annexes.expressions import Expression, parse

Node = Mapping[str, Any]
"""A node of the definition, as read from JSON."""


class LeafKind(StrEnum):
    TEXT = "text"
    INDICATOR = "indicator"
    TERMS = "terms"
    FORMULA = "formula"


class TextColumn(StrEnum):
    ROW_NUMBER = "row_number"
    UNIT_NAME = "unit_name"
    NOTE = "note"


class Measure(StrEnum):
    RESULT = "result"
    PLAN = "plan"
    RATE = "rate"
    CHANGE_POINTS = "change_points"
    CHANGE_PER_YEAR = "change_per_year"
    CUMULATIVE = "cumulative"
    PCT_OF_PLAN = "pct_of_plan"


class Timing(StrEnum):
    """When a column's figure is taken, where the layout names no year of its own."""

    YEAR = "year"
    OPENING = "opening"
    PLAN_PERIOD = "plan_period"


class Scope(StrEnum):
    COMMUNES_OF_DISTRICT = "communes_of_district"
    GROUP = "group"


class UnsupportedLayoutError(DomainError):
    """The definition asks for something that cannot be drawn up yet; the table is not exported."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column that holds cells.

    `terms` are (coefficient, indicator code); a plain indicator is one term of 1. `period` is a
    timing or a year. `width` is in millimetres, `number_format` the spreadsheet's code.
    """

    id: str
    heading: str
    kind: LeafKind
    width: int
    text: TextColumn | None = None
    terms: tuple[tuple[Decimal, str], ...] = ()
    formula: Expression | None = None
    measure: Measure = Measure.RESULT
    period: Timing | int = Timing.YEAR
    plan_of: str = ""
    number_format: str = ""
    caption: str = ""
    assumed: bool = False

    @property
    def indicator(self) -> str:
        """The code of the one indicator shown; empty for text, formulas and sums of terms."""
        return self.terms[0][1] if self.kind is LeafKind.INDICATOR else ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The indicators the column rests on."""
        return tuple(code for _coefficient, code in self.terms)

    @property
    def decimals(self) -> int:
        return len(self.number_format.partition(".")[2])

    @property
    def is_words(self) -> bool:
        """Names and notes stand at the left of their column; numbers of rows in the middle."""
        return self.text in (TextColumn.UNIT_NAME, TextColumn.NOTE)


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A heading with its place: first row and column (from 0) and how many it spans."""

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """One variant of a table: `year` shows one year's result, `period` the whole plan."""

    variant: str
    leaves: tuple[Leaf, ...]
    header: tuple[HeaderCell, ...]
    depth: int
    numbers: tuple[str, ...]

    @property
    def captions(self) -> tuple[str, ...]:
        """The numbered row under the headings: (1), (11)=4-6+7+8+9."""
        return tuple(f"({number}){caption}" for number, caption in self.numbered)

    @property
    def numbered(self) -> list[tuple[str, str]]:
        """(number, caption) of each column, where a page sets them apart."""
        return [
            (number, leaf.caption) for number, leaf in zip(self.numbers, self.leaves, strict=True)
        ]

    @property
    def number_of(self) -> dict[str, str]:
        """The printed number of each column, by its id."""
        return {leaf.id: number for leaf, number in zip(self.leaves, self.numbers, strict=True)}

    @property
    def header_rows(self) -> list[list[HeaderCell]]:
        return [[cell for cell in self.header if cell.row == row] for row in range(self.depth)]


@dataclass(frozen=True, slots=True)
class RowsSpec:
    scope: Scope
    total_label: str
    total_on_top: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """One side of the foot of the form; `place_date` starts with the place."""

    lines: tuple[str, ...]
    hint: str = ""
    place_date: str = ""


@dataclass(frozen=True, slots=True)
class AnnexSpec:
    code: str
    number: str
    title: str
    unit_of_measure: str
    rows: RowsSpec
    layouts: tuple[Layout, ...]
    notes: tuple[str, ...]
    left: SignatureBlock
    right: SignatureBlock

    def layout(self, variant: str = "") -> Layout:
        """Return the variant asked for, the first one by default. Raises DomainError."""
        for layout in self.layouts:
            if variant in ("", layout.variant):
                return layout
        raise DomainError(_("Biểu không có dạng “%s”.") % variant)


def read_spec(definition: Node) -> AnnexSpec:
    """Turn a definition into its typed form.

    Raises UnsupportedLayoutError, in the official's words, for what cannot be drawn up: no form
    is known yet, a kind of row or column without code for it, or a key that is absent or wrong.
    """
    if definition.get("status") != "usable":
        raise UnsupportedLayoutError(_("Thiếu mẫu"))
    try:
        return _read(definition)
    except KeyError as error:
        raise UnsupportedLayoutError(_("Bố cục biểu thiếu khóa %s") % error) from error
    except (ValueError, TypeError) as error:
        raise UnsupportedLayoutError(_("Bố cục biểu chưa đúng: %s") % error) from error


def _read(definition: Node) -> AnnexSpec:
    signature = definition["signature"]
    return AnnexSpec(
        code=str(definition["code"]),
        number=str(definition["number"]),
        title=definition["title_vi"],
        unit_of_measure=definition["unit_of_measure"],
        rows=_rows(definition["rows"]),
        layouts=tuple(_layout(layout) for layout in definition["layouts"]),
        notes=tuple(definition.get("notes_vi", ())),
        left=SignatureBlock((signature["left"]["title_vi"],), signature["left"]["hint_vi"]),
        right=SignatureBlock(
            tuple(signature["right"]["lines_vi"]),
            signature["right"]["hint_vi"],
            signature["right"]["place_date_vi"],
        ),
    )


def _rows(node: Node) -> RowsSpec:
    if node.get("lines"):
        raise UnsupportedLayoutError(_("Chưa lập được: mỗi đơn vị có hai dòng (hộ, nhân khẩu)"))
    if node.get("groups"):
        raise UnsupportedLayoutError(_("Chưa lập được: các dòng chia theo khu vực"))
    if node["scope"] not in set(Scope):
        raise UnsupportedLayoutError(_("Chưa lập được: dòng không phải là xã, thị trấn"))
    return RowsSpec(
        scope=Scope(node["scope"]),
        total_label=node["total_label_vi"],
        total_on_top=node["total"] == "top",
        group=node.get("group", ""),
    )


def _layout(node: Node) -> Layout:
    columns = list(_expanded(node["columns"]))
    depth = max(_depth(column) for column in columns)
    leaves = tuple(_leaf(column) for column in _leaf_nodes(columns))
    if len({leaf.id for leaf in leaves}) < len(leaves):
        raise ValueError("hai cột cùng tên")
    letters = node.get("numbering") == "letters_for_text"
    return Layout(
        variant=node["variant"],
        leaves=leaves,
        header=tuple(_header(columns, 0, 0, depth)),
        depth=depth,
        numbers=tuple(_numbers(leaves, letters=letters)),
    )


def _expanded(columns: Sequence[Node]) -> Iterator[Node]:
    """Repeat each node that asks for it, once a year."""
    for column in columns:
        years = column.get("for_each_year")
        for year in years or [None]:
            yield _of_year(column, year) if year else column


def _of_year(node: Node, year: int) -> Node:
    """The node with {year} filled in, and its leaves taken from that year."""
    filled = {
        key: value.replace("{year}", str(year)) if isinstance(value, str) else value
        for key, value in node.items()
        if key != "for_each_year"
    }
    if "columns" in node:
        filled["columns"] = [_of_year(column, year) for column in node["columns"]]
    if filled.get("period") == "each_year":
        filled["period"] = year
    return filled


def _depth(node: Node) -> int:
    return 1 + max((_depth(column) for column in node.get("columns", ())), default=0)


def _leaf_nodes(columns: Sequence[Node]) -> Iterator[Node]:
    for column in columns:
        if "columns" in column:
            yield from _leaf_nodes(column["columns"])
        else:
            yield column


def _header(columns: Sequence[Node], row: int, first: int, depth: int) -> Iterator[HeaderCell]:
    for column in columns:
        below = column.get("columns", ())
        width = len(list(_leaf_nodes([column])))
        cell = HeaderCell(column["heading_vi"], row, first, columns=width)
        yield replace(cell, is_group=True) if below else replace(cell, rows=depth - row)
        yield from _header(below, row + 1, first, depth)
        first += width


def _numbers(leaves: Sequence[Leaf], *, letters: bool) -> Iterator[str]:
    """1, 2, 3… for every column; or A, B for text and 1, 2… for the rest."""
    texts = numbers = 0
    for leaf in leaves:
        if letters and leaf.kind is LeafKind.TEXT:
            texts += 1
            yield chr(ord("A") + texts - 1)
        else:
            numbers += 1
            yield str(numbers)


def _leaf(node: Node) -> Leaf:
    kind = next((kind for kind in LeafKind if kind.value in node), None)
    if kind is None:
        raise ValueError(f"cột {node['id']} không nói lấy số ở đâu")
    leaf = Leaf(id=node["id"], heading=node["heading_vi"], kind=kind, width=int(node["width"]))
    if kind is LeafKind.TEXT:
        if node["text"] not in set(TextColumn):
            raise UnsupportedLayoutError(_("Chưa lập được: cột “%s”") % leaf.heading)
        return replace(leaf, text=TextColumn(node["text"]))
    return replace(
        leaf,
        terms=_terms(node, kind),
        formula=parse(node["formula"]) if kind is LeafKind.FORMULA else None,
        measure=Measure(node["measure"]),
        period=_timing(node["period"]),
        plan_of=node.get("plan_of", ""),
        number_format=node["number_format"],
        caption=node.get("caption", ""),
        assumed=bool(node.get("assumed")),
    )


def _terms(node: Node, kind: LeafKind) -> tuple[tuple[Decimal, str], ...]:
    if kind is LeafKind.FORMULA:
        return ()
    if kind is LeafKind.INDICATOR:
        code = node["indicator"]
        if not isinstance(code, str) or code.startswith("$"):
            raise UnsupportedLayoutError(_("Chưa lập được: mỗi dòng một chỉ số"))
        return ((Decimal(1), code),)
    return tuple((Decimal(str(coefficient)), code) for coefficient, code in node["terms"])


def _timing(value: str | int) -> Timing | int:
    return value if isinstance(value, int) else Timing(value)
