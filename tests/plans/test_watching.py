"""How verdicts go over time is kept: each change once, by year and stage."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.enums import Stage
from indicators.models import Indicator
from plans.enums import TargetKind
from plans.evaluators import Verdict
from plans.models import Target, VerdictChange
from plans.watching import is_worse, watch, watched_years
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(places: Places, catalogue: Catalogue) -> Target:
    """200 poor in 2020, 100 promised for 2025: no more than 120 by 2024."""
    made = a_target(a_plan(places.district), catalogue.poor, TargetKind.LEVEL, "100")
    tell(places, catalogue.poor, 2020, "100", "60", "40")
    return made


def tell(places: Places, indicator: Indicator, year: int, *values: str) -> None:
    units = [places.first, places.second, places.town]
    reported(year, {unit: {indicator: value} for unit, value in zip(units, values, strict=False)})


def kept(stage: str = Stage.PROVISIONAL) -> list[tuple[str, str, str]]:
    rows = VerdictChange.objects.filter(stage=stage).order_by("at", "pk")
    return [(row.was, row.verdict, row.actual) for row in rows]


def test_a_verdict_is_kept_once_until_it_changes(
    target: Target, places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue.poor, 2024, "50", "40", "30")
    first = watch(2024)

    assert [(row.target, row.verdict) for row in first if row.stage == Stage.PROVISIONAL] == [
        (target, Verdict.ON_TRACK)
    ]
    assert watch(2024) == []

    tell(places, catalogue.poor, 2024, "90", "50", "40")
    (changed,) = [row for row in watch(2024) if row.stage == Stage.PROVISIONAL]

    assert (changed.was, changed.verdict, changed.actual) == ("on_track", "off_track", "180")
    assert kept() == [("", "on_track", "120"), ("on_track", "off_track", "180")]


def test_a_figure_that_went_missing_for_a_while_hides_no_turn(
    target: Target, places: Places, catalogue: Catalogue
) -> None:
    """On track, then nobody's figure counts, then off track: worse than where it was judged."""
    tell(places, catalogue.poor, 2024, "50", "40", "30")
    watch(2024)
    VerdictChange.objects.create(
        target=target, year=2024, stage=Stage.PROVISIONAL, verdict=Verdict.NO_DATA, was="on_track"
    )
    tell(places, catalogue.poor, 2024, "90", "50", "40")

    (changed,) = [row for row in watch(2024) if row.stage == Stage.PROVISIONAL]

    assert (changed.was, changed.verdict) == ("on_track", "off_track")
    assert is_worse(changed)


def test_worse_is_said_between_judged_verdicts_only(target: Target) -> None:
    def change(was: str, verdict: str) -> bool:
        return is_worse(VerdictChange(target=target, year=2024, was=was, verdict=verdict))

    assert change("met", "on_track")
    assert change("on_track", "at_risk")
    assert change("at_risk", "off_track")
    assert not change("off_track", "at_risk")
    assert not change("on_track", "on_track")
    assert not change("", "off_track")  # found for the first time
    assert not change("on_track", "no_data")
    assert not change("not_due", "off_track")


def test_stages_and_years_are_kept_apart(
    target: Target, places: Places, catalogue: Catalogue
) -> None:
    """Reported, and so provisional alone; 2023 has no figures at all."""
    tell(places, catalogue.poor, 2024, "90", "50", "40")

    watch(2024)
    watch(2023)

    told = VerdictChange.objects.values_list("year", "stage", "verdict")
    assert set(told) == {
        (2024, "provisional", "off_track"),
        (2024, "official", verdict_of(target, 2024, Stage.OFFICIAL)),
        (2023, "provisional", verdict_of(target, 2023, Stage.PROVISIONAL)),
        (2023, "official", verdict_of(target, 2023, Stage.OFFICIAL)),
    }
    assert verdict_of(target, 2023, Stage.PROVISIONAL) == "no_data"


def verdict_of(target: Target, year: int, stage: str) -> str:
    return VerdictChange.objects.get(target=target, year=year, stage=stage).verdict


def test_the_last_two_years_with_figures_are_watched(
    target: Target, places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue.poor, 2023, "90", "50", "40")
    tell(places, catalogue.poor, 2024, "50", "40", "30")

    assert watched_years() == [2024, 2023]


def test_watching_asks_as_many_questions_for_many_promises_as_for_one(
    target: Target, places: Places, catalogue: Catalogue
) -> None:
    tell(places, catalogue.poor, 2024, "50", "40", "30")
    watch(2024)
    with CaptureQueriesContext(
        connection,
    ) as one:
        watch(2024)
    for number in range(12):
        a_target(
            target.plan, catalogue.poor, TargetKind.LEVEL, "90", code=f"muc-{number}", order=number
        )
    watch(2024)
    with CaptureQueriesContext(connection) as many:
        watch(2024)

    assert len(many) == len(one)
