"""A unit by the name somebody remembers, also when it has been abolished since."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Unit
from indicators.periods import Period
from tests import builders
from tests.builders import Catalogue, Places, official
from tests.reports.explored import HOME, opened, told

pytestmark = pytest.mark.django_db

LATER = "2026-03-02T09:00:00+07:00"


@pytest.fixture
def reader(places: Places, catalogue: Catalogue, client: Client) -> Official:
    """The province's reviewer, signed in after its districts were abolished on 1 July 2025."""
    told(places.first, {catalogue.poor: "12"}, Period(2024))
    Unit.objects.filter(pk=places.district.pk).update(valid_to=date(2025, 6, 30))
    person = official("tinh", places.province, Role.REVIEWER)
    client.force_login(person)
    return person


def led(client: Client, named: str, more: str = "") -> str:
    answer = client.get(f"{HOME}?ten={named}{more}")
    return answer.headers["Location"] if answer.status_code == 302 else ""


@time_machine.travel(LATER, tick=False)
def test_abolished_district_is_found_by_its_name_and_its_last_day_is_told(
    client: Client, reader: Official
) -> None:
    """Without accents too; the rest of the question stays."""
    for named in ("Huyện Thử Nghiệm", "huyen  thu nghiem", "huyện thử"):
        where = led(client, named, "&don-vi=90&chi-tieu=poor&ky=2024&cap=duoi")
        assert where.startswith(f"{HOME}?don-vi=901@2025-06-30&cap=duoi&chi-tieu=poor&ky=2024")

    page = opened(client, where.partition("?")[2])
    assert "Tra cứu – Huyện Thử Nghiệm (đến 30/06/2025), năm 2024" in page
    assert "Xã Một 12" in page


def test_unit_with_none_below_it_is_asked_for_itself(client: Client, reader: Official) -> None:
    """Whatever was taken of the unit before: one row, counted as one unit."""
    where = led(client, "xa mot", "&don-vi=90&chi-tieu=poor&ky=2024&cap=duoi")

    answer = client.get(where)
    page = answer.context["page"]
    assert page.size == "1 chỉ tiêu × 1 đơn vị × 1 kỳ"
    assert [row.value for row in page.choices.scopes if row.is_current] == ["chinh"]
    assert "Xã Một 12" in opened(client, where.partition("?")[2])


@time_machine.travel(LATER, tick=False)
def test_of_several_the_page_asks_which_and_says_their_days(
    client: Client, reader: Official, places: Places
) -> None:
    Unit.objects.filter(pk=places.first.pk).update(valid_to=date(2025, 6, 30))
    builders.unit("90999", "Xã Một", "commune", places.province, valid_from=date(2025, 7, 1))

    page = opened(client, "ten=xa mot&don-vi=90")

    assert "2 đơn vị có tên “xa mot”. Chọn một:" in page
    assert "Xã Một Huyện Thử Nghiệm; đến 30/06/2025" in page
    assert "Xã Một Tỉnh Thử Nghiệm; từ 01/07/2025" in page


def test_name_of_nobody_and_of_others_are_not_known_alike(
    client: Client, reader: Official, places: Places
) -> None:
    builders.unit("80", "Tỉnh Xa Xôi", "province")

    for named in ("Tỉnh Xa Xôi", "khong co", "%_", "=1+1"):
        assert f"Không có đơn vị nào tên “{named}”" in opened(
            client, f"ten={named.replace('%', '%25').replace('+', '%2B')}&don-vi=90"
        )


def test_code_means_whatever_has_it(client: Client, reader: Official, places: Places) -> None:
    """As before, on any day; a day with it names one."""
    assert "don-vi=90102&" in led(client, "90102")
    assert (
        "don-vi=90102@"
        in client.get(f"{HOME}?ten=90102@2999-12-31", follow=True).context["page"].address
    )


def test_looking_for_a_name_costs_the_same_for_any_number_of_units(
    client: Client, reader: Official, places: Places
) -> None:
    costs = []
    for units in (range(20), range(20, 150)):
        for n in units:
            builders.unit(f"91{n:03}", f"Xã Tên {n}", "commune", places.province)
        opened(client, "ten=ten&don-vi=90&ky=2024")
        with CaptureQueriesContext(connection) as queries:
            page = opened(client, "ten=ten&don-vi=90&ky=2024")
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert page.count("Xã Tên") >= 30
