"""The Celery application. The queue is a table; Celery only makes the work soon."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import task_prerun, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyplan.settings")

app = Celery("povertyplan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["reports.annexes"])  # its tasks stand above the pages' rules


class TimeLimits:
    """Gives each task the limits of its kind; Celery asks it (`CELERY_TASK_ANNOTATIONS`)."""

    def annotate(self, task: Task[Any, Any]) -> dict[str, Any]:
        from django.conf import settings  # noqa: PLC0415  # settings name this class

        kind = app.amqp.router.route({}, task.name)["queue"].name
        seconds = settings.TASK_SECONDS[kind]
        return {
            "soft_time_limit": seconds,
            "time_limit": seconds + settings.TASK_GRACE_SECONDS,
            "default_retry_delay": 10,  # after a lost process
        }


@worker_init.connect
def _check_start(**_kwargs: object) -> None:
    from povertyplan.guard import refuse_demo_leftovers  # noqa: PLC0415  # needs the apps loaded

    refuse_demo_leftovers()


@task_prerun.connect
def _check_connections(task: Task[Any, Any], **_kwargs: object) -> None:
    """As Django does before a request: a connection that has broken is replaced."""
    from django.db import close_old_connections  # noqa: PLC0415  # needs the settings

    if not task.request.is_eager:
        close_old_connections()
