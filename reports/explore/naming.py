"""Units by name, of any day: also those that have been merged or abolished."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.access import Action, units_for
from communes.models import OPEN_START, Official, Unit
from reports.explore.folding import folded
from reports.explore.question import Question, address

MOST_LISTED = 30
MOST_READ = 500
"""Units that are read of a name; what more have in their name says nothing."""


@dataclass(frozen=True, slots=True)
class Called:
    """A unit that may be meant. `note`: its parent and days; `query`: the question asked of it."""

    name: str
    note: str
    query: str


def called(asked: Question, by: Official) -> list[Called]:
    """The units that the question's name may mean, as far as `by` may view them, upper tiers first.

    Those called just so where there are any, else those whose name has the words. A code means
    whatever has it, on any day. Two queries, whatever is found.
    """
    wanted = folded(asked.named)
    rows = units_for(by, Action.VIEW).values_list("pk", "code", "name")
    names = {pk: (code, folded(name)) for pk, code, name in rows} if wanted else {}
    found = [pk for pk, (code, _name) in names.items() if code == asked.named]
    is_code = bool(found)
    found = found or [pk for pk, (_code, name) in names.items() if wanted == name]
    found = found or [pk for pk, (_code, name) in names.items() if wanted in name]
    units = Unit.objects.filter(pk__in=found[:MOST_READ]).select_related("tier", "parent")
    ordered = list(units.order_by("tier__rank", "code", "valid_from"))
    if is_code:
        return [_called(ordered[-1], asked, asked.named)]
    return [_called(unit, asked, unit.address) for unit in ordered[:MOST_LISTED]]


def _called(unit: Unit, asked: Question, said: str) -> Called:
    anew = replace(asked, unit=said, named="", chosen="", sort="", page=1)
    notes = [unit.parent.name if unit.parent else "", days(unit)]
    return Called(unit.name, "; ".join(filter(None, notes)), address(anew))


def dated(unit: Unit) -> str:
    """The unit's name, with its last day once that is past."""
    has_ended = unit.valid_to < timezone.localdate()
    return f"{unit.name} ({days(unit)})" if has_ended else unit.name


def days(unit: Unit) -> str:
    """Since and until which day the unit stands; "" for one that has always stood and does."""
    said = []
    if unit.valid_from > OPEN_START:
        said.append(_("từ {day}").format(day=f"{unit.valid_from:%d/%m/%Y}"))
    if unit.valid_to < timezone.localdate():
        said.append(_("đến {day}").format(day=f"{unit.valid_to:%d/%m/%Y}"))
    return " ".join(said)
