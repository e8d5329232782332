"""Shapes of the API: what comes in becomes typed arguments; what goes out causes no query."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from communes.enums import TierCode
from communes.models import OPEN_END, OPEN_START, Unit
from indicators.enums import Answer, Stage, TermRole
from indicators.models import Indicator, Result
from plans.models import Plan, Target
from reports.api.decimals import plain
from reports.api.params import PERIOD_HELP, PeriodField, UnitField
from reports.api.submitting import Item

MAX_ITEMS = 2000
MAX_DIGITS = 15
"""What every database keeps exactly: SQLite holds a decimal as a double."""
NOT_APPLICABLE = "na"
_DECIMAL = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_NUMBER = re.compile(r"^-?[0-9]{1,30}(?:\.[0-9]{1,30})?$")


@extend_schema_field(_DECIMAL)
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """A figure as a decimal string: exact, a point for decimals, no exponent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


# -- refusals ---------------------------------------------------------------------------------


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


# -- catalogue --------------------------------------------------------------------------------


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


# -- facts ------------------------------------------------------------------------------------


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


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$"},
            {"type": "string", "enum": [NOT_APPLICABLE]},
            {"type": "number"},
        ],
        "nullable": True,
        "example": "38",
    }
)
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A figure to record; becomes (answer, value). Never passes through a float."""

    default_error_messages = {
        "invalid": gettext_lazy(
            "Ghi số dạng “1234.5” (dấu chấm thập phân, không dấu phân nhóm), "
            "“na” nếu không áp dụng, null để xóa số."
        ),
        "too_long": gettext_lazy("Số quá dài: không quá 15 chữ số."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_null": True, **options})

    def to_internal_value(self, data: Any) -> tuple[str, Decimal]:
        return Answer.VALUE, self._number(data)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None:
            return True, (Answer.MISSING, None)
        if data == NOT_APPLICABLE:
            return True, (Answer.NOT_APPLICABLE, None)
        return super().validate_empty_values(data)

    def _number(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | str | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not _NUMBER.match(data):
            self.fail("invalid")
        value = Decimal(data) or Decimal(0)  # minus zero is zero
        if not -MAX_DIGITS < value.adjusted() < MAX_DIGITS or _digits(value) > MAX_DIGITS:
            self.fail("too_long")
        return value


def _digits(value: Decimal) -> int:
    """How many digits it takes to write the number: 0.10 takes one, 1200 four."""
    _sign, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits)) + "0" * int(exponent)
    return len(written if int(exponent) >= 0 else written.rstrip("0"))


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


# -- official tables --------------------------------------------------------------------------


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


# -- rolled-up figures ------------------------------------------------------------------------


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
