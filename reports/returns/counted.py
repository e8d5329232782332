"""Figures that are not typed but counted from a unit's books, and what locks a figure at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from communes.models import Unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports.counting import Item, counted
from reports.enums import EDITABLE
from reports.models import RegisterBook, RegisterCount, RegisterEntry, Report


@dataclass(frozen=True, slots=True)
class Counted:
    """What a book counts for an indicator now. `unit` names the book's unit in an address."""

    register: str
    book: str
    unit: str
    period: str
    value: Decimal


def counted_figures(units: Collection[Unit], period: Period) -> dict[int, dict[int, Counted]]:
    """As `Books.figures`, of the books of some units."""
    return Books(units).figures(period)


def counts_by_register(registers: Collection[int]) -> dict[int, list[RegisterCount]]:
    """What is counted from each register (pk), with its indicator. One query."""
    found: dict[int, list[RegisterCount]] = defaultdict(list)
    rows = RegisterCount.objects.filter(register__in=registers)
    for row in rows.select_related("indicator", "register"):
        found[row.register_id].append(row)
    return found


def items_by_book(books: Iterable[RegisterBook]) -> dict[int, list[Item]]:
    """The entries of each book (pk) that were not taken out. One query."""
    found: dict[int, list[Item]] = defaultdict(list)
    rows = RegisterEntry.objects.filter(book__in=[book.pk for book in books], removed_at=None)
    for row in rows:
        found[row.book_id].append(row.item)
    return found


class Books:
    """The books of some units, and what they bring into forms. One query; more where there are."""

    def __init__(self, units: Collection[Unit]) -> None:
        self._books = list(
            RegisterBook.objects.filter(unit__in=[unit.pk for unit in units]).select_related(
                "register", "unit"
            )
        )

    @cached_property
    def _rules(self) -> dict[int, list[RegisterCount]]:
        return counts_by_register({book.register_id for book in self._books})

    def _open(self, period: Period) -> list[RegisterBook]:
        return [book for book in self._books if book.counts(period)]

    def asked(self, period: Period) -> dict[int, set[int]]:
        """Unit pk → the indicators (pks) counted for the period. At most three queries.

        While a return is on its way, nothing comes to it that was not sent with it; and what was
        once sent stays in it, also after the book was set to count from a later day.
        """
        brought, known = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
        for book in self._books:
            rules = {rule.indicator_id for rule in self._rules[book.register_id]}
            known[book.unit_id] |= rules
            if book.counts(period):
                brought[book.unit_id] |= rules
        if not known:
            return {}
        states = dict(
            Report.objects.filter(unit__in=known, period=period.code, round__gt=0).values_list(
                "unit", "state"
            )
        )
        told = defaultdict[int, set[int]](set)
        for unit, pk in (
            Result.objects.filter(
                unit__in=states, period=period.code, indicator__in=set().union(*known.values())
            )
            .exclude(answer=Answer.MISSING)
            .values_list("unit", "indicator")
        ):
            told[unit].add(pk)
        for unit, state in states.items():
            kept = brought[unit] if state in EDITABLE else set()
            brought[unit] = kept | (known[unit] & told[unit])
        return dict(brought)

    def figures(self, period: Period) -> dict[int, dict[int, Counted]]:
        """Unit pk → indicator pk → what its open book counts for the period, as of today.

        An open book without entries counts 0. At most two queries, none without open books.
        """
        books, found = self._open(period), defaultdict[int, dict[int, Counted]](dict)
        if not books:
            return {}
        today, items = timezone.localdate(), items_by_book(books)
        for book in books:
            for rule in self._rules[book.register_id]:
                number = len(counted(items[book.pk], rule.rule, period, today))
                found[book.unit_id][rule.indicator_id] = Counted(
                    register=book.register.code,
                    book=book.register.name,
                    unit=book.unit.address,
                    period=period.code,
                    value=Decimal(number),
                )
        return dict(found)


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a figure is not typed: last year's closing, or the count of a book."""

    value: Decimal
    counted: Counted | None = None


def locks_of(
    inputs: Sequence[Indicator],
    openings: Mapping[int, Decimal],
    counts: Mapping[int, Counted],
) -> dict[int, Lock]:
    """The figures of a form that are not typed, by indicator pk. A count comes before an opening.

    openings: as `locked_values` gives them; counts: as `counted_figures` does for the unit.
    """
    asked = {row.pk for row in inputs}
    return {
        **{pk: Lock(value) for pk, value in openings.items() if pk in asked},
        **{pk: Lock(found.value, found) for pk, found in counts.items() if pk in asked},
    }
