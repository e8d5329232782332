"""Units, indicators, plans and what plans promise."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from communes.enums import TierCode
from communes.models import OPEN_END, OPEN_START, Unit
from indicators.enums import TermRole
from indicators.models import Indicator
from plans.models import Plan, Target
from reports.api.serializers.fields import PlainDecimal


class UnitSerializer(serializers.ModelSerializer[Unit]):
    tier = serializers.ChoiceField(choices=TierCode.choices, source="tier.code")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.code", read_only=True, allow_null=True
    )
    reference = serializers.CharField(help_text="MÃ@ngày: chỉ đúng đơn vị này ở mọi thời điểm.")
    valid_from = serializers.SerializerMethodField(help_text="null: không giới hạn.")
    valid_to = serializers.SerializerMethodField(help_text="Ngày cuối còn hiệu lực; null: còn.")

    class Meta:
        model = Unit
        fields = ("code", "name", "tier", "parent", "valid_from", "valid_to", "reference")

    def get_valid_from(self, unit: Unit) -> date | None:
        return None if unit.valid_from == OPEN_START else unit.valid_from

    def get_valid_to(self, unit: Unit) -> date | None:
        return None if unit.valid_to == OPEN_END else unit.valid_to


class ThemeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class ConditionSerializer(serializers.Serializer[Any]):
    indicator = serializers.CharField(source="condition_indicator.code")
    comparator = serializers.CharField(source="condition_comparator", help_text=">= > <= < =")
    value = PlainDecimal(source="condition_value")


def _code(source: str, about: str = "") -> serializers.CharField:
    """The code of a related row, null where there is none."""
    return serializers.CharField(
        source=f"{source}.code", read_only=True, allow_null=True, help_text=about
    )


class IndicatorSerializer(serializers.ModelSerializer[Indicator]):
    theme = ThemeSerializer()
    kind = serializers.CharField(help_text="input, ratio, share_of_units")
    aggregation = serializers.CharField(
        help_text="sum, weighted_mean, mean_of_units, none; trống: không phải chỉ số nhập."
    )
    hard_min = PlainDecimal(allow_null=True)
    hard_max = PlainDecimal(allow_null=True)
    scale = PlainDecimal(help_text="Hệ số nhân của tỷ lệ (100: phần trăm).")
    group = _code("group", "Chỉ hỏi ở các đơn vị của nhóm này.")
    weight = _code("weight", "Quyền số của bình quân gia quyền.")
    of_which = _code("of_which", "Là một phần của chỉ số này.")
    opening_indicator = _code("opening_indicator", "Số đầu kỳ tương ứng.")
    entered_at = _code("entered_at", "Cấp nhập.")
    entered_at_two_tier = _code("entered_at_two_tier", "Cấp nhập khi không còn huyện.")
    numerator = serializers.SerializerMethodField(help_text="Các chỉ số nhập ở tử số.")
    denominator = serializers.SerializerMethodField(help_text="Các chỉ số nhập ở mẫu số.")
    condition = serializers.SerializerMethodField(help_text="Điều kiện để đơn vị được đếm.")
    series_breaks: Any = serializers.SlugRelatedField("code", many=True, read_only=True)

    class Meta:
        model = Indicator
        fields = (
            "code",
            "name",
            "name_en",
            "theme",
            "kind",
            "value_type",
            "unit_of_measure",
            "decimals",
            "direction",
            "measurement",
            "cadence",
            "agency",
            "applies_to",
            "group",
            "aggregation",
            "weight",
            "entered_at",
            "entered_at_two_tier",
            "of_which",
            "opening_indicator",
            "hard_min",
            "hard_max",
            "soft_limits",
            "scale",
            "numerator",
            "denominator",
            "condition",
            "counted",
            "count_unit",
            "series_breaks",
            "source",
            "note",
            "assumed",
            "optional",
        )
        read_only_fields = fields

    def get_numerator(self, indicator: Indicator) -> list[str]:
        return _terms(indicator, TermRole.NUMERATOR)

    def get_denominator(self, indicator: Indicator) -> list[str]:
        return _terms(indicator, TermRole.DENOMINATOR)

    @extend_schema_field(ConditionSerializer(allow_null=True))
    def get_condition(self, indicator: Indicator) -> Any:
        if indicator.condition_indicator is None:
            return None
        return ConditionSerializer(indicator).data


def _terms(indicator: Indicator, role: str) -> list[str]:
    return [term.input.code for term in indicator.terms.all() if term.role == role]


class PlanSerializer(serializers.ModelSerializer[Plan]):
    id = serializers.CharField(source="code", help_text="Mã kế hoạch, dùng trong địa chỉ.")
    kind = serializers.CharField(help_text="Loại văn bản.")
    parent = _code("parent", "Kế hoạch cấp trên.")  # type: ignore[assignment]
    also_implements: Any = serializers.SlugRelatedField("code", many=True, read_only=True)
    unit = serializers.CharField(
        source="unit.reference",
        read_only=True,
        allow_null=True,
        help_text="Địa bàn: MÃ@ngày.",
    )
    group = _code("group", "Chỉ áp dụng cho nhóm đơn vị này.")
    parent_status = serializers.CharField(help_text="stated: văn bản nêu rõ; inferred: suy ra.")
    status = serializers.CharField(help_text="seed, cited, found")

    class Meta:
        model = Plan
        fields = (
            "id",
            "kind",
            "number",
            "title",
            "title_en",
            "issuer",
            "level",
            "issued_on",
            "year_from",
            "year_to",
            "parent",
            "parent_status",
            "also_implements",
            "unit",
            "group",
            "scope",
            "status",
            "annexes_cited",
            "note",
        )
        read_only_fields = fields


class TargetSerializer(serializers.ModelSerializer[Target]):
    indicator = serializers.CharField(source="indicator.code")
    kind = serializers.CharField(help_text="level, change_total…; result: kết quả văn bản nêu.")
    comparator = serializers.CharField(help_text=">= > <= < = ~ range")
    unit = serializers.CharField(source="unit.reference", help_text="Địa bàn: MÃ@ngày.")
    group = _code("group")
    value = PlainDecimal(allow_null=True)
    value_min = PlainDecimal(allow_null=True)
    value_max = PlainDecimal(allow_null=True)

    class Meta:
        model = Target
        fields = (
            "code",
            "section",
            "label",
            "label_en",
            "indicator",
            "kind",
            "comparator",
            "value",
            "value_min",
            "value_max",
            "unit_of_measure",
            "year_from",
            "year_to",
            "unit",
            "scope",
            "scope_label",
            "group",
            "each_unit",
            "theme",
            "direction",
            "annexes",
            "note",
            "assumed",
            "caveat",
            "blocker",
        )
        read_only_fields = fields
