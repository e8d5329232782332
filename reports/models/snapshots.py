"""What was official on the day a period was closed. Source: design, Meaning (Review)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.models import PeriodField
from indicators.periods import Period


class Snapshot(models.Model):
    """A closed period of a unit and all below it, under a number. Never changed.

    `promises`: one row a target of the plans in force: {plan, code, label, verdict, actual,
    promise, explanation}. `digest`: SHA-256 of every figure and promise, so that two prints of a
    number can be told to be the same.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="snapshots")
    period = PeriodField()
    number = models.PositiveSmallIntegerField(_("số"))
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post_label = models.CharField(max_length=200)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    approved = models.PositiveIntegerField(_("số báo cáo đã duyệt"))
    expected = models.PositiveIntegerField(_("số báo cáo phải có"))
    promises = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    is_sample = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("số liệu chốt")
        verbose_name_plural = _("số liệu chốt")
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "period", "number"], name="snapshot_number_given_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}/{self.number}"

    @property
    def span(self) -> Period:
        return Period.parse(self.period)


class SnapshotUnit(models.Model):
    """One unit's figures in a snapshot, own and added up.

    `figures`: indicator code → [value, numerator, denominator, reported, expected, n/a]; numbers
    as decimal strings or null. An indicator nobody was asked for and nobody told is left out.
    """

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="units", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("số liệu chốt của đơn vị")
        verbose_name_plural = _("số liệu chốt của đơn vị")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "unit"], name="snapshot_holds_a_unit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}/{self.unit_id}"
