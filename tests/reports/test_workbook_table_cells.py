"""What the cells of a district's table say: formulas without values, words in place of numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.builders import Places, told
from tests.reports.workbook_district import PAGE, District, first_sheet, made, row_of
from tests.reports.workbook_forms import stored, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def closing(district: District, content: bytes) -> tuple[str, str]:
    """How the closing of the first commune is taken: state, and the words of its fault."""
    lines = district.preview(content).lines
    (line,) = [one for one in lines if (one.unit.short_name, one.row.code) == ("Một", "poor")]
    return str(line.state), str(line.fault or "")


@pytest.fixture
def reported(district: District) -> District:
    figures = district.measured.values("20", "98", "13", "8", relapsed="1", households="100")
    told(district.places.first, figures)
    return district


def test_own_formulas_that_a_program_saved_without_values_are_no_errors(
    reported: District,
) -> None:
    content = reported.changed(lambda sheet: None)
    sheet = first_sheet(content)
    assert str(sheet[f"I{row_of(sheet, 'Một')}"].value).startswith("=")

    page = reported.preview(content)

    assert page.wrong == []
    assert page.strays == []
    assert closing(reported, content) == ("same", "")


def test_own_formula_without_value_follows_what_was_typed_in_its_row(reported: District) -> None:
    content = reported.typed(Một={"escaped": 9})

    assert reported.desk.post(upload(reported.desk, content, PAGE)).status_code == 302
    assert (stored(reported.places.first)["escaped"], stored(reported.places.first)["poor"]) == (
        9,
        12,
    )


@pytest.mark.parametrize("typed", [None, "chưa có", "…"])
def test_own_formula_says_nothing_where_its_row_lacks_a_number(
    reported: District, typed: str | None
) -> None:
    """Missing is not zero; and what is wrong is told at the cell that is wrong."""
    content = reported.typed(Một={"escaped": typed})

    page = reported.preview(content)

    assert [line.row.code for line in page.wrong] == (["escaped"] if typed == "chưa có" else [])
    assert closing(reported, content) == ("blank", "")


@pytest.mark.parametrize("formula", ["=10+4", "=D{row}-F{row}", "=D{row}-F{row}+J{other}"])
def test_other_formula_that_would_be_written_needs_its_value(
    reported: District, formula: str
) -> None:
    sheet = first_sheet(reported.printed())
    places = {"row": row_of(sheet, "Một"), "other": row_of(sheet, "Hai")}

    state, words = closing(reported, reported.typed(Một={"poor": formula.format(**places)}))

    assert state == "wrong"
    assert "công thức chưa có kết quả" in words


def test_own_formula_is_not_worked_out_from_another_without_a_value(reported: District) -> None:
    state, words = closing(reported, reported.typed(Một={"escaped": "=4+4"}))

    assert (state, "công thức chưa có kết quả" in words) == ("wrong", True)


@pytest.mark.parametrize("typed", ["không", "x", "–"])
def test_words_for_a_number_are_told_what_a_table_takes(reported: District, typed: str) -> None:
    """A table has no column of answers: leaving the cell blank, or a nought."""
    (line,) = reported.preview(reported.typed(Một={"escaped": typed})).wrong

    assert line.fault is not None
    assert "cột Trả lời" not in line.fault.remedy
    assert "Không có thì ghi 0; chưa biết thì để trống ô" in line.fault.remedy


def test_many_wrong_cells_are_folded_under_what_is_to_be_done(district: District) -> None:
    """Eleven cells with one mistake are one thing to do, not eleven."""
    names = ["open_households", "opening", "escaped", "households", "poor", "relapsed"]
    words = dict.fromkeys(names, "chưa có")
    content = district.typed(Một=words, Hai={**words, "poor": 1.5})

    answer = district.desk.get(upload(district.desk, content, PAGE))
    page = " ".join(answer.content.decode().split())

    assert [len(one.lines) for one in answer.context["page"].remedies] == [11, 1]
    assert page.count("Đây không phải là số.") == 1
    assert page.count("“chưa có”") == 11


def test_few_wrong_cells_are_each_told_in_full(district: District) -> None:
    words = dict.fromkeys(["escaped", "poor"], "chưa có")

    page = district.desk.get(upload(district.desk, district.typed(Một=words), PAGE))

    assert page.content.decode().count("Đây không phải là số.") == 2
