"""What a return asks of a unit, by when, and who reviews it.

The form is the household review. Source: indicators.yaml header.
"""

from __future__ import annotations

from django.db.models import QuerySet

from communes.enums import TierCode
from communes.models import Unit
from indicators.asking import Profile, asks, profile_of
from indicators.models import Indicator
from indicators.periods import Period
from reports.models import Deadline, Report


def reviewers_of(unit: Unit) -> list[Unit]:
    """The units that review what `unit` sends up, nearest first; two tiers or one."""
    above = Unit.objects.above(unit).select_related("tier")
    return [row for row in above if row.tier.code != TierCode.NATION]


def form_of(unit: Unit, period: Period) -> list[Indicator]:
    """The inputs a unit's return for the period asks for, in form order."""
    return _form(profile_of(unit, period.end))


def _form(profile: Profile) -> list[Indicator]:
    return [row for row in review_inputs() if asks(row, profile)]


def review_inputs() -> list[Indicator]:
    found = Indicator.objects.inputs().household_review().in_form_order()
    return list(found.select_related("theme", "entered_at", "entered_at_two_tier", "of_which"))


def report_of(unit: Unit, period: Period) -> Report:
    """The stored report, or a new unsaved draft."""
    found = (
        Report.objects.filter(unit=unit, period=period.code)
        .select_related("with_tier", "unit__tier")
        .first()
    )
    return found or Report(unit=unit, period=period.code)


def deadline_of(unit: Unit, period: Period) -> Deadline | None:
    """The nearest calendar entry: the unit's own extension before the district's or province's."""
    return deadlines(unit).filter(period=period.code).first()


def deadlines(unit: Unit) -> QuerySet[Deadline]:
    return (
        Deadline.objects.filter(issuer__downward__descendant=unit)
        .select_related("issuer")
        .order_by("issuer__downward__depth")
    )
