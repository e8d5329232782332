"""A page of very many units shows the first, says so, and has all of them a press away."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from communes.enums import Role
from communes.models import Official, Unit
from povertyplan.lib.long_tables import FIRST, WHOLE_UP_TO
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, milestone, reported

pytestmark = pytest.mark.django_db

MANY = WHOLE_UP_TO + 5


def grow(places: Places, catalogue: Catalogue, count: int) -> None:
    """The first unit is the poorest, the last of the code the least."""
    Unit.objects.filter(parent=places.district).delete()
    units = [
        builders.unit(f"91{n:03}", f"Xã số {n}", "commune", places.district) for n in range(count)
    ]
    plan = a_plan(places.district)
    a_target(plan, catalogue.poor, "level", "30", code="ho", label="Hộ nghèo")
    for unit in units:
        milestone(plan, unit, catalogue.poor, 2024, "9")
    reported(
        2024,
        {
            unit: {catalogue.poor: str(500 - n), catalogue.households: "1000"}
            for n, unit in enumerate(units)
        },
    )


@pytest.fixture
def reader(client: Client, places: Places) -> Official:
    found = builders.official("huyen", places.district, Role.LEADER)
    client.force_login(found)
    return found


def rows(client: Client, address: str) -> list[str]:
    page = client.get(address).content.decode()
    table = page[page.index("<table", page.index('id="bang"')) :].split("</table>")[0]
    return re.findall(r">(Xã số \d+)<", table)


def test_long_table_shows_the_first_and_all_when_asked(
    client: Client, places: Places, catalogue: Catalogue, reader: Official
) -> None:
    grow(places, catalogue, MANY)

    page = client.get("/so-lieu/901/2024/").content.decode()

    assert f"Bảng nêu {FIRST} trong {MANY} đơn vị" in page
    assert f"{MANY} đơn vị trực thuộc" in page
    assert len(rows(client, "/so-lieu/901/2024/")) == FIRST
    assert len(rows(client, "/so-lieu/901/2024/?du=1")) == MANY


def test_table_is_sorted_before_it_is_cut(
    client: Client, places: Places, catalogue: Catalogue, reader: Official
) -> None:
    """The least poor of all comes first, and ranks are among all."""
    grow(places, catalogue, MANY)
    address = "/so-lieu/901/2024/?sap-xep=ho"

    page = client.get(address).content.decode()

    assert rows(client, address)[0] == f"Xã số {MANY - 1}"
    assert rows(client, address) == rows(client, f"{address}&du=1")[:FIRST]
    assert f"1/{MANY}" in page


def test_table_that_is_hardly_longer_is_not_cut(
    client: Client, places: Places, catalogue: Catalogue, reader: Official
) -> None:
    grow(places, catalogue, WHOLE_UP_TO)

    assert len(rows(client, "/so-lieu/901/2024/")) == WHOLE_UP_TO


def test_pictures_show_the_first_and_files_have_all(
    client: Client, places: Places, catalogue: Catalogue, reader: Official
) -> None:
    grow(places, catalogue, MANY)

    def drawn(address: str) -> int:
        page = client.get(address).content.decode()
        return page[page.index('<ul class="pad many">') :].split("</ul>")[0].count("<li>")

    assert drawn("/hinh/901/2024/?chi-tieu=poor") == FIRST
    assert drawn("/hinh/901/2024/?chi-tieu=poor&du=1") == MANY
    table = client.get("/hinh/901/2024/cac-don-vi.csv?chi-tieu=poor").content.decode()
    assert table.count("Xã số") == MANY
