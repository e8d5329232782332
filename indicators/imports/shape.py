"""The shape of the catalogue file, row by row. Source: indicators.yaml header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from indicators.enums import (
    Aggregation,
    AppliesTo,
    Cadence,
    Comparator,
    Direction,
    IndicatorKind,
    Measurement,
    ValueType,
)
from povertyplan.lib.reading import (
    Code,
    Codes,
    Flag,
    LongCode,
    Number,
    Record,
    Row,
    Whole,
    YamlFile,
    Year,
    read_yaml,
)


class ThemeRow(Record):
    code: Annotated[Code, Field(max_length=40)]
    name_vi: Annotated[str, Field(min_length=1, max_length=120)]
    name_en: Annotated[str, Field(max_length=120)] = ""
    agency: Annotated[str, Field(max_length=60)] | None = None
    covers: list[str] = []
    household_review: Flag | None = None


class BreakRow(Record):
    code: Code
    first_periods: Annotated[list[Year], Field(min_length=1)]
    note_vi: str = ""
    source: Annotated[str, Field(max_length=300)] = ""


class GroupNameRow(Record):
    """A group that indicators or scopes need. Who belongs to it is another file's matter."""

    code: Code
    name_vi: Annotated[str, Field(min_length=1, max_length=200)]
    members: str = ""
    note: str = ""
    note_vi: str = ""


class PrefillPart(Record):
    """A proposed value: that of an indicator in another year, or a sum of this year's."""

    indicator: LongCode | None = None
    period_offset: Annotated[Whole, Field(ge=-10, le=0)] = 0
    sum_of: Codes | None = None
    locked: Flag = False

    @property
    def inputs(self) -> list[str]:
        return self.sum_of or ([self.indicator] if self.indicator else [])


class ConditionPart(Record):
    indicator: LongCode
    comparator: Comparator
    value: Number


class SoftPart(Record):
    """When a value is asked about instead of taken."""

    change_pct: Annotated[Number, Field(gt=0)] | None = None
    change_points: Annotated[Number, Field(gt=0)] | None = None
    change_min_abs: Annotated[Number, Field(ge=0)] | None = None
    min: Number | None = None
    max: Number | None = None


class IndicatorRow(Record):
    code: LongCode
    name_vi: Annotated[str, Field(min_length=1, max_length=200)]
    name_en: Annotated[str, Field(max_length=200)] = ""
    theme: str
    kind: IndicatorKind
    value_type: ValueType
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    decimals: Annotated[Whole, Field(ge=0, le=6)]
    direction: Direction
    stock_or_flow: Measurement
    cadence: Cadence
    agency: Annotated[str, Field(max_length=60)] | None = None
    applies_to: AppliesTo
    group: str | None = None
    hard_min: Number | None = None
    hard_max: Number | None = None
    soft: SoftPart | None = None
    series_breaks: list[str] = []
    opening_indicator: LongCode | None = None
    source: Annotated[str, Field(max_length=400)] = ""
    note: str = ""
    note_vi: str = ""
    assumed: Flag = False
    optional: Flag = False
    # inputs
    aggregation: Aggregation | None = None
    weight: LongCode | None = None
    entered_at: str | None = None
    entered_at_two_tier: str | None = None
    form_sign: Literal["+", "-", "="] | None = None
    of_which: LongCode | None = None
    prefill: PrefillPart | None = None
    # ratios and shares
    numerator: Codes | None = None
    denominator: Codes | None = None
    scale: Annotated[Number, Field(gt=0)] | None = None
    condition: ConditionPart | None = None
    counted: Annotated[str, Field(max_length=40)] | None = None
    count_unit: Annotated[str, Field(max_length=40)] | None = None


class AliasRow(Record):
    alias: LongCode
    use: LongCode
    reason: Annotated[str, Field(max_length=200)] = ""


NEEDED = {
    IndicatorKind.INPUT: ("aggregation", "entered_at"),
    IndicatorKind.RATIO: ("numerator", "denominator", "scale"),
    IndicatorKind.SHARE_OF_UNITS: ("condition", "scale"),
}
"""Fields that an indicator of the kind cannot do without."""

OUT_OF_PLACE = {
    IndicatorKind.INPUT: ("numerator", "denominator", "scale", "condition"),
    IndicatorKind.RATIO: (
        "aggregation",
        "weight",
        "entered_at",
        "entered_at_two_tier",
        "prefill",
        "of_which",
        "condition",
    ),
    IndicatorKind.SHARE_OF_UNITS: (
        "aggregation",
        "weight",
        "entered_at",
        "entered_at_two_tier",
        "prefill",
        "of_which",
        "numerator",
        "denominator",
    ),
}
"""Fields that say nothing about an indicator of the kind, so that their being there is a slip."""

NOTES = ("splits", "keep_apart", "not_computable", "computable_with_caveat")
"""Sections that speak to people; nothing of them is stored."""


@dataclass
class CatalogueFile:
    themes: list[Row[ThemeRow]]
    breaks: list[Row[BreakRow]]
    groups: list[Row[GroupNameRow]]
    indicators: list[Row[IndicatorRow]]
    aliases: list[Row[AliasRow]]
    name: str

    @classmethod
    def read(cls, given: Path | str) -> CatalogueFile:
        file: YamlFile = read_yaml(given)
        file.allow_only("themes", "series_breaks", "unit_groups", "indicators", "aliases", *NOTES)
        found = cls(
            themes=file.rows("themes", ThemeRow, required=False),
            breaks=file.rows("series_breaks", BreakRow, required=False),
            groups=file.rows("unit_groups", GroupNameRow, required=False),
            indicators=file.rows("indicators", IndicatorRow),
            aliases=file.rows("aliases", AliasRow, required=False),
            name=file.source.name,
        )
        file.refuse_if_bad()
        return found
