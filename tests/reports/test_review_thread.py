"""What was said of one figure: its page and the desk's panel tell the same.

Source: issue 6, point 3.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.models import Official
from reports.models import Report
from reports.workflow import request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled

pytestmark = pytest.mark.django_db

DESK = "/duyet/90102/2024/"
ASKED, ANSWER = "Đối chiếu từng thôn", "Thôn Hai ghi thiếu một hộ"


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    """A return that was sent and has come back for one figure."""
    people = builders.staff(places)
    drafted(places, catalogue, people)
    report = submit(unit=places.first, period=Y2024, by=people.officer)
    request_change(report=report, indicator=catalogue.relapsed, body=ASKED, by=people.district)
    return_report(report=Report.objects.get(), by=people.district)
    return people


def drafted(
    places: Places, catalogue: Catalogue, staff: Staff, note: str = "", **changed: str
) -> None:
    told = [
        replace(row, note=note if row.indicator == catalogue.relapsed else row.note)
        for row in filled(places.first, catalogue, **changed)
    ]
    save_draft(unit=places.first, period=Y2024, entries=told, by=staff.officer)


def said(client: Client, person: Official, address: str) -> str:
    """The list of what was said, as it stands on a page."""
    client.force_login(person)
    page = client.get(DESK + address).content.decode()
    told = re.sub(r"\s+", " ", page.split('<ol class="th"')[1].split("</ol>")[0])
    return re.sub(r" ?([<>]) ?", r"\1", told)


def thread(client: Client, person: Official) -> str:
    return said(client, person, "trao-doi/relapsed/")


def panel(client: Client, person: Official) -> str:
    return said(client, person, "?o=relapsed")


def test_answer_and_change_stand_beside_the_question(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    drafted(places, catalogue, staff, ANSWER, relapsed="2", poor="14")
    submit(unit=places.first, period=Y2024, by=staff.officer)

    for person in (staff.district, staff.officer):
        found = thread(client, person)
        assert ASKED in found
        assert ANSWER in found
        assert "1 → 2" in found
        assert "13 → 14" not in found  # of another figure
    assert thread(client, staff.district) == panel(client, staff.district)


def test_answer_that_is_not_sent_yet_is_the_units_own(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    drafted(places, catalogue, staff, ANSWER, relapsed="2", poor="14")

    assert ANSWER in thread(client, staff.officer)
    for found in (thread(client, staff.district), panel(client, staff.district)):
        assert ASKED in found
        assert ANSWER not in found
        assert "1 → 2" not in found


def test_answer_without_another_figure_waits_for_the_sending_too(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    drafted(places, catalogue, staff, ANSWER)

    for found in (thread(client, staff.district), panel(client, staff.district)):
        assert ANSWER not in found


def test_page_costs_the_same_for_one_change_and_many(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    costs = []
    for changes in (1, 3):
        for number in range(changes):
            drafted(places, catalogue, staff, ANSWER, relapsed=str(number + 2))
        thread(client, staff.officer)
        with CaptureQueriesContext(connection) as found:
            thread(client, staff.officer)
        costs.append(len(found))

    assert costs[0] == costs[1] <= 30
