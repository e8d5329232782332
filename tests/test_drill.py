"""`make drill` must be able to say WRONG: its three ways of looking, each on what it is to find."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from decimal import Decimal

import pytest

from bench import drill
from indicators.enums import Stage
from indicators.models import Indicator, Recompute, Result
from indicators.rollups import drain
from tests.builders import Catalogue, Places, told
from tests.rolled import spoil

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outcome(places: Places, catalogue: Catalogue) -> drill.Outcome:
    """A writer that has told two figures of one commune, added up."""
    told(places.first, {catalogue.poor: "7", catalogue.households: "90"}, stage=Stage.OFFICIAL)
    told(places.second, {catalogue.poor: "5"})
    drain()
    facts = Result.objects.filter(unit=places.first)
    cells = {(row.unit_id, row.indicator_id, row.period): drill.state_of(row) for row in facts}
    return drill.Outcome(done=Counter(tell=2), said=cells)


def judged(outcome: drill.Outcome, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    is_right = drill.report(Namespace(writers=1), [outcome], killed=0, took=1.0)
    return is_right, capsys.readouterr().out


def test_sums_of_all_that_was_acknowledged_are_right(
    outcome: drill.Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    is_right, said = judged(outcome, capsys)

    assert is_right, said
    assert "last acknowledged answer: 0 of 2" in said
    # poor at four units, provisional; poor and households at three, in both stages
    assert "differ from plain SQL: 0 of 13" in said


def test_lost_answer_is_found(
    outcome: drill.Outcome, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Result.objects.get(unit__code="90102", indicator=catalogue.poor)
    lost.submitted_value = lost.value = Decimal(6)
    lost.save()

    is_right, said = judged(outcome, capsys)

    assert not is_right
    assert "last acknowledged answer: 1 of 2" in said


def test_value_counted_twice_is_found_by_both_ways(
    outcome: drill.Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(total=14)

    is_right, said = judged(outcome, capsys)

    assert not is_right
    assert "added up anew: 7 of 7" in said
    assert "plain SQL: 13 of 13" in said


def test_writer_that_did_not_finish_is_found(
    outcome: drill.Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not drill.report(Namespace(writers=2), [outcome], killed=3, took=1.0)
    assert not Recompute.objects.exists()
    assert Indicator.objects.exists()
