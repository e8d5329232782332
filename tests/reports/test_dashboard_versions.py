"""An unchanged page is answered 304, and whatever changes on it changes its version.

Source: issue 6, point 9; perf.md §3 (version read + empty 304).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Post
from indicators.models import Recompute, Rollup
from indicators.rollups import drain
from plans.models import Amendment, Milestone, Plan, Target, VerdictChange
from reports import versions
from reports.enums import NoticeKind
from reports.models import Deadline, Notice
from reports.workflow import endorse, reopen, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, told
from tests.plans.promises import a_plan, a_target, milestone

pytestmark = pytest.mark.django_db

UNIT, OVERVIEW = "/so-lieu/901/2024/", "/tong-quan/901/2024/"
MOST_QUERIES = 36
"""For a 304; the page itself takes twice as many, and the time of its words and tables."""


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    """A district with a promise, one commune that has sent, and its calendar."""
    people = builders.staff(places)
    builders.deadline(places.province)
    plan = a_plan(places.district)
    a_target(plan, catalogue.poor, "level", "30", code="ho-ngheo")
    milestone(plan, places.first, catalogue.poor, 2024, "12")
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=people.officer)
    submit(unit=unit, period=Y2024, by=people.officer)
    told(places.second, {catalogue.poor: "9", catalogue.households: "90"})
    drain()
    return people


@pytest.fixture
def reader(client: Client, staff: Staff) -> Client:
    client.force_login(staff.district)
    return client


def asked(client: Client, address: str, version: str) -> HttpResponse:
    return client.get(address, headers={"if-none-match": version})  # type: ignore[return-value]


def version_of(client: Client, address: str) -> str:
    """The version once the browser has the token of its forms: the first answer gives it."""
    client.get(address)
    return client.get(address)["ETag"]


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


Act = Callable[[Places, Catalogue, Staff], object]


def entered(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    return told(places.town, {catalogue.poor: "4", catalogue.households: "40"})


def drained(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    entered(places, catalogue, staff)
    return drain()


def moved_between_communes(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """One household fewer here, one more there: the district's own sum stays as it was."""
    told(places.first, {catalogue.poor: "12", catalogue.households: "99"})
    told(places.second, {catalogue.poor: "10", catalogue.households: "91"})
    return drain()


def drafted(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """“Đang nhập 1/5”: the draft's figures are not shown, that there are any is."""
    officer = builders.official("thi.tran", places.town)
    entries = builders.entries(places.town, {catalogue.poor: "4"})
    return save_draft(unit=places.town, period=Y2024, entries=entries, by=officer)


def sent_back(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
    return return_report(report=report, by=staff.district)


def approved(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    endorse(report=report, by=staff.district)
    return endorse(report=places.first.reports.get(), by=staff.province)


def reopened(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    approved(places, catalogue, staff)
    return reopen(report=places.first.reports.get(), reason="Sai số", by=staff.province)


CHANGES: dict[str, Act] = {
    "a figure came": entered,
    "and was added up": drained,
    "figures moved below": moved_between_communes,
    "a draft was begun": drafted,
    "a return went back": sent_back,
    "a return was approved": approved,
    "a return was opened again": reopened,
    "a sum failed": lambda p, c, s: Recompute.objects.create(
        unit=p.first, period="2024", problem="Có số quá lớn"
    ),
    "sums were thrown away": lambda p, c, s: Rollup.objects.filter(unit=p.second).delete(),
    "the last day was moved": lambda p, c, s: save(
        Deadline.objects.get(), due_on=date(2024, 12, 20)
    ),
    "one commune got longer": lambda p, c, s: builders.deadline(p.first),
    "a unit was renamed": lambda p, c, s: save(p.second, name="Xã Khác"),
    "an indicator was renamed": lambda p, c, s: save(c.poor, name="Hộ nghèo còn lại"),
    "a plan was numbered": lambda p, c, s: save(Plan.objects.get(), number="9/KH"),
    "a promise was edited": lambda p, c, s: save(Target.objects.get(), value=Decimal(20)),
    "a promise was added": lambda p, c, s: a_target(
        Plan.objects.get(), c.rate, "level", "5", unit_of_measure="%"
    ),
    "a promise was amended": lambda p, c, s: Amendment.objects.create(
        target=Target.objects.get(),
        value=Decimal(25),
        comparator="=",
        year_to=2025,
        in_force_from=date(2024, 1, 1),
        decision_number="12/QĐ",
        decided_on=date(2024, 1, 1),
    ),
    "a milestone was edited": lambda p, c, s: save(Milestone.objects.get(), value=Decimal(13)),
    "a verdict turned": lambda p, c, s: VerdictChange.objects.create(
        target=Target.objects.get(), year=2024, stage="provisional", verdict="off_track", was="met"
    ),
    "the reader was told something": lambda p, c, s: Notice.objects.create(
        official=s.district, kind=NoticeKind.OPENED, key="mo-ky"
    ),
    "the reader got a post": lambda p, c, s: Post.objects.create(
        official=s.district, unit=p.second, role=Role.OFFICER
    ),
    "the reader was renamed": lambda p, c, s: save(s.district, full_name="Tên khác"),
}


def save(row: object, **values: object) -> object:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()  # type: ignore[attr-defined]
    return row


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
