"""What the operations page says of letters: those that wait, those given up, the last problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from reports.models import Letter
from reports.noticing.letters import is_mail_on

SHOWN = 50
"""Rows of the list; more than these are counted only."""


@dataclass(frozen=True, slots=True)
class Letters:
    """`waiting`: not sent yet; of these `tried` failed at least once, lastly with `problem`."""

    is_on: bool
    waiting: int
    tried: int
    oldest: datetime | None
    problem: str
    given_up: list[Letter]
    given_up_total: int


def letters() -> Letters:
    """Three queries."""
    open_ = Q(sent_at=None, given_up_at=None)
    told = Letter.objects.aggregate(
        waiting=Count("pk", filter=open_),
        tried=Count("pk", filter=open_ & Q(attempts__gt=0)),
        oldest=Min("made_at", filter=open_),
        given_up_total=Count("pk", filter=Q(given_up_at__isnull=False)),
    )
    last = Letter.objects.filter(open_).exclude(problem="").order_by("-pk").first()
    rows = Letter.objects.filter(given_up_at__isnull=False).select_related("official")
    return Letters(
        is_on=is_mail_on(),
        problem=last.problem if last else "",
        given_up=list(rows.order_by("-given_up_at")[:SHOWN]),
        **told,
    )
