"""`GET /health/` says whether this process is ready to serve. Source: design, Contracts."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.mark.django_db
def test_health_answers_200_to_anyone_and_is_not_kept(client: Client) -> None:
    answer = client.get("/health/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_health_is_only_asked(client: Client) -> None:
    assert client.post("/health/").status_code == 405


def test_health_fails_when_the_database_is_away() -> None:
    client = Client(raise_request_exception=False)
    with patch("povertyplan.health.connection.cursor", side_effect=OperationalError("secret")):
        answer = client.get("/health/")

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
