"""Every page of figures that no other browser test looks at by machine: overview to snapshots.

Source: issue 6 (axe of every page), ui design (WCAG 2.2 AA, nothing beside a phone's window).
"""

from __future__ import annotations

from typing import Any

import pytest

from communes.enums import Role
from communes.models import Official
from indicators.models import Indicator
from reports.freezing import close_period
from reports.models import SavedView
from reports.workflow import endorse, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled
from tests.flows.conftest import DESK, PHONE
from tests.flows.test_access_browser import beyond
from tests.flows.test_entry_browser import faults
from tests.plans.promises import a_plan, a_target, reported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "/tong-quan/90/2024/",
    "/tong-quan/901/2024/",
    "/so-lieu/901/2024/",
    "/so-lieu/90102/2024/",
    "/so-lieu/901/2024/nguon/rate/",
    "/so-lieu/901/2024/nguon/poor/",
    "/duyet/90102/2024/",
    "/bao-cao/90102/2024/lich-su/",
    "/hinh/901/2024/",
    "/tra-cuu/",
    "/tra-cuu/bang-da-luu/",
    "/so-chot/90/",
    "/so-chot/90/2024/1/",
    "/ke-hoach/",
    "/ke-hoach/co-quan/",
    "/ke-hoach/kh/",
    "/ke-hoach/kh/chi-tieu/ngheo/",
    "/tin-bao/",
)


@pytest.fixture
def closed(here: Places, catalogue: Catalogue) -> Official:
    """A plan of the district, three years of figures, one return approved, the year closed."""
    above = builders.official("duyet.tinh", here.province, Role.REVIEWER)
    below = builders.official("duyet.huyen", here.district, Role.REVIEWER)
    a_target(a_plan(here.district), catalogue.poor, "level", "30", code="ngheo")
    for year, count in ((2021, 30), (2023, 20)):
        told: dict[Indicator, str | None] = {
            catalogue.poor: str(count),
            catalogue.households: "100",
        }
        reported(year, dict.fromkeys(here.communes, told))
    officer = Official.objects.get(username="xa.mot")
    save_draft(unit=here.first, period=Y2024, entries=filled(here.first, catalogue), by=officer)
    report = submit(unit=here.first, period=Y2024, by=officer)
    for reviewer in (below, above):
        endorse(report=report, by=reviewer)
    close_period(unit=here.province, period=Y2024, by=above, note="Báo cáo năm", sure=True)
    SavedView.objects.create(owner=above, name="Hộ nghèo ba năm", address="chi-tieu=poor")
    return above


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1366", "360"])
def test_pages_of_figures_have_no_accessibility_faults_and_fit(
    visit: Any, closed: Official, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport=viewport)
    page = visitor.sign_in(closed.username)
    found = {}
    for path in PAGES:
        answer = page.goto(visitor.address + path)
        assert (answer.status, page.locator("h1").count()) == (200, 1), path
        assert beyond(page) <= 0, path
        found[path] = faults(page)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
