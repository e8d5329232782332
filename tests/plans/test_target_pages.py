"""Promises on the pages: whose verdicts a reader sees, filters, the years of one promise.

Source: design.md, Ideas 9 and Meaning (Target); ui design, status vocabulary.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Official, UnitGroup
from indicators.enums import Stage
from indicators.models import SeriesBreak
from indicators.periods import Period
from plans.assessment import assess
from plans.models import Plan, Responsibility, Target
from plans.pages.document import plan_page
from plans.pages.figures import Filter, Sorting
from plans.pages.sight import Reader, sight_of, units_to_choose
from plans.pages.trajectories import Trajectory, trajectory_of
from plans.pages.tree import plan_tree
from plans.pages.verdicts import Judged, mark_of
from tests import builders
from tests.builders import Catalogue, Places
from tests.plans.promises import a_plan, a_target, milestone, reported

pytestmark = pytest.mark.django_db

EVERYTHING = Filter()
PLAN, TARGET = "/ke-hoach/kh/", "/ke-hoach/kh/chi-tieu/ngheo/"
BASE, LATER = (100, 60, 40), (70, 50, 30)
"""Poor households of the town, the first and the second commune: 200 in 2020, 150 in 2024."""


@pytest.fixture
def plan(places: Places, catalogue: Catalogue) -> Plan:
    """200 poor households in 2020, 100 promised for 2025: 120 are due in 2024, 150 are left."""
    made = a_plan(places.district)
    a_target(made, catalogue.poor, "level", "100", code="ngheo")
    for year, counts in ((2020, BASE), (2024, LATER)):
        reported(
            year,
            {
                unit: {catalogue.poor: str(count)}
                for unit, count in zip(
                    (places.town, places.first, places.second), counts, strict=True
                )
            },
        )
    return made


@pytest.fixture
def reviewer(places: Places) -> Official:
    return builders.official("huyen", places.district, Role.REVIEWER)


def signed_in(official: Official) -> Client:
    client = Client()
    client.force_login(official)
    return client


def body(official: Official, address: str) -> str:
    response = signed_in(official).get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def row_of(page: str, code: str) -> str:
    return page[page.index(f'id="{code}"') :].split("</tr>", 1)[0]


def words_of(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


def shown_in(plan: Plan, reader: Reader, wanted: Filter, **more: Any) -> list[str]:
    page = plan_page(plan.code, wanted, reader=reader, **more)
    assert page is not None
    return [row.code for group in page.promises for row in group.rows]


# -- whose figures a reader sees --------------------


def all_targets() -> list[Target]:
    return list(Target.objects.to_assess())


@pytest.mark.parametrize(
    ("at", "role", "sees", "unit"),
    [
        ("province", Role.LEADER, "whole", None),
        ("district", Role.REVIEWER, "whole", None),
        ("district", Role.OFFICER, "whole", None),
        ("first", Role.OFFICER, "below", "first"),
        (None, None, "nothing", None),
    ],
)
def test_verdicts_are_for_who_may_see_the_unit_and_for_those_below_their_own(
    places: Places, plan: Plan, at: str | None, role: str, sees: str, unit: str | None
) -> None:
    where = getattr(places, at) if at else None
    reader = Reader(builders.official("nguoi.xem", where, role or Role.OFFICER))

    found = sight_of(reader, all_targets())

    assert (bool(found.whole), bool(found.below)) == (sees == "whole", sees == "below")
    assert found.unit == (getattr(places, unit) if unit else None)


def test_officials_of_another_province_see_the_document_without_verdicts(plan: Plan) -> None:
    other = builders.unit("91", "Tỉnh Khác", "province")
    stranger = builders.official("khac", other, Role.LEADER)

    assert not sight_of(Reader(stranger), all_targets())
    for address in (PLAN, TARGET, "/ke-hoach/"):
        page = body(stranger, address)
        assert "Chậm" not in page
        assert "150" not in page
    assert "Hộ nghèo còn lại" in body(stranger, PLAN)


def test_promise_to_a_group_is_judged_for_who_sees_every_member(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """A member's own officer sees the promise for that member; other communes see nothing."""
    Target.objects.all().delete()
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    for unit in (places.first, places.second):
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    a_target(plan, catalogue.poor, "level", "100", group=group)
    district = builders.official("huyen", places.district, Role.REVIEWER)
    member = builders.official("thanh.vien", places.first)
    other = builders.official("ngoai", places.town)

    seen = {row.username: sight_of(Reader(row), all_targets()) for row in (district, member, other)}

    assert (bool(seen["huyen"].whole), bool(seen["huyen"].below)) == (True, False)
    assert (bool(seen["thanh.vien"].whole), seen["thanh.vien"].unit) == (False, places.first)
    assert not seen["ngoai"]


def test_stated_result_of_a_unit_above_is_not_held_against_a_commune(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    Target.objects.all().delete()
    a_target(plan, catalogue.poor, "result", "150", result_shape="level", year_to=2024)

    assert not sight_of(Reader(builders.official("xa", places.first)), all_targets())


def test_officer_of_a_commune_sees_the_promise_for_the_own_commune(
    places: Places, catalogue: Catalogue, plan: Plan
) -> None:
    """First had 60 in 2020 and was given 30 for 2025: 36 are due in 2024, 50 are left."""
    milestone(plan, places.first, catalogue.poor, 2025, "30")
    officer = builders.official("xa", places.first)

    page = body(officer, PLAN)

    assert "Đánh giá cho xã Một" in page
    row = words_of(row_of(page, "ngheo"))
    assert "Chậm" in row
    assert "50 hộ" in row
    assert "/ 36" in row
    assert "150" not in row


def test_reviewer_looks_at_one_unit_below_and_a_stranger_may_not(
    places: Places, plan: Plan, reviewer: Official
) -> None:
    address = f"{TARGET}?don-vi={places.first.reference}"

    assert "Đánh giá cho xã Một" in body(reviewer, address)
    neighbour = signed_in(builders.official("lang.gieng", places.second))
    assert neighbour.get(address).status_code == 404
    assert neighbour.get(f"{TARGET}?don-vi=99999").status_code == 404


def test_unit_asked_for_by_a_stranger_does_not_exist(places: Places, plan: Plan) -> None:
    reader = Reader(builders.official("xa", places.first), unit=places.second)

    with pytest.raises(Http404):
        sight_of(reader, all_targets())


def test_units_to_choose_are_those_the_reader_may_see(
    places: Places, plan: Plan, reviewer: Official
) -> None:
    everyone = [unit.name for unit in (places.town, places.first, places.second)]
    officer = builders.official("can.bo", places.district)

    def chosen(by: Official) -> list[str]:
        found = units_to_choose(Reader(by), places.district, None, Period(2024))
        return [unit.name for unit in found]

    assert chosen(reviewer) == everyone
    assert chosen(officer) == []


# -- year and stage --------------------


def test_page_opens_with_the_latest_year_that_has_figures(plan: Plan, reviewer: Official) -> None:
    page = plan_page("kh", EVERYTHING, reader=Reader(reviewer))

    assert page is not None
    assert page.verdicts.year == 2024
    assert page.verdicts.years == (2021, 2022, 2023, 2024, 2025)


def test_page_without_figures_opens_with_the_last_year_of_the_plan(
    plan: Plan, reviewer: Official
) -> None:
    """Nothing is approved yet."""
    page = plan_page("kh", EVERYTHING, reader=Reader(reviewer, stage=Stage.OFFICIAL))

    assert page is not None
    assert page.verdicts.year == 2025
    assert [count.mark.key for count in page.counts] == ["chua-ket-luan"]


@pytest.mark.parametrize("text", ["2024H1", "nam", "99"])
def test_year_that_is_none_is_not_found(plan: Plan, reviewer: Official, text: str) -> None:
    assert signed_in(reviewer).get(f"{PLAN}?nam={text}").status_code == 404


def test_links_to_other_years_keep_what_was_asked(plan: Plan, reviewer: Official) -> None:
    page = body(reviewer, f"{PLAN}?stage=official&ket-luan=cham&nam=2024")

    assert 'href="?stage=official&amp;ket-luan=cham&amp;nam=2023"' in page


# -- counts, filters, order --------------------


@pytest.fixture
def several(places: Places, catalogue: Catalogue, plan: Plan) -> Plan:
    """Beside "ngheo" (25 % off): one slightly off, one met, one without figures, two results."""
    more = {"annexes": ["02"], "theme": "training"}
    a_target(plan, catalogue.poor, "level", "125", code="gan", label="Gần đạt", **more)
    a_target(plan, catalogue.poor, "level", "150", code="xong", comparator="<=", section="III")
    a_target(plan, catalogue.households, "level", "9", code="chua-co", theme="housing")
    for code, value in (("khop", "150"), ("lech", "149")):
        made = {"result_shape": "level", "year_from": 2024, "year_to": 2024, "code": code}
        a_target(plan, catalogue.poor, "result", value, label=f"Kết quả {code}", **made)
    return plan


def test_counts_are_of_promises_and_stated_results_stand_apart(
    several: Plan, reviewer: Official
) -> None:
    tree = plan_tree(EVERYTHING, Reader(reviewer))

    (node,) = tree.roots
    assert {count.mark.key: count.number for count in node.counts} == {
        "dat": 1,
        "nguy-co": 1,
        "cham": 1,
        "chua-ket-luan": 1,
    }
    assert {count.mark.key: count.number for count in node.statements} == {"khop": 1, "lech": 1}


def test_tree_page_says_counts_in_words_for_who_cannot_see_the_icon(
    several: Plan, reviewer: Official
) -> None:
    page = body(reviewer, "/ke-hoach/")

    assert '<span class="vh">Chậm:</span>1</span>' in page


def test_document_without_figures_says_so_in_the_tree(places: Places, reviewer: Official) -> None:
    a_plan(places.district, status="cited")

    assert "Chưa nhập chỉ tiêu" in body(reviewer, "/ke-hoach/")


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Filter(verdict="cham"), ["ngheo"]),
        (Filter(verdict="dat"), ["xong"]),
        (Filter(verdict="chua-ket-luan"), ["chua-co"]),
        (Filter(annex="02"), ["gan"]),
        (Filter(agency="lao-dong"), ["gan"]),
        (Filter(words="III"), ["xong"]),
        (Filter(words="gần", verdict="cham"), []),
    ],
)
def test_filters_narrow_the_promises(
    several: Plan, reviewer: Official, wanted: Filter, codes: list[str]
) -> None:
    Responsibility.objects.create(
        plan=several,
        section="VI",
        agency="Phòng Lao động",
        agency_code="lao-dong",
        role="lead",
        themes=["training"],
    )

    assert shown_in(several, Reader(reviewer), wanted) == codes


def test_counts_beside_a_verdict_filter_are_of_every_verdict(
    several: Plan, reviewer: Official
) -> None:
    page = plan_page("kh", Filter(verdict="cham"), reader=Reader(reviewer))

    assert page is not None
    assert (page.shown, page.judged_promises) == (1, 4)


def test_sorting_by_gap_puts_the_worst_first_and_no_verdict_last(
    several: Plan, reviewer: Official
) -> None:
    """25 % off 120 due; 150 against 140 due; 150 reached ahead of 160; nothing known."""
    codes = shown_in(several, Reader(reviewer), EVERYTHING, sorting=Sorting.GAP)

    assert codes == ["ngheo", "gan", "xong", "chua-co"]


def test_stated_result_agrees_or_not_and_is_never_late(several: Plan, reviewer: Official) -> None:
    page = body(reviewer, PLAN)
    results = page[page.index('id="results"') :]

    assert "Khớp" in row_of(results, "khop")
    assert "Lệch" in row_of(results, "lech")
    assert "Chậm" not in results.split("</table>", 1)[0]


# -- one promise --------------------


def trajectory(target: Target, stage: str = Stage.PROVISIONAL, breaks: Any = ()) -> Trajectory:
    (found,) = assess([target], Period(2024), stage)
    made = trajectory_of(Judged(found, mark_of(found)), breaks)
    assert made is not None
    return made


def test_target_page_says_the_finding_its_sums_and_its_source(
    plan: Plan, reviewer: Official
) -> None:
    page = words_of(body(reviewer, TARGET))

    assert "Hộ nghèo còn lại: 100 hộ" in page
    assert "Năm 2024 còn 150 hộ, cao hơn mốc năm 2024 (120 hộ) là 30 hộ" in page
    assert "Mốc 2024 = 200 + (100 − 200) × 4 ÷ 5 = 120 hộ" in page
    assert "Đủ số của 3/3 đơn vị năm 2024." in page
    assert "hai điểm không cho khoảng tin cậy" in page


def test_units_that_have_not_reported_are_named(
    places: Places, catalogue: Catalogue, reviewer: Official
) -> None:
    made = a_plan(places.district)
    a_target(made, catalogue.poor, "level", "100", code="ngheo")
    counts = {unit: {catalogue.poor: "50"} for unit in places.communes}
    reported(2020, counts)
    reported(2024, {places.first: {catalogue.poor: "40"}})

    page = words_of(body(reviewer, TARGET))

    assert "1/3 đơn vị có số năm 2024." in page
    assert "Chưa có số: Thị trấn Trung Tâm, Xã Hai." in page


def test_table_of_the_years_compares_like_with_like(places: Places, catalogue: Catalogue) -> None:
    """300 over five years are 60 a year; in 2024 two of three units reported: 40 are theirs."""
    catalogue.escaped.measurement = "flow"
    catalogue.escaped.save()
    made = a_plan(places.district)
    target = a_target(made, catalogue.escaped, "cumulative", "300", direction="higher_is_better")
    every = {unit: {catalogue.escaped: "20"} for unit in places.communes}
    for year in (2021, 2022, 2023):
        reported(year, every)
    reported(2024, {unit: {catalogue.escaped: "20"} for unit in places.communes[:2]})

    (found,) = assess([target], Period(2024), Stage.PROVISIONAL)
    row = next(row for row in trajectory(target).rows if row.year == 2024)

    assert found.outcome.expected == 3 * 60 + 40
    assert (row.actual, row.expected, row.whole, row.difference) == ("220", "220", "240", "0")


def test_series_is_cut_where_the_standard_changed(places: Places, catalogue: Catalogue) -> None:
    """The new line starts at the opening figure of the year, counted anew; nothing crosses."""
    catalogue.poor.opening_indicator = catalogue.opening
    catalogue.poor.save()
    new = SeriesBreak.objects.create(code="chuan", first_periods=[2022])
    catalogue.poor.series_breaks.add(new)
    target = a_target(a_plan(places.district), catalogue.poor, "level", "30")
    for year, opening, closing in ((2020, "0", "30"), (2021, "30", "20"), (2022, "70", "60")):
        told: dict[Any, str | None] = {catalogue.opening: opening, catalogue.poor: closing}
        reported(year, dict.fromkeys(places.communes, told))
    reported(2024, {unit: {catalogue.poor: "50"} for unit in places.communes})

    made = trajectory(target, breaks={2022})

    rows = {row.year: row for row in made.rows}
    assert (rows[2021].actual, rows[2021].expected, rows[2021].difference) == ("60", "–", "–")
    assert (rows[2022].opening, rows[2022].is_break) == ("210", True)
    assert made.chart is not None
    assert made.chart["lines"] == [
        [90, 60, None, None, None, None],
        [None, 210, 180, None, 150, None],
    ]


def test_last_point_is_hollow_while_it_is_provisional(plan: Plan) -> None:
    target = Target.objects.to_assess().get(code="ngheo")

    made = trajectory(target)

    assert made.chart is not None
    assert (made.chart["hollow"], made.chart["last"]) == (True, 2024)
    assert made.chart["path"] == [200, 180, 160, 140, 120, 100]


def test_members_of_a_group_are_shown_one_by_one(
    places: Places, catalogue: Catalogue, plan: Plan, reviewer: Official
) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=5)
    for unit in (places.first, places.second):
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    a_target(plan, catalogue.rate, "level", "5", code="nhom-xa", group=group, unit_of_measure="%")

    page = words_of(body(reviewer, "/ke-hoach/kh/chi-tieu/nhom-xa/"))

    assert "mới biết 2/5 đơn vị" in page
    assert "Từng đơn vị đã biết của nhóm “Nhóm”: 2" in page


def test_sample_figures_are_marked_on_the_target_page(
    places: Places, catalogue: Catalogue, plan: Plan, reviewer: Official
) -> None:
    finding = body(reviewer, TARGET).split('id="h-finding"')[1].split("</header>")[0]
    builders.told(places.first, {catalogue.poor: "50"}, Period(2023), is_sample=True)
    reported(2023, {})
    marked = body(reviewer, TARGET).split('id="h-finding"')[1].split("</header>")[0]

    assert "Số liệu minh họa" not in finding
    assert "Số liệu minh họa" in marked


def test_cascade_hides_the_figures_of_the_unit_above_from_those_below(
    places: Places, catalogue: Catalogue, plan: Plan, reviewer: Official
) -> None:
    leader = builders.official("lanh.dao", places.province, Role.LEADER)

    def rows(by: Official) -> str:
        return body(by, TARGET).split('id="phan-cap"')[1].split("</tbody>")[0]

    assert "Tỉnh Thử Nghiệm" in rows(leader)
    assert "Tỉnh Thử Nghiệm" not in rows(reviewer)


def test_unknown_target_and_one_of_another_plan_are_not_found(
    places: Places, plan: Plan, reviewer: Official
) -> None:
    a_plan(places.district, code="khac")
    client = signed_in(reviewer)

    assert client.get("/ke-hoach/kh/chi-tieu/khong-co/").status_code == 404
    assert client.get("/ke-hoach/khac/chi-tieu/ngheo/").status_code == 404


# -- agencies --------------------


@pytest.fixture
def agency(plan: Plan) -> Responsibility:
    return Responsibility.objects.create(
        plan=plan,
        section="VI.1",
        agency="Phòng Lao động",
        agency_code="lao-dong",
        role="lead",
        themes=["poverty"],
    )


def test_agency_page_shows_what_it_answers_for_with_verdicts(
    agency: Responsibility, reviewer: Official, places: Places, catalogue: Catalogue
) -> None:
    a_target(agency.plan, catalogue.rate, "level", "1", code="nha", theme="housing")

    page = body(reviewer, "/ke-hoach/co-quan/lao-dong/")

    assert "Chậm" in row_of(page, "ngheo")
    assert 'id="nha"' not in page
    assert "/ke-hoach/co-quan/lao-dong/" in body(reviewer, TARGET)


def test_agencies_are_listed_with_their_counts(agency: Responsibility, reviewer: Official) -> None:
    page = body(reviewer, "/ke-hoach/co-quan/")

    assert "Phòng Lao động" in page
    assert '<span class="vh">Chậm:</span>1</span>' in page


def test_agency_that_no_plan_names_is_not_found(plan: Plan, reviewer: Official) -> None:
    assert signed_in(reviewer).get("/ke-hoach/co-quan/khong-co/").status_code == 404


# -- cost --------------------


@pytest.mark.parametrize("who", ["huyen", "xa", "khach"])
@pytest.mark.parametrize(
    "address", ["/ke-hoach/", PLAN, TARGET, "/ke-hoach/co-quan/", "/ke-hoach/co-quan/lao-dong/"]
)
def test_pages_cost_the_same_for_1_3_and_128_promises(
    places: Places,
    catalogue: Catalogue,
    plan: Plan,
    agency: Responsibility,
    reviewer: Official,
    who: str,
    address: str,
) -> None:
    builders.official("xa", places.first)
    builders.official("khach")
    client = signed_in(Official.objects.get(username=who))
    client.get(address)
    costs = []
    for number in (1, 3, 128):
        for place in range(Target.objects.count(), number):
            a_target(plan, catalogue.poor, "level", str(100 + place), label=f"Hộ {place}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs.append(len(queries))

    assert costs == [costs[0]] * 3


def test_chart_carries_the_numbers_of_its_table(plan: Plan, reviewer: Official) -> None:
    page = body(reviewer, TARGET)

    told = re.search(r'<script id="chart-data" type="application/json">(.*?)</script>', page)
    assert told is not None
    chart = json.loads(told[1])
    cells = dict(re.findall(r'<td class="n b[^"]*" data-year="(\d{4})">([^<]*)</td>', page))
    known = {year: value for year, value in cells.items() if value != "–"}
    assert chart["labels"] == known == {"2020": "200", "2024": "150"}
    assert Decimal(str(chart["lines"][0][0])) == 200
