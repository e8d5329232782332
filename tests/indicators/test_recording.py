"""The one way in for a fact: versions, history, refusals. Source: design, Ideas 2, 4 and 5."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import IntegrityError

from communes.models import Official, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, Recompute, Result
from indicators.periods import Period
from indicators.recording import (
    Entry,
    approve_results,
    import_results,
    record_results,
    submit_results,
    withdraw_results,
)
from povertyplan.lib.errors import DomainError, VersionConflict
from tests import builders
from tests.builders import Y2024, Catalogue, Places, count, official

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def officer(places: Places) -> Official:
    return official("can.bo", places.first)


@pytest.fixture
def other(places: Places) -> Official:
    return official("dong.nghiep", places.first)


def value(
    at: Unit, indicator: Indicator, number: str, version: int | None = None, note: str | None = None
) -> Entry:
    return Entry(at, indicator, Y2024, Answer.VALUE, D(number), note, version)


def refusal(entries: list[Entry]) -> DomainError:
    """The error with which `entries` are refused, having checked that nothing was written."""
    before = list(Result.objects.values())
    with pytest.raises(DomainError) as caught:
        record_results(entries, by=None)
    assert list(Result.objects.values()) == before
    return caught.value


# -- writing --------------------------------------------------------------------------------------


def test_facts_come_back_in_the_order_of_the_entries(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    entries = [
        value(places.first, catalogue.poor, "12"),
        Entry(places.first, catalogue.relapsed, Y2024, Answer.NOT_APPLICABLE),
        value(places.first, catalogue.households, "590"),
    ]

    facts = record_results(entries, by=officer)

    assert [(fact.indicator.code, fact.answer, fact.value, fact.version) for fact in facts] == [
        ("poor", "value", D(12), 1),
        ("relapsed", "na", None, 1),
        ("households", "value", D(590), 1),
    ]
    assert {fact.entered_by for fact in facts} == {officer}
    assert {fact.submitted_answer for fact in facts} == {Answer.MISSING}


def test_each_edit_raises_the_version_and_keeps_who_when_old_new_why(
    places: Places, catalogue: Catalogue, officer: Official, other: Official
) -> None:
    record_results([value(places.first, catalogue.poor, "12")], by=officer, reason="Nhập nháp")
    record_results(
        [value(places.first, catalogue.poor, "15", version=1)], by=other, reason="Đếm lại"
    )
    record_results(
        [Entry(places.first, catalogue.poor, Y2024, Answer.MISSING, version=2)], by=officer
    )

    fact = Result.objects.get()
    assert (fact.answer, fact.value, fact.version, fact.entered_by) == ("", None, 3, officer)
    history = fact.history.order_by("history_id")
    assert [
        (row.version, row.value, row.history_user, row.history_change_reason) for row in history
    ] == [(1, D(12), officer, "Nhập nháp"), (2, D(15), other, "Đếm lại"), (3, None, officer, "")]
    moments = [row.history_date for row in history]
    assert moments == sorted(moments)


def test_unchanged_entry_writes_nothing_and_no_history(
    places: Places, catalogue: Catalogue, officer: Official, other: Official
) -> None:
    record_results([value(places.first, catalogue.poor, "12", note="Theo sổ")], by=officer)
    before = Result.objects.values().get()

    (fact,) = record_results([value(places.first, catalogue.poor, "12.0")], by=other)

    assert Result.objects.values().get() == before
    assert (fact.version, fact.history.count()) == (1, 1)


def test_note_stays_unless_a_new_one_is_given(places: Places, catalogue: Catalogue) -> None:
    record_results([value(places.first, catalogue.poor, "12", note="Theo sổ")], by=None)
    record_results([value(places.first, catalogue.poor, "13")], by=None)
    assert Result.objects.get().note == "Theo sổ"

    record_results([value(places.first, catalogue.poor, "13", note="")], by=None)

    fact = Result.objects.get()
    assert (fact.note, fact.version, fact.history.count()) == ("", 3, 3)


def test_reason_for_no_number_goes_when_a_number_comes(
    places: Places, catalogue: Catalogue
) -> None:
    """It would be signed and printed beside the number."""
    none = Entry(places.first, catalogue.poor, Y2024, Answer.NO_DATA, note="Chưa tổng hợp xong")
    record_results([none], by=None)

    record_results([value(places.first, catalogue.poor, "13")], by=None)

    assert Result.objects.get().note == ""


def test_drafts_ask_for_no_recompute_and_each_stage_asks_for_one(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    def marks() -> list[tuple[int, str]]:
        return list(Recompute.objects.values_list("unit_id", "period"))

    record_results([value(places.first, catalogue.poor, "12")], by=officer)
    assert marks() == []

    submit_results(
        unit=places.first, period=Y2024, indicators=catalogue.inputs, by=officer, reason="Nộp"
    )
    assert marks() == [(places.first.pk, "2024")]


def test_mark_is_written_with_the_fact_or_not_at_all(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    """One transaction holds both. Source: design, Meaning, Rollup."""
    record_results([value(places.first, catalogue.poor, "12")], by=officer)

    with (
        patch("indicators.recording.Recompute.objects.create", side_effect=IntegrityError),
        pytest.raises(IntegrityError),
    ):
        submit_results(
            unit=places.first, period=Y2024, indicators=[catalogue.poor], by=officer, reason=""
        )

    fact = Result.objects.get()
    assert (fact.submitted_answer, fact.history.count()) == (Answer.MISSING, 1)


# -- moving through the stages --------------------------------------------------------------------


def layers(fact: Result) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    fact.refresh_from_db()
    return fact.value, fact.submitted_value, fact.approved_value


def test_stages_keep_what_counts_while_a_correction_is_typed(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    (fact,) = record_results([value(places.first, catalogue.poor, "12")], by=officer)

    def move(step: Callable[..., None]) -> None:
        step(
            unit=places.first, period=Y2024, indicators=[catalogue.poor], by=officer, reason="Bước"
        )

    assert layers(fact) == (D(12), None, None)
    move(submit_results)
    assert layers(fact) == (D(12), D(12), None)
    move(approve_results)
    assert layers(fact) == (D(12), D(12), D(12))
    record_results([value(places.first, catalogue.poor, "15")], by=officer)
    assert layers(fact) == (D(15), D(12), D(12))
    move(approve_results)  # approves what was submitted, not what is being typed
    assert layers(fact) == (D(15), D(12), D(12))
    move(withdraw_results)
    assert layers(fact) == (D(15), None, D(12))
    move(submit_results)
    assert layers(fact) == (D(15), D(15), D(12))
    assert [row.history_change_reason for row in fact.history.order_by("history_id")] == [
        "",
        "Bước",
        "Bước",
        "",
        "Bước",
        "Bước",
    ]


def test_step_touches_only_the_figures_named(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    poor, households, elsewhere = record_results(
        [
            value(places.first, catalogue.poor, "12"),
            value(places.first, catalogue.households, "590"),
            value(places.second, catalogue.poor, "9"),
        ],
        by=officer,
    )

    submit_results(
        unit=places.first, period=Y2024, indicators=[catalogue.poor], by=officer, reason=""
    )

    assert [layers(fact)[1] for fact in (poor, households, elsewhere)] == [D(12), None, None]
    assert households.history.count() == 1


def test_not_applicable_goes_through_the_stages_too(
    places: Places, catalogue: Catalogue, officer: Official
) -> None:
    (fact,) = record_results(
        [Entry(places.first, catalogue.relapsed, Y2024, Answer.NOT_APPLICABLE)], by=officer
    )
    for step in (submit_results, approve_results):
        step(
            unit=places.first, period=Y2024, indicators=[catalogue.relapsed], by=officer, reason=""
        )

    fact.refresh_from_db()
    assert (fact.submitted_answer, fact.approved_answer) == ("na", "na")
    assert layers(fact) == (None, None, None)


@pytest.mark.parametrize(
    ("stage", "submitted", "approved"),
    [(Stage.PROVISIONAL, D(12), None), (Stage.OFFICIAL, D(12), D(12))],
)
def test_import_lands_at_its_stage(
    places: Places,
    catalogue: Catalogue,
    stage: str,
    submitted: Decimal | None,
    approved: Decimal | None,
) -> None:
    written = import_results([value(places.first, catalogue.poor, "12")], stage=stage)

    assert written == 1
    assert layers(Result.objects.get()) == (D(12), submitted, approved)


def test_import_with_a_bad_row_writes_nothing(places: Places, catalogue: Catalogue) -> None:
    entries = [
        value(places.first, catalogue.poor, "12"),
        value(places.second, catalogue.poor, "-1"),
    ]

    with pytest.raises(DomainError):
        import_results(entries, stage=Stage.OFFICIAL)

    assert not Result.objects.exists()
    assert not Recompute.objects.exists()


# -- two edits meet -------------------------------------------------------------------------------


def test_conflict_shows_both_values_and_changes_nothing(
    places: Places, catalogue: Catalogue, officer: Official, other: Official
) -> None:
    record_results([value(places.first, catalogue.poor, "12")], by=officer)
    record_results([value(places.first, catalogue.poor, "1500", version=1)], by=other)

    with pytest.raises(VersionConflict) as caught:
        record_results(
            [
                value(places.first, catalogue.households, "590", version=0),
                value(places.first, catalogue.poor, "17", version=1),
            ],
            by=officer,
        )

    (problem,) = caught.value.problems
    assert problem.message == (
        "Người khác vừa sửa ô này. Số đang lưu: 1.500; số của đồng chí: 17. "
        "Chọn một số rồi lưu lại."
    )
    assert (problem.key, problem.code, problem.where) == ("poor", "conflict", "Hộ nghèo cuối kỳ")
    assert Result.objects.get().value == D(1500)


def test_conflict_names_answers_that_are_no_numbers(places: Places, catalogue: Catalogue) -> None:
    record_results([value(places.first, catalogue.poor, "12")], by=None)
    record_results([Entry(places.first, catalogue.poor, Y2024, Answer.NOT_APPLICABLE)], by=None)

    with pytest.raises(VersionConflict, match="Số đang lưu: không áp dụng; số của đồng chí: 17"):
        record_results([value(places.first, catalogue.poor, "17", version=1)], by=None)


@pytest.mark.parametrize("version", [1, 7])
def test_edit_of_a_fact_that_is_not_there_conflicts(
    places: Places, catalogue: Catalogue, version: int
) -> None:
    with pytest.raises(VersionConflict, match="Số đang lưu: chưa có số liệu"):
        record_results([value(places.first, catalogue.poor, "12", version=version)], by=None)


def test_first_entry_of_a_fact_that_is_there_conflicts(
    places: Places, catalogue: Catalogue
) -> None:
    record_results([value(places.first, catalogue.poor, "12")], by=None)

    with pytest.raises(VersionConflict, match="Số đang lưu: 12; số của đồng chí: 13"):
        record_results([value(places.first, catalogue.poor, "13", version=0)], by=None)


def test_two_people_who_typed_the_same_do_not_conflict(
    places: Places, catalogue: Catalogue, officer: Official, other: Official
) -> None:
    record_results([value(places.first, catalogue.poor, "12", version=0)], by=officer)

    (fact,) = record_results([value(places.first, catalogue.poor, "12", version=0)], by=other)

    assert (fact.version, fact.entered_by) == (1, officer)


def test_cells_are_locked_and_written_in_one_order_whatever_the_order_of_the_entries(
    places: Places, catalogue: Catalogue, django_assert_max_num_queries: Any
) -> None:
    """Two writers that go the opposite way would wait for each other for ever."""
    entries = [
        value(unit, indicator, "1") for unit in places.communes for indicator in catalogue.inputs
    ]
    with patch("indicators.recording.bulk_create_with_history") as create:
        for order in (entries, entries[::-1]):
            record_results(order, by=None)
    forward, backward = (
        [(row.unit_id, row.indicator_id, row.period) for row in call.args[0]]
        for call in create.call_args_list
    )
    assert (
        forward == backward == [entry.cell for entry in sorted(entries, key=lambda one: one.cell)]
    )

    with django_assert_max_num_queries(10) as queries:
        record_results(entries, by=None)
    reading = next(query["sql"] for query in queries if 'FROM "indicators_result"' in query["sql"])
    assert 'ORDER BY "indicators_result"."id" ASC' in reading


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "number", "message"),
    [
        ({}, "-1", "Phải từ 0 trở lên."),
        ({"hard_max": D(100), "decimals": 2}, "100.01", "Không được quá 100,00."),
        ({"hard_min": D(1000)}, "999", "Phải từ 1.000 trở lên."),
        ({}, "12.5", "Chỉ nhận tối đa 0 chữ số thập phân."),
        ({"decimals": 2}, "12.555", "Chỉ nhận tối đa 2 chữ số thập phân."),
        ({"value_type": "yes_no"}, "2", "Chỉ nhận Đạt (1) hoặc Chưa đạt (0)."),
        ({}, "1000000000000", "Số quá lớn."),
        ({}, "NaN", "Số quá lớn."),
        ({}, "Infinity", "Số quá lớn."),
    ],
)
def test_value_the_indicator_does_not_admit_is_refused(
    places: Places, limits: dict[str, object], number: str, message: str
) -> None:
    indicator = count("figure", "Số hộ", 1, **limits)

    (problem,) = refusal([value(places.first, indicator, number)]).problems

    assert (problem.message, problem.key) == (message, "figure")
    assert problem.where == "Xã Một, Số hộ, năm 2024"


@pytest.mark.parametrize(
    ("limits", "number"),
    [
        ({}, "0"),
        ({"hard_max": D(100), "decimals": 2}, "100.00"),
        ({}, "12.0"),
        ({"decimals": 2}, "12.55"),
        ({"value_type": "yes_no"}, "1"),
        ({"hard_min": None}, "-5"),
        ({}, "999999999999"),
    ],
)
def test_value_at_the_edge_is_admitted(
    places: Places, limits: dict[str, object], number: str
) -> None:
    indicator = count("figure", "Số hộ", 1, **limits)

    record_results([value(places.first, indicator, number)], by=None)

    assert Result.objects.get().value == D(number)


def test_all_bad_cells_are_named_and_none_is_written(places: Places, catalogue: Catalogue) -> None:
    error = refusal(
        [
            value(places.first, catalogue.households, "590"),
            value(places.first, catalogue.poor, "-1"),
            value(places.second, catalogue.opening, "1.5"),
        ]
    )

    assert [str(problem) for problem in error.problems] == [
        "Xã Một, Hộ nghèo cuối kỳ, năm 2024: Phải từ 0 trở lên.",
        "Xã Hai, Hộ nghèo đầu kỳ, năm 2024: Chỉ nhận tối đa 0 chữ số thập phân.",
    ]


@pytest.mark.parametrize(
    ("answer", "number", "message"),
    [
        (Answer.VALUE, None, "Chưa có giá trị."),
        (Answer.NOT_APPLICABLE, "5", "Ô không có số thì không được kèm giá trị."),
        (Answer.MISSING, "5", "Ô không có số thì không được kèm giá trị."),
    ],
)
def test_answer_and_value_go_together(
    places: Places, catalogue: Catalogue, answer: str, number: str | None, message: str
) -> None:
    told = None if number is None else D(number)

    error = refusal([Entry(places.first, catalogue.poor, Y2024, answer, told)])

    assert error.problems[0].message == message


def test_rate_is_worked_out_and_never_typed(places: Places, catalogue: Catalogue) -> None:
    error = refusal([value(places.first, catalogue.rate, "12")])

    assert error.problems[0].message == "Chỉ tiêu này do hệ thống tính, không nhập trực tiếp."


def test_figure_of_another_tier_is_refused(places: Places, catalogue: Catalogue) -> None:
    error = refusal([value(places.district, catalogue.poor, "12")])

    assert error.problems[0].message == "Chỉ tiêu này không giao cho đơn vị này nhập."


@pytest.mark.parametrize(
    ("dates", "period"),
    [
        ({"valid_to": date(2024, 10, 31)}, Y2024),
        ({"valid_from": date(2025, 1, 1)}, Y2024),
        ({"valid_to": date(2024, 6, 29)}, Period(2024, "H", 1)),
    ],
)
def test_unit_not_valid_on_the_last_day_is_refused(
    places: Places, dates: dict[str, date], period: Period
) -> None:
    figure = count("figure", "Số hộ", 1, cadence="half")
    unit = builders.unit("90109", "Xã Khác", "commune", places.district, **dates)

    error = refusal([Entry(unit, figure, period, Answer.VALUE, D(1))])

    assert "vào ngày cuối kỳ" in error.problems[0].message
    assert f"{period.end:%d/%m/%Y}" in error.problems[0].message


@pytest.mark.parametrize(
    ("cadence", "refused"),
    [("year", ["2024H1", "2024Q3"]), ("half", ["2024Q3"]), ("quarter", [])],
)
def test_figure_of_a_shorter_period_than_is_asked_for_is_refused(
    places: Places, cadence: str, refused: list[str]
) -> None:
    """Cadence is the most frequent period asked for; the year is always asked for itself."""
    figure = count("figure", "Số hộ", 1, cadence=cadence)

    for code in ("2024", "2024H1", "2024Q3"):
        entry = Entry(places.first, figure, Period.parse(code), Answer.VALUE, D(1))
        if code in refused:
            assert "không theo kỳ ngắn hơn" in refusal([entry]).problems[0].message
        else:
            record_results([entry], by=None)


@time_machine.travel(date(2024, 12, 31), tick=False)
def test_figure_of_a_period_that_has_not_begun_is_refused(
    places: Places, catalogue: Catalogue
) -> None:
    later = Entry(places.first, catalogue.poor, Period(2025), Answer.VALUE, D(1))

    assert refusal([later]).problems[0].message == "Kỳ báo cáo này chưa bắt đầu."
    with time_machine.travel(date(2025, 1, 1), tick=False):
        record_results([later], by=None)


def test_one_cell_written_twice_in_one_go_is_refused(places: Places, catalogue: Catalogue) -> None:
    error = refusal(
        [value(places.first, catalogue.poor, "1"), value(places.first, catalogue.poor, "2")]
    )

    assert "ghi hai lần" in error.problems[0].message


def test_sample_mark_follows_demo_mode_unless_said(
    places: Places, catalogue: Catalogue, settings: object
) -> None:
    settings.DEMO_MODE = True  # type: ignore[attr-defined]
    record_results([value(places.first, catalogue.poor, "1")], by=None)
    import_results([value(places.second, catalogue.poor, "1")], stage="official", is_sample=False)

    marked = dict(Result.objects.values_list("unit__name", "is_sample"))
    assert marked == {"Xã Một": True, "Xã Hai": False}


def test_recording_takes_the_same_queries_for_one_unit_and_for_many(
    places: Places, catalogue: Catalogue, django_assert_max_num_queries: object
) -> None:
    for year, units in enumerate(([places.first], places.communes), start=2020):
        entries = [
            Entry(unit, indicator, Period(year), Answer.VALUE, D(1))
            for unit in units
            for indicator in catalogue.inputs
        ]
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            record_results(entries, by=None)
