"""What the page of a report in words shows, and the page of its template."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Plan
from plans.wording import plan_heading
from povertyplan.lib.letters import filled
from povertyplan.lib.speech import officially
from reports.enums import NarrativeKind
from reports.models import NarrativeTemplate
from reports.narrative import words
from reports.narrative.asked import Asked, plans_in_force, plans_without_figures
from reports.narrative.build import narrative_of
from reports.narrative.context import Narrative, PlaceHolder, place_holders
from reports.narrative.templates import own_template, template_of, versions_of
from reports.returns import periods_for

SHOWN = 20
"""Versions of a template, the latest first."""


@dataclass(frozen=True, slots=True)
class PlanChoice:
    plan: Plan
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class KindLink:
    kind: str
    label: str
    period: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class NarrativePage:
    """A report before it is downloaded: what was asked, what it will say, what is to be added."""

    asked: Asked
    told: Narrative
    kinds: tuple[KindLink, ...]
    plans: tuple[PlanChoice, ...]
    without: tuple[str, ...]
    """Documents in force that have no figure in the system."""
    years: tuple[KindLink, ...]
    own: NarrativeTemplate | None
    may_keep: bool

    @property
    def unit(self) -> Unit:
        return self.asked.unit

    @property
    def period(self) -> Period:
        return self.asked.period

    @property
    def is_official(self) -> bool:
        return self.asked.is_official

    @property
    def query(self) -> str:
        """What was asked, as the query of an address."""
        told = [("loai", self.asked.kind), ("stage", self.asked.stage)]
        return urlencode([*told, *(("ke-hoach", plan.code) for plan in self.asked.plans)])


def narrative_page(asked: Asked) -> NarrativePage:
    """The number of queries does not grow with units."""
    return NarrativePage(
        asked=asked,
        told=narrative_of(asked),
        kinds=tuple(_kinds(asked)),
        plans=tuple(
            PlanChoice(plan, plan_heading(plan), plan in asked.plans)
            for plan in plans_in_force(asked.unit, asked.period)
        ),
        without=tuple(
            plan_heading(plan) for plan in plans_without_figures(asked.unit, asked.period)
        ),
        years=tuple(_years(asked)),
        own=own_template(asked.unit, asked.kind),
        may_keep=access.can_keep_templates(asked.by, asked.unit),
    )


def _years(asked: Asked) -> list[KindLink]:
    """The same kind of report of the years in the calendar, the earliest first."""
    calendar = {row.year for row in periods_for(asked.unit) if row.is_year}
    query = urlencode({"loai": asked.kind, "stage": asked.stage})
    return [
        KindLink(
            kind=asked.kind,
            label=str(year),
            period=Period(year, "H", 1).code if asked.kind == NarrativeKind.HALF else str(year),
            query=query,
            is_current=year == asked.period.year,
        )
        for year in sorted({asked.period.year, *calendar})
    ]


def _kinds(asked: Asked) -> list[KindLink]:
    year = asked.period.year
    periods = {
        NarrativeKind.HALF: Period(year, "H", 1).code,
        NarrativeKind.YEAR: str(year),
        NarrativeKind.FINAL: str(year),
    }
    return [
        KindLink(
            kind=kind,
            label=str(kind.label),
            period=code,
            query=urlencode({"loai": kind.value, "stage": asked.stage}),
            is_current=kind == asked.kind,
        )
        for kind, code in periods.items()
    ]


def narrative_file(asked: Asked) -> tuple[str, bytes]:
    """(name, content) of the report as .docx; the same for the same figures and template."""
    told = narrative_of(asked)
    return _file_name(asked), filled(
        template_of(asked.unit, asked.kind), told.values(), mark=told.marks
    )


@officially
def _file_name(asked: Asked) -> str:
    """Báo cáo giảm nghèo 6 tháng đầu năm 2024 – Bắc Hà (tạm tính).docx"""
    if asked.kind == NarrativeKind.FINAL:
        first, last = words.span(asked)[0], asked.period.year
        told = _("tổng kết {years}").format(years=first if first == last else f"{first}-{last}")
    else:
        told = asked.period.label
    name = _("Báo cáo giảm nghèo {period} – {unit}").format(period=told, unit=asked.unit.short_name)
    stage = "" if asked.stage == Stage.OFFICIAL else f" ({Stage(asked.stage).label})"
    return f"{name}{stage}.docx"


@dataclass(frozen=True)
class TemplatePage:
    """The template of one kind of a unit's reports, and what may be filled in."""

    unit: Unit
    period: Period
    kind: str
    label: str
    own: NarrativeTemplate | None
    versions: tuple[NarrativeTemplate, ...]
    may_keep: bool
    names: tuple[PlaceHolder, ...]


def template_page(unit: Unit, period: Period, kind: str, by: Official) -> TemplatePage:
    versions = tuple(versions_of(unit, kind).select_related("uploaded_by")[:SHOWN])
    return TemplatePage(
        unit=unit,
        period=period,
        kind=kind,
        label=str(NarrativeKind(kind).label),
        own=next((row for row in versions if row.active), None) or own_template(unit, kind),
        versions=versions,
        may_keep=access.can_keep_templates(by, unit),
        names=tuple(place_holders(Narrative)),
    )
