"""Registers of what is counted one by one."""

from __future__ import annotations

import uuid
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from communes.models import Unit
from indicators.enums import Measurement
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.bilingual import LongWords, Words
from reports.counting import Count, Field, Item, days_left, is_valid


class Register(models.Model):
    """A kind of thing that units count one by one, as data. Source: registers.yaml header."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    name = Words(_("tên sổ"), max_length=200)
    entry_name = Words(_("một dòng là"), max_length=60)
    note = LongWords(_("ghi chú"), blank=True)
    fields = models.JSONField(_("các cột"), default=list)
    dated_by = models.CharField(_("cột ngày được tính"), max_length=40)
    valid_months = models.PositiveSmallIntegerField(_("hiệu lực (tháng)"), null=True, blank=True)
    identity = models.JSONField(_("nhận biết bằng các cột"), default=list, blank=True)
    source = models.CharField(_("nguồn"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("loại sổ theo dõi")
        verbose_name_plural = _("loại sổ theo dõi")
        ordering: ClassVar = ["order", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_months__isnull=True) | Q(valid_months__gt=0),
                name="register_entries_are_valid_for_a_while",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields of an entry, in order."""
        return tuple(Field.of(raw) for raw in self.fields)


class RegisterCount(models.Model):
    """An indicator that is counted from a register, and which of its entries count.

    `where`: field → the choices that count, a range {min, max}, or true. Another register
    cannot count the same indicator: a figure has one origin.
    """

    register = models.ForeignKey(Register, models.CASCADE, related_name="counts")
    indicator = models.OneToOneField(Indicator, models.PROTECT, related_name="counted_by")
    where = models.JSONField(_("điều kiện"), default=dict, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("chỉ số đếm từ sổ")
        verbose_name_plural = _("chỉ số đếm từ sổ")
        ordering: ClassVar = ["register", "order"]

    def __str__(self) -> str:
        return f"{self.register_id}: {self.indicator_id}"

    @property
    def rule(self) -> Count:
        """How entries are counted; `register` and `indicator` are read with the row."""
        return Count(
            is_flow=self.indicator.measurement == Measurement.FLOW,
            where=self.where,
            identity=tuple(self.register.identity),
        )


class RegisterBook(models.Model):
    """One unit's book of a register. Figures of periods from `counts_from` on are its counts."""

    register = models.ForeignKey(Register, models.PROTECT, related_name="books")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="books")
    counts_from = models.DateField(
        _("đếm từ kỳ bắt đầu ngày"),
        help_text=_("Số của kỳ bắt đầu trước ngày này vẫn nhập tay."),
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("sổ theo dõi")
        verbose_name_plural = _("sổ theo dõi")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "register"], name="register_book_one_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.register} – {self.unit}"

    def counts(self, period: Period) -> bool:
        """Are the figures of the period counted from the book?"""
        return self.counts_from <= period.start


class RegisterEntry(models.Model):
    """One thing in a book: a product with its decision, a house. Written only by `registering`.

    `values`: field → text, whole number, code of a choice, true/false, day (ISO), code of a
    unit valid on the day; but the day it counts from, which is `happened_on`. Valid from then
    until the day before `valid_until`, and no longer from `ended_on`. What is taken out of the
    book stays, with who and when. `key`: drawn by who sends it, so that it is written once.
    """

    book = models.ForeignKey(RegisterBook, models.PROTECT, related_name="entries", db_index=False)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    happened_on = models.DateField(_("ngày được tính"))
    valid_until = models.DateField(_("hết hiệu lực từ ngày"), null=True, blank=True)
    ended_on = models.DateField(_("thôi tính từ ngày"), null=True, blank=True)
    end_note = models.CharField(_("lý do thôi tính"), max_length=200, blank=True)
    values = models.JSONField(default=dict)
    is_sample = models.BooleanField(_("số liệu minh họa"), default=False)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords(
        history_change_reason_field=models.CharField(max_length=500, null=True)
    )

    class Meta:
        verbose_name = _("dòng của sổ theo dõi")
        verbose_name_plural = _("dòng của sổ theo dõi")
        ordering: ClassVar = ["-happened_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["book", "happened_on"], name="register_entry_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("happened_on")),
                name="register_entry_is_valid_for_a_while",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("happened_on")),
                name="register_entry_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="register_entry_is_removed_by_somebody",
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="register_entry_has_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id}/{self.pk} {self.happened_on:%d/%m/%Y}"

    @property
    def item(self) -> Item:
        """The entry as counting knows it."""
        return Item(self.pk, self.happened_on, self.valid_until, self.ended_on, self.values)

    def value(self, field: Field, dated_by: str) -> Any:
        """What the entry says in a field; None when it says nothing."""
        return self.happened_on if field.key == dated_by else self.values.get(field.key)

    def is_valid_on(self, day: date) -> bool:
        return is_valid(self.item, day)

    def days_left(self, day: date) -> int | None:
        """Days after `day` on which it is still valid; None when nothing ends it."""
        return days_left(self.item, day)
