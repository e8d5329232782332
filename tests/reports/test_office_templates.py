"""An office's own template of a table: who may keep one, what is kept, and what it gives."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from indicators.periods import Period
from indicators.rollups import drain
from reports.annexes.build import build_table
from reports.annexes.measures import measured
from reports.annexes.office.names import SINGLE, place_holders
from reports.annexes.spec import read_spec
from reports.annexes.workbook import write_workbook
from reports.models import Annex, AnnexTemplate
from tests import builders
from tests.builders import Places, official, told
from tests.reports import annex_forms
from tests.reports.office_forms import template

LIST = "/bieu/901/2024/"
PAGE = f"{LIST}thu/mau/"
FILE = f"{LIST}thu/theo-mau.xlsx"
CELLS = {
    "A1": "{{ ten_don_vi }} – {{ ky }} – {{ nguoi_lap }}",
    "A2": "{{ ma_kiem_tra }}",
    "B4": "{{ tong.ten }}",
    "C4": "{{ tong.cot_4 }}",
    "A5": "{{ dong.stt }}",
    "B5": "{{ dong.ten }}",
    "C5": "{{ dong.cot_4 }}",
    "D5": "{{ dong.cot_5 }}",
    "E5": "{{ dong.cot_12 }}",
    "C6": "=SUM(C5:C5)",
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def form(places: Places, settings: LazySettings, tmp_path: Path) -> Annex:
    """A table of a district: one commune with an awkward name, one that has told nothing."""
    settings.MEDIA_ROOT = tmp_path
    measured = annex_forms.measured()
    made = annex_forms.annex(annex_forms.plan(places.district))
    type(places.first).objects.filter(pk=places.first.pk).update(name="=HYPERLINK(A1)")
    told(places.first, measured.values("2", "4", "1"))
    told(places.second, measured.values("95", "100", "90"))
    drain()
    return made


@pytest.fixture
def reviewer(places: Places, client: Client) -> Client:
    client.force_login(official("duyet", places.district, Role.REVIEWER))
    return client


def sent(client: Client, content: bytes, name: str = "Mẫu huyện.xlsx") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content)})


def page(response: Any) -> Worksheet:
    assert response.status_code == 200
    return load_workbook(BytesIO(response.content)).worksheets[0]


@pytest.mark.django_db(transaction=True)
def test_table_is_put_into_the_template_of_the_unit(
    reviewer: Client, form: Annex, places: Places
) -> None:
    assert sent(reviewer, template(CELLS)).status_code == 302

    shown = page(reviewer.get(FILE))

    table = build_table(form, places.district, Period(2024), "provisional")
    rows = {shown[f"B{row}"].value: row for row in range(4, 8)}
    assert shown["A1"].value == "Huyện Thử Nghiệm – năm 2024 – duyet"
    assert shown["A2"].value == table.check_code
    assert len(rows) == 4
    hostile = next(row for name, row in rows.items() if name.startswith("="))
    assert shown[f"B{hostile}"].data_type == "s"
    assert [shown[f"{letter}{hostile}"].value for letter in "CD"] == [2, 50]
    # nothing told, and no plan for anybody: two signs, never a nought
    town = next(row for name, row in rows.items() if "Thị" in name or "TT" in name)
    assert [shown[f"{letter}{town}"].value for letter in "CDE"] == ["…", "…", "–"]
    assert shown["C4"].value == 97
    assert shown["C8"].value == "=SUM(C5:C7)"
    assert shown.oddHeader.right.text == "SỐ TẠM TÍNH"


@pytest.mark.django_db(transaction=True)
def test_versions_are_kept_and_can_be_used_again(reviewer: Client, form: Annex) -> None:
    for words in ("Một", "Hai"):
        sent(reviewer, template({**CELLS, "A3": words}))

    assert list(AnnexTemplate.objects.values_list("version", "active")) == [(1, False), (2, True)]
    assert page(reviewer.get(FILE))["A3"].value == "Hai"
    assert reviewer.post(PAGE, {"step": "1"}).status_code == 302
    assert page(reviewer.get(FILE))["A3"].value == "Một"
    assert page(reviewer.get(f"{PAGE}2.xlsx"))["A3"].value == "Hai"
    assert reviewer.post(PAGE, {"step": "7"}).status_code == 404
    assert page(reviewer.get(FILE))["A3"].value == "Một"  # a refusal changes nothing
    reviewer.post(PAGE, {"step": "none"})
    assert reviewer.get(FILE).status_code == 404
    assert AnnexTemplate.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (template({**CELLS, "A1": "{{ ten_la }}"}), "a.xlsx", "ô A1: Không có chỗ điền"),
        (template(CELLS), "a.xlsm", "Tệp có macro"),
        (b"PK\x03\x04", "a.xlsx", "bị hỏng"),
        (b"", "a.xlsx", "Chọn tệp mẫu .xlsx"),
        (b"PK" + b"0" * 2_200_000, "a.xlsx", "lớn hơn 2 MB"),
        (b"PK" + b"0" * 10_500_000, "a.xlsx", "lớn hơn 2 MB"),
    ],
)
def test_refused_template_changes_nothing(
    reviewer: Client, form: Annex, tmp_path: Path, content: bytes, name: str, words: str
) -> None:
    response = sent(reviewer, content, name)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not AnnexTemplate.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_officer_may_read_the_template_but_not_change_it(
    client: Client, places: Places, form: Annex
) -> None:
    client.force_login(official("can.bo", places.district))

    assert "{{ dong.cot_4 }}" in client.get(PAGE).content.decode()
    assert sent(client, template(CELLS)).status_code == 403
    assert client.post(PAGE, {"step": "none"}).status_code == 403
    assert not AnnexTemplate.objects.exists()


def test_stranger_is_told_nothing(client: Client, places: Places, form: Annex) -> None:
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    client.force_login(official("la", other, Role.REVIEWER))

    for address in (PAGE, FILE, f"{PAGE}vi-du.xlsx", f"{PAGE}1.xlsx"):
        assert client.get(address).status_code == 404
    assert sent(client, template(CELLS)).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("variant", ["year", "period"])
def test_example_is_a_template_that_can_be_used_as_it_is(
    reviewer: Client, form: Annex, variant: str
) -> None:
    example = reviewer.get(f"{PAGE}vi-du.xlsx?variant={variant}")
    address = f"{PAGE}?variant={variant}"
    file = SimpleUploadedFile("vi-du.xlsx", example.content)

    assert reviewer.post(address, {"file": file}).status_code == 302

    made = load_workbook(BytesIO(reviewer.get(f"{FILE}?variant={variant}").content))
    assert len(made.worksheets) == 1  # without the page that explains
    words = [str(cell.value) for row in made.worksheets[0].iter_rows() for cell in row]
    assert not [one for one in words if "{{" in one]
    assert "Tổng cộng (2/3)" in words
    second = load_workbook(BytesIO(example.content)).worksheets[1]
    explained = [row[0].value for row in second.iter_rows(min_row=3)]
    spec = read_spec(form.definition)
    names = [row.name.strip("{} ") for row in place_holders(spec, spec.layout(variant))]
    assert explained == names
    assert set(SINGLE) < set(names)


@pytest.mark.parametrize(("code", "has_groups"), [("901", False), ("90", True)])
def test_example_has_a_row_of_subtotals_only_where_the_table_has_them(
    client: Client, form: Annex, places: Places, code: str, has_groups: bool
) -> None:
    unit = type(places.province).objects.get(code=code)
    client.force_login(official("tinh", unit, Role.REVIEWER))

    shown = page(client.get(f"/bieu/{code}/2024/thu/mau/vi-du.xlsx"))

    words = [str(cell.value) for row in shown.iter_rows() for cell in row]
    assert any(one.startswith("{{ nhom.") for one in words) == has_groups


@pytest.mark.django_db(transaction=True)
def test_example_is_fit_for_signing_as_the_standard_form_is(
    reviewer: Client, form: Annex, places: Places
) -> None:
    example = reviewer.get(f"{PAGE}vi-du.xlsx")
    sent(reviewer, example.content)
    table = build_table(form, places.district, Period(2024), "provisional")
    standard = load_workbook(BytesIO(write_workbook(table))).worksheets[0]

    made = page(reviewer.get(FILE))

    said = {str(cell.value): cell for row in made.iter_rows() for cell in row if cell.value}
    code = re.compile(re.escape(table.check_code.rpartition("/")[0]))
    for words in [
        str(cell.value) for row in standard.iter_rows(max_row=6) for cell in row if cell.value
    ]:
        assert words in said
    assert any("Mã kiểm tra: " in words and code.search(words) for words in said)
    assert any("TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\n" in words for words in said)
    # 11.712 and 28,55 as on the standard sheet, and room for all that is told under the table
    formats = {cell.number_format for row in standard.iter_rows() for cell in row}
    assert {cell.number_format for row in made.iter_rows() for cell in row} == formats
    remarks = said[" ".join(table.remarks)]
    least = measured(table).paragraph(str(remarks.value))
    assert (made.row_dimensions[remarks.row].height or 0) >= least
    heights = [row for row in range(7, 12) if standard.row_dimensions[row].height]
    for row in heights[: table.layout.depth + 1]:
        assert made.row_dimensions[row].height == standard.row_dimensions[row].height


@pytest.mark.django_db(transaction=True)
def test_template_that_the_table_has_outgrown_says_so(reviewer: Client, form: Annex) -> None:
    sent(reviewer, template(CELLS))
    year, period = form.definition["layouts"]
    shorter = {**year, "columns": year["columns"][:3]}
    form.definition = {**form.definition, "layouts": [shorter, period]}
    form.save()

    response = reviewer.get(FILE)

    assert response.status_code == 422
    assert "Không có chỗ điền “dong.cot_12”" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_page_of_tables_offers_the_template_in_use(
    reviewer: Client, form: Annex, client: Client, places: Places
) -> None:
    assert "Xuất theo mẫu của đơn vị" not in reviewer.get(LIST).content.decode()
    sent(reviewer, template(CELLS))

    assert f"{FILE}?stage=provisional&amp;variant=year" in reviewer.get(LIST).content.decode()
    client.force_login(official("lanh.dao", places.district, Role.LEADER))
    assert "Xuất theo mẫu của đơn vị" in client.get(LIST).content.decode()


@pytest.mark.django_db(transaction=True)
def test_queries_do_not_grow_with_versions(reviewer: Client, form: Annex) -> None:
    sent(reviewer, template(CELLS))
    reviewer.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as once:
        reviewer.get(PAGE)
    for _more in range(3):
        sent(reviewer, template(CELLS))

    with CaptureQueriesContext(connection) as again:
        reviewer.get(PAGE)

    assert len(again) <= len(once)
    assert len(again) <= 14, [row["sql"][:80] for row in again.captured_queries]
