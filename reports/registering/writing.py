"""Who opens books, and who writes, ends and takes out their entries."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.asking import asks, profile_of
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem, VersionConflict
from povertyplan.lib.speech import recorded
from reports.counting import months_after
from reports.fieldkinds import EARLIEST, shown
from reports.models import Register, RegisterBook, RegisterEntry
from reports.registering.reading import (
    Line,
    Told,
    already_there,
    places_of,
    read_block,
    read_entry,
    said_by,
)

NOTE_LENGTH = 200


# -- books ----------------------------------------------------------------------------------------


def registers_for(unit: Unit) -> list[Register]:
    """The registers that count a figure the unit enters, in order. A few queries."""
    profile = profile_of(unit, min(timezone.localdate(), unit.valid_to))
    return [
        register
        for register in Register.objects.prefetch_related("counts__indicator__entered_at")
        if any(asks(count.indicator, profile) for count in register.counts.all())
    ]


@transaction.atomic
def open_book(*, register: Register, unit: Unit, counts_from: Period, by: Official) -> RegisterBook:
    """Open a unit's book, or let an open one count from another period on.

    Returns that are on their way or approved stay as they were sent.
    Raises Http404/PermissionDenied for who may not enter here, DomainError where nothing of the
    register is the unit's to enter.
    """
    access.require(by, Action.ENTER, unit)
    latest = timezone.localdate().year + 1
    if counts_from.year > latest:
        raise DomainError(Problem(_("Ghi năm không sau {year}.").format(year=latest), key="year"))
    if register not in registers_for(unit):
        raise DomainError(_("Đơn vị này không nhập chỉ tiêu nào đếm từ sổ này."))
    book, is_new = RegisterBook.objects.select_for_update().get_or_create(
        unit=unit,
        register=register,
        defaults={"counts_from": counts_from.start, "opened_by": by},
    )
    if not is_new and book.counts_from != counts_from.start:
        book.counts_from = counts_from.start
        book._history_user = by  # type: ignore[attr-defined]
        book.save()
    return book


# -- entries --------------------------------------------------------------------------------------


@transaction.atomic
def add_entry(
    *, book: RegisterBook, words: Mapping[str, str], by: Official, key: uuid.UUID | None = None
) -> RegisterEntry:
    """Write one entry. `key` was drawn for it: sent again, it gives the entry that is there.

    Where that says something else by now, or was taken out, this is another entry.
    Raises Http404/PermissionDenied for who may not enter here, DomainError with each bad field.
    """
    access.require(by, Action.ENTER, book.unit)
    book = _locked(book)
    told = read_entry(book, words, places_of(book))
    _refuse(told.problems)
    known = RegisterEntry.objects.filter(key=key).first() if key else None
    if known is not None and _stands(known, book, told):
        return known
    _refuse_second(book, told)
    entry = _made(book, told, by, key if key and known is None else uuid.uuid4())
    entry._history_user = by  # type: ignore[attr-defined]
    entry.save()
    return entry


def _stands(entry: RegisterEntry, book: RegisterBook, told: Told) -> bool:
    """Is the entry in the book, and says just that?"""
    is_there = entry.book_id == book.pk and entry.removed_at is None
    return is_there and said_by(entry) == said_by(told)


def _refuse_second(book: RegisterBook, row: Told | RegisterEntry) -> None:
    if already_there(book, row):
        raise DomainError(
            Problem(
                _(
                    "Sổ đã có một dòng y hệt. Có đúng hai {thing} như nhau thì dán thành khối."
                ).format(thing=book.register.entry_name),
                code="same",
            )
        )


@transaction.atomic
def change_entry(
    *, entry: RegisterEntry, words: Mapping[str, str], by: Official, seen: int
) -> RegisterEntry:
    """Write an entry anew, as far as it says something else. `seen`: its version that was read.

    Raises as `add_entry`; VersionConflict where somebody has changed it meanwhile.
    """
    access.require(by, Action.ENTER, entry.book.unit)
    _locked(entry.book)
    row = _to_write(entry)
    told = read_entry(row.book, words, places_of(row.book))
    _refuse(told.problems)
    if (told.happened_on, told.values) == (row.happened_on, row.values):
        return row
    _need_seen(row, seen)
    assert told.happened_on is not None  # nothing was refused  # noqa: S101
    if row.ended_on is not None and row.ended_on < told.happened_on:
        raise DomainError(
            Problem(_("Ngày này sau ngày đã thôi tính của dòng."), key=row.book.register.dated_by)
        )
    if row.happened_on != told.happened_on:
        row.valid_until = _valid_until(row.book.register, told.happened_on)
    row.happened_on, row.values = told.happened_on, told.values
    _refuse_second(row.book, row)
    return _saved(row, by, recorded("Sửa"))


@transaction.atomic
def end_entry(
    *, entry: RegisterEntry, ended_on: date | None, note: str, by: Official, seen: int
) -> RegisterEntry:
    """Let an entry count no longer from a day on (withdrawn, closed); None takes that back."""
    access.require(by, Action.ENTER, entry.book.unit)
    row = _to_write(entry)
    note = " ".join(note.split()) if ended_on else ""
    if (row.ended_on, row.end_note) == (ended_on, note):
        return row
    _refuse(_bad_end(row, ended_on, note))
    _need_seen(row, seen)
    row.ended_on, row.end_note = ended_on, note
    return _saved(row, by, recorded("Thôi tính") if ended_on else recorded("Tính lại"))


def _bad_end(row: RegisterEntry, ended_on: date | None, note: str) -> Iterable[Problem]:
    if ended_on is None:
        return
    if ended_on < row.happened_on or ended_on > timezone.localdate():
        yield Problem(
            _("Ghi ngày từ {first} đến hôm nay.").format(first=f"{row.happened_on:%d/%m/%Y}"),
            key="ended_on",
        )
    if not note:
        yield Problem(_("Ghi lý do, hoặc số văn bản thu hồi."), key="end_note")
    if len(note) > NOTE_LENGTH:
        yield Problem(_("Tối đa {most} ký tự.").format(most=NOTE_LENGTH), key="end_note")


@transaction.atomic
def remove_entry(*, entry: RegisterEntry, by: Official, seen: int) -> RegisterEntry:
    """Take an entry that should not be there out of the book; it stays on record."""
    access.require(by, Action.ENTER, entry.book.unit)
    row = _row(entry)
    if row.removed_at is not None:
        return row
    _need_seen(row, seen)
    row.removed_at, row.removed_by = timezone.now(), by
    return _saved(row, by, recorded("Bỏ khỏi sổ"))


@transaction.atomic
def restore_entry(*, entry: RegisterEntry, by: Official, seen: int) -> RegisterEntry:
    """Put an entry that was taken out back into the book, where it has none like it by now."""
    access.require(by, Action.ENTER, entry.book.unit)
    _locked(entry.book)
    row = _row(entry)
    if row.removed_at is None:
        return row
    _need_seen(row, seen)
    _refuse_second(row.book, row)
    row.removed_at = row.removed_by = None
    return _saved(row, by, recorded("Đưa lại vào sổ"))


@transaction.atomic
def add_block(
    *, book: RegisterBook, text: str, by: Official, key: uuid.UUID, also_known: bool = False
) -> int:
    """Write every line of a block that the book does not have, all or nothing; how many those were.

    also_known: also the lines that the book has already. `key`: drawn for the block; lines sent
    again with it are not written twice, other lines are. Raises as `add_entry`, each problem
    with its line.
    """
    access.require(by, Action.ENTER, book.unit)
    book = _locked(book)
    block = read_block(book, text)
    _refuse(block.problems)
    _refuse(
        Problem(
            problem.message,
            where=_("dòng {n}, {column}").format(n=line.number, column=problem.where)
            if problem.where
            else _("dòng {n}").format(n=line.number),
            key=problem.key,
        )
        for line in block.wrong
        for problem in line.told.problems
    )
    drawn = _drawn(book, block.lines, key)
    known = {
        row.key: row for row in RegisterEntry.objects.filter(book=book, key__in=drawn.values())
    }
    made = []
    for line in block.lines if also_known else block.new:
        own = drawn[line.number]
        if own not in known:
            made.append(_made(book, line.told, by, own))
        elif not _stands(known[own], book, line.told):
            made.append(_made(book, line.told, by, uuid.uuid4()))
    if made:
        bulk_create_with_history(
            made, RegisterEntry, default_user=by, default_change_reason=recorded("Dán từ Excel")
        )
    return len(made)


def _drawn(book: RegisterBook, lines: Iterable[Line], key: uuid.UUID) -> dict[int, uuid.UUID]:
    """A key for each line: of what it says, and which one it is of those that say the same."""
    seen: Counter[tuple[object, ...]] = Counter()
    drawn = {}
    for line in lines:
        said = said_by(line.told)
        seen[said] += 1
        drawn[line.number] = uuid.uuid5(key, f"{book.pk} {seen[said]} {said!r}")
    return drawn


# -- shared ---------------------------------------------------------------------------------------


def _made(book: RegisterBook, told: Told, by: Official, key: uuid.UUID) -> RegisterEntry:
    day = told.happened_on or EARLIEST
    return RegisterEntry(
        book=book,
        key=key,
        happened_on=day,
        valid_until=_valid_until(book.register, day),
        values=told.values,
        is_sample=settings.DEMO_MODE,
        entered_by=by,
        entered_at=timezone.now(),
    )


def _valid_until(register: Register, happened_on: date) -> date | None:
    months = register.valid_months
    return months_after(happened_on, months) if months else None


def _locked(book: RegisterBook) -> RegisterBook:
    """The book until the end of the transaction: two who write the same line come one by one."""
    rows = RegisterBook.objects.select_for_update(of=("self",))
    return rows.select_related("register", "unit__tier").get(pk=book.pk)


def _row(entry: RegisterEntry) -> RegisterEntry:
    rows = RegisterEntry.objects.select_for_update(of=("self",))
    return rows.select_related("book__register", "book__unit__tier", "entered_by").get(pk=entry.pk)


def _to_write(entry: RegisterEntry) -> RegisterEntry:
    row = _row(entry)
    if row.removed_at is not None:
        raise DomainError(_("Dòng này đã bỏ khỏi sổ. Cần sửa thì đưa lại vào sổ trước."))
    return row


def _need_seen(row: RegisterEntry, seen: int) -> None:
    if row.version == seen:
        return
    places = places_of(row.book)
    register = row.book.register
    says = "; ".join(
        f"{column.label}: {words}"
        for column in register.columns
        if (words := shown(column, row.value(column, register.dated_by), places, row.happened_on))
    )
    raise VersionConflict(
        Problem(
            _(
                "{who} vừa sửa dòng này lúc {when}. Đang lưu: {says}. Xem lại rồi lưu lần nữa."
            ).format(
                who=row.entered_by or _("Người khác"),
                when=f"{timezone.localtime(row.entered_at):%H:%M %d/%m/%Y}",
                says=says,
            ),
            code="conflict",
        )
    )


def _saved(row: RegisterEntry, by: Official, reason: str) -> RegisterEntry:
    row.version += 1
    row.entered_by, row.entered_at, row.is_sample = by, timezone.now(), settings.DEMO_MODE
    row._history_user = by  # type: ignore[attr-defined]
    row._change_reason = reason  # type: ignore[attr-defined]
    row.save()
    return row


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise DomainError(found)
