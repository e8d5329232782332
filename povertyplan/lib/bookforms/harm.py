"""Formulas, names, merged cells and signs in a workbook that a form may not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.parts import WORKBOOK, Book, SheetPart
from povertyplan.lib.bookforms.references import AREA, fetches
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.parcels import FORMULA_LENGTH

MOST_FORMULAS = 400_000
"""Characters of all formulas: 4 000 cells of a form with 100 each."""
_HOLDING = ("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula")
_TOLD = ("textlink", "macro")
"""Attributes of drawings that are formulas."""
_STARTING = ("auto_open", "auto_close", "auto_activate", "auto_deactivate")
_PROGRAM = ("xlm", "function", "vbProcedure", "macro")
_ANYWHERE = re.compile(
    r"(?<![\w.])(?:_xl\w+\.)*(?:(INDIRECT|OFFSET|EVALUATE)(?![\w.!])|(CUBE\w+|GET\.\w+|INFO)\s*\()",
    re.IGNORECASE,
)
"""What refers to cells that it names itself, of another file too; what asks other programs."""


def harms(book: Book) -> Iterator[Problem]:
    """Formulas that fetch or start something, names that run, merged cells over one another.

    Raises DomainError at once where the formulas alone would take too long to read.
    """
    length = 0
    for where, formula in _formulas(book):
        length += len(formula)
        if len(formula) > FORMULA_LENGTH or length > MOST_FORMULAS:
            raise DomainError(_("Công thức của mẫu quá dài. Bớt công thức rồi gửi lại."))
        if fetches(f"={formula}"):
            words = _("Công thức lấy số từ tệp khác.")
            if "[" not in formula:
                words = _("Công thức lấy dữ liệu từ ngoài tệp hoặc gọi chương trình khác.")
            yield Problem(f"{words} (={formula[:60]})", where, "fetches")
        elif found := _ANYWHERE.search(formula):
            words = _("Không dùng hàm {name}: nó lấy số ở nơi chỉ biết khi mở tệp. Ghi thẳng ô.")
            told = words.format(name=(found[1] or found[2]).upper())
            yield Problem(f"{told} (={formula[:60]})", where, "anywhere")
    yield from _names(book)
    for sheet in book.sheets:
        yield from _merged(sheet)


def _formulas(book: Book) -> Iterator[tuple[str, str]]:
    """(where, formula without its =) of everything that is worked out on opening."""
    for sheet in book.sheets:
        for node in xml.walk(sheet.root):
            told = _told(node)
            if told:
                cell = node.parentNode.getAttribute("r") if node.localName == "f" else ""
                where = sheet.where(cell) if cell else sheet.name
                yield from ((where, one) for one in told)
    sheets = {sheet.path for sheet in book.sheets}
    for name, content in book.xml.items():
        if name not in sheets:
            root = book.workbook if name == WORKBOOK else xml.parsed(content)
            for node in xml.walk(root):
                yield from ((node.getAttribute("name"), one) for one in _told(node))


def _told(node: Node) -> list[str]:
    told = [node.getAttribute(name).removeprefix("=") for name in _TOLD]
    if node.localName in _HOLDING:
        told.append(xml.text(node))
    elif node.localName == "cfvo" and node.getAttribute("type") == "formula":
        told.append(node.getAttribute("val"))
    return [one for one in told if one]


def _names(book: Book) -> Iterator[Problem]:
    for node in xml.walk(book.workbook):
        if node.localName != "definedName":
            continue
        name = node.getAttribute("name")
        is_starting = name.casefold().removeprefix("_xlnm.").startswith(_STARTING)
        if is_starting or any(node.getAttribute(one) in ("1", "true") for one in _PROGRAM):
            words = _("Mẫu có tên vùng tự chạy lệnh. Xóa tên này (Công thức › Quản lý tên).")
            yield Problem(words, name[:60], "starts")


def _merged(sheet: SheetPart) -> Iterator[Problem]:
    """Excel itself mends a file whose merged cells lie over one another, or come in two lists."""
    seen: set[tuple[int, int]] = set()
    for node in xml.walk(sheet.root):
        if node.localName != "mergeCell":
            continue
        ref = node.getAttribute("ref")
        found = AREA.fullmatch(ref)
        cells = set(_cells(found)) if found else set()
        if found is None or seen & cells:
            yield Problem(_("Ô gộp trùng hoặc đè lên nhau. Bỏ gộp rồi gộp lại."), sheet.where(ref))
            return
        seen |= cells


def _cells(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    rows = sorted((int(found[2]), int(found[4] or found[2])))
    columns = sorted((xml.column(found[1]), xml.column(found[3] or found[1])))
    for row in range(rows[0], rows[1] + 1):
        for column in range(columns[0], columns[1] + 1):
            yield row, column
