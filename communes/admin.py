"""Administration of places and people. Units come from imports; they are read here, not edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as BaseChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy

from communes.models import GroupMember, Official, Post, Succession, Tier, Unit, UnitGroup


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only an import or the program itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Tier)
class TierAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "code", "rank"]
    readonly_fields = ["code", "rank"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tier | None = None) -> bool:
        return False


@admin.register(Unit)
class UnitAdmin(ReadOnly):
    list_display = ["name", "code", "tier", "parent", "valid_from", "valid_to"]
    list_filter = ["tier"]
    list_select_related = ["tier", "parent"]
    search_fields = ["name", "code"]
    ordering: ClassVar = ["tier__rank", "code", "valid_from"]


@admin.register(Succession)
class SuccessionAdmin(ReadOnly):
    list_display = ["predecessor", "successor", "date", "share"]
    list_select_related = ["predecessor", "successor"]
    search_fields = ["predecessor__name", "successor__name"]


class GroupMemberInline(admin.TabularInline):  # type: ignore[type-arg]
    model = GroupMember
    autocomplete_fields = ["unit"]
    extra = 1


@admin.register(UnitGroup)
class UnitGroupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "code", "expected_size", "source"]
    search_fields = ["name", "code"]
    inlines = [GroupMemberInline]


class PostInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Post
    fk_name = "official"
    autocomplete_fields = ["unit"]
    extra = 0


class OfficialChangeForm(BaseChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = Official
        fields = "__all__"


class OfficialCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = Official
        fields = ["username", "full_name"]


@admin.register(Official)
class OfficialAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts with their posts; what a person may do comes from the posts alone."""

    form = OfficialChangeForm
    add_form = OfficialCreationForm
    list_display = ["username", "full_name", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["username", "full_name"]
    ordering: ClassVar = ["username"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Cán bộ"), {"fields": ["full_name", "email", "is_active"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "full_name", "usable_password", "password1", "password2"]}),
    ]
    inlines = [PostInline]

    def has_change_permission(self, request: HttpRequest, obj: Official | None = None) -> bool:
        """The account of an installation's owner is changed by an owner only."""
        is_owner_only = obj is not None and obj.is_superuser
        return not is_owner_only or bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Official | None = None) -> bool:
        """Accounts are switched off, never deleted: figures and steps name them."""
        return False


for kept_elsewhere in (Group, TokenProxy):
    # Rights come from posts; a token is made by `create_token`.
    if admin.site.is_registered(kept_elsewhere):
        admin.site.unregister(kept_elsewhere)
