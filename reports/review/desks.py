"""Which of many returns are on somebody's desk: `workflow.desk_of`, for a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.utils import timezone

from communes.access import current_posts, holders, reviewing_posts
from communes.enums import Role
from communes.models import Official, Unit
from reports.enums import UNDER_REVIEW
from reports.models import Report
from reports.returns.form import reviewers_by_unit


def on_desk_of(official: Official, reports: Iterable[Report]) -> set[int]:
    """The returns (pks) that `official` may decide on now. Two queries at most.

    A return of a unit they enter for is nobody's own to review. Reports come with unit and tier.
    """
    mine = {post.unit_id for post in reviewing_posts(official)}
    entered = {post.unit_id for post in current_posts(official) if post.role == Role.OFFICER}
    waiting = [row for row in reports if row.state in UNDER_REVIEW and row.unit_id not in entered]
    if not mine or not waiting:
        return set()
    ways = reviewers_by_unit([row.unit for row in waiting])
    left = _left(unit for way in ways.values() for unit in way[:-1])
    return {row.pk for row in waiting if _desk(row, ways.get(row.unit_id, []), left) in mine}


def _left(units: Iterable[Unit]) -> set[int]:
    """Those that have ended and where nobody reviews any more."""
    today = timezone.localdate()
    ended = {unit.pk for unit in units if not unit.is_valid_on(today)}
    return ended - holders(ended, [Role.REVIEWER]).keys() if ended else set()


def _desk(report: Report, way: Sequence[Unit], left: Collection[int]) -> int | None:
    if report.with_tier is None:
        return None
    kept = [unit for unit in way[:-1] if unit.pk not in left] + list(way[-1:])
    rank = report.with_tier.rank
    return next((unit.pk for unit in kept if unit.tier.rank <= rank), None)
