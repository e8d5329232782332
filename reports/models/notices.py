"""What officials are told, how they want to be told it, and the letters it leaves in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.models import PeriodField
from reports.enums import MailRhythm, NoticeKind
from reports.models.returns import ReportEvent


class NoticeChoice(models.Model):
    """How an official wants to hear of one kind of thing; without a row the kind's own default."""

    official = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices"
    )
    kind = models.CharField(max_length=20, choices=NoticeKind)
    in_app = models.BooleanField(_("báo trong phần mềm"), default=True)
    mail = models.CharField(_("gửi thư"), max_length=10, choices=MailRhythm)

    class Meta:
        verbose_name = _("lựa chọn nhận tin")
        verbose_name_plural = _("lựa chọn nhận tin")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["official", "kind"], name="notice_choice_one_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.official_id} {self.kind}"


class Letter(models.Model):
    """One mail to one official, with the notices it carries. Made before it is sent.

    `message_id` is drawn once, so that a letter sent again after a lost answer is the same
    letter to the reader's mail program. `problem`: what the mail server last said.
    """

    official = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="letters")
    address = models.EmailField()
    message_id = models.CharField(max_length=200, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("thư báo")
        verbose_name_plural = _("thư báo")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
                name="letter_is_sent_or_given_up",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class Notice(models.Model):
    """One thing one official is told. `told` holds what its words need, never the words.

    `key` names what happened, so that telling it again writes nothing.
    """

    official = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=NoticeKind)
    key = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="+")
    period = PeriodField(blank=True)
    event = models.ForeignKey(ReportEvent, models.CASCADE, null=True, blank=True, related_name="+")
    told = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    in_app = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=MailRhythm, default=MailRhythm.NEVER)
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="notices"
    )

    class Meta:
        verbose_name = _("tin báo")
        verbose_name_plural = _("tin báo")
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["official", "-at"], name="notice_of_official"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["official", "key"], name="notice_told_once"),
        ]

    def __str__(self) -> str:
        return self.key
