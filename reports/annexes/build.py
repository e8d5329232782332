"""Drawing an official table up: from figures to a finished table, ready to print.

Reads rolled-up figures and plans, never single facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Ancestry, Unit, UnitGroup
from indicators.enums import Aggregation
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import officially
from reports.annexes import wording
from reports.annexes.cells import CellMaker
from reports.annexes.checking import code_of
from reports.annexes.lines import Area, Line, Place, Sums
from reports.annexes.origin import Origin
from reports.annexes.readings import Readings, Request, catalogue_of, check_known
from reports.annexes.recipes import RecipeBook, attach, fill_formulas, recipes_for
from reports.annexes.remarks import Remarks
from reports.annexes.spec import AnnexSpec, read_spec
from reports.annexes.table import Row, RowKind, Table
from reports.models import Annex, Report


def annexes_for(area: Area, period: Period) -> list[Annex]:
    """The tables to be printed for `area` and `period`: those of no plan, and of plans in force.

    A plan counts where it is the unit's own, of a unit above, or of one below; for a group,
    where it is that of a member, or of a unit above one.
    """
    units = Place(area, period).units
    above = Ancestry.objects.filter(descendant__in=units).values("ancestor")
    below = Ancestry.objects.filter(ancestor__in=units).values("descendant")
    in_force = Q(plan__year_from__lte=period.year, plan__year_to__gte=period.year)
    covering = Q(plan__unit__in=above) | Q(plan__unit__in=below)
    rows = Annex.objects.filter(Q(plan=None) | (in_force & covering))
    return list(rows.select_related("plan__unit"))


def find_annex(code: str, area: Area, period: Period) -> Annex:
    """One of these tables by its code. Raises DomainError when `area` has none of it."""
    for annex in annexes_for(area, period):
        if annex.code == code:
            return annex
    name = Place(area, period).name_in_sentence
    words = {"code": code, "unit": name, "period": period.label}
    raise DomainError(_("Không có biểu “%(code)s” cho %(unit)s, %(period)s.") % words)


@dataclass(frozen=True, slots=True)
class Offer:
    """A table on the list; `reason` says why it cannot be had, empty when it can.

    `is_of_others`: it has rows of other units than the place; `is_closed`: it is the reader who
    may not have it (`readers.py`).
    """

    annex: Annex
    reason: str
    variants: tuple[str, ...] = ()
    is_of_others: bool = False
    is_closed: bool = False


def offers(area: Area, period: Period) -> list[Offer]:
    """Every table for the area and period, those that cannot be drawn up with their reason."""
    place = Place(area, period)
    known = dict(Indicator.objects.values_list("code", "aggregation"))
    return [_offer(annex, place, known) for annex in annexes_for(area, period)]


def _offer(annex: Annex, place: Place, known: Mapping[str, str]) -> Offer:
    try:
        spec = read_spec(annex.definition)
        for layout in spec.layouts:
            check_known(spec.views(layout).values(), known)
        lines = place.lines(spec.rows)
        _check_adds_up(spec, place, known)
    except DomainError as error:
        return Offer(annex, str(error))
    variants = tuple(layout.variant for layout in spec.layouts)
    return Offer(annex, "", variants, place.names_others(line.named_after for line in lines))


def _check_adds_up(spec: AnnexSpec, place: Place, aggregation: Mapping[str, str]) -> None:
    """Rows that are indicators need a figure above the tier that types them. Raises DomainError."""
    if spec.rows.tier in ("", place.unit.tier.code):
        return
    lone = [item for item in spec.rows.items if aggregation[item.indicator] == Aggregation.NONE]
    if lone:
        names = ", ".join(f"“{item.label}”" for item in lone)
        words = {"names": names, "tier": TierCode(spec.rows.tier).label.lower()}
        raise DomainError(_("Không cộng được từ cấp %(tier)s lên: %(names)s") % words)


@officially
def build_table(annex: Annex, area: Area, period: Period, stage: str, variant: str = "") -> Table:
    """Draw the table up. Raises DomainError, with the reason, when it cannot be."""
    spec, place = read_spec(annex.definition), Place(area, period)
    layout = spec.layout(variant)
    views = spec.views(layout)
    catalogue = catalogue_of(*views.values())
    lines = place.lines(spec.rows)
    _check_adds_up(spec, place, catalogue.aggregations)
    request = Request(period, stage, _plan_years(annex))
    groups = {line.group.pk: line.group for line in lines if line.group}
    readings = Readings(
        _units(lines), list(views.values()), catalogue, request, list(groups.values())
    )
    book = {
        strand: recipes_for(view, catalogue, request, of_units=not spec.rows.items)
        for strand, view in views.items()
    }
    cells = CellMaker(views, readings)
    return _finished(
        annex, spec, place, Remarks(lines, _rows(lines, cells, book), cells, book, layout)
    )


def _plan_years(annex: Annex) -> tuple[Period, ...]:
    plan = annex.plan
    if plan is None or plan.year_from is None or plan.year_to is None:
        return ()
    return tuple(Period(year) for year in range(plan.year_from, plan.year_to + 1))


def _units(lines: Sequence[Line]) -> list[Unit]:
    """Every unit of the table once, summaries too."""
    units = {member.pk: member for line in lines for member in line.units}
    units |= {line.unit.pk: line.unit for line in lines if line.unit}
    return list(units.values())


def _rows(lines: Sequence[Line], cells: CellMaker, book: RecipeBook) -> list[Row]:
    sums = Sums(lines)
    spans = sum(not strand.indicator for strand in cells.views) or 1
    plain = [
        Row(
            line.kind,
            cells.cells(line),
            line.named_after,
            units=sums.units(line),
            parts=sums.parts(line),
            strand=line.strand,
            span=0 if line.strand.place else spans,
        )
        for line in lines
    ]
    return attach(fill_formulas(plain, book), book)


def _finished(annex: Annex, spec: AnnexSpec, place: Place, remarks: Remarks) -> Table:
    readings, layout = remarks.cells.readings, remarks.layout
    stage, variant, unit = readings.request.stage, layout.variant, place.unit
    has_sample_members = _has_sample_members(spec)
    of_sample_group = place.group is not None and place.group.has_sample_members
    has_sample_figures = readings.has_sample or remarks.cells.has_sample_plans
    has_sample = has_sample_figures or has_sample_members or of_sample_group
    total = next(line for line in remarks.lines if line.kind is RowKind.TOTAL)
    coverage, made_at = remarks.cells.coverage_of_all(total), timezone.now()
    title = wording.title(spec, variant, place.period, annex.plan)
    states = _states(remarks.units, place.period)
    table = Table(
        number=spec.number,
        title=wording.title_of_place(title, place),
        issuer_lines=wording.issuer_lines(unit),
        reference=wording.reference_line(
            None if place.group else annex.plan, unit, place.period, layout
        ),
        unit_of_measure=spec.unit_of_measure,
        layout=layout,
        rows=tuple(remarks.rows_with_states(states)),
        notes=spec.notes,
        remarks=tuple(
            remarks.notes(place, states, annex.plan, has_sample_members=has_sample_members)
        ),
        left=spec.left,
        right=wording.signed_at(spec.right, unit),
        marks=wording.marks(has_sample=has_sample, stage=stage),
        stamp=wording.stamp(stage, made_at, coverage, has_sample=has_sample),
        file_name=wording.file_name(spec, variant, place, stage),
        made_at=made_at,
        origin=Origin(annex, place, spec, readings.request, readings.catalogue, readings.merged),
        coverage=coverage,
    )
    return replace(table, check_code=code_of(table))


def _states(units: Sequence[Unit], period: Period) -> dict[int, str]:
    reports = Report.objects.filter(unit__in=units, period=period.code)
    return dict(reports.values_list("unit_id", "state"))


def _has_sample_members(spec: AnnexSpec) -> bool:
    if not spec.rows.group:
        return False
    group = UnitGroup.objects.filter(code=spec.rows.group).first()
    return group is not None and group.has_sample_members
