"""An administrator's changes to rules: what is refused, what is asked, what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from communes.enums import Role
from communes.models import Official
from indicators.checks import rules_as_json, rules_for
from indicators.imports import import_rules
from indicators.models import ValidationRule
from indicators.rulemaking import Terms, Unconfirmed, change_rule, version_of
from povertyplan.lib.errors import DomainError
from reports.entry.page import definitions_address
from reports.returns import return_of
from tests import builders
from tests.builders import Y2024, Catalogue, Places, official, rule, told

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def administrator(places: Places) -> Official:
    return official("quan.tri", places.province, Role.ADMINISTRATOR)


@pytest.fixture
def within(catalogue: Catalogue) -> ValidationRule:
    return rule(
        "trong-tong",
        [(1, catalogue.poor, 0), (-1, catalogue.households, 0)],
        "Hộ nghèo {poor} nhiều hơn {right}.",
        comparator="<=",
    )


def change(made: ValidationRule, by: Official, **changed: Any) -> bool:
    how = {name: changed.pop(name) for name in ("seen", "is_confirmed") if name in changed}
    made.refresh_from_db()
    return change_rule(rule=made, terms=replace(Terms.of(made), **changed), by=by, **how)


def refusal(step: Callable[[], object]) -> list[tuple[str, str]]:
    before = list(ValidationRule.objects.values())
    history = ValidationRule.history.count()
    with pytest.raises(DomainError) as refused:
        step()
    assert list(ValidationRule.objects.values()) == before
    assert ValidationRule.history.count() == history
    return [(problem.key, problem.message) for problem in refused.value.problems]


def fail(places: Places, catalogue: Catalogue, failed: int, passed: int) -> None:
    """Let so many communes have told poor households beyond, and within, their total."""
    for number in range(failed + passed):
        unit = builders.unit(f"8{number:04}", f"Xã {number}", "commune", places.district)
        poor = "9" if number < failed else "1"
        told(unit, {catalogue.poor: poor, catalogue.households: "5"})


# -- changing -------------------------------------------------------------------------------------


def test_change_is_kept_with_who_made_it(within: ValidationRule, administrator: Official) -> None:
    assert change(within, administrator, name="Tên khác", severity="warning", tolerance=D("1.5"))

    within.refresh_from_db()
    assert (within.name, within.severity, within.tolerance) == ("Tên khác", "warning", D("1.5"))
    latest = within.history.first()
    assert (latest.history_user, latest.history_type) == (administrator, "~")


def test_nothing_changed_is_no_change(within: ValidationRule, administrator: Official) -> None:
    kept = within.history.count()

    assert not change(within, administrator)

    assert within.history.count() == kept


@pytest.mark.parametrize("role", [Role.OFFICER, Role.REVIEWER, Role.LEADER])
def test_only_an_administrator_changes_rules(
    places: Places, within: ValidationRule, role: Role
) -> None:
    with pytest.raises(PermissionDenied):
        change(within, official("ai-do", places.province, role), name="Tên khác")


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"name": " "}, "name", "Ghi tên quy tắc."),
        ({"name": "x" * 201}, "name", "Dài 201 ký tự"),
        ({"message": ""}, "message", "Ghi câu báo."),
        ({"severity": "khac"}, "severity", "Chọn mức"),
        ({"tolerance": D(-1)}, "tolerance", "từ 0 trở lên"),
        ({"tolerance": D(10) ** 18}, "tolerance", "từ 0 trở lên"),
        ({"message": "{escaped} hộ"}, "message", "Không có chỗ điền “{escaped}”."),
        ({"message": "{poor_prev} hộ"}, "message", "{computed}, {gap}, {households}, {left}"),
        ({"message": "{0} hộ"}, "message", "Không có chỗ điền “{0}”."),
        ({"message": "lệch {gap"}, "message", "Có dấu ngoặc nhọn lẻ"),
        ({"message": "lệch } {gap}"}, "message", "Có dấu ngoặc nhọn lẻ"),
    ],
)
def test_bad_terms_are_refused_with_a_sentence(
    within: ValidationRule, administrator: Official, changed: dict[str, Any], key: str, said: str
) -> None:
    ((where, told_),) = refusal(lambda: change(within, administrator, **changed))

    assert where == key
    assert said in told_


@pytest.mark.parametrize("name", ["left", "right", "gap", "computed", "poor", "households"])
def test_every_name_that_the_checks_fill_in_may_stand_in_a_message(
    within: ValidationRule, administrator: Official, name: str
) -> None:
    assert change(within, administrator, message=f"Có {{{name}}} hộ.")


def test_last_years_figure_is_named_by_a_rule_that_looks_back(
    catalogue: Catalogue, administrator: Official
) -> None:
    made = rule("dau", [(1, catalogue.opening, 0), (-1, catalogue.poor, -1)], "{gap}")

    assert change(made, administrator, message="{opening} và {poor_prev}")
    assert refusal(lambda: change(made, administrator, message="{poor}"))


def test_rule_that_somebody_else_changed_is_not_overwritten_unseen(
    within: ValidationRule, administrator: Official
) -> None:
    seen = version_of(within)
    change(within, administrator, name="Của người khác")

    ((_, said),) = refusal(lambda: change(within, administrator, name="Của tôi", seen=seen))

    assert "vừa được người khác sửa" in said
    assert change(within, administrator, name="Của tôi", seen=version_of(within))


# -- asking first ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("failed", "passed", "asks"), [(1, 19, False), (2, 19, True)])
@time_machine.travel("2025-06-01")
def test_switching_on_asks_when_more_than_five_in_a_hundred_fail(
    places: Places,
    catalogue: Catalogue,
    within: ValidationRule,
    administrator: Official,
    failed: int,
    passed: int,
    asks: bool,
) -> None:
    """1 of 20 is 5 %, not more; 2 of 21 is 9.5 %."""
    change(within, administrator, is_active=False)
    fail(places, catalogue, failed, passed)

    if not asks:
        assert change(within, administrator, is_active=True)
        return
    ((_, said),) = refusal(lambda: change(within, administrator, is_active=True))
    assert "2 trên 21 báo cáo" in said
    assert "(9,5%)" in said
    assert change(within, administrator, is_active=True, is_confirmed=True)
    within.refresh_from_db()
    assert within.is_active


@time_machine.travel("2025-06-01")
def test_doubt_carries_the_trial_of_the_new_terms(
    places: Places, catalogue: Catalogue, within: ValidationRule, administrator: Official
) -> None:
    """With a tolerance of 4 the returns would pass; as typed they fail, and the rule is as was."""
    change(within, administrator, is_active=False, tolerance=D(4))
    fail(places, catalogue, 3, 0)

    with pytest.raises(Unconfirmed) as doubt:
        change(within, administrator, is_active=True, tolerance=D(3))

    assert doubt.value.trial.total.failed == 3
    assert change(within, administrator, is_active=True)


@time_machine.travel("2025-06-01")
@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        ({"tolerance": D(9)}, {"tolerance": D(1)}, True),
        ({"severity": "warning"}, {"severity": "error"}, True),
        ({"severity": "error"}, {"severity": "warning"}, False),
        ({"tolerance": D(1)}, {"tolerance": D(2)}, False),
        ({}, {"message": "Khác {gap}."}, False),
        ({}, {"is_active": False}, False),
        ({"is_active": False, "tolerance": D(9)}, {"tolerance": D(1)}, False),
    ],
)
def test_making_a_rule_stricter_asks_too_and_nothing_else_does(
    places: Places,
    catalogue: Catalogue,
    within: ValidationRule,
    administrator: Official,
    before: dict[str, Any],
    after: dict[str, Any],
    asks: bool,
) -> None:
    change(within, administrator, is_confirmed=True, **before)
    fail(places, catalogue, 3, 0)

    if asks:
        with pytest.raises(Unconfirmed):
            change(within, administrator, **after)
    else:
        assert change(within, administrator, **after)


def test_returns_of_more_than_five_years_ago_count_no_more(
    places: Places, catalogue: Catalogue, within: ValidationRule, administrator: Official
) -> None:
    change(within, administrator, is_active=False)
    fail(places, catalogue, 3, 0)

    with time_machine.travel("2029-01-01"):
        assert change(within, administrator, is_active=True)


# -- what it changes ------------------------------------------------------------------------------


def test_switching_changes_the_server_and_what_the_browser_is_given(
    places: Places, catalogue: Catalogue, within: ValidationRule, administrator: Official
) -> None:
    """One source: both read the row."""
    told(places.first, {catalogue.poor: "9", catalogue.households: "5"})
    officer = Client()
    officer.force_login(official("xa", places.first))

    def seen() -> tuple[list[str], list[str], list[str]]:
        current = return_of(places.first, Y2024)
        address = definitions_address(current)
        assert address in officer.get("/bao-cao/90102/2024/").content.decode()
        given = json.loads(officer.get(address).content.decode().partition("=")[2])
        return (
            [found.rule.code for found in current.findings],
            [row["id"] for row in rules_as_json(rules_for(places.first, Y2024))],
            [row["id"] for row in given["rules"]],
        )

    assert seen() == (["trong-tong"], ["trong-tong"], ["trong-tong"])
    change(within, administrator, is_active=False)
    assert seen() == ([], [], [])
    change(within, administrator, is_active=True, is_confirmed=True)
    assert seen() == (["trong-tong"], ["trong-tong"], ["trong-tong"])


def test_new_terms_reach_both_sides(
    places: Places, catalogue: Catalogue, within: ValidationRule, administrator: Official
) -> None:
    told(places.first, {catalogue.poor: "9", catalogue.households: "5"})

    change(within, administrator, severity="warning", message="Quá {gap}.", tolerance=D("3.5"))

    (found,) = return_of(places.first, Y2024).findings
    (given,) = rules_as_json(rules_for(places.first, Y2024))
    assert (found.severity, found.message) == ("warning", "Quá 4.")
    assert (given["severity"], given["message"], given["tolerance"]) == (
        "warning",
        "Quá {gap}.",
        "3.5",
    )
    change(within, administrator, tolerance=D(4))
    assert return_of(places.first, Y2024).findings == []


# -- the file -------------------------------------------------------------------------------------


FILE = """
rules:
- {id: trong-tong, name_vi: Tên trong tệp, severity: error, message_vi: 'Trong tệp {gap}.',
   terms: [[1, poor, 0], [-1, households, 0]], comparator: <=, tolerance: 2, tiers: [commune],
   measures: [result]}
- {id: khac, name_vi: Khác, severity: error, message_vi: 'Khác {gap}.',
   terms: [[1, poor, 0]], comparator: '>=', tiers: [commune], measures: [result]}
"""


def test_upgrade_leaves_what_an_administrator_has_edited(
    tmp_path: Path, within: ValidationRule, catalogue: Catalogue, administrator: Official
) -> None:
    """The catalogue is loaded anew with each new version; what nobody touched follows the file."""
    file = tmp_path / "rules.yaml"
    file.write_text(FILE.replace("Khác {gap}", "Cũ {gap}"))
    import_rules(file)
    change(within, administrator, message="Của tỉnh {gap}.", severity="warning", is_active=False)

    file.write_text(FILE)
    import_rules(file)

    within.refresh_from_db()
    assert (within.name, within.message) == ("Tên trong tệp", "Của tỉnh {gap}.")
    assert (within.severity, within.tolerance, within.is_active) == ("warning", D(2), False)
    assert ValidationRule.objects.get(code="khac").message == "Khác {gap}."
