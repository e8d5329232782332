"""Questions asked of the catalogue and of facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from indicators.cells import Cell, read
from indicators.enums import Answer, IndicatorKind, Stage

if TYPE_CHECKING:
    from communes.models import Unit
    from indicators.models import Indicator, Result, Rollup  # noqa: F401
    from indicators.periods import Period


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


@dataclass(slots=True)
class Kept:
    """A stored row, unpacked when a figure of it is asked for."""

    blob: bytes
    wanted: Collection[int] | None
    computed_at: datetime
    _cells: dict[int, Cell] | None = None

    @property
    def cells(self) -> dict[int, Cell]:
        """The wanted figures of which anything is known, by indicator pk."""
        if self._cells is None:
            self._cells = read(self.blob, self.wanted)
        return self._cells

    def cell(self, indicator: int) -> Cell | None:
        """One of the wanted figures; None while nothing is known of it."""
        return self.cells.get(indicator)


class RollupQuerySet(models.QuerySet["Rollup"]):
    def kept(
        self,
        units: Iterable[Unit | int],
        indicators: Iterable[Indicator | int] | None,
        periods: Iterable[Period] | None,
        stage: str,
    ) -> dict[tuple[int, str], Kept]:
        """The rows of units and periods (None: every one), keyed (unit pk, period code). One query.

        Each gives the figures of `indicators` (rows or pks; None: all) alone.
        """
        wanted = (
            None
            if indicators is None
            else {row if isinstance(row, int) else row.pk for row in indicators}
        )
        rows = self.filter(unit__in=units, stage=stage)
        if periods is not None:
            rows = rows.filter(period__in=[row.code for row in periods])
        return {
            (unit, period): Kept(bytes(blob), wanted, at)
            for unit, period, blob, at in rows.values_list(
                "unit_id", "period", "cells", "computed_at"
            ).iterator()
        }
