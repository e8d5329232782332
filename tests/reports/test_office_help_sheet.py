"""The sheet of the example that explains place-holders is no page of the finished table."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from tests.reports.office_forms import NAMES, SIMPLE, UNITS, filled, parts, template

LISTED = ("ten_don_vi", "ky", "dong.ten")


def with_help(
    words: Iterable[str] = LISTED,
    title: str = "Chỗ điền",
    formula: str = "",
    *,
    first: bool = False,
) -> bytes:
    """Three sheets: the form, one that lists names, one of the office's own with a print area."""

    def more(book: Any, sheet: Any) -> None:
        told = book.add_worksheet(title)
        for row, one in enumerate(words):
            told.write_string(row, 0, one)
        told.print_area("A1:B9")
        own = book.add_worksheet("Phụ")
        own.write_string("A1", "{{ ky }}")
        own.print_area("A1:A5")
        if formula:
            own.write_formula("A2", formula)
        (told if first else sheet).activate()

    return template(SIMPLE, more)


def made(content: bytes) -> Workbook:
    return load_workbook(BytesIO(filled(content)))


def test_list_of_place_holders_is_not_in_the_finished_table() -> None:
    content = with_help()

    book = made(content)

    assert book.sheetnames == ["Biểu", "Phụ"]
    assert book["Biểu"]["B7"].value == "Xã 3"
    assert book["Phụ"]["A1"].value == "năm 2024"
    # what is counted by the place of a sheet goes along
    assert book["Phụ"].print_area == "'Phụ'!$A$1:$A$5"
    assert not [name for name, told in parts(filled(content)).items() if "sheet2.xml" in name]
    assert b"sheet2.xml" not in b"".join(
        told for name, told in parts(filled(content)).items() if name.endswith((".rels", "s].xml"))
    )


def test_book_saved_on_the_list_opens_on_the_table() -> None:
    assert made(with_help(first=True)).active.title == "Biểu"


def test_list_is_known_in_whatever_language_it_was_titled() -> None:
    assert made(with_help(title="Place-holders")).sheetnames == ["Biểu", "Phụ"]


@pytest.mark.parametrize(
    ("words", "formula"),
    [
        (["Lưu ý của phòng", "ky"], ""),  # the office's own words
        ([*LISTED, "{{ ky }}"], ""),
        (LISTED, "='Chỗ điền'!A1"),
    ],
)
def test_sheet_of_the_office_stays(words: list[str], formula: str) -> None:
    assert made(with_help(words, formula=formula)).sheetnames == ["Biểu", "Chỗ điền", "Phụ"]


def test_list_within_the_only_sheet_stays() -> None:
    cells = {**SIMPLE, "A20": "ten_don_vi", "A21": "ky"}

    assert load_workbook(BytesIO(filled(template(cells), UNITS, NAMES))).sheetnames == ["Biểu"]
