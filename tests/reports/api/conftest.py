"""Who calls the API in these tests."""

from __future__ import annotations

from typing import Any

import pytest

from communes.enums import Role
from indicators import rollups
from indicators.enums import Stage
from tests import builders
from tests.builders import Catalogue, Places, told
from tests.reports.api.client import Api


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Nobody types a password here: the slow hash would only cost time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


@pytest.fixture
def reported(places: Places, catalogue: Catalogue) -> None:
    """1 poor of 2 households and 90 of 100; the township has not reported. By hand: 91/102."""
    told(places.first, {catalogue.poor: "1", catalogue.households: "2"})
    told(places.second, {catalogue.poor: "90", catalogue.households: "100"}, stage=Stage.OFFICIAL)
    rollups.drain()
