"""The Celery application. The queue is a table; Celery only makes the work soon."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyplan.settings")

app = Celery("povertyplan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _check_start(**_kwargs: object) -> None:
    from povertyplan.guard import refuse_demo_leftovers  # noqa: PLC0415  # needs the apps loaded

    refuse_demo_leftovers()
