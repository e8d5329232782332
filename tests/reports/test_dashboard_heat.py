"""Units by promises: verdicts as tint, icon and word, ranks, gaps, coverage. Source: mock 03."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from gzip import compress

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Official, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure
from indicators.models import Indicator
from indicators.periods import Period
from plans.assessment import Assessment, assess_grid, assess_pairs
from plans.models import Milestone, Plan, Target
from povertyplan.lib.long_tables import FIRST
from reports.dashboards.board import Asked, Board, board
from reports.dashboards.heat_cells import SMALL_BASE, is_small
from reports.dashboards.heat_columns import MOST
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled, official
from tests.plans.promises import a_plan, a_target, milestone, reported

pytestmark = pytest.mark.django_db

D = Decimal
STAGE = Stage.PROVISIONAL


@pytest.fixture
def leader(places: Places) -> Official:
    return official("lanh.dao", places.province, Role.LEADER)


@pytest.fixture
def plan(places: Places, catalogue: Catalogue) -> Plan:
    """Poor households given to each commune, and a rate that each is to keep.

    90102: 60 for 50 (20 % behind); 90103: 66 for 60 (10 %, at risk); the township: none told.
    """
    made = a_plan(places.district)
    a_target(made, catalogue.poor, "level", "100", code="ho", label="Hộ nghèo")
    a_target(
        made,
        catalogue.rate,
        "level",
        "10",
        code="ty-le",
        label="Tỷ lệ",
        unit_of_measure="%",
        year_to=2024,
    )
    for unit, planned in zip(places.communes, ("50", "60", "70"), strict=True):
        milestone(made, unit, catalogue.poor, 2024, planned)
        milestone(made, unit, catalogue.poor, 2025, "30")
    reported(2020, {place: {catalogue.poor: "100"} for place in places.communes})
    reported(
        2024,
        {
            places.first: {catalogue.poor: "60", catalogue.households: "1200"},
            places.second: {catalogue.poor: "66", catalogue.households: "20"},
        },
    )
    return made


def shown(unit: Unit, by: Official, table: str = "", sort: str = "") -> Board:
    return board(unit, Y2024, Asked(STAGE, table, sort), by=by)


def names(found: Board) -> list[str]:
    assert found.heat is not None
    return [row.unit.code for row in found.heat.rows]


def row_of(found: Board, unit: Unit) -> str:
    assert found.heat is not None
    return next(row.html for row in found.heat.rows if row.unit == unit)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


# -- one cell --------------------


def test_cell_tells_its_verdict_as_word_and_tint(
    places: Places, plan: Plan, leader: Official
) -> None:
    found = shown(places.district, leader)

    assert 'class="h s-late"' in row_of(found, places.first)
    assert ">60<i> Chậm</i></a>" in row_of(found, places.first)
    assert ">66<i> Nguy cơ</i></a>" in row_of(found, places.second)


def test_missing_is_hatched_and_never_zero(places: Places, plan: Plan, leader: Official) -> None:
    html = row_of(shown(places.district, leader), places.town)

    assert html.count('class="h s-none"') == 2
    assert words(html) == "chưa có số liệu chưa có số liệu"


def test_promise_that_does_not_speak_of_a_unit_is_a_dash(
    places: Places, plan: Plan, leader: Official
) -> None:
    Target.objects.filter(code="ho").update(applies_to="communes")

    html = row_of(shown(places.district, leader), places.town)

    assert words(html).startswith("– không áp dụng")


def test_figure_without_a_promise_of_its_own_has_no_tint(
    places: Places, plan: Plan, leader: Official
) -> None:
    """A sum that was given to nobody: the figure is told, and nothing said of it."""
    Milestone.objects.all().delete()

    assert '<td class="h"><a' in row_of(shown(places.district, leader), places.first)


def test_cell_leads_to_the_promise_as_it_binds_the_unit(
    client: Client, places: Places, plan: Plan, leader: Official
) -> None:
    client.force_login(leader)
    html = row_of(shown(places.district, leader), places.first)
    found = re.search(r'href="([^"]*)"', html)
    assert found is not None

    address = found[1].replace("&amp;", "&")
    assert address == (
        "/ke-hoach/kh/chi-tieu/ho/?nam=2024&stage=provisional&don-vi=90102@2999-12-31"
    )
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("kind", "denominator", "expected", "small"),
    [
        ("ratio", str(SMALL_BASE - 1), 1, True),
        ("ratio", str(SMALL_BASE), 1, False),
        ("input", "5", 1, False),
        ("share_of_units", "1", 1, False),  # a yes or no of one unit is no rate
        ("share_of_units", "12", 19, True),
    ],
)
def test_rate_over_few_is_marked(
    kind: str, denominator: str, expected: int, *, small: bool
) -> None:
    figure = Figure(D(50), D(1), D(denominator), reported=expected, expected=expected)

    assert is_small(Indicator(kind=kind), figure) is small


def test_small_rate_carries_a_mark_and_the_page_a_note(
    client: Client, places: Places, plan: Plan, leader: Official
) -> None:
    """66 poor of 20 households of 90103: over fewer than 30."""
    client.force_login(leader)

    page = words(client.get("/so-lieu/901/2024/").content.decode())

    assert "330,00*" in page
    assert "Tỷ lệ tính trên dưới 30 hộ hoặc đơn vị" in page


# -- order and rank --------------------


def test_units_stand_in_official_order_unless_asked(
    places: Places, plan: Plan, leader: Official
) -> None:
    in_order = ["90101", "90102", "90103"]
    assert names(shown(places.district, leader)) == in_order
    assert names(shown(places.district, leader, sort="khong-co")) == in_order
    assert not any(row.rank for row in shown(places.district, leader).heat.rows)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("ho", ["90102", "90103", "90101"]),
        ("-ho", ["90103", "90102", "90101"]),  # without a figure last either way
    ],
)
def test_column_sorts_both_ways_with_the_silent_last(
    places: Places, plan: Plan, leader: Official, sort: str, order: list[str]
) -> None:
    assert names(shown(places.district, leader, sort=sort)) == order


@pytest.mark.parametrize("sort", ["ho", "-ho"])
def test_only_units_that_reported_are_ranked_and_less_poverty_is_better(
    places: Places, plan: Plan, leader: Official, sort: str
) -> None:
    found = shown(places.district, leader, sort=sort).heat

    assert found is not None
    assert {row.unit.code: row.rank for row in found.rows} == {
        "90102": "1/2",
        "90103": "2/2",
        "90101": "",
    }


def test_equals_share_a_rank(
    places: Places, catalogue: Catalogue, plan: Plan, leader: Official
) -> None:
    reported(2024, {unit: {catalogue.poor: "60"} for unit in (places.second, places.town)})

    found = shown(places.district, leader, sort="ho").heat

    assert found is not None
    assert [row.rank for row in found.rows] == ["1/3", "1/3", "1/3"]


def test_figure_without_a_good_end_is_sorted_but_not_ranked(
    places: Places, plan: Plan, leader: Official
) -> None:
    """More households is neither better nor worse."""
    found = shown(places.district, leader, table="so-lieu", sort="-households").heat

    assert found is not None
    assert [row.unit.code for row in found.rows] == ["90102", "90103", "90101"]
    assert not found.is_ranked


def test_most_behind_first_and_who_has_no_verdict_last(
    places: Places, plan: Plan, leader: Official
) -> None:
    assert names(shown(places.district, leader, sort="cham")) == ["90103", "90102", "90101"]


def test_order_of_returns_begins_with_who_has_not_sent(
    places: Places, catalogue: Catalogue, plan: Plan, leader: Official
) -> None:
    builders.deadline(places.province)
    officer = official("can.bo", places.town)
    save_draft(unit=places.town, period=Y2024, entries=filled(places.town, catalogue), by=officer)
    submit(unit=places.town, period=Y2024, by=officer)

    found = shown(places.district, leader, sort="bao-cao").heat

    assert found is not None
    states = [row.sent.status.key for row in found.rows if row.sent]
    assert states[-1] == "submitted"
    assert found.rows[-1].unit == places.town


# -- the largest gaps --------------------


def test_gaps_are_of_units_in_the_direction_of_the_promise(
    places: Places, plan: Plan, leader: Official
) -> None:
    """330 % for 10 %, then 60 for 50 and 66 for 60; the silent township has no gap."""
    found = shown(places.district, leader).heat

    assert found is not None
    assert [(gap.unit.code, gap.words, gap.is_small) for gap in found.gaps] == [
        ("90103", "vượt 3.200,0%", True),
        ("90102", "vượt 20,0%", False),
        ("90103", "vượt 10,0%", False),
    ]


def test_no_figure_takes_more_than_two_of_the_gaps(
    places: Places, catalogue: Catalogue, plan: Plan, leader: Official
) -> None:
    """All three far off in one figure: the largest two, then those of the other."""
    reported(2024, {unit: {catalogue.poor: "900"} for unit in places.communes})

    found = shown(places.district, leader).heat

    assert found is not None
    of_poor = [gap for gap in found.gaps if gap.judged.found.target.code == "ho"]
    assert [gap.unit.code for gap in of_poor] == ["90102", "90103"]
    assert {gap.judged.found.target.code for gap in found.gaps} == {"ho", "ty-le"}


# -- coverage --------------------


def test_each_column_tells_who_lacks_the_figure(
    places: Places, plan: Plan, leader: Official
) -> None:
    found = shown(places.district, leader).heat

    assert found is not None
    assert [(row.reported, row.expected, row.lacking) for row in found.columns] == [
        (2, 3, ("Thị trấn Trung Tâm",)),
        (2, 3, ("Thị trấn Trung Tâm",)),
    ]


def test_years_have_the_units_of_their_last_day(
    places: Places, plan: Plan, leader: Official
) -> None:
    """Merged away within 2024: a row in 2023, none in 2024."""
    builders.unit("90104", "Xã Ba", "commune", places.district, valid_to=date(2024, 10, 31))

    counts = {}
    for year in (2023, 2024):
        heat = board(places.district, Period(year), Asked(STAGE), by=leader).heat
        assert heat is not None
        counts[year] = len(heat.rows)

    assert counts == {2023: 4, 2024: 3}


# -- what stands across --------------------


def test_default_is_the_plan_and_any_theme_can_be_asked_for(
    places: Places, plan: Plan, leader: Official
) -> None:
    assert shown(places.district, leader).shown == "kh-kh"
    assert shown(places.district, leader, "so-lieu").shown == "so-lieu"
    of_theme = shown(places.district, leader, "lv-ra-soat")
    assert of_theme.heat is not None
    assert len(of_theme.heat.columns) == 6
    assert {option.value for option in of_theme.options} >= {"kh-kh", "lv-ra-soat"}


def test_plan_of_which_nothing_is_told_by_unit_gives_plain_figures(
    places: Places, catalogue: Catalogue, leader: Official
) -> None:
    """Typed by the district itself: no commune has a figure of it."""
    own = builders.count("own", "Của huyện", 9, entered_at=builders.tier("district"))
    a_target(a_plan(places.district), own, "level", "3")

    assert shown(places.district, leader).shown == "so-lieu"


def test_more_promises_than_fit_are_cut_to_those_owed_by_units(
    places: Places, catalogue: Catalogue, plan: Plan, leader: Official
) -> None:
    for n in range(MOST + 3):
        row = builders.count(f"more-{n}", f"Thêm {n}", 20 + n)
        a_target(plan, row, "level", "9", code=f"them-{n}")
        reported(2024, {places.first: {row: "1"}})
    heat = shown(places.district, leader).heat

    assert heat is not None
    assert len(heat.columns) == MOST
    assert {"ho", "ty-le"} <= {column.key for column in heat.columns}


def test_group_that_has_no_member_here_is_left_out(
    places: Places, catalogue: Catalogue, plan: Plan, leader: Official
) -> None:
    there = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=1)
    away = builders.unit("902", "Huyện Khác", "district", places.province)
    GroupMember.objects.create(
        group=there, unit=builders.unit("90201", "Xã Xa", "commune", away), source="stated"
    )
    a_target(plan, catalogue.escaped, "level", "3", code="xa", group=there)

    heat = shown(places.district, leader).heat

    assert heat is not None
    assert "xa" not in {column.key for column in heat.columns}


def test_officer_of_the_district_is_shown_no_commune_by_itself(
    places: Places, plan: Plan, leader: Official
) -> None:
    """Whose post reaches only the own unit sees what the units below come to, and none of them."""
    clerk = official("thong.ke", places.district)

    alone, above = shown(places.district, clerk), shown(places.district, leader)

    assert above.heat is not None
    assert alone.heat is None
    assert alone.handing_in is None
    assert alone.page.statements == above.page.statements
    assert not any(move.units for move in alone.changes.moved)
    assert alone.changes.events == ()


def test_page_of_the_unit_alone_names_no_commune(
    client: Client, places: Places, plan: Plan, leader: Official
) -> None:
    """Not even as one that lacks figures."""
    gone = builders.unit("90109", "Xã Cũ", "commune", places.district)
    Succession.objects.create(predecessor=gone, successor=places.town, date=date(2024, 11, 1))
    client.force_login(official("thong.ke", places.district))

    page = client.get("/so-lieu/901/2024/").content.decode()

    assert not any(unit.name in page for unit in (*places.communes, gone))


# -- the way without words --------------------


def bare(found: Assessment) -> Assessment:
    members = tuple(bare(row) for row in found.members)
    return replace(found, explanation="", formula=(), members=members)


def test_grid_judges_as_the_page_of_a_promise_does(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """Every kind of promise, for the district and each commune: the words alone are left out."""
    kinds = {
        "change_total": catalogue.rate,
        "change_per_year": catalogue.rate,
        "cumulative": catalogue.escaped,
        "per_unit": catalogue.poor,
        "per_unit_per_year": catalogue.relapsed,
        "count_of_units": catalogue.poor,
    }
    for kind, indicator in kinds.items():
        a_target(plan, indicator, kind, "4", code=kind)
    targets = list(Target.objects.promises().to_assess())
    pairs = [(row, unit) for row in targets for unit in [None, *_with_tiers(places)]]

    full = assess_pairs(pairs, Y2024, STAGE)

    assert assess_grid(pairs, Y2024, STAGE) == [bare(row) for row in full]
    assert all(row.explanation for row in full)


def _with_tiers(places: Places) -> list[Unit]:
    pks = [unit.pk for unit in [places.province, places.district, *places.communes]]
    return list(Unit.objects.filter(pk__in=pks).select_related("tier"))


# -- cost --------------------


def wide(places: Places, catalogue: Catalogue) -> tuple[Plan, list[Indicator]]:
    """A plan of twelve promises that are given to every commune."""
    plan = a_plan(places.district)
    rows = [builders.count(f"wide-{n}", f"Chỉ tiêu {n}", 20 + n) for n in range(MOST)]
    for n, row in enumerate(rows):
        a_target(plan, row, "level", "5", code=f"rong-{n}")
    return plan, rows


def peopled(places: Places, plan: Plan, rows: list[Indicator], start: int, end: int) -> None:
    units = [
        builders.unit(f"91{n:03}", f"Xã số {n}", "commune", places.district)
        for n in range(start, end)
    ]
    Milestone.objects.bulk_create(
        Milestone(plan=plan, unit=unit, indicator=row, period=str(year), measure="value", value=5)
        for unit in units
        for row in rows
        for year in (2024, 2025)
    )
    reported(2024, {unit: {row: str(4 + n % 3) for n, row in enumerate(rows)} for unit in units})


def test_page_costs_the_same_queries_for_1_19_and_150_communes(
    client: Client,
    places: Places,
    catalogue: Catalogue,
    leader: Official,
) -> None:
    Unit.objects.filter(parent=places.district).update(valid_to=date(2020, 1, 1))
    plan, rows = wide(places, catalogue)
    builders.deadline(places.province)
    client.force_login(leader)
    found, sizes = [], []
    with time_machine.travel("2025-01-05T08:00:00+07:00", tick=True):
        for start, end in ((0, 1), (1, 19), (19, 150)):
            peopled(places, plan, rows, start, end)
            client.get("/so-lieu/901/2024/")
            with CaptureQueriesContext(connection) as asked:
                page = client.get("/so-lieu/901/2024/?sap-xep=cham")
            html = page.content
            sizes.append(len(compress(html)))
            assert len(re.findall(rb'<td class="h[ "]', html)) == MOST * (min(end, FIRST) + 1)
            found.append(len(asked))

    assert len(set(found)) == 1
    assert max(sizes) <= 12 * 1024  # ui design, page weight
