"""The rulebook's pages: rules in words, the filter, trying, switching, and who may."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official
from indicators.checks import with_terms
from indicators.models import ValidationRule
from indicators.rulebook.pages import example_of
from indicators.rulemaking import version_of
from indicators.wording import formula
from tests import builders
from tests.builders import Catalogue, Places, official, rule, told

pytestmark = pytest.mark.django_db

LIST = "/quan-tri/quy-tac/"
PAGE = f"{LIST}trong-tong/"
TRY = f"{PAGE}?thu=1&since=2023&until=2024&tiers=commune"


@pytest.fixture
def administrator(places: Places) -> Official:
    return official("Trần Quản Trị", places.province, Role.ADMINISTRATOR)


@pytest.fixture
def client(administrator: Official) -> Client:
    signed_in = Client()
    signed_in.force_login(administrator)
    return signed_in


@pytest.fixture
def within(catalogue: Catalogue) -> ValidationRule:
    return rule(
        "trong-tong",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        "Hộ nghèo {poor} nhiều hơn {right}.",
        name="Hộ nghèo trong tổng số hộ",
        comparator="<=",
        source="Phiếu A",
    )


def words(answer: Any) -> str:
    page = answer.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def typed(made: ValidationRule, **changed: str) -> dict[str, str]:
    """The form as the page gives it, with some of it changed; "" switches the tick off."""
    made.refresh_from_db()
    data = {
        "name": made.name,
        "severity": made.severity,
        "tolerance": "0",
        "message": made.message,
        "is_active": "on" if made.is_active else "",
        "seen": str(version_of(made)),
        **changed,
    }
    return {key: value for key, value in data.items() if (key, value) != ("is_active", "")}


# -- in words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "values", "told"),
    [
        (
            [(1, "opening", 0), (-1, "escaped", 0), (1, "relapsed", 0), (-1, "poor", 0)],
            {},
            "Hộ nghèo đầu kỳ + Hộ tái nghèo = Hộ thoát nghèo + Hộ nghèo cuối kỳ",
        ),
        (
            [(1, "opening", 0), (-1, "poor", -1)],
            {},
            "Hộ nghèo đầu kỳ = Hộ nghèo cuối kỳ (năm trước)",
        ),
        (
            [(1, "rate", 0)],
            {"comparator": "<=", "constant": 100, "tolerance": "0.005"},
            "Tỷ lệ hộ nghèo ≤ 100 (sai số đến 0,005)",
        ),
        (
            [("0.8", "poor", 0), (-35, "households", 0)],
            {"comparator": ">", "constant": -5},
            "0,8 × Hộ nghèo cuối kỳ > 35 × Tổng số hộ + −5",
        ),
        ([(-1, "poor", -2)], {"comparator": ">="}, "0 ≥ Hộ nghèo cuối kỳ (2 năm trước)"),
        ([(1, "poor", 0)], {"comparator": ">="}, "Hộ nghèo cuối kỳ ≥ 0"),
    ],
)
def test_relation_is_written_with_what_is_taken_off_on_the_other_side(
    catalogue: Catalogue, terms: list[Any], values: dict[str, Any], told: str
) -> None:
    made = rule("r", [(one, getattr(catalogue, name), when) for one, name, when in terms], **values)
    found = with_terms().get(pk=made.pk)

    assert formula(found, list(found.terms.all())) == told


def test_example_message_is_one_the_checks_would_say(
    places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    assert example_of(with_terms().get(pk=within.pk)) == "Hộ nghèo 120 nhiều hơn 36."


@pytest.mark.parametrize("comparator", ["<=", "<", ">=", ">", "="])
def test_every_kind_of_rule_has_an_example(catalogue: Catalogue, comparator: str) -> None:
    made = rule(
        "r",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        "Lệch {gap}.",
        comparator=comparator,
        tolerance=Decimal(10),
    )

    assert example_of(with_terms().get(pk=made.pk)).startswith("Lệch ")


def test_rule_that_nothing_breaks_has_no_example(catalogue: Catalogue) -> None:
    made = rule("r", [(1, catalogue.poor, 0)], "x", comparator=">=", constant=Decimal(-99))

    assert example_of(with_terms().get(pk=made.pk)) == ""


# -- the list -------------------------------------------------------------------------------------


def test_list_says_every_rule_in_words(
    client: Client, places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    builders.balance(catalogue)
    ValidationRule.objects.filter(code="can-doi").update(is_active=False, severity="warning")

    shown = words(client.get(LIST))

    assert "Quy tắc kiểm tra: 1 trên 2 quy tắc đang dùng" in shown
    assert (
        "Hộ nghèo trong tổng số hộ Hộ nghèo cuối kỳ ≤ Tổng số hộ Lỗi Xã Đang dùng Phiếu A" in shown
    )
    assert "can-doi Hộ nghèo đầu kỳ + Hộ tái nghèo" in shown
    assert "Cảnh báo Xã Đang tắt" in shown


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"trong-tong", "can-doi"}),
        ("q=HỘ+tổng", {"trong-tong"}),
        ("q=tái", {"can-doi"}),
        ("q=phiếu", {"trong-tong"}),
        ("q=khong-co", set()),
        ("muc=warning", {"can-doi"}),
        ("muc=khac", {"trong-tong", "can-doi"}),
        ("dung=on", {"trong-tong"}),
        ("dung=off", {"can-doi"}),
        ("dung=off&muc=error", set()),
        ("q=%00", set()),
    ],
)
def test_list_is_filtered_by_words_severity_and_use(
    client: Client, catalogue: Catalogue, within: ValidationRule, asked: str, found: set[str]
) -> None:
    builders.balance(catalogue)
    ValidationRule.objects.filter(code="can-doi").update(is_active=False, severity="warning")

    answer = client.get(f"{LIST}?{asked}")

    assert {line.rule.code for line in answer.context["page"].lines} == found
    assert ("Không có quy tắc nào như vậy" in words(answer)) is (not found)


def test_queries_do_not_grow_with_rules(
    client: Client, catalogue: Catalogue, within: ValidationRule
) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        return len(seen)

    few = {address: queries(address) for address in (LIST, PAGE)}
    for number in range(7):
        rule(f"r-{number}", [(1, catalogue.poor, 0), (1, catalogue.opening, 0)], "x")

    assert {address: queries(address) for address in few} == few
    assert few[LIST] <= 12
    assert few[PAGE] <= 14


# -- one rule -------------------------------------------------------------------------------------


def test_page_says_what_the_rule_looks_at_and_what_its_message_may_name(
    client: Client, within: ValidationRule
) -> None:
    shown = words(client.get(PAGE))

    assert "Hộ nghèo cuối kỳ ≤ Tổng số hộ" in shown
    assert "Hộ nghèo cuối kỳ 1 hộ {poor}" in shown
    assert "Tổng số hộ −1 hộ {households}" in shown
    assert "Ví dụ với số giả định: Hộ nghèo 120 nhiều hơn 36." in shown


def test_trial_is_shown_with_counts_and_links_to_the_figures(
    client: Client, places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "1200", catalogue.households: "5"})
    told(places.second, {catalogue.poor: "1", catalogue.households: "5"})
    told(places.town, {catalogue.poor: "1"})

    answer = client.get(TRY)
    shown = words(answer)

    assert "Không đạt 1 trên 2 báo cáo kiểm được (50,0%)" in shown
    assert (
        "Năm 2024 Kiểm được 2 Đạt 1 Không đạt 1 Thiếu số trong kỳ 1 Thiếu số năm trước 0" in shown
    )
    assert "Xã Một, năm 2024 Huyện Thử Nghiệm Vế trái 1.200 Vế phải 5 Lệch 1.195" in shown
    assert "Hộ nghèo 1.200 nhiều hơn 5." in shown
    address = "/so-lieu/90102/2024/"
    assert f'href="{address}"' in answer.content.decode()
    assert client.get(address).status_code == 200


def test_trial_that_finds_nothing_says_so(client: Client, within: ValidationRule) -> None:
    assert "Không có đơn vị nào đã nộp số của quy tắc này" in words(client.get(TRY))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("since=2024&until=2023&tiers=commune", "Không được trước “Từ năm”."),
        ("since=2010&until=2024&tiers=commune", "Mỗi lần thử tối đa 10 năm."),
        ("since=1800&until=2024&tiers=commune", "Chọn trong danh sách."),
        ("since=2023&until=2024", "Chọn ít nhất một."),
        ("since=2023&until=2024&tiers=province", "Chọn trong danh sách."),
    ],
)
@time_machine.travel("2025-06-01")
def test_trial_of_what_cannot_be_is_refused_with_a_sentence(
    client: Client, within: ValidationRule, asked: str, said: str
) -> None:
    answer = client.get(f"{PAGE}?thu=1&{asked}")

    assert answer.status_code == 200
    assert said in words(answer)
    assert answer.context["trial"] is None


def test_nothing_is_written_by_looking_or_trying(client: Client, within: ValidationRule) -> None:
    before = list(ValidationRule.objects.values()), ValidationRule.history.count()

    for address in (LIST, PAGE, TRY):
        client.get(address)

    assert (list(ValidationRule.objects.values()), ValidationRule.history.count()) == before


# -- changing -------------------------------------------------------------------------------------


def test_form_changes_the_rule_and_says_who_did(client: Client, within: ValidationRule) -> None:
    data = typed(within, severity="warning", tolerance="1,5", message="Quá {gap} hộ.")

    answer = client.post(PAGE, data, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    shown = words(answer)
    assert "Đã lưu quy tắc." in shown
    assert "Trần Quản Trị" in shown
    assert "Mức: lỗi – chặn gửi → cảnh báo – hỏi lý do" in shown
    assert "Sai số cho phép: 0 → 1,5" in shown
    within.refresh_from_db()
    assert (within.severity, within.tolerance) == ("warning", Decimal("1.5"))


def test_form_that_changes_nothing_says_so(client: Client, within: ValidationRule) -> None:
    assert "Quy tắc vẫn như cũ." in words(client.post(PAGE, typed(within), follow=True))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Không được để trống."),
        ({"message": "{escaped}"}, "Không có chỗ điền “{escaped}”"),
        ({"tolerance": "1.5.2"}, "không phải là số"),
        ({"tolerance": "-1"}, "từ 0 trở lên"),
        ({"severity": "khac"}, "khac"),
    ],
)
def test_bad_form_comes_back_with_what_was_typed_and_why(
    client: Client, within: ValidationRule, changed: dict[str, str], said: str
) -> None:
    answer = client.post(PAGE, typed(within, **{"name": "Tên vừa gõ", **changed}))

    assert answer.status_code == 422
    assert said in words(answer)
    assert "name" in changed or "Tên vừa gõ" in answer.content.decode()
    assert not ValidationRule.objects.filter(name="Tên vừa gõ").exists()


def test_change_over_somebody_elses_is_refused(client: Client, within: ValidationRule) -> None:
    stale = typed(within, name="Của tôi")
    client.post(PAGE, typed(within, name="Của người khác"))

    answer = client.post(PAGE, stale)

    assert answer.status_code == 422
    assert "vừa được người khác sửa" in words(answer)


@time_machine.travel("2025-06-01")
def test_switching_on_shows_how_many_fail_and_waits_for_a_yes(
    client: Client, places: Places, catalogue: Catalogue, within: ValidationRule
) -> None:
    told(places.first, {catalogue.poor: "9", catalogue.households: "5"})
    told(places.second, {catalogue.poor: "1", catalogue.households: "5"})
    client.post(PAGE, typed(within, is_active=""))

    doubted = client.post(PAGE, typed(within, is_active="on"))

    assert doubted.status_code == 422
    shown = words(doubted)
    assert "Chưa lưu: cần xác nhận." in shown
    assert "không đạt ở 1 trên 2 báo cáo đã kiểm được của các năm 2021–2025 (50,0%)" in shown
    assert "Xã Một, năm 2024" in shown
    within.refresh_from_db()
    assert not within.is_active

    again = re.search(r'id="xac-nhan">(.*?)</form>', doubted.content.decode(), re.DOTALL)
    assert again is not None
    given = dict(re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', again[1]))
    assert "confirm" in given
    assert client.post(PAGE, given).status_code == 302
    within.refresh_from_db()
    assert within.is_active


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OFFICER, Role.REVIEWER, Role.LEADER])
@pytest.mark.parametrize("address", [LIST, PAGE])
def test_rulebook_is_for_administrators(
    places: Places, within: ValidationRule, role: Role, address: str
) -> None:
    visitor = Client()
    visitor.force_login(official("ai-do", places.province, role))

    assert visitor.get(address).status_code == 403
    assert visitor.post(address, typed(within, name="x")).status_code == 403
    assert 'href="/quan-tri/quy-tac/"' not in visitor.get("/ke-hoach/").content.decode()


def test_administrator_of_a_lower_unit_does_not_keep_the_rules(
    places: Places, within: ValidationRule
) -> None:
    visitor = Client()
    visitor.force_login(official("huyen", places.district, Role.ADMINISTRATOR))

    assert visitor.get(LIST).status_code == 403


def test_rule_that_does_not_exist_is_not_found(client: Client) -> None:
    assert client.get(f"{LIST}khong-co/").status_code == 404


def test_new_rule_of_the_administration_starts_switched_off_and_leads_to_its_trial(
    client: Client, catalogue: Catalogue, within: ValidationRule
) -> None:
    inline = {"terms-TOTAL_FORMS": "1", "terms-INITIAL_FORMS": "0"}
    term = {"indicator": catalogue.poor.pk, "coefficient": "1", "offset": "0", "order": "0"}
    data = {
        "code": "moi",
        "name": "Mới",
        "order": "9",
        "severity": "error",
        "message": "x",
        "comparator": "=",
        "constant": "0",
        "tolerance": "0",
        "tiers": [builders.tier("commune").pk],
        "measures": '["result"]',
        "applies_to": "communes_and_townships",
        "is_active": "on",
        **inline,
        **{f"terms-0-{key}": value for key, value in term.items()},
    }

    answer = client.post("/quan-tri/indicators/validationrule/add/", data)

    assert answer.status_code == 302
    assert ValidationRule.objects.get(code="moi").is_active is False
    page = client.get(f"/quan-tri/indicators/validationrule/{within.pk}/change/")
    assert f'href="{PAGE}"' in page.content.decode()
