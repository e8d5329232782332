"""Administration of the catalogue: themes, indicators with their terms, rules with theirs.

Facts, rollups and the queue are not here: figures are written by `recording` alone.
"""

from __future__ import annotations

from django.contrib import admin
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
    list_display = ["name", "code", "severity", "comparator", "is_active"]
    list_filter = ["severity", "is_active"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["solve_for"]
    inlines = [RuleTermInline]
