"""Tests of unchanged pages share: a season under way, asking again, what changes a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.http import HttpResponse
from django.test import Client

from communes.enums import Role
from communes.models import Post
from indicators.models import Recompute, Rollup
from indicators.periods import Period
from indicators.rollups import drain
from plans.enums import PlannedMeasure
from plans.models import Amendment, Milestone, Plan, Target, VerdictChange
from reports.enums import NoticeKind
from reports.models import Deadline, Notice
from reports.workflow import endorse, reopen, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, told
from tests.plans.promises import a_plan, a_target, milestone

MOST_QUERIES = 36
"""For a 304; the page itself takes twice as many, and the time of its words and tables."""


def a_season(places: Places, catalogue: Catalogue) -> Staff:
    """A district with a promise, one commune that has sent, and its calendar."""
    people = builders.staff(places)
    builders.deadline(places.province)
    plan = a_plan(places.district)
    a_target(plan, catalogue.poor, "level", "30", code="ho-ngheo")
    milestone(plan, places.first, catalogue.poor, 2024, "12")
    unit = places.first
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=people.officer)
    submit(unit=unit, period=Y2024, by=people.officer)
    told(places.second, {catalogue.poor: "9", catalogue.households: "90"})
    drain()
    return people


def asked(client: Client, address: str, version: str) -> HttpResponse:
    return client.get(address, headers={"if-none-match": version})  # type: ignore[return-value]


def version_of(client: Client, address: str) -> str:
    """The version once the browser has the token of its forms: the first answer gives it."""
    client.get(address)
    return client.get(address)["ETag"]


Act = Callable[[Places, Catalogue, Staff], object]


def entered(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    return told(places.town, {catalogue.poor: "4", catalogue.households: "40"})


def drained(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    entered(places, catalogue, staff)
    return drain()


def moved_between_communes(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """One household fewer here, one more there: the district's own sum stays as it was."""
    told(places.first, {catalogue.poor: "12", catalogue.households: "99"})
    told(places.second, {catalogue.poor: "10", catalogue.households: "91"})
    return drain()


def drafted(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    """“Đang nhập 1/5”: the draft's figures are not shown, that there are any is."""
    officer = builders.official("thi.tran", places.town)
    entries = builders.entries(places.town, {catalogue.poor: "4"})
    return save_draft(unit=places.town, period=Y2024, entries=entries, by=officer)


def sent_back(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
    return return_report(report=report, by=staff.district)


def approved(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    report = places.first.reports.get()
    endorse(report=report, by=staff.district)
    return endorse(report=places.first.reports.get(), by=staff.province)


def reopened(places: Places, catalogue: Catalogue, staff: Staff) -> object:
    approved(places, catalogue, staff)
    return reopen(report=places.first.reports.get(), reason="Sai số", by=staff.province)


CHANGES: dict[str, Act] = {
    "a figure came": entered,
    "and was added up": drained,
    "figures moved below": moved_between_communes,
    "a draft was begun": drafted,
    "a return went back": sent_back,
    "a return was approved": approved,
    "a return was opened again": reopened,
    "a sum failed": lambda p, c, s: Recompute.objects.create(
        unit=p.first, period="2024", problem="Có số quá lớn"
    ),
    "sums were thrown away": lambda p, c, s: Rollup.objects.filter(unit=p.second).delete(),
    "the last day was moved": lambda p, c, s: save(
        Deadline.objects.get(), due_on=date(2024, 12, 20)
    ),
    "one commune got longer": lambda p, c, s: builders.deadline(p.first),
    "a unit was renamed": lambda p, c, s: save(p.second, name="Xã Khác"),
    "an indicator was renamed": lambda p, c, s: save(c.poor, name="Hộ nghèo còn lại"),
    "a plan was numbered": lambda p, c, s: save(Plan.objects.get(), number="9/KH"),
    "a promise was edited": lambda p, c, s: save(Target.objects.get(), value=Decimal(20)),
    "a promise was added": lambda p, c, s: a_target(
        Plan.objects.get(), c.rate, "level", "5", unit_of_measure="%"
    ),
    "a promise was amended": lambda p, c, s: Amendment.objects.create(
        target=Target.objects.get(),
        value=Decimal(25),
        comparator="=",
        year_to=2025,
        in_force_from=date(2024, 1, 1),
        decision_number="12/QĐ",
        decided_on=date(2024, 1, 1),
    ),
    "a milestone was edited": lambda p, c, s: save(Milestone.objects.get(), value=Decimal(13)),
    "a milestone means another thing": lambda p, c, s: save(
        Milestone.objects.get(), measure=PlannedMeasure.CHANGE_POINTS
    ),
    "a milestone is of another year": lambda p, c, s: save(
        Milestone.objects.get(), period=Period(2023)
    ),
    "a verdict turned": lambda p, c, s: VerdictChange.objects.create(
        target=Target.objects.get(), year=2024, stage="provisional", verdict="off_track", was="met"
    ),
    "the reader was told something": lambda p, c, s: Notice.objects.create(
        official=s.district, kind=NoticeKind.OPENED, key="mo-ky"
    ),
    "the reader got a post": lambda p, c, s: Post.objects.create(
        official=s.district, unit=p.second, role=Role.OFFICER
    ),
    "the reader was renamed": lambda p, c, s: save(s.district, full_name="Tên khác"),
}


def save(row: object, **values: object) -> object:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()  # type: ignore[attr-defined]
    return row
