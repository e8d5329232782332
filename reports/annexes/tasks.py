"""Thin Celery wrappers of the files with all tables. Each may run twice, late or not at all."""

import logging
import time
from functools import partial

from celery import current_app, shared_task
from django.db import transaction

from povertyplan.lib.background import in_background
from reports.annexes import making
from reports.enums import BatchState
from reports.models import AnnexBatch

logger = logging.getLogger(__name__)

EVERY = 600
"""Seconds between two tidyings of a process that has no beat."""
_tended = [time.monotonic()]


@shared_task(name="reports.annexes.make_batch")
def make_batch(pk: int) -> bool:
    """Make the file of a job. Returns whether this call made it."""
    return making.make_batch(pk)


@shared_task(name="reports.annexes.tend_batches")
def tend_batches() -> int:
    """Take up what a killed worker or a lost message left, drop what is old. Returns how many."""
    making.drop_old_batches()
    under_way = AnnexBatch.objects.filter(state__in=[BatchState.QUEUED, BatchState.RUNNING])
    dead = [batch.pk for batch in under_way if making.is_dead(batch)]
    for pk in dead:
        soon(pk)
    return len(dead)


def tend_without_beat(*, at_once: bool = False) -> None:
    """Tend the jobs where no broker is set, and so no beat rings: now and then, as pages are read.

    `at_once`: a page shows a job that is dead. Returns at once; a thread does the work.
    """
    if not current_app.conf.task_always_eager:
        return
    now = time.monotonic()
    if at_once or now > _tended[-1] + EVERY:
        _tended[-1] = now
        transaction.on_commit(partial(in_background, tend_batches))


def _make_and_tidy(pk: int) -> None:
    making.make_batch(pk)
    making.drop_old_batches()


def soon(pk: int) -> None:
    """Have the file made: by a worker, or in a thread of this process when no broker is set.

    A broker that is away fails no page: the job waits for `tend_batches`.
    """
    if current_app.conf.task_always_eager:
        in_background(partial(_make_and_tidy, pk))
        return
    try:
        make_batch.delay(pk)
    except Exception:
        logger.warning("annex batch %s was not sent; it waits for the beat", pk, exc_info=True)
