"""Draws the standard Word template of the narrative report anew.

    .venv/bin/python -m tooling.narrative_template

Form: Decree 30/2020 (docs/data.md S14, S15, S16). Its place-holders: reports/narrative/context.py.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

TARGET = Path(__file__).resolve().parent.parent / "reports/data/bao-cao-giam-ngheo.docx"
FONT = "Times New Roman"
WRITTEN_ON = datetime(2020, 3, 5, tzinfo=UTC)


class Letter:
    """Adds paragraphs and tables in the look of an office letter."""

    def __init__(self) -> None:
        self.document = Document()
        self._set_page()
        self._set_style()

    def _set_page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin = section.bottom_margin = Mm(20)
        section.left_margin, section.right_margin = Mm(30), Mm(20)
        section.header_distance = Mm(10)
        section.different_first_page_header_footer = True
        self._mark(section.first_page_header.paragraphs[0])
        number = section.header.paragraphs[0]
        number.alignment = ALIGN.CENTER
        field(number, "PAGE")
        self._mark(section.header.add_paragraph())

    def _mark(self, paragraph: Any) -> None:
        paragraph.alignment = ALIGN.CENTER
        run = paragraph.add_run("{{ dau_so_lieu }}")
        run.bold = True
        run.font.size = Pt(11)

    def _set_style(self) -> None:
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = FONT, Pt(14)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for name in ("w:eastAsia", "w:cs", "w:hAnsi", "w:ascii"):
            fonts.set(qn(name), FONT)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "vi-VN")
        style.element.get_or_add_rPr().append(language)
        style.paragraph_format.space_before = Pt(0)
        style.paragraph_format.space_after = Pt(6)
        style.paragraph_format.line_spacing = 1.0

    def say(self, text: str, **look: Any) -> Any:
        return write(self.document.add_paragraph(), text, **look)

    def body(self, text: str, **look: Any) -> Any:
        paragraph = self.say(text, align=ALIGN.JUSTIFY, **look)
        paragraph.paragraph_format.first_line_indent = Mm(12.7)
        return paragraph

    def command(self, text: str) -> None:
        self.say(f"{{%p {text} %}}")

    def heading(self, text: str) -> None:
        paragraph = self.body(text, bold=True)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)

    def gap(self, text: str) -> Any:
        paragraph = self.body("- ")
        marked(paragraph, f"[{text}]")
        return paragraph

    def table(self, widths: list[float], *, ruled: bool = True) -> Any:
        table = self.document.add_table(rows=0, cols=len(widths))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        if ruled:
            table.style = "Table Grid"
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        return table


def write(
    paragraph: Any,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: float | None = None,
    align: Any = None,
) -> Any:
    run = paragraph.add_run(text)
    run.bold, run.italic = bold or None, italic or None
    if size:
        run.font.size = Pt(size)
    if align is not None:
        paragraph.alignment = align
    return paragraph


def marked(paragraph: Any, text: str) -> Any:
    """Words that the author has to replace."""
    run = paragraph.add_run(text)
    run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    return run


def field(paragraph: Any, code: str) -> None:
    run = paragraph.add_run()
    run.font.size = Pt(14)
    for kind in ("begin", "", "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = f" {code} "
        run._r.append(part)


def ruled(paragraph: Any, indent: float) -> None:
    """A short line under the paragraph before, as an empty one with a border on its top."""
    border = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    properties = paragraph._p.get_or_add_pPr()
    # the format has an order: borders, then distances and how lines stand
    properties.insert_element_before(border, "w:spacing", "w:ind", "w:jc", "w:rPr")
    paragraph.paragraph_format.left_indent = Mm(indent)
    paragraph.paragraph_format.right_indent = Mm(indent)
    paragraph.paragraph_format.space_before = Pt(3)  # clear of marks below the letters
    paragraph.paragraph_format.space_after = Pt(0)
    for run in paragraph.runs:
        run.font.size = Pt(4)


def row(table: Any, texts: list[str], **look: Any) -> Any:
    made = table.add_row()
    aligned = look.pop("aligned", {})
    for place, (cell, text) in enumerate(zip(made.cells, texts, strict=True)):
        cell.width = table.columns[place].width
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(2)
        write(paragraph, text, align=aligned.get(place), **look)
    return made


def whole_row(table: Any, text: str, *, is_heading: bool = False, **look: Any) -> None:
    """One cell across the table; a heading stays with the row after it."""
    made = table.add_row()
    cell = made.cells[0].merge(made.cells[-1])
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.keep_with_next = is_heading or None
    write(paragraph, text, **look)


def repeated(made: Any) -> None:
    """The row heads every page that the table goes on to."""
    properties = made._tr.get_or_add_trPr()
    for name in ("w:cantSplit", "w:tblHeader"):
        properties.append(OxmlElement(name))


def narrow_edges(table: Any) -> None:
    """One millimetre beside the words, so that ngày/tuần/trạm stays whole."""
    edges = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(Mm(1).twips))
        edge.set(qn("w:type"), "dxa")
        edges.append(edge)
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    properties.insert(list(properties).index(look) if look is not None else len(properties), edges)


def unsplit(table: Any) -> None:
    for made in table.rows[1:]:
        made._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


# -- the letter, from its head to its signature ----------------------------------------------------


def head(letter: Letter) -> None:
    """What stands in brackets is the author's to write: marked, without the brackets."""
    table = letter.table([60, 100], ruled=False)
    made = table.add_row()
    left, right = made.cells
    left.width, right.width = Mm(60), Mm(100)
    centre = {"align": ALIGN.CENTER}
    lines = [
        (left, "{{ co_quan }}", {"size": 12, "bold": True}),
        (left, "{{ dia_ban }}", {"size": 12, "bold": True}),
        (left, "", {}),
        (left, "Số: […]/BC-UBND", {"size": 13}),
        (right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", {"size": 12, "bold": True}),
        (right, "Độc lập - Tự do - Hạnh phúc", {"size": 13, "bold": True}),
        (right, "", {}),
        (right, "{{ dia_danh }}, [ngày … tháng … năm …]", {"size": 13, "italic": True}),
    ]
    begun: set[int] = set()
    for cell, text, look in lines:
        paragraph = cell.add_paragraph() if id(cell) in begun else cell.paragraphs[0]
        begun.add(id(cell))
        paragraph.paragraph_format.space_after = Pt(0)
        said: dict[str, Any] = {**look, **centre}
        for piece in re.split(r"\[(.*?)\]", text or " "):
            write(paragraph, piece, **said)
        for run in paragraph.runs[1::2]:
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW
        if not text:
            ruled(paragraph, 19)


def title(letter: Letter) -> None:
    above = letter.say("BÁO CÁO", bold=True, align=ALIGN.CENTER)
    above.paragraph_format.space_before = Pt(14)
    above.paragraph_format.space_after = Pt(0)
    subject = letter.say("{{ trich_yeu }}", bold=True, align=ALIGN.CENTER)
    subject.paragraph_format.space_after = Pt(2)
    ruled(letter.say(" "), 60)
    to = letter.say("Kính gửi: {% if thieu_noi_nhan %}", align=ALIGN.CENTER)
    marked(to, "{{ kinh_gui }}")
    to.add_run("{% else %}{{ kinh_gui }}{% endif %}.")
    to.paragraph_format.space_before = to.paragraph_format.space_after = Pt(8)
    opening = letter.body("{{ mo_dau }}{% if thieu_can_cu %} ")
    marked(opening, "[Điền số, ngày của văn bản còn để “…”]")
    opening.add_run("{% endif %}")


def results(letter: Letter) -> None:
    letter.heading("I. TÌNH HÌNH SỐ LIỆU VÀ KẾT QUẢ CHUNG")
    letter.heading("1. Số liệu báo cáo")
    letter.body("{{ cau_so_lieu }} Báo cáo dùng số liệu {{ loai_so }}. {{ cau_chua_bao_cao }}")
    letter.command("if cau_so_nam")
    letter.body("{{ cau_so_nam }}")
    letter.command("endif")
    letter.heading("2. Kết quả giảm nghèo")
    letter.command("for h in ket_qua")
    letter.body("- {{ h.cau }} {{ h.cau_bien_dong }}")
    letter.command("endfor")
    letter.command("for h in ket_qua")
    letter.command("if h.nhieu_nam")
    caption = letter.say("{{ h.ten }} qua các năm", italic=True, size=13, align=ALIGN.CENTER)
    caption.paragraph_format.keep_with_next = True
    table = letter.table([16, 24, 24, 24, 24, 26, 22])
    numbers = dict.fromkeys(range(1, 6), ALIGN.RIGHT) | {0: ALIGN.CENTER, 6: ALIGN.CENTER}
    names = ["Năm", "Đầu kỳ (hộ)", "Cuối kỳ (hộ)", "Tỷ lệ đầu kỳ (%)", "Tỷ lệ cuối kỳ (%)"]
    heads = [*names, "Mức giảm (điểm %)", "Đơn vị có số"]
    centred = dict.fromkeys(range(7), ALIGN.CENTER)
    repeated(row(table, heads, bold=True, size=12, aligned=centred))
    whole_row(table, "{%tr for n in h.cac_nam %}")
    cells = ["nam", "dau_ky", "cuoi_ky", "ty_le_dau", "ty_le_cuoi", "giam", "so_don_vi"]
    row(table, [f"{{{{ n.{name} }}}}" for name in cells], size=12, aligned=numbers)
    whole_row(table, "{%tr endfor %}")
    unsplit(table)
    letter.say("{{ h.luu_y }}", italic=True, size=12)
    letter.command("endif")
    letter.command("endfor")


def promises(letter: Letter) -> None:
    letter.heading("II. KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU")
    letter.body("{{ cau_chung }}")
    letter.command("for l in linh_vuc")
    letter.heading("{{ l.stt }}. {{ l.ten }}")
    letter.command("if l.tom_tat")
    letter.body("{{ l.tom_tat }}").paragraph_format.keep_with_next = True
    letter.command("endif")
    letter.command("for c in l.chi_tieu")
    judged = "{% if not la_6_thang %}{{ c.danh_gia }}. {% endif %}"
    letter.body(f"- {{{{ c.ten }}}} ({{{{ c.vi_tri }}}}): {judged}{{{{ c.dien_giai }}}}")
    letter.command("endfor")
    letter.command("endfor")
    letter.command("if la_6_thang or not co_chi_tieu")
    letter.body("{{ nguon }}", italic=True, size=12)
    letter.command("else")
    summary(letter)
    letter.command("endif")


def summary(letter: Letter) -> None:
    letter.say(
        "TỔNG HỢP CHỈ TIÊU", bold=True, size=13, align=ALIGN.CENTER
    ).paragraph_format.keep_with_next = True
    table = letter.table([12, 40, 27.8, 27.8, 27.8, 24.6])
    narrow_edges(table)
    heads = [
        "TT",
        "Chỉ tiêu (chỗ trong văn bản)",
        "Mức giao",
        "Mốc đến kỳ",
        "Thực hiện",
        "Đánh giá",
    ]
    centred = dict.fromkeys(range(6), ALIGN.CENTER)
    repeated(row(table, heads, bold=True, size=12, aligned=centred))
    whole_row(table, "{%tr for l in linh_vuc %}")
    whole_row(table, "{{ l.stt }}. {{ l.ten }}", is_heading=True, bold=True, size=12)
    whole_row(table, "{%tr for c in l.chi_tieu %}")
    cells = [
        "{{ c.stt }}",
        "{{ c.ten }} ({{ c.muc }})",
        "{{ c.giao }}",
        "{{ c.moc }}",
        "{{ c.thuc_hien }}",
        "{{ c.danh_gia }}",
    ]
    right = {0: ALIGN.CENTER, 2: ALIGN.RIGHT, 3: ALIGN.RIGHT, 4: ALIGN.RIGHT, 5: ALIGN.CENTER}
    row(table, cells, size=12, aligned=right)
    whole_row(table, "{%tr endfor %}")
    whole_row(table, "{%tr endfor %}")
    unsplit(table)
    letter.say("“…” là chưa có số liệu hoặc chưa có mốc để so. {{ nguon }}", italic=True, size=12)


def shortcomings(letter: Letter) -> None:
    letter.heading("III. HẠN CHẾ, NGUYÊN NHÂN")
    letter.heading("1. Chỉ tiêu chưa bảo đảm tiến độ và đơn vị còn chậm")
    letter.command("if co_chi_tieu_cham")
    letter.body("Xếp theo mức lệch so với mốc đến kỳ, tính bằng phần trăm của mốc, lớn nhất trước.")
    letter.command("for c in chi_tieu_cham")
    gap = "{% if c.lech %}, mốc {{ c.moc }} (lệch {{ c.lech }} của mốc){% endif %}"
    letter.body(
        f"- {{{{ c.ten }}}}: {{{{ c.danh_gia }}}}, thực hiện {{{{ c.thuc_hien }}}}{gap}. "
        "{{ c.cau_don_vi }}"
    )
    letter.command("endfor")
    letter.command("else")
    letter.command("if la_6_thang")
    letter.body("Các chỉ tiêu được đánh giá theo số cả năm.")
    letter.command("else")
    letter.body("Không có chỉ tiêu nào được đánh giá là nguy cơ hoặc chậm.")
    letter.command("endif")
    letter.command("endif")
    letter.heading("2. Nguyên nhân")
    letter.gap("Nêu nguyên nhân khách quan")
    letter.gap("Nêu nguyên nhân chủ quan")
    letter.command("if la_tong_ket")
    letter.heading("3. Bài học kinh nghiệm")
    letter.gap("Nêu bài học kinh nghiệm của cả giai đoạn")
    letter.command("endif")


def ahead(letter: Letter) -> None:
    letter.heading("IV. NHIỆM VỤ, GIẢI PHÁP THỜI GIAN TỚI")
    letter.gap("Nêu nhiệm vụ, giải pháp trọng tâm, trước hết cho các chỉ tiêu ở mục III")
    letter.gap("Nêu phân công thực hiện và thời hạn")
    letter.heading("V. KIẾN NGHỊ, ĐỀ XUẤT")
    asked = letter.gap("Nêu kiến nghị với cấp trên và các cơ quan liên quan")
    told = "{% if la_tong_ket %}tổng kết{% else %}{{ ky }}{% endif %}"
    last = letter.body(f"Trên đây là báo cáo {told} của Ủy ban nhân dân {{{{ don_vi }}}}./.")
    for paragraph in (asked, last):  # the signature never stands alone on a page
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.keep_together = True


def signature(letter: Letter) -> None:
    table = letter.table([78, 82], ruled=False)
    made = table.add_row()
    made._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = made.cells
    left.width, right.width = Mm(78), Mm(82)
    first = write(left.paragraphs[0], "Nơi nhận:", bold=True, italic=True, size=12)
    first.paragraph_format.space_after = Pt(0)
    for text, gap in (
        ("- Như trên;", ""),
        ("- ", "[Nêu các nơi nhận khác];"),
        ("- Lưu: VT, ", "…"),
    ):
        line = left.add_paragraph()
        line.paragraph_format.space_after = Pt(0)
        write(line, text, size=11)
        if gap:
            marked(line, gap).font.size = Pt(11)
    for place, text in enumerate(("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")):
        line = right.add_paragraph() if place else right.paragraphs[0]
        line.paragraph_format.space_after = Pt(0)
        write(line, text, bold=True, align=ALIGN.CENTER)
    for _line in range(4):
        right.add_paragraph().paragraph_format.space_after = Pt(0)
    name = right.add_paragraph()
    name.alignment = ALIGN.CENTER
    marked(name, "[Họ và tên]").bold = True


def template() -> Any:
    letter = Letter()
    for part in (head, title, results, promises, shortcomings, ahead, signature):
        part(letter)
    told = letter.document.core_properties
    told.title, told.author, told.comments = "Báo cáo kết quả giảm nghèo", "", ""
    told.language = "vi-VN"
    told.created = told.modified = WRITTEN_ON
    return letter.document


def main() -> None:
    template().save(TARGET)
    print(TARGET.name)


if __name__ == "__main__":
    main()
