"""Reading for the tracker: which units below have sent the period's return, and whom to ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.access import Action, can_delegate, reviewing_posts, sees_below, units_for
from communes.models import Official, Succession, Unit
from indicators.periods import Period
from reports.enums import ReportState
from reports.models import Deadline, Reminder
from reports.noticing.reminding import Reach, reach_of
from reports.returns import Standing, Tracker, periods_for, tracker
from reports.review import words
from reports.review.desks import on_desk_of
from reports.review.filters import KEYS, Filter, is_shown, label
from reports.review.tally import Segment, tally
from reports.review.words import Status

_TO_ACT_ON: list[str | None] = [
    ReportState.RETURNED,
    None,
    ReportState.DRAFT,
    ReportState.REOPENED,
    ReportState.SUBMITTED,
    ReportState.ENDORSED,
    ReportState.APPROVED,
]
"""What its reader must see to comes first; before all of it what waits for themselves, and what
is late."""


@dataclass(frozen=True, slots=True)
class TrackedRow:
    """One unit's return. `late`: past its day and still with the unit, or sent after it.

    `may_remind`: the reader may ask for it now; `why_not`: why not, where it is owed still;
    `last`: when it was last asked for.
    """

    unit: Unit
    state: str | None
    status: Status
    is_overdue: bool
    late: Status | None
    done: int
    total: int
    round: int
    submitted_at: datetime | None
    is_mine: bool
    may_remind: bool
    why_not: str
    last: Reminder | None

    @property
    def code(self) -> str:
        return self.unit.code

    @property
    def name(self) -> str:
        return self.unit.name

    @property
    def is_begun(self) -> bool:
        return self.status.key != "none"


@dataclass(frozen=True, slots=True)
class TrackedGroup:
    """The units under one parent, with how many of them have sent; `rows` are those shown."""

    name: str
    submitted: int
    total: int
    mine: int
    late: int
    bar: tuple[Segment, ...]
    rows: tuple[TrackedRow, ...]


@dataclass(frozen=True, slots=True)
class TrackerPage:
    """Everything the tracker shows. `showing`: the filter in the address, "" for all.

    `mine`: how many wait for the reader, whatever is shown; `desk`: the unit whose desk they may
    hand on, as an address names it, or "".
    """

    unit: Unit
    period: Period
    periods: tuple[tuple[str, bool], ...]
    deadline: Deadline | None
    deadline_words: str
    submitted: int
    total: int
    late: int
    mine: int
    again: int
    is_reviewer: bool
    desk: str
    bar: tuple[Segment, ...]
    groups: tuple[TrackedGroup, ...]
    merged: tuple[Succession, ...]
    filters: tuple[Filter, ...]
    showing: str

    @property
    def is_grouped(self) -> bool:
        return len(self.groups) > 1

    @property
    def rows(self) -> list[TrackedRow]:
        return [row for group in self.groups for row in group.rows]

    @property
    def to_remind(self) -> list[TrackedRow]:
        """The rows shown that may be asked now."""
        return [row for row in self.rows if row.may_remind]

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Why others that owe a return are not asked with them, and how many each."""
        found: dict[str, int] = {}
        for row in self.rows:
            if row.why_not:
                why = _("đã nhắc hôm nay") if row.last and not row.may_remind else row.why_not
                found[why] = found.get(why, 0) + 1
        return list(found.items())


def tracker_page(
    unit: Unit, period: Period, official: Official, *, showing: str = ""
) -> TrackerPage:
    """Return the returns below `unit`, grouped by parent; rows on `official`'s desk are marked.

    `showing` narrows the rows (one of `filters.KEYS`). The number of queries does not grow
    with the units.
    """
    found = tracker(unit, period)
    if not sees_below(official, unit):
        found = replace(found, rows=[], merged=[])
    reviewed = _reviewable(found.rows, official)
    rows = _rows(found, official, reviewed)
    shown = showing if showing in KEYS else ""
    groups = tuple(
        _group(name, [row for row in inside if is_shown(rows[row.unit.pk], shown)], inside, rows)
        for name, inside in _by_parent(found.rows).items()
    )
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
        mine=sum(row.is_mine for row in rows.values()),
        again=sum(row.round > 1 and row.status.key in _WITH_REVIEWER for row in rows.values()),
        is_reviewer=bool(reviewed),
        desk=_desk(unit, official),
        bar=tally(row.state for row in found.rows),
        groups=tuple(group for group in groups if group.rows or not shown),
        merged=tuple(found.merged),
        filters=_filters(rows.values(), shown),
        showing=shown,
    )


_WITH_REVIEWER = (ReportState.SUBMITTED, ReportState.ENDORSED)


def _desk(unit: Unit, official: Official) -> str:
    """The reader's own desk over these returns: this unit's, else the nearest above it."""
    own = [post.unit for post in reviewing_posts(official) if can_delegate(official, post.unit)]
    nearest = unit.upward.filter(ancestor__in=own).order_by("depth") if own else None
    found = nearest.select_related("ancestor").first() if nearest else None
    return found.ancestor.reference if found else ""


def _rows(found: Tracker, official: Official, reviewed: Collection[int]) -> dict[int, TrackedRow]:
    """By unit pk."""
    reports = [row.report for row in found.rows if row.report is not None]
    for row in found.rows:
        if row.report is not None:
            row.report.unit = row.unit
    mine = on_desk_of(official, reports)
    reach = reach_of(found.rows) if reviewed else {}
    return {
        row.unit.pk: _row(row, mine, reach if row.unit.pk in reviewed else {}) for row in found.rows
    }


def _reviewable(rows: Sequence[Standing], official: Official) -> set[int]:
    """The units (pks) whose returns `official` reviews at some tier, now or later."""
    asked = [row.unit.pk for row in rows]
    return set(units_for(official, Action.REVIEW).filter(pk__in=asked).values_list("pk", flat=True))


def _by_parent(rows: Sequence[Standing]) -> dict[str, list[Standing]]:
    groups: dict[str, list[Standing]] = {}
    for row in rows:
        groups.setdefault(row.unit.parent.name if row.unit.parent else "", []).append(row)
    return groups


def _group(
    name: str,
    shown: Sequence[Standing],
    inside: Sequence[Standing],
    rows: Mapping[int, TrackedRow],
) -> TrackedGroup:
    return TrackedGroup(
        name=name,
        submitted=sum(row.is_submitted for row in inside),
        total=len(inside),
        mine=sum(rows[row.unit.pk].is_mine for row in inside),
        late=sum(row.is_late for row in inside),
        bar=tally(row.state for row in inside),
        rows=tuple(sorted((rows[row.unit.pk] for row in shown), key=_urgency)),
    )


def _urgency(row: TrackedRow) -> tuple[bool, bool, int]:
    """Equal ones stay in official order."""
    return not row.is_mine, not row.is_overdue, _TO_ACT_ON.index(row.state)


def _row(row: Standing, mine: set[int], reach: Mapping[int, Reach]) -> TrackedRow:
    report = row.report
    asked = reach.get(row.unit.pk)
    return TrackedRow(
        unit=row.unit,
        state=row.state,
        status=words.status(
            row.state,
            progress=f"{row.done}/{row.total}",
            waits_for=str(report.with_tier or "") if report else "",
            returned=row.returned,
        ),
        is_overdue=row.is_late,
        late=_late(row),
        done=row.done,
        total=row.total,
        round=report.round if report else 0,
        submitted_at=report.submitted_at if report else None,
        is_mine=report is not None and report.pk in mine,
        may_remind=asked is not None and not asked.why_not,
        why_not=asked.why_not if asked and not row.is_submitted else "",
        last=asked.last if asked and not row.is_submitted else None,
    )


def _late(row: Standing) -> Status | None:
    if row.is_late:
        return words.overdue()
    return words.sent_late(row.days_late) if row.is_submitted and row.days_late else None


def _filters(rows: Iterable[TrackedRow], showing: str) -> tuple[Filter, ...]:
    """The ways to narrow the list that leave anything, with how much; all of it comes first."""
    found = list(rows)
    counted = [
        Filter(key, label(key), sum(is_shown(row, key) for row in found), key == showing)
        for key in KEYS
    ]
    return tuple(one for one in counted if one.count or one.is_current or not one.key)


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
