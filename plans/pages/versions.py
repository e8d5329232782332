"""What a target promised, decision by decision, and the page on which a new one is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from plans.assessment import amendment_in_force
from plans.consistency.intervals import decimals_of
from plans.models import Amendment, Plan, Target
from plans.wording import day_words, plan_heading, section_words, value_words


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a target. `is_document`: what the plan itself said, in force from its start.

    `is_in_force`: the one that holds today. `reason`, `by`, `at` belong to amendments.
    """

    heading: str
    decided: str
    in_force_from: date | None
    value: str
    year_to: int
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    is_document: bool = False
    is_in_force: bool = False
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class AmendPage:
    """A target whose amendment is to be recorded."""

    target: Target
    plan: Plan
    plan_heading: str
    versions: tuple[Version, ...]
    says: Target | Amendment
    decimals: int


def amend_page(plan_code: str, target_code: str, today: date) -> AmendPage | None:
    """Return the promise `target_code` of a plan with its versions; None when there is none."""
    target = (
        Target.objects.promises()
        .filter(plan__code=plan_code, code=target_code)
        .select_related("plan__unit__tier", "unit", "indicator")
        .first()
    )
    if target is None:
        return None
    amendments = _amendments(target)
    return AmendPage(
        target,
        target.plan,
        plan_heading(target.plan),
        tuple(_versions(target, amendments, today)),
        says=amendment_in_force(amendments, today) or target,
        decimals=_decimals(target),
    )


def _decimals(target: Target) -> int:
    """As fine as the indicator is shown, or as the document stated it."""
    stated = [target.value, target.value_min, target.value_max]
    finest = max(decimals_of(value) for value in stated if value is not None)
    return max(target.indicator.decimals, finest)


def versions_of(target: Target, today: date) -> list[Version]:
    """What the document said, then each amendment by the day it came into force. One query."""
    return _versions(target, _amendments(target), today)


def _amendments(target: Target) -> list[Amendment]:
    return list(target.amendments.select_related("by", "target").order_by("in_force_from"))


def _versions(target: Target, amendments: Sequence[Amendment], today: date) -> list[Version]:
    current = amendment_in_force(amendments, today)
    return [
        _document(target, is_in_force=current is None),
        *(_amended(row, is_in_force=row is current) for row in amendments),
    ]


def _document(target: Target, *, is_in_force: bool) -> Version:
    return Version(
        heading=_("{document}, mục {section}").format(
            document=plan_heading(target.plan), section=section_words(target.section)
        ),
        decided=day_words(target.plan.issued_on),
        in_force_from=None,
        value=value_words(target),
        year_to=target.year_to,
        is_document=True,
        is_in_force=is_in_force,
    )


def _amended(row: Amendment, *, is_in_force: bool) -> Version:
    return Version(
        heading=row.decision_number,
        decided=f"{row.decided_on:%d/%m/%Y}",
        in_force_from=row.in_force_from,
        value=value_words(row),
        year_to=row.year_to,
        reason=row.reason,
        by=str(row.by or ""),
        at=row.at,
        is_in_force=is_in_force,
        is_sample=row.is_sample,
    )
