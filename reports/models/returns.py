"""A unit's return for a period: its calendar, what happened to it and was said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from communes.models import Post, Tier, Unit
from indicators.models import Indicator, PeriodField
from indicators.periods import Period
from povertyplan.lib.bilingual import Words
from reports.enums import EDITABLE, ReportState, Step


class Deadline(models.Model):
    """The calendar of a reporting round, set by the province for everything below it.

    One whose issuer is a single unit is that unit's extension; the nearest issuer counts.
    """

    issuer = models.ForeignKey(
        Unit, models.PROTECT, related_name="deadlines", verbose_name=_("đơn vị đặt hạn")
    )
    period = PeriodField()
    opens_on = models.DateField(_("mở nhập"))
    due_on = models.DateField(_("hạn nộp"))
    closes_on = models.DateField(_("khóa kỳ"), null=True, blank=True)
    reason = models.CharField(
        _("lý do gia hạn"),
        max_length=300,
        blank=True,
        help_text=_("Của một đơn vị được gia hạn; trống khi là lịch chung."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("lịch báo cáo")
        verbose_name_plural = _("lịch báo cáo")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "period"], name="deadline_one_per_period"),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("due_on")), name="deadline_due_after_opening"
            ),
            models.CheckConstraint(
                condition=Q(closes_on__isnull=True) | Q(closes_on__gte=F("due_on")),
                name="deadline_closes_after_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.period}: {self.due_on:%d/%m/%Y}"


class ReportQuerySet(models.QuerySet["Report"]):
    def with_past(self) -> ReportQuerySet:
        """With what its steps say of each return, in the same query."""
        steps = ReportEvent.objects.filter(report=OuterRef("pk")).order_by()
        sent_back, sent = steps.filter(step=Step.RETURN), steps.filter(step=Step.SUBMIT)
        times = sent_back.values("report").annotate(times=Count("pk")).values("times")
        past: dict[str, Any] = {
            "is_correction": Exists(steps.filter(step=Step.REOPEN)),
            "times_returned": Coalesce(Subquery(times), 0),
            "returned_at": Subquery(sent_back.order_by("-at").values("at")[:1]),
            "first_sent": Subquery(sent.order_by("at").values("at")[:1]),
        }
        return self.annotate(**past)


class Report(models.Model):
    """One unit's return for one period. Changed only by `workflow`.

    `is_correction`: it was approved once and is open to be mended, or was; `times_returned` and
    `returned_at` (last); `first_sent`, when it first left its unit: all four are known of what was
    read `with_past`.
    """

    is_correction: bool = False
    times_returned: int = 0
    returned_at: datetime | None = None
    first_sent: datetime | None = None

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reports", db_index=False)
    period = PeriodField()
    state = models.CharField(max_length=12, choices=ReportState, default=ReportState.DRAFT)
    with_tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Cấp đang giữ báo cáo để duyệt; trống khi báo cáo ở đơn vị lập."),
    )
    round = models.PositiveSmallIntegerField(_("lần nộp"), default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("báo cáo")
        verbose_name_plural = _("báo cáo")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "period"], name="report_one_per_period"),
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT) | Q(submitted_at__isnull=False),
                name="report_left_draft_by_submitting",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[ReportState.SUBMITTED, ReportState.ENDORSED],
                    with_tier__isnull=False,
                )
                | (
                    ~Q(state__in=[ReportState.SUBMITTED, ReportState.ENDORSED])
                    & Q(with_tier__isnull=True)
                ),
                name="report_under_review_names_its_tier",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period}"

    @property
    def span(self) -> Period:
        return Period.parse(self.period)

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE


class ReportEvent(models.Model):
    """One step of a return: who, in which post, when, what it covered. Never changed."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="events")
    step = models.CharField(max_length=10, choices=Step)
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="+")
    post_label = Words(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    covered = models.JSONField(default=list, help_text=_("Mã chỉ số và giá trị tại thời điểm đó"))

    class Meta:
        verbose_name = _("bước xử lý")
        verbose_name_plural = _("bước xử lý")
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.report_id} {self.step} {timezone.localtime(self.at):%d/%m/%Y %H:%M}"


class Comment(models.Model):
    """What was said of one figure; sending it back is a comment that asks for a change."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="comments")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post_label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    body = models.TextField(_("ý kiến"))
    asks_for_change = models.BooleanField(default=False)
    value_then = models.CharField(
        max_length=40, blank=True, help_text=_("Số đã nộp khi ghi ý kiến")
    )
    event = models.ForeignKey(
        ReportEvent, models.CASCADE, null=True, blank=True, related_name="comments"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ý kiến")
        verbose_name_plural = _("ý kiến")
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            # one open request per figure; a draft request (no event yet) is the reviewer's own
            models.UniqueConstraint(
                fields=["report", "indicator"],
                condition=Q(asks_for_change=True, settled_at__isnull=True),
                name="comment_one_open_request_per_figure",
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class Acceptance(models.Model):
    """A figure that a reviewing tier has looked at and found right, while it says the same."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="acceptances")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="+")
    value_then = models.CharField(max_length=40, blank=True, help_text=_("Số đã nộp lúc xem"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ô đã xem")
        verbose_name_plural = _("ô đã xem")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["report", "indicator", "tier"], name="acceptance_one_per_figure_and_tier"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}/{self.indicator_id}"


class Reminder(models.Model):
    """A unit was asked to send its return. Never changed: the tracker shows who asked, and when."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminders")
    period = PeriodField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post_label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(_("lời nhắn"), max_length=500, blank=True)
    told = models.PositiveSmallIntegerField(_("số người nhận"), default=0)

    class Meta:
        verbose_name = _("lời nhắc")
        verbose_name_plural = _("lời nhắc")
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit} {self.period} {timezone.localtime(self.at):%d/%m/%Y}"
