"""What a form that can be used would still be better without: told, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.check import Form
from povertyplan.lib.bookforms.marks import sole_slot
from povertyplan.lib.bookforms.parts import Book, SheetPart, runs_of
from povertyplan.lib.bookforms.references import AREA, references
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import Problem

_PRINTED = "_xlnm.Print_Area"
_LISTED = 10
"""Cells named of a sheet before the rest is left to the eye."""
_GUARDS = ("IFERROR(", "N(", "AGGREGATE(")
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576
_SIDES = (Token.OP_PRE, Token.OP_IN, Token.OP_POST)
_WORDS = {"&", "=", "<>", "<", ">", "<=", ">=", ","}
"""Signs that take words as they are."""
_ASKING = re.compile(r"\b(?:ISNUMBER|ISTEXT|ISERROR|ISERR|COUNT)\(", re.IGNORECASE)
"""A formula that asks whether there is a figure is taken to know what it does."""
_CORNER = re.compile(r"([A-Z]*)([0-9]*)")


def advised(form: Form) -> list[Problem]:
    """What would not be printed, and which formulas fail where a figure is missing."""
    return [*_unprinted(form.book), *_failing(form)]


# -- outside of what is printed --------------------------------------------------------------------


def _unprinted(book: Book) -> Iterator[Problem]:
    areas = _print_areas(book)
    for sheet in book.sheets:
        told = areas.get(sheet.name, "")
        boxes = [_box(part) for part in told.split(",") if part]
        if not boxes or None in boxes:
            continue
        outside = [
            cell.getAttribute("r")
            for row in sheet.rows
            for cell in xml.children(row, "c")
            if _says(book, cell) and not any(_within(cell.getAttribute("r"), box) for box in boxes)
        ]
        if outside:
            cells = ", ".join(outside[:_LISTED]) + ("…" if len(outside) > _LISTED else "")
            words = _(
                "Nằm ngoài vùng in {area} nên không in ra. Nếu cần in: chọn cả biểu, "
                "vào Page Layout > Print Area > Set Print Area, lưu rồi gửi lại."
            )
            area = told.replace("$", "").replace(",", ", ")
            yield Problem(words.format(area=area), sheet.where(cells), "unprinted")


def _print_areas(book: Book) -> dict[str, str]:
    """By the name of a sheet: $A$1:$O$20, several with commas."""
    sheets = xml.children(xml.child(book.workbook, "sheets"), "sheet")
    names = xml.child(book.workbook, "definedNames")
    found = {}
    for one in xml.children(names, "definedName") if names is not None else []:
        at = one.getAttribute("localSheetId")
        if one.getAttribute("name") != _PRINTED or not at.isdecimal() or int(at) >= len(sheets):
            continue
        # the sheet's own name may hold commas
        areas = re.findall(r"!([$A-Z0-9:]+)(?:,|$)", xml.text(one))
        found[sheets[int(at)].getAttribute("name")] = ",".join(areas)
    return found


_Box = tuple[int, int, int, int]


def _box(told: str) -> _Box | None:
    """Left, top, right, bottom; None for what is no area. Whole columns and rows are."""
    ends = [_CORNER.fullmatch(end) for end in told.replace("$", "").split(":")]
    if not 1 <= len(ends) <= 2 or None in ends:
        return None
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        return None
    return (
        xml.column(first[1]) or 1,
        int(first[2] or 1),
        xml.column(last[1]) or _LAST_COLUMN,
        int(last[2] or _LAST_ROW),
    )


def _within(address: str, box: _Box | None) -> bool:
    found = AREA.fullmatch(address)
    if found is None or box is None:
        return True
    left, top, right, bottom = box
    return left <= xml.column(found[1]) <= right and top <= int(found[2]) <= bottom


def _says(book: Book, cell: Node) -> bool:
    """Is there anything to be read in the cell?"""
    string = book.string(cell)
    if string is not None:
        return bool("".join(runs_of(string)).strip())
    told = xml.child(cell, "v"), xml.child(cell, "f")
    return any(one is not None and xml.text(one).strip() for one in told)


# -- formulas that meet “…” ------------------------------------------------------------------------


def _failing(form: Form) -> Iterator[Problem]:
    """A missing figure is words in its cell: arithmetic with it is an error in the sheet."""
    filled = _filled_alone(form)
    for row in form.sheet.rows:
        for cell in xml.children(row, "c"):
            formula = xml.child(cell, "f")
            if formula is None or not xml.text(formula):
                continue
            told = f"={xml.text(formula)}"
            if _ASKING.search(told):
                continue
            if any(_meets(one, form.sheet, filled) for one in _reckoned(told)):
                words = _(
                    "Ô chưa có số ghi “…”, nên công thức {formula} cho #VALUE! ở dòng ấy. "
                    "Viết {better} (máy ngăn bằng dấu chấm phẩy thì thay dấu phẩy)."
                )
                better = f'=IFERROR({told[1:]},"…")'
                said = words.format(formula=told[:60], better=better[:80])
                yield Problem(said, form.sheet.where(cell.getAttribute("r")), "failing")


def _filled_alone(form: Form) -> set[tuple[str, int]]:
    """(column, row) of cells that are nothing but a place-holder of a row."""
    found = set()
    for row in form.sheet.rows:
        for cell in xml.children(row, "c"):
            string = form.book.string(cell)
            slot = sole_slot("".join(runs_of(string))) if string is not None else None
            at = AREA.fullmatch(cell.getAttribute("r"))
            if slot is not None and slot.kind and at is not None:
                found.add((at[1], int(at[2])))
    return found


def _meets(operand: str, sheet: SheetPart, filled: set[tuple[str, int]]) -> bool:
    for told in references(f"={operand}"):
        if told.sheet and told.sheet.casefold() != sheet.name.casefold():
            continue
        if told.is_lone and (told.ends[0].column, told.ends[0].row) in filled:
            return True
    return False


def _reckoned(formula: str) -> Iterator[str]:
    """References that + - * / ^ % take as they stand, where nothing catches an error."""
    try:
        tokens = [one for one in Tokenizer(formula).items if one.type != Token.WSPACE]
    except (TokenizerError, IndexError):
        return
    within: list[str] = []
    for place, token in enumerate(tokens):
        if token.subtype == Token.OPEN:
            within.append(token.value.upper())
        elif token.subtype == Token.CLOSE and within:
            within.pop()
        elif token.type == Token.OPERAND and token.subtype == Token.RANGE:
            sides = tokens[max(place - 1, 0) : place] + tokens[place + 1 : place + 2]
            reckons = any(one.type in _SIDES and one.value not in _WORDS for one in sides)
            if reckons and not any(name.startswith(_GUARDS) for name in within):
                yield token.value
