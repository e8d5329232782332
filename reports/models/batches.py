"""Jobs that put every official table of a place into one file."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.enums import Stage
from indicators.models import PeriodField
from indicators.periods import Period
from plans.models import Plan
from reports.enums import BatchState, RowsBelow


class AnnexBatch(models.Model):
    """All tables of a unit and period, or of each unit of a tier below it, as one ZIP.

    `rows_below`: whether it holds tables with rows of units below, left out for who may not see
    those one by one.
    `version`: digest of the data it was made from. `number`: running, by unit, period and stage.
    `file`: its name in the folder of such files. `problems`: one row a table that could not be
    had, {where, reason}. `worker`: who is at work on it, `beat_at` when that was last heard of.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    period = PeriodField()
    stage = models.CharField(_("loại số liệu"), max_length=12, choices=Stage)
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, related_name="+")
    tier = models.CharField(_("cấp"), max_length=20, blank=True)
    rows_below = models.CharField(max_length=10, choices=RowsBelow, default=RowsBelow.HELD)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(_("bản"))
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=64)
    file = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    problems = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=32, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("tệp tất cả các biểu")
        verbose_name_plural = _("tệp tất cả các biểu")
        ordering: ClassVar = ["-made_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "period", "stage", "number"], name="annex_batch_number_given_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}/{self.stage}/{self.number}"

    @property
    def span(self) -> Period:
        return Period.parse(self.period)
