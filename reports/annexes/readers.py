"""Who may have a table: one with rows of other units is for who sees those one by one.

Rows of the unit itself (indicators, a commune's own figures) go with the unit. A group is open
only to who sees all of its members, so its tables ask for nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official
from indicators.periods import Period
from reports.annexes.build import Offer
from reports.annexes.lines import Area, Place
from reports.annexes.table import Table

Reader = Official | AnonymousUser


def is_open(table: Table, by: Reader) -> bool:
    """May `by` have the table? No query where all of its rows are of the unit itself."""
    place = table.origin.place
    return _goes_with(place, by, is_of_others=place.names_others(row.unit for row in table.rows))


def require_open(table: Table, by: Reader | None) -> Table:
    """Return the table if `by` may have it; None: it is for nobody in particular.

    Raises PermissionDenied, with the reason.
    """
    if by is not None and not is_open(table, by):
        raise PermissionDenied(closed_words(table.origin.place))
    return table


def offers_for(found: Sequence[Offer], area: Area, period: Period, by: Reader) -> list[Offer]:
    """The tables of a list, those that are not for `by` with the reason."""
    place = Place(area, period)
    if _goes_with(place, by, is_of_others=any(offer.is_of_others for offer in found)):
        return list(found)
    return [_closed(offer, place) if offer.is_of_others else offer for offer in found]


def closed_words(place: Place) -> str:
    words = _(
        "Biểu ghi số của từng đơn vị cấp dưới. Đồng chí xem được số chung của đơn vị; biểu này "
        "cán bộ duyệt, lãnh đạo của {unit} tải được."
    )
    return words.format(unit=place.name_in_sentence)


def _goes_with(place: Place, by: Reader, *, is_of_others: bool) -> bool:
    """Whoever sees the place sees such rows of it too; a group's are seen by who sees it."""
    return not is_of_others or place.group is not None or access.sees_below(by, place.unit)


def _closed(offer: Offer, place: Place) -> Offer:
    return replace(offer, reason=closed_words(place), variants=(), is_closed=True)
