"""The mark of sample and provisional figures is the system's own: no template can hide it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor

from povertyplan.lib.letters import check_template, filled
from reports.narrative.context import NAMES
from reports.narrative.templates import STANDARD
from tests.reports.test_narrative import values, words
from tests.reports.test_narrative_paper import printed
from tests.reports.test_narrative_templates import MARK, headers, saved

NAME = "{{ dau_so_lieu }}"
Hide = Callable[[Any], None]


def said(document: Any) -> Any:
    """The place-holder in the header, to be hidden there."""
    return document.sections[0].header.paragraphs[0].add_run(NAME)


def white(document: Any) -> None:
    said(document).font.color.rgb = RGBColor(255, 255, 255)


def tiny(document: Any) -> None:
    said(document).font.size = Pt(1)


def hidden(document: Any) -> None:
    said(document).font.hidden = True


def hidden_on_the_web(document: Any) -> None:
    said(document)._r.get_or_add_rPr().append(OxmlElement("w:webHidden"))


def hidden_letters(document: Any) -> None:
    style = document.styles.add_style("An", WD_STYLE_TYPE.CHARACTER)
    style.font.hidden = True
    said(document).style = style


def hidden_paragraphs(document: Any) -> None:
    style = document.styles.add_style("An", WD_STYLE_TYPE.PARAGRAPH)
    style.font.hidden = True
    said(document)
    document.sections[0].header.paragraphs[0].style = style


def hidden_by_default(document: Any) -> None:
    """What the system writes is a paragraph of this file too."""
    for name in ("Normal", "Header"):
        font = document.styles[name].font
        font.hidden, font.size, font.color.rgb = True, Pt(1), RGBColor(255, 255, 255)
        document.styles[name].paragraph_format.left_indent = Pt(1500)


def far_right(document: Any) -> None:
    said(document)
    document.sections[0].header.paragraphs[0].paragraph_format.left_indent = Pt(1500)


def low_line(document: Any) -> None:
    said(document)
    document.sections[0].header.paragraphs[0].paragraph_format.line_spacing = Pt(0.7)


def hidden_row(document: Any) -> None:
    table = document.sections[0].header.add_table(1, 1, Pt(100))
    table.cell(0, 0).text = NAME
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:hidden"))


def below_the_page(document: Any) -> None:
    said(document)
    document.sections[0].header_distance = Pt(2000)


def pushed_down(document: Any) -> None:
    above = document.sections[0].header.paragraphs[0]
    above.paragraph_format.space_before = Pt(1500)
    document.sections[0].header.add_paragraph(NAME)


def within(xml: str) -> Hide:
    run = f"<w:r><w:t>{NAME}</w:t></w:r>"
    names = (
        f"{nsdecls('w')} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' "
        "xmlns:w14='http://schemas.microsoft.com/office/word/2010/wordml'"
    )

    def hide(document: Any) -> None:
        paragraph = document.sections[0].header.paragraphs[0]
        paragraph._p.append(parse_xml(xml.format(names=names, run=run)))

    return hide


HIDING: dict[str, Hide] = {
    "white": white,
    "tiny": tiny,
    "hidden": hidden,
    "hidden-web": hidden_on_the_web,
    "hidden-letters": hidden_letters,
    "hidden-paragraphs": hidden_paragraphs,
    "hidden-by-default": hidden_by_default,
    "far-right": far_right,
    "low-line": low_line,
    "hidden-row": hidden_row,
    "below-the-page": below_the_page,
    "pushed-down": pushed_down,
    "deleted": within("<w:del {names} w:id='1' w:author='a'>{run}</w:del>"),
    "moved": within("<w:moveFrom {names} w:id='1' w:author='a'>{run}</w:moveFrom>"),
    "field": within("<w:fldSimple {names} w:instr=' PAGE '>{run}</w:fldSimple>"),
    "fallback": within(
        "<mc:AlternateContent {names}><mc:Choice Requires='w14'><w:r><w:t>x</w:t></w:r>"
        "</mc:Choice><mc:Fallback>{run}</mc:Fallback></mc:AlternateContent>"
    ),
}


def letter_that(hide: Hide) -> bytes:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    hide(made)
    content = saved(made)
    check_template(content, NAMES, values(), MARK)
    return filled(content, {**values(), "dau_so_lieu": MARK, "don_vi": "xã Một"}, MARK)


def is_the_system_s(paragraph: Any, document: Any) -> bool:
    """Says the mark, and itself how it looks, on a style that rests on nothing."""
    run = paragraph.runs[0]
    style = document.styles.element.find(
        f"{qn('w:style')}[@{qn('w:styleId')}='{paragraph.style.style_id}']"
    )
    return (
        paragraph.text == MARK
        and run.font.hidden is False
        and run.font.color.rgb == RGBColor(0, 0, 0)
        and run.font.size == Pt(11)
        and paragraph.paragraph_format.left_indent == 0
        and paragraph.paragraph_format.line_spacing == 1
        and style.find(qn("w:basedOn")) is None
        and style.find(qn("w:rPr")) is None
    )


@pytest.mark.parametrize("name", HIDING)
def test_mark_is_there_however_the_template_hides_its_own(name: str) -> None:
    document = Document(BytesIO(letter_that(HIDING[name])))
    section = document.sections[0]

    assert is_the_system_s(section.header.paragraphs[0], document)
    assert section.header.paragraphs[0]._p.getprevious() is None
    assert section.header_distance is not None
    assert section.header_distance < section.page_height / 4


def test_standard_template_prints_the_mark_once_on_each_kind_of_page() -> None:
    content = filled(STANDARD.read_bytes(), {**values(), "dau_so_lieu": MARK}, MARK)
    document = Document(BytesIO(content))

    assert words(content).count(MARK) == 2  # the first page, and the others
    assert all(one.startswith(MARK) for one in headers(content))
    for header in (document.sections[0].header, document.sections[0].first_page_header):
        assert is_the_system_s(header.paragraphs[0], document)


@pytest.mark.parametrize("name", ["w:titlePg", "w:evenAndOddHeaders"])
def test_settings_that_contradict_one_another_leave_no_page_out(name: str) -> None:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    place = made.settings.element if name == "w:evenAndOddHeaders" else made.sections[0]._sectPr
    for value in ("0", "1"):
        place.append(parse_xml(f"<{name} {nsdecls('w')} w:val='{value}'/>"))

    section = Document(BytesIO(filled(saved(made), values(), MARK))).sections[0]

    kind = section.first_page_header if name == "w:titlePg" else section.even_page_header
    assert not kind.is_linked_to_previous
    assert kind.paragraphs[0].text == MARK


def test_section_that_ends_within_a_form_field_is_marked() -> None:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    made.add_section()
    last = next(row for row in made.element.body if row.find(f".//{qn('w:sectPr')}") is not None)
    field = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>")
    last.addprevious(field)
    field[0].append(last)

    body = Document(BytesIO(filled(saved(made), values(), MARK))).element.body

    first = next(body.iter(qn("w:sectPr")))
    assert first.find(qn("w:headerReference")) is not None


@pytest.mark.office
def test_mark_stands_on_paper_however_the_template_hides_its_own(tmp_path: Path) -> None:
    files = {f"{name}.docx": letter_that(hide) for name, hide in HIDING.items()}

    for name, pages in printed(tmp_path, files).items():
        assert all(MARK in page for page in pages), name
