"""Fixtures shared by every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.apps import AppConfig
from django.conf import LazySettings
from django.db import connection
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import translation
from playwright.sync_api import expect
from pytest_django import DjangoDbBlocker

from communes.enums import TierCode
from tests import builders

# A busy build machine is slow; what is awaited still has to come.
expect.set_options(timeout=30_000)


@receiver(post_migrate)
def keep_tiers(sender: AppConfig, **_kwargs: object) -> None:
    """Bring back what a migration wrote after a test that empties every table."""
    if sender.name == "communes":
        for code in TierCode.values:
            builders.tier(code)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what still has the test database open, or it cannot be dropped.

    A request thread of the live server keeps its connection while Chromium keeps the line open.
    """
    with django_db_blocker.unblock():
        # SQLite is asked once a process: not in the middle of a test that counts queries.
        assert connection.features.supports_json_field
    yield
    if connection.vendor == "postgresql":
        name = connection.settings_dict["NAME"]
        with django_db_blocker.unblock():
            connection.close()
            with connection._nodb_cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [name],
                )


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    """Hash passwords in no time: what argon2 costs an attacker it would cost each test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """A page that a test asked for in English leaves its thread in English: not for the next."""
    yield
    translation.deactivate()


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
