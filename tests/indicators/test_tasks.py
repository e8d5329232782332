"""Celery's side of the rollups: which queue, what limit, what is kept, who is told."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from celery import current_app, states
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import LazySettings, settings
from django.core import mail
from django_celery_results.models import TaskResult

from indicators import rollups, tasks
from indicators.models import Audit
from tests.builders import Places

ROW = {
    "unit": "90102",
    "unit_name": "Xã Một",
    "indicator": "poor",
    "indicator_name": "Hộ nghèo cuối kỳ",
    "stage": "provisional",
    "stored": "14 (1+0)",
    "recomputed": "",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("indicators.drain_recompute_queue", "rollups"),
        ("indicators.audit_rollups", "rollups"),
        ("reports.annexes.make", "annexes"),
        ("reports.notices.remind", "notices"),
        ("celery.backend_cleanup", "rollups"),
    ],
)
def test_task_goes_to_the_queue_of_its_kind_alone(name: str, kind: str) -> None:
    """Queues that shared an exchange and a key would each be sent a copy."""
    queue = current_app.amqp.router.route({}, name)["queue"]

    assert (queue.name, queue.exchange.name, queue.routing_key) == (kind, kind, kind)


def test_every_task_is_asked_to_stop_before_it_is_stopped_and_before_it_is_given_out_again() -> (
    None
):
    current_app.loader.import_default_modules()
    limits = {(task.soft_time_limit, task.time_limit) for task in current_app.tasks.values()}

    assert limits == {(600, 660), (900, 960), (60, 120)}  # sums, annexes, notices
    longest = max(settings.TASK_SECONDS.values()) + settings.TASK_GRACE_SECONDS
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > longest


def test_drain_that_runs_out_of_time_has_another_one_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def run_out() -> int:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(rollups, "drain", run_out)
    monkeypatch.setattr(tasks, "soon", lambda: sent.append("again"))

    assert tasks.drain_recompute_queue() == 0
    assert tasks.sweep_recompute_queue() == 0
    assert sent == ["again", "again"]


# -- what is kept ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "kept"),
    [(states.FAILURE, 1), (states.SUCCESS, 0), (states.REVOKED, 0), (states.RETRY, 0)],
)
def test_only_failures_are_kept(state: str, kept: int) -> None:
    """An expired message is “revoked”: thousands of them would be thousands of rows."""
    current_app.backend.store_result("one", ValueError("why"), state)

    assert TaskResult.objects.count() == kept


# -- who is told of figures that differ -----------------------------------------------------------


@pytest.fixture
def found(places: Places, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """What the next audit finds."""
    audit = Audit(unit=places.province, period="2024", checked=120, differing=1, rows=[ROW])
    monkeypatch.setattr(tasks, "audit_next", lambda: audit)
    return audit


def test_administrators_are_mailed_the_figures_that_differ(
    found: Audit, settings: LazySettings
) -> None:
    settings.ADMINS = [("quan.tri", "quantri@example.vn")]

    assert tasks.audit_rollups() == 1

    (letter,) = mail.outbox
    assert letter.to == ["quantri@example.vn"]
    assert letter.subject == (
        "[giảm nghèo] 1 of 120 figures of Tỉnh Thử Nghiệm, 2024, differ from the facts"
    )
    assert "90102 poor provisional: stored 14 (1+0), the facts give nothing" in letter.body
    assert settings.SECRET_KEY not in letter.body


def test_nobody_is_mailed_without_addresses_but_the_log_says_it(
    found: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    assert tasks.audit_rollups() == 1

    assert mail.outbox == []
    (record,) = [row for row in caplog.records if row.name == "indicators.audit"]
    assert record.levelname == "ERROR"
    assert "90102 poor provisional" in record.getMessage()


def test_nobody_is_told_when_nothing_differs(
    found: Audit, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ADMINS = [("quan.tri", "quantri@example.vn")]
    found.differing = 0

    assert tasks.audit_rollups() == 0

    assert mail.outbox == []
    assert [row for row in caplog.records if row.name == "indicators.audit"] == []


def test_dead_mail_server_does_not_fail_the_audit(found: Audit, settings: LazySettings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        settings.ADMINS = [("quan.tri", "quantri@example.vn")]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = nobody.getsockname()

        assert tasks.audit_rollups() == 1


def test_figures_that_differ_are_added_up_at_once(
    found: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit marks them; without a beat nobody else would look."""
    sent: list[Any] = []
    monkeypatch.setattr(tasks, "soon", lambda: sent.append("drain"))

    tasks.audit_rollups()

    assert sent == ["drain"]
