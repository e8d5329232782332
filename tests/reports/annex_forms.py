"""A small official table with every kind of column, and a district that fills it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from communes.models import Unit
from indicators.models import Indicator
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.models import Milestone, Plan
from reports.models import Annex
from tests import builders

SIGNATURE = {
    "left": {"title_vi": "NGƯỜI LẬP BIỂU", "hint_vi": "(Ký, ghi rõ họ tên)"},
    "right": {
        "place_date_vi": "Bắc Hà, ngày … tháng … năm …",
        "lines_vi": ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
        "hint_vi": "(Ký tên, đóng dấu)",
    },
}


def shown(leaf_id: str, **more: object) -> dict[str, Any]:
    """A column of one indicator's result in the year, unless `more` says something else."""
    column: dict[str, Any] = {
        "id": leaf_id,
        "heading_vi": leaf_id,
        "measure": "result",
        "period": "year",
        "number_format": "#,##0",
        "width": 14,
    }
    if "terms" not in more and "formula" not in more:
        column["indicator"] = leaf_id
    return {**column, **more}


def text(leaf_id: str, kind: str, width: int = 30) -> dict[str, Any]:
    return {"id": leaf_id, "heading_vi": leaf_id, "text": kind, "width": width}


def rate(leaf_id: str, **more: object) -> dict[str, Any]:
    return shown(leaf_id, **{"measure": "rate", "number_format": "#,##0.00", **more})


def over_plan(leaf_id: str, indicator: str, measure: str, **more: object) -> dict[str, Any]:
    """A column over all years of the plan."""
    return rate(leaf_id, indicator=indicator, measure=measure, period="plan_period", **more)


NAMES = [text("stt", "row_number", 8), text("unit", "unit_name")]

YEAR = {
    "variant": "year",
    "columns": [
        *NAMES,
        {
            "heading_vi": "Đầu kỳ",
            "columns": [
                shown("open_households"),
                shown("opening"),
                rate("open_rate", caption="=4/3"),
            ],
        },
        shown("escaped"),
        shown("net", terms=[[1, "relapsed"], [-1, "escaped"]]),
        shown("households"),
        shown("poor", caption="=4-6+10"),
        shown("relapsed"),
        rate("rate", caption="=9/8"),
        rate("cut_plan", indicator="rate", measure="plan", plan_of="change_points"),
        rate("cut", indicator="rate", measure="change_points", caption="=5-11"),
        shown("not_poor", formula="households - poor"),
        text("note", "note", 22),
    ],
}
PERIOD = {
    "variant": "period",
    "columns": [
        *NAMES,
        {
            "heading_vi": "Cuối năm {year}",
            "for_each_year": [2023, 2024, 2025],
            "columns": [
                shown("poor_{year}", indicator="poor", period="each_year"),
                rate("rate_{year}", indicator="rate", period="each_year"),
                shown("escaped_{year}", indicator="escaped", period="each_year"),
            ],
        },
        over_plan("escaped_plan", "escaped", "plan"),
        over_plan("escaped_sum", "escaped", "cumulative"),
        over_plan("escaped_pct", "escaped", "pct_of_plan"),
        over_plan("cut_plan", "rate", "plan", plan_of="change_per_year"),
        over_plan("cut", "rate", "change_per_year"),
    ],
}


def definition(**more: object) -> dict[str, Any]:
    """A layout of its own: a test that changes it leaves the next one's alone."""
    layout = {
        "code": "thu",
        "number": "01",
        "title_vi": "Hộ nghèo theo xã",
        "status": "usable",
        "sections": ["II.2"],
        "unit_of_measure": "ĐVT: hộ, %",
        "rows": {
            "scope": "communes_of_district",
            "order": "official",
            "groups": [],
            "total": "top",
            "total_label_vi": "Tổng cộng",
        },
        "layouts": [YEAR, PERIOD],
        "notes_vi": ["Tỷ lệ ở dòng tổng tính lại từ tổng."],
        "signature": SIGNATURE,
        **more,
    }
    return deepcopy(layout)


@dataclass
class Measured:
    """The indicators of the table."""

    households: Indicator
    open_households: Indicator
    opening: Indicator
    escaped: Indicator
    relapsed: Indicator
    poor: Indicator
    rate: Indicator
    open_rate: Indicator

    def values(
        self, start: str, base: str, poor: str | None = None, escaped: str | None = "0", **more: str
    ) -> dict[Indicator, str | None]:
        """What one unit reports: poor at the start of base; and, where given, poor at the end."""
        told: dict[Indicator, str | None] = {self.opening: start, self.open_households: base}
        if poor is not None:
            households = more.get("households", base)
            told |= {self.poor: poor, self.households: households, self.escaped: escaped}
            told[self.relapsed] = more.get("relapsed", "0")
        return told


def measured() -> Measured:
    made = builders.catalogue()
    open_households = builders.count("open_households", "Tổng số hộ đầu kỳ", 7)
    open_rate = builders.ratio("open_rate", "Tỷ lệ đầu kỳ", 8, [made.opening], [open_households])
    made.rate.opening_indicator = open_rate
    made.rate.save()
    return Measured(
        made.households,
        open_households,
        made.opening,
        made.escaped,
        made.relapsed,
        made.poor,
        made.rate,
        open_rate,
    )


def plan(unit: Unit | None = None, **more: object) -> Plan:
    return Plan.objects.create(
        **{
            "code": "ke-hoach",
            "kind": "Kế hoạch",
            "title": "Giảm nghèo",
            "issuer": "UBND huyện Thử Nghiệm",
            "level": "district",
            "issued_on": "2021-02",
            "year_from": 2023,
            "year_to": 2025,
            "unit": unit,
            "status": "seed",
            **more,
        }
    )


def annex(of: Plan | None, **more: object) -> Annex:
    content = definition(**more)
    return Annex.objects.create(
        code=str(content["code"]),
        number=str(content["number"]),
        title=str(content["title_vi"]),
        plan=of,
        status=str(content["status"]),
        definition=content,
    )


def milestone(of: Plan, unit: Unit, indicator: Indicator, year: int, value: str, cut: bool) -> None:
    Milestone.objects.create(
        plan=of,
        unit=unit,
        indicator=indicator,
        period=Period(year).code,
        measure=PlannedMeasure.CHANGE_POINTS if cut else PlannedMeasure.VALUE,
        value=Decimal(value),
    )
