"""What pages of figures and of returns rest on, for their versions: everything that they show.

Only the line “Tính đến …” stays as it was on the first answer: everything entered by then is in the
figures, and nothing has come since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest

from communes.access import current_posts, is_administrator
from communes.models import Ancestry, Boundary, GroupMember, Official, Unit, UnitGroup
from communes.versions import (
    digest,
    names_of,
    posts_in,
    sums,
    table,
    told_by_frame,
    versioned,
)
from indicators.models import Audit, Result
from indicators.periods import Period
from plans.versions import added_up, definitions, figures_of, promised, rules
from reports.models import (
    Acceptance,
    Annex,
    Comment,
    Deadline,
    Evidence,
    Register,
    RegisterBook,
    RegisterCount,
    RegisterEntry,
    Reminder,
    Report,
    ReportEvent,
    Snapshot,
    SnapshotUnit,
)
from reports.noticing.inbox import inbox

__all__ = [
    "of_figures",
    "of_group",
    "of_pictures",
    "of_resent",
    "of_returns",
    "of_snapshot",
    "of_source",
    "versioned",
]

Facts = Iterable[object]
Parts = Iterator[object]

PAGES_KEPT = 200
"""Pages whose statements a process keeps: about 40 kB each."""


@told_by_frame
def _of_frame(reader: Official) -> Parts:
    """The bell, the alarm, and the periods to which the menu leads."""
    yield sums(inbox(reader).filter(read_at=None), unread=Count("pk"))
    yield is_administrator(reader)
    if is_administrator(reader):
        yield sums(Audit.objects.filter(differing__gt=0, seen_by=None), alarms=Count("pk"))
    yield digest(calendar_of([post.unit_id for post in current_posts(reader)]))


def calendar_of(units: Any) -> Any:
    """What is set for some units (pks, or a query of them), by themselves or from above."""
    above = Ancestry.objects.filter(descendant__in=units).values("ancestor")
    return Deadline.objects.filter(issuer__in=above)


# -- pages -------------------------------------------------------------------------------------
# A page's statements are the same each time it is asked for: they are put together once. Nothing
# is read meanwhile.


def of_figures(request: HttpRequest, code: str, period: str) -> Facts | None:
    """Dashboards and overviews."""
    return _of(_unit_parts, code, period)


def of_source(request: HttpRequest, code: str, period: str, indicator: str) -> Facts | None:
    """Where a figure comes from: figures, who typed them, where the returns stand."""
    return _of(_source_parts, code, period)


def of_pictures(request: HttpRequest, code: str, period: str) -> Facts | None:
    """Pictures: what a unit's pages rest on, and where the units lie."""
    return _of(_picture_parts, code, period)


def of_returns(request: HttpRequest, code: str, period: str) -> Facts | None:
    """The tracker and its lists: returns below a unit, what they hold, who can be asked."""
    return _of(_return_parts, code, period)


def of_resent(request: HttpRequest, code: str, period: str) -> Facts | None:
    """What came back: the steps of returns with what they covered, and whose desk has them."""
    return _of(_resent_parts, code, period)


def of_group(request: HttpRequest, slug: str, period: str) -> Facts | None:
    """A group's members with their figures."""
    span, group = _period(period), UnitGroup.objects.filter(code=slug).first()
    return _group_parts(group.pk, span.code) if span and group else None


def of_snapshot(request: HttpRequest, code: str, period: str, number: int) -> Facts | None:
    """A closing beside what is official now; an edit past the program is seen too."""
    found = _of(_unit_parts, code, period)
    span = _period(period)
    return [*found, *_snapshot_parts(span.code, number)] if found and span else None


def _of(parts: Callable[[int, str], Facts], code: str, period: str) -> Facts | None:
    span = _period(period)
    unit = Unit.objects.named(code, on=span.end) if span else None
    return parts(unit.pk, span.code) if span and unit else None


def _period(code: str) -> Period | None:
    try:
        return Period.parse(code)
    except ValueError:
        return None


@lru_cache(PAGES_KEPT)
def _unit_parts(unit: int, period: str) -> tuple[object, ...]:
    below = _below(unit)
    return (*_source_parts(unit, period), *promised(unit, below))


@lru_cache(PAGES_KEPT)
def _source_parts(unit: int, period: str) -> tuple[object, ...]:
    below = _below(unit)
    return (
        *definitions(below),
        *rules(),
        *_asked(below),
        *figures_of(unit, below),
        *_typed(unit, below, period),
        *_returns(below, period),
    )


@lru_cache(PAGES_KEPT)
def _picture_parts(unit: int, period: str) -> tuple[object, ...]:
    lie = Boundary.objects.filter(unit__in=_below(unit))
    drawn = digest(lie, "pk", "unit_id", "middle", "source", "imported_at")
    return (*_unit_parts(unit, period), drawn)


@lru_cache(PAGES_KEPT)
def _return_parts(unit: int, period: str) -> tuple[object, ...]:
    reports = Report.objects.filter(unit__in=_below(unit), period=period).values("pk")
    return (
        *_unit_parts(unit, period),
        *posts_in(_around(unit)),
        digest(Evidence.objects.filter(report__in=reports)),
        digest(Acceptance.objects.filter(report__in=reports)),
    )


@lru_cache(PAGES_KEPT)
def _resent_parts(unit: int, period: str) -> tuple[object, ...]:
    below = _below(unit)
    return (*definitions(below), *_returns(below, period), *posts_in(_around(unit)))


@lru_cache(PAGES_KEPT)
def _group_parts(group: int, period: str) -> tuple[object, ...]:
    members = GroupMember.objects.filter(group=group)
    below = Ancestry.objects.filter(ancestor__in=members.values("unit")).values("descendant")
    sample = Result.objects.filter(unit__in=below, period=period, is_sample=True)
    return (
        digest(members),
        *definitions(below),
        *added_up(below, members.values("unit")),
        digest(calendar_of(below)),
        sums(sample, n=Count("pk")),
    )


@lru_cache(PAGES_KEPT)
def _snapshot_parts(period: str, number: int) -> tuple[object, ...]:
    kept = Snapshot.objects.filter(period=period, number=number)
    figures = SnapshotUnit.objects.filter(snapshot__in=kept.values("pk"))
    return digest(kept), names_of(kept.values("by")), digest(figures)


def _below(unit: int) -> Any:
    """The unit and all below it (pks), of any day."""
    return Ancestry.objects.filter(ancestor=unit).values("descendant")


def _around(unit: int) -> Any:
    """The same, with all above."""
    return Unit.objects.filter(
        Q(pk__in=_below(unit))
        | Q(pk__in=Ancestry.objects.filter(descendant=unit).values("ancestor"))
    ).values("pk")


# -- what they are made of ----------------------------------------------------------------------


def _asked(below: Any) -> Parts:
    """What forms ask beside the plans: annexes, and what books count."""
    yield table(Annex)
    yield table(Register)
    yield table(RegisterCount)
    books = RegisterBook.objects.filter(unit__in=below)
    yield digest(books)
    entries = RegisterEntry.objects.filter(book__in=books.values("pk"))
    yield sums(
        entries,
        n=Count("pk"),
        versions=Sum("version"),
        entered=Max("entered_at"),
        removed=Max("removed_at"),
        left=Count("removed_at"),
    )


def _typed(unit: int, below: Any, period: str) -> Parts:
    """What is typed in the period, and what became of the unit's own figures, by whom."""
    typed = Result.objects.filter(unit__in=below, period=period)
    yield sums(typed, n=Count("pk"), last=Max("pk"), at=Max("entered_at"), versions=Sum("version"))
    yield names_of(typed.values("entered_by"))
    own = Result.history.filter(unit=unit, period=period)
    yield sums(own, n=Count("pk"), last=Max("history_id"))
    yield names_of(own.filter(history_user__isnull=False).values("history_user"))


def _returns(below: Any, period: str) -> Parts:
    of = {"unit__in": below, "period": period}
    reports = Report.objects.filter(**of)
    yield digest(reports)
    steps = ReportEvent.objects.filter(report__in=reports.values("pk"))
    yield sums(steps, n=Count("pk"), last=Max("pk"))
    asked = Comment.objects.filter(report__in=reports.values("pk"))
    yield digest(asked)
    reminded = Reminder.objects.filter(**of)
    yield digest(reminded)
    for rows in (steps, asked, reminded):
        yield names_of(rows.values("by"))
    yield sums(Deadline.history.all(), last=Max("history_id"))
    yield digest(calendar_of(below))
