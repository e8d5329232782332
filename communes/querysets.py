"""Questions asked of places, in the field's words."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

if TYPE_CHECKING:
    from communes.models import Post, Unit  # noqa: F401  # named in the generic base


_REFERENCE = re.compile(r"(?P<code>[0-9A-Za-z]{1,12})(?:@(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))?")
"""`CODE` or `CODE@2024-12-31`."""


class UnitQuerySet(models.QuerySet["Unit"]):
    def valid_on(self, day: date) -> Self:
        """Units that existed on `day` (both ends of a validity count)."""
        return self.filter(valid_from__lte=day, valid_to__gte=day)

    def below(self, unit: Unit, *, include_self: bool = False) -> Self:
        """Every unit under `unit`, at any depth, whatever its dates: one indexed look-up."""
        found = self.filter(upward__ancestor=unit)
        return found if include_self else found.exclude(pk=unit.pk)

    def below_on(self, unit: Unit, day: date) -> Self:
        """Everything below `unit` on `day`, without `unit` itself."""
        return self.below(unit).valid_on(day)

    def above(self, unit: Unit, *, include_self: bool = False) -> Self:
        """The ancestors of `unit`, nearest first."""
        found = self.filter(downward__descendant=unit)
        if not include_self:
            found = found.exclude(pk=unit.pk)
        return found.order_by("downward__depth")

    def of_tier(self, tier_code: str) -> Self:
        return self.filter(tier__code=tier_code)

    def official_order(self) -> Self:
        """The order of the annexes: by GSO code within the tier."""
        return self.order_by("tier__rank", "code", "valid_from")

    def named(self, reference: str, on: date | None = None) -> Unit | None:
        """Find a unit by `CODE` valid on `on` (today by default) or by `CODE@2024-12-31`.

        Returns None when no such unit was valid on that day or the day is not a date.
        Source: design, Contracts (a code names a unit only together with a day).
        """
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            return None
        code, day_text = found["code"], found["day"]
        if day_text:
            try:
                on = date.fromisoformat(day_text)
            except ValueError:
                return None
        return self.valid_on(on or timezone.localdate()).filter(code=code).first()

    def named_ever(self, reference: str) -> Unit | None:
        """As `named`; a unit that has ended since is found by its code alone, the last of it."""
        found = self.named(reference)
        if found is not None or not (reference.isascii() and reference.isalnum()):
            return found
        return self.filter(code=reference).order_by("-valid_to").first()


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: date) -> Self:
        """Posts in force on `day`; one that was handed on lasts no longer than its giver's own,
        nor than any office of its taker's own."""
        givers = (
            self.model._default_manager.filter(_in_force(day))
            .filter(delegated_by=None, official__is_active=True)
            .filter(official=OuterRef("delegated_by"), unit=OuterRef("unit"), role=OuterRef("role"))
        )
        takers = (
            self.model._default_manager.filter(_in_force(day))
            .filter(delegated_by=None)
            .filter(official=OuterRef("official"))
        )
        return self.filter(_in_force(day), Q(delegated_by=None) | Q(Exists(givers), Exists(takers)))


def _in_force(day: date) -> Q:
    return Q(Q(valid_from__isnull=True) | Q(valid_from__lte=day)) & Q(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    )
