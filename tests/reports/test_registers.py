"""Books: who opens and writes them, and what a return makes of their counts. Source: issue 5, 7."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Succession, Unit
from indicators.enums import Answer, Stage
from indicators.figures import figures
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.recording import Entry, import_results
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError, VersionConflict
from reports.attached import figure_of
from reports.models import RegisterBook, RegisterEntry
from reports.registering import (
    add_block,
    add_entry,
    change_entry,
    end_entry,
    read_block,
    registers_for,
    remove_entry,
    restore_entry,
)
from reports.returns import Row, form_of, report_of, return_of, standings
from reports.workflow import request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Places, official
from tests.reports.books import (
    NOW,
    TEA,
    Products,
    house,
    houses,
    opened,
    products,
    stored,
    tea,
)

pytestmark = pytest.mark.django_db

D = Decimal
H1, H2 = Period(2024, "H", 1), Period(2024, "H", 2)


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


def row(unit: Unit, indicator: Indicator, period: Period = Y2024) -> Row:
    found = return_of(unit, period).row(indicator.code)
    assert found is not None
    return found


def said(row: Row) -> tuple[bool, Decimal | None]:
    return row.is_locked, row.value


# -- opening a book -------------------------------------------------------------------------------


def test_without_a_book_the_figure_is_typed(found: Products, places: Places) -> None:
    figure = row(places.district, found.new)
    entry = Entry(places.district, found.new, Y2024, Answer.VALUE, D(9))
    save_draft(unit=places.district, period=Y2024, entries=[entry], by=found.officer)

    assert said(figure) == (False, None)
    assert said(row(places.district, found.new)) == (False, D(9))
    assert found.valid not in form_of(places.district, Y2024)


def test_open_book_without_entries_counts_nought(book: RegisterBook, found: Products) -> None:
    assert said(row(book.unit, found.new)) == (True, D(0))
    assert said(row(book.unit, found.valid)) == (True, D(0))
    assert row(book.unit, found.new).answer == Answer.VALUE


@pytest.mark.parametrize(
    ("counts_from", "locked"),
    [
        (Period(2024), {"2024": True, "2024H1": True, "2023": False}),
        (H2, {"2024": False, "2024H1": False, "2024H2": True, "2025": True}),
        (Period(2025), {"2024": False, "2024H2": False, "2025": True}),
    ],
)
def test_periods_before_the_day_are_typed_as_ever(
    found: Products, places: Places, counts_from: Period, locked: dict[str, bool]
) -> None:
    opened(found.register, places.district, found.officer, counts_from)

    shown = {code: row(places.district, found.new, Period.parse(code)).is_locked for code in locked}

    assert shown == locked


def test_counted_indicator_comes_into_the_form_by_itself(
    book: RegisterBook, found: Products, places: Places
) -> None:
    """Optional, and no plan asks for it; in a half-year only what is asked in one."""
    assert found.valid in form_of(book.unit, Y2024)
    assert found.valid not in form_of(book.unit, Period(2023))
    assert found.valid not in form_of(book.unit, H1)
    assert found.new in form_of(book.unit, H1)
    assert found.valid not in form_of(places.first, Y2024)


def test_only_who_enters_for_the_unit_opens_its_book(found: Products, places: Places) -> None:
    leader = official("lanh.dao", places.province, Role.LEADER)
    stranger = official("hang.xom", places.second)
    people = {leader: PermissionDenied, stranger: Http404}

    for person, refusal in people.items():
        with pytest.raises(refusal):
            opened(found.register, places.district, person)

    assert RegisterBook.objects.count() == 0


def test_unit_opens_only_books_of_what_it_enters(found: Products, places: Places) -> None:
    register, _built = houses()
    officer = official("can.bo", places.first)

    assert registers_for(places.district) == [found.register]
    assert registers_for(places.first) == [register]
    with pytest.raises(DomainError, match="không nhập chỉ tiêu nào"):
        opened(found.register, places.first, officer)


def test_without_districts_the_province_keeps_the_book(places: Places) -> None:
    found = products(places)
    for indicator in (found.new, found.valid):
        indicator.entered_at_two_tier = builders.tier("province")
        indicator.save()
    alone = builders.unit("95", "Tỉnh Hai Cấp", "province")
    builders.unit("95001", "Xã Trực Thuộc", "commune", alone)

    assert registers_for(alone) == [found.register]
    assert registers_for(places.province) == []


def test_open_book_may_count_from_another_period(book: RegisterBook, found: Products) -> None:
    again = opened(found.register, book.unit, found.officer, H2)

    assert again.pk == book.pk
    assert not row(book.unit, found.valid, Period(2025)).value
    assert again.history.count() == 2
    assert again.history.first().history_user == found.officer


# -- the return -----------------------------------------------------------------------------------


def test_return_shows_what_the_book_counts_now(book: RegisterBook, found: Products) -> None:
    tea(book, found.officer)
    tea(book, found.officer, name="Rượu ngô", stars="2")
    one = tea(book, found.officer, name="Mật ong", decided_on="01/12/2023")

    assert said(row(book.unit, found.new)) == (True, D(1))
    assert said(row(book.unit, found.valid)) == (True, D(2))
    remove_entry(entry=one, by=found.officer, seen=1)
    assert said(row(book.unit, found.valid)) == (True, D(1))


def test_star_falls_out_of_the_return_on_its_day(book: RegisterBook, found: Products) -> None:
    tea(book, found.officer, decided_on="11/12/2021")

    with time_machine.travel("2024-12-10T16:59:59Z"):  # 23:59 on the 10th in Việt Nam
        last = row(book.unit, found.valid).value
    with time_machine.travel("2024-12-10T17:00:01Z"):
        after = row(book.unit, found.valid).value

    assert (last, after) == (1, 0)


def test_counted_figure_is_not_typed(book: RegisterBook, found: Products) -> None:
    tea(book, found.officer)
    entry = Entry(book.unit, found.new, Y2024, Answer.VALUE, D(12))

    with pytest.raises(DomainError) as refused:
        save_draft(unit=book.unit, period=Y2024, entries=[entry], by=found.officer)

    assert [str(problem) for problem in refused.value.problems] == [
        "Sản phẩm mới: Số này đếm từ sổ “Sản phẩm OCOP”; sửa trong sổ."
    ]
    assert not Result.objects.exists()


def test_count_is_kept_with_the_draft_and_follows_the_book(
    book: RegisterBook, found: Products
) -> None:
    tea(book, found.officer)
    save_draft(unit=book.unit, period=Y2024, entries=[], by=found.officer)
    tea(book, found.officer, name="Mật ong")

    assert Result.objects.get(indicator=found.new).value == 1
    assert row(book.unit, found.new).value == 2
    figure = figure_of(report_of(book.unit, Y2024), found.new)
    assert figure.value == 2


def test_what_was_sent_stays_as_sent(
    book: RegisterBook, found: Products, reviewer: Official
) -> None:
    tea(book, found.officer)
    report = submit(unit=book.unit, period=Y2024, by=found.officer)
    tea(book, found.officer, name="Mật ong")
    sent = row(book.unit, found.new)

    assert said(sent) == (True, D(1))
    assert sent.counted is not None
    assert (sent.counted.value, sent.count_differs) == (2, True)
    assert figure_of(report_of(book.unit, Y2024), found.new).value == 1

    request_change(report=report, indicator=found.new, body="Xem lại sổ", by=reviewer)
    return_report(report=report, by=reviewer)
    again = row(book.unit, found.new)
    assert (said(again), again.count_differs) == ((True, D(2)), False)
    submit(unit=book.unit, period=Y2024, by=found.officer)
    assert row(book.unit, found.new).submitted_value == 2


def test_book_opened_after_sending_leaves_the_return_as_it_was(
    found: Products, places: Places
) -> None:
    """Neither does a new line come into it, nor is a typed figure replaced."""
    entry = Entry(places.district, found.new, Y2024, Answer.VALUE, D(4))
    save_draft(unit=places.district, period=Y2024, entries=[entry], by=found.officer)
    submit(unit=places.district, period=Y2024, by=found.officer)

    opened(found.register, places.district, found.officer)

    current = return_of(places.district, Y2024)
    assert [line.indicator for line in current.inputs] == [found.new]
    assert said(current.inputs[0]) == (True, D(4))
    assert current.inputs[0].count_differs
    assert standings([places.district], Y2024)[0].total == 1
    assert found.valid in form_of(places.district, Period(2025))


def test_count_adds_up_after_sending(book: RegisterBook, found: Products, places: Places) -> None:
    tea(book, found.officer)
    tea(book, found.officer, name="Mật ong")
    submit(unit=book.unit, period=Y2024, by=found.officer)
    drain()

    total = figures([places.province], [found.new], [Y2024], Stage.PROVISIONAL)

    assert total[places.province.pk, found.new.pk, "2024"].value == 2


def test_import_goes_past_the_book_as_it_does_past_an_opening(
    book: RegisterBook, found: Products
) -> None:
    import_results(
        [Entry(book.unit, found.new, Y2024, Answer.VALUE, D(7))], stage=Stage.PROVISIONAL
    )

    assert said(row(book.unit, found.new)) == (True, D(0))  # still a draft: the book tells


def test_queries_of_forms_do_not_grow_with_books_or_entries(
    places: Places, found: Products
) -> None:
    register, _built = houses()
    officers = [official(f"can.bo.{unit.code}", unit) for unit in places.communes]

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            standings(places.communes, Y2024)
            return_of(places.first, Y2024)
        return len(seen)

    queries()
    book = opened(register, places.first, officers[0])
    house(book, officers[0])
    one = queries()
    for unit, officer in zip(places.communes[1:], officers[1:], strict=True):
        opened(register, unit, officer)
    for day in range(1, 20):
        house(book, officers[0], f"{day}/06/2024")

    assert queries() == one


# -- writing --------------------------------------------------------------------------------------


def test_every_bad_field_is_named_and_nothing_written(book: RegisterBook, found: Products) -> None:
    words = {**TEA, "name": "", "stars": "7", "commune": "Xã Lạ", "decided_on": "01/01/2025"}

    with pytest.raises(DomainError) as refused:
        add_entry(book=book, words=words, by=found.officer)

    assert [(problem.where, problem.key) for problem in refused.value.problems] == [
        ("Tên sản phẩm", "name"),
        ("Xã", "commune"),
        ("Hạng sao", "stars"),
        ("Ngày quyết định", "decided_on"),
    ]
    assert "chưa đến" in refused.value.problems[-1].message
    assert not RegisterEntry.objects.exists()


def test_entry_knows_its_last_day_and_who_wrote_it(book: RegisterBook, found: Products) -> None:
    entry = tea(book, found.officer, decided_on="29/02/2024")

    assert entry.happened_on == date(2024, 2, 29)
    assert entry.valid_until == date(2027, 3, 1)
    assert entry.values == {
        "name": "Chè Shan",
        "maker": "HTX mẫu số 1",
        "commune": "90102",
        "stars": 3,
        "result": "new",
    }
    assert entry.history.get().history_user == found.officer


def test_request_sent_again_writes_once(book: RegisterBook, found: Products) -> None:
    key = uuid.uuid4()
    made = [add_entry(book=book, words=TEA, by=found.officer, key=key) for _time in range(2)]

    assert made[0].pk == made[1].pk
    with pytest.raises(DomainError, match="y hệt"):
        add_entry(book=book, words=TEA, by=found.officer, key=uuid.uuid4())
    assert RegisterEntry.objects.count() == 1


def test_other_words_under_the_same_key_are_another_entry(
    book: RegisterBook, found: Products
) -> None:
    """The Back button sends the next product with the key of the last one."""
    key = uuid.uuid4()
    first = add_entry(book=book, words=TEA, by=found.officer, key=key)
    second = add_entry(book=book, words={**TEA, "name": "Mật ong"}, by=found.officer, key=key)
    remove_entry(entry=first, by=found.officer, seen=1)
    third = add_entry(book=book, words=TEA, by=found.officer, key=key)

    assert len({first.pk, second.pk, third.pk}) == 3
    assert second.values["name"] == "Mật ong"
    assert row(book.unit, found.new).value == 2


def test_two_entries_do_not_become_one_by_changing_or_putting_back(
    book: RegisterBook, found: Products
) -> None:
    first = tea(book, found.officer)
    second = tea(book, found.officer, name="Mật ong")

    with pytest.raises(DomainError, match="y hệt"):
        change_entry(entry=second, words={**TEA, "name": "CHÈ  Shan"}, by=found.officer, seen=1)
    change_entry(entry=first, words={**TEA, "name": "chè shan"}, by=found.officer, seen=1)
    remove_entry(entry=first, by=found.officer, seen=2)
    tea(book, found.officer)
    with pytest.raises(DomainError, match="y hệt"):
        restore_entry(entry=first, by=found.officer, seen=3)

    assert row(book.unit, found.new).value == 2


def test_second_of_two_officers_overwrites_nothing_unseen(
    book: RegisterBook, found: Products, places: Places
) -> None:
    other = official("can.bo.khac", places.district)
    entry = tea(book, found.officer)
    change_entry(entry=entry, words={**TEA, "stars": "4"}, by=found.officer, seen=1)

    with pytest.raises(VersionConflict, match="Hạng sao: 4"):
        change_entry(entry=entry, words={**TEA, "stars": "5"}, by=other, seen=1)
    with pytest.raises(VersionConflict):
        remove_entry(entry=entry, by=other, seen=1)
    with pytest.raises(VersionConflict):
        end_entry(entry=entry, ended_on=date(2024, 6, 1), note="Thu hồi", by=other, seen=1)
    same = change_entry(entry=entry, words={**TEA, "stars": "4"}, by=other, seen=1)

    assert (same.values["stars"], same.version, same.entered_by) == (4, 2, found.officer)
    change_entry(entry=entry, words={**TEA, "stars": "5"}, by=other, seen=2)
    entry.refresh_from_db()
    assert [past.values["stars"] for past in entry.history.all()] == [5, 4, 3]


def test_new_date_brings_a_new_last_day(book: RegisterBook, found: Products) -> None:
    entry = tea(book, found.officer)
    changed = change_entry(
        entry=entry, words={**TEA, "decided_on": "06/03/2024"}, by=found.officer, seen=1
    )

    assert changed.valid_until == date(2027, 3, 6)


def test_withdrawn_entry_counts_no_longer_and_may_be_taken_up_again(
    book: RegisterBook, found: Products
) -> None:
    entry = tea(book, found.officer)
    end_entry(entry=entry, ended_on=date(2024, 12, 10), note="QĐ thu hồi", by=found.officer, seen=1)
    assert row(book.unit, found.valid).value == 0
    end_entry(entry=entry, ended_on=None, note="", by=found.officer, seen=2)
    assert row(book.unit, found.valid).value == 1


@pytest.mark.parametrize(
    ("day", "note", "keys"),
    [
        (date(2024, 2, 4), "Thu hồi", ["ended_on"]),
        (date(2024, 12, 11), "Thu hồi", ["ended_on"]),
        (date(2024, 12, 1), " ", ["end_note"]),
    ],
)
def test_withdrawal_has_a_day_within_and_a_reason(
    book: RegisterBook, found: Products, day: date, note: str, keys: list[str]
) -> None:
    entry = tea(book, found.officer)

    with pytest.raises(DomainError) as refused:
        end_entry(entry=entry, ended_on=day, note=note, by=found.officer, seen=1)

    assert [problem.key for problem in refused.value.problems] == keys


def test_what_is_taken_out_stays_on_record(book: RegisterBook, found: Products) -> None:
    entry = tea(book, found.officer)
    remove_entry(entry=entry, by=found.officer, seen=1)

    with pytest.raises(DomainError, match="đã bỏ khỏi sổ"):
        change_entry(entry=entry, words=TEA, by=found.officer, seen=2)
    kept = RegisterEntry.objects.get()
    assert (kept.removed_by, kept.history.count()) == (found.officer, 2)
    restore_entry(entry=entry, by=found.officer, seen=2)
    assert row(book.unit, found.new).value == 1


def test_stranger_and_reader_write_nothing(
    book: RegisterBook, found: Products, places: Places, reviewer: Official
) -> None:
    entry = tea(book, found.officer)
    stranger = official("hang.xom", places.first)

    for person, refusal in ((reviewer, PermissionDenied), (stranger, Http404)):
        with pytest.raises(refusal):
            tea(book, person, name="Khác")
        with pytest.raises(refusal):
            change_entry(entry=entry, words=TEA, by=person, seen=1)
        with pytest.raises(refusal):
            end_entry(entry=entry, ended_on=None, note="", by=person, seen=1)
        with pytest.raises(refusal):
            remove_entry(entry=entry, by=person, seen=1)
        with pytest.raises(refusal):
            restore_entry(entry=entry, by=person, seen=1)
        with pytest.raises(refusal):
            add_block(book=book, text="x", by=person, key=uuid.uuid4())
    assert RegisterEntry.objects.get().version == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_until": date(2024, 1, 1)},
        {"ended_on": date(2023, 12, 31)},
        {"removed_at": NOW},
        {"version": 0},
    ],
)
def test_database_itself_refuses_what_makes_no_sense(
    book: RegisterBook, broken: dict[str, object]
) -> None:
    entry = stored(book, date(2024, 1, 1))

    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterEntry.objects.filter(pk=entry.pk).update(**broken)


def test_unit_has_one_book_of_a_register(book: RegisterBook) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterBook.objects.create(
            register=book.register, unit=book.unit, counts_from=date(2025, 1, 1)
        )


# -- a block from Excel ---------------------------------------------------------------------------

BLOCK = """\
Chè Shan\tHTX mẫu số 1\tXã Một\t3\t05/02/2024\tCông nhận mới
Mật ong\tHTX mẫu số 2\tThị trấn Trung Tâm\t4\t2024-03-01\tNâng hạng
"""


def test_block_is_written_whole(book: RegisterBook, found: Products) -> None:
    written = add_block(book=book, text=BLOCK, by=found.officer, key=uuid.uuid4())

    assert written == 2
    assert row(book.unit, found.new).value == 2
    assert RegisterEntry.history.filter(history_user=found.officer).count() == 2


def test_block_with_headings_may_have_its_columns_moved(
    book: RegisterBook, found: Products
) -> None:
    text = (
        "STT\tHạng sao\tTên sản phẩm\tChủ thể\tXã\tKết quả\tNgày quyết định\n"
        "1\t3\tChè Shan\tHTX mẫu số 1\t90102\tnew\t5/2/2024\n"
    )

    block = read_block(book, text)

    assert block.has_heading
    assert [line.told.values["name"] for line in block.new] == ["Chè Shan"]
    assert block.new[0].told.happened_on == date(2024, 2, 5)


def test_bad_cells_of_a_block_are_named_and_nothing_is_written(
    book: RegisterBook, found: Products
) -> None:
    text = BLOCK + "Rượu\tHTX mẫu số 3\tXã Lạ\t9\t31/02/2024\tCông nhận mới\nNgô\n"

    with pytest.raises(DomainError) as refused:
        add_block(book=book, text=text, by=found.officer, key=uuid.uuid4())

    assert [problem.where for problem in refused.value.problems] == [
        "dòng 3, Xã",
        "dòng 3, Hạng sao",
        "dòng 3, Ngày quyết định",
        "dòng 4, Chủ thể",
        "dòng 4, Xã",
        "dòng 4, Hạng sao",
        "dòng 4, Ngày quyết định",
        "dòng 4, Kết quả",
    ]
    assert not RegisterEntry.objects.exists()


def test_block_pasted_again_adds_only_what_is_new(book: RegisterBook, found: Products) -> None:
    add_block(book=book, text=BLOCK, by=found.officer, key=uuid.uuid4())
    more = BLOCK + "Rượu\tHTX mẫu số 3\tXã Hai\t3\t01/04/2024\tCông nhận mới\n"

    block = read_block(book, more)

    assert (len(block.there), len(block.new)) == (2, 1)
    assert add_block(book=book, text=more, by=found.officer, key=uuid.uuid4()) == 1


def test_two_houses_alike_are_two_houses_and_a_retry_writes_neither_again(
    places: Places,
) -> None:
    register, built = houses()
    officer = official("can.bo", places.first)
    book = opened(register, places.first, officer)
    text = "10/05/2024\tThôn 1\tcó\n10/05/2024\tThôn 1\tcó\n"
    key, other = uuid.uuid4(), uuid.uuid4()

    written = [add_block(book=book, text=text, by=officer, key=key)]
    third = read_block(book, text + text[:20])  # two of the three are there
    written += [
        add_block(book=book, text=text, by=officer, key=key, also_known=True),
        add_block(book=book, text=text, by=officer, key=other),
        add_block(book=book, text=text + text[:20], by=officer, key=other, also_known=True),
    ]

    assert (len(third.there), len(third.new)) == (2, 1)
    assert written == [2, 0, 0, 3]
    assert row(places.first, built).value == 5


def test_block_has_a_limit(book: RegisterBook, found: Products) -> None:
    line = BLOCK.splitlines()[0] + "\n"

    for text, said_ in ((line * 501, "501 dòng, mỗi lần nhận tối đa 500"), ("\n", "Chưa có dòng")):
        with pytest.raises(DomainError, match=said_):
            add_block(book=book, text=text, by=found.officer, key=uuid.uuid4())


def test_another_block_under_the_same_key_loses_no_line(
    book: RegisterBook, found: Products
) -> None:
    key = uuid.uuid4()
    more = BLOCK.replace("Chè Shan", "Rượu ngô")

    assert add_block(book=book, text=BLOCK, by=found.officer, key=key) == 2
    assert add_block(book=book, text=more, by=found.officer, key=key) == 1
    assert row(book.unit, found.new).value == 3
    gone = RegisterEntry.objects.get(values__name="Chè Shan")
    remove_entry(entry=gone, by=found.officer, seen=1)
    assert add_block(book=book, text=BLOCK, by=found.officer, key=key) == 1
    assert row(book.unit, found.new).value == 3


def test_invisible_name_is_none(book: RegisterBook, found: Products) -> None:
    with pytest.raises(DomainError, match="bắt buộc"):
        tea(book, found.officer, name="\u200b")


# -- units that were not always there -------------------------------------------------------------


@pytest.fixture
def merged(places: Places, found: Products) -> Unit:
    """A district since 01/07/2024, of one that was another one until the end of 2021."""
    before, since = date(2021, 12, 31), date(2024, 7, 1)
    first = builders.unit("911", "Huyện Đầu", "district", places.province, valid_to=before)
    builders.unit("91101", "Xã Xưa", "commune", first, valid_to=before)
    second = builders.unit(
        "912",
        "Huyện Giữa",
        "district",
        places.province,
        valid_from=date(2022, 1, 1),
        valid_to=date(2024, 6, 30),
    )
    commune = builders.unit("91201", "Xã Cũ", "commune", second, valid_to=date(2024, 6, 30))
    last = builders.unit("913", "Huyện Nay", "district", places.province, valid_from=since)
    builders.unit("91301", "Xã Mới", "commune", last, valid_from=since)
    for old, new, day in ((first, second, date(2022, 1, 1)), (second, last, since)):
        Succession.objects.create(predecessor=old, successor=new, date=day)
    moved = builders.unit("90199", "Xã Chuyển", "commune", places.district, valid_to=before)
    Succession.objects.create(predecessor=moved, successor=commune, date=date(2022, 1, 1))
    return last


def test_successor_writes_what_happened_before_it_was_founded(
    merged: Unit, found: Products
) -> None:
    officer = official("can.bo.nay", merged)
    book = opened(found.register, merged, officer)
    tea(book, officer, commune="Xã Mới", decided_on="01/08/2024")
    tea(book, officer, commune="Xã Cũ", decided_on="01/03/2024", name="Mật ong")
    tea(book, officer, commune="Xã Xưa", decided_on="20/12/2021", name="Rượu ngô")
    tea(book, officer, commune="Xã Chuyển", decided_on="21/12/2021", name="Gạo nếp")

    assert row(merged, found.new).value == 2  # of its whole year
    assert row(merged, found.valid).value == 4
    with pytest.raises(DomainError, match="không còn"):
        tea(book, officer, commune="Xã Xưa", decided_on="01/03/2024", name="Khác")


def test_unit_without_predecessor_writes_nothing_from_before_its_time(
    merged: Unit, found: Products
) -> None:
    officer = official("can.bo.nay", merged)
    book = opened(found.register, merged, officer)
    Succession.objects.filter(successor=merged).delete()

    with pytest.raises(DomainError, match="chưa có"):
        tea(book, officer, commune="Xã Mới", decided_on="30/06/2024")
    with pytest.raises(DomainError, match="không có xã “Xã Cũ”"):
        tea(book, officer, commune="Xã Cũ", decided_on="01/08/2024")
