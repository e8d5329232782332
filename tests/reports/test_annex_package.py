"""No workbook makes Excel ask to repair it, and each follows Decree 30/2020 on paper."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from communes.models import Unit
from indicators.enums import Stage
from indicators.rollups import drain
from reports.annexes.build import build_table
from reports.annexes.sources import read_sources
from reports.annexes.table import Table
from reports.annexes.workbook import write_workbook
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.packages import Package

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "<b>&amp;</b>",
    "Xã " + "dài" * 39,
    "\x07\x0b_x0041_",
    "'Xã'",
]


@pytest.fixture
def form(places: Places) -> Annex:
    measured = annex_forms.measured()
    plan = annex_forms.plan(places.district)
    told(places.first, measured.values("1234", "5001", "1200", escaped="34", households="5007"))
    told(places.second, measured.values("95", "100", "90", escaped=None))
    drain()
    return annex_forms.annex(plan)


def drawn(form: Annex, unit: Unit, variant: str = "year") -> Table:
    return build_table(form, unit, Y2024, Stage.PROVISIONAL, variant)


def written(table: Table) -> bytes:
    return write_workbook(table, read_sources(table))


def more_units(district: Unit, count: int = 66) -> None:
    for number in range(count):
        builders.unit(f"91{number:03}", f"Xã Thứ {number}", "commune", district)


def run(*command: object) -> str:
    asked = [str(part) for part in command]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=180).stdout


# -- Excel's strictest reading -------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["year", "period"])
def test_every_part_is_as_the_schema_says(form: Annex, places: Places, variant: str) -> None:
    for unit in (places.district, places.province, places.first):
        assert Package(written(drawn(form, unit, variant))).faults() == []


def test_long_table_with_names_meant_to_harm_is_sound(form: Annex, places: Places) -> None:
    more_units(places.district)
    for unit, name in zip(Unit.objects.filter(tier=places.first.tier), HOSTILE, strict=False):
        Unit.objects.filter(pk=unit.pk).update(name=name)
    form.definition["number"] = "[1]:*?/\\'" + "9" * 40

    content = written(drawn(form, places.district))

    assert Package(content).faults() == []
    texts = {
        cell.value for sheet in load_workbook(BytesIO(content)) for row in sheet for cell in row
    }
    assert {name for name in HOSTILE if name.isprintable()} <= texts


def test_words_without_end_stay_within_the_limits(form: Annex, places: Places) -> None:
    """Names of 300 letters and more, a title and notes of thousands, an edge too long."""
    table = drawn(form, places.district)
    table = replace(
        table,
        title="Hộ nghèo " * 40,
        remarks=("Chưa có số liệu: " + ", ".join(["xã Hoàng Thu Phố"] * 4000) + ".",),
        stamp=" · ".join([table.stamp, "số liệu minh họa " * 20]),
        rows=tuple(
            row.with_cell(1, replace(row.cells[1], text="Xã " + "rất dài " * (38 + 100 * place)))
            for place, row in enumerate(table.rows)
        ),
    )

    content = written(table)

    assert Package(content).faults() == []
    first = load_workbook(BytesIO(content)).worksheets[0]
    told_all = [str(cell.value) for row in first for cell in row if "Hoàng" in str(cell.value)]
    assert " ".join(told_all).count("Hoàng Thu Phố") == 4000
    assert table.check_words in first.oddFooter.right.text


Change = Callable[[str], str]
SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"


def swapped(first: str, second: str) -> Change:
    found = re.compile(
        rf"(<{first}\b.*?</{first}>)(.*?)(<{second}\b[^>]*/>|<{second}>.*?</{second}>)", re.DOTALL
    )
    return lambda text: found.sub(r"\3\2\1", text, count=1)


def instead(old: str, new: str) -> Change:
    return lambda text: re.sub(old, new, text, count=1, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("part", "change", "fault"),
    [
        (SHEET, swapped("oddHeader", "firstFooter"), "order of"),
        (SHEET, swapped("mergeCells", "pageMargins"), "order of"),
        (SHEET, instead(r' s="3"', ' s="9999"'), "style of"),
        (SHEET, instead(r"<mergeCell ", '<mergeCell ref="A1:C2"/><mergeCell '), "overlap"),
        (SHEET, instead("<firstFooter>", "<firstFooter>" + "x" * 300), "too long"),
        (SHEET, instead(r'<row r="1"', '<row r="99"'), "row 2 after 99"),
        (SHEET, instead(r't="inlineStr"', 't="s"'), "text of"),
        (SHEET, instead(r'(<c r="A1".*?</c>)', r"\1\1"), "cell A1 out of place"),
        (SHEET, instead(r' ht="[0-9.]+"', ' ht="500"'), "pt high"),
        (BOOK, instead('name="Nguồn"', 'name="biểu 01"'), "sheet name twice"),
        (BOOK, instead('name="Nguồn"', f'name="{"N" * 32}"'), "sheet name"),
        (BOOK, instead('name="Nguồn"', 'name="N:n"'), "sheet name"),
        (BOOK, instead("(<definedName .*?</definedName>)", r"\1\1"), "defined name twice"),
        (BOOK, instead("'Biểu 01'!", "'Biểu 02'!"), "leads to no sheet"),
        (
            "xl/_rels/workbook.xml.rels",
            instead("<Relationship [^>]*sheet2[^>]*/>", ""),
            "of no part",
        ),
        ("[Content_Types].xml", instead("<Override [^>]*sheet2[^>]*/>", ""), "no type"),
        ("xl/styles.xml", instead('<fonts count="[0-9]+"', '<fonts count="1"'), "count of"),
        ("xl/styles.xml", instead('fontId="[1-9]', 'fontId="999'), "fontId"),
    ],
)
def test_broken_package_is_seen(
    form: Annex, places: Places, part: str, change: Change, fault: str
) -> None:
    """The checks above mean something: each of these makes Excel ask to repair the file."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(written(drawn(form, places.district)))) as packed,
        zipfile.ZipFile(stream, "w") as broken,
    ):
        for name in packed.namelist():
            content = packed.read(name)
            changed = change(content.decode()).encode() if name == part else content
            assert (changed != content) == (name == part)
            broken.writestr(name, changed)

    assert any(fault in found for found in Package(stream.getvalue()).faults())


# -- Decree 30/2020 ------------------------------------------------------------------------------


def test_paper_margins_and_letters_are_those_of_the_decree(form: Annex, places: Places) -> None:
    content = written(drawn(form, places.district))

    assert Package(content).fonts == {"Times New Roman"}
    for shown in load_workbook(BytesIO(content)).worksheets:
        edges = {side: getattr(shown.page_margins, side) * 25.4 for side in ("top", "bottom")}
        assert all(20 <= round(edge, 3) <= 25 for edge in edges.values())
        assert 30 <= round(shown.page_margins.left * 25.4, 3) <= 35
        assert 15 <= round(shown.page_margins.right * 25.4, 3) <= 20
        assert shown.page_setup.paperSize == 9  # A4
        assert shown.page_setup.fitToWidth in (None, 1)
        assert shown.print_area
        assert shown.print_title_rows


def test_page_number_stands_on_every_page_but_the_first(form: Annex, places: Places) -> None:
    more_units(places.district)
    book = load_workbook(BytesIO(written(drawn(form, places.district))))
    for shown in book.worksheets:
        assert shown.HeaderFooter.differentFirst
        assert shown.oddHeader.center.text == "&P"
        assert shown.oddHeader.center.size == 13
        assert shown.firstHeader.center.text is None
        assert shown.oddHeader.right.text == "SỐ TẠM TÍNH"
        for footer in (shown.oddFooter, shown.firstFooter):
            assert "Mã kiểm tra: THU/901/2024/T1/" in footer.right.text
    # page 1 says it once: the form above its table, the sheet of sources at its edge
    form_sheet, sources = book.worksheets
    assert form_sheet.firstHeader.right.text is None
    assert "SỐ TẠM TÍNH" in [cell.value for cell in form_sheet["A"]]
    assert sources.firstHeader.right.text == "SỐ TẠM TÍNH"


@pytest.mark.office
def test_printed_pages_are_numbered_from_the_second_and_marked(
    form: Annex, places: Places, tmp_path: Path
) -> None:
    more_units(places.district)
    table = drawn(form, places.district)
    (tmp_path / "bieu.xlsx").write_bytes(write_workbook(table))
    office = os.environ.get("SOFFICE") or "soffice"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    converting = ["--headless", "--convert-to", "pdf", "--outdir", tmp_path]
    run(office, profile, *converting, tmp_path / "bieu.xlsx")
    words = run("pdftotext", "-layout", tmp_path / "bieu.pdf", "-")

    pages = words.rstrip("\f").split("\f")
    heads = [page.strip().split("\n")[0].split() for page in pages]
    assert len(pages) > 2
    assert heads[0][0] != "1"
    assert [head[0] for head in heads[1:]] == [str(n) for n in range(2, len(pages) + 1)]
    assert [page.count("SỐ TẠM TÍNH") for page in pages] == [1] * len(pages)
    assert all(table.check_words in page for page in pages)
