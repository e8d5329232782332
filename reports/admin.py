"""Administration of the reporting calendar and the annexes.

Reports, their steps and comments are not here: only `workflow` changes them.
"""

from __future__ import annotations

from django.contrib import admin

from reports.models import Annex, Deadline


@admin.register(Deadline)
class DeadlineAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["issuer", "period", "opens_on", "due_on", "closes_on"]
    list_filter = ["period"]
    list_select_related = ["issuer"]
    autocomplete_fields = ["issuer"]


@admin.register(Annex)
class AnnexAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "title", "plan", "status"]
    list_filter = ["plan", "status"]
    list_select_related = ["plan"]
    autocomplete_fields = ["plan"]
