"""The rows of official tables: every cell from rolled-up figures, before any workbook."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.annexes.build import build_table, find_annex, offers
from reports.annexes.expressions import (
    Binary,
    Expression,
    Largest,
    Number,
    evaluate,
    parse,
    parse_caption,
    to_formula,
)
from reports.annexes.readings import Request, catalogue_of
from reports.annexes.recipes import recipes_for
from reports.annexes.spec import Layout, Measure, read_spec
from reports.annexes.table import Cell, CellKind, Row, RowKind, Table
from reports.models import Annex, Report
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured

Y2023 = Period(2023)
HUNDRED = Decimal(100)


@pytest.fixture
def measured(db: None) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def form(places: Places) -> Annex:
    return annex_forms.annex(annex_forms.plan(places.district))


def told_by_two(places: Places, measured: Measured) -> None:
    """Of three communes one has 1 poor of 2, one 90 of 100; the township has said nothing."""
    told(places.first, measured.values("2", "4", "1", households="2", relapsed="0", escaped="0"))
    told(places.second, measured.values("95", "100", "90", escaped=None))


def table(form: Annex, unit: Unit, variant: str = "year", stage: str = "provisional") -> Table:
    """The table after what was told has been added up."""
    drain()
    return build_table(form, unit, Y2024, stage, variant)


def cell(of: Table, row: Row | int, leaf: str) -> Cell:
    found = of.rows[row] if isinstance(row, int) else row
    return found.cells[[column.id for column in of.layout.leaves].index(leaf)]


def names(of: Table) -> list[str]:
    return [cell(of, row, "unit").text for row in of.rows]


def column(of: Table, leaf: str) -> list[Decimal | str]:
    """A column from top to bottom: numbers, and symbols where there is none."""
    cells = [cell(of, row, leaf) for row in of.rows]
    return [one.printed(0) if one.value is None else one.value for one in cells]


# -- which rows -------------------------------------------------------------------------------


def test_district_lists_its_communes_by_code_under_the_total(
    places: Places, measured: Measured, form: Annex
) -> None:
    made = table(form, places.district)

    assert names(made) == ["Tổng cộng (0/3)", "TT Trung Tâm", "Một", "Hai"]
    assert [row.kind for row in made.rows] == [RowKind.TOTAL, *[RowKind.UNIT] * 3]
    assert column(made, "stt") == ["", "1", "2", "3"]


def test_province_puts_each_district_before_its_communes(
    places: Places, measured: Measured, form: Annex
) -> None:
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    builders.unit("90201", "Xã Xa", "commune", other)

    made = table(form, places.province)

    assert [(row.kind, name) for row, name in zip(made.rows, names(made), strict=True)] == [
        (RowKind.TOTAL, "Tổng cộng (0/4)"),
        (RowKind.SUBTOTAL, "Huyện Thử Nghiệm (0/3)"),
        (RowKind.UNIT, "TT Trung Tâm"),
        (RowKind.UNIT, "Một"),
        (RowKind.UNIT, "Hai"),
        (RowKind.SUBTOTAL, "Huyện Khác (0/1)"),
        (RowKind.UNIT, "Xa"),
    ]
    assert column(made, "stt") == ["", "I", "1", "2", "3", "II", "1"]


def test_province_without_districts_lists_communes_directly(measured: Measured) -> None:
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    builders.unit("91002", "Xã B", "commune", province)
    builders.unit("91001", "Phường A", "commune", province)

    made = table(annex_forms.annex(annex_forms.plan(province)), province)

    assert names(made)[1:] == ["P. A", "B"]


def test_commune_outside_the_districts_counts_in_the_total(
    places: Places, measured: Measured, form: Annex
) -> None:
    apart = builders.unit("90001", "Đặc khu Xa", "commune", places.province)
    told(apart, {measured.poor: "7"})
    told(places.first, {measured.poor: "5"})

    made = table(form, places.province)

    assert names(made)[1:] == [
        "Đặc khu Xa",
        "Huyện Thử Nghiệm (0/3)",
        "TT Trung Tâm",
        "Một",
        "Hai",
    ]
    assert column(made, "poor") == [12, 7, 5, "…", 5, "…"]
    assert formula_of(made, 0, "poor") == "Σpoor[]"


def test_rows_are_the_units_of_the_last_day_of_the_year(
    places: Places, measured: Measured, form: Annex
) -> None:
    builders.unit("90100", "Xã Cũ", "commune", places.district, valid_to=date(2024, 10, 31))
    builders.unit("90199", "Xã Mới", "commune", places.district, valid_from=date(2025, 1, 1))

    assert names(table(form, places.district))[1:] == ["TT Trung Tâm", "Một", "Hai"]


def test_group_table_lists_its_members_within_the_unit(places: Places, measured: Measured) -> None:
    form = annex_forms.annex(
        annex_forms.plan(places.district),
        rows={**annex_forms.definition()["rows"], "scope": "group", "group": "nhom"},
    )
    group = UnitGroup.objects.create(code="nhom", name="Nhóm")
    with pytest.raises(DomainError, match="Chưa có danh sách xã"):
        table(form, places.district)

    GroupMember.objects.create(group=group, unit=places.second, source="sample")
    told_by_two(places, measured)
    made = table(form, places.district)

    assert names(made) == ["Tổng cộng", "Hai"]
    assert column(made, "poor") == [Decimal(90), Decimal(90)]
    assert made.has_sample
    assert "Danh sách xã trong biểu có xã minh họa, không theo văn bản nào." in made.remarks


# -- the cells --------------------------------------------------------------------------------


def test_one_dash_of_two_meanings_is_told_by_its_column(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)

    assert table(form, places.district).remarks[-1] == (
        "Ký hiệu: “…” chưa có số liệu; “–” không áp dụng, ở cột kế hoạch và so với kế hoạch là "
        "chưa giao kế hoạch."
    )


def test_missing_zero_and_not_applicable_are_three_things(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)

    made = table(form, places.district)

    kinds = {name: cell(made, i, "escaped").kind for i, name in enumerate(names(made))}
    assert kinds == {
        "Tổng cộng (2/3)": CellKind.ZERO,
        "TT Trung Tâm": CellKind.MISSING,
        "Một": CellKind.ZERO,
        "Hai": CellKind.NOT_APPLICABLE,
    }
    assert column(made, "escaped") == [0, "…", 0, "–"]


def test_total_rate_is_sum_over_sum_of_those_who_reported(
    places: Places, measured: Measured, form: Annex
) -> None:
    """1/2 and 90/100 make 91/102 = 89,2 %, not the mean of the rates, 70,0 %."""
    told_by_two(places, measured)

    made = table(form, places.district)

    total = Decimal(91) * HUNDRED / Decimal(102)
    assert column(made, "rate") == [total, "…", Decimal(50), Decimal(90)]
    assert cell(made, 0, "rate").printed(2) == "89,22"
    assert names(made)[0] == "Tổng cộng (2/3)"


def test_change_in_the_total_compares_like_with_like(
    places: Places, measured: Measured, form: Annex
) -> None:
    """The township told only its opening: it is in the opening rate, and in no change."""
    told_by_two(places, measured)
    told(places.town, measured.values("10", "896"))

    made = table(form, places.district)

    assert cell(made, 0, "open_rate").value == Decimal(107) * HUNDRED / Decimal(1000)
    before, after = Decimal(97) * HUNDRED / 104, Decimal(91) * HUNDRED / 102
    assert column(made, "cut") == [before - after, "…", Decimal(0), Decimal(5)]


def test_terms_add_up_only_where_every_term_is_told(
    places: Places, measured: Measured, form: Annex
) -> None:
    told(places.first, {measured.relapsed: "2", measured.escaped: "7"})
    told(places.second, {measured.relapsed: "5"})

    assert column(table(form, places.district), "net") == [-5, "…", -5, "…"]


def test_formula_column_of_the_total_counts_only_complete_units(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)
    told(places.town, {measured.households: "500"})

    made = table(form, places.district)

    assert column(made, "not_poor") == [Decimal(11), "…", Decimal(1), Decimal(10)]


def test_plan_column_shows_the_milestone_or_that_none_is_assigned(
    places: Places, measured: Measured, form: Annex
) -> None:
    assert form.plan
    annex_forms.milestone(form.plan, places.first, measured.rate, 2024, "7", cut=True)
    annex_forms.milestone(form.plan, places.first, measured.rate, 2024, "40", cut=False)

    made = table(form, places.district)

    assert column(made, "cut_plan") == ["–", "–", Decimal(7), "–"]


def test_several_years_use_the_years_that_have_a_figure_and_say_so(
    places: Places, measured: Measured, form: Annex
) -> None:
    told(places.first, measured.values("50", "100", "40", escaped="10"), Y2023)
    told(places.first, measured.values("40", "100", "36", escaped="4"))
    told(places.second, measured.values("95", "100", "90", escaped="5"))

    made = table(form, places.district, "period")

    # first: 10 and 4 points; second: 5 points in one year; the district: 10, then (135-126)/200
    assert column(made, "cut") == [Decimal("7.25"), "…", Decimal(7), Decimal(5)]
    assert column(made, "escaped_sum") == [19, "…", 14, 5]
    assert "Cột (13), (16) chưa gồm năm 2023 ở xã Hai." in made.remarks


def test_years_to_come_are_blank_not_missing(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)

    made = table(form, places.district, "period")

    assert column(made, "poor_2024") == [91, "…", 1, 90]
    assert column(made, "poor_2025") == ["", "", "", ""]


def test_change_of_a_year_to_come_is_blank_too(places: Places, measured: Measured) -> None:
    yearly = annex_forms.rate(
        "cut_{year}", indicator="rate", measure="change_points", period="each_year"
    )
    years = {"heading_vi": "Năm {year}", "for_each_year": [2024, 2025], "columns": [yearly]}
    layout = {"variant": "period", "columns": [*annex_forms.NAMES, years]}
    form = annex_forms.annex(annex_forms.plan(places.district), layouts=[layout])
    told_by_two(places, measured)

    made = table(form, places.district, "period")

    assert column(made, "cut_2024")[2:] == [0, 5]
    assert column(made, "cut_2025") == ["", "", "", ""]


def test_running_total_is_measured_against_the_whole_plan(
    places: Places, measured: Measured, form: Annex
) -> None:
    assert form.plan
    for year in (2023, 2024, 2025):
        annex_forms.milestone(form.plan, places.first, measured.escaped, year, "10", cut=False)
    annex_forms.milestone(form.plan, places.second, measured.escaped, 2024, "10", cut=False)
    told(places.first, {measured.escaped: "12"}, Y2023)
    told(places.first, {measured.escaped: "6"})

    made = table(form, places.district, "period")

    assert column(made, "escaped_plan") == ["–", "–", Decimal(30), "–"]
    assert column(made, "escaped_pct") == ["–", "–", Decimal(60), "–"]


def test_merged_unit_speaks_for_the_years_before_with_all_its_parts(
    places: Places, measured: Measured, form: Annex
) -> None:
    """Source: a commune joined the township of Bắc Hà on 1/11/2024 (docs/data.md)."""
    gone = builders.unit("90109", "Xã Tan", "commune", places.district, valid_to=date(2024, 10, 31))
    Succession.objects.create(predecessor=gone, successor=places.town, date=date(2024, 11, 1))
    told(places.town, measured.values("10", "100", "8"), Y2023)
    told(gone, measured.values("50", "100", "42"), Y2023)

    made = table(form, places.district, "period")

    assert column(made, "poor_2023")[:2] == [50, 50]
    assert column(made, "rate_2023")[:2] == [25, 25]
    assert (
        "Số liệu của thị trấn Trung Tâm trước khi sáp nhập gồm cả xã Tan "
        "để so sánh được giữa các năm."
    ) in made.remarks
    # what the year opens with is not what last year's table closed with
    assert [words for words in table(form, places.district).remarks if "gồm cả xã Tan" in words]


def test_merged_unit_is_not_told_by_one_of_its_parts(
    places: Places, measured: Measured, form: Annex
) -> None:
    gone = builders.unit("90109", "Xã Tan", "commune", places.district, valid_to=date(2024, 10, 31))
    Succession.objects.create(predecessor=gone, successor=places.town, date=date(2024, 11, 1))
    told(places.town, measured.values("10", "100", "8"), Y2023)

    made = table(form, places.district, "period")

    assert column(made, "poor_2023")[:2] == [8, "…"]
    assert any("dòng tổng là số tổng hợp của cả địa bàn" in note for note in made.remarks)


def test_official_stage_counts_only_what_is_approved(
    places: Places, measured: Measured, form: Annex
) -> None:
    told(places.first, measured.values("2", "4", "1"))
    told(places.second, measured.values("95", "100", "90"), stage=Stage.OFFICIAL)

    made = table(form, places.district, stage="official")

    assert column(made, "poor") == [90, "…", "…", 90]
    assert made.marks == ()
    assert made.stamp.startswith("Bản chính thức · lập ")
    assert column(made, "note") == ["", "Chưa duyệt", "Chưa duyệt", ""]
    # the note under the table says what the rows do
    names = f"{places.town.name_in_sentence}, {places.first.name_in_sentence}"
    assert f"Chưa duyệt: {names}." in made.remarks
    assert not any(note.startswith("Chưa có số liệu") for note in made.remarks)


# -- formulas -----------------------------------------------------------------------------------


def formula_of(made: Table, row: int, leaf: str) -> str:
    """The cell's formula with columns by their names, or nothing."""

    class Names:
        def ref(self, leaf: str) -> str:
            return leaf

        def total(self, leaf: str, where: frozenset[str]) -> str:
            return f"Σ{leaf}[{','.join(sorted(where))}]"

    recipe = cell(made, row, leaf).recipe
    return to_formula(recipe, Names()) if recipe else ""


def test_row_formulas_follow_the_captions(places: Places, measured: Measured, form: Annex) -> None:
    told_by_two(places, measured)
    made = table(form, places.district)

    assert formula_of(made, 3, "rate") == "poor/households*100"
    assert formula_of(made, 3, "cut") == "open_rate-rate"
    assert formula_of(made, 3, "poor") == ""  # escaped is not applicable there
    assert formula_of(made, 3, "not_poor") == "households-poor"


def test_total_formulas_use_units_with_both_terms(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)
    told(places.town, {measured.households: "500"})
    made = table(form, places.district)

    assert formula_of(made, 0, "households") == "Σhouseholds[]"
    assert formula_of(made, 0, "rate") == (
        "Σpoor[households,poor]/Σhouseholds[households,poor]*100"
    )
    assert formula_of(made, 0, "cut") == "open_rate-rate"
    assert formula_of(made, 1, "rate") == ""


def test_balance_that_does_not_hold_stays_a_number_and_is_named(
    places: Places, measured: Measured, form: Annex
) -> None:
    told(places.first, measured.values("10", "100", "7", escaped="3"))
    told(places.second, measured.values("10", "100", "9", escaped="3"))
    made = table(form, places.district)

    assert formula_of(made, 2, "poor") == "opening-escaped+relapsed"
    assert formula_of(made, 3, "poor") == ""
    assert cell(made, 3, "poor").value == 9
    assert "Cột (9) khác kết quả tính theo các cột ở xã Hai." in made.remarks


def captions_differ(own: Expression, caption: Expression) -> bool:
    """Is the formula other than the printed caption, but for the hundred of a percentage?"""

    class Primes:
        def ref(self, leaf: str) -> Decimal:
            return Decimal(sum(ord(letter) ** 2 for letter in leaf))

        def total(self, leaf: str, where: frozenset[str]) -> Decimal:
            raise AssertionError(leaf)

    # a gap is printed as the difference; that it is never below zero goes without saying
    inner = own.items[0] if isinstance(own, Largest) else own
    value, printed = evaluate(inner, Primes()), evaluate(caption, Primes())
    assert value is not None
    assert printed is not None
    return not any(abs(value - printed * scale) < Decimal("1e-9") for scale in (1, HUNDRED))


@cache
def data(path: str) -> dict[str, Any]:
    """A data file that comes with the system, read once."""
    found: dict[str, Any] = yaml.safe_load((Path(settings.BASE_DIR) / path).read_text())
    return found


def shipped() -> list[dict[str, Any]]:
    forms: list[dict[str, Any]] = data("reports/data/annexes.yaml")["annexes"]
    return forms


def indicators_of(content: dict[str, Any]) -> None:
    """Stand-ins for the indicators a shipped form speaks of, rates with their terms."""
    listed = data("indicators/data/indicators.yaml")["indicators"]
    rows = {row["code"]: row for row in listed}
    made: dict[str, Indicator] = {}

    def make(code: str) -> Indicator:
        if code not in made:
            row = rows[code]
            if row["kind"] == "ratio":
                sides = [
                    [make(term) for term in ([side] if isinstance(side, str) else side)]
                    for side in (row["numerator"], row["denominator"])
                ]
                made[code] = builders.ratio(code, code, len(made), *sides)
                made[code].scale = Decimal(row["scale"])
            else:
                made[code] = builders.count(code, code, len(made))
            if row.get("opening_indicator"):
                made[code].opening_indicator = make(row["opening_indicator"])
            made[code].save()
        return made[code]

    for view in views_of(content):
        for leaf in view.leaves:
            for code in leaf.codes:
                make(code)


def views_of(content: dict[str, Any]) -> list[Layout]:
    """Every layout of a form, as each kind of its rows fills it."""
    spec = read_spec(content)
    return [view for layout in spec.layouts for view in spec.views(layout).values()]


@pytest.mark.parametrize("code", [row["code"] for row in shipped() if row["status"] == "usable"])
def test_shipped_forms_compute_what_their_captions_print(db: None, code: str) -> None:
    content = next(row for row in shipped() if row["code"] == code)
    indicators_of(content)
    request = Request(Y2024, Stage.PROVISIONAL, tuple(Period(year) for year in range(2021, 2026)))

    for layout in views_of(content):
        recipes = recipes_for(layout, catalogue_of(layout), request)
        columns = {number: leaf for leaf, number in layout.number_of.items()}
        wrong = [
            (leaf.id, leaf.caption)
            for leaf in layout.leaves
            if leaf.caption
            and captions_differ(recipes.own[leaf.id], parse_caption(leaf.caption, columns))
        ]
        assert wrong == []


@pytest.mark.parametrize("text", ["a ** 2", "__import__('os')", "a if b else c", "min(a, b)", "("])
def test_formula_of_a_layout_knows_only_arithmetic(text: str) -> None:
    with pytest.raises(ValueError, match=r"công thức|chỉ dùng"):
        parse(text)


def test_brackets_survive_where_they_matter() -> None:
    class Names:
        def ref(self, leaf: str) -> str:
            return leaf

        def total(self, leaf: str, where: frozenset[str]) -> str:
            return leaf

    texts = ["a-(b-c)", "a/(b/c)", "(a+b)/c*100", "MAX(a-b,0)", "a-b-c"]
    assert [to_formula(parse(text.replace("MAX", "max")), Names()) for text in texts] == texts
    assert to_formula(Binary("*", parse("a+b"), Number(Decimal("1E+2"))), Names()) == "(a+b)*100"


# -- words ------------------------------------------------------------------------------------


def test_frame_names_the_unit(places: Places, measured: Measured, form: Annex) -> None:
    made = table(form, places.district)

    assert made.issuer_lines == ("ỦY BAN NHÂN DÂN", "HUYỆN THỬ NGHIỆM")
    assert made.title == "Hộ nghèo theo xã năm 2024"
    assert made.right.place_date == "Thử Nghiệm, ngày … tháng … năm …"
    assert made.file_name == "bieu-thu-thu-nghiem-2024-tam-tinh.xlsx"
    assert table(form, places.district, "period").title == "Hộ nghèo theo xã giai đoạn 2023-2025"


def test_file_name_has_only_plain_letters(measured: Measured) -> None:
    district = builders.unit("085", "Huyện Đắk Đoa", "district")
    builders.unit("08501", "Xã Ẩm", "commune", district)

    made = table(annex_forms.annex(annex_forms.plan(district)), district, "period")

    assert made.file_name == "bieu-thu-dak-doa-giai-doan-2024-tam-tinh.xlsx"


def test_notes_name_who_has_not_reported(places: Places, measured: Measured, form: Annex) -> None:
    told_by_two(places, measured)
    told(places.town, {measured.households: "500"})
    told(places.second, measured.values("95", "100", "90", escaped="5"))

    assert table(form, places.district).remarks == (
        "Chưa đủ số liệu: thị trấn Trung Tâm.",
        "Cột (9) khác kết quả tính theo các cột ở xã Một.",
        (
            "Dòng tổng tính từ số của các đơn vị đã có số liệu: cột (8) của 3/3 đơn vị; "
            "cột (3)–(7), (9)–(11) của 2/3 đơn vị."
        ),
        "Ký hiệu: “…” chưa có số liệu; “–” chưa giao kế hoạch.",
    )
    assert (
        "Chưa có số liệu: cả 3 đơn vị."
        in build_table(form, places.district, Y2023, Stage.PROVISIONAL).remarks
    )


def test_remark_says_where_a_return_stands(places: Places, measured: Measured, form: Annex) -> None:
    told_by_two(places, measured)
    Report.objects.create(unit=places.second, period="2024", state="draft")

    made = table(form, places.district)

    assert column(made, "note") == ["", "Chưa nộp", "", "Đang nhập"]


def test_sample_figures_and_provisional_ones_are_marked(
    places: Places, measured: Measured, form: Annex
) -> None:
    told(places.first, measured.values("2", "4", "1"), is_sample=True)

    made = table(form, places.district)

    assert made.marks == ("SỐ LIỆU MINH HỌA", "SỐ TẠM TÍNH")
    assert made.stamp.endswith(
        "· 1/3 đơn vị có đủ số liệu · số liệu minh họa, chưa có giá trị báo cáo"
    )


def test_figures_not_added_up_yet_are_said_to_be_waiting(
    places: Places, measured: Measured, form: Annex
) -> None:
    told_by_two(places, measured)

    made = build_table(form, places.district, Y2024, Stage.PROVISIONAL)

    assert "Có số liệu mới chưa được cộng vào biểu; lập lại biểu sau ít phút." in made.remarks
    assert not any("chưa được cộng" in note for note in table(form, places.district).remarks)


# -- what is offered --------------------------------------------------------------------------


def reason(unit: Unit, period: Period) -> str:
    """Why the test's own table cannot be had there."""
    return next(offer.reason for offer in offers(unit, period) if offer.annex.code == "thu")


def test_list_gives_each_table_or_the_reason_why_not(
    places: Places, measured: Measured, form: Annex
) -> None:
    assert form.plan
    annex_forms.annex(form.plan, code="04", status="undefined")
    unknown = annex_forms.YEAR | {"columns": [*annex_forms.NAMES, annex_forms.shown("khac")]}
    annex_forms.annex(form.plan, code="la", layouts=[unknown])
    annex_forms.annex(form.plan, code="sai", layouts=[{"variant": "year"}])

    found = [
        (offer.annex.code, offer.reason, offer.variants) for offer in offers(places.district, Y2024)
    ]

    assert found == [
        ("04", "Thiếu mẫu", ()),
        ("la", "Danh mục chưa có chỉ số khac", ()),
        ("sai", "Bố cục biểu thiếu khóa 'columns'", ()),
        ("thu", "", ("year", "period")),
    ]
    assert reason(places.first, Y2024) == ""
    village = builders.unit("9010201", "Thôn Trên", "village", places.first)
    assert reason(village, Y2024) == "Biểu này lập từ cấp xã trở lên"
    assert reason(places.district, Period.parse("2024H1")) == "Biểu này lập theo năm"
    assert offers(places.district, Period(2030)) == []


def test_table_of_another_districts_plan_is_not_offered(
    places: Places, measured: Measured, form: Annex
) -> None:
    other = builders.unit("902", "Huyện Khác", "district", places.province)

    with pytest.raises(DomainError, match="Không có biểu “thu” cho huyện Khác, năm 2024"):
        find_annex("thu", other, Y2024)
    assert find_annex("thu", places.province, Y2024) == form


@pytest.mark.parametrize("variant", ["year", "period"])
def test_queries_do_not_grow_with_units(
    places: Places, measured: Measured, form: Annex, variant: str
) -> None:
    told_by_two(places, measured)

    def queries() -> int:
        drain()
        with CaptureQueriesContext(connection) as found:
            build_table(form, places.district, Y2024, Stage.PROVISIONAL, variant)
        return len(found)

    few = queries()
    for number in range(4, 10):
        more = builders.unit(f"9011{number}", f"Xã {number}", "commune", places.district)
        told(more, measured.values("2", "4", "1"))

    assert queries() == few


# -- pages ------------------------------------------------------------------------------------


@pytest.fixture
def reviewer(places: Places, client: Client) -> Client:
    client.force_login(
        builders.official("huyen", places.district, Role.REVIEWER),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_page_shows_the_table_as_it_is_printed(
    places: Places, measured: Measured, form: Annex, reviewer: Client
) -> None:
    told_by_two(places, measured)
    drain()
    assert form.plan
    annex_forms.annex(form.plan, code="04", number="04", status="undefined")

    html = reviewer.get("/bieu/901/2024/").content.decode()

    assert "Tổng cộng (2/3)" in html
    assert '<td class="n">89,22</td>' in html
    assert 'href="/bieu/901/2024/thu.xlsx?stage=provisional' in html
    assert "/bieu/901/2024/04.xlsx" not in html
    assert "Thiếu mẫu" in html


def test_page_of_official_figures_says_so(
    places: Places, measured: Measured, form: Annex, reviewer: Client
) -> None:
    told_by_two(places, measured)

    html = reviewer.get("/bieu/901/2024/?stage=official").content.decode()

    assert "Tổng cộng (0/3)" in html
    assert "SỐ TẠM TÍNH" not in html


def test_workbook_is_downloaded_under_its_name(
    places: Places, measured: Measured, form: Annex, reviewer: Client
) -> None:
    answer = reviewer.get("/bieu/901/2024/thu.xlsx?variant=period")

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == (
        'attachment; filename="bieu-thu-thu-nghiem-giai-doan-2024-tam-tinh.xlsx"'
    )
    assert answer.content[:2] == b"PK"


@pytest.mark.parametrize(
    "address",
    [
        "/bieu/90/2024/",
        "/bieu/90/2024/thu.xlsx",
        "/bieu/901/202/",
        "/bieu/901/2024/khac.xlsx",
        "/bieu/901/2024/thu.xlsx?variant=khac",
        "/bieu/901/2024/?bieu=khac",
    ],
)
def test_what_is_not_theirs_or_not_there_is_not_found(
    places: Places, measured: Measured, form: Annex, reviewer: Client, address: str
) -> None:
    assert reviewer.get(address).status_code == 404


def test_measures_of_the_layouts_are_all_known() -> None:
    """Every measure the shipped forms use has code behind it."""
    used = {
        leaf.measure
        for content in shipped()
        if content["status"] == "usable"
        for layout in read_spec(content).layouts
        for leaf in layout.leaves
    }
    assert used == set(Measure)
