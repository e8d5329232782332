"""Which official table a sheet is, and which of its columns is which.

A table is known by its title, or else by its check code, whose sign must be right; its columns by
the row of their numbers (1) (2) … where that is whole, else by their headings. What the sheet
“Nguồn” says is never asked: whoever edits it changes nothing of what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import officially
from reports.annexes.checking import CheckCode, folded
from reports.annexes.lines import Place
from reports.annexes.spec import AnnexSpec, Layout, Leaf, LeafKind, TextColumn
from reports.annexes.wording import title
from reports.models import Annex
from reports.workbook.codes import codes_in
from reports.workbook.headings import DEEPEST, Grid, address
from reports.workbook.readable import Offered, offered, refuse_unread
from reports.workbook.values import plain_words

_CAPTION = re.compile(r"\s*\(([0-9A-Z]+)\)(.*)", re.IGNORECASE | re.DOTALL)
Path = tuple[str, ...]
"""The headings over a column, from the top: (đầu kỳ, hộ nghèo)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A layout that an annex may have been printed in; `place` among those of the annex, from 1."""

    annex: Annex
    spec: AnnexSpec
    layout: Layout
    place: int

    @property
    def paths(self) -> list[tuple[Path, Leaf]]:
        return [
            (
                tuple(
                    plain_words(cell.text)
                    for cell in self.layout.header
                    if cell.column <= place < cell.column + cell.columns
                ),
                leaf,
            )
            for place, leaf in enumerate(self.layout.leaves)
        ]

    @property
    def names(self) -> Leaf:
        """The column of the units' names."""
        return next(leaf for leaf in self.layout.leaves if leaf.text is TextColumn.UNIT_NAME)

    def is_coded(self, code: CheckCode) -> bool:
        return (code.annex, code.variant) == (folded(self.annex.code), self.place)


@dataclass(frozen=True, slots=True)
class Table:
    """A form found in a sheet: which column is which, and where its body begins.

    `strangers`: columns that are none of the form's. `renamed`: the heading in the file, by
    column, where it is not the form's and only the number tells the column.
    """

    form: Form
    grid: Grid
    body: int
    columns: dict[int, Leaf]
    strangers: dict[int, Path]
    renamed: dict[int, Path] = field(default_factory=dict)

    @property
    def missing(self) -> list[Leaf]:
        there = list(self.columns.values())
        return [leaf for leaf in self.form.layout.leaves if leaf not in there]

    @property
    def name_column(self) -> int:
        return next(place for place, leaf in self.columns.items() if leaf == self.form.names)

    @property
    def number_column(self) -> int | None:
        """Where the rows are numbered."""
        columns = self.columns.items()
        return next((at for at, leaf in columns if leaf.text is TextColumn.ROW_NUMBER), None)

    @property
    def figures(self) -> dict[int, Leaf]:
        """The columns of figures, read or not."""
        columns = self.columns.items()
        return {column: leaf for column, leaf in columns if leaf.kind is not LeafKind.TEXT}

    def printed_numbers(self, unit: Unit, period: Period) -> dict[int, str]:
        """By the pk of a unit, the number of its row where the table is printed. A query."""
        lines = Place(unit, period).lines(self.form.spec.rows)
        return {line.unit.pk: line.number for line in lines if line.unit}


def _forms(tables: Sequence[Offered]) -> list[Form]:
    """Every layout of the tables whose rows are units."""
    return [
        Form(table.annex, table.spec, layout, place)
        for table in tables
        if table.spec.lists_units
        for place, layout in enumerate(table.spec.layouts, start=1)
    ]


class Search:
    """Looks for one of a unit's tables in the visible sheets of a file."""

    def __init__(self, grids: Sequence[Grid], unit: Unit, period: Period) -> None:
        self.unit = unit
        self.period = period
        self.address = folded(Place(unit, period).address)
        self.tables = offered(unit, period)
        self.forms = _forms(self.tables)
        self.grids = grids
        self.codes = [codes_in(grid) for grid in grids]
        self.heads = [_head(grid) for grid in grids]

    @cached_property
    def found(self) -> list[Table]:
        """The tables of the unit, sheet by sheet."""
        return [table for place in range(len(self.grids)) if (table := self._in(place))]

    def table(self) -> Table:
        """The table of the file. Raises DomainError, with what was not recognised.

        Two sheets that are the same table are refused: which of them counts is not guessed.
        """
        if not self.found:
            raise DomainError(self._unknown())
        first, *others = self.found
        for other in others:
            self._refuse_double(first, other)
        self._refuse_elsewhere(self.codes[self.grids.index(first.grid)], first.form)
        return first

    def others(self, table: Table) -> list[str]:
        """The titles of further sheets with a table of the unit, which are not read."""
        return [other.grid.sheet.title for other in self.found if other is not table]

    def codes_of(self, table: Table) -> list[CheckCode]:
        return self.codes[self.grids.index(table.grid)]

    def refuse_unread(self, table: Table) -> None:
        """Raises DomainError where the table is one of which no column is ever read."""
        for one in self.tables:
            if one.annex == table.form.annex and one.why_not:
                refuse_unread(one, self.tables)

    def _in(self, place: int) -> Table | None:
        """The table of a sheet: of the title above it, else of its check code."""
        grid = self.grids[place]
        for forms in (self._titled(place), self._coded(place)):
            found = [table for form in forms if (table := laid_out(grid, form)) is not None]
            if found:
                return max(found, key=lambda table: len(table.columns))
        return None

    def _titled(self, place: int) -> list[Form]:
        head = self.heads[place]
        return [form for form in self.forms if plain_words(_title(form, self.period)) in head]

    def _coded(self, place: int) -> list[Form]:
        own = [code for code in self.codes[place] if self._is_own(code)]
        return [form for form in self.forms if any(form.is_coded(code) for code in own)]

    def _is_own(self, code: CheckCode) -> bool:
        return (folded(code.place), code.period) == (self.address, self.period)

    # -- what is told ---------------------------------------------------------------------

    def _refuse_double(self, first: Table, other: Table) -> None:
        if other.form.annex == first.form.annex:
            words = _(
                "Hai trang tính “{first}” và “{other}” cùng là Biểu số {number}. "
                "Chỉ để lại trang đã điền."
            )
            told = {"first": first.grid.sheet.title, "other": other.grid.sheet.title}
            raise DomainError(words.format(number=first.form.spec.number, **told))

    def _refuse_elsewhere(self, codes: Sequence[CheckCode], form: Form | None = None) -> None:
        """A check code of another unit, period or table tells what the file is."""
        for code in codes:
            if not self._is_own(code):
                words = _(
                    "Theo mã kiểm tra ghi trong biểu, tệp này là {file}; trang này nhận biểu của "
                    "{unit}, {period}. Nộp ở trang của biểu đó, hoặc tải biểu của kỳ này rồi chép "
                    "số sang."
                )
                here = {"unit": self.unit.name_in_sentence, "period": self.period.label}
                raise DomainError(words.format(file=self._of(code), **here))
            if form is not None and not form.is_coded(code):
                words = _(
                    "Đầu biểu ghi “{title}”, mã kiểm tra lại là của {file}: không chắc là biểu "
                    "nào. Tải biểu của kỳ này rồi chép số sang."
                )
                raise DomainError(
                    words.format(title=_title(form, self.period), file=self._of(code))
                )

    def _of(self, code: CheckCode) -> str:
        """Biểu số 01 của huyện Bắc Hà, năm 2023."""
        named = (one for one in self.tables if folded(one.annex.code) == code.annex)
        known = next(named, None)
        unit = Unit.objects.named(code.place, on=code.period.end) if code.place else None
        return _("Biểu số {number} của {unit}, {period}").format(
            number=known.spec.number if known else code.annex,
            unit=unit.name_in_sentence if unit else _("đơn vị khác"),
            period=code.period.label,
        )

    def _unknown(self) -> str:
        """Why no sheet is one of the unit's tables, as far as can be said."""
        for codes in self.codes:
            self._refuse_elsewhere(codes)
        self._refuse_unread()
        places = list(enumerate(self.grids))
        for place, grid in places:
            for form in self._titled(place):
                return _columns_unknown(grid, form)
        for place, grid in places:
            known = [table for form in self.forms if (table := laid_out(grid, form)) is not None]
            most = max((len(table.columns) for table in known), default=0)
            likely = [table.form for table in known if len(table.columns) == most]
            if likely:
                return self._title_unknown(self.heads[place], likely)
        for place, grid in places:
            for form in self._coded(place):
                return _columns_unknown(grid, form)
        return _(
            "Không nhận ra biểu nào trong tệp: không thấy tên biểu, mã kiểm tra, cũng không thấy "
            "các cột của biểu nào của {unit}, {period}. Tải biểu chuẩn của kỳ này, chép số sang "
            "rồi nộp lại."
        ).format(unit=self.unit.name_in_sentence, period=self.period.label)

    def _refuse_unread(self) -> None:
        """A table of the unit that is never read says so, by its title or its code."""
        for head, codes in zip(self.heads, self.codes, strict=True):
            coded = {code.annex for code in codes if self._is_own(code)}
            for one in self.tables:
                titles = {plain_words(words) for words in one.titles(self.period)}
                if one.why_not and (titles & set(head) or folded(one.annex.code) in coded):
                    refuse_unread(one, self.tables)

    def _title_unknown(self, head: Sequence[str], known: Sequence[Form]) -> str:
        for form in known:
            begun = plain_words(form.spec.title)
            for words in head:
                if words.startswith(begun):
                    return _(
                        "Đầu tệp ghi “{words}”; trang này cần biểu “{title}”. Nộp ở trang của kỳ "
                        "đó, hoặc tải biểu của kỳ này rồi chép số sang."
                    ).format(words=words, title=_title(form, self.period))
        titles = " / ".join(dict.fromkeys(f"“{_title(form, self.period)}”" for form in known))
        return _(
            "Các cột giống biểu {titles}, nhưng đầu tệp không ghi tên biểu đó và không có mã kiểm "
            "tra đúng, nên không chắc là biểu nào, kỳ nào. Ghi lại tên biểu như mẫu, hoặc tải biểu "
            "chuẩn của kỳ này rồi chép số sang."
        ).format(titles=titles)


@officially
def _title(form: Form, period: Period) -> str:
    return title(form.spec, form.layout.variant, period, form.annex.plan)


def _head(grid: Grid) -> list[str]:
    """The words of the first rows, in one spelling."""
    return [plain_words(cell.value) for cell in grid.sheet.cells.values() if cell.row <= DEEPEST]


def words_above(table: Table) -> str:
    """Everything that stands above the rows of the table."""
    cells = table.grid.sheet.cells.values()
    return " ".join(plain_words(cell.value) for cell in cells if cell.row < table.body)


# -- columns -----------------------------------------------------------------------------------


def laid_out(grid: Grid, form: Form) -> Table | None:
    """The form's columns in the sheet; None when they are not there."""
    return _by_numbers(grid, form) or _by_headings(grid, form)


def refuse_misplaced(table: Table) -> None:
    """No column may bear another one's number, or the heading of another one.

    Raises DomainError with every column that does; one without a number is not judged.
    """
    problems = []
    numbers, paths = table.form.layout.number_of, table.form.paths
    borne = _numbered(table.grid).get(table.body, {})
    for column, leaf in table.columns.items():
        path = table.renamed.get(column)
        of_path = next((other for known, other in paths if known == path), leaf)
        wanted, found = numbers[of_path.id], borne.get(column, (numbers[leaf.id], ""))[0]
        if found != wanted:
            words = _(
                "Tiêu đề cột không khớp: “{heading}” là cột ({wanted}), tệp ghi ({found}). "
                "Tải lại biểu, không thêm bớt cột, rồi điền lại."
            ).format(heading=of_path.heading, wanted=wanted, found=found)
            where = _("Ô {address}").format(address=address(table.body, column))
            problems.append(Problem(words, where=where))
    if problems:
        raise DomainError(problems)


def is_number(words: str) -> bool:
    """Is it a cell of the row of numbers?"""
    return _CAPTION.fullmatch(words) is not None


def _numbered(grid: Grid) -> dict[int, dict[int, tuple[str, str]]]:
    """{row: {column: (number, what is said of it)}} of the first rows, from the left."""
    found: dict[int, dict[int, tuple[str, str]]] = {}
    for (row, column), cell in sorted(grid.cells.items()):
        match = _CAPTION.fullmatch(str(cell.value).upper()) if row <= DEEPEST else None
        if match:
            found.setdefault(row, {})[column] = match[1], _closed_up(match[2])
    return found


def _closed_up(words: str) -> str:
    return "".join(words.upper().split())


def _by_numbers(grid: Grid, form: Form) -> Table | None:
    """By a row that has every number of the form in its order, once, with its own sums.

    A row with fewer may have been numbered anew, and tells nothing.
    """
    leaves, numbers = form.layout.leaves, form.layout.numbers
    wanted = list(zip(numbers, (_closed_up(leaf.caption) for leaf in leaves), strict=True))
    for line, found in _numbered(grid).items():
        if len(found) != len(wanted):
            continue
        pairs = zip(found.values(), wanted, strict=True)
        if all(told[0] == own[0] and told[1] in ("", own[1]) for told, own in pairs):
            return _headed(Table(form, grid, line, dict(zip(found, leaves, strict=True)), {}))
    return None


def _headed(table: Table) -> Table:
    own = {leaf.id: path for path, leaf in table.form.paths}
    depth = table.form.layout.depth
    for column in sorted({column for _row, column in table.grid.cells}):
        path, leaf = _path(table.grid, table.body - depth, depth, column), table.columns.get(column)
        if leaf is None and path:
            table.strangers[column] = path
        elif leaf is not None and path[-len(own[leaf.id]) :] != own[leaf.id]:
            table.renamed[column] = path
    return table


def _by_headings(grid: Grid, form: Form) -> Table | None:
    own = next(cell for cell in form.layout.header if cell.text == form.names.heading)
    wanted = plain_words(own.text)
    tried = set()
    for cell in grid.sheet.cells.values():
        if cell.row > DEEPEST or cell.row in tried:
            continue
        if plain_words(cell.value) == wanted:
            tried.add(cell.row)  # as often as it is written there
            table = _under_headings(grid, form, cell.row - own.row)
            if form.names in table.columns.values() and len(table.columns) > 2:
                return table
    return None


def _under_headings(grid: Grid, form: Form, first: int) -> Table:
    columns: dict[int, Leaf] = {}
    strangers: dict[int, Path] = {}
    paths: dict[Path, Leaf] = {}
    for path, leaf in form.paths:
        paths.setdefault(path, leaf)
    for column in sorted({column for _row, column in grid.cells}):
        path = _path(grid, first, form.layout.depth, column)
        if path in paths:
            columns[column] = paths.pop(path)
        elif path:
            strangers[column] = path
    return Table(form, grid, first + form.layout.depth, columns, strangers)


def _path(grid: Grid, first: int, depth: int, column: int) -> Path:
    """The headings over a column; one that spans rows or columns stands in its merged cell."""
    places = [address(row, column) for row in range(first, first + depth) if row > 0]
    anchors = dict.fromkeys(grid.sheet.merged.get(place, place) for place in places)
    words = (plain_words(grid.sheet.value(anchor)) for anchor in anchors)
    return tuple(text for text in words if text)


def _columns_unknown(grid: Grid, form: Form) -> str:
    """The table is known and its columns are not: which numbers are there, and which lack."""
    best = max(_numbered(grid).values(), key=len, default={})
    there = {number for number, _said in best.values()}
    lacking = [f"({number})" for number in form.layout.numbers if number not in there]
    words = _(
        "Tệp là Biểu số {number}, nhưng không nhận ra các cột: tiêu đề không như mẫu, và dòng số "
        "cột (1) (2) … không đủ hoặc không đúng thứ tự ({lacking}). Tải biểu chuẩn của kỳ này, "
        "chép số sang rồi nộp lại."
    )
    told = _("thiếu {numbers}").format(numbers=", ".join(lacking)) if lacking else _("đủ số")
    return words.format(number=form.spec.number, lacking=told)
