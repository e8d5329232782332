"""Plans with their documents, the figures they state, and yearly milestones."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communes.models import Unit, UnitGroup
from indicators.enums import Direction
from indicators.models import DIGITS, Indicator, PeriodField
from plans.enums import ParentStatus, PlannedMeasure, PlanStatus, TargetComparator, TargetKind
from plans.querysets import TargetQuerySet


class Plan(models.Model):
    """A document that promises something: scheme, resolution, plan. Source: plans.yaml header."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("loại văn bản"), max_length=40)
    number = models.CharField(_("số, ký hiệu"), max_length=60, blank=True)
    title = models.CharField(_("trích yếu"), max_length=400)
    title_en = models.CharField(_("trích yếu tiếng Anh"), max_length=400, blank=True)
    issuer = models.CharField(_("cơ quan ban hành"), max_length=200)
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
    note = models.TextField(_("ghi chú"), blank=True)
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
        return f"{self.kind} số {self.number}" if self.number else self.kind


class LinkedDocument(models.Model):
    """A document the plans cite without being tracked here."""

    number = models.CharField(max_length=60)
    issuer = models.CharField(max_length=200)
    issued_on = models.CharField(max_length=10, blank=True)
    year_from = models.PositiveSmallIntegerField(null=True, blank=True)
    year_to = models.PositiveSmallIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=300)
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
    agency = models.CharField(max_length=200)
    agency_code = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    themes = models.JSONField(default=list)
    duty = models.TextField(blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("phân công")
        verbose_name_plural = _("phân công")
        ordering: ClassVar = ["plan", "order"]

    def __str__(self) -> str:
        return f"{self.agency} ({self.section})"


class Target(models.Model):
    """One figure a document states: a promise, or a result it reports, with its section."""

    code = models.SlugField(_("mã"), max_length=80, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets")
    section = models.CharField(_("mục trong văn bản"), max_length=200)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="targets", verbose_name=_("địa bàn")
    )
    scope = models.CharField(_("phạm vi (mã)"), max_length=80)
    scope_label = models.CharField(_("phạm vi"), max_length=200, blank=True)
    group = models.ForeignKey(
        UnitGroup, models.PROTECT, null=True, blank=True, related_name="targets"
    )
    each_unit = models.BooleanField(_("tính cho từng đơn vị"), default=False)
    theme = models.CharField(_("lĩnh vực trong văn bản"), max_length=60)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets")
    label = models.CharField(_("chỉ tiêu"), max_length=300)
    label_en = models.CharField(_("chỉ tiêu, tiếng Anh"), max_length=300, blank=True)
    kind = models.CharField(_("loại"), max_length=20, choices=TargetKind)
    result_shape = models.CharField(max_length=20, blank=True)
    comparator = models.CharField(_("so sánh"), max_length=5, choices=TargetComparator)
    value = models.DecimalField(_("giá trị"), **DIGITS, null=True, blank=True)
    value_min = models.DecimalField(**DIGITS, null=True, blank=True)
    value_max = models.DecimalField(**DIGITS, null=True, blank=True)
    unit_of_measure = models.CharField(_("ĐVT"), max_length=40)
    year_from = models.PositiveSmallIntegerField(_("từ năm"))
    year_to = models.PositiveSmallIntegerField(_("đến năm"))
    annexes = models.JSONField(_("biểu"), default=list, blank=True)
    direction = models.CharField(max_length=20, choices=Direction)
    note = models.TextField(_("ghi chú"), blank=True)
    note_en = models.TextField(blank=True)
    assumed = models.BooleanField(_("suy ra, văn bản không nêu"), default=False)
    caveat = models.TextField(_("cần xác nhận cách hiểu"), blank=True)
    blocker = models.TextField(_("chưa tính được vì"), blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("chỉ tiêu")
        verbose_name_plural = _("chỉ tiêu")
        ordering: ClassVar = ["plan__order", "order"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(comparator=TargetComparator.RANGE, value_min__isnull=False)
                    & Q(value_max__isnull=False)
                )
                | (~Q(comparator=TargetComparator.RANGE) & Q(value__isnull=False)),
                name="target_value_goes_with_its_comparator",
            ),
            models.CheckConstraint(
                condition=Q(year_from__lte=F("year_to")), name="target_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Milestone(models.Model):
    """A unit's planned figure for one year, as assigned from above."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="milestones")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="milestones")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="milestones")
    period = PeriodField()
    measure = models.CharField(max_length=20, choices=PlannedMeasure, default=PlannedMeasure.VALUE)
    value = models.DecimalField(**DIGITS)
    is_sample = models.BooleanField(default=False)

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
