"""What units report, as read and as written, and what it adds up to."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from indicators.enums import Stage
from indicators.models import Result
from reports.api.params import PERIOD_HELP, PeriodField, UnitField
from reports.api.serializers.fields import PlainDecimal, ValueField
from reports.api.submitting import Item

MAX_ITEMS = 2000


class ResultSerializer(serializers.ModelSerializer[Result]):
    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    indicator = serializers.CharField(source="indicator.code")
    period = serializers.CharField(help_text=PERIOD_HELP)
    value = PlainDecimal(allow_null=True, help_text="Số nhập gần nhất, kể cả nháp.")
    answer = serializers.CharField(
        help_text="value: có số; na: không áp dụng; trống: chưa có số liệu."
    )
    provisional_value = PlainDecimal(
        source="submitted_value", allow_null=True, help_text="Số đã nộp."
    )
    provisional_answer = serializers.CharField(source="submitted_answer")
    official_value = PlainDecimal(
        source="approved_value", allow_null=True, help_text="Số đã duyệt chính thức."
    )
    official_answer = serializers.CharField(source="approved_answer")
    is_sample = serializers.BooleanField(help_text="Số liệu minh họa, không phải số chính thức.")
    version = serializers.IntegerField(help_text="Gửi lại khi sửa, để không đè lên bản sửa khác.")
    entered_by = serializers.CharField(
        source="entered_by.username", read_only=True, allow_null=True
    )

    class Meta:
        model = Result
        fields = (
            "unit",
            "unit_name",
            "indicator",
            "period",
            "value",
            "answer",
            "note",
            "provisional_value",
            "provisional_answer",
            "official_value",
            "official_answer",
            "is_sample",
            "version",
            "entered_by",
            "entered_at",
        )
        read_only_fields = fields


class ItemSerializer(serializers.Serializer[Any]):
    """One answer of a batch."""

    unit = UnitField(help_text="Mã TCTK (có hiệu lực vào ngày cuối kỳ) hoặc MÃ@2024-12-31.")
    indicator = serializers.CharField(
        max_length=80,
        help_text="Mã chỉ số nhập trực tiếp, ví dụ poor_households.",
        error_messages={"max_length": gettext_lazy("Mã chỉ số không quá {max_length} ký tự.")},
    )
    period = PeriodField()
    value = ValueField(
        help_text="Chuỗi thập phân hoặc số; “na”: không áp dụng; null: xóa, coi như chưa nhập."
    )
    version = serializers.IntegerField(
        min_value=0,
        max_value=2_147_483_647,
        required=False,
        allow_null=True,
        default=None,
        help_text="Phiên bản đã đọc; 0: chưa được có số; bỏ trống: không kiểm tra.",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_string_length"),
            gettext_lazy("Phiên bản là số nguyên từ 0."),
        ),
    )
    note = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        allow_null=True,
        default=None,
        help_text="Ghi chú của chỉ tiêu; bỏ trống: giữ nguyên.",
        error_messages={"max_length": gettext_lazy("Ghi chú không quá {max_length} ký tự.")},
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["answer"], attrs["value"] = attrs["value"]
        return attrs


class ItemList(serializers.ListField):
    child = ItemSerializer()
    default_error_messages = {
        "max_length": gettext_lazy("Mỗi lần gửi không quá {max_length} mục; chia nhỏ."),
        "empty": gettext_lazy("Cần ít nhất một mục."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > MAX_ITEMS:  # before looking at each
            self.fail("max_length", max_length=MAX_ITEMS)
        return super().to_internal_value(data)


class BatchSerializer(serializers.Serializer[Any]):
    results = ItemList(allow_empty=False, max_length=MAX_ITEMS)

    default_error_messages = {
        "invalid": gettext_lazy('Nội dung phải có dạng {{"results": [ … ]}}.'),
    }

    @property
    def items(self) -> list[Item]:
        return [Item(**item) for item in self.validated_data["results"]]


class WrittenSerializer(serializers.Serializer[Any]):
    """What became of one item."""

    unit = serializers.CharField(source="fact.unit.code")
    indicator = serializers.CharField(source="fact.indicator.code")
    period = serializers.CharField(source="fact.period")
    value = PlainDecimal(source="fact.value", allow_null=True)
    answer = serializers.CharField(source="fact.answer", allow_blank=True)
    version = serializers.IntegerField(source="fact.version")
    status = serializers.CharField(help_text="created, updated, unchanged")


class BatchAnswerSerializer(serializers.Serializer[Any]):
    results = WrittenSerializer(many=True)


class RollupSerializer(serializers.Serializer[Any]):
    unit = serializers.CharField(help_text="Mã TCTK hoặc group:MÃ-NHÓM.")
    unit_name = serializers.CharField()
    indicator = serializers.CharField()
    period = serializers.CharField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    value = PlainDecimal(
        allow_null=True,
        help_text=(
            "Tổng: số chính xác. Tỷ lệ, bình quân: tử số / mẫu số × hệ số, làm tròn 6 chữ số thập "
            "phân. null: chưa có số, mẫu số bằng 0, hoặc chưa biết đủ đơn vị của nhóm."
        ),
    )
    numerator = PlainDecimal(allow_null=True, help_text="null: chỉ tiêu không phải phép chia.")
    denominator = PlainDecimal(allow_null=True)
    reported = serializers.IntegerField(help_text="Số đơn vị đã có số.")
    expected = serializers.IntegerField(help_text="Số đơn vị phải có số.")
    not_applicable = serializers.BooleanField(help_text="Mọi đơn vị đều không áp dụng.")
    has_sample = serializers.BooleanField(help_text="Có số liệu minh họa trong đó.")
    computed_at = serializers.DateTimeField(allow_null=True)
    pending = serializers.BooleanField(help_text="Có số mới nhập chưa kịp cộng vào.")
    group_complete = serializers.BooleanField(
        allow_null=True, help_text="Nhóm đã biết đủ đơn vị; null: không phải nhóm."
    )
