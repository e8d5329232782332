"""Reading for the tracker: which units below have sent the period's return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.access import reviewing_posts
from communes.models import Official, Succession, Unit
from indicators.periods import Period
from reports.enums import UNDER_REVIEW, ReportState
from reports.models import Deadline
from reports.returns import Standing, Tracker, periods_for, tracker
from reports.review import words
from reports.review.words import Status

_ORDER: list[str | None] = [
    ReportState.APPROVED,
    ReportState.ENDORSED,
    ReportState.SUBMITTED,
    ReportState.RETURNED,
    ReportState.REOPENED,
    ReportState.DRAFT,
    None,
]


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar: how many returns have a status. Positions are counts, as text."""

    status: Status
    label: str
    count: int
    start: str
    length: str


@dataclass(frozen=True, slots=True)
class TrackedRow:
    """One unit's return. `late`: past its day and still with the unit."""

    code: str
    name: str
    status: Status
    late: Status | None
    done: int
    total: int
    round: int
    submitted_at: datetime | None
    is_mine: bool

    @property
    def is_begun(self) -> bool:
        return self.status.key != "none"


@dataclass(frozen=True, slots=True)
class TrackedGroup:
    """The units under one parent, with how many of them have sent."""

    name: str
    submitted: int
    total: int
    mine: int
    late: int
    bar: tuple[Segment, ...]
    rows: tuple[TrackedRow, ...]


@dataclass(frozen=True, slots=True)
class TrackerPage:
    """Everything the tracker shows."""

    unit: Unit
    period: Period
    periods: tuple[tuple[str, bool], ...]
    deadline: Deadline | None
    deadline_words: str
    submitted: int
    total: int
    late: int
    mine: int
    is_reviewer: bool
    bar: tuple[Segment, ...]
    groups: tuple[TrackedGroup, ...]
    merged: tuple[Succession, ...]

    @property
    def is_grouped(self) -> bool:
        return len(self.groups) > 1


def tracker_page(unit: Unit, period: Period, official: Official) -> TrackerPage:
    """Return the returns below `unit`, grouped by parent; rows on `official`'s desk are marked.

    The number of queries does not grow with the units.
    """
    found = tracker(unit, period)
    desks = _desks(unit, found, official)
    groups = tuple(_group(name, rows, desks) for name, rows in _by_parent(found.rows).items())
    return TrackerPage(
        unit=unit,
        period=period,
        periods=tuple(
            (known.code, known == period) for known in sorted({*periods_for(unit), period})
        ),
        deadline=found.deadline,
        deadline_words=deadline_words(found.deadline, timezone.localdate()),
        submitted=found.submitted,
        total=len(found.rows),
        late=sum(row.is_late for row in found.rows),
        mine=sum(group.mine for group in groups),
        is_reviewer=bool(desks),
        bar=_bar(found.rows),
        groups=groups,
        merged=tuple(found.merged),
    )


Desks = set[tuple[int, int]]
"""(unit pk of a row's parent, tier pk): who holds a reviewer's post there."""


def _desks(unit: Unit, found: Tracker, official: Official) -> Desks:
    """The desks of `official` for the rows shown: a post above covers every parent below it."""
    posts = reviewing_posts(official)
    parents = {row.unit.parent_id or 0 for row in found.rows}
    above = set(Unit.objects.above(unit, include_self=True).values_list("pk", flat=True))
    return {
        (parent, post.unit.tier_id)
        for post in posts
        for parent in parents
        if post.unit_id in above or post.unit_id == parent
    }


def _by_parent(rows: Sequence[Standing]) -> dict[str, list[Standing]]:
    groups: dict[str, list[Standing]] = {}
    for row in rows:
        groups.setdefault(row.unit.parent.name if row.unit.parent else "", []).append(row)
    return groups


def _group(name: str, rows: Sequence[Standing], desks: Desks) -> TrackedGroup:
    tracked = tuple(_row(row, desks) for row in rows)
    return TrackedGroup(
        name=name,
        submitted=sum(row.is_submitted for row in rows),
        total=len(rows),
        mine=sum(row.is_mine for row in tracked),
        late=sum(row.is_late for row in rows),
        bar=_bar(rows),
        rows=tracked,
    )


def _row(row: Standing, desks: Desks) -> TrackedRow:
    report = row.report
    with_tier = report.with_tier if report else None
    on_desk = report is not None and report.state in UNDER_REVIEW
    return TrackedRow(
        code=row.unit.code,
        name=row.unit.name,
        status=words.status(
            row.state,
            progress=f"{row.done}/{row.total}",
            waits_for=str(with_tier or ""),
            returned=row.returned,
        ),
        late=words.overdue() if row.is_late else None,
        done=row.done,
        total=row.total,
        round=report.round if report else 0,
        submitted_at=report.submitted_at if report else None,
        is_mine=on_desk
        and with_tier is not None
        and (row.unit.parent_id or 0, with_tier.pk) in desks,
    )


def _bar(rows: Sequence[Standing]) -> tuple[Segment, ...]:
    found = []
    start = 0
    for state in _ORDER:
        count = sum(row.state == state for row in rows)
        if count:
            look = words.status(state)
            found.append(Segment(look, _label(state), count, str(start), str(count)))
            start += count
    return tuple(found)


def _label(state: str | None) -> str:
    """The words of a bar's part, said of several returns."""
    return _("Chưa nhập") if state is None else str(ReportState(state).label)


def deadline_words(deadline: Deadline | None, today: date) -> str:
    """“còn 2 ngày”, “hôm nay là hạn cuối”, “đã quá 3 ngày”; "" without a calendar."""
    if deadline is None:
        return ""
    left = (deadline.due_on - today).days
    if left > 0:
        return _("còn {days} ngày").format(days=left)
    if left == 0:
        return _("hôm nay là hạn cuối")
    return _("đã qua")
