"""What is looked up as files, read back. Source: issue 6, point 6."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from communes.models import Official, Unit
from indicators.periods import Period
from reports.explore import download
from reports.explore import pivot as pivots
from tests.builders import Catalogue, Places, official
from tests.reports.explored import HOME, told

pytestmark = pytest.mark.django_db

QUERY = "don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2023,2024"
Y2023, Y2024 = Period(2023), Period(2024)


@pytest.fixture
def reader(places: Places, catalogue: Catalogue, client: Client) -> Official:
    """A district's reviewer, signed in; two communes of three have figures of 2024."""
    for unit, period, households, poor in (
        (places.first, Y2023, "100", "12"),
        (places.first, Y2024, "100", "10"),
        (places.second, Y2024, "3000", "1350"),
    ):
        told(unit, {catalogue.households: households, catalogue.poor: poor}, period)
    person = official("huyen", places.district, Role.REVIEWER)
    client.force_login(person)
    return person


def sheet(client: Client, query: str, number: int = 0) -> Worksheet:
    answer = client.get(f"{HOME}tai.xlsx?{query}")
    assert answer.status_code == 200
    assert "tra-cuu-901" in answer.headers["Content-Disposition"]
    return load_workbook(BytesIO(answer.content)).worksheets[number]


def below_heads(page: Worksheet, first: str) -> dict[str, list[Any]]:
    """The rows from the one whose name is `first`: {name: cells behind name and note}."""
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    start = next(n for n, row in enumerate(rows) if row[0] == first)
    return {row[0]: row[2:] for row in rows[start:]}


def lines(client: Client, query: str) -> tuple[list[str], list[dict[str, str]]]:
    """(what the file says of itself, its figures)."""
    answer = client.get(f"{HOME}tai.csv?{query}")
    assert isinstance(answer, StreamingHttpResponse)
    text = b"".join(answer).decode("utf-8-sig")  # type: ignore[arg-type]
    told_ = [line for line in csv.reader(StringIO(text)) if line and line[0].startswith("# ")]
    body = list(csv.reader(StringIO(text)))[len(told_) :]
    return [line[0] for line in told_], [dict(zip(body[0], row, strict=True)) for row in body[1:]]


def test_workbook_holds_numbers_and_the_rolled_up_rate(client: Client, reader: Official) -> None:
    """1360 of 3100 = 43,87 %; the mean of 10 % and 45 % would be 27,5 %."""
    page = sheet(client, QUERY)

    rows = below_heads(page, "Huyện Thử Nghiệm")
    whole = rows["Huyện Thử Nghiệm"]
    assert whole[1] == 1360
    assert round(whole[3], 2) == 43.87
    assert rows["Xã Hai"] == [None, 1350, None, 45]
    assert rows["Thị trấn Trung Tâm"] == [None, None, None, None]
    formats = {cell.value: cell.number_format for row in page.iter_rows() for cell in row}
    assert (formats[1350], formats[45]) == ("#,##0", "#,##0.00")


def test_files_say_what_they_are(client: Client, reader: Official, catalogue: Catalogue) -> None:
    page = sheet(client, QUERY)
    said = [page.cell(row, 1).value for row in range(1, 7)]
    told_ = lines(client, QUERY)[0]

    assert said[0] == "Huyện Thử Nghiệm, năm 2023 đến năm 2024"
    assert said[1] == "Loại số liệu: tạm tính"
    assert "người lấy: huyen, Cán bộ duyệt, Huyện Thử Nghiệm" in str(said[2])
    link = str(said[4]).removeprefix("Mở lại trên phần mềm: ")
    assert client.get(f"{urlsplit(link).path}?{urlsplit(link).query}").status_code == 200
    assert [f"# {line}" for line in said[:2]] == told_[:2]
    heads = [[cell.value for cell in row] for row in page.iter_rows(min_row=6, max_row=10)]
    assert [None, None, "hộ", "hộ", "%", "%"] in heads
    assert [None, None, "Năm 2023", "Năm 2024", "Năm 2023", "Năm 2024"] in heads


def test_sample_figures_are_marked_in_files(
    client: Client, reader: Official, places: Places, catalogue: Catalogue
) -> None:
    assert not any("MINH HỌA" in line for line in lines(client, QUERY)[0])

    told(places.town, {catalogue.poor: "3"}, Y2024, is_sample=True)

    assert any("MINH HỌA" in line for line in lines(client, QUERY)[0])
    page = sheet(client, QUERY)
    assert any("MINH HỌA" in str(page.cell(row, 1).value) for row in range(1, 7))


def test_second_sheet_lists_what_is_not_complete(client: Client, reader: Official) -> None:
    page = sheet(client, QUERY, 1)

    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert ["Huyện Thử Nghiệm", "Tỷ lệ hộ nghèo", "2024", 2, 3] in rows
    assert all(row[0] == "Huyện Thử Nghiệm" for row in rows)


def test_sum_without_all_its_units_is_marked_where_it_stands(
    client: Client, reader: Official
) -> None:
    """A number still, with a mark and how many units are in it; what is complete has neither."""
    page = sheet(client, QUERY)
    cells = {cell.value: cell for row in page.iter_rows() for cell in row}
    whole, part = cells[1360], cells[1350]

    assert (whole.data_type, whole.number_format) == ("n", '#,##0"*"')
    assert whole.comment is not None
    assert whole.comment.text == "Mới có số của 2/3 đơn vị."
    assert whole.fill.fgColor.rgb != part.fill.fgColor.rgb
    assert (part.number_format, part.comment) == ("#,##0", None)
    said = "Số có dấu *: chưa đủ đơn vị báo cáo, là số của các đơn vị đã báo."
    assert said in cells
    assert said not in {
        cell.value
        for row in sheet(client, "don-vi=90102&cap=chinh&chi-tieu=poor&ky=2024").iter_rows()
        for cell in row
    }


def test_mark_stays_where_comments_would_be_too_many(
    client: Client, reader: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_COMMENTS", 1)

    cells = [cell for row in sheet(client, QUERY).iter_rows() for cell in row]

    assert sum(cell.comment is not None for cell in cells) == 1
    assert sum(cell.number_format.endswith('"*"') for cell in cells) == 4


def test_csv_says_of_each_figure_whether_its_units_lack(client: Client, reader: Official) -> None:
    said, figures = lines(client, QUERY)
    found = {(row["Đơn vị"], row["Kỳ"]): row["Tình trạng"] for row in figures}

    assert found["Huyện Thử Nghiệm", "2024"] == "chưa đủ đơn vị"
    assert found["Xã Hai", "2024"] == ""
    assert any("chưa đủ đơn vị báo cáo" in line for line in said)


def test_csv_has_a_line_a_figure_with_a_decimal_point(client: Client, reader: Official) -> None:
    found = {
        (row["Đơn vị"], row["Mã chỉ tiêu"], row["Kỳ"]): (row["Giá trị"], row["Tình trạng"])
        for row in lines(client, QUERY)[1]
    }

    assert len(found) == 4 * 2 * 2
    assert found["Xã Hai", "rate", "2024"] == ("45", "")
    assert found["Xã Một", "rate", "2023"] == ("12", "")
    assert found["Xã Hai", "poor", "2023"] == ("", "chưa có số liệu")
    assert found["Huyện Thử Nghiệm", "rate", "2024"][0].startswith("43.87")


def test_difference_and_plan_stand_in_columns_of_their_own(
    client: Client, reader: Official
) -> None:
    query = "don-vi=901&cap=duoi&chi-tieu=rate&ky=2024&so-voi=nam-truoc&ke-hoach=co"

    assert below_heads(sheet(client, query), "Huyện Thử Nghiệm")["Xã Một"] == [10, -2, None]
    first = next(row for row in lines(client, query)[1] if row["Đơn vị"] == "Xã Một")
    assert first["So với năm trước"] == "-2"


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)"])
def test_name_that_begins_like_a_formula_is_text(
    client: Client, reader: Official, places: Places, name: str
) -> None:
    Unit.objects.filter(pk=places.first.pk).update(name=name)

    page = sheet(client, QUERY)
    cell = next(cell for row in page.iter_rows() for cell in row if cell.value == name)
    assert cell.data_type == "s"
    assert f"'{name}" in {row["Đơn vị"] for row in lines(client, QUERY)[1]}


def test_files_keep_filters_and_order_and_hold_every_row(
    client: Client, reader: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pivots, "MOST_ROWS", 1)
    query = "don-vi=901&cap=duoi&chi-tieu=rate&ky=2024&co-so=co&xep=-rate"

    names = list(below_heads(sheet(client, query), "Huyện Thử Nghiệm"))

    assert names == ["Huyện Thử Nghiệm", "Xã Hai", "Xã Một"]
    assert [row["Đơn vị"] for row in lines(client, query)[1]] == names


def test_files_leave_out_what_the_reader_may_not_see(
    client: Client, reader: Official, places: Places
) -> None:
    client.force_login(official("thong.ke", places.district))

    said, figures = lines(client, QUERY)

    assert {row["Đơn vị"] for row in figures} == {"Huyện Thử Nghiệm"}
    assert "# Không gồm 3 đơn vị ngoài phạm vi được xem của người lấy." in said
    page = sheet(client, QUERY)
    assert "Xã Một" not in {cell.value for row in page.iter_rows() for cell in row}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_too_much_for_a_file_leads_back_with_the_reason(
    client: Client, reader: Official, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(pivots, "MOST_IN_FILE", 2)

    answer = client.get(f"{HOME}tai.{kind}?{QUERY}", follow=True)

    assert answer.redirect_chain[0][1] == 302
    assert "nhiều hơn mức 2" in answer.content.decode()
