"""Large tables: memory that does not grow with the rows; cells over several rows stay one."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from bench import annex_size
from reports.annexes.workbook import write_workbook


def test_headings_over_rows_are_kept_however_the_rows_are_written() -> None:
    table = annex_size.table_of(3, is_made=True)

    sheet = load_workbook(BytesIO(write_workbook(table))).worksheets[0]

    merged = [area for area in sheet.merged_cells.ranges if area.max_row > area.min_row]
    wanted = [cell for cell in table.layout.header if cell.rows > 1]
    assert len(merged) == len(wanted) > 0
    assert {sheet.cell(area.min_row, area.min_col).value for area in merged} == {
        cell.text.replace(" %", "\u00a0%") for cell in wanted
    }
    assert all(
        sheet.cell(row, column).border.left.style == "thin"
        for area in merged
        for row, column in area.cells
    )


def test_memory_stays_while_rows_become_many() -> None:
    few, size = annex_size.measured("annex", 100, "memory")
    many, larger = annex_size.measured("annex", 3_000, "memory")

    # cells kept as objects would take some 15 MB; the finished file is held in one piece
    assert larger > size * 10
    assert many - few < 5


def test_table_in_a_template_says_the_same_as_the_plain_loop() -> None:
    table = annex_size.table_of(5, is_made=True)
    _spec, layout = annex_size.widest()

    plain = load_workbook(BytesIO(annex_size.straight(annex_size.plain_rows(table), layout)))
    office = load_workbook(BytesIO(annex_size.in_template(table)))

    def numbers(sheet: object) -> list[list[float]]:
        rows = [[cell for cell in row if isinstance(cell, int | float)] for row in sheet]  # type: ignore[attr-defined]
        return [row for row in rows if len(row) > 3]

    told = annex_size.told({(name, 5): (1.0, 2.0, 3) for name in annex_size.WRITERS})
    assert "| 5 | 1.000 | 1.000 | 1.00 |" in told
    assert len(numbers(office.worksheets[0].values)) == 6
    assert len(list(plain.worksheets[0].values)) == 6
