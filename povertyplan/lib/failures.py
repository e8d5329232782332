"""Where Celery keeps the tasks that failed."""

import logging
from typing import Any

from celery import states
from django.db import DatabaseError, close_old_connections, connection
from django_celery_results.backends import DatabaseBackend

logger = logging.getLogger(__name__)


class FailureStore(DatabaseBackend):
    """The table that the operations page reads. Takes failures only, and fails nothing itself.

    Celery would also write a row for every message that expired and every task begun anew.
    """

    def _store_result(self, task_id: str, result: Any, status: str, *args: Any, **more: Any) -> Any:
        if status != states.FAILURE:
            return result
        # The worker's main process tells of tasks that were stopped or died. It runs none itself,
        # so nobody else sees to its connection; a fault here would cost it a place in its pool.
        if not connection.in_atomic_block:
            close_old_connections()
        try:
            return super()._store_result(task_id, result, status, *args, **more)
        except DatabaseError:
            logger.exception("task %s failed, which could not be stored", task_id)
            return result
