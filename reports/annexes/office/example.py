"""An example of a template: the form as the system prints it, with every place-holder explained."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from povertyplan.lib.bookforms.marks import GROUP, TOTAL, UNIT
from reports.annexes.office.names import column_names, names_of, place_holders
from reports.annexes.spec import AnnexSpec, Layout

_FONT = "Times New Roman"


def example_template(spec: AnnexSpec, layout: Layout) -> bytes:
    """A template that can be used as it is; its second sheet explains the place-holders."""
    stream = BytesIO()
    with Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        _Example(book, spec, layout).write()
    return stream.getvalue()


class _Example:
    def __init__(self, book: Any, spec: AnnexSpec, layout: Layout) -> None:
        self.book = book
        self.spec = spec
        self.layout = layout
        self.sheet = book.add_worksheet(_("Biểu"))
        self.last = len(layout.leaves) - 1

    def style(self, **more: Any) -> Any:
        return self.book.add_format({"font_name": _FONT, "font_size": 11, **more})

    def write(self) -> None:
        line = self._frame()
        first = line
        line = self._headings(line)
        line = self._rows(line)
        self._foot(line)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(first, first + self.layout.depth)
        self.sheet.set_header("&R{{ dau_so_lieu }}")
        self.sheet.set_footer("&L{{ ban }}&R&P/&N")
        for column, leaf in enumerate(self.layout.leaves):
            self.sheet.set_column(column, column, max(leaf.width / 2, 4))
        self._explained()

    def _across(self, line: int, words: str, **style: Any) -> int:
        told = self.style(**{"align": "center", "valign": "vcenter", **style})
        if self.last:
            self.sheet.merge_range(line, 0, line, self.last, "", told)
        self.sheet.write_string(line, 0, words, told)
        return line + 1

    def _frame(self) -> int:
        left = self.style(align="left")
        self.sheet.write_string(0, 0, "{{ co_quan }}", left)
        self.sheet.write_string(1, 0, "{{ dia_ban }}", self.style(bold=True))
        line = self._across(2, "Biểu số {{ so_bieu }}", italic=True)
        line = self._across(line, "{{ ten_bieu | upper }}", bold=True, text_wrap=True)
        line = self._across(line, "{{ kem_theo }}", italic=True)
        self.sheet.write_string(line, 0, "{{ don_vi_tinh }}", self.style(italic=True))
        return line + 1

    def _headings(self, line: int) -> int:
        heading = self.style(bold=True, align="center", valign="vcenter", text_wrap=True, border=1)
        for cell in self.layout.header:
            row, last_row = line + cell.row, line + cell.row + cell.rows - 1
            last = cell.column + cell.columns - 1
            if (row, cell.column) != (last_row, last):
                self.sheet.merge_range(row, cell.column, last_row, last, "", heading)
            self.sheet.write_string(row, cell.column, cell.text, heading)
        line += self.layout.depth
        for column, caption in enumerate(self.layout.captions):
            self.sheet.write_string(line, column, caption, heading)
        return line + 1

    def _rows(self, line: int) -> int:
        rows = names_of(self.spec, self.layout).rows
        kinds = [kind for kind in (TOTAL, GROUP, UNIT) if kind in rows]
        by_leaf = {leaf.id: name for name, leaf in column_names(self.layout).items()}
        for kind in kinds:
            bold = {"bold": True} if kind != UNIT else {}
            for column, leaf in enumerate(self.layout.leaves):
                number = leaf.text is None
                style = self.style(
                    border=1,
                    text_wrap=not number,
                    align="right" if number else "left",
                    **({"num_format": leaf.number_format} if number else {}),
                    **bold,
                )
                place = f"{{{{ {kind}.{by_leaf[leaf.id]} }}}}"
                self.sheet.write_string(line, column, place, style)
            line += 1
        return line

    def _foot(self, line: int) -> None:
        for words in ("{{ ghi_chu }}", "{{ luu_y }}"):
            self._across(line, words, italic=True, text_wrap=True, align="left")
            self.sheet.set_row(line, 32)
            line += 1
        right = max(self.last - 3, 1)
        self.sheet.write_string(line, right, "{{ noi_ngay }}", self.style(italic=True))
        signed = self.style(bold=True)
        self.sheet.write_string(line + 1, 0, _("NGƯỜI LẬP BIỂU"), signed)
        self.sheet.write_string(line + 5, 0, "{{ nguoi_lap }}", signed)
        self.sheet.print_area(0, 0, line + 5, self.last)

    def _explained(self) -> None:
        """Names stand without their braces here, so that nothing is filled in."""
        sheet = self.book.add_worksheet(_("Chỗ điền"))
        bold = self.style(bold=True)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 2, 60)
        told = _("Chỗ điền viết trong hai dấu ngoặc nhọn. Xóa trang này trước khi dùng cũng được.")
        sheet.write_string(0, 0, told, bold)
        for line, row in enumerate(place_holders(self.spec, self.layout), start=2):
            sheet.write_string(line, 0, row.name.strip("{} "), self.style())
            sheet.write_string(line, 1, row.words, self.style(text_wrap=True))
            sheet.write_string(line, 2, row.example, self.style(text_wrap=True))
