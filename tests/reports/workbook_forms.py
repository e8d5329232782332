"""Workbooks of a small return: the template filled in, other people's tables, bad files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.models import Unit
from indicators.models import Indicator
from povertyplan.lib.xlsx import read_sheets
from reports.returns import Return, return_of
from reports.workbook.pieces import Reading, Told
from reports.workbook.reading import read_return
from reports.workbook.template import template_file
from tests import builders
from tests.builders import Y2024, Catalogue, Places

HOME = "/bao-cao/90102/2024/"
UPLOAD = f"{HOME}tep-excel/"


def wider(catalogue: Catalogue) -> dict[str, Indicator]:
    """Inputs of other kinds: money with a decimal, a choice, a rate that is typed."""
    made = {
        "income": builders.count(
            "income", "Thu nhập", 7, value_type="decimal", decimals=1, unit_of_measure="triệu đồng"
        ),
        "standard": builders.count(
            "standard",
            "Đạt chuẩn",
            8,
            value_type="yes_no",
            aggregation="none",
            unit_of_measure="đạt",
        ),
        "share": builders.count(
            "share",
            "Tỷ lệ che phủ",
            9,
            value_type="decimal",
            decimals=2,
            unit_of_measure="%",
            hard_max=Decimal(100),
        ),
    }
    return {**{row.code: row for row in catalogue.inputs}, **made}


def template(unit: Unit) -> bytes:
    return template_file(return_of(unit, Y2024))[1]


def edited(content: bytes, change: Callable[[Worksheet], object]) -> bytes:
    """The workbook after somebody worked in it."""
    book = load_workbook(BytesIO(content))
    change(book.worksheets[0])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def line_of(sheet: Worksheet, words: str) -> int:
    """The row of the sheet in which a cell says exactly this."""
    return next(
        cell.row for row in sheet.iter_rows() for cell in row if str(cell.value) == str(words)
    )


def filled(content: bytes, figures: Mapping[str, Any], column: str = "F") -> bytes:
    """The template with figures typed in: {code: what is typed}."""

    def change(sheet: Worksheet) -> None:
        for code, value in figures.items():
            sheet[f"{column}{line_of(sheet, code)}"] = value

    return edited(content, change)


def table(rows: list[list[Any]]) -> bytes:
    """A workbook of somebody's own making."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(content: bytes, unit: Unit) -> Reading:
    return read_return(read_sheets(content), return_of(unit, Y2024))


def told(reading: Reading) -> dict[str, object]:
    """{code: the value, the answer without one, or the words of the fault}; empty cells not."""
    return {
        claim.row.code: (
            (claim.told.value if claim.told.value is not None else claim.told.answer)
            if isinstance(claim.told, Told)
            else str(claim.told)
        )
        for claim in reading.claims
        if claim.told is not None
    }


def stored(unit: Unit) -> dict[str, object]:
    current: Return = return_of(unit, Y2024)
    return {row.code: row.value for row in current.inputs if row.is_answered}


def sent(content: bytes, name: str = "bao-cao.xlsx") -> dict[str, SimpleUploadedFile]:
    return {"workbook": SimpleUploadedFile(name, content)}


def upload(client: Client, content: bytes, address: str = UPLOAD) -> str:
    """Hand a workbook in; returns the address of its preview."""
    answer = client.post(address, sent(content))
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def officer(places: Places) -> Client:
    client = Client()
    client.force_login(builders.official("can.bo", places.first))
    return client


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its XML files written anew."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            body = old.read(entry)
            new.writestr(entry.filename, change(body) if entry.filename == name else body)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return stream.getvalue()
