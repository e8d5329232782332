"""Closed vocabularies of the room: the kinds the code knows, never a particular indicator."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class IndicatorKind(models.TextChoices):
    INPUT = "input", _("nhập trực tiếp")
    RATIO = "ratio", _("tỷ lệ tính từ số nhập")
    SHARE_OF_UNITS = "share_of_units", _("tỷ lệ đơn vị đạt điều kiện")


class ValueType(models.TextChoices):
    COUNT = "count", _("số đếm")
    DECIMAL = "decimal", _("số thập phân")
    MONEY = "money", _("số tiền")
    YES_NO = "yes_no", _("đạt / chưa đạt")


class Aggregation(models.TextChoices):
    """How a unit's figure is put together from the units below it."""

    SUM = "sum", _("cộng")
    WEIGHTED_MEAN = "weighted_mean", _("bình quân gia quyền")
    MEAN_OF_UNITS = "mean_of_units", _("bình quân giản đơn theo đơn vị")
    NONE = "none", _("không tổng hợp")


class Direction(models.TextChoices):
    LOWER = "lower_is_better", _("càng thấp càng tốt")
    HIGHER = "higher_is_better", _("càng cao càng tốt")
    NONE = "none", _("không xét hướng")


class Measurement(models.TextChoices):
    STOCK = "stock", _("thời điểm (cuối kỳ)")
    FLOW = "flow", _("thời kỳ (trong kỳ)")


class Cadence(models.TextChoices):
    YEAR = "year", _("năm")
    HALF = "half", _("6 tháng")
    QUARTER = "quarter", _("quý")


class AppliesTo(models.TextChoices):
    COMMUNES = "communes", _("các xã (không gồm thị trấn, phường)")
    ALL = "communes_and_townships", _("xã, phường, thị trấn")


class TermRole(models.TextChoices):
    NUMERATOR = "numerator", _("tử số")
    DENOMINATOR = "denominator", _("mẫu số")
    PREFILL = "prefill", _("số đề xuất")


class Comparator(models.TextChoices):
    AT_LEAST = ">=", "≥"
    ABOVE = ">", ">"
    AT_MOST = "<=", "≤"
    BELOW = "<", "<"
    EQUAL = "=", "="


class Severity(models.TextChoices):
    ERROR = "error", _("lỗi – chặn gửi")
    WARNING = "warning", _("cảnh báo – hỏi lý do")


class Answer(models.TextChoices):
    """What a unit has said about one figure. Nothing said, zero and not applicable differ.

    NO_DATA is an answer to the return, with its reason in the note; in sums it is missing.
    """

    MISSING = "", _("chưa có số liệu")
    VALUE = "value", _("có số liệu")
    NOT_APPLICABLE = "na", _("không áp dụng")
    NO_DATA = "none", _("không có số liệu")

    @property
    def is_excuse(self) -> bool:
        """Answered, and without a number."""
        return self in (Answer.NOT_APPLICABLE, Answer.NO_DATA)


class Stage(models.TextChoices):
    """Which figures count: all that was submitted, or only what the top tier has approved."""

    PROVISIONAL = "provisional", _("tạm tính")
    OFFICIAL = "official", _("chính thức")
