"""Tables of two lines a unit, of rows that are indicators, and of communes and groups of units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import figures, group_figures
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import drain
from plans.models import Plan, Target
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import Sheet, read_sheet
from reports.annexes.build import build_table, find_annex, offers
from reports.annexes.lines import Area
from reports.annexes.spec import read_spec
from reports.annexes.table import RowKind, Table, printed_rows
from reports.annexes.workbook import write_workbook
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.test_annex_build import cell, column, formula_of, shipped
from tests.reports.test_annex_workbook import differences, page, recalculated

pytestmark = pytest.mark.django_db
Y2023 = Period(2023)

LINES = {
    "scope": "units_below",
    "groups": [
        {"label_vi": "I. Thành thị", "members": "townships_and_wards"},
        {"label_vi": "II. Nông thôn", "members": "communes"},
    ],
    "lines": [
        {"label_vi": "Hộ", "suffix": "households"},
        {"label_vi": "Nhân khẩu", "suffix": "persons"},
    ],
    "total": "bottom",
    "total_label_vi": "Tổng cộng",
}


def lined(leaf_id: str, **more: object) -> dict[str, Any]:
    both = {"households": f"{leaf_id}_households", "persons": f"{leaf_id}_persons"}
    return annex_forms.shown(leaf_id, indicator=both, **more)


MOVEMENT = {
    "variant": "year",
    "numbering": "letters_for_text",
    "columns": [
        *annex_forms.NAMES,
        annex_forms.text("line", "line_label", 20),
        lined("open"),
        lined("out"),
        annex_forms.shown(
            "net",
            terms={
                "households": [[1, "open_households"], [-1, "out_households"]],
                "persons": [[1, "open_persons"], [-1, "out_persons"]],
            },
        ),
        lined("close", caption="=1-2"),
        annex_forms.text("note", "note", 20),
    ],
}
MONEY = {
    "scope": "indicators",
    "unit": "district",
    "total": "top",
    "items": [
        {"label_vi": "Tổng nhu cầu", "number": "", "indicator": "all", "style": "total"},
        {"label_vi": "Ngân sách", "number": "1", "indicator": "budget"},
        {"label_vi": "Ngoài tổng", "number": "a", "indicator": "beside", "style": "memo"},
        {"label_vi": "Tín dụng", "number": "2", "indicator": "credit"},
    ],
}
NEEDS = {
    "variant": "period",
    "columns": [
        annex_forms.text("stt", "row_number", 8),
        annex_forms.text("source", "row_label", 44),
        annex_forms.shown("need", indicator="$row", measure="plan", period="plan_period"),
        annex_forms.shown("done", indicator="$row"),
        annex_forms.shown("sum", indicator="$row", measure="cumulative", period="plan_period"),
        annex_forms.rate("pct", indicator="$row", measure="pct_of_plan", period="plan_period"),
    ],
}


@dataclass
class Movement:
    """A form of two lines; communes type both, the township no persons."""

    form: Annex
    indicators: dict[str, Indicator]

    def tell(self, unit: Unit, households: tuple[str, str, str], *persons: str | None) -> None:
        names = ("open", "out", "close")
        values: dict[Indicator, str | None] = {
            self.indicators[f"{name}_households"]: value
            for name, value in zip(names, households, strict=True)
        }
        values |= {
            self.indicators[f"{name}_persons"]: value
            for name, value in zip(names, persons, strict=False)
        }
        told(unit, values)


@pytest.fixture
def movement(places: Places) -> Movement:
    codes = [f"{name}_{line}" for name in ("open", "out", "close") for line in LINE_CODES]
    made = {code: builders.count(code, code, place) for place, code in enumerate(codes)}
    form = annex_forms.annex(None, code="bien-dong", number="2", rows=LINES, layouts=[MOVEMENT])
    return Movement(form, made)


LINE_CODES = ("households", "persons")


@pytest.fixture
def filled(places: Places, movement: Movement) -> Movement:
    movement.tell(places.town, ("10", "0", "10"))
    movement.tell(places.first, ("50", "8", "42"), "200", "32", "168")
    movement.tell(places.second, ("70", "9", "61"), "300", None, "300")
    drain()
    return movement


def draw(form: Annex, area: Area, period: Period = Y2024) -> Table:
    return build_table(form, area, period, Stage.PROVISIONAL)


def sheet_of(table: Table) -> tuple[Sheet, int]:
    """The table as a sheet, and the number of its first line of figures."""
    sheet = read_sheet(write_workbook(table))
    first = next(c.row for c in sheet.cells.values() if c.value == f"({table.layout.numbers[0]})")
    return sheet, first + 1


# -- two lines a unit ---------------------------------------------------------------------------


def test_each_unit_has_its_lines_under_the_heading_of_its_zone(
    places: Places, filled: Movement
) -> None:
    made = draw(filled.form, places.district)

    seen = [(cell(made, row, "unit").text, cell(made, row, "line").text) for row in made.rows]
    assert seen == [
        ("I. Thành thị", "Hộ"),
        ("I. Thành thị", "Nhân khẩu (0/1)"),
        ("TT Trung Tâm", "Hộ"),
        ("TT Trung Tâm", "Nhân khẩu"),
        ("II. Nông thôn", "Hộ"),
        ("II. Nông thôn", "Nhân khẩu"),
        ("Một", "Hộ"),
        ("Một", "Nhân khẩu"),
        ("Hai", "Hộ"),
        ("Hai", "Nhân khẩu"),
        ("Tổng cộng", "Hộ"),
        ("Tổng cộng", "Nhân khẩu (2/3)"),
    ]
    assert column(made, "stt")[::2] == ["", "1", "", "1", "2", ""]
    assert list(made.layout.numbers) == ["A", "B", "C", "1", "2", "3", "4", "D"]
    assert made.coverage == (2, 3)


def test_lines_subtotals_and_totals_are_the_rolled_up_figures(
    places: Places, filled: Movement
) -> None:
    made = draw(filled.form, places.district)

    assert column(made, "open") == [10, "…", 10, "…", 120, 500, 50, 200, 70, 300, 130, 500]
    # zero, not told and not applicable stay three things on each line
    assert column(made, "out") == [0, "…", 0, "…", 17, 32, 8, 32, 9, "–", 17, 32]
    assert column(made, "close") == [10, "…", 10, "…", 103, 468, 42, 168, 61, 300, 113, 468]
    rolled = figures(
        [places.district], list(filled.indicators.values()), [Y2024], Stage.PROVISIONAL
    )
    for place, line in ((-2, "households"), (-1, "persons")):
        for name in ("open", "out", "close"):
            figure = rolled[places.district.pk, filled.indicators[f"{name}_{line}"].pk, "2024"]
            assert cell(made, made.rows[place], name).value == figure.value
    assert "Chưa có số liệu (dòng Nhân khẩu): thị trấn Trung Tâm." in made.remarks


def test_formulas_add_up_one_line_only(places: Places, filled: Movement) -> None:
    made = draw(filled.form, places.district)
    sheet, first = sheet_of(made)

    rural = f'SUMPRODUCT(--(C{first + 6}:C{first + 8}="Hộ"),D{first + 6}:D{first + 8})'
    persons = f'SUMPRODUCT(--(C{first + 7}:C{first + 9}="Nhân khẩu"),D{first + 7}:D{first + 9})'
    assert sheet.formulas[f"D{first + 4}"] == f"={rural}"
    assert sheet.formulas[f"D{first + 5}"] == f"={persons}"
    assert sheet.formulas[f"D{first + 10}"] == f"=SUM(D{first},D{first + 4})"
    assert formula_of(made, 6, "close") == "open-out"
    assert formula_of(made, 9, "close") == ""  # out is not applicable there


def test_number_and_name_stand_over_both_lines(places: Places, filled: Movement) -> None:
    made = draw(filled.form, places.district)
    _, first = sheet_of(made)

    merged = {str(area) for area in page(write_workbook(made)).merged_cells.ranges}
    for column_letter in "ABH":
        assert f"{column_letter}{first + 2}:{column_letter}{first + 3}" in merged
    assert f"C{first + 2}:C{first + 3}" not in merged
    upper, lower = printed_rows(made)[2:4]
    assert [one.rows for one in upper.cells] == [2, 2, 1, 1, 1, 1, 1, 2]
    assert len(lower.cells) == len(upper.cells) - 3
    assert lower.cells[0].text == "Nhân khẩu"


def test_province_shows_of_each_district_the_part_in_a_zone(
    places: Places, filled: Movement
) -> None:
    """Source: form 2, a province adds up its districts; each zone has those with units in it."""
    other = builders.unit("902", "Thị xã Khác", "district", places.province)
    ward = builders.unit("90201", "Phường Xa", "commune", other)
    filled.tell(ward, ("5", "1", "4"), "20", "4", "16")
    drain()

    made = draw(filled.form, places.province)

    assert [cell(made, row, "unit").text for row in made.rows[::2]] == [
        "I. Thành thị",
        "Thử Nghiệm",
        "TX Khác",
        "II. Nông thôn",
        "Thử Nghiệm",
        "Tổng cộng",
    ]
    assert column(made, "close")[::2] == [14, 10, 4, 103, 103, 117]
    assert column(made, "close")[-1] == 484


def test_province_without_districts_lists_communes(movement: Movement) -> None:
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    builders.unit("91001", "Phường A", "commune", province)
    builders.unit("91002", "Xã B", "commune", province)

    made = draw(movement.form, province)

    assert [cell(made, row, "unit").text for row in made.rows[::2]] == [
        "I. Thành thị",
        "P. A",
        "II. Nông thôn",
        "B",
        "Tổng cộng",
    ]


def test_commune_lists_itself_or_its_villages(places: Places, filled: Movement) -> None:
    alone = draw(filled.form, places.first)
    assert [cell(alone, row, "unit").text for row in alone.rows[::2]] == [
        "II. Nông thôn",
        "Một",
        "Tổng cộng",
    ]
    assert column(alone, "close") == [42, 168, 42, 168, 42, 168]

    builders.unit("9010201", "Thôn Trên", "village", places.first)
    builders.unit("9010202", "Thôn Dưới", "village", places.first)
    villages = draw(filled.form, places.first)
    assert [cell(villages, row, "unit").text for row in villages.rows[2:6:2]] == [
        "Thôn Trên",
        "Thôn Dưới",
    ]
    assert column(villages, "close")[-2:] == [42, 168]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (MOVEMENT["columns"][:2], "cần một cột ghi tên dòng"),
        ([annex_forms.text("x", "row_label")], "cột “x” không hợp với các dòng của biểu"),
        (
            [
                annex_forms.text("l", "line_label"),
                annex_forms.shown("y", indicator={"households": "a"}),
            ],
            "cột “y” cần đúng các dòng của biểu",
        ),
        ([annex_forms.shown("z", indicator="$row")], "cột “z” không hợp với các dòng của biểu"),
        ([{"id": "w", "heading_vi": "W", "indicator": "a"}], "cột “W” thiếu khóa 'width'"),
    ],
)
def test_layout_that_its_rows_cannot_fill_is_refused_by_its_column(
    columns: list[dict[str, Any]], words: str
) -> None:
    content = annex_forms.definition(rows=LINES, layouts=[{"variant": "year", "columns": columns}])

    with pytest.raises(DomainError, match=words):
        read_spec(content)


# -- rows that are indicators -------------------------------------------------------------------


@dataclass
class Funding:
    form: Annex
    plan: Plan
    indicators: dict[str, Indicator]


@pytest.fixture
def funding(places: Places) -> Funding:
    made = {
        code: builders.count(
            code, code, place, entered_at=builders.tier("district"), measurement="flow"
        )
        for place, code in enumerate(("all", "budget", "credit", "beside"))
    }
    plan = annex_forms.plan(places.district)
    for code, value in (("all", "100"), ("budget", "30"), ("credit", "70")):
        Target.objects.create(
            code=f"t-{code}",
            plan=plan,
            section="V",
            unit=places.district,
            scope="district",
            theme="budget",
            indicator=made[code],
            label=code,
            kind="cumulative",
            comparator="=",
            value=Decimal(value),
            unit_of_measure="triệu đồng",
            year_from=2023,
            year_to=2025,
            direction="higher_is_better",
        )
    told(places.district, {made["all"]: "20", made["budget"]: "5", made["credit"]: "15"}, Y2023)
    told(
        places.district,
        {made["all"]: "31", made["budget"]: "7", made["credit"]: "24", made["beside"]: "900"},
    )
    drain()
    form = annex_forms.annex(plan, code="von", number="09", rows=MONEY, layouts=[NEEDS])
    return Funding(form, plan, made)


def test_rows_are_indicators_with_the_total_of_its_parts(places: Places, funding: Funding) -> None:
    made = draw(funding.form, places.district)

    assert [(row.kind, cell(made, row, "source").text) for row in made.rows] == [
        (RowKind.TOTAL, "Tổng nhu cầu"),
        (RowKind.UNIT, "Ngân sách"),
        (RowKind.MEMO, "Ngoài tổng"),
        (RowKind.UNIT, "Tín dụng"),
    ]
    assert column(made, "stt") == ["", "1", "a", "2"]
    assert column(made, "need") == [100, 30, "–", 70]
    assert column(made, "done") == [31, 7, 900, 24]
    assert column(made, "sum") == [51, 12, 900, 39]
    assert column(made, "pct") == [51, 40, "–", Decimal(39) * 100 / 70]


def test_total_is_live_and_leaves_what_stands_beside_it_out(
    places: Places, funding: Funding
) -> None:
    sheet, first = sheet_of(draw(funding.form, places.district))

    for letter in "CDE":
        assert (
            sheet.formulas[f"{letter}{first}"] == f"=SUM({letter}{first + 1},{letter}{first + 3})"
        )
    assert sheet.formulas[f"F{first}"] == f"=E{first}/C{first}*100"


def test_total_that_its_parts_do_not_give_stays_a_number_and_is_named(
    places: Places, funding: Funding
) -> None:
    told(places.district, {funding.indicators["all"]: "40"})
    drain()

    made = draw(funding.form, places.district)

    assert cell(made, 0, "done").value == 40
    assert formula_of(made, 0, "done") == ""
    assert "Cột (4), (5): dòng tổng khác tổng các dòng cộng vào nó." in made.remarks


def test_promise_of_other_years_is_not_the_plans_need(places: Places, funding: Funding) -> None:
    Target.objects.filter(code="t-credit").update(year_from=2024)

    assert column(draw(funding.form, places.district), "need") == [100, 30, "–", "–"]


def test_province_adds_the_districts_up_and_says_how_many_reported(
    places: Places, funding: Funding
) -> None:
    builders.unit("902", "Huyện Khác", "district", places.province)
    told(places.district, dict.fromkeys(funding.indicators.values(), "1"))
    told(places.district, {funding.indicators["all"]: "2", funding.indicators["beside"]: "900"})
    drain()

    made = draw(funding.form, places.province)

    assert column(made, "done") == [2, 1, 900, 1]
    assert column(made, "need") == ["–"] * 4  # a plan is the district's own, never added up
    assert cell(made, 1, "source").text == "Ngân sách (1/2)"
    assert made.coverage == (1, 2)


def test_figures_that_do_not_add_up_are_refused_above_their_tier(
    places: Places, funding: Funding
) -> None:
    Indicator.objects.filter(code="credit").update(aggregation="none")

    def reason(unit: Unit) -> str:
        return next(o.reason for o in offers(unit, Y2024) if o.annex == funding.form)

    words = "Không cộng được từ cấp huyện lên: “Tín dụng”"
    assert (reason(places.province), reason(places.district)) == (words, "")
    with pytest.raises(DomainError, match="Không cộng được"):
        draw(funding.form, places.province)
    assert reason(places.first).startswith("Số liệu của biểu này do cấp huyện nhập")


# -- communes and groups of units ---------------------------------------------------------------


@pytest.fixture
def measured(places: Places) -> annex_forms.Measured:
    made = annex_forms.measured()
    told(places.first, made.values("2", "4", "1", households="2"))
    told(places.second, made.values("95", "100", "90"))
    drain()
    return made


@pytest.fixture
def form(places: Places) -> Annex:
    return annex_forms.annex(annex_forms.plan(places.district))


@pytest.fixture
def group(places: Places) -> UnitGroup:
    """Two known of three, in two districts; one of them for show."""
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    far = builders.unit("90201", "Xã Xa", "commune", other)
    made = UnitGroup.objects.create(code="ba-xa", name="Ba xã", expected_size=3)
    GroupMember.objects.create(group=made, unit=places.second, source="stated")
    GroupMember.objects.create(group=made, unit=far, source="sample")
    return made


def test_commune_prints_its_own_row_under_the_total(
    places: Places, measured: annex_forms.Measured, form: Annex
) -> None:
    made = draw(find_annex("thu", places.first, Y2024), places.first)

    assert column(made, "unit") == ["Tổng cộng", "Một"]
    assert column(made, "rate") == [50, 50]
    assert made.issuer_lines[1] == "XÃ MỘT"


def test_group_prints_its_known_members_and_says_who_is_not_known(
    places: Places, measured: annex_forms.Measured, form: Annex, group: UnitGroup
) -> None:
    made = draw(find_annex("thu", group, Y2024), group)

    assert column(made, "unit") == ["Tổng cộng (1/2)", "Hai (Thử Nghiệm)", "Xa (Khác)"]
    rolled = group_figures(group, [measured.poor, measured.rate], [Y2024], Stage.PROVISIONAL)
    assert column(made, "poor") == [rolled[measured.poor.pk, "2024"].value, 90, "…"]
    assert column(made, "rate") == [rolled[measured.rate.pk, "2024"].value, 90, "…"]
    assert made.remarks[:2] == (
        "Mới biết 2/3 đơn vị của nhóm; biểu chỉ gồm các đơn vị đã biết.",
        "Đơn vị minh họa trong nhóm: xã Xa.",
    )
    assert made.has_sample
    assert made.title == "Hộ nghèo theo xã năm 2024 – Ba xã"
    assert made.issuer_lines[1] == "TỈNH THỬ NGHIỆM"
    assert made.file_name == "bieu-thu-ba-xa-2024-tam-tinh.xlsx"


def test_group_without_members_of_that_year_has_no_table(
    places: Places, measured: annex_forms.Measured, form: Annex, group: UnitGroup
) -> None:
    group.members.all().delete()
    empty = UnitGroup.objects.get(pk=group.pk)

    with pytest.raises(DomainError, match="Chưa biết đơn vị nào của nhóm"):
        draw(form, empty)


def test_page_of_a_group_is_for_those_who_see_all_of_it(
    places: Places, measured: annex_forms.Measured, form: Annex, group: UnitGroup
) -> None:
    def get(username: str, unit: Unit, address: str) -> Any:
        client = Client()
        client.force_login(builders.official(username, unit, Role.REVIEWER))
        return client.get(address)

    answer = get("tinh", places.province, "/bieu/group:ba-xa/2024/")
    assert "Hai (Thử Nghiệm)" in answer.content.decode()
    assert "/bieu/group:ba-xa/2024/thu.xlsx" in answer.content.decode()
    assert get("huyen", places.district, "/bieu/group:ba-xa/2024/").status_code == 404
    of_province = get("tinh2", places.province, "/bieu/90/2024/").content.decode()
    assert "/bieu/group:ba-xa/2024/" in of_province


def test_title_that_ends_in_the_year_does_not_say_it_twice(
    places: Places, measured: annex_forms.Measured, form: Annex
) -> None:
    form.definition["title_vi"] = "Diễn biến hộ nghèo trong năm"

    assert draw(form, places.district).title == "Diễn biến hộ nghèo trong năm 2024"


# -- all of it ----------------------------------------------------------------------------------


def test_every_form_that_comes_with_the_system_but_04_can_be_read() -> None:
    refused = {}
    for content in shipped():
        try:
            read_spec(content)
        except DomainError as error:
            refused[content["code"]] = str(error)

    assert refused == {"04": "Thiếu mẫu"}


def test_queries_do_not_grow_with_the_rows(places: Places, filled: Movement) -> None:
    def queries(*numbers: int) -> int:
        """Of a table with these communes more; new units make the catalogue be read again."""
        for number in numbers:
            more = builders.unit(f"9011{number}", f"Xã {number}", "commune", places.district)
            filled.tell(more, ("5", "1", "4"), "20", "4", "16")
        drain()
        with CaptureQueriesContext(connection) as found:
            draw(filled.form, places.district)
        return len(found)

    assert queries(1) == queries(*range(2, 9))


@pytest.mark.office
def test_office_program_works_the_same_values_out(
    places: Places, filled: Movement, funding: Funding, tmp_path: Path
) -> None:
    other = builders.unit("902", "Thị xã Khác", "district", places.province)
    ward = builders.unit("90201", "Phường Xa", "commune", other)
    filled.tell(ward, ("5", "1", "4"), "20", "4", "16")
    drain()
    group = UnitGroup.objects.create(code="hai-xa", name="Hai xã", expected_size=2)
    for unit in (places.second, ward):
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    wanted: list[tuple[Annex, Area]] = [
        (filled.form, places.district),
        (filled.form, places.province),
        (filled.form, places.first),
        (filled.form, group),
        (funding.form, places.district),
        (funding.form, places.province),
    ]
    files = {
        f"{place}.xlsx": write_workbook(draw(*one)) for place, one in enumerate(wanted, start=1)
    }

    for name, sheet in recalculated(tmp_path, files).items():
        written = read_sheet(files[name])
        assert written.formulas
        assert list(differences(written, sheet)) == []
