"""Judged promises."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from plans.enums import TargetComparator, TargetKind
from plans.evaluators import Verdict
from reports.api.serializers.fields import PlainDecimal


class _OneSerializer(serializers.Serializer[Any]):
    target = serializers.CharField(help_text="Mã chỉ tiêu.")
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=TargetKind.values)
    section = serializers.CharField(help_text="Mục trong văn bản.")
    theme = serializers.CharField()
    indicator = serializers.CharField()
    unit = serializers.CharField(help_text="Đơn vị có số được đánh giá: MÃ@ngày.")
    unit_name = serializers.CharField()
    group = serializers.CharField(allow_null=True)
    period = serializers.CharField()
    stage = serializers.CharField()
    comparator = serializers.ChoiceField(choices=TargetComparator.values)
    value = PlainDecimal(allow_null=True, help_text="Mức đang có hiệu lực trong kỳ.")
    value_min = PlainDecimal(allow_null=True)
    value_max = PlainDecimal(allow_null=True)
    unit_of_measure = serializers.CharField()
    year_to = serializers.IntegerField(help_text="Năm phải đạt.")
    decision = serializers.CharField(
        allow_null=True, help_text="Quyết định điều chỉnh đang có hiệu lực; null: theo văn bản gốc."
    )
    verdict = serializers.ChoiceField(
        choices=[verdict.value for verdict in Verdict],
        help_text="Kết quả văn bản nêu (kind: result): met là khớp, off_track là lệch.",
    )
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Mã lý do.")
    actual = PlainDecimal(allow_null=True)
    expected = PlainDecimal(
        allow_null=True, help_text="Mốc đến kỳ này, của chính các đơn vị đã báo cáo."
    )
    goal = PlainDecimal(allow_null=True, help_text="Mức cuối, của các đơn vị được so.")
    gap = PlainDecimal(allow_null=True, help_text="Dương: chậm so với mốc; âm: vượt.")
    needed_per_year = PlainDecimal(allow_null=True)
    remaining_years = serializers.IntegerField()
    forecast = PlainDecimal(allow_null=True, help_text="Vào năm phải đạt.")
    forecast_low = PlainDecimal(allow_null=True, help_text="Khoảng 80%; null khi chỉ có hai điểm.")
    forecast_high = PlainDecimal(allow_null=True)
    forecast_method = serializers.CharField(
        allow_null=True, help_text="trend: đường thẳng qua các năm; pace: nhịp bình quân năm."
    )
    reported = serializers.IntegerField(help_text="Số đơn vị đã báo cáo.")
    expected_units = serializers.IntegerField(help_text="Số đơn vị phải báo cáo.")
    absent = serializers.ListField(
        child=serializers.CharField(),
        help_text="Đơn vị chưa báo cáo, khi đánh giá theo từng đơn vị.",
    )
    has_sample = serializers.BooleanField()
    pending = serializers.BooleanField(help_text="Có số mới hơn chưa cộng xong.")
    explanation = serializers.CharField()
    formula = serializers.ListField(child=serializers.CharField())


class AssessmentSerializer(_OneSerializer):
    members = _OneSerializer(many=True, help_text="Từng đơn vị đã biết của nhóm.")
