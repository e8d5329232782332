"""What a workbook sent by somebody may be, checked before any program opens it.

A workbook is a zip of XML files. Its directory is read first, then each XML file once, as a
stream and within limits: whoever builds a program's objects from it afterwards builds few. A
refusal is one sentence that says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO
from xml.parsers import expat
from zipfile import ZipInfo

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from povertyplan.lib.archives import BrokenArchiveError, HugeArchiveError, opened
from povertyplan.lib.errors import DomainError

MAX_BYTES = 5_000_000
"""Of the file as sent; a return is 20 kB, the largest annex of a province 60 kB."""
UNPACKED_BYTES = 20_000_000
PARTS = 500
DEPTH = 40
SHEETS = 30
CELLS = 20_000
ROWS = 20_000
CELL_ELEMENTS = 8 * CELLS
"""Rows, cells, their values and formulas, shared texts and what these are made of."""
LAST_ROW, LAST_COLUMN = 5_000, 500
MERGED_CELLS = 50_000
OTHER_ELEMENTS = 10_000
"""Styles, rules, comments, drawings: each becomes an object of some kB."""
RANGES_LENGTH = 100_000
FORMULA_LENGTH = 8_192
"""The longest that Excel itself takes."""

NOT_A_WORKBOOK = _("Tệp không phải là bảng tính Excel (.xlsx). Mở bằng Excel, lưu dạng .xlsx.")
OLD = _("Tệp là Excel kiểu cũ (.xls). Mở bằng Excel, chọn “Lưu thành”, kiểu .xlsx, rồi nộp lại.")
LOCKED = _("Tệp đang đặt mật khẩu mở tệp. Bỏ mật khẩu (Tệp › Thông tin › Mã hóa) rồi nộp lại.")
MACRO = _("Tệp có macro nên không nhận. Lưu thành “Sổ làm việc Excel (.xlsx)” rồi nộp lại.")
OTHER_KIND = _("Tệp là bảng tính kiểu khác (.ods, .xlsb). Lưu thành kiểu .xlsx rồi nộp lại.")
BROKEN = _("Tệp Excel bị hỏng, không mở được. Mở lại bằng Excel, lưu thành tệp mới rồi nộp lại.")
TOO_LARGE = format_lazy(
    _("Tệp quá lớn: chỉ nhận tệp dưới {most} MB. Nộp đúng tệp mẫu đã tải."),
    most=MAX_BYTES // 1_000_000,
)
BOMB = _(
    "Tệp nén bất thường: bung ra quá lớn so với một báo cáo nên không mở. "
    "Tải mẫu mới, chép số sang rồi nộp lại."
)
ENTITIES = _(
    "Tệp có khai báo XML (DTD) mà Excel không bao giờ ghi nên không mở. Tải mẫu mới rồi điền."
)
TOO_DEEP = _("Cấu trúc bên trong tệp lồng quá sâu nên không mở. Tải mẫu mới rồi điền lại.")
TOO_MANY_SHEETS = format_lazy(
    _("Tệp có quá {most} trang tính. Chỉ để lại trang báo cáo rồi nộp lại."), most=SHEETS
)
TOO_MANY_CELLS = format_lazy(
    _(
        "Trang tính quá rộng: quá {cells} ô có dữ liệu, hoặc có ô ngoài {rows} dòng, "
        "{columns} cột đầu. Xóa phần thừa, hoặc chép sang mẫu mới rồi nộp lại."
    ),
    cells=CELLS,
    rows=LAST_ROW,
    columns=LAST_COLUMN,
)
TOO_MANY_STYLES = _(
    "Tệp có quá nhiều định dạng, quy tắc hoặc hình vẽ. "
    "Tải mẫu mới, chép số sang (dán giá trị) rồi nộp lại."
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OLE = "EncryptedPackage".encode("utf-16-le")
_OF_CELLS = {"row", "c", "v", "f", "is", "t", "si", "r", "rPr"}
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_READ = 65_536


def check_workbook(content: bytes) -> None:
    """Refuse with DomainError what is no plain workbook or is too much of one."""
    if len(content) > MAX_BYTES:
        raise DomainError(TOO_LARGE)
    if content.startswith(_OLE):
        raise DomainError(LOCKED if _ENCRYPTED_OLE in content else OLD)
    if not content.startswith(b"PK"):
        raise DomainError(NOT_A_WORKBOOK)
    try:
        with opened(content) as archive:
            entries = archive.infolist()
            _check_directory(entries)
            scan = _Scan()
            for entry in entries:
                with archive.open(entry) as part:
                    scan.part(part)
    except HugeArchiveError:
        raise DomainError(BOMB) from None
    except BrokenArchiveError as error:
        raise DomainError(BROKEN) from error


def _check_directory(entries: list[ZipInfo]) -> None:
    names = {entry.filename.lower() for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise DomainError(LOCKED)
    if any(name.endswith("vbaproject.bin") for name in names):
        raise DomainError(MACRO)
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise DomainError(OTHER_KIND)
    if "[content_types].xml" not in names:
        raise DomainError(NOT_A_WORKBOOK)
    if len(entries) > PARTS or sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise DomainError(BOMB)


class _Scan:
    """Counts what the XML files of one workbook hold; stops at the first limit that is passed."""

    def __init__(self) -> None:
        self.cells = self.rows = self.cell_elements = self.others = 0
        self.sheets = self.merged = self.ranges = 0
        self.depth = self.formula = 0
        self.parser: expat.XMLParserType

    def part(self, part: IO[bytes]) -> None:
        """Read a file of the zip to its end, if it is XML. No more of it is held than a block.

        The zip module stops at the size that the directory has declared.
        """
        block = part.read(_READ)
        if not _is_xml(block):
            return
        self.depth = 0
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            while block:
                parser.Parse(block, False)
                block = part.read(_READ)
        except expat.ExpatError:
            return  # whoever reads this file stops at the same place

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise DomainError(TOO_DEEP)
        local = name.rpartition(":")[2]
        counted = _COUNTED.get(local)
        if counted is not None:
            counted(self, attributes)
        if local in _OF_CELLS:
            self._of_cells()
        else:
            self._other(attributes)

    def _end(self, _name: str) -> None:
        self.depth -= 1
        self.parser.CharacterDataHandler = None

    def _doctype(self, *_declared: object) -> None:
        raise DomainError(ENTITIES)

    def _of_cells(self) -> None:
        self.cell_elements += 1
        if self.cell_elements > CELL_ELEMENTS:
            raise DomainError(TOO_MANY_CELLS)

    def _row(self, _attributes: dict[str, str]) -> None:
        self.rows += 1
        if self.rows > ROWS:
            raise DomainError(TOO_MANY_CELLS)

    def _cell(self, attributes: dict[str, str]) -> None:
        self.cells += 1
        _place(attributes.get("r", "A1"))
        if self.cells > CELLS:
            raise DomainError(TOO_MANY_CELLS)

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _colon, last = attributes.get("ref", "A1").partition(":")
        (top, left), (bottom, right) = _place(first), _place(last or first)
        self.merged += (abs(bottom - top) + 1) * (abs(right - left) + 1)
        if self.merged > MERGED_CELLS:
            raise DomainError(TOO_MANY_CELLS)

    def _sheet(self, _attributes: dict[str, str]) -> None:
        self.sheets += 1
        if self.sheets > SHEETS:
            raise DomainError(TOO_MANY_SHEETS)

    def _formula(self, _attributes: dict[str, str]) -> None:
        self.formula = 0
        self.parser.CharacterDataHandler = self._formula_text

    def _formula_text(self, text: str) -> None:
        self.formula += len(text)
        if self.formula > FORMULA_LENGTH:
            raise DomainError(TOO_MANY_CELLS)

    def _other(self, attributes: dict[str, str]) -> None:
        self.others += 1
        self.ranges += len(attributes.get("sqref", "")) + len(attributes.get("ref", ""))
        if self.others > OTHER_ELEMENTS or self.ranges > RANGES_LENGTH:
            raise DomainError(TOO_MANY_STYLES)


_COUNTED: dict[str, Callable[[_Scan, dict[str, str]], None]] = {
    "c": _Scan._cell,
    "f": _Scan._formula,
    "mergeCell": _Scan._merge,
    "row": _Scan._row,
    "sheet": _Scan._sheet,
}


def _is_xml(block: bytes) -> bool:
    """Does it begin as XML does, in any encoding? Else no parser gets beyond its first byte."""
    start = block.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return not start or start.startswith(b"<")


def _place(reference: str) -> tuple[int, int]:
    """Row and column (from 1) of B7, within what is read."""
    found = _CELL.fullmatch(reference)
    if found is None:
        raise DomainError(BROKEN)
    row, column = int(found[2]), 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if row > LAST_ROW or column > LAST_COLUMN:
        raise DomainError(TOO_MANY_CELLS)
    return row, column
