"""Who is told of what, once, and in which words. Source: issue 6, point 7."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Post
from indicators.enums import Stage
from plans.models import Plan, Target, VerdictChange
from povertyplan.lib.errors import DomainError
from reports import noticing
from reports.enums import MailRhythm, NoticeKind
from reports.models import Comment, Deadline, Notice, NoticeChoice
from reports.noticing.choices import RULES, Way, choose, kinds_for
from reports.noticing.inbox import unread
from reports.noticing.words import LOOKS, said
from reports.workflow import endorse, reopen
from tests import builders
from tests.builders import Y2024
from tests.reports.noticed import Told, country, heard, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> Told:
    return country()


# -- steps ----------------------------------------------------------------------------------------


def test_return_that_is_sent_is_told_to_the_desk_it_lies_on_and_to_nobody_else(job: Told) -> None:
    job.send()

    assert told() == {"duyet.huyen": ["submitted"]}
    assert heard(job.staff.district) == ["xã Một đã nộp báo cáo năm 2024, chờ duyệt."]


def test_what_is_sent_back_is_told_to_the_unit_with_the_figures(job: Told) -> None:
    job.send()
    job.send_back("poor", "escaped")

    assert heard(job.staff.officer) == [
        (
            "Báo cáo năm 2024 của xã Một bị trả lại 2 chỉ tiêu: Hộ thoát nghèo (“Xem lại.”); "
            "Hộ nghèo cuối kỳ (“Xem lại.”)."
        )
    ]
    notice = Notice.objects.get(official=job.staff.officer)
    assert said(notice).note == "Gấp trong tuần"
    assert said(notice).subject == "Báo cáo năm 2024 bị trả lại 2 chỉ tiêu"
    assert said(notice).path == "/bao-cao/90102/2024/"


def test_way_up_is_told_to_the_unit_and_to_each_desk_in_turn(job: Told) -> None:
    job.send()
    endorse(report=job.report, by=job.staff.district)
    endorse(report=job.report, by=job.staff.province)
    reopen(report=job.report, by=job.staff.province, reason="Số liệu sai")

    assert told() == {
        "duyet.huyen": ["submitted", "reopened"],
        "duyet.tinh": ["submitted"],
        "can.bo": ["endorsed", "approved", "reopened"],
    }
    reopened = Notice.objects.get(official=job.staff.district, kind="reopened")
    assert said(reopened).path == "/duyet/90102/2024/"
    assert said(reopened).note == "Số liệu sai"
    assert "đã được cấp dưới duyệt" in heard(job.staff.province)[0]
    assert "chuyển lên cấp tỉnh" in heard(job.staff.officer)[0]


def test_nobody_is_told_of_their_own_deed(job: Told) -> None:
    """A reviewer who is also the unit's officer hears nothing of what they returned."""
    Post.objects.create(official=job.staff.officer, unit=job.places.district, role=Role.REVIEWER)
    job.send()

    assert "can.bo" not in told()


def test_step_that_is_rolled_back_tells_nobody(job: Told) -> None:
    with transaction.atomic():
        job.send()
        transaction.set_rollback(True)

    assert told() == {}


def test_stranger_and_who_left_the_post_are_not_told(job: Told) -> None:
    Post.objects.filter(official=job.staff.district).update(valid_to=date(2020, 1, 1))
    job.send()

    assert told() == {}


def test_account_that_is_closed_is_not_told(job: Told) -> None:
    job.staff.district.is_active = False
    job.staff.district.save()
    job.send()

    assert told() == {}


def test_desk_of_a_unit_that_ended_is_passed_over(job: Told) -> None:
    """Nobody reviews in the district any more: the province is told."""
    Post.objects.filter(official=job.staff.district).delete()
    job.places.district.valid_to = date(2025, 6, 30)
    job.places.district.save()
    job.send()

    assert told() == {"duyet.tinh": ["submitted"]}


def test_comment_is_told_to_the_other_side_and_a_request_not_sent_to_nobody(job: Told) -> None:
    job.send()
    Notice.objects.all().delete()

    def comment(by: Any, **more: Any) -> Comment:
        return Comment.objects.create(
            report=job.report,
            indicator=job.catalogue.poor,
            round=1,
            by=by,
            post_label="Phòng LĐ",
            body="Vì sao tăng?",
            **more,
        )

    noticing.of_comment(comment(job.staff.district))
    noticing.of_comment(comment(job.staff.officer))
    noticing.of_comment(comment(job.staff.district, asks_for_change=True))

    assert told() == {"can.bo": ["commented"], "duyet.huyen": ["commented"]}
    assert heard(job.staff.officer) == [
        "Phòng LĐ có ý kiến về “Hộ nghèo cuối kỳ” trong báo cáo năm 2024 của xã Một: Vì sao tăng?"
    ]
    [reviewer] = Notice.objects.filter(official=job.staff.district)
    assert said(reviewer).path == "/duyet/90102/2024/?o=poor"


def test_braces_in_what_people_write_are_shown_as_they_are(job: Told) -> None:
    job.send()
    row = Comment.objects.create(
        report=job.report,
        indicator=job.catalogue.poor,
        round=1,
        by=job.staff.district,
        post_label="Phòng {LĐ}",
        body="Xem {unit} và {khac}",
    )
    noticing.of_comment(row)

    assert heard(job.staff.officer)[0].endswith("Xem {unit} và {khac}")


# -- the calendar ---------------------------------------------------------------------------------


@pytest.fixture
def round_2024(job: Told) -> Deadline:
    """Opens on 1 November, due on 15 December."""
    return builders.deadline(job.places.province)


def test_opening_is_told_once_and_caught_up_with_for_a_week(job: Told, round_2024: Any) -> None:
    assert noticing.of_calendar(date(2024, 10, 31)) == 0
    assert noticing.of_calendar(date(2024, 11, 3)) == 1  # the two days before nothing ran
    assert noticing.of_calendar(date(2024, 11, 3)) == 0
    assert noticing.of_calendar(date(2024, 11, 4)) == 0

    assert told() == {"can.bo": ["opened"]}
    assert heard(job.staff.officer) == [
        "Đã mở nhập báo cáo năm 2024 của xã Một; hạn nộp 15/12/2024."
    ]


def test_opening_of_long_ago_is_no_news(job: Told, round_2024: Any) -> None:
    assert noticing.of_calendar(date(2024, 11, 9)) == 0


def test_days_left_are_told_on_their_day_only(job: Told, round_2024: Any) -> None:
    """What a standstill missed is not sent late: seven days are not six."""
    assert noticing.of_calendar(date(2024, 12, 9)) == 0
    assert noticing.of_calendar(date(2024, 12, 14)) == 1
    assert heard(job.staff.officer) == [
        "Báo cáo năm 2024 của xã Một còn 1 ngày đến hạn 15/12/2024; đã nhập 0/5 ô."
    ]


def test_days_before_are_a_setting(job: Told, round_2024: Any, settings: Any) -> None:
    settings.NOTICE_DUE_DAYS = [6]
    assert noticing.of_calendar(date(2024, 12, 9)) == 1


def test_late_units_are_told_once_and_those_above_once_a_day_with_a_number(
    job: Told, round_2024: Any
) -> None:
    """Three communes owe, one has an officer; each reviewer hears one number a day."""
    first = noticing.of_calendar(date(2024, 12, 16))
    again = noticing.of_calendar(date(2024, 12, 16))
    next_day = noticing.of_calendar(date(2024, 12, 17))

    assert (first, again, next_day) == (3, 0, 2)
    assert heard(job.staff.officer) == [
        "Báo cáo năm 2024 của xã Một đã quá hạn nộp 15/12/2024; đã nhập 0/5 ô."
    ]
    assert heard(job.staff.district) == [
        "Đến ngày 16/12/2024 có 3 đơn vị của huyện Thử Nghiệm quá hạn nộp báo cáo năm 2024.",
        "Đến ngày 17/12/2024 có 3 đơn vị của huyện Thử Nghiệm quá hạn nộp báo cáo năm 2024.",
    ]
    assert unread(job.staff.district) == 1  # yesterday's number is no news beside today's
    assert "huyen.khac" not in told()
    assert noticing.of_calendar(date(2025, 2, 1)) == 0  # not for ever


def test_extension_moves_what_is_told(job: Told, round_2024: Any) -> None:
    Deadline.objects.create(
        issuer=job.places.first,
        period="2024",
        opens_on=date(2024, 11, 1),
        due_on=date(2024, 12, 20),
    )
    noticing.of_calendar(date(2024, 12, 16))

    assert "can.bo" not in told()
    assert "có 2 đơn vị" in heard(job.staff.district)[0]


def test_who_has_sent_is_not_told_of_the_calendar(job: Told, round_2024: Any) -> None:
    builders.official("xa.hai", job.places.second)
    job.send()
    Notice.objects.all().delete()
    noticing.of_calendar(date(2024, 12, 14))

    assert told() == {"xa.hai": ["due_soon"]}


def test_calendar_costs_the_same_for_three_units_and_for_thirty(
    job: Told, round_2024: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        unit = builders.unit(f"902{n:02}", f"Xã {n}", "commune", job.places.district)
        builders.official(f"nhap.{n}", unit)
    noticing.of_calendar(date(2024, 12, 8))
    with django_assert_max_num_queries(40):
        noticing.of_calendar(date(2024, 12, 16))

    assert Notice.objects.filter(kind="overdue").count() == 31 + 2


# -- verdicts -------------------------------------------------------------------------------------


@pytest.fixture
def target(job: Told) -> Target:
    plan = Plan.objects.create(
        code="kh-9",
        kind="Kế hoạch",
        title="Kế hoạch thử",
        issuer="UBND",
        level="province",
        status="seed",
        unit=job.places.province,
    )
    return Target.objects.create(
        code="giam-ngheo",
        plan=plan,
        section="I",
        unit=job.places.province,
        scope="province",
        theme="ra-soat",
        indicator=job.catalogue.rate,
        label="Tỷ lệ hộ nghèo",
        kind="level",
        comparator="<=",
        value=10,
        unit_of_measure="%",
        year_from=2021,
        year_to=2025,
        direction="lower_is_better",
    )


@pytest.mark.parametrize(
    ("was", "verdict", "is_told"),
    [
        ("met", "on_track", True),
        ("on_track", "off_track", True),
        ("at_risk", "off_track", True),
        ("off_track", "at_risk", False),
        ("", "off_track", False),
        ("met", "no_data", False),
        ("on_track", "on_track", False),
    ],
)
def test_only_a_turn_for_the_worse_is_told(
    job: Told, target: Target, was: str, verdict: str, is_told: bool
) -> None:
    row = VerdictChange.objects.create(
        target=target, year=2024, stage=Stage.PROVISIONAL, was=was, verdict=verdict
    )
    noticing.of_verdicts([row])
    noticing.of_verdicts([row])

    assert sorted(told()) == (["duyet.tinh", "lanh.dao"] if is_told else [])


def test_turn_for_the_worse_is_told_in_the_words_of_the_pages(job: Told, target: Target) -> None:
    row = VerdictChange.objects.create(
        target=target, year=2024, stage=Stage.PROVISIONAL, was="on_track", verdict="off_track"
    )
    noticing.of_verdicts([row])

    [words] = heard(job.leader)
    assert words.startswith("Kế hoạch: “Tỷ lệ hộ nghèo” năm 2024 chuyển từ “Đúng tiến độ” sang")
    assert said(Notice.objects.first()).path == "/ke-hoach/kh-9/chi-tieu/giam-ngheo/"


# -- choices --------------------------------------------------------------------------------------


def test_table_of_kinds_is_whole() -> None:
    assert set(RULES) == set(NoticeKind.values) == set(LOOKS)


def test_choice_is_followed_and_what_must_be_seen_stays(job: Told) -> None:
    off = Way(in_app=False, mail=MailRhythm.NEVER)
    choose(ways={"approved": off, "endorsed": off, "returned": off}, by=job.staff.officer)
    NoticeChoice.objects.filter(kind="returned").update(in_app=False)  # by whatever other way
    job.send()
    job.send_back("poor")
    job.send(poor="13")
    endorse(report=job.report, by=job.staff.district)
    endorse(report=job.report, by=job.staff.province)

    rows = Notice.objects.filter(official=job.staff.officer)
    assert [(row.kind, row.in_app, row.mail) for row in rows] == [("returned", True, "never")]


def test_mail_alone_is_kept_out_of_the_app(job: Told) -> None:
    choose(ways={"submitted": Way(in_app=False, mail="weekly")}, by=job.staff.district)
    job.send()

    notice = Notice.objects.get()
    assert (notice.in_app, notice.mail, unread(job.staff.district)) == (False, "weekly", 0)


def test_unknown_choice_is_refused_whole(job: Told) -> None:
    with pytest.raises(DomainError):
        choose(
            ways={"submitted": Way(True, "never"), "opened": Way(True, "hourly")},
            by=job.staff.district,
        )
    assert not NoticeChoice.objects.exists()


def test_kinds_go_with_the_posts(job: Told) -> None:
    assert "returned" in kinds_for(job.staff.officer)
    assert "submitted" not in kinds_for(job.staff.officer)
    assert kinds_for(job.leader) == ["worsened"]


# -- pages ----------------------------------------------------------------------------------------


def signed_in(official: Any) -> Client:
    client = Client()
    client.force_login(official)
    return client


def test_page_lists_opens_and_marks_as_read(job: Told) -> None:
    job.send()
    job.send_back("poor")
    client = signed_in(job.staff.officer)
    notice = Notice.objects.get(official=job.staff.officer)

    home = client.get("/tin-bao/").content.decode()
    assert "1 tin báo chưa đọc" in home
    assert "bị trả lại 1 chỉ tiêu" in home
    looked = client.get(f"/tin-bao/{notice.pk}/")
    notice.refresh_from_db()
    assert (looked.headers["Location"], notice.read_at) == ("/bao-cao/90102/2024/", None)
    opened = client.post(f"/tin-bao/{notice.pk}/")
    notice.refresh_from_db()
    assert opened.headers["Location"] == "/bao-cao/90102/2024/"
    assert notice.read_at is not None
    assert "Không có tin báo chưa đọc" in client.get("/tin-bao/").content.decode()


def test_notice_of_somebody_else_is_not_there(job: Told) -> None:
    job.send()
    notice = Notice.objects.get()
    client = signed_in(job.stranger)

    assert client.get(f"/tin-bao/{notice.pk}/").status_code == 404
    assert client.post(f"/tin-bao/{notice.pk}/").status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_are_marked_as_read_at_once_and_only_ones_own(job: Told) -> None:
    job.send()
    endorse(report=job.report, by=job.staff.district)
    signed_in(job.staff.district).post("/tin-bao/da-doc/")

    assert (unread(job.staff.district), unread(job.staff.province)) == (0, 1)


def test_bell_counts_on_every_page(job: Told) -> None:
    client = signed_in(job.staff.district)
    assert "chưa đọc" not in client.get("/ke-hoach/").content.decode()
    job.send()
    assert "1 chưa đọc" in " ".join(client.get("/ke-hoach/").content.decode().split())


def test_choices_are_saved_from_the_page(job: Told) -> None:
    client = signed_in(job.staff.officer)
    page = client.get("/tin-bao/lua-chon/").content.decode()
    assert page.count("Luôn báo") == 3
    assert "Có báo cáo chờ duyệt" not in page
    form = {f"mail-{kind}": "never" for kind in kinds_for(job.staff.officer)}
    client.post("/tin-bao/lua-chon/", {**form, "app-opened": "on", "mail-opened": "weekly"})

    kept = {row.kind: (row.in_app, row.mail) for row in NoticeChoice.objects.all()}
    assert kept["opened"] == (True, "weekly")
    assert kept["approved"] == (False, "never")
    assert kept["returned"] == (True, "never")


def test_address_asks_for_the_password(job: Told) -> None:
    client = signed_in(job.staff.officer)
    wrong = client.post("/tin-bao/dia-chi/", {"email": "a@b.vn", "password": "khong-phai"})
    job.staff.officer.refresh_from_db()
    assert (wrong.status_code, job.staff.officer.email) == (422, "")
    assert "Mật khẩu không đúng" in wrong.content.decode()
    bad = client.post("/tin-bao/dia-chi/", {"email": "a@b@c", "password": builders.PASSWORD})
    assert bad.status_code == 422
    good = client.post("/tin-bao/dia-chi/", {"email": "a@b.vn", "password": builders.PASSWORD})
    job.staff.officer.refresh_from_db()
    assert (good.status_code, job.staff.officer.email) == (302, "a@b.vn")


def test_address_is_no_place_to_guess_a_password(job: Told) -> None:
    """Wrong tries count as at the sign-in: after five even the right password opens nothing."""
    client = signed_in(job.staff.officer)
    for _try in range(5):
        client.post("/tin-bao/dia-chi/", {"email": "a@b.vn", "password": "khong-phai"})

    client.post("/tin-bao/dia-chi/", {"email": "a@b.vn", "password": builders.PASSWORD})

    job.staff.officer.refresh_from_db()
    assert job.staff.officer.email == ""


@pytest.mark.parametrize("many", [1, 19, 150])
def test_page_of_notices_costs_the_same_however_many(
    job: Told, many: int, django_assert_num_queries: Any
) -> None:
    Notice.objects.bulk_create(
        Notice(
            official=job.staff.district,
            kind="submitted",
            key=f"submitted:{n}",
            unit=job.places.first,
            period="2024",
            told={"round": 1, "step": "submit"},
            at=timezone.now() - timedelta(minutes=n),
        )
        for n in range(many)
    )
    client = signed_in(job.staff.district)
    client.get("/tin-bao/")
    with django_assert_num_queries(9):
        page = client.get("/tin-bao/").content.decode()

    assert page.count("n-what") == min(many, 30)
    assert Y2024.label in page
