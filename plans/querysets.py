"""Questions asked of plans and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from plans.enums import TargetKind

if TYPE_CHECKING:
    from plans.models import Target  # noqa: F401


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
