"""How a request names places and indicators, and which of them the caller may see.

`CODE` is the unit valid on the last day of the period it is named with, or today;
`CODE@2024-12-31` the unit valid on that day; `group:SLUG` a group. Source: design, Contracts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit, UnitGroup
from indicators.models import Indicator
from indicators.periods import Period
from reports.api.errors import Fault, Refusal

GROUP = "group:"
_UNIT = re.compile(r"^[0-9A-Za-z]{1,12}(?:@(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))?$")
_GROUP = re.compile(r"^group:[-0-9A-Za-z_]{1,60}$")


def is_reference(text: str, *, groups: bool = True) -> bool:
    """Is this the form of a unit's name, or (`groups`) a group's?"""
    if groups and _GROUP.match(text):
        return True
    found = _UNIT.match(text)
    if found is None:
        return False
    return found["day"] is None or _day(found["day"]) is not None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class UnitNames:
    """Finds units by reference; one query for all of them."""

    def __init__(self, references: Iterable[str]) -> None:
        codes = {reference.partition("@")[0] for reference in references}
        rows = Unit.objects.filter(code__in=codes).select_related("tier")
        self.rows: dict[str, list[Unit]] = {}
        for row in rows.official_order():
            self.rows.setdefault(row.code, []).append(row)

    def find(self, reference: str, on: date) -> Unit | None:
        """The unit so named; `on` counts when the reference has no day of its own."""
        code, _at, day_text = reference.partition("@")
        day = _day(day_text) if day_text else on
        if day is None:
            return None
        return next((row for row in self.rows.get(code, ()) if row.is_valid_on(day)), None)


@dataclass(frozen=True)
class Place:
    """A unit, or a group of units, as the caller named it. Exactly one of the two is set."""

    unit: Unit | None = None
    group: UnitGroup | None = None

    @property
    def label(self) -> str:
        return f"{GROUP}{self.group.code}" if self.group else self.unit.code if self.unit else ""

    @property
    def name(self) -> str:
        return str(self.group or self.unit)

    def units_on(self, day: date | None) -> list[Unit]:
        """The unit itself, or the members valid on `day` (all of them without a day)."""
        if self.unit:
            return [self.unit]
        members = [row.unit for row in self.group.member_rows] if self.group else []
        return [unit for unit in members if day is None or unit.is_valid_on(day)]


Seat = tuple[Period | None, Place]
"""A place in one of the periods asked for; no period: named as of today."""


def find_seats(
    official: Official, references: Sequence[str], periods: Sequence[Period]
) -> list[Seat]:
    """Return each place with each period in which it existed, period by period.

    Raises Refusal (404) naming every reference that is unknown, or none of the caller's, in all
    of the periods: both look alike from outside.
    """
    wanted = list(dict.fromkeys(references))
    found = _visible_groups(official, [ref for ref in wanted if ref.startswith(GROUP)])
    names = UnitNames(ref for ref in wanted if not ref.startswith(GROUP))
    today = timezone.localdate()
    moments: list[Period | None] = list(periods) or [None]
    pairs = [
        (period, reference, names.find(reference, period.end if period else today))
        for period in moments
        for reference in wanted
    ]
    seen = visible_units(official, [unit for _, _, unit in pairs if unit])
    seats: list[Seat] = []
    named: set[str] = set()
    for period, reference, unit in pairs:
        place = Place(unit=unit) if unit and unit.pk in seen else found.get(reference)
        if place is not None:
            seats.append((period, place))
            named.add(reference)
    absent = [reference for reference in wanted if reference not in named]
    if absent:
        raise Refusal([absence(reference) for reference in absent], status_code=404)
    return seats


def absence(reference: str, where: str = "unit", index: int | None = None) -> Fault:
    """A place that does not exist or is none of the caller's: said in the same words."""
    message = _(
        "Không có đơn vị “{reference}” trong phạm vi của đồng chí vào ngày đó. "
        "Đơn vị cũ ghi kèm ngày: MÃ@2024-12-31."
    )
    if reference.startswith(GROUP):
        message = _("Không có nhóm “{reference}” mà đồng chí được xem mọi đơn vị của nhóm.")
    return Fault(where, message.format(reference=reference), "not_found", index)


def visible_units(official: Official, units: Iterable[Unit]) -> set[int]:
    """Which of the units the caller may see, by pk."""
    return _reach(official, Action.VIEW, units)


def enterable_units(official: Official, units: Iterable[Unit]) -> set[int]:
    """For which of the units the caller may enter figures, by pk."""
    return _reach(official, Action.ENTER, units)


def _reach(official: Official, action: Action, units: Iterable[Unit]) -> set[int]:
    asked = {unit.pk for unit in units}
    if not asked:
        return set()
    reach = access.units_for(official, action).filter(pk__in=asked)
    return set(reach.values_list("pk", flat=True))


def _visible_groups(official: Official, references: Sequence[str]) -> dict[str, Place]:
    if not references:
        return {}
    codes = [reference.removeprefix(GROUP) for reference in references]
    groups = UnitGroup.objects.filter(code__in=codes)
    return {
        f"{GROUP}{group.code}": Place(group=group)
        for group in groups
        if access.can_view_group(official, group)
    }


def find_unit(official: Official, reference: str, period: Period) -> Unit:
    """The one unit a request is about. Raises Refusal (404) for one that is none of theirs."""
    unit = UnitNames([reference]).find(reference, period.end)
    try:
        return access.require(official, Action.VIEW, unit)
    except Http404 as error:
        raise Refusal([absence(reference)], status_code=404) from error


def find_area(official: Official, reference: str, period: Period) -> Unit | UnitGroup:
    """The same, or the one group. Raises Refusal (404) for one that is none of theirs."""
    if not reference.startswith(GROUP):
        return find_unit(official, reference, period)
    place = _visible_groups(official, [reference]).get(reference)
    if place is None or place.group is None:
        raise Refusal([absence(reference)], status_code=404)
    return place.group


def indicators_by_code(codes: Iterable[str]) -> dict[str, Indicator]:
    """The indicators of these codes with what recording and reading need; unknown ones absent."""
    rows = Indicator.objects.filter(code__in=set(codes))
    return {
        row.code: row
        for row in rows.select_related("theme", "entered_at", "entered_at_two_tier").order_by(
            "theme__order", "order"
        )
    }


def unknown_indicator(code: str) -> str:
    return _("Không có chỉ số “{code}”; xem mã ở /api/v1/indicators/.").format(code=code)
