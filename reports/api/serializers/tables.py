"""The official tables."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AnnexSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    number = serializers.CharField(help_text="Số biểu in trên biểu.")
    subject = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    plan = serializers.CharField(allow_null=True, help_text="Mã kế hoạch; null: biểu chung.")
    available = serializers.BooleanField(help_text="Lập được biểu (cho đơn vị và kỳ đã nêu).")
    reason = serializers.CharField(allow_blank=True, help_text="Vì sao không lập được.")
    variants = serializers.ListField(child=serializers.CharField(), help_text="Các dạng của biểu.")
    workbook = serializers.CharField(
        allow_null=True, help_text="Địa chỉ tải tệp xlsx; null khi chưa nêu đơn vị và kỳ."
    )
