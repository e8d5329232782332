"""Who may call the API at all, and the one shape in which it refuses."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.test import Client

from tests.builders import Catalogue, Places
from tests.reports.api.client import Api, faults, item

pytestmark = pytest.mark.django_db


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

    assert officer.get("results/", unit="90102")[0] == 404
    assert officer.get("rollups/", unit="90102", period="2024")[0] == 404


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
