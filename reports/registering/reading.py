"""What is written of an entry, and of a block of them: read whole, every bad cell named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Succession, Unit
from povertyplan.lib.errors import Problem
from reports.counting import Field, plainly
from reports.enums import FieldKind
from reports.fieldkinds import Place, Places, cells_of, read
from reports.models import Register, RegisterBook, RegisterEntry

MOST_LINES = 500
"""Lines of one block; a register is short."""
MOST_CHARACTERS = 300_000
"""At most 1.2 MB sent as multipart: below DATA_UPLOAD_MAX_MEMORY_SIZE, whatever the letters."""


# -- one entry ------------------------------------------------------------------------------------


@dataclass
class Told:
    """An entry as it was read: `values` as they are kept, by field; problems by field."""

    happened_on: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_entry(book: RegisterBook, words: Mapping[str, str], places: Places) -> Told:
    """What was written in each field, whole; every bad field is among the problems."""
    register, told = book.register, Told()
    columns = sorted(register.columns, key=lambda column: column.key != register.dated_by)
    for column in columns:
        try:
            value = read(column, words.get(column.key, ""), places, told.happened_on)
            if column.key == register.dated_by:
                told.happened_on = _happened(book, date.fromisoformat(value), places)
            elif value is not None:
                told.values[column.key] = value
        except ValueError as error:
            told.problems.append(Problem(str(error), where=column.label, key=column.key))
    order = {column.key: place for place, column in enumerate(register.columns)}
    told.problems.sort(key=lambda problem: order[problem.key])
    return told


def _happened(book: RegisterBook, day: date, places: Places) -> date:
    if day > timezone.localdate():
        raise ValueError(_("Ngày {day} chưa đến.").format(day=f"{day:%d/%m/%Y}"))
    if not book.unit.is_valid_on(day) and not _was_before(day, places):
        raise ValueError(
            _("Đơn vị không còn (hoặc chưa có) vào ngày {day}.").format(day=f"{day:%d/%m/%Y}")
        )
    return day


def _was_before(day: date, places: Places) -> bool:
    """Was there a predecessor on the day? What happened to it goes on with the successor."""
    return any(first <= day <= last for first, last in places.before)


def places_of(book: RegisterBook) -> Places:
    """The units that an entry of the book may name, and the days of the unit's predecessors.

    Also the communes of a predecessor, and those that became one of the unit's. A query for each
    generation of predecessors; where a field names a unit, one more for the communes and theirs.
    """
    before = _predecessors([book.unit])
    days = tuple((unit.valid_from, unit.valid_to) for unit in before)
    if all(column.kind != FieldKind.UNIT_BELOW for column in book.register.columns):
        return Places(before=days)
    known = _communes_below([book.unit, *before])
    rows = {unit.pk: unit for unit in [*known, *_predecessors(known)]}.values()
    return Places(
        tuple(
            Place(row.code, row.name, row.short_name, row.valid_from, row.valid_to)
            for row in sorted(rows, key=lambda row: (row.code, row.valid_from))
        ),
        days,
    )


def _communes_below(units: Iterable[Unit]) -> list[Unit]:
    pks = [unit.pk for unit in units]
    below = Unit.objects.filter(upward__ancestor__in=pks, upward__depth__gt=0)
    return list(below.of_tier(TierCode.COMMUNE).distinct())


def _predecessors(units: Iterable[Unit]) -> list[Unit]:
    """Every unit that became one of the units, also by way of others. A query a generation."""
    found: dict[int, Unit] = {}
    asked = {unit.pk for unit in units}
    while asked:
        rows = Succession.objects.filter(successor__in=asked).select_related("predecessor")
        older = {row.predecessor_id: row.predecessor for row in rows}
        asked = older.keys() - found.keys()
        found |= older
    return list(found.values())


# -- a block from Excel ---------------------------------------------------------------------------


@dataclass
class Line:
    """A line of a block. `cells`: field → what was pasted. `is_there`: the book has it already."""

    number: int
    cells: dict[str, str]
    told: Told
    is_there: bool = False


@dataclass
class Block:
    """A pasted block, read: nothing is written while there is a problem."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    has_heading: bool = False

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.told.problems]

    @property
    def new(self) -> list[Line]:
        return [line for line in self.lines if not line.told.problems and not line.is_there]

    @property
    def there(self) -> list[Line]:
        return [line for line in self.lines if line.is_there]


def read_block(book: RegisterBook, text: str) -> Block:
    """Read what was copied from Excel: a column a field, in their order or under their headings.

    Lines that the book has already, as often as it has them, are marked and not written again.
    """
    block = Block()
    if len(text) > MOST_CHARACTERS:
        block.problems.append(Problem(_("Khối dán quá dài. Chia làm nhiều lần.")))
        return block
    rows = list(cells_of(text))
    columns: Sequence[Field | None] = book.register.columns
    heading = _heading(book.register, rows[0][1]) if rows else None
    if heading is not None:
        columns, rows, block.has_heading = heading, rows[1:], True
    if not rows:
        block.problems.append(Problem(_("Chưa có dòng nào. Chép các dòng từ Excel rồi dán vào ô.")))
    if len(rows) > MOST_LINES:
        block.problems.append(
            Problem(
                _("Có {n} dòng, mỗi lần nhận tối đa {most}. Chia làm nhiều lần.").format(
                    n=len(rows), most=MOST_LINES
                )
            )
        )
        return block
    places = places_of(book)
    block.lines = [_line(book, number, cells, columns, places) for number, cells in rows]
    _mark_known(book, block.lines)
    return block


def _heading(register: Register, cells: Sequence[str]) -> list[Field | None] | None:
    """Which field each column holds, where the first line is headings; else None."""
    named = {plainly(column.label): column for column in register.columns}
    named |= {column.key: column for column in register.columns}
    found = [named.get(plainly(cell)) for cell in cells]
    return found if sum(column is not None for column in found) * 2 > len(cells) else None


def _line(
    book: RegisterBook,
    number: int,
    cells: Sequence[str],
    columns: Sequence[Field | None],
    places: Places,
) -> Line:
    pairs = zip(columns, cells, strict=False)
    words = {column.key: cell for column, cell in pairs if column is not None}
    told = read_entry(book, words, places)
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        told.problems.append(
            Problem(
                _("Dòng có {n} ô, sổ có {wanted} cột.").format(n=len(cells), wanted=len(columns))
            )
        )
    return Line(number, words, told)


def _mark_known(book: RegisterBook, lines: Iterable[Line]) -> None:
    known = Counter(
        said_by(row) for row in RegisterEntry.objects.filter(book=book, removed_at=None)
    )
    for line in lines:
        same = said_by(line.told)
        if not line.told.problems and known[same]:
            known[same] -= 1
            line.is_there = True


def said_by(row: Told | RegisterEntry) -> tuple[Any, ...]:
    """All that an entry says, fit to compare."""
    said = (
        (key, plainly(value) if isinstance(value, str) else value)
        for key, value in row.values.items()
    )
    return (row.happened_on, *sorted(said, key=lambda pair: pair[0]))


def already_there(book: RegisterBook, row: Told | RegisterEntry) -> bool:
    """Has the book another entry that says the very same?"""
    if row.happened_on is None:
        return False
    rows = RegisterEntry.objects.filter(book=book, removed_at=None, happened_on=row.happened_on)
    others = rows.exclude(pk=row.pk) if isinstance(row, RegisterEntry) else rows
    wanted = said_by(row)
    return any(said_by(other) == wanted for other in others)
