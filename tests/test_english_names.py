"""Names that come with the data are read in the reader's language and kept in Vietnamese."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.conf import settings
from django.db.models import Model
from django.forms import modelform_factory
from django.test import Client
from django.utils import translation
from python_calamine import CalamineWorkbook

from communes.enums import Role
from communes.models import Official
from indicators.models import Indicator, ValidationRule
from povertyplan.lib.speech import officially
from reports.models import Annex, Register
from reports.returns import return_of
from reports.workbook.template import template_file
from tests import builders
from tests.builders import Y2024, Catalogue, Places

pytestmark = pytest.mark.django_db


@pytest.fixture
def poor(catalogue: Catalogue) -> Indicator:
    Indicator.objects.filter(pk=catalogue.poor.pk).update(name_en="Poor households, closing")
    return Indicator.objects.get(pk=catalogue.poor.pk)


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def kept(poor: Indicator) -> str:
    with translation.override("vi"):
        return Indicator.objects.get(pk=poor.pk).name


def test_name_is_read_in_the_language_of_the_reader(poor: Indicator) -> None:
    assert poor.name == "Hộ nghèo cuối kỳ"
    with translation.override("en"):
        assert poor.name == "Poor households, closing"


def test_what_has_no_english_is_read_in_vietnamese(catalogue: Catalogue, english: None) -> None:
    assert Indicator.objects.get(pk=catalogue.escaped.pk).name == "Hộ thoát nghèo"


def test_what_is_signed_is_vietnamese_whoever_asks(poor: Indicator, english: None) -> None:
    assert officially(lambda: poor.name)() == "Hộ nghèo cuối kỳ"


def test_saving_on_an_english_page_keeps_the_vietnamese(poor: Indicator, english: None) -> None:
    """The row, a copy by its fields, many rows at once, and the history of each."""
    poor.save()
    assert kept(poor) == "Hộ nghèo cuối kỳ"

    poor.name = poor.name  # what a careless writer does
    poor.full_clean(exclude=["theme"])
    poor.save()
    Indicator.objects.bulk_update([poor], ["name"])
    Indicator.objects.filter(pk=poor.pk).update(name=poor.name)

    assert kept(poor) == "Hộ nghèo cuối kỳ"
    with translation.override("vi"):
        assert {row.name for row in Indicator.history.filter(id=poor.pk)} == {"Hộ nghèo cuối kỳ"}


def test_form_of_an_administrator_shows_what_is_stored(poor: Indicator, english: None) -> None:
    form = modelform_factory(Indicator, fields=["name", "name_en"])(instance=poor)
    assert form.initial == {"name": "Hộ nghèo cuối kỳ", "name_en": "Poor households, closing"}


def test_found_by_either_reading(poor: Indicator, english: None) -> None:
    assert Indicator.objects.get(name=poor.name).pk == poor.pk


def test_copies_keep_both(poor: Indicator, english: None) -> None:
    for copied in (copy.deepcopy(poor), pickle.loads(pickle.dumps(poor))):  # noqa: S301
        with translation.override("vi"):
            assert copied.name == "Hộ nghèo cuối kỳ"
    assert pickle.loads(pickle.dumps(poor.name)) == poor.name  # noqa: S301


SHIPPED = [
    (ValidationRule, "name"),
    (ValidationRule, "message"),
    (Register, "name"),
    (Register, "entry_name"),
    (Register, "note"),
    (Annex, "title"),
]


@pytest.mark.parametrize(("model", "column"), SHIPPED, ids=str)
def test_rules_registers_and_tables_are_read_likewise(
    model: type[Model], column: str, english: None
) -> None:
    """By the catalogue: they have no English column. What is written back is Vietnamese."""
    row = model(**{column: "sản phẩm"})

    assert getattr(row, column) == "products"
    assert model._meta.get_field(column).value_from_object(row) == "sản phẩm"
    assert officially(lambda: getattr(row, column))() == "sản phẩm"


def test_what_an_administrator_rewrites_is_read_as_written(english: None) -> None:
    """No English of the words before stands for the new ones."""
    assert (
        ValidationRule(message="Lệch {gap} hộ, báo phòng.").message == "Lệch {gap} hộ, báo phòng."
    )


@pytest.fixture
def officer(places: Places) -> Official:
    return builders.official("xa.mot", places.first, Role.OFFICER)


def visitor(official: Official, language: str) -> Client:
    client = Client()
    client.force_login(official)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


@pytest.mark.parametrize("address", ["/bao-cao/90102/2024/", "/so-lieu/90102/2024/?bang=so-lieu"])
def test_pages_name_it_in_the_language_of_the_reader(
    poor: Indicator, places: Places, officer: Official, address: str
) -> None:
    builders.told(places.first, {poor: "5"})
    english = visitor(officer, "en").get(address).content.decode()
    vietnamese = visitor(officer, "vi").get(address).content.decode()
    assert "Poor households, closing" in english
    assert "Hộ nghèo cuối kỳ" not in english
    assert "Hộ nghèo cuối kỳ" in vietnamese


def test_programs_read_the_vietnamese_name_whatever_the_page_shows(
    poor: Indicator, officer: Official
) -> None:
    rows = visitor(officer, "en").get("/api/v1/indicators/").json()["results"]
    (found,) = [row for row in rows if row["code"] == poor.code]
    assert (found["name"], found["name_en"]) == ("Hộ nghèo cuối kỳ", "Poor households, closing")


def test_workbook_of_a_return_is_vietnamese(poor: Indicator, places: Places) -> None:
    """It is filled in by one office, handed on, and read back by name."""
    vietnamese = names_in(template_file(return_of(places.first, Y2024))[1])
    with translation.override("en"):
        assert names_in(template_file(return_of(places.first, Y2024))[1]) == vietnamese
    assert any("Hộ nghèo cuối kỳ" in name for name in vietnamese)


def names_in(workbook: bytes) -> list[str]:
    sheets = CalamineWorkbook.from_filelike(BytesIO(workbook))
    rows = [
        row for name in sheets.sheet_names for row in sheets.get_sheet_by_name(name).to_python()
    ]
    return [cell for row in rows for cell in row if isinstance(cell, str)]
