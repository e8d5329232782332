"""Questions asked of plans and targets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Self

from django.db import models

from plans.enums import TargetKind

if TYPE_CHECKING:
    from plans.models import Target  # noqa: F401


LEAD = "lead"
"""The role of an agency that answers for a theme. Source: plans.yaml, responsibilities."""

PlanAgency = tuple[int, str]
"""(plan pk, agency code): each plan names its own."""


class TargetQuerySet(models.QuerySet["Target"]):
    def promises(self) -> Self:
        """What a plan promises, without the results that documents report."""
        return self.exclude(kind=TargetKind.RESULT)

    def stated_results(self) -> Self:
        """Results that a document reports, kept as what the document says, not as entered facts."""
        return self.filter(kind=TargetKind.RESULT)

    def to_assess(self) -> Self:
        """With everything that an assessment reads of a target itself."""
        return self.select_related(
            "plan", "unit__tier", "group", "indicator__theme", "indicator__opening_indicator"
        )

    def of_agency(self, code: str) -> Self:
        """What the agency `code` answers for, in every plan that names it."""
        mine = [keys for (_plan, agency), keys in self.by_agency().items() if agency == code]
        return self.filter(pk__in=set[int]().union(*mine))

    def by_agency(self) -> dict[PlanAgency, set[int]]:
        """Keys of the targets each agency answers for; a theme the plan gives nobody has none.

        An agency answers for the themes it leads in the target's plan; where nobody leads one,
        those named for it in another role do (the Front for the models of mass organisations).
        Where several lead one theme, the indicator's own agency answers if it is among them,
        otherwise all of them. One query.
        """
        found: dict[PlanAgency, set[int]] = defaultdict(set)
        for target, (plan, own, roles) in self._named().items():
            leads = roles.get(LEAD) or set().union(*roles.values())
            for agency in leads & {own} or leads:
                found[plan, agency].add(target)
        return dict(found)

    def _named(self) -> dict[int, tuple[int, str, dict[str, set[str]]]]:
        """Target pk → (plan pk, agency of its indicator, {role: agencies named for its theme})."""
        rows = self.order_by().values_list(
            "pk",
            "plan",
            "theme",
            "indicator__agency",
            "plan__responsibilities__role",
            "plan__responsibilities__agency_code",
            "plan__responsibilities__themes",
        )
        found: dict[int, tuple[int, str, dict[str, set[str]]]] = {}
        for target, plan, theme, own, role, agency, themes in rows:
            if theme in (themes or ()):
                named = found.setdefault(target, (plan, own, defaultdict(set)))[2]
                named[role].add(agency)
        return found
