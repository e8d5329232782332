"""Administration of the reporting calendar, the annexes and the registers.

Reports, their steps and comments are not here: only `workflow` changes them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from communes.enums import TierCode
from communes.models import Unit
from reports.models import Annex, Deadline, Register, RegisterBook, RegisterCount, RegisterEntry


class _ReadOnly:
    """To look at: a module of rules alone writes these rows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Deadline)
class DeadlineAdmin(_ReadOnly, SimpleHistoryAdmin):
    """With its history: `scheduling` alone changes the calendar."""

    list_display = ["issuer", "period", "opens_on", "due_on", "closes_on"]
    list_filter = ["period"]
    list_select_related = ["issuer"]

    def view_on_site(self, row: Deadline) -> str:
        province = Unit.objects.above(row.issuer, include_self=True).of_tier(TierCode.PROVINCE)
        found = province.first()
        return reverse("calendar:home", args=[found.reference]) if found else reverse("home")


@admin.register(Annex)
class AnnexAdmin(SimpleHistoryAdmin):
    """With its versions."""

    list_display = ["number", "title", "plan", "status"]
    list_filter = ["plan", "status"]
    list_select_related = ["plan"]
    autocomplete_fields = ["plan"]


class RegisterCountInline(_ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = RegisterCount
    extra = 0


@admin.register(Register)
class RegisterAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """`import_registers` changes what a register holds."""

    list_display = ["code", "name", "entry_name", "dated_by", "valid_months"]
    inlines = [RegisterCountInline]


@admin.register(RegisterBook)
class RegisterBookAdmin(_ReadOnly, SimpleHistoryAdmin):
    list_display = ["register", "unit", "counts_from", "opened_by", "opened_at"]
    list_filter = ["register"]
    list_select_related = ["register", "unit", "opened_by"]
    search_fields = ["unit__name", "unit__code"]


@admin.register(RegisterEntry)
class RegisterEntryAdmin(_ReadOnly, SimpleHistoryAdmin):
    """With its history, those taken out of a book as well."""

    list_display = ["book", "happened_on", "valid_until", "ended_on", "entered_by", "removed_at"]
    list_filter = ["book__register", "is_sample"]
    list_select_related = ["book__register", "book__unit", "entered_by"]
    search_fields = ["book__unit__name", "book__unit__code"]
