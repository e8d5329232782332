"""What runs or reaches out is known by what a file says of its parts, not by names or quotes."""

from __future__ import annotations

import pytest

from povertyplan.lib.errors import DomainError
from povertyplan.lib.filekinds import kind_of
from povertyplan.lib.letters import check_template
from reports.narrative.context import NAMES
from tests.reports import evidence_files as files
from tests.reports.office_forms import SIMPLE, parts, template, with_parts
from tests.reports.test_narrative import changed, letter, values
from tests.reports.test_office_refusals import refusal

ELSEWHERE = "<Relationships><Relationship Id='rX' Type='http://x/{kind}' {target}/></Relationships>"
HOWEVER_WRITTEN = [
    "Target='http://x/a.dotm' TargetMode='External'",
    "Target='http://x/a.dotm' TargetMode = \"External\"",
    "Target='http://x/a.dotm' TargetMode='Extern&#97;l'",
    "Target='http://x/a.dotm' TargetMode='external'",
    "Target='http://x/a.dotm'",
    "Target='\\\\x\\a.dotm'",
]


def relations(target: str, kind: str = "attachedTemplate") -> bytes:
    return ELSEWHERE.format(kind=kind, target=target).encode()


@pytest.mark.parametrize("target", HOWEVER_WRITTEN)
def test_template_elsewhere_is_found_however_it_is_written(target: str) -> None:
    told = relations(target)

    with pytest.raises(DomainError, match="macro"):
        kind_of(files.docx({"word/_rels/settings.xml.rels": told}))
    sent = with_parts(template(SIMPLE), xl__worksheets___rels__sheet1_DOT_xml_DOT_rels=told)
    assert "macro" in refusal(sent)


@pytest.mark.parametrize("target", HOWEVER_WRITTEN)
def test_address_that_evidence_may_hold_is_refused_in_a_template(target: str) -> None:
    told = relations(target, "hyperlink")
    link = told.partition(b"<Relationships>")[2]
    sent = changed(letter("Chữ"), "word/_rels/document.xml.rels", b"</Relationships>", link)

    with pytest.raises(DomainError, match="liên kết ra ngoài"):
        check_template(sent, NAMES, values())
    book = with_parts(template(SIMPLE), xl__worksheets___rels__sheet1_DOT_xml_DOT_rels=told)
    assert "liên kết ra ngoài" in refusal(book)


def test_relations_in_another_encoding_are_read() -> None:
    told = '<?xml version="1.0" encoding="UTF-16"?>' + relations(HOWEVER_WRITTEN[0]).decode()

    with pytest.raises(DomainError, match="macro"):
        kind_of(files.docx({"word/_rels/settings.xml.rels": told.encode("utf-16")}))


def disguised(content_type: str, part: bytes = b"<a/>") -> bytes:
    """A workbook with a part of some kind under a name that says nothing."""
    book = template(SIMPLE)
    told = f'<Override PartName="/xl/foo/m1.xml" ContentType="{content_type}"/></Types>'
    contents = parts(book)["[Content_Types].xml"].replace(b"</Types>", told.encode())
    return with_parts(book, **{"[Content_Types]_DOT_xml": contents, "xl__foo__m1_DOT_xml": part})


SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml."


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.ms-excel.macrosheet+xml",
        "application/vnd.ms-excel.intlmacrosheet+xml",
        f"{SHEETS}dialogsheet+xml",
        "application/vnd.ms-office.activeX+xml",
        "application/vnd.ms-office.vbaProject",
        "application/vnd.openxmlformats-officedocument.oleObject",
        "APPLICATION/VND.MS-EXCEL.MACROSHEET+XML",
    ],
)
def test_what_runs_is_refused_under_any_name(content_type: str) -> None:
    with pytest.raises(DomainError, match="macro"):
        kind_of(disguised(content_type))


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        (f"{SHEETS}externalLink+xml", "tệp khác"),
        (f"{SHEETS}connections+xml", "tệp khác"),
        (f"{SHEETS}queryTable+xml", "tệp khác"),
        (f"{SHEETS}table+xml", "PivotTable"),
        (f"{SHEETS}pivotTable+xml", "PivotTable"),
        ("application/vnd.ms-excel.controlproperties+xml", "nút bấm"),
    ],
)
def test_what_cannot_move_is_refused_in_a_template_under_any_name(
    content_type: str, words: str
) -> None:
    assert words in refusal(disguised(content_type))


@pytest.mark.parametrize("kind", ["control", "package", "externalLink", "table"])
def test_relation_to_what_is_unfit_is_refused(kind: str) -> None:
    told = relations("Target='../foo/m1.xml'", kind)

    assert refusal(with_parts(template(SIMPLE), xl___rels__foo_DOT_xml_DOT_rels=told))


@pytest.mark.parametrize("link", ["<x:ddeLink/>", "<oleLink/>"])
def test_link_to_a_program_is_found_under_any_name(link: str) -> None:
    part = f'<a xmlns:x="http://x">{link}</a>'.encode("utf-16")

    with pytest.raises(DomainError, match="macro"):
        kind_of(disguised(f"{SHEETS}externalLink+xml", part))


def test_sheet_outside_of_its_folder_is_checked_like_any_other() -> None:
    told = parts(template({**SIMPLE, "C7": "=[1]Khác!A1"}))
    moved = {name.replace("worksheets/sheet1", "foo/s"): part for name, part in told.items()}
    for name, part in moved.items():
        moved[name] = part.replace(b"worksheets/sheet1", b"foo/s")

    assert "ô C7: Công thức lấy số từ tệp khác" in refusal(files.archive(dict(moved)))


def test_other_main_part_than_the_one_that_is_checked_is_refused() -> None:
    book = template(SIMPLE)
    told = parts(book)["_rels/.rels"].replace(b"xl/workbook.xml", b"xl/other.xml")

    assert "hỏng" in refusal(with_parts(book, _rels___DOT_rels=told))
