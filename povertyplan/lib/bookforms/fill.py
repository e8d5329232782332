"""Filling a checked form in: row by row, so that the rows are never all held at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from povertyplan.lib.archives import opened
from povertyplan.lib.bookforms import moved, xml
from povertyplan.lib.bookforms.check import Form
from povertyplan.lib.bookforms.heights import Heights, Wrapped, heightened
from povertyplan.lib.bookforms.marks import (
    GROUP,
    NOTHING,
    UNIT,
    Slot,
    Value,
    looks_filled_in,
    sole_slot,
    split,
)
from povertyplan.lib.bookforms.parts import CALC_CHAIN, TYPES, WORKBOOK, SheetPart, runs_of
from povertyplan.lib.bookforms.references import Block, Own, RowMap
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import DomainError

Told = Mapping[str, Value]
_ROW, _FIRST, _LAST = "\ue001", "\ue002", "\ue003"
"""Stand for row numbers in a row made ready: its own, and those of the units under a subtotal."""
_MARK = "\ue004"
_COLUMN = re.compile(f' r="([A-Z]{{1,3}}){_ROW}"')
_AT_ONCE = 1_000_000
MOST_WRITTEN = 200_000_000
"""Characters of all sheets; an annex of the whole country by commune has some 30 million."""


@dataclass(frozen=True)
class Line:
    """One row to be: its kind, and what it says by the names of its place-holders."""

    kind: str
    told: Callable[[], Told]


@dataclass(frozen=True)
class Values:
    """`single`: by name, those of the total as tong.name. `page_mark`: what every page must say.

    `last_page`: the place of the line to begin the last page with, in a template of several pages
    that breaks none itself.
    """

    single: Told
    lines: Sequence[Line]
    page_mark: str = ""
    last_page: int | None = None


def fill(form: Form, values: Values, out: IO[bytes]) -> None:
    """Write the form with its values. Raises DomainError where there is no row to write."""
    blocks = [_block(form, lines, values.lines) for lines in _grouped(form)]
    filling = _Filling(form, values, RowMap([block for block, _chosen in blocks]))
    chosen = {block.first: found for block, found in blocks}
    written = 0
    with opened(form.book.content) as archive, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for part in archive.infolist():
            if part.filename == CALC_CHAIN or part.filename in form.left_out.paths:
                continue
            told = ZipInfo(part.filename, part.date_time)
            told.compress_type = ZIP_DEFLATED
            sheet = next((one for one in form.book.sheets if one.path == part.filename), None)
            with target.open(told, "w") as stream:
                if sheet is not None:
                    for piece in filling.sheet(sheet, chosen):
                        written += len(piece)
                        if written > MOST_WRITTEN:
                            raise DomainError(_too_large())
                        stream.write(piece.encode())
                else:
                    stream.write(filling.part(part.filename, archive.read(part)))


def _too_large() -> str:
    return _("Biểu điền theo mẫu quá lớn. Bớt chữ và định dạng ở dòng lặp của mẫu.")


def _grouped(form: Form) -> list[list[int]]:
    """Rows of the template that are repeated together: subtotals with the units below them."""
    together = [kind for kind in (UNIT, GROUP) if kind in form.lines]
    apart = [kind for kind in form.lines if kind not in (UNIT, GROUP)]
    return [sorted(form.lines[kind] for kind in together), *([form.lines[one]] for one in apart)]


def _block(form: Form, rows: list[int], lines: Sequence[Line]) -> tuple[Block, list[Line]]:
    chosen = [line for line in lines if form.lines.get(line.kind) in rows]
    if not chosen:
        raise DomainError(_("Biểu không có dòng nào để điền vào mẫu."))
    uses = [form.lines[line.kind] for line in chosen]
    return Block(rows[0], rows[-1], uses), chosen


class _Row:
    """A row of the template made ready to be written any number of times."""

    def __init__(self, pieces: list[str | Slot]) -> None:
        self.pieces: list[str | Slot] = []
        for piece in pieces:
            if isinstance(piece, str) and self.pieces and isinstance(self.pieces[-1], str):
                self.pieces[-1] += piece
            else:
                self.pieces.append(piece)

    def at(
        self,
        row: int,
        value: Callable[[Slot], Value],
        below: tuple[int, int],
        wrapped: Wrapped | None = None,
    ) -> str:
        """`below`: the first and last row of the units under a subtotal."""
        told = [(piece, value(piece)) for piece in self.pieces if not isinstance(piece, str)]
        values = iter(told)
        parts = [one if isinstance(one, str) else _shown(*next(values)) for one in self.pieces]
        text = "".join(parts).replace(_ROW, str(row))
        if wrapped:
            text = heightened(text, _wrapping(told), wrapped)
        if _FIRST in text or _LAST in text:
            text = text.replace(_FIRST, str(below[0])).replace(_LAST, str(below[1]))
        return text


def _wrapping(told: list[tuple[Slot, Value]]) -> Iterator[tuple[str, str]]:
    """(column, words) of cells that a place-holder fills alone; a number is never wrapped."""
    for slot, value in told:
        found = _COLUMN.search(slot.cell)
        if found is not None and value.number is None:
            yield found[1], slot.words(value)


def _shown(slot: Slot, value: Value) -> str:
    if not slot.cell:
        return xml.escaped(_safe(slot.words(value)))
    tag, _space, _rest = slot.cell[1:].partition(" ")
    if value.number is not None:
        prefix = tag.rpartition("c")[0]
        number = repr(float(value.number)).removesuffix(".0")
        return f"{slot.cell}><{prefix}v>{number}</{prefix}v></{tag}>"
    words = _safe(slot.words(value))
    if not words:
        return f"{slot.cell}/>"
    prefix = tag.rpartition("c")[0]
    inside = f'<{prefix}t xml:space="preserve">{xml.escaped(words)}</{prefix}t>'
    return f'{slot.cell} t="inlineStr"><{prefix}is>{inside}</{prefix}is></{tag}>'


def _safe(words: str) -> str:
    kept = re.sub(f"[{_ROW}-{_MARK}]", "", xml.harmless(words))
    # _x0041_ is how Excel keeps an A: words that look so are told to stand for themselves
    return re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", kept)[:32_767]


class _Filling:
    """`rows`: where the rows of the form's sheet stand in the end."""

    def __init__(self, form: Form, values: Values, rows: RowMap) -> None:
        self.form = form
        self.values = values
        self.rows = rows
        self.moves = moved.Moves(form, rows)

    def part(self, name: str, content: bytes) -> bytes:
        """A part that is no sheet, with what refers to moved rows."""
        if name == WORKBOOK:
            return self.moves.workbook()
        if name == TYPES or name == "xl/_rels/workbook.xml.rels":
            return moved.without_lost_parts(content, self.form.left_out)
        if name in self.form.book.xml:
            return self.moves.drawing(name, content)
        return content

    def sheet(self, sheet: SheetPart, chosen: Mapping[int, list[Line]]) -> Iterator[str]:
        is_form = sheet is self.form.sheet
        rows = self.rows if is_form else RowMap([])
        frame = xml.parsed(self.form.book.xml[sheet.path])
        data = xml.child(frame, "sheetData")
        xml.set_text(data, _MARK)
        self._edges(frame)
        if is_form:
            moved.frame(frame, self.moves)
            above = self._above_last_page(chosen)
            if above is not None:
                moved.break_page(frame, above)
        before, _found, after = xml.written(frame).partition(_MARK)
        yield xml.DECLARED + before
        for row in sheet.rows:
            number = int(row.getAttribute("r"))
            block = self._block_at(number) if is_form else None
            if block is None:
                told = self._ready(sheet, row, {})
                yield told.at(rows.first(number), self._single, (0, 0))
            elif block.first == number:
                yield from self._repeated(block, chosen[block.first])
        yield after

    def _above_last_page(self, chosen: Mapping[int, list[Line]]) -> int | None:
        """The last row of the page before the last."""
        if self.values.last_page is None:
            return None
        wanted = self.values.lines[self.values.last_page]
        for block in self.rows.blocks:
            for place, line in enumerate(chosen[block.first]):
                if line is wanted:
                    return self.rows.start(block) + place - 1
        return None

    def _single(self, slot: Slot) -> Value:
        return self.values.single.get(slot.full, NOTHING)

    def _of(self, line: Line) -> Callable[[Slot], Value]:
        """What a place-holder in a repeated row says in one line."""
        told = line.told()

        def value(slot: Slot) -> Value:
            return told.get(slot.name, NOTHING) if slot.kind == line.kind else self._single(slot)

        return value

    def _block_at(self, row: int) -> Block | None:
        return next((one for one in self.rows.blocks if one.first <= row <= one.last), None)

    def _repeated(self, block: Block, lines: Sequence[Line]) -> Iterator[str]:
        by_number = {int(row.getAttribute("r")): row for row in self.form.sheet.rows}
        ready, wrapped = {}, {}
        heights = Heights(self.form.book, self.form.sheet)
        for number in range(block.first, block.last + 1):
            own: dict[int, tuple[str, str]] = {number: (_ROW, _ROW)}
            if self.form.kinds[number] == GROUP:
                own[self.form.lines[UNIT]] = (_FIRST, _LAST)
            ready[number] = self._ready(self.form.sheet, by_number[number], own)
            wrapped[number] = heights.wrapped(by_number[number])
        start = self.rows.start(block)
        below = list(_below(lines, start))
        text: list[str] = []
        size = 0
        for place, line in enumerate(lines):
            number = self.form.lines[line.kind]
            row = ready[number].at(start + place, self._of(line), below[place], wrapped[number])
            text.append(row)
            size += len(text[-1])
            if size > _AT_ONCE:
                yield "".join(text)
                text, size = [], 0
        yield "".join(text)

    # -- making a row ready ----------------------------------------------------------------------

    def _ready(self, sheet: SheetPart, row: Node, own: Own) -> _Row:
        pieces: list[str | Slot] = [xml.opening(row, r=_ROW), ">"]
        for cell in xml.children(row, "c"):
            pieces += self._cell(sheet, cell, own)
        return _Row([*pieces, f"</{row.tagName}>"])

    def _cell(self, sheet: SheetPart, cell: Node, own: Own) -> list[str | Slot]:
        address = cell.getAttribute("r").rstrip("0123456789") + _ROW
        formula = xml.child(cell, "f")
        if formula is not None and xml.text(formula):
            return [self._formula(sheet, cell, formula, address, own)]
        string = self.form.book.string(cell)
        if string is None or not looks_filled_in("".join(runs_of(string))):
            inside = "".join(xml.written(one) for one in xml.children(cell))
            return [f"{xml.opening(cell, r=address)}>{inside}</{cell.tagName}>"]
        cell = cell.cloneNode(False)
        cell.removeAttribute("t")
        tag = xml.opening(cell, r=address)
        sole = sole_slot("".join(runs_of(string)))
        if sole is not None:
            return [replace(sole, cell=tag)]
        prefix = f"{cell.prefix}:" if cell.prefix else ""
        text = "".join(xml.written(one) for one in xml.children(string))
        head = f'{tag} t="inlineStr"><{prefix}is>'
        return [head, *split(text), f"</{prefix}is></{cell.tagName}>"]

    def _formula(self, sheet: SheetPart, cell: Node, formula: Node, address: str, own: Own) -> str:
        """Without its stored value, which was that of another table."""
        told = self.moves.formula(f"={xml.text(formula)}", sheet, own)[1:]
        instead = {"ref": self.rows.area(formula.getAttribute("ref"))}
        tag = xml.opening(formula, **(instead if formula.hasAttribute("ref") else {}))
        cell = cell.cloneNode(False)
        if cell.hasAttribute("t"):
            cell.removeAttribute("t")
        inside = f"{tag}>{xml.escaped(told)}</{formula.tagName}>"
        return f"{xml.opening(cell, r=address)}>{inside}</{cell.tagName}>"

    # -- the edges of the printed page ------------------------------------------------------------

    def _edges(self, frame: Node) -> None:
        told = xml.child(frame, "headerFooter")
        for line in xml.children(told) if told is not None else []:
            parts = [
                one if isinstance(one, str) else _edge_words(one, self.values.single)
                for one in split(xml.text(line))
            ]
            xml.set_text(line, "".join(parts)[: moved.MOST_EDGE])
        if self.values.page_mark:
            moved.mark_pages(frame, self.values.page_mark)


def _edge_words(slot: Slot, single: Told) -> str:
    """& starts a code at the edge of a page."""
    return _safe(slot.words(single.get(slot.full, NOTHING))).replace("&", "&&")


def _below(lines: Sequence[Line], start: int) -> Iterator[tuple[int, int]]:
    """The rows of the units under each subtotal; of a row of a unit its own."""
    for place, line in enumerate(lines):
        last = place
        if line.kind == GROUP:
            while last + 1 < len(lines) and lines[last + 1].kind != GROUP:
                last += 1
        yield (start + min(place + 1, last), start + last)
