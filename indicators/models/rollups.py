"""What the facts add up to, the queue of what is to be added up again, and the self-audit."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.enums import Stage
from indicators.models.fields import PeriodField
from indicators.querysets import RollupQuerySet


class Rollup(models.Model):
    """All figures of a unit and everything below it, for a period and a stage, in one row.

    `cells` holds a record a figure (`indicators.cells`): total, weight, who reported. They are
    rebuilt from the facts and may be thrown away at any time; the facts are the truth. One row
    in place of one a figure: a change of 120 figures moves one row a tier, and a country is added
    up nearly as fast as its facts are read (docs/scaling.md).
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="rollups", db_index=False)
    period = PeriodField()
    stage = models.CharField(max_length=12, choices=Stage)
    cells = models.BinaryField()
    computed_at = models.DateTimeField()

    objects = RollupQuerySet.as_manager()

    class Meta:
        verbose_name = _("số tổng hợp")
        verbose_name_plural = _("số tổng hợp")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "period", "stage"], name="rollup_one_row_per_unit_and_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.period}/{self.stage}"


class Recompute(models.Model):
    """The queue: a unit and period whose rollups are out of date. Only ever appended to.

    Written in the transaction of the fact. An appended mark cannot be lost to a worker
    that is just deleting an older one, which a shared flag can. No unit stands for every unit
    of the period. A mark whose recompute failed says why, and waits for a newer one or for
    an administrator; it holds up nobody else.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False, null=True)
    period = PeriodField()
    marked_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(_("lỗi"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("chờ tính lại")
        verbose_name_plural = _("chờ tính lại")
        indexes: ClassVar = [models.Index(fields=["period", "unit"], name="recompute_by_period")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period}"


class Definitions(models.Model):
    """One row: which definitions (units, groups, indicators) are in force, by a stamp.

    Who keeps something worked out from them compares the stamp. It is drawn by lot, not
    counted: a number taken back with its transaction would come again for something else.
    """

    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("dấu của định nghĩa")
        verbose_name_plural = _("dấu của định nghĩa")

    def __str__(self) -> str:
        return str(self.stamp)


class Audit(models.Model):
    """One self-check: the stored figures of a unit and all below it, against the facts.

    `rows` names what differed, at most `Audit.SHOWN` of them: unit, indicator, stage, what was
    stored and what the facts give.
    """

    SHOWN = 50

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", verbose_name=_("đơn vị"))
    period = PeriodField()
    at = models.DateTimeField(_("lúc"), default=timezone.now)
    checked = models.PositiveIntegerField(_("số đã kiểm"), default=0)
    differing = models.PositiveIntegerField(_("số lệch"), default=0)
    rows = models.JSONField(_("các số lệch"), default=list)
    seconds = models.FloatField(_("giây"), default=0)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("lần tự kiểm")
        verbose_name_plural = _("các lần tự kiểm")
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [
            models.Index(
                fields=["at"],
                condition=models.Q(differing__gt=0, seen_by=None),
                name="audit_alerts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period}: {self.differing}/{self.checked}"
