"""Closed vocabularies of the room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportState(models.TextChoices):
    """Where a return stands. Source: design, Rooms (draft → … → approved → reopened)."""

    DRAFT = "draft", _("Đang nhập")
    SUBMITTED = "submitted", _("Chờ duyệt")
    RETURNED = "returned", _("Trả lại")
    ENDORSED = "endorsed", _("Đã duyệt, chờ cấp trên")
    APPROVED = "approved", _("Đã duyệt")
    REOPENED = "reopened", _("Mở lại để sửa")


EDITABLE = (ReportState.DRAFT, ReportState.RETURNED, ReportState.REOPENED)
"""States in which the unit that owns the return may type."""

UNDER_REVIEW = (ReportState.SUBMITTED, ReportState.ENDORSED)
"""States in which a tier above has the return on its desk."""


class Step(models.TextChoices):
    """What happened to a return."""

    SUBMIT = "submit", _("Nộp")
    RETURN = "return", _("Trả lại")
    ENDORSE = "endorse", _("Duyệt, chuyển cấp trên")
    APPROVE = "approve", _("Duyệt chính thức")
    REOPEN = "reopen", _("Mở lại")


class NoticeKind(models.TextChoices):
    """What an official may be told of."""

    OPENED = "opened", _("Mở kỳ báo cáo")
    DUE_SOON = "due_soon", _("Sắp đến hạn nộp")
    OVERDUE = "overdue", _("Quá hạn nộp")
    REMINDED = "reminded", _("Cấp trên nhắc nộp báo cáo")
    SUBMITTED = "submitted", _("Có báo cáo chờ duyệt")
    RETURNED = "returned", _("Báo cáo bị trả lại")
    ENDORSED = "endorsed", _("Báo cáo được chuyển lên cấp trên")
    APPROVED = "approved", _("Báo cáo được duyệt chính thức")
    REOPENED = "reopened", _("Báo cáo được mở lại để sửa")
    COMMENTED = "commented", _("Có ý kiến về số liệu")
    WORSENED = "worsened", _("Kết luận về chỉ tiêu xấu đi")


class MailRhythm(models.TextChoices):
    """When a notice leaves by mail: by itself, or in a letter with the others."""

    NOW = "now", _("ngay")
    DAILY = "daily", _("gộp mỗi ngày")
    WEEKLY = "weekly", _("gộp mỗi tuần")
    NEVER = "never", _("không gửi")


class NarrativeKind(models.TextChoices):
    """Which report in words; the value stands in addresses."""

    HALF = "6-thang", _("6 tháng")
    YEAR = "nam", _("năm")
    FINAL = "tong-ket", _("tổng kết")


class AnnexStatus(models.TextChoices):
    USABLE = "usable", _("dùng được")
    UNDEFINED = "undefined", _("thiếu mẫu")


class BatchState(models.TextChoices):
    """Where a job stands that puts all tables into one file."""

    QUEUED = "queued", _("đang chờ")
    RUNNING = "running", _("đang lập")
    DONE = "done", _("xong")
    CANCELLED = "cancelled", _("đã dừng")
    FAILED = "failed", _("không lập được")


class RowsBelow(models.TextChoices):
    """What became, in a file of all tables, of those with rows of units below."""

    NONE = "none", _("không có biểu nào")
    HELD = "held", _("có trong tệp")
    LEFT_OUT = "left_out", _("không có trong tệp")


class FieldKind(models.TextChoices):
    """What one field of a register's entry holds. Source: registers.yaml header."""

    TEXT = "text", _("chữ")
    WHOLE = "whole", _("số nguyên")
    CHOICE = "choice", _("một trong danh sách")
    YES_NO = "yes_no", _("có / không")
    DAY = "day", _("ngày")
    UNIT_BELOW = "unit_below", _("xã, phường, thị trấn của đơn vị")
