"""Units with dates. Source: design, Ideas 8 (a code names a unit only together with a day)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from communes.enums import MemberSource
from communes.models import Ancestry, Succession, Unit, UnitGroup
from tests import builders
from tests.builders import Places

pytestmark = pytest.mark.django_db

LAST_OF_DISTRICTS = date(2025, 6, 30)
FIRST_WITHOUT = date(2025, 7, 1)


@pytest.fixture
def merged(db: None) -> dict[str, Unit]:
    """Lùng Cải gives its code 02842 to Tả Củ Tỷ on 1 July 2025. Source: domain README, Units."""
    old_province = builders.unit("10", "Tỉnh Lào Cai", "province", valid_to=LAST_OF_DISTRICTS)
    new_province = builders.unit("15", "Tỉnh Lào Cai", "province", valid_from=FIRST_WITHOUT)
    district = builders.unit(
        "085", "Huyện Bắc Hà", "district", old_province, valid_to=LAST_OF_DISTRICTS
    )
    return {
        "old_province": old_province,
        "new_province": new_province,
        "district": district,
        "lung_cai": builders.unit(
            "02842", "Xã Lùng Cải", "commune", district, valid_to=LAST_OF_DISTRICTS
        ),
        "old_ty": builders.unit(
            "02854", "Xã Tả Củ Tỷ", "commune", district, valid_to=LAST_OF_DISTRICTS
        ),
        "new_ty": builders.unit(
            "02842", "Xã Tả Củ Tỷ", "commune", new_province, valid_from=FIRST_WITHOUT
        ),
    }


def names(units: object) -> set[str]:
    return {f"{unit.name} {unit.code}" for unit in units}  # type: ignore[attr-defined]


def test_unit_is_valid_on_both_of_its_ends(merged: dict[str, Unit]) -> None:
    assert names(Unit.objects.valid_on(LAST_OF_DISTRICTS)) == {
        "Tỉnh Lào Cai 10",
        "Huyện Bắc Hà 085",
        "Xã Lùng Cải 02842",
        "Xã Tả Củ Tỷ 02854",
    }
    assert names(Unit.objects.valid_on(FIRST_WITHOUT)) == {"Tỉnh Lào Cai 15", "Xã Tả Củ Tỷ 02842"}
    for unit in merged.values():
        for day in (LAST_OF_DISTRICTS, FIRST_WITHOUT):
            assert unit.is_valid_on(day) is Unit.objects.valid_on(day).contains(unit)


@pytest.mark.parametrize(
    ("reference", "on", "name"),
    [
        ("02842", date(2024, 12, 31), "lung_cai"),
        ("02842", LAST_OF_DISTRICTS, "lung_cai"),
        ("02842", FIRST_WITHOUT, "new_ty"),
        ("02842", date(2025, 12, 31), "new_ty"),
        ("02842", None, "new_ty"),  # today
        ("02842@2024-12-31", None, "lung_cai"),
        ("02842@2025-07-01", None, "new_ty"),
        ("02842@2024-12-31", date(2025, 12, 31), "lung_cai"),  # the day written wins
        ("085", date(2024, 12, 31), "district"),
    ],
)
def test_code_names_the_unit_of_its_day(
    merged: dict[str, Unit], reference: str, on: date | None, name: str
) -> None:
    assert Unit.objects.named(reference, on=on) == merged[name]


@pytest.mark.parametrize(
    "reference",
    [
        "085",  # no districts today
        "085@2025-07-01",
        "99999",
        "",
        "@2024-12-31",
        "02842@31/12/2024",
        "02842@2024-02-30",
        "02842@hôm qua",
        "02842@2024-12-31@2024-12-31",
        "02842@20241231",
        "02842@",
        "02842 ",
        "０２８４２",
    ],
)
def test_code_that_names_no_unit_of_its_day_finds_none(
    merged: dict[str, Unit], reference: str
) -> None:
    assert Unit.objects.named(reference) is None


def test_reference_of_a_unit_finds_that_very_unit(merged: dict[str, Unit]) -> None:
    """Also of a unit whose code another one has now, and of one without an end."""
    for unit in merged.values():
        assert Unit.objects.named(unit.reference) == unit
    assert merged["lung_cai"].reference == "02842@2025-06-30"


# -- the tree -------------------------------------------------------------------------------------


def test_everything_below_a_unit_on_a_day_is_one_query(
    places: Places, django_assert_num_queries: object
) -> None:
    gone = builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=date(2024, 10, 31))
    builders.unit("9010401", "Thôn Cũ", "village", gone, valid_to=date(2024, 10, 31))

    with django_assert_num_queries(1):  # type: ignore[operator]
        found = set(Unit.objects.below_on(places.province, date(2024, 12, 31)))
    assert found == {places.district, *places.communes}
    with django_assert_num_queries(1):  # type: ignore[operator]
        before = set(Unit.objects.below_on(places.province, date(2024, 10, 31)))
    assert names(before - found) == {"Xã Cũ 90104", "Thôn Cũ 9010401"}


def test_below_leaves_the_unit_itself_out_unless_asked(places: Places) -> None:
    assert places.district not in Unit.objects.below(places.district)
    assert places.district in Unit.objects.below(places.district, include_self=True)
    assert not Unit.objects.below(places.first).exists()
    assert Unit.objects.below(places.province).of_tier("district").get() == places.district


def test_above_comes_nearest_first(places: Places) -> None:
    assert list(Unit.objects.above(places.first)) == [places.district, places.province]
    assert list(Unit.objects.above(places.first, include_self=True)) == [
        places.first,
        places.district,
        places.province,
    ]
    assert not Unit.objects.above(places.province).exists()


def test_official_order_is_by_code_within_the_tier(places: Places) -> None:
    builders.unit("90100", "Xã Không", "commune", places.district)

    assert [unit.code for unit in Unit.objects.order_by("-name").official_order()] == [
        "90",
        "901",
        "90100",
        "90101",
        "90102",
        "90103",
    ]


# -- what the database holds ----------------------------------------------------------------------


def refused(make: object) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        make()  # type: ignore[operator]
    return str(caught.value)


def test_database_refuses_a_unit_that_ends_before_it_starts(places: Places) -> None:
    assert "unit_ends_after_it_starts" in refused(
        lambda: builders.unit(
            "90105",
            "Xã Ngược",
            "commune",
            places.district,
            valid_from=FIRST_WITHOUT,
            valid_to=LAST_OF_DISTRICTS,
        )
    )


def test_database_refuses_two_units_of_one_code_and_start(places: Places) -> None:
    assert "UNIQUE" in refused(lambda: builders.unit("90102", "Xã Trùng", "commune")).upper()


@pytest.mark.parametrize("share", ["0", "-0.5", "1.00001"])
def test_database_refuses_a_share_that_is_none(places: Places, share: str) -> None:
    assert "succession_share_up_to_one" in refused(
        lambda: Succession.objects.create(
            predecessor=places.first, successor=places.second, date=FIRST_WITHOUT, share=share
        )
    )


def test_database_keeps_one_way_between_two_units(places: Places) -> None:
    assert (
        "UNIQUE"
        in refused(
            lambda: Ancestry.objects.create(
                ancestor=places.province, descendant=places.first, depth=1
            )
        ).upper()
    )


# -- names and groups -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "short", "in_sentence", "urban"),
    [
        ("Xã Hoàng Thu Phố", "Hoàng Thu Phố", "xã Hoàng Thu Phố", False),
        ("Thị trấn Bắc Hà", "TT Bắc Hà", "thị trấn Bắc Hà", True),
        ("Phường Lào Cai", "P. Lào Cai", "phường Lào Cai", True),
        ("Thị xã Sa Pa", "TX Sa Pa", "thị xã Sa Pa", False),
        ("Huyện Bắc Hà", "Bắc Hà", "huyện Bắc Hà", False),
        ("Tỉnh Lào Cai", "Lào Cai", "tỉnh Lào Cai", False),
        ("Thành phố Huế", "TP Huế", "thành phố Huế", False),
    ],
)
def test_name_is_shortened_as_the_annexes_do(
    name: str, short: str, in_sentence: str, urban: bool
) -> None:
    unit = Unit(code="1", name=name)

    assert (unit.short_name, unit.name_in_sentence, unit.is_urban) == (short, in_sentence, urban)


@pytest.mark.parametrize(
    ("expected_size", "complete"), [(2, True), (10, False), (1, False), (None, False)]
)
def test_group_is_complete_when_all_named_members_are_known(
    places: Places, expected_size: int | None, complete: bool
) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=expected_size)
    group.members.create(unit=places.first, source=MemberSource.STATED)
    group.members.create(unit=places.second, source=MemberSource.PRESS)

    assert group.is_complete is complete
    assert not group.has_sample_members


def test_one_sample_member_marks_the_group(places: Places) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    group.members.create(unit=places.first, source=MemberSource.STATED)
    group.members.create(unit=places.second, source=MemberSource.SAMPLE)

    assert group.has_sample_members
