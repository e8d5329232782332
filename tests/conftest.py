"""Fixtures shared by every test."""

from __future__ import annotations

import os

import pytest
from django.apps import AppConfig
from django.conf import LazySettings
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from playwright.sync_api import expect

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


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    """Hash passwords in no time: what argon2 costs an attacker it would cost each test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
