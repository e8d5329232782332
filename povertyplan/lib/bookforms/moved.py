"""What refers to rows from outside of the cells: merged cells, rules, names, pictures, charts."""

from __future__ import annotations

from functools import cached_property

from django.utils.translation import gettext as _

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.check import Form
from povertyplan.lib.bookforms.help_sheet import LeftOut
from povertyplan.lib.bookforms.parts import CALC_CHAIN, CHART_CACHES, SheetPart
from povertyplan.lib.bookforms.references import AREA, Own, RowMap, followed
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import DomainError

_AREAS = ("ref", "sqref", "activeCell", "topLeftCell")
_FORMULAS = ("formula", "formula1", "formula2", "f")
_AFTER_EDGES = (
    "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects",
    "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_AFTER_BREAKS = _AFTER_EDGES[1:]
_AFTER_CALC = (
    "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes",
    "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip
"""What the format wants after page edges, and after how the workbook is worked out."""
MOST_MERGED = 100_000
"""Ten in each of ten thousand rows; each is an object until the sheet is written."""
MOST_EDGE = 255
"""Characters that Excel takes at an edge of a page; a file with more is broken to it."""


class Moves:
    """Formulas and addresses of a whole workbook after rows of the form's sheet have moved."""

    def __init__(self, form: Form, rows: RowMap) -> None:
        self.form = form
        self.rows = rows

    def formula(self, formula: str, sheet: SheetPart | None, own: Own) -> str:
        """One with its =, that stands on `sheet`; None: on none."""
        here = sheet is self.form.sheet
        return followed(formula, self.rows, sheet=self.form.sheet.name, own=own, here=here)

    def workbook(self) -> bytes:
        root = self.form.book.workbook.cloneNode(True)
        root.ownerDocument = self.form.book.workbook.ownerDocument
        names = xml.child(root, "definedNames")
        for name in xml.children(names, "definedName") if names is not None else []:
            xml.set_text(name, self.formula(f"={xml.text(name)}", None, {})[1:])
        told = xml.child(root, "calcPr")
        if told is None:
            told = _inserted(root, "calcPr", _AFTER_CALC)
        told.setAttribute("fullCalcOnLoad", "1")
        self.form.left_out.workbook(root)
        return _bytes(root)

    @cached_property
    def drawings(self) -> set[str]:
        """Drawings on the sheet whose rows move."""
        return set(self.form.book.parts_of(self.form.sheet.path, "drawing"))

    def drawing(self, name: str, content: bytes) -> bytes:
        if name in self.drawings:
            return self._anchored(content)
        if name.startswith("xl/charts/") and name.endswith(".xml"):
            root = xml.without(xml.parsed(content), CHART_CACHES)
            for node in xml.walk(root):
                if node.localName == "f" and xml.text(node):
                    xml.set_text(node, self.formula(f"={xml.text(node)}", None, {})[1:])
            return _bytes(root)
        return content

    def _anchored(self, content: bytes) -> bytes:
        """What stands under the repeated rows goes down with the rows around it; sizes stay."""
        root = xml.parsed(content)
        for anchor in xml.children(root):
            begin = xml.child(anchor, "from")
            top = xml.child(begin, "row") if begin is not None else None
            if top is None:
                continue
            row = xml.whole(xml.text(top)) + 1
            shift = self.rows.first(row) - row if row not in self.form.kinds else 0
            for end in (begin, xml.child(anchor, "to")):
                at = xml.child(end, "row") if end is not None else None
                if at is not None:
                    xml.set_text(at, str(xml.whole(xml.text(at)) + shift))
        return _bytes(root)


def frame(root: Node, moves: Moves) -> None:
    """Everything of a sheet but its cells."""
    merged = xml.child(root, "mergeCells")
    if merged is not None:
        _merged(merged, moves)
    for node in xml.walk(root):
        if node.localName in ("mergeCell", "sheetData"):
            continue
        for name in _AREAS:
            if node.hasAttribute(name):
                told = moves.rows.areas(node.getAttribute(name))
                is_cell = name in ("activeCell", "topLeftCell")
                node.setAttribute(name, told.partition(":")[0] if is_cell else told)
        if node.localName == "brk" and node.parentNode.localName == "rowBreaks":
            node.setAttribute("id", str(moves.rows.last(xml.whole(node.getAttribute("id")))))
        if node.localName in _FORMULAS and xml.text(node):
            told = moves.formula(f"={xml.text(node)}", moves.form.sheet, {})
            xml.set_text(node, told[1:])
        if node.localName == "sqref":
            xml.set_text(node, moves.rows.areas(xml.text(node)))


def _merged(merged: Node, moves: Moves) -> None:
    """A cell merged within a repeated row is so in each of its copies."""
    told: list[str] = []
    for one in xml.children(merged, "mergeCell"):
        found = AREA.fullmatch(one.getAttribute("ref"))
        if found is None or found[3] is None or found.groups()[:2] == found.groups()[2:]:
            continue
        row = int(found[2])
        if row not in moves.form.kinds:
            told.append(moves.rows.area(found[0]))
            continue
        block = next(block for block in moves.rows.blocks if block.first <= row <= block.last)
        start = moves.rows.start(block)
        for place, used in enumerate(block.uses):
            if used == row:
                told.append(f"{found[1]}{start + place}:{found[3]}{start + place}")
        if len(told) > MOST_MERGED:
            words = _("Biểu có quá nhiều ô gộp (trên {most}). Bỏ gộp ở dòng lặp của mẫu.")
            raise DomainError(words.format(most=MOST_MERGED))
    _listed(merged, told)


def _listed(merged: Node, told: list[str]) -> None:
    parent = merged.parentNode
    if not told:
        parent.removeChild(merged)
        return
    tag = xml.children(merged)[0].tagName
    made = merged.cloneNode(False)
    made.setAttribute("count", str(len(told)))
    for ref in told:
        one = merged.ownerDocument.createElement(tag)
        one.setAttribute("ref", ref)
        made.appendChild(one)
    parent.replaceChild(made, merged)


def break_page(root: Node, row: int) -> None:
    """Begin a page after a row, unless the author breaks pages or wants all of it on one."""
    setup, properties = xml.child(root, "pageSetup"), xml.child(root, "sheetPr")
    fitted = properties is not None and xml.child(properties, "pageSetUpPr") is not None
    high = setup.getAttribute("fitToHeight") if setup is not None else ""
    if xml.child(root, "rowBreaks") is not None or (fitted and high != "0"):
        return
    made = _inserted(root, "rowBreaks", _AFTER_BREAKS)
    for name in ("count", "manualBreakCount"):
        made.setAttribute(name, "1")
    one = root.ownerDocument.createElement(made.tagName.replace("rowBreaks", "brk"))
    for name, told in (("id", str(row)), ("max", "16383"), ("man", "1")):
        one.setAttribute(name, told)
    made.appendChild(one)


def mark_pages(root: Node, words: str) -> None:
    """Say at the right of the top edge of every page what must be said."""
    told = xml.child(root, "headerFooter")
    if told is None:
        told = _inserted(root, "headerFooter", _AFTER_EDGES)
    tops = [one for one in xml.children(told) if one.localName.endswith("Header")]
    if not any(one.localName == "oddHeader" for one in tops):
        prefix = f"{root.prefix}:" if root.prefix else ""
        made = root.ownerDocument.createElement(f"{prefix}oddHeader")
        told.insertBefore(made, told.firstChild)
        tops.append(made)
    said = words.replace("&", "&&")
    for one in tops:
        before = xml.text(one)
        room = MOST_EDGE - len(said) - len("&R")  # what must be said is never cut off
        end = "\n" if "&R" in before[:room] else "&R"
        xml.set_text(one, f"{before[:room]}{end}{said}")


def without_lost_parts(content: bytes, left_out: LeftOut) -> bytes:
    """A list of parts less those left out, and the order of calculation, which programs make anew
    as cells are elsewhere now."""
    root = xml.parsed(content)
    for one in xml.children(root):
        target = one.getAttribute("PartName") or one.getAttribute("Target")
        if target.rpartition("/")[2] == CALC_CHAIN.rpartition("/")[2]:
            root.removeChild(one)
    left_out.types(root)
    left_out.relations(root)
    return _bytes(root)


def _inserted(root: Node, name: str, following: tuple[str, ...]) -> Node:
    prefix = f"{root.prefix}:" if root.prefix else ""
    made = root.ownerDocument.createElement(f"{prefix}{name}")
    after = next((one for one in xml.children(root) if one.localName in following), None)
    root.insertBefore(made, after)
    return made


def _bytes(root: Node) -> bytes:
    return (xml.DECLARED + xml.written(root)).encode()
