"""Names of files: still the official's own, and harmless. Source: issue 5, Evidence."""

from __future__ import annotations

import pytest

from povertyplan.lib.filenames import MOST_BYTES, harmless_name, one_line


@pytest.mark.parametrize(
    ("told", "extension", "shown"),
    [
        ("Quyết định 12-QĐ-UBND.pdf", "pdf", "Quyết định 12-QĐ-UBND.pdf"),
        ("ảnh nhà ở.JPEG", "jpg", "ảnh nhà ở.jpg"),
        ("anh.png", "jpg", "anh.jpg"),
        ("bao cao.pdf.exe", "pdf", "bao cao.pdf.exe.pdf"),
        ("bao cao.docx.pdf", "pdf", "bao cao.pdf"),
        ("QĐ 12.2024", "pdf", "QĐ 12.2024.pdf"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("C:\\Users\\can bo\\Danh sách.xlsx", "xlsx", "Danh sách.xlsx"),
        (".htaccess", "png", "htaccess.png"),
        ("...", "pdf", "minh-chung.pdf"),
        ("", "pdf", "minh-chung.pdf"),
        (".pdf", "pdf", "pdf.pdf"),
        ("hoa\u202efdp.exe", "pdf", "hoafdp.exe.pdf"),
        ("a\u200bb\ufeffc\u200e.pdf", "pdf", "abc.pdf"),
        ("một\x00hai\x07ba.pdf", "pdf", "mộthaiba.pdf"),
        ("một\r\nX-Header: hai.pdf", "pdf", "một X-Header- hai.pdf"),
        ("a\u2028b\u00a0 c.pdf", "pdf", "a b c.pdf"),
        ('<img src=x onerror="a">.png', "png", "-img src=x onerror=-a--.png"),
        ("Ke\u0302\u0301 hoa\u0323ch.pdf", "pdf", "Kế hoạch.pdf"),
        ("CON.pdf", "pdf", "_CON.pdf"),
        ("com1.tai lieu.docx", "docx", "_com1.tai lieu.docx"),
        ("ghi chú .pdf", "pdf", "ghi chú.pdf"),
    ],
)
def test_name_is_cleaned_and_ends_as_its_bytes_do(told: str, extension: str, shown: str) -> None:
    assert harmless_name(told, extension) == shown


@pytest.mark.parametrize("letter", ["a", "ệ", "\U0001f4c4"])
def test_overlong_name_is_cut_to_what_a_file_system_takes(letter: str) -> None:
    shown = harmless_name(letter * 500 + ".pdf", "pdf")

    assert shown.endswith(f"{letter}.pdf")
    assert len(shown.encode()) <= MOST_BYTES + 4
    assert len(shown) <= 104


def test_text_of_a_decision_is_one_line_in_one_form() -> None:
    assert one_line(" Quye\u0302\u0301t  định\n12\u202e/QĐ\x00 ") == "Quyết định 12/QĐ"
