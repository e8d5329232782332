"""Documents that promise something, who answers for them, and what they cite."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communes.models import Unit, UnitGroup
from plans.enums import ParentStatus, PlanStatus
from povertyplan.lib.bilingual import LongWords, Words


class Plan(models.Model):
    """A document that promises something: scheme, resolution, plan. Source: plans.yaml header."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    kind = Words(_("loại văn bản"), max_length=40)
    number = models.CharField(_("số, ký hiệu"), max_length=60, blank=True)
    title = Words(_("trích yếu"), max_length=400)
    title_en = models.CharField(_("trích yếu tiếng Anh"), max_length=400, blank=True)
    issuer = Words(_("cơ quan ban hành"), max_length=200)
    level = models.CharField(_("cấp ban hành"), max_length=40)
    issued_on = models.CharField(
        _("ngày ban hành"),
        max_length=10,
        blank=True,
        help_text=_("2021-02-08, hoặc 2021-02 khi chưa rõ ngày"),
    )
    year_from = models.PositiveSmallIntegerField(_("từ năm"), null=True, blank=True)
    year_to = models.PositiveSmallIntegerField(_("đến năm"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    parent_status = models.CharField(max_length=10, choices=ParentStatus, blank=True)
    also_implements = models.ManyToManyField("self", symmetrical=False, blank=True)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("địa bàn")
    )
    group = models.ForeignKey(
        UnitGroup, models.PROTECT, null=True, blank=True, related_name="plans"
    )
    scope = models.CharField(_("phạm vi (mã)"), max_length=60, blank=True)
    status = models.CharField(_("tình trạng văn bản"), max_length=10, choices=PlanStatus)
    annexes_cited = models.JSONField(_("biểu được dẫn"), default=list, blank=True)
    signature_block = models.CharField(_("khối chữ ký"), max_length=300, blank=True)
    note = LongWords(_("ghi chú"), blank=True)
    note_en = models.TextField(_("ghi chú tiếng Anh"), blank=True)

    class Meta:
        verbose_name = _("kế hoạch")
        verbose_name_plural = _("kế hoạch")
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(year_from__isnull=True) | Q(year_from__lte=F("year_to")),
                name="plan_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.heading} – {self.title}"

    @property
    def heading(self) -> str:
        """Kind and number as cited: Kế hoạch số 53/KH-UBND; a blank number stays a blank."""
        if not self.number:
            return self.kind
        return gettext("{kind} số {number}").format(kind=self.kind, number=self.number)


class LinkedDocument(models.Model):
    """A document the plans cite without being tracked here."""

    number = models.CharField(max_length=60)
    issuer = Words(max_length=200)
    issued_on = models.CharField(max_length=10, blank=True)
    year_from = models.PositiveSmallIntegerField(null=True, blank=True)
    year_to = models.PositiveSmallIntegerField(null=True, blank=True)
    subject = Words(max_length=300)
    cited_by = models.ManyToManyField(Plan, related_name="linked_documents")

    class Meta:
        verbose_name = _("văn bản liên quan")
        verbose_name_plural = _("văn bản liên quan")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.number


class Responsibility(models.Model):
    """Which agency answers for what, as a plan says."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="responsibilities")
    section = models.CharField(max_length=60)
    agency = Words(max_length=200)
    agency_code = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    themes = models.JSONField(default=list)
    duty = LongWords(blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("phân công")
        verbose_name_plural = _("phân công")
        ordering: ClassVar = ["plan", "order"]

    def __str__(self) -> str:
        return f"{self.agency} ({self.section})"
