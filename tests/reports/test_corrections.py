"""A return that was approved and is opened again: a correction, not another round."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from communes.models import Official
from indicators.enums import Answer
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError
from reports.models import Notice, Report
from reports.noticing import of_calendar
from reports.returns import obstacles, return_of, standings
from reports.sending.receipts import Receipt, receipt_of
from reports.sending.summary import summary_of
from reports.workflow import endorse, reopen, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, entries, filled

pytestmark = pytest.mark.django_db

FORM, TRACKER, DESK = "/bao-cao/90102/2024/", "/tien-do/901/2024/", "/duyet/90102/2024/"
LONG_AFTER = "2026-11-23T09:00:00+07:00"
"""The return was due on 15 December 2024."""


@dataclass
class Job:
    """A commune's return of 2024, in time or not, and who works on it."""

    places: Places
    catalogue: Catalogue
    staff: Staff

    @property
    def report(self) -> Report:
        return Report.objects.get(unit=self.places.first)

    def type(self, *rows: Entry) -> None:
        save_draft(unit=self.places.first, period=Y2024, entries=rows, by=self.staff.officer)

    def send(self) -> None:
        submit(unit=self.places.first, period=Y2024, by=self.staff.officer)

    def approve(self) -> None:
        endorse(report=self.report, by=self.staff.district)
        endorse(report=self.report, by=self.staff.province)

    def reopen(self) -> None:
        reopen(report=self.report, by=self.staff.province, reason="Đếm sót thôn Bản Pấy")

    def send_back(self) -> None:
        poor = self.catalogue.poor
        request_change(report=self.report, indicator=poor, body="Xem lại", by=self.staff.district)
        return_report(report=self.report, by=self.staff.district)

    def sees(self, person: Official, address: str) -> str:
        client = Client()
        client.force_login(person)
        page = client.get(address).content.decode().partition("<main")[2]
        return " ".join(re.sub(r"<[^>]+>", " ", page).split())

    def receipt(self, number: int) -> Receipt:
        found = receipt_of(self.places.first, Y2024, number)
        assert found is not None
        return found


@pytest.fixture
def job(places: Places, catalogue: Catalogue) -> Job:
    builders.deadline(places.province)
    return Job(places, catalogue, builders.staff(places))


def sent_on(job: Job, day: str) -> None:
    with time_machine.travel(f"2024-12-{day}T09:00:00+07:00", tick=False):
        job.type(*filled(job.places.first, job.catalogue))
        job.send()
        job.approve()


def is_late(job: Job) -> bool:
    """As the tracker, the dashboard and the form have it."""
    (standing,) = standings([job.places.first], Y2024)
    assert standing.is_late is return_of(job.places.first, Y2024).is_late
    return standing.is_late


# -- lateness -------------------------------------------------------------------------------------


def test_correction_is_never_late(job: Job) -> None:
    """Neither while it is open, nor sent back, nor on the page where it is signed."""
    sent_on(job, "10")
    with time_machine.travel(LONG_AFTER, tick=False):
        job.reopen()
        assert not is_late(job)
        summary = summary_of(job.places.first, Y2024, job.staff.officer)
        assert summary.days_late == 0
        assert "chậm" not in job.sees(job.staff.officer, FORM + "nop/")
        assert "Mở lại để sửa" in job.sees(job.staff.district, TRACKER)
        job.send()
        job.send_back()
        assert not is_late(job)
        assert "Quá hạn 2 " in job.sees(job.staff.district, TRACKER)  # the two that sent nothing


@pytest.mark.parametrize(("day", "late", "told"), [("15", 2, 0), ("16", 3, 1)])
def test_return_that_is_sent_back_is_as_late_as_it_was_first_sent(
    job: Job, day: str, late: int, told: int
) -> None:
    """The reviewer takes their time; the unit did what the calendar asks for on its due day."""
    with time_machine.travel(f"2024-12-{day}T09:00:00+07:00", tick=False):
        job.type(*filled(job.places.first, job.catalogue))
        job.send()
    with time_machine.travel("2024-12-18T09:00:00+07:00", tick=False):
        job.send_back()
        assert is_late(job) is bool(told)
        page = job.sees(job.staff.district, TRACKER)
        assert f"Quá hạn {late} " in page  # the two others sent nothing
        assert "Trả lại 1 ô" in page
        of_calendar(date(2024, 12, 18))
    overdue = Notice.objects.filter(kind="overdue")
    assert overdue.filter(unit=job.places.first).count() == told
    above = overdue.get(official=job.staff.district, unit=job.places.district)
    assert above.told["below"] == late


def test_nobody_is_told_that_a_correction_is_overdue(job: Job) -> None:
    sent_on(job, "10")
    with time_machine.travel("2024-12-12T09:00:00+07:00", tick=False):
        job.reopen()
        job.send()
        job.send_back()
    Notice.objects.all().delete()
    with time_machine.travel("2024-12-18T09:00:00+07:00", tick=False):
        of_calendar(date(2024, 12, 18))
    assert not Notice.objects.filter(kind="overdue", unit=job.places.first).exists()


@pytest.mark.parametrize(
    ("day", "days", "words"), [("15", 0, "lần nộp đầu đúng hạn"), ("18", 3, "nộp đầu chậm 3 ngày")]
)
def test_every_page_counts_lateness_from_the_first_sending(
    job: Job, day: str, days: int, words: str
) -> None:
    sent_on(job, day)
    with time_machine.travel(LONG_AFTER, tick=False):
        job.reopen()
        job.send()

        (standing,) = standings([job.places.first], Y2024)
        found = [standing.days_late, job.receipt(1).days_late, job.receipt(2).days_late]
        assert found == [days] * 3
        assert words in job.sees(job.staff.officer, FORM + "bien-nhan/2/")
        late = f"Nộp chậm {days} ngày"
        assert (late in job.sees(job.staff.district, DESK)) is bool(days)


# -- what the officer sees and has to do ----------------------------------------------------------


def test_form_and_list_say_who_opened_the_return_again_when_and_why(job: Job) -> None:
    sent_on(job, "10")
    assert "được mở lại để sửa" not in job.sees(job.staff.officer, FORM)
    with time_machine.travel(LONG_AFTER, tick=False):
        job.reopen()
    for address in (FORM, "/bao-cao/"):
        page = job.sees(job.staff.officer, address)
        assert "Đếm sót thôn Bản Pấy" in page
        assert "Cán bộ duyệt, tỉnh Thử Nghiệm" in page
        assert "23/11/2026" in page
    job.send()
    assert "được mở lại để sửa" not in job.sees(job.staff.officer, FORM)


def test_correction_keeps_every_answer_given_before(job: Job) -> None:
    unit, catalogue = job.places.first, job.catalogue
    job.type(
        *entries(unit, {catalogue.opening: "20", catalogue.escaped: "8", catalogue.relapsed: None}),
        Entry(unit, catalogue.households, Y2024, Answer.NO_DATA, note="Chưa rà soát"),
        Entry(unit, catalogue.poor, Y2024, Answer.VALUE, Decimal(13)),
    )
    job.send()
    job.approve()
    job.reopen()

    found = {row.code: (row.answer, row.note) for row in return_of(unit, Y2024).inputs}
    assert found["households"] == (Answer.NO_DATA, "Chưa rà soát")
    assert found["relapsed"] == (Answer.NOT_APPLICABLE, "")
    job.send()  # nothing has to be typed again


def test_correction_does_not_ask_for_what_was_approved_empty(job: Job) -> None:
    """The form has grown since; a new round would have to answer it, and so what was approved."""
    sent_on(job, "10")
    builders.count("later", "Chỉ tiêu có sau", 9)
    unit, officer = job.places.first, job.staff.officer
    with time_machine.travel(LONG_AFTER, tick=False):
        job.reopen()
        assert obstacles(return_of(unit, Y2024)) == []
        page = job.sees(officer, FORM)
        assert "1 ô để trống khi duyệt lần trước: không bắt buộc trả lời." in page
        assert summary_of(unit, Y2024, officer).may_sign

        job.type(Entry(unit, job.catalogue.poor, Y2024, Answer.MISSING))
        assert [row.key for row in obstacles(return_of(unit, Y2024))] == ["poor"]
        with pytest.raises(DomainError):
            job.send()


def test_first_round_asks_for_every_cell_also_where_official_figures_are_known(job: Job) -> None:
    builders.told(job.places.first, {job.catalogue.poor: "13"}, stage="official")
    assert len(obstacles(return_of(job.places.first, Y2024))) == 4


def test_state_says_how_often_a_return_came_back_and_when_last(job: Job) -> None:
    job.type(*filled(job.places.first, job.catalogue))
    for day in ("02", "05"):
        with time_machine.travel(f"2024-12-{day}T09:00:00+07:00", tick=False):
            job.send()
            job.send_back()
    for address in (FORM, "/bao-cao/", FORM + "nop/"):
        page = job.sees(job.staff.officer, address)
        assert "Bị trả lại 2 lần, lần gần nhất ngày 05/12/2024" in page
