"""What the page of tables shows: the list with what can be had, and one table as a preview."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes import access
from communes.access import Action
from communes.models import GroupMember, Official, Unit, UnitGroup
from indicators.enums import Stage
from indicators.freshness import Freshness, Included, Scope
from indicators.periods import Period
from povertyplan.lib.bilingual import in_words
from povertyplan.lib.errors import DomainError
from reports.annexes.build import Offer, build_table, offers
from reports.annexes.lines import GROUP, Area, Place
from reports.annexes.table import PrintedRow, Table, printed_rows
from reports.enums import AnnexStatus
from reports.models import Annex
from reports.returns import periods_for

VARIANT_LABELS = {"year": gettext_lazy("Theo năm"), "period": gettext_lazy("Cả giai đoạn")}


@dataclass(frozen=True, slots=True)
class ListItem:
    """One table of the list: its sections in the document, and why it cannot be had, if so."""

    annex: Annex
    sections: str
    reason: str
    has_form: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class VariantLink:
    code: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A table as it would be printed, with what is known of its form."""

    annex: Annex
    table: Table
    rows: list[PrintedRow]
    variant: str
    variants: list[VariantLink]
    confidence: str
    other_reading: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """`groups`: the groups of units among those of the place that the reader may see whole."""

    place: Place
    period: Period
    stage: str
    fresh: Freshness
    items: list[ListItem]
    periods: list[Period]
    preview: Preview | None
    groups: list[Place]

    @property
    def unit(self) -> Unit:
        return self.place.unit

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def included(self) -> Included | None:
        """How many units stand behind the table shown; its remarks name the others."""
        if self.preview is None or self.preview.table.coverage is None:
            return None
        return Included(*self.preview.table.coverage, is_official=self.is_official)

    @property
    def offered(self) -> int:
        """How many tables can be had."""
        return sum(not item.reason for item in self.items)


def find_area(official: Official | AnonymousUser, reference: str, period: Period) -> Area:
    """The unit (`CODE`, as of the period's last day) or the group (`group:CODE`) of an address.

    Raises Http404 when there is none, or it is none of theirs.
    """
    if not reference.startswith(GROUP):
        unit = Unit.objects.named(reference, on=period.end)
        return access.require(official, Action.VIEW, unit)
    group = UnitGroup.objects.filter(code=reference.removeprefix(GROUP)).first()
    if group is None or not access.can_view_group(official, group):
        raise Http404(_("Không có nhóm này trong phạm vi của đồng chí."))
    return group


def list_page(
    area: Area,
    period: Period,
    stage: str,
    chosen: str,
    variant: str,
    *,
    by: Official | AnonymousUser,
) -> ListPage:
    """The tables of an area and period; `chosen` (or else the first that can be had) as a preview.

    Raises DomainError when the table or variant asked for cannot be had.
    """
    place = Place(area, period)
    periods = sorted({period, *(row for row in periods_for(place.unit) if row.is_year)})
    # A change starts from the year before.
    before = {period.shifted(-1), *(row for row in periods if row <= period)}
    fresh = scope_of(area, tuple(sorted(before))).freshness()
    found = offers(area, period)
    shown = _chosen(found, chosen)
    return ListPage(
        place=place,
        period=period,
        stage=stage,
        fresh=fresh,
        items=[_item(offer, shown) for offer in found],
        periods=periods,
        preview=_preview(shown, area, period, stage, variant) if shown else None,
        groups=_groups(place, by),
    )


def scope_of(area: Area, periods: tuple[Period, ...]) -> Scope:
    """What the tables of an area rest on, to ask how fresh it is."""
    if isinstance(area, UnitGroup):
        return Scope((), periods, (area,))
    return Scope((area,), periods)


def _groups(place: Place, by: Official | AnonymousUser) -> list[Place]:
    """The groups of units that lie within the unit, and that the reader may see whole."""
    below = Unit.objects.below(place.unit)
    inside = GroupMember.objects.filter(unit__in=below).values("group")
    outside = GroupMember.objects.exclude(unit__in=below).values("group")
    found = UnitGroup.objects.filter(pk__in=inside).exclude(pk__in=outside)
    return [Place(row, place.period) for row in found if access.can_view_group(by, row)]


def _chosen(found: list[Offer], code: str) -> Offer | None:
    if not code:
        return next((offer for offer in found if not offer.reason), None)
    for offer in found:
        if offer.annex.code == code:
            if offer.reason:
                raise DomainError(offer.reason)
            return offer
    raise DomainError(_("Không có biểu “%s” trong danh mục của đơn vị.") % code)


def _item(offer: Offer, shown: Offer | None) -> ListItem:
    return ListItem(
        annex=offer.annex,
        sections=", ".join(offer.annex.definition.get("sections", ())),
        reason=offer.reason,
        has_form=offer.annex.status == AnnexStatus.USABLE,
        is_chosen=offer == shown,
    )


def _preview(offer: Offer, area: Area, period: Period, stage: str, variant: str) -> Preview:
    annex = offer.annex
    table = build_table(annex, area, period, stage, variant)
    return Preview(
        annex=annex,
        table=table,
        rows=printed_rows(table),
        variant=table.layout.variant,
        variants=[
            VariantLink(code, str(VARIANT_LABELS.get(code, code)), code == table.layout.variant)
            for code in offer.variants
        ],
        confidence=in_words(annex.definition.get("confidence_vi", "")),
        other_reading=in_words(annex.definition.get("other_reading_vi", "")),
    )
