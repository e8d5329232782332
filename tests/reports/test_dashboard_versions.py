"""An unchanged page is answered 304, and whatever changes on it changes its version.

Source: issue 6, point 9; perf.md §3 (version read + empty 304).
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes import versions
from communes.enums import Role
from communes.models import Post
from indicators.rollups import drain
from tests import builders
from tests.builders import Catalogue, Places, Staff, told
from tests.reports.unchanged import (
    CHANGES,
    MOST_QUERIES,
    Act,
    a_season,
    asked,
    save,
    version_of,
)

pytestmark = pytest.mark.django_db

UNIT, OVERVIEW = "/so-lieu/901/2024/", "/tong-quan/901/2024/"


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    return a_season(places, catalogue)


@pytest.fixture
def reader(client: Client, staff: Staff) -> Client:
    client.force_login(staff.district)
    return client


@pytest.mark.parametrize("address", [UNIT, OVERVIEW, UNIT + "?stage=official&sap-xep=cham"])
def test_unchanged_page_is_answered_304(reader: Client, address: str) -> None:
    """Without a body, in far fewer queries, and kept by nobody but the reader's own browser."""
    version = version_of(reader, address)
    with CaptureQueriesContext(connection) as whole:
        page = reader.get(address)
    with CaptureQueriesContext(connection) as short:
        again = asked(reader, address, version)

    assert (page.status_code, again.status_code, again.content) == (200, 304, b"")
    assert len(short) <= MOST_QUERIES
    assert len(short) < len(whole) * 0.6
    for answer in (page, again):
        assert set(answer["Cache-Control"].split(", ")) == {"private", "no-cache"}
        assert "Cookie" in answer["Vary"]


def test_first_page_of_a_browser_has_no_version(reader: Client) -> None:
    """It carries a new token of the forms; a page kept from before would carry none that counts."""
    assert not reader.get(UNIT).has_header("ETag")
    assert reader.get(UNIT).has_header("ETag")


@pytest.mark.parametrize("address", [UNIT, OVERVIEW])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_gives_the_page_anew(
    reader: Client,
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    change: Act,
    address: str,
) -> None:
    version = version_of(reader, address)
    assert asked(reader, address, version).status_code == 304

    change(places, catalogue, staff)

    assert asked(reader, address, version).status_code == 200


def test_own_figures_page_changes_with_the_name_of_who_typed(
    client: Client, places: Places, staff: Staff
) -> None:
    client.force_login(staff.district)
    address = "/so-lieu/90102/2024/"
    version = version_of(client, address)

    save(staff.officer, full_name="Tên khác")

    assert asked(client, address, version).status_code == 200
    assert "Tên khác" in client.get(address).content.decode()


def test_next_day_gives_the_page_anew(reader: Client) -> None:
    """“Còn 2 ngày” and the window of seven days are of the day."""
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False):
        version = version_of(reader, UNIT)
        assert asked(reader, UNIT, version).status_code == 304
    with time_machine.travel(datetime(2026, 11, 24, 8, tzinfo=UTC), tick=False):
        assert asked(reader, UNIT, version).status_code == 200


@pytest.mark.parametrize(
    "query", ["?stage=official", "?sap-xep=cham", "?tu=2026-11-01", "?bang=so-lieu"]
)
def test_each_address_has_a_version_of_its_own(reader: Client, query: str) -> None:
    assert asked(reader, UNIT + query, version_of(reader, UNIT)).status_code == 200


def test_page_of_one_reader_is_never_another_readers(
    client: Client, places: Places, staff: Staff
) -> None:
    """Not on the same machine either, nor for the same person after signing in again."""
    client.force_login(staff.district)
    version = version_of(client, UNIT)
    other = Client()
    other.force_login(builders.official("dong.nghiep", places.district, Role.REVIEWER))
    other.get(UNIT)
    assert asked(other, UNIT, version).status_code == 200

    client.logout()
    assert asked(client, UNIT, version).status_code == 302
    client.force_login(staff.district)
    client.get(UNIT)
    assert asked(client, UNIT, version).status_code == 200
    client.force_login(builders.official("xa.khac", places.second))
    assert asked(client, UNIT, version).status_code == 404


def test_post_that_has_ended_ends_the_version(reader: Client, staff: Staff) -> None:
    version = version_of(reader, UNIT)

    Post.objects.filter(official=staff.district).update(valid_to=date(2020, 1, 1))

    assert asked(reader, UNIT, version).status_code == 404


def test_message_is_shown_once_and_not_kept(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page with “Đã lưu” on it has no version: it must not come back later."""
    version = version_of(reader, UNIT)
    holder = HttpResponse()
    storage = CookieStorage(HttpRequest())
    storage._store([Message(constants.SUCCESS, "Đã lưu thử")], holder)
    reader.cookies["messages"] = holder.cookies["messages"].value

    told_once = asked(reader, UNIT, version)

    assert told_once.status_code == 200
    assert "Đã lưu thử" in told_once.content.decode()
    assert not told_once.has_header("ETag")


def test_release_gives_every_page_anew(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    version = version_of(reader, UNIT)
    monkeypatch.setattr(versions, "_release", lambda: "another")

    assert asked(reader, UNIT, version).status_code == 200


def test_version_costs_the_same_for_three_units_and_nineteen(
    reader: Client, places: Places, catalogue: Catalogue
) -> None:
    costs = []
    for more in (0, 16):
        for n in range(more):
            unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
            told(unit, {catalogue.poor: "1", catalogue.households: "2"})
        drain()
        version = version_of(reader, UNIT)
        with CaptureQueriesContext(connection) as short:
            assert asked(reader, UNIT, version).status_code == 304
        costs.append(len(short))

    assert costs[0] == costs[1]


def test_signing_out_empties_what_the_browser_kept(reader: Client) -> None:
    """Office computers are shared: “back” must not show the last person's pages."""
    answer = reader.post("/dang-xuat/")

    assert answer["Clear-Site-Data"] == '"cache"'
