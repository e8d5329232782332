"""Thin Celery wrappers of the notices. Each may run twice, late or not at all: what is told is
kept under a key, and a letter is a row before it is sent."""

from celery import shared_task
from django.utils import timezone

from plans.watching import watch, watched_years
from reports import noticing
from reports.noticing.letters import make_letters
from reports.noticing.posting import send_letters as _send_letters


@shared_task(name="reports.notices.send_letters")
def send_letters() -> int:
    """Make the letters that are due, and send what waits. Returns how many left."""
    make_letters()
    return _send_letters()


@shared_task(name="reports.notices.tell_calendar")
def tell_calendar() -> int:
    """Tell of openings, days left and late returns. Returns how many notices are new."""
    return noticing.of_calendar(timezone.localdate())


@shared_task(name="reports.notices.tell_verdicts")
def tell_verdicts() -> int:
    """Judge the years that still move, and tell what turned worse. Returns how many are told."""
    return sum(noticing.of_verdicts(watch(year)) for year in watched_years())
