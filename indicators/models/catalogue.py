"""What is measured: the catalogue of indicators and rules."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from communes.models import Tier, UnitGroup
from indicators.enums import (
    Aggregation,
    AppliesTo,
    Cadence,
    Comparator,
    Direction,
    IndicatorKind,
    Measurement,
    Severity,
    TermRole,
    ValueType,
)
from indicators.models.fields import DIGITS
from indicators.periods import Period
from indicators.querysets import IndicatorQuerySet
from povertyplan.lib.bilingual import LongWords, Words


class Theme(models.Model):
    """A section of the entry form."""

    code = models.SlugField(_("mã"), max_length=40, unique=True)
    name = Words(_("tên lĩnh vực"), max_length=120)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=120, blank=True)
    agency = models.CharField(_("cơ quan theo dõi (mã)"), max_length=60, blank=True)
    covers = models.JSONField(_("lĩnh vực trong văn bản"), default=list, blank=True)
    order = models.PositiveSmallIntegerField(_("thứ tự"), default=0)
    household_review = models.BooleanField(
        _("rà soát hộ hằng năm"),
        default=False,
        help_text=_("Lĩnh vực mọi xã phải báo cáo, dù kế hoạch nào đang áp dụng."),
    )

    class Meta:
        verbose_name = _("lĩnh vực")
        verbose_name_plural = _("lĩnh vực")
        ordering: ClassVar = ["order"]

    def __str__(self) -> str:
        return self.name


class SeriesBreak(models.Model):
    """Periods from which a series no longer compares with the year before, e.g. a new standard."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    first_periods = models.JSONField(_("các năm đầu tiên"), default=list)
    note = LongWords(_("ghi chú"), blank=True)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("mốc đứt chuỗi số liệu")
        verbose_name_plural = _("mốc đứt chuỗi số liệu")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.note or self.code

    def breaks_at(self, period: Period) -> bool:
        """True in the first year after the break: no difference to the year before is taken."""
        return period.year in self.first_periods


class Indicator(models.Model):
    """What is measured. Each key is explained in the header of the catalogue file."""

    code = models.SlugField(_("mã"), max_length=80, unique=True)
    name = Words(_("tên chỉ số"), max_length=200)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=200, blank=True)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="indicators")
    order = models.PositiveSmallIntegerField(_("thứ tự trên biểu"), default=0)
    kind = models.CharField(_("loại"), max_length=20, choices=IndicatorKind)
    value_type = models.CharField(_("kiểu số"), max_length=10, choices=ValueType)
    unit_of_measure = Words(_("ĐVT"), max_length=40)
    decimals = models.PositiveSmallIntegerField(_("số chữ số thập phân"), default=0)
    direction = models.CharField(_("hướng tốt"), max_length=20, choices=Direction)
    measurement = models.CharField(_("thời điểm / thời kỳ"), max_length=10, choices=Measurement)
    cadence = models.CharField(_("kỳ dày nhất"), max_length=10, choices=Cadence)
    agency = models.CharField(_("cơ quan (mã)"), max_length=60, blank=True)
    applies_to = models.CharField(_("áp dụng cho"), max_length=30, choices=AppliesTo)
    group = models.ForeignKey(
        UnitGroup, models.PROTECT, null=True, blank=True, verbose_name=_("chỉ hỏi ở nhóm")
    )
    hard_min = models.DecimalField(_("không nhận dưới"), **DIGITS, null=True, blank=True)
    hard_max = models.DecimalField(_("không nhận trên"), **DIGITS, null=True, blank=True)
    soft_limits = models.JSONField(_("ngưỡng hỏi lại"), default=dict, blank=True)
    series_breaks = models.ManyToManyField(SeriesBreak, blank=True, related_name="indicators")
    opening_indicator = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="closing_indicators"
    )
    source = models.CharField(_("nguồn"), max_length=400, blank=True)
    note = LongWords(_("ghi chú"), blank=True)
    note_en = models.TextField(_("ghi chú tiếng Anh"), blank=True)
    assumed = models.BooleanField(_("suy ra, văn bản không nêu"), default=False)
    optional = models.BooleanField(_("chỉ hỏi khi biểu hoặc kế hoạch cần"), default=False)

    # inputs
    aggregation = models.CharField(
        _("cách tổng hợp"), max_length=20, choices=Aggregation, blank=True
    )
    weight = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="weighs")
    entered_at = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cấp nhập")
    )
    entered_at_two_tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cấp nhập khi không còn huyện"),
    )
    form_sign = models.CharField(_("dấu trên biểu biến động"), max_length=1, blank=True)
    of_which = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="breakdown"
    )
    prefill_offset = models.SmallIntegerField(_("lấy số kỳ lệch (năm)"), default=0)
    prefill_locked = models.BooleanField(_("số đề xuất bị khóa"), default=False)

    # ratios and shares
    scale = models.DecimalField(_("hệ số nhân"), **DIGITS, default=Decimal(1))
    condition_indicator = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="tested_by"
    )
    condition_comparator = models.CharField(max_length=2, choices=Comparator, blank=True)
    condition_value = models.DecimalField(**DIGITS, null=True, blank=True)
    counted = models.CharField(_("đơn vị được đếm"), max_length=40, blank=True)
    count_unit = Words(_("ĐVT của số đếm"), max_length=40, blank=True)

    objects = IndicatorQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[series_breaks])

    class Meta:
        verbose_name = _("chỉ số")
        verbose_name_plural = _("chỉ số")
        ordering: ClassVar = ["theme__order", "order"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind=IndicatorKind.INPUT)
                | (~Q(aggregation="") & Q(entered_at__isnull=False)),
                name="indicator_input_says_who_enters_and_how_it_adds",
            ),
            models.CheckConstraint(
                condition=~Q(kind=IndicatorKind.SHARE_OF_UNITS)
                | (
                    Q(condition_indicator__isnull=False)
                    & Q(condition_value__isnull=False)
                    & ~Q(condition_comparator="")
                ),
                name="indicator_share_has_a_condition",
            ),
            models.CheckConstraint(
                condition=~Q(aggregation=Aggregation.WEIGHTED_MEAN) | Q(weight__isnull=False),
                name="indicator_weighted_mean_has_a_weight",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_input(self) -> bool:
        return self.kind == IndicatorKind.INPUT

    @property
    def is_household_review(self) -> bool:
        """Asked of every unit of its tier, whatever the plans. As `household_review()`."""
        return self.theme.household_review and not self.optional

    def clean(self) -> None:
        """Refuse a share of units whose condition looks at another share."""
        tested = self.condition_indicator
        if tested is not None and (
            tested.pk == self.pk or tested.kind == IndicatorKind.SHARE_OF_UNITS
        ):
            raise ValidationError(
                {"condition_indicator": _("Điều kiện phải xét trên số nhập hoặc tỷ lệ.")}
            )


class IndicatorAlias(models.Model):
    """Another name under which documents or older files speak of an indicator."""

    alias = models.SlugField(max_length=80, unique=True)
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="aliases")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("tên khác của chỉ số")
        verbose_name_plural = _("tên khác của chỉ số")

    def __str__(self) -> str:
        return self.alias


class IndicatorTerm(models.Model):
    """One input of a ratio's numerator or denominator, or of a proposed (prefilled) value."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="terms")
    role = models.CharField(max_length=12, choices=TermRole)
    input = models.ForeignKey(Indicator, models.PROTECT, related_name="used_in")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("thành phần của chỉ số")
        verbose_name_plural = _("thành phần của chỉ số")
        ordering: ClassVar = ["indicator", "role", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["indicator", "role", "input"], name="indicator_term_listed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id}.{self.role}: {self.input_id}"


class ValidationRule(models.Model):
    """A linear relation between indicators of one unit. A missing term means: cannot be checked."""

    code = models.SlugField(_("mã"), max_length=80, unique=True)
    name = Words(_("tên quy tắc"), max_length=200)
    order = models.PositiveSmallIntegerField(default=0)
    severity = models.CharField(_("mức"), max_length=10, choices=Severity)
    message = LongWords(_("câu báo"))
    comparator = models.CharField(_("so sánh"), max_length=2, choices=Comparator)
    constant = models.DecimalField(_("hằng số"), **DIGITS, default=Decimal(0))
    tolerance = models.DecimalField(_("sai số cho phép"), **DIGITS, default=Decimal(0))
    tiers = models.ManyToManyField(Tier, verbose_name=_("chạy ở cấp"))
    measures = models.JSONField(_("áp dụng cho kết quả, kế hoạch"), default=list)
    applies_to = models.CharField(
        _("loại đơn vị"), max_length=30, choices=AppliesTo, default=AppliesTo.ALL
    )
    solve_for = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, verbose_name=_("ô được gợi ý điền")
    )
    skip_at_breaks = models.ManyToManyField(SeriesBreak, blank=True)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)
    note = LongWords(_("ghi chú"), blank=True)
    assumed = models.BooleanField(_("suy ra, văn bản không nêu"), default=False)
    is_active = models.BooleanField(_("đang dùng"), default=True)
    history = HistoricalRecords(m2m_fields=[tiers, skip_at_breaks])

    class Meta:
        verbose_name = _("quy tắc kiểm tra")
        verbose_name_plural = _("quy tắc kiểm tra")
        ordering: ClassVar = ["order"]

    def __str__(self) -> str:
        return self.name


class RuleTerm(models.Model):
    """`coefficient` × the value of `indicator`, `offset` years from the period checked."""

    rule = models.ForeignKey(ValidationRule, models.CASCADE, related_name="terms")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="rule_terms")
    coefficient = models.DecimalField(**DIGITS)
    offset = models.SmallIntegerField(default=0)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("số hạng của quy tắc")
        verbose_name_plural = _("số hạng của quy tắc")
        ordering: ClassVar = ["rule", "order"]

    def __str__(self) -> str:
        return f"{self.coefficient} × {self.indicator_id}"
