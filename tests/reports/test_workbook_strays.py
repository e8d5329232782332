"""What a district's table would silently lose: figures where nothing is read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from indicators.enums import Stage
from tests import builders
from tests.builders import Places, told
from tests.reports.workbook_district import PAGE, District, first_sheet, made, row_of, typed
from tests.reports.workbook_forms import edited, line_of, stored, upload

pytestmark = pytest.mark.django_db

UNCHANGED = "Tệp không có số nào khác số đang lưu"


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def lost(district: District, content: bytes) -> list[tuple[str, str, str]]:
    """(letter of the column, row, words) of every figure that is told as not saved."""
    strays = district.preview(content).strays
    return [(stray.address[0], stray.row, stray.text) for stray in strays]


def test_figure_typed_into_a_column_of_sums_is_named_at_the_top(district: District) -> None:
    content = district.typed(Một={"net": 7, "escaped": 8})

    address = upload(district.desk, content, PAGE)
    answer = district.desk.get(address)

    (stray,) = answer.context["page"].strays
    assert (stray.address[0], stray.row, stray.text) == ("G", "Một", "7")
    assert stray.column == "cột (7) “net”"
    shown = answer.content.decode()
    assert shown.index("1 ô đồng chí đã ghi sẽ không được lưu") < shown.index('class="wb-act"')
    district.desk.post(address)
    assert stored(district.places.first) == {"escaped": 8}


def test_file_of_nothing_but_lost_figures_is_not_called_unchanged(district: District) -> None:
    address = upload(district.desk, district.typed(Hai={"net": "1.234"}), PAGE)

    answer = district.desk.get(address)

    assert UNCHANGED not in answer.content.decode()
    assert [stray.text for stray in answer.context["page"].strays] == ["“1.234”"]


def test_only_figures_other_than_the_printed_ones_are_named(district: District) -> None:
    """Sums, rates and formulas as they were printed are no loss; one typed over is."""
    told_all(district)
    same = upload(district.desk, district.printed(), PAGE)

    assert district.desk.get(same).context["page"].strays == []
    assert UNCHANGED in district.desk.get(same).content.decode()
    other = district.typed(Một={"net": -6, "rate": 99})
    assert lost(district, other) == [("G", "Một", "−6"), ("K", "Một", "99")]


def told_all(district: District) -> None:
    figures = district.measured.values("20", "98", "13", "8", relapsed="1", households="100")
    told(district.places.first, figures)


def test_table_of_either_stage_is_known_by_its_own_figures(district: District) -> None:
    """Since it was approved the commune has told more: each stage prints figures of its own."""
    approved = district.measured.values("20", "98", "13", "8", relapsed="1", households="100")
    since = district.measured.values("20", "98", "12", "9", relapsed="1", households="100")
    told(district.places.first, approved, stage=Stage.OFFICIAL)
    told(district.places.first, since)
    official = district.printed(stage=Stage.OFFICIAL)
    provisional = district.printed(stage=Stage.PROVISIONAL)
    row = row_of(first_sheet(official), "Một")
    net = [first_sheet(content)[f"G{row}"].value for content in (official, provisional)]

    assert net == [-7, -8]
    assert lost(district, official) == []
    assert lost(district, provisional) == []


# -- rows of sums ------------------------------------------------------------------------------


def test_figure_typed_over_in_the_total_is_named_with_cell_row_and_column(
    district: District,
) -> None:
    told_all(district)
    content = district.typed(
        Tổng_cộng={"poor": 14, "net": 2, "rate": 50}, Một={"escaped": 9, "poor": 12}
    )
    line = row_of(first_sheet(content), "Tổng cộng")

    address = upload(district.desk, content, PAGE)
    page = district.desk.get(address).context["page"]

    assert [(stray.address, stray.row, stray.column, stray.text) for stray in page.strays] == [
        (f"G{line}", "dòng “Tổng cộng”", "cột (7) “net”", "2"),
        (f"I{line}", "dòng “Tổng cộng”", "cột (9) “poor”", "14"),
        (f"K{line}", "dòng “Tổng cộng”", "cột (11) “rate”", "50"),
    ]
    district.desk.post(address)
    assert stored(district.places.first)["escaped"] == 9


def test_formulas_of_the_total_that_recalculated_are_no_loss(district: District) -> None:
    """Another figure above gives the sums of the file another value: that is what they are for."""
    told_all(district)
    content = district.typed(Một={"escaped": 9, "poor": 12})
    sheet = first_sheet(content)
    total = row_of(sheet, "Tổng cộng")
    assert str(sheet[f"I{total}"].value).startswith("=SUM")

    assert lost(district, content) == []


def test_sum_written_out_in_the_total_is_no_loss_where_it_is_right(district: District) -> None:
    """Programs that paste values, and people who add up themselves: the system gets the same."""
    right = district.typed(Một={"poor": 12}, Hai={"poor": 30}, Tổng_cộng={"poor": 42})
    wrong = district.typed(Một={"poor": 12}, Hai={"poor": 30}, Tổng_cộng={"poor": 43})

    assert lost(district, right) == []
    assert lost(district, wrong) == [("I", "dòng “Tổng cộng”", "43")]


def test_formula_that_follows_no_other_cell_is_typed(district: District) -> None:
    told_all(district)

    assert lost(district, district.typed(Tổng_cộng={"poor": "=10+4"})) == [
        ("I", "dòng “Tổng cộng”", "“=10+4”")
    ]


def test_figure_typed_over_in_a_row_of_a_district_is_named(district: District) -> None:
    """In the table of a province: of the rows below the district's name, and of no others."""
    other = builders.unit("902", "Huyện Khác", "district", district.places.province)
    builders.unit("90201", "Xã Ba", "commune", other)
    province = district.printed(unit=district.places.province)
    address = PAGE.replace("901", "90")
    reviewer = builders.official("tinh", district.places.province, Role.REVIEWER)
    district.desk.force_login(reviewer)
    figures = {"Một": {"poor": 12}, "Hai": {"poor": 30}, "Ba": {"poor": 5}}

    def strays(sums: dict[str, dict[str, object]]) -> list[tuple[str, str]]:
        content = typed(province, {**figures, **sums})
        page = district.desk.get(upload(district.desk, content, address)).context["page"]
        return [(stray.row, stray.text) for stray in page.strays]

    right: dict[str, dict[str, object]] = {
        "Huyện Thử Nghiệm": {"poor": 42},
        "Huyện Khác": {"poor": 5},
        "Tổng cộng": {"poor": Decimal(47)},
    }
    assert strays(right) == []
    assert strays({**right, "Huyện Khác": {"poor": 47}}) == [("dòng “Huyện Khác”", "47")]
    assert strays({**right, "Tổng cộng": {"poor": 42}}) == [("dòng “Tổng cộng”", "42")]


# -- columns -----------------------------------------------------------------------------------


def test_deleted_column_is_named_as_missing(district: District) -> None:
    content = district.changed(lambda sheet: sheet.delete_cols(6))

    answer = district.desk.get(upload(district.desk, content, PAGE))

    assert answer.context["page"].missing == ["(6) “escaped”"]
    assert UNCHANGED not in answer.content.decode()
    assert "Thiếu cột, hoặc tiêu đề cột không khớp" in answer.content.decode()


def test_columns_pushed_from_under_their_headings_are_named_as_missing(
    district: District,
) -> None:
    """The heading over several columns goes with the first, its merged cell stays behind."""
    missing = district.preview(district.changed(lambda sheet: sheet.delete_cols(3))).missing

    assert {"“open_households”", "“opening”"} <= {words.split(" ")[1] for words in missing}


def test_column_under_a_number_that_is_not_its_own_is_refused(district: District) -> None:
    """Else the figures of one column would be stored as another's."""

    def swap(sheet: Worksheet) -> None:
        line = line_of(sheet, "escaped")
        sheet[f"F{line}"], sheet[f"H{line}"] = "households", "escaped"

    said = district.refusal(district.changed(swap))
    assert "Tiêu đề cột không khớp: “households” là cột (8), tệp ghi (6)" in said
    assert "Tiêu đề cột không khớp: “escaped” là cột (6), tệp ghi (8)" in said

    def cut_and_swap(sheet: Worksheet) -> None:
        swap(sheet)
        sheet.delete_cols(14)

    assert "Tiêu đề cột không khớp" in district.refusal(edited(district.printed(), cut_and_swap))


def test_opening_that_the_table_did_not_show_is_left_without_a_word(district: District) -> None:
    """The table printed “…” for a commune that has told nothing: it never showed the number."""
    district.lock_opening(first="21")

    page = district.preview(district.typed(Một={"opening": "…", "escaped": 8}))

    assert page.may_apply
    assert page.left == []
