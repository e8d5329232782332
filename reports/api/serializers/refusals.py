"""The one shape of every refusal."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class CurrentFactSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()


class FaultSerializer(serializers.Serializer[Any]):
    where = serializers.CharField(
        allow_blank=True, help_text="Phần của yêu cầu: unit, results[3].value…; trống: cả yêu cầu."
    )
    message = serializers.CharField(help_text="Sai gì, cần gì; tiếng Việt.")
    code = serializers.CharField(help_text="Cho chương trình: required, conflict, not_found…")
    index = serializers.IntegerField(required=False, help_text="Mục thứ mấy, từ 0.")
    current = CurrentFactSerializer(
        required=False, help_text="Khi code là conflict: số đang lưu và phiên bản của nó."
    )


class FaultsSerializer(serializers.Serializer[Any]):
    errors = FaultSerializer(many=True)  # type: ignore[assignment]
