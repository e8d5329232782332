"""Units with dates, their successions and groups; officials and their posts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from communes.enums import MemberSource, Role
from communes.querysets import PostQuerySet, UnitQuerySet
from povertyplan.lib.bilingual import LongWords, Words

OPEN_START = date(1900, 1, 1)
"""Stored where a validity has no known first day, so that one comparison serves every row."""
OPEN_END = date(9999, 12, 31)
"""Stored where a validity has no last day."""


class Tier(models.Model):
    """One level of the hierarchy. Two- and three-tier provinces live side by side."""

    code = models.CharField(_("mã"), max_length=20, unique=True)
    name = Words(_("tên cấp"), max_length=50)
    rank = models.PositiveSmallIntegerField(_("thứ bậc"), unique=True)

    class Meta:
        verbose_name = _("cấp")
        verbose_name_plural = _("các cấp")
        ordering: ClassVar = ["rank"]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A province, district, commune… from a day to a day. Closed and succeeded, never deleted.

    A GSO code may name another unit later, so (code, day) identifies one, not the code.
    """

    code = models.CharField(
        _("mã TCTK"),
        max_length=12,
        validators=[RegexValidator(r"^[0-9A-Za-z]+$", _("Mã chỉ gồm chữ và số."))],
    )
    name = models.CharField(_("tên"), max_length=120)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="units", verbose_name=_("cấp"))
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("đơn vị cấp trên"),
    )
    valid_from = models.DateField(_("từ ngày"), default=OPEN_START)
    valid_to = models.DateField(_("đến hết ngày"), default=OPEN_END)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("đơn vị hành chính")
        verbose_name_plural = _("đơn vị hành chính")
        ordering: ClassVar = ["tier__rank", "code", "valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "tier", "valid_from"], name="unit_one_per_code_and_start"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lte=F("valid_to")), name="unit_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """`CODE@day`: names this very unit at any time, for links."""
        return f"{self.code}@{min(self.valid_to, date(2999, 12, 31)):%Y-%m-%d}"

    @property
    def address(self) -> str:
        """How an address names a unit: by its code while it lasts, then with its last day."""
        return self.code if self.is_valid_on(timezone.localdate()) else self.reference

    @property
    def is_urban(self) -> bool:
        """A township or a ward: it has no new-rural criteria. Source: annexes, row groups."""
        return self.name.startswith(("Thị trấn ", "Phường "))

    @property
    def short_name(self) -> str:
        """The name without its kind: Hoàng Thu Phố; a township keeps TT."""
        for kind, short in (
            ("Thị trấn ", "TT "),
            ("Thành phố ", "TP "),
            ("Thị xã ", "TX "),
            ("Xã ", ""),
            ("Phường ", "P. "),
            ("Huyện ", ""),
            ("Tỉnh ", ""),
        ):
            if self.name.startswith(kind):
                return short + self.name.removeprefix(kind)
        return self.name

    @property
    def name_in_sentence(self) -> str:
        """The name as it stands inside a sentence: xã Hoàng Thu Phố."""
        return self.name[:1].lower() + self.name[1:]

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


class Ancestry(models.Model):
    """Every unit with each of its ancestors and itself (depth 0): the hierarchy, laid flat."""

    ancestor = models.ForeignKey(Unit, models.CASCADE, related_name="downward")
    descendant = models.ForeignKey(Unit, models.CASCADE, related_name="upward", db_index=False)
    depth = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("quan hệ cấp trên – cấp dưới")
        verbose_name_plural = _("quan hệ cấp trên – cấp dưới")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["descendant", "ancestor"], name="ancestry_one_row_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor_id} → {self.descendant_id} ({self.depth})"


class Succession(models.Model):
    """What became of a unit: which unit took it over, on which day, and which share of it."""

    predecessor = models.ForeignKey(
        Unit, models.PROTECT, related_name="successions", verbose_name=_("đơn vị cũ")
    )
    successor = models.ForeignKey(
        Unit, models.PROTECT, related_name="inheritances", verbose_name=_("đơn vị nhận")
    )
    date = models.DateField(_("ngày hiệu lực"))
    share = models.DecimalField(
        _("phần chuyển sang"), max_digits=6, decimal_places=5, default=Decimal(1)
    )

    class Meta:
        verbose_name = _("sáp nhập, chia tách")
        verbose_name_plural = _("sáp nhập, chia tách")
        ordering: ClassVar = ["date", "successor__code", "predecessor__code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["predecessor", "successor", "date"], name="succession_recorded_once"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0) & Q(share__lte=1), name="succession_share_up_to_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor} ({self.date:%d/%m/%Y})"


class Boundary(models.Model):
    """The outline of a unit, for the screen: with few points, and not to measure by.

    `rings`: polygons, each its rings (the first outside, holes after), each its points
    [longitude, latitude] in WGS 84. `middle`: where there is most room for a name.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="boundary")
    rings = models.JSONField(_("đường ranh giới"))
    middle = models.JSONField(_("chỗ ghi tên"))
    source = models.CharField(_("nguồn"), max_length=200, blank=True)
    imported_at = models.DateTimeField(_("nhập lúc"), default=timezone.now)

    class Meta:
        verbose_name = _("ranh giới")
        verbose_name_plural = _("ranh giới")

    def __str__(self) -> str:
        return str(self.unit)


class UnitGroup(models.Model):
    """A named list of units that a document speaks of, e.g. the 10 communes of KH 239."""

    code = models.SlugField(_("mã nhóm"), max_length=60, unique=True)
    name = Words(_("tên nhóm"), max_length=200)
    source = models.CharField(_("văn bản quy định"), max_length=300, blank=True)
    expected_size = models.PositiveSmallIntegerField(
        _("số đơn vị theo văn bản"), null=True, blank=True
    )
    note = LongWords(_("ghi chú"), blank=True)
    units = models.ManyToManyField(Unit, through="GroupMember", related_name="groups")

    class Meta:
        verbose_name = _("nhóm đơn vị")
        verbose_name_plural = _("nhóm đơn vị")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def member_rows(self) -> list[GroupMember]:
        return list(self.members.select_related("unit__parent").order_by("unit__code"))

    @property
    def is_complete(self) -> bool:
        """True when as many members are known as the document names; unknown size is incomplete."""
        return self.expected_size is not None and len(self.member_rows) == self.expected_size

    @property
    def has_sample_members(self) -> bool:
        """True when what rests on the group must carry the sample mark."""
        return any(row.source == MemberSource.SAMPLE for row in self.member_rows)


class GroupMember(models.Model):
    """One unit of a group, with the reason why it is known to belong to it."""

    group = models.ForeignKey(UnitGroup, models.CASCADE, related_name="members")
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="memberships", verbose_name=_("đơn vị")
    )
    source = models.CharField(_("căn cứ"), max_length=10, choices=MemberSource)
    citation = models.CharField(_("trích dẫn"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("đơn vị trong nhóm")
        verbose_name_plural = _("đơn vị trong nhóm")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "unit"], name="group_member_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} ({self.get_source_display()})"


class OfficialManager(BaseUserManager["Official"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> Official:
        """Create an official who can sign in; without a password the account cannot be used yet."""
        official = self.model(username=username, **fields)
        official.set_password(password)
        official.save(using=self._db)
        return official

    def create_superuser(
        self, username: str, password: str | None = None, **fields: object
    ) -> Official:
        """Create the first administrator of an installation."""
        return self.create_user(username, password, **{**fields, "is_superuser": True})


class Official(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What they may do comes from their posts, never from the account."""

    username = models.CharField(
        _("tên đăng nhập"),
        max_length=80,
        unique=True,
        validators=[ASCIIUsernameValidator()],
        error_messages={"unique": _("Tên đăng nhập này đã có người dùng.")},
    )
    full_name = models.CharField(_("họ và tên"), max_length=120, blank=True)
    email = models.EmailField(_("thư điện tử"), blank=True)
    is_active = models.BooleanField(_("được đăng nhập"), default=True)
    is_demo = models.BooleanField(_("tài khoản trình diễn"), default=False, editable=False)

    _current_posts: list[Post] | None = None
    """Posts held today, kept by `access` for the length of a request."""

    objects = OfficialManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["full_name"]

    class Meta:
        verbose_name = _("cán bộ")
        verbose_name_plural = _("cán bộ")
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def is_staff(self) -> bool:
        """Django's admin pages ask for this; the answer is the judge's."""
        from communes import access  # noqa: PLC0415  # the judge imports this module

        return access.is_administrator(self)

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Post(models.Model):
    """A person's office in a unit, from a day to a day. A person may hold several.

    One that a reviewer of the unit handed on to somebody for a while names who did
    (`delegated_by`) and by which document (`basis`), and always has a last day.
    """

    official = models.ForeignKey(
        Official, models.CASCADE, related_name="posts", verbose_name=_("cán bộ")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("đơn vị"))
    role = models.CharField(_("vai trò"), max_length=20, choices=Role)
    title = models.CharField(_("chức danh, phòng ban"), max_length=120, blank=True)
    valid_from = models.DateField(_("từ ngày"), null=True, blank=True)
    valid_to = models.DateField(_("đến hết ngày"), null=True, blank=True)
    delegated_by = models.ForeignKey(
        Official,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("người ủy quyền"),
    )
    basis = models.CharField(
        _("văn bản ủy quyền"),
        max_length=200,
        blank=True,
        help_text=_("Số, ngày và cơ quan ban hành văn bản giao việc thay."),
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("chức trách")
        verbose_name_plural = _("chức trách")
        ordering: ClassVar = ["unit__tier__rank", "unit__code", "role"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lte=F("valid_to")),
                name="post_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(delegated_by__isnull=True) | Q(valid_to__isnull=False),
                name="post_delegated_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} – {self.unit}"
