"""What a return asks of a unit, by when, and who reviews it.

The form is what the plans over the unit need in the period, in targets and in forms, besides
the household review, which every unit is asked for, and what its open books count, which
costs nobody anything. Source: indicators.yaml header.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import F, QuerySet

from communes.enums import TierCode
from communes.models import Ancestry, Unit
from indicators.asking import asks, is_asked_in, profiles_of
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import Catalogue
from plans.needs import Needs
from reports.models import Annex, Deadline, Report
from reports.returns.counted import Books


def reviewers_of(unit: Unit) -> list[Unit]:
    """The units that review what `unit` sends up, nearest first; two tiers or one."""
    above = Unit.objects.above(unit).select_related("tier")
    return [row for row in above if row.tier.code != TierCode.NATION]


def reviewers_by_unit(units: Collection[Unit]) -> dict[int, list[Unit]]:
    """The same of several units (pk). One query."""
    found: dict[int, list[Unit]] = defaultdict(list)
    rows = Ancestry.objects.filter(descendant__in=[unit.pk for unit in units], depth__gt=0)
    for row in rows.select_related("ancestor__tier").order_by("depth"):
        if row.ancestor.tier.code != TierCode.NATION:
            found[row.descendant_id].append(row.ancestor)
    return found


def form_of(unit: Unit, period: Period, books: Books | None = None) -> list[Indicator]:
    """The inputs a unit's return for the period asks for, in form order."""
    return Forms([unit], books).of([unit], period)[unit.pk]


class Forms:
    """What is asked of some units. The number of queries does not grow with them."""

    def __init__(self, units: Collection[Unit], books: Books | None = None) -> None:
        self._needs = Needs(units, _printed())
        self._books = books or Books(units)
        inputs = (row for row in Catalogue.current().indicators.values() if row.is_input)
        self._inputs = sorted(inputs, key=lambda row: (row.theme.order, row.order))

    def of(self, units: Collection[Unit], period: Period) -> dict[int, list[Indicator]]:
        """The form of each unit (pk) for the period, in form order. Two to five queries."""
        due = [row for row in self._inputs if is_asked_in(row, period)]
        profiles = profiles_of([unit.pk for unit in units], period.end)
        counted = self._books.asked(period)
        made: dict[Any, list[Indicator]] = {}  # most units share theirs
        found = {}
        for unit in units:
            needed = self._needs.of(unit, period) | counted.get(unit.pk, set())
            key = profiles[unit.pk], frozenset(needed)
            if key not in made:
                made[key] = [
                    row
                    for row in due
                    if (row.is_household_review or row.pk in needed)
                    and asks(row, profiles[unit.pk])
                ]
            found[unit.pk] = made[key]
        return found


def entering_tiers() -> set[int]:
    """The tiers (pks) that any input is entered at."""
    known = Catalogue.current().indicators.values()
    found = {pk for row in known for pk in (row.entered_at_id, row.entered_at_two_tier_id)}
    return {pk for pk in found if pk is not None}


def _printed() -> dict[int, set[str]]:
    """The indicators (codes) that the forms of each plan (pk) show."""
    found: dict[int, set[str]] = defaultdict(set)
    for plan, definition in Annex.objects.exclude(plan=None).values_list("plan", "definition"):
        found[plan] |= set(_codes(definition))
    return found


def _codes(node: Any, *, is_named: bool = False) -> Iterator[str]:
    """Every code under a key `indicator` or `terms` of a layout. Source: annexes.yaml header."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _codes(inner, is_named=is_named or key in ("indicator", "terms"))
    elif isinstance(node, list):
        for inner in node:
            yield from _codes(inner, is_named=is_named)
    elif is_named and isinstance(node, str):
        yield node


def report_of(unit: Unit, period: Period) -> Report:
    """The stored report, or a new unsaved draft."""
    found = (
        Report.objects.filter(unit=unit, period=period.code)
        .select_related("with_tier", "unit__tier")
        .first()
    )
    return found or Report(unit=unit, period=period.code)


def reports_by_unit(units: Collection[Unit], period: Period) -> dict[int, Report]:
    """The same of several units (pk), with what happened to each before. One query."""
    rows = Report.objects.filter(unit__in=[unit.pk for unit in units], period=period.code)
    rows = rows.with_past()
    found = {row.unit_id: row for row in rows.select_related("with_tier", "unit__tier")}
    return {unit.pk: found.get(unit.pk) or Report(unit=unit, period=period.code) for unit in units}


def deadline_of(unit: Unit, period: Period) -> Deadline | None:
    """The nearest calendar entry: the unit's own extension before the district's or province's."""
    return deadlines(unit).filter(period=period.code).first()


def deadlines_by_unit(units: Collection[Unit], period: Period) -> dict[int, Deadline]:
    """The nearest calendar entry of several units (pk). One query."""
    rows = (
        Deadline.objects.filter(
            issuer__downward__descendant__in=[unit.pk for unit in units], period=period.code
        )
        .annotate(of=F("issuer__downward__descendant"))
        .select_related("issuer")
        .order_by("-issuer__downward__depth")
    )
    return {row.of: row for row in rows}  # the nearest comes last


def deadlines(unit: Unit) -> QuerySet[Deadline]:
    return (
        Deadline.objects.filter(issuer__downward__descendant=unit)
        .select_related("issuer")
        .order_by("issuer__downward__depth")
    )
