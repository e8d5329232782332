"""Letters: which notices leave in which, made first and sent later.

Making is a transaction that claims people, so that of two makers one finds nothing left; sending
claims a letter by moving its next try, so that no transaction waits for a mail server. A letter
whose sender died is sent again later under the same Message-ID.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from communes.models import Official
from reports.enums import MailRhythm
from reports.models import Letter, Notice

GATHER = timedelta(minutes=3)
"""What is to be told at once waits so long for its like: one letter in place of several."""
MOST_A_DAY = 5
"""Letters to one person in a day; what comes then waits for the next morning."""
STALE = timedelta(days=8)
"""What could not leave by then (no server, no address) does not leave any more."""
DIGESTS_AT = time(7, 0)
DUMMY = "django.core.mail.backends.dummy.EmailBackend"


def is_mail_on() -> bool:
    """Does anything leave by mail? Never in the demo, and not without a server."""
    return not settings.DEMO_MODE and settings.EMAIL_BACKEND != DUMMY


@dataclass(frozen=True, slots=True)
class Cuts:
    """Until when a notice must have been written to leave now, by its rhythm."""

    now: datetime
    gathered: datetime
    daily: datetime
    weekly: datetime


def cuts_at(moment: datetime) -> Cuts:
    """Each digest leaves at the first look after its hour: daily at 7:00, weekly on Mondays."""
    local = timezone.localtime(moment)
    today = timezone.make_aware(datetime.combine(local.date(), DIGESTS_AT))
    daily = today if local >= today else today - timedelta(days=1)
    weekly = daily - timedelta(days=timezone.localtime(daily).weekday())
    return Cuts(moment, moment - GATHER, daily, weekly)


def make_letters(moment: datetime | None = None) -> int:
    """Lay what is to leave now into letters, one a person; returns how many were made.

    Nothing without a mail server. A fixed number of queries and one for each letter's notices.
    """
    if not is_mail_on():
        return 0
    cuts = cuts_at(moment or timezone.now())
    _drop_stale(cuts.now)
    with transaction.atomic():
        # Whoever else is making letters has them; the lock leaves foreign keys alone.
        people = list(
            Official.objects.filter(pk__in=_waiting(cuts))
            .select_for_update(skip_locked=True, no_key=True)
            .order_by("pk")
        )
        return _make(people, cuts)


def _unsent() -> QuerySet[Notice]:
    return Notice.objects.filter(letter=None).exclude(mail=MailRhythm.NEVER)


def _drop_stale(now: datetime) -> None:
    """What cannot leave, or was read in the meantime, is not kept waiting."""
    _unsent().filter(
        Q(at__lt=now - STALE)
        | Q(official__email="")
        | Q(official__is_active=False)
        | Q(read_at__isnull=False)
    ).update(mail=MailRhythm.NEVER)


def _waiting(cuts: Cuts) -> set[int]:
    """The people (pks) for whom something is due."""
    at_once = (
        _unsent()
        .filter(mail=MailRhythm.NOW)
        .order_by()
        .values("official")
        .annotate(oldest=Min("at"))
        .filter(oldest__lte=cuts.gathered)
        .values_list("official", flat=True)
    )
    digests = _unsent().filter(_digests(cuts)).values_list("official", flat=True)
    return {*at_once, *digests}


def _digests(cuts: Cuts) -> Q:
    return Q(mail=MailRhythm.DAILY, at__lte=cuts.daily) | Q(
        mail=MailRhythm.WEEKLY, at__lte=cuts.weekly
    )


def _make(people: Iterable[Official], cuts: Cuts) -> int:
    """Read anew under the lock: who came first may have laid them into a letter already."""
    known = {one.pk: one for one in people}
    due: dict[int, list[Notice]] = defaultdict(list)
    for notice in (
        _unsent().filter(official__in=known).filter(Q(mail=MailRhythm.NOW) | _digests(cuts))
    ):
        due[notice.official_id].append(notice)
    sent = _sent_today(known, cuts.now)
    made = 0
    for pk, notices in due.items():
        taken = _within_the_day(notices, sent.get(pk, 0), cuts)
        if taken:
            letter = Letter.objects.create(
                official=known[pk],
                address=known[pk].email,
                message_id=_message_id(),
                made_at=cuts.now,
                next_try_at=cuts.now,
            )
            Notice.objects.filter(pk__in=[row.pk for row in taken]).update(letter=letter)
            made += 1
    return made


def _within_the_day(notices: list[Notice], sent: int, cuts: Cuts) -> list[Notice]:
    """What goes into a letter now; beyond the day's letters it becomes part of the digest."""
    digests = [row for row in notices if row.mail != MailRhythm.NOW]
    if sent < MOST_A_DAY or digests:
        is_due = digests or any(row.at <= cuts.gathered for row in notices)
        return notices if is_due else []
    Notice.objects.filter(pk__in=[row.pk for row in notices]).update(mail=MailRhythm.DAILY)
    return []


def _sent_today(people: Iterable[int], now: datetime) -> dict[int, int]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Letter.objects.filter(official__in=list(people), made_at__gte=midnight)
    return dict(rows.order_by().values_list("official").annotate(Count("pk")))


def _message_id() -> str:
    """Drawn once a letter; the host is the site's, as mail servers like it."""
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
