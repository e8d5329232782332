"""What has changed at a unit since a day: steps of returns, sums that moved, verdicts that turned.

Only what counts is compared (sent, or approved): a draft is the unit's own until it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, QuerySet
from django.utils import timezone

from communes.models import Unit
from indicators.enums import Aggregation, Answer, Stage
from indicators.figures import Figure
from indicators.models import Indicator, Result
from indicators.periods import Period
from plans.evaluators import Verdict, shown
from plans.models import Target, VerdictChange
from plans.pages.verdicts import MARKS, Mark
from povertyplan.lib.numbers import format_number
from reports.dashboards.cells import value_text
from reports.enums import Step
from reports.models import ReportEvent

DAYS = 7
"""How far back the page looks unless its address names a day."""
LONGEST = 366
EVENTS = 6
"""Steps that are listed, the latest first; the others are counted."""
NAMED = 12
"""Units named beside a sum that moved."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StepCount:
    """How many times a step was taken."""

    step: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a return below."""

    unit: Unit
    label: str
    post: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UnitMove:
    """What one unit's figure was and is; – where it had or has none."""

    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A sum that moved. `came`: units whose first figure it is; `corrected`: that changed one."""

    indicator: Indicator
    was: str
    now: str
    difference: str
    came: int
    corrected: int
    gone: int
    units: tuple[UnitMove, ...]
    unnamed: int


@dataclass(frozen=True, slots=True)
class Turned:
    """A promise whose verdict is another than at the beginning of the window."""

    target: Target
    was: Mark
    now: Mark
    is_worse: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed since the morning of `since`."""

    since: date
    is_default: bool
    steps: tuple[StepCount, ...]
    events: tuple[Event, ...]
    moved: tuple[Moved, ...]
    turned: tuple[Turned, ...]

    @property
    def unlisted(self) -> int:
        return sum(row.number for row in self.steps) - len(self.events)

    @property
    def days(self) -> int:
        return (timezone.localdate() - self.since).days

    @property
    def is_empty(self) -> bool:
        return not (self.steps or self.moved or self.turned)


def window(asked: str) -> tuple[date, bool]:
    """The day to look back to, and whether it is the usual one; taken for what is no past day."""
    today = timezone.localdate()
    usual = today - timedelta(days=DAYS)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return usual, True
    if not today - timedelta(days=LONGEST) <= day <= today:
        return usual, True
    return day, day == usual


def changes(
    unit: Unit,
    period: Period,
    stage: str,
    *,
    asked: str,
    whole: Mapping[int, Figure],
    indicators: Sequence[Indicator],
    targets: Iterable[Target],
    is_open: bool = True,
) -> Changes:
    """Return what changed since the day `asked` for (YYYY-MM-DD; else seven days ago).

    Not `is_open`: the reader sees the unit alone, and no unit below is named.

    `whole`: the unit's figures as they stand now, by indicator pk. Of `indicators` those that
    are typed and add up are compared. Queries grow with neither units nor changes.
    """
    day, is_default = window(asked)
    since = timezone.make_aware(datetime.combine(day, time.min))
    units = Unit.objects.below(unit, include_self=True).valid_on(period.end)
    steps, events = _steps(units if is_open else units.filter(pk=unit.pk), period, since)
    summed = [row for row in indicators if row.is_input and row.aggregation == Aggregation.SUM]
    return Changes(
        since=day,
        is_default=is_default,
        steps=steps,
        events=events,
        moved=_moved(units, period, stage, since, summed, whole, is_open=is_open),
        turned=_turned(targets, period, stage, since),
    )


# -- returns -----------------------------------------------------------------------------------


def _steps(
    units: QuerySet[Unit], period: Period, since: datetime
) -> tuple[tuple[StepCount, ...], tuple[Event, ...]]:
    taken = ReportEvent.objects.filter(
        report__unit__in=units, report__period=period.code, at__gte=since
    )
    counts = dict(taken.order_by().values_list("step").annotate(Count("pk")))
    steps = tuple(
        StepCount(step, str(step.label), counts[step]) for step in Step if counts.get(step)
    )
    if not steps:
        return (), ()
    latest = taken.select_related("report__unit").order_by("-at", "-pk")[:EVENTS]
    return steps, tuple(
        Event(row.report.unit, str(Step(row.step).label), row.post_label, row.at) for row in latest
    )


# -- sums --------------------------------------------------------------------------------------

Told = Decimal | None
Pair = tuple[Told, Told]
"""What a unit's counted figure was when the window began, and what it is."""


def _moved(
    units: QuerySet[Unit],
    period: Period,
    stage: str,
    since: datetime,
    indicators: Sequence[Indicator],
    whole: Mapping[int, Figure],
    *,
    is_open: bool,
) -> tuple[Moved, ...]:
    pairs = _pairs(units, period, stage, since, indicators)
    named = Unit.objects.in_bulk({unit for found in pairs.values() for unit in found})
    rows = (
        _moved_row(row, pairs[row.pk], whole.get(row.pk, Figure()), named if is_open else {})
        for row in indicators
        if row.pk in pairs
    )
    return tuple(rows)


def _pairs(
    units: QuerySet[Unit],
    period: Period,
    stage: str,
    since: datetime,
    indicators: Sequence[Indicator],
) -> dict[int, dict[int, Pair]]:
    """{indicator pk: {unit pk: (was, is)}} of every counted figure that is another now."""
    layer = "approved" if stage == Stage.OFFICIAL else "submitted"
    kept = Result.history.filter(
        unit__in=units, period=period.code, indicator__in=[row.pk for row in indicators]
    )
    touched = kept.filter(history_date__gte=since).order_by().values("id")
    records = (
        kept.filter(id__in=touched)
        .order_by("history_date", "history_id")
        .values_list("indicator_id", "unit_id", "history_date", f"{layer}_answer", f"{layer}_value")
    )
    then: dict[tuple[int, int], Told] = {}
    now: dict[tuple[int, int], Told] = {}
    for indicator, unit, at, answer, value in records:
        told = value if answer == Answer.VALUE else None
        now[indicator, unit] = told
        if at < since:
            then[indicator, unit] = told
    found: dict[int, dict[int, Pair]] = {}
    for (indicator, unit), value in now.items():
        was = then.get((indicator, unit))
        if was != value:
            found.setdefault(indicator, {})[unit] = (was, value)
    return found


def _moved_row(
    indicator: Indicator, pairs: Mapping[int, Pair], figure: Figure, named: Mapping[int, Unit]
) -> Moved:
    came = sum(was is None for was, _now in pairs.values())
    gone = sum(now is None for _was, now in pairs.values())
    step = sum(((now or ZERO) - (was or ZERO) for was, now in pairs.values()), ZERO)
    had = figure.reported - came + gone
    before = (figure.value or ZERO) - step if had > 0 else None
    apart = step
    if before is not None and figure.value is not None:
        apart = shown(figure.value, indicator.decimals) - shown(before, indicator.decimals)
    by_size = sorted(pairs, key=lambda unit: -abs(_step(pairs[unit])))
    return Moved(
        indicator=indicator,
        was=value_text(indicator, before),
        now=value_text(indicator, figure.value),
        difference=_signed(indicator, apart),
        came=came,
        corrected=len(pairs) - came - gone,
        gone=gone,
        units=tuple(
            _unit_move(indicator, named[pk], pairs[pk]) for pk in by_size[:NAMED] if pk in named
        ),
        unnamed=max(len(pairs) - NAMED, 0),
    )


def _step(pair: Pair) -> Decimal:
    was, now = pair
    return (now or ZERO) - (was or ZERO)


def _signed(indicator: Indicator, step: Decimal) -> str:
    words = format_number(step, indicator.decimals)
    return f"+{words}" if step > ZERO else words


def _unit_move(indicator: Indicator, unit: Unit, pair: Pair) -> UnitMove:
    was, now = pair
    return UnitMove(unit.name, value_text(indicator, was), value_text(indicator, now))


# -- verdicts ----------------------------------------------------------------------------------

_WORSE = (
    Verdict.MET,
    Verdict.ON_TRACK,
    Verdict.NOT_DUE,
    Verdict.NO_DATA,
    Verdict.AT_RISK,
    Verdict.OFF_TRACK,
)


def _turned(
    targets: Iterable[Target], period: Period, stage: str, since: datetime
) -> tuple[Turned, ...]:
    """From the first verdict of the window to the last; there and back again is no change."""
    by_pk = {row.pk: row for row in targets}
    if not by_pk:
        return ()
    found: dict[int, tuple[str, str, datetime]] = {}
    rows = VerdictChange.objects.filter(
        target__in=by_pk, year=period.year, stage=stage, at__gte=since
    ).exclude(was="")
    for row in rows.order_by("at", "pk"):
        first = found[row.target_id][0] if row.target_id in found else row.was
        found[row.target_id] = first, row.verdict, row.at
    return tuple(
        _turn(by_pk[pk], Verdict(was), Verdict(now), at)
        for pk, (was, now, at) in found.items()
        if was != now
    )


def _turn(target: Target, was: Verdict, now: Verdict, at: datetime) -> Turned:
    is_worse = _WORSE.index(now) > _WORSE.index(was)
    return Turned(target, MARKS[was], MARKS[now], is_worse, at)
