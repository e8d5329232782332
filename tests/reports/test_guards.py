"""What a return refuses whoever asks: days, stale pages, one's own work."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client, RequestFactory

from communes import access
from communes.enums import Role
from communes.models import Official, Post, Unit
from indicators.recording import record_results
from povertyplan.lib.errors import DomainError
from povertyplan.middleware import visitor_address
from reports.models import Deadline, Report
from reports.workflow import endorse, save_draft, submit
from tests import builders
from tests.builders import PASSWORD, Y2024, Catalogue, Places, Staff, filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(places: Places, catalogue: Catalogue) -> Staff:
    return builders.staff(places)


def save(places: Places, catalogue: Catalogue, by: Official) -> None:
    save_draft(unit=places.first, period=Y2024, entries=filled(places.first, catalogue), by=by)


def send(places: Places, catalogue: Catalogue, by: Official) -> Report:
    save(places, catalogue, by)
    return submit(unit=places.first, period=Y2024, by=by)


# -- the calendar -------------------------------------------------------------------------------


def calendar(places: Places) -> Deadline:
    found = builders.deadline(places.province)
    found.closes_on = date(2025, 3, 1)
    found.save()
    return found


@pytest.mark.parametrize(("day", "words"), [("2024-10-31", "01/11/2024"), ("2025-03-02", "khóa")])
def test_entry_is_refused_outside_the_days_of_the_calendar(
    places: Places, catalogue: Catalogue, staff: Staff, day: str, words: str
) -> None:
    calendar(places)

    with time_machine.travel(f"{day} 05:00+07:00"), pytest.raises(DomainError, match=words):
        save(places, catalogue, staff.officer)


@pytest.mark.parametrize("day", ["2024-11-01", "2024-12-20", "2025-03-01"])
def test_entry_is_taken_from_the_opening_to_the_closing_day_even_late(
    places: Places, catalogue: Catalogue, staff: Staff, day: str
) -> None:
    calendar(places)

    with time_machine.travel(f"{day} 05:00+07:00"):
        save(places, catalogue, staff.officer)

    assert catalogue.poor.results.count() == 1


def test_a_period_that_has_not_begun_is_refused(places: Places, catalogue: Catalogue) -> None:
    with time_machine.travel("2023-12-31 05:00+07:00"), pytest.raises(DomainError, match="bắt đầu"):
        record_results(builders.entries(places.first, {catalogue.poor: "1"}), by=None)


def test_a_yearly_figure_is_not_taken_for_a_quarter(places: Places, catalogue: Catalogue) -> None:
    from indicators.periods import Period  # noqa: PLC0415  # one use

    entries = builders.entries(places.first, {catalogue.poor: "1"}, Period(2024, "Q", 1))

    with pytest.raises(DomainError, match="năm"):
        record_results(entries, by=None)


# -- decisions ----------------------------------------------------------------------------------


def test_a_stale_page_does_not_decide_twice(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """What the province saw before the district endorsed is not what it now decides on."""
    report = send(places, catalogue, staff.officer)

    endorse(report=report, by=staff.district, seen=report.version)
    with pytest.raises(DomainError, match="thay đổi"):
        endorse(report=report, by=staff.province, seen=report.version)

    assert Report.objects.get().state == "endorsed"


def test_a_double_click_at_two_tiers_is_one_decision(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """One person at both reviewing tiers endorses at one of them."""
    report = send(places, catalogue, staff.officer)
    Post.objects.create(official=staff.district, unit=places.province, role=Role.REVIEWER)
    both = Official.objects.get(pk=staff.district.pk)

    endorse(report=report, by=both, seen=report.version)
    with pytest.raises(DomainError, match="ở cấp dưới"):
        endorse(report=report, by=both, seen=report.version)

    assert Report.objects.get().state == "endorsed"


def test_who_sent_the_return_does_not_endorse_it(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """Also when a colleague typed every figure of it."""
    save(places, catalogue, staff.officer)
    Post.objects.create(official=staff.district, unit=places.first, role=Role.OFFICER)
    both = Official.objects.get(pk=staff.district.pk)
    report = submit(unit=places.first, period=Y2024, by=both)

    with pytest.raises(DomainError, match="của chính mình"):
        endorse(report=report, by=both)


# -- doors --------------------------------------------------------------------------------------


def test_an_administrators_post_in_a_commune_opens_no_admin_page(places: Places) -> None:
    local = builders.official("quantri.xa", places.first, Role.ADMINISTRATOR)
    whole = builders.official("quantri.tinh", places.province, Role.ADMINISTRATOR)

    assert not access.is_administrator(local)
    assert access.is_administrator(whole)


def test_an_administrator_does_not_take_over_the_owners_account(places: Places) -> None:
    owner = Official.objects.create_superuser("chu", PASSWORD)
    builders.official("quantri.tinh", places.province, Role.ADMINISTRATOR)
    client = Client()
    client.force_login(Official.objects.get(username="quantri.tinh"))

    answer = client.post(f"/quan-tri/communes/official/{owner.pk}/password/", {})

    assert answer.status_code == 403


def test_signed_in_pages_stay_out_of_caches(places: Places) -> None:
    client = Client()
    client.force_login(builders.official("xa", places.first))

    assert "no-store" in client.get("/bao-cao/")["Cache-Control"]


def test_behind_a_proxy_the_lock_counts_visitors_not_the_proxy(settings: LazySettings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")
    request.META["HTTP_X_FORWARDED_FOR"] = "6.6.6.6, 203.0.113.9"

    settings.BEHIND_PROXY = True
    assert visitor_address(request) == "203.0.113.9"
    settings.BEHIND_PROXY = False
    assert visitor_address(request) == "10.0.0.1"


@pytest.mark.parametrize("text", ["90102@", "90102@20241231", "901\x0002", "٩٠١٠٢", "90102 "])
def test_a_unit_is_not_found_by_an_odd_spelling(places: Places, text: str) -> None:
    assert Unit.objects.named(text) is None
    assert Unit.objects.named("90102@2024-12-31") == places.first
