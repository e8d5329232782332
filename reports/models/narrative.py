"""Templates that an office uses for its reports in words, in place of the standard one."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from reports.enums import NarrativeKind


class NarrativeTemplate(models.Model):
    """One version of a unit's own template; at most one of a kind is in use.

    The file is kept outside what the web server serves, and stays when another takes its place.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    kind = models.CharField(_("loại báo cáo"), max_length=10, choices=NarrativeKind)
    version = models.PositiveIntegerField(_("lần"))
    file = models.FileField(_("tệp"), upload_to="narrative/%Y/", max_length=200)
    name = models.CharField(_("tên tệp"), max_length=150)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("mẫu báo cáo của đơn vị")
        verbose_name_plural = _("mẫu báo cáo của đơn vị")
        ordering: ClassVar = ["unit", "kind", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "kind", "version"], name="narrative_template_one_per_version"
            ),
            models.UniqueConstraint(
                fields=["unit", "kind"],
                condition=Q(active=True),
                name="narrative_template_one_in_use",
            ),
        ]

    def __str__(self) -> str:
        return self.name
