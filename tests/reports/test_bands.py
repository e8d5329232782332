"""On a return: what is held against what, and what sending asks for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from communes.models import Official
from indicators.bands import Question
from indicators.enums import Answer, Stage
from indicators.figures import figures
from indicators.models import SeriesBreak
from indicators.periods import Period
from indicators.recording import Entry
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.returns import Row, return_of
from reports.workflow import save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled, told

pytestmark = pytest.mark.django_db

D = Decimal


def typed(places: Places, catalogue: Catalogue, poor: str, note: str = "") -> Row:
    """The line of poor households after typing a figure."""
    by = Official.objects.filter(username="can.bo").first() or builders.official(
        "can.bo", places.first
    )
    entry = Entry(places.first, catalogue.poor, Y2024, Answer.VALUE, D(poor), note=note)
    save_draft(unit=places.first, period=Y2024, entries=[entry], by=by)
    found = return_of(places.first, Y2024).row("poor")
    assert found is not None
    return found


def questions(row: Row) -> list[Question]:
    return [band.question for band in row.asked]


def test_figure_is_held_against_the_units_own_years(places: Places, catalogue: Catalogue) -> None:
    for year, count in ((2021, "50"), (2022, "55"), (2023, "60")):
        told(places.first, {catalogue.poor: count}, Period(year))
    drain()

    assert questions(typed(places, catalogue, "58")) == []
    assert questions(typed(places, catalogue, "95")) == [Question.HISTORY]


def test_years_before_a_new_standard_are_left_out(places: Places, catalogue: Catalogue) -> None:
    """No difference is taken across a break of the series. Source: design, Target."""
    standard = SeriesBreak.objects.create(code="chuan", first_periods=[2024])
    catalogue.poor.series_breaks.add(standard)
    for year, count in ((2021, "50"), (2022, "55"), (2023, "60")):
        told(places.first, {catalogue.poor: count}, Period(year))
    drain()

    assert questions(typed(places, catalogue, "0")) == []
    assert questions(typed(places, catalogue, "300")) == []


def test_figure_is_held_against_how_the_neighbours_moved(
    places: Places, catalogue: Catalogue
) -> None:
    near = [
        builders.unit(f"902{number:02}", f"Xã {number}", "commune", places.district)
        for number in range(5)
    ]
    for unit in [places.first, *near]:
        told(unit, {catalogue.poor: "200"}, Period(2023))
    for unit in near:
        told(unit, {catalogue.poor: "180"})
    drain()

    assert questions(typed(places, catalogue, "185")) == []
    assert questions(typed(places, catalogue, "290")) == [Question.NEIGHBOURS]


def test_sending_asks_for_the_reason_of_what_is_outside_a_limit(
    places: Places, catalogue: Catalogue
) -> None:
    catalogue.poor.soft_limits = {"max": 20}
    catalogue.poor.save()
    officer = builders.official("can.bo", places.first)
    save_draft(
        unit=places.first, period=Y2024, entries=filled(places.first, catalogue, poor="30"),
        by=officer,
    )  # fmt: skip

    with pytest.raises(DomainError) as refused:
        submit(unit=places.first, period=Y2024, by=officer)

    assert [str(problem) for problem in refused.value.problems] == [
        (
            "1.5 Hộ nghèo cuối kỳ: Cao bất thường. Thường không quá 20. "
            "Số đúng thì ghi lý do vào ô ghi chú."
        )
    ]
    typed(places, catalogue, "30", note="Tách hộ sau thiên tai")
    assert submit(unit=places.first, period=Y2024, by=officer).state == "submitted"


def test_question_beside_others_holds_up_nobody(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.relapsed: "6"}, Period(2023))
    officer = builders.official("can.bo", places.first)
    entries = filled(places.first, catalogue, relapsed="0")
    save_draft(unit=places.first, period=Y2024, entries=entries, by=officer)
    line = return_of(places.first, Y2024).row("relapsed")
    assert line is not None
    assert questions(line) == [Question.ZERO]

    assert submit(unit=places.first, period=Y2024, by=officer).state == "submitted"


def test_no_data_with_its_reason_answers_the_line_and_counts_nowhere(
    places: Places, catalogue: Catalogue
) -> None:
    officer = builders.official("can.bo", places.first)
    entries = [entry for entry in filled(places.first, catalogue) if entry.indicator.code != "poor"]
    excuse = Entry(
        places.first, catalogue.poor, Y2024, Answer.NO_DATA, note="Chưa rà soát thôn Hồng Ngài"
    )
    save_draft(unit=places.first, period=Y2024, entries=[*entries, excuse], by=officer)
    submit(unit=places.first, period=Y2024, by=officer)
    told(places.second, {catalogue.poor: "7"})
    drain()

    found = figures([places.district], [catalogue.poor], [Y2024], Stage.PROVISIONAL)
    figure = found[places.district.pk, catalogue.poor.pk, "2024"]
    assert (figure.value, figure.reported, figure.expected, figure.excused) == (D(7), 1, 3, 0)
