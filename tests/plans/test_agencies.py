"""Which agency answers for which promise. Source: Bắc Hà plan, VI; plans.yaml, responsibilities."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.models import Indicator
from plans.models import Plan, Responsibility, Target
from plans.pages.agencies import agencies
from tests.builders import Catalogue, Places

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(places: Places) -> Plan:
    return Plan.objects.create(
        code="kh-1",
        kind="Kế hoạch",
        title="",
        level="district",
        unit=places.district,
        status="seed",
    )


def leads(plan: Plan, agency: str, *themes: str, role: str = "lead") -> None:
    Responsibility.objects.create(
        plan=plan,
        section="VI",
        agency=f"Phòng {agency}",
        agency_code=agency,
        role=role,
        themes=list(themes),
        order=Responsibility.objects.count(),
    )


def target(plan: Plan, indicator: Indicator, theme: str, **values: object) -> Target:
    number = Target.objects.count() + 1
    return Target.objects.create(
        **{
            "code": f"ct-{number}",
            "order": number,
            "plan": plan,
            "section": "II",
            "unit": plan.unit,
            "scope": "all",
            "theme": theme,
            "indicator": indicator,
            "label": "",
            "kind": "level",
            "comparator": "=",
            "value": 1,
            "unit_of_measure": "hộ",
            "year_from": 2025,
            "year_to": 2025,
            "direction": "none",
            **values,
        }
    )


def codes_of(agency: str) -> list[str]:
    return [row.code for row in Target.objects.of_agency(agency)]


def test_an_agency_answers_for_the_themes_it_leads(plan: Plan, catalogue: Catalogue) -> None:
    leads(plan, "lao-dong", "poverty", "training")
    leads(plan, "mat-tran", "organisation", role="support")
    for theme in ("poverty", "training", "organisation", "ntm"):
        target(plan, catalogue.poor, theme)
    assert codes_of("lao-dong") == ["ct-1", "ct-2"]
    # Nobody leads what the Front is named for: it answers.
    assert codes_of("mat-tran") == ["ct-3"]
    assert codes_of("khong-co") == []


def test_a_lead_holds_in_its_own_plan_only(plan: Plan, catalogue: Catalogue) -> None:
    other = Plan.objects.create(code="kh-2", kind="", title="", unit=plan.unit, order=2)
    leads(plan, "lao-dong", "poverty")
    leads(other, "giao-duc", "poverty")
    target(plan, catalogue.poor, "poverty")
    target(other, catalogue.poor, "poverty")
    assert codes_of("lao-dong") == ["ct-1"]
    assert codes_of("giao-duc") == ["ct-2"]


def test_the_indicator_decides_between_two_that_lead_one_theme(
    plan: Plan, catalogue: Catalogue
) -> None:
    """Water and latrines: NN&PTNT leads the one, the office of the committee the other."""
    leads(plan, "nong-nghiep", "water")
    leads(plan, "van-phong", "water")
    Indicator.objects.filter(pk=catalogue.poor.pk).update(agency="nong-nghiep")
    Indicator.objects.filter(pk=catalogue.opening.pk).update(agency="van-phong")
    Indicator.objects.filter(pk=catalogue.rate.pk).update(agency="giao-duc")
    for indicator in (catalogue.poor, catalogue.opening, catalogue.rate):
        target(plan, indicator, "water")
    assert codes_of("nong-nghiep") == ["ct-1", "ct-3"]
    assert codes_of("van-phong") == ["ct-2", "ct-3"]


def test_a_lone_lead_answers_whatever_agency_the_indicator_names(
    plan: Plan, catalogue: Catalogue
) -> None:
    leads(plan, "nong-nghiep", "water")
    Indicator.objects.filter(pk=catalogue.poor.pk).update(agency="van-phong")
    target(plan, catalogue.poor, "water")
    assert codes_of("nong-nghiep") == ["ct-1"]
    assert codes_of("van-phong") == []


def test_of_agency_narrows_what_is_asked(plan: Plan, catalogue: Catalogue) -> None:
    leads(plan, "lao-dong", "poverty")
    target(plan, catalogue.poor, "poverty")
    target(plan, catalogue.poor, "poverty", kind="result", result_shape="level")
    found = Target.objects.promises().of_agency("lao-dong")
    assert [row.code for row in found] == ["ct-1"]


def test_results_are_not_counted_as_promises(plan: Plan, catalogue: Catalogue) -> None:
    leads(plan, "lao-dong", "poverty")
    target(plan, catalogue.poor, "poverty", kind="result", result_shape="level")
    assert [(row.code, row.promises) for row in agencies()] == [("lao-dong", 0)]


def test_agencies_take_as_many_queries_for_many_as_for_one(
    plan: Plan, catalogue: Catalogue
) -> None:
    leads(plan, "lao-dong", "poverty")
    target(plan, catalogue.poor, "poverty")
    with CaptureQueriesContext(connection) as one:
        agencies()
    for name in ("a", "b", "c"):
        leads(plan, name, "poverty", "training")
        target(plan, catalogue.poor, "training")
    with CaptureQueriesContext(connection) as four:
        assert len(agencies()) == 4
    assert len(four) == len(one) == 4


def test_agencies_of_the_documents() -> None:
    """Seven offices lead in Bắc Hà, the Front answers where it is named and nobody leads.

    9 of its 70 promises lie in themes that the plan gives nobody.

    Six on water and sanitation are shared: four agriculture's, two (latrines) the office's of
    the committee.
    """
    call_command("load_catalogue", verbosity=0)
    found = {(row.plan.code, row.code): (row.promises, row.themes) for row in agencies()}
    assert found == {
        ("bh-gn-2021-2025", "labour_office"): (
            10,
            ("Hộ nghèo và biến động", "Đào tạo nghề", "Việc làm"),
        ),
        ("bh-gn-2021-2025", "agriculture_office"): (
            10,
            ("Sản xuất và OCOP", "Nước sạch, vệ sinh"),
        ),
        ("bh-gn-2021-2025", "infrastructure_office"): (2, ("Nhà ở",)),
        ("bh-gn-2021-2025", "education_office"): (30, ("Giáo dục",)),
        ("bh-gn-2021-2025", "district_office"): (6, ("Y tế, BHYT", "Nước sạch, vệ sinh")),
        ("bh-gn-2021-2025", "culture_information_office"): (2, ("Thông tin", "Du lịch", "Văn hóa")),
        ("bh-gn-2021-2025", "policy_bank"): (0, ("Tín dụng ưu đãi",)),
        ("bh-gn-2021-2025", "fatherland_front"): (1, ("Tổ chức thực hiện",)),
        ("lc-kh220-2024", "district_and_commune_leaders"): (1, ("Hộ nghèo và biến động",)),
        ("qt-kh17-2021", "commune_committee"): (
            3,
            ("Hộ nghèo và biến động", "Nông thôn mới, hạ tầng nông thôn"),
        ),
        ("qb-kh197-2024", "province_committee"): (7, ("Hộ nghèo và biến động",)),
    }
    of_bac_ha = Target.objects.promises().filter(plan__code="bh-gn-2021-2025")
    owned = set[int]().union(*of_bac_ha.by_agency().values())
    left = of_bac_ha.exclude(pk__in=owned)
    assert (of_bac_ha.count(), len(owned), left.count()) == (70, 61, 9)
    assert {row.theme for row in left} == {"ntm", "budget"}
