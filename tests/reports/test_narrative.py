"""The report in words: its figures are the system's, its gaps are marked, its template is safe."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from docx import Document

from communes.enums import Role
from communes.models import Unit
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan, Target
from povertyplan.lib.errors import DomainError
from povertyplan.lib.letters import check_template, filled
from reports.models import NarrativeTemplate, Report
from reports.narrative.context import NAMES, Narrative, names_of
from reports.narrative.templates import STANDARD
from tests import builders
from tests.builders import Catalogue, Places, official, told

Y2024 = Period(2024)
HOME = "/bao-cao-ket-qua/901/2024/"
FILE = f"{HOME}bao-cao.docx"
TEMPLATE = f"{HOME}mau/nam/"


@pytest.fixture
def promise(places: Places, catalogue: Catalogue) -> Target:
    """At most 10 % poor in each unit of the district by 2025; two of three communes reported."""
    builders.balance(catalogue)
    builders.lock_opening(catalogue)
    opening = builders.ratio(
        "opening_rate", "Tỷ lệ đầu kỳ", 7, [catalogue.opening], [catalogue.households]
    )
    Indicator.objects.filter(pk=catalogue.rate.pk).update(opening_indicator=opening)
    plan = Plan.objects.create(
        code="ke-hoach",
        kind="Kế hoạch",
        number="17/KH-UBND",
        title="Giảm nghèo",
        issuer="UBND Huyện Thử Nghiệm",
        level="district",
        unit=places.district,
        year_from=2024,
        year_to=2024,
        status="seed",
    )
    made = Target.objects.create(
        code="ty-le",
        plan=plan,
        section="II.2",
        unit=places.district,
        scope="all",
        theme="poverty",
        indicator=catalogue.rate,
        label="Tỷ lệ hộ nghèo",
        kind="level",
        comparator="<=",
        value=10,
        unit_of_measure="%",
        year_from=2024,
        year_to=2024,
        direction="lower_is_better",
    )
    told(places.first, {row.indicator: str(row.value) for row in _filled(places, catalogue, "1")})
    told(places.second, {row.indicator: str(row.value) for row in _filled(places, catalogue, "2")})
    drain()
    return made


def _filled(places: Places, catalogue: Catalogue, which: str) -> list[Any]:
    numbers = {"1": {"poor": "13"}, "2": {"households": "1100", "escaped": "9", "poor": "12"}}
    return builders.filled(places.first, catalogue, **numbers[which])


@pytest.fixture
def reviewer(places: Places, client: Client) -> Client:
    client.force_login(official("duyet", places.district, Role.REVIEWER))
    return client


def words(content: bytes) -> str:
    """Every paragraph and cell of a document, headers too."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("word/")]
        texts = [archive.read(name).decode() for name in parts if name.endswith(".xml")]
    told = ("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", text)) for text in texts)
    return "\n".join(told).replace("\u00a0", " ")


def handed_in(unit: Unit, state: str) -> None:
    is_held = state == "submitted"
    Report.objects.create(
        unit=unit,
        period="2024",
        state=state,
        round=1,
        with_tier=builders.tier("district") if is_held else None,
        submitted_at=timezone.now(),
    )


def letter(*lines: str) -> bytes:
    made = Document()
    for line in lines:
        made.add_paragraph(line)
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def values() -> dict[str, Any]:
    """A report that says nothing."""

    def empty(names: Any) -> dict[str, Any]:
        return {name: [] if hasattr(kind, "names") else "" for name, kind in names.items()}

    return empty(names_of(Narrative))


def problems(*lines: str) -> str:
    with pytest.raises(DomainError) as refused:
        check_template(letter(*lines), NAMES, values())
    return str(refused.value)


# -- what it says ----------------------------------------------------------------------------------


def test_every_figure_is_the_rollup_s_and_the_verdict_s(reviewer: Client, promise: Target) -> None:
    text = words(reviewer.get(FILE).content)

    # 13 + 12 of 100 + 1.100; opening 20 + 20: sums, and a rate of sums, never a mean
    assert "đầu năm 2024 có 40 hộ, tỷ lệ 3,33%; cuối năm 2024 có 25 hộ, tỷ lệ 2,08%" in text
    assert "giảm 15 hộ, tương ứng 1,25 điểm %" in text
    assert "Số trên là của 2/3 đơn vị đã có số liệu" in text
    assert "hộ thoát nghèo 17 hộ; hộ tái nghèo 2 hộ" in text
    assert "Tỷ lệ hộ nghèo (II.2)" in text
    assert "≤ 10%" in text
    assert "SỐ TẠM TÍNH" in text


def test_official_figures_that_nobody_approved_are_blank_not_zero(
    reviewer: Client, promise: Target
) -> None:
    text = words(reviewer.get(FILE, {"stage": Stage.OFFICIAL}).content)

    assert "Hộ nghèo: chưa có số liệu năm 2024." in text
    assert "SỐ TẠM TÍNH" not in text
    assert "0 hộ" not in text


def test_units_that_have_not_reported_are_named(
    reviewer: Client, places: Places, promise: Target
) -> None:
    handed_in(places.first, "approved")

    text = words(reviewer.get(FILE).content)

    assert "Có 1/3 đơn vị cấp xã đã nộp báo cáo năm 2024, trong đó 1 đơn vị đã được" in text
    assert "Chưa nộp báo cáo: thị trấn Trung Tâm, xã Hai." in text


def test_units_are_not_named_to_who_sees_the_district_alone(
    client: Client, places: Places, promise: Target
) -> None:
    client.force_login(official("can.bo", places.district))
    handed_in(places.second, "submitted")

    text = words(client.get(FILE).content)

    assert "Còn 2 đơn vị chưa nộp báo cáo." in text
    assert "Xã Một" not in text
    assert "thị trấn Trung Tâm" not in text


def test_half_a_year_without_figures_says_so(reviewer: Client, promise: Target) -> None:
    text = words(reviewer.get("/bao-cao-ket-qua/901/2024H1/bao-cao.docx").content)

    assert "hệ thống không có số liệu 6 tháng đầu năm 2024" in text
    assert "chưa chỉ tiêu nào có số liệu 6 tháng đầu năm 2024" in text
    assert "2,08" not in text


def test_form_of_the_letter(reviewer: Client, promise: Target) -> None:
    content = reviewer.get(FILE).content
    document = Document(BytesIO(content))
    text, section = words(content), document.sections[0]

    for heading in ("I. TÌNH HÌNH", "II. KẾT QUẢ", "III. HẠN CHẾ", "IV. NHIỆM VỤ", "V. KIẾN NGHỊ"):
        assert heading in text
    for line in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "TM. ỦY BAN NHÂN DÂN", "- Lưu: VT, …"):
        assert line in text
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.left_margin.mm), round(section.right_margin.mm)) == (30, 20)
    assert section.different_first_page_header_footer
    marked = [
        run.text
        for paragraph in document.paragraphs
        for run in paragraph.runs
        if run.font.highlight_color
    ]
    assert "[Nêu nguyên nhân khách quan]" in marked


def test_same_figures_give_the_same_file(reviewer: Client, promise: Target) -> None:
    assert reviewer.get(FILE).content == reviewer.get(FILE).content


def test_stranger_is_told_nothing(client: Client, promise: Target) -> None:
    client.force_login(official("la", builders.unit("95", "Tỉnh Khác", "province")))

    assert [client.get(place).status_code for place in (HOME, FILE, TEMPLATE)] == [404] * 3


def test_queries_do_not_grow_with_communes(
    reviewer: Client, places: Places, promise: Target, catalogue: Catalogue
) -> None:
    reviewer.get(HOME)
    with CaptureQueriesContext(
        connection,
    ) as few:
        reviewer.get(FILE)
    for number in range(6):
        more = builders.unit(f"9011{number}", f"Xã Thêm {number}", "commune", places.district)
        told(more, {catalogue.households: "10", catalogue.opening: "5", catalogue.poor: "4"})
    drain()
    reviewer.get(FILE)
    with CaptureQueriesContext(connection) as many:
        reviewer.get(FILE)

    assert len(many) <= len(few)


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "<w:p>", 'A & "B"', "{% for %}", "]]>"])
def test_hostile_names_stay_text(
    reviewer: Client, places: Places, promise: Target, name: str
) -> None:
    Target.objects.update(label=name)
    Plan.objects.update(title=name)

    content = reviewer.get(FILE).content

    paragraphs = [row.text for row in Document(BytesIO(content)).paragraphs]
    assert any(f"về: {name};" in text for text in paragraphs)
    assert any(text.startswith(f"- {name} (mục II.2)") for text in paragraphs)


# -- an office's own template ----------------------------------------------------------------------


def test_standard_template_is_one_that_would_be_taken() -> None:
    check_template(STANDARD.read_bytes(), NAMES, values())


@pytest.mark.parametrize(
    "line",
    [
        "{{ ''.__class__ }}",
        "{{ don_vi.__class__.__mro__ }}",
        "{{ don_vi|attr('x') }}",
        "{{ 7*7 }}",
        "{{ range(9) }}",
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{% for a in 'abc' %}{% endfor %}",
        "{% for k in can_cu %}{% for l in linh_vuc %}{% endfor %}{% endfor %}",
    ],
)
def test_template_only_names_what_there_is(line: str) -> None:
    assert problems(line)


def test_every_unknown_name_is_listed() -> None:
    said = problems("{{ ten_la }}", "{%p for k in can_cu %}", "{{ k.la }}", "{%p endfor %}")

    assert "ten_la: Không có chỗ điền này." in said
    assert "k.la: Không có chỗ điền này." in said


def test_sandbox_holds_even_where_the_check_is_passed_by() -> None:
    with pytest.raises(DomainError):
        filled(letter("{{ don_vi.__class__.__mro__ }}"), {**values(), "don_vi": "x"})


def test_unclosed_place_holder_is_shown_with_its_paragraph() -> None:
    assert "Mở đầu {{ don_vi" in problems("Mở đầu {{ don_vi")


def changed(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(stream, "w") as target:
        for part in source.namelist():
            text = source.read(part)
            target.writestr(part, text.replace(old, new) if part == name else text)
    return stream.getvalue()


LINK = (
    b'<Relationship Id="rX" Type="http://x/hyperlink" Target="http://x" TargetMode="External"/>'
    b"</Relationships>"
)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("word/_rels/document.xml.rels", b"</Relationships>", LINK),
        ("word/document.xml", b"<w:t>", b"<w:instrText>INCLUDETEXT x</w:instrText><w:t>"),
        ("word/document.xml", b"<w:t>", b'<w:fldSimple w:instr="DDEAUTO x"/><w:t>'),
    ],
)
def test_template_that_reaches_out_is_refused(name: str, old: bytes, new: bytes) -> None:
    content = changed(letter("Chữ"), name, old, new)

    with pytest.raises(DomainError, match=r"liên kết ra ngoài|macro"):
        check_template(content, NAMES, values())


def sent(client: Client, content: bytes) -> Any:
    return client.post(TEMPLATE, {"file": SimpleUploadedFile("Mẫu riêng.docx", content)})


@pytest.mark.django_db(transaction=True)
def test_own_template_is_used_until_the_standard_one_is_again(
    reviewer: Client, promise: Target, settings: LazySettings, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path

    assert sent(reviewer, letter("Riêng của {{ don_vi }}")).status_code == 302
    assert "Riêng của huyện Thử Nghiệm" in words(reviewer.get(FILE).content)
    assert sent(reviewer, letter("Lần hai {{ don_vi }}")).status_code == 302
    assert list(NarrativeTemplate.objects.values_list("version", "active")) == [
        (1, False),
        (2, True),
    ]
    reviewer.post(TEMPLATE, {"step": "standard"})
    assert "CỘNG HÒA XÃ HỘI" in words(reviewer.get(FILE).content)


def test_refused_template_changes_nothing(
    reviewer: Client, promise: Target, settings: LazySettings, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path

    page = sent(reviewer, letter("{{ ten_la }}"))

    assert page.status_code == 422
    assert "ten_la" in page.content.decode()
    assert not NarrativeTemplate.objects.exists()
    assert list(tmp_path.rglob("*.*")) == []


def test_officer_may_read_the_template_but_not_change_it(
    client: Client, places: Places, promise: Target
) -> None:
    client.force_login(official("can.bo", places.district))

    assert "tên chỉ tiêu" in client.get(TEMPLATE).content.decode()
    assert sent(client, letter("x")).status_code == 403
