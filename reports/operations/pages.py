"""What the operations page shows: the queue, the self-checks, what failed. Reads only."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import states
from django.db import DatabaseError
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_results.models import TaskResult

from indicators.enums import Stage
from indicators.models import Audit, Recompute
from indicators.periods import Period
from reports.operations.letters import Letters, letters

logger = logging.getLogger(__name__)

SHOWN = 50
"""Rows of a list; more than these are counted only."""
LATE = timedelta(minutes=5)
"""A mark older than this waits for a worker that is not there: the beat comes every minute."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one period: `units`, and whether all of them do."""

    period: str
    units: int
    is_whole: bool
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """A mark whose recompute failed."""

    mark: int
    unit: str
    period: str
    problem: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    rows: list[Waiting]
    stuck: list[Stuck]
    stuck_total: int

    @property
    def units(self) -> int:
        return sum(row.units for row in self.rows)

    @property
    def periods(self) -> int:
        """Whole periods that wait."""
        return sum(row.is_whole for row in self.rows)

    @property
    def oldest(self) -> datetime | None:
        return min((row.oldest for row in self.rows), default=None)

    @property
    def age(self) -> str:
        """How long the oldest has waited, in the largest unit that makes one or more."""
        waited = timezone.now() - (self.oldest or timezone.now())
        if waited >= timedelta(days=1):
            return _("{n} ngày").format(n=waited.days)
        if waited >= timedelta(hours=1):
            return _("{n} giờ").format(n=waited.seconds // 3600)
        if waited >= timedelta(minutes=1):
            return _("{n} phút").format(n=waited.seconds // 60)
        return _("{n} giây").format(n=max(waited.seconds, 0))

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and self.oldest < timezone.now() - LATE


@dataclass(frozen=True, slots=True)
class Differing:
    """One figure that a self-check found wrong."""

    unit: str
    indicator: str
    stage: str
    stored: str
    recomputed: str


@dataclass(frozen=True, slots=True)
class Check:
    """One self-check: of `checked` figures of a unit and all below it, `differing` were wrong."""

    audit: int
    unit: str
    period: str
    at: datetime
    checked: int
    differing: int
    seconds: float
    rows: list[Differing]


@dataclass(frozen=True, slots=True)
class Checks:
    """`checked` and `differing` are sums over the latest check of every part."""

    parts: int
    checked: int
    differing: int
    newest: datetime | None
    oldest: datetime | None
    latest: list[Check]
    alerts: list[Check]


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed, `times` times with the same arguments."""

    failure: int
    label: str
    name: str
    arguments: str
    times: int
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Failures:
    """`is_known` is False while the table of failures cannot be read."""

    rows: list[Failure]
    total: int
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    queue: Queue
    checks: Checks
    failures: Failures
    letters: Letters

    @property
    def to_do(self) -> int:
        """Things somebody has to look at."""
        failed = self.failures.total + self.letters.given_up_total
        return self.queue.stuck_total + len(self.checks.alerts) + failed


def home() -> Page:
    """The whole page, in a fixed number of queries."""
    return Page(_queue(), _checks(), _failures(), letters())


def _period(code: str) -> str:
    """Its name; the code itself where that is none, so that one bad row hides no others."""
    try:
        return Period.parse(code).label if code else _("Mọi kỳ")
    except ValueError:
        return code


# -- the queue ------------------------------------------------------------------------------------


def _queue() -> Queue:
    waiting = (
        Recompute.objects.filter(problem="")
        .values("period")
        .annotate(
            units=Count("unit", distinct=True),
            whole=Count("pk", filter=Q(unit=None)),
            oldest=Min("marked_at"),
        )
        .order_by("period")
    )
    rows = [
        Waiting(_period(row["period"]), row["units"], row["whole"] > 0, row["oldest"])
        for row in waiting
    ]
    failed = Recompute.objects.exclude(problem="")
    return Queue(rows, [_stuck(row) for row in _some(failed, "unit")], failed.count())


def _some(marks: Any, *related: str) -> list[Any]:
    return list(marks.select_related(*related).order_by("-pk")[:SHOWN])


def _stuck(mark: Recompute) -> Stuck:
    unit = mark.unit.name if mark.unit else _("Cả kỳ")
    return Stuck(mark.pk, unit, _period(mark.period), mark.problem, mark.marked_at)


# -- the self-check -------------------------------------------------------------------------------


def _checks() -> Checks:
    latest = Audit.objects.order_by().values("unit", "period").annotate(last=Max("pk"))
    told = Audit.objects.filter(pk__in=latest.values("last")).aggregate(
        parts=Count("pk"),
        checked=Sum("checked", default=0),
        differing=Sum("differing", default=0),
        newest=Max("at"),
        oldest=Min("at"),
    )
    unseen = Audit.objects.filter(differing__gt=0, seen_by=None)
    return Checks(
        **told,
        latest=[_check(row) for row in _some(Audit.objects.all(), "unit")[:10]],
        alerts=[_check(row) for row in _some(unseen, "unit")],
    )


def _check(audit: Audit) -> Check:
    return Check(
        audit=audit.pk,
        unit=audit.unit.name,
        period=_period(audit.period),
        at=audit.at,
        checked=audit.checked,
        differing=audit.differing,
        seconds=audit.seconds,
        rows=[_differing(row) for row in audit.rows or () if isinstance(row, dict)],
    )


def _differing(row: dict[str, Any]) -> Differing:
    """What is absent of a row stays open: it may be of another release."""
    stage = row.get("stage") or ""
    return Differing(
        unit=row.get("unit_name") or "–",
        indicator=row.get("indicator_name") or "–",
        stage=str(Stage(stage).label) if stage in Stage.values else stage,
        stored=row.get("stored") or "–",
        recomputed=row.get("recomputed") or "–",
    )


# -- what failed ----------------------------------------------------------------------------------


def _failures() -> Failures:
    """Failed tasks, one row a call, the newest first."""
    try:
        return _read_failures()
    except DatabaseError:
        logger.exception("the failed tasks cannot be read")
        return Failures([], 0, is_known=False)


def _read_failures() -> Failures:
    calls = (
        TaskResult.objects.filter(status=states.FAILURE)
        .order_by()
        .values("task_name", "task_args", "task_kwargs")
        .annotate(times=Count("pk"), last=Max("pk"))
    )
    shown = list(calls.order_by("-last")[:SHOWN])
    last = TaskResult.objects.in_bulk([call["last"] for call in shown])
    rows = [_failure(last[call["last"]], call["times"]) for call in shown if call["last"] in last]
    return Failures(rows, calls.count())


def _failure(found: TaskResult, times: int) -> Failure:
    return Failure(
        failure=found.pk,
        label=_label(found.task_name or ""),
        name=found.task_name or "",
        arguments=_told(found.task_args, found.task_kwargs),
        times=times,
        at=found.date_done,
        error=_last_line(found.result),
    )


def _label(name: str) -> str:
    labels = {
        "indicators.drain_recompute_queue": _("Tính lại số tổng hợp"),
        "indicators.sweep_recompute_queue": _("Tính lại số tổng hợp (mỗi phút)"),
        "indicators.audit_rollups": _("Tự kiểm số tổng hợp"),
        "reports.annexes.make_batch": _("Lập tệp tất cả các biểu"),
        "reports.annexes.tend_batches": _("Lập tiếp, dọn tệp các biểu (mỗi phút)"),
        "reports.notices.send_letters": _("Gửi thư báo"),
        "reports.notices.tell_calendar": _("Báo theo lịch nộp báo cáo"),
        "reports.notices.tell_verdicts": _("Báo kết luận xấu đi"),
        "celery.backend_cleanup": _("Dọn danh sách việc lỗi"),
    }
    return labels.get(name, name)


def _told(*written: str | None) -> str:
    """Arguments as they were given, without those that are empty."""
    found = [_read(text) for text in written if text]
    return " ".join(str(told) for told in found if told not in ("()", "{}", [], {}))


def _read(text: str) -> Any:
    """What Celery wrote down, or the text itself where it was cut."""
    try:
        return json.loads(text)
    except ValueError:
        return text[:300]


def _last_line(result: str | None) -> str:
    """“ValueError: what it said”, the last line of what it said. Never a stack trace."""
    try:
        told = json.loads(result or "")
        message = told["exc_message"]
        text = " ".join(map(str, message)) if isinstance(message, list) else str(message)
        lines = [line for line in text.splitlines() if line.strip()]
        return f"{told['exc_type']}: {lines[-1].strip() if lines else ''}"[:300]
    except (ValueError, TypeError, KeyError):
        return _("không rõ")
