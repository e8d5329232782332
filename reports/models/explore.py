"""Tables that somebody put together on the page of figures and keeps under a name."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def shared_at(self, units: Collection[int]) -> Self:
        """Shared with who holds a post in one of `units` (pks): with that unit or one above it."""
        above = Unit.objects.filter(downward__descendant__in=units)
        return self.filter(shared_with__in=above.values("pk"))


class SavedView(models.Model):
    """A question put to the figures, under a name. It holds no figure and gives no right to any.

    `address`: the query of the page's address. `shared_with`: everybody with a post in that unit
    or below it may open it, each seeing what is theirs to see; None: its owner alone.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("của")
    )
    name = models.CharField(_("tên bảng"), max_length=120)
    address = models.TextField(_("địa chỉ"))
    shared_with = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chia sẻ trong"),
    )
    created_at = models.DateTimeField(_("lưu lúc"), default=timezone.now)
    updated_at = models.DateTimeField(_("sửa lúc"), default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("bảng đã lưu")
        verbose_name_plural = _("bảng đã lưu")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_one_per_name"),
            models.CheckConstraint(condition=Q(version__gt=0), name="saved_view_has_a_version"),
        ]

    def __str__(self) -> str:
        return self.name
