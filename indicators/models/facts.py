"""The facts, with their history."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from communes.models import Unit
from indicators.enums import Answer
from indicators.models.catalogue import Indicator
from indicators.models.fields import DIGITS, PeriodField
from indicators.querysets import ResultQuerySet


class Result(models.Model):
    """One fact: what a unit says of an indicator for a period. Written only by `recording`.

    Three layers, so that nothing official vanishes while a correction is being typed:
    `answer`/`value` is the latest entry (a draft until submitted), `submitted_*` counts
    as provisional, `approved_*` as official.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="results", db_index=False)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="results")
    period = PeriodField()
    answer = models.CharField(max_length=5, choices=Answer, blank=True, default=Answer.MISSING)
    value = models.DecimalField(**DIGITS, null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    submitted_answer = models.CharField(
        max_length=5, choices=Answer, blank=True, default=Answer.MISSING
    )
    submitted_value = models.DecimalField(**DIGITS, null=True, blank=True)
    approved_answer = models.CharField(
        max_length=5, choices=Answer, blank=True, default=Answer.MISSING
    )
    approved_value = models.DecimalField(**DIGITS, null=True, blank=True)
    is_sample = models.BooleanField(_("số liệu minh họa"), default=False)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField(default=timezone.now)

    objects = ResultQuerySet.as_manager()
    history = HistoricalRecords(
        history_change_reason_field=models.CharField(max_length=500, null=True)
    )

    class Meta:
        verbose_name = _("kết quả")
        verbose_name_plural = _("kết quả")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "period", "indicator"], name="result_one_fact_per_cell"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{layer}answer": Answer.VALUE, f"{layer}value__isnull": False})
                    | (
                        ~Q(**{f"{layer}answer": Answer.VALUE})
                        & Q(**{f"{layer}value__isnull": True})
                    ),
                    name=f"result_{layer}value_goes_with_its_answer",
                )
                for layer in ("", "submitted_", "approved_")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.indicator_id}/{self.period} = {self.value}"

    @property
    def excuse(self) -> str:
        """The answer that stands in place of a number: `na`, `none`, or empty."""
        return self.answer if self.answer and Answer(self.answer).is_excuse else ""
