"""The layout of an official table, from its definition (data) to typed values.

Source: annexes.yaml, whose header explains every key. Nothing here knows a particular table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from communes.enums import TierCode
from povertyplan.lib.errors import DomainError
from reports.annexes.columns import (
    HeaderCell,
    Node,
    depth_of,
    expanded,
    header_cells,
    leaf_nodes,
)
from reports.annexes.expressions import Expression, parse

Terms = tuple[tuple[Decimal, str], ...]
"""(coefficient, indicator code), added up."""
ROW_INDICATOR = "$row"
"""Stands where each row has an indicator of its own."""


class LeafKind(StrEnum):
    TEXT = "text"
    INDICATOR = "indicator"
    TERMS = "terms"
    FORMULA = "formula"


class TextColumn(StrEnum):
    ROW_NUMBER = "row_number"
    UNIT_NAME = "unit_name"
    ROW_LABEL = "row_label"
    LINE_LABEL = "line_label"
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
    UNITS_BELOW = "units_below"
    INDICATORS = "indicators"


class Zone(StrEnum):
    """Which units stand under a group heading."""

    URBAN = "townships_and_wards"
    RURAL = "communes"


class ItemStyle(StrEnum):
    """What a row of an indicator is: added up in the total, the total, or beside it."""

    PART = "part"
    TOTAL = "total"
    MEMO = "memo"


class UnsupportedLayoutError(DomainError):
    """The definition asks for something that cannot be drawn up yet; the table is not exported."""


@dataclass(frozen=True, slots=True)
class Strand:
    """What a row speaks of where its columns leave it open.

    `line` is one of the lines that each unit has (households, persons), `label` how it is
    printed and `place` which of them it is, from 0. `indicator` is that of a row of its own.
    All empty where every row speaks of the same.
    """

    line: str = ""
    label: str = ""
    place: int = 0
    indicator: str = ""


PLAIN = Strand()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column that holds cells.

    `terms` are (coefficient, indicator code); a plain indicator is one term of 1. They differ
    from line to line (`by_line`), or are the row's own indicator (`of_row`), until `of` settles
    them. `period` is a timing or a year. `width` is in millimetres, `number_format` the
    spreadsheet's code.
    """

    id: str
    heading: str
    kind: LeafKind
    width: int
    text: TextColumn | None = None
    terms: Terms = ()
    by_line: tuple[tuple[str, Terms], ...] = ()
    of_row: bool = False
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
        return self.terms[0][1] if self.kind is LeafKind.INDICATOR and self.terms else ""

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
        return self.text is not None and self.text is not TextColumn.ROW_NUMBER

    @property
    def is_head(self) -> bool:
        """Does the column name the row?"""
        return self.text in (TextColumn.UNIT_NAME, TextColumn.ROW_LABEL)

    @property
    def is_shared(self) -> bool:
        """Does one cell serve all lines of a unit?"""
        return self.text is not None and self.text is not TextColumn.LINE_LABEL

    def of(self, strand: Strand) -> Leaf:
        """The column as a row of the strand fills it."""
        if self.of_row:
            return replace(self, terms=((Decimal(1), strand.indicator),), of_row=False)
        if self.by_line:
            return replace(self, terms=dict(self.by_line)[strand.line], by_line=())
        return self


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

    def of(self, strand: Strand) -> Layout:
        """The layout as the rows of the strand fill it."""
        return replace(self, leaves=tuple(leaf.of(strand) for leaf in self.leaves))

    @property
    def header_rows(self) -> list[list[HeaderCell]]:
        return [[cell for cell in self.header if cell.row == row] for row in range(self.depth)]


@dataclass(frozen=True, slots=True)
class GroupSpec:
    label: str
    zone: Zone


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """A row of its own indicator, with its number."""

    label: str
    number: str
    indicator: str
    style: ItemStyle


@dataclass(frozen=True, slots=True)
class RowsSpec:
    """Which rows a table has. `tier`: the tier that types the figures of `items`."""

    scope: Scope
    total_label: str
    total_on_top: bool
    group: str = ""
    groups: tuple[GroupSpec, ...] = ()
    lines: tuple[Strand, ...] = ()
    items: tuple[ItemSpec, ...] = ()
    tier: str = ""

    @property
    def strands(self) -> tuple[Strand, ...]:
        """The strands of the table; of a table by items, in the order of its rows."""
        if self.items:
            return tuple(Strand(indicator=item.indicator) for item in self.items)
        return self.lines or (PLAIN,)


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

    @property
    def lists_units(self) -> bool:
        """Is every row one unit's, and its only one?"""
        return not self.rows.items and not self.rows.lines

    def views(self, layout: Layout) -> dict[Strand, Layout]:
        """The layout as each strand of the table fills it."""
        return {strand: layout.of(strand) for strand in self.rows.strands}

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
    signature, rows = definition["signature"], _rows(definition["rows"])
    return AnnexSpec(
        code=str(definition["code"]),
        number=str(definition["number"]),
        title=definition["title_vi"],
        unit_of_measure=definition.get("unit_of_measure") or "",
        rows=rows,
        layouts=tuple(_layout(layout, rows) for layout in definition["layouts"]),
        notes=tuple(definition.get("notes_vi", ())),
        left=SignatureBlock((signature["left"]["title_vi"],), signature["left"].get("hint_vi", "")),
        right=SignatureBlock(
            tuple(signature["right"]["lines_vi"]),
            signature["right"].get("hint_vi", ""),
            signature["right"]["place_date_vi"],
        ),
    )


def _rows(node: Node) -> RowsSpec:
    if node["scope"] not in set(Scope):
        raise UnsupportedLayoutError(_("Chưa lập được: các dòng kiểu “%s”") % node["scope"])
    scope = Scope(node["scope"])
    is_itemised = scope is Scope.INDICATORS
    return RowsSpec(
        scope=scope,
        total_label="" if is_itemised else node["total_label_vi"],
        total_on_top=node.get("total", "top") == "top",
        group=node.get("group") or "",
        groups=tuple(_group(group, scope) for group in node.get("groups", ())),
        lines=tuple(
            Strand(line["suffix"], line["label_vi"], place)
            for place, line in enumerate(node.get("lines", ()))
        ),
        items=tuple(_item(item) for item in node["items"]) if is_itemised else (),
        tier=TierCode(node["unit"]).value if is_itemised else "",
    )


def _group(node: Node, scope: Scope) -> GroupSpec:
    if scope is not Scope.UNITS_BELOW:
        raise UnsupportedLayoutError(
            _("Chưa lập được: các dòng chia theo khu vực ở biểu không theo đơn vị cấp dưới")
        )
    return GroupSpec(node["label_vi"], Zone(node["members"]))


def _item(node: Node) -> ItemSpec:
    style = ItemStyle(node.get("style") or ItemStyle.PART)
    return ItemSpec(node["label_vi"], str(node.get("number", "")), node["indicator"], style)


def _layout(node: Node, rows: RowsSpec) -> Layout:
    columns = list(expanded(node["columns"]))
    depth = max(depth_of(column) for column in columns)
    leaves = tuple(_checked(_leaf(column), rows) for column in leaf_nodes(columns))
    if len({leaf.id for leaf in leaves}) < len(leaves):
        raise ValueError(_("hai cột cùng tên"))
    if rows.lines and all(leaf.text is not TextColumn.LINE_LABEL for leaf in leaves):
        raise ValueError(_("mỗi đơn vị có nhiều dòng, cần một cột ghi tên dòng (line_label)"))
    letters = node.get("numbering") == "letters_for_text"
    return Layout(
        variant=node["variant"],
        leaves=leaves,
        header=tuple(header_cells(columns, 0, 0, depth)),
        depth=depth,
        numbers=tuple(_numbers(leaves, letters=letters)),
    )


def _checked(leaf: Leaf, rows: RowsSpec) -> Leaf:
    """The column, if rows like these can fill it. Raises ValueError naming it."""
    is_itemised = bool(rows.items)
    misplaced = {
        TextColumn.ROW_LABEL: not is_itemised,
        TextColumn.UNIT_NAME: is_itemised,
        TextColumn.LINE_LABEL: not rows.lines,
        None: leaf.of_row and not is_itemised,
    }
    if misplaced.get(leaf.text):
        raise ValueError(_("cột “%s” không hợp với các dòng của biểu") % leaf.heading)
    lines = {strand.line for strand in rows.lines}
    if leaf.by_line and dict(leaf.by_line).keys() != lines:
        raise ValueError(_("cột “%s” cần đúng các dòng của biểu") % leaf.heading)
    return leaf


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
    """One column. Raises ValueError that names it by its heading."""
    try:
        return _read_leaf(node)
    except KeyError as error:
        words = {"column": node.get("heading_vi", node.get("id", "")), "key": error}
        raise ValueError(_("cột “%(column)s” thiếu khóa %(key)s") % words) from error


def _read_leaf(node: Node) -> Leaf:
    kind = next((kind for kind in LeafKind if node.get(kind.value) is not None), None)
    if kind is None:
        raise ValueError(_("cột “%s” không nói lấy số ở đâu") % node["heading_vi"])
    leaf = Leaf(id=node["id"], heading=node["heading_vi"], kind=kind, width=int(node["width"]))
    if kind is LeafKind.TEXT:
        if node["text"] not in set(TextColumn):
            raise UnsupportedLayoutError(_("Chưa lập được: cột “%s”") % leaf.heading)
        return replace(leaf, text=TextColumn(node["text"]))
    return replace(
        _filled(leaf, node),
        measure=Measure(node["measure"]),
        period=_timing(node["period"]),
        plan_of=node.get("plan_of", ""),
        number_format=node["number_format"],
        caption=node.get("caption", ""),
        assumed=bool(node.get("assumed")),
    )


def _filled(leaf: Leaf, node: Node) -> Leaf:
    """The column with what its cells hold."""
    content = node[leaf.kind.value]
    if leaf.kind is LeafKind.FORMULA:
        return replace(leaf, formula=parse(content))
    if content == ROW_INDICATOR:
        return replace(leaf, of_row=True)
    if isinstance(content, Mapping):
        by_line = tuple((str(line), _terms(one)) for line, one in content.items())
        return replace(leaf, by_line=by_line)
    return replace(leaf, terms=_terms(content))


def _terms(content: str | Sequence[Sequence[str]]) -> Terms:
    """A plain indicator, or pairs of coefficient and indicator."""
    if isinstance(content, str):
        return ((Decimal(1), content),)
    return tuple((Decimal(str(coefficient)), code) for coefficient, code in content)


def _timing(value: str | int) -> Timing | int:
    return value if isinstance(value, int) else Timing(value)
