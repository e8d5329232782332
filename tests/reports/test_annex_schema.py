"""Every workbook that leaves the system is as the schema of Excel's first edition says, the
strictest there is of the transitional form: XlsxWriter and Excel itself save no other."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from communes.enums import Role
from communes.models import Official, Post, Unit, UnitGroup
from indicators.enums import Stage
from reports.annexes import making
from reports.annexes.batches import ask_batch, file_of
from reports.annexes.build import offers
from reports.annexes.lines import Area
from reports.annexes.office.example import example_template
from reports.annexes.office.templates import asked_for, table_of
from reports.annexes.workbook import annex_file
from reports.freezing import close_period
from reports.models import AnnexTemplate, Register, RegisterBook
from tests import builders
from tests.reports import annex_country
from tests.reports.annex_country import DISTRICT, LAST, PROVINCE, SILENT
from tests.reports.packages import Package
from tests.reports.schema import NEWEST, Shape, schema_faults, shapes

pytestmark = pytest.mark.django_db

GROUP = "communes_ge_40pct"
TEMPLATES = (("01", "year"), ("01", "period"), ("bien-dong-ho-ngheo", "year"))
HOME = f"/bieu/{DISTRICT}/{LAST.code}/"


@dataclass
class Country:
    """The shipped catalogue with figures, and who asks: officer or reviewer, seeing all of it."""

    clients: dict[str, Client]
    batch: bytes
    known: set[Shape] = field(default_factory=set)

    def get(self, address: str, role: str = Role.REVIEWER) -> bytes:
        answer = self.clients[role].get(address)
        assert answer.status_code == 200, address
        return answer.getvalue()

    def faults(self, content: bytes) -> list[str]:
        """Of a workbook; the schema is asked only where there is something new to it."""
        found, told = Package(content).faults(), shapes(content)
        if not told <= self.known:
            found += schema_faults(content)
            self.known |= told
        return found


@pytest.fixture(scope="module")
def country(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Country]:
    """Loaded once for all tests here, which only read."""
    files = override_settings(DEMO_MODE=True, MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), files, transaction.atomic():
        annex_country.load()
        reviewer = builders.official("duyet", unit(PROVINCE), Role.REVIEWER)
        officer = builders.official("xa", unit(SILENT))
        Post.objects.create(official=officer, unit=unit(DISTRICT), role=Role.OFFICER, title="")
        keep_templates(reviewer)
        open_books(officer)
        close_period(unit=unit(PROVINCE), period=LAST, by=reviewer, sure=True)
        clients = {role: Client() for role in (Role.REVIEWER, Role.OFFICER)}
        clients[Role.REVIEWER].force_login(reviewer)
        clients[Role.OFFICER].force_login(officer)
        yield Country(clients, packed(reviewer))
        transaction.set_rollback(True)


def packed(by: Official) -> bytes:
    """Every table of the district in one file; those on paper, which have no schema, left out."""
    batch = ask_batch(
        unit=unit(DISTRICT), period=LAST, stage=Stage.PROVISIONAL, plan=None, tier="", by=by
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(making, "MAKERS", (annex_file,))
        assert making.make_batch(batch.pk)
    batch.refresh_from_db()
    return (file_of(batch) or Path()).read_bytes()


def keep_templates(by: Official) -> None:
    """Let the district use the system's own examples as its templates."""
    for code, variant in TEMPLATES:
        asked = asked_for(unit(DISTRICT), LAST, code, variant)
        example = example_template(table_of(asked, Stage.PROVISIONAL))
        AnnexTemplate.objects.create(
            unit=asked.unit,
            annex=asked.annex,
            variant=variant,
            version=1,
            file=ContentFile(example, "mau.xlsx"),
            uploaded_by=by,
        )


def open_books(by: Official) -> None:
    for register in Register.objects.all():
        RegisterBook.objects.create(
            register=register, unit=unit(DISTRICT), counts_from=LAST.start, opened_by=by
        )


def unit(code: str) -> Unit:
    found = Unit.objects.named(code, on=LAST.end)
    assert found is not None
    return found


def test_every_table_of_the_district_as_packed_together(country: Country) -> None:
    with zipfile.ZipFile(BytesIO(country.batch)) as packed:
        names = [name for name in packed.namelist() if name.endswith(".xlsx")]
        standard = sum(len(one.variants) for one in offers(unit(DISTRICT), LAST))
        assert len(names) == standard + len(TEMPLATES)
        for name in names:
            assert country.faults(packed.read(name)) == [], name


@pytest.mark.parametrize("code", [SILENT, PROVINCE, f"group:{GROUP}"])
def test_every_table_of_other_places(country: Country, code: str) -> None:
    group = UnitGroup.objects.filter(code=GROUP).first()
    area: Area | None = group if code.startswith("group") else unit(code)
    assert area is not None
    for offer in offers(area, LAST):
        for variant in offer.variants:
            address = f"/bieu/{code}/{LAST.code}/{offer.annex.code}.xlsx?variant={variant}"
            assert country.faults(country.get(address)) == [], address


@pytest.mark.parametrize(("code", "variant"), TEMPLATES)
def test_table_in_the_template_of_an_office(country: Country, code: str, variant: str) -> None:
    for address in (f"{code}/mau/vi-du.xlsx", f"{code}/theo-mau.xlsx"):
        assert country.faults(country.get(f"{HOME}{address}?variant={variant}")) == [], address


QUESTION = "don-vi=085&cap=duoi&chi-tieu=poor_households,poverty_rate&ky=2023,2024"


@pytest.mark.parametrize(
    "address",
    [
        f"/tra-cuu/tai.xlsx?{QUESTION}",
        f"/tra-cuu/tai.xlsx?{QUESTION}&ke-hoach=co&so-voi=nam-truoc&ghep=hang",
        f"/tien-do/{DISTRICT}/{LAST.code}/tai-ve.xlsx",
        f"/so-chot/{SILENT}/{LAST.code}/1.xlsx",
    ],
)
def test_other_workbooks(country: Country, address: str) -> None:
    assert country.faults(country.get(address)) == []


def test_workbooks_of_officers(country: Country) -> None:
    addresses = [f"/bao-cao/{code}/{LAST.code}/mau.xlsx" for code in (SILENT, DISTRICT)]
    books = RegisterBook.objects.values_list("register__code", flat=True)
    addresses += [f"/so-theo-doi/{DISTRICT}/{code}/tai-ve.xlsx" for code in books]
    assert len(addresses) > 2
    for address in addresses:
        assert country.faults(country.get(address, Role.OFFICER)) == [], address


def test_newest_edition_and_the_report_in_words(country: Country) -> None:
    """Word's own files are not of the first edition either."""
    letter = country.get(f"/bao-cao-ket-qua/{DISTRICT}/{LAST.code}/bao-cao.docx")

    assert schema_faults(country.get(f"{HOME}01.xlsx"), office=NEWEST) == []
    assert schema_faults(letter, "docx", NEWEST) == []


SHEET = "xl/worksheets/sheet1.xml"


def instead(old: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(old, new, text, count=1, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("part", "change", "fault"),
    [
        (
            SHEET,
            instead(r"(<mergeCells.*?</mergeCells>)(.*?)(<pageMargins)", r"\2\1\3"),
            "mergeCells",
        ),
        (SHEET, instead(r't="inlineStr"', 't="text"'), "Enumeration"),
        (SHEET, instead(r'orientation="landscape"', 'orientation="lying"'), "Enumeration"),
        (SHEET, instead(r'paperSize="9"', 'paperSize="A4"'), "paperSize"),
        (SHEET, instead("<sheetData>", "<sheetData/><sheetData>"), "sheetData"),
        (SHEET, instead(r"<pageMargins left", "<pageMargins leftt"), "leftt"),
        ("xl/styles.xml", instead('patternType="none"', 'patternType="nothing"'), "Enumeration"),
        ("xl/workbook.xml", instead(' sheetId="2"', ""), "sheetId"),
    ],
)
def test_broken_workbook_is_seen(
    country: Country, part: str, change: Callable[[str], str], fault: str
) -> None:
    """The validator means something, and what is new to it is never taken for known."""
    sound, stream = country.get(f"{HOME}01.xlsx"), BytesIO()
    with zipfile.ZipFile(BytesIO(sound)) as packed, zipfile.ZipFile(stream, "w") as broken:
        for name in packed.namelist():
            content = packed.read(name)
            changed = change(content.decode()).encode() if name == part else content
            assert (changed != content) == (name == part)
            broken.writestr(name, changed)

    assert not shapes(stream.getvalue()) <= shapes(sound)
    assert any(fault in one for one in schema_faults(stream.getvalue()))
