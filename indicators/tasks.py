"""Thin Celery wrappers. The queue is a table: a lost message loses nothing."""

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from indicators import rollups
from indicators.audit import audit_next
from indicators.models import Audit

logger = logging.getLogger(__name__)
alarm = logging.getLogger("indicators.audit")
"""Who is to act on it is mailed, when the settings say to whom and through which server."""


# When many send their returns at once, a message waits for each: the first drains the table, the
# others find it empty, or have expired. The beat sends anew, so nothing is lost with them.
@shared_task(name="indicators.drain_recompute_queue", expires=300)
def drain_recompute_queue() -> int:
    """Recompute what is marked. Returns the number of units recomputed."""
    return _drain()


@shared_task(name="indicators.sweep_recompute_queue")
def sweep_recompute_queue() -> int:
    """The same, on the beat: picks up what a lost message or a killed worker left behind."""
    return _drain()


@shared_task(name="indicators.audit_rollups")
def audit_rollups() -> int:
    """Check the parts of the stored figures that were checked longest ago; raise the alarm when
    any differ, and have them added up anew. Returns how many differ.
    """
    done = audit_next()
    if done is None or not done.differing:
        return 0
    alarm.error(_in_words(done))
    soon()
    return done.differing


def _in_words(done: Audit) -> str:
    """One line that says it all, then a line a figure."""
    where = f"{done.unit}, {done.period}"
    told = f"{done.differing} of {done.checked} figures of {where}, differ from the facts"
    rows = [
        f"{row['unit']} {row['indicator']} {row['stage']}:"
        f" stored {row['stored'] or 'nothing'}, the facts give {row['recomputed'] or 'nothing'}"
        for row in done.rows
    ]
    return "\n".join([told, *rows])


def soon() -> None:
    """Have the queue drained now: by a worker, or in this process when no broker is set.

    Neither a broker that is away, or full, nor a failed recompute may fail the page: the mark
    stays, and the next sweep takes it up.
    """
    try:
        drain_recompute_queue.delay()
    except Exception:
        logger.warning("not sent; the recompute queue waits for the next sweep", exc_info=True)


def _drain() -> int:
    """Drain, as long as the limit lets it: what is left stays in the table, and is next."""
    try:
        return rollups.drain()
    except SoftTimeLimitExceeded:
        logger.warning("the recompute queue was not empty when the time was up; going on anew")
        soon()
        return 0
