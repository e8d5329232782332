"""The layouts of official tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from plans.models import Plan
from povertyplan.lib.bilingual import Words
from reports.enums import AnnexStatus


class Annex(models.Model):
    """The layout of one official table, as data. A number may serve several subjects.

    Every version it ever had is kept (`history`).
    """

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    number = models.CharField(_("biểu số"), max_length=20)
    subject = models.CharField(_("nội dung (mã)"), max_length=120, blank=True)
    title = Words(_("tên biểu"), max_length=300)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="annexes")
    status = models.CharField(_("tình trạng"), max_length=10, choices=AnnexStatus)
    definition = models.JSONField(_("bố cục"), default=dict)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("biểu")
        verbose_name_plural = _("biểu")
        ordering: ClassVar = ["order", "code"]

    def __str__(self) -> str:
        return f"Biểu {self.number} – {self.title}"
