"""Where nobody in the unit could correct a return, its reviewer is told before sending it back."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Post
from reports.models import Report
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled

pytestmark = pytest.mark.django_db

DESK = "/duyet/90102/2024/"
SAID = "Đơn vị chưa có tài khoản người nhập số liệu; số trả lại sẽ không ai nhận."


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    people = builders.staff(places)
    builders.deadline(places.province)
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=people.officer)
    submit(unit=unit, period=Y2024, by=people.officer)
    return people


def shown(client: Client, person: Official) -> str:
    client.force_login(person)
    return client.get(DESK).content.decode()


def left(staff: Staff) -> None:
    Post.objects.filter(official=staff.officer).update(valid_to=date(2020, 1, 1))


def test_reviewer_is_told_that_nobody_would_receive_it(client: Client, staff: Staff) -> None:
    assert SAID not in shown(client, staff.district)
    left(staff)
    page = shown(client, staff.district)
    assert SAID in page
    assert "báo quản trị cấp tài khoản" in page


def test_account_that_is_closed_receives_nothing(client: Client, staff: Staff) -> None:
    Official.objects.filter(pk=staff.officer.pk).update(is_active=False)
    assert SAID in shown(client, staff.district)


def test_leader_of_the_unit_is_not_one_who_enters(
    client: Client, places: Places, staff: Staff
) -> None:
    left(staff)
    builders.official("chu.tich", places.first, Role.LEADER)
    assert SAID in shown(client, staff.district)


def test_it_stays_while_the_return_lies_with_the_unit(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    report = places.first.reports.get()
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
    return_report(report=report, by=staff.district)
    left(staff)
    assert SAID in shown(client, staff.district)


def test_question_before_sending_back_promises_nobody_where_nobody_enters(
    client: Client, catalogue: Catalogue, staff: Staff
) -> None:
    request_change(
        report=Report.objects.get(), indicator=catalogue.poor, body="Xem lại", by=staff.district
    )
    promise = "Cán bộ nhập số liệu của xã Một nhận lại"
    asked = question_of(client, staff)
    assert promise in asked
    assert SAID not in asked
    left(staff)
    asked = question_of(client, staff)
    assert promise not in asked
    assert SAID in asked
    assert "báo quản trị cấp tài khoản" in asked
    assert "tạm thời không tính vào số tổng hợp" in asked


def question_of(client: Client, staff: Staff) -> str:
    client.force_login(staff.district)
    told = {"decision": "return", "version": Report.objects.get().version}
    return client.post(DESK, told).content.decode().split('id="d-hoi"')[1].split("</p>")[0]


def test_of_several_units_those_are_named_in_which_nobody_enters(
    client: Client, places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """One in which somebody enters receives it; of the others nobody is promised."""
    second = builders.official("nhap.hai", places.second)
    entries = filled(places.second, catalogue)
    save_draft(unit=places.second, period=Y2024, entries=entries, by=second)
    submit(unit=places.second, period=Y2024, by=second)
    promise, nobody = "nhận lại chỉ tiêu này kèm lý do", "số trả lại sẽ không ai nhận:"

    asked = asked_of_both(client, staff)
    assert promise in asked
    assert nobody not in asked

    left(staff)
    asked = asked_of_both(client, staff)
    assert promise in asked
    assert f"{nobody} <b>Xã Một</b>. Trước" in asked

    Post.objects.filter(official=second).delete()
    asked = asked_of_both(client, staff)
    assert promise not in asked
    assert f"{nobody} <b>Xã Một</b>, <b>Xã Hai</b>. Trước" in asked


def asked_of_both(client: Client, staff: Staff) -> str:
    client.force_login(staff.district)
    seen = {f"v-{row.unit_id}": row.version for row in Report.objects.all()}
    ticked = [str(row.unit_id) for row in Report.objects.all()]
    told = {"unit": ticked, "reason": "Thiếu biểu", "step": "send", **seen}
    answer = client.post("/duyet/901/2024/chi-tieu/relapsed/", told)
    return " ".join(answer.content.decode().split())


def test_who_cannot_send_it_back_is_not_told(client: Client, places: Places, staff: Staff) -> None:
    """On the district's desk the province only reads; when approved, the province may reopen."""
    left(staff)
    assert SAID not in shown(client, staff.province)
    endorse(report=Report.objects.get(), by=staff.district)
    assert SAID not in shown(client, staff.district)
    assert SAID in shown(client, staff.province)
    endorse(report=Report.objects.get(), by=staff.province)
    assert SAID in shown(client, staff.province)
    assert SAID not in shown(client, staff.district)


def test_asking_who_enters_takes_one_query(client: Client, places: Places, staff: Staff) -> None:
    shown(client, staff.district)
    costs = []
    for more in (0, 3):
        for n in range(more):
            builders.official(f"nhap.{n}", places.first)
        with CaptureQueriesContext(connection) as found:
            shown(client, staff.district)
        costs.append(len(found))
        about = [row for row in found if '"communes_post"."role" IN (\'officer\')' in row["sql"]]
        assert len(about) == 1

    assert costs[0] == costs[1] <= 60
