"""Fixtures shared by every test."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from tests import builders

# A busy build machine is slow; what is awaited still has to come.
expect.set_options(timeout=30_000)


@pytest.fixture
def places(db: None) -> builders.Places:
    return builders.places()


@pytest.fixture
def catalogue(db: None) -> builders.Catalogue:
    return builders.catalogue()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Chromium as the system has it: nothing is downloaded."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": ["--disable-background-networking", "--no-first-run"],
    }
