"""Query parameters of results, rollups and annexes: read, checked, turned into typed arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from reports.api import naming

# What the description of the API says of each parameter.
MANY = "Nhiều giá trị: cách nhau dấu phẩy, hoặc lặp lại tham số."
UNIT_HELP = (
    "Mã TCTK (đơn vị có hiệu lực vào ngày cuối kỳ; không nêu kỳ thì hôm nay) hoặc MÃ@2024-12-31."
)
PLACE_HELP = f"{UNIT_HELP} Nhóm đơn vị: group:MÃ-NHÓM."
PERIOD_HELP = "2024, 2024H1 (6 tháng) hoặc 2024Q3 (quý)."
STAGE_HELP = "provisional: mọi số đã nộp; official: chỉ số đã được cấp cuối cùng duyệt."


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(19|20|21)[0-9]{2}(H[12]|Q[1-4])?$",
        "example": "2024",
    }
)
class PeriodField(serializers.Field[Period, Any, str, Any]):
    """A period's code, in JSON also a bare year; becomes a Period."""

    default_error_messages = {
        "invalid_period": gettext_lazy(
            "Ghi kỳ báo cáo dạng 2024, 2024H1 (6 tháng) hoặc 2024Q3 (quý)."
        )
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"help_text": PERIOD_HELP, **options})

    def to_internal_value(self, data: Any) -> Period:
        if not isinstance(data, str | int):
            self.fail("invalid_period")
        try:
            return Period.parse(str(data))
        except ValueError:
            self.fail("invalid_period")

    def to_representation(self, value: Period) -> str:
        return value.code


_UNIT = r"[0-9A-Za-z]{1,12}(@[0-9]{4}-[0-9]{2}-[0-9]{2})?"


@extend_schema_field({"type": "string", "pattern": f"^{_UNIT}$", "example": "02863"})
class UnitField(serializers.CharField):
    """The name of a unit, as naming reads it."""

    groups = False
    default_error_messages = {
        "invalid_reference": gettext_lazy(
            "Ghi mã đơn vị (02863) hoặc mã kèm ngày (02863@2024-12-31)."
        )
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 80, **options})

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if not naming.is_reference(text, groups=self.groups):
            self.fail("invalid_reference")
        return text


@extend_schema_field({"type": "string", "pattern": f"^({_UNIT}|group:[-0-9A-Za-z_]{{1,60}})$"})
class PlaceField(UnitField):
    """The name of a unit or of a group of units."""

    groups = True
    default_error_messages = {
        "invalid_reference": gettext_lazy(
            "Ghi mã đơn vị (02863), mã kèm ngày (02863@2024-12-31) hoặc group:MÃ-NHÓM."
        )
    }


class Several(serializers.ListField):
    """A parameter given several times, or once with commas; empty parts do not count."""

    def __init__(self, *, most: int, **options: Any) -> None:
        message = gettext_lazy("Không quá {max_length} giá trị; chia nhỏ yêu cầu.")
        super().__init__(
            **{
                "max_length": most,
                "error_messages": {
                    "max_length": message,
                    "empty": gettext_lazy("Cần ít nhất một."),
                },
                **options,
            }
        )

    def get_value(self, dictionary: Mapping[Any, Any]) -> Any:
        texts = dictionary.getlist(self.field_name) if hasattr(dictionary, "getlist") else []
        parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
        return parts or empty


class Units(Several):
    child = PlaceField()

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"most": 200, "help_text": f"{PLACE_HELP} {MANY}", **options})


class Periods(Several):
    child = PeriodField()

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"most": 60, "help_text": f"{PERIOD_HELP} {MANY}", **options})

    def to_internal_value(self, data: Any) -> list[Period]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class Indicators(Several):
    """Codes; become the indicators in catalogue order."""

    child = serializers.CharField(max_length=80)

    def __init__(self, **options: Any) -> None:
        about = f"Mã chỉ số theo danh mục. {MANY}"
        super().__init__(**{"most": 300, "help_text": about, **options})

    def to_internal_value(self, data: Any) -> list[Indicator]:
        codes = super().to_internal_value(data)
        found = naming.indicators_by_code(codes)
        unknown = [naming.unknown_indicator(code) for code in codes if code not in found]
        if unknown:
            raise serializers.ValidationError(unknown, code="unknown")
        return list(found.values())


def stage_field() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=Stage.choices,
        default=Stage.PROVISIONAL,
        help_text=STAGE_HELP,
        error_messages={"invalid_choice": gettext_lazy("Chỉ nhận provisional hoặc official.")},
    )


class ResultsQuery(serializers.Serializer[Any]):
    unit = Units(required=False, default=list)
    indicator = Indicators(required=False, default=list)
    period = Periods(required=False, default=list)


def _plan_field() -> serializers.CharField:
    return serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        default="",
        help_text="Mã kế hoạch; chỉ biểu của kế hoạch này.",
    )


class AnnexesQuery(serializers.Serializer[Any]):
    plan = _plan_field()
    unit = PlaceField(required=False, allow_blank=True, default="", help_text=PLACE_HELP)
    period = PeriodField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, other in (("unit", "period"), ("period", "unit")):
            if attrs[name] and not attrs[other]:
                message = _("Nêu cả unit và period, hoặc không nêu cả hai.")
                raise serializers.ValidationError({other: message}, code="incomplete")
        return attrs


class WorkbookQuery(serializers.Serializer[Any]):
    plan = _plan_field()
    unit = PlaceField(help_text=PLACE_HELP)
    period = PeriodField()
    stage = stage_field()
    variant = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        default="",
        help_text="year: một năm; period: cả giai đoạn; bỏ trống: dạng đầu tiên của biểu.",
    )


class YearField(PeriodField):
    """A year: promises are judged by the year."""

    default_error_messages = {"not_a_year": gettext_lazy("Chỉ tiêu được đánh giá theo năm: 2024.")}

    def to_internal_value(self, data: Any) -> Period:
        period = super().to_internal_value(data)
        if not period.is_year:
            self.fail("not_a_year")
        return period


class AssessmentQuery(serializers.Serializer[Any]):
    period = YearField(help_text="Năm đánh giá, ví dụ 2024.")
    unit = UnitField(
        required=False,
        allow_blank=True,
        default="",
        help_text=f"Bỏ trống: địa bàn của từng chỉ tiêu. {UNIT_HELP}",
    )
    stage = stage_field()


class RollupsQuery(serializers.Serializer[Any]):
    unit = Units()
    indicator = Indicators(
        required=False,
        default=list,
        help_text=f"Mã chỉ số; bỏ trống: mọi chỉ số đã có số ở đơn vị. {MANY}",
    )
    period = Periods()
    stage = stage_field()
