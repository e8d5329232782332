"""Checking what a template asks to be filled in, before anything is filled in.

A template is written by an office, so it may only name what there is: no calls, no arithmetic,
no loop but over a list it was given. Then filling in takes time in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.utils.translation import gettext as _
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from povertyplan.lib.errors import Problem


class Leaf(Enum):
    """What stands at the end of a name: words, or a yes or no."""

    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True)
class Rows:
    """A list, each row of which has the same names."""

    names: Names


Names = Mapping[str, "Leaf | Rows"]
"""What a template may name, and what each name is."""

_LOOP: Names = {"index": Leaf.TEXT, "first": Leaf.FLAG, "last": Leaf.FLAG}
MOST_DEPTH = 10
"""Commands within one another: Python itself takes a hundred, and of loops twenty."""
MOST_WORDS = 60
"""Names and signs of one command; each parenthesis may cost the parser a dozen calls."""
MOST_LOOPS = 2
_NESTING = frozenset(
    {"if", "for", "with", "macro", "call", "filter", "block", "autoescape", "set", "trans"}
)
FILTERS = frozenset({"upper", "lower"})


@dataclass
class _Scope:
    """The names that hold where a part of the template stands. `rows`: those of loop variables."""

    names: Names
    rows: dict[str, Rows] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    """Those that are being looped over."""

    def within(self, name: str, rows: Rows, path: str) -> _Scope:
        told = {**self.rows, name: rows, "loop": Rows(_LOOP)}
        return _Scope(self.names, told, (*self.lists, path))


def problems_in(source: str, names: Names, env: ImmutableSandboxedEnvironment) -> list[Problem]:
    """Everything in a template's text that cannot be filled in from `names`, in reading order."""
    try:
        if not is_shallow(source, env):
            return [Problem(_too_deep(), code="deep")]
        tree = env.parse(source)
    except TemplateSyntaxError:
        return [Problem(_unreadable(), code="unreadable")]
    except RecursionError:
        return [Problem(_too_deep(), code="deep")]
    found = _Reader().body(tree.body, _Scope(names))
    return list(dict.fromkeys(found))


def is_shallow(source: str, env: ImmutableSandboxedEnvironment) -> bool:
    """Few commands within another, short ones: told by their words alone, before any is parsed."""
    depth = words = 0
    is_first = False
    for _line, kind, word in env.lex(source):
        if kind in ("block_begin", "variable_begin"):
            words, is_first = 0, kind == "block_begin"
        elif kind in ("name", "operator", "integer", "float", "string"):
            words += 1
            if is_first and word in _NESTING:
                depth += 1
            elif is_first and word.startswith("end"):
                depth -= 1
            is_first = False
        if depth > MOST_DEPTH or words > MOST_WORDS:
            return False
    return True


def _unreadable() -> str:
    return _(
        "Có chỗ điền hoặc lệnh viết sai, không đọc được. So từng dấu ngoặc nhọn, từng lệnh if, for "
        "trong mẫu (kể cả ở đầu, chân trang và thuộc tính tệp) với mẫu chuẩn."
    )


def _too_deep() -> str:
    return _(
        "Lệnh if, for lồng nhau quá {depth} tầng hoặc một lệnh dài quá {words} từ. Viết gọn lại."
    ).format(depth=MOST_DEPTH, words=MOST_WORDS)


class _Reader:
    """Walks a template; each method gives the problems of one kind of node."""

    def body(self, body: list[nodes.Node], scope: _Scope) -> Iterator[Problem]:
        for node in body:
            yield from self.statement(node, scope)

    def statement(self, node: nodes.Node, scope: _Scope) -> Iterator[Problem]:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    yield from self.shown(part, scope)
            case nodes.If():
                yield from self.condition(node.test, scope)
                for body in (node.body, node.elif_, node.else_):
                    yield from self.body(list(body), scope)
            case nodes.For():
                yield from self.loop(node, scope)
            case _:
                yield _refused(node)

    def shown(self, node: nodes.Node, scope: _Scope) -> Iterator[Problem]:
        match node:
            case nodes.TemplateData() | nodes.Const():
                return
            case nodes.Filter() if node.name in FILTERS and not node.args and node.node:
                yield from self.shown(node.node, scope)
            case nodes.Name() | nodes.Getattr():
                kind = _kind(node, scope)
                if kind is None:
                    yield _unknown(node)
                elif kind is not Leaf.TEXT:
                    yield Problem(_not_text(kind), where=_path(node), code="kind")
            case _:
                yield _refused(node)

    def condition(self, node: nodes.Node, scope: _Scope) -> Iterator[Problem]:
        match node:
            case nodes.Const():
                return
            case nodes.Name() | nodes.Getattr():
                if _kind(node, scope) is None:
                    yield _unknown(node)
            case nodes.Not():
                yield from self.condition(node.node, scope)
            case nodes.And() | nodes.Or():
                yield from self.condition(node.left, scope)
                yield from self.condition(node.right, scope)
            case nodes.Compare() if all(row.op in ("eq", "ne") for row in node.ops):
                for side in (node.expr, *(row.expr for row in node.ops)):
                    yield from self.condition(side, scope)
            case _:
                yield _refused(node)

    def loop(self, node: nodes.For, scope: _Scope) -> Iterator[Problem]:
        rows = _kind(node.iter, scope)
        if not isinstance(rows, Rows):
            yield _unknown(node.iter) if rows is None else _no_list(node.iter)
            return
        if not isinstance(node.target, nodes.Name) or node.recursive or node.test is not None:
            yield _refused(node)
            return
        path = _path(node.iter)
        is_again = path in scope.lists or len(scope.lists) >= MOST_LOOPS
        if is_again or (scope.rows and isinstance(node.iter, nodes.Name)):
            # A list within itself, three deep, would be a million rows.
            words = _("Danh sách này không lặp bên trong một danh sách khác.")
            yield Problem(words, where=path, code="nested")
            return
        yield from self.body(node.body, scope.within(node.target.name, rows, path))
        yield from self.body(node.else_, scope)


def _kind(node: nodes.Node, scope: _Scope) -> Leaf | Rows | None:
    """What a name stands for; None for one that does not exist."""
    match node:
        case nodes.Name():
            return scope.names.get(node.name) if node.name not in scope.rows else None
        case nodes.Getattr(node=nodes.Name()):
            rows = scope.rows.get(_path(node.node))
            return rows.names.get(node.attr) if rows else None
    return None


def _path(node: nodes.Node) -> str:
    """A name as it was written: d.ten."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_path(node.node)}.{node.attr}"
    return type(node).__name__


def _unknown(node: nodes.Node) -> Problem:
    if not isinstance(node, nodes.Name | nodes.Getattr):
        return _refused(node)
    return Problem(_("Không có chỗ điền này."), where=_path(node), code="unknown")


def _no_list(node: nodes.Node) -> Problem:
    return Problem(_("Đây không phải danh sách để lặp."), where=_path(node), code="kind")


def _not_text(kind: Leaf | Rows) -> str:
    if isinstance(kind, Rows):
        return _("Đây là một danh sách: lặp bằng lệnh for rồi điền từng phần.")
    return _("Đây là điều kiện có hoặc không: dùng trong lệnh if.")


def _refused(node: nodes.Node) -> Problem:
    words = _("Mẫu chỉ được điền chữ và dùng lệnh if, for; không được tính toán hay gọi lệnh khác.")
    return Problem(words, code="refused", key=type(node).__name__)
