"""Formulas of annex columns: + - * / and max over columns of the same row."""

from __future__ import annotations

import ast
import re


def formula_names(formula: str) -> set[str]:
    """The columns a formula reads. Raises ValueError when it is more than + - * / and max.

    A column may be named like a word of Python (`in`), so names are marked before parsing.
    """
    marked = re.sub(
        r"(?<![\w.])[A-Za-z_]\w*",
        lambda name: name[0] if name[0] == "max" else f"_{name[0]}",
        formula,
    )
    try:
        tree = ast.parse(marked, mode="eval")
    except SyntaxError:
        raise ValueError(
            f"công thức “{formula}” không đúng; dùng id cột, số, + - * /, ngoặc và max(…)."
        ) from None
    names: set[str] = set()
    for node in ast.walk(tree.body):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif not isinstance(node, FORMULA_NODES) or not _is_plain(node):
            raise ValueError(
                f"công thức “{formula}” dùng phép không được phép; chỉ + - * / và max(…)."
            )
    return {name.removeprefix("_") for name in names - {"max"}}


FORMULA_NODES = (
    ast.BinOp,
    ast.UnaryOp,
    ast.Call,
    ast.Constant,
    ast.Load,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.USub,
)


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in {int, float}
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "max" and not node.keywords
    return True
