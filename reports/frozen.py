"""What a snapshot holds, read back, and what has changed since. Source: design, Meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from communes import access
from communes.models import Ancestry, Official, Unit
from indicators.enums import Stage
from indicators.figures import Figure, FigureBook
from indicators.models import Indicator
from indicators.periods import Period
from reports.enums import Step
from reports.models import ReportEvent, Snapshot, SnapshotUnit

Packed = list[Any]
"""[value, numerator, denominator, reported, expected, n/a]: numbers as decimal strings or null."""

Told = dict[tuple[int, str], Figure]
"""Figures by (unit pk, indicator code); what is left out was asked of nobody and told by nobody."""

NOTHING = Figure()


def pack(figure: Figure) -> Packed:
    """A figure as a snapshot keeps it."""
    numbers = (figure.value, figure.numerator, figure.denominator)
    return [*map(_text, numbers), figure.reported, figure.expected, int(figure.not_applicable)]


def unpack(kept: Packed) -> Figure:
    """The figure as it was; when it was added up, and whether it was sample, is not kept by row."""
    value, numerator, denominator, reported, expected, not_applicable = kept
    return Figure(
        value=_number(value),
        numerator=_number(numerator),
        denominator=_number(denominator),
        reported=reported,
        expected=expected,
        not_applicable=bool(not_applicable),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def digest_of(units: Iterable[tuple[str, Mapping[str, Packed]]], promises: Sequence[Any]) -> str:
    """SHA-256 of everything in a snapshot: (reference of a unit, its figures), and promises."""
    told = {"units": dict(units), "promises": list(promises)}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_whole(snapshot: Snapshot) -> bool:
    """Does the snapshot still hold what was put into it?"""
    rows = snapshot.units.select_related("unit")
    found = digest_of(((row.unit.reference, row.figures) for row in rows), snapshot.promises)
    return found == snapshot.digest


def official_now(units: Sequence[Unit], indicators: Sequence[Indicator], period: Period) -> Told:
    """What is official at this moment, in the shape of a snapshot. Queries do not grow."""
    book = FigureBook(units, indicators, [period], Stage.OFFICIAL)
    found: Told = {}
    for unit in units:
        for indicator in indicators:
            figure = book.figure(unit.pk, indicator, period)
            if figure.expected or figure.reported or figure.not_applicable:
                found[unit.pk, indicator.code] = figure
    return found


def frozen(snapshot: Snapshot, units: Sequence[Unit]) -> Told:
    """What a snapshot holds of some units. One query."""
    rows = SnapshotUnit.objects.filter(snapshot=snapshot, unit__in=units)
    return {
        (unit, code): unpack(kept)
        for unit, figures in rows.values_list("unit", "figures")
        for code, kept in figures.items()
    }


# -- differences ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is no longer what it was. `then` or `now` None: it was, or is, not there."""

    unit: Unit
    indicator: Indicator
    then: Figure
    now: Figure

    @property
    def is_own(self) -> bool:
        """Told by the unit itself, and no sum of others?"""
        return max(self.then.expected, self.now.expected) <= 1


def differences(
    units: Sequence[Unit], indicators: Sequence[Indicator], then: Told, now: Told
) -> list[Difference]:
    """What differs, in the order of `units` and, within, of `indicators`."""
    found = []
    for unit in units:
        for indicator in indicators:
            key = unit.pk, indicator.code
            before, after = then.get(key, NOTHING), now.get(key, NOTHING)
            if _told(before) != _told(after):
                found.append(Difference(unit, indicator, before, after))
    return found


def _told(figure: Figure) -> tuple[object, ...]:
    """What makes a figure another one. How many were expected is no part of it."""
    return figure.value, figure.numerator, figure.denominator, figure.not_applicable


@dataclass(frozen=True, slots=True)
class Cause:
    """A step that moved official figures of a unit."""

    step: str
    at: datetime
    note: str


def causes(units: Sequence[Unit], period: Period, since: datetime) -> dict[int, list[Cause]]:
    """Approvals and reopenings after a moment, by unit pk, first to last. One query."""
    rows = ReportEvent.objects.filter(
        report__unit__in=units,
        report__period=period.code,
        step__in=(Step.APPROVE, Step.REOPEN),
        at__gt=since,
    ).order_by("at", "pk")
    found: dict[int, list[Cause]] = {}
    for unit, step, at, note in rows.values_list("report__unit", "step", "at", "note"):
        found.setdefault(unit, []).append(Cause(step, at, note))
    return found


# -- which there are ------------------------------------------------------------------------------


def units_of(snapshot: Snapshot, within: Unit, official: Official) -> list[Unit]:
    """The units a snapshot holds, of `within` and below, that `official` may see one by one.

    The whole first, then official order.
    """
    held = SnapshotUnit.objects.filter(snapshot=snapshot).values("unit")
    below = Ancestry.objects.filter(ancestor=within).values("descendant")
    if not access.sees_below(official, within):
        below = below.filter(depth=0)
    found = Unit.objects.filter(pk__in=held).filter(pk__in=below).select_related("tier", "parent")
    return list(found.order_by("tier__rank", "parent__code", "code"))
