"""The pages of a book: what they say, who writes, what a bad form answers, what they cost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Unit
from povertyplan.lib.xlsx import read_sheet
from reports.models import RegisterBook, RegisterEntry
from reports.registering import add_entry, change_entry, end_entry, remove_entry
from reports.registers.pages import unit_named
from reports.workbook.communes import returns_of
from reports.workflow import submit
from tests import builders
from tests.builders import Places, official
from tests.reports.books import NOW, TEA, Products, house, houses, opened, products, tea
from tests.reports.workbook_forms import filled, upload

pytestmark = pytest.mark.django_db

BOOKS = "/so-theo-doi/901/"
BOOK = "/so-theo-doi/901/san-pham/"


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
def client(found: Products) -> Client:
    return signed_in(found.officer)


def signed_in(person: Official) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(answer: Any) -> str:
    """What a person reads in the page itself, in one line."""
    page = answer.content.decode().partition("<main")[2]
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def body(answer: Any) -> str:
    """The rows of the first table."""
    text: str = answer.content.decode()
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", text.partition("<tbody")[2]).split()))


# -- books ----------------------------------------------------------------------------------------


def test_officer_opens_a_book_from_a_period_on(
    client: Client, found: Products, places: Places
) -> None:
    before = words(client.get(BOOKS))
    answer = client.post(BOOKS, {"register": "san-pham", "year": "2024", "part": "H2"}, follow=True)

    assert "Chưa mở sổ, số nhập tay" in before
    assert "Sổ “Sản phẩm OCOP” đếm từ 01/07/2024." in words(answer)
    assert "chưa đếm vào báo cáo: kỳ này nhập tay" in words(answer)  # the whole year is typed
    assert RegisterBook.objects.get().counts_from == date(2024, 7, 1)


def test_year_that_is_no_year_is_refused(client: Client, found: Products) -> None:
    for year, said in (("24", "bốn chữ số"), ("2199", "không sau 2025")):
        answer = client.post(BOOKS, {"register": "san-pham", "year": year, "part": ""})
        assert answer.status_code == 422
        assert said in words(answer)
    assert not RegisterBook.objects.exists()


def test_officer_is_led_to_the_books_of_their_unit(client: Client, found: Products) -> None:
    assert client.get("/so-theo-doi/").headers["Location"] == BOOKS
    assert signed_in(official("khong.chuc")).get("/so-theo-doi/").status_code == 404
    assert 'href="/so-theo-doi/"' in client.get("/bao-cao/").content.decode()


def test_book_of_a_unit_that_has_ended_is_found_by_its_code(
    client: Client, book: RegisterBook
) -> None:
    Unit.objects.filter(code="901").update(valid_to=date(2024, 11, 30))

    assert client.get(BOOK).status_code == 200
    assert 'href="/so-theo-doi/901@2024-11-30/' in client.get(BOOK).content.decode()


def test_address_that_names_no_unit_is_never_asked_for(
    client: Client, django_assert_num_queries: Any
) -> None:
    """PostgreSQL takes no NUL in a question."""
    for code in ("\0", "02863@\0", "９０１"):
        with django_assert_num_queries(0):
            assert unit_named(code) is None
        assert client.get(f"/so-theo-doi/{code}/").status_code == 404


# -- one book -------------------------------------------------------------------------------------


def test_book_says_what_it_counts_and_what_ends_soon(
    client: Client, book: RegisterBook, found: Products
) -> None:
    tea(book, found.officer)
    tea(book, found.officer, name="Mật ong", decided_on="15/01/2022")  # until 14/01/2025
    tea(book, found.officer, name="Rượu ngô", decided_on="10/12/2021")  # out since this morning

    shown = words(client.get(BOOK))

    assert "Sản phẩm mới đếm được 1 , năm 2024" in shown
    assert "Sản phẩm còn hiệu lực đếm được 2 , năm 2024" in shown
    assert "Còn hiệu lực hôm nay: 2 ; hết hạn trong 90 ngày: 1" in shown
    assert "Mật ong: Sắp hết hạn: đến hết 14/01/2025, còn 35 ngày" in shown
    assert "Hết hạn từ 10/12/2024" in shown


def test_counts_are_of_the_period_that_is_owed(
    client: Client, book: RegisterBook, found: Products, places: Places
) -> None:
    """Not of a year that nobody has asked for yet."""
    tea(book, found.officer)
    builders.deadline(places.province)
    with time_machine.travel("2025-02-10T03:00:00Z"):
        client.force_login(found.officer)
        assert "Sản phẩm mới đếm được 1 , năm 2024" in words(client.get(BOOK))
        assert "đếm được 1 , năm 2024" in words(client.get(BOOKS))


def test_expired_and_replaced_rows_are_grey_with_icon_and_word(
    client: Client, book: RegisterBook, found: Products
) -> None:
    tea(book, found.officer, decided_on="01/03/2021")
    tea(book, found.officer, name="Mật ong", decided_on="01/03/2022")
    tea(book, found.officer, name="Mật ong", decided_on="01/03/2024", stars="4", result="upgraded")

    rows = client.get(BOOK).content.decode().partition("<tbody")[2].split("<tr")[1:]

    standing = [
        ("out" in row.partition(">")[0], re.findall(r"#i-(\w+)", row), body_of(row)) for row in rows
    ]
    assert [(out, icons) for out, icons, _words in standing] == [
        (False, ["met"]),
        (True, ["info"]),
        (True, ["late"]),
    ]
    assert "Còn hiệu lực đến hết 28/02/2027" in standing[0][2]
    assert "Đã có quyết định ngày 01/03/2024" in standing[1][2]
    assert "Hết hạn từ 01/03/2024" in standing[2][2]


def body_of(row: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", "<tr" + row).split())


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", ["Nay", "Sắp", "Cũ"]),
        ("?ky=2024", ["Nay", "Sắp"]),
        ("?ky=2021", ["Sắp", "Cũ"]),
        ("?ky=2024H2", ["Nay", "Sắp"]),
        ("?xem=con", ["Nay", "Sắp"]),
        ("?xem=sap", ["Sắp"]),
        ("?xem=het", ["Cũ"]),
        ("?xem=bo", ["Nhầm"]),
        ("?ky=2021&xem=sap", ["Sắp"]),
    ],
)
def test_rows_are_chosen_by_period_and_standing(
    client: Client, book: RegisterBook, found: Products, asked: str, names: list[str]
) -> None:
    for name, day in (("Nay", "05/02/2024"), ("Sắp", "20/12/2021"), ("Cũ", "05/02/2021")):
        tea(book, found.officer, name=name, decided_on=day)
    gone = tea(book, found.officer, name="Nhầm")
    remove_entry(entry=gone, by=found.officer, seen=1)

    text = client.get(BOOK + asked).content.decode()

    assert re.findall(r'class="reg-name">([^<]+)<', text) == names


def test_houses_are_listed_by_the_period_they_were_accepted_in(places: Places) -> None:
    register, _built = houses()
    officer = official("can.bo", places.first)
    book = opened(register, places.first, officer)
    house(book, officer, "10/05/2023")
    house(book, officer, "10/05/2024")

    shown = signed_in(officer).get("/so-theo-doi/90102/nha-o/?ky=2024").content.decode()

    assert re.findall(r'class="reg-name">([^<]+)<', shown) == ["10/05/2024"]
    assert "Tình trạng</th>" not in shown


def test_bad_period_and_unknown_book_are_not_found(client: Client, book: RegisterBook) -> None:
    for address in (BOOK + "?ky=2024X", BOOKS + "khac/", BOOK + "999/", "/so-theo-doi/909/"):
        assert client.get(address).status_code == 404


def test_what_an_entry_says_is_never_markup(
    client: Client, book: RegisterBook, found: Products
) -> None:
    entry = tea(book, found.officer, name="<b>Chè</b>")

    for address in (BOOK, f"{BOOK}{entry.pk}/"):
        text = client.get(address).content.decode()
        assert "<b>Chè</b>" not in text
        assert "&lt;b&gt;Chè" in text


def test_page_of_an_entry_says_what_the_book_says(
    client: Client, book: RegisterBook, found: Products
) -> None:
    old = tea(book, found.officer, decided_on="01/03/2022")
    tea(book, found.officer, decided_on="01/03/2024", stars="4")

    assert "Đã có quyết định ngày 01/03/2024" in words(client.get(f"{BOOK}{old.pk}/"))


def test_of_many_that_end_soon_the_first_are_told(client: Client, book: RegisterBook) -> None:
    RegisterEntry.objects.bulk_create(
        RegisterEntry(
            book=book,
            happened_on=date(2022, 1, 15),
            valid_until=date(2025, 1, 15),
            values={"name": f"Chè {place}"},
        )
        for place in range(25)
    )

    answer = client.get(BOOK)
    told = answer.content.decode().partition('class="reg-soon"')[2].partition("</ul>")[0]

    assert "hết hạn trong 90 ngày: 25 " in words(answer)
    assert (told.count("Sắp hết hạn"), told.count('href="?xem=sap"')) == (20, 1)


def test_long_book_is_shown_by_its_latest_year_and_by_pages(
    client: Client, book: RegisterBook
) -> None:
    for year, number in ((2019, 250), (2023, 5)):
        RegisterEntry.objects.bulk_create(
            RegisterEntry(book=book, happened_on=date(year, 5, 1), values={"name": f"Chè {place}"})
            for place in range(number)
        )

    def rows(asked: str) -> int:
        return client.get(BOOK + asked).content.decode().count('class="reg-name"')

    first, whole = words(client.get(BOOK)), words(client.get(BOOK + "?ky="))

    assert [rows(""), rows("?ky="), rows("?ky=&trang=2"), rows("?ky=2019&trang=2")] == [
        5,
        200,
        55,
        50,
    ]
    assert "Sổ dài, đang xem năm 2023. Xem mọi kỳ" in first
    assert "255 dòng" in whole
    assert "Trang 1/2 Trang sau" in whole
    assert "?ky=&amp;trang=2" in client.get(BOOK + "?ky=").content.decode()
    RegisterEntry.objects.filter(happened_on__year=2019).delete()
    assert "Sổ dài" not in words(client.get(BOOK))


# -- writing --------------------------------------------------------------------------------------


def test_entry_is_added_and_the_next_may_follow(client: Client, book: RegisterBook) -> None:
    form = client.get(BOOK + "them/").content.decode()
    key = re.findall(r'name="key" value="([^"]+)"', form)[0]
    said = {**TEA, "commune": "90102", "result": "new", "key": key}

    more = client.post(BOOK + "them/", {**said, "step": "more"})
    again = client.post(BOOK + "them/", said)  # the same request once more

    assert more.headers["Location"] == BOOK + "them/"
    assert again.headers["Location"] == BOOK
    assert RegisterEntry.objects.get().values["name"] == "Chè Shan"


def test_bad_form_keeps_what_was_typed_and_names_each_field(
    client: Client, book: RegisterBook
) -> None:
    answer = client.post(BOOK + "them/", {**TEA, "stars": "9", "decided_on": "31/02/2024"})

    assert answer.status_code == 422
    shown = words(answer)
    assert "Hạng sao : Có 9; chỉ nhận từ 1 đến 5." in shown
    assert "Ngày quyết định : “31/02/2024” không phải ngày có thật." in shown
    assert 'value="31/02/2024"' in answer.content.decode()
    assert not RegisterEntry.objects.exists()


def test_two_officers_see_each_other_before_they_overwrite(
    client: Client, book: RegisterBook, found: Products, places: Places
) -> None:
    other = official("can.bo.khac", places.district)
    entry = tea(book, found.officer)
    address = f"{BOOK}{entry.pk}/"
    change_entry(entry=entry, words={**TEA, "stars": "4"}, by=other, seen=1)
    mine = {**TEA, "commune": "90102", "result": "new", "stars": "5", "step": "change"}

    clash = client.post(address, {**mine, "version": "1"})

    assert clash.status_code == 409
    assert "can.bo.khac vừa sửa dòng này" in words(clash)
    assert "Hạng sao: 4" in words(clash)
    assert 'name="stars" value="5"' in clash.content.decode()
    assert 'name="version" value="2"' in clash.content.decode()
    entry.refresh_from_db()
    assert entry.values["stars"] == 4
    assert client.post(address, {**mine, "version": "2"}).status_code == 302
    entry.refresh_from_db()
    assert entry.values["stars"] == 5


def test_entry_is_ended_removed_and_put_back_with_its_history(
    client: Client, book: RegisterBook, found: Products
) -> None:
    entry = tea(book, found.officer)
    address = f"{BOOK}{entry.pk}/"
    steps = [
        {"step": "end", "ended_on": "01/12/2024", "end_note": "QĐ thu hồi 9", "version": "1"},
        {"step": "go-on", "version": "2"},
        {"step": "remove", "version": "3"},
        {"step": "restore", "version": "4"},
    ]
    for step in steps:
        assert client.post(address, step).status_code == 302

    shown = words(client.get(address))

    order = ["Đưa lại vào sổ", "Bỏ khỏi sổ", "Tính lại", "Thôi tính", "Ghi vào sổ"]
    history = shown.partition("Các lần ghi")[2]
    assert [history.find(said) > 0 for said in order] == [True] * 5
    assert history.find("Tính lại") < history.find("Thôi tính từ ngày: – → 01/12/2024")
    assert "Lý do thôi tính: – → QĐ thu hồi 9" in history


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"step": "end", "version": "1"}, 422),
        ({"step": "end", "ended_on": "x", "version": "1"}, 422),
        ({"step": "end", "ended_on": "01/01/2020", "end_note": "x", "version": "1"}, 422),
        ({"step": "remove", "version": "x"}, 404),
        ({"step": "burn", "version": "1"}, 404),
        ({"version": "1"}, 404),
    ],
)
def test_bad_step_changes_nothing(
    client: Client, book: RegisterBook, found: Products, step: dict[str, str], status: int
) -> None:
    entry = tea(book, found.officer)

    assert client.post(f"{BOOK}{entry.pk}/", step).status_code == status
    assert RegisterEntry.objects.get().version == 1


def test_reader_sees_and_writes_nothing(
    book: RegisterBook, found: Products, places: Places
) -> None:
    entry = tea(book, found.officer)
    reader = signed_in(official("lanh.dao", places.province, Role.LEADER))
    pages = {address: reader.get(address) for address in (BOOKS, BOOK, f"{BOOK}{entry.pk}/")}

    for answer in pages.values():
        assert answer.status_code == 200
        page = answer.content.decode().partition("<main")[2]
        assert 'method="post"' not in page
        assert "Sửa" not in words(answer).replace("Sửa trong sổ", "")
    for address in (BOOKS, BOOK + "them/", BOOK + "dan/", f"{BOOK}{entry.pk}/"):
        assert reader.post(address, {"register": "san-pham", "year": "2024"}).status_code == 403
    assert reader.get(BOOK + "them/").status_code == 403
    assert reader.get(BOOK + "tai-ve.xlsx").status_code == 200


def test_other_unit_finds_no_book(book: RegisterBook, found: Products, places: Places) -> None:
    entry = tea(book, found.officer)
    stranger = signed_in(official("hang.xom", places.first))
    inside = ("", "them/", "dan/", "tai-ve.xlsx", f"{entry.pk}/")

    for address in (BOOKS, *(BOOK + end for end in inside)):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address).status_code in (404, 405)


def test_entry_is_reached_through_its_own_book_alone(
    book: RegisterBook, found: Products, places: Places
) -> None:
    entry = tea(book, found.officer)
    register, _built = houses()
    officer = official("can.bo", places.first)
    opened(register, places.first, officer)

    answer = signed_in(officer).get(f"/so-theo-doi/90102/nha-o/{entry.pk}/")

    assert answer.status_code == 404


# -- a block from Excel ---------------------------------------------------------------------------

LINE = "Chè Shan\tHTX mẫu số 1\tXã Một\t3\t05/02/2024\tCông nhận mới\n"


def test_block_is_shown_before_it_is_written(client: Client, book: RegisterBook) -> None:
    said = {"block": LINE, "key": str(uuid.uuid4())}

    seen = client.post(BOOK + "dan/", {**said, "step": "look"})
    assert "1 dòng mới, 0 dòng sổ đã có" in words(seen)
    assert not RegisterEntry.objects.exists()

    done = client.post(BOOK + "dan/", {**said, "step": "write"}, follow=True)
    assert "Đã ghi 1 dòng vào sổ." in words(done)
    client.post(BOOK + "dan/", {**said, "step": "write", "also_known": "on"})
    assert RegisterEntry.objects.count() == 1


def test_bad_block_is_not_written_even_when_asked(client: Client, book: RegisterBook) -> None:
    said = {"block": LINE + LINE.replace("\t3\t", "\t8\t"), "key": str(uuid.uuid4())}

    answer = client.post(BOOK + "dan/", {**said, "step": "write"})

    assert answer.status_code == 422
    assert "1 dòng có ô sai, chưa ghi gì" in words(answer)
    assert "Hạng sao: Có 8; chỉ nhận từ 1 đến 5." in body(answer)
    assert not RegisterEntry.objects.exists()
    assert client.post(BOOK + "dan/", {"block": LINE, "key": "x"}).status_code == 404


def test_long_block_is_told_so_and_nul_is_left_out(client: Client, book: RegisterBook) -> None:
    key = str(uuid.uuid4())
    form = client.get(BOOK + "dan/").content.decode()

    fits = client.post(BOOK + "dan/", {"block": "ầ" * 299_000, "key": key, "step": "look"})
    longer = client.post(BOOK + "dan/", {"block": "ầ" * 310_000, "key": key, "step": "look"})
    nul = client.post(BOOK + "dan/", {"block": LINE + "\0", "key": key, "step": "look"})

    assert form.count('enctype="multipart/form-data"') == 1
    assert fits.status_code == longer.status_code == 422
    assert "Khối dán quá dài" in words(longer)
    assert "ầ" * 310_000 in longer.content.decode()
    assert "1 dòng mới" in words(nul)
    assert nul.content.decode().count('enctype="multipart/form-data"') == 2


# -- the file -------------------------------------------------------------------------------------


def test_file_can_be_pasted_back_and_holds_no_formula(
    client: Client, book: RegisterBook, found: Products
) -> None:
    for start in ("=1+1", "+1", "-1", "@x", "http://x.vn"):
        tea(book, found.officer, name=start)
    answer = client.get(BOOK + "tai-ve.xlsx")
    sheet = read_sheet(answer.content)
    text = "\n".join(
        "\t".join(in_excel(sheet.value(f"{column}{row}")) for column in "ABCDEF")
        for row in range(3, 9)
    )

    again = client.post(BOOK + "dan/", {"block": text, "key": str(uuid.uuid4()), "step": "look"})

    assert sheet.formulas == {}
    assert "so-san-pham-901.xlsx" in answer.headers["Content-Disposition"]
    assert sheet.value("H4") == "Còn hiệu lực đến hết 04/02/2027"
    assert "0 dòng mới, 5 dòng sổ đã có" in words(again)


def in_excel(value: object) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


# -- the return and the desk ----------------------------------------------------------------------


def test_row_of_the_return_leads_to_its_book(
    client: Client, book: RegisterBook, found: Products, places: Places
) -> None:
    builders.deadline(places.province)
    tea(book, found.officer)

    text = client.get("/bao-cao/901/2024/").content.decode()

    row = text.partition('id="c-products_new"')[2].partition("</tr>")[0]
    assert f'href="{BOOK}?ky=2024"' in row
    assert "Đếm từ sổ “Sản phẩm OCOP”" in unescape(row)
    assert 'name="v-products_new"' not in text
    assert client.get(f"{BOOK}?ky=2024").status_code == 200


def test_return_and_desk_say_when_the_book_counts_something_else_by_now(
    client: Client, book: RegisterBook, found: Products, places: Places
) -> None:
    builders.deadline(places.province)
    tea(book, found.officer)
    submit(unit=book.unit, period=builders.Y2024, by=found.officer)
    desk = signed_in(official("duyet.tinh", places.province, Role.REVIEWER))
    quiet = words(desk.get("/duyet/901/2024/"))
    tea(book, found.officer, name="Mật ong")

    assert "Đếm từ sổ “Sản phẩm OCOP”" in quiet
    assert "Sổ hiện đếm" not in quiet
    for shown in (words(client.get("/bao-cao/901/2024/")), words(desk.get("/duyet/901/2024/"))):
        assert "Sổ hiện đếm 2, báo cáo đã gửi 1" in shown


def test_workbook_has_counted_rows_locked_and_leaves_another_figure(
    client: Client, book: RegisterBook, found: Products, places: Places
) -> None:
    builders.deadline(places.province)
    tea(book, found.officer)
    content = client.get("/bao-cao/901/2024/mau.xlsx").content
    sheet = read_sheet(content)
    line = next(cell.row for cell in sheet.cells.values() if cell.value == "Sản phẩm mới")

    typed = filled(content, {"products_new": 5, "products_valid": 1})
    address = upload(client, typed, "/bao-cao/901/2024/tep-excel/")

    assert (sheet.value(f"F{line}"), sheet.value(f"H{line}")) == (1, "Đếm từ sổ “Sản phẩm OCOP”")
    shown = words(client.get(address))
    assert "1 ô giữ số đang lưu" in shown
    assert "tệp ghi 5, giữ 1, đếm từ sổ “Sản phẩm OCOP”." in shown
    assert "Tệp này không phải sửa; nếu 1 chưa đúng thì sửa trong sổ." in shown


def test_table_of_a_district_leaves_the_books_of_its_communes_alone(places: Places) -> None:
    register, built = houses()
    officer = official("can.bo", places.first)
    house(opened(register, places.first, officer), officer)

    returns = returns_of(places.communes, builders.Y2024, [built.code])

    rows = [returns[unit.pk].inputs[0] for unit in (places.first, places.second)]
    assert [(row.is_locked, row.value) for row in rows] == [(True, 1), (False, None)]


# -- what they cost -------------------------------------------------------------------------------


def test_queries_of_the_pages_do_not_grow_with_entries(
    client: Client, book: RegisterBook, found: Products
) -> None:
    entry = tea(book, found.officer)
    addresses = (BOOKS, BOOK, f"{BOOK}{entry.pk}/", BOOK + "tai-ve.xlsx")

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    queries()
    short = queries()
    for number in range(30):
        add_entry(book=book, words={**TEA, "name": f"Sản phẩm {number}"}, by=found.officer)
    change_entry(entry=entry, words={**TEA, "stars": "4"}, by=found.officer, seen=1)
    end_entry(entry=entry, ended_on=date(2024, 6, 1), note="x", by=found.officer, seen=2)

    assert queries() == short
    assert max(short) <= 17
