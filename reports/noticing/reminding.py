"""Asking units for their return: once a day each, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.access import Action, holders, require, reviewing_posts
from communes.enums import Role
from communes.models import Official, Post, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import officially, said
from reports.enums import NoticeKind
from reports.models import Reminder
from reports.noticing.telling import Telling, tell
from reports.returns import Standing, standings

NOTE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: `told` units were, `left` were not, each with the reason."""

    told: list[Unit]
    left: list[tuple[Unit, str]]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a unit can be asked now. `why_not` is empty then; `last`: the latest reminder."""

    last: Reminder | None
    people: int
    why_not: str


def reach_of(rows: Sequence[Standing]) -> dict[int, Reach]:
    """By unit pk: whether each may be asked for its return of the period. Two queries.

    Whether somebody has the right to ask is another question.
    """
    if not rows:
        return {}
    last = _last_reminders([row.unit for row in rows], rows[0].period)
    officers = holders({row.unit.pk for row in rows}, [Role.OFFICER])
    return {
        row.unit.pk: _reach(row, last.get(row.unit.pk), len(officers.get(row.unit.pk, [])))
        for row in rows
    }


def _last_reminders(units: Iterable[Unit], period: Period) -> dict[int, Reminder]:
    rows = Reminder.objects.filter(unit__in=list(units), period=period.code).order_by("at", "pk")
    return {row.unit_id: row for row in rows}


def _reach(row: Standing, last: Reminder | None, people: int) -> Reach:
    return Reach(last, people, _why_not(row, last, people))


def _why_not(row: Standing, last: Reminder | None, people: int) -> str:
    today = timezone.localdate()
    if row.is_submitted:
        return _("đã nộp")
    if row.deadline is not None and row.deadline.opens_on > today:
        return _("kỳ báo cáo chưa mở")
    if not people:
        return _("chưa ai có tài khoản, gọi điện")
    if last is not None and timezone.localdate(last.at) == today:
        return _("đã nhắc hôm nay lúc {at}, {by}").format(at=_hour(last.at), by=last.post_label)
    return ""


def _hour(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


def remind(*, unit: Unit, period: Period, by: Official, note: str = "") -> Reminder:
    """Ask one unit for its return. Raises Http404/PermissionDenied for who does not review it,
    DomainError for a unit that has sent, was asked today, or has nobody to read it."""
    asked = remind_all(units=[unit], period=period, by=by, note=note)
    if asked.left:
        raise DomainError(
            _("Chưa nhắc {unit}: {why}.").format(unit=unit.name_in_sentence, why=asked.left[0][1])
        )
    return Reminder.objects.filter(unit=unit, period=period.code).latest("at", "pk")


@transaction.atomic
def remind_all(*, units: Sequence[Unit], period: Period, by: Official, note: str = "") -> Asked:
    """Ask several units; those that cannot be asked are left, each with the reason.

    Raises Http404/PermissionDenied where any is not `by`'s to review; nothing is written then.
    """
    for unit in units:
        require(by, Action.REVIEW, unit)
    note = said(note, _("Lời nhắn"), NOTE_LENGTH)
    # One who asks at a time: of two that press at once the second finds it done.
    list(
        Unit.objects.select_for_update(no_key=True)
        .filter(pk__in=[unit.pk for unit in units])
        .order_by("pk")
        .values_list("pk")
    )
    rows = standings(units, period)
    reach = reach_of(rows)
    ready = [row for row in rows if not reach[row.unit.pk].why_not]
    _write(ready, reach, by, note.strip())
    left = [(row.unit, reach[row.unit.pk].why_not) for row in rows if row not in ready]
    return Asked([row.unit for row in ready], left)


def _write(rows: Sequence[Standing], reach: dict[int, Reach], by: Official, note: str) -> None:
    labels = _labels([row.unit for row in rows], by)
    made = Reminder.objects.bulk_create(
        Reminder(
            unit=row.unit,
            period=row.period.code,
            by=by,
            post_label=labels[row.unit.pk],
            note=note,
            told=reach[row.unit.pk].people,
        )
        for row in rows
    )
    officers = holders({row.unit.pk for row in rows}, [Role.OFFICER])
    tell(
        [
            Telling(
                one,
                NoticeKind.REMINDED,
                f"reminded:{reminder.pk}",
                unit=row.unit,
                period=row.period,
                told={
                    "post": reminder.post_label,
                    "note": note,
                    "due": row.deadline.due_on.isoformat() if row.deadline else "",
                },
            )
            for row, reminder in zip(rows, made, strict=True)
            for one in officers.get(row.unit.pk, [])
            if one.pk != by.pk
        ]
    )


@officially
def _labels(units: Sequence[Unit], by: Official) -> dict[int, str]:
    """The post in which `by` asks each unit (pk): the nearest of theirs above it. One query."""
    posts = {post.unit_id: post for post in reviewing_posts(by)}
    found: dict[int, str] = {}
    for unit, ancestor in (
        Unit.objects.filter(pk__in=[unit.pk for unit in units], upward__ancestor__in=posts)
        .order_by("-upward__depth")
        .values_list("pk", "upward__ancestor")
    ):
        found[unit] = _label(posts[ancestor])  # the nearest comes last
    return found


def _label(post: Post) -> str:
    """As events keep it (`workflow.steps.label_of`, which stands above)."""
    if post.delegated_by is not None:
        words = _("Thừa ủy quyền của {giver}, {unit}")
        return words.format(giver=post.delegated_by, unit=post.unit.name_in_sentence)[:200]
    return f"{post.title or post.get_role_display()}, {post.unit.name_in_sentence}"
