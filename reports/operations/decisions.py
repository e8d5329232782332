"""What an administrator does about what went wrong. Each is safe to press twice."""

from __future__ import annotations

import ast
import json
import logging
from typing import Any

from celery import Task, current_app, states
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_results.models import TaskResult

from communes.models import Official
from indicators.models import Audit, Recompute
from indicators.tasks import audit_rollups, soon
from povertyplan.lib.errors import DomainError
from reports.noticing.posting import send_again

logger = logging.getLogger(__name__)


def retry_mark(mark: int, *, by: Official) -> str:
    """Let a mark whose recompute failed be taken up again. Returns the words that say so."""
    with transaction.atomic():
        failed = Recompute.objects.filter(pk=mark).exclude(problem="")
        if not failed.update(problem=""):
            return _("Dấu chờ này đã được xử lý.")
        transaction.on_commit(soon)
    logger.info("%s: recompute mark %s tried again", by, mark)
    return _("Đã đưa vào hàng chờ tính lại.")


def ask_for_audit(*, by: Official) -> str:
    """Have the next part of the figures checked now. Raises DomainError when it cannot be sent."""
    _send(audit_rollups, (), {})
    logger.info("%s: audit asked for", by)
    return _("Đã yêu cầu tự kiểm phần tiếp theo.")


def see_audit(audit: int, *, by: Official) -> str:
    """Take an alert off the pages: somebody knows of it."""
    if not Audit.objects.filter(pk=audit, seen_by=None).update(seen_by=by):
        return _("Cảnh báo này đã có người xem.")
    return _("Đã ghi nhận là đã xem.")


def retry_task(failure: int, *, by: Official) -> str:
    """Send a failed task again, by its name and arguments.

    Raises DomainError, and the failure stays, when it cannot be sent.
    """
    found = TaskResult.objects.filter(pk=failure, status=states.FAILURE).first()
    taken = _take(found, states.RETRY, by) if found else []
    if found is None or not taken:
        return _("Việc này đã được gửi lại hoặc bỏ qua.")
    try:
        _send(_task(found), _arguments(found.task_args, ()), _arguments(found.task_kwargs, {}))
    except DomainError:
        TaskResult.objects.filter(pk__in=taken).update(status=states.FAILURE)
        raise
    return _("Đã gửi lại việc này.")


def dismiss_task(failure: int, *, by: Official) -> str:
    """Take a failed task off the list."""
    found = TaskResult.objects.filter(pk=failure, status=states.FAILURE).first()
    if found is None or not _take(found, states.IGNORED, by):
        return _("Việc này đã được gửi lại hoặc bỏ qua.")
    return _("Đã bỏ qua việc này.")


def retry_letter(letter: int, *, by: Official) -> str:
    """Let a letter that was given up be sent again, as the same letter."""
    if not send_again(letter):
        return _("Thư này đã được gửi lại.")
    logger.info("%s: letter %s tried again", by, letter)
    return _("Đã đưa thư vào hàng chờ gửi.")


def _take(found: TaskResult, state: str, by: Official) -> list[int]:
    """Give a failure, and those of the same call before it, another state; returns which.

    None when somebody else has: whoever comes second waits here and finds no failure left.
    """
    note = json.dumps({"by": by.username, "at": timezone.now().isoformat()})
    with transaction.atomic():
        taken = list(_same_call(found).select_for_update().values_list("pk", flat=True))
        TaskResult.objects.filter(pk__in=taken).update(status=state, meta=note)
    return taken


def _same_call(found: TaskResult) -> QuerySet[TaskResult]:
    failures: QuerySet[TaskResult] = TaskResult.objects.filter(
        status=states.FAILURE,
        pk__lte=found.pk,
        task_name=found.task_name,
        task_args=found.task_args,
        task_kwargs=found.task_kwargs,
    )
    return failures


def _task(found: TaskResult) -> Task[Any, Any]:
    current_app.loader.import_default_modules()  # a web process has not met every task yet
    task = current_app.tasks.get(found.task_name)
    if task is None:
        raise DomainError(_("Bản đang chạy không có việc này nữa; chỉ có thể bỏ qua."))
    return task


def _arguments(told: str | None, default: Any) -> Any:
    """Arguments as Celery wrote them down: as they are, or as Python text, cut when long."""
    if told is None:
        return default
    try:
        written = json.loads(told)
        return ast.literal_eval(written) if isinstance(written, str) else written
    except (SyntaxError, ValueError) as error:
        raise DomainError(
            _("Không đọc lại được tham số của việc này; chỉ có thể bỏ qua.")
        ) from error


def _send(task: Task[Any, Any], args: Any, kwargs: Any) -> None:
    try:
        task.apply_async(args, kwargs)
    except Exception as error:
        logger.exception("%s could not be sent", task.name)
        raise DomainError(
            _("Chưa gửi được vì hàng đợi (Redis) không trả lời. Kiểm tra Redis rồi thử lại.")
        ) from error
