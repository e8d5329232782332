"""A desk handed on for a while: who may, to whom, and when it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Post, Unit
from povertyplan.lib.errors import DomainError
from reports.models import Report
from reports.workflow import (
    delegate,
    end_delegation,
    endorse,
    may_review_now,
    reopen,
    save_draft,
    submit,
    why_not_review,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, official

pytestmark = pytest.mark.django_db

PROVINCE = "/uy-quyen/90/"


@dataclass
class Job:
    """A commune's return, who works on it, and a browser that signs in as any of them."""

    places: Places
    catalogue: Catalogue
    staff: Staff
    client: Client

    @property
    def report(self) -> Report:
        return Report.objects.get(unit=self.places.first, period="2024")

    def sent(self) -> None:
        unit = self.places.first
        save_draft(
            unit=unit, period=Y2024, entries=filled(unit, self.catalogue), by=self.staff.officer
        )
        submit(unit=unit, period=Y2024, by=self.staff.officer)

    def handed_on(self, to: Official, unit: Unit | None = None, days: int = 10) -> Post:
        """The province's desk, or another's, for some days from today on."""
        unit = unit or self.places.province
        giver = self.staff.province if unit == self.places.province else self.staff.district
        today = timezone.localdate()
        return delegate(
            unit=unit,
            to=to,
            valid_from=today,
            valid_to=today + timedelta(days=days),
            basis="QĐ 12/QĐ-SLĐTBXH",
            by=again(giver),
        )


@pytest.fixture
def job(places: Places, catalogue: Catalogue, client: Client) -> Job:
    return Job(places, catalogue, builders.staff(places), client)


def again(person: Official) -> Official:
    """The same person at their next request: posts are read once a request."""
    return Official.objects.get(pk=person.pk)


def faults(step: object) -> list[str]:
    with pytest.raises(DomainError) as caught:
        step()  # type: ignore[operator]
    return [problem.message for problem in caught.value.problems]


def colleague_of(job: Job) -> Official:
    """Another reviewer of the district."""
    return official("duyet.huyen.hai", job.places.district, Role.REVIEWER)


def test_district_approves_for_the_province_what_a_colleague_endorsed(job: Job) -> None:
    """Two desks in one office, and two pairs of eyes: each step in the post of its own tier."""
    job.sent()
    job.handed_on(job.staff.district)
    endorse(report=job.report, by=colleague_of(job))

    endorse(report=job.report, by=again(job.staff.district))

    assert job.report.state == "approved"
    last = list(job.report.events.values_list("step", "post_label"))[-2:]
    assert last == [
        ("endorse", "Cán bộ duyệt, huyện Thử Nghiệm"),
        ("approve", "Thừa ủy quyền của duyet.tinh, tỉnh Thử Nghiệm"),
    ]
    reopen(report=job.report, by=again(job.staff.district), reason="Sai số")
    assert job.report.state == "reopened"


def test_one_person_does_not_take_a_return_through_both_tiers(job: Job) -> None:
    job.sent()
    job.handed_on(job.staff.district)
    endorse(report=job.report, by=again(job.staff.district))

    [fault] = faults(lambda: endorse(report=job.report, by=again(job.staff.district)))

    assert fault == "Đồng chí đã duyệt báo cáo này ở cấp dưới; bước này do người khác duyệt."
    assert job.report.state == "endorsed"


def test_delegate_reviews_and_does_nothing_else_of_the_desk(job: Job) -> None:
    """No targets, no calendar, no figures handed in, no handing on."""
    person = official("thay", job.places.province, Role.LEADER)
    job.handed_on(person)
    person = again(person)

    assert access.can(person, Action.REVIEW, job.places.first)
    assert access.can(person, Action.VIEW, job.places.province)
    assert not access.can(person, Action.HAND_IN, job.places.first)
    assert not access.can_assign(person, job.places.province)
    assert not access.can_schedule(person, job.places.province)
    with pytest.raises(PermissionDenied):
        delegate(
            unit=job.places.province,
            to=job.staff.officer,
            valid_from=timezone.localdate(),
            valid_to=timezone.localdate(),
            basis="QĐ 13",
            by=person,
        )


def test_delegation_counts_on_its_days_only(job: Job) -> None:
    person = official("thay", job.places.district, Role.LEADER)
    with time_machine.travel("2025-01-10T08:00:00+07:00", tick=False):
        delegate(
            unit=job.places.district,
            to=person,
            valid_from=date(2025, 1, 11),
            valid_to=date(2025, 1, 12),
            basis="QĐ 12",
            by=again(job.staff.district),
        )
    held = []
    for day in (10, 11, 12, 13):
        with time_machine.travel(f"2025-01-{day}T08:00:00+07:00", tick=False):
            held.append(access.can(again(person), Action.REVIEW, job.places.first))

    assert held == [False, True, True, False]


def test_delegation_taken_back_ends_at_once(job: Job) -> None:
    """Also one that began today, and what was done in it stays."""
    job.sent()
    post = job.handed_on(job.staff.district)
    endorse(report=job.report, by=colleague_of(job))
    endorse(report=job.report, by=again(job.staff.district))

    end_delegation(post=post, by=again(job.staff.province))

    assert not access.can(again(job.staff.district), Action.VIEW, job.places.province)
    post.refresh_from_db()
    assert post.valid_to == timezone.localdate() - timedelta(days=1)
    assert "thu hồi" in post.title
    assert job.report.events.last().post == post  # type: ignore[union-attr]
    assert faults(lambda: end_delegation(post=post, by=again(job.staff.province))) == [
        "Ủy quyền này đã hết hiệu lực."
    ]


def test_delegation_that_has_begun_stays_on_record(job: Job) -> None:
    """Something may have been said or accepted in it."""
    post = job.handed_on(job.staff.district)

    end_delegation(post=post, by=again(job.staff.province))

    post.refresh_from_db()
    assert post.valid_to == timezone.localdate() - timedelta(days=1)


def test_delegation_that_has_not_begun_leaves_nothing(job: Job) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    post = delegate(
        unit=job.places.province,
        to=job.staff.district,
        valid_from=tomorrow,
        valid_to=tomorrow,
        basis="QĐ 12",
        by=again(job.staff.province),
    )

    end_delegation(post=post, by=again(job.staff.province))

    assert not Post.objects.filter(pk=post.pk).exists()


def test_delegation_ends_with_the_taker_s_own_post(job: Job) -> None:
    """Who has left the office reviews no more for another."""
    job.handed_on(job.staff.district)
    assert access.can(again(job.staff.district), Action.REVIEW, job.places.first)

    yesterday = timezone.localdate() - timedelta(days=1)
    job.staff.district.posts.filter(delegated_by=None).update(valid_to=yesterday)

    assert not access.can(again(job.staff.district), Action.VIEW, job.places.province)


@pytest.mark.parametrize("how", ["post", "account"])
def test_delegation_ends_with_the_post_of_its_giver(job: Job, how: str) -> None:
    job.handed_on(job.staff.district)
    assert access.can(again(job.staff.district), Action.VIEW, job.places.province)

    if how == "post":
        yesterday = timezone.localdate() - timedelta(days=1)
        job.staff.province.posts.update(valid_to=yesterday)
    else:
        Official.objects.filter(pk=job.staff.province.pk).update(is_active=False)

    assert not access.can(again(job.staff.district), Action.VIEW, job.places.province)


def test_officer_of_the_unit_never_reviews_its_return(job: Job) -> None:
    """Also who typed nothing of it: the post is enough. Another commune's they may."""
    colleague = official("can.bo.hai", job.places.first)
    Post.objects.create(official=colleague, unit=job.places.district, role=Role.REVIEWER)
    job.sent()
    colleague = again(colleague)

    assert not may_review_now(job.report, colleague)
    assert "nhập số liệu của xã Một" in why_not_review(job.report, colleague)
    [fault] = faults(lambda: endorse(report=job.report, by=colleague))
    assert fault.endswith("nên không duyệt báo cáo của đơn vị này.")
    other = official("xa.hai", job.places.second)
    entries = filled(job.places.second, job.catalogue)
    save_draft(unit=job.places.second, period=Y2024, entries=entries, by=other)
    report = submit(unit=job.places.second, period=Y2024, by=other)
    assert may_review_now(report, colleague)


def test_what_may_not_be_handed_on(job: Job) -> None:
    today, giver = timezone.localdate(), again(job.staff.province)
    stranger = official("nguoi.la", builders.unit("92", "Tỉnh Khác", "province"))

    def ask(
        to: Official, first: date = today, last: date = today, basis: str = "QĐ 1"
    ) -> list[str]:
        return faults(
            lambda: delegate(
                unit=job.places.province,
                to=to,
                valid_from=first,
                valid_to=last,
                basis=basis,
                by=giver,
            )
        )

    assert ask(giver) == ["Không tự ủy quyền cho mình."]
    assert "Chỉ ủy quyền cho người đang giữ chức trách" in ask(stranger)[0]
    # who sends returns does not review them, for nobody
    assert "Chỉ ủy quyền cho người đang giữ chức trách" in ask(job.staff.officer)[0]
    assert ask(job.staff.district, basis=" ") == ["Ghi số, ngày của văn bản ủy quyền."]
    yesterday = today - timedelta(days=1)
    assert ask(job.staff.district, yesterday) == ["Không ủy quyền cho những ngày đã qua."]
    assert ask(job.staff.district, today, yesterday) == ["Ngày kết thúc trước ngày bắt đầu."]
    too_long = today + timedelta(days=366)
    assert ask(job.staff.district, today, too_long) == [
        "Ủy quyền không quá 366 ngày; hết hạn thì ủy quyền lại."
    ]
    job.staff.province.posts.update(valid_to=today + timedelta(days=5))
    giver = again(job.staff.province)
    [fault] = ask(job.staff.district, today, today + timedelta(days=6))
    assert fault.startswith("Chức trách của đồng chí chỉ đến hết")
    assert not Post.objects.filter(delegated_by__isnull=False).exists()


def test_same_person_is_not_handed_the_desk_twice_at_a_time(job: Job) -> None:
    job.handed_on(job.staff.district, days=10)
    today = timezone.localdate()

    def once_more(first: date) -> Post:
        return delegate(
            unit=job.places.province,
            to=job.staff.district,
            valid_from=first,
            valid_to=first + timedelta(days=1),
            basis="QĐ 2",
            by=again(job.staff.province),
        )

    [fault] = faults(lambda: once_more(today + timedelta(days=10)))
    assert fault.startswith("duyet.huyen đã được ủy quyền từ")
    assert once_more(today + timedelta(days=11)).pk


def test_only_the_desks_own_reviewer_hands_it_on(job: Job) -> None:
    """Not the tier above, not a leader, and for a stranger there is no such unit."""
    for person, refusal in (
        (job.staff.province, PermissionDenied),
        (official("lanh.dao", job.places.district, Role.LEADER), PermissionDenied),
        (job.staff.officer, Http404),
    ):
        with pytest.raises(refusal):
            delegate(
                unit=job.places.district,
                to=job.staff.officer,
                valid_from=timezone.localdate(),
                valid_to=timezone.localdate(),
                basis="QĐ 1",
                by=person,
            )


# -- the page -------------------------------------------------------------------------------------


def sees(job: Job, person: Official, address: str = PROVINCE) -> str:
    job.client.force_login(person)
    answer = job.client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_page_hands_on_and_takes_back(job: Job) -> None:
    page = sees(job, job.staff.province)
    assert "duyet.huyen – Cán bộ duyệt" in page
    today = timezone.localdate()
    told = {
        "official": job.staff.district.pk,
        "valid_from": f"{today:%d/%m/%Y}",
        "valid_to": f"{today:%d/%m/%Y}",
        "basis": "QĐ 7/QĐ-SNN",
    }

    assert job.client.post(PROVINCE, told).status_code == 302
    page = sees(job, job.staff.province)
    assert "duyet.huyen, thừa ủy quyền của duyet.tinh đến hết" in page
    assert "QĐ 7/QĐ-SNN" in page
    assert "Đang hiệu lực" in page

    post = Post.objects.get(delegated_by__isnull=False)
    assert job.client.post(PROVINCE, {"end": post.pk}).status_code == 302
    assert "thừa ủy quyền của" not in sees(job, job.staff.province)


def test_page_says_what_is_missing_and_keeps_what_was_typed(job: Job) -> None:
    job.client.force_login(job.staff.province)

    answer = job.client.post(PROVINCE, {"official": job.staff.district.pk, "basis": "QĐ dở"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count("Ghi ngày, dạng 31/12/2024.") == 2
    assert 'value="QĐ dở"' in page


def test_reader_sees_who_holds_the_desk_and_has_no_form(job: Job) -> None:
    leader = official("lanh.dao", job.places.province, Role.LEADER)

    page = sees(job, leader)

    assert "duyet.tinh" in page
    assert 'name="basis"' not in page
    assert job.client.post(PROVINCE, {"basis": "QĐ"}).status_code == 403


def test_page_costs_the_same_for_one_delegation_and_three(job: Job) -> None:
    job.handed_on(job.staff.district)
    sees(job, job.staff.province)
    with CaptureQueriesContext(connection) as one:
        sees(job, job.staff.province)
    for name in ("hai", "ba"):
        job.handed_on(official(name, job.places.province, Role.LEADER))
    with CaptureQueriesContext(connection) as three:
        sees(job, job.staff.province)

    assert len(three) == len(one)
