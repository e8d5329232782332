"""Facts written through the API: exact, all or nothing, never over another's edit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from communes.enums import Role
from indicators import rollups
from indicators.models import Result
from reports.models import Report
from tests import builders
from tests.builders import Catalogue, Places, told
from tests.reports.api.client import Api, faults, item, queries

pytestmark = pytest.mark.django_db


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
        ("900719925474.099", "900719925474.099"),
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


def test_writing_costs_the_same_for_one_item_and_for_three(
    officer: Api, catalogue: Catalogue
) -> None:
    def cost(period: str, *codes: str) -> int:
        items = [item(code, "1", period=period) for code in codes]
        return queries(lambda: officer.post(*items))

    cost("2020", "poor")  # definitions are read once
    assert cost("2022", "poor", "escaped", "relapsed") == cost("2021", "poor")
