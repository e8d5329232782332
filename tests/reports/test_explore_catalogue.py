"""The list of every figure comes when it is asked for; the page itself carries the chosen ones."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from communes.enums import Role
from indicators.periods import Period
from tests.builders import Catalogue, Places, official
from tests.reports.explored import HOME, told, words

pytestmark = pytest.mark.django_db

QUERY = "don-vi=901&cap=duoi&chi-tieu=poor,rate&ky=2024"


@pytest.fixture
def reader(places: Places, catalogue: Catalogue, client: Client) -> Client:
    told(places.first, {catalogue.households: "100", catalogue.poor: "10"}, Period(2024))
    client.force_login(official("huyen", places.district, Role.REVIEWER))
    return client


def listed(page: str) -> dict[str, bool]:
    """The figures that can be ticked, and whether they are."""
    found = re.findall(r'name="chi-tieu" value="([^"]+)"( checked)?', page)
    return {code: bool(checked) for code, checked in found}


def test_page_with_a_table_lists_what_is_in_it_and_leads_to_all(reader: Client) -> None:
    page = reader.get(f"{HOME}?{QUERY}").content.decode()

    assert listed(page) == {"poor": True, "rate": True}
    assert "Chọn trong cả danh mục: 6 chỉ tiêu" in words(page)
    link = re.search(r'href="(\?[^"]+mo=danh-muc)"', page)
    assert link is not None
    whole = reader.get(HOME + link[1].replace("&amp;", "&")).content.decode()
    assert len(listed(whole)) == 6
    assert {code for code, ticked in listed(whole).items() if ticked} == {"poor", "rate"}
    assert '<details class="sec choose" open>' in whole


def test_list_comes_alone_for_who_has_the_page(reader: Client) -> None:
    part = reader.get(f"{HOME}?{QUERY}&mo=rieng-danh-muc").content.decode()

    assert "<html" not in part
    assert len(listed(part)) == 6


def test_page_without_a_table_lists_all_at_once(reader: Client) -> None:
    nothing = reader.get(f"{HOME}?don-vi=90102&chi-tieu=poor&ky=1999").content.decode()

    assert len(listed(nothing)) == 6


def test_theme_asked_for_as_a_whole_stays_ticked(reader: Client) -> None:
    """Its figures are those it has when the table is opened, so none is named."""
    query = "don-vi=901&cap=duoi&linh-vuc=ra-soat&ky=2024"
    page = reader.get(f"{HOME}?{query}").content.decode()

    assert 'name="linh-vuc" value="ra-soat" checked' in page
    assert listed(page) == {}
