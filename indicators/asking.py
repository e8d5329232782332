"""Who is asked for which input: by tier, kind of unit and group.

Source: indicators.yaml header (entered_at, entered_at_two_tier, applies_to, group).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, When

from communes.enums import TierCode
from communes.models import Ancestry, GroupMember, Unit
from indicators.enums import AppliesTo, Cadence
from indicators.models import Indicator
from indicators.periods import Period

PARTS = {Cadence.YEAR: ("",), Cadence.HALF: ("", "H"), Cadence.QUARTER: ("", "H", "Q")}

URBAN = Q(descendant__name__startswith="Thị trấn ") | Q(descendant__name__startswith="Phường ")


@dataclass(frozen=True, slots=True)
class Profile:
    """What decides which inputs a unit is asked for."""

    tier: str
    is_urban: bool
    is_two_tier: bool
    groups: frozenset[int] = frozenset()


def asks(indicator: Indicator, profile: Profile) -> bool:
    """Is a unit of this profile asked to type this input? Inputs only."""
    tier = indicator.entered_at
    if profile.is_two_tier and indicator.entered_at_two_tier_id:
        tier = indicator.entered_at_two_tier
    if tier is None or tier.code != profile.tier:
        return False
    if indicator.applies_to == AppliesTo.COMMUNES and profile.is_urban:
        return False
    return indicator.group_id is None or indicator.group_id in profile.groups


def is_asked_in(indicator: Indicator, period: Period) -> bool:
    """Is the input asked for in a period of this length: as often as its cadence, or less often?"""
    return period.part in PARTS[Cadence(indicator.cadence)]


def profile_of(unit: Unit, day: date) -> Profile:
    """The profile of one unit on `day`."""
    return profiles_of([unit.pk], day)[unit.pk]


def profiles_of(units: Iterable[int], day: date) -> dict[int, Profile]:
    """The profile of each unit on `day`, by pk. Two or three queries, whatever their number."""
    themselves = Ancestry.objects.filter(ancestor__in=list(units), depth=0)
    return {pk: next(iter(counts)) for pk, counts in _counted(themselves, day).items()}


def profiles_below(units: Iterable[int], day: date) -> dict[int, Counter[Profile]]:
    """Count the units at or below each of `units` (pks) on `day` by profile: {unit pk: counts}.

    Two or three queries in all.
    """
    wanted = list(units)
    pairs = Ancestry.objects.filter(
        ancestor__in=wanted, descendant__valid_from__lte=day, descendant__valid_to__gte=day
    )
    return {pk: Counter() for pk in wanted} | _counted(pairs, day)


def _counted(pairs: QuerySet[Ancestry], day: date) -> dict[int, Counter[Profile]]:
    counts: dict[int, Counter[Profile]] = defaultdict(Counter)
    for row in _grouped(pairs, day, "ancestor_id"):
        counts[row["ancestor_id"]][_profile(row)] += row["units"]
    members = _memberships()
    if members:
        inside = pairs.filter(descendant__in=members)
        for row in _grouped(inside, day, "ancestor_id", "descendant_id"):
            plain = _profile(row)
            counts[row["ancestor_id"]][plain] -= 1
            counts[row["ancestor_id"]][replace(plain, groups=members[row["descendant_id"]])] += 1
    return {pk: +found for pk, found in counts.items()}


def _memberships() -> dict[int, frozenset[int]]:
    """Units in groups that some indicator is limited to: {unit pk: group pks}."""
    asked = Indicator.objects.filter(group__isnull=False).values("group")
    found: dict[int, set[int]] = {}
    for unit_id, group_id in GroupMember.objects.filter(group__in=asked).values_list(
        "unit_id", "group_id"
    ):
        found.setdefault(unit_id, set()).add(group_id)
    return {unit_id: frozenset(groups) for unit_id, groups in found.items()}


def _grouped(pairs: Any, day: date, *keys: str) -> Iterable[dict[str, Any]]:
    """Pairs counted by `keys` and by what makes a profile on `day`; a queryset of Ancestry."""
    in_district = Ancestry.objects.filter(
        descendant=OuterRef("descendant"), ancestor__tier__code=TierCode.DISTRICT
    )
    # By the day: a province may outlive its districts, as Huế did on 1 July 2025.
    has_district = Ancestry.objects.filter(
        ancestor=OuterRef("descendant"),
        descendant__tier__code=TierCode.DISTRICT,
        descendant__valid_from__lte=day,
        descendant__valid_to__gte=day,
    )
    rows: Iterable[dict[str, Any]] = (
        pairs.annotate(
            urban=Case(When(URBAN, then=True), default=False, output_field=BooleanField()),
            with_district=Exists(in_district) | Exists(has_district),
        )
        .order_by()
        .values(*keys, "descendant__tier__code", "urban", "with_district")
        .annotate(units=Count("pk"))
    )
    return rows


def _profile(row: dict[str, Any]) -> Profile:
    return Profile(
        tier=row["descendant__tier__code"],
        is_urban=row["urban"],
        is_two_tier=not row["with_district"],
    )
