"""The JSON API with real tokens: what each address gives, to whom, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook
from rest_framework.authtoken.models import Token

from communes.enums import Role
from communes.models import GroupMember, Official, Unit, UnitGroup
from indicators import rollups
from indicators.enums import Stage
from indicators.models import Indicator, Recompute, Result
from indicators.periods import Period
from plans.models import Plan, Target
from reports.models import Annex, Report
from tests import builders
from tests.builders import Catalogue, Places, told

pytestmark = pytest.mark.django_db

Y2023, Y2024 = Period(2023), Period(2024)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Nobody types a password here: the slow hash would only cost time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass
class Api:
    """The API as one official calls it, with their token."""

    official: Official

    def __post_init__(self) -> None:
        token, _created = Token.objects.get_or_create(user=self.official)
        self.client = Client(headers={"Authorization": f"Token {token.key}"})

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        response = self.client.get(f"/api/v1/{path}", query)
        return response.status_code, response.json()

    def post(self, *items: dict[str, Any]) -> tuple[int, Any]:
        return self.send(json.dumps({"results": items}))

    def send(self, body: str | bytes, path: str = "results/") -> tuple[int, Any]:
        response = self.client.post(f"/api/v1/{path}", body, content_type="application/json")
        return response.status_code, response.json()

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        status, answer = self.get(path, **query)
        assert status == 200, answer
        found: list[dict[str, Any]] = answer["results"]
        assert answer["count"] >= len(found)
        return found


@pytest.fixture
def officer(places: Places) -> Api:
    return Api(builders.official("xa.mot", places.first))


@pytest.fixture
def stranger(places: Places) -> Api:
    """An officer of the commune next door."""
    return Api(builders.official("xa.hai", places.second))


@pytest.fixture
def leader(places: Places) -> Api:
    return Api(builders.official("lanhdao", places.province, Role.LEADER))


def item(indicator: str, value: Any, unit: str = "90102", **more: Any) -> dict[str, Any]:
    return {"unit": unit, "indicator": indicator, "period": "2024", "value": value} | more


def faults(answer: Any) -> list[tuple[str, str]]:
    """(where, code) of each refusal; each says in words what is wrong."""
    assert set(answer) == {"errors"}
    assert all(fault["message"] for fault in answer["errors"])
    return [(fault["where"], fault["code"]) for fault in answer["errors"]]


def queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    return len(captured)


# -- who may call -----------------------------------------------------------------------------


PATHS = [
    "units/",
    "indicators/",
    "plans/",
    "plans/x/targets/",
    "results/",
    "rollups/",
    "annexes/",
    "annexes/01/workbook/",
    "schema/",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_address_without_a_token_is_refused(path: str) -> None:
    response = Client().get(f"/api/v1/{path}")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert faults(response.json()) == [("", "not_authenticated")]


def test_a_wrong_token_is_refused_in_vietnamese() -> None:
    response = Client(headers={"Authorization": "Token sai"}).get("/api/v1/units/")

    assert response.status_code == 401
    assert response.json()["errors"][0]["message"].startswith("Mã truy cập (token) không đúng")


def test_a_locked_account_cannot_use_its_token(officer: Api) -> None:
    officer.official.is_active = False
    officer.official.save()

    assert officer.get("units/")[0] == 401


def test_a_post_that_has_ended_gives_nothing(officer: Api, places: Places) -> None:
    officer.official.posts.update(valid_to=date(2020, 1, 1))

    assert officer.items("units/") == []
    assert officer.get("results/", unit="90102")[0] == 404


def test_the_browser_session_reads_and_writes_only_with_its_csrf_token(
    officer: Api, catalogue: Catalogue
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(officer.official, "django.contrib.auth.backends.ModelBackend")
    body = json.dumps({"results": [item("poor", "5")]})

    assert browser.get("/api/v1/units/").status_code == 200
    refused = browser.post("/api/v1/results/", body, content_type="application/json")
    assert (refused.status_code, faults(refused.json())) == (403, [("", "permission_denied")])
    assert "CSRF" in refused.json()["errors"][0]["message"]

    browser.get("/dang-nhap/")
    browser.get("/mat-khau/")
    token = browser.cookies["csrftoken"].value
    accepted = browser.post(
        "/api/v1/results/", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "accept", "status", "code"),
    [
        ("delete", "results/", "*/*", 405, "method_not_allowed"),
        ("post", "units/", "*/*", 405, "method_not_allowed"),
        ("get", "units/", "text/html", 406, "not_acceptable"),
        ("get", "units/?format=xml", "*/*", 404, "not_found"),
        ("get", "khong-co/", "*/*", 404, "404"),
    ],
)
def test_what_the_api_does_not_do_is_refused_in_one_shape(
    officer: Api, method: str, path: str, accept: str, status: int, code: str
) -> None:
    call = getattr(officer.client, method)

    response = call(f"/api/v1/{path}", headers={"Accept": accept})

    assert (response.status_code, faults(response.json())) == (status, [("", code)])


@pytest.mark.parametrize("path", ["units/", "results/", "rollups/", "annexes/01/workbook/"])
def test_options_and_head_are_answered(officer: Api, path: str) -> None:
    assert officer.client.options(f"/api/v1/{path}").status_code == 200
    assert officer.client.head(f"/api/v1/{path}").status_code < 500


def test_answers_are_kept_by_no_cache(officer: Api) -> None:
    assert "no-store" in officer.client.get("/api/v1/units/")["Cache-Control"]


# -- units ------------------------------------------------------------------------------------


def test_units_of_a_leader_are_all_units_of_the_province(leader: Api, places: Places) -> None:
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


def test_units_of_an_officer_are_their_own_commune_alone(stranger: Api) -> None:
    assert [row["code"] for row in stranger.items("units/")] == ["90103"]
    assert stranger.items("units/", q="Xã Một") == []
    assert [row["code"] for row in stranger.items("units/", parent="901")] == ["90103"]


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


# -- catalogue and plans ----------------------------------------------------------------------


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


def a_plan(unit: Unit, indicator: Indicator) -> Plan:
    parent = Plan.objects.create(
        code="de-an", kind="Đề án", title="Đề án", issuer="Tỉnh", level="province", status="cited"
    )
    plan = Plan.objects.create(
        code="kh-1",
        order=1,
        kind="Kế hoạch",
        number="1/KH-UBND",
        title="Giảm nghèo",
        issuer="UBND huyện",
        level="district",
        year_from=2021,
        year_to=2025,
        parent=parent,
        unit=unit,
        status="seed",
    )
    Target.objects.create(
        code="kh-1-01",
        plan=plan,
        section="II.2",
        unit=unit,
        scope="district",
        theme="poverty",
        indicator=indicator,
        label="Tỷ lệ hộ nghèo",
        kind="level",
        comparator="<=",
        value=Decimal("10.50"),
        unit_of_measure="%",
        year_from=2025,
        year_to=2025,
        direction="lower_is_better",
    )
    return plan


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


# -- reading results --------------------------------------------------------------------------


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


# -- writing results --------------------------------------------------------------------------


def test_posted_results_are_drafts_with_their_history(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    status, answer = officer.post(item("households", "462"), item("poor", 38))

    assert status == 200
    assert answer["results"] == [
        {
            "unit": "90102",
            "indicator": code,
            "period": "2024",
            "value": value,
            "answer": "value",
            "version": 1,
            "status": "created",
        }
        for code, value in (("households", "462"), ("poor", "38"))
    ]
    poor = Result.objects.get(indicator=catalogue.poor)
    assert (poor.value, poor.submitted_value, poor.entered_by) == (38, None, officer.official)
    assert poor.history.get().history_user == officer.official
    assert Report.objects.get().state == "draft"


def test_posted_results_say_what_changed(officer: Api, catalogue: Catalogue) -> None:
    officer.post(item("households", "462"), item("poor", "38"))

    _status, answer = officer.post(
        item("households", "462"), item("poor", "37", version=1), item("escaped", "0")
    )

    assert [(row["status"], row["version"], row["value"]) for row in answer["results"]] == [
        ("unchanged", 1, "462"),
        ("updated", 2, "37"),
        ("created", 1, "0"),
    ]


def test_missing_zero_and_not_applicable_stay_three_things(
    officer: Api, catalogue: Catalogue
) -> None:
    """Source: design, Ideas 4."""
    _status, answer = officer.post(item("households", None), item("poor", 0), item("escaped", "na"))

    assert [(row["value"], row["answer"]) for row in answer["results"]] == [
        (None, ""),
        ("0", "value"),
        (None, "na"),
    ]
    stored = {row["indicator"]: row for row in officer.items("results/")}
    assert (stored["poor"]["value"], stored["poor"]["answer"]) == ("0", "value")
    assert (stored["escaped"]["value"], stored["escaped"]["answer"]) == (None, "na")
    assert (stored["households"]["value"], stored["households"]["answer"]) == (None, "")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0.1", "0.1"),
        ('"0.1"', "0.1"),
        ("0.300000", "0.3"),
        ("123456789.123456", "123456789.123456"),
        ('"123456789.123456"', "123456789.123456"),
        ("90071992547409.9", "90071992547409.9"),
        ("1e3", "1000"),
        ("-0", "0"),
        ('"-0.0"', "0"),
        ("0.000001", "0.000001"),
    ],
)
def test_numbers_never_pass_through_a_float(officer: Api, sent: str, kept: str) -> None:
    builders.count("money", "Vốn vay", 9, decimals=6, hard_min=None)

    status, answer = officer.send(
        '{"results": [{"unit": "90102", "indicator": "money", "period": "2024", "value": '
        f"{sent}}}]}}"
    )

    assert (status, answer["results"][0]["value"]) == (200, kept)
    assert Result.objects.get().value == Decimal(kept)
    assert officer.items("results/")[0]["value"] == kept


def test_tenths_add_up_exactly(officer: Api, stranger: Api, leader: Api, places: Places) -> None:
    """0.1 + 0.2 = 0.3, which no float would say."""
    money = builders.count("money", "Vốn vay", 9, decimals=1)
    told(places.first, {money: "0.1"})
    told(places.second, {money: "0.2"})
    rollups.drain()

    (figure,) = leader.items("rollups/", unit="901", indicator="money", period="2024")

    assert (figure["value"], figure["numerator"]) == ("0.3", None)


def test_one_refused_item_leaves_the_database_as_it_was(
    places: Places, catalogue: Catalogue
) -> None:
    """All or nothing, over several units and periods."""
    officer = Api(builders.official("xa.mot", places.first))
    builders.Post.objects.create(official=officer.official, unit=places.second, role=Role.OFFICER)
    officer.post(item("poor", "38"))
    before = list(Result.objects.values_list("pk", "value", "version"))

    status, answer = officer.post(
        item("poor", "39"),
        item("poor", "-1", unit="90103"),
        item("households", "462"),
        item("households", "1.5", unit="90103"),
        item("rate", "8.2", unit="90103"),
    )

    assert status == 400
    assert [(fault["index"], fault["where"]) for fault in answer["errors"]] == [
        (1, "results[1]"),
        (3, "results[3]"),
        (4, "results[4]"),
    ]
    assert "Phải từ 0 trở lên" in answer["errors"][0]["message"]
    assert answer["errors"][0]["message"].startswith("Xã Hai, Hộ nghèo cuối kỳ, năm 2024")
    assert list(Result.objects.values_list("pk", "value", "version")) == before
    assert Result.history.count() == 1
    assert list(Report.objects.values_list("unit", flat=True)) == [places.first.pk]


def test_an_overtaken_edit_is_refused_with_the_stored_figure(
    officer: Api, catalogue: Catalogue
) -> None:
    """Where two edits meet, both are shown and a person decides. Source: design, Ideas 5."""
    officer.post(item("poor", "38"))
    officer.post(item("poor", "40", version=1))

    status, answer = officer.post(item("households", "462"), item("poor", "39", version=1))

    assert (status, faults(answer)) == (409, [("results[1]", "conflict")])
    (fault,) = answer["errors"]
    assert (fault["index"], fault["current"]) == (
        1,
        {"value": "40", "answer": "value", "version": 2},
    )
    assert "40" in fault["message"]
    assert "39" in fault["message"]
    assert Result.objects.get().value == 40
    assert officer.post(item("poor", "39", version=2))[0] == 200


def test_version_zero_means_nothing_must_be_there_yet(officer: Api, catalogue: Catalogue) -> None:
    assert officer.post(item("poor", "38", version=0))[0] == 200

    status, answer = officer.post(item("poor", "39", version=0))

    assert (status, answer["errors"][0]["current"]["version"]) == (409, 1)


def test_a_conflict_beside_another_fault_is_a_bad_request(
    officer: Api, catalogue: Catalogue
) -> None:
    officer.post(item("poor", "38"))

    status, answer = officer.post(item("poor", "39", version=0), item("poor", "1", unit="90102"))

    assert (status, faults(answer)) == (400, [("results[1]", "duplicate")])


def test_a_submitted_return_takes_no_more_figures(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    officer.post(item("poor", "38"))
    Report.objects.update(
        state="submitted", with_tier=places.district.tier, submitted_at="2024-12-01T00:00Z"
    )

    status, answer = officer.post(item("poor", "39"), item("escaped", "1"))

    assert (status, [fault["index"] for fault in answer["errors"]]) == (400, [0, 1])
    assert "Chờ duyệt" in answer["errors"][0]["message"]
    assert Result.objects.get().value == 38


def test_results_for_a_neighbour_are_refused_as_absent(
    stranger: Api, officer: Api, catalogue: Catalogue
) -> None:
    foreign = stranger.post(item("poor", "1", unit="90103"), item("poor", "1", unit="90102"))
    unknown = stranger.post(item("poor", "1", unit="90103"), item("poor", "1", unit="99999"))

    assert (foreign[0], faults(foreign[1])) == (404, [("results[1].unit", "not_found")])
    assert json.dumps(foreign[1]).replace("90102", "99999") == json.dumps(unknown[1])
    assert not Result.objects.exists()


def test_who_may_only_look_cannot_write(leader: Api, places: Places, catalogue: Catalogue) -> None:
    reviewer = Api(builders.official("huyen", places.district, Role.REVIEWER))

    for caller in (leader, reviewer):
        status, answer = caller.post(item("poor", "1"))
        assert (status, faults(answer)) == (403, [("results[0].unit", "permission_denied")])
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"value": "1.234,5"}, ("results[0].value", "invalid")),
        ({"value": "1,5"}, ("results[0].value", "invalid")),
        ({"value": "NaN"}, ("results[0].value", "invalid")),
        ({"value": "Infinity"}, ("results[0].value", "invalid")),
        ({"value": "1e3"}, ("results[0].value", "invalid")),
        ({"value": ""}, ("results[0].value", "invalid")),
        ({"value": True}, ("results[0].value", "invalid")),
        ({"value": [1]}, ("results[0].value", "invalid")),
        ({"value": {"a": 1}}, ("results[0].value", "invalid")),
        ({"value": 10**15}, ("results[0].value", "too_long")),
        ({"value": "1234567890.123456"}, ("results[0].value", "too_long")),
        ({"value": "9" * 29}, ("results[0].value", "too_long")),
        ({"unit": "group:nhom"}, ("results[0].unit", "invalid_reference")),
        ({"unit": "x\x00"}, ("results[0].unit", "invalid_reference")),
        ({"unit": None}, ("results[0].unit", "null")),
        ({"unit": 90102.5}, ("results[0].unit", "invalid")),
        ({"indicator": "\ud800"}, ("results[0].indicator", "surrogate_characters_not_allowed")),
        ({"indicator": "khong-co"}, ("results[0].indicator", "unknown")),
        ({"period": "2024H3"}, ("results[0].period", "invalid_period")),
        ({"period": 20240}, ("results[0].period", "invalid_period")),
        ({"version": -1}, ("results[0].version", "min_value")),
        ({"version": 10**30}, ("results[0].version", "max_value")),
        ({"version": "hai"}, ("results[0].version", "invalid")),
        ({"note": "x" * 501}, ("results[0].note", "max_length")),
    ],
)
def test_a_malformed_item_is_refused(
    officer: Api, catalogue: Catalogue, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    status, answer = officer.post({**item("poor", "1"), **change})

    assert (status, faults(answer)) == (400, [fault])
    assert answer["errors"][0]["index"] == 0
    assert not Result.objects.exists()


def test_an_item_without_a_value_does_not_clear_the_figure(
    officer: Api, catalogue: Catalogue
) -> None:
    officer.post(item("poor", "38"))
    forgotten = item("poor", "")
    del forgotten["value"]

    status, answer = officer.post(forgotten)

    assert (status, faults(answer)) == (400, [("results[0].value", "required")])
    assert Result.objects.get().value == 38


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{", ("", "parse_error")),
        (b"\xff\xfe", ("", "parse_error")),
        ('{"results": [{"value": NaN}]}', ("", "parse_error")),
        ('{"results": [{"value": 1e99999999999999999999}]}', ("", "parse_error")),
        ('{"results": [{"value": ' + "9" * 5000 + "}]}", ("", "parse_error")),
        ("[" * 200_000, ("", "parse_error")),
        ("[]", ("", "invalid")),
        ("null", ("", "null")),
        ("", ("results", "required")),
        ("{}", ("results", "required")),
        ('{"results": []}', ("results", "empty")),
        ('{"results": {"unit": "90102"}}', ("results", "not_a_list")),
        ('{"results": [1]}', ("results[0]", "invalid")),
        ('{"results": [' + ",".join(["{}"] * 2001) + "]}", ("results", "max_length")),
    ],
)
def test_a_malformed_body_is_refused(
    officer: Api, body: str | bytes, fault: tuple[str, str]
) -> None:
    status, answer = officer.send(body)

    assert (status, faults(answer)) == (400, [fault])


def test_a_huge_body_and_another_content_type_are_refused(officer: Api) -> None:
    status, answer = officer.send('"' + "a" * 2_000_001 + '"')
    form = officer.client.post("/api/v1/results/", {"results": "1"})

    assert (status, faults(answer)) == (413, [("", "too_large")])
    assert (form.status_code, faults(form.json())) == (415, [("", "unsupported_media_type")])


def test_writing_to_too_many_returns_at_once_is_refused(officer: Api, catalogue: Catalogue) -> None:
    """The transaction would stay open for as long as they take."""
    status, answer = officer.post(
        *(item("poor", "1", period=str(year)) for year in range(1950, 2051))
    )

    assert (status, faults(answer)) == (400, [("results", "too_many")])
    assert not Result.objects.exists()


def test_a_note_goes_with_its_figure(officer: Api, catalogue: Catalogue) -> None:
    officer.post(item("poor", "38", note="Theo rà soát"))
    officer.post(item("poor", "39"))

    (row,) = officer.items("results/")

    assert (row["note"], row["value"]) == ("Theo rà soát", "39")


# -- rolled-up figures ------------------------------------------------------------------------


@pytest.fixture
def reported(places: Places, catalogue: Catalogue) -> None:
    """1 poor of 2 households and 90 of 100; the township has not reported. By hand: 91/102."""
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    told(places.second, {catalogue.poor: "90", catalogue.households: "100"}, stage=Stage.OFFICIAL)
    rollups.drain()


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


def a_group(members: list[Unit], expected_size: int) -> UnitGroup:
    group = UnitGroup.objects.create(code="xa_ngheo", name="Xã nghèo", expected_size=expected_size)
    for unit in members:
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    return group


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


# -- official tables --------------------------------------------------------------------------


def a_table(plan: Plan | None, code: str = "01", **definition: Any) -> Annex:
    """Name and poor households of each commune of a district, with the total."""
    columns = [
        {"id": "stt", "heading_vi": "STT", "text": "row_number", "width": 8},
        {"id": "unit", "heading_vi": "Xã", "text": "unit_name", "width": 30},
        *(
            {
                "id": indicator,
                "heading_vi": heading,
                "indicator": indicator,
                "measure": "result",
                "period": "year",
                "number_format": "#,##0",
                "width": 20,
            }
            for indicator, heading in (("households", "Tổng số hộ"), ("poor", "Hộ nghèo"))
        ),
    ]
    layout = {
        "status": "usable",
        "code": code,
        "number": code,
        "title_vi": "Hộ nghèo theo xã",
        "unit_of_measure": "ĐVT: hộ",
        "rows": {"scope": "communes_of_district", "total": "top", "total_label_vi": "Tổng cộng"},
        "layouts": [{"variant": "year", "columns": columns}],
        "signature": {
            "left": {"title_vi": "Người lập biểu", "hint_vi": "(Ký)"},
            "right": {"lines_vi": ["CHỦ TỊCH"], "hint_vi": "(Ký)", "place_date_vi": "…, ngày …"},
        },
    }
    return Annex.objects.create(
        code=code,
        number=code,
        subject="poor_households",
        title="Hộ nghèo theo xã",
        plan=plan,
        status="usable",
        definition=layout | definition,
    )


def test_tables_of_a_unit_say_which_can_be_had(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    plan = a_plan(places.district, catalogue.rate)
    a_table(plan)
    a_table(None, "bien-dong")
    a_table(plan, "04", status="undefined")

    found = leader.items("annexes/", unit="901", period="2024")
    of_plan = leader.items("annexes/", unit="901", period="2024", plan="kh-1")

    assert {row["code"]: row["available"] for row in found} == {
        "01": True,
        "bien-dong": True,
        "04": False,
    }
    assert {row["code"]: row for row in of_plan}.keys() == {"01", "04"}
    first = next(row for row in of_plan if row["code"] == "01")
    assert first == {
        "code": "01",
        "number": "01",
        "subject": "poor_households",
        "title": "Hộ nghèo theo xã",
        "plan": "kh-1",
        "available": True,
        "reason": "",
        "variants": ["year"],
        "workbook": "/api/v1/annexes/01/workbook/?unit=901&period=2024&plan=kh-1",
    }
    undefined = next(row for row in of_plan if row["code"] == "04")
    assert (undefined["reason"], undefined["workbook"]) == ("Thiếu mẫu", None)


def test_tables_of_the_catalogue_need_no_unit(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    a_table(a_plan(places.district, catalogue.rate))
    a_table(None, "bien-dong")

    assert len(officer.items("annexes/", plan="", unit="", period="")) == 2
    (row,) = officer.items("annexes/", plan="kh-1")
    assert (row["code"], row["available"], row["workbook"]) == ("01", True, None)


def test_a_workbook_holds_the_figures_of_its_unit(
    leader: Api, places: Places, catalogue: Catalogue, reported: None
) -> None:
    a_table(a_plan(places.district, catalogue.rate))
    (row,) = leader.items("annexes/", unit="901", period="2024")

    response = leader.client.get(row["workbook"], headers={"Accept": "text/html"})

    assert response.status_code == 200
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert response["Content-Disposition"].startswith('attachment; filename="bieu-01-')
    sheet = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    cells = [[cell for cell in line if cell != ""] for line in sheet.to_python()]
    assert ["Tổng cộng (2/3)", 102.0, 91.0] in cells
    assert [2.0, "Một", 2.0, 1.0] in cells


@pytest.mark.parametrize(
    ("query", "status", "fault"),
    [
        ({}, 400, ("period", "required")),
        ({"unit": "901", "period": "2024", "plan": "khac"}, 404, ("", "not_found")),
        ({"unit": "99999", "period": "2024"}, 404, ("unit", "not_found")),
        ({"unit": "901", "period": "2024", "stage": "nháp"}, 400, ("stage", "invalid_choice")),
        ({"unit": "901", "period": "2024", "variant": "month"}, 400, ("", "invalid")),
        ({"unit": "group:x", "period": "2024"}, 400, ("unit", "invalid_reference")),
        ({"unit": "901", "period": "2031"}, 404, ("", "not_found")),
    ],
)
def test_a_workbook_that_cannot_be_had_is_refused(
    leader: Api,
    places: Places,
    catalogue: Catalogue,
    query: dict[str, str],
    status: int,
    fault: tuple[str, str],
) -> None:
    a_table(a_plan(places.district, catalogue.rate))

    found, answer = leader.get("annexes/01/workbook/", **query)

    assert (found, faults(answer)[-1]) == (status, fault)


def test_tables_of_a_neighbour_do_not_leak(
    stranger: Api, places: Places, catalogue: Catalogue
) -> None:
    a_table(None)

    for path in ("annexes/", "annexes/01/workbook/"):
        unknown = json.dumps(stranger.get(path, unit="99999", period="2024"))
        for foreign in ("90102", "901"):
            status, answer = stranger.get(path, unit=foreign, period="2024")
            assert (status, faults(answer)) == (404, [("unit", "not_found")])
            assert json.dumps([status, answer]).replace(foreign, "99999") == unknown
    assert stranger.get("annexes/", unit="90103")[0] == 400


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


def test_writing_costs_the_same_for_one_item_and_for_three(
    officer: Api, catalogue: Catalogue
) -> None:
    def cost(period: str, *codes: str) -> int:
        items = [item(code, "1", period=period) for code in codes]
        return queries(lambda: officer.post(*items))

    assert cost("2022", "poor", "escaped", "relapsed") == cost("2021", "poor")
