"""A mark that every page of a Word file has to carry, whatever its template says.

Nothing that a template says of the mark is relied on: text may be hidden in more ways than can
be told (styles, colours, sizes, distances, fields, changes). So a paragraph of the system's own,
which says itself how it looks, stands first in every header. A paragraph of the template that
says the mark alone gives way to it. Where the file says it nowhere, its text begins with it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Mm

_FURTHEST = Mm(60)
"""From the edge of the page: a header further down might not be on it."""
_NEAR = Mm(10)
_OFF = frozenset({"0", "false", "off"})
_PLAIN_WAY = frozenset(
    qn(f"w:{name}") for name in ("document", "body", "p", "pPr", "sdt", "sdtContent")
)
_STYLE = "DauSoLieu"
_PARAGRAPH = """
<w:p {names}>
  <w:pPr>
    <w:pStyle w:val="{style}"/><w:pageBreakBefore w:val="0"/>
    <w:shd w:val="clear" w:color="auto" w:fill="FFFFFF"/>
    <w:spacing w:before="0" w:beforeAutospacing="0" w:after="0" w:afterAutospacing="0"
      w:line="240" w:lineRule="auto"/>
    <w:ind w:left="0" w:right="0" w:firstLine="0"/><w:jc w:val="center"/>
  </w:pPr>
  <w:r>
    <w:rPr>
      <w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="Times New Roman"
        w:cs="Times New Roman"/>
      <w:b/><w:outline w:val="0"/><w:emboss w:val="0"/><w:imprint w:val="0"/>
      <w:vanish w:val="0"/><w:webHidden w:val="0"/><w:color w:val="000000"/>
      <w:spacing w:val="0"/><w:w w:val="100"/><w:position w:val="0"/>
      <w:sz w:val="22"/><w:szCs w:val="22"/><w:highlight w:val="none"/>
      <w:shd w:val="clear" w:color="auto" w:fill="FFFFFF"/><w:vertAlign w:val="baseline"/>
      <w:specVanish w:val="0"/>
    </w:rPr>
    <w:t xml:space="preserve"/>
  </w:r>
</w:p>
"""
"""Everything that a style or the file's defaults could hide it with is said anew."""


def with_mark(content: bytes, words: str) -> bytes:
    """The Word file with `words` at the head of every page.

    Raises LookupError or ValueError where a header leads nowhere.
    """
    document = Document(BytesIO(content))
    body = document.element.body
    body.get_or_add_sectPr()  # a file may leave its pages to the program
    sections = [Section(row, document.part) for row in _page_layouts(body)]
    _give_headers(sections, document.settings.element)
    style = _own_style(document)
    headers = list(_headers(document, sections))
    is_told = any(_says(one, words) for one in (body, *headers, *_footers(document)))
    for header in headers:
        for paragraph in [row for row in header if _gives_way(row, words)]:
            header.remove(paragraph)
        header.insert(0, _own_paragraph(words, style))
    if not is_told:
        body.insert(0, _own_paragraph(words, style))
    for section in sections:
        distance = section.header_distance
        if distance is not None and not 0 <= distance <= _FURTHEST:
            section.header_distance = _NEAR
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _page_layouts(body: Any) -> list[Any]:
    """Of every section, in the order of the text; wherever it is written down."""
    return [row for row in body.iter(qn("w:sectPr")) if row.getparent().tag != qn("w:sectPrChange")]


def _give_headers(sections: list[Section], settings: Any) -> None:
    """A header for each kind of page there may be; the sections that follow take it over."""
    kinds = ["header"]
    if any(_is_on(section._sectPr, "w:titlePg") for section in sections):
        kinds.append("first_page_header")
    if _is_on(settings, "w:evenAndOddHeaders"):
        kinds.append("even_page_header")
    given: set[str] = set()
    for section in sections:
        for kind in kinds:
            if kind not in given:
                getattr(section, kind).is_linked_to_previous = False
        if all(row.tag in _PLAIN_WAY for row in section._sectPr.iterancestors()):
            given.update(kinds)  # else a program may pass over this section


def _is_on(element: Any, name: str) -> bool:
    """By any of several that contradict one another: programs differ in which they follow."""
    return any(row.get(qn("w:val"), "1").lower() not in _OFF for row in element.iter(qn(name)))


def _headers(document: Any, sections: list[Section]) -> Iterator[Any]:
    """Each once, whichever sections and kinds of pages it serves."""
    told = set()
    for section in sections:
        for reference in section._sectPr.iter(qn("w:headerReference")):
            part = document.part.related_parts[reference.get(qn("r:id"))]
            if part.element.tag != qn("w:hdr"):
                raise ValueError("a header leads to what is none")
            if part.partname not in told:
                told.add(part.partname)
                yield part.element


def _footers(document: Any) -> Iterator[Any]:
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith("/footer"):
            yield relation.target_part.element


def _says(element: Any, words: str) -> bool:
    """Is it written here, however cut into pieces?"""
    return _plain(words) in _plain(_text(element))


def _gives_way(element: Any, words: str) -> bool:
    """A paragraph of nothing but the mark, in as many runs as may be; or of nothing, alone."""
    is_alone = len(element.getparent()) == 1 and not _text(element)
    return (
        element.tag == qn("w:p")
        and (is_alone or _plain(_text(element)) == _plain(words))
        and all(
            part.tag in (qn("w:pPr"), qn("w:rPr"), qn("w:t"))
            for child in element
            for part in (child if child.tag == qn("w:r") else [child])
        )
    )


def _text(element: Any) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _own_style(document: Any) -> str:
    """A paragraph style that rests on no other, under a name the file does not use."""
    styles = document.styles.element
    for frame in list(styles.iterfind(f"{qn('w:docDefaults')}//{qn('w:framePr')}")):
        frame.getparent().remove(frame)
    taken = {row.get(qn("w:styleId")) for row in styles.iter(qn("w:style"))}
    taken |= {row.get(qn("w:val")) for row in styles.iter(qn("w:name"))}
    name = _STYLE
    while name in taken:
        name += "1"
    styles.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="paragraph" w:customStyle="1" w:styleId="{name}">'
            f'<w:name w:val="{name}"/></w:style>'
        )
    )
    return name


def _own_paragraph(words: str, style: str) -> Any:
    made = parse_xml(_PARAGRAPH.format(names=nsdecls("w"), style=style))
    next(made.iter(qn("w:t"))).text = words
    return made
