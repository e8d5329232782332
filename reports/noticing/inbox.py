"""A person's own notices: how many are unread, reading them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from communes.models import Official
from reports.models import Notice


def inbox(official: Official) -> QuerySet[Notice]:
    """What the app shows to somebody, the latest first."""
    return Notice.objects.filter(official=official, in_app=True).order_by("-at", "-pk")


def unread(official: Official) -> int:
    """One query; an index holds one person's notices."""
    return inbox(official).filter(read_at=None).count()


def read(*, notice: int, by: Official) -> Notice | None:
    """Mark one of somebody's own notices as read; None when there is none such."""
    found = Notice.objects.select_related("unit").filter(pk=notice, official=by).first()
    if found is not None and found.read_at is None:
        Notice.objects.filter(pk=notice, read_at=None).update(read_at=timezone.now())
    return found


def read_all(*, by: Official) -> int:
    """Mark everything as read; returns how much was not."""
    return inbox(by).filter(read_at=None).update(read_at=timezone.now())
