"""What a table says of its line of totals, so that no two sums are compared that cannot be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.models import GroupMember, Unit, UnitGroup
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import drain
from plans.enums import TargetKind
from plans.models import Amendment, Plan, Target
from reports.annexes.build import build_table
from reports.annexes.lines import Area
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured

YEAR_PLAN: dict[str, Any] = {
    "variant": "year",
    "columns": [
        *annex_forms.NAMES,
        annex_forms.shown("escaped"),
        annex_forms.shown("escaped_plan", indicator="escaped", measure="plan"),
    ],
}


@pytest.fixture
def measured(db: None) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def plan(places: Places) -> Plan:
    return annex_forms.plan(places.district, number="17/KH-UBND")


@pytest.fixture
def form(plan: Plan) -> Annex:
    return annex_forms.annex(plan)


def remarks(form: Annex, unit: Unit, variant: str = "year") -> list[str]:
    drain()
    return list(build_table(form, unit, Y2024, "provisional", variant).remarks)


def of_total(form: Annex, unit: Unit, variant: str = "year") -> list[str]:
    return [words for words in remarks(form, unit, variant) if words.startswith("Dòng tổng")]


def of_plan(form: Annex, unit: Unit) -> list[str]:
    return [words for words in remarks(form, unit) if words.startswith("Không giao số riêng")]


# -- sums of different units ------------------------------------------------------------------


def test_sums_of_different_units_say_how_many_each(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Openings are known of three communes, what was reported of one."""
    told(places.first, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    told(places.second, measured.values("5", "50"))
    told(places.town, measured.values("7", "70"))

    (note,) = of_total(form, places.district)
    assert note == (
        "Dòng tổng tính từ số của các đơn vị đã có số liệu: cột (3)–(5) của 3/3 đơn vị; "
        "cột (6)–(11) của 1/3 đơn vị."
    )


def test_sums_of_the_same_units_say_nothing(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Neither where all have told, nor where the same lack everywhere: the name counts those."""
    for unit in (places.first, places.second):
        told(unit, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    assert of_total(form, places.district) == []
    told(places.town, measured.values("7", "70", "5", "3", relapsed="1", households="70"))
    assert of_total(form, places.district) == []


def test_what_does_not_apply_to_a_unit_is_no_gap(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Those who have something to say have all said it."""
    for unit in (places.first, places.second, places.town):
        told(unit, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    told(places.town, {measured.relapsed: None, measured.escaped: None})

    assert of_total(form, places.district) == []


def test_years_of_a_plan_are_not_of_the_same_units(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Columns of years to come are no sums yet."""
    for unit in (places.first, places.second, places.town):
        told(unit, {measured.poor: "20", measured.escaped: "2"}, Period(2023))
    told(places.first, {measured.poor: "13", measured.escaped: "8"})

    (note,) = of_total(form, places.district, "period")
    assert note.endswith(": cột (3), (5) của 3/3 đơn vị; cột (6), (8) của 1/3 đơn vị.")


def test_units_are_counted_and_not_the_rows_they_are_put_together_in(
    places: Places, measured: Measured, plan: Plan
) -> None:
    """Of a province by districts: each row is of several communes."""
    other = builders.unit("902", "Huyện Hai", "district", places.province)
    more = [builders.unit(f"9020{n}", f"Xã {n}", "commune", other) for n in range(2)]
    for unit in (places.first, places.second, places.town, more[0]):
        told(unit, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    told(more[1], measured.values("5", "50"))
    by_district = annex_forms.annex(
        plan, rows={**annex_forms.definition()["rows"], "scope": "units_below"}
    )

    (note,) = of_total(by_district, places.province)
    assert note.endswith(": cột (3)–(5) của 5/5 đơn vị; cột (6)–(11) của 4/5 đơn vị.")


# -- a plan without a figure for the year ----------------------------------------------------


@pytest.fixture
def yearly(plan: Plan) -> Annex:
    return annex_forms.annex(plan, layouts=[YEAR_PLAN])


def promised(plan: Plan, unit: Unit, of: Indicator, level: str = "91.6", **more: object) -> Target:
    """A level by 2025 that the plan promises of the unit."""
    return Target.objects.create(
        **{
            "code": f"ct-{Target.objects.count()}",
            "plan": plan,
            "section": "II",
            "unit": unit,
            "scope": "all",
            "theme": "poverty",
            "indicator": of,
            "label": "Chỉ tiêu",
            "kind": TargetKind.LEVEL,
            "comparator": ">",
            "value": Decimal(level),
            "unit_of_measure": "hộ",
            "year_from": 2025,
            "year_to": 2025,
            "direction": "up_good",
            **more,
        }
    )


def test_column_without_a_plan_for_the_year_says_what_is_promised_by_the_end(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    promised(plan, places.district, measured.escaped)

    (note,) = of_plan(yearly, places.district)
    assert note == (
        "Không giao số riêng cho năm 2024; chỉ tiêu: cột (4) đến hết năm 2025 là > 91,6 hộ."
    )
    assert of_plan(yearly, places.first) == []


def test_what_is_promised_of_all_years_together_names_them(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    cumulative = {"kind": TargetKind.CUMULATIVE, "year_from": 2023}
    promised(plan, places.district, measured.escaped, "300", **cumulative)

    (note,) = of_plan(yearly, places.district)
    assert "cột (4) cả giai đoạn 2023-2025 là > 300 hộ." in note


def test_plan_of_the_year_needs_no_other(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    promised(plan, places.district, measured.escaped)
    annex_forms.milestone(plan, places.district, measured.escaped, 2024, "8", cut=False)

    assert of_plan(yearly, places.district) == []


def test_promise_is_told_as_it_stands_in_the_year(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    """A decision of the year counts, one of the year after does not."""
    made = promised(plan, places.district, measured.escaped)
    for day, value in ((date(2024, 6, 1), "95"), (date(2025, 1, 1), "99")):
        Amendment.objects.create(
            target=made,
            in_force_from=day,
            decision_number="1/QĐ-UBND",
            decided_on=day,
            reason="Điều chỉnh",
            comparator=">",
            value=Decimal(value),
            year_to=2025,
        )

    (note,) = of_plan(yearly, places.district)
    assert note.endswith(" là > 95 hộ.")


def test_amendment_changes_the_years_of_a_promise_too(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    made = promised(plan, places.district, measured.escaped)

    amended(made, 2027)
    (note,) = of_plan(yearly, places.district)
    assert "đến hết năm 2027 là > 95 hộ" in note
    amended(made, 2023)
    assert of_plan(yearly, places.district) == []
    Target.objects.update(year_from=2023, year_to=2023)
    amended(made, 2025)
    assert "đến hết năm 2025" in of_plan(yearly, places.district)[0]


def amended(target: Target, until: int) -> None:
    target.amendments.all().delete()
    Amendment.objects.create(
        target=target,
        in_force_from=date(2024, 6, 1),
        decision_number="1/QĐ-UBND",
        decided_on=date(2024, 6, 1),
        reason="Điều chỉnh",
        comparator=">",
        value=Decimal(95),
        year_to=until,
    )


def test_range_for_the_very_year_is_told_as_that(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    """No single figure can stand in the column."""
    of_year = {"year_from": 2024, "year_to": 2024, "comparator": "range", "value": None}
    promised(plan, places.district, measured.escaped, value_min=3, value_max=5, **of_year)

    assert of_plan(yearly, places.district) == []
    told_of = [words for words in remarks(yearly, places.district) if "3–5" in words]
    assert told_of == ["Chỉ tiêu năm 2024: cột (4) là 3–5 hộ."]


def test_promise_of_the_district_is_not_of_a_list_of_communes(
    places: Places, measured: Measured, plan: Plan
) -> None:
    """Nor is one that speaks of some units only."""
    group = UnitGroup.objects.create(code="nhom", name="Nhóm khó khăn", expected_size=1)
    GroupMember.objects.create(group=group, unit=places.first)
    rows = {**annex_forms.definition()["rows"], "scope": "group", "group": "nhom"}
    of_group = annex_forms.annex(plan, rows=rows, layouts=[YEAR_PLAN])
    made = promised(plan, places.district, measured.escaped)
    assert of_plan(of_group, places.district) == []

    whole = annex_forms.annex(plan, code="ca-huyen", layouts=[YEAR_PLAN])
    assert of_plan(whole, places.district)
    made.applies_to = "communes"
    made.save()
    assert of_plan(whole, places.district) == []


def test_what_is_promised_of_each_commune_or_is_over_is_not_the_districts(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    promised(plan, places.district, measured.escaped, each_unit=True)
    promised(plan, places.district, measured.escaped, year_from=2022, year_to=2023)
    promised(plan, places.district, measured.escaped, kind=TargetKind.RESULT, result_shape="level")

    assert of_plan(yearly, places.district) == []


def test_own_plan_and_nearer_year_come_first(
    places: Places, measured: Measured, plan: Plan, yearly: Annex
) -> None:
    later = annex_forms.plan(places.district, code="sau", number="99/KH-UBND", order=9)
    promised(later, places.district, measured.escaped, "1")
    promised(plan, places.district, measured.escaped, "2", year_from=2026, year_to=2026)
    promised(plan, places.district, measured.escaped, "3")

    (note,) = of_plan(yearly, places.district)
    assert note.endswith("đến hết năm 2025 là > 3 hộ.")
    plan.targets.all().delete()
    (note,) = of_plan(yearly, places.district)
    assert note.endswith("đến hết năm 2025 của Kế hoạch số 99/KH-UBND là > 1 hộ.")


def test_promises_take_one_query_however_many_columns(
    places: Places, measured: Measured, plan: Plan
) -> None:
    wide = {
        **YEAR_PLAN,
        "columns": [
            *YEAR_PLAN["columns"],
            *(
                annex_forms.shown(f"{code}_plan", indicator=code, measure="plan")
                for code in ("relapsed", "households", "poor")
            ),
        ],
    }
    costs = []
    for layout, code in ((YEAR_PLAN, "mot"), (wide, "nhieu")):
        made = annex_forms.annex(plan, code=code, layouts=[layout])
        of_plan(made, places.district)
        with CaptureQueriesContext(connection) as found:
            build_table(made, places.district, Y2024, "provisional")
        costs.append(sum('FROM "plans_target"' in row["sql"] for row in found))
    assert costs[0] == costs[1]


# -- a group's own plan -----------------------------------------------------------------------


@pytest.fixture
def hard(places: Places) -> UnitGroup:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm khó khăn", expected_size=2)
    for unit in (places.first, places.second):
        GroupMember.objects.create(group=group, unit=unit)
    return group


def cut_of_group(plan: Plan, group: UnitGroup, measured: Measured) -> Target:
    yearly = {"kind": TargetKind.CHANGE_PER_YEAR, "year_from": 2024, "year_to": 2024}
    return promised(plan, group.members.first().unit, measured.rate, "9", group=group, **yearly)


def planned_cuts(form: Annex, area: Area) -> list[str]:
    made = build_table(form, area, Y2024, "provisional")
    place = next(i for i, leaf in enumerate(made.layout.leaves) if leaf.id == "cut_plan")
    return [row.cells[place].printed(0) for row in made.rows]


def test_what_is_promised_of_a_group_stands_in_its_total(
    places: Places, measured: Measured, plan: Plan, form: Annex, hard: UnitGroup
) -> None:
    """Of the group as a whole, not of each of its communes. Source: KH 220."""
    made = cut_of_group(plan, hard, measured)

    assert planned_cuts(form, hard) == ["9", "–", "–"]
    assert planned_cuts(form, places.district) == ["–"] * 4
    made.each_unit = True
    made.save()
    assert planned_cuts(form, hard) == ["–"] * 3


def test_list_of_a_group_has_its_plan_only_where_all_of_it_is_listed(
    places: Places, measured: Measured, plan: Plan, hard: UnitGroup
) -> None:
    rows = {**annex_forms.definition()["rows"], "scope": "group", "group": "nhom"}
    listed = annex_forms.annex(plan, rows=rows)
    cut_of_group(plan, hard, measured)

    assert planned_cuts(listed, places.district) == ["9", "–", "–"]
    other = builders.unit("902", "Huyện Hai", "district", places.province)
    away = builders.unit("90201", "Xã Xa", "commune", other)
    GroupMember.objects.create(group=hard, unit=away)
    assert planned_cuts(listed, places.district) == ["–", "–", "–"]
