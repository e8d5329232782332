"""An example of a template: the form as the system prints it, with every place-holder explained."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from povertyplan.lib.bookforms.marks import GROUP, TOTAL, UNIT
from povertyplan.lib.speech import officially
from povertyplan.lib.textwidth import line_count
from reports.annexes.edges import FONT, write_edges
from reports.annexes.measures import HIGHEST_PT, STAMP_PT
from reports.annexes.office.names import PAGE_MARK, column_names, names_of, place_holders
from reports.annexes.table import RowKind, Table
from reports.annexes.widths import SMALL_PT
from reports.annexes.workbook import Form

_PAGE_MARK = f"{{{{ {PAGE_MARK} }}}}"
_KINDS = {TOTAL: RowKind.TOTAL, GROUP: RowKind.SUBTOTAL, UNIT: RowKind.UNIT}
_EXPLAIN_MM, _EXPLAIN_PT = (45.0, 115.0, 80.0), 15
_SPARE_LINES = 2
"""Of the notes: another period may have more to say, and no program makes a merged row higher."""


def example_template(table: Table) -> bytes:
    """A template that can be used as it is; its second sheet explains the place-holders.

    `table`, the one to be filled in, gives the widths of columns and the heights of lines.
    """
    stream = BytesIO()
    default = {"font_name": FONT, "font_size": 11}
    options = {"in_memory": True, "default_format_properties": default}
    with Workbook(stream, {"strings_to_formulas": False, **options}) as book:
        _written(book, table)
        _explain(book, table)
    return stream.getvalue()


@officially
def _written(book: Any, table: Table) -> None:
    _Example(book, table).write()


class _Example(Form):
    """The standard form; what belongs to one table is a place-holder."""

    def write(self) -> None:
        self.told = self.table
        self.table = replace(
            self.told,
            issuer_lines=("{{ co_quan }}", "{{ dia_ban }}"),
            reference="{{ kem_theo }}",
            unit_of_measure="{{ don_vi_tinh }}",
            marks=(_PAGE_MARK,),
            right=replace(self.told.right, place_date="{{ noi_ngay }}"),
            stamp="{{ ban }}",
            check_code="{{ ma_kiem_tra }}",
        )
        super().write()

    def across(self, words: str, height_pt: float, **properties: Any) -> None:
        """The title is in capitals, which a place-holder is not."""
        if words == self.told.label:
            words = "Biểu số {{ so_bieu }}"
        elif words == self.told.title.upper():
            words = "{{ ten_bieu | upper }}"
        super().across(words, height_pt, **properties)

    def _body(self) -> None:
        """Rows without heights: each gets that of its words when it is filled in.

        A row of subtotals keeps others from adding the rows up, so it is there only where needed.
        """
        layout, spec = self.table.layout, self.table.origin.spec
        names = {leaf.id: name for name, leaf in column_names(layout).items()}
        rows = set(names_of(spec, layout).rows)
        told = {row.kind for row in self.told.rows}
        rows = {kind for kind in rows if kind != GROUP or _KINDS[GROUP] in told}
        order = (TOTAL, GROUP, UNIT) if spec.rows.total_on_top else (GROUP, UNIT, TOTAL)
        for kind in (one for one in order if one in rows):
            styles = self._styles(_KINDS[kind])
            for column, (leaf, (words, number)) in enumerate(zip(self.leaves, styles, strict=True)):
                place = f"{{{{ {kind}.{names[leaf.id]} }}}}"
                style = number if leaf.text is None else words
                self.sheet.write_string(self.line, column, place, style)
            self.line += 1

    def _notes(self) -> None:
        self._gap()
        paragraph, notes = self.measures.paragraph, " ".join(["Ghi chú:", *self.told.notes])
        look: dict[str, Any] = {"text_wrap": True, "valign": "top"}
        if self.told.notes:
            self.across("Ghi chú: {{ ghi_chu }}", paragraph(notes), **look)
        remarks = paragraph(" ".join(self.told.remarks)) + _SPARE_LINES * STAMP_PT
        self.across("{{ luu_y }}", remarks, **look)

    def _stamp(self) -> None:
        told: dict[str, Any] = {"font_size": SMALL_PT, "italic": True, "text_wrap": True}
        self.across("{{ ban }} · Mã kiểm tra: {{ ma_kiem_tra }}", self.measures.stamp, **told)

    def _page(self, first_header: int, first_row: int) -> None:
        """Not broken by hand: the rows are not there yet."""
        sheet = self.sheet
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.center_horizontally()
        sheet.print_area(0, 0, self.line - 1, self.last)
        sheet.repeat_rows(first_header, first_row - 1)
        sheet.fit_to_pages(1, 1 if self.measures.one_page else 0)
        write_edges(sheet, self.table, is_marked=True)


def _explain(book: Any, table: Table) -> None:
    """Names stand without their braces here, so that nothing is filled in."""
    sheet = book.add_worksheet(_("Chỗ điền"))
    plain, wrapped = {"font_name": FONT, "font_size": 11}, {"text_wrap": True, "valign": "top"}
    for column, width in enumerate(_EXPLAIN_MM):
        sheet.set_column_pixels(column, column, round(width * 96 / 25.4))
    told = _("Chỗ điền viết trong hai dấu ngoặc nhọn. Trang này không vào biểu được xuất.")
    sheet.write_string(0, 0, told, book.add_format({**plain, "bold": True}))
    name, words = book.add_format(plain), book.add_format({**plain, **wrapped})
    for line, row in enumerate(place_holders(table.origin.spec, table.layout), start=2):
        cells = (row.name.strip("{} "), row.words, row.example)
        lines = max(map(line_count, cells, _EXPLAIN_MM, (11,) * len(cells)))
        sheet.set_row(line, min(_EXPLAIN_PT * lines, HIGHEST_PT))
        for column, (said, style) in enumerate(zip(cells, (name, words, words), strict=True)):
            sheet.write_string(line, column, said, style)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
