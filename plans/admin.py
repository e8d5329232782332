"""Administration of documents, the figures they state, and yearly milestones."""

from __future__ import annotations

from django.contrib import admin

from plans.models import LinkedDocument, Milestone, Plan, Responsibility, Target


class ResponsibilityInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Responsibility
    extra = 0


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["heading", "title", "issuer", "year_from", "year_to", "status"]
    list_filter = ["status", "level"]
    search_fields = ["number", "title", "code"]
    autocomplete_fields = ["unit", "group", "parent", "also_implements"]
    inlines = [ResponsibilityInline]


@admin.register(LinkedDocument)
class LinkedDocumentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "issuer", "subject"]
    search_fields = ["number", "subject"]
    autocomplete_fields = ["cited_by"]


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["label", "plan", "section", "kind", "value", "unit_of_measure", "year_to"]
    list_filter = ["plan", "kind"]
    list_select_related = ["plan"]
    search_fields = ["label", "code"]
    autocomplete_fields = ["plan", "unit", "group", "indicator"]


@admin.register(Milestone)
class MilestoneAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["unit", "indicator", "period", "measure", "value", "plan", "is_sample"]
    list_filter = ["plan", "period", "measure"]
    list_select_related = ["unit", "indicator", "plan"]
    search_fields = ["unit__name", "unit__code", "indicator__name", "indicator__code"]
    autocomplete_fields = ["plan", "unit", "indicator"]
