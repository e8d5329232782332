"""Letters: which notices leave when, through a real SMTP line. Source: issue 6, point 7."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Official
from povertyplan.celery import app
from reports import tasks
from reports.models import Letter, Notice
from reports.noticing import posting
from reports.noticing.letters import MOST_A_DAY, make_letters
from reports.noticing.posting import PAUSES, send_letters
from tests import builders
from tests.reports.noticed import Told, country
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02T08:00:00+07:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def point_to(settings: Any, sink: Sink) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_TIMEOUT = 1
    settings.SITE_URL = "https://giamngheo.example"


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    made = Sink()
    point_to(settings, made)
    yield made
    made.close()


@pytest.fixture
def job(db: None) -> Told:
    made = country()
    for one in Official.objects.all():
        one.email = f"{one.username}@giamngheo.example"
        one.save()
    made.staff.officer.refresh_from_db()
    return made


def notice(official: Official, kind: str, mail: str, when: datetime, n: int = 0) -> Notice:
    return Notice.objects.create(
        official=official,
        kind=kind,
        key=f"{kind}:{n}:{Notice.objects.count()}",
        unit=builders.Unit.objects.get(code="90102"),
        period="2024",
        told={"count": 1, "figures": ["Hộ nghèo"], "round": 1, "tier": "Tỉnh"},
        mail=mail,
        at=when,
    )


def post(moment: datetime) -> int:
    make_letters(moment)
    return send_letters(moment)


# -- what leaves when -----------------------------------------------------------------------------


def test_letter_of_a_returned_report_arrives_over_a_real_line(job: Told, sink: Sink) -> None:
    job.send()
    job.send_back("poor", "escaped")

    assert post(timezone.now()) == 0  # others like it are waited for
    assert post(timezone.now() + timedelta(minutes=4)) == 1

    [letter] = sink.letters
    assert letter["To"] == "can.bo@giamngheo.example"
    assert letter["Subject"].strip() == "Báo cáo năm 2024 bị trả lại 2 chỉ tiêu"
    assert letter["Message-ID"] == Letter.objects.get().message_id
    assert letter["List-Unsubscribe"] == "<https://giamngheo.example/tin-bao/lua-chon/>"
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    rich = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for said in (plain, rich):
        assert (
            "bị trả lại 2 chỉ tiêu: Hộ thoát nghèo (“Xem lại.”); Hộ nghèo cuối kỳ (“Xem lại.”)."
            in said
        )
        assert "https://giamngheo.example/bao-cao/90102/2024/" in said
        assert "Gấp trong tuần" in said
    assert "Kính gửi đồng chí can.bo," in plain


def test_letter_leaves_once(job: Told, sink: Sink) -> None:
    notice(job.staff.officer, "returned", "now", at(MONDAY))
    later = at(MONDAY) + timedelta(minutes=4)

    assert [post(later), post(later), post(later + timedelta(days=1))] == [1, 0, 0]
    assert len(sink.letters) == 1


def test_notices_of_a_few_minutes_go_together(job: Told, sink: Sink) -> None:
    start = at(MONDAY)
    for n in range(3):
        notice(job.staff.officer, "returned", "now", start + timedelta(minutes=n), n)

    assert post(start + timedelta(minutes=4)) == 1
    assert sink.letters[0]["Subject"].strip() == "3 tin mới về báo cáo giảm nghèo"


@pytest.mark.parametrize(
    ("rhythm", "leaves"),
    [
        ("daily", "2026-03-03T07:00:00+07:00"),  # Tuesday
        ("weekly", "2026-03-09T07:00:00+07:00"),  # the next Monday
    ],
)
def test_digests_leave_at_seven(job: Told, sink: Sink, rhythm: str, leaves: str) -> None:
    """Written on Monday at eight, an hour after the week's digest."""
    notice(job.staff.officer, "approved", rhythm, at(MONDAY))

    assert post(at(leaves) - timedelta(minutes=1)) == 0
    assert post(at(leaves)) == 1


def test_beat_that_slept_over_seven_sends_the_digest_when_it_wakes(job: Told, sink: Sink) -> None:
    notice(job.staff.officer, "approved", "daily", at(MONDAY))
    assert post(at("2026-03-03T16:20:00+07:00")) == 1


def test_one_letter_carries_the_days_and_the_weeks_news(job: Told, sink: Sink) -> None:
    notice(job.staff.officer, "approved", "daily", at(MONDAY), 1)
    notice(job.staff.officer, "endorsed", "weekly", at(MONDAY), 2)
    assert post(at("2026-03-09T07:01:00+07:00")) == 1


def test_what_was_read_or_must_not_be_mailed_does_not_leave(job: Told, sink: Sink) -> None:
    read = notice(job.staff.officer, "returned", "now", at(MONDAY))
    Notice.objects.filter(pk=read.pk).update(read_at=at(MONDAY))
    notice(job.staff.officer, "endorsed", "never", at(MONDAY))
    assert post(at(MONDAY) + timedelta(hours=1)) == 0


def test_beyond_the_days_letters_news_waits_for_the_morning(job: Told, sink: Sink) -> None:
    start = at(MONDAY)
    for n in range(MOST_A_DAY + 2):
        moment = start + timedelta(minutes=10 * n)
        notice(job.staff.officer, "returned", "now", moment, n)
        post(moment + timedelta(minutes=4))
    assert len(sink.letters) == MOST_A_DAY

    assert post(at("2026-03-03T07:00:00+07:00")) == 1
    assert sink.letters[-1]["Subject"].strip() == "2 tin mới về báo cáo giảm nghèo"


def test_without_an_address_nothing_waits_to_flood_it_later(job: Told, sink: Sink) -> None:
    officer = job.staff.officer
    officer.email = ""
    officer.save()
    notice(officer, "returned", "now", at(MONDAY))
    assert post(at(MONDAY) + timedelta(hours=1)) == 0
    officer.email = "can.bo@giamngheo.example"
    officer.save()
    assert post(at(MONDAY) + timedelta(hours=2)) == 0


def test_server_that_is_named_later_does_not_send_old_news(job: Told, sink: Sink) -> None:
    notice(job.staff.officer, "returned", "now", at(MONDAY))
    assert post(at(MONDAY) + timedelta(days=9)) == 0


def test_demo_mails_nobody(job: Told, sink: Sink, settings: Any) -> None:
    settings.DEMO_MODE = True
    notice(job.staff.officer, "returned", "now", at(MONDAY))
    assert post(at(MONDAY) + timedelta(hours=1)) == 0
    assert (sink.connections, Letter.objects.count()) == (0, 0)


def test_command_tells_and_sends_without_a_worker(job: Told, sink: Sink) -> None:
    builders.deadline(job.places.province)
    said = StringIO()
    with time_machine.travel("2024-12-08T08:00:00+07:00", tick=False):
        call_command("send_notices", stdout=said)
    with time_machine.travel("2024-12-09T08:00:00+07:00", tick=False):
        call_command("send_notices", stdout=said)

    assert said.getvalue().splitlines() == [
        "1 tin mới, 0 thư mới, 0 thư đã gửi.",
        "0 tin mới, 1 thư mới, 1 thư đã gửi.",
    ]


# -- what servers do ------------------------------------------------------------------------------


def letters_for(job: Told, n: int) -> None:
    for k in range(n):
        person = builders.official(f"nguoi.{k}", job.places.first)
        person.email = f"nguoi.{k}@giamngheo.example"
        person.save()
        notice(person, "returned", "now", at(MONDAY), k)
    make_letters(at(MONDAY) + timedelta(minutes=4))


def test_server_that_never_answers_costs_one_timeout_and_one_try(job: Told, settings: Any) -> None:
    dead = Sink(answers=False)
    point_to(settings, dead)
    letters_for(job, 20)

    began = time.monotonic()
    assert send_letters(at(MONDAY) + timedelta(minutes=5)) == 0
    assert time.monotonic() - began < 5
    dead.close()

    tried = Letter.objects.get(attempts=1)
    assert "timed out" in tried.problem.lower()
    assert tried.next_try_at == at(MONDAY) + timedelta(minutes=5) + PAUSES[0]
    assert Letter.objects.filter(attempts=0).count() == 19


def test_step_never_waits_for_the_mail_server(job: Told, settings: Any) -> None:
    """Sending and returning a report writes rows; no line is opened to a server that is dead."""
    dead = Sink(answers=False)
    point_to(settings, dead)
    job.send()
    job.send_back("poor")
    dead.close()

    assert (dead.connections, Notice.objects.count()) == (0, 2)


def test_address_that_is_refused_holds_up_no_other(job: Told, settings: Any) -> None:
    picky = Sink(refuses=["nguoi.0@"])
    point_to(settings, picky)
    letters_for(job, 3)

    assert send_letters(at(MONDAY) + timedelta(minutes=5)) == 2
    picky.close()
    assert "550" in Letter.objects.get(sent_at=None).problem


def test_pauses_grow_until_the_letter_is_given_up_and_can_be_sent_again(
    job: Told, settings: Any
) -> None:
    picky = Sink(refuses=["nguoi.0@"])
    point_to(settings, picky)
    letters_for(job, 1)
    moment = at(MONDAY) + timedelta(minutes=5)
    for pause in PAUSES:
        assert send_letters(moment) == 0
        assert send_letters(moment + pause / 2) == 0  # not before its pause is over
        moment += pause
    letter = Letter.objects.get()
    assert (letter.attempts, letter.given_up_at is None) == (len(PAUSES), False)
    drawn = letter.message_id

    picky.refuses = []
    assert posting.send_again(letter.pk)
    assert send_letters(timezone.now() + timedelta(minutes=1)) == 1
    picky.close()
    assert picky.letters[0]["Message-ID"] == drawn


def test_sender_that_died_half_way_sends_the_same_letter_again(
    job: Told, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the server took it and before it was noted: the reader's program sees one."""
    letters_for(job, 1)
    moment = at(MONDAY) + timedelta(minutes=5)
    real = posting.message_of

    def die(letter: Letter, connection: Any = None) -> Any:
        message = real(letter, connection)
        message.send()
        raise SystemExit

    monkeypatch.setattr(posting, "message_of", die)
    with pytest.raises(SystemExit):
        send_letters(moment)
    monkeypatch.setattr(posting, "message_of", real)
    assert send_letters(moment + timedelta(seconds=30)) == 0
    assert send_letters(moment + PAUSES[0]) == 1

    assert len({letter["Message-ID"] for letter in sink.letters}) == 1


# -- wiring ---------------------------------------------------------------------------------------


def test_tasks_have_their_own_queue_and_their_place_on_the_beat(settings: Any) -> None:
    current_app.loader.import_default_modules()
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    own = {name for name in current_app.tasks if name.startswith("reports.notices.")}
    assert own == {name for name in names if name.startswith("reports.notices.")}
    for name in own:
        assert app.amqp.router.route({}, name)["queue"].name == "notices"
        assert current_app.tasks[name].soft_time_limit == settings.TASK_SECONDS["notices"]
    assert app.conf.timezone == "Asia/Ho_Chi_Minh"


def test_task_makes_and_sends(job: Told, sink: Sink) -> None:
    notice(job.staff.officer, "returned", "now", timezone.now() - timedelta(minutes=4))
    assert tasks.send_letters() == 1


def test_operations_page_shows_what_waits_and_sends_again(
    job: Told, sink: Sink, settings: Any
) -> None:
    letters_for(job, 2)
    first, second = Letter.objects.order_by("pk")
    now = timezone.now()
    Letter.objects.filter(pk=first.pk).update(given_up_at=now, problem="SMTPRecipientsRefused: 550")
    Letter.objects.filter(pk=second.pk).update(attempts=1, problem="TimeoutError: timed out")
    client = Client()
    client.force_login(builders.official("quan.tri", job.places.province, Role.ADMINISTRATOR))

    page = client.get("/van-hanh/").content.decode()
    assert "1 việc cần xử lý" in page
    assert "1 thư không gửi được" in page
    assert "SMTPRecipientsRefused: 550" in page
    assert "TimeoutError: timed out" in page
    answer = client.post(f"/van-hanh/thu/{first.pk}/gui-lai/", follow=True)
    assert "Đã đưa thư vào hàng chờ gửi." in answer.content.decode()
    assert (
        "Thư này đã được gửi lại."
        in client.post(f"/van-hanh/thu/{first.pk}/gui-lai/", follow=True).content.decode()
    )
