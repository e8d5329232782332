"""The calendar page: what it says, who reads it, who changes it, and what a bad form answers."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official
from indicators.models import Result
from indicators.periods import Period
from reports.enums import ReportState
from reports.models import Deadline, Report
from reports.scheduling import extend, set_round
from tests import builders
from tests.builders import Y2024, Catalogue, Places, official

pytestmark = pytest.mark.django_db

HOME = "/lich-bao-cao/90/"
NOW = "2024-12-10T03:00:00Z"
YEAR = {
    "step": "round",
    "year": "2024",
    "part": "",
    "opens_on": "1/11/2024",
    "due_on": "15/12/2024",
    "closes_on": "31/12/2024",
    "sure": "on",  # most rounds here are of days long past
}
EXTENSION = {
    "step": "extend",
    "period": "2024",
    "unit": "90102",
    "due_on": "10/01/2025",
    "closes_on": "20/01/2025",
    "reason": "Mưa lũ",
}


@pytest.fixture
def province(places: Places) -> Official:
    return official("Nguyễn Văn Tỉnh", places.province, Role.REVIEWER)


@pytest.fixture
def client(province: Official) -> Client:
    signed_in = Client()
    signed_in.force_login(province)
    return signed_in


@pytest.fixture
def a_round(places: Places, province: Official) -> Deadline:
    return set_round(
        issuer=places.province,
        period=Y2024,
        opens_on=date(2024, 11, 1),
        due_on=date(2024, 12, 15),
        closes_on=date(2024, 12, 31),
        by=province,
    )


@pytest.fixture
def an_extension(places: Places, province: Official, a_round: Deadline) -> Deadline:
    return extend(
        unit=places.first,
        period=Y2024,
        due_on=date(2025, 1, 10),
        closes_on=date(2025, 1, 20),
        reason="Mưa lũ",
        by=province,
    )


def words(answer: Any) -> str:
    """What a person reads in the page itself, in one line."""
    page = answer.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# -- reading --------------------------------------------------------------------------------------


def test_page_says_days_who_set_them_and_how_many_have_sent(
    client: Client, places: Places, an_extension: Deadline
) -> None:
    for unit, state in ((places.first, ReportState.DRAFT), (places.second, ReportState.SUBMITTED)):
        Report.objects.create(
            unit=unit,
            period="2024",
            state=state,
            round=int(state == ReportState.SUBMITTED),
            submitted_at=None if state == ReportState.DRAFT else "2024-12-01T00:00Z",
            with_tier=None if state == ReportState.DRAFT else places.district.tier,
        )

    with time_machine.travel(NOW):
        shown = words(client.get(HOME))

    assert "Lịch báo cáo tỉnh Thử Nghiệm: 1 kỳ đang nhập" in shown
    assert "Năm 2024 1 đơn vị đã nộp" in shown
    assert "Mở nhập 01/11/2024 Hạn nộp 15/12/2024 Khóa kỳ 31/12/2024" in shown
    assert "Đang nhập, còn 5 ngày" in shown
    assert "Xã Một Huyện Thử Nghiệm, gia hạn" in shown
    assert "Gia hạn đến 10/01/2025 Khóa kỳ 20/01/2025" in shown
    assert "Mưa lũ" in shown
    assert shown.count("Nguyễn Văn Tỉnh") == 2


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2024-10-31", "Chưa mở"),
        ("2024-11-01", "Đang nhập, còn 44 ngày"),
        ("2024-12-15", "Hôm nay hết hạn"),
        ("2024-12-16", "Đã qua hạn"),
        ("2024-12-31", "Đã qua hạn"),
        ("2025-01-01", "Đã khóa"),
    ],
)
def test_round_says_where_it_stands_today(
    client: Client, a_round: Deadline, day: str, said: str
) -> None:
    with time_machine.travel(f"{day}T03:00:00Z"):
        assert said in words(client.get(HOME))


def test_rounds_come_with_the_latest_period_first(
    client: Client, places: Places, province: Official
) -> None:
    for code in ("2023", "2024Q1", "2024", "2024H1", "2024H2"):
        period = Period.parse(code)
        set_round(
            issuer=places.province,
            period=period,
            opens_on=period.start,
            due_on=period.end,
            by=province,
        )

    page = client.get(HOME).context["page"]

    assert [row.period.code for row in page.rounds] == [
        "2024",
        "2024H2",
        "2024H1",
        "2024Q1",
        "2023",
    ]


def test_calendar_of_a_district_without_a_round_is_shown_as_such(
    client: Client, places: Places
) -> None:
    builders.deadline(places.district)

    shown = words(client.get(HOME))

    assert "Không có lịch chung; chỉ các đơn vị dưới đây có lịch riêng." in shown
    assert "nạp từ tệp" in shown


def test_queries_do_not_grow_with_rounds_or_extensions(
    client: Client, places: Places, province: Official, an_extension: Deadline
) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    few = {address: queries(address) for address in (HOME, f"{HOME}?gia-han=2024")}
    for year in range(2010, 2024):
        period = Period(year)
        set_round(
            issuer=places.province,
            period=period,
            opens_on=period.start,
            due_on=period.end,
            by=province,
        )
    for unit in (places.second, places.town):
        extend(unit=unit, period=Y2024, due_on=date(2025, 1, 9), reason="Xa", by=province)
    for number in range(5):
        builders.unit(f"902{number:02}", f"Xã {number}", "commune", places.district)

    assert {address: queries(address) for address in few} == few
    assert few[HOME] <= 12
    assert few[f"{HOME}?gia-han=2024"] <= 13


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "at", "read", "write"),
    [
        (Role.REVIEWER, "province", 200, 302),
        (Role.LEADER, "province", 200, 403),
        (Role.ADMINISTRATOR, "province", 200, 403),
        (Role.OFFICER, "province", 200, 403),
        (Role.REVIEWER, "district", 404, 404),
        (Role.LEADER, "district", 404, 404),
        (Role.OFFICER, "first", 404, 404),
    ],
)
def test_who_may_view_the_province_reads_and_who_may_schedule_writes(
    places: Places, role: Role, at: str, read: int, write: int
) -> None:
    visitor = Client()
    visitor.force_login(official("ai-do", getattr(places, at), role))

    answer = visitor.get(HOME)

    assert answer.status_code == read
    if read == 200:
        assert ('id="dat-lich"' in answer.content.decode()) is (write == 302)
        assert ("Lịch báo cáo</a>" in answer.content.decode()) is (write == 302)
    assert visitor.post(HOME, {"step": "round"}).status_code == (422 if write == 302 else write)
    assert visitor.post(HOME, YEAR).status_code == write
    assert Deadline.objects.count() == (write == 302)


def test_reader_is_shown_no_buttons(places: Places, an_extension: Deadline) -> None:
    visitor = Client()
    visitor.force_login(official("lanh.dao", places.province, Role.LEADER))

    main = visitor.get(HOME).content.decode().partition("<main")[2]

    assert "<form" not in main
    assert "<button" not in main


@pytest.mark.parametrize("code", ["901", "90102", "khong-co", "89"])
def test_only_a_province_has_a_calendar(client: Client, code: str) -> None:
    assert client.get(f"/lich-bao-cao/{code}/").status_code == 404


def test_province_that_has_ended_is_found_by_its_code_and_by_its_last_day(
    client: Client, places: Places, a_round: Deadline
) -> None:
    places.province.valid_to = date(2025, 6, 30)
    places.province.save()

    with time_machine.travel("2026-01-01T00:00Z"):
        plain, dated = client.get(HOME), client.get("/lich-bao-cao/90@2025-06-30/")

    assert (plain.status_code, dated.status_code) == (200, 200)
    assert 'href="/lich-bao-cao/90@2025-06-30/"' in plain.content.decode()


def test_code_that_a_successor_took_over_names_the_successor(
    client: Client, places: Places, province: Official
) -> None:
    places.province.valid_to = date(2025, 6, 30)
    places.province.save()
    builders.unit("90", "Tỉnh Mới", "province", valid_from=date(2025, 7, 1))

    with time_machine.travel("2026-01-01T00:00Z"):
        assert client.get(HOME).status_code == 404
        assert client.get("/lich-bao-cao/90@2025-06-30/").status_code == 200


# -- setting rounds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "code", "label"),
    [
        ("", "2024", "năm 2024"),
        ("H1", "2024H1", "6 tháng đầu năm 2024"),
        ("H2", "2024H2", "6 tháng cuối năm 2024"),
        ("Q4", "2024Q4", "quý IV năm 2024"),
    ],
)
def test_round_is_set_from_the_form(client: Client, part: str, code: str, label: str) -> None:
    answer = client.post(HOME, {**YEAR, "part": part}, follow=True)

    assert answer.redirect_chain == [(HOME, 302)]
    assert f"Đã đặt lịch báo cáo {label}." in words(answer)
    row = Deadline.objects.get()
    assert (row.period, row.due_on, row.closes_on) == (code, date(2024, 12, 15), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("until", "year"),
    [(date(9999, 12, 31), "2026"), (date(2025, 6, 30), "2024"), (date(2025, 12, 31), "2025")],
)
def test_form_offers_the_latest_year_the_province_may_report(
    client: Client, places: Places, until: date, year: str
) -> None:
    places.province.valid_to = until
    places.province.save()
    with time_machine.travel("2026-11-23T03:00:00Z"):
        page = client.get(HOME).content.decode()

    assert f'name="year" value="{year}"' in page


@pytest.mark.parametrize(
    ("today", "due_on", "closes_on", "said"),
    [
        ("2024-12-16", "15/12/2024", "31/12/2024", "Hạn nộp 15/12/2024 đã qua"),
        ("2025-01-01", "15/12/2024", "31/12/2024", "Ngày khóa 31/12/2024 đã qua"),
        ("2024-12-15", "15/12/2024", "15/12/2024", ""),
    ],
)
def test_round_that_would_be_over_at_once_is_asked_about(
    client: Client, today: str, due_on: str, closes_on: str, said: str
) -> None:
    typed = {**YEAR, "due_on": due_on, "closes_on": closes_on, "sure": ""}
    with time_machine.travel(f"{today}T03:00:00Z"):
        asked = client.post(HOME, typed)
        written = Deadline.objects.count()
        answered = client.post(HOME, {**typed, "sure": "on"})

    is_asked = bool(said)
    assert words(asked).count(said or "Vẫn đặt lịch này") == is_asked  # at its box alone
    assert ('type="checkbox" name="sure"' in asked.content.decode()) == is_asked
    assert written == (0 if said else 1)
    assert (answered.status_code, Deadline.objects.count()) == (302 if said else 422, 1)


def test_round_that_is_over_already_may_be_changed_without_a_question(
    client: Client, a_round: Deadline
) -> None:
    changed = {**YEAR, "changed": "2024", "opens_on": "2/11/2024", "sure": ""}
    with time_machine.travel("2025-03-01T03:00:00Z"):
        assert client.post(HOME, changed).status_code == 302


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"year": "24"}, "Ghi năm bốn chữ số, ví dụ 2025."),
        ({"year": ""}, "Ghi năm bốn chữ số, ví dụ 2025."),
        ({"year": "2024\x00"}, "Ghi năm bốn chữ số, ví dụ 2025."),
        ({"part": "Q5"}, "Chọn một kỳ trong danh sách."),
        ({"due_on": "32/12/2024"}, "Không phải ngày có thật. Ghi dạng 31/12/2024."),
        ({"due_on": "1/10/2024"}, "Không được trước ngày mở nhập 01/11/2024."),
        ({"due_on": ""}, "Ghi hạn nộp."),
    ],
)
def test_bad_form_comes_back_with_what_was_typed_and_why(
    client: Client, changed: dict[str, str], said: str
) -> None:
    answer = client.post(HOME, {**YEAR, **changed})

    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="1/11/2024"' in answer.content.decode()
    assert not Deadline.objects.exists()


def test_round_that_is_there_is_not_set_over_unseen(client: Client, a_round: Deadline) -> None:
    answer = client.post(HOME, {**YEAR, "due_on": "20/12/2024"})

    assert answer.status_code == 422
    assert "Kỳ này đã có lịch." in words(answer)
    a_round.refresh_from_db()
    assert a_round.due_on == date(2024, 12, 15)


def test_round_is_changed_by_the_form_that_says_what_it_is(
    client: Client, a_round: Deadline
) -> None:
    asked = client.get(f"{HOME}?sua=2024").content.decode()
    assert "Đổi ngày của năm 2024" in " ".join(asked.split())
    assert 'value="15/12/2024"' in asked

    changed = {**YEAR, "changed": "2024", "due_on": "20/12/2024", "closes_on": ""}
    assert client.post(HOME, changed).status_code == 302

    a_round.refresh_from_db()
    assert (a_round.due_on, a_round.closes_on) == (date(2024, 12, 20), None)


def test_form_that_names_one_round_changes_no_other(client: Client, a_round: Deadline) -> None:
    client.post(HOME, {**YEAR, "year": "2023", "opens_on": "1/11/2023", "due_on": "1/12/2023"})

    answer = client.post(HOME, {**YEAR, "changed": "2023"})

    assert answer.status_code == 422


def test_round_is_dropped_by_its_button_and_not_once_begun(
    client: Client, places: Places, catalogue: Catalogue, a_round: Deadline
) -> None:
    Report.objects.create(unit=places.first, period="2024")  # opened, nothing in it
    assert "Bỏ kỳ" in words(client.get(HOME))
    fact = Result.objects.create(unit=places.first, period="2024", indicator=catalogue.poor)
    assert "Bỏ kỳ" not in words(client.get(HOME))
    drop = {"step": "drop", "period": "2024"}
    assert "Đã có 1 đơn vị lập báo cáo" in words(client.post(HOME, drop, follow=True))

    fact.delete()

    assert "Đã bỏ kỳ báo cáo năm 2024." in words(client.post(HOME, drop, follow=True))
    assert not Deadline.objects.exists()


# -- extensions -----------------------------------------------------------------------------------


def test_extension_is_given_to_a_unit_chosen_by_name_under_its_district(
    client: Client, a_round: Deadline
) -> None:
    asked = client.get(f"{HOME}?gia-han=2024").content.decode()
    group = re.search(r'<optgroup label="Huyện Thử Nghiệm">(.*?)</optgroup>', asked, re.DOTALL)
    assert group is not None
    assert re.findall(r'<option value="(\d+)">([^<]+)</option>', group[1]) == [
        ("901", "Cả huyện Thử Nghiệm"),
        ("90101", "TT Trung Tâm"),
        ("90102", "Một"),
        ("90103", "Hai"),
    ]

    answer = client.post(HOME, EXTENSION, follow=True)

    assert "Đã gia hạn năm 2024 cho xã Một đến hết 10/01/2025." in words(answer)
    row = Deadline.objects.exclude(pk=a_round.pk).get()
    assert (row.issuer.code, row.reason) == ("90102", "Mưa lũ")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": ""}, "Chọn một đơn vị trong danh sách."),
        ({"unit": "90"}, "Chọn một đơn vị trong danh sách."),
        ({"unit": "91001"}, "Chọn một đơn vị trong danh sách."),
        ({"due_on": "15/12/2024"}, "Phải sau hạn 15/12/2024"),
        ({"reason": ""}, "Ghi lý do gia hạn"),
        ({"reason": "x" * 301}, "Lý do tối đa 300 ký tự."),
    ],
)
def test_bad_extension_comes_back_with_why(
    client: Client, places: Places, a_round: Deadline, changed: dict[str, str], said: str
) -> None:
    other = builders.unit("91", "Tỉnh Khác", "province")
    builders.unit("91001", "Xã Ngoài", "commune", other)

    answer = client.post(HOME, {**EXTENSION, **changed})

    assert answer.status_code == 422
    assert said in words(answer)
    assert "Gia hạn năm 2024" in words(answer)
    assert Deadline.objects.count() == 1


def test_extension_of_a_period_without_a_round_is_refused_with_a_sentence(client: Client) -> None:
    answer = client.post(HOME, EXTENSION)

    assert answer.status_code == 422
    assert "Tỉnh chưa mở kỳ báo cáo năm 2024" in words(answer)


def test_extension_is_edited_and_ended_by_its_buttons(
    client: Client, an_extension: Deadline
) -> None:
    asked = client.get(f"{HOME}?gia-han=2024&don-vi=90102").content.decode()
    assert '<option value="90102" selected>' in asked
    assert 'value="10/01/2025"' in asked

    end = {"step": "end", "period": "2024", "unit": "90102"}
    assert "Đã kết thúc gia hạn năm 2024 của xã Một." in words(client.post(HOME, end, follow=True))
    assert "không còn gia hạn" in words(client.post(HOME, end, follow=True))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"step": "khac"},
        {"step": "drop", "period": "2024X"},
        {"step": "extend", "period": ""},
        {"step": "end", "period": "2024", "unit": "91001"},
    ],
)
def test_what_no_button_sends_is_not_found(client: Client, data: dict[str, str]) -> None:
    assert client.post(HOME, data).status_code == 404


# -- what the officer sees ------------------------------------------------------------------------


def test_half_year_round_stands_on_the_officers_page(
    client: Client, places: Places, catalogue: Catalogue
) -> None:
    catalogue.poor.cadence = "half"
    catalogue.poor.save()
    officer = Client()
    officer.force_login(official("xa", places.first))
    days = {"opens_on": "1/6/2024", "due_on": "5/7/2024", "closes_on": ""}

    client.post(HOME, {**YEAR, "part": "H1", **days})
    with time_machine.travel("2024-06-20T03:00:00Z"):
        owed = words(officer.get("/bao-cao/"))
        form = officer.get("/bao-cao/90102/2024H1/").content.decode()

    assert "6 tháng đầu năm 2024" in owed
    assert "Hạn 05/07/2024" in owed
    assert "0/1" in owed
    assert "Hộ nghèo cuối kỳ" in form
    assert "Hộ thoát nghèo" not in form


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEADER, Role.ADMINISTRATOR])
def test_every_page_of_the_menu_opens_while_a_half_year_is_the_latest_round(
    client: Client, places: Places, catalogue: Catalogue, role: Role
) -> None:
    """Verdicts are of years: the overview opens with the year, or the last whole one."""
    days = {"opens_on": "1/6/2024", "due_on": "5/7/2024", "closes_on": ""}
    client.post(HOME, {**YEAR, "part": "H1", **days})
    visitor = Client()
    visitor.force_login(official("ai-do", places.province, role))

    for last_day, year in ((date(9999, 12, 31), "2024"), (date(2024, 6, 30), "2023")):
        places.province.valid_to = last_day
        places.province.save()
        addresses = [link.address for link in visitor.get("/ke-hoach/").context["menu"]]
        addresses = [address for address in addresses if not address.startswith("/quan-tri/")]
        assert f"/tong-quan/90/{year}/" in addresses
        answers = {address: visitor.get(address, follow=True) for address in ["/", *addresses]}
        assert {address: page.status_code for address, page in answers.items()} == dict.fromkeys(
            answers, 200
        )
