"""What refuses to start: a demo with HTTPS, a missing key, demo leftovers in production."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from povertyplan.guard import _marked, refuse_demo_leftovers
from tests.builders import Catalogue, Places, official, told

ROOT = Path(__file__).resolve().parent.parent


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_start_without_a_secret_key_says_its_name(tmp_path: Path) -> None:
    done = start(tmp_path)

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr.splitlines()[-1]


def test_demo_mode_is_refused_with_https(tmp_path: Path) -> None:
    done = start(tmp_path, SECRET_KEY="x" * 50, DEMO_MODE="1", HTTPS="1")

    assert done.returncode != 0
    assert "DEMO_MODE" in done.stderr.splitlines()[-1]


def test_start_reads_the_variables_that_make_run_keeps(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("SECRET_KEY=" + "y" * 50 + "\nDEMO_MODE=1\n")

    assert start(tmp_path).returncode == 0


@pytest.mark.django_db
def test_production_refuses_demo_accounts(settings: LazySettings) -> None:
    settings.DEMO_MODE = False
    person = official("ai-do")
    refuse_demo_leftovers()
    person.is_demo = True
    person.save()

    with pytest.raises(ImproperlyConfigured, match="tài khoản trình diễn"):
        refuse_demo_leftovers()


@pytest.mark.django_db
def test_production_refuses_sample_figures(
    places: Places, catalogue: Catalogue, settings: LazySettings
) -> None:
    settings.DEMO_MODE = False
    told(places.first, {catalogue.poor: "5"}, is_sample=False)
    refuse_demo_leftovers()
    told(places.second, {catalogue.poor: "5"}, is_sample=True)

    with pytest.raises(ImproperlyConfigured, match="minh họa"):
        refuse_demo_leftovers()


@pytest.mark.django_db
def test_production_asks_everything_that_can_be_sample() -> None:
    asked = {f"{model._meta.label}.{mark}" for model, mark in _marked()}

    assert {
        "communes.Official.is_demo",
        "indicators.Result.is_sample",
        "plans.Milestone.is_sample",
        "reports.RegisterEntry.is_sample",
    } <= asked
    assert not [name for name in asked if "Historical" in name]


@pytest.mark.django_db
def test_everything_recorded_in_demo_mode_is_sample(
    places: Places, catalogue: Catalogue, settings: LazySettings
) -> None:
    settings.DEMO_MODE = True
    told(places.first, {catalogue.poor: "5"})

    fact = catalogue.poor.results.get()
    assert (fact.is_sample, fact.value) == (True, Decimal(5))
