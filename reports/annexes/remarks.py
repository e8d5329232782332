"""What is said beside the figures: who has not reported, what does not add up, which years lack.

Each function gives the notes of one kind, none where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from communes.models import Unit
from indicators.periods import Period
from reports.annexes import wording
from reports.annexes.cells import CellMaker
from reports.annexes.lines import Line
from reports.annexes.recipes import Recipes, is_equal, off_balance
from reports.annexes.spec import Leaf, Measure, TextColumn
from reports.annexes.table import (
    NOT_APPLICABLE,
    Cell,
    CellKind,
    Row,
    RowKind,
    RowValues,
    columns_of,
    text_cell,
)

SEVERAL_YEARS = (Measure.CHANGE_PER_YEAR, Measure.CUMULATIVE)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Reads finished rows and says what must stand under them."""

    lines: Sequence[Line]
    rows: Sequence[Row]
    cells: CellMaker
    recipes: Recipes

    @property
    def columns(self) -> Mapping[str, int]:
        return columns_of(self.cells.layout)

    @property
    def with_parent(self) -> bool:
        """Do names need their district beside them?"""
        return any(line.kind is RowKind.SUBTOTAL for line in self.lines)

    @property
    def unit_rows(self) -> list[tuple[Row, Unit]]:
        return [(row, row.unit) for row in self.rows if row.unit and not row.is_summary]

    def notes(self, *, has_sample_members: bool) -> list[str]:
        """Every note, in printing order."""
        return [
            *self._missing(),
            *self._off_balance(),
            *self._off_totals(),
            *self._years(),
            *self._mergers(),
            *([wording.SAMPLE_GROUP_NOTE] if has_sample_members else []),
            *([wording.PENDING_NOTE] if self.cells.readings.pending else []),
            *wording.symbol_note(chain.from_iterable(row.cells for row in self.rows)),
        ]

    def rows_with_states(self, states: Mapping[int, str]) -> list[Row]:
        """The rows with the remark of each unit; `states` of their returns by unit pk."""
        leaves = self.cells.layout.leaves
        column = next((i for i, leaf in enumerate(leaves) if leaf.text is TextColumn.NOTE), None)
        if column is None:
            return list(self.rows)
        return [
            row if row.is_summary else row.with_cell(column, self._state(row, states))
            for row in self.rows
        ]

    def _state(self, row: Row, states: Mapping[int, str]) -> Cell:
        state = states.get(row.unit.pk) if row.unit else None
        missing = self._reported(row)
        is_empty = bool(missing) and all(missing)
        return text_cell(wording.state_note(state, self.cells.request.stage, is_empty=is_empty))

    def _reported(self, row: Row) -> list[bool]:
        """For each cell the unit answers for in the year asked for: is it missing?"""
        cells = [row.cells[self.columns[leaf.id]] for leaf in self.cells.reported_leaves()]
        return [cell.kind is CellKind.MISSING for cell in cells if cell != NOT_APPLICABLE]

    def _missing(self) -> list[str]:
        empty: list[Unit] = []
        partial: list[Unit] = []
        for row, unit in self.unit_rows:
            missing = self._reported(row)
            if any(missing):
                (empty if all(missing) else partial).append(unit)
        return wording.missing_notes(
            empty, partial, len(self.unit_rows), with_parent=self.with_parent
        )

    def _off_balance(self) -> Iterable[str]:
        """Columns that by their caption follow from others, and in which rows they do not."""
        for leaf in self.cells.layout.leaves:
            if leaf.id in self.recipes.balances:
                rows = off_balance(self.rows, self.recipes, leaf.id)
                if rows:
                    units = [row.unit for row in rows if row.unit]
                    names = wording.unit_names(units, with_parent=self.with_parent)
                    yield wording.balance_note(self._number(leaf), names)

    def _off_totals(self) -> list[str]:
        """Columns whose summary is not the sum of its rows, e.g. after a unit has gone."""
        found = [
            self._number(leaf)
            for leaf in self.cells.layout.leaves
            if leaf.id in self.recipes.additive and self._is_off(leaf)
        ]
        return [wording.total_note(found)] if found else []

    def _is_off(self, leaf: Leaf) -> bool:
        for row in self.rows:
            value = row.cells[self.columns[leaf.id]].value
            if row.is_summary and value is not None:
                sum_below = RowValues(self.rows, self.columns, row).total(leaf.id, frozenset())
                if not is_equal(sum_below, value):
                    return True
        return False

    def _years(self) -> list[str]:
        leaves = [leaf for leaf in self.cells.layout.leaves if leaf.measure in SEVERAL_YEARS]
        return [note for leaf in leaves if (note := self._years_of(leaf))]

    def _years_of(self, leaf: Leaf) -> str:
        gaps: dict[tuple[Period, ...], list[Unit]] = {}
        told = 0
        for line in self.lines:
            found = self.cells.yearly(line, leaf)
            if line.kind is not RowKind.UNIT or line.unit is None or not found:
                continue
            told += 1
            lacking = tuple(year for year in self.cells.request.span(leaf) if year not in found)
            if lacking:
                gaps.setdefault(lacking, []).append(line.unit)
        names = {
            years: wording.unit_names(units, with_parent=self.with_parent)
            if len(units) < told
            else ""
            for years, units in gaps.items()
        }
        return wording.years_note(self._number(leaf), names)

    def _mergers(self) -> list[str]:
        merged = self.cells.readings.merged
        return [
            wording.merger_note(unit, sorted(merged[unit.pk], key=lambda before: before.code))
            for _, unit in self.unit_rows
            if merged.get(unit.pk)
        ]

    def _number(self, leaf: Leaf) -> str:
        return self.cells.layout.number_of[leaf.id]
