"""The official tables through the API: which can be had, and the workbook."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from tests.builders import Catalogue, Places
from tests.reports.api.client import Api, a_group, a_plan, a_table, faults

pytestmark = pytest.mark.django_db


def test_tables_of_a_unit_say_which_can_be_had(
    leader: Api, places: Places, catalogue: Catalogue
) -> None:
    plan = a_plan(places.district, catalogue.rate)
    a_table(plan)
    a_table(None, "bien-dong")
    a_table(plan, "04", status="undefined")

    found = leader.items("annexes/", unit="901", period="2024")
    of_plan = leader.items("annexes/", unit="901", period="2024", plan="kh-1")

    assert {row["code"]: row["available"] for row in found} == {
        "01": True,
        "bien-dong": True,
        "04": False,
    }
    assert {row["code"]: row for row in of_plan}.keys() == {"01", "04"}
    first = next(row for row in of_plan if row["code"] == "01")
    assert first == {
        "code": "01",
        "number": "01",
        "subject": "poor_households",
        "title": "Hộ nghèo theo xã",
        "plan": "kh-1",
        "available": True,
        "reason": "",
        "variants": ["year"],
        "workbook": "/api/v1/annexes/01/workbook/?unit=901&period=2024&plan=kh-1",
    }
    undefined = next(row for row in of_plan if row["code"] == "04")
    assert (undefined["reason"], undefined["workbook"]) == ("Thiếu mẫu", None)


def test_tables_of_the_catalogue_need_no_unit(
    officer: Api, places: Places, catalogue: Catalogue
) -> None:
    a_table(a_plan(places.district, catalogue.rate))
    a_table(None, "bien-dong")

    assert len(officer.items("annexes/", plan="", unit="", period="")) == 2
    (row,) = officer.items("annexes/", plan="kh-1")
    assert (row["code"], row["available"], row["workbook"]) == ("01", True, None)


def test_a_workbook_holds_the_figures_of_its_unit(
    leader: Api, places: Places, catalogue: Catalogue, reported: None
) -> None:
    a_table(a_plan(places.district, catalogue.rate))
    (row,) = leader.items("annexes/", unit="901", period="2024")

    response = leader.client.get(row["workbook"], headers={"Accept": "text/html"})

    assert response.status_code == 200
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert response["Content-Disposition"].startswith('attachment; filename="bieu-01-')
    sheet = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    cells = [[cell for cell in line if cell != ""] for line in sheet.to_python()]
    assert ["Tổng cộng (2/3)", 102.0, 91.0] in cells
    assert [2.0, "Một", 2.0, 1.0] in cells


@pytest.mark.parametrize(
    ("query", "status", "fault"),
    [
        ({}, 400, ("period", "required")),
        ({"unit": "901", "period": "2024", "plan": "khac"}, 404, ("", "not_found")),
        ({"unit": "99999", "period": "2024"}, 404, ("unit", "not_found")),
        ({"unit": "901", "period": "2024", "stage": "nháp"}, 400, ("stage", "invalid_choice")),
        ({"unit": "901", "period": "2024", "variant": "month"}, 400, ("", "invalid")),
        ({"unit": "group:x", "period": "2024"}, 404, ("unit", "not_found")),
        ({"unit": "901", "period": "2031"}, 404, ("", "not_found")),
    ],
)
def test_a_workbook_that_cannot_be_had_is_refused(
    leader: Api,
    places: Places,
    catalogue: Catalogue,
    query: dict[str, str],
    status: int,
    fault: tuple[str, str],
) -> None:
    a_table(a_plan(places.district, catalogue.rate))

    found, answer = leader.get("annexes/01/workbook/", **query)

    assert (found, faults(answer)[-1]) == (status, fault)


def test_tables_of_a_group_are_for_those_who_see_all_of_it(
    leader: Api, stranger: Api, places: Places, catalogue: Catalogue, reported: None
) -> None:
    a_table(a_plan(places.district, catalogue.rate))
    a_group([places.first, places.second], expected_size=3)

    (row,) = leader.items("annexes/", unit="group:xa_ngheo", period="2024")
    assert row["workbook"].startswith("/api/v1/annexes/01/workbook/?unit=group%3Axa_ngheo&")
    response = leader.client.get(row["workbook"])
    sheet = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    words = [cell for line in sheet.to_python() for cell in line if isinstance(cell, str)]
    assert any("Mới biết 2/3 đơn vị của nhóm" in text for text in words)

    for path in ("annexes/", "annexes/01/workbook/"):
        status, answer = stranger.get(path, unit="group:xa_ngheo", period="2024")
        assert (status, faults(answer)) == (404, [("unit", "not_found")])


def test_tables_of_a_neighbour_do_not_leak(
    stranger: Api, places: Places, catalogue: Catalogue
) -> None:
    a_table(None)

    for path in ("annexes/", "annexes/01/workbook/"):
        unknown = json.dumps(stranger.get(path, unit="99999", period="2024"))
        for foreign in ("90102", "901"):
            status, answer = stranger.get(path, unit=foreign, period="2024")
            assert (status, faults(answer)) == (404, [("unit", "not_found")])
            assert json.dumps([status, answer]).replace(foreign, "99999") == unknown
    assert stranger.get("annexes/", unit="90103")[0] == 400
