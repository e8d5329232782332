"""A form as it is printed: columns as wide as their words need, pages as few as letters allow."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from indicators.enums import Stage
from indicators.rollups import drain
from povertyplan.lib.textwidth import length_mm, line_count
from reports.annexes.build import build_table
from reports.annexes.measures import (
    HIGH_MM,
    MM_PER_PT,
    SMALLEST_SCALE,
    WIDE_MM,
    Measures,
    measured,
)
from reports.annexes.table import Table, text_cell
from reports.annexes.widths import BODY_PT, balanced
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms

pytestmark = pytest.mark.django_db

LONG = "Chờ cấp trên duyệt"


def drawn(places: Places, variant: str = "year", **narrow: int) -> Table:
    """The table of a district whose returns all wait above; `narrow`: widths (mm) of columns."""
    made = annex_forms.measured()
    for number in range(15):
        unit = builders.unit(f"91{number:03}", f"Xã Thứ {number}", "commune", places.district)
        told(unit, made.values("120", "1005", "110", escaped="10", households="1006"))
    drain()
    form = annex_forms.annex(annex_forms.plan(places.district))
    for layout in form.definition["layouts"]:
        for column in layout["columns"]:
            column["width"] = narrow.get(column.get("id", ""), column.get("width"))
    table = build_table(form, places.district, Y2024, Stage.PROVISIONAL, variant)
    if variant == "period":
        return table
    last = len(table.layout.leaves) - 1
    return replace(
        table,
        rows=(table.rows[0], *(row.with_cell(last, text_cell(LONG)) for row in table.rows[1:])),
    )


def width_of(table: Table, measures: Measures, leaf_id: str) -> float:
    ids = [leaf.id for leaf in table.layout.leaves]
    return measures.widths[ids.index(leaf_id)]


# -- widths ----------------------------------------------------------------------------------------


def test_remarks_stay_on_one_line_where_other_columns_can_give_way(places: Places) -> None:
    table = drawn(places, note=12, unit=60)

    measures = measured(table)

    assert length_mm(LONG, BODY_PT) < width_of(table, measures, "note")
    assert {measures.row(row) for row in table.rows} == {12.75}
    assert sum(measures.widths) * measures.scale == pytest.approx(WIDE_MM)


def test_word_of_a_heading_and_a_number_are_never_cut(places: Places) -> None:
    table = drawn(places, stt=2, poor=3, unit=60)
    figures = [
        row.with_cell(8, replace(row.cells[8], value=Decimal(9876543))) for row in table.rows
    ]
    table = replace(table, rows=tuple(figures))

    measures = measured(table)

    assert width_of(table, measures, "stt") > length_mm("stt", BODY_PT)
    assert width_of(table, measures, "poor") > length_mm("9.876.543", BODY_PT)


def test_columns_of_several_years_are_as_wide_as_each_other(places: Places) -> None:
    """However many more digits one of the years has."""
    table = drawn(places, "period")
    leaves = tuple(
        replace(leaf, heading="Hộ nghèo") if leaf.id.startswith("poor_") else leaf
        for leaf in table.layout.leaves
    )
    many = replace(table.rows[0].cells[2], value=Decimal(987654321))
    rows = tuple(row.with_cell(2, many) for row in table.rows)
    table = replace(table, rows=rows, layout=replace(table.layout, leaves=leaves))

    widths = balanced(table, WIDE_MM / SMALLEST_SCALE)

    yearly = [w for leaf, w in zip(leaves, widths, strict=True) if leaf.heading == "Hộ nghèo"]
    assert yearly == [pytest.approx(yearly[0])] * 3
    assert yearly[0] > length_mm("987.654.321", BODY_PT)
    assert sum(widths) == pytest.approx(WIDE_MM / SMALLEST_SCALE)


def test_column_that_needs_its_width_keeps_it(places: Places) -> None:
    """No room anywhere: a remark takes its second line, and no name or heading a further one."""
    table = drawn(places)
    name = "Xã " + "Rất Dài " * 12
    rows = [row.with_cell(1, text_cell(name)) for row in table.rows]
    table = replace(table, rows=tuple(rows))
    nominal = [leaf.width for leaf in table.layout.leaves]

    widths = balanced(table, sum(nominal))

    before = line_count(name, nominal[1], BODY_PT)
    assert line_count(name, widths[1], BODY_PT) <= before
    for leaf, old, new in zip(table.layout.leaves, nominal, widths, strict=True):
        assert line_count(leaf.heading, new, BODY_PT) <= line_count(leaf.heading, old, BODY_PT)


# -- pages -----------------------------------------------------------------------------------------


def test_form_of_a_district_fits_one_page_with_letters_large_enough(places: Places) -> None:
    table = drawn(places, note=12, unit=60)

    measures = measured(table)

    assert measures.pages == 1
    assert measures.scale >= SMALLEST_SCALE
    assert measures.height_mm * measures.scale <= HIGH_MM


def test_short_table_is_shrunk_to_save_a_page_and_a_long_one_is_not(places: Places) -> None:
    table = drawn(places)
    whole, made = [], []
    for count in range(20, 61, 2):
        short = replace(table, rows=(table.rows[-1],) * count)
        whole.append(Measures(short, balanced(short, WIDE_MM), one_page=False).pages)
        made.append(measured(short).pages)

    long = measured(replace(table, rows=(table.rows[-1],) * 300))
    assert all(few <= many for few, many in zip(made, whole, strict=True))
    assert sum(made) < sum(whole) - 5
    assert long.scale == pytest.approx(1)


def test_long_reference_line_takes_a_second_line(places: Places) -> None:
    table = drawn(places)
    short, long = measured(table), measured(replace(table, reference="Kế hoạch " * 40))

    assert short.reference_lines == 1
    assert long.reference_lines > 1
    assert (long.frame - short.frame) * MM_PER_PT > 5
