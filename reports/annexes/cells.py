"""Every cell of a table, from the figures it rests on.

Source: annexes.yaml header (measure, period, total row, empty cells).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from communes.models import Unit
from indicators.calc import ratio
from indicators.enums import Aggregation
from indicators.figures import Figure
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import Planned
from reports.annexes.expressions import HUNDRED
from reports.annexes.lines import Line
from reports.annexes.readings import Readings
from reports.annexes.spec import Layout, Leaf, LeafKind, Measure, Strand, TextColumn
from reports.annexes.table import (
    MISSING,
    NOT_APPLICABLE,
    NOT_DUE,
    NOT_PLANNED,
    Cell,
    RowKind,
    number_cell,
    text_cell,
)

REPORTED = (Measure.RESULT, Measure.RATE)
"""What a unit itself reports; the rest of a row follows from it or from the plan."""


class CellMaker:
    """Turns lines and columns into cells; columns that are formulas are filled afterwards.

    `views`: the layout as each strand of the table fills it.
    """

    def __init__(self, views: Mapping[Strand, Layout], readings: Readings) -> None:
        self.views = views
        self.readings = readings
        self.request = readings.request
        self._told: dict[tuple[int, Strand], bool | None] = {}
        self.has_sample_plans = False
        """Does a cell made so far rest on a planned figure that is for show?"""

    def cells(self, line: Line) -> tuple[Cell, ...]:
        """The cells of a row, in the order of its columns."""
        return tuple(self._cell(line, leaf) for leaf in self.views[line.strand].leaves)

    def _cell(self, line: Line, leaf: Leaf) -> Cell:
        if leaf.kind is LeafKind.TEXT:
            return text_cell(self._text(line, leaf))
        if leaf.kind is LeafKind.FORMULA:
            return MISSING
        match leaf.measure:
            case Measure.PLAN:
                return self._plan_cell(line, leaf)
            case Measure.CHANGE_POINTS:
                return self._change_cell(line, leaf)
            case Measure.CHANGE_PER_YEAR | Measure.CUMULATIVE:
                return self._several_years_cell(line, leaf)
            case Measure.PCT_OF_PLAN:
                return self._pct_of_plan_cell(line, leaf)
        return self._result_cell(line, leaf)

    def _text(self, line: Line, leaf: Leaf) -> str:
        match leaf.text:
            case TextColumn.ROW_NUMBER:
                return line.number
            case TextColumn.LINE_LABEL:
                return f"{line.strand.label}{self._covered(line)}"
            case TextColumn.UNIT_NAME if line.strand.line:
                return line.label
            case TextColumn.UNIT_NAME | TextColumn.ROW_LABEL:
                return f"{line.label}{self._covered(line)}"
        return ""

    def _covered(self, line: Line) -> str:
        """What a summary adds to its name while not all have reported: (17/18)."""
        if line.kind is RowKind.UNIT and not line.strand.indicator:
            return ""
        coverage = self.coverage(line)
        return f" ({coverage[0]}/{coverage[1]})" if coverage and coverage[0] < coverage[1] else ""

    def coverage(self, line: Line) -> tuple[int, int] | None:
        """(units that have told all the year's figures, units asked for any) in a row."""
        if line.strand.indicator:
            return self._coverage_of_item(line)
        return _counted([self._has_told(unit, line.strand) for unit in line.units])

    def _coverage_of_item(self, line: Line) -> tuple[int, int] | None:
        """The same of a row that is an indicator; None for the unit that types it itself."""
        if line.unit is None:
            return None
        figure = self.readings.figure(line.unit, line.strand.indicator, self.request.period)
        return (figure.reported, figure.expected) if figure.expected > 1 else None

    def coverage_of_all(self, line: Line) -> tuple[int, int] | None:
        """The same over all lines of each unit."""
        if line.strand.indicator:
            return self._coverage_of_item(line)
        return _counted([self._has_told_all(unit) for unit in line.units])

    def _has_told_all(self, unit: Unit) -> bool | None:
        told = [self._has_told(unit, strand) for strand in self.views]
        asked = [one for one in told if one is not None]
        return all(asked) if asked else None

    def _has_told(self, unit: Unit, strand: Strand) -> bool | None:
        """Has the unit told every figure of the year? None when it is asked for none."""
        if (unit.pk, strand) not in self._told:
            line = Line(RowKind.UNIT, (unit,), unit, strand=strand)
            cells = [self._result_cell(line, leaf) for leaf in self.reported_leaves(strand)]
            asked = [cell for cell in cells if cell != NOT_APPLICABLE]
            self._told[unit.pk, strand] = MISSING not in asked if asked else None
        return self._told[unit.pk, strand]

    def told(self, line: Line, leaf: Leaf) -> tuple[int, int] | None:
        """(units that results together are of, units asked); None where one alone is, or of years
        together. Of a sum of indicators the one that lacks most."""
        moment = self.request.moment(leaf)
        if moment is None or leaf.measure not in REPORTED:
            return None
        figures = [self._figure(line, code, moment) for code in leaf.codes]
        counted = [(one.reported, one.expected) for one in figures if one.expected > 1]
        return min(counted, key=lambda one: one[0] - one[1], default=None)

    def reported_leaves(self, strand: Strand) -> Iterator[Leaf]:
        for leaf in self.views[strand].leaves:
            is_reported = bool(leaf.terms) and leaf.measure in REPORTED
            if is_reported and self.request.moment(leaf) == self.request.period:
                yield leaf

    def _figure(self, line: Line, code: str, period: Period) -> Figure:
        if line.unit is not None:
            return self.readings.figure(line.unit, code, period)
        return self.readings.together(line.units, code, period)

    def _result_cell(self, line: Line, leaf: Leaf) -> Cell:
        moment = self.request.moment(leaf)
        if moment is None:
            return NOT_APPLICABLE
        if moment.end > self.request.period.end:
            return NOT_DUE
        if leaf.kind is LeafKind.TERMS:
            return self._terms_cell(line, leaf, moment)
        return cell_of(self._figure(line, leaf.indicator, moment))

    def _terms_cell(self, line: Line, leaf: Leaf, moment: Period) -> Cell:
        """Σ coefficient × figure, over the units that have every term.

        Of the row's own figures where its units do not differ in what they told: these may hold
        more than the units, e.g. one that went in the year, and so do the columns beside it.
        """
        if line.unit is not None and self._are_alike(line, leaf, moment):
            return self._terms_of_unit(line.unit, leaf, moment)
        cells = [self._terms_of_unit(unit, leaf, moment) for unit in line.units]
        values = [cell.value for cell in cells if cell.value is not None]
        if values:
            return number_cell(sum(values, Decimal(0)))
        return MISSING if MISSING in cells else NOT_APPLICABLE

    def _are_alike(self, line: Line, leaf: Leaf, moment: Period) -> bool:
        """Have all units of the row told every term, or none of them any? Of what adds up."""
        catalogue = self.readings.catalogue
        told = {
            cell_of(self.readings.figure(unit, code, moment)) != MISSING
            for unit in line.units
            for code in leaf.codes
        }
        add_up = all(catalogue[code].aggregation == Aggregation.SUM for code in leaf.codes)
        return add_up and len(told) == 1

    def _terms_of_unit(self, unit: Unit, leaf: Leaf, moment: Period) -> Cell:
        parts = [
            (coefficient, cell_of(self.readings.figure(unit, code, moment)))
            for coefficient, code in leaf.terms
        ]
        if any(cell == MISSING for _, cell in parts):
            return MISSING
        values = [coefficient * cell.value for coefficient, cell in parts if cell.value is not None]
        return number_cell(sum(values, Decimal(0))) if values else NOT_APPLICABLE

    def _change_cell(self, line: Line, leaf: Leaf) -> Cell:
        moment = self.request.moment(leaf)
        if moment is None or moment.end > self.request.period.end:
            return NOT_DUE
        value = self.readings.change(line.units, leaf.indicator, moment)
        if value is not None:
            return number_cell(value)
        closing = cell_of(self._figure(line, leaf.indicator, moment))
        return NOT_APPLICABLE if closing == NOT_APPLICABLE else MISSING

    def _several_years_cell(self, line: Line, leaf: Leaf) -> Cell:
        """A running total, or the mean of the yearly cuts: over the years that have a figure."""
        values = list(self.yearly(line, leaf).values())
        if not values:
            return MISSING
        total = sum(values, Decimal(0))
        is_mean = leaf.measure is Measure.CHANGE_PER_YEAR
        return number_cell(total / len(values) if is_mean else total)

    def yearly(self, line: Line, leaf: Leaf) -> dict[Period, Decimal]:
        found = {}
        for year in self.request.span(leaf):
            if leaf.measure is Measure.CHANGE_PER_YEAR:
                value = self.readings.change(line.units, leaf.indicator, year)
            else:
                value = self._figure(line, leaf.indicator, year).value
            if value is not None:
                found[year] = value
        return found

    def _plan_cell(self, line: Line, leaf: Leaf) -> Cell:
        value = self._planned(line, leaf)
        return NOT_PLANNED if value is None else number_cell(value)

    def _planned(self, line: Line, leaf: Leaf) -> Decimal | None:
        """What the unit itself, or the group, was assigned. For the whole plan: the mean of the
        yearly cuts; or what the plan says of all its years, else the sum of the years where each
        has a figure."""
        moment = self.request.moment(leaf)
        is_cut = leaf.plan_of in (Measure.CHANGE_POINTS, Measure.CHANGE_PER_YEAR)
        if line.unit is not None and moment is None and not is_cut:
            whole = self.readings.planned_total(line.unit, leaf.indicator)
            if whole is not None:
                return self._marked([whole])[0]
        measure = PlannedMeasure.CHANGE_POINTS if is_cut else PlannedMeasure.VALUE
        years = self.request.years if moment is None else (moment,)
        found = [self._planned_in(line, leaf.indicator, year, measure) for year in years]
        rows = [row for row in found if row is not None]
        if not rows or (not is_cut and len(rows) < len(years)):
            return None
        total = sum(self._marked(rows), Decimal(0))
        return total / len(rows) if is_cut else total

    def _planned_in(self, line: Line, code: str, year: Period, measure: str) -> Planned | None:
        if line.unit is not None:
            return self.readings.planned(line.unit, code, year, measure)
        if line.group is not None:
            return self.readings.planned_of_group(line.group, code, year, measure)
        return None

    def _marked(self, rows: Sequence[Planned]) -> list[Decimal]:
        """The planned figures that a cell rests on; remembers that one is for show."""
        self.has_sample_plans = self.has_sample_plans or any(row.is_sample for row in rows)
        return [row.value for row in rows]

    def _pct_of_plan_cell(self, line: Line, leaf: Leaf) -> Cell:
        plan = self._planned(line, leaf)
        if plan is None:
            return NOT_PLANNED
        if self.request.moment(leaf) is None:
            done = self._several_years_cell(line, leaf)
        else:
            done = self._result_cell(line, leaf)
        value = ratio(done.value, plan, HUNDRED)
        if value is not None:
            return number_cell(value)
        return NOT_APPLICABLE if done.is_number else done


def _counted(told: list[bool | None]) -> tuple[int, int] | None:
    """(how many have, how many are asked); None where nobody is asked."""
    asked = [one for one in told if one is not None]
    return (sum(asked), len(asked)) if asked else None


def cell_of(figure: Figure) -> Cell:
    """A figure as a cell: a number, not reported, or nothing that could be reported.

    A rate whose base is zero, and what is not put together upward, is not applicable.
    """
    if figure.value is not None:
        return number_cell(figure.value)
    return NOT_APPLICABLE if figure.reported or not figure.expected else MISSING
