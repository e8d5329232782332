"""What the pages of registers show: books, entries with how they stand, what is counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.speech import retold
from reports.counting import Item, counted, ends_on, identity_of
from reports.fieldkinds import Places, shown
from reports.models import Register, RegisterBook, RegisterCount, RegisterEntry
from reports.registering import places_of, registers_for
from reports.returns import periods_for
from reports.returns.counted import counts_by_register, items_by_book

PER_PAGE = 200
"""Entries on a page; a book of more is first shown by its latest year."""
MOST_SOON = 20
"""Entries that are told above the table; the rest by a link."""
SOON = 90
"""Days within which the end of an entry is told beforehand."""
SHOW = {"": "all", "con": "valid", "sap": "soon", "het": "out", "bo": "removed"}


@dataclass(frozen=True, slots=True)
class Figure:
    """What a book counts for an indicator. `is_typed`: the period is from before it counts."""

    indicator: Indicator
    period: Period
    value: Decimal
    is_typed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How an entry stands. `kind`: valid, soon, out, replaced, removed. Mark: `look`, `icon`."""

    kind: str
    look: str = ""
    icon: str = ""
    words: str = ""

    @property
    def is_out(self) -> bool:
        return self.kind in ("out", "replaced", "removed")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words, a cell a column."""

    entry: RegisterEntry
    standing: Standing
    register: Register
    places: Places

    @property
    def cells(self) -> list[tuple[str, str]]:
        return cells_of_entry(self.register, self.entry, self.places)

    @property
    def name(self) -> str:
        return self.cells[0][1]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A register, and the unit's book of it where there is one."""

    register: Register
    book: RegisterBook | None
    counts: list[RegisterCount]
    figures: list[Figure] = field(default_factory=list)
    entries: int = 0


@dataclass(frozen=True, slots=True)
class BooksPage:
    unit: Unit
    address: str
    shelves: list[Shelf]
    may_enter: bool
    year: int


@dataclass(frozen=True, slots=True)
class BookPage:
    """One book. `period`: the one asked for, or None; `figures` are of it or of the latest owed.

    `lines`: a page of those that are shown. `is_cut`: the period is there as the book is long.
    """

    unit: Unit
    address: str
    book: RegisterBook
    may_enter: bool
    period: Period | None
    periods: list[Period]
    showing: str
    lines: Page[Line]
    is_cut: bool
    total: int
    figures: list[Figure]
    valid: int
    soon: list[Line]
    all_soon: int
    has_sample: bool

    @property
    def register(self) -> Register:
        return self.book.register

    @property
    def expires(self) -> bool:
        return self.register.valid_months is not None


def unit_named(reference: str) -> Unit | None:
    """The unit that CODE, or CODE@day, names; one that ended since is found by its code."""
    return Unit.objects.select_related("tier").named_ever(reference)


def books_page(unit: Unit, official: Official) -> BooksPage:
    """The books that a unit has or may open. The number of queries grows with nothing."""
    books = {
        book.register_id: book
        for book in RegisterBook.objects.filter(unit=unit).select_related("register", "unit")
    }
    offered = registers_for(unit)
    known = [book.register for book in books.values() if book.register not in offered]
    rules = counts_by_register({register.pk for register in [*offered, *known]})
    items = items_by_book(books.values())
    told = _told(unit)
    shelves = []
    for register in sorted([*offered, *known], key=lambda row: (row.order, row.code)):
        book = books.get(register.pk)
        shelf = Shelf(register, book, rules[register.pk])
        if book is not None:
            found = items[book.pk]
            figures = [_figure(book, rule, found, told) for rule in rules[register.pk]]
            shelf = Shelf(register, book, rules[register.pk], figures, len(found))
        shelves.append(shelf)
    return BooksPage(
        unit=unit,
        address=unit.address,
        shelves=shelves,
        may_enter=access.can(official, Action.ENTER, unit),
        year=told.year,
    )


def _told(unit: Unit) -> Period:
    """The period whose counts are shown unless another is asked for: the latest that is owed.

    Where the calendar has none, the latest year that the unit may report.
    """
    today = timezone.localdate()
    owed = next((period for period in periods_for(unit) if period.start <= today), None)
    year = Period(min(today, unit.valid_to).year)
    return owed or (year if unit.is_valid_on(year.end) else year.shifted(-1))


def _figure(
    book: RegisterBook, rule: RegisterCount, items: Iterable[Item], period: Period
) -> Figure:
    number = len(counted(items, rule.rule, period, timezone.localdate()))
    return Figure(rule.indicator, period, Decimal(number), not book.counts(period))


def book_of(unit: Unit, register: str) -> RegisterBook | None:
    return (
        RegisterBook.objects.select_related("register", "unit__tier")
        .filter(unit=unit, register__code=register)
        .first()
    )


def entry_of(book: RegisterBook, pk: int) -> RegisterEntry | None:
    rows = RegisterEntry.objects.select_related("entered_by", "removed_by")
    found = rows.filter(book=book, pk=pk).first()
    if found is not None:
        found.book = book
    return found


def entries_of(book: RegisterBook) -> list[RegisterEntry]:
    """Every entry of a book, the latest first, those taken out as well. One query."""
    return list(RegisterEntry.objects.filter(book=book).select_related("entered_by"))


def book_page(
    book: RegisterBook,
    official: Official,
    *,
    period: Period | None,
    showing: str,
    is_open: bool = False,
    page: str = "",
) -> BookPage:
    """The whole page, in a number of queries that grows with nothing.

    is_open: nothing was asked for; a long book then shows the year in which it happened last.
    """
    lines = lines_of(book, entries_of(book), places_of(book))
    kept = [line for line in lines if line.standing.kind != "removed"]
    is_cut = is_open and len(kept) > PER_PAGE
    if is_cut:
        period = Period(max(line.entry.happened_on for line in kept).year)
    shown = [line for line in lines if _is_shown(line, period, showing)]
    soon = sorted(
        (line for line in kept if line.standing.kind == "soon"),
        key=lambda line: ends_on(line.entry.item) or date.max,
    )
    latest = _told(book.unit)
    told = period or latest
    items = [line.entry.item for line in kept]
    rules = counts_by_register({book.register_id})[book.register_id]
    return BookPage(
        unit=book.unit,
        address=book.unit.address,
        book=book,
        may_enter=access.can(official, Action.ENTER, book.unit),
        period=period,
        periods=_periods(kept, latest, period),
        showing=showing,
        lines=Paginator(shown, PER_PAGE).get_page(page),
        is_cut=is_cut,
        total=len(kept),
        figures=[_figure(book, rule, items, told) for rule in rules],
        valid=sum(line.standing.kind in ("valid", "soon") for line in kept),
        soon=soon[:MOST_SOON],
        all_soon=len(soon),
        has_sample=any(line.entry.is_sample for line in kept),
    )


def _periods(lines: Iterable[Line], told: Period, asked: Period | None) -> list[Period]:
    """Years in which something happened, the one owed, and the period asked for; latest first."""
    years = {Period(line.entry.happened_on.year) for line in lines} | {told}
    return sorted(years | ({asked} if asked else set()), reverse=True)


def _is_shown(line: Line, period: Period | None, showing: str) -> bool:
    kind = line.standing.kind
    if (kind == "removed") != (showing == "removed"):
        return False
    if period is not None and not _is_in(line.entry, period):
        return False
    wanted = {
        "valid": ("valid", "soon"),
        "soon": ("soon",),
        "out": ("out", "replaced"),
    }
    return kind in wanted.get(showing, (kind,))


def _is_in(entry: RegisterEntry, period: Period) -> bool:
    """Did it happen in the period, or, where entries expire, was it valid at its end?"""
    if period.start <= entry.happened_on <= period.end:
        return True
    day = min(period.end, timezone.localdate())
    return entry.valid_until is not None and entry.is_valid_on(day)


def lines_of(book: RegisterBook, entries: Sequence[RegisterEntry], places: Places) -> list[Line]:
    """The entries of a whole book: how one stands, another one may say."""
    register = book.register
    latest = _latest(register, entries)
    return [Line(entry, _standing(register, entry, latest), register, places) for entry in entries]


def line_of(entry: RegisterEntry, places: Places) -> Line:
    """One entry, as it stands in its book. One query where another one may replace it."""
    register = entry.book.register
    latest = _latest(register, entries_of(entry.book)) if register.identity else {}
    return Line(entry, _standing(register, entry, latest), register, places)


def cells_of_entry(
    register: Register, entry: RegisterEntry, places: Places
) -> list[tuple[str, str]]:
    """(label, words) a column."""
    return [
        (
            column.label,
            shown(column, entry.value(column, register.dated_by), places, entry.happened_on),
        )
        for column in register.columns
    ]


def _latest(
    register: Register, entries: Iterable[RegisterEntry]
) -> dict[tuple[str, ...], RegisterEntry]:
    """Of each thing the entry that says how it stands now."""
    if not register.identity:
        return {}
    today = timezone.localdate()
    kept = [row for row in entries if row.removed_at is None and row.happened_on <= today]
    ordered = sorted(kept, key=lambda row: (row.happened_on, row.pk))
    return {identity_of(row.values, register.identity): row for row in ordered}


def _standing(
    register: Register, entry: RegisterEntry, latest: dict[tuple[str, ...], RegisterEntry]
) -> Standing:
    today = timezone.localdate()
    if entry.removed_at is not None:
        return Standing("removed", "s-none", "x", _("Đã bỏ khỏi sổ"))
    if entry.ended_on is not None and entry.ended_on <= today:
        words = _("Thôi tính từ {day}").format(day=_day(entry.ended_on))
        return Standing("out", "s-none", "x", words)
    standing = latest.get(identity_of(entry.values, register.identity), entry)
    if standing.pk != entry.pk:
        words = _("Đã có quyết định ngày {day}").format(day=_day(standing.happened_on))
        return Standing("replaced", "s-info", "info", words)
    if entry.valid_until is not None and entry.valid_until <= today:
        words = _("Hết hạn từ {day}").format(day=_day(entry.valid_until))
        return Standing("out", "s-late", "late", words)
    left = entry.days_left(today)
    if left is None:
        return Standing("valid")
    last = _day(date.fromordinal((ends_on(entry.item) or date.max).toordinal() - 1))
    if left < SOON:
        words = _("Sắp hết hạn: đến hết {day}, còn {n} ngày").format(day=last, n=left)
        return Standing("soon", "s-risk", "clock", words)
    return Standing("valid", "s-met", "met", _("Còn hiệu lực đến hết {day}").format(day=last))


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


# -- one entry ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit did: (label, before, after) a field that it changed."""

    at: datetime
    by: str
    what: str
    fields: list[tuple[str, str, str]]


def changes_of(entry: RegisterEntry, places: Places) -> list[Change]:
    """Every edit of an entry, newest first. One query."""
    register = entry.book.register
    found: list[Change] = []
    before: list[tuple[str, str]] = []
    history = entry.history.select_related("history_user")
    for record in history.order_by("history_date", "history_id"):
        past = RegisterEntry(
            happened_on=record.happened_on, values=record.values, ended_on=record.ended_on
        )
        now = [
            *cells_of_entry(register, past, places),
            (_("Thôi tính từ ngày"), _day(record.ended_on) if record.ended_on else ""),
            (_("Lý do thôi tính"), record.end_note),
        ]
        differing = [
            (label, old, new)
            for (label, old), (_label, new) in zip(before, now, strict=bool(before))
            if old != new
        ]
        said = retold(record.history_change_reason or "")
        said = said or (_("Ghi vào sổ") if not found else _("Sửa"))
        found.append(Change(record.history_date, str(record.history_user or ""), said, differing))
        before = now
    return found[::-1]
