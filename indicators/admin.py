"""Administration of the catalogue: themes, indicators with their terms, rules with theirs.

Facts, rollups and the queue are not here: figures are written by `recording` alone.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from indicators.models import (
    Indicator,
    IndicatorAlias,
    IndicatorTerm,
    RuleTerm,
    SeriesBreak,
    Theme,
    ValidationRule,
)


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "code", "order", "household_review"]


@admin.register(SeriesBreak)
class SeriesBreakAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "note", "first_periods"]
    search_fields = ["code", "note"]


class IndicatorTermInline(admin.TabularInline):  # type: ignore[type-arg]
    model = IndicatorTerm
    fk_name = "indicator"
    autocomplete_fields = ["input"]
    extra = 0


class IndicatorAliasInline(admin.TabularInline):  # type: ignore[type-arg]
    model = IndicatorAlias
    extra = 0


@admin.register(Indicator)
class IndicatorAdmin(SimpleHistoryAdmin):
    list_display = ["name", "code", "theme", "kind", "unit_of_measure", "aggregation"]
    list_filter = ["theme", "kind", "aggregation", "optional"]
    list_select_related = ["theme"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["weight", "of_which", "opening_indicator", "condition_indicator"]
    inlines = [IndicatorTermInline, IndicatorAliasInline]


class RuleTermInline(admin.TabularInline):  # type: ignore[type-arg]
    model = RuleTerm
    autocomplete_fields = ["indicator"]
    extra = 0


@admin.register(ValidationRule)
class ValidationRuleAdmin(SimpleHistoryAdmin):
    """What a rule says of which figures. It is tried and switched on in the rulebook."""

    list_display = ["name", "code", "severity", "comparator", "is_active"]
    list_filter = ["severity", "is_active"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["solve_for"]
    readonly_fields = ["is_active"]
    inlines = [RuleTermInline]

    def view_on_site(self, rule: ValidationRule) -> str:
        return reverse("rules:rule", args=[rule.code])

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["is_active"] if obj is None else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """A new rule starts switched off: it is tried first."""
        obj.is_active = obj.is_active and change
        super().save_model(request, obj, form, change)
