"""The tree of headings of a layout: repeated over years, flattened to its columns.

Source: annexes.yaml header (columns, for_each_year).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Node = Mapping[str, Any]
"""A node of the definition, as read from JSON."""


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A heading with its place: first row and column (from 0) and how many it spans."""

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    is_group: bool = False


def expanded(columns: Sequence[Node]) -> Iterator[Node]:
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


def depth_of(node: Node) -> int:
    return 1 + max((depth_of(column) for column in node.get("columns", ())), default=0)


def leaf_nodes(columns: Sequence[Node]) -> Iterator[Node]:
    for column in columns:
        if "columns" in column:
            yield from leaf_nodes(column["columns"])
        else:
            yield column


def header_cells(columns: Sequence[Node], row: int, first: int, depth: int) -> Iterator[HeaderCell]:
    for column in columns:
        below = column.get("columns", ())
        width = len(list(leaf_nodes([column])))
        cell = HeaderCell(column["heading_vi"], row, first, columns=width)
        yield replace(cell, is_group=True) if below else replace(cell, rows=depth - row)
        yield from header_cells(below, row + 1, first, depth)
        first += width
