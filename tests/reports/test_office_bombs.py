"""A form that would fill the memory, fetch something or break the page is refused in words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from povertyplan.lib.bookforms import fill as filling
from povertyplan.lib.bookforms import moved
from povertyplan.lib.bookforms.check import checked
from povertyplan.lib.bookforms.fill import Values, fill
from povertyplan.lib.bookforms.marks import UNIT
from povertyplan.lib.errors import DomainError
from tests.reports.office_forms import (
    NAMES,
    SIMPLE,
    UNITS,
    filled,
    line,
    parts,
    template,
    with_parts,
)
from tests.reports.test_office_refusals import refusal


def edited(old: str, new: str, cells: dict[str, str] | None = None, part: str = "") -> bytes:
    """A form with something in the XML of its sheet (or another part) written otherwise."""
    book = template({**SIMPLE, **(cells or {})})
    name = part or "xl/worksheets/sheet1.xml"
    before = parts(book)[name]
    after = before.replace(old.encode(), new.encode())
    assert before != after
    return with_parts(book, **{name: after})


def before_edges(more: str) -> bytes:
    return edited("<pageMargins", f"{more}<pageMargins")


SHARED = '<row r="9"><c r="A9"><f t="shared" si="0" ref="A9:B9">{}</f></c>'
SHARED += '<c r="B9"><f t="shared" si="0"/></c></row></sheetData>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: edited('r="A7"', 'r="$A$7"'), "hỏng"),
        (lambda: edited('r="A7"', 'r="A8"'), "hỏng"),
        (lambda: edited('<row r="7"', '<row r="5"'), "hỏng"),
        (lambda: edited('<row r="7"', '<row r="x"'), "hỏng"),
        (lambda: edited("</sheetData>", SHARED.format('"abc')), "Không đọc được công thức"),
        (lambda: edited("</sheetData>", SHARED.format("A1)")), "Không đọc được công thức"),
    ],
)
def test_broken_address_or_formula_is_refused_in_words(content: Any, words: str) -> None:
    assert words in refusal(content())


FETCHING = [
    'WEBSERVICE("http://x")',
    '_xlfn.WEBSERVICE("http://x")',
    'hyperlink("http://x")',
    "1+_xlfn.IMAGE (A1)",
    'RTD("a","b","c")',
    'CALL("k","W","J")',
    'REGISTER.ID("k","W")',
    'EXEC("calc")',
    'FILTERXML("a","b")',
    "cmd|'/c calc'!A0",
    "[1]!Ten",
    "'http://x/a.xlsx'!A1",
]


@pytest.mark.parametrize("formula", FETCHING)
def test_formula_that_fetches_or_starts_something_is_refused_in_a_cell(formula: str) -> None:
    assert "ô C7: Công thức lấy" in refusal(template({**SIMPLE, "C7": f"={formula}"}))


@pytest.mark.parametrize(
    "place",
    [
        (
            '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>{}'
            "</formula></cfRule></conditionalFormatting>"
        ),
        (
            '<dataValidations><dataValidation type="list" sqref="A1"><formula1>{}</formula1>'
            "</dataValidation></dataValidations>"
        ),
    ],
)
@pytest.mark.parametrize("formula", ["WEBSERVICE(A1)", "[1]Trang!A1"])
def test_formula_that_fetches_is_refused_in_a_rule(place: str, formula: str) -> None:
    assert "Công thức lấy" in refusal(before_edges(place.format(formula)))


ANYWHERE = [
    "INDIRECT(\"'C:\\a\\[b.xlsx]Trang'!A1\")",
    "SUM(indirect (A1))",
    "_xlfn.MAP(A1:A2,INDIRECT)",
    "SUM(OFFSET(A1,0,0,9,1))",
    'CUBEVALUE("a","b")',
    'INFO("directory")',
]


@pytest.mark.parametrize("formula", ANYWHERE)
def test_function_that_names_its_cells_itself_is_refused_with_sheet_and_cell(formula: str) -> None:
    name = next(
        one for one in ("INDIRECT", "OFFSET", "CUBEVALUE", "INFO") if one in formula.upper()
    )

    told = refusal(template({**SIMPLE, "C7": f"={formula}"}))

    assert f"ô C7: Không dùng hàm {name}" in told


def test_function_that_names_its_cells_itself_is_refused_in_a_name() -> None:
    name = "<definedName name=\"ten\">OFFSET('Biểu'!$A$1,1,1)</definedName>"
    told = f"<definedNames>{name}</definedNames>"

    words = refusal(edited("<calcPr", f"{told}<calcPr", part="xl/workbook.xml"))
    assert "ten: Không dùng hàm OFFSET" in words


@pytest.mark.parametrize(
    ("name", "formula", "words"),
    [
        ("_xlnm.Auto_Open", "Biểu!$A$1", "tự chạy"),
        ("Auto_Close2", "Biểu!$A$1", "tự chạy"),
        ("ten", "[1]Biểu!$A$1", "tệp khác"),
        ("ten", "RTD(1,2,3)", "ngoài tệp"),
    ],
)
def test_name_that_runs_or_fetches_is_refused(name: str, formula: str, words: str) -> None:
    told = f'<definedNames><definedName name="{name}">{formula}</definedName></definedNames>'

    assert words in refusal(edited("<calcPr", f"{told}<calcPr", part="xl/workbook.xml"))


def test_word_that_is_no_call_is_taken() -> None:
    for words in ("call | exec", "the offsets", "info"):
        checked(template({**SIMPLE, "C7": f'=IF(A1="{words}","image",1)'}), NAMES)


@pytest.mark.parametrize("sign", ["\ue001", "&#xE002;", "&#57347;", "\ue004"])
def test_sign_that_filling_in_uses_itself_is_refused(sign: str) -> None:
    words = "U+E001"

    assert words in refusal(edited("<dimension", f'<sheetPr codeName="a{sign}"/><dimension'))
    book = edited("Người lập", f"Người {sign}", part="xl/sharedStrings.xml")
    assert words in refusal(book)


def test_text_longer_than_a_cell_takes_is_refused() -> None:
    long = edited("Người lập", "x" * 32_768, part="xl/sharedStrings.xml")

    assert "ô A7: Ô chứa quá nhiều chữ." in refusal(long)
    checked(edited("Người lập", "x" * 32_767, part="xl/sharedStrings.xml"), NAMES)


def test_text_used_in_many_cells_counts_each_time() -> None:
    used = {f"{letter}5": "{{ dong.ten }}" for letter in "EFGHIJKLMNOPQRSTUVWXYZ"}
    used |= {f"A{letter}5": "{{ dong.ten }}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    used |= {f"B{letter}5": "{{ dong.ten }}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    long = edited("{{ dong.ten }}", "{{ dong.ten }}" + "x" * 32_000, used, "xl/sharedStrings.xml")

    assert "Chữ quanh các chỗ điền quá dài" in refusal(long)


@pytest.mark.parametrize(
    "refs",
    [("A7:B7", "A7:B7"), ("A7:B8", "B8:C9"), ("A7:B7", "B7")],
)
def test_merged_cells_over_one_another_are_refused(refs: tuple[str, ...]) -> None:
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in refs)

    assert "Ô gộp trùng" in refusal(before_edges(f"<mergeCells>{merged}</mergeCells>"))


def test_merge_of_one_cell_is_left_out() -> None:
    merged = '<mergeCells><mergeCell ref="A5"/><mergeCell ref="B5:B5"/></mergeCells>'

    assert b"mergeCell" not in parts(filled(before_edges(merged)))["xl/worksheets/sheet1.xml"]


def test_merged_cells_of_many_rows_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved, "MOST_MERGED", 10)
    content = before_edges('<mergeCells><mergeCell ref="C5:D5"/></mergeCells>')

    filled(content, UNITS)
    with pytest.raises(DomainError, match="quá nhiều ô gộp"):
        filled(content, [line(UNIT, f"Xã {n}", n) for n in range(20)])


def test_form_grown_too_large_stops_before_it_fills_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filling, "MOST_WRITTEN", 3_000_000)
    content = edited("Xã", "x" * 30_000, {"E5": "Xã {{ dong.ten }}"}, "xl/sharedStrings.xml")
    out = BytesIO()

    with pytest.raises(DomainError, match="quá lớn"):
        fill(checked(content, NAMES), Values({}, UNITS * 100), out)


def test_formulas_are_limited_once_each_cell_has_its_own() -> None:
    formula = "+".join(["A1"] * 2_000)
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><f t="shared" si="0"/></c></row>' for n in range(10, 300)
    )
    first = f'<row r="9"><c r="A9"><f t="shared" si="0" ref="A9:A300">{formula}</f></c></row>'

    assert "Công thức của mẫu quá dài" in refusal(
        edited("</sheetData>", f"{first}{rows}</sheetData>")
    )


@pytest.mark.parametrize("name", ["ten", "_xlnm.Print_Area"])
def test_formula_of_a_name_is_no_longer_than_that_of_a_cell(name: str) -> None:
    formula = "+".join(["Biểu!$A$1"] * 1_000)
    told = f'<definedNames><definedName name="{name}">{formula}</definedName></definedNames>'

    assert "quá dài" in refusal(edited("<calcPr", f"{told}<calcPr", part="xl/workbook.xml"))
