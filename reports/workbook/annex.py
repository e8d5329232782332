"""Reading an official table back, as the input of a whole district.

Rows are communes, by name; columns are those of the annex's own layout, by their headings. Only a
plain result of the year is read; what is worked out, planned or added up is listed as not read.
Source: annexes.yaml header.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.enums import Answer
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import officially
from povertyplan.lib.xlsx import Sheet, SheetCell
from reports.annexes.build import annexes_for
from reports.annexes.spec import (
    AnnexSpec,
    Layout,
    Leaf,
    LeafKind,
    Measure,
    TextColumn,
    Timing,
    read_spec,
)
from reports.annexes.wording import title
from reports.models import Annex
from reports.returns import Return, Row
from reports.workbook.communes import returns_of
from reports.workbook.headings import DEEPEST, Grid, address, covered
from reports.workbook.pieces import Claim, Fault, Reading, Told, Unread
from reports.workbook.strays import refuse_misplaced, strays
from reports.workbook.values import expected, is_blank, plain_words, value_in

_CAPTION = re.compile(r"\([0-9A-Z]+\).*")
_COVERAGE = re.compile(r"\s*\([0-9]+/[0-9]+\)$")
_MISSING = {"…", "..."}
_ABSENT = {"-", "–", "—", "−"}
Path = tuple[str, ...]
"""The headings over a column, from the top: (đầu kỳ, hộ nghèo)."""


def communes_for(official: Official, unit: Unit, period: Period) -> list[Unit]:
    """The communes below `unit` on the period's last day for which `official` may hand in."""
    below = Unit.objects.below_on(unit, period.end).of_tier(TierCode.COMMUNE)
    found = below.filter(pk__in=access.units_for(official, Action.HAND_IN).values("pk"))
    return list(found.select_related("parent", "tier").order_by("code"))


@dataclass(frozen=True, slots=True)
class Form:
    """A layout that an annex may have been printed in."""

    annex: Annex
    spec: AnnexSpec
    layout: Layout

    @property
    def paths(self) -> dict[Path, Leaf]:
        found: dict[Path, Leaf] = {}
        for place, leaf in enumerate(self.layout.leaves):
            over = [
                cell
                for cell in self.layout.header
                if cell.column <= place < cell.column + cell.columns
            ]
            found.setdefault(tuple(plain_words(cell.text) for cell in over), leaf)
        return found

    @property
    def names(self) -> Leaf:
        """The column of the units' names."""
        return next(leaf for leaf in self.layout.leaves if leaf.text is TextColumn.UNIT_NAME)


@dataclass(frozen=True, slots=True)
class Table:
    """A form found in a sheet: which column is which, and where its body begins."""

    form: Form
    grid: Grid
    first_heading: int
    columns: dict[int, Leaf]
    strangers: dict[int, Path]
    missing: list[Leaf]

    @property
    def body(self) -> int:
        return self.first_heading + self.form.layout.depth

    @property
    def name_column(self) -> int:
        return next(place for place, leaf in self.columns.items() if leaf == self.form.names)

    @property
    def head(self) -> list[str]:
        """The words above the table."""
        return [
            plain_words(cell.value)
            for cell in self.grid.sheet.cells.values()
            if cell.row < self.first_heading
        ]


def read_annex(
    sheets: Sequence[Sheet], unit: Unit, period: Period, communes: Sequence[Unit]
) -> Reading:
    """What a table says of the communes' figures of the period.

    Raises DomainError when it is none of the unit's tables, is another period's or another
    unit's, or names a place that is not among `communes`.
    """
    table = _find(sheets, _forms(unit, period), period)
    if plain_words(unit.name) not in " ".join(table.head):
        raise DomainError(
            _("Phần đầu biểu không ghi {unit}. Kiểm tra có đúng biểu của đơn vị này không.").format(
                unit=unit.name
            )
        )
    layout = table.form.layout
    refuse_misplaced(table.grid, table.body, layout, table.columns)
    body = _Body(table, period, communes)
    reading = body.read()
    made = table.form.annex, unit, period
    reading.strays = strays(table.grid, made, layout, body.lines, body.unread_columns())
    reading.missing = [
        f"({layout.number_of[leaf.id]}) “{leaf.heading}”"
        for leaf in table.missing
        if _is_plain(leaf, period)
    ]
    return reading


def _forms(unit: Unit, period: Period) -> list[Form]:
    forms = []
    for annex in annexes_for(unit, period):
        try:
            spec = read_spec(annex.definition)
        except DomainError:
            continue  # cannot be printed either
        if spec.lists_units:
            forms += [Form(annex, spec, layout) for layout in spec.layouts]
    return forms


# -- which table it is -------------------------------------------------------------------------


def _find(sheets: Sequence[Sheet], forms: Sequence[Form], period: Period) -> Table:
    """The form that fits best: by its title first, then by how many columns are known."""
    shown = [Grid.of(sheet) for sheet in sheets if not sheet.is_hidden]
    found = [table for grid in shown for form in forms if (table := _table(grid, form)) is not None]
    if not found:
        raise DomainError(
            _(
                "Không nhận ra biểu nào trong tệp. Nộp biểu đã tải từ trang Biểu (.xlsx), "
                "giữ nguyên các dòng tiêu đề."
            )
        )
    best = max(found, key=lambda table: (_is_titled(table, period), len(table.columns)))
    if not _is_titled(best, period):
        wanted = _title(best.form, period)
        raise DomainError(
            _(
                "Không thấy tên biểu “{title}” ở đầu tệp: tệp là của kỳ khác, hoặc biểu khác."
            ).format(title=wanted)
        )
    return best


@officially
def _title(form: Form, period: Period) -> str:
    return title(form.spec, form.layout.variant, period, form.annex.plan)


def _is_titled(table: Table, period: Period) -> bool:
    return plain_words(_title(table.form, period)) in table.head


def _table(grid: Grid, form: Form) -> Table | None:
    """The form's headings in the sheet; None when they are not there."""
    own = next(cell for cell in form.layout.header if cell.text == form.names.heading)
    wanted = plain_words(own.text)
    tried = set()
    for cell in grid.sheet.cells.values():
        if cell.row > DEEPEST or cell.row in tried:
            continue
        if plain_words(cell.value) == wanted:
            tried.add(cell.row)  # as often as it is written there
            table = _laid_out(grid, form, cell.row - own.row)
            if form.names in table.columns.values() and len(table.columns) > 2:
                return table
    return None


def _laid_out(grid: Grid, form: Form, first: int) -> Table:
    paths, columns, strangers = form.paths, {}, {}
    for column in sorted({column for _row, column in grid.cells}):
        path = _path(grid, first, form.layout.depth, column)
        if path in paths:
            columns[column] = paths.pop(path)
        elif path:
            strangers[column] = path
    return Table(form, grid, first, columns, strangers, list(paths.values()))


def _path(grid: Grid, first: int, depth: int, column: int) -> Path:
    """The headings over a column; one that spans rows or columns stands in its merged cell."""
    places = [address(row, column) for row in range(first, first + depth) if row > 0]
    anchors = dict.fromkeys(grid.sheet.merged.get(place, place) for place in places)
    words = (plain_words(grid.sheet.value(anchor)) for anchor in anchors)
    return tuple(text for text in words if text)


# -- what it says ------------------------------------------------------------------------------


class _Body:
    """Reads the rows of a table that was found."""

    def __init__(self, table: Table, period: Period, communes: Sequence[Unit]) -> None:
        self.table = table
        self.grid = table.grid
        self.period = period
        self.by_name: dict[str, list[Unit]] = defaultdict(list)
        for unit in communes:
            for name in {plain_words(unit.name), plain_words(unit.short_name)}:
                self.by_name[name].append(unit)
        self.parents = {
            plain_words(unit.parent.name): unit.parent_id for unit in communes if unit.parent
        }
        self.returns: dict[int, Return] = {}
        self.lines: list[tuple[int, Unit]] = []

    def read(self) -> Reading:
        reading = Reading(self.grid.sheet.title, remarks=[_found(self.table)])
        reading.unread = list(self._unread_columns())
        units, columns = self._units(), self._read_columns()
        self.lines = units
        codes = {leaf.indicator for _column, leaf in columns}
        self.returns = returns_of([unit for _line, unit in units], self.period, codes)
        for line, unit in units:
            for column, leaf in columns:
                self._cell(reading, line, column, leaf, unit)
        return reading

    def _read_columns(self) -> list[tuple[int, Leaf]]:
        """Each indicator once, even where a table shows it twice."""
        found: dict[str, tuple[int, Leaf]] = {}
        for column, leaf in self.table.columns.items():
            if _is_plain(leaf, self.period):
                found.setdefault(leaf.indicator, (column, leaf))
        return list(found.values())

    def unread_columns(self) -> dict[int, Leaf]:
        """The columns of figures that are the form's own, and never written."""
        taken = {column for column, _leaf in self._read_columns()}
        return {
            column: leaf
            for column, leaf in self.table.columns.items()
            if column not in taken and leaf.kind is not LeafKind.TEXT
        }

    def _unread_columns(self) -> Iterator[Unread]:
        for column, leaf in self.unread_columns().items():
            place = address(self.table.body - 1, column)
            yield Unread(place, leaf.heading, _("Cột tính ra, cột kế hoạch hoặc của kỳ khác."))
        for column, path in self.table.strangers.items():
            place = address(self.table.body - 1, column)
            yield Unread(place, " – ".join(path), _("Cột không có trong mẫu biểu."))

    # -- rows -------------------------------------------------------------------------------

    def _units(self) -> list[tuple[int, Unit]]:
        """(line, commune) in the order of the table. Raises DomainError with every unknown name."""
        found: list[tuple[int, Unit]] = []
        problems: list[Problem] = []
        parent: int | None = None
        for line, name in self._names():
            if name in self.parents:
                parent = self.parents[name]
            elif not name.startswith(plain_words(self.table.form.spec.rows.total_label)):
                unit = self._unit(name, parent)
                if unit is None or unit in dict(found).values():
                    problems.append(self._unknown(line, doubled=unit is not None))
                else:
                    found.append((line, unit))
        if problems:
            raise DomainError(problems)
        return found

    def _names(self) -> Iterator[tuple[int, str]]:
        """The names in the column of units, to the first line without one."""
        for line in range(self.table.body, self.table.body + len(self.grid.cells)):
            cell = self.grid.cells.get((line, self.table.name_column))
            name = _COVERAGE.sub("", plain_words(cell.value if cell else None))
            if not name:
                return
            if not _CAPTION.fullmatch(plain_words(cell.value if cell else None).upper()):
                yield line, name

    def _unit(self, name: str, parent: int | None) -> Unit | None:
        found = self.by_name.get(name, [])
        if len(found) > 1:
            found = [unit for unit in found if unit.parent_id == parent]
        return found[0] if len(found) == 1 else None

    def _unknown(self, line: int, *, doubled: bool) -> Problem:
        place = address(line, self.table.name_column)
        name = self.grid.sheet.value(place)
        words = (
            _("“{name}” có ở hai dòng; chỉ để lại một.")
            if doubled
            else _(
                "Không có “{name}” trong các xã đồng chí được nộp số. Sửa lại tên, hoặc xóa dòng."
            )
        )
        return Problem(words.format(name=name), where=_("Ô {address}").format(address=place))

    # -- cells ------------------------------------------------------------------------------

    def _cell(self, reading: Reading, line: int, column: int, leaf: Leaf, unit: Unit) -> None:
        place, cell = address(line, column), self.grid.cells.get((line, column))
        row = self.returns[unit.pk].row(leaf.indicator)
        if row is not None:
            told = covered(self.grid, place) or _told(row, cell)
            reading.claims.append(Claim(self.returns[unit.pk], row, place, told))
        elif cell is not None and not is_blank(cell) and not _is_symbol(cell):
            reason = _("Chỉ tiêu này không giao cho {unit} nhập.").format(
                unit=unit.name_in_sentence
            )
            reading.unread.append(Unread(place, f"{unit.short_name}, {leaf.heading}", reason))


def _found(table: Table) -> str:
    return _("Nhận ra Biểu số {number}: {title}.").format(
        number=table.form.spec.number, title=table.form.spec.title
    )


def _is_plain(leaf: Leaf, period: Period) -> bool:
    """Does the column show what a unit itself reports of one indicator for the year?"""
    is_of_year = leaf.period in (Timing.YEAR, period.year)
    return leaf.kind is LeafKind.INDICATOR and leaf.measure is Measure.RESULT and is_of_year


def _is_symbol(cell: SheetCell) -> bool:
    return plain_words(cell.value) in _MISSING | _ABSENT


def _told(row: Row, cell: SheetCell | None) -> Told | Fault | None:
    if cell is None or (not cell.formula and plain_words(cell.value) in _MISSING):
        return None
    if plain_words(cell.value) in _ABSENT:
        return None if row.excuse else _absent(row, cell)
    value = value_in(row.indicator, cell)
    if value is None:
        return None
    if isinstance(value, Fault):
        return value
    return Told(Answer.VALUE, value)


def _absent(row: Row, cell: SheetCell) -> Fault:
    return Fault(
        cell.address,
        f"“{cell.value}”",
        expected(row.indicator),
        _("Không có thì ghi 0. Không thuộc diện thì xã chọn “Không áp dụng” ở trang nhập của xã."),
    )
