"""What became of a district's table: the drafts that were written, and what comes next.

A draft is its unit's own: who handed figures in sees them here, and else what has been sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from communes import access
from communes.access import Action
from communes.enums import Role
from communes.models import Official, Unit
from indicators.models import Result
from reports.models import Report, Upload
from reports.workbook.preview import Line, Preview, key


@dataclass(frozen=True, slots=True)
class Draft:
    """The figures of one unit that were written.

    `state`: where the return stands now, in words. `may_open`: may the reader open the draft?
    `is_unheard`: nobody in the unit has an account to send the return with.
    """

    unit: Unit
    lines: list[Line]
    state: str
    may_open: bool
    is_unheard: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    drafts: list[Draft]

    @property
    def figures(self) -> int:
        return sum(len(draft.lines) for draft in self.drafts)

    @property
    def unheard(self) -> list[Unit]:
        return [draft.unit for draft in self.drafts if draft.is_unheard]


def unheard_of(units: Iterable[Unit]) -> list[Unit]:
    """The units in which nobody may enter figures today, once each. One query, none without any."""
    found = {unit.pk: unit for unit in units}
    heard = access.holders(found.keys(), [Role.OFFICER]) if found else {}
    return [unit for pk, unit in found.items() if pk not in heard]


def receipt_of(upload: Upload, page: Preview, reader: Official) -> Receipt:
    """What `upload` wrote, unit by unit in the order of the file. Three queries.

    By the records of the writing, whatever has become of the figures since.
    """
    lines = _written(upload, page.lines)
    units = {line.unit.pk: line.unit for line in lines}
    states = {line.unit.pk: _state(line.claim.current.report) for line in lines}
    unheard = set(unheard_of(units.values()))
    own = access.units_for(reader, Action.ENTER).filter(pk__in=units.keys())
    open_to = set(own.values_list("pk", flat=True))
    return Receipt(
        [
            Draft(
                unit,
                [line for line in lines if line.unit.pk == pk],
                states[pk],
                may_open=pk in open_to,
                is_unheard=unit in unheard,
            )
            for pk, unit in units.items()
        ]
    )


def _state(report: Report) -> str:
    return str(report.get_state_display())


def _written(upload: Upload, lines: Collection[Line]) -> list[Line]:
    """The figures whose next version after the reading is the file's own."""
    records = Result.history.filter(
        unit__in={line.unit.pk for line in lines},
        period=upload.period,
        history_user=upload.by,
        history_date__gte=upload.at,
        history_date__lte=upload.applied_at,
    ).values_list("unit_id", "indicator_id", "version")
    made = set(records)
    return [
        line
        for line in lines
        if line.new
        and not line.row.is_locked  # stored along with the draft, whatever the file says
        and (line.unit.pk, line.row.indicator.pk, upload.versions.get(key(line.claim), 0) + 1)
        in made
    ]
