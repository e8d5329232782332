"""What cannot serve as a template is refused, with sheet and cell, before anything is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from povertyplan.lib.bookforms.check import checked
from povertyplan.lib.errors import DomainError
from tests.reports.bad_workbooks import BAD, plain
from tests.reports.office_forms import NAMES, SIMPLE, filled, parts, template, with_parts

LINK = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="http://x/hyperlink" Target="http://x" TargetMode="External"/>'
    b"</Relationships>"
)


def refusal(content: bytes) -> str:
    with pytest.raises(DomainError) as refused:
        checked(content, NAMES)
    return str(refused.value)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"A1": "{{ ten_la }}"}, "Trang “Biểu”, ô A1: Không có chỗ điền “ten_la”."),
        ({"D5": "{{ dong.cot_99 }}"}, "ô D5: Không có chỗ điền “dong.cot_99”."),
        ({"A1": "{{ la.ten }}"}, "ô A1: Không có chỗ điền “la.ten”."),
        ({"A1": "{{ ky | format }}"}, "ô A1: Không có cách viết “format”"),
        ({"A1": "{{ ky"}, "ô A1: Chỗ điền viết sai."),
        ({"A1": "{{ ky.__class__ }}"}, "ô A1: Chỗ điền viết sai."),
        ({"A1": "{{ 7*7 }}"}, "ô A1: Chỗ điền viết sai."),
        ({"A1": "{% for d in dong %}"}, "ô A1: Mẫu chỉ được điền chỗ trống"),
        ({"A1": '="{{ ky }}"'}, "ô A1: Chỗ điền không đặt trong công thức được"),
        ({"B8": "{{ dong.ten }}"}, "Chỉ một dòng được điền {{ dong.… }}; mẫu có 2: "),
        ({"E5": "{{ nhom.ten }}"}, "Một dòng chỉ điền một loại"),
        ({"A9": "{{ nhom.ten }}"}, "dòng 9: Dòng nhom phải ngay trên dòng dong."),
        ({"C7": "=C5"}, "ô C7: Trỏ vào dòng lặp phải là vùng, như SUM(D8:D8). (=C5)"),
        ({"C5": "=D5/D7"}, "ô C5: Ở dòng lặp, ô của dòng khác phải có $ trước số dòng."),
        ({"C5": "=D4+1"}, "ô C5: Ở dòng lặp, ô của dòng khác phải có $ trước số dòng."),
        ({"C7": "=[1]Khác!A1"}, "ô C7: Công thức lấy số từ tệp khác."),
        ({"C7": "=SUM(C5:INDEX(C:C,7))"}, "ô C7: Viết vùng bằng hai địa chỉ ô"),
        (
            {"B4": "{{ nhom.ten }}", "C4": "{{ nhom.cot_3 }}", "C7": "=SUM(C5:C5)"},
            "ô C7: Cộng cả dòng nhóm sẽ tính hai lần. Xóa dòng {{ nhom.… }} nếu",
        ),
        (
            {"B4": "{{ nhom.ten }}", "E4": "=SUM(E5:E5)", "E5": "=C5", "E7": "=SUM(E5:E5)"},
            "ô E7: Cộng cả dòng nhóm sẽ tính hai lần",
        ),
        (
            {"B4": "{{ nhom.ten }}", "D4": "{{ nhom.cot_4 }}", "D7": "=SUM(C5:D5)"},
            "ô D7: Cộng cả dòng nhóm sẽ tính hai lần",
        ),
    ],
)
def test_place_holder_or_formula_that_cannot_be_followed_is_named_by_its_cell(
    cells: dict[str, str], words: str
) -> None:
    assert words in refusal(template({**SIMPLE, **cells}))


def test_every_problem_is_told_at_once() -> None:
    said = refusal(template({**SIMPLE, "A1": "{{ mot }}", "A2": "{{ hai }}", "C7": "=C5"}))

    assert len(said.splitlines()) == 3


def test_template_needs_a_row_of_units() -> None:
    assert "Mẫu chưa có dòng của các đơn vị" in refusal(plain())


def merged(_book: Any, sheet: Any) -> None:
    sheet.merge_range("E4:E6", "gộp")


def comment(_book: Any, sheet: Any) -> None:
    sheet.write_comment("A6", "ghi chú")


def table(_book: Any, sheet: Any) -> None:
    sheet.add_table("F1:G3")


def box(_book: Any, sheet: Any) -> None:
    sheet.insert_textbox("F2", "{{ ky }}")


def link(_book: Any, sheet: Any) -> None:
    sheet.write_url("F2", "https://x.vn")


def two_kinds(book: Any, sheet: Any) -> None:
    sheet.write_rich_string("A2", "{{ k", book.add_format({"bold": True}), "y }}", " x")


def elsewhere(book: Any, _sheet: Any) -> None:
    book.add_worksheet("Trang hai").write_string("B2", "{{ nhom.ten }}")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (merged, "ô E4:E6: Ô gộp nhiều dòng phủ lên dòng lặp"),
        (comment, "ô A6: Ghi chú (comment)"),
        (table, "Bảng (Table)"),
        (box, "không trong hình, ghi chú"),
        (link, "liên kết ra ngoài"),
        (two_kinds, "ô A2: Chỗ điền bị chia thành nhiều kiểu chữ"),
        (elsewhere, "Trang “Trang hai”, dòng 2: Dòng này phải ở cùng trang"),
    ],
)
def test_what_would_be_lost_or_torn_apart_is_refused_with_the_reason(
    more: Callable[[Any, Any], None], words: str
) -> None:
    assert words in refusal(template(SIMPLE, more))


def test_comment_above_the_row_stays() -> None:
    def above(_book: Any, sheet: Any) -> None:
        sheet.write_comment("A1", "ghi chú")

    made = filled(template(SIMPLE, above))

    assert b"ghi ch" in parts(made)["xl/comments1.xml"]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl__vbaProject_DOT_bin", "macro"),
        ("xl__externalLinks__externalLink1_DOT_xml", "tệp khác"),
        ("xl__embeddings__a_DOT_bin", "tệp nhúng"),
        ("xl__ctrlProps__a_DOT_xml", "nút bấm"),
        ("xl__activeX__a_DOT_xml", "macro"),
        ("xl__pivotTables__a_DOT_xml", "PivotTable"),
        ("xl__connections_DOT_xml", "tệp khác"),
    ],
)
def test_parts_that_run_reach_out_or_cannot_move_are_refused(part: str, words: str) -> None:
    assert words in refusal(with_parts(template(SIMPLE), **{part: b"<a/>"}))


def test_address_to_press_is_refused() -> None:
    sent = with_parts(template(SIMPLE), xl__worksheets___rels__sheet1_DOT_xml_DOT_rels=LINK)

    assert "liên kết ra ngoài" in refusal(sent)


@pytest.mark.parametrize("name", BAD)
def test_bad_workbook_never_becomes_a_template(name: str) -> None:
    make, _words = BAD[name]

    with pytest.raises(DomainError):
        checked(make(), NAMES)
