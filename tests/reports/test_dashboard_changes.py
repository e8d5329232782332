"""What changed at a unit since a day: only what counts, never a draft. Source: issue 6, point 4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.figures import figures
from indicators.rollups import drain
from plans.models import Target, VerdictChange
from reports.dashboards.changes import Changes, changes, window
from reports.models import Report
from reports.workflow import endorse, reopen, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, entries, filled, official, told
from tests.plans.promises import a_plan, a_target

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 1, 20, 3, tzinfo=UTC)
PROVISIONAL, OFFICIAL = Stage.PROVISIONAL, Stage.OFFICIAL


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def days_ago(days: int) -> time_machine.travel:
    return time_machine.travel(NOW - timedelta(days=days), tick=False)


@pytest.fixture
def staff(places: Places) -> Staff:
    builders.deadline(places.province)
    return builders.staff(places)


def seen(unit: Unit, catalogue: Catalogue, stage: str = PROVISIONAL, asked: str = "") -> Changes:
    drain()
    rows = [catalogue.households, catalogue.poor, catalogue.rate]
    found = figures([unit], rows, [Y2024], stage)
    return changes(
        unit,
        Y2024,
        stage,
        asked=asked,
        whole={key[1]: figure for key, figure in found.items()},
        indicators=rows,
        targets=Target.objects.to_assess(),
    )


def moves(found: Changes) -> dict[str, tuple[str, str, str]]:
    return {row.indicator.code: (row.was, row.now, row.difference) for row in found.moved}


def test_sum_moves_from_what_counted_then_to_what_counts_now(
    places: Places, catalogue: Catalogue
) -> None:
    """90 a month ago; this week one commune corrected 90 to 85 and another came with 10."""
    with days_ago(30):
        told(places.second, {catalogue.poor: "90", catalogue.households: "100"})
    with days_ago(2):
        told(places.second, {catalogue.poor: "85"})
        told(places.first, {catalogue.poor: "10"})

    found = seen(places.district, catalogue)

    assert moves(found) == {"poor": ("90", "95", "+5")}
    row = found.moved[0]
    assert (row.came, row.corrected, row.gone) == (1, 1, 0)
    assert [(unit.name, unit.was, unit.now) for unit in row.units] == [
        ("Xã Một", "–", "10"),
        ("Xã Hai", "90", "85"),
    ]


def test_first_figures_ever_have_no_sum_before(places: Places, catalogue: Catalogue) -> None:
    """Missing is not zero."""
    with days_ago(1):
        told(places.first, {catalogue.poor: "10"})

    assert moves(seen(places.district, catalogue)) == {"poor": ("–", "10", "+10")}


def test_what_moved_and_came_back_is_no_change(places: Places, catalogue: Catalogue) -> None:
    with days_ago(30):
        told(places.first, {catalogue.poor: "10"})
    with days_ago(3):
        told(places.first, {catalogue.poor: "11"})
    with days_ago(2):
        told(places.first, {catalogue.poor: "10"})

    assert seen(places.district, catalogue).is_empty


def test_draft_is_not_shown_before_it_is_sent(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    with days_ago(2):
        draft = filled(places.first, catalogue, poor="777", households="999")
        save_draft(unit=places.first, period=Y2024, entries=draft, by=staff.officer)

    assert seen(places.district, catalogue).is_empty


def test_correction_in_progress_is_not_shown(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """The figure sent back is gone from the sum; the 14 being typed in its place is nobody's."""
    unit = places.first
    with days_ago(30):
        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
        report = submit(unit=unit, period=Y2024, by=staff.officer)
    with days_ago(3):
        request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
        return_report(report=report, by=staff.district)
        save_draft(
            unit=unit, period=Y2024, entries=entries(unit, {catalogue.poor: "14"}), by=staff.officer
        )

    found = seen(places.district, catalogue)

    assert moves(found) == {"poor": ("13", "–", "−13")}  # what is sent back counts no more
    assert "14" not in str(found.moved)
    assert [(row.step, row.number) for row in found.steps] == [("return", 1)]


def test_official_sums_move_when_the_top_tier_approves(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    unit = places.first
    with days_ago(30):
        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
        report = submit(unit=unit, period=Y2024, by=staff.officer)
    with days_ago(2):
        report = endorse(report=report, by=staff.district)
        endorse(report=report, by=staff.province)

    assert seen(places.district, catalogue).moved == ()
    assert moves(seen(places.district, catalogue, OFFICIAL))["poor"] == ("–", "13", "+13")


def test_steps_are_told_with_unit_post_and_moment(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    unit = places.first
    with days_ago(2):
        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=staff.officer)
        report = submit(unit=unit, period=Y2024, by=staff.officer)
    with days_ago(1):
        endorse(report=report, by=staff.district)

    found = seen(places.district, catalogue)

    assert [(row.step, row.number) for row in found.steps] == [("submit", 1), ("endorse", 1)]
    assert [row.unit.name for row in found.events] == ["Xã Một", "Xã Một"]
    assert found.events[0].at == NOW - timedelta(days=1)
    assert seen(places.second, catalogue).is_empty  # nothing of a neighbour


def test_verdict_that_turned_is_told_from_first_to_last(
    places: Places, catalogue: Catalogue
) -> None:
    target = a_target(a_plan(places.district), catalogue.poor, "level", "30")
    other = a_target(target.plan, catalogue.rate, "level", "3", unit_of_measure="%")

    def turned(row: Target, days: int, was: str, now: str, stage: str = PROVISIONAL) -> None:
        VerdictChange.objects.create(
            target=row,
            year=2024,
            stage=stage,
            was=was,
            verdict=now,
            at=timezone.now() - timedelta(days=days),
        )

    turned(target, 40, "", "met")
    turned(target, 5, "met", "at_risk")
    turned(target, 1, "at_risk", "off_track")
    turned(target, 1, "off_track", "met", OFFICIAL)
    turned(other, 4, "met", "at_risk")
    turned(other, 3, "at_risk", "met")  # there and back

    found = seen(places.district, catalogue).turned

    assert [(row.target, row.was.key, row.now.key, row.is_worse) for row in found] == [
        (target, "dat", "cham", True)
    ]
    assert not seen(places.district, catalogue, OFFICIAL).turned[0].is_worse


def test_first_verdict_ever_is_no_turn(places: Places, catalogue: Catalogue) -> None:
    target = a_target(a_plan(places.district), catalogue.poor, "level", "30")
    VerdictChange.objects.create(
        target=target, year=2024, stage=PROVISIONAL, was="", verdict="off_track"
    )

    assert seen(places.district, catalogue).turned == ()


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("", date(2025, 1, 13)),
        ("2025-01-05", date(2025, 1, 5)),
        ("2025-01-21", date(2025, 1, 13)),  # not yet
        ("1999-01-01", date(2025, 1, 13)),
        ("hôm qua", date(2025, 1, 13)),
    ],
)
def test_window_is_a_week_unless_a_past_day_is_named(asked: str, day: date) -> None:
    assert window(asked)[0] == day


def test_longer_window_sees_what_is_older(places: Places, catalogue: Catalogue) -> None:
    with days_ago(10):
        told(places.first, {catalogue.poor: "10"})

    assert seen(places.district, catalogue).is_empty
    assert moves(seen(places.district, catalogue, asked="2025-01-05")) == {
        "poor": ("–", "10", "+10")
    }


def test_page_tells_the_change_and_keeps_the_day_in_its_address(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    with days_ago(10):
        told(places.first, {catalogue.poor: "10"})
    drain()
    client.force_login(official("lanh.dao", places.district, Role.LEADER))

    page = client.get("/so-lieu/901/2024/?tu=2025-01-05").content.decode()

    assert "Thay đổi trong 15 ngày" in page
    assert "1 đơn vị mới có số" in re.sub(r"\s+", " ", page)
    assert 'href="?tu=2025-01-05&amp;stage=official"' in page
    assert "không có báo cáo, số chính hay kết luận nào thay đổi" in re.sub(
        r"\s+", " ", client.get("/so-lieu/901/2024/").content.decode()
    )


def test_changes_cost_the_same_for_one_commune_and_many(
    places: Places, catalogue: Catalogue
) -> None:
    costs = []
    for more in (1, 18):
        for n in range(more):
            unit = builders.unit(f"9{more:02}{n:02}", f"Xã {n}", "commune", places.district)
            told(unit, {catalogue.poor: "1", catalogue.households: "2"})
        seen(places.district, catalogue)
        with CaptureQueriesContext(connection) as asked:
            seen(places.district, catalogue)
        costs.append(len(asked))

    assert costs[0] == costs[1]


def test_official_page_marks_who_is_under_correction_at_the_same_cost(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    """Their figures of the approval before are counted, and the page says so."""
    staff = builders.staff(places)
    client.force_login(staff.district)
    marked, costs = [], []

    def look(stage: str = "official") -> None:
        drain()
        for _again in range(2):
            with CaptureQueriesContext(connection) as asked:
                page = client.get(f"/so-lieu/901/2024/?stage={stage}").content.decode()
        costs.append(len(asked))
        found = re.findall(r"Trong đó (\d) đơn vị đang mở lại để sửa", " ".join(page.split()))
        marked.append("".join(found))

    def approve(unit: Unit, by: Official) -> None:
        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=by)
        submit(unit=unit, period=Y2024, by=by)
        for reviewer in (staff.district, staff.province):
            endorse(report=Report.objects.get(unit=unit), by=reviewer)

    officers = {unit: official(f"nhap.{unit.code}", unit) for unit in places.communes}
    for unit, officer in officers.items():
        approve(unit, officer)
    look()
    for unit in (places.first, places.second):
        reopen(report=Report.objects.get(unit=unit), by=staff.province, reason="Sai sổ")
        look()
    look("provisional")
    submit(unit=places.first, period=Y2024, by=officers[places.first])
    look()
    approve(places.second, officers[places.second])
    look()

    assert marked == ["", "1", "2", "", "2", "1"]
    assert costs[1] == costs[2]
