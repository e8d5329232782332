"""Rolled-up figures through the API: of units, of groups, of what is not added up yet."""

from __future__ import annotations

from datetime import date

import pytest

from communes.models import Unit
from indicators import rollups
from indicators.models import Recompute
from tests.builders import Catalogue, Places, told
from tests.reports.api.client import Api, a_group, faults

pytestmark = pytest.mark.django_db


def test_a_ratio_is_the_sum_over_the_sum(leader: Api, reported: None) -> None:
    """Neither the mean of the rates (70) nor 91/103 (88.3). Source: design, Ideas 3."""
    (figure,) = leader.items("rollups/", unit="901", indicator="rate", period="2024")

    assert figure.pop("computed_at") is not None
    assert figure == {
        "unit": "901",
        "unit_name": "Huyện Thử Nghiệm",
        "indicator": "rate",
        "period": "2024",
        "stage": "provisional",
        "value": "89.215686",
        "numerator": "91",
        "denominator": "102",
        "reported": 2,
        "expected": 3,
        "not_applicable": False,
        "has_sample": False,
        "pending": False,
        "group_complete": None,
    }


def test_rollups_of_every_tier_and_stage(leader: Api, reported: None) -> None:
    def values(stage: str) -> dict[str, tuple[str | None, int, int]]:
        rows = leader.items(
            "rollups/",
            unit=["90", "901", "90101", "90102", "90103"],
            indicator="poor",
            period="2024",
            stage=stage,
        )
        return {row["unit"]: (row["value"], row["reported"], row["expected"]) for row in rows}

    assert values("provisional") == {
        "90": ("91", 2, 3),
        "901": ("91", 2, 3),
        "90101": (None, 0, 1),
        "90102": ("1", 1, 1),
        "90103": ("90", 1, 1),
    }
    assert values("official") == {
        "90": ("90", 1, 3),
        "901": ("90", 1, 3),
        "90101": (None, 0, 1),
        "90102": (None, 0, 1),
        "90103": ("90", 1, 1),
    }


def test_rollups_without_an_indicator_are_all_that_was_reported(
    leader: Api, reported: None
) -> None:
    found = leader.items("rollups/", unit="901", period="2024")

    assert [row["indicator"] for row in found] == ["households", "poor", "rate"]
    assert leader.items("rollups/", unit="90101", period="2024") == []


def test_a_figure_not_added_up_yet_says_so(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    """Derived numbers are current or say that they are not. Source: design, Ideas 6."""
    told(places.first, {catalogue.poor: "5"})
    assert Recompute.objects.exists()

    (figure,) = leader.items("rollups/", unit="901", period="2024")

    assert (figure["indicator"], figure["value"], figure["pending"]) == ("poor", None, True)
    rollups.drain()
    (figure,) = leader.items("rollups/", unit="901", period="2024")
    assert (figure["value"], figure["pending"]) == ("5", False)


def test_rollups_of_several_periods_and_units_page_in_order(leader: Api, reported: None) -> None:
    query = {"unit": "901,90102", "indicator": "rate,poor", "period": "2023,2024"}
    whole = leader.items("rollups/", **query)
    pages = [leader.items("rollups/", **query, limit=3, offset=offset) for offset in (0, 3, 6)]

    assert [(row["period"], row["unit"], row["indicator"]) for row in whole] == [
        (period, unit, indicator)
        for period in ("2023", "2024")
        for unit in ("901", "90102")
        for indicator in ("poor", "rate")
    ]
    assert [row for page in pages for row in page] == whole


def test_rollups_of_a_neighbour_and_of_what_lies_above_do_not_leak(
    stranger: Api, reported: None
) -> None:
    assert stranger.items("rollups/", unit="90103", period="2024", indicator="poor")
    for foreign in ("90102", "901", "90", "99999"):
        status, answer = stranger.get("rollups/", unit=foreign, period="2024", indicator="poor")
        assert (status, faults(answer)) == (404, [("unit", "not_found")])


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"unit": "901"}, ("period", "required")),
        ({"period": "2024"}, ("unit", "required")),
        ({"unit": "", "period": "2024"}, ("unit", "required")),
        ({"unit": "901", "period": "2024", "stage": "nhap"}, ("stage", "invalid_choice")),
        ({"unit": "901", "period": "hai nghìn"}, ("period[0]", "invalid_period")),
        ({"unit": "901", "period": "2024", "indicator": "x"}, ("indicator", "unknown")),
        ({"unit": "group:", "period": "2024"}, ("unit[0]", "invalid_reference")),
    ],
)
def test_rollups_with_a_bad_parameter_are_refused(
    leader: Api, query: dict[str, str], fault: tuple[str, str]
) -> None:
    status, answer = leader.get("rollups/", **query)

    assert (status, faults(answer)) == (400, [fault])


def test_a_group_adds_up_its_members(leader: Api, places: Places, reported: None) -> None:
    a_group([places.first, places.second], 2)

    (figure,) = leader.items("rollups/", unit="group:xa_ngheo", indicator="rate", period="2024")

    assert (figure["unit"], figure["unit_name"]) == ("group:xa_ngheo", "Xã nghèo")
    assert (figure["value"], figure["numerator"], figure["denominator"]) == (
        "89.215686",
        "91",
        "102",
    )
    assert (figure["reported"], figure["expected"], figure["group_complete"]) == (2, 2, True)


def test_a_group_not_wholly_known_has_no_figure_of_its_own(
    leader: Api, places: Places, reported: None
) -> None:
    """Source: design, Meaning (the 10 communes of KH 239)."""
    a_group([places.first, places.second], 10)

    rate, poor = leader.items(
        "rollups/", unit="group:xa_ngheo", indicator="rate,poor", period="2024"
    )[::-1]

    for figure in (rate, poor):
        assert (figure["value"], figure["numerator"], figure["denominator"]) == (None, None, None)
        assert (figure["reported"], figure["expected"]) == (2, 2)
        assert figure["group_complete"] is False


def test_a_group_of_which_a_member_has_ended_has_no_figure_of_its_own(
    leader: Api, places: Places, reported: None
) -> None:
    a_group([places.first, places.second], 2)
    Unit.objects.filter(pk=places.first.pk).update(valid_to=date(2024, 6, 30))

    (figure,) = leader.items("rollups/", unit="group:xa_ngheo", indicator="poor", period="2024")

    assert (figure["value"], figure["group_complete"]) == (None, False)


def test_a_group_is_closed_to_who_sees_only_some_of_its_members(
    stranger: Api, places: Places, reported: None
) -> None:
    a_group([places.first, places.second], 2)

    for path in ("rollups/", "results/"):
        status, answer = stranger.get(path, unit="group:xa_ngheo", period="2024")
        assert (status, faults(answer)) == (404, [("unit", "not_found")])


def test_results_of_a_group_are_those_of_its_members(
    leader: Api, places: Places, reported: None
) -> None:
    a_group([places.second], 1)

    rows = leader.items("results/", unit="group:xa_ngheo", period="2024")

    assert {row["unit"] for row in rows} == {"90103"}
