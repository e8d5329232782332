"""What a file is, told by its bytes: PDF, photo, Excel, Word. Everything else is refused.

puremagic takes the first look and names what is refused; each kind is then checked closely.
Bounded: no picture is decoded, of an archive only its table of contents is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from zipfile import ZipFile, ZipInfo

import puremagic
from django.utils.translation import gettext as _
from PIL import Image

from povertyplan.lib.archives import DIRECTORY_END, BrokenArchiveError, HugeArchiveError, opened
from povertyplan.lib.errors import DomainError
from povertyplan.lib.relations import content_types, element_names, outward, relations

MOST_PIXELS = 60_000_000
"""Beyond what phones photograph; a forged size would fill the memory of whoever opens it."""
MOST_PARTS = 3_000
MOST_UNPACKED = 150 * 1024 * 1024
_TAIL = 66_000  # where the directory of an archive may begin: its record and a longest comment


@dataclass(frozen=True)
class Kind:
    """extension without a dot; `told_as`: how puremagic may call it."""

    extension: str
    content_type: str
    told_as: frozenset[str]
    check: Callable[[bytes], bool]

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


def kind_of(content: bytes) -> Kind:
    """The kind of a whole file. Raises DomainError saying what it seems to be and what to do."""
    endings = _endings(content)
    for kind in KINDS:
        if kind.told_as & set(endings) and kind.check(content):
            return kind
    raise DomainError(_refusal(content, endings))


def _endings(content: bytes) -> list[str]:
    """What the bytes look like, best guess first: .pdf, .zip…"""
    try:
        return [found.extension.lower() for found in puremagic.magic_string(content)]
    except (puremagic.PureError, ValueError):
        return []


# -- PDF -------------------------------------------------------------------------------------------


def _is_pdf(content: bytes) -> bool:
    """Head and end in place, nothing before or after that another program would read."""
    is_whole = content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]
    return is_whole and b"startxref" in content[-2048:] and not _holds_archive(content)


def _holds_archive(content: bytes) -> bool:
    """Readers of archives look for the directory near the end, whatever comes after it."""
    return DIRECTORY_END in content[-_TAIL:]


def _ends_as_archive(content: bytes) -> bool:
    """Does an archive's directory end exactly where the file does?"""
    tail = content[-_TAIL:]
    place = tail.rfind(DIRECTORY_END)
    if place < 0 or place + 22 > len(tail):
        return False
    return place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)


# -- pictures --------------------------------------------------------------------------------------


def _is_picture(content: bytes, form: str) -> bool:
    if _holds_archive(content) or b"%PDF-" in content[:1024]:
        return False
    try:
        with Image.open(BytesIO(content), formats=[form]) as picture:
            width, height = picture.size
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DomainError(_too_many_pixels()) from None
    except Exception:  # noqa: BLE001  # readers of broken pictures raise whatever they meet
        return False
    if width * height > MOST_PIXELS:
        raise DomainError(_too_many_pixels())
    return True


def _too_many_pixels() -> str:
    return _(
        "Ảnh quá {most} triệu điểm ảnh. Chụp lại ở cỡ nhỏ hơn hoặc thu nhỏ ảnh rồi gửi lại."
    ).format(most=MOST_PIXELS // 1_000_000)


# -- Excel and Word --------------------------------------------------------------------------------

_FOREIGN = ("vbaproject", "/macrosheets/", "/dialogsheets/", "/activex/", "/oleobject")
"""Parts that run, or would: macros in both their forms, controls, other programs' objects."""
_RUNNABLE = (
    ".exe", ".dll", ".bat", ".cmd", ".com", ".scr", ".msi", ".jar",
    ".js", ".vbs", ".hta", ".lnk", ".ps1",
)  # fmt: skip
_RUNNING = ("vbaproject", "vbadata", "macrosheet", "dialogsheet", "activex", "oleobject")
"""The same as the file itself tells of its parts, whatever they are called."""
_OUTWARD = ("hyperlink", "externallinkpath")
"""What may lead out of the file: an address to press, and figures of another workbook."""
_MOST_LINK = 20 * 1024**2
"""Bytes of the figures kept of another workbook."""


def _is_office(content: bytes, main_part: str, main_type: str) -> bool:
    """An archive from its first byte to its last, with the parts of its kind and none that runs."""
    if not content.startswith(b"PK\x03\x04") or not _ends_as_archive(content):
        return False
    try:
        with opened(content) as archive:
            parts = archive.infolist()
            _need_harmless(parts, len(content))
            names = {part.filename for part in parts}
            if main_part not in names or "[Content_Types].xml" not in names:
                return False
            told = content_types(archive)
            _need_no_running(archive, told)
    except HugeArchiveError:
        raise DomainError(_bomb()) from None
    except BrokenArchiveError:
        return False
    return told.get(main_part) == main_type


def _need_harmless(parts: list[ZipInfo], size: int) -> None:
    """Sizes are the archive's own word: more packed bytes than the file has is a known bomb."""
    names = [f"/{part.filename.lower()}" for part in parts]
    if any(mark in name for name in names for mark in _FOREIGN):
        raise DomainError(_macros())
    if any(name.endswith(_RUNNABLE) for name in names):
        raise DomainError(_macros())
    if any(".." in name.split("/") or "\\" in name for name in names):
        raise DomainError(_damaged())
    is_bomb = (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or sum(part.compress_size for part in parts) > size
    )
    if is_bomb:
        raise DomainError(_bomb())


def _need_no_running(archive: ZipFile, types: dict[str, str]) -> None:
    """Nor templates, objects and data that the program would fetch or start on opening."""
    told = [*types.values(), *(one.kind for one in relations(archive))]
    if any(mark in one for one in told for mark in (*_RUNNING, "macroenabled")):
        raise DomainError(_macros())
    if outward(archive, _OUTWARD):
        raise DomainError(_macros())
    for part in archive.infolist():
        name = part.filename.lower()
        if "externallink" in name or "externallink" in types.get(name, ""):
            with archive.open(part) as stream:
                link = stream.read(_MOST_LINK)
            if {"ddeLink", "oleLink"} & element_names(link):
                raise DomainError(_macros())


def _bomb() -> str:
    return _(
        "Tệp bung ra quá lớn (trên {most} MB) hoặc có quá nhiều phần. "
        "Tách nhỏ hoặc in ra PDF rồi gửi lại."
    ).format(most=MOST_UNPACKED // 1024**2)


def _macros() -> str:
    return _(
        "Tệp có macro hoặc phần chạy được nên không nhận. "
        "Lưu lại thành .xlsx hoặc .docx không có macro, hoặc PDF, rồi gửi lại."
    )


def _damaged() -> str:
    return _("Tệp bị hỏng hoặc bị sửa. Mở và lưu lại, hoặc in ra PDF, rồi gửi lại.")


# -- what is taken, and what is said of the rest ---------------------------------------------------

_OPENXML = "application/vnd.openxmlformats-officedocument."
_EXCEL, _WORD = "spreadsheetml.sheet", "wordprocessingml.document"
_ZIP = frozenset({".zip", ".docx", ".xlsx"})

KINDS = (
    Kind("pdf", "application/pdf", frozenset({".pdf"}), _is_pdf),
    Kind(
        "jpg",
        "image/jpeg",
        frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
        partial(_is_picture, form="JPEG"),
    ),
    Kind("png", "image/png", frozenset({".png"}), partial(_is_picture, form="PNG")),
    Kind("webp", "image/webp", frozenset({".webp"}), partial(_is_picture, form="WEBP")),
    Kind(
        "xlsx",
        _OPENXML + _EXCEL,
        _ZIP,
        partial(_is_office, main_part="xl/workbook.xml", main_type=f"{_OPENXML}{_EXCEL}.main+xml"),
    ),
    Kind(
        "docx",
        _OPENXML + _WORD,
        _ZIP,
        partial(_is_office, main_part="word/document.xml", main_type=f"{_OPENXML}{_WORD}.main+xml"),
    ),
)
ACCEPT = "image/jpeg,image/png,image/webp,.pdf,.xlsx,.docx"
"""For a file chooser; a phone offers its camera."""


_PROGRAMS = (b"MZ", b"\x7fELF", b"#!")


def _refusal(content: bytes, endings: list[str]) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _(
            "Đây là tệp Office kiểu cũ (.doc, .xls) hoặc có mật khẩu. Mở tệp, lưu lại thành "
            ".docx, .xlsx không mật khẩu, hoặc in ra PDF, rồi gửi lại."
        )
    ours = {ending for kind in KINDS for ending in kind.told_as} - _ZIP
    if endings and endings[0] in ours:
        return _damaged()
    wanted = _("Nhận PDF, ảnh JPG, PNG, WebP, Excel .xlsx, Word .docx.")
    return f"{_seeming(content, endings)} {wanted}"


def _seeming(content: bytes, endings: list[str]) -> str:
    if content.startswith(_PROGRAMS):
        return _("Đây là tệp chương trình, không phải minh chứng.")
    if content.startswith(b"PK"):
        return _("Đây là tệp nén, tài liệu kiểu khác, hoặc tệp Office bị hỏng.")
    if endings and endings[0]:
        return _("Nội dung là tệp kiểu {ending}.").format(ending=endings[0])
    return _("Không nhận ra tệp này là gì.")
