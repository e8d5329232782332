"""What stands on one line agrees, where a place is more than the units that have a row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from communes.models import Unit
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan
from reports.annexes.build import build_table
from reports.annexes.table import Table
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured, shown
from tests.reports.test_annex_build import column, formula_of

Y2023 = Period(2023)
SUMS = ("relapsed", "escaped", "households", "poor")


@pytest.fixture
def measured(db: None) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def plan(places: Places) -> Plan:
    return annex_forms.plan(places.district)


@pytest.fixture
def form(plan: Plan) -> Annex:
    """Figures of the year before, of the units that there are today."""
    columns = [
        *annex_forms.NAMES,
        *(shown(code, period=2023) for code in SUMS),
        shown("net", terms=[[1, "relapsed"], [-2, "escaped"]], period=2023),
        shown("not_poor", formula="households - poor"),
        shown("share", formula="poor / households * 100"),
    ]
    return annex_forms.annex(plan, layouts=[{"variant": "year", "columns": columns}])


def entered(measured: Measured, unit: Unit, **more: str | None) -> None:
    """1 back, 8 out, 13 poor of 100, unless `more` says something else; None: does not apply."""
    values = {"relapsed": "1", "escaped": "8", "households": "100", "poor": "13", **more}
    told(unit, {getattr(measured, name): value for name, value in values.items()}, Y2023)


def gone(places: Places, measured: Measured, **more: str) -> Unit:
    """A commune that went at the end of the year, and whose figures nobody took over."""
    unit = builders.unit("90109", "Xã Tan", "commune", places.district, valid_to=date(2023, 12, 31))
    entered(measured, unit, **{"relapsed": "3", "escaped": "5", "households": "50", **more})
    return unit


def made(form: Annex, unit: Unit) -> Table:
    drain()
    return build_table(form, unit, Y2024, "provisional", "year")


def test_terms_of_the_total_are_of_what_stands_beside_them(
    places: Places, measured: Measured, form: Annex
) -> None:
    gone(places, measured)
    for unit in places.communes:
        entered(measured, unit)

    table = made(form, places.district)

    assert column(table, "relapsed") == [6, 1, 1, 1]
    assert column(table, "escaped") == [29, 8, 8, 8]
    assert column(table, "net") == [6 - 2 * 29, -15, -15, -15]
    assert any(
        words.startswith("Cột (3), (4), (5), (6), (7): dòng tổng là số tổng hợp của cả địa bàn")
        for words in table.remarks
    )


def test_formulas_of_the_total_are_of_what_stands_beside_them(
    places: Places, measured: Measured, form: Annex
) -> None:
    gone(places, measured)
    for unit in places.communes:
        entered(measured, unit)

    table = made(form, places.district)

    assert column(table, "households")[0] == 350
    assert column(table, "poor")[0] == 52
    assert column(table, "not_poor") == [298, 87, 87, 87]
    assert column(table, "share")[0] == Decimal(52) / 350 * 100
    assert formula_of(table, 0, "not_poor") == "households-poor"


def test_units_that_differ_in_what_they_told_are_compared_like_with_like(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Then only those that told all of it count, and the one that went is of no help."""
    gone(places, measured)
    entered(measured, places.first)
    entered(measured, places.second)
    told(places.town, {measured.relapsed: "9", measured.households: "900"}, Y2023)

    table = made(form, places.district)

    assert column(table, "net") == [-30, "…", -15, -15]
    assert column(table, "not_poor") == [174, "…", 87, 87]


def test_what_does_not_apply_is_no_difference_to_terms(
    places: Places, measured: Measured, form: Annex
) -> None:
    gone(places, measured)
    entered(measured, places.first)
    entered(measured, places.second)
    entered(measured, places.town, relapsed=None)

    table = made(form, places.district)

    assert column(table, "relapsed") == [5, "–", 1, 1]
    assert column(table, "net") == [5 - 2 * 29, -16, -15, -15]


def test_commune_speaks_for_villages_that_told_nothing(
    places: Places, measured: Measured, plan: Plan
) -> None:
    """It typed the figures itself; the total row has them all, and what follows from them."""
    rows = {**annex_forms.definition()["rows"], "scope": "units_below"}
    form = annex_forms.annex(plan, rows=rows)
    villages = [
        builders.unit(f"9010210{place}", f"Thôn {place}", "village", places.first)
        for place in (1, 2)
    ]
    told(places.first, measured.values("20", "98", "13", "8", relapsed="1", households="100"))

    table = made(form, places.first)

    assert len(table.rows) == 1 + len(villages)
    assert column(table, "relapsed")[0] == 1
    assert column(table, "net") == [-7, "–", "–"]
    assert column(table, "not_poor") == [87, "–", "–"]


def test_subtotal_is_the_district_with_what_went(
    places: Places, measured: Measured, form: Annex
) -> None:
    gone(places, measured)
    for unit in places.communes:
        entered(measured, unit)

    table = made(form, places.province)

    assert column(table, "net")[:2] == [-52, -52]
    assert column(table, "not_poor")[:2] == [298, 298]
