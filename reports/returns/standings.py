"""Where the returns of many units stand: what is owed, who has sent, who is late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from communes.access import current_posts
from communes.enums import Role
from communes.models import Ancestry, Official, Succession, Unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports.enums import ReportState
from reports.models import Deadline, Report
from reports.returns.form import Forms, deadline_of, deadlines, entering_tiers
from reports.returns.pieces import is_late, was_in_time


@dataclass(frozen=True)
class Standing:
    """Where one unit's return stands. `state` is None when nothing has been entered.

    `days_late`: how long after its due day the return was first sent; 0 in time, or not yet sent.
    """

    unit: Unit
    period: Period
    report: Report | None
    state: str | None
    deadline: Deadline | None
    done: int
    total: int
    returned: int
    days_late: int = 0

    @property
    def is_late(self) -> bool:
        return is_late(self.report, self.deadline)

    @property
    def is_correction(self) -> bool:
        """Was it approved once, and opened again?"""
        return self.report is not None and self.report.is_correction

    @property
    def is_reopened(self) -> bool:
        """Is its correction not approved yet? What was approved before is official meanwhile."""
        return self.is_correction and self.state != ReportState.APPROVED

    @property
    def was_in_time(self) -> bool:
        """Did it first leave its unit by the day it is due?"""
        if self.report is None or self.deadline is None:
            return False
        return was_in_time(self.report, self.deadline)

    @property
    def is_submitted(self) -> bool:
        return self.state in (ReportState.SUBMITTED, ReportState.ENDORSED, ReportState.APPROVED)


Owed = tuple[Unit, Period]
"""Whose return of which period."""

Key = tuple[int, str]
"""(unit pk, period code)"""


def standings(units: Sequence[Unit], period: Period) -> list[Standing]:
    """The standing of each unit's return, in the order given. A fixed number of queries."""
    return _standings([(unit, period) for unit in units])


def _standings(owed: Sequence[Owed]) -> list[Standing]:
    """In the order given. A fixed number of queries, and two for each period."""
    if not owed:
        return []
    forms = _forms(owed)
    reports, done = _reports(owed), _answered(forms)
    chains = _chains(owed)
    deadlines = {key: chain[-1] for key, chain in chains.items()}
    late = _days_late(reports, chains)
    found = []
    for unit, period in owed:
        key = unit.pk, period.code
        report = reports.get(key)
        found.append(
            Standing(
                unit=unit,
                period=period,
                report=report,
                state=report.state if report else None,
                deadline=deadlines.get(key),
                done=done.get(key, 0),
                total=len(forms[key]),
                returned=report.open_requests if report else 0,
                days_late=late.get(key, 0),
            )
        )
    return found


def _of(owed: Sequence[Owed]) -> dict[str, Any]:
    """Filter by units and periods; may find a pair too many, which nobody looks up."""
    return {
        "unit__in": {unit.pk for unit, _ in owed},
        "period__in": {period.code for _, period in owed},
    }


def _reports(owed: Sequence[Owed]) -> dict[Key, Any]:
    """Stored reports with their past and `open_requests`, the figures sent back, not corrected."""
    sent_back = Q(
        comments__asks_for_change=True,
        comments__settled_at__isnull=True,
        comments__event__isnull=False,
    )
    rows = (
        Report.objects.filter(**_of(owed))
        .with_past()
        .select_related("with_tier")
        .annotate(open_requests=Count("comments", filter=sent_back))
    )
    return {(row.unit_id, row.period): row for row in rows}


def _forms(owed: Sequence[Owed]) -> dict[Key, list[Indicator]]:
    forms = Forms(list({unit.pk: unit for unit, _ in owed}.values()))
    found: dict[Key, list[Indicator]] = {}
    for period in {period for _, period in owed}:
        units = [unit for unit, asked in owed if asked == period]
        found |= {(pk, period.code): form for pk, form in forms.of(units, period).items()}
    return found


def _answered(forms: Mapping[Key, Sequence[Indicator]]) -> dict[Key, int]:
    """How many figures of its form each unit has answered."""
    alike: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for (unit_id, code), form in forms.items():
        alike[code, tuple(row.pk for row in form)].append(unit_id)
    asked = Q()
    for (code, inputs), units in alike.items():
        asked |= Q(period=code, unit__in=units, indicator__in=inputs)
    rows = (
        Result.objects.filter(asked)
        .exclude(answer=Answer.MISSING)
        .values_list("unit", "period")
        .annotate(Count("pk"))
    )
    return {(unit_id, code): count for unit_id, code, count in rows}


def _chains(owed: Sequence[Owed]) -> dict[Key, list[Deadline]]:
    """The calendar entries that speak of each return, the nearest issuer's last: it counts."""
    of = _of(owed)
    rows = (
        Ancestry.objects.filter(
            descendant__in=of["unit__in"], ancestor__deadlines__period__in=of["period__in"]
        )
        .order_by("-depth")
        .values_list("descendant", "ancestor__deadlines")
    )
    pairs = list(rows)
    kept = Deadline.objects.select_related("issuer").in_bulk({pk for _, pk in pairs})
    found: dict[Key, list[Deadline]] = defaultdict(list)
    for unit_id, pk in pairs:
        found[unit_id, kept[pk].period].append(kept[pk])
    return dict(found)


def _days_late(reports: Mapping[Key, Any], chains: Mapping[Key, list[Deadline]]) -> dict[Key, int]:
    """By how many days returns were late when they were first sent. One query, none when none."""
    sent = {
        key: row.first_sent
        for key, row in reports.items()
        if row.first_sent is not None and key in chains
    }
    then = _due_days({row.pk for key in sent for row in chains[key]})
    return {key: days_late(at, _due_then(chains[key], then, at)) for key, at in sent.items()}


def _due_days(pks: set[int]) -> dict[int, list[tuple[datetime, date]]]:
    """What each calendar entry (pk) has said, oldest first: (since when, due day)."""
    if not pks:
        return {}
    found: dict[int, list[tuple[datetime, date]]] = defaultdict(list)
    rows = Deadline.history.filter(id__in=pks).order_by("history_date", "history_id")
    for pk, since, day in rows.values_list("id", "history_date", "due_on"):
        found[pk].append((since, day))
    return found


def _due_then(
    chain: Sequence[Deadline], then: Mapping[int, list[tuple[datetime, date]]], at: datetime
) -> date:
    """The due day as it stood at a moment; today's where none is known of then."""
    for row in chain[::-1]:
        said = [day for since, day in then.get(row.pk, []) if since <= at]
        if said:
            return said[-1]
    return chain[-1].due_on


def days_late(first_sent: datetime | None, due_on: date | None) -> int:
    """How many days after its due day a return was first sent; 0 in time, or when not known."""
    if first_sent is None or due_on is None:
        return 0
    return max((timezone.localdate(first_sent) - due_on).days, 0)


def lateness_of(unit: Unit, period: Period) -> int:
    """As `Standing.days_late`, of one return. At most four queries."""
    owed = [(unit, period)]
    return _days_late(_reports(owed), _chains(owed)).get((unit.pk, period.code), 0)


@dataclass(frozen=True)
class Tracker:
    """Who below a unit has sent the period's return, and which units ended within it."""

    unit: Unit
    period: Period
    deadline: Deadline | None
    rows: list[Standing]
    merged: list[Succession]

    @property
    def submitted(self) -> int:
        return sum(row.is_submitted for row in self.rows)

    def count(self, *states: str | None) -> int:
        return sum(row.state in states for row in self.rows)


def tracker(unit: Unit, period: Period) -> Tracker:
    """The returns of every unit below `unit` that is asked for one, in official order."""
    units = list(
        Unit.objects.below_on(unit, period.end)
        .filter(tier__in=entering_tiers())
        .select_related("tier", "parent")
        .order_by("parent__code", "code")
    )
    merged = Succession.objects.filter(
        predecessor__upward__ancestor=unit, date__gt=period.start, date__lte=period.end
    ).select_related("predecessor", "successor")
    owed = [row for row in standings(units, period) if row.total]
    return Tracker(unit, period, deadline_of(unit, period), owed, list(merged))


def periods_for(unit: Unit) -> list[Period]:
    """Periods with a calendar entry for the unit, in which it still existed; latest first."""
    return sorted(_openings(unit), reverse=True)


def _openings(unit: Unit) -> dict[Period, date]:
    """The day on which each period of the unit's calendar opens."""
    found: dict[Period, date] = {}
    for code, day in deadlines(unit).values_list("period", "opens_on"):
        period = Period.parse(code)
        if unit.is_valid_on(period.end):
            found.setdefault(period, day)  # the nearest issuer comes first
    return found


def latest_period(unit: Unit) -> Period:
    """The period a page opens with: the latest that has opened, else the last full year it saw.

    A round that is set for later leads nobody to it before its day.
    """
    openings = _openings(unit)
    today = timezone.localdate()
    if openings:
        opened = [period for period, day in openings.items() if day <= today]
        return max(opened) if opened else min(openings)
    last_day = min(unit.valid_to, today)
    full_year = date(last_day.year, 12, 31) <= last_day
    return Period(last_day.year if full_year else last_day.year - 1)


def owed_by(official: Official) -> list[Standing]:
    """Every return the official's units owe or have sent, latest period first."""
    units = {
        post.unit_id: post.unit for post in current_posts(official) if post.role == Role.OFFICER
    }
    owed = [(unit, period) for unit in units.values() for period in periods_for(unit)]
    found = [row for row in _standings(owed) if row.total or row.report is not None]
    return sorted(found, key=lambda row: row.period, reverse=True)
