"""Figures that documents state, and the decisions that amended them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit, UnitGroup
from indicators.enums import AppliesTo, Direction
from indicators.models import DIGITS, Indicator
from plans.enums import TargetComparator, TargetKind
from plans.models.documents import Plan
from plans.querysets import TargetQuerySet
from povertyplan.lib.bilingual import LongWords, Words

VALUE_GOES_WITH_ITS_COMPARATOR = (
    Q(comparator=TargetComparator.RANGE, value_min__isnull=False) & Q(value_max__isnull=False)
) | (~Q(comparator=TargetComparator.RANGE) & Q(value__isnull=False))

_SHAPES = [kind for kind in TargetKind.values if kind != TargetKind.RESULT]


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
    scope_label = Words(_("phạm vi"), max_length=200, blank=True)
    group = models.ForeignKey(
        UnitGroup, models.PROTECT, null=True, blank=True, related_name="targets"
    )
    each_unit = models.BooleanField(_("tính cho từng đơn vị"), default=False)
    theme = models.CharField(_("lĩnh vực trong văn bản"), max_length=60)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets")
    label = Words(_("chỉ tiêu"), max_length=300)
    label_en = models.CharField(_("chỉ tiêu, tiếng Anh"), max_length=300, blank=True)
    kind = models.CharField(_("loại"), max_length=20, choices=TargetKind)
    result_shape = models.CharField(max_length=20, blank=True)
    comparator = models.CharField(_("so sánh"), max_length=5, choices=TargetComparator)
    value = models.DecimalField(_("giá trị"), **DIGITS, null=True, blank=True)
    value_min = models.DecimalField(**DIGITS, null=True, blank=True)
    value_max = models.DecimalField(**DIGITS, null=True, blank=True)
    unit_of_measure = Words(_("ĐVT"), max_length=40)
    year_from = models.PositiveSmallIntegerField(_("từ năm"))
    year_to = models.PositiveSmallIntegerField(_("đến năm"))
    annexes = models.JSONField(_("biểu"), default=list, blank=True)
    direction = models.CharField(max_length=20, choices=Direction)
    note = LongWords(_("ghi chú"), blank=True)
    note_en = models.TextField(blank=True)
    on_average = models.BooleanField(
        _("tính bình quân"),
        default=False,
        help_text=_("Văn bản hứa bình quân các đơn vị, không phải từng đơn vị."),
    )
    applies_to = models.CharField(
        _("đơn vị được tính"),
        max_length=30,
        choices=AppliesTo,
        blank=True,
        help_text=_("Để trống: theo chỉ số."),
    )
    risk_margin = models.DecimalField(
        _("lệch mốc bao nhiêu % là nguy cơ"),
        max_digits=6,
        decimal_places=2,
        default=Decimal(10),
        help_text=_("Lệch quá mức này là chậm."),
    )
    about_margin = models.DecimalField(
        _("“khoảng” cho phép lệch bao nhiêu %"), max_digits=6, decimal_places=2, default=Decimal(5)
    )
    assumed = models.BooleanField(_("suy ra, văn bản không nêu"), default=False)
    caveat = LongWords(_("cần xác nhận cách hiểu"), blank=True)
    blocker = LongWords(_("chưa tính được vì"), blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("chỉ tiêu")
        verbose_name_plural = _("chỉ tiêu")
        ordering: ClassVar = ["plan__order", "order"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=VALUE_GOES_WITH_ITS_COMPARATOR,
                name="target_value_goes_with_its_comparator",
            ),
            models.CheckConstraint(
                condition=Q(year_from__lte=F("year_to")), name="target_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(kind=TargetKind.RESULT, result_shape__in=_SHAPES)
                | (~Q(kind=TargetKind.RESULT) & Q(result_shape="")),
                name="target_stated_result_has_a_shape",
                violation_error_message=_(
                    "Kết quả văn bản nêu phải ghi cách tính như một chỉ tiêu."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Amendment(models.Model):
    """A later decision that changed a target. The target itself keeps what the document said.

    A year is judged by what was in force on its last day. Source: design.md, Meaning (Target).
    """

    target = models.ForeignKey(Target, models.CASCADE, related_name="amendments")
    in_force_from = models.DateField(_("có hiệu lực từ ngày"))
    decision_number = models.CharField(_("số quyết định"), max_length=60)
    decided_on = models.DateField(_("ngày quyết định"))
    reason = models.TextField(_("lý do điều chỉnh"))
    comparator = models.CharField(_("so sánh"), max_length=5, choices=TargetComparator)
    value = models.DecimalField(_("giá trị"), **DIGITS, null=True, blank=True)
    value_min = models.DecimalField(_("từ"), **DIGITS, null=True, blank=True)
    value_max = models.DecimalField(_("đến"), **DIGITS, null=True, blank=True)
    year_to = models.PositiveSmallIntegerField(_("đến năm"))
    is_sample = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("điều chỉnh chỉ tiêu")
        verbose_name_plural = _("điều chỉnh chỉ tiêu")
        ordering: ClassVar = ["target", "in_force_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["target", "in_force_from"], name="amendment_one_per_day"
            ),
            models.CheckConstraint(
                condition=VALUE_GOES_WITH_ITS_COMPARATOR,
                name="amendment_value_goes_with_its_comparator",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_number} ({self.decided_on:%d/%m/%Y})"
