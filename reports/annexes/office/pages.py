"""What the page of an office's own template shows, and what a table says of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.periods import Period
from reports.annexes.lines import Area
from reports.annexes.office.names import PlaceHolder, place_holders
from reports.annexes.office.templates import Asked, own_template, versions_of
from reports.annexes.pages import VARIANT_LABELS, Preview, plan_words
from reports.models import AnnexTemplate

SHOWN = 20


@dataclass(frozen=True)
class TemplatePage:
    """The template of one variant of a unit's table, its versions, what may be filled in."""

    asked: Asked
    plan: str
    variants: tuple[tuple[str, str], ...]
    versions: tuple[AnnexTemplate, ...]
    own: AnnexTemplate | None
    may_keep: bool
    names: tuple[PlaceHolder, ...]


def template_page(asked: Asked, by: Official | AnonymousUser) -> TemplatePage:
    """Two queries, whatever there is."""
    spec = asked.spec
    versions = tuple(versions_of(asked).select_related("uploaded_by")[:SHOWN])
    own = next((row for row in versions if row.active), None) or own_template(asked)
    return TemplatePage(
        asked=asked,
        plan=plan_words(asked.annex),
        variants=tuple(
            (layout.variant, str(VARIANT_LABELS.get(layout.variant, layout.variant)))
            for layout in spec.layouts
        ),
        versions=versions,
        own=own,
        may_keep=access.can_keep_templates(by, asked.unit),
        names=tuple(place_holders(spec, asked.layout)),
    )


@dataclass(frozen=True)
class OfficeLink:
    """Whether a table shown can be had in the template of an office, and of which.

    `owner`: the unit above, where it is the table of a group. `page`: the address of the unit
    whose page of the template the reader has some business on; empty for others.
    """

    has_template: bool
    owner: Unit | None
    page: str


def office_link(
    area: Area, period: Period, preview: Preview | None, by: Official | AnonymousUser
) -> OfficeLink | None:
    """None where there is no table. A group uses the templates of the unit above it."""
    if preview is None:
        return None
    asked = Asked(area, period, preview.annex, preview.variant)
    has = versions_of(asked).filter(active=True).exists()
    may_keep = access.can_keep_templates(by, asked.unit)
    has_business = may_keep or (has and access.can(by, Action.VIEW, asked.unit))
    owner = asked.unit if asked.place.group else None
    return OfficeLink(has, owner, asked.address if has_business else "")
