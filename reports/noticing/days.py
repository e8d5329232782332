"""What the calendar brings: a round opens, is due in some days, is over.

Looked at on any day and as often as one likes: each notice names what it tells, so it is written
once. What a day of standstill would have told and is no longer true is not told late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from communes.access import holders
from communes.enums import Role, TierCode
from communes.models import Ancestry, Official, Unit
from indicators.periods import Period
from reports.enums import NoticeKind, ReportState
from reports.models import Deadline, Notice
from reports.noticing.telling import Telling, tell
from reports.returns import Standing, standings
from reports.returns.form import entering_tiers

OPENED_WITHIN = 7
"""Days after which an opening is no news any more."""
OVERDUE_FOR = 30
"""Days for which people are told that returns are late."""
WITH_UNIT = (None, ReportState.DRAFT, ReportState.RETURNED)


def of_calendar(today: date) -> int:
    """Tell what is true on `today`; returns how many notices are new. Raises nothing.

    A fixed number of queries for each period with such a day, and two for each 500 notices.
    """
    written = 0
    for code in _near(today).order_by().values_list("period", flat=True).distinct():
        rows = [row for row in _standings(Period.parse(code), today) if row.total]
        written += _of_units(rows, today) + _of_reviewers(rows, today)
    return written


def _near(today: date) -> QuerySet[Deadline]:
    """Rounds and extensions of which something may be told."""
    ahead = [today + timedelta(days=n) for n in settings.NOTICE_DUE_DAYS]
    return Deadline.objects.filter(
        Q(opens_on__gte=today - timedelta(days=OPENED_WITHIN), opens_on__lte=today)
        | Q(due_on__in=ahead)
        | Q(due_on__gte=today - timedelta(days=OVERDUE_FOR), due_on__lt=today)
    )


def _standings(period: Period, today: date) -> list[Standing]:
    units = (
        Unit.objects.valid_on(period.end)
        .filter(
            tier__in=entering_tiers(),
            upward__ancestor__in=_near(today).filter(period=period.code).values("issuer"),
        )
        .select_related("tier", "parent")
        .order_by("code")
        .distinct()
    )
    return standings(list(units), period)


def _of_units(rows: Iterable[Standing], today: date) -> int:
    waiting = [(row, *found) for row in rows if (found := _telling_of(row, today))]
    officers = holders({row.unit.pk for row, _, _ in waiting}, [Role.OFFICER])
    return tell(
        [
            Telling(one, kind, key, row.unit, row.period, told=_days(row, today))
            for row, kind, key in waiting
            for one in officers.get(row.unit.pk, [])
        ]
    )


def _telling_of(row: Standing, today: date) -> tuple[str, str] | None:
    """(kind, key) of what a unit is to be told today."""
    if row.deadline is None or row.state not in WITH_UNIT or row.is_correction:
        return None
    opens, due = row.deadline.opens_on, row.deadline.due_on
    about = f"{row.period.code}:{row.unit.pk}"
    left = (due - today).days
    if -OVERDUE_FOR <= left < 0 and not row.was_in_time:
        return NoticeKind.OVERDUE, f"overdue:{about}:{due}"
    if left in settings.NOTICE_DUE_DAYS and opens <= today:
        return NoticeKind.DUE_SOON, f"due_soon:{about}:{due}:{left}"
    if left >= 0 and 0 <= (today - opens).days <= OPENED_WITHIN and row.state is None:
        return NoticeKind.OPENED, f"opened:{about}"
    return None


def _days(row: Standing, today: date) -> dict[str, object]:
    if row.deadline is None:
        return {}
    due = row.deadline.due_on
    return {
        "due": due.isoformat(),
        "days": (due - today).days,
        "done": row.done,
        "total": row.total,
    }


# -- those above: one a day, however many units ---------------------------------------------------


def _of_reviewers(rows: Iterable[Standing], today: date) -> int:
    late = {
        row.unit.pk: row
        for row in rows
        if (found := _telling_of(row, today)) and found[0] == NoticeKind.OVERDUE
    }
    if not late:
        return 0
    period = next(iter(late.values())).period
    counts: dict[int, int] = defaultdict(int)
    for ancestor in (
        Ancestry.objects.filter(descendant__in=late, depth__gt=0)
        .exclude(ancestor__tier__code=TierCode.NATION)
        .values_list("ancestor", flat=True)
    ):
        counts[ancestor] += 1
    tellings = list(_summaries(counts, period, today))
    new = tell(tellings)
    if new:
        _supersede(tellings, period)
    return new


def _summaries(counts: dict[int, int], period: Period, today: date) -> Iterator[Telling]:
    units = Unit.objects.select_related("tier").in_bulk(counts)
    people: dict[int, list[Official]] = holders(counts, [Role.REVIEWER])
    for pk, count in counts.items():
        for one in people.get(pk, []):
            yield Telling(
                one,
                NoticeKind.OVERDUE,
                f"{_SUMMARY}{period.code}:{pk}:{today}",
                unit=units[pk],
                period=period,
                told={"below": count, "on": today.isoformat()},
            )


_SUMMARY = "overdue-below:"


def _supersede(tellings: Iterable[Telling], period: Period) -> None:
    """Yesterday's count is no news beside today's."""
    keys = {one.key for one in tellings}
    Notice.objects.filter(
        official__in={one.official.pk for one in tellings},
        kind=NoticeKind.OVERDUE,
        period=period.code,
        key__startswith=_SUMMARY,
        read_at=None,
    ).exclude(key__in=keys).update(read_at=timezone.now())
