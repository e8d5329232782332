"""The judge of access: every role × tier × action. Source: design, Ideas 9; communes/access.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Post, Unit, UnitGroup
from tests import builders
from tests.builders import official

pytestmark = pytest.mark.django_db


@dataclass
class Country:
    """Two provinces: one of three tiers with two districts, one of two tiers."""

    nation: Unit
    province: Unit
    district: Unit
    commune: Unit
    sister: Unit
    """Another commune of the same district."""
    neighbour: Unit
    """Another district of the same province."""
    cousin: Unit
    """A commune of that other district."""
    foreign: Unit
    """Another province, of two tiers."""
    stranger: Unit
    """Its commune."""


@pytest.fixture
def country(db: None) -> Country:
    nation = builders.unit("0", "Cả nước", "nation")
    province = builders.unit("90", "Tỉnh Một", "province", nation)
    district = builders.unit("901", "Huyện Một", "district", province)
    neighbour = builders.unit("902", "Huyện Hai", "district", province)
    foreign = builders.unit("91", "Tỉnh Hai", "province", nation)
    return Country(
        nation=nation,
        province=province,
        district=district,
        commune=builders.unit("90101", "Xã Một", "commune", district),
        sister=builders.unit("90102", "Xã Hai", "commune", district),
        neighbour=neighbour,
        cousin=builders.unit("90201", "Xã Ba", "commune", neighbour),
        foreign=foreign,
        stranger=builders.unit("91001", "Xã Bốn", "commune", foreign),
    )


EVERYWHERE = {
    "nation",
    "province",
    "district",
    "commune",
    "sister",
    "neighbour",
    "cousin",
    "foreign",
    "stranger",
}
UNDER = {
    "nation": EVERYWHERE - {"nation"},
    "province": {"district", "commune", "sister", "neighbour", "cousin"},
    "district": {"commune", "sister"},
    "commune": set(),
}
"""What lies below a post's unit, by its tier."""


def allowed(role: str, tier: str) -> dict[Action, set[str]]:
    """What a post gives, written down apart from the code: own unit and below."""
    own, below = {tier}, UNDER[tier]
    return {
        Role.OFFICER: {
            Action.VIEW: own,
            Action.ENTER: own,
            Action.HAND_IN: own,
            Action.REVIEW: set(),
            Action.ADMINISTER: set(),
        },
        Role.REVIEWER: {
            Action.VIEW: own | below,
            Action.ENTER: set(),
            Action.HAND_IN: below,
            Action.REVIEW: below,
            Action.ADMINISTER: set(),
        },
        Role.LEADER: {
            Action.VIEW: own | below,
            Action.ENTER: set(),
            Action.HAND_IN: set(),
            Action.REVIEW: set(),
            Action.ADMINISTER: set(),
        },
        Role.ADMINISTRATOR: {
            Action.VIEW: own | below,
            Action.ENTER: set(),
            Action.HAND_IN: set(),
            Action.REVIEW: set(),
            Action.ADMINISTER: own | below,
        },
    }[Role(role)]


@pytest.mark.parametrize("tier", ["nation", "province", "district", "commune"])
@pytest.mark.parametrize("role", Role.values)
def test_post_gives_its_role_on_its_unit_and_below_and_nothing_else(
    country: Country, role: str, tier: str
) -> None:
    person = official("nguoi", getattr(country, tier), role)

    for action, expected in allowed(role, tier).items():
        given = {name for name in EVERYWHERE if access.can(person, action, getattr(country, name))}
        listed = set(access.units_for(person, action))

        assert given == expected, action
        assert listed == {getattr(country, name) for name in expected}, action


@pytest.mark.parametrize("tier", ["province", "district", "commune"])
@pytest.mark.parametrize("role", Role.values)
def test_require_hides_from_strangers_and_refuses_readers(
    country: Country, role: str, tier: str
) -> None:
    """404 where they may not even see, 403 where they see but may not do this."""
    person = official("nguoi", getattr(country, tier), role)
    given = allowed(role, tier)

    for name in EVERYWHERE:
        unit = getattr(country, name)
        for action in Action:
            if name not in given[Action.VIEW]:
                with pytest.raises(Http404):
                    access.require(person, action, unit)
            elif name not in given[action]:
                with pytest.raises(PermissionDenied):
                    access.require(person, action, unit)
            else:
                assert access.require(person, action, unit) == unit


def test_require_of_no_unit_is_not_found(country: Country) -> None:
    with pytest.raises(Http404):
        access.require(official("nguoi", country.province, Role.LEADER), Action.VIEW, None)


# -- posts have dates -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_days", "to_days", "holds"),
    [
        (None, None, True),
        (0, None, True),
        (None, 0, True),
        (0, 0, True),
        (-30, 30, True),
        (None, -1, False),
        (-30, -1, False),
        (1, None, False),
        (1, 30, False),
    ],
)
def test_post_counts_on_its_days_only(
    country: Country, from_days: int | None, to_days: int | None, holds: bool
) -> None:
    today = timezone.localdate()

    def day(offset: int | None) -> date | None:
        return None if offset is None else today + timedelta(days=offset)

    person = official("nguoi")
    Post.objects.create(
        official=person,
        unit=country.commune,
        role=Role.OFFICER,
        valid_from=day(from_days),
        valid_to=day(to_days),
    )

    assert access.can(person, Action.ENTER, country.commune) is holds
    assert access.units_for(person, Action.VIEW).exists() is holds


def test_posts_add_up_and_come_highest_tier_first(country: Country) -> None:
    person = official("nguoi", country.commune, Role.OFFICER)
    Post.objects.create(official=person, unit=country.neighbour, role=Role.REVIEWER)
    Post.objects.create(official=person, unit=country.foreign, role=Role.LEADER)

    assert [post.unit for post in access.current_posts(person)] == [
        country.foreign,
        country.neighbour,
        country.commune,
    ]
    assert [post.unit for post in access.reviewing_posts(person)] == [country.neighbour]
    assert access.can(person, Action.ENTER, country.commune)
    assert access.can(person, Action.REVIEW, country.cousin)
    assert access.can(person, Action.VIEW, country.stranger)
    assert not access.can(person, Action.ENTER, country.cousin)
    assert not access.can(person, Action.REVIEW, country.commune)
    assert not access.can(person, Action.REVIEW, country.stranger)


def test_roles_of_two_posts_do_not_mix(country: Country) -> None:
    """An officer of the district and a leader of the commune: no entering in the commune."""
    person = official("nguoi", country.district, Role.OFFICER)
    Post.objects.create(official=person, unit=country.commune, role=Role.LEADER)

    assert not access.can(person, Action.ENTER, country.commune)
    assert not access.can(person, Action.VIEW, country.sister)


# -- accounts -------------------------------------------------------------------------------------


def may_nothing(person: Official | AnonymousUser, country: Country) -> bool:
    units = [getattr(country, name) for name in EVERYWHERE]
    return not any(access.can(person, action, unit) for action in Action for unit in units)


def test_visitor_and_inactive_account_may_nothing(country: Country) -> None:
    inactive = official("nghi.viec", country.nation, Role.ADMINISTRATOR)
    inactive.is_active = False
    inactive.is_superuser = True
    inactive.save()

    for person in (AnonymousUser(), inactive):
        assert may_nothing(person, country)
        assert not access.units_for(person, Action.VIEW).exists()
        assert not access.is_administrator(person)
    assert not inactive.is_staff
    assert not inactive.has_perm("communes.change_unit")
    assert not inactive.has_module_perms("communes")


def test_superuser_without_posts_keeps_the_system_but_sees_no_unit(country: Country) -> None:
    root = Official.objects.create_superuser("goc", None, full_name="Gốc")

    assert access.is_administrator(root)
    assert root.is_staff
    assert root.has_perm("communes.change_unit")
    assert may_nothing(root, country)
    assert not access.units_for(root, Action.VIEW).exists()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.REVIEWER, Role.LEADER])
def test_only_administrators_open_the_administration(country: Country, role: str) -> None:
    person = official("nguoi", country.nation, role)

    assert not access.is_administrator(person)
    assert not person.is_staff
    assert not person.has_perm("communes.change_unit")


@pytest.mark.parametrize(
    ("at", "may"), [("nation", True), ("province", False), ("district", False), ("commune", False)]
)
def test_administration_knows_no_borders_so_only_the_top_unit_gives_it(
    country: Country, at: str, may: bool
) -> None:
    person = official("quan.tri", getattr(country, at), Role.ADMINISTRATOR)

    assert access.is_administrator(person) is may
    assert person.is_staff is may
    assert person.has_perm("communes.change_unit") is may


# -- groups ---------------------------------------------------------------------------------------


@pytest.fixture
def group(country: Country) -> UnitGroup:
    """A group across two districts."""
    made = UnitGroup.objects.create(code="muoi-xa", name="10 xã", expected_size=10)
    made.members.create(unit=country.commune, source="stated")
    made.members.create(unit=country.cousin, source="stated")
    return made


@pytest.mark.parametrize(
    ("role", "at", "may"),
    [
        (Role.LEADER, "province", True),
        (Role.REVIEWER, "nation", True),
        (Role.REVIEWER, "district", False),  # sees one of two
        (Role.OFFICER, "commune", False),
        (Role.OFFICER, "province", False),  # sees the province alone
        (Role.LEADER, "foreign", False),
    ],
)
def test_group_is_open_to_who_may_see_every_member(
    country: Country, group: UnitGroup, role: str, at: str, may: bool
) -> None:
    person = official("nguoi", getattr(country, at), role)

    assert access.can_view_group(person, group) is may


def test_group_without_members_is_open_to_officials_only(country: Country) -> None:
    empty = UnitGroup.objects.create(code="trong", name="Chưa rõ")

    assert access.can_view_group(official("nguoi", country.commune), empty)
    assert not access.can_view_group(official("khong.chuc.trach"), empty)
    assert not access.can_view_group(AnonymousUser(), empty)


# -- cost -----------------------------------------------------------------------------------------


def test_posts_are_read_once_per_person(
    country: Country, django_assert_num_queries: object
) -> None:
    person = official("nguoi", country.district, Role.REVIEWER)

    with django_assert_num_queries(1):  # type: ignore[operator]
        for _ in range(3):
            access.current_posts(person)
            access.is_administrator(person)
            access.can(person, Action.VIEW, country.district)
    with django_assert_num_queries(1):  # type: ignore[operator]
        list(access.units_for(person, Action.REVIEW))


# -- giving figures to the units below ---------------------------------------------------------


@pytest.mark.parametrize("tier", ["nation", "province", "district", "commune"])
@pytest.mark.parametrize("role", Role.values)
def test_figures_are_assigned_by_a_reviewer_of_the_unit_or_above_it(
    country: Country, role: str, tier: str
) -> None:
    """An office assigns to the units below its own: the district's for the district's communes."""
    person = official("nguoi", getattr(country, tier), role)
    assigns = {tier} | UNDER[tier] if role == Role.REVIEWER else set()
    sees = allowed(role, tier)[Action.VIEW]

    for name in EVERYWHERE:
        unit = getattr(country, name)
        assert access.can_assign(person, unit) is (name in assigns), name
        if name not in sees:
            with pytest.raises(Http404):
                access.require_assign(person, unit)
        elif name not in assigns:
            with pytest.raises(PermissionDenied):
                access.require_assign(person, unit)
        else:
            assert access.require_assign(person, unit) == unit


def test_visitor_assigns_nothing_and_no_unit_is_not_found(country: Country) -> None:
    assert not access.can_assign(AnonymousUser(), country.district)
    with pytest.raises(Http404):
        access.require_assign(official("nguoi", country.nation, Role.REVIEWER), None)
