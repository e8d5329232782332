"""The operations page: what waits, what was checked, what failed, and trying again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine
from celery import current_app, states
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_results.models import TaskResult

from communes.enums import Role
from communes.models import Unit
from indicators import rollups, tasks
from indicators.models import Audit, Recompute
from reports.operations import decisions, pages
from tests import builders
from tests.builders import Catalogue, Places

pytestmark = pytest.mark.django_db

HOME = "/van-hanh/"
TOO_LARGE = "Có số quá lớn, không cộng được."
ROW = {
    "unit": "90102",
    "unit_name": "Xã Một",
    "indicator": "poor",
    "indicator_name": "Hộ nghèo cuối kỳ",
    "stage": "provisional",
    "stored": "14 (1+0)",
    "recomputed": "13 (1+0)",
}


@pytest.fixture
def administrator(client: Client, places: Places) -> Client:
    client.force_login(builders.official("quan.tri", places.province, Role.ADMINISTRATOR))
    return client


def text(client: Client, address: str = HOME) -> str:
    """What a person reads on the page, in one line."""
    answer = client.get(address)
    assert answer.status_code == 200
    return words(answer.content.decode())


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def press(client: Client, address: str) -> str:
    """Press a button; what the page says then."""
    answer = client.post(address, follow=True)
    assert answer.redirect_chain == [(HOME, 302)]
    return words(answer.content.decode())


def mark(unit: Unit | None, period: str = "2024", problem: str = "", minutes: int = 0) -> Recompute:
    since = timezone.now() - timedelta(minutes=minutes)
    return Recompute.objects.create(unit=unit, period=period, problem=problem, marked_at=since)


def audit(unit: Unit, differing: int = 0, checked: int = 120, **more: Any) -> Audit:
    rows = [ROW] * differing
    return Audit.objects.create(
        unit=unit,
        **{"period": "2024", "checked": checked, "differing": differing, "rows": rows, **more},
    )


def failure(
    name: str = "indicators.drain_recompute_queue", error: str = "boom", **more: str
) -> TaskResult:
    """As the worker stores it: the arguments as JSON of their Python text."""
    return TaskResult.objects.create(
        task_id=f"t{TaskResult.objects.count()}",
        task_name=name,
        **{
            "task_args": '"()"',
            "task_kwargs": '"{}"',
            "status": states.FAILURE,
            "result": f'{{"exc_type": "ValueError", "exc_message": ["{error}"]}}',
            "traceback": 'Traceback (most recent call last):\n  File "secret.py"',
            **more,
        },
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Tasks that are sent, in place of running them."""
    calls: list[tuple[Any, ...]] = []

    def keep(self: Any, args: Any = None, kwargs: Any = None, **_options: Any) -> None:
        calls.append((self.name, args, kwargs))

    monkeypatch.setattr("celery.app.task.Task.apply_async", keep)
    return calls


# -- the queue ------------------------------------------------------------------------------------


def test_empty_system_says_that_nothing_is_to_be_done(administrator: Client) -> None:
    shown = text(administrator)

    assert "Vận hành: không có việc gì cần xử lý" in shown
    assert "Số tổng hợp đã tính xong, không có gì chờ" in shown
    assert "Chưa tự kiểm lần nào" in shown
    assert "Không có việc chạy ngầm nào bị lỗi" in shown


def test_queue_counts_units_once_and_whole_periods(administrator: Client, places: Places) -> None:
    for unit in (places.first, places.first, places.second):
        mark(unit)
    mark(places.first, "2023")
    mark(None, "2022")

    queue = pages.home().queue

    assert [(row.period, row.units, row.is_whole) for row in queue.rows] == [
        ("năm 2022", 0, True),
        ("năm 2023", 1, False),
        ("năm 2024", 2, False),
    ]
    assert "1 kỳ chờ tính lại toàn bộ, 3 đơn vị chờ tính lại" in text(administrator)


def test_mark_for_every_period_is_named(administrator: Client, places: Places) -> None:
    mark(None, "")

    assert "Mọi kỳ toàn bộ" in text(administrator)


def test_queue_that_nobody_works_on_says_so_after_five_minutes(
    administrator: Client, places: Places
) -> None:
    waiting = mark(places.first, minutes=4)
    assert "Kiểm tra tiến trình worker" not in text(administrator)

    Recompute.objects.filter(pk=waiting.pk).update(marked_at=timezone.now() - timedelta(minutes=6))

    assert "chờ đã 6 phút" in text(administrator)
    assert "Kiểm tra tiến trình worker" in text(administrator)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 giây"),
        (1, "1 phút"),
        (59, "59 phút"),
        (60, "1 giờ"),
        (1439, "23 giờ"),
        (2900, "2 ngày"),
    ],
)
def test_age_of_the_oldest_mark_is_said_in_one_unit(
    places: Places, minutes: int, said: str
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        mark(places.first, minutes=minutes)

        assert pages.home().queue.age == said


def test_mark_with_a_problem_is_shown_apart_with_its_sentence(
    administrator: Client, places: Places
) -> None:
    mark(places.first, problem=TOO_LARGE)
    mark(places.second)

    shown = text(administrator)

    assert "Vận hành: 1 việc cần xử lý" in shown
    assert "1 đơn vị chờ tính lại" in shown
    assert f"Xã Một năm 2024 Lỗi {TOO_LARGE}" in shown


def test_mark_with_a_problem_is_tried_again(
    administrator: Client,
    places: Places,
    sent: list[tuple[Any, ...]],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    stuck = mark(places.first, problem=TOO_LARGE)

    with django_capture_on_commit_callbacks(execute=True):
        assert "Đã đưa vào hàng chờ tính lại." in press(
            administrator, f"{HOME}tinh-lai/{stuck.pk}/"
        )

    stuck.refresh_from_db()
    assert stuck.problem == ""
    assert [name for name, *_ in sent] == ["indicators.drain_recompute_queue"]
    with django_capture_on_commit_callbacks(execute=True):
        assert "đã được xử lý" in press(administrator, f"{HOME}tinh-lai/{stuck.pk}/")
    assert len(sent) == 1


# -- the self-check -------------------------------------------------------------------------------


def test_headline_adds_up_the_latest_check_of_every_part(
    administrator: Client, places: Places
) -> None:
    audit(places.province, differing=2, checked=100, seen_by=builders.official("ai"))
    audit(places.province, differing=0, checked=110)
    audit(places.province, differing=0, checked=1000, period="2023")

    assert "0 trên 1.110 số lệch so với số liệu gốc" in text(administrator)


def test_check_that_found_something_is_an_alert_with_its_rows_until_seen(
    administrator: Client, places: Places
) -> None:
    found = audit(places.province, differing=1)

    shown = text(administrator)
    assert "1 trên 120 số lệch: Tỉnh Thử Nghiệm, năm 2024" in shown
    assert "Xã Một tạm tính Hộ nghèo cuối kỳ lưu 14 (1+0) cộng lại 13 (1+0)" in shown

    assert "Đã ghi nhận là đã xem." in press(administrator, f"{HOME}tu-kiem/{found.pk}/da-xem/")
    found.refresh_from_db()
    assert found.seen_by is not None
    assert found.seen_by.username == "quan.tri"
    assert "Hộ nghèo cuối kỳ" not in text(administrator)
    again = press(administrator, f"{HOME}tu-kiem/{found.pk}/da-xem/")
    assert "Cảnh báo này đã có người xem." in again


def test_every_page_of_an_administrator_has_a_band_until_the_alert_is_seen(
    administrator: Client, places: Places
) -> None:
    def has_band() -> bool:
        return "Có số tổng hợp lệch" in administrator.get("/ke-hoach/").content.decode()

    assert not has_band()
    audit(places.province)
    assert not has_band()
    found = audit(places.province, differing=1)
    assert has_band()
    press(administrator, f"{HOME}tu-kiem/{found.pk}/da-xem/")
    assert not has_band()


def test_band_costs_nobody_else_a_query(places: Places) -> None:
    client = Client()
    client.force_login(builders.official("lanh.dao", places.province, Role.LEADER))
    audit(places.province, differing=1)

    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/ke-hoach/")

    assert "Có số tổng hợp lệch" not in answer.content.decode()
    assert [query for query in asked if "indicators_audit" in query["sql"]] == []


def test_check_is_run_now_when_asked_for(
    administrator: Client, sent: list[tuple[Any, ...]]
) -> None:
    assert "Đã yêu cầu tự kiểm" in press(administrator, f"{HOME}tu-kiem/")

    assert [name for name, *_ in sent] == ["indicators.audit_rollups"]


# -- what failed ----------------------------------------------------------------------------------


def test_failed_task_is_shown_once_a_call_without_its_stack_trace(administrator: Client) -> None:
    failure(error="first")
    failure(error=r"second\nand its last line")
    failure("reports.annexes.make", task_args="\"(7, '2024')\"")
    failure("reports.annexes.make", status=states.SUCCESS)

    page = administrator.get(HOME).content.decode()
    shown = words(page)

    assert "2 việc chạy ngầm bị lỗi" in shown
    assert "Tính lại số tổng hợp indicators.drain_recompute_queue 2 lần" in shown
    assert "ValueError: and its last line" in shown
    assert "reports.annexes.make (7, '2024')" in shown.replace("&#x27;", "'")
    assert "Traceback" not in page
    assert "secret.py" not in page


def test_failed_task_is_sent_again_once_with_its_arguments(
    administrator: Client, sent: list[tuple[Any, ...]]
) -> None:
    older = failure(task_args="\"(1, 'năm')\"", task_kwargs="\"{'seconds': 3}\"")
    other = failure(task_args='"(2,)"')
    newer = failure(task_args="\"(1, 'năm')\"", task_kwargs="\"{'seconds': 3}\"")

    assert "Đã gửi lại việc này." in press(administrator, f"{HOME}viec/{newer.pk}/gui-lai/")

    assert sent == [("indicators.drain_recompute_queue", (1, "năm"), {"seconds": 3})]
    assert "1 việc chạy ngầm bị lỗi" in text(administrator)
    for one, state in ((older, "RETRY"), (newer, "RETRY"), (other, "FAILURE")):
        one.refresh_from_db()
        assert one.status == state
    assert '"by": "quan.tri"' in newer.meta
    assert "đã được gửi lại" in press(administrator, f"{HOME}viec/{newer.pk}/gui-lai/")
    assert len(sent) == 1


def test_failure_that_came_after_the_page_was_made_stays(
    administrator: Client, sent: list[tuple[Any, ...]]
) -> None:
    shown, newer = failure(), failure()

    press(administrator, f"{HOME}viec/{shown.pk}/bo-qua/")

    newer.refresh_from_db()
    assert newer.status == states.FAILURE


def test_failed_task_that_is_dismissed_leaves_the_list_and_is_not_sent(
    administrator: Client, sent: list[tuple[Any, ...]]
) -> None:
    failed = failure()

    assert "Đã bỏ qua việc này." in press(administrator, f"{HOME}viec/{failed.pk}/bo-qua/")

    assert "Không có việc chạy ngầm nào bị lỗi" in text(administrator)
    assert "đã được gửi lại hoặc bỏ qua" in press(administrator, f"{HOME}viec/{failed.pk}/gui-lai/")
    assert sent == []


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"name": "reports.gone"}, "không có việc này nữa"),
        ({"task_args": '"(1, \'..."'}, "Không đọc lại được tham số"),  # cut: it was too long
        ({"task_args": '"(<object>,)"'}, "Không đọc lại được tham số"),
        ({"task_args": '"__import__(1)"'}, "Không đọc lại được tham số"),
    ],
)
def test_failed_task_that_cannot_be_sent_again_stays(
    administrator: Client,
    sent: list[tuple[Any, ...]],
    stored: dict[str, str],
    said: str,
) -> None:
    failed = failure(**stored)

    assert said in press(administrator, f"{HOME}viec/{failed.pk}/gui-lai/")

    assert sent == []
    failed.refresh_from_db()
    assert failed.status == states.FAILURE


def test_failed_task_stays_while_the_broker_is_away(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise redis.exceptions.ConnectionError("nobody there")

    monkeypatch.setattr("celery.app.task.Task.apply_async", refuse)
    failed = failure()

    assert "Redis) không trả lời" in press(administrator, f"{HOME}viec/{failed.pk}/gui-lai/")

    failed.refresh_from_db()
    assert failed.status == states.FAILURE


def test_page_works_without_the_table_of_failures(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(pages, "_read_failures", refuse)

    assert "Không đọc được danh sách việc lỗi" in text(administrator)


# -- embedded: no broker, no worker ---------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise ZeroDivisionError("a fault of the program")

    monkeypatch.setattr(rollups, "drain", fail)


def test_recompute_that_fails_in_the_process_is_on_the_page_and_is_tried_again(
    administrator: Client,
    places: Places,
    catalogue: Catalogue,
    broken: None,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        builders.told(places.first, {catalogue.poor: "5"})

    assert "ZeroDivisionError: a fault of the program" in text(administrator)
    (failed,) = TaskResult.objects.all()
    assert failed.task_name == "indicators.drain_recompute_queue"

    press(administrator, f"{HOME}viec/{failed.pk}/gui-lai/")  # fails again: a failure of its own
    assert list(TaskResult.objects.order_by("pk").values_list("status", flat=True)) == [
        "RETRY",
        "FAILURE",
    ]

    monkeypatch.undo()
    newest = TaskResult.objects.latest("pk")
    press(administrator, f"{HOME}viec/{newest.pk}/gui-lai/")
    assert not TaskResult.objects.filter(status=states.FAILURE).exists()
    assert not Recompute.objects.exists()


def test_recompute_that_fails_fails_nothing_though_it_cannot_be_stored(
    broken: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(TaskResult.objects, "store_result", refuse)

    tasks.soon()

    assert not TaskResult.objects.exists()


def test_task_that_succeeds_leaves_no_row(db: None) -> None:
    tasks.soon()
    tasks.audit_rollups.delay()

    assert not TaskResult.objects.exists()


# -- the page as a whole --------------------------------------------------------------------------


def test_page_asks_the_same_number_of_queries_however_much_there_is(
    administrator: Client, places: Places
) -> None:
    def fill(times: int) -> None:
        for number in range(times):
            mark(places.first, f"20{10 + number}")
            mark(places.second, problem=TOO_LARGE)
            audit(places.province, differing=1, period=f"20{10 + number}")
            failure(task_args=f'"({number},)"')

    fill(1)
    with CaptureQueriesContext(connection) as few:
        administrator.get(HOME)
    fill(9)
    with CaptureQueriesContext(connection) as many:
        administrator.get(HOME)

    assert len(few) == len(many)
    assert len(few) <= 21


def test_page_is_only_for_administrators_of_the_whole_system(places: Places) -> None:
    person = builders.official("huyen", places.district, Role.ADMINISTRATOR)
    client = Client()
    client.force_login(person)

    assert client.get(HOME).status_code == 403
    assert client.post(f"{HOME}tu-kiem/").status_code == 403


def test_buttons_do_nothing_on_get(administrator: Client, places: Places) -> None:
    found = audit(places.province, differing=1)

    for address in ("tinh-lai/1/", "tu-kiem/", f"tu-kiem/{found.pk}/da-xem/", "viec/1/gui-lai/"):
        assert administrator.get(HOME + address).status_code == 405

    found.refresh_from_db()
    assert found.seen_by is None


def test_every_task_is_named_in_the_words_of_the_page(db: None) -> None:
    current_app.loader.import_default_modules()
    ours = [name for name in current_app.tasks if name.startswith(("indicators.", "reports."))]

    assert len(ours) >= 3
    assert [name for name in ours if pages._label(name) == name] == []


def test_arguments_come_back_as_they_went() -> None:
    assert decisions._arguments(None, ()) == ()
    assert decisions._arguments('[1, "xã"]', ()) == [1, "xã"]
    assert decisions._arguments("\"(1, 'xã', None, [2.5])\"", ()) == (1, "xã", None, [2.5])
