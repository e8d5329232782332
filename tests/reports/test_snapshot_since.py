"""On a closing, what was approved since is not told as a correction. Source: design, Meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from communes.models import Official, Unit
from indicators import rollups
from reports.freezing import close_period
from reports.frozen import Difference
from reports.models import Report, Snapshot
from reports.snapshots.pages import SnapshotPage, compared, snapshot_page
from reports.workflow import endorse, reopen, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled

pytestmark = pytest.mark.django_db


@dataclass
class Season:
    """The first commune was approved when the year was closed; the second had told nothing."""

    places: Places
    catalogue: Catalogue
    staff: Staff
    second: Official

    def approve(self, unit: Unit, officer: Official, **changed: str | None) -> None:
        told = filled(unit, self.catalogue, **changed)
        save_draft(unit=unit, period=Y2024, entries=told, by=officer)
        submit(unit=unit, period=Y2024, by=officer)
        for by in (self.staff.district, self.staff.province):
            endorse(report=Report.objects.get(unit=unit), by=by)

    def reopened(self, unit: Unit) -> None:
        reopen(report=Report.objects.get(unit=unit), by=self.staff.province, reason="Sai sổ")

    def correct_first(self) -> None:
        self.reopened(self.places.first)
        self.approve(self.places.first, self.staff.officer, poor="11", escaped="10")

    def approve_second(self) -> None:
        self.approve(self.places.second, self.second)

    def page(self, by: Official | None = None, unit: Unit | None = None) -> SnapshotPage:
        rollups.drain()
        whole = unit or self.places.province
        return snapshot_page(Snapshot.objects.get(), whole, by or self.staff.province)

    def parts(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """(unit, indicator) of what was corrected, and of what was approved since."""
        rollups.drain()
        whole = compared(Snapshot.objects.get(), self.places.province, self.staff.province)
        return _named(whole.since.corrected), _named(whole.since.approved)


def _named(rows: Iterable[Difference]) -> set[tuple[str, str]]:
    return {(row.unit.code, row.indicator.code) for row in rows}


@pytest.fixture
def season(places: Places, catalogue: Catalogue) -> Season:
    builders.balance(catalogue)
    second = builders.official("can.bo.hai", places.second)
    made = Season(places, catalogue, builders.staff(places), second)
    made.approve(places.first, made.staff.officer)
    rollups.drain()
    close_period(unit=places.province, period=Y2024, by=made.staff.province, sure=True)
    return made


SUMS = {"90", "901"}


def test_unit_approved_since_is_no_correction(season: Season) -> None:
    season.approve_second()

    corrected, approved = season.parts()

    assert corrected == set()
    assert {unit for unit, _code in approved} == {"90103", *SUMS}
    page = season.page()
    assert page.conclusion == "Chưa số nào bị sửa sau khi chốt; 1 đơn vị được duyệt sau khi chốt"
    assert not page.corrected.own
    assert not page.corrected.sums
    [group] = page.approved.own
    assert group.unit == season.places.second


def test_corrected_figure_is_one_and_its_sums_with_it(season: Season) -> None:
    season.correct_first()

    corrected, approved = season.parts()

    assert approved == set()
    assert corrected == {
        (unit, code) for unit in ("90102", *SUMS) for code in ("escaped", "poor", "rate")
    }
    assert season.page().conclusion == "9 số đã sửa sau khi chốt"


def test_sum_with_both_is_a_correction_and_others_are_not(season: Season) -> None:
    """Households and reopened figures apart: only what was corrected in the first commune."""
    season.correct_first()
    season.approve_second()

    corrected, approved = season.parts()

    assert {row for row in corrected if row[0] in SUMS} == {
        (unit, code) for unit in SUMS for code in ("escaped", "poor", "rate")
    }
    assert {row for row in approved if row[0] in SUMS} == {
        (unit, code) for unit in SUMS for code in ("households", "opening", "relapsed")
    }
    assert {unit for unit, _code in corrected} - SUMS == {"90102"}
    assert {unit for unit, _code in approved} - SUMS == {"90103"}
    words = "9 số đã sửa sau khi chốt; 1 đơn vị được duyệt sau khi chốt"
    assert season.page().conclusion == words


def test_unit_approved_and_corrected_since_is_still_a_newcomer(season: Season) -> None:
    season.approve_second()
    season.reopened(season.places.second)
    season.approve(season.places.second, season.second, poor="11", escaped="10")

    corrected, approved = season.parts()

    assert corrected == set()
    assert ("90103", "poor") in approved


def test_figure_that_was_not_applicable_and_is_a_number_now_is_corrected(
    places: Places, catalogue: Catalogue
) -> None:
    made = Season(
        places, catalogue, builders.staff(places), builders.official("can.bo.hai", places.second)
    )
    made.approve(places.first, made.staff.officer, relapsed=None, poor="12")
    rollups.drain()
    close_period(unit=places.province, period=Y2024, by=made.staff.province, sure=True)
    made.reopened(places.first)
    made.approve(places.first, made.staff.officer)

    corrected, approved = made.parts()

    assert ("90102", "relapsed") in corrected
    # more units stand in the sum, because the first commune was corrected
    assert ("901", "relapsed") in corrected
    assert approved == set()


def test_return_that_was_opened_again_before_the_closing_is_corrected(
    places: Places, catalogue: Catalogue
) -> None:
    """Its official figures stood in the closing, and one that it left out comes with the next."""
    made = Season(
        places, catalogue, builders.staff(places), builders.official("can.bo.hai", places.second)
    )
    made.approve(places.first, made.staff.officer)
    made.reopened(places.first)
    rollups.drain()
    close_period(unit=places.province, period=Y2024, by=made.staff.province, sure=True)
    made.approve(places.first, made.staff.officer, poor="11", escaped="10")

    corrected, approved = made.parts()

    assert ("90102", "poor") in corrected
    assert approved == set()


def test_page_and_workbook_hold_them_apart(season: Season, client: Client) -> None:
    season.correct_first()
    season.approve_second()
    rollups.drain()
    client.force_login(season.staff.province)

    body = " ".join(client.get("/so-chot/90/2024/1/").content.decode().split())
    book = load_workbook(BytesIO(client.get("/so-chot/90/2024/1.xlsx").content))

    first, second = (
        body.index("Đã sửa sau khi chốt</h2>"),
        body.index("Được duyệt sau khi chốt</h2>"),
    )
    assert first < body.index("mở lại") < second < body.index("không phải là sửa số đã chốt")

    def units(sheet: str) -> set[str]:
        return {row[0] for row in book[sheet].iter_rows(min_row=5, values_only=True)}

    assert units("Đã sửa sau khi chốt") == {"90102", *SUMS}
    assert units("Được duyệt sau khi chốt") == {"90103", *SUMS}


def test_who_sees_sums_alone_is_told_that_they_have_grown(season: Season) -> None:
    season.approve_second()
    clerk = builders.official("thong.ke", season.places.district)

    page = season.page(clerk, season.places.district)

    assert page.conclusion.endswith("số cộng có thêm đơn vị được duyệt sau khi chốt")
    assert not page.approved.own


def test_parting_costs_the_same_for_one_unit_and_many(season: Season, client: Client) -> None:
    season.correct_first()
    season.approve_second()
    rollups.drain()
    client.force_login(season.staff.province)
    costs = []
    for more in (0, 6):
        for n in range(more):
            unit = builders.unit(f"9020{n}", f"Xã {n}", "commune", season.places.district)
            season.approve(unit, builders.official(f"xa.{n}", unit))
        rollups.drain()
        client.get("/so-chot/90/2024/1/")
        with CaptureQueriesContext(connection) as found:
            client.get("/so-chot/90/2024/1/")
        costs.append(len(found))

    assert costs[1] <= costs[0] <= 42
