"""A unit's return for a period, what happened to it and was said of it; annex layouts."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from communes.models import Post, Tier, Unit
from indicators.models import Indicator, PeriodField
from indicators.periods import Period
from plans.models import Plan
from reports.enums import EDITABLE, AnnexStatus, ReportState, Step


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


class Report(models.Model):
    """One unit's return for one period. Changed only by `workflow`."""

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
    post_label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    covered = models.JSONField(default=list, help_text=_("Mã chỉ số và giá trị tại thời điểm đó"))

    class Meta:
        verbose_name = _("bước xử lý")
        verbose_name_plural = _("bước xử lý")
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.report_id} {self.step} {self.at:%d/%m/%Y %H:%M}"


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


class Evidence(models.Model):
    """What a figure of a return rests on: a file, the decision it comes from, or both.

    The file is kept outside what the web server serves; `name` is how it is shown and sent,
    `content_type` what its bytes are, whatever it was called. Taken back, it stays on record.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="evidence")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    decision = models.CharField(
        _("văn bản"),
        max_length=200,
        blank=True,
        help_text=_("Số, ngày và cơ quan ban hành văn bản có số liệu này."),
    )
    file = models.FileField(_("tệp"), upload_to="evidence/%Y/", max_length=200, blank=True)
    name = models.CharField(_("tên tệp"), max_length=150, blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField(_("kích thước (byte)"), default=0)
    digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 của tệp"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("minh chứng")
        verbose_name_plural = _("minh chứng")
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(file="") | ~Q(decision=""), name="evidence_is_a_file_or_a_decision"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="evidence_is_taken_back_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.decision


class Upload(models.Model):
    """A workbook that somebody handed in and is shown what it would change; kept for a day.

    `versions`: {"unit code/indicator code": version of the fact when it was read, 0 for none},
    so that what changed in between is not overwritten unseen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    period = PeriodField()
    file = models.FileField(upload_to="uploads/%Y%m%d/", max_length=200)
    name = models.CharField(_("tên tệp"), max_length=150)
    versions = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("tệp Excel nộp vào")
        verbose_name_plural = _("tệp Excel nộp vào")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return self.name


class Annex(models.Model):
    """The layout of one official table, as data. A number may serve several subjects."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    number = models.CharField(_("biểu số"), max_length=20)
    subject = models.CharField(_("nội dung (mã)"), max_length=120, blank=True)
    title = models.CharField(_("tên biểu"), max_length=300)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="annexes")
    status = models.CharField(_("tình trạng"), max_length=10, choices=AnnexStatus)
    definition = models.JSONField(_("bố cục"), default=dict)

    class Meta:
        verbose_name = _("biểu")
        verbose_name_plural = _("biểu")
        ordering: ClassVar = ["order", "code"]

    def __str__(self) -> str:
        return f"Biểu {self.number} – {self.title}"
