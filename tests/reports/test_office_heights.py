"""A template filled in prints well: rows as high as their words, no signatures alone on a page."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from indicators.enums import Stage
from povertyplan.lib.bookforms.check import checked
from povertyplan.lib.bookforms.fill import Line, Values, fill
from povertyplan.lib.bookforms.marks import UNIT, Value
from povertyplan.lib.textwidth import line_count
from reports.annexes.build import build_table
from reports.annexes.measures import measured
from reports.annexes.office.example import example_template
from reports.annexes.office.names import PAGE_MARK, Paper, names_of, values_of
from reports.annexes.table import Table
from tests import builders
from tests.builders import Y2024, Places
from tests.reports import annex_forms
from tests.reports.office_forms import NAMES, SIMPLE, filled, line, template
from tests.reports.packages import Package

SHORT, LONG = "Xã Một", "Xã Ngoài tổng: vốn lồng ghép các chương trình mục tiêu quốc gia"


def page(content: bytes) -> Worksheet:
    assert Package(content).faults() == []
    return load_workbook(BytesIO(content)).worksheets[0]


def wrapping(own_height: float | None = None, **setup: Any) -> bytes:
    """A template whose names are wrapped, in letters of 12 pt."""

    def more(book: Any, sheet: Any) -> None:
        sheet.set_column("B:B", 14)
        wrapped = book.add_format({"text_wrap": True, "font_size": 12})
        sheet.write_string("B5", SIMPLE["B5"], wrapped)
        sheet.write_string("C5", SIMPLE["C5"], wrapped)
        if own_height:
            sheet.set_row(4, own_height)
        if "fit" in setup:
            sheet.fit_to_pages(1, setup["fit"])
        if "breaks" in setup:
            sheet.set_h_pagebreaks(setup["breaks"])

    return template(SIMPLE, more)


# -- heights ---------------------------------------------------------------------------------------


def test_row_is_as_high_as_its_wrapped_words() -> None:
    lines = [line(UNIT, SHORT, 1), line(UNIT, LONG, 123456789), line(UNIT, SHORT, "…")]

    shown = page(filled(wrapping(), lines))

    heights = [shown.row_dimensions[row].height for row in (5, 6, 7)]
    needed = line_count(LONG, 14 * 7 * 25.4 / 96, 12)
    assert needed > 2
    assert heights[1] is not None
    assert needed * 12 <= heights[1] <= needed * 16
    assert heights[0] is None  # nor does a number make its row higher
    assert heights[2] is None


def test_height_that_the_author_gave_stays() -> None:
    shown = page(filled(wrapping(own_height=21), [line(UNIT, LONG, 1)]))

    assert shown.row_dimensions[5].height == 21


def test_words_that_are_not_wrapped_change_no_height() -> None:
    shown = page(filled(template(SIMPLE), [line(UNIT, LONG, 1)]))

    assert shown.row_dimensions[5].height is None


# -- the last page ---------------------------------------------------------------------------------


def broken(content: bytes, last_page: int | None) -> list[int]:
    """After which rows pages are broken."""
    lines: list[Line] = [line(UNIT, f"Xã {number}", number) for number in range(30)]
    told = {name: Value(name) for name in NAMES.single}
    out = BytesIO()
    fill(checked(content, NAMES), Values(told, lines, last_page=last_page), out)
    return [one.id for one in page(out.getvalue()).row_breaks.brk]


def test_last_rows_go_with_the_signatures_to_the_last_page() -> None:
    assert broken(template(SIMPLE), 27) == [31]  # the first is row 5; 27 rows come before
    assert broken(wrapping(fit=0), 27) == [31]
    assert broken(template(SIMPLE), None) == []


@pytest.mark.parametrize(("setup", "breaks"), [({"fit": 1}, []), ({"breaks": [3]}, [3])])
def test_pages_of_the_author_stay(setup: dict[str, Any], breaks: list[int]) -> None:
    assert broken(wrapping(**setup), 27) == breaks


# -- the example -----------------------------------------------------------------------------------


def example_filled(table: Table) -> Worksheet:
    spec, layout = table.origin.spec, table.layout
    form = checked(example_template(table), names_of(spec, layout))
    official = builders.official("huyen", table.origin.place.unit, "reviewer")
    paper = Paper(table, Y2024, official, "Huyện", "tạm tính")
    out = BytesIO()
    fill(form, values_of(paper, spec, is_marked=PAGE_MARK in form.used), out)
    return page(out.getvalue())


def drawn(places: Places, **rows: str) -> Table:
    annex_forms.measured()
    form = annex_forms.annex(annex_forms.plan(places.district))
    form.definition["rows"] |= rows
    return build_table(form, places.district, Y2024, Stage.PROVISIONAL, "year")


@pytest.mark.django_db
def test_example_fits_rows_to_names_longer_than_its_columns(places: Places) -> None:
    places.first.name = "Xã " + "Rất Dài " * 8
    places.first.save()

    shown = example_filled(drawn(places))

    row = next(cell.row for cell in shown["B"] if "Rất Dài" in str(cell.value))
    assert (shown.row_dimensions[row].height or 0) > 20
    assert shown.row_dimensions[row + 1].height is None


@pytest.mark.django_db
@pytest.mark.parametrize("total", ["top", "bottom"])
def test_total_of_the_example_stands_where_that_of_the_form_does(
    places: Places, total: str
) -> None:
    table = drawn(places, total=total)

    shown = example_filled(table)

    names = [str(cell.value) for cell in shown["B"] if cell.value]
    told = [row.cells[1].text for row in table.rows]
    assert [name for name in names if name in told] == told


@pytest.mark.django_db
def test_example_of_several_pages_ends_with_rows_above_its_signatures(places: Places) -> None:
    table = drawn(places)
    table = replace(table, rows=(*table.rows, *[table.rows[-1]] * 120))
    assert measured(table).pages > 1

    shown = example_filled(table)

    (stop,) = shown.row_breaks.brk
    signed = next(c.row for row in shown for c in row if "CHỦ TỊCH" in str(c.value))
    last_row = max(cell.row for cell in shown["B"] if cell.value == table.rows[-1].cells[1].text)
    assert last_row - 3 == stop.id
    assert last_row < signed
