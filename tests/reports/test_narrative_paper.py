"""The report in words as it comes out of the printer: the official form, every gap marked.

Source: Decree 30/2020, annex I (national name and motto, number, place and date, signature,
page numbers from the second page on).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from docx import Document
from docx.text.paragraph import Paragraph

from communes.enums import Role
from plans.models import Plan, Target
from povertyplan.lib.letters import MAY_BREAK, filled
from reports.narrative.context import Promise_, Section
from reports.narrative.templates import STANDARD
from tests.builders import Catalogue, Places, official
from tests.reports.test_narrative import FILE, HOME, values
from tests.reports.test_narrative import promise as promise  # noqa: PLC0414  # a fixture
from tests.reports.test_narrative import reviewer as reviewer  # noqa: PLC0414

pytestmark = pytest.mark.django_db

GAP = re.compile(r"\[[^\]]+\]")
KINDS = {
    "nam.docx": (FILE, "Kết quả thực hiện kế hoạch giảm nghèo năm 2024"),
    "tong-ket.docx": (f"{FILE}?loai=tong-ket", "Tổng kết thực hiện kế hoạch giảm nghèo"),
    "6-thang.docx": (
        FILE.replace("/2024/", "/2024H1/"),
        "Kết quả thực hiện kế hoạch giảm nghèo 6 tháng đầu năm 2024",
    ),
}


def paragraphs(content: bytes) -> Iterator[Paragraph]:
    document = Document(BytesIO(content))
    yield from document.paragraphs
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from cell.paragraphs


def gaps(content: bytes) -> list[str]:
    """What the author has to write, in reading order."""
    return [gap for one in paragraphs(content) for gap in GAP.findall(one.text)]


def marked(content: bytes) -> list[str]:
    """The same, of what stands out in yellow."""
    runs = (run for one in paragraphs(content) for run in one.runs)
    return [gap for run in runs if run.font.highlight_color for gap in GAP.findall(run.text)]


@pytest.mark.parametrize("name", KINDS)
def test_every_gap_stands_out(reviewer: Client, promise: Target, name: str) -> None:
    content = reviewer.get(KINDS[name][0]).content

    assert marked(content) == gaps(content)
    assert "[Điền số, ngày của văn bản còn để “…”]" in gaps(content)  # its day is not known
    assert ("[Nêu bài học kinh nghiệm của cả giai đoạn]" in gaps(content)) == (
        name == "tong-ket.docx"
    )


def test_number_and_date_are_the_author_s_to_write_and_stand_out(
    reviewer: Client, promise: Target
) -> None:
    runs = [run for one in paragraphs(reviewer.get(FILE).content) for run in one.runs]
    told = [run.text for run in runs if run.font.highlight_color]

    assert told.count("…") == 2  # of the letter, and who drew it up
    assert "ngày … tháng … năm …" in told
    assert "Thử Nghiệm, " in [run.text for run in runs if not run.font.highlight_color]


def test_document_that_is_fully_known_leaves_no_gap(reviewer: Client, promise: Target) -> None:
    Plan.objects.update(issued_on="2024-02-08")

    content = reviewer.get(FILE).content

    assert "số 17/KH-UBND ngày 08 tháng 02 năm 2024" in "".join(
        one.text for one in paragraphs(content)
    )
    assert not [gap for gap in gaps(content) if "văn bản" in gap]


def test_province_says_itself_whom_it_reports_to(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    client.force_login(official("tinh", places.province, Role.REVIEWER))

    content = client.get(FILE.replace("/901/", "/90/")).content

    assert "[Nêu nơi nhận báo cáo]" in marked(content)
    assert "[Nêu văn bản giao chỉ tiêu]" in "".join(one.text for one in paragraphs(content))


def test_preview_is_vietnamese_whatever_the_reader_s_language(
    reviewer: Client, promise: Target
) -> None:
    """What will stand in the file is shown as it is, and told to be Vietnamese."""
    reviewer.cookies["django_language"] = "en"

    page = reviewer.get(HOME).content.decode()

    assert '<html lang="en"' in page
    sentence = page.index("đầu năm 2024 có 40 hộ, tỷ lệ 3,33%")
    block = page.rindex("<div", 0, sentence)
    assert 'lang="vi"' in page[block : page.index(">", block)]
    assert re.search(r'<h2 id="h-bao-cao" lang="vi">Kết quả thực hiện', page)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (FILE, "Báo cáo giảm nghèo năm 2024 – Thử Nghiệm (tạm tính).docx"),
        (f"{FILE}?stage=official", "Báo cáo giảm nghèo năm 2024 – Thử Nghiệm.docx"),
        (
            KINDS["6-thang.docx"][0],
            "Báo cáo giảm nghèo 6 tháng đầu năm 2024 – Thử Nghiệm (tạm tính).docx",
        ),
    ],
)
def test_file_is_named_in_words_of_the_field(
    reviewer: Client, promise: Target, address: str, name: str
) -> None:
    reviewer.cookies["django_language"] = "en"  # the letter is Vietnamese, and so is its name

    told = unquote(reviewer.get(address).headers["Content-Disposition"])

    assert told.endswith(name)
    assert "2024H1" not in told


def test_table_of_promises_keeps_its_numbers_and_headings_whole(
    reviewer: Client, promise: Target
) -> None:
    document = Document(BytesIO(reviewer.get(FILE).content))
    table = next(one for one in document.tables if one.cell(0, 0).text == "TT")

    # 4.10 in letters of 12 points takes 8 mm, and a cell of this table 2 mm for its edges
    widths = {round(row.cells[0].width.mm) for row in table.rows if row.cells[0].text == "1.1"}
    assert widths == {12}
    heading = table.rows[1].cells[0]
    assert heading.text.startswith("1. ")
    assert heading.paragraphs[0].paragraph_format.keep_with_next
    assert not table.rows[2].cells[1].paragraphs[0].paragraph_format.keep_with_next


# -- on paper -------------------------------------------------------------------------------------


def printed(folder: Path, files: dict[str, bytes]) -> dict[str, list[str]]:
    """The pages of each letter as LibreOffice prints it; one start for all of them."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    subprocess.run(
        [
            os.environ.get("SOFFICE") or "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf:writer_pdf_Export",
            "--outdir",
            folder,
            *(folder / name for name in files),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return {name: _pages(folder / name.replace(".docx", ".pdf")) for name in files}


def _pages(path: Path) -> list[str]:
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    return [re.sub(r"[ \t\u00a0]+", " ", page) for page in text.split("\f")[:-1]]


@pytest.mark.office
def test_letter_has_the_official_form_on_paper(
    reviewer: Client, promise: Target, tmp_path: Path
) -> None:
    files = {name: reviewer.get(address).content for name, (address, _) in KINDS.items()}

    for name, pages in printed(tmp_path, files).items():
        assert 2 <= len(pages) <= 6, name
        first, whole, last = pages[0], " ".join(pages), pages[-1]
        lines = [line.strip() for line in first.splitlines() if line.strip()]
        assert lines[0] == "SỐ TẠM TÍNH", "the first page has no number"
        # issuer and national name stand side by side, each on one line
        assert lines[1] == "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        assert lines[2] == "HUYỆN THỬ NGHIỆM Độc lập - Tự do - Hạnh phúc"
        assert lines[3] == "Số: …/BC-UBND Thử Nghiệm, ngày … tháng … năm …"
        assert lines[4] == "BÁO CÁO"
        assert lines[5].startswith(KINDS[name][1])
        assert lines[6] == "trên địa bàn huyện Thử Nghiệm", "no name alone on a line"
        assert "Kính gửi: Ủy ban nhân dân tỉnh Thử Nghiệm." in lines
        for number, page in enumerate(pages[1:], start=2):
            above = [line.strip() for line in page.splitlines() if line.strip()]
            assert above[:2] == ["SỐ TẠM TÍNH", str(number)]
            assert above.count("SỐ TẠM TÍNH") == 1
        for words in ("Nơi nhận: TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "[Họ và tên]"):
            assert words in last
        told = "tổng kết" if name == "tong-ket.docx" else ""
        assert f"Trên đây là báo cáo {told}" in whole
        assert whole.rstrip().endswith("[Họ và tên]")


@pytest.mark.office
def test_signature_never_stands_alone_on_a_page(tmp_path: Path) -> None:
    """Whatever is said before it: letters that differ by two lines each, over a whole page."""
    files = {
        f"{lines}.docx": filled(
            STANDARD.read_bytes(),
            {
                **values(),
                "don_vi": "xã Một",
                "cau_chua_bao_cao": "dòng chữ dài như thế " * 4 * lines,
            },
        )
        for lines in range(0, 44, 2)
    }

    for name, pages in printed(tmp_path, files).items():
        last = next(page for page in pages if "TM. ỦY BAN NHÂN DÂN" in page)
        assert "Trên đây là báo cáo" in last, name
        assert "[Họ và tên]" in last, name


@pytest.mark.office
def test_no_word_is_cut_in_the_table_of_promises(tmp_path: Path) -> None:
    amounts = ("≥ 2 ngày/tuần/trạm", "155.301,6 triệu đồng/người/năm", "20–30 người/xã/năm")
    one = {"number": "4.10", "name": "Chỉ tiêu", "verdict": "Đúng tiến độ"}
    rows = tuple(blank(Promise_, **one, goal=said, expected=said, actual=said) for said in amounts)
    section = blank(Section, promises=rows).values()
    content = filled(
        STANDARD.read_bytes(), {**values(), "co_chi_tieu": True, "linh_vuc": [section]}
    )

    text = "\n".join(printed(tmp_path, {"bang.docx": content})["bang.docx"])
    table = text[text.index("TT Chỉ tiêu") : text.index("“…” là")]
    whole = {piece for said in amounts for word in said.split() for piece in pieces(word)}
    heads = (
        "TT Chỉ tiêu (chỗ trong văn bản) Mức giao Mốc đến kỳ Thực hiện Đánh giá "
        "() . 4.10 Đúng tiến độ"
    )

    assert set(table.replace(MAY_BREAK, "").split()) <= {*whole, *heads.split()}
    assert "Đúng tiến độ" in table


def pieces(word: str) -> set[str]:
    """đồng/người/năm may be parted after its strokes alone."""
    parts = re.findall(r"[^/]+/?", word)
    return {
        "".join(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, len(parts) + 1)
    }


def blank(part: Callable[..., Any], **told: object) -> Any:
    """A part of a report that says nothing but what is told here."""
    names = fields(part)  # type: ignore[arg-type]
    return part(**{row.name: () if "of" in row.metadata else "" for row in names} | told)
