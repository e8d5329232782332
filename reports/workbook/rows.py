"""Which line of a table is whose, and where the table ends.

Rows are known by the names in the column of units. The table goes on over lines without a name,
down to the last that has a known one beside figures or signs for none: below stand notes and
signatures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.xlsx import SheetCell
from reports.workbook.headings import address
from reports.workbook.strays import Summary, figure_of, row_name, says, without_count
from reports.workbook.tables import Table, is_number
from reports.workbook.values import is_blank, plain_words


@dataclass(frozen=True, slots=True)
class _Named:
    """A line that has the name of a commune, under a heading (its line, the unit it names)."""

    line: int
    name: str
    heading: tuple[int, int | None]


class Rows:
    """The rows of a table that was found; read with `read`.

    `lines`: (line, commune) in the order of the table. `last`: its last line.
    """

    def __init__(
        self,
        table: Table,
        place: tuple[Unit, Period],
        communes: Sequence[Unit],
    ) -> None:
        self.table = table
        self.cells = table.grid.cells
        self.place = place
        self.figures = table.figures
        rows = table.form.spec.rows
        self.total_name = plain_words(rows.total_label)
        self.zones = {plain_words(group.label) for group in rows.groups}
        self.by_name: dict[str, list[Unit]] = defaultdict(list)
        for unit in communes:
            for name in {plain_words(unit.name), plain_words(unit.short_name)}:
                self.by_name[name].append(unit)
        self.parents = {
            plain_words(unit.parent.name): unit.parent for unit in communes if unit.parent
        }
        self.last = self._last()
        self.lines: list[tuple[int, Unit]] = []
        self.summaries: list[Summary] = []
        self.remarks: list[str] = []

    def read(self) -> None:
        """Raises DomainError with every line whose name is unknown, lacking, doubled or unsure."""
        problems: list[Problem] = []
        named = list(self._named(problems))
        strangers = self._strangers(named)
        seen: set[int] = set()
        for one in named:
            unit = self._unit(one)
            if unit is None or unit.pk in seen:
                problems.append(self._unknown(one.line, doubled=unit is not None))
                continue
            seen.add(unit.pk)
            self.lines.append((one.line, unit))
            if len(self.by_name[one.name]) > 1:
                problems += self._unsure(one, unit, strangers.get(one.heading[0]))
        if problems:
            raise DomainError(problems)

    # -- lines ------------------------------------------------------------------------------

    def _name(self, line: int) -> str:
        return row_name(self._title(line))

    def _title(self, line: int) -> str:
        """What the line is called, a sum also where its name begins left of the others."""
        title = self._words(line, self.table.name_column)
        if row_name(title):
            return title
        before = (self._words(line, column) for column in range(self.table.name_column))
        return next((words for words in before if self._is_summary(row_name(words))), "")

    def _words(self, line: int, column: int) -> str:
        cell = self.cells.get((line, column))
        return "" if cell is None or cell.value is None else str(cell.value)

    def _last(self) -> int:
        """Of the lines that follow each other with names; or further down, the last of its own."""
        last = self.table.body
        while self._name(last):
            last += 1
        own = (line for line in self.table.grid.rows(after=last) if self._is_row(line))
        return max(own, default=last - 1)

    def _is_row(self, line: int) -> bool:
        """A sum by its whole name here, beside a figure: notes may begin with the word."""
        name, cells = self._name(line), [cell for cell in self._figures(line) if not is_blank(cell)]
        if name in self.by_name:
            return bool(cells)
        is_sum = name in self.parents or name in self.zones or name == self.total_name
        return is_sum and any(
            not says(cell) or figure_of(cell, self.figures[cell.column]) is not None
            for cell in cells
        )

    def _figures(self, line: int) -> Iterator[SheetCell]:
        found = (self.cells.get((line, column)) for column in self.figures)
        return (cell for cell in found if cell is not None)

    def _named(self, problems: list[Problem]) -> Iterator[_Named]:
        """The lines of communes; rows of sums are kept, lines without a name are problems."""
        heading: tuple[int, int | None] = 0, None
        for line in range(self.table.body, self.last + 1):
            name = self._name(line)
            if not name:
                problems += self._nameless(line)
            elif self._is_summary(name):
                if name in self.parents:
                    heading = line, self.parents[name].pk
                text, is_total = without_count(self._title(line)), name.startswith(self.total_name)
                self.summaries.append(Summary(line, text, is_total))
            elif not is_number(name):
                yield _Named(line, name, heading)

    def _is_summary(self, name: str) -> bool:
        is_total = bool(name) and name.startswith(self.total_name)
        return name in self.parents or name in self.zones or is_total

    def _nameless(self, line: int) -> Iterator[Problem]:
        """A line within the table whose figures are nobody's; an empty one is no problem."""
        told = (cell for cell in self._figures(line) if says(cell))
        words = (f"{cell.formula}{cell.value}" for cell in told if not is_number(str(cell.value)))
        if any(char.isdigit() for text in words for char in text):
            remedy = _("Dòng này có số mà không có tên đơn vị. Ghi lại tên, hoặc xóa dòng.")
            yield self._at(line, remedy)

    # -- units ------------------------------------------------------------------------------

    def _unit(self, one: _Named) -> Unit | None:
        found = self.by_name.get(one.name, [])
        if len(found) > 1:
            found = [unit for unit in found if unit.parent_id == one.heading[1]]
        return found[0] if len(found) == 1 else None

    def _unknown(self, line: int, *, doubled: bool) -> Problem:
        words = (
            _("“{name}” có ở hai dòng; chỉ để lại một.")
            if doubled
            else _(
                "Không có “{name}” trong các xã đồng chí được nộp số. Sửa lại tên, hoặc xóa dòng."
            )
        )
        return self._at(line, words.format(name=self._title(line)))

    def _at(self, line: int, words: str) -> Problem:
        where = address(line, self.table.name_column)
        return Problem(words, where=_("Ô {address}").format(address=where))

    # -- two of one name --------------------------------------------------------------------

    def _strangers(self, named: Sequence[_Named]) -> dict[int, Unit]:
        """By the line of a heading, a commune below it that belongs to another unit."""
        found: dict[int, Unit] = {}
        for one in named:
            known = self.by_name.get(one.name, [])
            line, parent = one.heading
            if parent is not None and len(known) == 1 and known[0].parent_id != parent:
                found.setdefault(line, known[0])
        return found

    def _unsure(self, one: _Named, unit: Unit, stranger: Unit | None) -> Iterator[Problem]:
        """The heading tells which of several it is, unless what stands around contradicts it."""
        told = {
            "name": self._title(one.line),
            "parent": unit.parent and unit.parent.name_in_sentence,
        }
        if stranger is not None and stranger.parent is not None:
            words = _(
                "Nhiều huyện có “{name}”; dòng này dưới {parent}, chỗ có cả {other} của {its}: "
                "không chắc là xã nào. Tải lại biểu, không đổi thứ tự dòng, rồi điền lại."
            )
            told |= {"other": stranger.name_in_sentence, "its": stranger.parent.name_in_sentence}
            yield self._at(one.line, words.format(**told))
            return
        number, own = self._number(one.line), self._printed_numbers.get(unit.pk, "")
        if not number or number == own:
            return
        told |= {"number": number, "own": own}
        if any(self._printed_numbers.get(other.pk) == number for other in self.by_name[one.name]):
            words = _(
                "Nhiều huyện có “{name}”; dòng này dưới {parent}, mà số thứ tự {number} không phải "
                "của xã ở đó ({own}): không chắc là xã nào. Tải lại biểu rồi điền lại."
            )
            yield self._at(one.line, words.format(**told))
        else:
            words = _(
                "Nhiều huyện có “{name}”; dòng {line} nhận là của {parent}, tuy số thứ tự là "
                "{number}, biểu in là {own}. Xem lại trước khi ghi."
            )
            self.remarks.append(words.format(**told, line=one.line))

    def _number(self, line: int) -> str:
        column = self.table.number_column
        return plain_words(self._words(line, column)).rstrip(".)") if column else ""

    @cached_property
    def _printed_numbers(self) -> dict[int, str]:
        return self.table.printed_numbers(*self.place)
