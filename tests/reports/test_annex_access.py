"""Who may have a printed table: one with a row for each unit below is for who sees those so.

A district's own officer sees the district, and what its communes come to together.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from communes.enums import Role, TierCode
from communes.models import GroupMember, Official, Post, Unit, UnitGroup
from indicators.enums import Stage
from indicators.rollups import drain
from reports.annexes.batches import ask_batch, file_of
from reports.annexes.build import build_table
from reports.annexes.making import make_batch
from reports.enums import RowsBelow
from reports.models import Annex, AnnexBatch, AnnexTemplate
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.office_forms import template

WORDS = "Biểu ghi số của từng đơn vị cấp dưới. Đồng chí xem được số chung của đơn vị"
LIST, CHECK = "/bieu/901/2024/", "/kiem-tra-bieu/"
API = "/api/v1/annexes/"
OF_ALL, OF_ONE = "theo-xa", "kinh-phi"
"""A table of every commune, and one of the district's own figures."""
REFUSING = (
    f"{LIST}?bieu={OF_ALL}",
    f"{LIST}?bieu={OF_ALL}&stage=official&variant=period",
    f"{LIST}{OF_ALL}.xlsx",
    f"{LIST}{OF_ALL}.xlsx?stage=official&variant=period",
    f"{LIST}{OF_ALL}.pdf",
    f"{LIST}{OF_ALL}/theo-mau.xlsx",
    f"{LIST}{OF_ALL}/mau/vi-du.xlsx",
    f"{API}{OF_ALL}/workbook/?unit=901&period=2024",
)
OPEN = (
    LIST,
    f"{LIST}?bieu={OF_ONE}",
    f"{LIST}{OF_ONE}.xlsx",
    f"{LIST}{OF_ONE}.pdf",
    f"{LIST}{OF_ALL}/mau/",
    f"{API}?unit=901&period=2024",
    f"{API}{OF_ONE}/workbook/?unit=901&period=2024",
    CHECK,
)
NEEDS = {
    "variant": "year",
    "columns": [
        annex_forms.text("stt", "row_number", 8),
        annex_forms.text("source", "row_label", 44),
        annex_forms.shown("need", indicator="$row", measure="plan"),
        annex_forms.shown("done", indicator="$row"),
        annex_forms.shown("sum", indicator="$row", measure="cumulative", period="plan_period"),
    ],
}
MONEY = {
    "scope": "indicators",
    "unit": "district",
    "total": "top",
    "items": [
        {"label_vi": "Tổng kinh phí", "number": "", "indicator": "spent", "style": "total"},
        {"label_vi": "Tín dụng", "number": "1", "indicator": "credit"},
    ],
}


@dataclass
class District:
    """A district with a table of its communes, one of its own, and a template for the first."""

    places: Places
    form: Annex

    def by(self, role: str, at: Unit | None = None) -> Official:
        unit = at or self.places.district
        return builders.official(f"{role}.{unit.code}", unit, role)

    def signed_in(self, role: str, at: Unit | None = None) -> Client:
        client = Client()
        client.force_login(self.by(role, at))
        return client

    def code(self, area: Any = None) -> str:
        area = area or self.places.district
        return build_table(self.form, area, Y2024, Stage.PROVISIONAL).check_code

    def ask(self, by: Official, at: Unit | None = None) -> AnnexBatch:
        unit = at or self.places.district
        return ask_batch(
            unit=unit, period=Y2024, stage=Stage.PROVISIONAL, plan=None, tier="", by=by
        )

    def made(self, by: Official, at: Unit | None = None) -> AnnexBatch:
        batch = self.ask(by, at)
        assert make_batch(batch.pk)
        batch.refresh_from_db()
        return batch


@pytest.fixture
def district(places: Places, settings: Any, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path
    measured = annex_forms.measured()
    plan = annex_forms.plan(places.district)
    form = annex_forms.annex(plan, code=OF_ALL)
    typed = {"entered_at": builders.tier(TierCode.DISTRICT)}
    money = [builders.count(code, code, 20 + i, **typed) for i, code in enumerate(MONEY_CODES)]
    annex_forms.annex(None, code=OF_ONE, number="5", rows=MONEY, layouts=[NEEDS])
    told(places.first, measured.values("3", "9", "2"))
    told(places.district, dict.fromkeys(money, "7"))
    drain()
    content = ContentFile(template({"A1": "{{ ten_don_vi }}", "B5": "{{ dong.ten }}"}), "m.xlsx")
    by = builders.official("mau", places.district, Role.REVIEWER)
    AnnexTemplate.objects.create(
        unit=places.district, annex=form, variant="year", version=1, file=content, uploaded_by=by
    )
    return District(places, form)


MONEY_CODES = ("spent", "credit")


def text_of(answer: Any) -> str:
    """All that an answer says: of a file every part of it."""
    content = b"".join(answer) if answer.streaming else answer.content
    return "\n".join(words(content))


def words(content: bytes) -> Iterator[str]:
    if not content.startswith(b"PK"):
        yield content.decode("utf-8", "replace")
        return
    with zipfile.ZipFile(BytesIO(content)) as packed:
        for name in packed.namelist():
            yield name
            yield from words(packed.read(name))


def names_a_commune(answer: Any, places: Places) -> bool:
    said = text_of(answer)
    return any(unit.name in said or f">{unit.short_name}<" in said for unit in places.communes)


@pytest.mark.parametrize("address", REFUSING)
def test_table_of_every_commune_is_not_for_the_districts_officer(
    district: District, address: str
) -> None:
    answer = district.signed_in(Role.OFFICER).get(address)

    assert answer.status_code == 403
    assert WORDS in text_of(answer)
    assert "lãnh đạo của huyện Thử Nghiệm tải được" in text_of(answer)
    assert not names_a_commune(answer, district.places)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_of_the_district_alone_stays_open_to_its_officer(
    district: District, address: str
) -> None:
    answer = district.signed_in(Role.OFFICER).get(address)

    assert answer.status_code == 200
    assert not names_a_commune(answer, district.places)


@pytest.mark.parametrize("address", [*REFUSING, *OPEN])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEADER, Role.ADMINISTRATOR])
@pytest.mark.parametrize("above", [False, True])
def test_who_sees_the_communes_one_by_one_has_every_table(
    district: District, address: str, role: str, above: bool
) -> None:
    places = district.places
    answer = district.signed_in(role, places.province if above else None).get(address)

    assert answer.status_code == 200
    assert WORDS not in text_of(answer)


@pytest.mark.parametrize("address", [*REFUSING, *OPEN[:-1]])
def test_stranger_is_told_of_no_table(district: District, address: str) -> None:
    for client in (
        district.signed_in(Role.OFFICER, district.places.first),
        district.signed_in(Role.REVIEWER, builders.unit("902", "Huyện Khác", "district")),
    ):
        answer = client.get(address)
        assert answer.status_code == 404
        assert WORDS not in text_of(answer)


def test_list_says_why_a_table_is_not_there(district: District) -> None:
    client = district.signed_in(Role.OFFICER)
    page = text_of(client.get(LIST))
    rows = {row["code"]: row for row in client.get(f"{API}?unit=901&period=2024").json()["results"]}

    assert page.count(WORDS) == 1
    assert "Ngoài phạm vi xem" in page
    assert "Tổng kinh phí" in page  # the first that can be had
    assert f"{OF_ALL}.xlsx" not in page
    assert (rows[OF_ALL]["available"], rows[OF_ALL]["workbook"]) == (False, None)
    assert rows[OF_ALL]["reason"].startswith(WORDS)
    assert rows[OF_ONE]["available"]

    Annex.objects.get(code=OF_ONE).delete()
    assert "Không có biểu nào đồng chí tải được" in text_of(client.get(LIST))


def test_printed_sheet_is_checked_by_who_may_have_it(district: District) -> None:
    """To the others it is as if there were no such unit."""
    code = district.code()
    answer = district.signed_in(Role.OFFICER).get(CHECK, {"ma": code})

    assert answer.status_code == 404
    assert "Không có đơn vị hoặc nhóm ghi trong mã này" in text_of(answer)
    assert not names_a_commune(answer, district.places)
    assert "Các số trong bảng" in text_of(district.signed_in(Role.LEADER).get(CHECK, {"ma": code}))


def test_commune_has_its_own_sheet(district: District) -> None:
    first = district.places.first
    client = district.signed_in(Role.OFFICER, first)
    home = f"/bieu/{first.code}/2024/"

    for address in (f"{home}?bieu={OF_ALL}", f"{home}{OF_ALL}.xlsx", f"{home}{OF_ALL}.pdf"):
        assert client.get(address).status_code == 200, address
    assert client.get(CHECK, {"ma": district.code(first)}).status_code == 200


def test_group_is_open_to_who_sees_all_of_its_members(district: District) -> None:
    group = UnitGroup.objects.create(code="mot-xa", name="Nhóm thử")
    first = district.places.first
    GroupMember.objects.create(group=group, unit=first, source="stated")
    address = f"/bieu/group:mot-xa/2024/{OF_ALL}.xlsx"

    assert district.signed_in(Role.OFFICER, first).get(address).status_code == 200
    assert district.signed_in(Role.OFFICER).get(address).status_code == 404


def test_file_of_all_tables_holds_what_its_maker_may_have(district: District) -> None:
    officer, leader = district.by(Role.OFFICER), district.by(Role.LEADER)
    whole, own = district.made(leader), district.made(officer)

    assert whole.pk != own.pk
    assert (whole.rows_below, own.rows_below) == (RowsBelow.HELD, RowsBelow.LEFT_OUT)
    assert district.ask(leader).pk == whole.pk
    assert district.ask(officer).pk == own.pk
    with zipfile.ZipFile(file_of(own) or "") as packed:
        assert len(packed.namelist()) == 3  # a workbook, a PDF, what is not there and why
        assert WORDS in packed.read("Chưa lập được.txt").decode()

    client = Client()
    client.force_login(officer)
    assert client.get(f"/tat-ca-bieu/{whole.pk}/tep.zip").status_code == 404
    assert not names_a_commune(client.get(f"/tat-ca-bieu/{own.pk}/tep.zip"), district.places)
    boxes = {f"/tat-ca-bieu/{one.pk}/": one for one in (whole, own)}
    for by, shown in ((officer, own), (leader, whole)):
        client.force_login(by)
        page = text_of(client.get(f"{LIST}tat-ca/"))
        assert [one for address, one in boxes.items() if address in page] == [shown]


def test_file_from_before_a_change_of_post_is_not_had_after_it(district: District) -> None:
    person = district.by(Role.REVIEWER)
    whole = district.made(person)
    Post.objects.filter(official=person).update(role=Role.OFFICER)
    client = Client()
    client.force_login(person)

    assert client.get(f"/tat-ca-bieu/{whole.pk}/tep.zip").status_code == 404
    assert district.ask(Official.objects.get(pk=person.pk)).pk != whole.pk


def test_job_of_who_has_lost_the_sight_of_communes_is_not_made(district: District) -> None:
    person = district.by(Role.REVIEWER)
    batch = district.ask(person)
    Post.objects.filter(official=person).update(role=Role.OFFICER)

    assert not make_batch(batch.pk)


def test_file_of_a_commune_is_shared_by_all_who_see_it(district: District) -> None:
    first = district.places.first
    made = district.made(district.by(Role.REVIEWER), first)

    assert made.rows_below == RowsBelow.NONE
    assert district.ask(district.by(Role.OFFICER, first), first).pk == made.pk


def test_post_that_has_ended_opens_nothing(district: District) -> None:
    person = district.by(Role.OFFICER)
    yesterday = timezone.localdate() - timedelta(days=1)
    Post.objects.create(
        official=person, unit=district.places.district, role=Role.LEADER, title="",
        valid_to=yesterday,
    )  # fmt: skip
    client = Client()
    client.force_login(person)

    assert client.get(REFUSING[0]).status_code == 403
