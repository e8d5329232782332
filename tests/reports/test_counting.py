"""Which entries of a register count on a day, by tables worked by hand. Source: registers.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from time import perf_counter
from typing import Any

import pytest

from indicators.periods import Period
from reports.counting import Count, Field, Item, counted, days_left, months_after
from reports.enums import FieldKind
from reports.fieldkinds import Place, Places, cells_of, read

IDENTITY = ("name", "maker")
NEW = Count(True, {"stars": {"min": 3}, "result": ["new", "upgraded"]}, IDENTITY)
VALID = Count(False, {"stars": {"min": 3}}, IDENTITY)
LATER = date(2030, 1, 1)


def product(
    place: int,
    day: date,
    stars: int = 3,
    result: str = "new",
    ended: date | None = None,
    **names: str,
) -> Item:
    values = {"name": "Chè", "maker": "HTX mẫu số 1", "stars": stars, "result": result, **names}
    return Item(place, day, months_after(day, 36), ended, values)


def number(items: list[Item], count: Count, period: str, today: date = LATER) -> int:
    return len(counted(items, count, Period.parse(period), today))


@pytest.mark.parametrize(
    ("from_day", "months", "first_day_out"),
    [
        (date(2021, 3, 15), 36, date(2024, 3, 15)),
        (date(2021, 1, 1), 36, date(2024, 1, 1)),
        (date(2021, 8, 31), 36, date(2024, 8, 31)),
        (date(2021, 12, 31), 36, date(2024, 12, 31)),
        # no 29/02/2027: valid to the end of February (Civil Code 2015, article 148)
        (date(2024, 2, 29), 36, date(2027, 3, 1)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 3, 1)),
        (date(2023, 1, 28), 1, date(2023, 2, 28)),
        (date(2023, 10, 31), 6, date(2024, 5, 1)),
    ],
)
def test_validity_covers_its_months_and_ends_on_the_day(
    from_day: date, months: int, first_day_out: date
) -> None:
    assert months_after(from_day, months) == first_day_out


@pytest.mark.parametrize(
    ("today", "standing"),
    [
        (date(2021, 3, 14), 0),  # not decided yet
        (date(2021, 3, 15), 1),
        (date(2024, 3, 14), 1),  # the last of 36 months
        (date(2024, 3, 15), 0),
    ],
)
def test_star_falls_out_of_the_count_on_its_day(today: date, standing: int) -> None:
    items = [product(1, date(2021, 3, 15))]

    assert number(items, VALID, str(today.year), today) == standing


def test_period_that_is_over_is_counted_on_its_last_day() -> None:
    items = [product(1, date(2021, 3, 15))]

    found = {code: number(items, VALID, code) for code in ("2021", "2022", "2023", "2024")}

    assert found == {"2021": 1, "2022": 1, "2023": 1, "2024": 0}


def test_days_left_count_down_to_the_last_valid_day() -> None:
    one = product(1, date(2021, 3, 15))

    left = [days_left(one, date(2024, 3, day)) for day in (13, 14, 15)]

    assert left == [1, 0, 0]
    assert days_left(Item(1, date(2024, 1, 1), None, None, {}), LATER) is None


def test_upgrade_in_the_year_counts_the_product_once() -> None:
    items = [
        product(1, date(2024, 2, 1), 3),
        product(2, date(2024, 10, 1), 4, "upgraded", name="chè ", maker="HTX MẪU  số 1"),
    ]

    assert number(items, NEW, "2024") == 1
    assert number(items, VALID, "2024") == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chè Hoà Bình", "Chè Hòa Bình"),
        ("Thuỷ sản", "THỦY SẢN"),
        ("Chè – Shan", "Chè - Shan"),
        ("Chè\u200b Shan\u00ad", "Chè Shan"),
        ("Ðồng Tâm", "Đồng Tâm"),
        ("Chè “Shan”", 'Chè "Shan"'),
        ("HTX’s", "HTX's"),
        ("ＨＴＸ", "HTX"),
    ],
)
def test_spelling_of_a_name_makes_no_second_product(one: str, other: str) -> None:
    items = [product(1, date(2024, 1, 5), name=one), product(2, date(2024, 2, 5), name=other)]

    assert number(items, VALID, "2024") == 1


def test_another_tone_is_another_product() -> None:
    names = ["Ma", "Má", "Mà", "Mả", "Mã", "Mạ", "Mâ", "Mấ", "Mậ", "Hoà", "Hoá", "Đa", "Da"]
    items = [product(place, date(2024, 1, 5), name=name) for place, name in enumerate(names)]

    assert number(items, VALID, "2024") == len(names)


def test_upgrade_in_a_later_year_counts_in_each_year_it_happened() -> None:
    items = [product(1, date(2022, 2, 1), 3), product(2, date(2024, 10, 1), 4, "upgraded")]

    assert [number(items, NEW, code) for code in ("2022", "2023", "2024")] == [1, 0, 1]
    assert [number(items, VALID, code) for code in ("2022", "2023", "2024")] == [1, 1, 1]


def test_renewal_at_the_same_rank_keeps_the_star_and_is_no_new_product() -> None:
    items = [product(1, date(2021, 3, 15)), product(2, date(2024, 2, 20), 3, "renewed")]

    assert number(items, NEW, "2024") == 0
    assert number(items, VALID, "2024") == 1


def test_latest_decision_says_how_a_product_stands() -> None:
    """Three stars in 2022, two since May 2024: no product of three stars any more."""
    items = [product(1, date(2022, 2, 1), 3), product(2, date(2024, 5, 1), 2, "renewed")]

    assert [number(items, VALID, code) for code in ("2023", "2024H1", "2024")] == [1, 0, 0]
    assert number([*items, product(3, date(2024, 5, 1), 3)], VALID, "2024") == 1  # written later


def test_two_stars_are_not_three_and_other_makers_are_other_products() -> None:
    items = [
        product(1, date(2024, 1, 5), 2),
        product(2, date(2024, 1, 5), 3, maker="HTX mẫu số 2"),
        product(3, date(2024, 1, 5), 5, name="Rượu ngô"),
    ]

    assert number(items, NEW, "2024") == 2
    assert number(items, VALID, "2024") == 2


def test_withdrawn_product_counts_until_the_day_before() -> None:
    items = [product(1, date(2024, 1, 10), ended=date(2024, 7, 1))]

    assert number(items, VALID, "2024H1", date(2024, 6, 30)) == 1
    assert number(items, VALID, "2024", date(2024, 7, 1)) == 0
    assert number(items, NEW, "2024H1") == 1
    assert number(items, NEW, "2024") == 0


def test_flow_counts_the_days_of_its_period_and_none_after_today() -> None:
    items = [
        product(place, day, name=f"Sản phẩm {place}")
        for place, day in enumerate(
            [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1)]
        )
    ]

    assert number(items, NEW, "2024") == 3
    assert number(items, NEW, "2024H1") == 2
    assert number(items, NEW, "2024H2") == 1
    assert number(items, NEW, "2024Q2", date(2024, 6, 29)) == 0
    assert number(items, NEW, "2025") == 0


def test_things_without_identity_count_each() -> None:
    house = {"household": "poor", "work": "built"}
    items = [Item(place, date(2024, 5, 1), None, None, house) for place in range(3)]

    assert number(items, Count(True, {"household": ["poor"]}), "2024") == 3


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"was_temporary": True}, True),
        ({"was_temporary": False}, False),
        ({"work": ["built", "repaired"]}, True),
        ({"work": ["removed"]}, False),
        ({"rooms": {"min": 2, "max": 3}}, True),
        ({"rooms": {"max": 1}}, False),
        ({"rooms": {"min": 2}, "work": ["removed"]}, False),
        ({"not_told": True}, False),
        ({"not_told": {"min": 0}}, False),
    ],
)
def test_every_condition_must_hold(where: Mapping[str, Any], fits: bool) -> None:
    one = Item(
        1, date(2024, 5, 1), None, None, {"work": "built", "was_temporary": True, "rooms": 3}
    )

    assert number([one], Count(True, where), "2024") == int(fits)


# -- what is written in a field -------------------------------------------------------------------

PLACES = Places(
    (
        Place("02854", "Xã Tà Chải", "Tà Chải", date(1900, 1, 1), date(2024, 10, 31)),
        Place("02863", "Xã Hoàng Thu Phố", "Hoàng Thu Phố", date(1900, 1, 1), LATER),
    )
)
DAY = date(2024, 5, 1)


def field(kind: FieldKind, **more: Any) -> Field:
    return Field("k", "Cột", kind, **more)


CHOICE = field(FieldKind.CHOICE, choices=(("new", "Công nhận mới"), ("up", "Nâng hạng")))
STARS = field(FieldKind.WHOLE, least=1, most=5)
YES_NO = field(FieldKind.YES_NO)
TEXT = field(FieldKind.TEXT, max_length=5)
A_DAY = field(FieldKind.DAY)
COMMUNE = field(FieldKind.UNIT_BELOW)


@pytest.mark.parametrize(
    ("of", "words", "kept"),
    [
        (TEXT, "  a   b ", "a b"),
        (STARS, "4", 4),
        (CHOICE, "up", "up"),
        (CHOICE, "công nhận MỚI", "new"),
        (YES_NO, "Có", True),
        (YES_NO, "x", True),
        (YES_NO, "không", False),
        (A_DAY, "5/3/2024", "2024-03-05"),
        (A_DAY, "2024-03-05", "2024-03-05"),
        (A_DAY, "2024-03-05 00:00:00", "2024-03-05"),
        (COMMUNE, "xã hoàng thu phố", "02863"),
        (COMMUNE, "Tà Chải", "02854"),
        (COMMUNE, "02854", "02854"),
        (field(FieldKind.TEXT, is_required=False), " ", None),
    ],
)
def test_field_is_read_as_officials_write_it(of: Field, words: str, kept: object) -> None:
    assert read(of, words, PLACES, DAY) == kept


@pytest.mark.parametrize(
    ("of", "words", "said"),
    [
        (TEXT, "", "bắt buộc"),
        (TEXT, "abcdef", "Dài 6 ký tự, tối đa 5"),
        (TEXT, "\u200b\u00ad\x00", "bắt buộc"),
        (STARS, "6", "chỉ nhận từ 1 đến 5"),
        (STARS, "3,5", "số nguyên"),
        (STARS, "ba", "không phải là số"),
        (CHOICE, "mới", "Công nhận mới; Nâng hạng"),
        (YES_NO, "chắc", "“có” hoặc “không”"),
        (A_DAY, "31/02/2024", "không phải ngày có thật"),
        (A_DAY, "01/01/0204", "kiểm tra lại năm"),
        (COMMUNE, "Xã Lạ", "Đơn vị không có xã “Xã Lạ”"),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(of: Field, words: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(of, words, PLACES, DAY)


def test_commune_is_named_on_the_day_the_entry_counts_from() -> None:
    with pytest.raises(ValueError, match="không còn"):
        read(COMMUNE, "Tà Chải", PLACES, date(2024, 11, 1))

    assert read(COMMUNE, "Tà Chải", PLACES, date(2024, 10, 31)) == "02854"


def test_block_is_split_as_excel_copies_it() -> None:
    text = 'Chè\tHTX 1\r\n\r\n"Rượu\nngô"\t"HTX ""A"""\n"dở\tb\n'

    assert list(cells_of(text)) == [
        (1, ["Chè", "HTX 1"]),
        (3, ["Rượu\nngô", 'HTX "A"']),
        (4, ['"dở', "b"]),
    ]


def test_hostile_block_is_split_in_a_moment() -> None:
    started = perf_counter()
    lines = [len(list(cells_of(text))) for text in ('"' * 100_000, '"\t' * 50_000, '"\n' * 50_000)]

    assert lines == [1, 0, 0]
    assert perf_counter() - started < 10
