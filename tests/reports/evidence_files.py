"""Files of every kind as bytes, made here: what is taken as evidence and what is not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image

OPENXML = "application/vnd.openxmlformats-officedocument."


def pdf(body: bytes = b"") -> bytes:
    return (
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n" + body + b"\nxref\n0 1\n"
        b"0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 1>>\nstartxref\n9\n%%EOF\n"
    )


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (30, 90, 160)).save(out, form, **options)
    return out.getvalue()


def archive(parts: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def xlsx() -> bytes:
    out = io.BytesIO()
    book = Workbook()
    book.active["A1"] = "Danh sách hộ"  # type: ignore[index]
    book.save(out)
    return out.getvalue()


def types(main_part: str, main_type: str) -> str:
    return (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types"><Override PartName="/{main_part}" ContentType="{main_type}"/></Types>'
    )


def docx(more: dict[str, bytes | str] | None = None, **changed: str) -> bytes:
    told = changed.get("main_type", f"{OPENXML}wordprocessingml.document.main+xml")
    return archive(
        {
            "[Content_Types].xml": types("word/document.xml", told),
            "_rels/.rels": "<Relationships/>",
            "word/document.xml": "<w:document/>",
            **(more or {}),
        }
    )


TEMPLATE_ELSEWHERE = (
    '<Relationships><Relationship Id="r1" TargetMode="External" Target="https://vi.du/a.dotm"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
    "</Relationships>"
)


def with_macro() -> bytes:
    return docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def with_xlm_macro() -> bytes:
    told = f"{OPENXML}spreadsheetml.sheet.main+xml"
    return archive(
        {
            "[Content_Types].xml": types("xl/workbook.xml", told),
            "xl/workbook.xml": "<workbook/>",
            "xl/macrosheets/sheet1.xml": "<macrosheet/>",
        }
    )


def named_macro_free_but_typed_as_one() -> bytes:
    return docx(main_type="application/vnd.ms-word.document.macroEnabled.main+xml")


def zip_bomb() -> bytes:
    """200 MB of noughts in some 200 kB, with all the parts of a Word document."""
    return docx({"word/media/image1.png": bytes(200 * 1024**2)})


def overlapping_bomb() -> bytes:
    """Its directory leads a thousand times to the same packed bytes."""
    out = io.BytesIO(docx({"word/media/a.bin": bytes(1024**2)}))
    with zipfile.ZipFile(out, "a") as made:
        one = made.getinfo("word/media/a.bin")
        for n in range(1000):
            made.filelist.append(_renamed(one, f"word/media/{n}.bin"))
        made._didModify = True  # type: ignore[attr-defined]
    return out.getvalue()


def _renamed(one: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    for part in ("compress_type", "CRC", "compress_size", "header_offset", "flag_bits"):
        setattr(made, part, getattr(one, part))
    made.file_size = 100
    return made


def crowd() -> bytes:
    """20 000 empty parts: each would become an object of the reader."""
    return docx({f"word/{n}": b"" for n in range(20_000)})


def beyond_four_gigabytes() -> bytes:
    """With the record that tells a reader to look elsewhere for the directory's size."""
    plain = docx()
    place = plain.rfind(b"PK\x05\x06")
    return plain[:place] + b"PK\x06\x07" + bytes(16) + plain[place:]


def pixel_bomb() -> bytes:
    """A PNG of a few bytes that says it is 30000 × 30000."""
    return _png(30_000, 30_000)


def large_picture() -> bytes:
    """A PNG that says 10000 × 9000: more than is taken, less than Pillow's own alarm."""
    return _png(9_000, 8_000)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(200)
ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
RAR = b"Rar!\x1a\x07\x01\x00" + bytes(200)
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(200)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
SCRIPT = b"#!/bin/sh\nrm -rf /\n"
TEXT = "Danh sách hộ nghèo thôn 1".encode()


def upload(content: bytes, name: str = "quyet-dinh.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
