"""Arithmetic of a table's cells: worked out here in Decimal, and written as the workbook's formula.

One tree serves both, so that a formula is only ever written when its value is the figure.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Ref:
    """The cell of column `leaf` in the same row."""

    leaf: str


@dataclass(frozen=True, slots=True)
class Total:
    """Column `leaf` added up over the rows below a summary row.

    With `where`, only over single units that have a number in each of these columns.
    """

    leaf: str
    where: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Binary:
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Largest:
    items: tuple[Expression, ...]


Expression = Number | Ref | Total | Binary | Largest

_RANK = {"+": 1, "-": 1, "*": 2, "/": 2}
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


class Values(Protocol):
    """Where an expression finds its numbers; None where there is none."""

    def ref(self, leaf: str) -> Decimal | None: ...

    def total(self, leaf: str, where: frozenset[str]) -> Decimal | None: ...


class Places(Protocol):
    """Where an expression finds the addresses of its cells, ready for a formula."""

    def ref(self, leaf: str) -> str: ...

    def total(self, leaf: str, where: frozenset[str]) -> str: ...


def evaluate(expression: Expression, values: Values) -> Decimal | None:
    """Work the expression out; None when a number is missing or a divisor is zero."""
    match expression:
        case Number(value):
            return value
        case Ref(leaf):
            return values.ref(leaf)
        case Total(leaf, where):
            return values.total(leaf, where)
        case Largest(items):
            found = [evaluate(item, values) for item in items]
            known = [value for value in found if value is not None]
            return max(known) if len(known) == len(found) else None
        case Binary(sign, left, right):
            return _combine(sign, evaluate(left, values), evaluate(right, values))


def _combine(sign: str, left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right if right else None


def to_formula(expression: Expression, places: Places) -> str:
    """Write the expression for a workbook, without the equals sign. English function names."""
    match expression:
        case Number(value):
            return f"{value:f}"
        case Ref(leaf):
            return places.ref(leaf)
        case Total(leaf, where):
            return places.total(leaf, where)
        case Largest(items):
            return f"MAX({','.join(to_formula(item, places) for item in items)})"
        case Binary(sign, left, right):
            # a - (b + c) and a / (b / c) keep their brackets
            first = _bracketed(left, places, _RANK[sign])
            second = _bracketed(right, places, _RANK[sign] + (sign in "-/"))
            return f"{first}{sign}{second}"


def _bracketed(part: Expression, places: Places, rank: int) -> str:
    text = to_formula(part, places)
    return f"({text})" if isinstance(part, Binary) and _RANK[part.sign] < rank else text


def references(expression: Expression) -> frozenset[str]:
    """The columns of the same row that the expression reads."""
    match expression:
        case Ref(leaf):
            return frozenset({leaf})
        case Binary(_, left, right):
            return references(left) | references(right)
        case Largest(items):
            return frozenset[str]().union(*(references(item) for item in items))
    return frozenset()


def over_rows(expression: Expression, where: frozenset[str]) -> Expression:
    """The same arithmetic on column totals, over the units that have all of `where`."""
    match expression:
        case Ref(leaf):
            return Total(leaf, where)
        case Binary(sign, left, right):
            return Binary(sign, over_rows(left, where), over_rows(right, where))
        case Largest(items):
            return Largest(tuple(over_rows(item, where) for item in items))
    return expression


def added(parts: list[Expression]) -> Expression:
    """Σ parts; at least one."""
    first, *others = parts
    for part in others:
        first = Binary("+", first, part)
    return first


def parse(text: str) -> Expression:
    """Read `(bal - open) / open * 100`, names being columns. Raises ValueError on anything else."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise ValueError(f"“{text}” không phải là công thức.") from error
    return _read(tree.body, text)


def parse_caption(caption: str, columns: Mapping[str, str]) -> Expression:
    """Read a printed caption such as `=4-6+7+8+9`; `columns` gives the column of each number."""
    names = {f"column_{number}": leaf for number, leaf in columns.items()}
    numbered = parse(re.sub(r"\b(\w+)\b", r"column_\1", caption.removeprefix("=")))
    return _renamed(numbered, names)


def _read(node: ast.expr, text: str) -> Expression:
    match node:
        case ast.Name(id=name):
            return Ref(name)
        case ast.Constant(value=int() | float() as value):
            return Number(Decimal(str(value)))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _SIGNS:
            return Binary(_SIGNS[type(operator)], _read(left, text), _read(right, text))
        case ast.Call(func=ast.Name(id="max"), args=[_, *_] as items, keywords=[]):
            return Largest(tuple(_read(item, text) for item in items))
    raise ValueError(f"“{text}”: chỉ dùng tên cột, số, + - * / và max().")


def _renamed(expression: Expression, names: Mapping[str, str]) -> Expression:
    match expression:
        case Ref(leaf):
            if leaf not in names:
                raise ValueError(f"không có cột {leaf.removeprefix('column_')}")
            return Ref(names[leaf])
        case Binary(sign, left, right):
            return Binary(sign, _renamed(left, names), _renamed(right, names))
    return expression
