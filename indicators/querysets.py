"""Questions asked of the catalogue and of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from indicators.enums import Answer, IndicatorKind, Stage

if TYPE_CHECKING:
    from indicators.models import Indicator, Result, Rollup  # noqa: F401


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def inputs(self) -> Self:
        """What is typed in."""
        return self.filter(kind=IndicatorKind.INPUT)

    def household_review(self) -> Self:
        """Figures of the yearly household review, asked whatever the plans; form columns left out.

        Source: indicators.yaml header (the review: theme poverty, not optional).
        """
        return self.filter(theme__household_review=True, optional=False)

    def in_form_order(self) -> Self:
        return self.select_related("theme").order_by("theme__order", "order")


class ResultQuerySet(models.QuerySet["Result"]):
    def counted(self, stage: str) -> Self:
        """Facts that count at a stage: something was answered there. Drafts count nowhere."""
        field = "approved_answer" if stage == Stage.OFFICIAL else "submitted_answer"
        return self.exclude(**{field: Answer.MISSING})


class RollupQuerySet(models.QuerySet["Rollup"]):
    def at(self, stage: str) -> Self:
        return self.filter(stage=stage)
