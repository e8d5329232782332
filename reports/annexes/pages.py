"""What the page of tables shows: the list with what can be had, and one table as a preview."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes import access
from communes.access import Action
from communes.models import GroupMember, Official, Unit, UnitGroup
from indicators.enums import Stage
from indicators.freshness import Freshness, Included, Scope
from indicators.periods import Period
from plans.wording import plan_heading, years_words
from povertyplan.lib.bilingual import in_words
from povertyplan.lib.errors import DomainError
from reports.annexes.absent import has_form, sections_of, why_not
from reports.annexes.build import Offer, build_table, offers
from reports.annexes.lines import GROUP, Area, Place
from reports.annexes.readers import offers_for
from reports.annexes.table import PrintedRow, Table, printed_rows
from reports.models import Annex
from reports.returns import periods_for

VARIANT_LABELS = {"year": gettext_lazy("Theo năm"), "period": gettext_lazy("Cả giai đoạn")}


@dataclass(frozen=True, slots=True)
class ListItem:
    """One table of the list: its sections in the document, and why it cannot be had, if so.

    `plan`: which document it belongs to, where the list has tables of several. `is_closed`: it
    is the reader who may not have it.
    """

    annex: Annex
    plan: str
    sections: str
    reason: str
    has_form: bool
    is_chosen: bool
    is_closed: bool


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
    """`groups`: the groups of units among those of the place that the reader may see whole.

    `refused`: the table asked for, where it cannot be had. `is_asked`: one was asked for by name.
    """

    place: Place
    period: Period
    stage: str
    fresh: Freshness
    items: list[ListItem]
    periods: list[Period]
    preview: Preview | None
    refused: ListItem | None
    is_asked: bool
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

    @property
    def closed(self) -> int:
        """How many are for others."""
        return sum(item.is_closed for item in self.items)

    @property
    def closed_words(self) -> str:
        """Why, once for all of them."""
        return next((item.reason for item in self.items if item.is_closed), "")


def find_area(official: Official | AnonymousUser, reference: str, period: Period) -> Area:
    """The unit (`CODE`, as of the period's last day) or the group (`group:CODE`) of an address.

    Raises Http404 when there is none, or it is none of theirs.
    """
    if not reference.startswith(GROUP):
        return find_unit(official, reference, period)
    group = UnitGroup.objects.filter(code=reference.removeprefix(GROUP)).first()
    if group is None or not access.can_view_group(official, group):
        raise Http404(_("Không có nhóm này trong phạm vi của đồng chí."))
    return group


def find_unit(official: Official | AnonymousUser, reference: str, period: Period) -> Unit:
    """The unit as of the period's last day.

    Raises Http404; who may see the unit on other days is told that it is the period that is wrong.
    """
    unit = Unit.objects.named(reference, on=period.end)
    if unit is None:
        other = Unit.objects.named_ever(reference)
        if other is not None and access.can(official, Action.VIEW, other):
            raise Http404(_no_longer(other, period))
    return access.require(official, Action.VIEW, unit)


def _no_longer(unit: Unit, period: Period) -> str:
    words = {"unit": unit.name, "period": period.label, "end": f"{period.end:%d/%m/%Y}"}
    if unit.valid_to < period.end:
        said = _(
            "{unit} không còn vào ngày cuối kỳ {period} ({end}), chỉ có đến {last}. "
            "Chọn kỳ trước đó."
        )
        return said.format(last=f"{unit.valid_to:%d/%m/%Y}", **words)
    return _("{unit} chưa có vào ngày cuối kỳ {period} ({end}). Chọn kỳ sau đó.").format(**words)


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

    Raises DomainError for a table or variant that there is not, PermissionDenied for a chosen
    table that is not for `by`.
    """
    place = Place(area, period)
    periods = sorted({period, *(row for row in periods_for(place.unit) if row.is_year)})
    # A change starts from the year before.
    before = {period.shifted(-1), *(row for row in periods if row <= period)}
    fresh = scope_of(area, tuple(sorted(before))).freshness()
    found = offers_for(offers(area, period), area, period, by)
    shown = _chosen(found, chosen)
    items = _items(found, shown)
    is_refused = shown is not None and bool(shown.reason)
    return ListPage(
        place=place,
        period=period,
        stage=stage,
        fresh=fresh,
        items=items,
        periods=periods,
        preview=None
        if shown is None or is_refused
        else _preview(shown, area, period, stage, variant),
        refused=next((item for item in items if item.is_chosen), None) if is_refused else None,
        is_asked=bool(chosen),
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
            if offer.is_closed:
                raise PermissionDenied(offer.reason)
            return offer
    raise DomainError(_("Không có biểu “%s” trong danh mục của đơn vị.") % code)


def _items(found: list[Offer], shown: Offer | None) -> list[ListItem]:
    """Documents number their tables each for itself: of several it is told whose each one is."""
    plans = {offer.annex.plan_id for offer in found}
    return [_item(offer, shown, with_plan=len(plans) > 1) for offer in found]


def _item(offer: Offer, shown: Offer | None, *, with_plan: bool) -> ListItem:
    annex = offer.annex
    return ListItem(
        annex=annex,
        plan=plan_words(annex) if with_plan else "",
        sections=sections_of(annex),
        reason=why_not(annex, offer.reason) if offer.reason else "",
        has_form=has_form(annex),
        is_chosen=offer == shown,
        is_closed=offer.is_closed,
    )


def plan_words(annex: Annex) -> str:
    """Which document a table belongs to, with the years that it is for."""
    if annex.plan is None:
        return _("Biểu chung, không thuộc kế hoạch nào")
    years = years_words(annex.plan.year_from, annex.plan.year_to)
    return f"{plan_heading(annex.plan)}, {years}" if years else plan_heading(annex.plan)


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
