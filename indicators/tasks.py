"""Thin Celery wrappers. The queue is a table: a lost message loses nothing."""

import logging

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from indicators import rollups

logger = logging.getLogger(__name__)


@shared_task(name="indicators.drain_recompute_queue")
def drain_recompute_queue() -> int:
    """Recompute what is marked. Returns the number of units recomputed."""
    return rollups.drain()


@shared_task(name="indicators.sweep_recompute_queue")
def sweep_recompute_queue() -> int:
    """The same, on the beat: picks up what a lost message or a killed worker left behind."""
    return rollups.drain()


def soon() -> None:
    """Have the queue drained now: by a worker, or in this process when no broker is set.

    Neither a broker that is away nor a failed recompute may fail the page: the mark stays, and
    the next sweep takes it up.
    """
    if settings.CELERY_TASK_ALWAYS_EAGER:
        _drain_here()
        return
    try:
        drain_recompute_queue.delay()
    except OperationalError:
        logger.warning("no broker: the recompute queue waits for the next sweep")


def _drain_here() -> None:
    try:
        rollups.drain()
    except Exception:
        logger.exception("recompute failed; its mark waits in the queue")
