"""A closed period stays as it was, and what was corrected later shows. Source: design, Meaning."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from communes.enums import Role
from communes.models import Official, Unit
from indicators import rollups
from indicators.enums import Answer, Stage
from indicators.models import Recompute
from indicators.periods import Period
from indicators.recording import Entry
from plans.enums import TargetKind
from povertyplan.lib.errors import DomainError
from reports.freezing import UnapprovedError, close_period
from reports.frozen import causes, differences, frozen, is_whole, official_now
from reports.models import Report, Snapshot, SnapshotUnit
from reports.workflow import endorse, reopen, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, told
from tests.plans.promises import a_plan, a_target

pytestmark = pytest.mark.django_db

D = Decimal


@dataclass
class Season:
    """A province whose first commune's return for 2024 is approved; the others told nothing."""

    places: Places
    catalogue: Catalogue
    staff: Staff

    def approve(self, unit: Unit, officer: Official, **changed: str | None) -> None:
        save_draft(
            unit=unit, period=Y2024, entries=filled(unit, self.catalogue, **changed), by=officer
        )
        submit(unit=unit, period=Y2024, by=officer)
        report = Report.objects.get(unit=unit, period="2024")
        endorse(report=report, by=self.staff.district)
        endorse(report=Report.objects.get(pk=report.pk), by=self.staff.province)

    def correct(self, poor: str, escaped: str) -> None:
        """The first commune's return is reopened, corrected and approved anew."""
        report = Report.objects.get(unit=self.places.first, period="2024")
        reopen(report=report, by=self.staff.province, reason="Thôn Na Áng rà soát lại")
        self.approve(self.places.first, self.staff.officer, poor=poor, escaped=escaped)

    def close(self, period: Period = Y2024, *, sure: bool = True) -> Snapshot:
        return close_period(
            unit=self.places.province, period=period, by=self.staff.province, sure=sure
        )

    def differing(
        self, snapshot: Snapshot
    ) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
        rollups.drain()
        units = [self.places.province, self.places.district, *self.places.communes]
        indicators = [*self.catalogue.inputs, self.catalogue.rate]
        now = official_now(units, indicators, Y2024)
        return [
            (row.unit.name, row.indicator.code, row.then.value, row.now.value)
            for row in differences(units, indicators, frozen(snapshot, units), now)
        ]


@pytest.fixture
def season(places: Places, catalogue: Catalogue) -> Season:
    builders.balance(catalogue)
    made = Season(places, catalogue, builders.staff(places))
    made.approve(places.first, made.staff.officer)
    return made


# -- what is frozen -------------------------------------------------------------------------------


def test_closed_figures_stay_whatever_is_corrected(season: Season) -> None:
    snapshot = season.close()
    assert season.differing(snapshot) == []

    season.correct(poor="11", escaped="10")

    first, district = season.places.first.name, season.places.district.name
    province = season.places.province.name
    assert season.differing(snapshot) == [
        (name, code, D(then), D(now))
        for name in (province, district, first)
        for code, then, now in (("escaped", 8, 10), ("poor", 13, 11), ("rate", 13, 11))
    ]
    kept = frozen(snapshot, [season.places.province])
    rate = kept[season.places.province.pk, "rate"]
    assert (rate.value, rate.numerator, rate.denominator) == (D(13), D(13), D(100))
    assert (rate.reported, rate.expected) == (1, 3)
    assert is_whole(snapshot)


def test_only_what_is_official_is_frozen(season: Season) -> None:
    """The second commune's figures are sent, and approved by nobody."""
    told(season.places.second, {season.catalogue.poor: "40"}, stage=Stage.PROVISIONAL)

    snapshot = season.close()

    kept = frozen(snapshot, [season.places.second, season.places.province])
    assert kept[season.places.second.pk, "poor"].value is None
    assert kept[season.places.province.pk, "poor"].value == D(13)


def test_a_return_approved_after_closing_is_a_difference_with_its_cause(season: Season) -> None:
    snapshot = season.close()
    officer = builders.official("can.bo.hai", season.places.second)
    season.approve(season.places.second, officer)

    found = season.differing(snapshot)

    assert (season.places.second.name, "poor", None, D(13)) in found
    assert (season.places.district.name, "poor", D(13), D(26)) in found
    why = causes([season.places.second, season.places.first], Y2024, snapshot.at)
    assert [row.step for row in why[season.places.second.pk]] == ["approve"]
    assert season.places.first.pk not in why


def test_not_applicable_is_frozen_as_such_and_missing_as_missing(season: Season) -> None:
    report = Report.objects.get(unit=season.places.first, period="2024")
    reopen(report=report, by=season.staff.province, reason="Sửa")
    save_draft(
        unit=season.places.first,
        period=Y2024,
        entries=[
            Entry(season.places.first, season.catalogue.relapsed, Y2024, Answer.NOT_APPLICABLE),
            Entry(season.places.first, season.catalogue.poor, Y2024, Answer.VALUE, D(12)),
        ],
        by=season.staff.officer,
    )
    submit(unit=season.places.first, period=Y2024, by=season.staff.officer)
    endorse(report=Report.objects.get(pk=report.pk), by=season.staff.district)
    endorse(report=Report.objects.get(pk=report.pk), by=season.staff.province)

    kept = frozen(season.close(), season.places.communes)

    assert kept[season.places.first.pk, "relapsed"].not_applicable
    missing = kept[season.places.town.pk, "relapsed"]
    assert (missing.value, missing.not_applicable) == (None, False)


def test_verdicts_are_frozen_with_their_sentences(season: Season) -> None:
    target = a_target(a_plan(season.places.district), season.catalogue.poor, TargetKind.LEVEL, "10")

    snapshot = season.close()

    (kept,) = snapshot.promises
    assert (kept["code"], kept["reported"], kept["expected"]) == (target.code, 1, 3)
    assert kept["explanation"]


# -- closing --------------------------------------------------------------------------------------


def test_returns_that_are_not_approved_are_asked_about_first(season: Season) -> None:
    with pytest.raises(UnapprovedError) as question:
        season.close(sure=False)

    assert "Mới 1 trong 3 báo cáo" in str(question.value)
    assert not Snapshot.objects.exists()
    made = season.close()
    assert (made.approved, made.expected) == (1, 3)


def test_question_before_closing_tells_reopened_returns_from_those_never_approved(
    season: Season,
) -> None:
    """What is official stays official until its correction is approved: it is closed with it."""
    report = Report.objects.get(unit=season.places.first, period="2024")
    reopen(report=report, by=season.staff.province, reason="Thôn Na Áng rà soát lại")

    with pytest.raises(UnapprovedError) as question:
        season.close(sure=False)

    assert str(question.value) == (
        "Mới 0 trong 3 báo cáo của kỳ được duyệt chính thức. Chốt lúc này thì 2 báo cáo chưa duyệt "
        "lần nào không có trong số liệu chốt; duyệt sau sẽ được ghi riêng. 1 báo cáo đang mở lại "
        "để sửa: số liệu chốt lấy số đã duyệt lần trước."
    )
    kept = frozen(season.close(), [season.places.first])
    assert kept[season.places.first.pk, "poor"].value == D(13)


def test_every_closing_has_its_own_number(season: Season) -> None:
    first = season.close()
    season.correct(poor="11", escaped="10")
    second = season.close()

    assert [first.number, second.number] == [1, 2]
    assert first.digest != second.digest


def test_nothing_is_closed_twice_by_a_second_press(season: Season) -> None:
    season.close()
    with pytest.raises(DomainError, match=r"chốt lần 1 .* chưa đổi"):
        season.close()

    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "where", "refused"),
    [
        ("district", "province", PermissionDenied),
        ("officer", "province", Http404),
        ("province", "district", DomainError),
        ("district", "district", PermissionDenied),
    ],
)
def test_the_province_closes_and_nobody_else(
    season: Season, who: str, where: str, refused: type[Exception]
) -> None:
    by, unit = getattr(season.staff, who), getattr(season.places, where)
    if who == "district" and where == "province":
        refused = Http404  # none of theirs

    with pytest.raises(refused):
        close_period(unit=unit, period=Y2024, by=by, sure=True)

    assert not Snapshot.objects.exists()


def test_a_year_that_has_not_ended_is_not_closed(season: Season) -> None:
    with pytest.raises(DomainError, match="chưa kết thúc"):
        season.close(Period(timezone.localdate().year))


def test_nothing_is_closed_while_figures_are_being_added_up(season: Season) -> None:
    """A mark whose recompute failed stays in the queue: the sums above it are not right."""
    rollups.drain()
    Recompute.objects.create(unit=season.places.first, period="2024", problem="hỏng")

    with pytest.raises(DomainError, match="chưa cộng được"):
        season.close()

    assert not Snapshot.objects.exists()


def test_who_meddles_with_a_closed_figure_is_found_out(season: Season) -> None:
    snapshot = season.close()
    row = SnapshotUnit.objects.get(snapshot=snapshot, unit=season.places.first)
    row.figures["poor"][0] = "12"
    row.save()

    assert not is_whole(snapshot)


# -- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def closed(season: Season) -> Snapshot:
    """Closed, and corrected since."""
    a_target(a_plan(season.places.district), season.catalogue.poor, TargetKind.LEVEL, "10")
    builders.deadline(season.places.province)
    snapshot = season.close()
    season.correct(poor="11", escaped="10")
    rollups.drain()
    return snapshot


def page(client: Client, who: Official, address: str, status: int = 200) -> str:
    client.force_login(who)
    response = client.get(address)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_page_says_what_differs_and_why(season: Season, closed: Snapshot, client: Client) -> None:
    body = page(client, season.staff.province, "/so-chot/90/2024/1/")

    assert "9 số đã sửa sau khi chốt" in body
    assert "Thôn Na Áng rà soát lại" in body
    assert "số liệu còn nguyên như lúc chốt" in body


def test_who_sees_a_unit_sees_its_part_alone(
    season: Season, closed: Snapshot, client: Client
) -> None:
    officer = season.staff.officer

    body = page(client, officer, "/so-chot/90102/2024/1/")

    assert "3 số đã sửa sau khi chốt" in body
    assert season.places.second.name not in body
    page(client, officer, "/so-chot/90103/2024/1/", status=404)
    page(client, officer, "/so-chot/901/2024/1/", status=404)
    page(client, officer, "/so-chot/90102/2024/9/", status=404)
    page(client, officer, "/so-chot/90102/2023/1/", status=404)


def test_who_must_not_read_a_promise_does_not_find_it(
    season: Season, closed: Snapshot, client: Client
) -> None:
    assert "Kết luận lúc chốt" in page(client, season.staff.district, "/so-chot/901/2024/1/")
    assert "Kết luận lúc chốt" not in page(client, season.staff.officer, "/so-chot/90102/2024/1/")


def test_closing_by_page_asks_once_and_closes(season: Season, client: Client) -> None:
    builders.deadline(season.places.province)
    client.force_login(season.staff.province)

    asked = client.post("/so-chot/90/", {"period": "2024", "note": "Số gửi Bộ"})
    assert asked.status_code == 422
    assert "Vẫn chốt với số hiện có" in asked.content.decode()
    assert not Snapshot.objects.exists()

    done = client.post("/so-chot/90/", {"period": "2024", "note": "Số gửi Bộ", "sure": "on"})
    assert done.status_code == 302
    assert Snapshot.objects.get().note == "Số gửi Bộ"


def test_reader_of_a_province_is_offered_no_closing(season: Season, client: Client) -> None:
    leader = builders.official("lanh.dao", season.places.province, Role.LEADER)

    assert "Chốt một kỳ" not in page(client, leader, "/so-chot/90/")
    client.force_login(leader)
    assert client.post("/so-chot/90/", {"period": "2024", "sure": "on"}).status_code == 403


def test_workbook_holds_numbers_and_says_which_closing(
    season: Season, closed: Snapshot, client: Client
) -> None:
    client.force_login(season.staff.province)
    response = client.get("/so-chot/90/2024/1.xlsx")
    book = load_workbook(BytesIO(response.content))

    figures = {
        (row[0], row[2]): row[4] for row in book["Số liệu"].iter_rows(min_row=5, values_only=True)
    }
    assert figures["90102", "Hộ nghèo cuối kỳ"] == 13
    assert figures["90103", "Hộ nghèo cuối kỳ"] is None
    assert closed.digest[:16] in str(book["Số liệu"]["A2"].value)
    changed = list(book["Đã sửa sau khi chốt"].iter_rows(min_row=5, values_only=True))
    assert len(changed) == 9
    assert book["Kết luận"].max_row == 5


def test_queries_do_not_grow_with_units(season: Season, closed: Snapshot, client: Client) -> None:
    client.force_login(season.staff.province)
    client.get("/so-chot/90/2024/1/")
    with CaptureQueriesContext(connection) as few:
        client.get("/so-chot/90/2024/1/")
    for number in range(12):
        builders.unit(f"9011{number}", f"Xã {number}", "commune", season.places.district)
    season.close()
    client.get("/so-chot/90/2024/2/")
    with CaptureQueriesContext(connection) as many:
        client.get("/so-chot/90/2024/2/")

    assert len(many) <= len(few) <= 40


def test_officer_of_a_district_sees_the_district_s_own_figures_alone(
    season: Season, closed: Snapshot, client: Client
) -> None:
    """Its communes' figures are theirs and of who reviews them."""
    clerk = builders.official("thong.ke", season.places.district)

    body = page(client, clerk, "/so-chot/901/2024/1/")
    book = load_workbook(BytesIO(client.get("/so-chot/901/2024/1.xlsx").content))

    assert "3 số đã sửa sau khi chốt" in body
    assert season.places.first.name not in body
    codes = {row[0] for row in book["Số liệu"].iter_rows(min_row=5, values_only=True)}
    assert codes == {"901"}
