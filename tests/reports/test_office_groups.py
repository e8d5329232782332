"""The table of a group of communes in the template of the unit above all of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from communes.enums import MemberSource, Role
from communes.models import GroupMember, UnitGroup
from indicators.periods import Period
from reports.annexes.build import build_table
from reports.models import Annex
from tests.builders import Places, official
from tests.reports.office_forms import template
from tests.reports.test_office_templates import CELLS, FILE, page, sent
from tests.reports.test_office_templates import form as form  # noqa: PLC0414  # a fixture
from tests.reports.test_office_templates import reviewer as reviewer  # noqa: PLC0414

LIST = "/bieu/group:nhom/2024/"
GROUP_FILE = f"{LIST}thu/theo-mau.xlsx"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group(places: Places, form: Annex) -> UnitGroup:
    made = UnitGroup.objects.create(code="nhom", name="Nhóm hai xã", expected_size=2)
    for unit in (places.first, places.second):
        GroupMember.objects.create(group=made, unit=unit, source=MemberSource.STATED)
    return made


def text(client: Client, address: str) -> str:
    response: Any = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_group_is_printed_on_the_template_of_the_unit_above_it(
    reviewer: Client, form: Annex, group: UnitGroup
) -> None:
    assert "theo-mau.xlsx" not in text(reviewer, LIST)
    total = {"B3": "{{ tong.ten }}", "C3": "{{ tong.cot_4 }}"}
    below = {"B4": "{{ nhom.ten }}", "C4": "{{ nhom.cot_4 }}", "C6": "Hết"}
    assert sent(reviewer, template({**CELLS, **total, **below})).status_code == 302

    shown = page(reviewer.get(GROUP_FILE))

    table = build_table(form, group, Period(2024), "provisional")
    assert shown["A1"].value == "Nhóm hai xã – năm 2024 – duyet"
    assert shown["A2"].value == table.check_code
    rows = [row for row in shown.iter_rows(min_row=3, values_only=True) if row[1]]
    assert len(rows) == 3  # the total and two communes; a group has no subtotals
    assert rows[0][2] == 97
    offered = text(reviewer, LIST)
    assert f"{GROUP_FILE}?stage=provisional&amp;variant=year" in offered
    assert "Xuất theo mẫu của huyện Thử Nghiệm" in offered
    assert "/bieu/901/2024/thu/mau/?variant=year" in offered


def test_template_that_cannot_name_the_group_is_not_used_for_it(
    reviewer: Client, group: UnitGroup
) -> None:
    sent(reviewer, template({**CELLS, "A1": "Biểu của huyện"}))

    assert reviewer.get(FILE).status_code == 200
    answer = reviewer.get(GROUP_FILE)
    assert answer.status_code == 404
    assert "không ghi được tên nhóm" in answer.content.decode()


def test_who_does_not_see_every_member_gets_nothing(
    reviewer: Client, client: Client, places: Places, group: UnitGroup
) -> None:
    sent(reviewer, template(CELLS))
    client.force_login(official("xa", places.first, Role.REVIEWER))

    assert client.get(GROUP_FILE).status_code == 404
