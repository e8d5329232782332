"""How fresh figures say they are, from the marks of the queue. Source: design, Ideas 6."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.models import GroupMember, Unit, UnitGroup
from indicators.freshness import Freshness, Included, Scope, freshness
from indicators.models import Recompute
from indicators.periods import Period
from tests import builders
from tests.builders import Y2024, Places

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 7, 32, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_a_moment() -> object:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def mark(unit: Unit | None, minutes: int, period: str = "2024", problem: str = "") -> None:
    """A mark that has waited for so many minutes."""
    at = NOW - timedelta(minutes=minutes)
    Recompute.objects.create(unit=unit, period=period, marked_at=at, problem=problem)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_figures_are_as_of_now_when_nothing_waits(places: Places) -> None:
    found = freshness([places.province], [Y2024])

    assert found == Freshness(as_of=NOW)
    assert not found.is_pending
    assert found.moment == "14:32:05, 22/11/2026"


def test_figures_are_as_of_the_oldest_entry_that_waits(places: Places) -> None:
    mark(places.first, 3)
    mark(places.second, 5)

    found = freshness([places.district], [Y2024])

    assert (found.as_of, found.pending_units) == (ago(5), 2)


def test_units_are_counted_once_however_often_they_are_marked(places: Places) -> None:
    mark(places.first, 3)
    mark(places.first, 2)

    found = freshness([places.district, places.province], [Y2024])

    assert (found.as_of, found.pending_units) == (ago(3), 1)


@pytest.mark.parametrize(
    ("at", "waits"),
    [("province", True), ("district", True), ("first", True), ("second", False)],
)
def test_entry_waits_for_its_unit_and_those_above_it_alone(
    places: Places, at: str, *, waits: bool
) -> None:
    mark(places.first, 1)

    assert freshness([getattr(places, at)], [Y2024]).is_pending is waits


def test_other_periods_do_not_wait(places: Places) -> None:
    mark(places.first, 1, period="2023")

    assert freshness([places.district], [Y2024]) == Freshness(as_of=NOW)
    assert freshness([places.district], [Period(2023), Y2024]).pending_units == 1


@pytest.mark.parametrize("period", ["2024", ""])
def test_mark_without_unit_stands_for_every_unit_of_the_period(places: Places, period: str) -> None:
    """The empty period is the queue's word for every period: the definitions changed."""
    places.town.valid_to = date(2023, 12, 31)
    places.town.save()
    mark(None, 4, period=period)

    of_district = freshness([places.district], [Y2024])
    of_commune = freshness([places.first], [Y2024])

    assert (of_district.as_of, of_district.pending_units) == (ago(4), 3)
    assert of_commune.pending_units == 1


def test_mark_without_unit_of_another_period_does_not_wait(places: Places) -> None:
    mark(None, 4, period="2023")

    assert freshness([places.district], [Y2024]) == Freshness(as_of=NOW)


def test_failed_sum_is_a_problem_and_holds_the_as_of_time_but_nobody_waits_for_it(
    places: Places,
) -> None:
    """It comes only after an administrator has acted: a page must not poll for it."""
    mark(places.first, 60, problem="Có số quá lớn")

    found = freshness([places.district], [Y2024])

    assert found == Freshness(as_of=ago(60), pending_units=0, problem=True)
    assert not found.is_pending
    assert not freshness([places.second], [Y2024]).problem


def test_failed_sum_stays_a_problem_while_others_are_added_up(places: Places) -> None:
    mark(places.first, 60, problem="Có số quá lớn")
    mark(places.second, 1)

    found = freshness([places.district], [Y2024])

    assert found == Freshness(as_of=ago(60), pending_units=1, problem=True)


def test_mark_of_a_clock_ahead_does_not_put_the_figures_into_the_future(places: Places) -> None:
    mark(places.first, -2)

    assert freshness([places.district], [Y2024]).as_of == NOW


def test_scope_of_a_group_waits_for_its_members(places: Places) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm")
    GroupMember.objects.create(group=group, unit=places.first, source="stated")
    scope = Scope((), (Y2024,), (group,))
    mark(places.second, 1)
    assert not scope.freshness().is_pending

    mark(places.first, 2)

    assert scope.freshness().pending_units == 1


def test_scope_can_be_written_into_an_address(places: Places) -> None:
    group = UnitGroup(code="nhom", name="Nhóm")
    scope = Scope((places.district, places.first), (Period(2023), Y2024), (group,))

    assert scope.address == (
        "don-vi=901@2999-12-31&don-vi=90102@2999-12-31&nhom=nhom&ky=2023&ky=2024"
    )


def test_cost_does_not_grow_with_units_marks_or_periods(places: Places) -> None:
    counts = []
    for units, periods in (
        ([places.first], [Y2024]),
        (places.communes, [Period(2022), Period(2023), Y2024]),
    ):
        for unit in units:
            mark(unit, 1)
        with CaptureQueriesContext(connection) as asked:
            freshness(units, periods)
        counts.append(len(asked))
    more = [builders.unit(f"904{n:02}", f"Xã {n}", "commune", places.district) for n in range(19)]
    for unit in more:
        mark(unit, 1)
    with CaptureQueriesContext(connection) as asked:
        assert freshness(more, [Y2024]).pending_units == 19

    assert [*counts, len(asked)] == [1, 1, 1]


def test_names_of_the_missing_beyond_the_first_few_are_folded() -> None:
    included = Included(13, 19, ("A", "B", "C", "D", "E", "F"))

    assert not included.is_complete
    assert (included.named, included.folded) == (("A", "B", "C", "D"), ("E", "F"))
