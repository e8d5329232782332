"""The sheet of an example that only explains place-holders: no part of a finished document."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.marks import Names, looks_filled_in
from povertyplan.lib.bookforms.parts import TYPES, WORKBOOK, Book, SheetPart, runs_of
from povertyplan.lib.bookforms.xml import Node

_SETTINGS = "printerSettings"
"""All that a program adds by itself to a sheet that is saved."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A sheet that the finished file goes without: its parts, its place among all sheets."""

    paths: frozenset[str] = frozenset()
    place: int = -1

    def types(self, root: Node) -> None:
        """Out of what the file says its parts are."""
        for one in xml.children(root, "Override"):
            if one.getAttribute("PartName").lstrip("/") in self.paths:
                root.removeChild(one)

    def relations(self, root: Node) -> None:
        """Out of what the workbook refers to."""
        folder = posixpath.dirname(WORKBOOK)
        for one in xml.children(root, "Relationship"):
            target = one.getAttribute("Target")
            path = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            if posixpath.normpath(path) in self.paths:
                root.removeChild(one)

    def workbook(self, root: Node) -> None:
        """Out of the list of sheets; what counts sheets by their place counts anew."""
        if self.place < 0:
            return
        told = xml.children(xml.child(root, "sheets"), "sheet")[self.place]
        told.parentNode.removeChild(told)
        names = xml.child(root, "definedNames")
        if names is not None:
            self._names(names)
        for view in xml.walk(root):
            for place in ("activeTab", "firstSheet"):
                if view.localName == "workbookView" and view.hasAttribute(place):
                    view.setAttribute(place, str(self._shown(int(view.getAttribute(place)))))

    def _names(self, names: Node) -> None:
        for name in xml.children(names):
            if not name.hasAttribute("localSheetId"):
                continue
            at = int(name.getAttribute("localSheetId"))
            if at == self.place:
                names.removeChild(name)
            elif at > self.place:
                name.setAttribute("localSheetId", str(at - 1))
        if not xml.children(names):
            names.parentNode.removeChild(names)

    def _shown(self, at: int) -> int:
        """The place of a sheet once this one is gone; the first where it was this one."""
        if at == self.place:
            return 0
        return at - 1 if at > self.place else at


NOTHING_LEFT_OUT = LeftOut()


def left_out(book: Book, form: SheetPart, names: Names) -> LeftOut:
    """The help sheet, where there is one and nothing else of the file needs it.

    Known by what it says, whatever it is called in which language: its first column lists half or
    more of the names that may be filled in, and nothing on it is a place-holder.
    """
    listed = xml.children(xml.child(book.workbook, "sheets"), "sheet")
    for sheet in book.sheets:
        if sheet is form or not _is_help(book, sheet, names):
            continue
        place = [one.getAttribute("name") for one in listed].index(sheet.name)
        others = [one for at, one in enumerate(listed) if at != place]
        is_seen = any(one.getAttribute("state") in ("", "visible") for one in others)
        own = book.related(sheet.path)
        if (
            not is_seen
            or _is_named(book, sheet, place)
            or {kind for _, kind, _ in own} - {_SETTINGS}
        ):
            continue
        folder, file = posixpath.split(sheet.path)
        shared = {
            path for one in book.sheets if one is not sheet for *_, path in book.related(one.path)
        }
        settings = {path for *_, path in own} - shared
        return LeftOut(frozenset({sheet.path, f"{folder}/_rels/{file}.rels", *settings}), place)
    return NOTHING_LEFT_OUT


def _is_help(book: Book, sheet: SheetPart, names: Names) -> bool:
    listed = set()
    for row in sheet.rows:
        for cell in xml.children(row, "c"):
            string = book.string(cell)
            words = "".join(runs_of(string)) if string is not None else ""
            if looks_filled_in(words):
                return False
            if cell.getAttribute("r").rstrip("0123456789") == "A":
                listed.add(words.strip())
    return len(listed & names.single) * 2 >= len(names.single) > 0


def _is_named(book: Book, sheet: SheetPart, place: int) -> bool:
    """Does a formula, name or chart of the rest speak of the sheet?"""
    name = xml.escaped(sheet.name.replace("'", "''")).casefold()
    marks = tuple(f"{name}{end}" for end in ("!", "'!", ":"))
    for path, content in book.xml.items():
        if path in (sheet.path, TYPES, WORKBOOK) or path.endswith(".rels"):
            continue
        text = content.decode(errors="replace").casefold()
        if any(mark in text for mark in marks):
            return True
    defined = xml.child(book.workbook, "definedNames")
    for one in xml.children(defined) if defined is not None else []:
        if one.getAttribute("localSheetId") == str(place):
            continue
        if any(mark in xml.written(one).casefold() for mark in marks):
            return True
    return False
