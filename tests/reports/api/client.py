"""The API as its users call it, and the few rows most of its tests need."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token

from communes.models import GroupMember, Official, Unit, UnitGroup
from indicators.models import Indicator
from plans.models import Plan, Target
from reports.models import Annex


@dataclass
class Api:
    """The API as one official calls it, with their token."""

    official: Official

    def __post_init__(self) -> None:
        token, _created = Token.objects.get_or_create(user=self.official)
        self.client = Client(headers={"Authorization": f"Token {token.key}"})

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        response = self.client.get(f"/api/v1/{path}", query)
        return response.status_code, response.json()

    def post(self, *items: dict[str, Any]) -> tuple[int, Any]:
        return self.send(json.dumps({"results": items}))

    def send(self, body: str | bytes, path: str = "results/") -> tuple[int, Any]:
        response = self.client.post(f"/api/v1/{path}", body, content_type="application/json")
        return response.status_code, response.json()

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        status, answer = self.get(path, **query)
        assert status == 200, answer
        found: list[dict[str, Any]] = answer["results"]
        assert answer["count"] >= len(found)
        return found


def item(indicator: str, value: Any, unit: str = "90102", **more: Any) -> dict[str, Any]:
    return {"unit": unit, "indicator": indicator, "period": "2024", "value": value} | more


def faults(answer: Any) -> list[tuple[str, str]]:
    """(where, code) of each refusal; each says in words what is wrong."""
    assert set(answer) == {"errors"}
    assert all(fault["message"] for fault in answer["errors"])
    return [(fault["where"], fault["code"]) for fault in answer["errors"]]


def queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def a_plan(unit: Unit, indicator: Indicator) -> Plan:
    parent = Plan.objects.create(
        code="de-an", kind="Đề án", title="Đề án", issuer="Tỉnh", level="province", status="cited"
    )
    plan = Plan.objects.create(
        code="kh-1",
        order=1,
        kind="Kế hoạch",
        number="1/KH-UBND",
        title="Giảm nghèo",
        issuer="UBND huyện",
        level="district",
        year_from=2021,
        year_to=2025,
        parent=parent,
        unit=unit,
        status="seed",
    )
    Target.objects.create(
        code="kh-1-01",
        plan=plan,
        section="II.2",
        unit=unit,
        scope="district",
        theme="poverty",
        indicator=indicator,
        label="Tỷ lệ hộ nghèo",
        kind="level",
        comparator="<=",
        value=Decimal("10.50"),
        unit_of_measure="%",
        year_from=2025,
        year_to=2025,
        direction="lower_is_better",
    )
    return plan


def a_table(plan: Plan | None, code: str = "01", **definition: Any) -> Annex:
    """Name and poor households of each commune of a district, with the total."""
    columns = [
        {"id": "stt", "heading_vi": "STT", "text": "row_number", "width": 8},
        {"id": "unit", "heading_vi": "Xã", "text": "unit_name", "width": 30},
        *(
            {
                "id": indicator,
                "heading_vi": heading,
                "indicator": indicator,
                "measure": "result",
                "period": "year",
                "number_format": "#,##0",
                "width": 20,
            }
            for indicator, heading in (("households", "Tổng số hộ"), ("poor", "Hộ nghèo"))
        ),
    ]
    layout = {
        "status": "usable",
        "code": code,
        "number": code,
        "title_vi": "Hộ nghèo theo xã",
        "unit_of_measure": "ĐVT: hộ",
        "rows": {"scope": "communes_of_district", "total": "top", "total_label_vi": "Tổng cộng"},
        "layouts": [{"variant": "year", "columns": columns}],
        "signature": {
            "left": {"title_vi": "Người lập biểu", "hint_vi": "(Ký)"},
            "right": {"lines_vi": ["CHỦ TỊCH"], "hint_vi": "(Ký)", "place_date_vi": "…, ngày …"},
        },
    }
    return Annex.objects.create(
        code=code,
        number=code,
        subject="poor_households",
        title="Hộ nghèo theo xã",
        plan=plan,
        status="usable",
        definition=layout | definition,
    )


def a_group(members: list[Unit], expected_size: int) -> UnitGroup:
    group = UnitGroup.objects.create(code="xa_ngheo", name="Xã nghèo", expected_size=expected_size)
    for unit in members:
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    return group
