"""What the calendar page shows: rounds with their extensions, who set them, how many have sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.periods import Period
from reports.calendar.forms import Choices
from reports.enums import ReportState
from reports.models import Deadline
from reports.scheduling import begun_below

SENT = (ReportState.SUBMITTED, ReportState.ENDORSED, ReportState.APPROVED)


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a round stands today. `look`: class of the mark, `icon` its shape."""

    look: str
    icon: str
    words: str

    @property
    def is_open(self) -> bool:
        return self.look == "s-track"


@dataclass(frozen=True, slots=True)
class Change:
    """Who has set a row last, and when. `by` is empty for what was loaded from a file."""

    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for a unit; `place` is the unit it lies in."""

    row: Deadline
    unit: str
    place: str
    stance: Stance
    change: Change


@dataclass(frozen=True, slots=True)
class Round:
    """One round. `sent`: units that have sent their return, of `begun` that have begun one."""

    row: Deadline | None
    period: Period
    stance: Stance | None
    change: Change
    begun: int
    sent: int
    extensions: list[Extension]


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The calendar of `province`, latest period first."""

    province: Unit
    address: str
    rounds: list[Round]
    may_schedule: bool

    @property
    def last_year(self) -> int:
        """The latest year that it may still report: this one, unless it ends or ended before."""
        year = timezone.localdate().year
        until = self.province.valid_to
        return min(year, until.year if (until.month, until.day) == (12, 31) else until.year - 1)

    @property
    def open_now(self) -> int:
        """Rounds that wait for returns today."""
        return sum(row.stance is not None and row.stance.is_open for row in self.rounds)

    @property
    def extended_now(self) -> int:
        """Units that have more time, and have it still."""
        return sum(found.stance.is_open for row in self.rounds for found in row.extensions)

    def round(self, code: str) -> Round | None:
        """The round that a period's code names."""
        return next((row for row in self.rounds if row.row and row.period.code == code), None)


def province(reference: str) -> Unit | None:
    """The province that CODE, or CODE@day, names; one that ended since is found by its code."""
    return Unit.objects.of_tier(TierCode.PROVINCE).select_related("tier").named_ever(reference)


def calendar_page(unit: Unit, official: Official) -> CalendarPage:
    """The whole page, in a number of queries that grows with nothing."""
    rows = list(
        Deadline.objects.filter(issuer__upward__ancestor=unit)
        .select_related("issuer__parent", "issuer__tier")
        .order_by("issuer__tier__rank", "issuer__parent__code", "issuer__code")
    )
    changes = _changes(rows)
    returns = _returns(unit)
    by_period: dict[str, list[Deadline]] = defaultdict(list)
    for row in rows:
        by_period[row.period].append(row)
    rounds = [
        _round(unit, Period.parse(code), found, changes, returns)
        for code, found in by_period.items()
    ]
    return CalendarPage(
        province=unit,
        address=unit.address,
        rounds=sorted(rounds, key=lambda row: row.period, reverse=True),
        may_schedule=access.can_schedule(official, unit),
    )


def _round(
    unit: Unit,
    period: Period,
    rows: list[Deadline],
    changes: Mapping[int, Change],
    returns: Mapping[str, tuple[int, int]],
) -> Round:
    own = next((row for row in rows if row.issuer_id == unit.pk), None)
    begun, sent = returns.get(period.code, (0, 0))
    return Round(
        row=own,
        period=period,
        stance=stance(own, timezone.localdate()) if own else None,
        change=changes[own.pk] if own else Change("", None),
        begun=begun,
        sent=sent,
        extensions=[
            Extension(
                row=row,
                unit=row.issuer.name,
                place=_place(row.issuer, unit),
                stance=stance(row, timezone.localdate()),
                change=changes[row.pk],
            )
            for row in rows
            if row is not own
        ],
    )


def _place(unit: Unit, province: Unit) -> str:
    parent = unit.parent
    return parent.name if parent is not None and parent.pk != province.pk else ""


def stance(row: Deadline, today: date) -> Stance:
    """Where a calendar stands: not open yet, open, past its day, closed."""
    if today < row.opens_on:
        return Stance("s-none", "clock", _("Chưa mở"))
    if today <= row.due_on:
        left = (row.due_on - today).days
        return Stance(
            "s-track",
            "track",
            _("Đang nhập, còn {n} ngày").format(n=left) if left else _("Hôm nay hết hạn"),
        )
    if row.closes_on is not None and today > row.closes_on:
        return Stance("s-info", "lock", _("Đã khóa"))
    return Stance("s-info", "flag", _("Đã qua hạn"))


def _changes(rows: Iterable[Deadline]) -> dict[int, Change]:
    """Who has changed each row last. One query."""
    found = {row.pk: Change("", None) for row in rows}
    kept = Deadline.history.filter(id__in=found).select_related("history_user")
    for row in kept.order_by("history_date", "history_id"):
        found[row.id] = Change(str(row.history_user or ""), row.history_date)
    return found


def _returns(unit: Unit) -> dict[str, tuple[int, int]]:
    """How many returns below have been begun and sent, by period. One query."""
    rows = (
        begun_below(unit)
        .order_by()
        .values_list("period")
        .annotate(begun=Count("pk"), sent=Count("pk", filter=Q(state__in=SENT)))
    )
    return {code: (begun, sent) for code, begun, sent in rows}


def choices(unit: Unit, period: Period) -> Choices:
    """The units that may be given more time: each district with the units in it. One query."""
    below = (
        Unit.objects.below_on(unit, period.end)
        .filter(tier__code__in=[TierCode.DISTRICT, TierCode.COMMUNE])
        .select_related("tier", "parent")
        .order_by("tier__rank", "code")
    )
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in below:
        if row.tier.code == TierCode.DISTRICT:
            whole = _("Cả {district}").format(district=row.name_in_sentence)
            groups[row.name] = [(row.code, whole)]
        else:
            parent = row.parent.name if row.parent else ""
            groups.setdefault(parent, []).append((row.code, row.short_name))
    return list(groups.items())


def unit_below(unit: Unit, code: str, period: Period) -> Unit | None:
    """The unit that a code named in the period, if it lies below."""
    return Unit.objects.below_on(unit, period.end).select_related("tier").filter(code=code).first()
