"""Who is asked for which input. Source: indicators.yaml header (entered_at, applies_to, group)."""

from __future__ import annotations

from datetime import date

import pytest

from communes.models import Unit, UnitGroup
from indicators.asking import Profile, asks, profile_of, profiles_below
from indicators.figures import figures
from indicators.models import Indicator
from tests import builders
from tests.builders import Y2024, Places, count, tier

pytestmark = pytest.mark.django_db

THREE_TIERS_END = date(2025, 6, 30)
TWO_TIERS_BEGIN = date(2025, 7, 1)


@pytest.fixture
def of_commune(db: None) -> Indicator:
    return count("of_commune", "Hộ nghèo", 1)


@pytest.fixture
def of_district(db: None) -> Indicator:
    """A district's figure that the commune takes over where there are no districts."""
    return count(
        "of_district",
        "Lớp học nghề",
        2,
        entered_at=tier("district"),
        entered_at_two_tier=tier("commune"),
    )


@pytest.fixture
def of_province_later(db: None) -> Indicator:
    """A district's figure that the province takes over where there are no districts."""
    return count(
        "of_province_later",
        "Vốn vay",
        3,
        entered_at=tier("district"),
        entered_at_two_tier=tier("province"),
    )


def is_asked(indicator: Indicator, unit: Unit, on: date = Y2024.end) -> bool:
    return asks(indicator, profile_of(unit, on))


def test_input_is_asked_of_the_tier_that_enters_it(
    places: Places, of_commune: Indicator, of_district: Indicator, of_province_later: Indicator
) -> None:
    asked = {
        unit.tier.code: [
            indicator.code
            for indicator in (of_commune, of_district, of_province_later)
            if is_asked(indicator, unit)
        ]
        for unit in (places.province, places.district, places.first)
    }

    assert asked == {
        "province": [],
        "district": ["of_district", "of_province_later"],
        "commune": ["of_commune"],
    }


def test_input_for_communes_is_not_asked_of_townships_and_wards(places: Places) -> None:
    rural = count("rural", "Tiêu chí nông thôn mới", 1, applies_to="communes")
    ward = builders.unit("90104", "Phường Một", "commune", places.district)

    asked = [unit.name for unit in (*places.communes, ward) if is_asked(rural, unit)]

    assert asked == ["Xã Một", "Xã Hai"]


def test_where_there_is_no_district_the_other_tier_takes_over(
    of_commune: Indicator, of_district: Indicator, of_province_later: Indicator
) -> None:
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    commune = builders.unit("91001", "Xã Hai Cấp", "commune", province)
    every = (of_commune, of_district, of_province_later)

    assert [row.code for row in every if is_asked(row, commune)] == ["of_commune", "of_district"]
    assert [row.code for row in every if is_asked(row, province)] == ["of_province_later"]


def test_province_that_outlives_its_districts_is_asked_by_the_day(
    of_province_later: Indicator,
) -> None:
    """As Huế, the same unit before and after 1 July 2025. Source: domain README, Units."""
    city = builders.unit("46", "Thành phố Huế", "province")
    builders.unit("476", "Huyện Quảng Điền", "district", city, valid_to=THREE_TIERS_END)
    builders.unit("19867", "Xã Đan Điền", "commune", city, valid_from=TWO_TIERS_BEGIN)

    assert not is_asked(of_province_later, city, THREE_TIERS_END)
    assert is_asked(of_province_later, city, TWO_TIERS_BEGIN)


def test_input_of_a_group_is_asked_of_its_members_only(places: Places) -> None:
    group = UnitGroup.objects.create(code="muoi-xa", name="10 xã", expected_size=10)
    group.members.create(unit=places.first, source="stated")
    other = UnitGroup.objects.create(code="ven-bien", name="Xã ven biển", expected_size=1)
    other.members.create(unit=places.second, source="stated")
    visits = count("visits", "Số lượt thăm", 1, group=group)
    count("boats", "Số tàu", 2, group=other)

    assert [unit.name for unit in places.communes if is_asked(visits, unit)] == ["Xã Một"]


def test_member_of_a_group_is_counted_once(places: Places, of_commune: Indicator) -> None:
    group = UnitGroup.objects.create(code="muoi-xa", name="10 xã", expected_size=10)
    group.members.create(unit=places.first, source="stated")
    visits = count("visits", "Số lượt thăm", 2, group=group)

    below = profiles_below([places.district.pk], Y2024.end)[places.district.pk]

    rural, urban = Profile("commune", False, False), Profile("commune", True, False)
    assert dict(below) == {
        Profile("district", False, False): 1,
        urban: 1,
        rural: 1,
        Profile("commune", False, False, frozenset({group.pk})): 1,
    }
    found = figures([places.district], [of_commune, visits], [Y2024], "provisional")
    assert found[places.district.pk, of_commune.pk, "2024"].expected == 3
    assert found[places.district.pk, visits.pk, "2024"].expected == 1


def test_units_of_another_day_are_not_counted(places: Places) -> None:
    builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=date(2024, 10, 31))

    def communes(day: date) -> int:
        counts = profiles_below([places.province.pk], day)[places.province.pk]
        return sum(number for profile, number in counts.items() if profile.tier == "commune")

    assert (communes(date(2024, 10, 31)), communes(date(2024, 11, 1))) == (4, 3)


def test_profiles_take_the_same_queries_for_one_unit_and_for_many(
    places: Places, django_assert_num_queries: object
) -> None:
    for units in ([places.first.pk], [unit.pk for unit in Unit.objects.all()]):
        with django_assert_num_queries(2):  # type: ignore[operator]
            profiles_below(units, Y2024.end)
