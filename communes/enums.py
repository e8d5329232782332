"""Closed vocabularies of the room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TierCode(models.TextChoices):
    """Codes of the tiers, from the top down. The rows are `Tier`, which may be renamed."""

    NATION = "nation", _("Trung ương")
    PROVINCE = "province", _("Tỉnh")
    DISTRICT = "district", _("Huyện")
    COMMUNE = "commune", _("Xã")
    VILLAGE = "village", _("Thôn")


class Role(models.TextChoices):
    """What a post lets its holder do in its unit and, but for officers, below it."""

    OFFICER = "officer", _("Cán bộ nhập số liệu")
    REVIEWER = "reviewer", _("Cán bộ duyệt")
    LEADER = "leader", _("Lãnh đạo (xem)")
    ADMINISTRATOR = "administrator", _("Quản trị")


class MemberSource(models.TextChoices):
    """Why a unit is known to belong to a group."""

    STATED = "stated", _("Văn bản nêu tên")
    PRESS = "press", _("Báo chí nêu tên")
    DECIDED = "decided", _("Cơ quan quản lý bổ sung")
    SAMPLE = "sample", _("Minh họa")
