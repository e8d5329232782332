"""Workbooks nobody should open: each by the name it has in docs/workbook.md."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

from xlsxwriter import Workbook

from tests.reports.workbook_forms import with_part, zipped

SHEET = "xl/worksheets/sheet1.xml"
STYLES = "xl/styles.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096


def plain() -> bytes:
    """A good workbook of one cell, to be spoilt."""
    stream = BytesIO()
    with Workbook(stream) as book:
        book.add_worksheet().write(0, 0, "Chỉ tiêu")
    return stream.getvalue()


def sheet_of(data: str, *, before: str = "", after: str = "", declared: str = "") -> bytes:
    """The workbook with rows, or whatever else, of one's own."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>{declared}'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"{before}<sheetData>{data}</sheetData>{after}</worksheet>"
    )
    return with_part(plain(), SHEET, lambda _old: text.encode())


def cells(count: int, formula: str = "") -> str:
    inside = f"{formula}<v>1</v>"
    return "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{letter}{row}">{inside}</c>' for letter in "ABCDEFGHIJ")
        + "</row>"
        for row in range(1, count // 10 + 1)
    )


def huge_part(size: int = 300_000_000) -> bytes:
    block = b" " * 1_000_000
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(SHEET, "w") as part:
            for _block in range(size // len(block)):
                part.write(block)
    return stream.getvalue()


def lying_about_its_size() -> bytes:
    """300 MB that the directory declares as 1000 bytes."""
    content = huge_part()
    true, told = struct.pack("<I", 300_000_000), struct.pack("<I", 1000)
    return content.replace(true, told)


def with_entities(declared: str) -> bytes:
    return sheet_of('<row r="1"><c r="A1"><v>&a9;</v></c></row>', declared=declared)


def billion_laughs() -> bytes:
    names = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return with_entities(f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{names}]>')


def many_styles() -> bytes:
    xfs = "<xf/>" * 60_000
    text = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<cellXfs>{xfs}</cellXfs></styleSheet>"
    )
    return with_part(plain(), STYLES, lambda _old: text.encode())


def many_sheets() -> bytes:
    stream = BytesIO()
    with Workbook(stream) as book:
        for _sheet in range(40):
            book.add_worksheet()
    return stream.getvalue()


def locked_entry() -> bytes:
    """A zip whose parts are under a password of their own."""
    content = bytearray(plain())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\x01\x02", place + 4)
    return bytes(content)


def long_ranges() -> bytes:
    ranges = " ".join(f"A{row}" for row in range(1, 200_000))
    rule = f'<dataValidations count="1"><dataValidation sqref="{ranges}"/></dataValidations>'
    return sheet_of("", after=rule)


def long_formulas() -> bytes:
    """One formula of 2 MB that every other cell takes over, moved by a row."""
    master = f'<f t="shared" ref="A1:J999" si="0">{"A1+" * 700_000}1</f>'
    first = f'<row r="1"><c r="A1">{master}<v>1</v></c></row>'
    return sheet_of(first + cells(20_000, '<f t="shared" si="0"/>'))


def at_the_limits() -> bytes:
    """As much as is let through: cells with formulas of their own, and rules."""
    rules = "".join(
        f'<dataValidation type="whole" sqref="A{row}"><formula1>1</formula1></dataValidation>'
        for row in range(1, 4_500)
    )
    after = f'<dataValidations count="1">{rules}</dataValidations>'
    return sheet_of(cells(19_900, "<f>SUM(A1:B1)*2+C1</f>"), after=after)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "text file named .xlsx": (lambda: b"xa;ho\n" * 1000, "không phải là bảng tính Excel"),
    "old .xls": (lambda: OLE, "kiểu cũ (.xls)"),
    "workbook with a password": (
        lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
        "đặt mật khẩu",
    ),
    "zip parts with a password": (locked_entry, "đặt mật khẩu"),
    "macros (.xlsm named .xlsx)": (
        lambda: with_part(plain(), "xl/vbaProject.bin", lambda _old: b"\0"),
        "có macro",
    ),
    "LibreOffice sheet (.ods)": (
        lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
        "kiểu khác (.ods, .xlsb)",
    ),
    "binary workbook (.xlsb)": (
        lambda: zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\0"}),
        "kiểu khác (.ods, .xlsb)",
    ),
    "zip of zips": (
        lambda: zipped({f"{n}.zip": zipped({"a": b"0" * 10_000_000}) for n in range(9)}),
        "không phải là bảng tính Excel",
    ),
    "cut-off file": (lambda: plain()[:-500], "bị hỏng"),
    "parts that are no XML": (
        lambda: with_part(plain(), SHEET, lambda _old: b"hello"),
        "bị hỏng",
    ),
    "bomb, 300 MB in one part": (huge_part, "bung ra quá lớn"),
    "bomb that declares 1 kB": (lying_about_its_size, "bị hỏng"),
    "700 parts": (
        lambda: zipped({"[Content_Types].xml": "", **{f"{n}.xml": "<a/>" for n in range(700)}}),
        "bung ra quá lớn",
    ),
    "entity bomb (billion laughs)": (billion_laughs, "DTD"),
    "entity that names a file": (
        lambda: with_entities('<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'),
        "DTD",
    ),
    "entity bomb in UTF-16": (
        lambda: with_part(
            plain(),
            SHEET,
            lambda _old: '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x []><x/>'.encode(
                "utf-16"
            ),
        ),
        "DTD",
    ),
    "elements nested 100 000 deep": (
        lambda: sheet_of("<a>" * 100_000 + "</a>" * 100_000),
        "lồng quá sâu",
    ),
    "400 000 cells": (lambda: sheet_of(cells(400_000)), "quá rộng"),
    "one cell at XFD1048576": (
        lambda: sheet_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "quá rộng",
    ),
    "500 000 empty rows": (
        lambda: sheet_of("".join(f'<row r="{n}" ht="9"/>' for n in range(1, 500_001))),
        "quá rộng",
    ),
    "merged A1:XFD1048576": (
        lambda: sheet_of("", after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        "quá rộng",
    ),
    "shared formula of 2 MB": (long_formulas, "quá rộng"),
    "40 sheets": (many_sheets, "quá 30 trang tính"),
    "60 000 cell styles": (many_styles, "quá nhiều định dạng"),
    "rule over 200 000 ranges": (long_ranges, "quá nhiều định dạng"),
    "6 MB": (lambda: b"PK" + b"0" * 6_000_000, "quá lớn"),
}
