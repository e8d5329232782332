"""Workbook templates that an office uses for its tables, beside the form of the system."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from reports.models.annexes import Annex


class AnnexTemplate(models.Model):
    """One version of a unit's own template of a table; at most one of a variant is in use.

    The file is kept outside what the web server serves, and stays when another takes its place.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    annex = models.ForeignKey(Annex, models.PROTECT, related_name="+", verbose_name=_("biểu"))
    variant = models.CharField(_("dạng biểu"), max_length=20)
    version = models.PositiveIntegerField(_("lần"))
    file = models.FileField(_("tệp"), upload_to="annex-templates/%Y/", max_length=200)
    name = models.CharField(_("tên tệp"), max_length=150)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("mẫu biểu của đơn vị")
        verbose_name_plural = _("mẫu biểu của đơn vị")
        ordering: ClassVar = ["unit", "annex", "variant", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "annex", "variant", "version"],
                name="annex_template_one_per_version",
            ),
            models.UniqueConstraint(
                fields=["unit", "annex", "variant"],
                condition=Q(active=True),
                name="annex_template_one_in_use",
            ),
        ]

    def __str__(self) -> str:
        return self.name
