"""What is said beside the figures: who has not reported, what does not add up, which years lack.

Each function gives the notes of one kind, none where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from communes.models import Unit
from indicators.periods import Period
from plans.models import Plan
from reports.annexes import wording
from reports.annexes.cells import CellMaker
from reports.annexes.lines import Line, Place
from reports.annexes.recipes import RecipeBook, is_equal, off_balance
from reports.annexes.spec import PLAIN, Layout, Leaf, Measure, Strand, TextColumn
from reports.annexes.summed import promise_notes, uneven_notes
from reports.annexes.table import (
    NOT_APPLICABLE,
    NOT_DUE,
    Cell,
    CellKind,
    Row,
    RowKind,
    RowValues,
    columns_of,
    text_cell,
)

_NAMED = 5
"""Rows that are named one by one even where they are most of them."""
SEVERAL_YEARS = (Measure.CHANGE_PER_YEAR, Measure.CUMULATIVE)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Reads finished rows and says what must stand under them.

    `lines` and `rows` go side by side.
    """

    lines: Sequence[Line]
    rows: Sequence[Row]
    cells: CellMaker
    recipes: RecipeBook
    layout: Layout

    @property
    def columns(self) -> Mapping[str, int]:
        return columns_of(self.layout)

    @property
    def by_strand(self) -> list[tuple[Strand, list[Row]]]:
        """The rows of each line that units have; rows that are indicators are read together."""
        if self._is_itemised:
            return [(PLAIN, list(self.rows))]
        return [
            (strand, [row for row in self.rows if row.strand == strand])
            for strand in self.cells.views
        ]

    @property
    def _is_itemised(self) -> bool:
        return any(strand.indicator for strand in self.cells.views)

    @property
    def units(self) -> list[Unit]:
        """Every unit that has a row, once."""
        rows = (row for row in self.rows if not row.is_summary)
        return list(dict.fromkeys(row.unit for row in rows if row.unit))

    @property
    def with_parent(self) -> bool:
        """Do names need the unit above beside them?"""
        return len({unit.parent_id for unit in self.units}) > 1

    def notes(
        self,
        place: Place,
        states: Mapping[int, str],
        plan: Plan | None,
        *,
        has_sample_members: bool,
    ) -> list[str]:
        """Every note, in printing order; `states` of the units' returns by unit pk."""
        return [
            *wording.group_notes(place),
            *self._missing(states),
            *self._off_balance(),
            *self._off_totals(),
            *uneven_notes(self.lines, self.rows, self.layout, self.cells),
            *self._years(),
            *promise_notes(*self._total, self.layout, place, plan),
            *self._mergers(),
            *([wording.SAMPLE_GROUP_NOTE] if has_sample_members else []),
            *([wording.PENDING_NOTE] if self.cells.readings.pending else []),
            *wording.symbol_note(
                chain.from_iterable(row.cells for row in self.rows),
                self.cells.request.stage,
                has_not_due=self._has_not_due,
            ),
        ]

    @property
    def _total(self) -> tuple[Line, Row]:
        """The first total: of what is counted once where units have several lines."""
        pairs = zip(self.lines, self.rows, strict=True)
        return next((line, row) for line, row in pairs if row.kind is RowKind.TOTAL)

    @property
    def _has_not_due(self) -> bool:
        """Is a figure's cell empty, since its year is yet to come?"""
        places = [i for i, leaf in enumerate(self.layout.leaves) if leaf.text is None]
        return any(row.cells[place] == NOT_DUE for row in self.rows for place in places)

    def rows_with_states(self, states: Mapping[int, str]) -> list[Row]:
        """The rows with the remark of each unit; `states` of their returns by unit pk."""
        leaves = self.layout.leaves
        column = next((i for i, leaf in enumerate(leaves) if leaf.text is TextColumn.NOTE), None)
        if column is None:
            return list(self.rows)
        return [
            row if row.is_summary or not row.span else row.with_cell(column, cell)
            for row in self.rows
            for cell in [self._state(row, states)]
        ]

    def _state(self, row: Row, states: Mapping[int, str]) -> Cell:
        state = states.get(row.unit.pk) if row.unit else None
        missing = self._reported(row)
        is_empty = bool(missing) and all(missing)
        return text_cell(wording.state_note(state, self.cells.request.stage, is_empty=is_empty))

    def _reported(self, row: Row) -> list[bool]:
        """For each cell the unit answers for in the year asked for: is it missing?"""
        leaves = self.cells.reported_leaves(row.strand)
        cells = [row.cells[self.columns[leaf.id]] for leaf in leaves]
        return [cell.kind is CellKind.MISSING for cell in cells if cell != NOT_APPLICABLE]

    def _missing(self, states: Mapping[int, str]) -> Iterable[str]:
        for strand, rows in self.by_strand:
            single = [row for row in rows if not row.is_summary or self._is_itemised]
            missing = [(row, self._reported(row)) for row in single]
            empty = [row for row, gaps in missing if gaps and all(gaps)]
            partial = [row for row, gaps in missing if any(gaps) and not all(gaps)]
            waiting: list[Row] = []
            unknown: list[Row] = []
            for row in empty:
                (waiting if self._awaits_approval(row, states) else unknown).append(row)
            for words, found in (
                (wording.NOT_APPROVED, waiting),
                ("Chưa có số liệu", unknown),
                ("Chưa đủ số liệu", partial),
            ):
                if found:
                    yield wording.missing_note(words, strand.label, self._all_or(found, single))

    def _awaits_approval(self, row: Row, states: Mapping[int, str]) -> bool:
        """Does an empty row say so of its unit? The note says then what the row does."""
        if self._is_itemised or row.unit is None:
            return False
        state, stage = states.get(row.unit.pk), self.cells.request.stage
        return wording.state_note(state, stage, is_empty=True) == wording.NOT_APPROVED

    def _all_or(self, found: Sequence[Row], single: Sequence[Row]) -> str:
        """The rows by their names, or that it is all of them; of most the others are named."""
        of_units = not self._is_itemised
        if len(found) == len(single) > 1:
            return wording.all_rows(len(single), of_units=of_units)
        named = set(map(id, found))  # comparing rows cell by cell would take n² of them
        others = [row for row in single if id(row) not in named]
        if len(found) > _NAMED and len(found) > len(others):
            words = wording.all_rows(len(single), of_units=of_units)
            return f"{words}, trừ {self._names(others)}"
        return self._names(found)

    def _names(self, rows: Sequence[Row]) -> str:
        if self._is_itemised:
            return ", ".join(self._label(row) for row in rows)
        units = list(dict.fromkeys(row.unit for row in rows if row.unit))
        return wording.unit_names(units, with_parent=self.with_parent)

    def _label(self, row: Row) -> str:
        heads = [i for i, leaf in enumerate(self.layout.leaves) if leaf.is_head]
        return row.cells[heads[0]].text if heads else ""

    def _off_balance(self) -> Iterable[str]:
        """Columns that by their caption follow from others, and in which rows they do not."""
        for strand, recipes in self.recipes.items():
            for leaf in recipes.layout.leaves:
                if leaf.id in recipes.balances:
                    own = [row for row in self.rows if row.strand == strand]
                    rows = off_balance(own, recipes, leaf.id)
                    if rows:
                        yield wording.balance_note(
                            self._number(leaf), strand.label, self._names(rows)
                        )

    def _off_totals(self) -> list[str]:
        """Columns whose summary is not the sum of its rows, e.g. after a unit has gone."""
        found = [self._number(leaf) for leaf in self.layout.leaves if self._is_off(leaf)]
        return [wording.total_note(found, of_units=not self._is_itemised)] if found else []

    def _is_off(self, leaf: Leaf) -> bool:
        for row in self.rows:
            value = row.cells[self.columns[leaf.id]].value
            is_sum = row.is_summary and leaf.id in self.recipes[row.strand].additive
            if is_sum and value is not None:
                sum_below = RowValues(self.rows, self.columns, row).total(leaf.id, frozenset())
                if not is_equal(sum_below, value):
                    return True
        return False

    def _years(self) -> Iterable[str]:
        """Columns that lack the same years in the same units are named together."""
        columns: dict[str, list[str]] = {}
        for leaf in self.layout.leaves:
            if leaf.measure in SEVERAL_YEARS and (lacking := self._years_of(leaf)):
                columns.setdefault(lacking, []).append(self._number(leaf))
        return [wording.years_note(numbers, lacking) for lacking, numbers in columns.items()]

    def _years_of(self, leaf: Leaf) -> str:
        """The years that a column lacks: in all rows that have some of them, or in which."""
        gaps: dict[tuple[Period, ...], list[Row]] = {}
        told = 0
        for line, row in zip(self.lines, self.rows, strict=True):
            found = self.cells.yearly(line, leaf.of(line.strand))
            if row.is_summary or row.unit is None or not found:
                continue
            told += 1
            lacking = tuple(year for year in self.cells.request.span(leaf) if year not in found)
            if lacking:
                gaps.setdefault(lacking, []).append(row)
        names = {
            years: self._names(rows) if len(rows) < told else "" for years, rows in gaps.items()
        }
        return wording.lacking_years(names)

    def _mergers(self) -> list[str]:
        """Of units that took others over before a figure shown, or in the very year: then what
        it opens with is another figure than last year's table closed with."""
        readings, year = self.cells.readings, self.cells.request.period
        notes = []
        for unit in self.units:
            taken = readings.lineage.takeovers.get(unit.pk, ())
            in_year = {
                row.predecessor for row in taken if row.share == 1 and row.date >= year.start
            }
            if before := in_year | readings.merged.get(unit.pk, set()):
                notes.append(wording.merger_note(unit, sorted(before, key=lambda one: one.code)))
        return notes

    def _number(self, leaf: Leaf) -> str:
        return self.layout.number_of[leaf.id]
