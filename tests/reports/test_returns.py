"""What a return asks, holds and shows. Source: design, Ideas 8; indicators.yaml, prefill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from communes.enums import Role
from communes.models import Ancestry, Official, Post, Succession, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, SeriesBreak
from indicators.periods import Period
from indicators.recording import record_results
from plans.models import Milestone, Plan
from reports.models import Comment, Deadline, Report
from reports.returns import (
    Row,
    Standing,
    deadline_of,
    form_of,
    latest_period,
    origins,
    owed_by,
    periods_for,
    previous_values,
    return_of,
    reviewers_of,
    standings,
    tracker,
)
from reports.workflow import (
    endorse,
    request_change,
    return_report,
    save_draft,
    submit,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, count, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal
Y2023 = Period(2023)
MERGER = date(2024, 11, 1)
BEFORE_MERGER = date(2024, 10, 31)


def row(unit: Unit, code: str, period: Period = Y2024) -> Row:
    return next(row for row in return_of(unit, period).rows if row.code == code)


def opening(unit: Unit, period: Period = Y2024) -> tuple[bool, Decimal | None]:
    """Is the opening locked, and at what?"""
    found = row(unit, "opening", period)
    return found.is_locked, found.value


def closed(unit: Unit, catalogue: Catalogue, number: str, year: int = 2023) -> None:
    """Let a unit have closed a year with so many poor households."""
    told(unit, {catalogue.poor: number}, Period(year), Stage.OFFICIAL)


def succeed(predecessor: Unit, successor: Unit, day: date = MERGER, share: str = "1") -> None:
    Succession.objects.create(
        predecessor=predecessor, successor=successor, date=day, share=Decimal(share)
    )


@pytest.fixture
def merged(places: Places, catalogue: Catalogue) -> Unit:
    """A commune taken over by the township on 1 November 2024, as Tà Chải by Bắc Hà."""
    gone = builders.unit("90104", "Xã Tà Chải", "commune", places.district, valid_to=BEFORE_MERGER)
    succeed(gone, places.town)
    builders.lock_opening(catalogue)
    return gone


# -- the locked opening ---------------------------------------------------------------------------


def test_opening_is_locked_at_last_years_closing(places: Places, catalogue: Catalogue) -> None:
    builders.lock_opening(catalogue)
    closed(places.first, catalogue, "53")

    assert opening(places.first) == (True, D(53))


def test_opening_is_open_while_last_years_closing_is_not_told(
    places: Places, catalogue: Catalogue
) -> None:
    builders.lock_opening(catalogue)

    assert opening(places.first) == (False, None)
    record_results(builders.entries(places.first, {catalogue.poor: "53"}, Y2023), by=None)  # draft
    assert opening(places.first) == (False, None)
    told(places.first, {catalogue.poor: None}, Y2023)
    assert opening(places.first) == (False, None)


def test_official_closing_comes_before_a_correction_under_review(
    places: Places, catalogue: Catalogue
) -> None:
    builders.lock_opening(catalogue)
    told(places.first, {catalogue.poor: "50"}, Y2023)
    assert opening(places.first) == (True, D(50))  # nothing official yet

    closed(places.first, catalogue, "53")
    told(places.first, {catalogue.poor: "60"}, Y2023)
    assert opening(places.first) == (True, D(53))


def test_opening_after_a_merger_adds_up_what_its_predecessors_closed_with(
    places: Places, catalogue: Catalogue, merged: Unit
) -> None:
    closed(places.town, catalogue, "40")
    closed(merged, catalogue, "12")

    assert opening(places.town) == (True, D(52))
    assert {unit for unit, _share in origins(places.town, Y2024)} == {places.town, merged}


def test_opening_after_a_merger_stays_open_while_a_predecessor_is_missing(
    places: Places, catalogue: Catalogue, merged: Unit
) -> None:
    """A missing figure is not zero."""
    closed(places.town, catalogue, "40")

    assert opening(places.town) == (False, None)
    assert row(places.town, "poor").previous is None


def test_merger_counts_in_its_own_year_only(
    places: Places, catalogue: Catalogue, merged: Unit
) -> None:
    closed(places.town, catalogue, "40", 2022)
    closed(places.town, catalogue, "45", 2023)
    closed(merged, catalogue, "12", 2023)
    closed(places.town, catalogue, "50", 2024)

    assert opening(places.town, Y2023) == (True, D(40))
    assert opening(places.town, Y2024) == (True, D(57))
    assert opening(places.town, Period(2025)) == (True, D(50))


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2024, 1, 1), 2024), (date(2024, 12, 31), 2024), (date(2025, 1, 1), 2025)],
)
def test_merger_on_the_first_or_last_day_counts_in_that_year(
    places: Places, catalogue: Catalogue, day: date, year: int
) -> None:
    builders.lock_opening(catalogue)
    gone = builders.unit(
        "90104",
        "Xã Cũ",
        "commune",
        places.district,
        valid_to=date.fromordinal(day.toordinal() - 1),
    )
    succeed(gone, places.town, day)

    found = {
        period.year
        for period in (Y2023, Y2024, Period(2025), Period(2026))
        if gone in {unit for unit, _share in origins(places.town, period)}
    }

    assert found == {year}


def test_new_unit_opens_with_the_sum_of_all_it_was_made_of(
    places: Places, catalogue: Catalogue
) -> None:
    """As the communes of 1 July 2025: none of them existed the year before."""
    builders.lock_opening(catalogue)
    province = builders.unit("15", "Tỉnh Mới", "province", valid_from=date(2025, 7, 1))
    new = builders.unit("15001", "Xã Mới", "commune", province, valid_from=date(2025, 7, 1))
    for unit, number in zip(places.communes, ("10", "20", "30"), strict=True):
        Unit.objects.filter(pk=unit.pk).update(valid_to=date(2025, 6, 30))
        closed(unit, catalogue, number, 2024)
        succeed(unit, new, date(2025, 7, 1))

    assert opening(new, Period(2025)) == (True, D(60))


def test_unit_without_a_past_opens_with_nothing_known(places: Places, catalogue: Catalogue) -> None:
    builders.lock_opening(catalogue)
    new = builders.unit("90105", "Xã Mới", "commune", places.district, valid_from=date(2024, 3, 1))

    assert origins(new, Y2024) == []
    assert opening(new) == (False, None)


def test_part_of_a_split_unit_opens_with_what_is_counted_anew(
    places: Places, catalogue: Catalogue
) -> None:
    """A share of 53 households is no count of households. Source: rules.yaml header (split)."""
    builders.lock_opening(catalogue)
    gone = builders.unit("90104", "Xã Chia", "commune", places.district, valid_to=BEFORE_MERGER)
    for unit, share in ((places.first, "0.4"), (places.second, "0.6")):
        succeed(gone, unit, MERGER, share)
        closed(unit, catalogue, "10")
    closed(gone, catalogue, "53")

    for unit in (places.first, places.second):
        assert opening(unit) == (False, None)
        assert row(unit, "poor").previous is None


def test_unit_that_gave_a_part_away_opens_with_what_is_counted_anew(
    places: Places, catalogue: Catalogue
) -> None:
    builders.lock_opening(catalogue)
    succeed(places.first, places.second, MERGER, "0.2")
    closed(places.first, catalogue, "53")
    closed(places.second, catalogue, "10")

    assert opening(places.first) == (False, None)
    assert opening(places.second) == (False, None)


@pytest.mark.parametrize(("year", "locked"), [(2021, True), (2022, False), (2023, True)])
def test_opening_is_counted_anew_in_the_first_year_of_a_standard(
    places: Places, catalogue: Catalogue, year: int, locked: bool
) -> None:
    standard = SeriesBreak.objects.create(code="poverty_standard", first_periods=[2022, 2027])
    other = SeriesBreak.objects.create(code="ntm_criteria_set", first_periods=[2030])
    builders.lock_opening(catalogue, other, standard)
    closed(places.first, catalogue, "53", year - 1)

    assert opening(places.first, Period(year)) == (locked, D(53) if locked else None)


def test_opening_of_a_quarter_is_not_locked(places: Places, catalogue: Catalogue) -> None:
    builders.lock_opening(catalogue)
    for indicator in (catalogue.poor, catalogue.opening):
        indicator.cadence = "quarter"
        indicator.save()
    told(places.first, {catalogue.poor: "53"}, Period(2023, "Q", 3), Stage.OFFICIAL)

    assert opening(places.first, Period(2024, "Q", 3)) == (False, None)


def test_proposed_figure_that_is_not_locked_is_typed(places: Places, catalogue: Catalogue) -> None:
    builders.lock_opening(catalogue)
    Indicator.objects.filter(pk=catalogue.opening.pk).update(prefill_locked=False)
    closed(places.first, catalogue, "53")

    assert opening(places.first) == (False, None)


# -- the rows -------------------------------------------------------------------------------------


def test_rates_are_worked_out_from_what_is_typed_and_from_last_year(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "20", catalogue.households: "80"}, Y2023, Stage.OFFICIAL)
    told(places.first, {catalogue.poor: "15", catalogue.households: "100"})

    rate = row(places.first, "rate")

    assert (rate.kind, rate.answer, rate.value, rate.previous) == ("ratio", "value", 15, 25)
    assert (rate.numerator, rate.denominator) == (("poor",), ("households",))


@pytest.mark.parametrize("missing", ["poor", "households"])
def test_rate_is_unknown_while_a_term_is_missing(
    places: Places, catalogue: Catalogue, missing: str
) -> None:
    told(
        places.first,
        {entry: "10" for entry in (catalogue.poor, catalogue.households) if entry.code != missing},
    )

    rate = row(places.first, "rate")

    assert (rate.answer, rate.value) == (Answer.MISSING, None)


def test_cut_is_the_years_opening_rate_less_its_closing_rate(
    places: Places, catalogue: Catalogue
) -> None:
    """Each on its own households. Source: design, Meaning (a cut in points)."""
    opening_households = count("opening_households", "Tổng số hộ đầu kỳ", 7)
    at_opening = builders.ratio(
        "opening_rate", "Tỷ lệ đầu kỳ", 8, [catalogue.opening], [opening_households]
    )
    catalogue.rate.opening_indicator = at_opening
    catalogue.rate.save()
    told(
        places.first,
        {
            catalogue.opening: "20",
            opening_households: "80",
            catalogue.poor: "15",
            catalogue.households: "100",
        },
    )

    assert row(places.first, "rate-change").value == D(10)  # 25 - 15 points


def test_form_asks_for_the_review_and_for_nothing_optional(
    places: Places, catalogue: Catalogue
) -> None:
    count("phu", "Chỉ tiêu phụ", 7, optional=True)
    other = builders.Theme.objects.create(code="viec-lam", name="Việc làm", order=2)
    count("jobs", "Việc làm mới", 8, theme=other)

    assert form_of(places.first, Y2024) == catalogue.inputs
    assert form_of(places.district, Y2024) == []


def test_rows_are_numbered_by_theme_inputs_first(places: Places, catalogue: Catalogue) -> None:
    second = builders.Theme.objects.create(
        code="nhan-khau", name="Nhân khẩu", order=5, household_review=True
    )
    count("persons", "Nhân khẩu nghèo", 1, theme=second)

    found = return_of(places.first, Y2024)

    assert [(row.number, row.code) for row in found.rows] == [
        ("1.1", "households"),
        ("1.2", "opening"),
        ("1.3", "escaped"),
        ("1.4", "relapsed"),
        ("1.5", "poor"),
        ("1.6", "rate"),
        ("2.1", "persons"),
    ]
    assert [(theme.code, len(rows)) for theme, rows in found.themes] == [
        ("ra-soat", 6),
        ("nhan-khau", 1),
    ]


def test_progress_counts_answers_not_numbers(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "0", catalogue.relapsed: None})

    found = return_of(places.first, Y2024)

    assert (found.done, found.total) == (2, 5)
    assert [row.code for row in found.missing] == ["households", "opening", "escaped"]


def test_finding_stands_under_the_cell_to_look_at(places: Places, catalogue: Catalogue) -> None:
    builders.balance(catalogue)
    told(
        places.first,
        {row: {**builders.FILLED, "poor": "15"}[row.code] for row in catalogue.inputs},
    )

    found = return_of(places.first, Y2024)

    assert [row.code for row in found.rows if row.findings] == ["poor"]
    assert found.errors == found.findings


def test_rule_over_two_years_looks_at_the_predecessors_too(
    places: Places, catalogue: Catalogue, merged: Unit
) -> None:
    Indicator.objects.filter(pk=catalogue.opening.pk).update(prefill_locked=False)
    builders.rule(
        "dau-ky",
        [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)],
        "{opening} và {poor_prev}",
    )
    closed(places.town, catalogue, "40")
    told(places.town, {catalogue.opening: "40"})
    assert return_of(places.town, Y2024).findings == []  # a predecessor is missing

    closed(merged, catalogue, "12")
    (found,) = return_of(places.town, Y2024).findings
    assert found.message == "40 và 52"


def test_planned_figure_of_the_unit_stands_beside_its_own(
    places: Places, catalogue: Catalogue
) -> None:
    plan = Plan.objects.create(
        code="kh-1", kind="Kế hoạch", title="…", issuer="…", level="district"
    )
    for unit, number in ((places.first, "12"), (places.second, "99")):
        Milestone.objects.create(
            plan=plan, unit=unit, indicator=catalogue.rate, period="2024", value=D(number)
        )

    assert row(places.first, "rate").planned == D(12)
    assert row(places.first, "poor").planned is None


def test_comments_stay_with_their_figure(places: Places, catalogue: Catalogue) -> None:
    staff = builders.staff(places)
    save_draft(
        unit=places.first, period=Y2024, entries=filled(places.first, catalogue), by=staff.officer
    )
    report = submit(unit=places.first, period=Y2024, by=staff.officer)
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)
    return_report(report=report, by=staff.district)

    found = return_of(places.first, Y2024)

    assert [row.code for row in found.rows if row.comments] == ["poor"]
    assert [row.code for row in found.requests] == ["poor"]


# -- the calendar ---------------------------------------------------------------------------------


def test_nearest_issuer_of_a_deadline_wins(places: Places) -> None:
    builders.deadline(places.province)
    assert deadline_of(places.first, Y2024).issuer == places.province  # type: ignore[union-attr]

    builders.deadline(places.district)
    assert deadline_of(places.first, Y2024).issuer == places.district  # type: ignore[union-attr]

    builders.deadline(places.first)
    assert deadline_of(places.first, Y2024).issuer == places.first  # type: ignore[union-attr]
    assert deadline_of(places.second, Y2024).issuer == places.district  # type: ignore[union-attr]
    assert deadline_of(places.province, Y2024).issuer == places.province  # type: ignore[union-attr]
    assert deadline_of(places.first, Y2023) is None


def test_each_unit_of_a_tracker_has_its_own_nearest_deadline(
    places: Places, catalogue: Catalogue
) -> None:
    neighbour = builders.unit("902", "Huyện Hai", "district", places.province)
    builders.unit("90201", "Xã Ba", "commune", neighbour)
    for issuer in (places.province, neighbour, places.second):
        builders.deadline(issuer)

    found = tracker(places.province, Y2024)

    assert {row.unit.name: row.deadline and row.deadline.issuer.name for row in found.rows} == {
        "Thị trấn Trung Tâm": "Tỉnh Thử Nghiệm",
        "Xã Một": "Tỉnh Thử Nghiệm",
        "Xã Hai": "Xã Hai",
        "Xã Ba": "Huyện Hai",
    }


@pytest.mark.parametrize(
    ("today", "late"), [(date(2024, 12, 15), False), (date(2024, 12, 16), True)]
)
def test_return_is_late_from_the_day_after_while_it_is_with_the_unit(
    places: Places, catalogue: Catalogue, today: date, late: bool
) -> None:
    builders.deadline(places.province)
    staff = builders.staff(places)

    with time_machine.travel(today, tick=False):
        assert return_of(places.first, Y2024).is_late is late
        (standing,) = standings([places.first], Y2024)
        assert standing.is_late is late
        save_draft(
            unit=places.first,
            period=Y2024,
            entries=filled(places.first, catalogue),
            by=staff.officer,
        )
        submit(unit=places.first, period=Y2024, by=staff.officer)
        assert not return_of(places.first, Y2024).is_late


def test_periods_of_a_unit_are_those_asked_of_it_while_it_existed(places: Places) -> None:
    gone = builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=BEFORE_MERGER)
    for year in (2023, 2024):
        builders.deadline(places.province, Period(year))
    builders.deadline(places.second, Period(2022))

    assert periods_for(places.first) == [Y2024, Y2023]
    assert periods_for(gone) == [Y2023]
    assert latest_period(gone) == Y2023


@pytest.mark.parametrize(
    ("today", "opened"), [(date(2024, 10, 31), 2023), (date(2024, 11, 1), 2024)]
)
def test_page_opens_with_a_round_from_its_opening_day_on(
    places: Places, today: date, opened: int
) -> None:
    """What is planned for later leads nobody to a form that takes nothing yet."""
    for year in (2023, 2024):
        builders.deadline(places.province, Period(year))  # opens on 1 November
    with time_machine.travel(today, tick=False):
        assert latest_period(places.first) == Period(opened)


@time_machine.travel(date(2025, 3, 1), tick=False)
def test_page_opens_with_the_last_full_year_without_a_calendar(places: Places) -> None:
    gone = builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=BEFORE_MERGER)

    assert latest_period(places.first) == Y2024
    assert latest_period(gone) == Y2023


# -- lists ----------------------------------------------------------------------------------------


@pytest.fixture
def nineteen(places: Places, catalogue: Catalogue) -> Places:
    """A district of 19 units, as Bắc Hà before 1 November 2024, one of which then ended."""
    for number in range(15):
        builders.unit(f"902{number:02}", f"Xã Số {number:02}", "commune", places.district)
    gone = builders.unit("90299", "Xã Tà Chải", "commune", places.district, valid_to=BEFORE_MERGER)
    succeed(gone, places.town)
    return places


def test_tracker_lists_the_units_of_the_last_day_and_names_what_ended(nineteen: Places) -> None:
    """19 of 19 units in 2023, 18 of 18 in 2024."""
    before, after = (tracker(nineteen.district, period) for period in (Y2023, Y2024))

    assert (len(before.rows), before.merged) == (19, [])
    assert len(after.rows) == 18
    assert [(row.predecessor.name, row.successor.name) for row in after.merged] == [
        ("Xã Tà Chải", "Thị trấn Trung Tâm")
    ]
    assert [row.unit.code for row in after.rows] == sorted(row.unit.code for row in after.rows)


def test_tracker_shows_where_each_return_stands(places: Places, catalogue: Catalogue) -> None:
    staff = builders.staff(places)
    clerk = official("can.bo.hai", places.second)
    for unit, by in ((places.first, staff.officer), (places.second, clerk)):
        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=by)
    report = submit(unit=places.first, period=Y2024, by=staff.officer)
    request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=staff.district)

    def shown() -> dict[str, tuple[str | None, int, int, int]]:
        return {
            row.unit.name: (row.state, row.done, row.total, row.returned)
            for row in tracker(places.district, Y2024).rows
        }

    assert shown() == {
        "Thị trấn Trung Tâm": (None, 0, 5, 0),
        "Xã Một": ("submitted", 5, 5, 0),  # the request has not been sent
        "Xã Hai": ("draft", 5, 5, 0),
    }
    found = tracker(places.district, Y2024)
    assert (found.submitted, found.count(None), found.count("draft", None)) == (1, 1, 2)
    return_report(report=report, by=staff.district)
    assert shown()["Xã Một"] == ("returned", 5, 5, 1)


def test_submitted_means_with_a_tier_above_or_done(places: Places, catalogue: Catalogue) -> None:
    staff = builders.staff(places)
    entries = filled(places.first, catalogue)
    save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)

    def is_submitted() -> bool:
        return standings([places.first], Y2024)[0].is_submitted

    assert not is_submitted()
    report = submit(unit=places.first, period=Y2024, by=staff.officer)
    assert is_submitted()
    endorse(report=report, by=staff.district)
    assert is_submitted()
    endorse(report=report, by=staff.province)
    assert is_submitted()


def test_township_owes_fewer_figures_than_a_commune(places: Places, catalogue: Catalogue) -> None:
    count("rural", "Tiêu chí nông thôn mới", 9, applies_to="communes")

    totals = {row.unit.name: row.total for row in standings(places.communes, Y2024)}

    assert totals == {"Thị trấn Trung Tâm": 5, "Xã Một": 6, "Xã Hai": 6}


def test_official_owes_the_returns_of_their_units_latest_first(
    places: Places, catalogue: Catalogue
) -> None:
    for year in (2023, 2024):
        builders.deadline(places.province, Period(year))
    person = official("can.bo", places.first)
    Post.objects.create(official=person, unit=places.second, role=Role.OFFICER)
    Post.objects.create(official=person, unit=places.district, role=Role.REVIEWER)

    assert [(row.period.code, row.unit.name) for row in owed_by(person)] == [
        ("2024", "Xã Một"),
        ("2024", "Xã Hai"),
        ("2023", "Xã Một"),
        ("2023", "Xã Hai"),
    ]


def test_reviewers_come_nearest_first(places: Places) -> None:
    assert reviewers_of(places.first) == [places.district, places.province]
    assert reviewers_of(places.district) == [places.province]
    assert reviewers_of(places.province) == []


# -- cost -----------------------------------------------------------------------------------------


@pytest.fixture
def counted(django_assert_max_num_queries: Any) -> Any:
    """Count the queries of a call: `counted(lambda: …)`, made once before."""

    def run(work: Any) -> int:
        work()  # definitions are read once
        with django_assert_max_num_queries(100) as found:
            work()
        return len(found)

    return run


def test_tracker_takes_the_same_queries_for_one_unit_and_for_many(
    nineteen: Places, catalogue: Catalogue, counted: Any
) -> None:
    builders.deadline(nineteen.province)
    builders.deadline(nineteen.first)
    lonely = builders.unit("903", "Huyện Một Xã", "district", nineteen.province)
    builders.unit("90301", "Xã Duy Nhất", "commune", lonely)
    for unit in Ancestry.objects.filter(ancestor=nineteen.province, descendant__tier__rank=3):
        Report.objects.create(unit_id=unit.descendant_id, period="2024")

    few = counted(lambda: tracker(lonely, Y2024).rows)
    many = counted(lambda: [str(row.deadline) for row in tracker(nineteen.district, Y2024).rows])

    assert few == many
    assert few <= 17


def test_standings_take_the_same_queries_for_one_unit_and_for_three(
    places: Places, catalogue: Catalogue, counted: Any
) -> None:
    builders.deadline(places.province)
    told(places.first, {catalogue.poor: "1"})

    assert counted(lambda: standings([places.first], Y2024)) == counted(
        lambda: standings(places.communes, Y2024)
    )


def test_return_takes_the_same_queries_for_a_short_and_a_long_form(
    places: Places, catalogue: Catalogue, counted: Any
) -> None:
    staff = builders.staff(places)
    entries = filled(places.first, catalogue)
    save_draft(unit=places.first, period=Y2024, entries=entries[:1], by=staff.officer)
    builders.balance(catalogue)

    def show() -> None:
        found = return_of(places.first, Y2024)
        for line in found.rows:
            [str(comment.by) for comment in line.comments]
            line.indicator.theme.name  # noqa: B018  # would be a query a row

    short = counted(show)
    for number in range(5):
        more = count(f"them{number}", f"Thêm {number}", 20 + number)
        Comment.objects.create(
            report=Report.objects.get(),
            indicator=more,
            round=1,
            by=staff.district,
            post_label="",
            body="…",
        )
    save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)

    assert counted(show) == short
    assert short <= 26


def test_owed_returns_take_two_queries_more_for_each_further_period(
    places: Places, catalogue: Catalogue, counted: Any
) -> None:
    official("can.bo", places.first)

    def owed() -> list[Standing]:
        return owed_by(Official.objects.get(username="can.bo"))

    builders.deadline(places.province, Period(2020))
    one = counted(owed)
    for year in range(2021, 2026):
        builders.deadline(places.province, Period(year))

    assert len(owed()) == 6
    assert counted(owed) == one + 2 * 5


def test_previous_values_are_exact_sums(places: Places, catalogue: Catalogue, merged: Unit) -> None:
    income = count("income", "Thu nhập", 9, value_type="decimal", decimals=1, aggregation="sum")
    told(places.town, {income: "10.1"}, Y2023)
    told(merged, {income: "0.2"}, Y2023)

    assert previous_values(places.town, Y2024, [income]) == {income.pk: D("10.3")}


def test_deadline_may_not_fall_before_its_opening(places: Places) -> None:
    with pytest.raises(IntegrityError, match="deadline_due_after_opening"), transaction.atomic():
        Deadline.objects.create(
            issuer=places.province,
            period="2024",
            opens_on=date(2024, 12, 2),
            due_on=date(2024, 12, 1),
        )
