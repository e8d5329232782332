"""Query parameters of the catalogue lists."""

from __future__ import annotations

import unicodedata
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field

from communes.enums import TierCode
from communes.models import Unit
from indicators.enums import IndicatorKind
from indicators.models import Indicator
from plans.models import Plan
from reports.api import naming
from reports.api.errors import Refusal

_UNKNOWN_CHOICE = gettext_lazy("Giá trị không có trong danh sách cho phép.")
_CHOICE = {"error_messages": {"invalid_choice": _UNKNOWN_CHOICE}}


def folded(text: str) -> str:
    """Lower case without diacritics, so that “hoang thu pho” finds Hoàng Thu Phố."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


class UnitFilter(filters.FilterSet):
    tier = filters.ChoiceFilter(
        field_name="tier__code", choices=TierCode.choices, label="Mã cấp.", **_CHOICE
    )
    parent = filters.CharFilter(
        method="filter_parent",
        max_length=30,
        label="Đơn vị cấp trên trực tiếp: mã có hiệu lực vào as_of, hoặc MÃ@2024-12-31.",
    )
    as_of = filters.DateFilter(
        method="filter_as_of",
        input_formats=["%Y-%m-%d"],
        label="Chỉ đơn vị có hiệu lực vào ngày này (2024-12-31); mặc định hôm nay.",
        error_messages={"invalid": gettext_lazy("Ghi ngày dạng 2024-12-31.")},
    )
    q = filters.CharFilter(
        method="filter_name",
        max_length=120,
        label="Tìm trong tên, không phân biệt dấu, hoa thường.",
    )

    class Meta:
        model = Unit
        fields = ("tier", "parent", "as_of", "q")

    def filter_queryset(self, queryset: QuerySet[Unit]) -> QuerySet[Unit]:
        self.day = self.form.cleaned_data["as_of"] or timezone.localdate()
        of_the_day = queryset.valid_on(self.day)  # type: ignore[attr-defined]
        found: QuerySet[Unit] = super().filter_queryset(of_the_day)
        return found

    @extend_schema_field(
        {"type": "string", "format": "date", "description": "Mặc định hôm nay; dạng 2024-12-31."}
    )
    def filter_as_of(self, queryset: QuerySet[Unit], _name: str, _day: Any) -> QuerySet[Unit]:
        return queryset  # the day holds for every list, asked for or not

    def filter_parent(self, queryset: QuerySet[Unit], _name: str, text: str) -> QuerySet[Unit]:
        parent = naming.UnitNames([text]).find(text, self.day)
        if parent is None:
            raise Refusal([naming.absence(text, "parent")], status_code=404)
        return queryset.filter(parent=parent)

    def filter_name(self, queryset: QuerySet[Unit], _name: str, text: str) -> QuerySet[Unit]:
        wanted = folded(text)
        return queryset.filter(
            pk__in=[pk for pk, name in queryset.values_list("pk", "name") if wanted in folded(name)]
        )


class IndicatorFilter(filters.FilterSet):
    theme = filters.CharFilter(field_name="theme__code", max_length=40, label="Mã lĩnh vực.")
    kind = filters.ChoiceFilter(choices=IndicatorKind.choices, label="Loại chỉ số.", **_CHOICE)

    class Meta:
        model = Indicator
        fields = ("theme", "kind")


class PlanFilter(filters.FilterSet):
    year = filters.NumberFilter(
        method="filter_year",
        min_value=1900,
        max_value=2199,
        label="Kế hoạch có hiệu lực trong năm này.",
        error_messages={"invalid": gettext_lazy("Ghi năm, ví dụ 2024.")},
    )

    class Meta:
        model = Plan
        fields = ("year",)

    @extend_schema_field({"type": "integer", "description": "Có hiệu lực trong năm này."})
    def filter_year(self, queryset: QuerySet[Plan], _name: str, year: int) -> QuerySet[Plan]:
        return queryset.filter(year_from__lte=year, year_to__gte=year)
