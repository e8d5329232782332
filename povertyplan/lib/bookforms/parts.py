"""The parts of a workbook that place-holders or repeated rows concern, and what is refused."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from zipfile import ZipFile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from povertyplan.lib.archives import opened
from povertyplan.lib.bookforms import xml
from povertyplan.lib.bookforms.references import copied
from povertyplan.lib.bookforms.xml import Node
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.filekinds import kind_of
from povertyplan.lib.parcels import BROKEN, check_workbook
from povertyplan.lib.relations import content_types, outward, relations

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 2 * 1024**2
MOST_PART = 1024**2
"""Of one XML part unpacked: a form of 40 columns and 100 rows has some 300 kB."""
WORKBOOK, STRINGS, TYPES = "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml"
CALC_CHAIN, STYLES = "xl/calcChain.xml", "xl/styles.xml"
OWN_SIGNS = re.compile("[\ue001-\ue004]")
MOST_UNSHARED = 400_000
"""Characters of formulas that cells share, once each has its own."""
CHART_CACHES = ("numCache", "strCache", "multiLvlStrCache")
"""What a chart showed last; programs read the cells anew."""

_OUTSIDE = gettext_lazy(
    "Mẫu lấy dữ liệu từ tệp khác hoặc có tệp nhúng nên không nhận. "
    "Bỏ liên kết, chép giá trị vào ô rồi gửi lại."
)
_CONTROLS = gettext_lazy(
    "Mẫu có nút bấm, hộp chọn hoặc vật điều khiển, không giữ đúng chỗ được. Bỏ đi rồi gửi lại."
)
_TABLES = gettext_lazy(
    "Mẫu có Bảng (Table), PivotTable hoặc bộ lọc Slicer, không giãn theo số dòng được. "
    "Chuyển thành vùng thường rồi gửi lại."
)
_UNFIT = (
    ("externallinks/", _OUTSIDE),
    ("connections.xml", _OUTSIDE),
    ("querytables/", _OUTSIDE),
    ("embeddings/", _OUTSIDE),
    ("model/", _OUTSIDE),
    ("ctrlprops/", _CONTROLS),
    ("activex/", _CONTROLS),
    ("dialogsheets/", _CONTROLS),
    ("macrosheets/", _CONTROLS),
    ("tables/", _TABLES),
    ("pivottables/", _TABLES),
    ("pivotcache/", _TABLES),
    ("slicers/", _TABLES),
    ("timelines/", _TABLES),
)
"""Parts that cannot be carried along rightly, by how their names go on after xl/."""
_UNFIT_KINDS = (
    *((mark, _OUTSIDE) for mark in ("externallink", "ddelink", "connections", "querytable")),
    *((mark, _OUTSIDE) for mark in ("oleobject", "attachedtemplate", "xmlmaps", "revision")),
    *((mark, _CONTROLS) for mark in ("macrosheet", "dialogsheet", "activex", "ctrlprop")),
    *((mark, _CONTROLS) for mark in ("controlproperties", "vbaproject", "userui", "customui")),
    *((mark, _TABLES) for mark in ("pivot", "slicer", "timeline", "spreadsheetml.table+")),
)
"""The same by what the file says its parts are, whatever they are called."""
_UNFIT_RELATIONS = {
    "package": _OUTSIDE,
    "powerpivotdata": _OUTSIDE,
    "control": _CONTROLS,
    "extensibility": _CONTROLS,
    "table": _TABLES,
}
_MAIN = {"officedocument": WORKBOOK, "sharedstrings": STRINGS}
"""Parts that nothing else may pretend to be."""


@dataclass
class SheetPart:
    """One sheet: rows and cells all know their own addresses, no formula is shared."""

    name: str
    path: str
    root: Node

    @property
    def rows(self) -> list[Node]:
        return xml.children(xml.child(self.root, "sheetData"), "row")

    def where(self, address: str) -> str:
        return _("Trang “{sheet}”, ô {cell}").format(sheet=self.name, cell=address)

    def line(self, row: int | str) -> str:
        return _("Trang “{sheet}”, dòng {row}").format(sheet=self.name, row=row)

    def is_empty(self, row: int, columns: set[str]) -> bool:
        """Is a cell of one column empty? Of several columns, or of all, nobody has looked."""
        if len(columns) != 1 or "" in columns:
            return False
        address = f"{next(iter(columns))}{row}"
        found = [one for line in self.rows for one in xml.children(line, "c")]
        return not any(one.getAttribute("r") == address and xml.children(one) for one in found)


class Book:
    """A template, opened. Raises DomainError for what is none."""

    def __init__(self, content: bytes) -> None:
        if len(content) > MOST_BYTES:
            words = _("Mẫu lớn hơn {most} MB. Bỏ bớt ảnh rồi gửi lại.")
            raise DomainError(words.format(most=MOST_BYTES // 1024**2))
        check_workbook(content)
        if kind_of(content).content_type != XLSX:
            raise DomainError(_("Mẫu phải là tệp Excel .xlsx."))
        self.content = content
        with opened(content) as archive:
            self.names = [part.filename for part in archive.infolist()]
            _need_fit(archive)
            self.xml = {name: archive.read(name) for name in self.names if _is_read(name)}
        if WORKBOOK not in self.xml or TYPES not in self.xml:
            raise DomainError(BROKEN)
        try:
            self.sheets = list(self._sheets())
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise DomainError(BROKEN) from error

    def _sheets(self) -> Iterator[SheetPart]:
        targets = {key: (kind, path) for key, kind, path in self.related(WORKBOOK)}
        for told in xml.children(xml.child(self.workbook, "sheets"), "sheet"):
            key = next(v for k, v in told.attributes.items() if k.rpartition(":")[2] == "id")
            kind, path = targets[key]
            if kind == "chartsheet":
                continue
            root = xml.parsed(self.xml[path])
            if kind != "worksheet" or root.localName != "worksheet":
                raise DomainError(Problem(str(_CONTROLS), code="unfit", key=kind))
            if len(self.xml[path]) > MOST_PART:
                raise DomainError(_large_sheet())
            _need_no_signs(self.xml[path])
            if self.strings and root.prefix != self.strings[0].prefix:
                raise DomainError(_("Mở tệp bằng Excel, lưu lại rồi gửi lại."))
            part = SheetPart(told.getAttribute("name"), path, root)
            _address(part)
            _unshare(part)
            yield part

    @cached_property
    def workbook(self) -> Node:
        return xml.parsed(self.xml[WORKBOOK])

    @cached_property
    def strings(self) -> list[Node]:
        if STRINGS not in self.xml:
            return []
        _need_no_signs(self.xml[STRINGS])
        return xml.children(xml.parsed(self.xml[STRINGS]), "si")

    def related(self, path: str) -> list[tuple[str, str, str]]:
        """(id, kind, path) of the parts that one refers to."""
        folder, name = posixpath.split(path)
        content = self.xml.get(f"{folder}/_rels/{name}.rels")
        found = xml.children(xml.parsed(content)) if content else []
        return [
            (
                one.getAttribute("Id"),
                one.getAttribute("Type").rpartition("/")[2],
                _joined(folder, one.getAttribute("Target")),
            )
            for one in found
        ]

    def parts_of(self, path: str, kind: str) -> list[str]:
        return [one for _key, told, one in self.related(path) if told == kind and one in self.xml]

    def string(self, cell: Node) -> Node | None:
        """The text of a cell (si or is) that is one."""
        match cell.getAttribute("t"):
            case "s":
                index = xml.child(cell, "v")
                try:
                    return self.strings[int(xml.text(index))] if index else None
                except (ValueError, IndexError) as error:
                    raise DomainError(BROKEN) from error
            case "inlineStr":
                return xml.child(cell, "is")
        return None


def runs_of(string: Node) -> list[str]:
    """The differently set pieces of a text."""
    plain = [xml.text(one) for one in xml.children(string, "t")]
    rich = [xml.text(one) for run in xml.children(string, "r") for one in xml.children(run, "t")]
    return plain + rich


def _joined(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(folder, target))


def _is_read(name: str) -> bool:
    lower = name.lower()
    return lower.endswith((".xml", ".rels")) and (lower.startswith("xl/") or name == TYPES)


def _need_fit(archive: ZipFile) -> None:
    for part in archive.infolist():
        name = part.filename.lower()
        for start, reason in _UNFIT:
            if name.startswith(f"xl/{start}"):
                raise DomainError(Problem(str(reason), code="unfit", key=start))
        if name.endswith((".xml", ".rels")) and part.file_size > MOST_PART * 2:
            raise DomainError(_("Mẫu có quá nhiều ô hoặc định dạng. Xóa phần thừa rồi gửi lại."))
        if "/worksheets/" in name and part.file_size > MOST_PART:
            raise DomainError(_large_sheet())
    if outward(archive):
        words = _("Mẫu có liên kết ra ngoài (kể cả địa chỉ bấm được). Bỏ liên kết rồi gửi lại.")
        raise DomainError(Problem(words, code="unfit", key="external"))
    _need_fit_kinds(archive)


def _need_fit_kinds(archive: ZipFile) -> None:
    told = list(relations(archive))
    for kind in (*content_types(archive).values(), *(one.kind for one in told)):
        reason = next((words for mark, words in _UNFIT_KINDS if mark in kind), None)
        reason = reason or _UNFIT_RELATIONS.get(kind)
        if reason is not None:
            raise DomainError(Problem(str(reason), code="unfit", key=kind))
    for one in told:
        folder = posixpath.dirname(posixpath.dirname(one.source))
        if one.kind in _MAIN and _joined(folder, one.target) != _MAIN[one.kind]:
            raise DomainError(BROKEN)


def _large_sheet() -> str:
    return _("Trang tính của mẫu quá lớn. Xóa phần thừa rồi gửi lại.")


def _need_no_signs(content: bytes) -> None:
    """Those that stand for something while a form is filled in; no font has letters there."""
    if OWN_SIGNS.search(xml.written(xml.parsed(content))):
        words = _("Mẫu có ký tự riêng không in ra được (U+E001–U+E004). Xóa ký tự ấy rồi gửi lại.")
        raise DomainError(Problem(words, code="signs"))


def _address(part: SheetPart) -> None:
    """Rows and cells without an address of their own get it."""
    last = 0
    for row in part.rows:
        number = int(row.getAttribute("r") or last + 1)
        if number <= last:
            raise DomainError(BROKEN)
        last = number
        row.setAttribute("r", str(last))
        for column, cell in enumerate(xml.children(row, "c"), start=1):
            if not cell.getAttribute("r"):
                cell.setAttribute("r", f"{_letters(column)}{last}")
            elif not re.fullmatch(f"[A-Z]{{1,3}}{last}", cell.getAttribute("r")):
                raise DomainError(BROKEN)


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _unshare(part: SheetPart) -> None:
    """Each cell that shares a formula gets it spelt out."""
    masters: dict[str, tuple[str, str]] = {}
    length = 0
    for row in part.rows:
        for cell in xml.children(row, "c"):
            formula = xml.child(cell, "f")
            if formula is None or formula.getAttribute("t") != "shared":
                continue
            key, address = formula.getAttribute("si"), cell.getAttribute("r")
            if xml.text(formula):
                masters[key] = (f"={xml.text(formula)}", address)
            elif key in masters:
                length += len(masters[key][0])
                if length > MOST_UNSHARED:
                    raise DomainError(_("Công thức của mẫu quá dài. Bớt công thức rồi gửi lại."))
                xml.set_text(formula, copied(*masters[key], address)[1:])
            for name in ("t", "si", "ref"):
                if formula.hasAttribute(name):
                    formula.removeAttribute(name)
