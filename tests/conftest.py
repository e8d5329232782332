"""Fixtures shared by every test."""

from __future__ import annotations

import pytest

from tests import builders


@pytest.fixture
def places(db: None) -> builders.Places:
    return builders.places()


@pytest.fixture
def catalogue(db: None) -> builders.Catalogue:
    return builders.catalogue()
