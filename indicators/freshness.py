"""How fresh figures are: up to when everything entered is in them, and what is being added up.

Ask before the figures are read: what was added up by then is in them, what comes later only
makes them newer. The other way round a sum finished in between would pass for the one shown.
Source: design, Ideas 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.utils import timezone

from communes.models import Unit, UnitGroup
from indicators.models import Recompute
from indicators.periods import Period
from indicators.rollups import EVERY_PERIOD

NAMED_AT_MOST = 4
"""How many units are named in a line before the rest is folded away."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the figures of some units and periods are.

    `as_of`: everything entered by then is in the figures. `pending_units`: how many units at or
    below wait to be added up again. `problem`: a sum has failed and waits for an administrator.
    `address`: the scope as the query of an address, to ask again.
    """

    as_of: datetime
    pending_units: int = 0
    problem: bool = False
    address: str = ""

    @property
    def is_pending(self) -> bool:
        """Will the figures change by themselves, soon?"""
        return self.pending_units > 0

    @property
    def moment(self) -> str:
        """14:32:05, 22/11/2026, local time."""
        return f"{timezone.localtime(self.as_of):%H:%M:%S, %d/%m/%Y}"


def freshness(units: Iterable[Unit], periods: Iterable[Period]) -> Freshness:
    """How fresh the figures of `units`, each with everything below it, are in `periods`.

    One query, two when a whole period waits. It starts from the marks, which are few, and never
    walks the units below.
    """
    read_at = timezone.now()
    wanted = [unit.pk for unit in units]
    spans = list(periods)
    below = Q(unit__upward__ancestor__in=wanted)
    marks = Recompute.objects.filter(
        below | Q(unit=None), period__in=[EVERY_PERIOD, *(span.code for span in spans)]
    )
    found = marks.aggregate(
        units=Count("unit", distinct=True, filter=Q(problem="")),
        whole=Count("pk", filter=Q(unit=None, problem="")),
        failed=Count("pk", filter=~Q(problem="")),
        oldest=Min("marked_at"),
    )
    return Freshness(
        as_of=min(found["oldest"] or read_at, read_at),
        pending_units=_everybody(wanted, spans) if found["whole"] else found["units"],
        problem=found["failed"] > 0,
    )


def _everybody(wanted: Sequence[int], spans: Sequence[Period]) -> int:
    """How many units there are at or below on the last day of the latest period."""
    day = max(span.end for span in spans)
    found = Unit.objects.valid_on(day).filter(upward__ancestor__in=wanted)
    return max(found.values("pk").distinct().count(), 1)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the figures of a page rest on: units with all below them, members of groups, periods."""

    units: tuple[Unit, ...]
    periods: tuple[Period, ...]
    groups: tuple[UnitGroup, ...] = ()

    @property
    def address(self) -> str:
        """The scope as the query of an address: don-vi=80@2999-12-31&ky=2024."""
        return urlencode(
            [
                *(("don-vi", unit.reference) for unit in self.units),
                *(("nhom", group.code) for group in self.groups),
                *(("ky", period.code) for period in self.periods),
            ],
            safe="@",
        )

    def freshness(self) -> Freshness:
        """At most three queries, whatever the number of units, groups and periods."""
        members = Unit.objects.filter(memberships__group__in=self.groups) if self.groups else ()
        found = freshness([*self.units, *members], self.periods)
        return Freshness(found.as_of, found.pending_units, found.problem, self.address)


@dataclass(frozen=True, slots=True)
class Included:
    """How many of those asked stand in the figures shown; `lacking`: the others, as far as named.

    `of_targets`: figures of a plan are counted, not units.
    """

    reported: int
    expected: int
    lacking: tuple[str, ...] = ()
    is_official: bool = False
    of_targets: bool = False

    @property
    def is_complete(self) -> bool:
        return self.reported >= self.expected

    @property
    def named(self) -> tuple[str, ...]:
        return self.lacking[:NAMED_AT_MOST]

    @property
    def folded(self) -> tuple[str, ...]:
        """The names for which the line has no room."""
        return self.lacking[NAMED_AT_MOST:]
