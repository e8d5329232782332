"""What came after a closing: figures that were approved for the first time, and corrections.

A return that was not approved when the period was closed is no mistake of the closing; a figure
that stood in it and is another one now is. Source: design, Meaning (Review).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from communes.models import Ancestry, Unit
from indicators.figures import Figure
from reports.enums import Step
from reports.frozen import Cause, Difference
from reports.models import ReportEvent, Snapshot


@dataclass(frozen=True, slots=True)
class Since:
    """Differences parted: what was corrected, and what was approved since."""

    corrected: tuple[Difference, ...] = ()
    approved: tuple[Difference, ...] = ()

    @property
    def newcomers(self) -> int:
        """Units whose own figures were approved since."""
        return len({row.unit.pk for row in self.approved if row.is_own})


def parted(
    snapshot: Snapshot, found: Sequence[Difference], causes: Mapping[int, Sequence[Cause]]
) -> Since:
    """Two queries at most, whatever differs.

    A sum is new where more units stand in it and none of them was corrected in that figure; one
    with both is a correction.
    """
    own = [row for row in found if row.is_own]
    known = _approved_before(snapshot, [row.unit for row in own])
    new = {_key(row) for row in own if _is_new(row, known, causes.get(row.unit.pk, ()))}
    touched = _above([row for row in own if _key(row) not in new])
    new |= {
        _key(row) for row in found if not row.is_own and _has_more(row) and _key(row) not in touched
    }
    return Since(
        corrected=tuple(row for row in found if _key(row) not in new),
        approved=tuple(row for row in found if _key(row) in new),
    )


def _key(row: Difference) -> tuple[int, str]:
    return row.unit.pk, row.indicator.code


def _is_new(row: Difference, known: set[int], why: Sequence[Cause]) -> bool:
    """Was the unit's return not approved yet when the period was closed?

    What was opened again first had been approved, also where nobody recorded it.
    """
    is_first = row.unit.pk not in known and not (why and why[0].step == Step.REOPEN)
    return is_first and not _is_told(row.then) and _is_told(row.now)


def _is_told(figure: Figure) -> bool:
    return figure.value is not None or figure.not_applicable


def _has_more(row: Difference) -> bool:
    return row.now.reported > row.then.reported


def _approved_before(snapshot: Snapshot, units: Sequence[Unit]) -> set[int]:
    """Units (pks) whose return had been approved by then, whatever became of it."""
    if not units:
        return set()
    rows = ReportEvent.objects.filter(
        report__unit__in=units,
        report__period=snapshot.period,
        step=Step.APPROVE,
        at__lte=snapshot.at,
    )
    return set(rows.values_list("report__unit", flat=True))


def _above(corrected: Sequence[Difference]) -> set[tuple[int, str]]:
    """(unit pk, code) of every sum that a corrected figure stands in."""
    codes: dict[int, set[str]] = {}
    for row in corrected:
        codes.setdefault(row.unit.pk, set()).add(row.indicator.code)
    if not codes:
        return set()
    pairs = Ancestry.objects.filter(descendant__in=codes, depth__gt=0)
    return {
        (above, code)
        for above, unit in pairs.values_list("ancestor", "descendant")
        for code in codes[unit]
    }
