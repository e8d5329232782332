"""A unit's return for a period, what happened to it and was said of it; annexes; registers."""

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

from communes.models import Post, Tier, Unit
from indicators.enums import Measurement
from indicators.models import Indicator, PeriodField
from indicators.periods import Period
from plans.models import Plan
from reports.counting import Count, Field, Item, days_left, is_valid
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


class Register(models.Model):
    """A kind of thing that units count one by one, as data. Source: registers.yaml header."""

    code = models.SlugField(_("mã"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("tên sổ"), max_length=200)
    entry_name = models.CharField(_("một dòng là"), max_length=60)
    note = models.TextField(_("ghi chú"), blank=True)
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
