"""The calendar's rules: who sets the days, which days may be set, and what officers may then type.

Source: issue 5, point 1 (the calendar is data, set by the province, with extensions for units).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.http import Http404

from communes import access
from communes.enums import Role
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.models import Deadline, Report
from reports.returns import deadline_of, owed_by, return_of
from reports.scheduling import drop_round, end_extension, extend, set_round
from reports.workflow import save_draft
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled, official
from tests.plans.promises import a_plan, a_target

pytestmark = pytest.mark.django_db

OPENS, DUE, CLOSES = date(2024, 11, 1), date(2024, 12, 15), date(2024, 12, 31)
LATER, LATEST = date(2025, 1, 10), date(2025, 1, 20)


@pytest.fixture
def province(places: Places) -> Official:
    """The reviewer of the province: who sets the calendar."""
    return official("tinh", places.province, Role.REVIEWER)


@pytest.fixture
def a_round(places: Places, province: Official) -> Deadline:
    return set_round(
        issuer=places.province,
        period=Y2024,
        opens_on=OPENS,
        due_on=DUE,
        closes_on=CLOSES,
        by=province,
    )


def more_time(unit: Unit, by: Official, **changed: Any) -> Deadline:
    given: dict[str, Any] = {"due_on": LATER, "closes_on": LATEST, "reason": "Mưa lũ", **changed}
    return extend(unit=unit, period=given.pop("period", Y2024), by=by, **given)


def refusal(step: Callable[[], object]) -> list[tuple[str, str]]:
    """(field, message) of a refusal, having checked that the calendar stayed as it was."""
    before = list(Deadline.objects.order_by("pk").values())
    with pytest.raises(DomainError) as refused:
        step()
    assert list(Deadline.objects.order_by("pk").values()) == before
    return [(problem.key, problem.message) for problem in refused.value.problems]


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("at", ["province", "district", "first"])
def test_only_the_reviewer_of_the_province_schedules(places: Places, role: Role, at: str) -> None:
    """The province and everything below it; whatever the post, nobody else."""
    person = official("ai-do", getattr(places, at), role)

    allowed = role == Role.REVIEWER and at == "province"

    for unit in (places.province, places.district, places.first):
        assert access.can_schedule(person, unit) is allowed


def test_nation_and_other_provinces_do_not_set_the_calendar(places: Places) -> None:
    nation = builders.unit("0", "Trung ương", "nation")
    other = builders.unit("91", "Tỉnh Khác", "province", nation)
    commune = builders.unit("91001", "Xã Ngoài", "commune", other)

    above = official("trung.uong", nation, Role.REVIEWER)
    beside = official("tinh.khac", other, Role.REVIEWER)

    assert not access.can_schedule(above, commune)
    assert access.can_schedule(beside, commune)
    assert not access.can_schedule(beside, places.first)


def test_stranger_is_told_nothing_and_a_reader_is_refused(places: Places) -> None:
    stranger = official("xa", places.first)
    reader = official("lanh.dao", places.province, Role.LEADER)
    days = {"opens_on": OPENS, "due_on": DUE}

    with pytest.raises(Http404):
        set_round(issuer=places.province, period=Y2024, by=stranger, **days)
    with pytest.raises(PermissionDenied):
        set_round(issuer=places.province, period=Y2024, by=reader, **days)
    with pytest.raises(PermissionDenied):
        more_time(places.first, reader)
    with pytest.raises(PermissionDenied):
        drop_round(issuer=places.province, period=Y2024, by=reader)
    with pytest.raises(PermissionDenied):
        end_extension(unit=places.first, period=Y2024, by=reader)
    assert not Deadline.objects.exists()


# -- rounds ---------------------------------------------------------------------------------------


def test_round_is_set_and_set_anew_with_who_did_it(
    places: Places, province: Official, a_round: Deadline
) -> None:
    second = official("tinh.2", places.province, Role.REVIEWER)

    set_round(issuer=places.province, period=Y2024, opens_on=OPENS, due_on=LATER, by=second)

    (row,) = Deadline.objects.all()
    assert (row.opens_on, row.due_on, row.closes_on) == (OPENS, LATER, None)
    kept = row.history.order_by("history_id").values_list("history_user__username", "due_on")
    assert list(kept) == [("tinh", DUE), ("tinh.2", LATER)]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((None, None, None), [("opens_on", "Ghi ngày mở nhập."), ("due_on", "Ghi hạn nộp.")]),
        (
            (date(2023, 12, 31), DUE, None),
            [
                (
                    "opens_on",
                    "Năm 2024 bắt đầu ngày 01/01/2024; không mở nhập trước ngày đó.",
                )
            ],
        ),
        (
            (OPENS, date(2024, 10, 31), None),
            [("due_on", "Không được trước ngày mở nhập 01/11/2024.")],
        ),
        ((OPENS, DUE, date(2024, 12, 14)), [("closes_on", "Không được trước hạn nộp 15/12/2024.")]),
        (
            (OPENS, date(2204, 12, 15), None),
            [("due_on", "Ngày 15/12/2204 quá xa năm 2024; kiểm tra lại năm.")],
        ),
    ],
)
def test_days_of_a_round_come_in_order_within_reason(
    places: Places,
    province: Official,
    days: tuple[date | None, date | None, date | None],
    said: list[tuple[str, str]],
) -> None:
    opens_on, due_on, closes_on = days

    assert (
        refusal(
            lambda: set_round(
                issuer=places.province,
                period=Y2024,
                opens_on=opens_on,
                due_on=due_on,
                closes_on=closes_on,
                by=province,
            )
        )
        == said
    )


def test_days_may_all_be_one(places: Places, province: Official) -> None:
    row = set_round(
        issuer=places.province,
        period=Period.parse("2024H1"),
        opens_on=date(2024, 1, 1),
        due_on=date(2024, 1, 1),
        closes_on=date(2024, 1, 1),
        by=province,
    )

    assert row.pk


def test_district_sets_no_round(places: Places, province: Official) -> None:
    (told,) = refusal(
        lambda: set_round(
            issuer=places.district, period=Y2024, opens_on=OPENS, due_on=DUE, by=province
        )
    )

    assert told == ("", "Lịch chung do tỉnh đặt. Với huyện Thử Nghiệm, dùng gia hạn.")


def test_province_has_no_round_after_its_last_day(places: Places, province: Official) -> None:
    """Merged on 1 July 2025: the year 2025 belongs to its successor, the first half to it."""
    places.province.valid_to = date(2025, 6, 30)
    places.province.save()
    days = {"issuer": places.province, "by": province}

    ((key, said),) = refusal(
        lambda: set_round(
            period=Period(2025), opens_on=date(2025, 11, 1), due_on=date(2025, 12, 1), **days
        )
    )
    first_half = set_round(
        period=Period.parse("2025H1"), opens_on=date(2025, 5, 1), due_on=date(2025, 6, 20), **days
    )

    assert (key, "31/12/2025" in said) == ("period", True)
    assert first_half.pk


def test_round_is_dropped_with_its_extensions_while_nobody_has_begun(
    places: Places, province: Official, a_round: Deadline
) -> None:
    more_time(places.first, province)

    assert drop_round(issuer=places.province, period=Y2024, by=province) == 1

    assert not Deadline.objects.exists()
    gone = Deadline.history.filter(history_type="-").values_list("history_user__username")
    assert list(gone) == [("tinh",), ("tinh",)]


def test_round_with_a_return_is_not_dropped(
    places: Places, province: Official, a_round: Deadline
) -> None:
    Report.objects.create(unit=places.first, period="2024", round=1)

    ((_, said),) = refusal(lambda: drop_round(issuer=places.province, period=Y2024, by=province))

    assert said.startswith("Đã có 1 đơn vị lập báo cáo năm 2024")


def test_round_that_is_not_there_is_not_dropped(places: Places, province: Official) -> None:
    ((_, said),) = refusal(lambda: drop_round(issuer=places.province, period=Y2024, by=province))

    assert "không có kỳ báo cáo năm 2024" in said


# -- extensions -----------------------------------------------------------------------------------


def test_extension_takes_the_opening_day_of_the_round(
    places: Places, province: Official, a_round: Deadline
) -> None:
    row = more_time(places.first, province, reason="  Mưa lũ  ")

    assert (row.issuer, row.opens_on, row.due_on) == (places.first, OPENS, LATER)
    assert (row.closes_on, row.reason) == (LATEST, "Mưa lũ")
    assert row.history.get().history_user == province
    assert deadline_of(places.first, Y2024) == row
    assert deadline_of(places.second, Y2024) == a_round


def test_extension_of_a_district_holds_for_its_communes(
    places: Places, province: Official, a_round: Deadline
) -> None:
    row = more_time(places.district, province)

    assert deadline_of(places.first, Y2024) == row


def test_extending_anew_replaces_what_was_given(
    places: Places, province: Official, a_round: Deadline
) -> None:
    more_time(places.first, province)

    more_time(places.first, province, due_on=LATEST, reason="Vẫn ngập")

    kept = Deadline.objects.exclude(pk=a_round.pk)
    assert [(row.due_on, row.reason) for row in kept] == [(LATEST, "Vẫn ngập")]


def test_extension_needs_a_round_above_it(places: Places, province: Official) -> None:
    ((key, said),) = refusal(lambda: more_time(places.first, province))

    assert key == "period"
    assert said == "Tỉnh chưa mở kỳ báo cáo năm 2024; đặt lịch chung trước rồi gia hạn."


def test_province_itself_is_not_extended(
    places: Places, province: Official, a_round: Deadline
) -> None:
    assert refusal(lambda: more_time(places.province, province))[0][0] == "period"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due_on": None}, ("due_on", "Ghi ngày gia hạn đến.")),
        (
            {"due_on": DUE},
            ("due_on", "Phải sau hạn 15/12/2024 mà tỉnh Thử Nghiệm đã đặt."),
        ),
        (
            {"closes_on": date(2025, 1, 9)},
            ("closes_on", "Không được trước hạn nộp 10/01/2025."),
        ),
        (
            {"due_on": date(2024, 12, 20), "closes_on": date(2024, 12, 30)},
            ("closes_on", "Không được sớm hơn ngày khóa chung 31/12/2024."),
        ),
        (
            {"reason": "  "},
            ("reason", "Ghi lý do gia hạn, ví dụ: mưa lũ, thay cán bộ, sự cố đường truyền."),
        ),
        ({"reason": "x" * 301}, ("reason", "Lý do dài 301 ký tự, tối đa 300. Viết gọn lại.")),
    ],
)
def test_extension_is_longer_than_the_round_and_says_why(
    places: Places,
    province: Official,
    a_round: Deadline,
    changed: dict[str, Any],
    said: tuple[str, str],
) -> None:
    assert refusal(lambda: more_time(places.first, province, **changed)) == [said]


def test_extension_does_not_close_what_the_round_leaves_open(
    places: Places, province: Official
) -> None:
    set_round(issuer=places.province, period=Y2024, opens_on=OPENS, due_on=DUE, by=province)

    ((key, said),) = refusal(lambda: more_time(places.first, province))

    assert key == "closes_on"
    assert "để trống" in said


def test_commune_of_an_extended_district_gets_more_than_the_district(
    places: Places, province: Official, a_round: Deadline
) -> None:
    more_time(places.district, province)

    ((_, said),) = refusal(lambda: more_time(places.first, province))

    assert said == "Phải sau hạn 10/01/2025 mà huyện Thử Nghiệm đã đặt."


def test_round_does_not_overtake_an_extension_unseen(
    places: Places, province: Official, a_round: Deadline
) -> None:
    """The nearest calendar counts: the commune would have less time than everybody else."""
    more_time(places.first, province)

    ((key, said),) = refusal(
        lambda: set_round(
            issuer=places.province, period=Y2024, opens_on=OPENS, due_on=LATER, by=province
        )
    )[:1]

    assert key == "due_on"
    assert said.startswith("Xã Một đang được gia hạn nhưng không quá hạn mới 10/01/2025")


def test_round_that_opens_on_another_day_opens_its_extensions_too(
    places: Places, province: Official, a_round: Deadline
) -> None:
    row = more_time(places.first, province)

    set_round(
        issuer=places.province,
        period=Y2024,
        opens_on=date(2024, 12, 1),
        due_on=DUE,
        closes_on=CLOSES,
        by=province,
    )

    row.refresh_from_db()
    assert row.opens_on == date(2024, 12, 1)


def test_extension_ends_once(places: Places, province: Official, a_round: Deadline) -> None:
    more_time(places.first, province)

    end_extension(unit=places.first, period=Y2024, by=province)

    assert deadline_of(places.first, Y2024) == a_round
    assert Deadline.history.filter(history_type="-").get().history_user == province
    ((_, said),) = refusal(lambda: end_extension(unit=places.first, period=Y2024, by=province))
    assert said.startswith("Xã Một không còn gia hạn năm 2024")


def test_round_is_not_ended_as_an_extension(
    places: Places, province: Official, a_round: Deadline
) -> None:
    refusal(lambda: end_extension(unit=places.province, period=Y2024, by=province))


def test_unit_that_ended_before_the_period_did_is_not_extended(
    places: Places, province: Official, a_round: Deadline
) -> None:
    places.first.valid_to = date(2024, 10, 31)
    places.first.save()

    ((key, _),) = refusal(lambda: more_time(places.first, province))

    assert key == "period"


# -- what officers may then do --------------------------------------------------------------------


def types(unit: Unit, catalogue: Catalogue, by: Official, period: Period = Y2024) -> bool:
    """May the officer save a draft today? Only the calendar may say no."""
    try:
        save_draft(unit=unit, period=period, entries=filled(unit, catalogue), by=by)
    except DomainError as error:
        if "khóa từ" in str(error) or "mở nhập từ" in str(error):
            return False
        raise
    return True


def test_extension_reopens_entry_for_its_unit_alone_after_the_round_closed(
    places: Places, catalogue: Catalogue, province: Official, a_round: Deadline
) -> None:
    first, second = official("xa.1", places.first), official("xa.2", places.second)
    with time_machine.travel("2025-01-05T03:00:00Z"):
        assert not types(places.first, catalogue, first)
        more_time(places.first, province)

        assert types(places.first, catalogue, first)
        assert not types(places.second, catalogue, second)

        end_extension(unit=places.first, period=Y2024, by=province)
        Report.objects.all().delete()
        assert not types(places.first, catalogue, first)


def test_entry_closes_after_the_extensions_own_closing_day(
    places: Places, catalogue: Catalogue, province: Official, a_round: Deadline
) -> None:
    officer = official("xa.1", places.first)
    more_time(places.first, province)

    with time_machine.travel("2025-01-20T03:00:00Z"):
        assert types(places.first, catalogue, officer)
    Report.objects.all().delete()
    with time_machine.travel("2025-01-21T03:00:00Z"):
        assert not types(places.first, catalogue, officer)


def test_entry_opens_on_the_opening_day(
    places: Places, catalogue: Catalogue, a_round: Deadline
) -> None:
    officer = official("xa.1", places.first)

    with time_machine.travel("2024-10-31T03:00:00Z"):
        assert not types(places.first, catalogue, officer)
    with time_machine.travel("2024-11-01T03:00:00Z"):
        assert types(places.first, catalogue, officer)


def test_half_year_round_asks_only_what_is_told_so_often(
    places: Places, catalogue: Catalogue, province: Official
) -> None:
    half = Period.parse("2024H1")
    plan = a_plan(places.district)
    for place, (code, cadence) in enumerate(
        {"nam": "year", "nua-nam": "half", "quy": "quarter"}.items()
    ):
        row = builders.count(code, code, place, cadence=cadence, optional=True)
        a_target(plan, row, "level", "100")
    officer = official("xa.1", places.first)

    set_round(
        issuer=places.province,
        period=half,
        opens_on=date(2024, 6, 1),
        due_on=date(2024, 7, 5),
        by=province,
    )

    assert [(row.period.label, row.total) for row in owed_by(officer)] == [
        ("6 tháng đầu năm 2024", 2)
    ]
    asked = [row.indicator.code for row in return_of(places.first, half).inputs]
    assert asked == ["nua-nam", "quy"]
