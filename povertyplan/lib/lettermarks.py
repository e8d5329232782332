"""A mark that every page of a Word file has to carry, whatever its template says.

A page shows one of up to three headers and footers of its section: that of the first page, that
of even pages, else the usual one. Where neither says the mark, the header is given it; where the
file says it nowhere, its text begins with it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph


def with_mark(content: bytes, words: str) -> bytes:
    """The Word file with `words` at the head of every page; as it was where they stand already."""
    document = Document(BytesIO(content))
    document.element.body.get_or_add_sectPr()  # a file may leave its pages to the program
    is_told = _says(document.element.body, words)
    lacking = []
    for header, footer in _edges(document):
        told = [_says(part._element, words) for part in (header, footer) if _is_there(part)]
        is_told = is_told or any(told)
        if not any(told):
            lacking.append(header)
    if not lacking:
        return content
    for header in lacking:
        _write(header, words)
    if not is_told:
        first = document.element.body.makeelement(qn("w:p"), {})
        document.element.body.insert(0, first)
        _say(Paragraph(first, document), words)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _edges(document: Any) -> Iterator[tuple[Any, Any]]:
    """The header and footer of each kind of page that there is, in each section."""
    has_even = document.settings.odd_and_even_pages_header_footer
    for section in document.sections:
        yield section.header, section.footer
        if section.different_first_page_header_footer:
            yield section.first_page_header, section.first_page_footer
        if has_even:
            yield section.even_page_header, section.even_page_footer


def _is_there(part: Any) -> bool:
    """Of its own, or that of a section before."""
    while part.is_linked_to_previous:
        before = part._prior_headerfooter
        if before is None:
            return False
        part = before
    return True


def _says(element: Any, words: str) -> bool:
    """Is it written here, however cut into pieces? What is hidden does not count."""
    pieces = []
    for run in element.iter(qn("w:r")):
        if run.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is None:
            pieces += [node.text or "" for node in run.iter(qn("w:t"))]
    return _plain(words) in _plain("".join(pieces))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _write(header: Any, words: str) -> None:
    """Above what the header holds; the first one there is serves the sections that follow it."""
    if _says(header._element, words):
        return
    first = header.paragraphs[0] if header.paragraphs else header.add_paragraph()
    paragraph = first.insert_paragraph_before() if first.text or first.runs else first
    _say(paragraph, words)


def _say(paragraph: Paragraph, words: str) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(words)
    run.bold = True
    run.font.size = Pt(11)
