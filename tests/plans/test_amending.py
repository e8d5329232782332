"""A later decision amends a target; the document, and the years that are over, keep their word.

Source: design.md, Meaning (Target); issue 3, point 4.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from communes.enums import Role
from communes.models import Official
from plans.amending import amend_target
from plans.models import Amendment, Plan, Target
from plans.pages.versions import versions_of
from povertyplan.lib.errors import DomainError
from tests import builders
from tests.builders import Catalogue, Places
from tests.importing import everything

pytestmark = pytest.mark.django_db

ADDRESS = "/ke-hoach/kh-1/chi-tieu/ho-ngheo/dieu-chinh/"


@pytest.fixture
def target(places: Places, catalogue: Catalogue) -> Target:
    plan = Plan.objects.create(
        code="kh-1",
        kind="Kế hoạch",
        number="53/KH-UBND",
        title="Giảm nghèo",
        issuer="UBND huyện",
        level="district",
        issued_on="2021-02",
        unit=places.district,
        status="seed",
        year_from=2021,
        year_to=2025,
    )
    return Target.objects.create(
        code="ho-ngheo",
        plan=plan,
        section="II.2",
        unit=places.district,
        scope="all",
        theme="poverty",
        indicator=catalogue.poor,
        label="Số hộ nghèo còn lại",
        kind="level",
        comparator="<",
        value=Decimal(1500),
        unit_of_measure="hộ",
        year_from=2025,
        year_to=2025,
        direction="lower_is_better",
    )


@pytest.fixture
def reviewer(places: Places) -> Official:
    return builders.official("duyet.huyen", places.district, Role.REVIEWER)


def amend(target: Target, by: Official, **changed: Any) -> Amendment:
    terms: dict[str, Any] = {
        "in_force_from": date(2023, 7, 1),
        "decision_number": "1234/QĐ-UBND",
        "decided_on": date(2023, 6, 20),
        "reason": "Rà soát theo chuẩn nghèo mới",
        "comparator": "<",
        "value": Decimal(1800),
        "value_min": None,
        "value_max": None,
        "year_to": 2025,
    }
    return amend_target(target=target, by=by, **{**terms, **changed})


def test_an_amendment_keeps_what_the_document_said(target: Target, reviewer: Official) -> None:
    made = amend(target, reviewer, reason="  Rà soát lại ", decision_number=" 1234/QĐ-UBND ")
    made.refresh_from_db()
    assert (made.comparator, made.value, made.year_to) == ("<", 1800, 2025)
    assert (made.decision_number, made.reason) == ("1234/QĐ-UBND", "Rà soát lại")
    assert (made.in_force_from, made.decided_on) == (date(2023, 7, 1), date(2023, 6, 20))
    assert (made.by, made.is_sample) == (reviewer, False)
    target.refresh_from_db()
    assert (target.value, target.year_to) == (1500, 2025)


def test_an_amendment_in_demo_mode_is_sample(
    target: Target, reviewer: Official, settings: LazySettings
) -> None:
    settings.DEMO_MODE = True
    assert amend(target, reviewer).is_sample


def test_a_range_and_a_later_year_may_be_decided(target: Target, reviewer: Official) -> None:
    low, high = Decimal(1400), Decimal(1600)
    made = amend(
        target,
        reviewer,
        comparator="range",
        value=None,
        value_min=low,
        value_max=high,
        year_to=2026,
    )
    assert (made.value, made.value_min, made.value_max, made.year_to) == (None, low, high, 2026)


def test_only_the_year_may_change(target: Target, reviewer: Official) -> None:
    assert amend(target, reviewer, value=Decimal(1500), year_to=2026).year_to == 2026


TOMORROW = timezone.localdate() + timedelta(days=1)
RANGE = {"comparator": "range", "value": None}


@pytest.mark.parametrize(
    ("changed", "key", "words"),
    [
        ({"decision_number": " "}, "decision_number", "Chưa ghi số quyết định"),
        ({"decided_on": None}, "decided_on", "Chưa ghi ngày ký"),
        ({"decided_on": TOMORROW}, "decided_on", "còn ở tương lai"),
        ({"decided_on": date(1923, 6, 20)}, "decided_on", "quá sớm"),
        ({"reason": ""}, "reason", "Chưa ghi lý do"),
        ({"in_force_from": None}, "in_force_from", "Chưa ghi ngày có hiệu lực"),
        (
            {"in_force_from": date(2020, 12, 31)},
            "in_force_from",
            "31/12/2020 trước khi kế hoạch bắt đầu (01/01/2021)",
        ),
        (
            {"in_force_from": date(2026, 1, 1)},
            "in_force_from",
            "01/01/2026 sau khi kế hoạch kết thúc (31/12/2025)",
        ),
        (
            {"in_force_from": date(2022, 12, 31)},
            "in_force_from",
            "thuộc năm đã kết thúc khi ký quyết định (20/06/2023)",
        ),
        ({"comparator": "=<"}, "comparator", "Chọn cách so sánh"),
        ({"value": None}, "value", "Chưa ghi mức mới"),
        ({"value": Decimal(-5)}, "value", "không thể âm"),
        ({"value_min": Decimal(1)}, "value_min", "chỉ dùng khi so sánh “từ … đến”"),
        ({"value_max": Decimal(1)}, "value_max", "chỉ dùng khi so sánh “từ … đến”"),
        ({**RANGE, "value_min": Decimal(1)}, "value_max", "cần cả hai số"),
        ({**RANGE, "value_max": Decimal(1)}, "value_min", "cần cả hai số"),
        (
            {**RANGE, "value_min": Decimal(2), "value_max": Decimal(1)},
            "value_min",
            "“Từ” lớn hơn số “Đến”",
        ),
        (
            {"comparator": "range", "value_min": Decimal(1), "value_max": Decimal(2)},
            "value",
            "ghi ở hai ô",
        ),
        ({"year_to": None}, "year_to", "Chưa ghi năm phải đạt"),
        ({"year_to": 2024}, "year_to", "từ 2025 đến 2045"),
        ({"year_to": 20025}, "year_to", "từ 2025 đến 2045"),
        ({"value": Decimal(1500)}, "value", "chưa có gì thay đổi"),
    ],
)
def test_a_bad_amendment_is_refused_at_its_field_and_writes_nothing(
    target: Target, reviewer: Official, changed: dict[str, Any], key: str, words: str
) -> None:
    before = everything()
    with pytest.raises(DomainError) as refused:
        amend(target, reviewer, **changed)
    assert [problem.key for problem in refused.value.problems] == [key]
    assert words in refused.value.problems[0].message
    assert everything() == before


def test_every_problem_is_told_at_once(target: Target, reviewer: Official) -> None:
    with pytest.raises(DomainError) as refused:
        amend(target, reviewer, decision_number="", reason="", value=None, in_force_from=None)
    keys = [problem.key for problem in refused.value.problems]
    assert keys == ["decision_number", "reason", "in_force_from", "value"]


def test_a_year_that_is_over_cannot_be_made_the_goal(target: Target, reviewer: Official) -> None:
    Target.objects.update(year_from=2021)
    target.refresh_from_db()
    with pytest.raises(DomainError, match="Năm phải đạt 2022 đã qua"):
        amend(target, reviewer, year_to=2022)


def test_one_day_has_one_decision(target: Target, reviewer: Official) -> None:
    amend(target, reviewer)
    with pytest.raises(DomainError, match="Ngày 01/07/2023 đã có điều chỉnh theo 1234/QĐ-UBND"):
        amend(target, reviewer, value=Decimal(1900), decision_number="2/QĐ-UBND")
    assert target.amendments.count() == 1


def test_a_decision_changes_what_the_one_before_it_said(target: Target, reviewer: Official) -> None:
    """1.500 → 1.800 → 1.500 again is a change; 1.800 → 1.800 is none."""
    amend(target, reviewer)
    later = {"in_force_from": date(2024, 1, 1), "decision_number": "2/QĐ-UBND"}
    with pytest.raises(DomainError, match="chưa có gì thay đổi"):
        amend(target, reviewer, **later)
    assert amend(target, reviewer, **later, value=Decimal(1500)).value == 1500
    # between the document and the first decision it is the document that holds
    earlier = {"in_force_from": date(2023, 1, 1), "decided_on": date(2023, 1, 1)}
    with pytest.raises(DomainError, match="chưa có gì thay đổi"):
        amend(target, reviewer, **earlier, value=Decimal(1500))


def test_a_stated_result_is_no_promise_to_amend(target: Target, reviewer: Official) -> None:
    Target.objects.update(kind="result", result_shape="level")
    target.refresh_from_db()
    with pytest.raises(DomainError, match="kết quả văn bản nêu"):
        amend(target, reviewer)


# -- who may --------------------------------------------------------------------------------------

ROLES = [  # where, role, the rule's answer, the page's
    ("district", Role.REVIEWER, None, 200),
    ("province", Role.REVIEWER, None, 200),
    ("district", Role.OFFICER, PermissionDenied, 403),
    ("district", Role.LEADER, PermissionDenied, 403),
    ("province", Role.LEADER, PermissionDenied, 403),
    ("district", Role.ADMINISTRATOR, PermissionDenied, 403),
    ("first", Role.REVIEWER, Http404, 404),
    ("first", Role.OFFICER, Http404, 404),
]


@pytest.mark.parametrize(("place", "role", "error", "_status"), ROLES)
def test_reviewers_of_the_plans_unit_and_above_amend(
    target: Target,
    places: Places,
    place: str,
    role: str,
    error: type[Exception] | None,
    _status: int,
) -> None:
    person = builders.official("nguoi", getattr(places, place), role)
    if error is None:
        assert amend(target, person).by == person
        return
    before = everything()
    with pytest.raises(error):
        amend(target, person)
    assert everything() == before


FILLED = {
    "in_force_from": "01/07/2023",
    "decision_number": "1234/QĐ-UBND",
    "decided_on": "20/06/2023",
    "reason": "Rà soát theo chuẩn nghèo mới",
    "comparator": "<",
    "value": "1.800",
    "value_min": "",
    "value_max": "",
    "year_to": "2025",
}


@pytest.mark.parametrize(("place", "role", "_error", "status"), ROLES)
def test_page_opens_and_records_for_them_alone(
    client: Client, target: Target, places: Places, place: str, role: str, _error: Any, status: int
) -> None:
    client.force_login(builders.official("nguoi", getattr(places, place), role))
    assert client.get(ADDRESS).status_code == status
    assert client.post(ADDRESS, FILLED).status_code == (302 if status == 200 else status)
    assert target.amendments.count() == (1 if status == 200 else 0)


# -- page -----------------------------------------------------------------------------------------


@pytest.fixture
def at_desk(client: Client, reviewer: Official) -> Client:
    client.force_login(reviewer)
    return client


def body(client: Client, data: dict[str, str] | None = None, status: int = 200) -> str:
    response = client.post(ADDRESS, data) if data is not None else client.get(ADDRESS)
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def test_page_shows_what_was_said_decision_by_decision(
    at_desk: Client, target: Target, reviewer: Official
) -> None:
    amend(target, reviewer)
    amend(target, reviewer, in_force_from=date(2024, 1, 1), value=Decimal(1700))
    rows = re.findall(r"<tr role=\"row\"> <th role=\"rowheader\".*?</tr>", body(at_desk))
    texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]
    assert texts[0] == (
        "Kế hoạch số 53/KH-UBND, mục II.2 ký tháng 02/2021 từ đầu kế hoạch < 1.500 hộ "
        "đến năm 2025 Văn bản kế hoạch"
    ).replace("<", "&lt;")
    assert texts[1].startswith(
        "1234/QĐ-UBND ký 20/06/2023 từ 01/07/2023 &lt; 1.800 hộ đến năm 2025 "
        "Rà soát theo chuẩn nghèo mới duyet.huyen, "
    )
    assert "từ 01/01/2024 đang áp dụng &lt; 1.700 hộ" in texts[2]
    assert len(texts) == 3


def test_document_holds_until_the_first_decision_is_in_force(
    target: Target, reviewer: Official
) -> None:
    amend(target, reviewer)
    before = versions_of(target, date(2023, 6, 30))
    after = versions_of(target, date(2023, 7, 1))
    assert [row.is_in_force for row in before] == [True, False]
    assert [row.is_in_force for row in after] == [False, True]


def test_recorded_decision_is_confirmed_and_listed(at_desk: Client, target: Target) -> None:
    response = at_desk.post(ADDRESS, FILLED, follow=True)
    assert response.redirect_chain == [(ADDRESS, 302)]
    page = response.content.decode()
    assert "Đã ghi điều chỉnh theo 1234/QĐ-UBND" in page
    made = target.amendments.get()
    assert (made.value, made.decided_on) == (1800, date(2023, 6, 20))


def test_form_starts_from_what_holds_now(
    at_desk: Client, target: Target, reviewer: Official
) -> None:
    amend(target, reviewer, comparator="<=", year_to=2026)
    page = body(at_desk)
    assert '<option value="&lt;=" selected>' in page
    assert 'value="2026"' in page


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"value": "nhiều"}, "value", "“nhiều” không phải là số"),
        ({"value": "1,5"}, "value", "quá nhiều chữ số lẻ"),
        ({"decided_on": "31/02/2023"}, "decided_on", "Không phải ngày có thật"),
        ({"decision_number": ""}, "decision_number", "Chưa ghi số quyết định"),
        ({"in_force_from": "01/01/2030"}, "in_force_from", "sau khi kế hoạch kết thúc"),
        ({"comparator": "?"}, "comparator", "Chọn"),
    ],
)
def test_bad_input_keeps_what_was_typed_with_the_error_at_its_field(
    at_desk: Client, target: Target, changed: dict[str, str], field: str, words: str
) -> None:
    page = body(at_desk, {**FILLED, "reason": "Vì <mưa> lũ", **changed}, status=422)
    told = page[page.index(f'id="id_{field}_error"') :].split("</p>")[0]
    assert words in told or field == "comparator"
    box = re.search(rf'<(?:input|select)[^>]*name="{field}"[^>]*>', page)
    assert box is not None
    assert 'aria-invalid="true"' in box[0]
    assert f"id_{field}_error" in box[0]
    assert "Vì &lt;mưa&gt; lũ" in page
    assert f'<a href="#id_{field}">' in page
    for name, text in {**FILLED, **changed}.items():
        if name not in {"comparator", "reason"} and text:
            assert f'name="{name}" value="{text}"' in page
    assert not target.amendments.exists()


def test_decimals_are_those_of_the_indicator_and_the_document(
    at_desk: Client, target: Target, catalogue: Catalogue
) -> None:
    Target.objects.update(indicator=catalogue.rate, unit_of_measure="%", value=Decimal("10.5"))
    assert at_desk.post(ADDRESS, {**FILLED, "value": "10,77"}).status_code == 302
    assert target.amendments.get().value == Decimal("10.77")


def test_page_of_a_stated_result_or_of_another_plan_is_not_found(
    at_desk: Client, target: Target
) -> None:
    assert at_desk.get(ADDRESS.replace("kh-1", "kh-2")).status_code == 404
    Target.objects.update(kind="result", result_shape="level")
    assert at_desk.get(ADDRESS).status_code == 404


def test_page_takes_as_many_queries_with_many_versions_as_with_one(
    at_desk: Client, target: Target, reviewer: Official
) -> None:
    amend(target, reviewer)
    at_desk.get(ADDRESS)
    with CaptureQueriesContext(connection) as one:
        at_desk.get(ADDRESS)
    for month in (8, 9, 10):
        amend(target, reviewer, in_force_from=date(2023, month, 1), value=Decimal(month))
    with CaptureQueriesContext(connection) as four:
        at_desk.get(ADDRESS)
    assert len(four) == len(one)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_amendment_is_recorded_with_the_keyboard_alone(
    browser: Browser, live_server: LiveServer, target: Target, reviewer: Official
) -> None:
    """The error summary leads to the box, and what was typed is still there."""
    context = browser.new_context(base_url=live_server.url, locale="vi-VN")
    page = context.new_page()
    page.goto(f"/dang-nhap/?next={ADDRESS}")
    page.get_by_label("Tên đăng nhập").fill(reviewer.username)
    page.get_by_label("Mật khẩu", exact=True).fill(builders.PASSWORD)
    page.keyboard.press("Enter")
    number = page.get_by_label("Số quyết định")
    number.focus()
    for text in ("1234/QĐ-UBND", "20/06/2023", "01/07/2030", "", "1.800", "", "", "", "Rà soát"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("sau khi kế hoạch kết thúc")
    expect(number).to_have_value("1234/QĐ-UBND")
    link = page.get_by_role("alert").get_by_role("link", name="Có hiệu lực từ ngày")
    link.focus()
    page.keyboard.press("Enter")
    day = page.get_by_label("Có hiệu lực từ ngày")
    expect(day).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("01/07/2023")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã ghi điều chỉnh theo 1234/QĐ-UBND")
    assert target.amendments.get().value == 1800
    context.close()
