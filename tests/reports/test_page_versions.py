"""Trackers, lists, pictures, sources, groups, closings, plans, questions: unchanged is 304.

And nothing that one of them shows changes without its version. Source: issue 6, point 9.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

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
from communes.models import Boundary, GroupMember, Official, Post, UnitGroup
from indicators.models import RuleTerm, SeriesBreak, ValidationRule
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan, Responsibility
from reports.enums import NoticeKind
from reports.freezing import close_period
from reports.models import Annex, Evidence, Notice, Register, RegisterBook, SavedView, SnapshotUnit
from reports.noticing.reminding import remind
from reports.workflow import accept, comment, endorse, request_change, return_report, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, told
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

TRACKER, CLEAN, RESENT = (f"/tien-do/90/2024/{part}" for part in ("", "duyet/", "da-sua/"))
PICTURES, SOURCE, GROUP = "/hinh/90/2024/", "/so-lieu/90/2024/nguon/poor/", "/so-lieu/nhom/ba/2024/"
CLOSING, PLAN = "/so-chot/90/2024/1/", "/ke-hoach/kh/?nam=2024"
QUESTION = "/tra-cuu/?don-vi=90&pham-vi=xa&chi-tieu=poor&ky=2024"

RETURNS = {TRACKER, CLEAN, RESENT}
FIGURES = {PICTURES, SOURCE, CLOSING, PLAN, QUESTION}
PAGES = {*RETURNS, *FIGURES, GROUP}


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    """The first commune's return has been sent back and has come again; the rest of the year is
    as on the dashboards, with a group of all communes and a closing."""
    people = a_season(places, catalogue)
    report = places.first.reports.get()
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=people.district)
    return_report(report=report, by=people.district)
    submit(unit=places.first, period=Y2024, by=people.officer)
    group = UnitGroup.objects.create(code="ba", name="Ba xã", expected_size=3)
    for unit in places.communes:
        GroupMember.objects.create(group=group, unit=unit, source="document")
    drain()
    close_period(unit=places.province, period=Y2024, by=people.province, sure=True)
    return people


@pytest.fixture
def reader(client: Client, staff: Staff) -> Client:
    client.force_login(staff.province)
    return client


@pytest.mark.parametrize("address", sorted(PAGES))
def test_unchanged_page_is_answered_304(reader: Client, staff: Staff, address: str) -> None:
    """Without a body, in few queries, and kept by nobody but the reader's own browser."""
    if address in RETURNS:  # where the work is
        reader.force_login(staff.district)
        address = address.replace("/90/", "/901/")
    version = version_of(reader, address)
    with CaptureQueriesContext(connection) as whole:
        page = reader.get(address)
    with CaptureQueriesContext(connection) as short:
        again = asked(reader, address, version)

    assert (page.status_code, again.status_code, again.content) == (200, 304, b"")
    assert len(short) <= 6 <= MOST_QUERIES
    assert len(short) < len(whole)
    for answer in (page, again):
        assert set(answer["Cache-Control"].split(", ")) == {"private", "no-cache"}
        assert "Cookie" in answer["Vary"]


def talked(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    return comment(report=report, indicator=catalogue.poor, body="Rõ rồi", by=staff.district)


def marked(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """Noted, not sent yet: the return is no longer one without flags."""
    report = places.first.reports.get()
    return request_change(
        report=report, indicator=catalogue.poor, body="Còn sai", by=staff.district
    )


def accepted(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    return accept(report=report, indicator=catalogue.poor, by=staff.district)


def reminded(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    builders.official("xa.hai", places.second)
    return remind(unit=places.second, period=Y2024, by=staff.district)


def endorsed(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    return endorse(report=places.first.reports.get(), by=staff.district)


def officer_left(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """Nobody is left to be asked."""
    return Post.objects.filter(official=staff.officer).update(valid_to=date(2020, 1, 1))


def ruled(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    rule = ValidationRule.objects.create(
        code="it-hon", name="Ít hơn", severity="warning", comparator="<=", constant=Decimal(5)
    )
    return RuleTerm.objects.create(rule=rule, indicator=catalogue.poor, coefficient=Decimal(1))


def proven(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    return Evidence.objects.create(
        report=places.first.reports.get(),
        indicator=catalogue.poor,
        decision="QĐ 12",
        by=staff.officer,
    )


def opened_book(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    register = Register.objects.create(code="so", name="Sổ", fields=[])
    return RegisterBook.objects.create(
        register=register, unit=places.first, counts_from=date(2024, 1, 1)
    )


def broken_series(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    made = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    return catalogue.poor.series_breaks.add(made)


def drawn(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    ring = [[[[0, 0], [0, 1], [1, 1], [0, 0]]]]
    return Boundary.objects.create(unit=places.district, rings=ring, middle=[0, 0])


def tampered(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """Past the program: the page says that the closing is no longer whole."""
    return SnapshotUnit.objects.filter(unit=places.first).update(figures={})


MORE: dict[str, tuple[Act, set[str]]] = {
    "a figure was talked of": (talked, RETURNS | {PICTURES, SOURCE, CLOSING}),
    "a figure was marked": (marked, RETURNS),
    "a figure was accepted": (accepted, {CLEAN}),
    "a return was endorsed": (endorsed, RETURNS),
    "a unit was asked": (reminded, {TRACKER}),
    "an officer left": (officer_left, RETURNS),
    "an account was closed": (
        lambda p, c, s: Official.objects.filter(pk=s.officer.pk).update(is_active=False),
        {TRACKER},
    ),
    "a reviewer came": (
        lambda p, c, s: builders.official("moi", p.district, Role.REVIEWER),
        RETURNS,
    ),
    "a rule was made": (ruled, {CLEAN, PICTURES, PLAN}),
    "a document was laid beside": (proven, {CLEAN}),
    "a book was opened": (opened_book, {TRACKER, CLEAN}),
    "an annex asks": (
        lambda p, c, s: Annex.objects.create(code="b1", title="Biểu", definition={"rows": []}),
        {TRACKER, CLEAN},
    ),
    "a series broke": (broken_series, {CLEAN, *FIGURES}),
    "a boundary was drawn": (drawn, {PICTURES}),
    "the group was renamed": (
        lambda p, c, s: UnitGroup.objects.update(name="Ba xã nghèo"),
        {GROUP, QUESTION, PLAN},
    ),
    "a member was cited": (
        lambda p, c, s: GroupMember.objects.filter(unit=p.first).update(citation="QĐ 1"),
        {GROUP},
    ),
    "an agency was named": (
        lambda p, c, s: Responsibility.objects.create(
            plan=Plan.objects.get(), agency="Sở A", agency_code="so-a", role="lead"
        ),
        {PLAN},
    ),
    "a closing was tampered with": (tampered, {CLOSING}),
    "who closed was renamed": (
        lambda p, c, s: Official.objects.filter(pk=s.province.pk).update(full_name="Khác"),
        {CLOSING},
    ),
    "the reader was made a superuser": (
        lambda p, c, s: Official.objects.filter(pk=s.province.pk).update(is_superuser=True),
        PAGES,
    ),
    "the reader's own unit was renamed past its model": (
        lambda p, c, s: type(p.province).objects.filter(pk=p.province.pk).update(name="Tỉnh Mới"),
        PAGES,
    ),
}

TOUCHED: dict[str, set[str]] = {
    "a figure came": PAGES - {RESENT},
    "and was added up": PAGES - {RESENT},
    "figures moved below": PAGES - {RESENT},
    "a draft was begun": {TRACKER, CLEAN, SOURCE},
    "a return went back": PAGES,
    "a return was approved": PAGES,
    "a return was opened again": PAGES,
    "a sum failed": PAGES - {RESENT},
    "sums were thrown away": PAGES - {RESENT},
    "the last day was moved": PAGES,
    "one commune got longer": RETURNS | {PICTURES, GROUP},
    "a unit was renamed": PAGES,
    "an indicator was renamed": PAGES,
    "a plan was numbered": {TRACKER, PICTURES, CLOSING, PLAN, QUESTION},
    "a promise was edited": {TRACKER, PICTURES, CLOSING, PLAN, QUESTION},
    "a promise was added": {TRACKER, PICTURES, CLOSING, PLAN, QUESTION},
    "a promise was amended": {PICTURES, CLOSING, PLAN, QUESTION},
    "a milestone was edited": {PICTURES, CLOSING, PLAN, QUESTION},
    "a milestone means another thing": {PICTURES, CLOSING, PLAN, QUESTION},
    "a milestone is of another year": {PICTURES, CLOSING, PLAN, QUESTION},
    "a verdict turned": {CLOSING},
    # of the district's reviewer, who is not the reader here
    "the reader was told something": set(),
    "the reader got a post": {TRACKER},
    "the reader was renamed": {TRACKER},
}
ALL = {name: (act, TOUCHED[name]) for name, act in CHANGES.items()} | MORE


@pytest.mark.parametrize("change", ALL)
def test_whatever_changes_gives_the_pages_anew(
    reader: Client, places: Places, catalogue: Catalogue, staff: Staff, change: str
) -> None:
    act, touched = ALL[change]
    versions = {address: version_of(reader, address) for address in touched}
    assert {asked(reader, *one).status_code for one in versions.items()} <= {304}

    act(places, catalogue, staff)

    stale = {one for one in versions.items() if asked(reader, *one).status_code == 304}
    assert stale == set()


@pytest.mark.parametrize("address", sorted(PAGES))
def test_each_reader_day_and_language_has_pages_of_its_own(
    reader: Client, places: Places, staff: Staff, address: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False):
        reader.force_login(staff.province)
        version = version_of(reader, address)
        assert asked(reader, address, version).status_code == 304

        reader.cookies["django_language"] = "en"
        assert asked(reader, address, version).status_code == 200
        del reader.cookies["django_language"]
        assert asked(reader, address, version).status_code == 304
        mark = "&" if "?" in address else "?"
        assert asked(reader, f"{address}{mark}loc=qua-han", version).status_code in (200, 302)
        other = Client()
        other.force_login(builders.official("so.khac", places.province, Role.REVIEWER))
        other.get(address)
        assert asked(other, address, version).status_code == 200
        stranger = Client()
        stranger.force_login(builders.official("xa.khac", places.second))
        stranger.get(address)
        assert asked(stranger, address, version).status_code == (200 if address == PLAN else 404)
    with time_machine.travel(datetime(2026, 11, 24, 8, tzinfo=UTC), tick=False):
        assert asked(reader, address, version).status_code == 200


@pytest.mark.parametrize("address", sorted(PAGES))
def test_message_is_shown_once_and_a_post_that_ended_ends_the_version(
    reader: Client, staff: Staff, address: str
) -> None:
    version = version_of(reader, address)
    holder = HttpResponse()
    storage = CookieStorage(HttpRequest())
    storage._store([Message(constants.SUCCESS, "Đã lưu thử")], holder)
    reader.cookies["messages"] = holder.cookies["messages"].value

    told_once = asked(reader, address, version)

    assert told_once.status_code == 200
    assert "Đã lưu thử" in told_once.content.decode()
    assert not told_once.has_header("ETag")
    assert asked(reader, address, version).status_code == 304

    Post.objects.filter(official=staff.province).update(valid_to=date(2020, 1, 1))
    assert asked(reader, address, version).status_code == (200 if address == PLAN else 404)


def test_bell_and_menu_of_the_reader_are_part_of_every_page(
    reader: Client, places: Places, staff: Staff
) -> None:
    """What is told to the reader, and the period to which the menu leads."""
    versions = {address: version_of(reader, address) for address in PAGES}
    Notice.objects.create(official=staff.province, kind=NoticeKind.OPENED, key="mo-ky")
    assert {asked(reader, *one).status_code for one in versions.items()} == {200}

    versions = {address: version_of(reader, address) for address in PAGES}
    builders.deadline(places.province, Period(2023))
    assert {asked(reader, *one).status_code for one in versions.items()} == {200}


def test_endorsing_is_never_answered_from_a_version(
    reader: Client, places: Places, staff: Staff
) -> None:
    """A browser that sends the version along gets its work done, not 412."""
    reader.force_login(staff.district)
    address = "/tien-do/901/2024/duyet/"
    version = version_of(reader, address)

    answer = reader.post(address, {"one": []}, headers={"if-none-match": version})

    assert answer.status_code == 422
    assert not answer.has_header("ETag")


def test_any_version_will_do_is_asked_of_the_judge_first(
    reader: Client, places: Places, staff: Staff
) -> None:
    """If-None-Match: * would be answered for whatever is there, whoever asks."""
    for address, status in ((TRACKER, 404), ("/so-lieu/999/2024/", 404)):
        reader.force_login(staff.officer)
        assert asked(reader, address, "*").status_code == status
    reader.force_login(staff.province)
    assert asked(reader, TRACKER, "*").status_code == 200


def test_new_scripts_and_styles_make_every_page_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names are on each page, and the former files go with the former release."""
    manifest = tmp_path / "staticfiles.json"
    monkeypatch.setattr(versions, "_MADE_OF", (manifest,))
    found = set()
    for names in ("", "app.1.css", "app.2.css"):
        if names:
            manifest.write_text(names)
        versions._release.cache_clear()
        found.add(versions._release())
    versions._release.cache_clear()

    assert len(found) == 3


def test_kept_table_of_the_address_is_part_of_the_page(reader: Client, staff: Staff) -> None:
    kept = SavedView.objects.create(owner=staff.province, name="Bảng A", address="don-vi=90")
    address = f"{QUESTION}&bang={kept.pk}"
    version = version_of(reader, address)
    assert asked(reader, address, version).status_code == 304

    save(kept, name="Bảng B")

    assert asked(reader, address, version).status_code == 200


def test_address_that_leads_on_has_no_version(reader: Client) -> None:
    reader.get("/tra-cuu/?don-vi=90&q=")
    answer = reader.get("/tra-cuu/?don-vi=90&q=")

    assert answer.status_code == 302
    assert not answer.has_header("ETag")


def test_version_costs_the_same_for_three_units_and_nineteen(
    reader: Client, places: Places, catalogue: Catalogue
) -> None:
    costs = []
    for more in (0, 16):
        for n in range(more):
            unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", places.district)
            told(unit, {catalogue.poor: "1", catalogue.households: "2"})
        drain()
        found = []
        for address in sorted(PAGES):
            version = version_of(reader, address)
            with CaptureQueriesContext(connection) as short:
                assert asked(reader, address, version).status_code == 304
            found.append(len(short))
        costs.append(found)

    assert costs[0] == costs[1]
