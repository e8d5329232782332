"""Names meant to harm, or only odd, in every file that leaves: it opens, a name stays a name."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from communes.enums import Role
from communes.models import GroupMember, Official, Unit, UnitGroup
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.rollups import drain
from plans.models import Plan, Target
from reports.annexes import making
from reports.annexes.batches import ask_batch
from reports.annexes.making import make_batch
from reports.annexes.workbook import annex_file
from reports.models import Annex
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.packages import NS, SHEETS, Package
from tests.reports.schema import NEWEST, schema_faults

pytestmark = pytest.mark.django_db

NAMES = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.vn?"&A1,"Xã")',
    "+1+cmd|'/C calc'!A0",
    "−1 dấu trừ của phép tính",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "Xã ]]> của <![CDATA[ ai",
    "& &amp; &lt; &#0; \"nháy\" 'đơn'",
    "Xã \x01\x07\x0b\x1b\x1f\x7f chuông",
    "Xã \ufffe\uffff không phải chữ",
    "Xã \u202exslx.ãx\u202c ngược",
    "Xã \u200b\u200d\ufeff rộng không",
    "Xã 🏔️👩🏽\u200d🌾 hình",
    unicodedata.normalize("NFD", "Xã Lùng Phình ở Hoàng Thu Phố"),
    "Xã\nhai\tdòng\r\nba",
    "Xã _x0041_ và _x000A_",
    "{{ co_quan }} {% if 1 %} {{ 7*7 }}",
    "../../../etc/passwd",
    "..\\..\\windows\\CON.",
    "NUL",
    "'Xã",
    "＝1+1",
    "Xã cuối. ",
    "Xã " + "rất dài " * 14,
]
LONG = "Cột rất dài " * 417
"""5 000 letters, as a layout may have them; a unit's name has 120 at most."""
SECOND_NAMES = '=A1 <img src=x onerror="alert(1)"> & ]]> \x02 \u202e {{ ky }} _x0042_'


@dataclass
class Office:
    """A district whose every name is meant to harm, and its reviewer."""

    places: Places
    group: UnitGroup
    reviewer: Official
    client: Client

    @property
    def communes(self) -> list[Unit]:
        return list(Unit.objects.filter(tier__code="commune"))

    def get(self, address: str) -> Any:
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        assert "\n" not in (answer.headers.get("Content-Disposition") or "")
        return answer

    def file(self, address: str) -> bytes:
        answer = self.get(address)
        told = answer.headers["Content-Disposition"]
        assert re.fullmatch(
            r"attachment; filename(\*=utf-8''[\w.%~-]+|=\"[\w. ()-]+\")", told, re.ASCII
        ), told
        content: bytes = answer.getvalue()
        return content


@pytest.fixture
def office(places: Places, settings: LazySettings, tmp_path: Path) -> Office:
    settings.MEDIA_ROOT = tmp_path / "files"
    for number in range(len(NAMES) - 3):
        builders.unit(f"91{number:03}", "Xã", "commune", places.district)
    for unit, name in zip(Unit.objects.filter(tier=places.first.tier), NAMES, strict=True):
        Unit.objects.filter(pk=unit.pk).update(name=name)
    for unit in (places.district, places.province):
        Unit.objects.filter(pk=unit.pk).update(name=f"Huyện {SECOND_NAMES}")
    for one in places.__dict__.values():
        one.refresh_from_db()
    measured = annex_forms.measured()
    Indicator.objects.update(name=SECOND_NAMES, unit_of_measure="=hộ & <b>")
    plan = annex_forms.plan(
        places.district, title=SECOND_NAMES, issuer=SECOND_NAMES, number=f"=17/{SECOND_NAMES[:40]}"
    )
    form = annex_forms.annex(plan, title_vi=f"={SECOND_NAMES}", notes_vi=[f"={SECOND_NAMES}", LONG])
    harm(form)
    told(places.first, measured.values("1234", "5001", "1200", escaped="34", households="5007"))
    told(places.second, measured.values("95", "100", "90", escaped=None))
    drain()
    group = UnitGroup.objects.create(code="nhom-la", name=f"={SECOND_NAMES}")
    for unit in places.communes:
        GroupMember.objects.create(group=group, unit=unit, source="listed")
    reviewer = builders.official("duyet", places.district, Role.REVIEWER)
    Official.objects.filter(pk=reviewer.pk).update(full_name=f"={SECOND_NAMES}")
    reviewer.posts.update(title=f"={SECOND_NAMES}")
    client = Client()
    client.force_login(reviewer)
    return Office(places, group, reviewer, client)


def harm(form: Annex) -> None:
    """Every word of a layout that an administrator writes."""
    layout = form.definition
    layout["unit_of_measure"] = f"={SECOND_NAMES}"
    layout["number"] = "[1]:*?/\\'=<&"
    layout["rows"]["total_label_vi"] = f"={SECOND_NAMES}"
    layout["signature"]["left"]["title_vi"] = f"={SECOND_NAMES}"
    layout["signature"]["right"]["lines_vi"] = [f"={SECOND_NAMES}", "TM. \x07"]
    for variant in layout["layouts"]:
        for place, column in enumerate(variant["columns"]):
            column["heading_vi"] = LONG if place == 3 else f"={SECOND_NAMES}{place}"
    form.save()


def readable(words: str) -> str:
    """Without what cannot be printed and spaces: what must not be lost."""
    return "".join(sign for sign in words if sign.isprintable() and not sign.isspace())


def texts(content: bytes) -> Iterator[str]:
    """Every text as Excel reads it; the rest are numbers, and formulas that are ours."""
    package = Package(content)
    strings = list(package.xml(STRINGS)) if STRINGS in package.parts else []
    for name in [name for name in package.parts if SHEETS.fullmatch(name)]:
        for cell in package.xml(name).iter(f"{NS}c"):
            kind, formula = cell.get("t", "n"), cell.findtext(f"{NS}f")
            assert kind in ("n", "s", "inlineStr")
            if formula is not None:
                assert re.fullmatch(r'[-+*/(),:."0-9A-Z&=>< ]+', formula), formula
            elif kind != "n":
                text = strings[int(cell.findtext(f"{NS}v", ""))] if kind == "s" else cell
                yield _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(text.itertext()))


STRINGS = "xl/sharedStrings.xml"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def run(*command: object) -> str:
    asked = [str(part) for part in command]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=180).stdout


def check_book(content: bytes, names: list[str]) -> None:
    assert Package(content).faults() == []
    assert schema_faults(content) == []
    said = {readable(words) for words in texts(content)}
    assert [name for name in names if readable(name) not in said] == []


HOME = "/bieu/901/2024/"
CHECK = "/kiem-tra-bieu/"
GROUP = "/bieu/group:nhom-la/2024/"


@pytest.mark.parametrize("address", [HOME, GROUP, "/bieu/90102/2024/"])
@pytest.mark.parametrize("variant", ["year", "period"])
def test_standard_workbook_with_its_sources(office: Office, address: str, variant: str) -> None:
    content = office.file(f"{address}thu.xlsx?variant={variant}")

    shown = [office.places.first] if "90102" in address else office.places.communes
    names = [unit.short_name for unit in (office.communes if address == HOME else shown)]
    check_book(content, names)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("variant", ["year", "period"])
def test_template_of_the_office(office: Office, variant: str) -> None:
    """The words of one place-holder never become another; the example holds no name at all."""
    example = office.file(f"{HOME}thu/mau/vi-du.xlsx?variant={variant}")
    assert Package(example).faults() == schema_faults(example) == []
    file = SimpleUploadedFile("../mẫu\r\n=.xlsx", example)
    sent = office.client.post(f"{HOME}thu/mau/?variant={variant}", {"file": file})
    assert sent.status_code == 302, re.findall(r"<li[^>]*>(.*?)</li>", sent.content.decode())

    content = office.file(f"{HOME}thu/theo-mau.xlsx?variant={variant}")

    check_book(content, [unit.short_name for unit in office.communes])


def test_preview_and_list_run_nothing(office: Office) -> None:
    for address in (
        HOME,
        GROUP,
        f"{HOME}?variant=period",
        f"{HOME}thu/mau/",
        CHECK,
        f"{CHECK}?ma=<script>alert(1)</script>",
    ):
        page = office.get(address).content.decode()
        assert_inert(page)
    shown = unescape(office.get(HOME).content.decode())
    assert [
        unit.name for unit in office.communes if readable(unit.short_name) not in readable(shown)
    ] == []


def assert_inert(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_paper(office: Office, tmp_path: Path) -> None:
    for address in (HOME, GROUP):
        (tmp_path / "a.pdf").write_bytes(office.file(f"{address}thu.pdf"))
        words = readable(run("pdftotext", "-layout", tmp_path / "a.pdf", "-"))
        assert "cmd|" in words or address == GROUP


def test_packed_together(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """On paper too for the district; of its communes one kind is enough for the names."""
    assert_harmless(packed(office))
    monkeypatch.setattr(making, "MAKERS", (annex_file,))
    names = packed(office, tier="commune")
    assert_harmless(names)
    assert len(names) == 2 * len(office.communes)


def packed(office: Office, tier: str = "") -> list[str]:
    batch = ask_batch(
        unit=office.places.district, period=Y2024, stage=Stage.PROVISIONAL, plan=None,
        tier=tier, by=office.reviewer,
    )  # fmt: skip
    assert make_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.problems == []
    with zipfile.ZipFile(BytesIO(office.file(f"/tat-ca-bieu/{batch.pk}/tep.zip"))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def assert_harmless(names: list[str]) -> None:
    """For every system: plain letters, one folder at most, none that only case tells apart."""
    part = r"(?!(con|nul|aux|prn)[./])[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
    assert [
        name for name in names if not re.fullmatch(rf"({part}/)?{part}\.(xlsx|pdf)", name)
    ] == []
    assert len({name.casefold() for name in names}) == len(names)


def test_report_in_words(office: Office) -> None:
    content = office.file("/bao-cao-ket-qua/901/2024/bao-cao.docx")

    assert schema_faults(content, "docx", NEWEST) == []
    with zipfile.ZipFile(BytesIO(content)) as packed:
        text = packed.read("word/document.xml").decode()
    assert "<script" not in text
    assert readable(office.places.district.short_name) in readable(
        unescape(re.sub(r"<[^>]+>", "", text))
    )


QUESTION = "don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2023,2024"


def test_figures_looked_up(office: Office) -> None:
    names = [unit.name for unit in office.communes]

    check_book(office.file(f"/tra-cuu/tai.xlsx?{QUESTION}"), names)
    assert_no_formula(office.file(f"/tra-cuu/tai.csv?{QUESTION}"), names)
    assert_inert(office.get(f"/tra-cuu/?{QUESTION}").content.decode())


def assert_no_formula(content: bytes, names: list[str], delimiter: str = ",") -> None:
    """No cell that a spreadsheet would work out; names are there, behind a ' where need be."""
    rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    cells = [cell for row in rows for cell in row]
    texts = [cell for cell in cells if not re.fullmatch(r"[-+]?[\d.,]+", cell)]
    assert [cell for cell in texts if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []
    said = {readable(cell.removeprefix("'")) for cell in texts}
    assert [name for name in names if readable(name.removeprefix("'")) not in said] == []


def test_tracker(office: Office) -> None:
    names = [unit.name for unit in office.communes]

    check_book(office.file("/tien-do/901/2024/tai-ve.xlsx"), names)
    assert_inert(office.get("/tien-do/901/2024/").content.decode())


@pytest.mark.parametrize("kind", ["dien-bien", "cac-don-vi"])
def test_picture(office: Office, kind: str) -> None:
    drawing = office.file(f"/hinh/901/2024/{kind}.svg?chi-tieu=poor").decode()
    assert_inert(drawing)
    ET.fromstring(drawing)  # noqa: S314 our own
    assert_no_formula(office.file(f"/hinh/901/2024/{kind}.csv?chi-tieu=poor"), [], ";")


def test_assessment_for_programs(office: Office) -> None:
    Target.objects.create(
        code="muc-tieu", plan=Plan.objects.get(), section="=1", unit=office.places.district,
        scope="all", scope_label=SECOND_NAMES, theme="poverty", label=SECOND_NAMES, kind="level",
        indicator=Indicator.objects.get(code="rate"), comparator="<=", value=10,
        unit_of_measure="=%", year_from=2024, year_to=2024, direction="lower_is_better",
    )  # fmt: skip
    answer = office.get("/api/v1/plans/ke-hoach/assessment/?period=2024&format=csv")
    assert_no_formula(answer.content, [])
    assert_inert(office.get("/ke-hoach/ke-hoach/").content.decode())


def test_return_and_its_receipt(office: Office, tmp_path: Path) -> None:
    commune = office.places.first
    officer = builders.official("xa", commune)
    Official.objects.filter(pk=officer.pk).update(full_name=f"={SECOND_NAMES}")
    officer.posts.update(title="@SUM(1+1) <b>")
    answers = builders.entries(commune, dict.fromkeys(Indicator.objects.filter(kind="input"), "7"))
    entries = [replace(one, note=f"={SECOND_NAMES}") for one in answers]
    save_draft(unit=commune, period=Y2024, entries=entries, by=officer)
    submit(unit=commune, period=Y2024, by=officer, note=f"={SECOND_NAMES}")
    client = Client()
    client.force_login(officer)
    desk = replace(office, client=client)

    home = "/bao-cao/90102/2024/"
    book = desk.file(f"{home}mau.xlsx")
    assert Package(book).faults() == schema_faults(book) == []
    (tmp_path / "a.pdf").write_bytes(desk.file(f"{home}bien-nhan/1.pdf"))
    words = readable(run("pdftotext", "-layout", tmp_path / "a.pdf", "-"))
    assert "@SUM(1+1)<b>" in words
    assert_no_formula(office.file("/duyet/90102/2024/phien-ban/n1.csv"), [])
    for address in (home, f"{home}bien-nhan/1/", "/duyet/90102/2024/", "/lich-su/90102/2024/"):
        answer = desk.client.get(address)
        assert answer.status_code in (200, 403, 404)
        assert_inert(answer.content.decode())


@pytest.mark.office
def test_libreoffice_opens_all_of_it(office: Office, tmp_path: Path) -> None:
    """It repairs nothing silently: what it writes has every name, as text."""
    for name, address in {
        "a.xlsx": f"{HOME}thu.xlsx",
        "b.xlsx": f"{HOME}thu.xlsx?variant=period",
        "c.xlsx": f"/tra-cuu/tai.xlsx?{QUESTION}",
        "d.xlsx": "/tien-do/901/2024/tai-ve.xlsx",
        "e.docx": "/bao-cao-ket-qua/901/2024/bao-cao.docx",
    }.items():
        (tmp_path / name).write_bytes(office.file(address))
    program = os.environ.get("SOFFICE") or "soffice"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    out = tmp_path / "out"
    run(program, profile, "--headless", "--convert-to", "pdf", "--outdir", out,
        *sorted(tmp_path.glob("?.*")))  # fmt: skip

    assert len(list(out.iterdir())) == 5
    for name in "ac":
        words = readable(run("pdftotext", "-layout", out / f"{name}.pdf", "-"))
        for shown in ("=cmd|'/Ccalc'!A0", "@SUM(1+1)*cmd", "<script>alert(1)</script>", "_x0041_"):
            assert shown in words
