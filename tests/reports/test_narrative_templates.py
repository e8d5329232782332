"""An office's own Word template: figures stay marked, what is wrong is said in its own words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from docx import Document

from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Target
from povertyplan.lib.errors import DomainError
from povertyplan.lib.letters import check_template, filled
from reports.models import NarrativeTemplate
from reports.narrative.context import NAMES
from tests import builders
from tests.builders import Places, official
from tests.reports.test_narrative import (
    FILE,
    HOME,
    TEMPLATE,
    changed,
    letter,
    problems,
    sent,
    values,
    words,
)
from tests.reports.test_narrative import promise as promise  # noqa: PLC0414  # a fixture
from tests.reports.test_narrative import reviewer as reviewer  # noqa: PLC0414

MARK = "SỐ LIỆU MINH HỌA – SỐ TẠM TÍNH"


def headers(content: bytes) -> list[str]:
    """What stands above every kind of page of every section."""
    found = []
    document = Document(BytesIO(content))
    for section in document.sections:
        kinds = [section.header]
        if section.different_first_page_header_footer:
            kinds.append(section.first_page_header)
        if document.settings.odd_and_even_pages_header_footer:
            kinds.append(section.even_page_header)
        found += ["\n".join(one.text for one in kind.paragraphs) for kind in kinds]
    return found


def saved(document: Any) -> bytes:
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


# -- sample and provisional figures are marked whatever the template says --------------------------


def test_page_that_would_say_nothing_of_its_figures_is_given_the_mark() -> None:
    content = filled(letter("Riêng của {{ don_vi }}"), values(), MARK)

    assert headers(content) == [MARK]
    assert Document(BytesIO(content)).paragraphs[0].text == MARK


def test_every_kind_of_page_of_every_section_is_marked() -> None:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    made.sections[0].different_first_page_header_footer = True
    made.sections[0].first_page_header.paragraphs[0].text = "Mật"
    made.settings.odd_and_even_pages_header_footer = True
    made.add_section()
    made.sections[1].header.is_linked_to_previous = False
    made.sections[1].header.paragraphs[0].text = "Phụ lục"

    told = headers(filled(saved(made), values(), MARK))

    assert len(told) == 6
    assert all(MARK in one for one in told)
    assert "Mật" in told[1]
    assert "Phụ lục" in told[3]


def test_mark_that_the_template_prints_itself_is_not_printed_twice() -> None:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    made.sections[0].header.paragraphs[0].text = "{{ dau_so_lieu }}"
    made.sections[0].header.add_paragraph("Mật")

    content = filled(saved(made), {**values(), "dau_so_lieu": MARK}, MARK)

    assert words(content).count(MARK) == 1
    assert headers(content) == [f"{MARK}\nMật"]


def test_mark_on_one_page_alone_does_not_do() -> None:
    made = Document()
    made.add_paragraph("{{ dau_so_lieu }}")

    content = filled(saved(made), {**values(), "dau_so_lieu": MARK}, MARK)

    assert headers(content) == [MARK]
    assert words(content).count(MARK) == 2


def test_figures_with_nothing_to_be_marked_leave_the_file_alone() -> None:
    assert headers(filled(letter("{{ don_vi }}"), values())) == [""]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("stage", "times"), [(Stage.PROVISIONAL, 2), (Stage.OFFICIAL, 0)])
def test_report_on_an_office_s_template_is_marked(
    reviewer: Client,
    promise: Target,
    settings: LazySettings,
    tmp_path: Any,
    stage: str,
    times: int,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sent(reviewer, letter("Riêng của {{ don_vi }}"))

    content = reviewer.get(FILE, {"stage": stage}).content

    assert words(content).count("SỐ TẠM TÍNH") == times
    assert content == reviewer.get(FILE, {"stage": stage}).content


# -- what is wrong, where, and what to do ----------------------------------------------------------


@pytest.mark.parametrize("lines", [(), ("BÁO CÁO", "Kính gửi: …"), ("{% if true %}a{% endif %}",)])
def test_letter_that_would_hold_no_figure_is_refused(lines: tuple[str, ...]) -> None:
    said = problems(*lines)

    assert "Mẫu không có chỗ điền nào" in said
    assert "Tải mẫu đang dùng về sửa" in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("{%p for k in can_cu %}", "{{ k.van_ban }}"), "{%p for k in can_cu %}: Lệnh for mở mà"),
        (("{{ ky }}", "Nếu {% if la_nam %} năm"), "{% if la_nam %} ở đoạn “Nếu"),
        (("{{ ky }}", "{% endif %}"), "{% endif %}: Lệnh endif thừa"),
        (
            ("{% if la_nam %}{% for k in can_cu %}{{ ky }}{% endif %}{% endfor %}",),
            "Lệnh endif đặt lệch: lệnh đang mở là for",
        ),
        (("{{ don vi }}",), "{{ don vi }}: Chỗ điền viết sai"),
        (("{{ ky }} {{ }}",), "{{ }} ở đoạn"),
        (("{{ ky }}", "{% for can_cu %}", "{% endfor %}"), "Viết như: {% for k in can_cu %}"),
        (("{{ ky }}", "{% if %}", "{% endif %}"), "Viết như: {% if la_nam %}"),
        (("{{ ky }}", "{% else %}"), "Lệnh else không nằm trong lệnh if nào"),
        (("{{ ky }}", "{% lap k in can_cu %}"), "Không có lệnh “lap”"),
        (("{{ ky }}", "{% nếu la_nam %}"), "Không có lệnh “nếu”"),
    ],
)
def test_mistake_is_told_in_vietnamese_with_its_place(lines: tuple[str, ...], said: str) -> None:
    told = problems(*lines)

    assert said in told
    for english in ("expected", "Unexpected", "Encountered", "Jinja", "token"):
        assert english not in told


def test_place_holder_that_is_not_closed_is_told_as_that_alone() -> None:
    said = problems("Kỳ {{ ky ", "{% if la_nam %}", "{{ don_vi }}" * 30)

    assert said == "Kỳ {{ ky : Chỗ điền mở mà không đóng trong cùng một đoạn."


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4 gi\xc3\xa1", b"Hello", b"\xd0\xcf\x11\xe0" + b"0" * 99]
)
def test_what_is_no_word_file_is_told_so(content: bytes) -> None:
    with pytest.raises(DomainError, match=r"Đây không phải tệp Word \.docx") as refused:
        check_template(content, NAMES, values())

    assert "JPG" not in str(refused.value)


# -- earlier versions ------------------------------------------------------------------------------


@pytest.fixture
def two_versions(reviewer: Client, promise: Target, settings: LazySettings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    for text in ("Lần một {{ don_vi }}", "Lần hai {{ don_vi }}"):
        sent(reviewer, letter(text))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("two_versions")
def test_every_version_is_listed_and_can_be_had_and_used_again(reviewer: Client) -> None:
    page = reviewer.get(TEMPLATE).content.decode()
    first = reviewer.get(f"{TEMPLATE}1.docx")

    assert "Các lần gửi" in page
    assert page.index(f"{TEMPLATE}2.docx") < page.index(f"{TEMPLATE}1.docx")
    assert "Lần một {{ don_vi }}" in words(first.content)
    assert reviewer.get(f"{TEMPLATE}3.docx").status_code == 404

    assert reviewer.post(TEMPLATE, {"step": "1"}).status_code == 302
    assert "Lần một huyện Thử Nghiệm" in words(reviewer.get(FILE).content)
    assert list(versions()) == [(1, True), (2, False)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize("step", ["3", "0", "x", "1 or 1"])
def test_version_that_there_is_not_changes_nothing(reviewer: Client, step: str) -> None:
    assert reviewer.post(TEMPLATE, {"step": step}).status_code == 404
    assert list(versions()) == [(1, False), (2, True)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("two_versions")
def test_who_only_reads_is_offered_no_change(client: Client, places: Places) -> None:
    client.force_login(official("can.bo", places.district))

    assert "Dùng lại" not in client.get(TEMPLATE).content.decode()
    assert client.post(TEMPLATE, {"step": "1"}).status_code == 403


def versions() -> Any:
    return NarrativeTemplate.objects.order_by("version").values_list("version", "active")


# -- the way to other years, and back --------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "other"),
    [
        (HOME, "/bao-cao-ket-qua/901/2023/?loai=nam&amp;stage=provisional"),
        (f"{HOME}?loai=tong-ket&stage=official", "/901/2023/?loai=tong-ket&amp;stage=official"),
        ("/bao-cao-ket-qua/901/2024H1/", "/901/2023H1/?loai=6-thang&amp;stage=provisional"),
    ],
)
def test_page_leads_to_the_other_years_and_back_to_the_tables(
    reviewer: Client, places: Places, promise: Target, address: str, other: str
) -> None:
    for year in (2023, 2024):
        builders.deadline(places.province, Period(year))

    page = reviewer.get(address).content.decode()

    assert other in page
    assert f'href="/bieu/901/{"2024H1" if "H1" in address else "2024"}/' in page


def test_file_whose_headers_lead_nowhere_is_told_to_be_damaged() -> None:
    made = Document()
    made.add_paragraph("{{ don_vi }}")
    made.sections[0].header.paragraphs[0].text = "Mật"
    content = changed(
        saved(made),
        "word/document.xml",
        b'<w:headerReference w:type="default" r:id="',
        b'<w:headerReference w:type="default" r:id="x',
    )

    with pytest.raises(DomainError, match="hỏng"):
        check_template(content, NAMES, values(), MARK)
