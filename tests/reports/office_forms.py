"""Workbook templates as an office might make them, and what comes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from PIL import Image
from xlsxwriter import Workbook

from povertyplan.lib.bookforms.check import checked
from povertyplan.lib.bookforms.fill import Line, Values, fill
from povertyplan.lib.bookforms.marks import GROUP, TOTAL, UNIT, Names, Value

COLUMNS = frozenset({"stt", "ten", "cot_3", "cot_4"})
NAMES = Names(
    frozenset({"ten_don_vi", "ky", "dau_so_lieu"}),
    dict.fromkeys((UNIT, GROUP, TOTAL), COLUMNS),
    frozenset({UNIT, GROUP}),
)


def picture() -> BytesIO:
    stream = BytesIO()
    Image.new("RGB", (24, 24), "red").save(stream, "PNG")
    stream.seek(0)
    return stream


def template(cells: Mapping[str, str], more: Callable[[Any, Any], None] | None = None) -> bytes:
    """A sheet “Biểu” of texts and (with =) formulas; `more` is given the book and the sheet."""
    stream = BytesIO()
    with Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Biểu")
        for address, words in cells.items():
            if words.startswith("="):
                sheet.write_formula(address, words, None, 5)
            else:
                sheet.write_string(address, words)
        if more is not None:
            more(book, sheet)
    return stream.getvalue()


SIMPLE = {
    "A1": "ỦY BAN NHÂN DÂN {{ ten_don_vi | upper }}",
    "A3": "Số liệu {{ ky }}",
    "A5": "{{ dong.stt }}",
    "B5": "{{ dong.ten }}",
    "C5": "{{ dong.cot_3 }}",
    "D5": "{{ dong.cot_4 }}",
    "A7": "Người lập",
}


def line(kind: str, name: str, third: object, fourth: object = None, stt: str = "") -> Line:
    """A row; a number is one, anything else its words."""

    def value(told: object) -> Value:
        if isinstance(told, int | Decimal):
            return Value(str(told), Decimal(told))
        return Value("…" if told is None else str(told))

    told = {"stt": Value(stt), "ten": Value(name), "cot_3": value(third), "cot_4": value(fourth)}
    return Line(kind, lambda: told)


UNITS = [line(UNIT, f"Xã {n}", n * 10, n, str(n)) for n in (1, 2, 3)]


def filled(
    content: bytes,
    lines: Sequence[Line] = UNITS,
    names: Names = NAMES,
    mark: str = "",
    **single: str,
) -> bytes:
    told = {"ten_don_vi": "Huyện Bắc Hà", "ky": "năm 2024", "dau_so_lieu": mark, **single}
    values = {name.replace("__", "."): Value(words) for name, words in told.items()}
    out = BytesIO()
    form = checked(content, names)
    fill(form, Values(values, lines, "" if "dau_so_lieu" in form.used else mark), out)
    return out.getvalue()


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_parts(content: bytes, **more: bytes) -> bytes:
    """The same with other parts: their paths, / written __."""
    new = {name.replace("__", "/").replace("_DOT_", "."): told for name, told in more.items()}
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, told in {**parts(content), **new}.items():
            target.writestr(name, told)
    return stream.getvalue()
