"""The description of the API is valid, and every answer to generated requests keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.authtoken.models import Token
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from communes.enums import Role
from communes.models import GroupMember, UnitGroup
from indicators import rollups
from tests import builders
from tests.reports.api.client import a_plan, a_table

pytestmark = pytest.mark.django_db

HOLD = [not_a_server_error, response_schema_conformance, content_type_conformance]


def test_the_description_is_valid_and_complete(tmp_path: Any) -> None:
    """Without a warning: nothing had to be guessed."""
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "schema.yaml")


def test_the_description_is_for_who_is_signed_in(places: builders.Places) -> None:
    official = builders.official("xa.mot", places.first)
    token = Token.objects.create(user=official)
    signed_in = Client(headers={"Authorization": f"Token {token.key}"})

    answer = signed_in.get("/api/v1/schema/")

    assert answer["Content-Type"].startswith("application/json")
    described = answer.json()
    assert described["openapi"].startswith("3.")
    assert set(described["components"]["securitySchemes"]) == {"tokenAuth", "cookieAuth"}
    assert set(described["paths"]) == {
        "/api/v1/annexes/",
        "/api/v1/annexes/{code}/workbook/",
        "/api/v1/indicators/",
        "/api/v1/plans/",
        "/api/v1/plans/{plan}/assessment/",
        "/api/v1/plans/{plan}/targets/",
        "/api/v1/results/",
        "/api/v1/rollups/",
        "/api/v1/units/",
    }
    yaml = signed_in.get("/api/v1/schema/", headers={"Accept": "application/yaml"})
    assert yaml.content.startswith(b"openapi: 3.")


def test_the_page_of_the_description_holds_no_script_of_its_own(places: builders.Places) -> None:
    """The content policy allows none; the start script has an address of its own."""
    signed_in = Client()
    signed_in.force_login(
        builders.official("xa.mot", places.first), "django.contrib.auth.backends.ModelBackend"
    )

    page = signed_in.get("/api/v1/docs/").content.decode()
    script = signed_in.get("/api/v1/docs/?script=")

    assert "<style" not in page
    assert page.count("<script") == page.count('<script src="') == 2
    assert script["Content-Type"] == "application/javascript"
    assert "/api/v1/schema/" in script.content.decode()
    assert Client().get("/api/v1/docs/").status_code == 302


# -- generated requests -----------------------------------------------------------------------


@pytest.fixture
def connected() -> Iterator[None]:
    """Keep the test's connection, which the server would close after each answer."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def described(
    connected: None, places: builders.Places, catalogue: builders.Catalogue
) -> OpenApiSchema:
    """The API as an official sees it who may look at the district and enter for one commune.

    The codes that exist are given as examples, else no generated request would find anything.
    """
    official = builders.official("can.bo", places.first)
    builders.Post.objects.create(official=official, unit=places.district, role=Role.LEADER)
    token = Token.objects.create(user=official)
    builders.told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    builders.told(places.second, {catalogue.poor: None, catalogue.households: "3"})
    rollups.drain()
    a_table(a_plan(places.district, catalogue.rate))
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=1)
    GroupMember.objects.create(group=group, unit=places.first, source="stated")

    schema = SchemaGenerator().get_schema(request=None, public=True)
    _give_examples(schema)
    config = schemathesis.Config.from_dict(
        {
            # The caller in this process does not unpack what the server would compress.
            "headers": {"Authorization": f"Token {token.key}", "Accept-Encoding": "identity"},
            "generation": {"deterministic": True, "with-security-parameters": False},
        }
    )
    loaded = schemathesis.openapi.from_dict(schema, config=config)
    loaded.app = get_wsgi_application()
    return loaded


KNOWN = {
    "unit": ["901", "90102", "90103", "group:nhom", "90102@2024-12-31"],
    "indicator": ["poor", "rate", "households"],
    "period": ["2024"],
    "code": ["01"],
    "plan": ["kh-1"],
}


def _give_examples(schema: dict[str, Any]) -> None:
    """Let half of the generated values be ones that exist."""

    def known(name: str, node: dict[str, Any]) -> None:
        if name not in KNOWN:
            return
        if node.get("type") == "array":
            known(name, node["items"])
        else:
            plain = dict(node)
            node.clear()
            node["anyOf"] = [{"enum": KNOWN[name], "type": "string"}, plain]

    for path in schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                known(parameter["name"], parameter["schema"])
    item = schema["components"]["schemas"]["Item"]["properties"]
    for name in ("unit", "indicator", "period"):
        known(name, item[name])


OPERATIONS = [
    ("/api/v1/annexes/", "GET"),
    ("/api/v1/annexes/{code}/workbook/", "GET"),
    ("/api/v1/indicators/", "GET"),
    ("/api/v1/plans/", "GET"),
    ("/api/v1/plans/{plan}/targets/", "GET"),
    ("/api/v1/results/", "GET"),
    ("/api/v1/results/", "POST"),
    ("/api/v1/rollups/", "GET"),
    ("/api/v1/units/", "GET"),
]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_keeps_to_the_description(
    described: OpenApiSchema, path: str, method: str, mode: GenerationMode
) -> None:
    """Requests as described, and requests that break the description: no 500, one shape."""
    requests = described[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=requests)
    def answers_as_described(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=HOLD)

    answers_as_described()
