"""Where the rows of a sheet stand once some of them are repeated, and formulas that follow them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from povertyplan.lib.errors import DomainError

_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")
_ROW = re.compile(r"(\$?)([0-9]{1,7})")
_SHEET = re.compile(r"^((?:'(?:[^']|'')+'|[^'!]+)!)?(.+)$", re.DOTALL)
AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_FETCHING = re.compile(
    r"(?<![\w.])(?:_xl\w+\.)*(?:WEBSERVICE|HYPERLINK|DDE|DDEAUTO|IMAGE|RTD|CALL|REGISTER(?:\.ID)?"
    r"|EXEC|EXECUTE|INITIATE|FILTERXML|ENCODEURL|STOCKHISTORY|SQL\.REQUEST|PY)\s*\("
    r"|\w\|'",
    re.IGNORECASE,
)
_PATH = re.compile(r"[/\\]")
"""Neither sign may be in the name of a sheet."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `first` to `last` (from 1) of a template; `uses`: which of them each row to be is."""

    first: int
    last: int
    uses: Sequence[int]

    @property
    def growth(self) -> int:
        return len(self.uses) - (self.last - self.first + 1)


@dataclass(frozen=True)
class RowMap:
    """From a row of the template to its rows in the finished sheet, all from 1."""

    blocks: Sequence[Block]
    _ends: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for block in self.blocks:
            start = self._moved(block.first)
            for row in range(block.first, block.last + 1):
                self._ends[row] = (start, start + len(block.uses) - 1)
            for row in set(block.uses):
                used = len(block.uses) - 1 - block.uses[::-1].index(row)
                self._ends[row] = (start + block.uses.index(row), start + used)

    def _moved(self, row: int) -> int:
        return row + sum(block.growth for block in self.blocks if block.last < row)

    def start(self, block: Block) -> int:
        return self._moved(block.first)

    def first(self, row: int) -> int:
        return self._ends[row][0] if row in self._ends else self._moved(row)

    def last(self, row: int) -> int:
        return self._ends[row][1] if row in self._ends else self._moved(row)

    def area(self, told: str) -> str:
        """A1 or A1:B2; a repeated row becomes all of its rows."""
        found = AREA.fullmatch(told)
        if found is None:
            return told
        left, top, right, bottom = found[1], int(found[2]), found[3], int(found[4] or found[2])
        first, last = self.first(top), self.last(bottom)
        if right is None and first == last:
            return f"{left}{first}"
        return f"{left}{first}:{right or left}{last}"

    def areas(self, told: str) -> str:
        return " ".join(self.area(one) for one in told.split())


@dataclass(frozen=True, slots=True)
class End:
    """One end of a reference, or a lone one: `row` 0 where it is a whole column."""

    row: int
    is_fixed: bool
    column: str = ""
    """Its letters; empty where it is a whole row."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`sheet` is empty where the formula's own is meant."""

    sheet: str
    ends: tuple[End, ...]

    @property
    def is_lone(self) -> bool:
        return len(self.ends) == 1

    @property
    def is_outside(self) -> bool:
        """Of another file."""
        return "[" in self.sheet


def references(formula: str) -> Iterator[Reference]:
    """Every reference to cells in a formula; names and tables are none."""
    for token in _tokens(formula):
        prefix, parts = _parsed(token)
        if parts:
            yield Reference(_plain(prefix), tuple(_end(part) for part in parts))


def has_built_range(formula: str) -> bool:
    """Is an end of a range worked out (A1:INDEX(…))? Nobody could say which rows that is."""
    return any(token.type == Token.FUNC and ":" in token.value for token in _all(formula))


def fetches(formula: str) -> bool:
    """Does it look outside of the file, or start something? Also where a text only says so."""
    if _FETCHING.search(formula):
        return True
    return any(
        "[" in token.value or "|" in token.value or _PATH.search(token.value.rpartition("!")[0])
        for token in _tokens(formula)
    )


Own = Mapping[int, tuple[str, str]]
"""Of one copy of a repeated row: rows of the template → the first and last row it means by them."""


def followed(formula: str, rows: RowMap, *, sheet: str, own: Own, here: bool) -> str:
    """The formula (with its =) once rows of `sheet` have moved; `here`: it stands on that sheet."""

    def moved(token: Token) -> str:
        prefix, parts = _parsed(token)
        meant = _plain(prefix)
        if not parts or (meant.casefold() != sheet.casefold() if meant else not here):
            return str(token.value)
        ends = [_moved_end(part, rows, own, is_last=bool(n)) for n, part in enumerate(parts)]
        return prefix + ":".join(ends)

    return _rewritten(formula, moved)


def copied(formula: str, origin: str, to: str) -> str:
    """The formula of a cell as it reads when copied to another."""
    try:
        return str(Translator(formula, origin).translate_formula(to))
    except (TokenizerError, TranslatorError, IndexError, ValueError) as error:
        raise DomainError(_unread(formula)) from error


def _moved_end(part: str, rows: RowMap, own: Own, *, is_last: bool) -> str:
    cell = _CELL.fullmatch(part)
    found = cell or _ROW.fullmatch(part)
    if found is None:
        return part
    fixed, row = found.groups()[-2], int(found.groups()[-1])
    if not fixed and row in own:
        new = own[row][is_last]
    else:
        new = str(rows.last(row) if is_last else rows.first(row))
    head = f"{cell[1]}{cell[2]}" if cell else ""
    return f"{head}{fixed}{new}"


def _all(formula: str) -> list[Token]:
    try:
        return list(Tokenizer(formula).items)
    except (TokenizerError, IndexError) as error:
        raise DomainError(_unread(formula)) from error


def _unread(formula: str) -> str:
    return _("Không đọc được công thức {formula}.").format(formula=formula[:60])


def _tokens(formula: str) -> Iterator[Token]:
    for token in _all(formula):
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            yield token


def _rewritten(formula: str, moved: Callable[[Token], str]) -> str:
    told = [
        moved(token)
        if token.type == Token.OPERAND and token.subtype == Token.RANGE
        else token.value
        for token in _all(formula)
    ]
    return "=" + "".join(told)


def _parsed(token: Token) -> tuple[str, list[str]]:
    """The sheet as written (with its !) and the one or two ends; no ends for a name."""
    if token.type != Token.OPERAND or token.subtype != Token.RANGE:
        return "", []
    found = _SHEET.match(token.value)
    if found is None:
        return "", []
    parts = found[2].split(":")
    is_cells = all(_CELL.fullmatch(part) for part in parts)
    is_rows = len(parts) == 2 and all(_ROW.fullmatch(part) for part in parts)
    return found[1] or "", parts if len(parts) <= 2 and (is_cells or is_rows) else []


def _end(part: str) -> End:
    cell = _CELL.fullmatch(part)
    found = cell or _ROW.fullmatch(part)
    fixed, row = found.groups()[-2:] if found else ("", "0")
    return End(int(row), bool(fixed), cell[2].upper() if cell else "")


def _plain(prefix: str) -> str:
    """Sheet 1 of 'Sheet 1'!"""
    return prefix.removesuffix("!").removeprefix("'").removesuffix("'").replace("''", "'")
