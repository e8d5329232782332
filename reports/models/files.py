"""Files that come with a return: what figures rest on, and workbooks handed in."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.models import Indicator, PeriodField
from reports.models.returns import Report


class Evidence(models.Model):
    """What a figure of a return rests on: a file, the decision it comes from, or both.

    The file is kept outside what the web server serves; `name` is how it is shown and sent,
    `content_type` what its bytes are, whatever it was called. Taken back, it stays on record.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="evidence")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    decision = models.CharField(
        _("văn bản"),
        max_length=200,
        blank=True,
        help_text=_("Số, ngày và cơ quan ban hành văn bản có số liệu này."),
    )
    file = models.FileField(_("tệp"), upload_to="evidence/%Y/", max_length=200, blank=True)
    name = models.CharField(_("tên tệp"), max_length=150, blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField(_("kích thước (byte)"), default=0)
    digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 của tệp"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("minh chứng")
        verbose_name_plural = _("minh chứng")
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(file="") | ~Q(decision=""), name="evidence_is_a_file_or_a_decision"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="evidence_is_taken_back_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.decision


class Upload(models.Model):
    """A workbook that somebody handed in and is shown what it would change; kept for a day.

    `versions`: {"unit code/indicator code": version of the fact when it was read, 0 for none},
    so that what changed in between is not overwritten unseen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    period = PeriodField()
    file = models.FileField(upload_to="uploads/%Y%m%d/", max_length=200)
    name = models.CharField(_("tên tệp"), max_length=150)
    versions = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("tệp Excel nộp vào")
        verbose_name_plural = _("tệp Excel nộp vào")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return self.name
