"""What the units below were given to reach: allocations, and the milestones they issue."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.models import DIGITS, Indicator, PeriodField
from plans.enums import AllocationMethod, AllocationState, PlannedMeasure
from plans.models.documents import Plan


class Allocation(models.Model):
    """One figure split over the units right below: a draft until issued with a decision.

    Issuing writes a milestone for every unit. What was issued is never edited: a later
    allocation replaces its milestones, and this row stays as what had been decided.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="allocations")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="allocations")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="allocations")
    period = PeriodField()
    measure = models.CharField(max_length=20, choices=PlannedMeasure, default=PlannedMeasure.VALUE)
    total = models.DecimalField(_("mức của cả địa bàn"), **DIGITS)
    method = models.CharField(_("cách chia"), max_length=10, choices=AllocationMethod)
    state = models.CharField(max_length=10, choices=AllocationState, default=AllocationState.DRAFT)
    decision_number = models.CharField(_("số quyết định giao"), max_length=60, blank=True)
    decided_on = models.DateField(_("ngày quyết định"), null=True, blank=True)
    is_sample = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("phân bổ chỉ tiêu")
        verbose_name_plural = _("phân bổ chỉ tiêu")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "unit", "indicator", "period", "measure"],
                condition=Q(state=AllocationState.DRAFT),
                name="allocation_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(state=AllocationState.DRAFT)
                | (~Q(decision_number="") & Q(decided_on__isnull=False)),
                name="allocation_issued_with_a_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.unit_id}/{self.indicator_id}/{self.period}"


class AllocationShare(models.Model):
    """What one unit gets in an allocation; no value = not decided yet."""

    allocation = models.ForeignKey(Allocation, models.CASCADE, related_name="shares")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    value = models.DecimalField(**DIGITS, null=True, blank=True)

    class Meta:
        verbose_name = _("mức giao cho đơn vị")
        verbose_name_plural = _("mức giao cho đơn vị")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["allocation", "unit"], name="allocation_share_one_per_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.value}"


class Milestone(models.Model):
    """A unit's planned figure for one year, as assigned from above."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="milestones")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="milestones")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="milestones")
    period = PeriodField()
    measure = models.CharField(max_length=20, choices=PlannedMeasure, default=PlannedMeasure.VALUE)
    value = models.DecimalField(**DIGITS)
    is_sample = models.BooleanField(default=False)
    allocation = models.ForeignKey(
        Allocation, models.PROTECT, null=True, blank=True, related_name="milestones"
    )

    class Meta:
        verbose_name = _("mốc hằng năm")
        verbose_name_plural = _("mốc hằng năm")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "unit", "indicator", "period", "measure"],
                name="milestone_one_per_unit_and_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.indicator_id}/{self.period}: {self.value}"
