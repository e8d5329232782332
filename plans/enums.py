"""Closed vocabularies of the room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlanStatus(models.TextChoices):
    """How the text of a document is known."""

    SEED = "seed", _("có toàn văn hoặc bản tin")
    CITED = "cited", _("mới được dẫn chiếu, chưa có toàn văn")
    FOUND = "found", _("có ở nguồn công khai khác")


class ParentStatus(models.TextChoices):
    STATED = "stated", _("văn bản nêu rõ")
    INFERRED = "inferred", _("suy ra")


class TargetKind(models.TextChoices):
    LEVEL = "level", _("mức đạt")
    CHANGE_TOTAL = "change_total", _("mức thay đổi cả kỳ")
    CHANGE_PER_YEAR = "change_per_year", _("mức thay đổi bình quân năm")
    CUMULATIVE = "cumulative", _("lũy kế trong kỳ")
    SHARE_OF_UNITS = "share_of_units", _("tỷ lệ đơn vị đạt")
    COUNT_OF_UNITS = "count_of_units", _("số đơn vị đạt")
    PER_UNIT = "per_unit", _("bình quân mỗi đơn vị")
    PER_UNIT_PER_YEAR = "per_unit_per_year", _("bình quân mỗi đơn vị mỗi năm")
    RESULT = "result", _("kết quả văn bản nêu")


class TargetComparator(models.TextChoices):
    AT_LEAST = ">=", _("từ … trở lên")
    ABOVE = ">", _("trên")
    AT_MOST = "<=", _("không quá")
    BELOW = "<", _("dưới")
    EQUAL = "=", _("bằng")
    ABOUT = "~", _("khoảng")
    RANGE = "range", _("từ … đến")


class PlannedMeasure(models.TextChoices):
    """What a milestone speaks of."""

    VALUE = "value", _("mức trong kỳ")
    CHANGE_POINTS = "change_points", _("mức giảm trong năm")


class AllocationMethod(models.TextChoices):
    EQUAL = "equal", _("chia đều")
    BASELINE = "baseline", _("theo số gốc")
    HAND = "hand", _("nhập tay")


class AllocationState(models.TextChoices):
    DRAFT = "draft", _("dự thảo")
    ISSUED = "issued", _("đã giao")
