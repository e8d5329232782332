"""Tables that are not read back say which they are, why not, and which ones are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from openpyxl.worksheet.worksheet import Worksheet

from indicators.enums import Stage
from reports.annexes.build import build_table
from reports.annexes.workbook import write_workbook
from reports.models import Annex
from tests.builders import Y2024, Places
from tests.reports import annex_forms
from tests.reports.annex_forms import rate, shown, text
from tests.reports.workbook_district import PAGE, District, made
from tests.reports.workbook_forms import edited

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def of_indicators(number: str = "09") -> Annex:
    """Rows are indicators of the district, as sources of funds are."""
    rows = {
        "scope": "indicators",
        "total": "top",
        "unit": "district",
        "items": [{"label_vi": "Hộ nghèo", "indicator": "poor", "style": "total"}],
    }
    columns = [
        text("stt", "row_number", 8),
        text("source", "row_label"),
        *(shown(f"told{year}", indicator="$row", period=year) for year in (2022, 2023, 2024)),
        text("note", "note", 22),
    ]
    return another("vốn", number, rows=rows, columns=columns)


def of_rates() -> Annex:
    columns = [*annex_forms.NAMES, shown("households", measure="plan"), rate("rate")]
    return another("tỷ lệ", "10", columns=columns)


def another(title: str, number: str, *, columns: list[dict[str, Any]], **more: Any) -> Annex:
    layouts = [{"variant": "year", "columns": columns}]
    return annex_forms.annex(
        None, code=f"thu{number}", number=number, title_vi=f"Biểu {title}", layouts=layouts, **more
    )


def downloaded(form: Annex, places: Places) -> bytes:
    return write_workbook(build_table(form, places.district, Y2024, Stage.PROVISIONAL, "year"))


def untitled(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if str(cell.value).upper().startswith("BIỂU "):
                cell.value = "TỔNG HỢP CỦA PHÒNG"


@pytest.mark.parametrize("change", [lambda sheet: None, untitled])
@pytest.mark.parametrize(
    ("form", "named", "why"),
    [
        (of_indicators, "Biểu số 09 “Biểu vốn”", "mỗi dòng của biểu là một chỉ tiêu"),
        (of_rates, "Biểu số 10 “Biểu tỷ lệ”", "biểu không có cột nào là số nhập"),
    ],
)
def test_table_that_is_never_read_is_named_with_the_reason_and_those_that_are(
    district: District,
    form: Callable[[], Annex],
    named: str,
    why: str,
    change: Callable[[Worksheet], object],
) -> None:
    content = edited(downloaded(form(), district.places), change)

    said = district.refusal(content)

    assert f"Tệp là {named}. Biểu này không đọc lại được: {why}" in said
    assert "Biểu đọc lại được: 01." in said
    assert "Không nhận ra biểu nào" not in said


def test_page_of_tables_says_beforehand_which_are_read(district: District) -> None:
    of_indicators()
    shown = " ".join(district.desk.get(PAGE).content.decode().split())

    assert "Biểu đọc lại được: 01." in shown
    assert "Không đọc lại Biểu số 09 “Biểu vốn”: mỗi dòng của biểu là một chỉ tiêu" in shown


def test_tables_of_one_number_are_told_apart_by_their_titles(district: District) -> None:
    of_indicators(number="01")
    shown = district.desk.get(PAGE).content.decode()

    assert "Biểu đọc lại được: Biểu số 01 “Hộ nghèo theo xã”." in shown
