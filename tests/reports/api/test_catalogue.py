"""Units, indicators and plans as the API lists them."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
import time_machine

from communes.models import Unit
from indicators import rollups
from plans.models import Plan
from tests import builders
from tests.builders import Catalogue, Places, told
from tests.reports.api.client import Api, a_plan, a_table, faults, queries

pytestmark = pytest.mark.django_db


# -- units ------------------------------------------------------------------------------------


def test_units_of_today_are_listed_in_official_order(leader: Api, places: Places) -> None:
    found = leader.items("units/")

    assert [row["code"] for row in found] == ["90", "901", "90101", "90102", "90103"]
    assert found[3] == {
        "code": "90102",
        "name": "Xã Một",
        "tier": "commune",
        "parent": "901",
        "valid_from": None,
        "valid_to": None,
        "reference": "90102@2999-12-31",
    }


def test_units_are_a_public_list_that_every_official_may_read(
    stranger: Api, leader: Api, places: Places
) -> None:
    assert stranger.items("units/") == leader.items("units/")
    assert [row["code"] for row in stranger.items("units/", parent="901")] == [
        "90101",
        "90102",
        "90103",
    ]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"tier": "district"}, ["901"]),
        ({"parent": "90"}, ["901"]),
        ({"parent": "901", "tier": "commune"}, ["90101", "90102", "90103"]),
        ({"parent": "901@2024-12-31"}, ["90101", "90102", "90103"]),
        ({"q": "xa mot"}, ["90102"]),
        ({"q": "THỬ NGHIỆM"}, ["90", "901"]),
        ({"tier": "", "parent": "", "as_of": "", "q": "hai"}, ["90103"]),
    ],
)
def test_units_are_filtered(leader: Api, query: dict[str, str], codes: list[str]) -> None:
    assert [row["code"] for row in leader.items("units/", **query)] == codes


def test_units_are_those_of_the_day_asked_for(leader: Api, places: Places) -> None:
    """A code may be given anew: one name a day. Source: design, Ideas 8."""
    Unit.objects.filter(pk=places.second.pk).update(valid_to=date(2025, 6, 30))
    builders.unit("90103", "Xã Ba", "commune", places.province, valid_from=date(2025, 7, 1))

    before = leader.items("units/", q="xã", as_of="2025-06-30")
    after = leader.items("units/", q="xã", as_of="2025-07-01")
    with time_machine.travel("2026-01-05"):
        today = leader.items("units/", q="xã")

    assert [(row["code"], row["name"], row["valid_to"]) for row in before] == [
        ("90102", "Xã Một", None),
        ("90103", "Xã Hai", "2025-06-30"),
    ]
    assert [(row["name"], row["parent"]) for row in after] == [("Xã Một", "901"), ("Xã Ba", "90")]
    assert today == after


@pytest.mark.parametrize(
    ("query", "status", "fault"),
    [
        ({"as_of": "31/12/2024"}, 400, ("as_of", "invalid")),
        ({"as_of": "2024-02-30"}, 400, ("as_of", "invalid")),
        ({"tier": "xa"}, 400, ("tier", "invalid_choice")),
        ({"q": "a\x00b"}, 400, ("q", "null_characters_not_allowed")),
        ({"q": "a" * 500}, 400, ("q", "max_length")),
        ({"parent": "99999"}, 404, ("parent", "not_found")),
        ({"parent": "901@2024-99-99"}, 404, ("parent", "not_found")),
        ({"limit": "0"}, 400, ("limit", "invalid")),
        ({"limit": "5001"}, 400, ("limit", "invalid")),
        ({"limit": "-1"}, 400, ("limit", "invalid")),
        ({"offset": "9" * 5000}, 400, ("offset", "invalid")),
        ({"offset": "mười"}, 400, ("offset", "invalid")),
    ],
)
def test_units_with_a_bad_parameter_are_refused(
    leader: Api, query: dict[str, str], status: int, fault: tuple[str, str]
) -> None:
    found, answer = leader.get("units/", **query)

    assert (found, faults(answer)) == (status, [fault])


def test_pages_cover_every_unit_once(leader: Api) -> None:
    first = leader.get("units/", limit=3)[1]
    second = leader.client.get(first["next"]).json()

    assert (first["count"], first["previous"], second["next"]) == (5, None, None)
    assert len({row["code"] for row in first["results"] + second["results"]}) == 5
    assert leader.get("units/", offset=1_000_000_000)[1]["results"] == []


# -- indicators and plans ---------------------------------------------------------------------


def test_indicators_say_how_they_are_made(officer: Api, catalogue: Catalogue) -> None:
    found = {row["code"]: row for row in officer.items("indicators/")}

    assert list(found) == ["households", "opening", "escaped", "relapsed", "poor", "rate"]
    rate = found["rate"]
    assert (rate["kind"], rate["unit_of_measure"], rate["scale"]) == ("ratio", "%", "100")
    assert (rate["numerator"], rate["denominator"]) == (["poor"], ["households"])
    assert (rate["entered_at"], rate["aggregation"], rate["condition"]) == (None, "", None)
    poor = found["poor"]
    assert (poor["entered_at"], poor["aggregation"], poor["hard_min"]) == ("commune", "sum", "0")


def test_indicators_are_filtered_by_kind_and_theme(officer: Api, catalogue: Catalogue) -> None:
    assert [row["code"] for row in officer.items("indicators/", kind="ratio")] == ["rate"]
    assert officer.items("indicators/", theme="khac") == []
    assert officer.get("indicators/", kind="percent")[0] == 400


def test_plans_show_their_place_in_the_tree(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    a_plan(places.district, catalogue.rate)

    above, below = officer.items("plans/")

    assert (above["id"], above["parent"], above["unit"]) == ("de-an", None, None)
    assert (below["id"], below["parent"], below["number"]) == ("kh-1", "de-an", "1/KH-UBND")
    assert (below["year_from"], below["year_to"]) == (2021, 2025)
    assert below["unit"] == "901@2999-12-31"
    assert [row["id"] for row in officer.items("plans/", year=2024)] == ["kh-1"]
    assert officer.items("plans/", year=2026) == []


def test_targets_of_a_plan_are_exact(officer: Api, places: Places, catalogue: Catalogue) -> None:
    a_plan(places.district, catalogue.rate)

    (target,) = officer.items("plans/kh-1/targets/")

    assert (target["indicator"], target["comparator"], target["value"]) == ("rate", "<=", "10.5")
    assert (target["value_min"], target["section"]) == (None, "II.2")


def test_targets_of_an_unknown_plan_are_absent(officer: Api) -> None:
    status, answer = officer.get("plans/khong-co/targets/")

    assert (status, faults(answer)) == (404, [("", "not_found")])


# -- one cost for one row and for three -------------------------------------------------------


def test_reading_costs_the_same_for_one_row_and_for_three(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    """No query per row, in any list."""
    a_table(a_plan(places.district, catalogue.rate))
    for unit in places.communes:
        told(unit, {catalogue.poor: "1", catalogue.households: "4"})
    rollups.drain()

    def costs(unit: str, indicator: str) -> dict[str, int]:
        asked = {"unit": unit, "indicator": indicator, "period": "2024"}
        paths = {
            "units/": {},
            "indicators/": {},
            "plans/": {},
            "plans/kh-1/targets/": {},
            "results/": asked,
            "rollups/": asked,
            "annexes/": {"unit": "901", "period": "2024"},
        }
        return {
            path: queries(partial(leader.items, path, **query)) for path, query in paths.items()
        }

    one = costs("90102", "poor")
    builders.unit("90104", "Xã Bốn", "commune", places.district)
    builders.ratio("rate2", "Tỷ lệ", 7, [catalogue.poor], [catalogue.households, catalogue.escaped])
    a_table(None, "02")
    a_table(None, "03")
    Plan.objects.get(code="kh-1").also_implements.add(Plan.objects.get(code="de-an"))

    assert costs("90101,90102,90103", "poor,rate,households") == one
