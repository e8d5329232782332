"""Whether a workbook can serve as a form: everything wrong with it, by sheet and cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from django.utils.translation import gettext as _

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.harm import harms
from povertyplan.lib.bookforms.help_sheet import NOTHING_LEFT_OUT, LeftOut, left_out
from povertyplan.lib.bookforms.marks import (
    GROUP,
    TOTAL,
    UNIT,
    Names,
    Slot,
    looks_filled_in,
    problems_of,
    slots_in,
)
from povertyplan.lib.bookforms.parts import CHART_CACHES, STRINGS, Book, SheetPart, runs_of
from povertyplan.lib.bookforms.references import AREA, Reference, has_built_range, references
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import DomainError, Problem

MOST_PLACES = 2_000
MOST_WORDS = 32_767
"""Characters in a cell; Excel takes no more."""
MOST_LENGTH = 2_000_000


@dataclass
class Form:
    """A checked template: the sheet whose rows are repeated, and which row is of which kind."""

    book: Book
    sheet: SheetPart
    lines: dict[str, int]
    used: frozenset[str] = frozenset()
    """Names of everything filled in."""
    left_out: LeftOut = NOTHING_LEFT_OUT
    """The sheet that explains place-holders."""

    @property
    def kinds(self) -> dict[int, str]:
        return {row: kind for kind, row in self.lines.items()}


@dataclass
class _Found:
    """What the place-holders of a workbook come to."""

    problems: list[Problem] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    rows: dict[str, list[tuple[SheetPart, int]]] = field(default_factory=dict)
    length: int = 0
    """Characters of the texts that are filled in, with how they are set."""


def checked(content: bytes, names: Names) -> Form:
    """The template, ready to be filled in. Raises DomainError with everything wrong."""
    book = Book(content)
    harm = list(harms(book))
    if harm:
        raise DomainError(list(dict.fromkeys(harm)))
    found = _found(book, names)
    form = _form(book, found, names)
    problems = found.problems
    if form is not None:
        problems += _unmovable(form)
        problems += _wrong_formulas(form)
    problems += _out_of_reach(book)
    if problems or form is None:
        raise DomainError(list(dict.fromkeys(problems)))
    return form


def _found(book: Book, names: Names) -> _Found:
    found = _Found()
    for sheet in book.sheets:
        for row in sheet.rows:
            kinds = {slot.kind for slot in _row_slots(book, sheet, row, names, found)}
            for kind in kinds & names.repeated:
                found.rows.setdefault(kind, []).append((sheet, int(row.getAttribute("r"))))
            if len(kinds & names.repeated) > 1:
                words = _("Một dòng chỉ điền một loại: dong, nhom hoặc tong.")
                where = sheet.line(row.getAttribute("r"))
                found.problems.append(Problem(words, where, "mixed"))
        for line in _page_lines(sheet):
            where = _("Trang “{sheet}”, đầu hoặc chân trang in").format(sheet=sheet.name)
            found.problems += problems_of([xml.text(line)], names, where)
            slots = slots_in(xml.text(line))
            found.slots += slots
            if any(slot.kind in names.repeated for slot in slots):
                words = _("Dòng lặp không điền vào đầu, chân trang in được.")
                found.problems.append(Problem(words, where, "kind"))
    if len(found.slots) > MOST_PLACES:
        words = _("Mẫu có quá nhiều chỗ điền (trên {most}).").format(most=MOST_PLACES)
        found.problems.append(Problem(words))
    return found


def _row_slots(
    book: Book, sheet: SheetPart, row: Node, names: Names, found: _Found
) -> Iterator[Slot]:
    for cell in xml.children(row, "c"):
        where = sheet.where(cell.getAttribute("r"))
        formula = xml.child(cell, "f")
        if formula is not None:
            if "{{" in xml.text(formula):
                words = _("Chỗ điền không đặt trong công thức được; đặt vào một ô riêng.")
                found.problems.append(Problem(words, where, "formula"))
            continue
        string = book.string(cell)
        runs = runs_of(string) if string is not None else []
        if sum(len(run) for run in runs) > MOST_WORDS:
            raise DomainError(Problem(_("Ô chứa quá nhiều chữ."), where, "long"))
        if string is None or not looks_filled_in("".join(runs)):
            continue
        found.length += len(xml.written(string))
        if found.length > MOST_LENGTH:
            raise DomainError(_("Chữ quanh các chỗ điền quá dài. Bớt chữ rồi gửi lại."))
        found.problems += problems_of(runs, names, where)
        slots = [slot for run in runs for slot in slots_in(run)]
        found.slots += slots
        yield from slots


def _page_lines(sheet: SheetPart) -> list[Node]:
    """What stands at the edges of the printed pages."""
    told = xml.child(sheet.root, "headerFooter")
    return xml.children(told) if told is not None else []


def _form(book: Book, found: _Found, names: Names) -> Form | None:
    """Exactly one row of units; at most one row of each other kind, on the same sheet."""
    rows = found.rows.get(UNIT, [])
    if not rows:
        words = _("Mẫu chưa có dòng của các đơn vị: một dòng có {{ dong.ten }}, {{ dong.… }}.")
        found.problems.append(Problem(words, code="no_row"))
        return None
    sheet = rows[0][0]
    for kind, told in found.rows.items():
        places = [part.line(row) for part, row in told]
        if len(told) > 1:
            words = _("Chỉ một dòng được điền {{ {kind}.… }}; mẫu có {n}: {places}.")
            said = words.replace("{{", "\x01").replace("}}", "\x02")
            said = said.format(kind=kind, n=len(told), places="; ".join(places[:10]))
            said = said.replace("\x01", "{{").replace("\x02", "}}")
            found.problems.append(Problem(said, code="rows"))
        elif told[0][0] is not sheet:
            words = _("Dòng này phải ở cùng trang với dòng của các đơn vị.")
            found.problems.append(Problem(words, places[0], "rows"))
    lines = {kind: told[0][1] for kind, told in found.rows.items()}
    if GROUP in lines and abs(lines[GROUP] - lines[UNIT]) != 1:
        words = _("Dòng nhom phải ngay trên dòng dong.")
        found.problems.append(Problem(words, sheet.line(lines[GROUP]), "rows"))
    used = frozenset(slot.full for slot in found.slots)
    return Form(book, sheet, lines, used, left_out(book, sheet, names))


# -- what could not move along ---------------------------------------------------------------------


def _unmovable(form: Form) -> Iterator[Problem]:
    sheet, rows = form.sheet, set(form.lines.values())
    top = min(rows)
    merged = xml.child(sheet.root, "mergeCells")
    for one in xml.children(merged, "mergeCell") if merged is not None else []:
        found = AREA.fullmatch(one.getAttribute("ref"))
        is_high = found is not None and found[4] and found[2] != found[4]
        if found and is_high and rows & set(range(int(found[2]), int(found[4]) + 1)):
            words = _("Ô gộp nhiều dòng phủ lên dòng lặp. Bỏ gộp ở dòng lặp.")
            yield Problem(words, sheet.where(found[0]), "merged")
    for path in form.book.parts_of(sheet.path, "comments"):
        for node in xml.walk(xml.parsed(form.book.xml[path])):
            found = (
                AREA.fullmatch(node.getAttribute("ref")) if node.localName == "comment" else None
            )
            if found and int(found[2]) >= top:
                words = _("Ghi chú (comment) ở dòng lặp hoặc dưới nó không giữ đúng chỗ được.")
                yield Problem(words, sheet.where(found[0]), "comment")


def _wrong_formulas(form: Form) -> Iterator[Problem]:
    for sheet, cell, node in _formulas(form.book):
        formula = f"={xml.text(node)}"
        address = cell.getAttribute("r")
        where = sheet.where(address)
        kind = node.getAttribute("t")
        row = int(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        is_repeated = sheet is form.sheet and row in form.kinds
        if kind == "dataTable" or (kind == "array" and is_repeated):
            yield Problem(_("Công thức mảng không dùng ở dòng lặp được."), where, "array")
            continue
        if has_built_range(formula):
            yield Problem(_("Viết vùng bằng hai địa chỉ ô, như D8:D9."), where, "built")
        for told in references(formula):
            words = _wrong(told, form, sheet, row)
            if words:
                yield Problem(f"{words} (={formula[1:60]})", where, "reference")


def _formulas(book: Book) -> Iterator[tuple[SheetPart, Node, Node]]:
    """(sheet, cell, its formula)."""
    for sheet in book.sheets:
        for row in sheet.rows:
            for cell in xml.children(row, "c"):
                formula = xml.child(cell, "f")
                if formula is not None and xml.text(formula):
                    yield sheet, cell, formula


def _wrong(told: Reference, form: Form, sheet: SheetPart, row: int) -> str:
    """Why a reference could not be carried along; empty where it can."""
    if told.is_outside:
        return _("Công thức lấy số từ tệp khác.")
    if ":" in told.sheet:
        return _("Công thức tính qua nhiều trang không giãn theo số dòng được.")
    is_here = sheet is form.sheet
    if told.sheet.casefold() != form.sheet.name.casefold() if told.sheet else not is_here:
        return ""
    own = {row} if is_here and row in form.kinds else set()
    if own and form.kinds[row] == GROUP:
        own.add(form.lines[UNIT])
    for end in told.ends:
        if end.row in own and not end.is_fixed:
            if told.is_lone and end.row != row:
                return _("Trỏ vào dòng lặp phải là vùng, như SUM(D8:D8).")
        elif own and not end.is_fixed and end.row:
            return _("Ở dòng lặp, ô của dòng khác phải có $ trước số dòng.")
        elif end.row in form.kinds and (told.is_lone or _is_uncertain(told, end.row, form)):
            return _lone(told)
    return ""


def _is_uncertain(told: Reference, row: int, form: Form) -> bool:
    """Do subtotals stand among the rows, so that a sum over all of them counts twice?"""
    if GROUP not in form.lines or form.kinds[row] == TOTAL:
        return False
    return not form.sheet.is_empty(form.lines[GROUP], {end.column for end in told.ends})


def _lone(told: Reference) -> str:
    if told.is_lone:
        return _("Trỏ vào dòng lặp phải là vùng, như SUM(D8:D8).")
    return _(
        "Cộng cả dòng nhóm sẽ tính hai lần. Xóa dòng {{ nhom.… }} nếu biểu không cần dòng nhóm; "
        "cần thì dùng {{ tong.… }} cho số tổng."
    )


# -- what nothing is filled in ---------------------------------------------------------------------


def _out_of_reach(book: Book) -> Iterator[Problem]:
    sheets = {sheet.path for sheet in book.sheets}
    for name, content in book.xml.items():
        if name in sheets or name == STRINGS or b"{{" not in content:
            continue
        if "{{" not in xml.written(xml.without(xml.parsed(content), CHART_CACHES)):
            continue
        words = _("Chỗ điền chỉ đặt trong ô và đầu, chân trang in; không trong hình, ghi chú.")
        yield Problem(words, code="place", key=name)
    for first, second in pairwise(sorted(sheet.name.casefold() for sheet in book.sheets)):
        if first == second:
            yield Problem(_("Hai trang tính trùng tên."), code="sheets")
