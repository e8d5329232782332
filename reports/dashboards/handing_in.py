"""Where the returns below a unit stand: a bar of states, who has not sent, and by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Ancestry, Tier, Unit
from indicators.periods import Period
from reports.enums import ReportState
from reports.models import Deadline
from reports.returns import Standing, Tracker, tracker
from reports.review import words
from reports.review.tally import STATES, Segment, tally
from reports.review.tracking import deadline_words
from reports.review.words import Status

NAMED = 8
"""Units named in the panel; the others stand in the tracker."""

_LOOK = (
    '<span class="st bare {}"><svg class="ic" aria-hidden="true" focusable="false">'
    '<use href="#i-{}"></use></svg>{}</span>'
)


def _look(icon: str, css: str, words: str) -> str:
    return format_html(_LOOK, css, icon, words)


_DONE_FIRST = tuple(STATES.values())


@dataclass(frozen=True, slots=True)
class Sent:
    """How far a unit's return is, or the returns below it. `place`: the least done comes first."""

    status: Status
    place: float
    late: Status | None = None

    @property
    def html(self) -> SafeString:
        """For a cell of the table of units: the icon and its word, and whether it is late."""
        shown = [self.status, *([self.late] if self.late else [])]
        return SafeString(" ".join(_look(row.icon, row.css, row.words) for row in shown))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A unit whose return is not with the reviewers."""

    unit: Unit
    sent: Sent


@dataclass(frozen=True, slots=True)
class HandingIn:
    """The panel: counts by state, and the units that have not sent, the late ones first.

    `reopened`: approved once, and the correction not yet. `tiers`: how many of the units are of
    each tier, by its name.
    """

    deadline: Deadline | None
    deadline_words: str
    submitted: int
    approved: int
    reopened: int
    total: int
    tiers: tuple[tuple[str, int], ...]
    late: int
    bar: tuple[Segment, ...]
    waiting: tuple[Waiting, ...]

    @property
    def named(self) -> tuple[Waiting, ...]:
        return self.waiting[:NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.waiting[NAMED:])


def handing_in(
    unit: Unit, children: Sequence[Unit], period: Period
) -> tuple[HandingIn | None, dict[int, Sent]]:
    """Return the panel of `unit` and the state of each of `children` by pk.

    No panel where nobody below owes a return, nor for the nation, whose thousands of returns are
    the provinces' to follow. The number of queries does not grow with units.
    """
    if unit.tier.code == TierCode.NATION:
        return None, {}
    found = tracker(unit, period)
    if not found.rows:
        return None, {}
    return _panel(found), _by_child(found.rows, children)


def _panel(found: Tracker) -> HandingIn:
    waiting = [Waiting(row.unit, _sent(row)) for row in found.rows if not row.is_submitted]
    waiting.sort(key=lambda row: (row.sent.late is None, row.sent.place))
    return HandingIn(
        deadline=found.deadline,
        deadline_words=deadline_words(found.deadline, timezone.localdate()),
        submitted=found.submitted,
        approved=sum(row.state == ReportState.APPROVED for row in found.rows),
        reopened=sum(row.is_reopened for row in found.rows),
        total=len(found.rows),
        tiers=_tiers(found.rows),
        late=sum(row.is_late for row in found.rows),
        bar=tally(row.state for row in found.rows),
        waiting=tuple(waiting),
    )


def _tiers(rows: Sequence[Standing]) -> tuple[tuple[str, int], ...]:
    counts = Counter(row.unit.tier for row in rows)
    return tuple((tier.name.lower(), counts[tier]) for tier in sorted(counts, key=_lowest_first))


def _lowest_first(tier: Tier) -> int:
    return -tier.rank


def _sent(row: Standing) -> Sent:
    report = row.report
    status = words.status(
        row.state,
        progress=f"{row.done}/{row.total}",
        waits_for=str(report.with_tier or "") if report else "",
        returned=row.returned,
    )
    place = -_DONE_FIRST.index(row.state)
    return Sent(status, place, words.overdue() if row.is_late else None)


def _by_child(rows: Sequence[Standing], children: Sequence[Unit]) -> dict[int, Sent]:
    """A child that alone hands in has its own state, one above others how many have."""
    own = {row.unit.pk: row for row in rows}
    at_or_below = _at_or_below(own.keys(), children)
    found: dict[int, Sent] = {}
    for child in children:
        sent = [own[pk] for pk in at_or_below.get(child.pk, ())]
        if sent:
            is_alone = [row.unit.pk for row in sent] == [child.pk]
            found[child.pk] = _sent(sent[0]) if is_alone else _share(sent)
    return found


def _at_or_below(units: Collection[int], children: Sequence[Unit]) -> Mapping[int, list[int]]:
    """Which of the units that hand in are each child or stand below it. One query."""
    found: dict[int, list[int]] = {}
    pairs = Ancestry.objects.filter(ancestor__in=[child.pk for child in children])
    for ancestor, descendant in pairs.values_list("ancestor", "descendant"):
        if descendant in units:
            found.setdefault(ancestor, []).append(descendant)
    return found


def _share(rows: Sequence[Standing]) -> Sent:
    sent = sum(row.is_submitted for row in rows)
    told = _("{sent}/{total} đã nộp").format(sent=sent, total=len(rows))
    is_done = sent == len(rows)
    status = Status(
        "share", "stamp" if is_done else "clock", "s-met" if is_done else "s-info", told
    )
    late = words.overdue() if any(row.is_late for row in rows) else None
    return Sent(status, sent / len(rows), late)
