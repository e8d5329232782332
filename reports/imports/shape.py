"""The shape of an annex in the file, part by part. Source: annexes.yaml header."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from povertyplan.lib.reading import (
    Code,
    Flag,
    Number,
    Record,
    Year,
)
from reports.enums import AnnexStatus

USABLE_WIDTH_MM = 257
"""A4 landscape, margins 20 and 20 mm. Source: annexes.yaml header, Decree 30/2020."""
EVERY_LINE = ""
"""The key under which a column that is the same on every line of a unit keeps its content."""
ROW_INDICATOR = "$row"

TEXTS = Literal["row_number", "unit_name", "row_label", "line_label", "note"]
MEASURES = Literal[
    "result", "plan", "rate", "change_points", "change_per_year", "cumulative", "pct_of_plan"
]
Step = str | int
Path_ = tuple[Step, ...]

# ------------------------------------------------------------------ the shape of the file


def _by_line(value: Any) -> Any:
    return value if isinstance(value, dict) or value is None else {EVERY_LINE: value}


def _period(value: Any) -> Any:
    """The period asked for, a neighbour of it, or a year."""
    words = ("year", "opening", "each_year", "plan_period")
    if value in words or re.fullmatch(r"(19|20|21)\d\d", str(value)):
        return str(value)
    raise ValueError(f"có “{value}”, cần một trong: {', '.join(words)}, hoặc một năm.")


Indicators = Annotated[dict[str, str], BeforeValidator(_by_line)]
Terms = Annotated[
    dict[str, Annotated[list[tuple[Number, str]], Field(min_length=1)]], BeforeValidator(_by_line)
]


class ColumnPart(Record):
    """A heading over other columns, or a leaf that says what its cells hold."""

    heading_vi: str
    columns: list[ColumnPart] | None = None
    for_each_year: Annotated[list[Year], Field(min_length=1)] | None = None
    id: str | None = None
    text: TEXTS | None = None
    indicator: Indicators | None = None
    terms: Terms | None = None
    formula: str | None = None
    measure: MEASURES | None = None
    plan_of: Literal["change_points", "change_per_year", "rate", "result", "cumulative"] | None = (
        None
    )
    period: Annotated[str, BeforeValidator(_period)] | None = None
    number_format: str | None = None
    width: Annotated[Number, Field(gt=0, le=USABLE_WIDTH_MM)] | None = None
    caption: str | None = None
    cited: str | None = None
    assumed: Flag = False
    basis: str | None = None
    note: str | None = None
    note_vi: str | None = None

    @property
    def contents(self) -> list[str]:
        """Which of the ways to fill a cell the column uses; a leaf has exactly one."""
        names = ("text", "indicator", "terms", "formula")
        return [name for name in names if getattr(self, name) is not None]


class LayoutPart(Record):
    variant: Literal["year", "period"]
    numbering: Literal["letters_for_text"] | None = None
    columns: Annotated[list[ColumnPart], Field(min_length=1)]


class GroupPart(Record):
    label_vi: str
    members: Literal["townships_and_wards", "communes"]


class LinePart(Record):
    label_vi: str
    suffix: str


class ItemPart(Record):
    label_vi: str
    number: str = ""
    indicator: str
    style: Literal["total", "memo"] | None = None
    cited: str | None = None
    assumed: Flag = False


class RowsPart(Record):
    """Which rows a table has, in which order, and where the total stands."""

    scope: Literal["communes_of_district", "group", "indicators", "units_below"]
    order: Literal["official"] | None = None
    groups: list[GroupPart] = []
    group: str | None = None
    unit: str | None = None
    items: list[ItemPart] = []
    lines: list[LinePart] = []
    total: Literal["top", "bottom"] | None = None
    total_label_vi: str | None = None
    assumed: Flag = False


class LeftPart(Record):
    title_vi: str
    hint_vi: str = ""


class RightPart(Record):
    place_date_vi: str
    lines_vi: list[str]
    hint_vi: str = ""


class SignaturePart(Record):
    left: LeftPart
    right: RightPart


class AnnexRow(Record):
    code: Code
    number: Annotated[str, Field(min_length=1, max_length=20)]
    subject: Annotated[str, Field(max_length=120)] | None = None
    subject_vi: str | None = None
    title_vi: Annotated[str, Field(min_length=1, max_length=300)]
    plan: str | None = None
    sections: list[str] = []
    status: AnnexStatus
    confidence: dict[str, str] = {}
    confidence_vi: str | None = None
    other_reading: str | None = None
    other_reading_vi: str | None = None
    requires_group: str | None = None
    unit_of_measure: str | None = None
    orientation: Literal["landscape", "portrait"] | None = None
    rows: RowsPart | None = None
    layouts: list[LayoutPart] = []
    notes_vi: list[str] = []
    note_vi: str | None = None
    signature: SignaturePart | None = None
