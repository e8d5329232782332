"""The PDF of a table, read back: the same figures as its preview, on paper of the right size."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from communes.models import Unit
from indicators.enums import Stage
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.annexes import paper
from reports.annexes.build import build_table
from reports.annexes.paper import print_table
from reports.annexes.table import Table, printed_rows
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(places: Places) -> Annex:
    measured = annex_forms.measured()
    plan = annex_forms.plan(places.district)
    told(places.first, measured.values("1234", "5001", "1200", escaped="34", households="5007"))
    told(places.second, measured.values("95", "100", "90", escaped=None))
    drain()
    return annex_forms.annex(plan)


def drawn(form: Annex, unit: Unit) -> Table:
    return build_table(form, unit, Y2024, Stage.PROVISIONAL, "year")


def run(*command: Any) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@pytest.fixture
def told_by(tmp_path: Path) -> Any:
    """(pages of text, what pdfinfo says) of a PDF."""

    def read(content: bytes) -> tuple[list[str], str]:
        file = tmp_path / "bieu.pdf"
        file.write_bytes(content)
        text = run("pdftotext", "-layout", file, "-")
        return text.rstrip("\f").split("\f"), run("pdfinfo", file)

    return read


def test_paper_says_what_the_preview_says(form: Annex, places: Places, told_by: Any) -> None:
    table = drawn(form, places.district)

    (page,), known = told_by(print_table(table))

    words = page.split()
    for row in printed_rows(table):
        for cell in row.cells:
            assert set(cell.text.split()) <= set(words), cell.text
    assert f"Mã kiểm tra: {table.check_code}" in " ".join(words)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in page
    assert page.count("SỐ TẠM TÍNH") == 1  # above the table; at the edge of the pages after it
    assert "A4" in known
    assert "Tagged:" in known
    assert known.split("Tagged:")[1].split()[0] == "yes"


def test_every_page_of_a_long_table_is_numbered_marked_and_headed(
    form: Annex, places: Places, told_by: Any
) -> None:
    for number in range(70):
        builders.unit(f"91{number:03}", f"Xã Thứ {number}", "commune", places.district)

    pages, _known = told_by(print_table(drawn(form, places.district)))

    assert len(pages) > 1
    assert all("SỐ TẠM TÍNH" in page for page in pages)
    assert all("Mã kiểm tra: THU/901/2024/T1/" in page for page in pages)
    assert all("(1)" in page for page in pages)  # the headings are repeated
    numbers = [page.strip().split()[0] for page in pages]
    assert numbers[1:] == [str(n) for n in range(2, len(pages) + 1)]
    assert numbers[0] != "1"
    assert "Thứ 69" in pages[-1]  # some rows go with the signatures
    assert "CHỦ TỊCH" in pages[-1]


def test_lines_of_a_unit_are_kept_on_one_page(form: Annex, places: Places, told_by: Any) -> None:
    """Each unit on two lines, so many that some would be cut by the end of a page."""
    for number in range(40):
        builders.unit(f"91{number:03}", f"Xã Thứ {number}", "commune", places.district)
    table = drawn(form, places.district)
    lines = [replace(row, span=span) for row in table.rows for span in (2, 0)]

    pages, _known = told_by(print_table(replace(table, rows=tuple(lines))))

    assert len(pages) > 2
    for page in pages:
        body = [line for line in page.split("\n") if line.count("…") > 5]
        assert len(body) % 2 == 0


def test_heading_of_a_narrow_column_is_not_broken(
    form: Annex, places: Places, told_by: Any
) -> None:
    stt = form.definition["layouts"][0]["columns"][0]
    stt |= {"heading_vi": "STT", "width": 4}

    (page,), _known = told_by(print_table(drawn(form, places.district)))

    assert "STT" in page.split()


def test_name_that_looks_like_markup_stays_a_name(
    form: Annex, places: Places, told_by: Any
) -> None:
    places.first.name = "Xã <b>=1+1</b> & {{ 7 }}"
    places.first.save()

    (page,), _known = told_by(print_table(drawn(form, places.district)))

    assert {"<b>=1+1</b>", "&", "{{", "}}"} <= set(page.split())


def test_table_too_long_for_paper_is_refused_in_words(
    form: Annex, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "MOST_ROWS", 3)
    with pytest.raises(DomainError, match="dài quá để tạo PDF"):
        print_table(drawn(form, places.district))


def test_pdf_is_downloaded_by_who_may_see_the_unit(form: Annex, places: Places) -> None:
    client = Client()
    client.force_login(builders.official("huyen", places.district, "reviewer"))
    other = builders.unit("902", "Huyện Khác", "district", places.province)

    answer = client.get(f"/bieu/901/2024/{form.code}.pdf?variant=year")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].endswith('.pdf"')
    assert client.get(f"/bieu/{other.code}/2024/{form.code}.pdf").status_code == 404
