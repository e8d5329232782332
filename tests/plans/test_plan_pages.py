"""Documents, their tree, and every figure they state. Source: plans.yaml, targets.yaml."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, UnitGroup
from indicators.models import Indicator
from plans.models import Plan, Target
from plans.pages.document import plan_page
from plans.pages.figures import Filter
from plans.pages.tree import plan_tree
from plans.wording import day_words, value_words, years_words
from tests import builders
from tests.builders import Catalogue, Places

pytestmark = pytest.mark.django_db

EVERYTHING = Filter()


def plan(places: Places, code: str = "kh-1", **values: object) -> Plan:
    return Plan.objects.create(
        **{
            "code": code,
            "kind": "Kế hoạch",
            "number": code.upper(),
            "title": "Giảm nghèo",
            "issuer": "UBND huyện",
            "level": "district",
            "unit": places.district,
            "status": "seed",
            "year_from": 2021,
            "year_to": 2025,
            **values,
        }
    )


def target(of: Plan, indicator: Indicator, code: str, **values: object) -> Target:
    return Target.objects.create(
        **{
            "code": code,
            "order": Target.objects.count(),
            "plan": of,
            "section": "II.2",
            "unit": of.unit,
            "scope": "all",
            "scope_label": "Toàn huyện",
            "theme": "poverty",
            "indicator": indicator,
            "label": "Tỷ lệ hộ nghèo",
            "kind": "level",
            "comparator": "<=",
            "value": Decimal(5),
            "unit_of_measure": "%",
            "year_from": 2021,
            "year_to": 2025,
            "direction": "lower_is_better",
            **values,
        }
    )


@pytest.fixture
def reader(client: Client, places: Places) -> Client:
    client.force_login(builders.official("can.bo", places.first))
    return client


def body(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def row_of(page: str, code: str) -> str:
    """The table row of one figure."""
    return page[page.index(f'id="{code}"') :].split("</tr>", 1)[0]


# -- words --------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"comparator": ">=", "value": "10.77", "unit_of_measure": "điểm %"}, "≥ 10,77 điểm %"),
        ({"comparator": ">", "value": "6742", "unit_of_measure": "người"}, "> 6.742 người"),
        ({"comparator": "<", "value": "1500", "unit_of_measure": "hộ"}, "< 1.500 hộ"),
        ({"comparator": "<=", "value": "25.93", "unit_of_measure": "%"}, "≤ 25,93%"),
        ({"comparator": "=", "value": "100", "unit_of_measure": "%"}, "100%"),
        ({"comparator": "~", "value": "500", "unit_of_measure": "người"}, "khoảng 500 người"),
        (
            {
                "comparator": "range",
                "value": None,
                "value_min": "300",
                "value_max": "350",
                "unit_of_measure": "lượt người",
            },
            "300–350 lượt người",
        ),
    ],
)
def test_stated_value_reads_as_the_document_has_it(values: dict[str, str], words: str) -> None:
    """Decimals are the document's own: 25,93 keeps two, 100 none."""
    numbers = {
        key: Decimal(value) if key.startswith("value") and value else value
        for key, value in values.items()
    }
    assert value_words(Target(**numbers)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [("2021-02-08", "08/02/2021"), ("2021-02", "tháng 02/2021"), ("", "")],
)
def test_date_of_a_document_keeps_what_is_known(text: str, words: str) -> None:
    assert day_words(text) == words


def test_years_of_one_year_plan_name_the_year() -> None:
    assert years_words(2024, 2024) == "năm 2024"
    assert years_words(2021, 2025) == "2021–2025"
    assert years_words(None, None) == ""


# -- the tree --------------------


def test_tree_puts_a_plan_under_the_one_it_implements(places: Places, catalogue: Catalogue) -> None:
    top = plan(places, "de-an", order=1, status="cited")
    below = plan(places, "kh-tinh", order=2, parent=top, parent_status="inferred", status="cited")
    lowest = plan(places, "kh-huyen", order=3, parent=below, parent_status="stated")
    target(lowest, catalogue.rate, "muc-1")
    target(lowest, catalogue.rate, "ket-qua-1", kind="result", result_shape="level")

    tree = plan_tree(EVERYTHING)

    (root,) = tree.roots
    (middle,) = root.children
    (leaf,) = middle.children
    assert (root.code, middle.code, leaf.code) == ("de-an", "kh-tinh", "kh-huyen")
    assert (root.parent_is_inferred, middle.parent_is_inferred) == (False, True)
    assert (leaf.promises, leaf.results, leaf.status) == (1, 1, "")
    assert root.status == "Chưa có toàn văn"
    assert (tree.documents, tree.without_text, tree.promises, tree.results) == (3, 2, 1, 1)


def test_tree_page_says_which_links_are_inferred(reader: Client, places: Places) -> None:
    top = plan(places, "de-an", order=1)
    plan(places, "kh-tinh", order=2, parent=top, parent_status="inferred")

    page = body(reader, "/ke-hoach/")

    assert page.count("Quan hệ suy ra") == 1


@pytest.mark.parametrize("words", ["đào tạo", "ĐÀO TẠO", "nghề đào"])
def test_search_finds_vietnamese_words_in_any_case_and_order(
    places: Places, catalogue: Catalogue, words: str
) -> None:
    of = plan(places)
    target(of, catalogue.rate, "dao-tao", label="Số lao động được Đào tạo nghề")
    target(of, catalogue.rate, "nha-o", label="Số nhà được sửa")

    found = plan_tree(Filter(words=words)).found

    assert [row.code for group in found for row in group.rows] == ["dao-tao"]


def test_search_takes_signs_of_patterns_as_they_stand(places: Places, catalogue: Catalogue) -> None:
    """A bracket or a star typed by an official is text, not a pattern."""
    target(plan(places), catalogue.rate, "muc", label="Tiêu chí 5 (mức 2)")

    assert plan_tree(Filter(words="(mức")).found_count == 1
    assert plan_tree(Filter(words=".*")).found_count == 0


def test_filter_by_theme_keeps_only_that_theme(places: Places, catalogue: Catalogue) -> None:
    target(plan(places), catalogue.rate, "muc")

    assert plan_tree(Filter(theme="ra-soat")).found_count == 1
    assert plan_tree(Filter(theme="y-te")).found_count == 0


# -- one document --------------------


def test_plan_page_keeps_results_apart_from_promises(
    reader: Client, places: Places, catalogue: Catalogue
) -> None:
    """What a document reports is what the document says, never a figure a unit has entered."""
    of = plan(places)
    target(of, catalogue.rate, "hua")
    target(
        of,
        catalogue.rate,
        "da-lam",
        kind="result",
        result_shape="level",
        label="Tỷ lệ hộ nghèo năm 2023",
    )

    page = body(reader, "/ke-hoach/kh-1/")

    promises, results = page.split('id="results"')
    assert 'id="hua"' in promises
    assert 'id="da-lam"' in results
    assert 'id="da-lam"' not in promises


def test_plan_page_shows_what_is_assumed_doubtful_and_not_computable(
    reader: Client, places: Places, catalogue: Catalogue
) -> None:
    of = plan(places)
    target(
        of,
        catalogue.rate,
        "kho",
        assumed=True,
        caveat="Chưa rõ có tính thị trấn.",
        blocker="Thiếu danh sách xã.",
        note="Văn bản ghi %.",
        annexes=["01", "7a"],
    )
    target(of, catalogue.rate, "de")

    page = body(reader, "/ke-hoach/kh-1/")

    hard, easy = row_of(page, "kho"), row_of(page, "de")
    for words in ("suy ra", "cần xác nhận cách hiểu", "chưa tính được", "biểu 01, 7a"):
        assert words in hard
        assert words not in easy
    own = body(reader, "/ke-hoach/kh-1/chi-tieu/kho/")
    for words in ("Chưa rõ có tính thị trấn.", "Thiếu danh sách xã.", "Văn bản ghi %."):
        assert words in own


def test_figure_about_another_unit_names_it(places: Places, catalogue: Catalogue) -> None:
    of = plan(places)
    target(of, catalogue.rate, "xa", unit=places.first, scope_label="Trong xã")
    target(of, catalogue.rate, "huyen")

    page = plan_page("kh-1", EVERYTHING)

    assert page is not None
    scopes = {row.code: row.scope for group in page.promises for row in group.rows}
    assert scopes == {"xa": "Xã Một", "huyen": "Toàn huyện"}


def test_plan_page_by_section_follows_the_document(places: Places, catalogue: Catalogue) -> None:
    of = plan(places)
    for code, section in (("a", "II.1"), ("b", "II.2"), ("c", "II.1")):
        target(of, catalogue.rate, code, section=section)

    page = plan_page("kh-1", EVERYTHING, by_section=True)

    assert page is not None
    assert [(group.heading, [row.code for row in group.rows]) for group in page.promises] == [
        ("II.1", ["a"]),
        ("II.2", ["b"]),
        ("II.1", ["c"]),
    ]


def test_plan_of_an_incomplete_group_says_how_many_are_known(
    client: Client, places: Places
) -> None:
    """Its figures lead to the group only for who may see every known member."""
    group = UnitGroup.objects.create(code="muoi-xa", name="10 xã", expected_size=10)
    for unit in (places.first, places.second):
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    plan(places, group=group)

    client.force_login(builders.official("huyen", places.district, Role.REVIEWER))
    of_district = body(client, "/ke-hoach/kh-1/")
    client.force_login(builders.official("xa", places.first))
    of_commune = body(client, "/ke-hoach/kh-1/")

    assert "biết 2/10" in of_district
    assert "/so-lieu/nhom/muoi-xa/2025/" in of_district
    assert "biết 2/10" in of_commune
    assert "/so-lieu/nhom/" not in of_commune


def test_plan_without_text_says_so(reader: Client, places: Places) -> None:
    plan(places, status="cited")

    assert "Chưa nhập chỉ tiêu nào" in body(reader, "/ke-hoach/kh-1/")


def test_unknown_plan_is_not_found(reader: Client) -> None:
    assert reader.get("/ke-hoach/khong-co/").status_code == 404


@pytest.mark.parametrize("address", ["/ke-hoach/", "/ke-hoach/kh-1/"])
def test_plans_ask_for_signing_in(client: Client, places: Places, address: str) -> None:
    plan(places)

    response = client.get(address)

    assert response.status_code == 302
    assert response["Location"].startswith("/dang-nhap/")


@pytest.mark.parametrize("address", ["/ke-hoach/?q=hộ", "/ke-hoach/kh-1/"])
def test_plan_pages_cost_the_same_for_one_figure_and_three(
    reader: Client, places: Places, catalogue: Catalogue, address: str
) -> None:
    of = plan(places)
    target(of, catalogue.rate, "mot")
    reader.get(address)

    with CaptureQueriesContext(connection) as one:
        reader.get(address)
    for number in (2, 3):
        other = plan(places, f"kh-{number}", parent=of, parent_status="stated", order=number)
        target(other, catalogue.rate, f"cua-{number}")
        target(of, catalogue.poor, f"them-{number}", unit=places.first)
    with CaptureQueriesContext(connection) as three:
        reader.get(address)

    assert len(three) == len(one)


def test_every_figure_of_the_documents_stands_on_its_plan_page(
    reader: Client, settings: object
) -> None:
    """128 figures: 113 targets and 15 reported results. Source: targets.yaml."""
    settings.DEMO_MODE = False  # type: ignore[attr-defined]
    call_command("load_catalogue", verbosity=0)

    shown = {
        code
        for plan_code in Plan.objects.values_list("code", flat=True)
        for code in re.findall(
            r'<tr role="row" id="([\w-]+)"', body(reader, f"/ke-hoach/{plan_code}/")
        )
    }

    assert len(shown) == 128
    assert shown == set(Target.objects.values_list("code", flat=True))


@pytest.mark.parametrize("query", ["q=%00", "linh-vuc=%00", "co-quan=a%00b", "bieu=%00"])
def test_a_nul_in_the_address_is_no_fault_of_the_server(
    reader: Client, places: Places, catalogue: Catalogue, query: str
) -> None:
    """PostgreSQL refuses to be asked about one."""
    target(plan(places), catalogue.rate, "ct")

    assert reader.get(f"/ke-hoach/?{query}").status_code == 200
    assert reader.get(f"/ke-hoach/kh-1/?{query}").status_code == 200
