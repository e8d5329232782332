"""Word files filled in from a template that an office may have written itself.

The only place that knows docxtpl. A template is checked before it is kept: it holds no program,
fetches nothing, and names only what can be filled in. Values stay text whatever they contain.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, cast
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from povertyplan.lib.archives import opened
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.filekinds import kind_of
from povertyplan.lib.lettermarks import with_mark
from povertyplan.lib.letterspelling import spelling_problems
from povertyplan.lib.placeholders import FILTERS, Names, problems_in
from povertyplan.lib.relations import is_plain_xml, outward, relations

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_BYTES = 2 * 1024**2
"""Of a template: a letter with a coat of arms has some tens of kilobytes."""
MOST_PART = 2 * 1024**2
"""Of one part of it unpacked."""
MOST_COMMANDS = 2_000
MOST_IN_TEMPLATE = 100_000
"""Elements of all its parts together: the standard one has 20.000, nearly all of them styles."""
MOST_LETTERS = 20_000_000
"""Of what is filled in, with its tags: some thousand pages."""
MOST_ELEMENTS = 250_000
"""Of what is filled in: a row of a table with six cells has some sixty."""

_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FILLED = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes)\.xml")
"""The parts in which docxtpl fills something in; the document's properties are the other ones."""
_COMMAND = re.compile(r"\{[{%#]")
_SHOWN = re.compile(r"\{\{-?\s*[^\W\d]")
_WHOLE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}")
_RAW = re.compile(r"\{\{(?:tr|tc|p|r) ")
_LOADED = frozenset({
    "afchunk", "attachedtemplate", "control", "frame", "oleobject", "package", "recipientdata",
    "subdocument", "mailmergesource", "mailmergeheadersource",
})  # fmt: skip
"""Relations to what lies packed in the file, or is another file."""
_FETCHING = re.compile(
    r"\b(?:DDE|DDEAUTO|INCLUDE|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON|EMBED"
    r"|MERGEFIELD|RD|HYPERLINK)\b",
    re.IGNORECASE,
)
"""Fields that look outside of the file, or start something, when it is opened or printed."""
NO_BREAK, MAY_BREAK = "\u00a0", "\u200b"
"""A space where no line may end; where one may end without a space."""
_WRITTEN_ON = (2020, 3, 5, 0, 0, 0)
"""One day for every part, so that the same letter is the same file: that of Decree 30/2020."""


def filled(template: bytes, values: Mapping[str, Any], mark: str = "") -> bytes:
    """The template with its place-holders filled in; the same bytes for the same values.

    values: text, True or False, and lists of such mappings. mark: words that every page has to
    carry, put there where the template does not. Raises DomainError where the template's commands
    leave a broken document.
    """
    letter = _Letter(BytesIO(template))
    try:
        letter.render(dict(values), _environment(), autoescape=True)
    except (TemplateError, ET.ParseError, SyntaxError, RecursionError) as error:
        raise DomainError(_broken()) from error
    written = BytesIO()
    letter.save(written)
    content = written.getvalue()
    try:
        return _timeless(with_mark(content, mark) if mark else content)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DomainError(_damaged()) from error  # over what others wrote badly


def check_template(content: bytes, names: Names, sample: Mapping[str, Any], mark: str = "") -> None:
    """Raise DomainError with everything that keeps a file from being a template for `names`.

    sample, mark: what to try it with.
    """
    _need_small(len(content), MOST_BYTES)
    _need_word(content)
    _need_harmless(content)
    # A command that is not closed takes in what comes after it: nothing beyond can be told.
    found = list(_unclosed(content)) or _misspelt(content) or _unknown(content, names)
    if found:
        raise DomainError(found)
    if not any(_SHOWN.search(text) for part in _paragraphs(content) for text in part):
        raise DomainError(Problem(_nothing_to_fill(), code="empty"))
    filled(content, sample, mark)


class _Letter(DocxTemplate):  # type: ignore[misc]  # ships no types
    """Refuses a broken part, where docxtpl would mend it by leaving something out."""

    def render_xml_part(self, *args: Any, **kwargs: Any) -> str:
        rendered: str = super().render_xml_part(*args, **kwargs)
        ET.fromstring(rendered)  # noqa: S314  # no entities: refused on the way in
        return rendered


class _Environment(ImmutableSandboxedEnvironment):
    """Counts what the parts of one letter have come to, filled in."""

    letters = elements = 0


class _Bounded(Template):
    """Stops where a loop over many rows would fill the memory: by letters and by elements."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        pieces, spent = [], cast(_Environment, self.environment)
        for piece in self.generate(*args, **kwargs):
            pieces.append(piece)
            spent.letters += len(piece)
            spent.elements += _elements(piece)
            if spent.letters > MOST_LETTERS or spent.elements > MOST_ELEMENTS:
                raise DomainError(_("Văn bản lập ra quá dài. Bớt phần lặp trong mẫu rồi lập lại."))
        return "".join(pieces)


def _elements(text: str) -> int:
    return text.count("<") - text.count("</")


def _environment() -> _Environment:
    env = _Environment(autoescape=True, undefined=StrictUndefined, finalize=_printable)
    env.template_class = _Bounded
    env.globals.clear()
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


def _printable(value: object) -> str:
    """Text as it may stand in a document: what controls a machine is left out."""
    told = str(value)
    return "".join(one for one in told if one.isprintable() or one in (NO_BREAK, MAY_BREAK))


def _timeless(content: bytes) -> bytes:
    packed = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            told = zipfile.ZipInfo(part.filename, _WRITTEN_ON)
            told.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(told, old.read(part))
    return packed.getvalue()


# -- what a template may not hold ------------------------------------------------------------------


def _need_small(size: int, most: int) -> None:
    if size > most:
        words = _("Mẫu lớn hơn {most} MB. Bỏ bớt ảnh rồi gửi lại.")
        raise DomainError(Problem(words.format(most=most // 1024**2), code="size"))


def _need_word(content: bytes) -> None:
    try:
        kind = kind_of(content)
    except DomainError as error:
        if content.startswith(b"PK"):
            raise  # of an archive it tells what is wrong within
        raise DomainError(_no_word()) from error
    if kind.content_type != DOCX:
        raise DomainError(_no_word())


def _no_word() -> str:
    return _("Đây không phải tệp Word .docx. Mở mẫu bằng Word, lưu thành kiểu .docx rồi gửi lại.")


def _need_harmless(content: bytes) -> None:
    """Beyond what `kind_of` has looked at: nothing leads out of the file, nor lies packed in it."""
    elements = 0
    with opened(content) as archive:
        if outward(archive) or any(one.kind in _LOADED for one in relations(archive)):
            raise DomainError(_foreign())
        for part in archive.infolist():
            name = part.filename.lower()
            if "/embeddings/" in f"/{name}" or name.startswith("word/afchunk"):
                raise DomainError(_foreign())
            if not name.endswith((".xml", ".rels")):
                continue
            _need_small(part.file_size, MOST_PART)
            text = archive.read(part)
            elements += _elements(text.decode(errors="replace"))
            if elements > MOST_IN_TEMPLATE:
                raise DomainError(Problem(_too_intricate(), code="size"))
            if not is_plain_xml(text):
                raise DomainError(_foreign())
            if name.startswith("word/") and _fetches(text):
                raise DomainError(_foreign())


def _fetches(part: bytes) -> bool:
    """Does a field of this part look outside of the file?"""
    told: list[str] = []
    for node in _parsed(part).iter():
        if node.tag == f"{_WORDS}instrText":
            told.append(node.text or "")
        elif node.tag == f"{_WORDS}fldSimple":
            told.append(f" {node.get(f'{_WORDS}instr', '')} ")
    return _FETCHING.search("".join(told)) is not None


def _parsed(part: bytes) -> ET.Element:
    try:
        return ET.fromstring(part)  # noqa: S314  # entities are refused before
    except ET.ParseError as error:
        raise DomainError(_damaged()) from error


def _foreign() -> str:
    return _(
        "Mẫu có liên kết ra ngoài, tệp nhúng hoặc trường tự lấy dữ liệu nên không nhận. "
        "Bỏ liên kết (kể cả địa chỉ thư, trang web bấm được) và tệp nhúng rồi gửi lại."
    )


def _too_intricate() -> str:
    return _(
        "Mẫu có quá nhiều đoạn, ô hoặc mảnh chữ định dạng riêng. Xóa phần thừa, hoặc chép nội dung "
        "sang tệp Word mới, rồi gửi lại."
    )


def _damaged() -> str:
    return _("Tệp bị hỏng hoặc bị sửa. Mở và lưu lại bằng Word rồi gửi lại.")


def _broken() -> str:
    return _(
        "Các lệnh if, for trong mẫu đặt lệch nhau nên văn bản lập ra bị hỏng. Mỗi lệnh lặp đoạn "
        "({%p … %}) hay lặp dòng bảng ({%tr … %}) phải đứng riêng một đoạn hoặc một dòng."
    )


# -- what it asks for ------------------------------------------------------------------------------


def _unclosed(content: bytes) -> Iterator[Problem]:
    """Commands that a paragraph does not close: nothing could be filled in there."""
    commands = 0
    for text in (text for part in _paragraphs(content) for text in part):
        commands += len(_COMMAND.findall(text))
        if _COMMAND.search(_WHOLE.sub("", text)):
            yield Problem(_("Chỗ điền mở mà không đóng trong cùng một đoạn."), where=text[:60])
        if _RAW.search(text):
            yield Problem(
                _("Điền chữ thì viết {{ tên }}, không có p, r, tr, tc ở đầu."), where=text[:60]
            )
    if commands > MOST_COMMANDS:
        yield Problem(_("Mẫu có quá nhiều chỗ điền (trên {most}).").format(most=MOST_COMMANDS))


def _nothing_to_fill() -> str:
    return _(
        "Mẫu không có chỗ điền nào, nên báo cáo lập ra sẽ không có số liệu. "
        "Tải mẫu đang dùng về sửa, hoặc ghi vào mẫu các chỗ điền nêu ở bảng dưới đây, "
        "viết trong hai dấu ngoặc nhọn, rồi gửi lại."
    )


def _paragraphs(content: bytes) -> Iterator[list[str]]:
    """The text of each paragraph of the parts that are filled in."""
    with opened(content) as archive:
        for name in _filled_parts(archive):
            yield [_text(one) for one in _parsed(archive.read(name)).iter(f"{_WORDS}p")]


def _text(paragraph: ET.Element) -> str:
    """Without that of the boxes it holds, which have paragraphs of their own."""
    pieces, waiting = [], [paragraph]
    while waiting:
        node = waiting.pop()
        if node.tag == f"{_WORDS}t":
            pieces.append(node.text or "")
        waiting += [child for child in reversed(node) if child.tag != f"{_WORDS}p"]
    return "".join(pieces)


def _misspelt(content: bytes) -> list[Problem]:
    env = _environment()
    return [row for part in _paragraphs(content) for row in spelling_problems(part, env)]


def _filled_parts(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if _FILLED.fullmatch(name)]


def _unknown(content: bytes, names: Names) -> list[Problem]:
    """Problems of every part, each said once. Parts are read as docxtpl would read them."""
    env = _environment()
    letter = DocxTemplate(BytesIO(content))
    sources = [letter.patch_xml(source) for source in _sources(letter)] + _properties(letter)
    found = [row for source in sources for row in problems_in(source, names, env)]
    return list(dict.fromkeys(found))


def _sources(letter: Any) -> Iterator[str]:
    """The parts as docxtpl reads them: parsed and written again, so that nothing hides in codes."""
    document = letter.get_docx()
    yield letter.get_xml()
    for uri in (letter.HEADER_URI, letter.FOOTER_URI):
        for _key, part in letter.get_headers_footers(uri):
            yield letter.get_part_xml(part)
    for part in document.part.package.parts:
        if part.content_type.endswith("wordprocessingml.footnotes+xml"):
            yield part.blob.decode(errors="replace")


def _properties(letter: Any) -> list[str]:
    told = letter.get_docx().core_properties
    return [told.author, told.comments, told.identifier, told.language, told.subject, told.title]
