"""Drawing an official table up: from figures to a finished table, ready to print.

Reads rolled-up figures and plans, never single facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.models import Ancestry, Unit, UnitGroup
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes import wording
from reports.annexes.cells import CellMaker
from reports.annexes.lines import Line, Place
from reports.annexes.readings import Readings, Request, catalogue_of, check_known
from reports.annexes.recipes import Recipes, attach, fill_formulas, recipes_for
from reports.annexes.remarks import Remarks
from reports.annexes.spec import AnnexSpec, read_spec
from reports.annexes.table import Row, RowKind, Table
from reports.models import Annex, Report


def annexes_for(unit: Unit, period: Period) -> list[Annex]:
    """The tables `unit` may print for `period`: those of no plan, and those of plans in force.

    A plan counts where it is the unit's own, of a unit above, or of one below.
    """
    above = Ancestry.objects.filter(descendant=unit).values("ancestor")
    below = Ancestry.objects.filter(ancestor=unit).values("descendant")
    in_force = Q(plan__year_from__lte=period.year, plan__year_to__gte=period.year)
    covering = Q(plan__unit__in=above) | Q(plan__unit__in=below)
    rows = Annex.objects.filter(Q(plan=None) | (in_force & covering))
    return list(rows.select_related("plan__unit"))


def find_annex(code: str, unit: Unit, period: Period) -> Annex:
    """One of these tables by its code. Raises DomainError when `unit` has none of it."""
    for annex in annexes_for(unit, period):
        if annex.code == code:
            return annex
    words = {"code": code, "unit": unit.name_in_sentence, "period": period.label}
    raise DomainError(_("Không có biểu “%(code)s” cho %(unit)s, %(period)s.") % words)


@dataclass(frozen=True, slots=True)
class Offer:
    """A table on the list; `reason` says why it cannot be had, empty when it can."""

    annex: Annex
    reason: str
    variants: tuple[str, ...] = ()


def offers(unit: Unit, period: Period) -> list[Offer]:
    """Every table for the unit and period, those that cannot be drawn up with their reason."""
    place = Place(unit, period)
    known = set(Indicator.objects.values_list("code", flat=True))
    return [_offer(annex, place, known) for annex in annexes_for(unit, period)]


def _offer(annex: Annex, place: Place, known: set[str]) -> Offer:
    try:
        spec = read_spec(annex.definition)
        place.lines(spec.rows)
        for layout in spec.layouts:
            check_known(layout, known)
    except DomainError as error:
        return Offer(annex, str(error))
    return Offer(annex, "", tuple(layout.variant for layout in spec.layouts))


def build_table(annex: Annex, unit: Unit, period: Period, stage: str, variant: str = "") -> Table:
    """Draw the table up. Raises DomainError, with the reason, when it cannot be."""
    spec = read_spec(annex.definition)
    layout = spec.layout(variant)
    lines = Place(unit, period).lines(spec.rows)
    request = Request(period, stage, _plan_years(annex))
    catalogue = catalogue_of(layout)
    readings = Readings(_units(lines), layout, catalogue, request)
    cells = CellMaker(layout, readings)
    recipes = recipes_for(layout, catalogue, request)
    remarks = Remarks(lines, _rows(lines, cells, recipes), cells, recipes)
    return _finished(annex, spec, unit, remarks)


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


def _rows(lines: Sequence[Line], cells: CellMaker, recipes: Recipes) -> list[Row]:
    plain = [_row(line, lines, cells) for line in lines]
    return attach(fill_formulas(plain, recipes), recipes)


def _row(line: Line, lines: Sequence[Line], cells: CellMaker) -> Row:
    row = Row(line.kind, tuple(cells.cell(line, leaf) for leaf in cells.layout.leaves), line.unit)
    if line.kind is RowKind.UNIT:
        return row
    units = [
        place
        for place, other in enumerate(lines)
        if other.kind is RowKind.UNIT and other.units[0] in line.units
    ]
    parts = _parts(lines) if line.kind is RowKind.TOTAL else []
    return row.summing(tuple(units), tuple(parts))


def _parts(lines: Sequence[Line]) -> list[int]:
    """The rows a total adds up where there are subtotals: these, and units outside of them."""
    subtotals = [line for line in lines if line.kind is RowKind.SUBTOTAL]
    inside = {unit.pk for line in subtotals for unit in line.units}
    return [
        place
        for place, line in enumerate(lines)
        if subtotals and line.kind is not RowKind.TOTAL and not _is_inside(line, inside)
    ]


def _is_inside(line: Line, inside: set[int]) -> bool:
    return line.kind is RowKind.UNIT and line.units[0].pk in inside


def _finished(annex: Annex, spec: AnnexSpec, unit: Unit, remarks: Remarks) -> Table:
    readings, layout = remarks.cells.readings, remarks.cells.layout
    stage, period, variant = readings.request.stage, readings.request.period, layout.variant
    has_sample_members = _has_sample_members(spec)
    has_sample = readings.has_sample or has_sample_members
    total = next(line for line in remarks.lines if line.kind is RowKind.TOTAL)
    coverage, made_at = remarks.cells.coverage(total), timezone.now()
    return Table(
        number=spec.number,
        title=wording.title(spec, variant, period, annex.plan),
        issuer_lines=wording.issuer_lines(unit),
        reference=wording.reference_line(annex.plan, unit),
        unit_of_measure=spec.unit_of_measure,
        layout=layout,
        rows=tuple(remarks.rows_with_states(_states(remarks.lines, period))),
        notes=spec.notes,
        remarks=tuple(remarks.notes(has_sample_members=has_sample_members)),
        left=spec.left,
        right=wording.signed_at(spec.right, unit),
        marks=wording.marks(has_sample=has_sample, stage=stage),
        stamp=wording.stamp(stage, made_at, coverage, has_sample=has_sample),
        file_name=wording.file_name(spec, variant, unit, period, stage),
        made_at=made_at,
        coverage=coverage,
    )


def _states(lines: Sequence[Line], period: Period) -> dict[int, str]:
    units = [line.unit.pk for line in lines if line.kind is RowKind.UNIT and line.unit]
    reports = Report.objects.filter(unit__in=units, period=period.code)
    return dict(reports.values_list("unit_id", "state"))


def _has_sample_members(spec: AnnexSpec) -> bool:
    group = UnitGroup.objects.filter(code=spec.rows.group).first()
    return group is not None and group.has_sample_members
