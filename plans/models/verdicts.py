"""How verdicts on promises went over time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.enums import Stage
from plans.evaluators import Verdict
from plans.models.targets import Target


class VerdictChange(models.Model):
    """A verdict on a promise for a year, and what it was before. Only appended to.

    The newest row of (target, year, stage) says what was last found. `was`: the last verdict
    before it that judged, so that a figure which went missing for a while hides no turn; empty
    where none had. `actual`: the figure then, as a decimal string.
    """

    target = models.ForeignKey(Target, models.CASCADE, related_name="verdict_changes")
    year = models.PositiveSmallIntegerField(_("năm"))
    stage = models.CharField(max_length=12, choices=Stage)
    verdict = models.CharField(max_length=10, choices=[(row, row) for row in Verdict])
    was = models.CharField(max_length=10, blank=True)
    actual = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("thay đổi kết luận")
        verbose_name_plural = _("thay đổi kết luận")
        ordering: ClassVar = ["at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["target", "year", "stage", "-at"], name="verdict_change_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.year} {self.stage}: {self.was} → {self.verdict}"
