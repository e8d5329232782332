"""Which files are taken as evidence, told by their bytes. Source: issue 5, Evidence."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from povertyplan.lib.errors import DomainError
from povertyplan.lib.filekinds import kind_of
from tests.reports import evidence_files as files

ORIENTED = (
    b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00"
    b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
)


@pytest.mark.parametrize(
    ("content", "extension", "content_type"),
    [
        (files.pdf(), "pdf", "application/pdf"),
        (files.pdf(b"x" * 200_000), "pdf", "application/pdf"),
        (files.picture("JPEG"), "jpg", "image/jpeg"),
        (files.picture("JPEG", exif=ORIENTED), "jpg", "image/jpeg"),
        (files.picture("JPEG", progressive=True, size=(1600, 1200)), "jpg", "image/jpeg"),
        (files.picture("PNG"), "png", "image/png"),
        (files.picture("WEBP"), "webp", "image/webp"),
        (files.xlsx(), "xlsx", f"{files.OPENXML}spreadsheetml.sheet"),
        (files.docx(), "docx", f"{files.OPENXML}wordprocessingml.document"),
    ],
)
def test_evidence_of_each_kind_is_known_by_its_bytes(
    content: bytes, extension: str, content_type: str
) -> None:
    found = kind_of(content)

    assert (found.extension, found.content_type) == (extension, content_type)


def test_jpeg_without_its_usual_mark_is_known() -> None:
    """Cameras and scanners begin with other segments than JFIF and Exif."""
    plain = files.picture("JPEG")
    bare = plain[:2] + plain[2 + 2 + int.from_bytes(plain[4:6], "big") :]  # without APP0
    assert bare[:4] == b"\xff\xd8\xff\xdb"

    assert kind_of(bare).extension == "jpg"


MACRO = "Tệp có macro"
OLD = "kiểu cũ"
UNKNOWN = "Nhận PDF, ảnh JPG, PNG, WebP, Excel .xlsx, Word .docx."
DAMAGED = "Tệp bị hỏng hoặc bị sửa"
BOMB = "Tệp bung ra quá lớn"
PIXELS = "Ảnh quá 60 triệu điểm ảnh"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: files.SVG, UNKNOWN),
        (lambda: files.HTML, UNKNOWN),
        (lambda: files.PROGRAM, UNKNOWN),
        (lambda: files.ELF, UNKNOWN),
        (lambda: files.RAR, UNKNOWN),
        (lambda: files.SEVEN_ZIP, UNKNOWN),
        (lambda: files.SCRIPT, UNKNOWN),
        (lambda: files.TEXT, UNKNOWN),
        (lambda: b"\x00", UNKNOWN),
        (lambda: files.picture("GIF"), UNKNOWN),
        (lambda: files.picture("TIFF"), UNKNOWN),
        (lambda: files.picture("BMP"), UNKNOWN),
        (lambda: files.archive({"a.txt": "a"}), UNKNOWN),
        (lambda: files.OLD_OFFICE, OLD),
        (files.with_macro, MACRO),
        (files.with_xlm_macro, MACRO),
        (files.named_macro_free_but_typed_as_one, MACRO),
        (lambda: files.docx({"word/embeddings/setup.exe": b"MZ"}), MACRO),
        (lambda: files.docx({"word/embeddings/start.vbs": b"x"}), MACRO),
        (lambda: files.docx({"word/embeddings/oleObject1.bin": b"x"}), MACRO),
        (lambda: files.docx({"word/_rels/settings.xml.rels": files.TEMPLATE_ELSEWHERE}), MACRO),
        (lambda: files.docx({"xl/externalLinks/externalLink1.xml": "<ddeLink/>"}), MACRO),
        (files.zip_bomb, BOMB),
        (files.overlapping_bomb, BOMB),
        (files.crowd, BOMB),
        (files.beyond_four_gigabytes, BOMB),
        (files.pixel_bomb, PIXELS),
        (files.large_picture, PIXELS),
        (lambda: files.docx({"../../etc/passwd": "root"}), DAMAGED),
        (lambda: files.pdf()[:-60], DAMAGED),
        (lambda: files.picture("JPEG")[:150], DAMAGED),
        (lambda: files.picture("PNG")[:60], DAMAGED),
    ],
)
def test_other_files_are_refused_with_what_to_do(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(DomainError) as refusal:
        kind_of(make())

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: files.HTML + files.pdf(),
        lambda: files.pdf() + files.archive({"a.txt": "a"}),
        lambda: files.picture("JPEG") + files.archive({"a.txt": "a"}),
        lambda: files.picture("PNG") + files.docx(),
        lambda: b"#!/bin/sh\n" + files.docx(),
        lambda: files.docx() + b"MZ" + bytes(100),
        lambda: files.picture("JPEG")[:20] + files.pdf() + files.picture("JPEG")[20:],
        lambda: files.pdf() + bytes(5000) + b"tail",
    ],
)
def test_file_that_is_two_kinds_at_once_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(DomainError):
        kind_of(make())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (files.RAR, "tệp kiểu .rar"),
        (files.SVG, "tệp kiểu .svg"),
        (files.PROGRAM, "tệp chương trình"),
        (files.ELF, "tệp chương trình"),
        (files.archive({"a.txt": "a"}), "tệp nén"),
        (files.TEXT, "Không nhận ra"),
    ],
)
def test_what_is_refused_is_named(content: bytes, named: str) -> None:
    with pytest.raises(DomainError) as refusal:
        kind_of(content)

    assert named in str(refusal.value)


@pytest.mark.parametrize(
    "make", [files.zip_bomb, files.overlapping_bomb, files.crowd, files.pixel_bomb]
)
def test_refusing_a_bomb_takes_next_to_no_memory(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    with pytest.raises(DomainError):
        kind_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2 * 1024**2


def test_address_to_press_in_a_document_is_no_harm() -> None:
    link = files.TEMPLATE_ELSEWHERE.replace("attachedTemplate", "hyperlink")

    assert kind_of(files.docx({"word/_rels/document.xml.rels": link}))


def test_docx_whose_table_of_contents_speaks_of_something_else_is_refused() -> None:
    with pytest.raises(DomainError):
        kind_of(files.docx(main_type="text/plain"))
