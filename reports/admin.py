"""Administration of the reporting calendar and the annexes.

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
from reports.models import Annex, Deadline


@admin.register(Deadline)
class DeadlineAdmin(SimpleHistoryAdmin):
    """To look at, with its history: `scheduling` alone changes the calendar."""

    list_display = ["issuer", "period", "opens_on", "due_on", "closes_on"]
    list_filter = ["period"]
    list_select_related = ["issuer"]

    def view_on_site(self, row: Deadline) -> str:
        province = Unit.objects.above(row.issuer, include_self=True).of_tier(TierCode.PROVINCE)
        found = province.first()
        return reverse("calendar:home", args=[found.reference]) if found else reverse("home")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Annex)
class AnnexAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "title", "plan", "status"]
    list_filter = ["plan", "status"]
    list_select_related = ["plan"]
    autocomplete_fields = ["plan"]
