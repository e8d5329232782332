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


class AnnexStatus(models.TextChoices):
    USABLE = "usable", _("dùng được")
    UNDEFINED = "undefined", _("thiếu mẫu")


class FieldKind(models.TextChoices):
    """What one field of a register's entry holds. Source: registers.yaml header."""

    TEXT = "text", _("chữ")
    WHOLE = "whole", _("số nguyên")
    CHOICE = "choice", _("một trong danh sách")
    YES_NO = "yes_no", _("có / không")
    DAY = "day", _("ngày")
    UNIT_BELOW = "unit_below", _("xã, phường, thị trấn của đơn vị")
