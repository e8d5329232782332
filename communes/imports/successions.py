"""Which unit took over which, from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from django.db import transaction
from pydantic import Field

from communes.imports.register import UnitRegister
from communes.models import (
    Succession,
    Unit,
)
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Day,
    Record,
    Row,
    UnitCode,
    read_csv,
    refuse_if,
)
from povertyplan.lib.syncing import Counts, sync

ONE_DAY = timedelta(days=1)


class SuccessionRow(Record):
    """`predecessor_code,successor_code,date,share`; a share of 1 is the whole unit."""

    predecessor_code: UnitCode
    successor_code: UnitCode
    date: Day
    share: Annotated[Decimal, Field(gt=0, le=1, max_digits=6, decimal_places=5)]


@dataclass(frozen=True, slots=True)
class _Handover:
    row: Row[SuccessionRow]
    predecessor: Unit
    successor: Unit

    @property
    def key(self) -> tuple[int, int, date]:
        return self.predecessor.pk, self.successor.pk, self.row.data.date


def import_successions(given: Path | str) -> Counts:
    """Record which unit took over which, matched by predecessor, successor and day.

    The predecessor is the unit of that code on the day before, the successor on the day.
    Raises DomainError and writes nothing when any row is bad.
    """
    rows = read_csv(given, SuccessionRow)
    with transaction.atomic():
        register = UnitRegister()
        found = [_handover(row, register) for row in rows]
        refuse_if(problem for item in found if isinstance(item, list) for problem in item)
        handovers = [item for item in found if isinstance(item, _Handover)]
        refuse_if(_bad_shares(handovers))
        return sync(
            Succession.objects.filter(predecessor__in={item.predecessor.pk for item in handovers}),
            {
                item.key: {
                    "predecessor_id": item.predecessor.pk,
                    "successor_id": item.successor.pk,
                    "date": item.row.data.date,
                    "share": item.row.data.share,
                }
                for item in handovers
            },
            lambda row: (row.predecessor_id, row.successor_id, row.date),
        ).counts()


def _handover(row: Row[SuccessionRow], register: UnitRegister) -> _Handover | list[Problem]:
    data = row.data
    problems = []
    predecessor = register.on(data.predecessor_code, data.date - ONE_DAY)
    successor = register.on(data.successor_code, data.date)
    if predecessor is None:
        why = register.why_not(data.predecessor_code, data.date - ONE_DAY)
        problems.append(row.problem(why, "predecessor_code"))
    if successor is None:
        why = register.why_not(data.successor_code, data.date)
        problems.append(row.problem(why, "successor_code"))
    if predecessor is None or successor is None:
        return problems
    if predecessor == successor:
        return [
            row.problem(
                f"{successor.name} vẫn là một đơn vị qua ngày {data.date:%d/%m/%Y}; đơn vị cũ phải "
                "hết hiệu lực trước ngày đó, hoặc bỏ dòng này.",
                "successor_code",
            )
        ]
    return _Handover(row, predecessor, successor)


def _bad_shares(handovers: list[_Handover]) -> Iterator[Problem]:
    """A unit cannot hand over more than itself on a day; what is stored counts too."""
    keys = {item.key for item in handovers}
    sums: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for stored in Succession.objects.filter(predecessor__in={key[0] for key in keys}):
        if (stored.predecessor_id, stored.successor_id, stored.date) not in keys:
            sums[stored.predecessor_id, stored.date] += stored.share
    seen: set[tuple[int, int, date]] = set()
    for item in handovers:
        if item.key in seen:
            yield item.row.problem(
                "dòng này lặp lại một dòng trước; bỏ một trong hai.", "successor_code"
            )
            continue
        seen.add(item.key)
        total = sums[item.predecessor.pk, item.row.data.date] + item.row.data.share
        sums[item.predecessor.pk, item.row.data.date] = total
        if total > 1:
            yield item.row.problem(
                f"các phần của {item.predecessor.name} ngày {item.row.data.date:%d/%m/%Y} cộng lại "
                f"là {total.normalize():f}, không được quá 1; sửa các phần.",
                "share",
            )
