"""A district that hands in its own table: three communes, one table, one reviewer at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.test import Client
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from reports.annexes.build import build_table
from reports.annexes.sources import read_sources
from reports.annexes.workbook import write_workbook
from reports.models import Annex, Upload
from reports.workbook.preview import Preview
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured
from tests.reports.workbook_forms import edited, sent, upload

PAGE = "/bieu/901/2024/doc-lai/"
COLUMNS = {
    "open_households": "C",
    "opening": "D",
    "escaped": "F",
    "net": "G",
    "households": "H",
    "poor": "I",
    "relapsed": "J",
    "rate": "K",
}
"""Where the form has its figures; `net` and `rate` are worked out."""
ONE = {
    "open_households": 98,
    "opening": 20,
    "escaped": 8,
    "households": 100,
    "poor": 13,
    "relapsed": 1,
}


@dataclass(frozen=True)
class District:
    """Needs MEDIA_ROOT to be the test's own."""

    places: Places
    measured: Measured
    form: Annex
    desk: Client

    def printed(
        self,
        period: Period = Y2024,
        variant: str = "year",
        unit: Unit | None = None,
        stage: str = Stage.PROVISIONAL,
    ) -> bytes:
        """The table as it is downloaded."""
        drain()
        table = build_table(self.form, unit or self.places.district, period, stage, variant)
        return write_workbook(table, read_sources(table))

    def changed(self, change: Callable[[Worksheet], object]) -> bytes:
        return edited(self.printed(), change)

    def typed(self, **figures: Mapping[str, object]) -> bytes:
        """The table with figures typed in: name of the row, _ for a blank = {code: figure}."""
        return typed(self.printed(), figures)

    def preview(self, content: bytes) -> Preview:
        page: Preview = self.desk.get(upload(self.desk, content, PAGE)).context["page"]
        return page

    def states(self, address: str) -> dict[tuple[str, str], str]:
        page = self.desk.get(address).context["page"]
        return {(line.unit.short_name, line.row.code): str(line.state) for line in page.lines}

    def refusal(self, content: bytes) -> str:
        """What the page says of a file it does not take, which leaves nothing behind."""
        answer = self.desk.post(PAGE, sent(content))
        assert answer.status_code == 422
        assert Upload.objects.count() == 0
        return answer.content.decode()

    def lock_opening(self, **closing: str) -> None:
        """Openings are last year's closing from now on: `first`, `second` = how many poor."""
        opening, poor = self.measured.opening, self.measured.poor
        opening.prefill_offset, opening.prefill_locked = -1, True
        opening.save()
        opening.terms.create(role="prefill", input=poor, order=0)
        for place, value in closing.items():
            told(getattr(self.places, place), {poor: value}, Period(2023))


def made(places: Places) -> District:
    measured = annex_forms.measured()
    form = annex_forms.annex(annex_forms.plan(places.district))
    desk = Client()
    desk.force_login(builders.official("huyen", places.district, Role.REVIEWER))
    return District(places, measured, form, desk)


def typed(content: bytes, figures: Mapping[str, Any]) -> bytes:
    def change(sheet: Worksheet) -> None:
        for name, values in figures.items():
            line = row_of(sheet, name.replace("_", " "))
            for code, value in values.items():
                sheet[f"{COLUMNS[code]}{line}"] = value

    return edited(content, change)


def row_of(sheet: Worksheet, name: str) -> int:
    """The row of a unit or of a sum, whose name a count may follow: Tổng cộng (1/3)."""
    cells = (cell for row in sheet.iter_rows() for cell in row)
    return next(cell.row for cell in cells if re.sub(r" \(\d+/\d+\)$", "", str(cell.value)) == name)


def first_sheet(content: bytes) -> Worksheet:
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet
