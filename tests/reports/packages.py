"""What makes Excel ask to repair a workbook, looked for in every part of its package.

Source: ECMA-376 part 1, §18 (order of elements, limits, references) and part 2 (relationships,
content types); Excel's published limits (255 in an edge, 31 in a name, 32 767 in a cell, 409 pt).
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import combinations, pairwise
from posixpath import dirname, normpath
from xml.etree import ElementTree as ET

from openpyxl.utils import coordinate_to_tuple, range_boundaries

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def listed(names: str) -> list[str]:
    return names.split()


SHEET_ORDER = listed(
    """sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection
    protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells
    phoneticPr conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup
    headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing
    legacyDrawing legacyDrawingHF picture oleObjects controls webPublishItems tableParts extLst"""
)
BOOK_ORDER = listed(
    """fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups
    externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches extLst"""
)
STYLE_ORDER = listed(
    """numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors
    extLst"""
)
EDGE_ORDER = listed("oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter")
WITH_FONTS = ("xl/styles.xml", "xl/sharedStrings.xml")
SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
Element = ET.Element


class Package:
    """A workbook unpacked; `faults` says what Excel would stumble over, in no order."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            names = packed.namelist()
            self.twice = [name for name, count in Counter(names).items() if count > 1]
            self.parts = {name: packed.read(name) for name in names}

    def xml(self, name: str) -> Element:
        return ET.fromstring(self.parts[name])  # noqa: S314 what our own code wrote

    def faults(self) -> list[str]:
        found = [f"part twice: {name}" for name in self.twice]
        found += [*self._types(), *self._relationships(), *self._book(), *self._styles()]
        for name in self.parts:
            if SHEETS.fullmatch(name):
                found += [f"{name}: {fault}" for fault in self._sheet(self.xml(name))]
        return found

    @property
    def sheet_names(self) -> list[str]:
        return [row.get("name", "") for row in self.xml("xl/workbook.xml").iter(f"{NS}sheet")]

    def _types(self) -> Iterator[str]:
        known = self.xml("[Content_Types].xml")
        endings = {row.get("Extension") for row in known.iter(f"{TYPES}Default")}
        named = [row.get("PartName", "").lstrip("/") for row in known.iter(f"{TYPES}Override")]
        yield from (f"type of no part: {name}" for name in named if name not in self.parts)
        # a plain XML part is of no use to Excel without a type of its own
        for name in set(self.parts) - {"[Content_Types].xml", *named}:
            ending = name.rpartition(".")[2]
            if ending == "xml" or ending not in endings:
                yield f"no type: {name}"

    def _relationships(self) -> Iterator[str]:
        reached = set()
        for name in [name for name in self.parts if name.endswith(".rels")]:
            folder, ids = dirname(dirname(name)), Counter[str]()
            for row in self.xml(name).iter(f"{RELS}Relationship"):
                ids[row.get("Id", "")] += 1
                if row.get("TargetMode") == "External":
                    yield f"{name}: leads outside"
                    continue
                target = row.get("Target", "")
                path = target.lstrip("/") if target[:1] == "/" else normpath(f"{folder}/{target}")
                reached.add(path.lstrip("/"))
            yield from (f"{name}: id {one} twice" for one, count in ids.items() if count > 1)
        yield from (f"related part is missing: {name}" for name in reached - set(self.parts))
        lone = {name for name in self.parts if not name.endswith(".rels")} - reached
        yield from (
            f"part that nothing leads to: {name}" for name in lone - {"[Content_Types].xml"}
        )

    def _book(self) -> Iterator[str]:
        book = self.xml("xl/workbook.xml")
        yield from out_of_order(book, BOOK_ORDER)
        names = [name.casefold() for name in self.sheet_names]
        for name, count in Counter(names).items():
            if count > 1:
                yield f"sheet name twice: {name}"
            if not 0 < len(name) <= 31 or re.search(r"[\[\]:*?/\\]|^'|'$", name):
                yield f"sheet name: {name}"
        sheets = list(book.iter(f"{NS}sheet"))
        for key in ("sheetId", ID):
            if len({row.get(key) for row in sheets}) < len(sheets):
                yield f"sheets share {key}"
        rels = self.xml("xl/_rels/workbook.xml.rels").iter(f"{RELS}Relationship")
        ids = {row.get("Id") for row in rels}
        yield from (
            f"sheet of no part: {row.get('name')}" for row in sheets if row.get(ID) not in ids
        )
        yield from self._defined(book, len(sheets))

    def _defined(self, book: Element, sheets: int) -> Iterator[str]:
        seen: set[tuple[str, str | None]] = set()
        for row in book.iter(f"{NS}definedName"):
            key = row.get("name", "").casefold(), row.get("localSheetId")
            if key in seen:
                yield f"defined name twice: {key}"
            seen.add(key)
            if key[1] is not None and int(key[1]) >= sheets:
                yield f"defined name of no sheet: {key}"
            for quoted in re.findall(r"'((?:[^']|'')+)'!", row.text or ""):
                if quoted.replace("''", "'") not in self.sheet_names:
                    yield f"defined name leads to no sheet: {row.text}"

    def _styles(self) -> Iterator[str]:
        styles = self.xml("xl/styles.xml")
        yield from out_of_order(styles, STYLE_ORDER)
        sizes = {}
        for child in styles:
            sizes[child.tag.removeprefix(NS)] = len(child)
            if child.get("count") not in (None, str(len(child))):
                yield f"count of {child.tag}"
        formats = {row.get("numFmtId") for row in styles.iter(f"{NS}numFmt")}
        for xf in styles.iter(f"{NS}xf"):
            for key, of in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                if int(xf.get(key, "0")) >= sizes[of]:
                    yield f"{key} {xf.get(key)}"
            number = xf.get("numFmtId", "0")
            if int(number) >= 164 and number not in formats:
                yield f"number format {number}"

    @property
    def fonts(self) -> set[str]:
        """Every font of cells, of parts of cells and of edges."""
        found = set(re.findall(r'&"([^,"]+),', "".join(self.edges())))
        written = (name for name in self.parts if SHEETS.fullmatch(name) or name in WITH_FONTS)
        for name in written:
            for tag in ("name", "rFont"):
                found |= {row.get("val", "") for row in self.xml(name).iter(f"{NS}{tag}")}
        return found

    def edges(self) -> Iterator[str]:
        for name in self.parts:
            if SHEETS.fullmatch(name):
                for edge in self.xml(name).iter(f"{NS}headerFooter"):
                    yield from (row.text or "" for row in edge)

    def _sheet(self, sheet: Element) -> Iterator[str]:
        yield from out_of_order(sheet, SHEET_ORDER)
        for edge in sheet.iter(f"{NS}headerFooter"):
            yield from out_of_order(edge, EDGE_ORDER)
            long = [row.tag for row in edge if len((row.text or "").encode("utf-16-le")) > 510]
            yield from (f"too long: {tag}" for tag in long)
        yield from self._rows(sheet)
        yield from _merges(sheet)
        spans = sorted((int(c.get("min", 0)), int(c.get("max", 0))) for c in sheet.iter(f"{NS}col"))
        yield from (f"columns overlap: {a} {b}" for a, b in pairwise(spans) if a[1] >= b[0])
        for breaks in (*sheet.iter(f"{NS}rowBreaks"), *sheet.iter(f"{NS}colBreaks")):
            if breaks.get("count") != str(len(breaks)):
                yield "count of breaks"

    def _rows(self, sheet: Element) -> Iterator[str]:
        styles = self.xml("xl/styles.xml").find(f"{NS}cellXfs")
        formats = 0 if styles is None else len(styles)
        has_strings = "xl/sharedStrings.xml" in self.parts
        strings = list(self.xml("xl/sharedStrings.xml")) if has_strings else []
        before = 0
        for row in sheet.iter(f"{NS}row"):
            number, column = int(row.get("r", 0)), 0
            if number <= before:
                yield f"row {number} after {before}"
            if float(row.get("ht", 0)) > 409.5:
                yield f"row {number} is {row.get('ht')} pt high"
            before = number
            for cell in row:
                address = cell.get("r", "")
                place = coordinate_to_tuple(address)
                if place[0] != number or place[1] <= column:
                    yield f"cell {address} out of place"
                column = place[1]
                if int(cell.get("s", 0)) >= formats:
                    yield f"style of {address}"
                yield from _value(cell, address, strings)


def _value(cell: Element, address: str, strings: list[Element]) -> Iterator[str]:
    value, formula = cell.findtext(f"{NS}v"), cell.findtext(f"{NS}f")
    if formula is not None and (formula[:1] == "=" or not 0 < len(formula) <= 8192):
        yield f"formula of {address}"
    text = cell.find(f"{NS}is")  # texts stand in their cells, or in a part of their own
    if cell.get("t") == "s":
        if int(value or 0) >= len(strings):
            yield f"text of {address}"
            return
        text = strings[int(value or 0)]
    if text is not None and len("".join(text.itertext())) > 32767:
        yield f"long text in {address}"
    if (cell.get("t") == "inlineStr") != (cell.find(f"{NS}is") is not None):
        yield f"text of {address}"
    is_open = formula is not None and not value  # Excel works it out on opening
    if value is not None and not is_open and cell.get("t") in (None, "n"):
        try:
            float(value)
        except ValueError:
            yield f"number in {address}"


def _merges(sheet: Element) -> Iterator[str]:
    merged = [row.get("ref", "") for row in sheet.iter(f"{NS}mergeCell")]
    for holder in sheet.iter(f"{NS}mergeCells"):
        if holder.get("count") not in (None, str(len(merged))):
            yield "count of merged cells"
    areas = {ref: range_boundaries(ref) for ref in merged}
    if len(areas) < len(merged):
        yield "merged twice"
    for (one, a), (other, b) in combinations(areas.items(), 2):
        if a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]:
            yield f"merged cells overlap: {one} {other}"
    yield from (f"merged alone: {ref}" for ref, area in areas.items() if area[:2] == area[2:])


def out_of_order(parent: Element, order: list[str]) -> Iterator[str]:
    """Children that are unknown, repeated or not in the order of the schema."""
    names = [child.tag.removeprefix(NS) for child in parent]
    yield from (f"unknown element {name}" for name in names if name not in order)
    places = [order.index(name) for name in names if name in order]
    repeated = {"conditionalFormatting"}
    if places != sorted(places):
        yield f"order of {names}"
    counts = Counter(names)
    yield from (f"{n} twice" for n, count in counts.items() if count > 1 and n not in repeated)
