"""What a return said when it was sent and approved, kept and compared; and by how much it was late.

Source: issue 6, point 1 (a correction is a new version with reason).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official
from reports.enums import Step
from reports.models import Deadline, Report
from reports.returns import lateness_of, standings
from reports.review.editions import editions_of, versions_page
from reports.workflow import (
    endorse,
    reopen,
    request_change,
    return_report,
    save_draft,
    submit,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, entries, filled, official

pytestmark = pytest.mark.django_db

PAGE = "/duyet/90102/2024/phien-ban/"


@dataclass
class Job:
    places: Places
    catalogue: Catalogue
    staff: Staff
    client: Client

    @property
    def report(self) -> Report:
        return Report.objects.get(unit=self.places.first, period="2024")

    def sent(self, notes: dict[str, str] | None = None, **changed: str | None) -> None:
        unit = self.places.first
        told = [
            replace(entry, note=(notes or {}).get(entry.indicator.code, entry.note))
            for entry in filled(unit, self.catalogue, **changed)
        ]
        save_draft(unit=unit, period=Y2024, entries=told, by=self.staff.officer)
        submit(unit=unit, period=Y2024, by=self.staff.officer)

    def approved(self) -> None:
        endorse(report=self.report, by=self.staff.district)
        endorse(report=self.report, by=self.staff.province)

    def corrected(self) -> None:
        """Two official versions: 13 poor of 100, then 15 of 110, relapsed explained."""
        self.sent()
        self.approved()
        reopen(report=self.report, by=self.staff.province, reason="Thiếu hộ thôn Hai")
        self.sent({"relapsed": "Do mưa lũ"}, poor="15", relapsed="3", households="110")
        self.approved()

    def sees(self, person: Official, address: str = PAGE) -> str:
        self.client.force_login(person)
        answer = self.client.get(address)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def job(places: Places, catalogue: Catalogue, client: Client) -> Job:
    return Job(places, catalogue, builders.staff(places), client)


def test_every_sending_and_approval_is_an_edition_with_its_reason(job: Job) -> None:
    job.sent()
    request_change(
        report=job.report, indicator=job.catalogue.poor, body="Xem lại", by=job.staff.district
    )
    return_report(report=job.report, by=job.staff.district, note="Một chỗ")
    job.sent(poor="14", relapsed="2")
    job.approved()
    reopen(report=job.report, by=job.staff.province, reason="Thiếu hộ")

    found = editions_of(job.places.first, Y2024)

    assert [(row.key, row.name, row.why, row.post) for row in found] == [
        ("v1", "Phiên bản chính thức 1", "Thiếu hộ", "Cán bộ duyệt, tỉnh Thử Nghiệm"),
        ("n2", "Lần nộp 2", "", "Cán bộ nhập số liệu, xã Một"),
        (
            "n1",
            "Lần nộp 1",
            "Một chỗ; Hộ nghèo cuối kỳ: Xem lại",
            "Cán bộ nhập số liệu, xã Một",
        ),
    ]


def test_reasons_of_single_figures_say_why_a_return_went_back(job: Job) -> None:
    """A reviewer gives a reason for every figure and seldom a note for all of them."""
    job.sent()
    wanted = [row for row in job.catalogue.inputs if row != job.catalogue.opening]
    for number, indicator in enumerate(wanted):
        request_change(
            report=job.report, indicator=indicator, body=f"Lý do {number}", by=job.staff.district
        )
    request_change(
        report=job.report, indicator=job.catalogue.poor, body="Lý do mới", by=job.staff.district
    )
    return_report(report=job.report, by=job.staff.district)

    [found] = editions_of(job.places.first, Y2024)

    assert found.why == (
        "Tổng số hộ: Lý do 0; Hộ thoát nghèo: Lý do 1; Hộ tái nghèo: Lý do 2; và 1 chỉ tiêu khác"
    )
    assert "Hộ thoát nghèo: Lý do 1" in job.sees(job.staff.officer)


def test_imported_return_that_is_opened_again_says_why(job: Job) -> None:
    """It came as an official one, so that no step of its own made it that."""
    job.sent()
    job.approved()
    job.report.events.exclude(step=Step.SUBMIT).delete()
    reopen(report=job.report, by=job.staff.province, reason="Nhập sai số hộ")

    assert [row.why for row in editions_of(job.places.first, Y2024)] == ["Nhập sai số hộ"]
    assert "Nhập sai số hộ" in job.sees(job.staff.officer)

    job.sent(poor="14", relapsed="2")
    found = editions_of(job.places.first, Y2024)
    assert [(row.key, row.why) for row in found] == [("n2", ""), ("n1", "Nhập sai số hộ")]


def test_what_is_marked_and_not_sent_is_no_reason_yet(job: Job) -> None:
    job.sent()
    request_change(
        report=job.report, indicator=job.catalogue.poor, body="Chưa gửi", by=job.staff.district
    )

    [found] = editions_of(job.places.first, Y2024)

    assert found.why == ""


def test_official_versions_differ_in_what_was_corrected_alone(job: Job) -> None:
    """Old, new, difference, in form order; what is worked out of them too; and the note."""
    job.corrected()

    page = versions_page(job.places.first, Y2024, old="v1", new="v2")

    assert [(row.name, row.old, row.new, row.change) for row in page.differences] == [
        ("Tổng số hộ", "100", "110", "+10"),
        ("Hộ tái nghèo", "1", "3", "+2"),
        ("Hộ nghèo cuối kỳ", "13", "15", "+2"),
        ("Tỷ lệ hộ nghèo", "13,00", "13,64", "+0,64"),
    ]
    assert [(row.old_note, row.new_note) for row in page.differences if row.is_noted] == [
        ("", "Do mưa lũ")
    ]


def test_first_version_stays_as_it_was_whatever_comes_after(job: Job) -> None:
    job.corrected()

    page = versions_page(job.places.first, Y2024, opened="v1")

    [(theme, lines)] = page.sections
    assert theme == "Rà soát hộ"
    assert [(row.name, row.unit, row.value) for row in lines] == [
        ("Tổng số hộ", "hộ", "100"),
        ("Hộ nghèo đầu kỳ", "hộ", "20"),
        ("Hộ thoát nghèo", "hộ", "8"),
        ("Hộ tái nghèo", "hộ", "1"),
        ("Hộ nghèo cuối kỳ", "hộ", "13"),
        ("Tỷ lệ hộ nghèo", "%", "13,00"),
    ]


def test_not_applicable_and_zero_are_not_the_same_in_a_comparison(job: Job) -> None:
    job.sent(relapsed="0")
    request_change(
        report=job.report, indicator=job.catalogue.relapsed, body="Xem lại", by=job.staff.district
    )
    return_report(report=job.report, by=job.staff.district)
    job.sent(relapsed=None)

    [row] = versions_page(job.places.first, Y2024, old="n1", new="n2").differences

    assert (row.name, row.old, row.new, row.change) == ("Hộ tái nghèo", "0", "Không áp dụng", "")


def test_draft_is_in_no_version(job: Job) -> None:
    job.corrected()
    reopen(report=job.report, by=job.staff.province, reason="Còn sai")
    save_draft(
        unit=job.places.first,
        period=Y2024,
        entries=entries(job.places.first, {job.catalogue.poor: "888"}),
        by=job.staff.officer,
    )

    for address in (PAGE, f"{PAGE}?xem=v2", f"{PAGE}?xem=n2", f"{PAGE}?so=v1&voi=v2"):
        assert "888" not in job.sees(job.staff.district, address)


def test_page_opens_a_version_and_compares_two(job: Job) -> None:
    job.corrected()

    page = job.sees(job.staff.officer, f"{PAGE}?so=v1&voi=v2")
    assert "Phiên bản chính thức 1 → Phiên bản chính thức 2: 4 chỉ tiêu khác nhau" in page
    assert "Thiếu hộ thôn Hai" in page
    opened = job.sees(job.staff.officer, f"{PAGE}?xem=v1")
    assert "số liệu khi đó" in opened


def test_version_is_a_file_whose_words_are_no_formulas(job: Job) -> None:
    job.sent({"relapsed": "=1+1"})
    job.client.force_login(job.staff.district)

    answer = job.client.get(f"{PAGE}n1.csv")

    assert answer.headers["Content-Disposition"].endswith('bao-cao-90102-2024-n1.csv"')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Nhóm", "Mã", "Chỉ tiêu", "Đơn vị tính", "Giá trị", "Ghi chú"]
    assert rows[4] == ["Rà soát hộ", "relapsed", "Hộ tái nghèo", "hộ", "1", "'=1+1"]
    assert job.client.get(f"{PAGE}v9.csv").status_code == 404


def test_versions_are_for_who_may_see_the_unit(job: Job) -> None:
    job.corrected()
    assert "Phiên bản chính thức 2" in job.sees(
        official("lanh.dao", job.places.province, Role.LEADER)
    )
    job.client.force_login(official("hang.xom", job.places.second))

    for address in (PAGE, f"{PAGE}v1.csv"):
        assert job.client.get(address).status_code == 404


def test_versions_cost_the_same_for_two_and_four(job: Job) -> None:
    job.corrected()
    address = f"{PAGE}?so=n1&voi=n2&xem=v1"
    job.sees(job.staff.district, address)
    with CaptureQueriesContext(connection) as two:
        job.sees(job.staff.district, address)
    for number in ("16", "17"):
        reopen(report=job.report, by=job.staff.province, reason="Nữa")
        job.sent(poor=number, relapsed=str(int(number) - 12))
        job.approved()
    with CaptureQueriesContext(connection) as four:
        job.sees(job.staff.district, address)

    assert len(four) == len(two)


# -- late -----------------------------------------------------------------------------------------


def late(job: Job) -> int:
    [row] = standings([job.places.first], Y2024)
    assert row.days_late == lateness_of(job.places.first, Y2024)
    return row.days_late


@pytest.mark.parametrize(("day", "days"), [("15", 0), ("16", 1), ("20", 5)])
def test_return_first_sent_after_its_day_stays_late(job: Job, day: str, days: int) -> None:
    builders.deadline(job.places.province)
    assert late(job) == 0  # not sent yet: that it is overdue is another thing
    with time_machine.travel(f"2024-12-{day}T16:00:00+07:00", tick=False):
        job.sent()
        job.approved()

    assert late(job) == days


def test_lateness_is_that_of_the_first_sending(job: Job) -> None:
    builders.deadline(job.places.province)
    with time_machine.travel("2024-12-15T23:30:00+07:00", tick=False):
        job.sent()
    with time_machine.travel("2024-12-28T08:00:00+07:00", tick=False):
        request_change(
            report=job.report, indicator=job.catalogue.poor, body="Sai", by=job.staff.district
        )
        return_report(report=job.report, by=job.staff.district)
        job.sent(poor="14", relapsed="2")

    assert late(job) == 0


def test_extension_in_force_when_sent_is_the_day_that_counts(job: Job) -> None:
    with time_machine.travel("2024-11-01T08:00:00+07:00", tick=False):
        builders.deadline(job.places.province)
        mine = Deadline.objects.create(
            issuer=job.places.first,
            period="2024",
            opens_on=date(2024, 11, 1),
            due_on=date(2024, 12, 20),
            reason="Mưa lũ",
        )
    with time_machine.travel("2024-12-22T08:00:00+07:00", tick=False):
        job.sent()
    assert late(job) == 2

    with time_machine.travel("2024-12-24T08:00:00+07:00", tick=False):
        mine.due_on = date(2024, 12, 31)
        mine.save()
    assert late(job) == 2  # what was granted afterwards was not in force that day


def test_desk_says_by_how_many_days_the_return_was_late(job: Job) -> None:
    builders.deadline(job.places.province)
    with time_machine.travel("2024-12-18T08:00:00+07:00", tick=False):
        job.sent()

    assert "Nộp chậm 3 ngày" in job.sees(job.staff.district, "/duyet/90102/2024/")
