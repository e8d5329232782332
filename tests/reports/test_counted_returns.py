"""A figure that passes from typing to a book or back: nothing vanishes, nothing comes unseen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from communes.enums import Role
from communes.models import Official, Post
from indicators.enums import Answer
from indicators.models import Result
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError
from reports.models import RegisterBook
from reports.registering import open_book
from reports.returns import form_of, report_of, return_of
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Places, official
from tests.reports.books import NOW, Products, opened, products, tea

pytestmark = pytest.mark.django_db

FORM = "/bao-cao/901/2024/"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def found(places: Places) -> Products:
    return products(places)


@pytest.fixture
def book(found: Products, places: Places) -> RegisterBook:
    return opened(found.register, places.district, found.officer)


@pytest.fixture
def reviewer(places: Places) -> Official:
    return official("duyet.tinh", places.province, Role.REVIEWER)


def later(book: RegisterBook, by: Official) -> None:
    """Let the book count from the next period on only."""
    open_book(register=book.register, unit=book.unit, counts_from=Period(2025), by=by)


def test_figure_that_was_sent_stays_in_the_form_when_its_book_counts_from_later(
    book: RegisterBook, found: Products, reviewer: Official
) -> None:
    tea(book, found.officer)
    report = submit(unit=book.unit, period=Y2024, by=found.officer)
    later(book, found.officer)

    assert found.valid in form_of(book.unit, Y2024)  # no plan asks for it: the book had brought it
    request_change(report=report, indicator=found.valid, body="Xem lại", by=reviewer)
    return_report(report=report, by=reviewer)
    assert found.valid in form_of(book.unit, Y2024)


def test_all_that_was_sent_is_approved_when_its_book_counts_from_later(
    book: RegisterBook, found: Products, reviewer: Official
) -> None:
    tea(book, found.officer)
    report = submit(unit=book.unit, period=Y2024, by=found.officer)
    later(book, found.officer)

    endorse(report=report, by=reviewer)

    facts = Result.objects.filter(unit=book.unit, period="2024").select_related("indicator")
    assert {fact.indicator.code: fact.approved_value for fact in facts} == {
        "products_new": Decimal(1),
        "products_valid": Decimal(1),
    }


def test_who_wrote_in_the_book_does_not_review_what_it_counts(
    book: RegisterBook, found: Products, reviewer: Official, places: Places
) -> None:
    """Figures that are counted have no typist of their own: the lines have."""
    post = Post.objects.create(official=reviewer, unit=places.district, role=Role.OFFICER)
    tea(book, Official.objects.get(pk=reviewer.pk))
    post.delete()
    report = submit(unit=book.unit, period=Y2024, by=found.officer)

    with pytest.raises(DomainError, match="Người nhập số"):
        endorse(report=report, by=Official.objects.get(pk=reviewer.pk))


def test_draft_drops_what_its_book_no_longer_brings(book: RegisterBook, found: Products) -> None:
    save_draft(unit=book.unit, period=Y2024, entries=[], by=found.officer)

    later(book, found.officer)

    assert found.valid not in form_of(book.unit, Y2024)


def test_reason_for_no_number_goes_when_a_book_counts_it(found: Products, places: Places) -> None:
    """It would be signed with the count, and no box is there to change it."""
    none = Entry(
        places.district, found.new, Y2024, Answer.NO_DATA, None, note="Chưa có hồ sơ", version=0
    )
    save_draft(unit=places.district, period=Y2024, entries=[none], by=found.officer)
    book = opened(found.register, places.district, found.officer)
    tea(book, found.officer)

    save_draft(unit=places.district, period=Y2024, entries=[], by=found.officer)

    fact = Result.objects.get(unit=places.district, period="2024", indicator=found.new)
    assert (fact.value, fact.note) == (Decimal(1), "")


@pytest.fixture
def desk(book: RegisterBook, found: Products) -> Client:
    builders.deadline(book.unit.parent)
    tea(book, found.officer)
    client = Client()
    client.force_login(found.officer)
    return client


def post(desk: Client, **typed: str) -> Any:
    data = {f"v-{code}": value for code, value in typed.items()}
    return desk.post(FORM, {"action": "save", **data}, headers={"Accept": "application/json"})


def test_figure_typed_on_a_page_of_before_the_book_is_refused_and_says_why(
    desk: Client, book: RegisterBook, found: Products
) -> None:
    answer = post(desk, products_new="77")

    assert answer.status_code == 422
    assert answer.json()["cells"]["products_new"]["message"] == (
        "Số này đếm từ sổ “Sản phẩm OCOP”; sửa trong sổ."
    )
    assert report_of(book.unit, Y2024).pk is None


@pytest.mark.parametrize("typed", ["", "1"])
def test_what_agrees_with_the_book_holds_nothing_up(
    desk: Client, book: RegisterBook, typed: str
) -> None:
    assert post(desk, products_new=typed).status_code == 200
    row = return_of(book.unit, Y2024).row("products_new")
    assert row is not None
    assert row.value == Decimal(1)
