"""Facts as the API shows them: to whom, named how, in which of their three layers."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from tests import builders
from tests.builders import Catalogue, Places, told
from tests.reports.api.client import Api, faults, item

pytestmark = pytest.mark.django_db

Y2023, Y2024 = Period(2023), Period(2024)


def test_results_show_the_latest_entry_and_what_counts(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "38", catalogue.households: None}, stage=Stage.OFFICIAL)
    officer.post(item("poor", "40"))

    poor, households = sorted(
        officer.items("results/", unit="90102", period="2024"),
        key=lambda row: row["indicator"],
        reverse=True,
    )

    assert poor.pop("entered_at").endswith("+07:00")
    assert poor == {
        "unit": "90102",
        "unit_name": "Xã Một",
        "indicator": "poor",
        "period": "2024",
        "value": "40",
        "answer": "value",
        "note": "",
        "provisional_value": "38",
        "provisional_answer": "value",
        "official_value": "38",
        "official_answer": "value",
        "is_sample": False,
        "version": 2,
        "entered_by": "xa.mot",
    }
    assert (households["value"], households["answer"]) == (None, "na")
    assert (households["official_value"], households["official_answer"]) == (None, "na")
    assert households["entered_by"] is None


def test_results_are_filtered_by_several_units_indicators_and_periods(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    for unit in places.communes:
        for period in (Y2023, Y2024):
            told(unit, {catalogue.poor: "1", catalogue.households: "2"}, period)

    def cells(**query: Any) -> list[tuple[str, str, str]]:
        rows = leader.items("results/", **query)
        return sorted((row["unit"], row["indicator"], row["period"]) for row in rows)

    assert len(cells()) == 12
    assert cells(unit="90102,90103", indicator="poor", period="2024") == [
        ("90102", "poor", "2024"),
        ("90103", "poor", "2024"),
    ]
    assert cells(unit=["90102", "90103"], indicator="poor", period=["2023", "2024"]) == [
        ("90102", "poor", "2023"),
        ("90102", "poor", "2024"),
        ("90103", "poor", "2023"),
        ("90103", "poor", "2024"),
    ]
    assert len(cells(period="2023", indicator="poor,households")) == 6
    assert len(cells(unit="", indicator="", period="")) == 12


def test_results_of_a_neighbour_do_not_leak(
    stranger: Api, places: Places, catalogue: Catalogue
) -> None:
    """Nobody sees what is not theirs, nor learns that it exists. Source: design, Ideas 9."""
    told(places.first, {catalogue.poor: "38"})
    told(places.second, {catalogue.poor: "21"})

    assert [row["unit"] for row in stranger.items("results/")] == ["90103"]
    assert [row["unit"] for row in stranger.items("results/", period="2024")] == ["90103"]
    foreign = stranger.get("results/", unit="90102", period="2024")
    unknown = stranger.get("results/", unit="99999", period="2024")
    assert foreign[0] == unknown[0] == 404
    assert json.dumps(foreign[1]).replace("90102", "99999") == json.dumps(unknown[1])
    mixed, answer = stranger.get("results/", unit="90103,90102,901", period="2024")
    assert (mixed, len(answer["errors"])) == (404, 2)


def test_results_of_a_reused_code_are_those_of_the_unit_of_the_period(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    Unit.objects.filter(pk=places.second.pk).update(valid_to=date(2024, 6, 30))
    heir = builders.unit("90103", "Xã Ba", "commune", places.district, valid_from=date(2024, 7, 1))
    told(places.second, {catalogue.poor: "7"}, Y2023)
    told(heir, {catalogue.poor: "9"}, Y2024)

    def named(unit: str, **query: Any) -> list[tuple[str, str]]:
        found = leader.items("results/", unit=unit, **query)
        return [(row["unit_name"], row["value"]) for row in found]

    assert named("90103", period="2023") == [("Xã Hai", "7")]
    assert named("90103", period="2024") == [("Xã Ba", "9")]
    assert named("90103", period="2023,2024") == [("Xã Hai", "7"), ("Xã Ba", "9")]
    assert named("90103") == [("Xã Ba", "9")]
    assert named("90103@2024-06-30") == [("Xã Hai", "7")]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"period": "2024Q5"}, ("period[0]", "invalid_period")),
        ({"period": "2024,abc"}, ("period[1]", "invalid_period")),
        ({"unit": "90102'--"}, ("unit[0]", "invalid_reference")),
        ({"unit": "90102@2024-02-30"}, ("unit[0]", "invalid_reference")),
        ({"unit": "9\x00"}, ("unit[0]", "invalid_reference")),
        ({"indicator": "khong-co"}, ("indicator", "unknown")),
        ({"indicator": "po\x00or"}, ("indicator[0]", "null_characters_not_allowed")),
        ({"unit": ",".join(["90102"] * 201)}, ("unit", "max_length")),
        ({"limit": "abc"}, ("limit", "invalid")),
    ],
)
def test_results_with_a_bad_parameter_are_refused(
    leader: Api, query: dict[str, str], fault: tuple[str, str]
) -> None:
    status, answer = leader.get("results/", **query)

    assert (status, faults(answer)) == (400, [fault])
