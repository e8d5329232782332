"""Themes, breaks of series, groups named, indicators and their other names, from one file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from communes.models import Tier, UnitGroup
from indicators import definitions
from indicators.enums import (
    TermRole,
)
from indicators.imports.checking import codes_of, problems_in
from indicators.imports.shape import AliasRow, CatalogueFile, GroupNameRow, IndicatorRow, ThemeRow
from indicators.models import Indicator, IndicatorAlias, IndicatorTerm, SeriesBreak, Theme
from povertyplan.lib.reading import (
    Row,
    as_json,
    refuse_if,
)
from povertyplan.lib.syncing import (
    Counts,
    Synced,
    assign,
    record_history,
    sync,
    sync_links,
    sync_parts,
)


@dataclass
class CatalogueImported:
    themes: Counts
    breaks: Counts
    groups: Counts
    indicators: Counts
    aliases: Counts

    def __str__(self) -> str:
        return (
            f"chỉ số: {self.indicators}; lĩnh vực: {self.themes}; mốc đứt chuỗi: {self.breaks}; "
            f"nhóm đơn vị: {self.groups}; tên khác: {self.aliases}"
        )


def import_indicators(given: Path | str) -> CatalogueImported:
    """Bring the catalogue to what the file says; order in the file is order on the form.

    Groups are only added when absent, and what an older file does not know (a theme's part in
    the household review) stays as stored. Indicators not in the file stay. History is written
    for what really changes. Raises DomainError and writes nothing when any row is bad.
    """
    file = CatalogueFile.read(given)
    with transaction.atomic():
        refuse_if(problems_in(file))
        done = _write(file)
        if done.indicators.created or done.indicators.changed:
            definitions.changed()
        return done


def _write(file: CatalogueFile) -> CatalogueImported:
    themes = _save_themes(file.themes)
    breaks = sync(
        SeriesBreak.objects.all(),
        {
            row.data.code: {
                "code": row.data.code,
                "first_periods": row.data.first_periods,
                "note": row.data.note_vi,
                "source": row.data.source,
            }
            for row in file.breaks
        },
        lambda row: row.code,
    )
    groups = _save_groups(file.groups)
    return CatalogueImported(
        themes=themes.counts(),
        breaks=breaks.counts(),
        groups=groups,
        indicators=_Writer(file).write(),
        aliases=_save_aliases(file.aliases),
    )


def _save_themes(rows: list[Row[ThemeRow]]) -> Synced[str, Theme]:
    wanted: dict[str, dict[str, Any]] = {}
    for order, row in enumerate(rows):
        data = row.data
        wanted[data.code] = {
            "code": data.code,
            "name": data.name_vi,
            "name_en": data.name_en,
            "agency": data.agency or "",
            "covers": data.covers,
            "order": order,
        }
        if data.household_review is not None:
            wanted[data.code]["household_review"] = data.household_review
    return sync(Theme.objects.all(), wanted, lambda theme: theme.code)


def _save_groups(rows: list[Row[GroupNameRow]]) -> Counts:
    there = codes_of(UnitGroup)
    new = [
        UnitGroup(code=row.data.code, name=row.data.name_vi, note=row.data.note_vi or row.data.note)
        for row in rows
        if row.data.code not in there
    ]
    UnitGroup.objects.bulk_create(new)
    return Counts(created=len(new), unchanged=len(rows) - len(new))


def _save_aliases(rows: list[Row[AliasRow]]) -> Counts:
    keys = dict(Indicator.objects.values_list("code", "pk"))
    wanted = {
        row.data.alias: {
            "alias": row.data.alias,
            "indicator_id": keys[row.data.use],
            "reason": row.data.reason,
        }
        for row in rows
    }
    return sync(IndicatorAlias.objects.all(), wanted, lambda row: row.alias).counts()


class _Writer:
    """Writes indicators, their terms and their breaks; history once per indicator, at the end."""

    def __init__(self, file: CatalogueFile) -> None:
        self.file = file
        self.themes = dict(Theme.objects.values_list("code", "pk"))
        self.groups = dict(UnitGroup.objects.values_list("code", "pk"))
        self.tiers = dict(Tier.objects.values_list("code", "pk"))
        self.breaks = dict(SeriesBreak.objects.values_list("code", "pk"))
        self.keys = dict(Indicator.objects.values_list("code", "pk"))

    def write(self) -> Counts:
        done = self._save_in_layers()
        rows = {done.rows[row.data.code].pk: row.data for row in self.file.indicators}
        touched = self._save_references(done)
        touched |= sync_parts(
            IndicatorTerm,
            "indicator_id",
            {pk: self._terms(data) for pk, data in rows.items()},
            "role",
            "order",
        )
        touched |= sync_links(
            Indicator.series_breaks.through,
            "indicator_id",
            "seriesbreak_id",
            {pk: {self.breaks[code] for code in data.series_breaks} for pk, data in rows.items()},
        )
        reason = f"Nhập từ {self.file.name}"[:100]
        record_history(done.created, created=True, reason=reason)
        record_history(done.touched(touched), created=False, reason=reason)
        return done.counts(touched)

    def _save_in_layers(self) -> Synced[str, Indicator]:
        """A weight or the subject of a condition has its key before the indicator that names it."""
        done: Synced[str, Indicator] = Synced({})
        waiting = dict(enumerate(row.data for row in self.file.indicators))
        while waiting:
            codes = {data.code for data in waiting.values()}
            layer = {
                order: data
                for order, data in waiting.items()
                if not codes & set(_named_first(data))
            }
            wanted = {data.code: self._attributes(order, data) for order, data in layer.items()}
            part = sync(Indicator.objects.all(), wanted, lambda row: row.code)
            done.rows |= part.rows
            done.created += part.created
            done.changed += part.changed
            self.keys |= {code: row.pk for code, row in part.rows.items()}
            waiting = {order: data for order, data in waiting.items() if order not in layer}
        return done

    def _save_references(self, done: Synced[str, Indicator]) -> set[int]:
        """References among indicators that may stay empty, once every indicator has its key."""
        touched = []
        for row in self.file.indicators:
            indicator = done.rows[row.data.code]
            wanted = {
                "of_which_id": self._key(row.data.of_which),
                "opening_indicator_id": self._key(row.data.opening_indicator),
            }
            if assign(indicator, wanted):
                touched.append(indicator)
        Indicator.objects.bulk_update(touched, ["of_which", "opening_indicator"])
        return {indicator.pk for indicator in touched}

    def _key(self, code: str | None) -> int | None:
        return self.keys[code] if code else None

    def _attributes(self, order: int, data: IndicatorRow) -> dict[str, Any]:
        return {
            **_plain_attributes(data),
            "order": order,
            "theme_id": self.themes[data.theme],
            "group_id": self.groups[data.group] if data.group else None,
            "weight_id": self._key(data.weight),
            "entered_at_id": self.tiers[data.entered_at] if data.entered_at else None,
            "entered_at_two_tier_id": (
                self.tiers[data.entered_at_two_tier] if data.entered_at_two_tier else None
            ),
            "condition_indicator_id": self._key(
                data.condition.indicator if data.condition else None
            ),
        }

    def _terms(self, data: IndicatorRow) -> list[dict[str, Any]]:
        """The parts, in the order in which stored ones are read: by role, then as written."""
        parts = {
            TermRole.DENOMINATOR: data.denominator or [],
            TermRole.NUMERATOR: data.numerator or [],
            TermRole.PREFILL: data.prefill.inputs if data.prefill else [],
        }
        return [
            {"role": role.value, "input_id": self.keys[code], "order": order}
            for role, codes in parts.items()
            for order, code in enumerate(codes)
        ]


def _named_first(data: IndicatorRow) -> list[str]:
    found = [data.weight, data.condition.indicator if data.condition else None]
    return [code for code in found if code]


def _plain_attributes(data: IndicatorRow) -> dict[str, Any]:
    """Columns that follow from the row alone."""
    condition, prefill = data.condition, data.prefill
    return {
        "code": data.code,
        "name": data.name_vi,
        "name_en": data.name_en,
        "kind": data.kind.value,
        "value_type": data.value_type.value,
        "unit_of_measure": data.unit,
        "decimals": data.decimals,
        "direction": data.direction.value,
        "measurement": data.stock_or_flow.value,
        "cadence": data.cadence.value,
        "agency": data.agency or "",
        "applies_to": data.applies_to.value,
        "hard_min": data.hard_min,
        "hard_max": data.hard_max,
        "soft_limits": as_json(data.soft.model_dump(exclude_none=True)) if data.soft else {},
        "source": data.source,
        "note": data.note_vi or data.note,
        "note_en": data.note,
        "assumed": data.assumed,
        "optional": data.optional,
        "aggregation": data.aggregation.value if data.aggregation else "",
        "form_sign": data.form_sign or "",
        "prefill_offset": prefill.period_offset if prefill else 0,
        "prefill_locked": prefill.locked if prefill else False,
        "scale": data.scale or Decimal(1),
        "condition_comparator": condition.comparator.value if condition else "",
        "condition_value": condition.value if condition else None,
        "counted": data.counted or "",
        "count_unit": data.count_unit or "",
    }
