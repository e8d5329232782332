"""Two people at the calendar at once, on PostgreSQL: one after the other, never an error page."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from communes.enums import Role
from povertyplan.lib.errors import DomainError
from reports.models import Deadline
from reports.scheduling import extend, set_round
from tests.builders import Y2024, Places, official
from tests.indicators.test_concurrency import errors, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OPENS = date(2024, 11, 1)


def test_round_set_by_several_at_once_is_one_round(places: Places) -> None:
    people = [official(f"tinh.{n}", places.province, Role.REVIEWER) for n in range(4)]

    done = together(
        *(
            partial(
                set_round,
                issuer=places.province,
                period=Y2024,
                opens_on=OPENS,
                due_on=date(2024, 12, day),
                by=person,
            )
            for day, person in enumerate(people, start=10)
        )
    )

    assert errors(done) == []
    row = Deadline.objects.get()
    assert row.history.count() == 4
    assert row.history.first().due_on == row.due_on


def test_extension_given_while_the_round_moves_is_longer_or_refused(places: Places) -> None:
    """Whoever comes second sees what the first has done."""
    person = official("tinh", places.province, Role.REVIEWER)
    round_ = partial(set_round, issuer=places.province, period=Y2024, opens_on=OPENS, by=person)
    for _ in range(5):
        Deadline.objects.all().delete()
        round_(due_on=date(2024, 12, 1))

        done = together(
            partial(round_, due_on=date(2024, 12, 20)),
            partial(
                extend,
                unit=places.first,
                period=Y2024,
                due_on=date(2024, 12, 10),
                reason="Mưa lũ",
                by=person,
            ),
        )

        (refused,) = errors(done)
        assert isinstance(refused, DomainError)
        given = Deadline.objects.filter(issuer=places.first).first()
        above = Deadline.objects.get(issuer=places.province)
        assert given is None or given.due_on > above.due_on
